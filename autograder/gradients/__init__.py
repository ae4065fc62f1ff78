"""Gradients: references, strategies, checks and the mistakes people make."""

from importlib import import_module
from typing import Any

_HOME = {
    "assert_gradient": "checks",
    "assert_vjp": "checks",
    "assert_jacobian": "checks",
    "assert_close": "closeness",
    "assert_trajectory": "closeness",
    "AuthorError": "errors",
    "Kink": "errors",
    "Mismatch": "errors",
    "Wrong": "errors",
    "WrongType": "errors",
    "Function": "functions",
    "Model": "models",
    "recognise": "mistakes",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
