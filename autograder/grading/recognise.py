"""Recognising a mistake by its numbers: which wrong formula gives exactly what the student's answer gave?

A name is given only where one wrong implementation explains every kept example, failed and passed alike.
"""

import warnings
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


def recognise(task: Task, examples: list[Example], agreements: list[Mismatch]) -> Mistake | None:
    """The mistake that explains all `examples` of a failed test, or None: no match, no guess.

    `agreements` are single answers in them that were right.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong formulas overflow and divide by zero, and a warning shows its line
        return _recognise(task, examples, agreements)


def _recognise(task: Task, examples: list[Example], agreements: list[Mismatch]) -> Mistake | None:
    failed = [example for example in examples if example.failure is not None]
    if not failed:
        return None
    for misconception in task.misconceptions:
        if _explains_all(misconception, examples, failed):
            return Mistake(misconception.name, misconception.hint, misconception.see or task.see)
    mismatches = [example.mismatch for example in failed if example.mismatch is not None]
    if len(mismatches) < len(failed):
        return None
    general = recognise_general(mismatches, agreements, by_hand=task.by_hand)
    return Mistake(general[0], general[1], task.see) if general else None


def _explains_all(misconception: Misconception, examples: list[Example], failed: list[Example]) -> bool:
    def concerns(call: Call) -> bool:
        return not isinstance(call.target, str) or call.target in misconception.wrong

    if not any(concerns(call) for example in failed for call in example.calls):
        return False
    with session_of(misconception.wrong) as session:
        return all(_explains(session, call) for example in examples for call in example.calls if concerns(call))


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
