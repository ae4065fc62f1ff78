"""A result as Gradescope's results.json.

Format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. Every test is visible and none is worth points
without being listed, so that a student sees the total. What the grader prints is for instructors only.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from autograder.grading.result import AssignmentResult, Result, TaskResult
from autograder.reports.github.escape import visible
from autograder.reports.summary import WORD, encouragement, score_line

MOST_OF_A_TASK = 8_000  # characters; twelve lines for each test of a task have fewer
MOST_OF_ALL = 8_000
NOT_GRADED = (
    "This submission was not graded: the autograder failed, and that is not your fault. Your work is handed in as it "
    "is; please tell your instructor. No score is given."
)


class TestCase(msgspec.Struct, frozen=True):
    """One task, as Gradescope lists it; `number` is the task's."""

    __test__ = False

    number: str
    name: str
    score: int
    max_score: int
    status: Literal["passed", "failed"]
    output: str
    output_format: Literal["text"] = "text"
    visibility: Literal["visible"] = "visible"


class Results(msgspec.Struct, frozen=True):
    """The whole file; `execution_time` in seconds."""

    score: int
    execution_time: float
    output: str
    tests: tuple[TestCase, ...]
    output_format: Literal["text"] = "text"
    visibility: Literal["visible"] = "visible"
    stdout_visibility: Literal["hidden"] = "hidden"


class NotGraded(msgspec.Struct, frozen=True):
    """The file where there is no result.

    Gradescope wants a score in it or in each of its tests, and takes a file without for a failure of the autograder
    ("at no fault of the student", as its submission_metadata.json puts it): nobody gets a score from it, not even 0.
    """

    output: str
    output_format: Literal["text"] = "text"
    visibility: Literal["visible"] = "visible"
    stdout_visibility: Literal["hidden"] = "hidden"


def results(result: Result, notes: Iterable[str] = ()) -> bytes:
    """results.json; `notes` are sentences for the student about the submission as a whole."""
    told = [score_line(result), encouragement(result), *notes]
    if result.provenance.notice:
        told.append(result.provenance.notice)
    cases = tuple(_case(one, task) for one in result.assignments for task in one.tasks)
    return _json(Results(result.score, round(result.seconds, 1), cut("\n".join(told), MOST_OF_ALL), cases))


def not_graded() -> bytes:
    """results.json of a submission that could not be graded, for a reason that is not the student's."""
    return _json(NotGraded(NOT_GRADED))


def _case(assignment: AssignmentResult, task: TaskResult) -> TestCase:
    return TestCase(
        number=task.id,
        name=cut(task.name, MOST_OF_A_TASK),
        score=task.score,
        max_score=task.max_score,
        status="passed" if task.status == "passed" else "failed",
        output=cut("\n\n".join(_told(assignment, task)), MOST_OF_A_TASK),
    )


def _told(assignment: AssignmentResult, task: TaskResult) -> Iterator[str]:
    place = assignment.path if task.line is None else f"{assignment.path}:{task.line}"
    yield WORD[task.status] if task.status == "passed" else f"{WORD[task.status]}: {place}"
    yield from dict.fromkeys(test.message for test in task.tests if test.message)


def cut(text: str, most: int) -> str:
    """`text` with nothing unseen in it, at most so many characters, cut at the end of a line where there is one."""
    text = visible(text)
    if len(text) <= most:
        return text
    kept = text[: most - 2]
    return f"{kept[: kept.rfind(chr(10))] if chr(10) in kept else kept}\n…"


def _json(data: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"
