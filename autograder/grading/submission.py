"""Reading a student's answer files: nothing else of a submission is ever read."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment

LARGEST_ANSWER = 1 << 20  # bytes; a long answer has 10 KB


class Refused(Exception):
    """The answer's file cannot be read as one; the text is one sentence with the cure."""


@dataclass(frozen=True)
class Answer:
    """The text of one answer file. `path` is relative to the course folder; `data` is the file as it was."""

    path: str
    text: str
    data: bytes


def read_answer(course: Path, assignment: Assignment, at: str | None = None) -> Answer:
    """Read the answer to `assignment` under `course`, or at another path below it.

    Raises Refused where the file is missing, not a file, a link to elsewhere, too large or not UTF-8.
    """
    path = at or str(assignment.answer)
    data = read_regular_file(course, path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"{path}:{line} is not UTF-8 text; save the file again with the encoding UTF-8.") from None
    if not text.strip():
        raise Refused(f"{path} is empty; bring it back with: git checkout -- {path}")
    return Answer(str(assignment.answer), text.replace("\r\n", "\n").replace("\r", "\n"), data)


def answer_or_reason(submission: Path, assignment: Assignment) -> Answer | str:
    """The answer to an assignment, or one sentence why it cannot be read."""
    try:
        return read_answer(submission, assignment)
    except Refused as refused:
        return str(refused)


def read_regular_file(course: Path, path: str, most: int = LARGEST_ANSWER) -> bytes:
    """The bytes of a regular file inside `course`, opened without following a link out of it.

    Raises Refused where it is none, or has more than `most` bytes.
    """
    full = course / path
    try:
        if full.is_symlink() or not full.resolve(strict=True).is_relative_to(course.resolve()):
            raise Refused(f"{path} is a link to another place; put the file itself there.")
        descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise Refused(f"{path} is missing; bring it back with: git checkout -- {path}") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder; an answer is a file of that name.") from None
    except RuntimeError:  # how Python 3.11 tells of links in a circle
        raise Refused(f"{path} is a link to itself; put the file itself there.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be opened ({error.strerror}); check its permissions.") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise Refused(f"{path} is a folder; an answer is a file of that name.")
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{path} is no ordinary file; put a text file of that name there.")
        if status.st_size > most:
            size, bound = status.st_size / 2**20, most >> 20
            raise Refused(f"{path} has {size:.1f} MB, an answer at most {bound} MB; remove what is not your code.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def line_of_task(text: str, task_id: str, names: tuple[str, ...]) -> int | None:
    """The line, from 1, where a task's gap stands, or where its function is defined once the gap is gone."""
    patterns = [
        rf"TODO {re.escape(task_id)}\b",
        *(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b" for name in names),
    ]
    for pattern in patterns:
        if found := re.search(pattern, text, re.MULTILINE):
            return text.count("\n", 0, found.end()) + 1
    return None
