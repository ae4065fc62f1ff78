"""Where a function has no gradient: its slopes to the left and to the right are not the same."""

from collections.abc import Sequence

import numpy as np
import torch

from autograder.gradients import evidence
from autograder.gradients.errors import Kink
from autograder.gradients.reference import Slopes, TorchFunction, slopes

DIFFER = 1e-3  # one-sided slopes apart by more than this times (1 + the larger one) are suspicious
NOISE = 1e-9  # round-off of a one-sided slope for each unit of the function's value (eps / step is 4e-11)
FINER = 8.0  # a curve bends by so much less over a step so much finer; a kink does not


def check_smooth(of: TorchFunction, inputs: Sequence[torch.Tensor], base: np.ndarray, found: Slopes) -> None:
    """Raise Kink where one-sided slopes differ for good, or where the function ends beside the point.

    Strong curvature also sets slopes apart, but by less over a finer step; a kink keeps its gap.
    base: of(*inputs), flat (m,). found: its slopes at the usual step.
    """
    gap, suspicious = _gaps(found, base)
    rows = np.flatnonzero(suspicious.any(axis=1))
    if not rows.size:
        return
    finer, _ = _gaps(slopes(of, inputs, base, shrink=FINER, only=rows), base)
    wide, marked = gap[rows], suspicious[rows]
    with np.errstate(invalid="ignore"):
        bends = (finer >= wide / (2 * FINER)) & (finer <= wide * 2 / FINER)
    if bends[marked].all():
        return
    evidence.saw_kink()
    k, i = rows[0], int(np.flatnonzero(suspicious[rows[0]])[0])
    raise Kink(f"slopes {found.left[k, i]:.6g} and {found.right[k, i]:.6g} on the two sides of the point")


def check_continuous(of: TorchFunction, inputs: Sequence[torch.Tensor], base: np.ndarray, found: Slopes) -> None:
    """Raise Kink where the function jumps both before and after the point, as sign does at 0.

    Both one-sided slopes are alike there, and grow as the step shrinks. Asked only where autograd and
    differences disagree.
    """
    finer = slopes(of, inputs, base, shrink=FINER)
    size = np.abs(found.central)
    jumps = (size > 1.0) & (np.abs(finer.central) >= size * FINER / 2)
    if jumps.any():
        evidence.saw_kink()
        raise Kink(f"the function jumps: its slope over a step is {size[jumps][0]:.6g}, and more over a finer one")


def _gaps(found: Slopes, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far the one-sided slopes are apart, and where that is suspicious; both (K, m)."""
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(found.right - found.left)
        largest = np.maximum(np.abs(found.right), np.abs(found.left))
        return gap, ~(gap <= DIFFER * (1 + largest) + NOISE * np.abs(base))
