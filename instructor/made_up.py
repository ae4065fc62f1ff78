"""Answers that nobody wrote: all zeros, junk, and exceptions of strangers. What every test must make of them."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from autograder.grading.feedback import AT_FAULT
from autograder.grading.implementations import session_of
from autograder.grading.runner import Effort, run_task, run_test
from autograder.grading.student import Recordings, Student, begin_task, end_task
from autograder.grading.task import Task
from autograder.sandbox.errors import StudentRaised
from autograder.sandbox.session import Loaded, Session

STRANGERS = ("RuntimeError", "TypeError", "ValueError")
JUNK: tuple[Any, ...] = (None, "x", [], [None], {}, 1j)


def with_solution(text: str, wrong: Mapping[str, Any], file: str = "") -> Session:
    """A session that holds the solution's names, those in `wrong`, which are written in `file`, taken over."""
    names: dict[str, Any] = {"__name__": "solution"}
    exec(compile(text, "solution.py", "exec"), names)
    return session_of(names | dict(wrong), file=file)


def zeros(task: Task, solution: str, recordings: Recordings) -> Iterator[str]:
    """The fault, if any: an answer of the right shapes and of zeros only must not pass."""
    made: list[bool] = []
    student = Student(lambda task: _Zeroed(with_solution(solution, {}), made), recordings)
    passed = all(result.status == "passed" for result in run_task(task, student, effort=Effort.VERDICT))
    if passed and any(made):
        yield f"{task.id}: an answer of zeros passes"


def strangers(task: Task, recordings: Recordings) -> Iterator[str]:
    """The faults: an exception that no declared mistake raises must not be given the name of one."""
    for kind in STRANGERS:
        student = Student(partial(_raising, kind), recordings)
        for result in run_task(task, student, effort=Effort.NAMED):
            if result.status == "passed":
                yield f"{task.id} {result.name} passes where every call raises {kind}"
            elif result.misconception:
                yield f"{task.id}: a {kind} of another kind is named “{result.misconception}”"


def junk(task: Task, solution: str, recordings: Recordings) -> Iterator[str]:
    """The faults: whatever functions return, it is the answer that is at fault and not the test, and it fails."""
    for value in JUNK:
        instead = {name: _returning(value) for name in task.names if name[0].islower()}
        if not instead:
            return
        student = Student(lambda task, instead=instead: with_solution(solution, instead), recordings)  # type: ignore[misc]
        begin_task(student, task)
        results = [run_test(test, task, student, effort=Effort.VERDICT) for test in task.tests]
        end_task(student)
        if all(result.status == "passed" for result in results):
            yield f"{task.id}: {value!r} in place of every result passes"
        for result in results:
            if AT_FAULT in result.message:
                yield f"{task.id} {result.name}, where {value!r} comes back: {result.message.splitlines()[0]}"


def _returning(value: Any) -> Any:
    return lambda *args, **kwargs: value


class _Zeroed:
    """A session whose every number is made zero; `made` tells for each value whether it has numbers at all."""

    def __init__(self, session: Any, made: list[bool]) -> None:
        self._session, self._made = session, made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self._zero(self._session.call(*args, **kwargs))

    def probe(self, *args: Any, **kwargs: Any) -> Any:
        return self._zero(self._session.probe(*args, **kwargs))

    def _zero(self, value: Any) -> Any:
        self._made.append(_has_numbers(value))
        return _zeroed(value)


def _raising(kind: str, task: Task) -> Session:
    return _Raising(kind)


class _Raising(Session):
    """A session in which every call and probe raises an exception of one type, which says what none of ours says."""

    def __init__(self, kind: str) -> None:
        super().__init__(_no_line, "", "strangers.py")
        self._kind = kind

    def loaded(self) -> Loaded:
        return Loaded({})

    def ask(self, request: Any) -> Any:
        raise StudentRaised((self._kind, "Exception"), "what nobody else says", 1, "y = f(x)")


def _no_line(needs: frozenset[str]) -> Any:
    raise AssertionError("a session that only raises needs no line")


def _has_numbers(value: Any) -> bool:
    match value:
        case bool() | None | str():
            return False
        case list() | tuple():
            return any(map(_has_numbers, value))
        case dict():
            return any(map(_has_numbers, value.values()))
    return isinstance(value, int | float) or hasattr(value, "dtype")


def _zeroed(value: Any) -> Any:
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return type(value)(0)
        case list() | tuple():
            return type(value)(_zeroed(part) for part in value)
        case dict():
            return type(value)((key, _zeroed(part)) for key, part in value.items())
    return value * 0 if hasattr(value, "dtype") else value
