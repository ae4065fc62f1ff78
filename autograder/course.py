"""The course as data: its levels, its assignments, and how a person names them.

An assignment exists because its test file does: ``assignments/<level>/test_NN_name.py``. Nothing else lists it.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LEVELS = ("beginner", "intermediate", "advanced", "exercises")
_TEST_FILE = re.compile(r"test_((exercise_)?(\d\d)_[a-z0-9_]+)\.py")
_SELECTOR = re.compile(r"(?:E\d|\d\d)(?:\.\d+)?", re.IGNORECASE)


class CourseError(Exception):
    """The course folder is not what it should be; the text is one sentence with the cure."""


@dataclass(frozen=True)
class Assignment:
    """One assignment: `id` is "24" or "E1", `stem` the file name without its ending."""

    id: str
    level: str
    stem: str

    @property
    def answer(self) -> PurePosixPath:
        """The file a student fills in, relative to the course folder."""
        return PurePosixPath("assignments", self.level, f"{self.stem}.py")

    @property
    def tests(self) -> PurePosixPath:
        """The property tests beside it, relative to the course folder."""
        return PurePosixPath("assignments", self.level, f"test_{self.stem}.py")

    @property
    def lesson(self) -> PurePosixPath | None:
        """The lesson, relative to the course folder; the exercises have none."""
        return None if self.level == "exercises" else PurePosixPath("lessons", self.level, f"{self.stem}.py")


def assignment_of(test_file: Path) -> Assignment | None:
    """The assignment whose property tests `test_file` holds, or None where its name is not one of ours."""
    match = _TEST_FILE.fullmatch(test_file.name)
    if match is None or test_file.parent.name not in LEVELS:
        return None
    stem, exercise, number = match.groups()
    return Assignment(f"E{int(number)}" if exercise else number, test_file.parent.name, stem)


def assignments_in(course: Path) -> list[Assignment]:
    """All assignments of the course folder, in the order of the course.

    Raises CourseError where the folder holds none.
    """
    found = [
        assignment
        for level in LEVELS
        for path in sorted((course / "assignments" / level).glob("test_*.py"))
        if (assignment := assignment_of(path)) is not None
    ]
    if not found:
        raise CourseError(
            f"{course} holds no assignments; give the folder that contains assignments/, or run this command in it."
        )
    return found


def title_of(test_file: Path) -> str:
    """The title that stands in the first line of the test file: "Assignment 24 · Title"."""
    docstring = ast.get_docstring(ast.parse(test_file.read_text(encoding="utf-8"))) or test_file.stem
    return docstring.splitlines()[0].split("·", 1)[-1].strip().rstrip(".")


@dataclass(frozen=True)
class Selection:
    """The assignments and tasks a person asked for: "24", "24.2", "E1". Empty means all."""

    names: frozenset[str] = frozenset()

    def has_assignment(self, assignment_id: str) -> bool:
        """Whether any task of this assignment was asked for."""
        return not self.names or any(name.split(".")[0] == assignment_id for name in self.names)

    def has_task(self, task_id: str) -> bool:
        """Whether this task was asked for, by its own number or its assignment's."""
        return not self.names or task_id in self.names or task_id.split(".")[0] in self.names


def selection(text: str, known: Iterable[str] | None = None) -> Selection:
    """Read "01,24.2" as a Selection.

    `known` are the ids of assignments and tasks that exist. Raises CourseError for a name that is not one of them.
    """
    typed = [name for name in re.split(r"[\s,]+", text.strip()) if name]
    for name in typed:
        if not _SELECTOR.fullmatch(name):
            raise CourseError(
                f"--only {name}: that is no assignment or task; write 24, 24.2 or E1, separated by commas."
            )
        if known is not None and name.upper() not in set(known):
            raise CourseError(f"--only {name}: this course has no {name}; leave --only out to grade everything.")
    return Selection(frozenset(name.upper() for name in typed))


def keyword_selection(keyword: str) -> Selection | None:
    """Read pytest's ``-k`` text as a Selection where it is nothing but our own numbers ("24", "24.1 or E1")."""
    names = re.split(r"\s+or\s+", keyword.strip())
    if not all(_SELECTOR.fullmatch(name) for name in names):
        return None
    return Selection(frozenset(name.upper() for name in names))
