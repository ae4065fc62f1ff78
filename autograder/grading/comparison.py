"""The numbers of a wrong answer, cut to what a picture of it has room for."""

import math

import numpy as np

from autograder.gradients.errors import Compared
from autograder.grading.result import Comparison, Number, Numbers

MOST_ROWS, MOST_COLUMNS = 6, 5  # what a phone shows without scrolling
MOST_ENTRIES = 60  # of a vector, which is shown as a curve


def comparison(failure: BaseException) -> Comparison | None:
    """What was claimed and expected where a test failed, around the largest difference; None where no array was."""
    compared: Compared | None = getattr(failure, "compared", None)
    if compared is None or not (compared.claimed.size or compared.expected.size):
        return None
    at = _largest(compared.claimed, compared.expected)
    measured = None if compared.measured is None else _numbers(compared.measured, at)
    return Comparison(compared.name, _numbers(compared.claimed, at), _numbers(compared.expected, at), measured)


def _largest(claimed: np.ndarray, expected: np.ndarray) -> tuple[int, int]:
    """Row and column of the entry that is furthest from right; the first where shapes differ."""
    if claimed.shape != expected.shape or not claimed.size:
        return (0, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(claimed - expected)
    same = (claimed == expected) | (np.isnan(claimed) & np.isnan(expected))
    where = int(np.argmax(np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf))))
    columns = claimed.shape[-1] if claimed.ndim else 1
    return divmod(where, columns)


def _numbers(array: np.ndarray, at: tuple[int, int]) -> Numbers:
    """A window of an array that holds the entry at this row and column, which is as near its start as may be."""
    columns = array.shape[-1] if array.ndim else 1
    rows = array.reshape(math.prod(array.shape[:-1]), columns)
    wide = MOST_ENTRIES if array.ndim == 1 else MOST_COLUMNS
    start = _start(at[0], MOST_ROWS, len(rows)), _start(at[1], wide, columns)
    shown = rows[start[0] : start[0] + MOST_ROWS, start[1] : start[1] + wide]
    return Numbers(array.shape, start, tuple(tuple(map(_number, row)) for row in shown.tolist()))


def _start(at: int, room: int, size: int) -> int:
    """Where a window begins: at 0 where the entry is in sight from there."""
    return 0 if at < room else min(at - room // 2, max(size - room, 0))


def _number(value: float) -> Number:
    """A float as JSON can hold it."""
    return value if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
