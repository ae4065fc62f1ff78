"""What property tests draw: values k/64 with |k| ≤ 192, simple ones first, in many shapes, all of them float64.

A size is a number, a range (low, high), or None for 1 to 4; (0, 4) includes empty ones.
Options are the same everywhere: `nonzero`; `unique` (no ties); `positive`; `inexact` (0.1 is added, so that
float32 is not exact); `limit` (the largest absolute value, 3 by default); `as_tensor` (else NumPy arrays).
"""

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import (
    SearchStrategy,
    booleans,
    builds,
    composite,
    fixed_dictionaries,
    integers,
    just,
    lists,
    none,
    one_of,
    permutations,
    sampled_from,
    text,
    tuples,
)

from autograder.gradients.drawing import Case, Drawn, Field, Size

__all__ = [
    "Case",
    "arrays",
    "batches",
    "booleans",
    "builds",
    "cases",
    "composite",
    "cotangents",
    "field",
    "fixed_dictionaries",
    "integers",
    "just",
    "linear_layers",
    "linear_maps",
    "lists",
    "matrices",
    "models",
    "none",
    "one_of",
    "permutations",
    "sampled_from",
    "scalars",
    "shaped_arrays",
    "tensors",
    "text",
    "tuples",
    "vectors",
]


def field(dims: str = "", **options: Any) -> Field:
    """One array of a case, with options of its own: `field("m n", unique=True)`; no dimension is 0-dim."""
    return Field(tuple(dims.split()), **options)


def cases(
    *, sizes: Mapping[str, Size] | None = None, as_tensor: bool = False, **fields: str | Field | SearchStrategy
) -> SearchStrategy:
    """Arrays whose shapes belong together: `cases(A="m n", x="n", v="m")` draws a Case with A, x and v.

    A field is its dimensions, a `field` with options, or any strategy. sizes: of the dimensions, by name.
    """
    made = {name: field(spec, as_tensor=as_tensor) if isinstance(spec, str) else spec for name, spec in fields.items()}
    return Drawn(made, sizes or {})


def scalars(*, as_tensor: bool = False, **options: Any) -> SearchStrategy:
    """Floats, or 0-dim tensors."""
    return _alone(Field((), as_tensor=as_tensor, as_float=not as_tensor, **options), {})


def arrays(*sizes: Size, **options: Any) -> SearchStrategy:
    """Arrays with one axis for each size, drawn apart; none at all is 0-dim."""
    dims = tuple(f"axis{k}" for k in range(len(sizes)))
    return _alone(Field(dims, **options), dict(zip(dims, sizes, strict=True)))


def tensors(*sizes: Size, **options: Any) -> SearchStrategy:
    """As `arrays`, but tensors."""
    return arrays(*sizes, as_tensor=True, **options)


def vectors(n: Size = None, **options: Any) -> SearchStrategy:
    """Arrays (n,)."""
    return arrays(n, **options)


def matrices(rows: Size = None, columns: Size = None, **options: Any) -> SearchStrategy:
    """Arrays (rows, columns)."""
    return arrays(rows, columns, **options)


def batches(n: Size = None, features: Size = None, *, as_tensor: bool = False, **options: Any) -> SearchStrategy:
    """Cases of a batch and its targets: X (n, d), y (n,)."""
    options["as_tensor"] = as_tensor
    return cases(sizes={"n": n, "d": features}, X=field("n d", **options), y=field("n", **options))


def cotangents(shape: tuple[int, ...], **options: Any) -> SearchStrategy:
    """Arrays of exactly this shape, never all zero where there is an entry (they are drawn non-zero)."""
    return arrays(*shape, **{"nonzero": True} | options)


def shaped_arrays(max_dims: int = 3, max_size: int = 3, min_size: int = 0, **options: Any) -> SearchStrategy:
    """Arrays of any shape up to `max_dims` axes: 0-dim, size 1, and empty where `min_size` is 0."""
    size = (min_size, max_size)
    return one_of([arrays(*[size] * count, **options) for count in range(max_dims + 1)])


def linear_maps(m: Size = None, n: Size = None, *, as_tensor: bool = False, **options: Any) -> SearchStrategy:
    """Cases of y = Ax and the gradient that arrives: A (m, n), x (n,), v (m,); v has no zeros."""
    options["as_tensor"] = as_tensor
    v = field("m", **options | {"nonzero": True})
    return cases(sizes={"m": m, "n": n}, A=field("m n", **options), x=field("n", **options), v=v)


def linear_layers(
    rows: Size = None, inputs: Size = None, outputs: Size = None, *, as_tensor: bool = False, **options: Any
) -> SearchStrategy:
    """Cases of Y = XW + b and the gradient that arrives: X (n, i), W (i, o), b (o,), V (n, o)."""
    options["as_tensor"] = as_tensor
    shapes = {"X": "n i", "W": "i o", "b": "o"}
    fields: dict[str, Any] = {name: field(dims, **options) for name, dims in shapes.items()}
    fields["V"] = field("n o", **options | {"nonzero": True})
    return cases(sizes={"n": rows, "i": inputs, "o": outputs}, **fields)


def models(*kinds: str, **options: Any) -> SearchStrategy:
    """Small models as data (models.Model), of the kinds named or of any kind; see models.drawn."""
    from autograder.gradients import models as known

    return known.drawn(*kinds, **options)


def _alone(one: Field, sizes: Mapping[str, Size]) -> SearchStrategy:
    return Drawn({"value": one}, sizes, alone=True)
