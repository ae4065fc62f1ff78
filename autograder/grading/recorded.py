"""Examples drawn once and used for many answers: the very ones that Hypothesis would draw for each of them.

What it draws for a test depends on the seed and on the points that turn out to be kinks, and not on the answer,
up to the first example that fails. So they are recorded with an answer that passes, a solution. Where there is none,
on a student's machine, they are drawn without an answer, as if none of them sat on a kink; where one does, a replay
ends there and Hypothesis draws.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from autograder.gradients import evidence
from autograder.grading import student as students
from autograder.grading.replay import Body, Tape, run_and_learn
from autograder.grading.runner import DRAWN, PUBLIC_SEED, SURVEYED, SURVEYED_BESIDE, run_examples, seed_of
from autograder.grading.student import Drawn, Recordings, Student
from autograder.grading.task import Task, Test
from autograder.sandbox.errors import WorkerDied, WorkerTimedOut

FOR_A_VERDICT = (None,)  # as many as the test says
COUNTS = (*FOR_A_VERDICT, SURVEYED, SURVEYED_BESIDE)


def record(
    tasks: list[Task], solution: Student, seed: int = PUBLIC_SEED, counts: tuple[int | None, ...] = COUNTS
) -> Recordings:
    """The examples of all tests of `tasks`. A test that the solution does not pass is left out, and drawn anew.

    counts: how many examples; those that a mistake is recognised by may be left out where only verdicts are asked for
    """
    recordings: Recordings = {}
    for task in tasks:
        students.begin_task(solution, task)
        for test in task.tests:
            for count in counts if test.drawn else ():
                key = seed_of(test, task, seed)
                students.begin_test(solution, key)
                evidence.start(task.by_hand)
                with suppress(Exception, WorkerDied, WorkerTimedOut):
                    recordings[key, count] = _tape(test, solution, key, count)
        students.end_task(solution)
    return recordings


def _tape(test: Test, solution: Student, seed: int, count: int | None) -> Tape:
    """The examples of one test, with what the solution shows of each. Raises what the test raises."""
    tape = Tape()

    def keep(body: Body, student: Student, *args: Any, **kwargs: Any) -> None:
        tape.add((args, kwargs), run_and_learn(body, student, args, kwargs))

    with _instead(test, keep):
        run_examples(test, solution, seed, DRAWN, count)
    return tape


def draw(test: Test, task: Task, count: int | None, seed: int = PUBLIC_SEED) -> list[Drawn]:
    """The examples of one test, drawn without an answer; the body of the test is not run."""
    examples: list[Drawn] = []

    def keep(body: Body, student: Student, *args: Any, **kwargs: Any) -> None:
        examples.append((args, kwargs))

    with _instead(test, keep):
        run_examples(test, Student(_nobody), seed_of(test, task, seed), DRAWN, count)
    return examples


@contextmanager
def _instead(test: Test, function: Callable[..., None]) -> Iterator[None]:
    """Have Hypothesis draw examples for `function`, which gets the body of the test before the student."""
    drawn: Any = test.function
    body = drawn.hypothesis.inner_test

    def run(student: Student, *args: Any, **kwargs: Any) -> None:
        function(body, student, *args, **kwargs)

    drawn.hypothesis.inner_test = run
    try:
        yield
    finally:
        drawn.hypothesis.inner_test = body


def _nobody(task: Task) -> None:
    """The session of a student who is never called."""
