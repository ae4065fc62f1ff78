"""The result of grading one submission: the data from which every page, table and post is made.

``result.schema.json`` beside this file is generated from these types (``python -m autograder.grading.result``).
"""

from pathlib import Path
from typing import Literal

import msgspec

SCHEMA_NAME = "gradients-in-pytorch/result/v1"
SCHEMA_FILE = Path(__file__).with_name("result.schema.json")

Status = Literal["passed", "failed", "todo", "error", "timeout"]
Isolation = Literal["sandbox", "process", "none"]
WORST_FIRST: tuple[Status, ...] = ("timeout", "error", "failed", "todo", "passed")


Number = float | Literal["nan", "inf", "-inf"]


class Numbers(msgspec.Struct, frozen=True):
    """An array as rows of numbers, leading axes stacked, and cut to what a picture has room for.

    shape   of the whole array
    start   row and column of the first number
    rows    a 0-dim array is one row of one number, a 1-dim array one row
    """

    shape: tuple[int, ...]
    start: tuple[int, int]
    rows: tuple[tuple[Number, ...], ...]


class Comparison(msgspec.Struct, frozen=True):
    """An answer of the smallest failing example beside the right one.

    of         what it is: "the gradient with respect to x"
    expected   by autograd where it is a gradient
    measured   by central differences where it is a gradient
    """

    of: str
    yours: Numbers
    expected: Numbers
    measured: Numbers | None = None


class TestResult(msgspec.Struct, frozen=True):
    """One property or example of a task.

    message         what the student reads; empty where it passed
    misconception   the mistake that explains every failing example, by name
    counterexample  the call with the smallest inputs that show the failure
    output          what the student's code printed (at most 64 KiB)
    comparison      the numbers of a wrong answer, where it has some that make a picture
    """

    __test__ = False

    name: str
    claim: str
    status: Status
    message: str = ""
    misconception: str | None = None
    counterexample: str | None = None
    output: str = ""
    seconds: float = 0.0
    comparison: Comparison | None = None


class TaskResult(msgspec.Struct, frozen=True):
    """One task; `line` is where its gap stands in the answer's file, from 1."""

    id: str
    name: str
    score: int
    max_score: int
    status: Status
    line: int | None
    tests: tuple[TestResult, ...]


class AssignmentResult(msgspec.Struct, frozen=True):
    """One assignment; `path` is the answer's file, relative to the course folder."""

    id: str
    title: str
    level: str
    path: str
    score: int
    max_score: int
    tasks: tuple[TaskResult, ...]


class Provenance(msgspec.Struct, frozen=True):
    """What a result was made from: equal provenance gives equal verdicts.

    files, tests   sha256 of every answer graded and of every test used, by path relative to the course folder
    notice         why the isolation is not the strongest, in one sentence
    changed        what of the course is not as it was released: "path", "path (missing)", "path (added)"
    """

    versions: dict[str, str]
    seed: int
    isolation: Isolation
    files: dict[str, str]
    tests: dict[str, str]
    notice: str | None = None
    changed: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """One submission graded."""

    schema: str
    score: int
    max_score: int
    assignments: tuple[AssignmentResult, ...]
    provenance: Provenance
    seconds: float = 0.0


def task_status(tests: tuple[TestResult, ...]) -> Status:
    """The status of a task: `todo` where a gap is still open, else the worst of its tests'."""
    found = {test.status for test in tests}
    if "todo" in found:
        return "todo"
    return next(status for status in WORST_FIRST if status in found)


def to_json(result: Result) -> bytes:
    """The result as indented JSON, keys in the order of the types."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1)


def from_json(data: bytes) -> Result:
    """Read a result back. Raises msgspec.ValidationError where it is not one."""
    return msgspec.json.decode(data, type=Result)


def without_times(result: Result) -> Result:
    """The same result with every time at 0, to compare two gradings."""
    assignments = tuple(
        msgspec.structs.replace(
            assignment,
            tasks=tuple(
                msgspec.structs.replace(
                    task, tests=tuple(msgspec.structs.replace(test, seconds=0.0) for test in task.tests)
                )
                for task in assignment.tasks
            ),
        )
        for assignment in result.assignments
    )
    return msgspec.structs.replace(result, assignments=assignments, seconds=0.0)


def schema() -> bytes:
    """The JSON schema of a result (JSON Schema 2020-12), made from the types."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Result)), indent=1) + b"\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_bytes(schema())
