"""General mistakes, recognised by their numbers: twice, transposed, sign flipped, summed over the batch …

A name says how the answer relates to the right one, which is a fact; the hint asks for the likely reason.
A relation is named only where it holds for every wrong answer given, where at least three different numbers
bear it out, and where no other relation explains them too. No match, no guess.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.gradients.errors import Mismatch

RELATIVE, ABSOLUTE = 1e-9, 1e-12
ENOUGH = 3  # different numbers that must bear a relation out: one or two agree by chance

# A relation tells for one wrong array how many different numbers bear it out, or None where it does not hold.
Relation = Callable[[np.ndarray, np.ndarray, Mismatch], int | None]


@dataclass(frozen=True)
class General:
    """A relation between wrong answers and right ones, with its name and a hint."""

    name: str
    hint: str
    relation: Relation
    hint_by_hand: str | None = None  # where autograd is out of reach, the likely reason is another


def recognise(
    mismatches: list[Mismatch], agreements: Sequence[Mismatch] = (), *, by_hand: bool = False
) -> tuple[str, str] | None:
    """(name, hint) of the one general mistake that explains all `mismatches`, or None.

    `agreements` are answers of the same test that were right: the mistake must leave those unchanged.
    """
    asked = {mismatch.name for mismatch in mismatches}
    right = [agreement for agreement in agreements if agreement.name in asked]
    found = [
        general
        for general in GENERAL
        if _explains(general.relation, mismatches) and all(_spares(general.relation, one) for one in right)
    ]
    sizes = _size_factor(mismatches) if all(_spares(_sized, one) for one in right) else None
    names = [(general.name, _hint(general, by_hand)) for general in found] + ([sizes] if sizes else [])
    return names[0] if len(names) == 1 else None


def _hint(general: General, by_hand: bool) -> str:
    return general.hint if general.hint_by_hand is None or not by_hand else general.hint_by_hand


def _explains(relation: Relation, mismatches: list[Mismatch]) -> bool:
    """Whether the relation holds for every mismatch, and enough numbers bear it out."""
    total = 0
    for mismatch in mismatches:
        counts = [_count(relation, pairs, mismatch) for pairs in _views(mismatch)]
        best = max((count for count in counts if count is not None), default=None)
        if best is None:
            return False
        total += best
    return total >= ENOUGH


def _spares(relation: Relation, agreement: Mismatch) -> bool:
    """Whether the mistake leaves a part of this right answer as it is (twice zero is zero)."""
    return any(relation(c, e, agreement) is not None for pairs in _views(agreement) for c, e in pairs)


def _sized(claimed: np.ndarray, expected: np.ndarray, mismatch: Mismatch) -> int | None:
    return 0 if not expected.any() or 1 in _sizes(mismatch) else None


def _count(relation: Relation, pairs: list[tuple[np.ndarray, np.ndarray]], mismatch: Mismatch) -> int | None:
    wrong = [(c, e) for c, e in pairs if c.shape != e.shape or not _close(c, e)]
    counts = [relation(c, e, mismatch) for c, e in wrong]
    known = [count for count in counts if count is not None]
    return sum(known) if wrong and len(known) == len(counts) else None


def _views(mismatch: Mismatch) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """The wrong answer as pairs of arrays: numbers side by side as one vector, and part by part."""
    claimed, expected = mismatch.claimed, mismatch.expected
    if expected is None:
        return []
    if isinstance(expected, np.ndarray):
        return [[(claimed, expected)]] if isinstance(claimed, np.ndarray) else []
    if not isinstance(claimed, tuple):
        return []
    views = []
    if (c := _stacked(claimed)) is not None and (e := _stacked(expected)) is not None:
        views.append([(c, e)])
    mine, right = _leaves(claimed), _leaves(expected)
    if len(mine) == len(right):
        views.append(list(zip(mine, right, strict=True)))
    return views


def _stacked(values: tuple[Any, ...]) -> np.ndarray | None:
    """A sequence of equal shapes as one array whose first axis counts them."""
    arrays = [_stacked(value) if isinstance(value, tuple) else value for value in values]
    known = [array for array in arrays if array is not None]
    if not known or len(known) < len(arrays) or len({array.shape for array in known}) > 1:
        return None
    return np.stack(known)


def _leaves(value: Any) -> list[np.ndarray]:
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, tuple) else [value]


def _close(a: np.ndarray, b: np.ndarray, relative: float = RELATIVE) -> bool:
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.linalg.norm(a - b) <= relative * np.linalg.norm(b) + ABSOLUTE)


def _different(values: np.ndarray) -> int:
    """How many different sizes of non-zero numbers there are."""
    return len(np.unique(np.abs(values[np.abs(values) > 1e-9]).round(9)))


def _times(factor: float) -> Relation:
    def relation(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
        return _different(expected) if _close(claimed, factor * expected) else None

    return relation


def _zero(claimed: np.ndarray, expected: np.ndarray, mismatch: Mismatch) -> int | None:
    """Told of gradients only (they have inputs): a loss or a weight of zero has other reasons."""
    if not mismatch.at:
        return None
    return _different(expected) if claimed.shape == expected.shape and not claimed.any() else None


def _transposed(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
    if expected.ndim < 2 or not _close(claimed, np.swapaxes(expected, -1, -2)):
        return None
    return _different(expected) if min(expected.shape[-2:]) > 1 else 0


def _over_batch(reduce: Callable[..., np.ndarray]) -> Relation:
    def relation(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
        if expected.ndim < 2 or not len(expected):
            return None
        row = reduce(expected, axis=0)
        if not (_close(claimed, row) or _close(claimed, np.broadcast_to(row, expected.shape))):
            return None
        return _different(row) if len(expected) > 1 else 0

    return relation


def _float32(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
    """Close to seven digits, and each number is one that float32 holds exactly."""
    if not _close(claimed, expected, 1e-5) or not np.array_equal(claimed, claimed.astype(np.float32)):
        return None
    inexact = claimed[np.abs(claimed - expected) > 1e-10 * np.abs(expected)]
    return _different(inexact)


def _not_unbroadcast(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
    """The answer has the shape after broadcasting, and its sum over the added axes is right."""
    extra = claimed.ndim - expected.ndim
    if claimed.shape == expected.shape or extra < 0:
        return None
    total = claimed.sum(axis=tuple(range(extra))) if extra else claimed
    for axis, size in enumerate(expected.shape):
        if size == 1 and total.shape[axis] != 1:
            total = total.sum(axis=axis, keepdims=True)
    if not _close(total, expected):
        return None
    return _different(claimed) if claimed.size > expected.size else 0


def _piled_up(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
    """Each row holds what came before it too."""
    if expected.ndim < 1 or not _close(claimed, np.cumsum(expected, axis=0)):
        return None
    return _different(expected[1:])


def _last_dropped(claimed: np.ndarray, expected: np.ndarray, _: Mismatch) -> int | None:
    """All but the last, which is left out or zero."""
    if expected.ndim < 1 or not len(expected):
        return None
    if claimed.shape == expected.shape:
        same = _close(claimed[:-1], expected[:-1]) and not claimed[-1].any()
    else:
        same = _close(claimed, expected[:-1])
    return _different(expected[:-1]) if same else None


GENERAL = (
    General("twice what is right", "where does a factor of 2 come from?", _times(2.0)),
    General("half of what is right", "where does a factor of 2 get lost?", _times(0.5)),
    General("the sign is flipped", "which way does the result move when the input grows?", _times(-1.0)),
    General(
        "all zeros",
        "does the gradient reach the input? Look for a detach or a result not used.",
        _zero,
        "is what you compute what you return?",
    ),
    General("transposed", "compare the shapes of what meets in the product, axis by axis.", _transposed),
    General(
        "summed over the batch", "each sample has a gradient of its own; which axis was summed?", _over_batch(np.sum)
    ),
    General(
        "averaged over the batch",
        "each sample has a gradient of its own; which axis was averaged?",
        _over_batch(np.mean),
    ),
    General("rounded to float32", "the inputs are float64; what turns them into float32?", _float32),
    General(
        "not summed over the axes that were broadcast",
        "what was used many times receives the sum of what comes back.",
        _not_unbroadcast,
    ),
    General("each one holds all those before it", "gradients add up; what clears them in between?", _piled_up),
    General("the last one is missing", "does the last step happen? Count the steps.", _last_dropped),
)


def _size_factor(mismatches: list[Mismatch]) -> tuple[str, str] | None:
    """n times or one n-th, where n is a size of the inputs and takes at least two values above 1."""
    found = set()
    for sign, name, hint in (
        (1, "n times what is right", "is a mean asked for, and a sum computed?"),
        (-1, "one n-th of what is right", "is a sum asked for, and a mean computed?"),
    ):
        for k in range(max((len(_sizes(m)) for m in mismatches), default=0)):
            if _follows_size(mismatches, k, sign):
                found.add((name, hint))
    return found.pop() if len(found) == 1 else None


def _follows_size(mismatches: list[Mismatch], k: int, sign: int) -> bool:
    factors = set()
    for mismatch in mismatches:
        sizes = _sizes(mismatch)
        if k >= len(sizes) or not sizes[k]:
            return False
        factor = float(sizes[k]) ** sign
        views = (_count(_times(factor), pairs, mismatch) for pairs in _views(mismatch))
        if not any(count for count in views):
            return False
        factors.add(factor)
    return len(factors) > 1 and _borne_out(mismatches) >= ENOUGH


def _borne_out(mismatches: list[Mismatch]) -> int:
    return sum(_different(array) for m in mismatches for array in _leaves(m.expected))


def _sizes(mismatch: Mismatch) -> list[int]:
    """All that n could be: entries of the answer, then every axis of the inputs and of the cotangent."""
    arrays = [a for a in (*mismatch.at, mismatch.cotangent) if isinstance(a, np.ndarray)]
    first = _leaves(mismatch.expected)[:1] if mismatch.expected is not None else []
    return [int(a.size) for a in first] + [n for a in arrays for n in a.shape]
