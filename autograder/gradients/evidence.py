"""What one test has shown so far: how many answers it judged, how many kinks it met, whether a zero would pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from autograder.gradients.errors import AuthorError, Mismatch


@dataclass
class Evidence:
    """Counts for one test. `by_hand` is None where nobody has said whether the task is done by hand.

    `agreements` are answers that were right, kept where asked for: a mistake must explain these too.
    """

    by_hand: bool | None = None
    judged: int = 0
    informative: int = 0
    kinks: int = 0
    largest: float = 0.0
    keep_agreements: bool = False
    agreements: list[Mismatch] = field(default_factory=list)


_current: ContextVar[Evidence | None] = ContextVar("evidence", default=None)


def start(by_hand: bool | None = None, *, keep_agreements: bool = False) -> Evidence:
    """Begin to collect for a new test; what was collected before is forgotten."""
    evidence = Evidence(by_hand=by_hand, keep_agreements=keep_agreements)
    _current.set(evidence)
    return evidence


def start_again() -> None:
    """Forget what was collected for this test, and collect as before."""
    if (evidence := _current.get()) is not None:
        evidence.judged = evidence.informative = evidence.kinks = 0
        evidence.largest = 0.0
        evidence.agreements.clear()


def add(part: Evidence) -> None:
    """Add what a part of the test has shown."""
    if (evidence := _current.get()) is not None:
        evidence.judged += part.judged
        evidence.informative += part.informative
        evidence.kinks += part.kinks
        evidence.largest = max(evidence.largest, part.largest)
        evidence.agreements += part.agreements


@contextmanager
def apart() -> Iterator[Evidence]:
    """Collect a part of the test by itself; it is added to the rest in the end."""
    whole = _current.get() or Evidence()
    part = Evidence(by_hand=whole.by_hand, keep_agreements=whole.keep_agreements)
    token = _current.set(part)
    try:
        yield part
    finally:
        _current.reset(token)
        add(part)


def without_agreements(evidence: Evidence) -> Evidence:
    """The counts alone."""
    return replace(evidence, agreements=[])


def current() -> Evidence | None:
    """The evidence being collected in this context, if any."""
    return _current.get()


def by_hand() -> bool | None:
    """Whether the running task is done by hand; None where that is not known."""
    evidence = _current.get()
    return None if evidence is None else evidence.by_hand


def saw_kink() -> None:
    """Count a drawn point that sits on a kink."""
    if (evidence := _current.get()) is not None:
        evidence.kinks += 1


def saw_reference(norm: float, tolerance: float) -> None:
    """Count a reference gradient; it informs when an answer of zeros would have been refused."""
    if (evidence := _current.get()) is not None:
        evidence.judged += 1
        evidence.informative += norm > tolerance
        evidence.largest = max(evidence.largest, norm)


def saw_agreement(agreement: Callable[[], Mismatch]) -> None:
    """Keep an answer that was right, with what was expected, where agreements are kept."""
    if (evidence := _current.get()) is not None and evidence.keep_agreements:
        evidence.agreements.append(agreement())


def judge() -> Evidence | None:
    """Raise AuthorError where gradients were judged and an answer of zeros would have passed every time."""
    evidence = _current.get()
    if evidence is not None and evidence.judged and not evidence.informative:
        raise AuthorError(
            f"this test is vacuous: the reference gradient was negligible in all of its {evidence.judged} "
            f"examples (largest norm {evidence.largest:.3g}), so an answer of zeros passes"
        )
    return evidence
