"""The students' template: lessons, gaps, tests and autograder as a repository of one commit, and no solution in it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jinja2 import Environment, StrictUndefined

from autograder.course import LEVELS, Assignment, CourseError
from autograder.grading.manifest import MANIFEST, manifest_of
from instructor.git import commit_all
from instructor.packaging import required_version, students_pyproject

MESSAGE = "The course"
_SCAFFOLD = PurePosixPath("instructor/template")  # what a template has and the course has not
_WORKFLOWS = PurePosixPath(".github/workflows")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,38}/(?!\.{1,2}@)[A-Za-z0-9._-]{1,100})@([0-9a-fA-F]{40})")


@dataclass(frozen=True)
class Pin:
    """A release that students can read: `repository` is OWNER/REPO, `commit` 40 hex digits."""

    repository: str
    commit: str


def pin_of(text: str) -> Pin:
    """Read "OWNER/REPO@SHA". Raises CourseError."""
    found = _PIN.fullmatch(text)
    if found is None:
        raise CourseError(
            f"--course {text}: write OWNER/REPO@SHA, where SHA is the whole commit of that repository, 40 hex digits."
        )
    return Pin(found[1], found[2].lower())


def write_template(course: Path, folder: Path, assignments: Iterable[Assignment], pin: Pin | None) -> str:
    """Complete `folder`, which holds the gap files of `assignments`, to a template; the hash of its one commit.

    With a `pin` the template's workflow calls the grader of that release; without one it holds the course's own.
    All texts get the line ends of Unix, so that the same course gives the same commit wherever it was checked out.
    Raises CourseError where the course lacks a file.
    """
    for path in (*_public_files(course), *(one.tests for one in assignments)):
        _write(folder / path, _read(course / path))
    pyproject = _read(course / "pyproject.toml")
    _write(folder / "pyproject.toml", students_pyproject(pyproject))
    torch = required_version(pyproject, "torch")
    _write(folder / "README.md", _rendered(course, "README.md.j2", torch=torch, pin=pin))
    if pin is None:
        for workflow in sorted((course / _WORKFLOWS).glob("grade*.yml")):
            _write(folder / _WORKFLOWS / workflow.name, _read(workflow))
    else:
        pinned = _rendered(course, "grade.yml.j2", repository=pin.repository, commit=pin.commit)
        _write(folder / _WORKFLOWS / "grade.yml", pinned)
    (folder / MANIFEST).write_bytes(manifest_of(folder))
    return commit_all(folder, MESSAGE)


def _public_files(course: Path) -> Iterator[PurePosixPath]:
    """What students get as it is, but for the tests: lessons, the autograder without its own tests, and two more."""
    yield from map(PurePosixPath, ("LICENSE", ".gitignore"))
    for pattern in ("*.md", "*.py", *(f"{level}/*.py" for level in LEVELS)):
        yield from _relative(course, (course / "lessons").glob(pattern))
    for path in _relative(course, (course / "autograder").rglob("*")):
        left_behind = any(part.startswith(".") or part in ("__pycache__", "tests") for part in path.parts)
        if (course / path).is_file() and not left_behind and path != MANIFEST:
            yield path


def _relative(course: Path, paths: Iterable[Path]) -> list[PurePosixPath]:
    return sorted(PurePosixPath(path.relative_to(course).as_posix()) for path in paths)


def _rendered(course: Path, name: str, **values: object) -> str:
    texts = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    return texts.from_string(_read(course / _SCAFFOLD / name)).render(values)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise CourseError(f"{path} is missing, and a template needs it; bring it back.") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
