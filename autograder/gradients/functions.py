"""Functions as data: a name and parameters, known beside the tests and beside the student's code.

    f = function("tanh_layer", W=((1.0, 2.0),), b=(0.5,))
    f(x)            # a tensor, differentiable, any number of calls, also under vmap
    f.text          # tanh(Wx + b)

The formulas stand in formulas.py and import torch; this module does not, so that a Function can be sent and
received where torch is not to be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from hypothesis.strategies import SearchStrategy

ONCE = "once"
KINDS = (
    "scalar",
    "vector_to_scalar",
    "vector_to_vector",
    "matrix_to_scalar",
    "matrix_to_matrix",
    "batched",
)


class Function:
    """A named function with its parameters: numbers, texts, and nested tuples of numbers. Equal by value.

    `Function(name, params)` is all there is to send. Called with a tensor of the input shape it returns a
    tensor of the same dtype. Raises KeyError at the first call where the name is unknown.
    """

    __slots__ = ("_calls", "_tensors", "name", "params")

    def __init__(self, name: str, params: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.params = {key: _frozen(value) for key, value in (params or {}).items()}
        self._calls = 0
        self._tensors: dict[Any, dict[str, Any]] = {}

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.name == ONCE:
            return self._call_once(x)
        from autograder.gradients import formulas

        known = formulas.FORMULAS[self.name]
        dtype = getattr(x, "dtype", None)
        if dtype not in self._tensors:
            self._tensors[dtype] = formulas.as_tensors(self.params, dtype)
        return known.compute(x, **self._tensors[dtype])

    def _call_once(self, x: torch.Tensor) -> torch.Tensor:
        """From the second call on: another function of the same shape, so that a second call shows in values.

        It tells nothing of the first but its shape: what it told could be calculated back.
        """
        self._calls += 1
        inner = self._tensors.setdefault(None, {"of": Function(self.params["of"], self.params["params"])})["of"]
        y = inner(x)
        return y if self._calls == 1 else y.new_full(y.shape, 1.5) * x.sum() + 0.25

    @property
    def text(self) -> str:
        """The formula: `tanh(Wx + b)`; single numbers are put in, arrays are not."""
        from autograder.gradients import formulas

        if self.name == ONCE:
            return Function(self.params["of"], self.params["params"]).text
        return formulas.text(self.name, self.params)

    @property
    def full_text(self) -> str:
        """The formula with its arrays: `tanh(Wx + b) where W=[[1.0]], b=[0.5]`."""
        from autograder.gradients import formulas

        if self.name == ONCE:
            return Function(self.params["of"], self.params["params"]).full_text
        return formulas.full_text(self.name, self.params)

    def __repr__(self) -> str:
        inner = "".join(f", {key}={value!r}" for key, value in self.params.items())
        return f"function({self.name!r}{inner})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Function):
            return NotImplemented
        return self.name == other.name and self.params == other.params

    def __hash__(self) -> int:
        return hash((self.name, repr(sorted(self.params.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        return Function, (self.name, self.params)


def function(name: str, **params: Any) -> Function:
    """The function of this name; raises KeyError with similar names where there is none."""
    if name not in names():
        from difflib import get_close_matches

        near = ", ".join(get_close_matches(name, names())) or ", ".join(names())
        raise KeyError(f"no function is called {name!r}; there is {near}")
    return Function(name, params)


def once(f: Function) -> Function:
    """f, but another function from the second call on: whoever calls it twice gets a wrong gradient.

    Each copy counts for itself, so one that is sent anew with every call counts the calls of that call.
    """
    return Function(ONCE, {"of": f.name, "params": f.params})


def names(kind: str | None = None, kinked: bool | None = None) -> tuple[str, ...]:
    """The names of all functions, of one kind, or only the kinked or smooth ones."""
    from autograder.gradients import formulas

    return tuple(
        name
        for name, known in formulas.FORMULAS.items()
        if kind in (None, known.kind) and kinked in (None, known.kinked)
    )


def scalar(**options: Any) -> SearchStrategy:
    """Functions () -> (); options as in `drawn`."""
    return drawn("scalar", **options)


def vector_to_scalar(**options: Any) -> SearchStrategy:
    """Functions (n,) -> (); options as in `drawn`."""
    return drawn("vector_to_scalar", **options)


def vector_to_vector(**options: Any) -> SearchStrategy:
    """Functions (n,) -> (m,); options as in `drawn`."""
    return drawn("vector_to_vector", **options)


def batched(**options: Any) -> SearchStrategy:
    """Functions (B, n) -> (B, m) that do not mix samples; options as in `drawn`."""
    return drawn("batched", **options)


def drawn(kind: str, **options: Any) -> SearchStrategy:
    """Functions of one kind; options: kinked (also those with kinks), only (names), sizes (n=, m=, B=).

    Those that have arrays for parameters fix their n; draw a `point` where the input must fit.
    """
    from autograder.gradients import drawing_functions

    return drawing_functions.functions_of(kind, **options)


def points(kind: str, *, as_tensor: bool = True, **options: Any) -> SearchStrategy:
    """Cases of a function with an input and a cotangent that fit it: case.f, case.x, case.v.

    kind: one of KINDS. x is drawn from the function's domain; v has no zeros (a float for 0-dim outputs where
    as_tensor is False). Options as in `drawn`.
    """
    from autograder.gradients import drawing_functions

    return drawing_functions.points_of(kind, as_tensor=as_tensor, **options)


def _frozen(value: Any) -> Any:
    """Lists and arrays as nested tuples, so that equal functions are equal however they were sent."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    return value
