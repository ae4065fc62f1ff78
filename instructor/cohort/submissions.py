"""Finding the submissions of a class: clones of the template, nbgrader's ``submitted/`` folders, or both.

    SUBMISSIONS/ada/assignments/beginner/01_….py           a clone
    SUBMISSIONS/ada/01_…/01_….ipynb                        nbgrader's submitted/<student>/<assignment>/
    SUBMISSIONS/submitted/ada/01_…/01_….ipynb              nbgrader's course folder

Of a submission nothing but its answer files is ever read.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Assignment, CourseError
from autograder.grading.grade import answer_or_reason
from autograder.grading.submission import LARGEST_ANSWER, Answer

LARGEST_NOTEBOOK = 8 * LARGEST_ANSWER  # bytes; a notebook holds its outputs too


@dataclass(frozen=True)
class Submission:
    """One student's work: `clone` is a folder that holds assignments/, `notebooks` one with folders of notebooks."""

    student: str
    clone: Path | None = None
    notebooks: Path | None = None


@dataclass(frozen=True)
class Found:
    """The submissions in a folder, by name, and a sentence for each thing that is none."""

    submissions: list[Submission]
    warnings: list[str]


def find(folder: Path, assignments: list[Assignment]) -> Found:
    """All submissions below `folder`. Raises CourseError where it is no folder or holds none."""
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder; give the one that holds the students' folders.")
    stems = {assignment.stem for assignment in assignments}
    found: dict[str, Submission] = {}
    warnings: list[str] = []
    for entry in _student_folders(folder, warnings):
        one = _submission(entry, stems)
        if one is None:
            warnings.append(f"{entry} holds no assignments; it is left out.")
        elif one.student in found:
            merged, warning = _merged(found[one.student], one)
            found[one.student] = merged
            warnings.append(warning)
        else:
            found[one.student] = one
    if not found:
        raise CourseError(f"{folder} holds no submission; it should hold <student>/assignments/… or submitted/….")
    return Found([found[name] for name in sorted(found)], warnings)


def _student_folders(folder: Path, warnings: list[str]) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.is_symlink():
            warnings.append(f"{path} is a link and is not followed; put the folder itself there.")
        elif entry.name.startswith(".") or entry.is_file(follow_symlinks=False):
            continue
        elif not entry.is_dir(follow_symlinks=False):
            warnings.append(f"{path} is neither a file nor a folder; it is left out.")
        elif entry.name == "submitted" and not (path / "assignments").exists():
            yield from _student_folders(path, warnings)
        else:
            yield path


def _submission(folder: Path, stems: set[str]) -> Submission | None:
    clone = folder if (folder / "assignments").is_dir() else None
    notebooks = folder if any((folder / stem / f"{stem}.ipynb").is_file() for stem in stems) else None
    return Submission(folder.name, clone, notebooks) if clone or notebooks else None


def _merged(first: Submission, second: Submission) -> tuple[Submission, str]:
    """Two folders of one student as one submission; an answer file of a clone counts before a notebook."""
    merged = Submission(first.student, first.clone or second.clone, first.notebooks or second.notebooks)
    used = [str(folder) for folder in dict.fromkeys((merged.clone, merged.notebooks)) if folder]
    return merged, f"{first.student} has two folders; used: {' and '.join(used)}."


def answer_of(submission: Submission, assignment: Assignment) -> Answer | str:
    """A student's answer to an assignment, or one sentence why there is none that can be read."""
    if submission.notebooks is not None:
        notebook = submission.notebooks / assignment.stem / f"{assignment.stem}.ipynb"
        in_clone = submission.clone is not None and (submission.clone / assignment.answer).is_file()
        if notebook.is_file() and not in_clone:
            return _from_notebook(notebook, assignment)
    if submission.clone is None:
        return f"{assignment.stem} was not handed in."
    return answer_or_reason(submission.clone, assignment)


def handed_in(submission: Submission, assignment: Assignment) -> datetime | None:
    """When the answer was handed in: nbgrader's timestamp.txt beside a notebook, else the file's own time."""
    from nbgrader.utils import parse_utc

    if submission.clone is not None and (file := submission.clone / assignment.answer).is_file():
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if submission.notebooks is None:
        return None
    folder = submission.notebooks / assignment.stem
    try:
        return parse_utc((folder / "timestamp.txt").read_text(encoding="utf-8").strip()).replace(tzinfo=UTC)
    except (OSError, ValueError):
        notebook = folder / f"{assignment.stem}.ipynb"
        return datetime.fromtimestamp(notebook.stat().st_mtime, UTC) if notebook.is_file() else None


def _from_notebook(path: Path, assignment: Assignment) -> Answer | str:
    """The code of a notebook as an answer file; its test cells are left out."""
    import nbformat

    from instructor.notebooks import to_script

    place = f"{assignment.stem}.ipynb"
    if path.is_symlink() or path.parent.is_symlink():
        return f"{place} is a link to another place; put the file itself there."
    if path.stat().st_size > LARGEST_NOTEBOOK:
        return f"{place} has {path.stat().st_size / 2**20:.1f} MB; clear its outputs and hand it in again."
    data = path.read_bytes()
    try:
        text = to_script(nbformat.reads(data.decode("utf-8-sig"), as_version=4))
    except Exception as error:  # nbformat and its readers raise many kinds
        told = (str(error).splitlines() or [""])[0][:100]
        return f"{place} is no notebook that can be read ({type(error).__name__}: {told}); save it again in Jupyter."
    return Answer(str(assignment.answer), text, data)
