"""What a check can say: the answer is wrong, the point is on a kink, or the course itself is at fault."""

from dataclasses import dataclass
from typing import Any

MAX_LINES = 6


class Kink(Exception):
    """The drawn point sits on a kink of the reference: no gradient is right there, so draw again."""


class AuthorError(Exception):
    """The course is at fault: a reference that disagrees with itself, a vacuous test, a missing cotangent."""


@dataclass(frozen=True)
class Mismatch:
    """One wrong answer beside the right one, as plain arrays, from which a mistake can be recognised.

    `claimed` and `expected` are float64 arrays of any shapes, or tuples of them.
    `at` holds the inputs as a tuple of arrays, `cotangent` an array or None.
    """

    name: str
    claimed: Any
    expected: Any
    at: tuple[Any, ...] = ()
    cotangent: Any = None


class Wrong(AssertionError):
    """A student's answer is wrong. `headline` is a sentence, `lines` are at most six lines of evidence."""

    def __init__(self, headline: str, lines: tuple[str, ...] = (), mismatch: Mismatch | None = None) -> None:
        self.headline = headline
        self.lines = tuple(lines)[:MAX_LINES]
        self.mismatch = mismatch
        super().__init__("\n".join((headline, *self.lines)))


class WrongType(Wrong):
    """The answer is not of the type that was asked for (None, a str, a list for an array): status `error`."""
