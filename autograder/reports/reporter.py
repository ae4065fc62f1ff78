"""A result for GitHub Classroom's reporter action, classroom-resources/autograding-grading-reporter.

It reads ``<ID>_RESULTS``: JSON in base64. From the same tests it makes two totals (src/helpers/test-helpers.js and
src/notify-classroom.js): the share of tests that pass times max_score, and the sum of the scores. They agree where all
tests are worth the same. So each task is listed once for every equal part of its points, and all parts of it pass or
none does. The only text of a test that is not passed and that the reporter prints is an error's message.
"""

import base64
import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from autograder.grading.result import AssignmentResult, Result, Status, TaskResult
from autograder.reports.github.escape import loggable
from autograder.reports.summary import WORD

LARGEST = 100_000  # characters; Linux takes at most 131,071 bytes in one environment variable
LONGEST_NAME, LONGEST_MESSAGE = 60, 400

Verdict = Literal["pass", "fail", "error"]
_VERDICT: dict[Status, Verdict] = {
    "passed": "pass",
    "failed": "fail",
    "todo": "fail",
    "error": "error",
    "timeout": "error",
}


class Test(msgspec.Struct, frozen=True):
    """One part of a task; `line_no` is 0 where none is known, `duration` in seconds, `task_id` counts tasks from 1."""

    __test__ = False

    name: str
    status: Verdict
    score: int
    message: str
    test_code: str
    filename: str
    line_no: int
    duration: float
    task_id: int


class Payload(msgspec.Struct, frozen=True):
    """What the reporter reads."""

    version: int
    status: Verdict
    max_score: int
    tests: tuple[Test, ...]
    message: str = ""


def payload(result: Result) -> str:
    """The value of ``<ID>_RESULTS``, on one line, short enough for an environment variable."""
    longest = LONGEST_MESSAGE
    while True:
        encoded = base64.b64encode(msgspec.json.encode(_payload(result, longest)))
        if len(encoded) <= LARGEST or longest == 0:
            return encoded.decode("ascii")
        longest //= 2


def _payload(result: Result, longest: int) -> Payload:
    tasks = [(one, task) for one in result.assignments for task in one.tasks]
    part = math.gcd(*(task.max_score for _, task in tasks))
    tests = tuple(
        test for number, (one, task) in enumerate(tasks, start=1) for test in _parts(one, task, number, part, longest)
    )
    whole: Verdict = "pass" if all(test.status == "pass" for test in tests) else "fail"
    return Payload(version=3, status=whole, max_score=result.max_score, tests=tests)


def _parts(assignment: AssignmentResult, task: TaskResult, task_id: int, part: int, longest: int) -> Iterator[Test]:
    """The task as tests of `part` points each; the first tells what is wrong."""
    count = task.max_score // part
    status = _VERDICT[task.status]
    messages = [test.message for test in task.tests if test.message]
    message = loggable(messages[0] if messages else WORD[task.status])[:longest]
    name = loggable(f"{task.id} {task.name}")[:LONGEST_NAME]
    for number in range(1, count + 1):
        yield Test(
            name=f"{name} ({number} of {count})" if count > 1 else name,
            status="fail" if status == "error" and number > 1 else status,
            score=part if status == "pass" else 0,
            message="" if status == "pass" or number > 1 else message,
            test_code="",
            filename=assignment.path,
            line_no=task.line or 0,
            duration=round(sum(test.seconds for test in task.tests), 3) if number == 1 else 0.0,
            task_id=task_id,
        )
