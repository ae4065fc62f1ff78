"""Grading where time is short: one task after another in one process, until the time is used up.

What was graded by then counts. It takes about half the memory of `autograder grade`, which uses two processes.
"""

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from autograder.course import Assignment, CourseError, Selection, title_of
from autograder.grading.grade import grade_answer
from autograder.grading.loader import load_tasks
from autograder.grading.provenance import provenance, tests_of
from autograder.grading.result import SCHEMA_NAME, AssignmentResult, Result
from autograder.grading.submission import Answer
from autograder.sandbox.workers import Workers

_AGAIN = 5.0  # seconds


class OutOfTime(BaseException):
    """The time is used up. A BaseException, so that no test takes it for a failure."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """OutOfTime is raised in the main thread after so many seconds, at once where none are left. For POSIX only."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    # 0 would be no alarm at all. It rings again, as what is raised while an object is destroyed goes no further.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def grade_in_time(
    course: Path,
    assignments: list[Assignment],
    answers: dict[str, Answer | str],
    workers: Workers,
    *,
    only: Selection,
    seed: int,
    seconds: float,
) -> Result:
    """Grade these answers, by the id of their assignment, with the tests of `course`.

    Where the time runs out and an answer has timed out, what is left scores nothing and says so. Raises CourseError
    where the time runs out and no answer is to blame.
    """
    started = time.perf_counter()
    tasks = {one.id: [task for task in load_tasks(course / one.tests) if only.has_task(task.id)] for one in assignments}
    graded: dict[str, AssignmentResult] = {}  # by the id of the task, which it alone holds

    def grade(answer_of: dict[str, Answer | str]) -> None:
        for one in assignments:
            title = title_of(course / one.tests)
            for task in tasks[one.id]:
                if task.id not in graded:
                    graded[task.id] = grade_answer(one, title, [task], answer_of[one.id], workers, seed=seed)

    try:
        with alarm(seconds):
            grade(answers)
    except OutOfTime:
        if not _timed_out(graded.values()):
            raise CourseError(
                f"grading took more than {seconds:.0f} s though no answer timed out; give it a faster machine."
            ) from None
        told = f"not graded: the {seconds / 60:.3g} minutes for all tasks were used up; is there a loop without an end?"
        grade(dict.fromkeys(answers, told))
    results = tuple(_joined([graded[task.id] for task in tasks[one.id]]) for one in assignments if tasks[one.id])
    by_path = {str(one.answer): answers[one.id] for one in assignments}
    return Result(
        schema=SCHEMA_NAME,
        score=sum(result.score for result in results),
        max_score=sum(result.max_score for result in results),
        assignments=results,
        provenance=provenance(by_path, tests_of(course, assignments), seed, workers),
        seconds=time.perf_counter() - started,
    )


def _timed_out(graded: Iterable[AssignmentResult]) -> bool:
    return any(test.status == "timeout" for one in graded for task in one.tasks for test in task.tests)


def _joined(parts: list[AssignmentResult]) -> AssignmentResult:
    """One assignment from its tasks, each graded alone."""
    return msgspec.structs.replace(
        parts[0],
        score=sum(part.score for part in parts),
        max_score=sum(part.max_score for part in parts),
        tasks=tuple(task for part in parts for task in part.tasks),
    )
