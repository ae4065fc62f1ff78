"""What a student was told of a test, taken apart again: `autograder.grading.feedback` puts it together.

A text of another form is all headline and lines: nothing is lost, and nothing is taken for what it is not.
"""

import re
from dataclasses import dataclass

from autograder.course import LEVELS

_LABELLED = re.compile(r"  (claim|call|with|likely|lesson|cure|again) {2,}(.*)")
_LINE = re.compile(r"(.*?) {2}\(your line (\d+): (.*)\)", re.DOTALL)
_LESSON = re.compile(rf"(?P<section>.+), in (?P<path>lessons/(?:{'|'.join(LEVELS)})/\w+\.py)", re.ASCII)


@dataclass(frozen=True)
class Lesson:
    """A section of a lesson; `path` is relative to the course folder."""

    section: str
    path: str

    def link(self, to_course: str) -> str:
        """The lesson's address, seen from a page from which `to_course` leads to the course folder."""
        return f"{to_course}/{self.path}"


@dataclass(frozen=True)
class Told:
    """One message: its headline, and what it tells below; `line` is where the student's code raised, with its text."""

    headline: str
    line: int | None = None
    code: str = ""
    claim: str = ""
    calls: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    cure: str = ""
    likely: str = ""
    lesson: Lesson | None = None
    see: str = ""
    again: str = ""


def told(message: str, task: str) -> Told:
    """The parts of a message about the task with this id."""
    first, *rest = message.split("\n")
    headline, line, code = first.removeprefix(f"{task} "), None, ""
    if (raised := _LINE.fullmatch(headline)) is not None:
        headline, line, code = raised[1], int(raised[2]), raised[3]
    labelled: dict[str, str] = {}
    calls, evidence = [], []
    for text in rest:
        found = _LABELLED.fullmatch(text)
        if found is None:
            evidence.append(text.strip())
        elif found[1] in ("call", "with"):
            calls.append(found[2])
        else:
            labelled[found[1]] = found[2]
    see = labelled.pop("lesson", "")
    lesson = Lesson(**found.groupdict()) if (found := _LESSON.fullmatch(see)) else None
    return Told(headline, line, code, calls=tuple(calls), evidence=tuple(evidence), lesson=lesson, see=see, **labelled)
