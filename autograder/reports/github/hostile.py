"""Reading what the grading job left: a file that a student may have written, down to the last byte.

The types below say what is let in, and how much of it; all else in the file is skipped unread. What is let in must also
add up. Even so its texts are a student's, and its score is a claim: the grade of record is the instructor's own.
"""

import os
import re
import stat
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from autograder.course import LEVELS
from autograder.grading.result import (
    SCHEMA_NAME,
    AssignmentResult,
    Isolation,
    Provenance,
    Result,
    Status,
    TaskResult,
    TestResult,
)

RESULT_FILE = "result.json"
LARGEST_RESULT = 32 << 20  # bytes; the whole course has 0.1 MB, and each test may print 64 KiB more

Points = Annotated[int, Meta(ge=0, le=100_000)]
Line = Annotated[int, Meta(ge=1, le=1_000_000)]
Title = Annotated[str, Meta(max_length=200)]
Sentence = Annotated[str, Meta(max_length=10_000)]
Text = Annotated[str, Meta(max_length=100_000)]
AssignmentId = Annotated[str, Meta(pattern=r"\A(?:[0-9]{2}|E[0-9])\Z")]
TaskId = Annotated[str, Meta(pattern=r"\A(?:[0-9]{2}|E[0-9])\.[0-9]{1,2}\Z")]
AnswerPath = Annotated[
    str, Meta(pattern=rf"\Aassignments/(?:{'|'.join(LEVELS)})/(?:exercise_)?[0-9]{{2}}_[a-z0-9_]{{1,100}}\.py\Z")
]


class Unreadable(Exception):
    """There is no result, or it is not one; the text is one sentence without anything from the file."""


class _Test(msgspec.Struct):
    status: Status
    message: Text = ""


class _Task(msgspec.Struct):
    id: TaskId
    name: Title
    score: Points
    max_score: Points
    status: Status
    line: Line | None
    tests: Annotated[list[_Test], Meta(min_length=1, max_length=100)]


class _Assignment(msgspec.Struct):
    id: AssignmentId
    title: Title
    path: AnswerPath
    score: Points
    max_score: Points
    tasks: Annotated[list[_Task], Meta(max_length=20)]


class _Provenance(msgspec.Struct):
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    isolation: Isolation
    notice: Sentence | None = None
    changed: Annotated[list[Sentence], Meta(max_length=100_000)] = []


class _Result(msgspec.Struct):
    schema: str
    score: Points
    max_score: Points
    assignments: Annotated[list[_Assignment], Meta(min_length=1, max_length=100)]
    provenance: _Provenance


def read_result(folder: Path) -> Result:
    """The result in `folder`, with what no post shows (output, counterexamples, versions, sha256) left empty.

    Raises Unreadable where there is none, or where it is too large, malformed, or does not add up.
    """
    try:
        told = msgspec.json.decode(_bounded(folder / RESULT_FILE), type=_Result)
    except msgspec.ValidationError as error:
        place = re.search(r"`(\$[.\w\[\]]*)`$", str(error))  # names of ours and "[...]"; never a word of the file's
        raise Unreadable(f"{RESULT_FILE} is not a result" + (f", see {place[1]}" if place else "")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable(f"{RESULT_FILE} is not JSON") from None
    _check(told)
    return _as_result(told)


def _bounded(file: Path) -> bytes:
    """The bytes of a regular file of bounded size; no link is followed and nothing is waited for."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise Unreadable(f"the grading job left no {RESULT_FILE}") from None
    except OSError:
        raise Unreadable(f"{RESULT_FILE} cannot be opened") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{RESULT_FILE} is no ordinary file")
        if status.st_size > LARGEST_RESULT:
            raise Unreadable(f"{RESULT_FILE} has more than {LARGEST_RESULT >> 20} MiB; does an answer print very much?")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(LARGEST_RESULT + 1)
    finally:
        os.close(descriptor)


def _check(told: _Result) -> None:
    """Raise Unreadable where the numbers do not add up as a grading's do."""
    if told.schema != SCHEMA_NAME:
        raise Unreadable(f"{RESULT_FILE} is not of the schema {SCHEMA_NAME}")
    for assignment in told.assignments:
        for task in assignment.tasks:
            _demand(task.id.split(".")[0] == assignment.id, f"{task.id} stands under assignment {assignment.id}")
            _demand(
                (task.status == "passed") == all(test.status == "passed" for test in task.tests),
                f"{task.id}'s status is not its tests'",
            )
            _demand(
                task.score == (task.max_score if task.status == "passed" else 0),
                f"{task.id} has points that its status does not give",
            )
        _demand_sums(assignment.id, assignment, assignment.tasks)
    _demand_sums("the whole", told, told.assignments)
    for ids in (
        [one.id for one in told.assignments],
        [task.id for one in told.assignments for task in one.tasks],
        [one.path for one in told.assignments],
    ):
        _demand(len(set(ids)) == len(ids), "something is told twice")


def _demand_sums(name: str, whole: _Assignment | _Result, parts: list[_Task] | list[_Assignment]) -> None:
    _demand(whole.score == sum(part.score for part in parts), f"the points of {name} are not the sum of their parts")
    _demand(whole.max_score == sum(part.max_score for part in parts), f"the most points of {name} are not their sum")


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unreadable(f"{RESULT_FILE} contradicts itself: {otherwise}")


def _as_result(told: _Result) -> Result:
    provenance = told.provenance
    return Result(
        schema=told.schema,
        score=told.score,
        max_score=told.max_score,
        assignments=tuple(_as_assignment(one) for one in told.assignments),
        provenance=Provenance(
            {}, provenance.seed, provenance.isolation, {}, {}, provenance.notice, tuple(provenance.changed)
        ),
    )


def _as_assignment(told: _Assignment) -> AssignmentResult:
    return AssignmentResult(
        id=told.id,
        title=told.title,
        level=told.path.split("/")[1],
        path=told.path,
        score=told.score,
        max_score=told.max_score,
        tasks=tuple(_as_task(task) for task in told.tasks),
    )


def _as_task(told: _Task) -> TaskResult:
    tests = tuple(TestResult("", "", test.status, test.message) for test in told.tests)
    return TaskResult(told.id, told.name, told.score, told.max_score, told.status, told.line, tests)
