"""Running one test against a student's answer, and saying what came of it."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import IntEnum
from typing import Any

import hypothesis
from hypothesis import Phase
from hypothesis.errors import Flaky, HypothesisException, Unsatisfiable

from autograder.gradients import evidence
from autograder.gradients.errors import AuthorError, Wrong, WrongType
from autograder.grading import feedback
from autograder.grading import student as students
from autograder.grading.comparison import comparison
from autograder.grading.errors import BuiltOnTodo, Todo
from autograder.grading.recognise import Survey, recognise
from autograder.grading.replay import Tape, replay
from autograder.grading.result import Status, TestResult
from autograder.grading.student import Student
from autograder.grading.task import ExampleOnKink, Task, Test
from autograder.sandbox.errors import (
    ArgumentChanged,
    StudentRaised,
    Unsendable,
    WorkerDied,
    WorkerTimedOut,
)


class Effort(IntEnum):
    """How much to find out about a failure."""

    VERDICT = 0  # nothing: the first failure ends the task
    NAMED = 1  # the mistake, without the smallest inputs: the first test in which it is recognised ends the task
    FULL = 2  # all, with the smallest inputs


DIFFERS = "the answer differs from one call to the next on the same inputs; it may depend on the inputs only"
PUBLIC_SEED = 0
DRAWN = (Phase.explicit, Phase.generate)
_PHASES = {
    Effort.VERDICT: DRAWN,
    Effort.NAMED: DRAWN,
    Effort.FULL: (Phase.explicit, Phase.generate, Phase.shrink),
}
SURVEYED = 20  # examples drawn to recognise a mistake, beside the test's named ones
SURVEYED_BESIDE = 6  # and in each of the task's other tests, which may only contradict


def seed_of(test: Test, task: Task, seed: int) -> int:
    """The seed of one test's examples: from its number, its name and the seed of the run, and nothing else."""
    digest = hashlib.sha256(f"{task.id}/{test.name}/{seed}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def run_test(
    test: Test, task: Task, student: Student, seed: int = PUBLIC_SEED, *, effort: Effort = Effort.FULL
) -> TestResult:
    """Run `test` of `task` against `student`, whose worker for the task is open. Never raises what an answer did."""
    started = time.perf_counter()
    failure = _found(test, task, student, seed_of(test, task, seed), effort)
    status = _status_of(failure)
    seconds = time.perf_counter() - started
    output = students.output_of(student)
    if failure is None:
        return TestResult(test.name, test.claim, "passed", output=output, seconds=seconds)
    if isinstance(failure, Todo):
        return TestResult(test.name, test.claim, "todo", seconds=seconds)
    call, looked_at = feedback.smallest_call(student, failure), feedback.looked_at(student, failure)
    mistake = None
    if effort is not Effort.VERDICT and not isinstance(failure, WorkerDied | WorkerTimedOut):
        with suppress(students.TooLarge):
            mistake = recognise(task, _surveyed(test, task, student, seed), lambda: _others(test, task, student, seed))
    return TestResult(
        name=test.name,
        claim=test.claim,
        status=status,
        message=feedback.message(task, test, failure, call, mistake, looked_at),
        misconception=mistake.name if mistake else None,
        counterexample="\n".join(call) or None,
        output=output,
        seconds=time.perf_counter() - started,
        comparison=comparison(failure) if effort is Effort.FULL else None,
    )


def run_task(
    task: Task,
    student: Student,
    seed: int = PUBLIC_SEED,
    *,
    effort: Effort = Effort.FULL,
    report: Callable[[TestResult], None] | None = None,
) -> tuple[TestResult, ...]:
    """Run all tests of `task` in a fresh worker. A gap that is not begun is called once.

    `report` is called with each test's result as it is ready.
    """
    students.begin_task(student, task)
    results: list[TestResult] = []
    try:
        for test in task.tests:
            if results and results[0].status == "todo":
                results.append(untested(test, "todo"))
                continue
            results.append(run_test(test, task, student, seed, effort=effort))
            if report is not None:
                report(results[-1])
            if effort is Effort.VERDICT and results[-1].status != "passed":
                break
            if effort is Effort.NAMED and results[-1].misconception:
                break
    finally:
        students.end_task(student)
    return tuple(results)


def _found(test: Test, task: Task, student: Student, seed: int, effort: Effort) -> BaseException | None:
    """The failure to be told, with the smallest inputs where that is asked for; recorded examples come first."""
    replayed = None
    if students.recorded(student, seed, None) is not None:
        replayed = _failure_of(test, task, student, seed, DRAWN)
        if effort is not Effort.FULL or replayed is None or _is_final(replayed):
            return replayed
    printed = students.output_of(student)
    failure = _failure_of(test, task, student, seed, _PHASES[effort])
    if replayed is not None:
        students.keep_output(student, printed)
    if failure is None and replayed is not None:  # wrong at first, and right when asked again
        return replayed if is_authors_error(replayed) else Wrong(DIFFERS)
    if effort is not Effort.FULL or not _may_be_smaller(test, failure):
        return failure
    examples = students.examples_of(student)
    smaller = _failure_of(test, task, student, seed, (Phase.generate, Phase.shrink))
    if _may_be_smaller(test, smaller):
        return smaller
    students.keep(student, examples)
    return failure


