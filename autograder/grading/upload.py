"""Finding the answers in what a student uploaded: a repository, single files or notebooks, here or one folder down.

    UPLOAD/assignments/beginner/01_….py      a repository
    UPLOAD/01_….py                           single files
    UPLOAD/01_….ipynb                        notebooks
    UPLOAD/any-folder/…                      each of these in a folder, as a zip of a repository has it

Only files with the names of answers are looked for, and nothing else is read.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.submission import LARGEST_ANSWER, Answer, Refused, read_answer, read_regular_file

LARGEST_NOTEBOOK = 8 * LARGEST_ANSWER  # bytes; a notebook holds its outputs too
MOST_FOLDERS = 1000  # looked into; an upload of a whole course has five
NotebookReader = Callable[[bytes], str]


@dataclass(frozen=True)
class Upload:
    """The answers by the id of their assignment, or one sentence why one cannot be read; and what was noticed."""

    answers: dict[str, Answer | str]
    notes: tuple[str, ...]


def read_upload(folder: Path, assignments: Iterable[Assignment], code_of_notebook: NotebookReader) -> Upload:
    """The answers below `folder`, found by their names. A script counts before a notebook.

    `code_of_notebook` gives a notebook's answer as a script, or raises Refused with the rest of a sentence.
    """
    answers: dict[str, Answer | str] = {}
    notes: list[str] = []
    places = _places(folder)
    for assignment in assignments:
        found = _paths(folder, places, assignment)
        if not found:
            answers[assignment.id] = f"{assignment.answer.name} was not handed in; upload it, or its notebook."
            continue
        answers[assignment.id] = _read(folder, found[0], assignment, code_of_notebook)
        if found[0].endswith(".ipynb"):
            notes.append(f"{assignment.id} was read from {found[0]}; lines are counted over its cells.")
        if found[1:]:
            others = ", ".join(found[1:])
            notes.append(f"{assignment.id} was handed in more than once: {found[0]} was graded, and not {others}.")
    return Upload(answers, tuple(notes))


def _places(folder: Path) -> list[str]:
    """The folder itself and its sub-folders; links are not followed."""
    with os.scandir(folder) as entries:
        inner = sorted(
            one.name for one in entries if one.is_dir(follow_symlinks=False) and not one.name.startswith(".")
        )
    return ["", *inner[:MOST_FOLDERS]]


def _paths(folder: Path, places: list[str], assignment: Assignment) -> list[str]:
    """The files that could be this answer, the first of them counts; relative to `folder`."""
    script = assignment.answer
    names = (script, script.name, script.with_suffix(".ipynb"), f"{assignment.stem}.ipynb")
    paths = [f"{place}/{name}" if place else str(name) for name in names for place in places]
    return [path for path in paths if os.path.lexists(folder / path)]


def _read(folder: Path, path: str, assignment: Assignment, code_of_notebook: NotebookReader) -> Answer | str:
    try:
        if path.endswith(".py"):
            return read_answer(folder, assignment, at=path)
        data = read_regular_file(folder, path, LARGEST_NOTEBOOK)
    except Refused as refused:
        return str(refused)
    try:
        return Answer(str(assignment.answer), code_of_notebook(data), data)
    except Refused as refused:
        return f"{path} {refused}"
