"""Answers with a known verdict: the percent scripts under ``instructor/wrong`` and ``instructor/right``.

Each cell ``# %% 24.1 · what it does`` is one answer: its definitions are appended to the solution's text and
take the place of the solution's own. A wrong answer that the feedback recognises says so:
``# %% 24.1 · what it does ⇒ name of the mistake``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment
from instructor.release import solution_of

_CELL = re.compile(r"^# %% (E?\d+\.\d+) · (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class KnownAnswer:
    """One answer: the task it is about, what it does, and the whole text of the file.

    named is the mistake that the feedback should name, empty where it should name none.
    """

    task: str
    about: str
    text: str
    named: str = ""


def known_answers(course: Path, assignment: Assignment, kind: str) -> list[KnownAnswer]:
    """The answers of `kind` ("wrong" or "right") to an assignment; none where there is no such file."""
    file = course / "instructor" / kind / assignment.level / f"{assignment.stem}.py"
    if not file.exists():
        return []
    solution = (course / solution_of(assignment)).read_text(encoding="utf-8")
    pieces = _CELL.split(file.read_text(encoding="utf-8"))[1:]
    return [
        _known(task, header, f"{solution}\n\n{code.strip()}\n")
        for task, header, code in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    ]


def _known(task: str, header: str, text: str) -> KnownAnswer:
    about, _, named = header.partition("⇒")
    return KnownAnswer(task, about.strip(), text, named.strip())
