"""What an autograder takes along to another system: the course as students have it, without answers, and settings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from autograder.course import assignments_in, selection
from autograder.declared import declared_in
from autograder.grading.manifest import MANIFEST
from instructor.students import write_template

_FOLDERS = ("autograder", "assignments")
_BESIDE = ("pyproject.toml", "README.md", "LICENSE")


@dataclass(frozen=True)
class Settings:
    """What is graded, as ``--only`` names it, and the seed."""

    only: str = ""
    seed: int = 0

    def file(self) -> bytes:
        """settings.json, which lies beside the autograder."""
        return f"{json.dumps({'only': self.only, 'seed': self.seed})}\n".encode()


def points_of(course: Path, only: str) -> int:
    """The points of the tasks chosen. Raises CourseError where the course has no such task."""
    assignments = assignments_in(course)
    tasks = declared_in(course, assignments)
    chosen = selection(only, [*(one.id for one in assignments), *(task.id for task in tasks)])
    return sum(task.points for task in tasks if chosen.has_task(task.id))


def release_of(course: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Those files of the students' template that grading needs: the grader, the tests, and how to install it.

    The list of what students should not change is left out: these tests are used, whatever a student's copy is.
    """
    with TemporaryDirectory() as folder:  # without the files with gaps, which `write_template` expects to be there
        write_template(course, Path(folder), assignments_in(course), None)
        for path in sorted(Path(folder).rglob("*")):
            name = PurePosixPath(path.relative_to(folder).as_posix())
            if path.is_file() and name != MANIFEST and (name.parts[0] in _FOLDERS or str(name) in _BESIDE):
                yield name, path.read_bytes()
