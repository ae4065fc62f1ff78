"""How values are drawn: sizes first, then one flat run of integers for every array, each an index into the grid.

A strategy of its own rather than Hypothesis's lists of floats: those cost a millisecond an array, lie within
1e-6 of zero in a quarter of draws, and shrink to numbers that are hard to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

PER_UNIT = 64  # the grid is k/64: exact in float64, and sums and products of a few of them too
LIMIT = 3.0  # |k| ≤ 192: exp, cosh and cubes stay small
INEXACT = 0.1  # no grid value plus 0.1 is exact in float32

Size = int | tuple[int, int] | None
DEFAULT_SIZE = (1, 4)


@lru_cache
def grid(nonzero: bool = False, limit: float = LIMIT, positive: bool = False) -> np.ndarray:
    """All values k/64 up to `limit`, simplest first: whole numbers, halves, quarters, small ones before large."""
    top = int(limit * PER_UNIT)
    ks = [k for k in range(-top, top + 1) if (k or not nonzero) and (k > 0 or not positive)]
    ordered = sorted(ks, key=lambda k: (PER_UNIT // np.gcd(k, PER_UNIT) if k else 0, abs(k), k < 0))
    values = np.array(ordered) / PER_UNIT
    values.flags.writeable = False
    return values


class Case(SimpleNamespace):
    """The drawn values of one example, by name: `case.A`, `case.x`."""


@dataclass(frozen=True)
class Field:
    """An array to draw: its dimensions (symbols and numbers, `m n`), and what its entries may be.

    No dimension at all is a 0-dim array, or a float where `as_float` is set.
    """

    dims: tuple[str, ...] = ()
    nonzero: bool = False
    unique: bool = False
    inexact: bool = False
    positive: bool = False
    limit: float = LIMIT
    as_tensor: bool = False
    as_float: bool = False

    def draw(self, data: Any, sizes: Mapping[str, int]) -> Any:
        """The array, float64; `data` is Hypothesis's source of choices."""
        shape = tuple(int(dim) if dim.isdecimal() else sizes[dim] for dim in self.dims)
        table = grid(self.nonzero, self.limit, self.positive)
        last = len(table) - 1
        indices = [data.draw_integer(0, last) for _ in range(int(np.prod(shape)))]
        if self.unique:
            indices = _distinct(indices, last + 1)
        values = table[indices].reshape(shape) if indices else np.zeros(shape)
        if self.inexact:
            values = np.asarray(values + INEXACT)
        if self.as_float:
            return float(values)
        return _tensor(values) if self.as_tensor else values


def _distinct(indices: list[int], count: int) -> list[int]:
    """The same indices, each that was taken already moved on to the next free one."""
    if len(indices) > count:
        raise ValueError(f"{len(indices)} different values are asked for; the grid has {count}")
    taken: set[int] = set()
    for place, wanted in enumerate(indices):
        free = wanted
        while free in taken:
            free = (free + 1) % count
        taken.add(free)
        indices[place] = free
    return indices


def _tensor(values: np.ndarray) -> Any:
    import torch  # late: strategies must load without torch

    return torch.tensor(values)


class Drawn(SearchStrategy):
    """Draws sizes, then fields in order: a Case of them all, or the only one by itself."""

    def __init__(
        self, fields: Mapping[str, Field | SearchStrategy], sizes: Mapping[str, Size], alone: bool = False
    ) -> None:
        super().__init__()
        self.fields = dict(fields)
        used = {
            dim: DEFAULT_SIZE
            for field in fields.values()
            if isinstance(field, Field)
            for dim in field.dims
            if not dim.isdecimal()
        }
        self.sizes = {dim: bounds(sizes.get(dim, size)) for dim, size in used.items()}
        self.alone = alone
        if unknown := set(sizes) - set(used):
            raise ValueError(f"no array has the dimension {', '.join(sorted(unknown))}")

    def __repr__(self) -> str:
        return f"cases({', '.join(self.fields)})"

    def do_draw(self, data: Any) -> Any:
        sizes = {dim: data.draw_integer(low, high) if low < high else low for dim, (low, high) in self.sizes.items()}
        values = {
            name: field.draw(data, sizes) if isinstance(field, Field) else data.draw(field)
            for name, field in self.fields.items()
        }
        return next(iter(values.values())) if self.alone else Case(**values)


def bounds(size: Size) -> tuple[int, int]:
    """A size as (lowest, highest)."""
    if size is None:
        return DEFAULT_SIZE
    return (size, size) if isinstance(size, int) else size
