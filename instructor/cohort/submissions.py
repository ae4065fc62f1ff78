"""Finding the submissions of a class: clones of the template, nbgrader's ``submitted/`` folders, or both.

    SUBMISSIONS/ada/assignments/beginner/01_….py           a clone
    SUBMISSIONS/ada/01_…/01_….ipynb                        nbgrader's submitted/<student>/<assignment>/
    SUBMISSIONS/submitted/ada/01_…/01_….ipynb              nbgrader's course folder

Of a submission nothing but its answer files, and nbgrader's timestamp beside them, is ever read.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course import Assignment, CourseError
from autograder.grading.submission import Answer, Refused, answer_or_reason, read_regular_file
from instructor.cohort.notebook_answer import LARGEST_NOTEBOOK, NoNotebook, text_of
from instructor.cohort.overlooked import missing_beside, notebook_in

_TIMESTAMP = re.compile(r"(?P<clock>[\d:. T-]*\d) ?(?P<offset>[+-]\d\d:?\d\d)?(?P<zone>[A-Z][\w/+-]*)?", re.ASCII)
_LONGEST_TIMESTAMP = 100  # bytes
_NBGRADERS = {"source", "release", "autograded", "feedback", "solution"}  # beside submitted/ in its course folder
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, bytes that are no UTF-8, other ends of lines


@dataclass(frozen=True)
class Submission:
    """One student's work: `clone` is a folder that holds assignments/, `notebooks` one with folders of notebooks."""

    student: str
    clone: Path | None = None
    notebooks: Path | None = None


@dataclass(frozen=True)
class Found:
    """The submissions in a folder, by name, a sentence for each thing that is none, and whose could not be read."""

    submissions: list[Submission]
    warnings: list[str]
    unreadable: frozenset[str] = frozenset()


def student_id(name: str) -> str:
    """A folder's or roster's name for a student; the two ways to write ö, which macOS and Linux choose, are one."""
    return unicodedata.normalize("NFC", name)


def find(folder: Path, assignments: list[Assignment]) -> Found:
    """All submissions below `folder`. Raises CourseError where it is no folder or holds none."""
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder; give the one that holds the students' folders.")
    stems = {assignment.stem for assignment in assignments}
    found: dict[str, Submission] = {}
    warnings: list[str] = []
    unreadable: set[str] = set()
    for entry in _student_folders(folder, warnings):
        try:
            one = _submission(entry, stems)
        except OSError as error:
            warnings.append(f"{entry} cannot be read ({error.strerror}) and is left out; check its permissions.")
            unreadable.add(student_id(entry.name))
            continue
        if one is None:
            warnings.append(f"{entry} holds no assignments; it is left out.")
        elif one.student in found:
            found[one.student] = _merged(found[one.student], one, warnings)
        else:
            found[one.student] = one
    warnings += _alike(found)
    if not found:
        told = f"{folder} holds no submission; it should hold <student>/assignments/… or submitted/…."
        raise CourseError(" ".join([told, *warnings[:3]]))
    return Found([found[name] for name in sorted(found)], warnings, frozenset(unreadable - found.keys()))


def _student_folders(folder: Path, warnings: list[str]) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        warnings.append(f"{folder} cannot be read ({error.strerror}) and is left out; check its permissions.")
        return
    is_nbgraders = any(entry.name == "submitted" and not _is_clone(entry) for entry in entries)
    for entry in entries:
        path = Path(entry.path)
        if any(unicodedata.category(letter) in _UNPRINTABLE for letter in entry.name):
            shown = path.with_name(ascii(entry.name)[1:-1])
            warnings.append(f"{shown} has a name that cannot be printed and is left out; rename it.")
        elif entry.is_symlink():
            warnings.append(f"{path} is a link and is not followed; put the folder itself there.")
        elif entry.name.startswith(".") or entry.is_file(follow_symlinks=False):
            continue
        elif not entry.is_dir(follow_symlinks=False):
            warnings.append(f"{path} is neither a file nor a folder; it is left out.")
        elif entry.name == "submitted" and not _is_clone(entry):
            yield from _student_folders(path, warnings)
        elif not (is_nbgraders and entry.name in _NBGRADERS):
            yield path


def _is_clone(entry: os.DirEntry[str]) -> bool:
    return os.path.lexists(Path(entry.path) / "assignments")


