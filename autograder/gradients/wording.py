"""Values as a student would type them: short, exact where it matters, clipped where long."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

CLIP = 160


def _is_tensor(value: Any) -> bool:
    return any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in type(value).__mro__)


def as_list(value: Any) -> Any:
    """A tensor or array as nested lists of Python numbers."""
    return value.detach().tolist() if _is_tensor(value) else value.tolist()


def number(value: Any, digits: int | None = None) -> str:
    """`value` with at most `digits` significant digits, or the fewest that give it back exactly."""
    if isinstance(value, complex) or (isinstance(value, bool | int) and not isinstance(value, float)):
        return repr(value)
    value = float(value)
    text = repr(value) if digits is None else f"{value:.{digits}g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def pair(yours: float, expected: float) -> tuple[str, str]:
    """Two numbers with as few digits as show that they differ (at least six)."""
    for digits in range(6, 17):
        texts = number(yours, digits), number(expected, digits)
        if texts[0] != texts[1]:
            return texts
    return number(yours), number(expected)


def clip(text: str, limit: int = CLIP) -> str:
    """`text`, cut with an ellipsis where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def literal(value: Any, limit: int = CLIP, digits: int | None = None) -> str:
    """`value` as short literal text; arrays and tensors as nested lists, functions by what they compute."""
    return clip(_text(value, limit, digits), limit)


def _text(value: Any, limit: int, digits: int | None) -> str:
    if value is None or isinstance(value, str | bytes | bool):
        return repr(value)
    if isinstance(value, int | float | complex | np.number):
        return number(value.item() if isinstance(value, np.generic) else value, digits)
    if isinstance(value, np.ndarray) or _is_tensor(value):
        return _array_text(value, limit, digits)
    if isinstance(value, Mapping):
        items = (f"{_text(k, limit, digits)}: {_text(v, limit, digits)}" for k, v in value.items())
        return "{" + _joined(items, limit) + "}"
    if isinstance(value, list | tuple):
        inner = _joined((_text(item, limit, digits) for item in value), limit)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return str(getattr(value, "text", None) or value)


def _array_text(value: Any, limit: int, digits: int | None) -> str:
    shape, dtype = tuple(value.shape), str(value.dtype).removeprefix("torch.")
    suffix = "" if dtype in ("float64", "int64", "bool") else f" ({dtype})"
    if 0 in shape:
        return f"empty{list(shape)}" if len(shape) > 1 else "[]"
    if value.ndim == 0:
        return _text(as_list(value), limit, digits) + suffix
    # Only as many entries as could be shown are turned into text: a huge answer costs nothing.
    rows = value[: limit // 4 + 1]
    return f"[{_joined((_array_text_row(row, limit, digits) for row in rows), limit)}]" + suffix


def _array_text_row(row: Any, limit: int, digits: int | None) -> str:
    if row.ndim == 0:
        return _text(as_list(row), limit, digits)
    return f"[{_joined((_array_text_row(item, limit, digits) for item in row[: limit // 4 + 1]), limit)}]"


def _joined(parts: Iterable[str], limit: int) -> str:
    """Parts separated by commas; stops once the clip is certain to cut the rest away."""
    shown: list[str] = []
    length = 0
    for part in parts:
        shown.append(part)
        length += len(part) + 2
        if length > limit + 2:
            break
    return ", ".join(shown)


def call(name: str, arguments: Mapping[str, Any] | Iterable[Any], limit: int = CLIP) -> str:
    """The call as a student would type it: `vjp(f=tanh(Wx+b), x=[1.0, 2.0], v=[1.0])`."""
    if isinstance(arguments, Mapping):
        parts = [f"{key}={literal(value, limit)}" for key, value in arguments.items()]
    else:
        parts = [literal(value, limit) for value in arguments]
    text = f"{name}({', '.join(parts)})"
    return text if len(text) <= limit else text[: limit - 2] + "…)"


def details(arguments: Mapping[str, Any] | Iterable[Any], limit: int = CLIP) -> str | None:
    """The arrays inside the functions that a call was given: `f = tanh(Wx + b) where W=[[1.0]], b=[0.5]`."""
    items: Iterable[tuple[str, Any]] = (
        arguments.items() if isinstance(arguments, Mapping) else [("f", value) for value in arguments]
    )
    full = [(key, value.text, value.full_text) for key, value in items if hasattr(value, "full_text")]
    texts = [f"{key} = {long}" for key, short, long in full if long != short]
    return clip("; ".join(texts), limit) if texts else None


def kind(value: Any) -> str:
    """What `value` is, in a few words: `a float`, `None`, `a tensor of shape (2, 3)`."""
    if value is None:
        return "None"
    if _is_tensor(value):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple | dict):
        return f"a {_builtin(value)} of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _builtin(value: Any) -> str:
    return next(base.__name__ for base in (list, tuple, dict) if isinstance(value, base))


def index(name: str, position: tuple[int, ...]) -> str:
    """`x[1, 2]`, or `x` for a 0-dim value."""
    return f"{name}[{', '.join(map(str, position))}]" if position else name


def compared(name: str, position: tuple[int, ...], yours: float, expected: float) -> str:
    """One line of evidence: index, yours, expected."""
    mine, right = pair(yours, expected)
    where = index(name, position)
    return f"{where}: yours {mine}, expected {right}" if where else f"yours {mine}, expected {right}"