def _is_final(failure: BaseException) -> bool:
    """Whether drawing the examples again would tell no more."""
    return isinstance(failure, Todo | WorkerDied | WorkerTimedOut)


def _may_be_smaller(test: Test, failure: BaseException | None) -> bool:
    """Whether smaller inputs than a named example's, which Hypothesis tries first, might show the failure."""
    named = bool(getattr(test.function, "hypothesis_explicit_examples", ()))
    return named and isinstance(failure, Wrong | ArgumentChanged | StudentRaised | Unsendable)


def _failure_of(test: Test, task: Task, student: Student, seed: int, phases: tuple[Phase, ...]) -> BaseException | None:
    """What the test raised, or None. A worker lost while Hypothesis shrinks leaves the failure found before."""
    students.begin_test(student, seed)
    try:
        evidence.start(task.by_hand)
        run_examples(test, student, seed, phases)
        evidence.judge()
    except (WorkerDied, WorkerTimedOut) as lost:
        failed = [example.failure for example in students.examples_of(student) if example.failure is not None]
        return failed[-1] if failed else lost
    except Todo as todo:
        return todo
    except Unsatisfiable:
        return AuthorError("no input could be drawn that the test accepts.")
    except Flaky:
        return Wrong(DIFFERS)
    except Exception as failure:
        return failure
    return None


def _surveyed(test: Test, task: Task, student: Student, seed: int, count: int = SURVEYED) -> Survey:
    """Examples that failed and that passed, enough of them to tell one wrong formula from another; made once.

    Raises TooLarge where they cannot be kept.
    """
    known = students.surveys_of(student)
    if (test.name, count) not in known:
        students.begin_test(student, seed_of(test, task, seed))
        collected = evidence.start(task.by_hand, keep_agreements=True)
        with students.survey(student) as examples:
            try:
                run_examples(test, student, seed_of(test, task, seed), _PHASES[Effort.NAMED], count)
            except students.TooLarge:
                raise
            except (Exception, WorkerDied, WorkerTimedOut, Todo):
                pass  # what came before it is told
        recorded = students.recorded(student, seed_of(test, task, seed), count)
        outcomes = recorded.outcomes if isinstance(recorded, Tape) else {}
        known[test.name, count] = Survey(examples, collected.agreements, outcomes)
    return known[test.name, count]


def _others(test: Test, task: Task, student: Student, seed: int) -> Iterator[Survey]:
    """What the other tests of the task show: a mistake that is named must explain that too."""
    for other in task.tests:
        if other is not test:
            yield _surveyed(other, task, student, seed, SURVEYED_BESIDE)


def run_examples(test: Test, student: Student, seed: int, phases: tuple[Phase, ...], count: int | None = None) -> None:
    """Run the body of a test on its examples, `count` of them instead of as many as the test asks for."""
    drawn: Any = test.function
    if not test.drawn:
        drawn(student=student)
        return
    if Phase.shrink not in phases and (examples := students.recorded(student, seed, count)) is not None:
        try:
            replay(drawn.hypothesis.inner_test, student, examples)
            return
        except ExampleOnKink:  # drawn ahead, before any answer could show the kink
            students.start_again(student)
            evidence.start_again()
    hypothesis.seed(seed)(drawn)
    profile = drawn._hypothesis_internal_use_settings
    drawn._hypothesis_internal_use_settings = hypothesis.settings(
        profile, phases=phases, max_examples=count or profile.max_examples
    )
    try:
        drawn(student=student)
    finally:
        drawn._hypothesis_internal_use_settings = profile


def _status_of(failure: BaseException | None) -> Status:
    match failure:
        case None:
            return "passed"
        case Todo():
            return "todo"
        case WorkerTimedOut():
            return "timeout"
        case WrongType() | StudentRaised() | BuiltOnTodo() | Unsendable() | WorkerDied():
            return "error"
        case AssertionError() | ArgumentChanged():
            return "failed"
        case _:
            return "error"


def is_authors_error(failure: BaseException) -> bool:
    """Whether the course is at fault and not the answer."""
    known = (
        AssertionError,
        StudentRaised,
        BuiltOnTodo,
        Unsendable,
        WorkerDied,
        WorkerTimedOut,
        ArgumentChanged,
        Todo,
    )
    return isinstance(failure, AuthorError | HypothesisException) or not isinstance(failure, known)


def untested(test: Test, status: Status, message: str = "") -> TestResult:
    """The result of a test that need not run: a file that does not load, a gap that is not begun."""
    return TestResult(test.name, test.claim, status, message)