def _submission(folder: Path, stems: set[str]) -> Submission | None:
    """What a folder holds, or None. Raises OSError where it cannot be looked into."""
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries}
    clone = folder if "assignments" in names and (folder / "assignments").is_dir() else None
    notebooks = folder if any((folder / stem / f"{stem}.ipynb").is_file() for stem in stems & names) else None
    return Submission(student_id(folder.name), clone, notebooks) if clone or notebooks else None


def _merged(first: Submission, second: Submission, warnings: list[str]) -> Submission:
    """Two folders of one student as one submission; an answer file of a clone counts before a notebook."""
    merged = Submission(first.student, first.clone or second.clone, first.notebooks or second.notebooks)
    used = _folders([merged])
    told = f"{first.student} has two folders; used: {' and '.join(used)}."
    if unused := [folder for folder in _folders([first, second]) if folder not in used]:
        told += f" Not used: {' and '.join(unused)}."
    warnings.append(told)
    return merged


def _folders(submissions: list[Submission]) -> list[str]:
    folders = [folder for one in submissions for folder in (one.clone, one.notebooks) if folder is not None]
    return [str(folder) for folder in dict.fromkeys(folders)]


def _alike(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each two students whose names differ in case only: they stay two."""
    before: dict[str, str] = {}
    for name in sorted(names):
        other = before.setdefault(name.casefold(), name)
        if other != name:
            told = f"{other} and {name} differ in case only and are graded as two"
            yield f"{told}; if they are one person, put the work into one folder."


def answer_of(submission: Submission, assignment: Assignment) -> Answer | str:
    """A student's answer to an assignment, or one sentence why there is none that can be read."""
    try:
        if submission.notebooks is not None and not _is_in_clone(submission, assignment):
            notebook = f"{assignment.stem}/{assignment.stem}.ipynb"
            if os.path.lexists(submission.notebooks / notebook):
                return _from_notebook(submission.notebooks, notebook, assignment)
        if submission.clone is None:
            return f"{assignment.stem} was not handed in."
        is_there = os.path.lexists(submission.clone / assignment.answer)
        if not is_there and (beside := notebook_in(submission.clone, assignment)) is not None:
            return missing_beside(beside, submission.student, assignment)
        return answer_or_reason(submission.clone, assignment)
    except OSError as error:
        return f"{assignment.stem} cannot be read ({error.strerror}); check the permissions of its folder."


def _is_in_clone(submission: Submission, assignment: Assignment) -> bool:
    return submission.clone is not None and (submission.clone / assignment.answer).is_file()


def handed_in(submission: Submission, assignment: Assignment) -> datetime | None:
    """When the answer was handed in: nbgrader's timestamp.txt beside a notebook, else the file's own time."""
    try:
        if _is_in_clone(submission, assignment):
            assert submission.clone is not None
            return _changed(submission.clone / assignment.answer)
        if submission.notebooks is None:
            return None
        stamp = _stamp(submission.notebooks, f"{assignment.stem}/timestamp.txt")
        notebook = submission.notebooks / assignment.stem / f"{assignment.stem}.ipynb"
        return stamp or (_changed(notebook) if notebook.is_file() else None)
    except OSError:
        return None


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.lstat().st_mtime, UTC)


def _stamp(folder: Path, path: str) -> datetime | None:
    """The time in nbgrader's timestamp.txt, with its offset or zone, else in UTC; None where there is none."""
    try:
        text = read_regular_file(folder, path, _LONGEST_TIMESTAMP).decode().strip()
        if (found := _TIMESTAMP.fullmatch(text)) is None:
            return None
        zone = ZoneInfo(found["zone"]) if found["zone"] not in (None, "UTC") else UTC
        moment = datetime.fromisoformat(found["clock"] + (found["offset"] or ""))
        return (moment if found["offset"] else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (Refused, OSError, ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def _from_notebook(folder: Path, path: str, assignment: Assignment) -> Answer | str:
    place = f"{assignment.stem}.ipynb"
    try:
        if (size := (folder / path).lstat().st_size) > LARGEST_NOTEBOOK:
            return f"{place} has {size / 2**20:.1f} MB; clear its outputs and hand it in again."
        data = read_regular_file(folder, path, LARGEST_NOTEBOOK)
        return Answer(str(assignment.answer), text_of(data), data)
    except Refused as refused:
        return str(refused)
    except NoNotebook as problem:
        return f"{place} {problem}"
