"""Examples drawn once and used for many answers: the very ones that Hypothesis would draw for each of them.

What it draws for a test depends on the seed and on the points that turn out to be kinks, and not on the answer,
up to the first example that fails. So they are recorded with an answer that passes, a solution. Where there is none,
on a student's machine, they are drawn without an answer, as if none of them sat on a kink; where one does, a replay
ends there and Hypothesis draws.
"""

from contextlib import suppress
from typing import Any

from autograder.gradients import evidence
from autograder.grading import student as students
from autograder.grading.runner import DRAWN, PUBLIC_SEED, SURVEYED, SURVEYED_BESIDE, run_examples, seed_of
from autograder.grading.student import Drawn, Recordings, Student
from autograder.grading.task import Task, Test
from autograder.sandbox.errors import WorkerDied, WorkerTimedOut

COUNTS = (None, SURVEYED, SURVEYED_BESIDE)


def record(tasks: list[Task], solution: Student, seed: int = PUBLIC_SEED) -> Recordings:
    """The examples of all tests of `tasks`. A test that the solution does not pass is left out, and drawn anew."""
    recordings: Recordings = {}
    for task in tasks:
        students.begin_task(solution, task)
        for test in task.tests:
            for count in COUNTS if test.drawn else ():
                key = seed_of(test, task, seed)
                students.begin_test(solution, key)
                evidence.start(task.by_hand)
                with students.taping(solution) as tape, suppress(Exception, WorkerDied, WorkerTimedOut):
                    run_examples(test, solution, key, DRAWN, count)
                    recordings[key, count] = tape
        students.end_task(solution)
    return recordings


def draw(test: Test, task: Task, count: int | None, seed: int = PUBLIC_SEED) -> list[Drawn]:
    """The examples of one test, drawn without an answer; the body of the test is not run."""
    drawn: Any = test.function
    body, examples = drawn.hypothesis.inner_test, []

    def keep(student: Student, *args: Any, **kwargs: Any) -> None:
        examples.append((args, kwargs))

    drawn.hypothesis.inner_test = keep
    try:
        run_examples(test, Student(_nobody), seed_of(test, task, seed), DRAWN, count)
    finally:
        drawn.hypothesis.inner_test = body
    return examples


def _nobody(task: Task) -> None:
    """The session of a student who is never called."""
