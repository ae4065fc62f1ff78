"""What a check can say: the answer is wrong, the point is on a kink, or the course itself is at fault."""

from dataclasses import dataclass
from typing import Any

import numpy as np

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


@dataclass(frozen=True)
class Compared:
    """The one array that an answer is refused for, beside the right one: float64 arrays, the claimed of any shape.

    `measured` is the right one by central differences, where it is a gradient.
    """

    name: str
    claimed: np.ndarray
    expected: np.ndarray
    measured: np.ndarray | None = None


class Wrong(AssertionError):
    """A student's answer is wrong. `headline` is a sentence, `lines` are at most six lines of evidence.

    `mismatch` is the whole answer, `compared` the array in it that shows the mistake.
    """

    def __init__(
        self,
        headline: str,
        lines: tuple[str, ...] = (),
        mismatch: Mismatch | None = None,
        compared: Compared | None = None,
    ) -> None:
        self.headline = headline
        self.lines = tuple(lines)[:MAX_LINES]
        self.mismatch = mismatch
        self.compared = compared
        super().__init__("\n".join((headline, *self.lines)))


class WrongType(Wrong):
    """The answer is not of the type that was asked for (None, a str, a list for an array): status `error`."""
