"""A result as the result.json of Classroom 50, GitHub Classroom's open successor.

Contract: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding and schemas/result-v1.schema.json
there. No other keys are allowed at the top; all scores are whole numbers. Its runner overwrites who owns and who
submitted what, and when; it checks the rest.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast, get_args

import msgspec

from autograder.course import CourseError
from autograder.grading.result import Result, TaskResult
from autograder.reports.github.escape import one_line
from autograder.reports.gradescope import cut
from autograder.reports.summary import WORD

SCHEMA = "classroom50/result/v1"
MOST_OUTPUT = 4_000  # characters of a task's text; Classroom 50 takes at most 10 MB in all
PATIENCE = 60  # seconds for git to tell a date

Kind = Literal["individual", "group", "team"]
_REQUIRED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Submission:
    """What Classroom 50's runner says of a submission; `committed` is the instant of handing in, with a time zone."""

    classroom: str
    assignment: str
    kind: Kind
    owner: str
    tag: str
    commit_url: str
    release_url: str
    review_url: str
    committed: datetime


class Test(msgspec.Struct, frozen=True):
    """One task. `output` is of ours: other keys than the required ones are kept as they are."""

    __test__ = False

    name: str = msgspec.field(name="test-name")
    passed: bool
    score: int
    max_score: int = msgspec.field(name="max-score")
    output: str


class ResultFile(msgspec.Struct, frozen=True):
    """The whole file."""

    schema: str
    classroom: str
    assignment: str
    assignment_type: Kind
    owner: str
    submission: str
    commit: str
    release: str
    review: str
    datetime: str
    score: int
    max_score: int = msgspec.field(name="max-score")
    tests: tuple[Test, ...]


def submission_of(environment: Mapping[str, str], folder: Path) -> Submission:
    """What the runner's environment variables say, and when the commit in `folder` was made.

    Raises CourseError where a variable is missing or makes no sense, or git knows no such commit.
    """
    given = {name: value.strip() for name, value in environment.items()}
    missing = [name for name in _REQUIRED if not given.get(name)]
    owner = given.get("OWNER") or given.get("USERNAME")
    if missing or not owner:
        names = ", ".join([*missing, *([] if owner else ["OWNER"])])
        raise CourseError(f"Classroom 50's runner sets {names}, and here that is not set; run this from its workflow.")
    if not given["SUBMISSION_TAG"].startswith("submit/"):
        raise CourseError(f"SUBMISSION_TAG is {given['SUBMISSION_TAG']!r}; Classroom 50's tags begin with submit/.")
    return Submission(
        classroom=given["CLASSROOM"],
        assignment=given["ASSIGNMENT"],
        kind=_kind(given.get("ASSIGNMENT_TYPE") or given.get("MODE") or "individual"),
        owner=owner,
        tag=given["SUBMISSION_TAG"],
        commit_url=given["COMMIT_URL"],
        release_url=given["RELEASE_URL"],
        review_url=given.get("REVIEW_URL") or given["COMMIT_URL"],
        committed=committed_at(folder, given.get("GITHUB_SHA") or "HEAD"),
    )


def _kind(text: str) -> Kind:
    kind = text.lower()
    if kind not in get_args(Kind):
        raise CourseError(f"the assignment's type is {text!r}; Classroom 50 knows {', '.join(get_args(Kind))}.")
    return cast(Kind, kind)


def committed_at(folder: Path, commit: str) -> datetime:
    """The committer's date of a commit, which does not change when it is graded again. Raises CourseError."""
    if commit != "HEAD" and not _COMMIT.fullmatch(commit):
        raise CourseError(f"GITHUB_SHA is {commit!r}; it should be the whole name of a commit.")
    # A container's checkout belongs to another user than the one who grades.
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), "log", "-1", "--format=%ct", commit, "--"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode == 0:
            return datetime.fromtimestamp(int(done.stdout), UTC)
        told = one_line(done.stderr)
    except (OSError, ValueError, OverflowError, subprocess.TimeoutExpired) as problem:
        told = one_line(str(problem))
    raise CourseError(f"git cannot tell when {commit} was made in {folder}: {told}")


def result_file(result: Result, submission: Submission) -> bytes:
    """result.json: one entry for each task."""
    data = ResultFile(
        schema=SCHEMA,
        classroom=submission.classroom,
        assignment=submission.assignment,
        assignment_type=submission.kind,
        owner=submission.owner,
        submission=submission.tag,
        commit=submission.commit_url,
        release=submission.release_url,
        review=submission.review_url,
        datetime=submission.committed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        score=result.score,
        max_score=result.max_score,
        tests=tuple(_test(task) for one in result.assignments for task in one.tasks),
    )
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"


def _test(task: TaskResult) -> Test:
    messages = dict.fromkeys(test.message for test in task.tests if test.message)
    return Test(
        name=one_line(f"{task.id} {task.name}"),
        passed=task.status == "passed",
        score=task.score,
        max_score=task.max_score,
        output=cut("\n\n".join(messages) or WORD[task.status], MOST_OUTPUT),
    )
