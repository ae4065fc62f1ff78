"""The fixture through which a test reaches a student's code, the same in every isolation level.

``student.vjp(f, x, v)`` calls the student's function; ``student.run(probe, *args)`` runs a probe beside their code.
Every call of the examples that matter is kept with its result, so that a failure can be told and recognised.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis.errors import UnsatisfiedAssumption

from autograder.gradients.answers import several
from autograder.gradients.errors import Mismatch, Wrong
from autograder.grading.errors import BuiltOnTodo, Todo
from autograder.grading.task import ExampleOnKink, Task
from autograder.sandbox.errors import ArgumentChanged, StudentRaised, Unsendable
from autograder.sandbox.probe import Probe

MOST_SURVEYED = 1 << 24  # bytes of replies in one survey
KEPT = 2  # failed examples kept while Hypothesis makes them smaller: the smallest, and the one before
_TODO = re.compile(r"TODO (\w+\.\d+)")


Drawn = tuple[tuple[Any, ...], dict[str, Any]]  # the arguments of a test, behind the student
Recordings = dict[tuple[int, int | None], list[Drawn]]  # by a test's seed and the number of examples asked for


class TooLarge(Exception):
    """What came back in a survey is too large to be kept."""


@dataclass
class Call:
    """One call of the student's code: what was called with what, and what came back."""

    target: str | Probe
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any = None
    raised: StudentRaised | None = None
    refused: Exception | None = None
    seed: int = 0


@dataclass
class Example:
    """The calls made for one set of drawn inputs, and how it ended."""

    calls: list[Call] = field(default_factory=list)
    failure: BaseException | None = None

    @property
    def mismatch(self) -> Mismatch | None:
        """What was claimed and what was expected, where that is why the example failed."""
        return getattr(self.failure, "mismatch", None)


class Student:
    """A student's answer to one task, as a test sees it.

    `open_session` makes a worker with the answer loaded; a new one is made for each task.
    `recordings` are examples drawn before, to be used again where nothing is made smaller.
    """

    def __init__(self, open_session: Callable[[Task], Any], recordings: Recordings | None = None) -> None:
        self._open = open_session
        self._recordings = recordings or {}
        self._task: Task | None = None
        self._session: Any = None
        self._seed = 0
        self._examples: list[Example] = []
        self._current = Example()
        self._surveying = False
        self._surveys: dict[tuple[str, int], Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._exchange(name, args, kwargs)

        call.__name__ = name
        return call

    def run(self, probe: Probe, *args: Any, **kwargs: Any) -> Any:
        """Run `probe` beside the student's code and return its plain values."""
        return self._exchange(probe, args, kwargs)

    def _exchange(self, target: str | Probe, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        call = Call(target, args, kwargs, seed=self._seed + len(self._current.calls))
        self._current.calls.append(call)
        try:
            if isinstance(target, Probe):
                call.value = self._session.probe(target, args, kwargs, seed=call.seed)
            else:
                call.value = self._session.call(target, args, kwargs, seed=call.seed)
        except (ArgumentChanged, Unsendable) as refused:
            call.refused = refused
            raise
        except StudentRaised as raised:
            call.raised = raised
            self._reraise_if_todo(raised)
            raise
        return call.value

    def _reraise_if_todo(self, raised: StudentRaised) -> None:
        if "NotImplementedError" not in raised.types or not (found := _TODO.match(raised.message)):
            return
        if self._task is not None and found[1] != self._task.id:
            raise BuiltOnTodo(found[1], raised) from None
        raise Todo(found[1]) from None

    @contextmanager
    def example(self) -> Iterator[None]:
        """Bracket one example; the task's machinery does this, not a test."""
        self._current = Example()
        try:
            yield
        except (UnsatisfiedAssumption, ExampleOnKink):
            raise
        except Exception as failure:
            self._current.failure = failure
            self._examples.append(self._current)
            if not self._surveying:
                del self._examples[:-KEPT]
                raise
        else:
            if not self._surveying:
                return
            self._examples.append(self._current)
        if self._session.replied > MOST_SURVEYED:
            self._examples.clear()
            raise TooLarge


def begin_task(student: Student, task: Task) -> None:
    """Give `student` a fresh worker for `task`."""
    end_task(student)
    student._task, student._session, student._surveys = task, student._open(task), {}


def begin_test(student: Student, seed: int) -> None:
    """Forget the last test's examples, and give the worker a new test's time and output."""
    student._examples, student._current, student._seed = [], Example(), seed
    student._session.begin_test()


@contextmanager
def survey(student: Student) -> Iterator[list[Example]]:
    """Run a test on to its end: failures are collected with the examples that passed, and not raised.

    Raises TooLarge where they would take too much memory.
    """
    kept, student._examples, student._surveying = student._examples, [], True
    try:
        yield student._examples
    finally:
        student._examples, student._surveying = kept, False


def recorded(student: Student, seed: int, count: int | None) -> list[Drawn] | None:
    """The examples recorded for a test with this seed, where there are some."""
    return student._recordings.get((seed, count))


def session_of(student: Student) -> Any:
    """The session of the task at hand."""
    return student._session


def is_surveying(student: Student) -> bool:
    """Whether examples are kept, failed and passed alike."""
    return student._surveying


def start_again(student: Student) -> None:
    """Forget the examples run so far in this test or survey."""
    student._examples.clear()
    student._current = Example()


def surveys_of(student: Student) -> dict[tuple[str, int], Any]:
    """What surveys of the task at hand have shown, by the name of the test and the number of examples drawn."""
    return student._surveys


def end_task(student: Student) -> None:
    """Let the worker go."""
    if student._session is not None:
        student._session.close()
    student._task, student._session = None, None


def task_at_hand(student: Student) -> Task | None:
    """The task whose worker is open."""
    return student._task


def examples_of(student: Student) -> list[Example]:
    """The examples kept of this test, in the order they were run."""
    return student._examples


def keep(student: Student, examples: list[Example]) -> None:
    """Put back the examples of an earlier run of the same test."""
    student._examples = examples


def last_calls(student: Student) -> list[Call]:
    """The calls of the example at hand."""
    return student._current.calls


def output_of(student: Student) -> str:
    """What the student's code printed during this test."""
    return student._session.output if student._session is not None else ""


def keep_output(student: Student, output: str) -> None:
    """Let this stand as what was printed where nothing was printed since: a warning is told once in a process."""
    if student._session is not None and not student._session.output:
        student._session.output = output


def parameters_of(student: Student, name: str) -> tuple[str, ...] | None:
    """The parameter names of the student's function, for the text of a failure; nothing is loaded for it."""
    return student._session.parameters.get(name) if student._session is not None else None


def assert_raises(kind: type[BaseException], call: Callable[..., Any], *args: Any, **kwargs: Any) -> StudentRaised:
    """Assert that the student's `call` raises `kind`; returns what was raised (`.message`, `.types`)."""
    try:
        value = call(*args, **kwargs)
    except StudentRaised as raised:
        if kind.__name__ in raised.types:
            return raised
        raise
    raise Wrong(f"{call.__name__} should raise {kind.__name__} here, but it returned {type(value).__name__}")


def parts(value: Any, *names: str) -> tuple[Any, ...]:
    """What the student returned, as a tuple of as many values as there are `names`; a list will do.

    Raises WrongType or Wrong, in words for the student, where it is not one.
    """
    return several(value, names, "the result")
