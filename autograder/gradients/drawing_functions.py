"""Drawing functions, alone or with an input and a cotangent that fit them."""

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import SearchStrategy, one_of

from autograder.gradients.drawing import Case, Drawn, Field, Size, bounds
from autograder.gradients.formulas import FORMULAS, Formula
from autograder.gradients.functions import Function, names


class DrawnFunction(SearchStrategy):
    """Draws the parameters of one formula, and where `point` is set an input and a cotangent with them."""

    def __init__(self, formula: Formula, sizes: Mapping[str, Size], point: bool, as_tensor: bool) -> None:
        super().__init__()
        self.formula = formula
        fields = {name: Field(tuple(dims.split()), nonzero=True) for name, dims in formula.params.items()}
        self.parameters = tuple(fields)
        self.point = point
        if point:
            fields["x "] = _field(formula.input, as_tensor, nonzero=False)
            fields["v "] = _field(formula.output, as_tensor, nonzero=True)
        dims = {dim for one in fields.values() for dim in one.dims if not dim.isdecimal()}
        limits = {dim: _within(sizes.get(dim), formula.sizes.get(dim)) for dim in dims}
        self.drawn = Drawn(fields, limits)

    def __repr__(self) -> str:
        return f"{self.formula.name} functions"

    def do_draw(self, data: Any) -> Any:
        chosen = {key: values[data.draw_integer(0, len(values) - 1)] for key, values in self.formula.choices.items()}
        case = vars(self.drawn.do_draw(data))
        f = Function(self.formula.name, chosen | {name: case[name] for name in self.parameters})
        return Case(f=f, x=case["x "], v=case["v "]) if self.point else f


def functions_of(
    kind: str, *, kinked: bool = False, only: tuple[str, ...] | None = None, sizes: Mapping[str, Size] | None = None
) -> SearchStrategy:
    """Functions of one kind."""
    return _any_of(kind, kinked, only, sizes, point=False, as_tensor=True)


def points_of(
    kind: str,
    *,
    as_tensor: bool = True,
    kinked: bool = False,
    only: tuple[str, ...] | None = None,
    sizes: Mapping[str, Size] | None = None,
) -> SearchStrategy:
    """Cases with f, x and v."""
    return _any_of(kind, kinked, only, sizes, point=True, as_tensor=as_tensor)


def _any_of(
    kind: str,
    kinked: bool,
    only: tuple[str, ...] | None,
    sizes: Mapping[str, Size] | None,
    *,
    point: bool,
    as_tensor: bool,
) -> SearchStrategy:
    chosen = [name for name in names(kind) if only is None or name in only]
    if only is not None and (unknown := set(only) - set(names(kind))):
        raise ValueError(f"no {kind} function is called {', '.join(sorted(unknown))}")
    if only is None and not kinked:
        chosen = [name for name in chosen if not FORMULAS[name].kinked]
    fitting = [FORMULAS[name] for name in chosen if _fits(FORMULAS[name], sizes or {})]
    if not fitting:
        raise ValueError(f"no {kind} function has these sizes")
    return one_of([DrawnFunction(formula, sizes or {}, point, as_tensor) for formula in fitting])


def _field(dims: str, as_tensor: bool, nonzero: bool) -> Field:
    shape = tuple(dims.split())
    return Field(shape, nonzero=nonzero, as_tensor=as_tensor, as_float=not shape and not as_tensor)


def _within(asked: Size, needed: tuple[int, int] | None) -> tuple[int, int]:
    """The sizes asked for, as far as the formula allows them."""
    low, high = bounds(asked)
    if needed is None:
        return low, high
    if asked is None:
        return needed
    return max(low, needed[0]), high if needed[1] > needed[0] else needed[1]


def _fits(formula: Formula, sizes: Mapping[str, Size]) -> bool:
    """Whether the formula can have these sizes: outputs as well as inputs, where they are fixed numbers."""
    for dim, asked in sizes.items():
        low, high = _within(asked, formula.sizes.get(dim))
        if low > high:
            return False
    return True
