"""Wrong gradients to make pictures of: name, yours, expected."""

import numpy as np

from autograder.gradients.errors import Compared, Wrong
from autograder.grading.comparison import comparison

_drawn = np.random.default_rng(0)
MATRIX = np.array([[0.25, -1.0, 0.5], [1.5, 2.0, -0.125]])
CURVE = np.sin(np.arange(30) / 3)
BATCH = np.arange(12.0).reshape(2, 2, 3) - 4
LARGE = _drawn.normal(size=(40, 30)) * 1e-7


def compared(yours, expected, name="the gradient with respect to x"):
    """The comparison that a failure with these arrays is told with; finite differences are all but exact."""
    yours, expected = np.asarray(yours, float), np.asarray(expected, float)
    return comparison(Wrong(name, compared=Compared(name, yours, expected, expected * (1 + 1e-10))))


def changed(array, **entries):
    """A copy of an array with other values at these flat indices: changed(array, _3=nan)."""
    copy = np.array(array, dtype=float)
    for index, value in entries.items():
        copy.reshape(-1)[int(index[1:])] = value
    return copy


PICTURED = {
    "matrix": compared(changed(MATRIX, _4=-2.0), MATRIX),
    "vector": compared([2.0, -4.0, 0.0], [1.0, -2.0, 0.0]),
    "scalar": compared(2.0, 1.0),
    "batched": compared(BATCH * [1, 1, 0], BATCH),
    "not finite": compared(changed(MATRIX, _0=np.nan, _1=np.inf, _2=-np.inf), MATRIX),
    "curve": compared(changed(CURVE * 0.7, _20=np.nan), CURVE),
    "large": compared(changed(LARGE, _1000=1.0), LARGE),
    "shape": compared(MATRIX.T, MATRIX),
    "empty": compared(np.zeros((0, 3)), MATRIX),
    "scalar, not finite": compared(np.nan, 1.0),
}
