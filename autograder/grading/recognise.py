"""Recognising a mistake by its numbers: which wrong formula gives exactly what the student's answer gave?

A name is given only where one wrong implementation explains every kept example, failed and passed alike.
"""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from autograder.gradients.closeness import assert_close
from autograder.gradients.errors import Mismatch, Wrong
from autograder.gradients.mistakes import recognise as recognise_general
from autograder.grading.implementations import session_of
from autograder.grading.student import Call, Example
from autograder.grading.task import Misconception, Task
from autograder.sandbox import messages, wire
from autograder.sandbox.conversation import Reply, Request
from autograder.sandbox.errors import ArgumentChanged, StudentRaised, Unsendable
from autograder.sandbox.session import Session, request_of

_PARTICULAR = re.compile(r"'[^']*'|\d+|=(?=:)")  # of what an exception says: names, numbers, + or +=
SAME = 1e-8  # relative: two ways to write one wrong formula differ by rounding, two formulas by more
KEPT = 4096  # outcomes of a test's misconceptions: calls that depend on the answer must not pile up
Outcomes = dict[bytes, Request]  # what a wrong implementation's call gave, by a digest of its name and the call


@dataclass(frozen=True)
class Mistake:
    """A recognised mistake: its name, a hint, and the lesson's section that treats it."""

    name: str
    hint: str = ""
    see: str = ""


@dataclass(frozen=True)
class Survey:
    """Examples of one test, failed and passed, and the single answers in them that were right.

    outcomes is what misconceptions gave in the same calls. It may outlive the survey: recorded examples make the
    calls that they made with the answer before, and a misconception gives the same there, whoever is graded.
    """

    examples: list[Example]
    agreements: list[Mismatch]
    outcomes: Outcomes = field(default_factory=dict)

    @property
    def failed(self) -> list[Example]:
        return [example for example in self.examples if example.failure is not None]


def recognise(task: Task, survey: Survey, others: Callable[[], Iterable[Survey]]) -> Mistake | None:
    """The mistake that explains all of a failed test's survey, or None: no match, no guess.

    `others` makes surveys of the same task's other tests, when they are needed: a mistake that they contradict
    is not named.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong formulas overflow and divide by zero, and a warning shows its line
        if not survey.failed:
            return None
        for misconception in task.misconceptions:
            with _Instead(misconception) as instead:
                if instead.explains_test(survey) and all(instead.agrees(other) for other in others()):
                    return Mistake(misconception.name, misconception.hint, misconception.see or task.see)
        return _general(task, survey, others)


def _general(task: Task, survey: Survey, others: Callable[[], Iterable[Survey]]) -> Mistake | None:
    mismatches = _mismatches(survey)
    if len(mismatches) < len(survey.failed) or not recognise_general(mismatches, survey.agreements):
        return None
    agreements = list(survey.agreements)
    for other in others():
        mismatches += _mismatches(other)
        agreements += other.agreements
    general = recognise_general(mismatches, agreements, by_hand=task.by_hand)
    return Mistake(general[0], general[1], task.see) if general else None


def _mismatches(survey: Survey) -> list[Mismatch]:
    return [example.mismatch for example in survey.failed if example.mismatch is not None]


class _Instead:
    """A misconception in the student's place."""

    def __init__(self, misconception: Misconception) -> None:
        self._misconception = misconception
        self._session: Session | None = None

    def __enter__(self) -> "_Instead":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._session is not None:
            self._session.close()

    def explains_test(self, survey: Survey) -> bool:
        """Whether the wrong implementation does what the student's did in every call of a failed test.

        An exception's type alone is no evidence, it is raised for many reasons: where no wrong number speaks for the
        mistake, exceptions must be raised for the same reason too.
        """
        if not any(self._concerns(call) for example in survey.failed for call in example.calls):
            return False
        closely = not any(example.mismatch is not None for example in survey.failed)
        return all(
            self._explains(call, survey.outcomes, closely and example.failure is not None)
            for example in survey.examples
            for call in example.calls
            if self._concerns(call)
        )

    def agrees(self, survey: Survey) -> bool:
        """Whether it gives the values that the student's gave in another test, as far as values came back there."""
        calls = (call for example in survey.examples for call in example.calls)
        returned = (call for call in calls if call.raised is None and call.refused is None)
        return all(self._explains(call, survey.outcomes) for call in returned if self._concerns(call))

    def _concerns(self, call: Call) -> bool:
        return not isinstance(call.target, str) or call.target in self._misconception.wrong

    def _explains(self, call: Call, outcomes: Outcomes, closely: bool = False) -> bool:
        """Whether the wrong implementation gives what the student's gave in this call; closely, for the same reason."""
        try:
            value = messages.outcome(self._outcome(call, outcomes))
        except StudentRaised as raised:
            if call.raised is None or raised.types[0] != call.raised.types[0]:
                return False
            return not closely or _same_reason(raised, call.raised)
        except (ArgumentChanged, Unsendable) as refused:
            return str(refused) == str(call.refused)
        if call.raised is not None or call.refused is not None:
            return False
        try:
            assert_close(call.value, value, rtol=SAME)
        except Wrong:
            return False
        return True

    def _outcome(self, call: Call, outcomes: Outcomes) -> Request:
        """What came back, as data that nobody can change."""
        request = request_of(call.target, call.args, call.kwargs, call.seed)
        key = hashlib.blake2b(wire.encode((self._misconception.name, *request)), digest_size=16).digest()
        if (known := outcomes.get(key)) is not None:
            return known
        if self._session is None:
            self._session = session_of(self._misconception.wrong, file=self._misconception.file)
        replies: list[Reply] = []
        self._session.heard = lambda request, reply: replies.append(reply)
        with suppress(StudentRaised, ArgumentChanged, Unsendable):
            self._session.ask(request)
        fields = replies[-1].fields
        if len(outcomes) < KEPT:
            outcomes[key] = fields
        return fields


def _same_reason(one: StudentRaised, other: StudentRaised) -> bool:
    """Whether both exceptions are raised on purpose, in anybody's words, or say the same."""
    return (_on_purpose(one) and _on_purpose(other)) or _said(one) == _said(other)


def _on_purpose(raised: StudentRaised) -> bool:
    """Whether the line that raised is a statement made for it."""
    return raised.code.startswith(("raise ", "assert "))


def _said(raised: StudentRaised) -> str:
    """The first line of its message, without what is the particular case's."""
    return _PARTICULAR.sub("", (raised.message.strip().splitlines() or [""])[0])
