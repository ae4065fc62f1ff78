"""Recognising a mistake by its numbers: which wrong formula gives exactly what the student's answer gave?

A name is given only where one wrong implementation explains every kept example, failed and passed alike.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from autograder.gradients.closeness import assert_close
from autograder.gradients.errors import Mismatch, Wrong
from autograder.gradients.mistakes import recognise as recognise_general
from autograder.grading.implementations import session_of
from autograder.grading.student import Call, Example
from autograder.grading.task import Misconception, Task
from autograder.sandbox.errors import ArgumentChanged, StudentRaised, Unsendable
from autograder.sandbox.session import Session

SAME = 1e-8  # relative: two ways to write one wrong formula differ by rounding, two formulas by more


@dataclass(frozen=True)
class Mistake:
    """A recognised mistake: its name, a hint, and the lesson's section that treats it."""

    name: str
    hint: str = ""
    see: str = ""


@dataclass(frozen=True)
class Survey:
    """Examples of one test, failed and passed, and the single answers in them that were right."""

    examples: list[Example]
    agreements: list[Mismatch]

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
            with session_of(misconception.wrong) as session:
                explained = _explains_test(misconception, session, survey)
                if explained and all(_agrees(misconception, session, other) for other in others()):
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


def _concerns(misconception: Misconception, call: Call) -> bool:
    return not isinstance(call.target, str) or call.target in misconception.wrong


def _explains_test(misconception: Misconception, session: Session, survey: Survey) -> bool:
    """Whether the wrong implementation does what the student's did in every call of a failed test."""
    if not any(_concerns(misconception, call) for example in survey.failed for call in example.calls):
        return False
    calls = (call for example in survey.examples for call in example.calls)
    return all(_explains(session, call) for call in calls if _concerns(misconception, call))


def _agrees(misconception: Misconception, session: Session, survey: Survey) -> bool:
    """Whether it gives the values that the student's gave in another test, as far as values came back there."""
    calls = (call for example in survey.examples for call in example.calls)
    returned = (call for call in calls if call.raised is None and call.refused is None)
    return all(_explains(session, call) for call in returned if _concerns(misconception, call))


def _explains(session: Session, call: Call) -> bool:
    """Whether the wrong implementation gives what the student's gave in this call."""
    try:
        value = _instead(session, call)
    except StudentRaised as raised:
        return call.raised is not None and raised.types[0] == call.raised.types[0]
    except (ArgumentChanged, Unsendable) as refused:
        return str(refused) == str(call.refused)
    if call.raised is not None or call.refused is not None:
        return False
    try:
        assert_close(call.value, value, rtol=SAME)
    except Wrong:
        return False
    return True


def _instead(session: Session, call: Call) -> Any:
    if isinstance(call.target, str):
        return session.call(call.target, call.args, call.kwargs, seed=call.seed)
    return session.probe(call.target, call.args, call.kwargs, seed=call.seed)
