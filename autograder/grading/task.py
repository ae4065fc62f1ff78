"""A task: its points, hints, tests and the mistakes people make in it. Declared once, in the test file."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis

from autograder.gradients import hypothesis_profile
from autograder.gradients.errors import AuthorError, Kink

hypothesis_profile.activate()
PROFILE = hypothesis.settings.get_profile(hypothesis_profile.NAME)


class ExampleOnKink(AuthorError):
    """An example that Hypothesis cannot draw again, named or drawn before, sits on a kink."""


@dataclass(frozen=True)
class Misconception:
    """A wrong way to do a task, named as a teacher would name it.

    `wrong` maps names of the student's functions or classes to the wrong implementation of each.
    """

    name: str
    wrong: dict[str, Any]
    hint: str = ""
    see: str = ""

    @property
    def file(self) -> str:
        """Where the wrong implementations are written; empty where that is not known."""
        try:
            return inspect.getsourcefile(inspect.unwrap(next(iter(self.wrong.values())))) or ""
        except TypeError:
            return ""


@dataclass(frozen=True)
class Test:
    """One claim about a task. `function` takes the student, then what Hypothesis draws."""

    __test__ = False

    name: str
    claim: str
    function: Callable[..., None]

    @property
    def drawn(self) -> bool:
        """Whether Hypothesis draws the inputs (otherwise the test is a single named example)."""
        return hasattr(self.function, "hypothesis")


@dataclass(eq=False)
class Task:
    """One gap (or a few that belong together) of an assignment.

    id       "24.1", the same number in gap, error, test, hint and score
    names    the functions or classes the student writes
    points   whole points, given where every test passes
    by_hand  torch is of no help: the answer runs where there is none
    hints    a question, the rule, almost the code
    see      the title of the lesson's section that treats it
    """

    id: str
    names: tuple[str, ...]
    points: int
    by_hand: bool = False
    minutes: int = 10
    hints: tuple[str, ...] = ()
    see: str = ""
    tests: list[Test] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)

    def __init__(
        self,
        id: str,
        *names: str,
        points: int,
        by_hand: bool = False,
        minutes: int = 10,
        hints: tuple[str, ...] | list[str] = (),
        see: str = "",
    ) -> None:
        if not names:
            raise AuthorError(f"task {id} names no function; write Task({id!r}, 'function_name', ...).")
        if not isinstance(points, int) or points < 1:
            raise AuthorError(f"task {id} has points={points!r}; points are whole numbers from 1.")
        self.id, self.names, self.points, self.by_hand = id, names, points, by_hand
        self.minutes, self.hints, self.see = minutes, tuple(hints), see
        self.tests, self.misconceptions = [], []

    def test(self, function: Callable[..., None] | None = None, *, examples: int | None = None) -> Any:
        """Register a test of this task; stands above ``@given``. Its docstring's first line is what a student reads.

        `examples` replaces the profile's number of drawn examples.
        """
        if function is None:
            return functools.partial(self.test, examples=examples)
        claim = (inspect.getdoc(function) or function.__name__.removeprefix("test_").replace("_", " ")).splitlines()[0]
        if hasattr(function, "hypothesis"):
            handle: Any = function
            handle.hypothesis.inner_test = _one_example(handle.hypothesis.inner_test)
            profile = PROFILE if examples is None else hypothesis.settings(PROFILE, max_examples=examples)
            function = profile(function)
        else:
            function = _one_example(function)
        test = Test(function.__name__, claim.rstrip("."), function)
        function.autograder_task, function.autograder_test = self, test  # type: ignore[attr-defined]
        self.tests.append(test)
        return function

    def misconception(self, name: str, *, hint: str = "", see: str = "", **wrong: Any) -> Any:
        """Declare a wrong implementation, by decoration (of this task's one function) or by name (``freeze=…``)."""
        if wrong:
            self.misconceptions.append(Misconception(name, wrong, hint, see))
            return None

        def declare(implementation: Any) -> Any:
            target = implementation.__name__ if implementation.__name__ in self.names else self.names[0]
            self.misconceptions.append(Misconception(name, {target: implementation}, hint, see))
            return implementation

        return declare


def _one_example(inner: Callable[..., None]) -> Callable[..., None]:
    """Tell the student's record where an example begins and how it ends; a kink is drawn again."""

    @functools.wraps(inner)
    def run(student: Any, *args: Any, **kwargs: Any) -> None:
        with student.example():
            try:
                inner(student, *args, **kwargs)
            except Kink:
                if hypothesis.currently_in_test_context():
                    hypothesis.reject()
                raise ExampleOnKink("this named example sits on a kink; choose another point.") from None

    return run
