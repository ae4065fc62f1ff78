"""How a named function is entered into the table, and how it is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.gradients import wording


@dataclass(frozen=True)
class Formula:
    """One function: its text (with {numbers} to fill in), dimensions, and the parameters to draw.

    params: the dimensions of each (`m n`, or `` for a number); choices: parameters drawn from these values.
    sizes: bounds of dimensions, where 1 to 4 will not do. unique: inputs without ties.
    """

    name: str
    kind: str
    text: str
    compute: Callable[..., Tensor]
    input: str
    output: str
    params: Mapping[str, str]
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    kinked: bool = False


FORMULAS: dict[str, Formula] = {}
SHAPES = {
    "scalar": ("", ""),
    "vector_to_scalar": ("n", ""),
    "vector_to_vector": ("n", "m"),
    "matrix_to_scalar": ("r c", ""),
    "matrix_to_matrix": ("r c", "r c"),
    "batched": ("B n", "B m"),
}


def define(
    kind: str,
    text: str,
    *,
    output: str | None = None,
    choices: Mapping[str, tuple[Any, ...]] | None = None,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    kinked: bool = False,
    **params: str,
) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Enter a function into the table under its own name."""

    def enter(compute: Callable[..., Tensor]) -> Callable[..., Tensor]:
        name, (inputs, outputs) = compute.__name__, SHAPES[kind]
        FORMULAS[name] = Formula(
            name,
            kind,
            text,
            compute,
            inputs,
            outputs if output is None else output,
            params,
            choices or {},
            sizes or {},
            kinked,
        )
        return compute

    return enter


def as_tensors(params: Mapping[str, Any], dtype: torch.dtype | None) -> dict[str, Any]:
    """Parameters as they are computed with: tuples as tensors of the input's dtype, numbers as they are."""
    return {
        key: torch.tensor(value, dtype=dtype or torch.float64) if isinstance(value, tuple) else value
        for key, value in params.items()
    }


def text(name: str, params: Mapping[str, Any]) -> str:
    """The formula with its numbers put in."""
    numbers = {key: wording.number(value) for key, value in params.items() if not isinstance(value, tuple)}
    return FORMULAS[name].text.format(**numbers).replace("+ -", "− ") if name in FORMULAS else name


def full_text(name: str, params: Mapping[str, Any]) -> str:
    """The formula, and the arrays it names."""
    arrays = [f"{key}={wording.literal(np.array(v))}" for key, v in params.items() if isinstance(v, tuple)]
    return text(name, params) + (f" where {', '.join(arrays)}" if arrays else "")
