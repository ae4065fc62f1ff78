"""A stand-in for torch in tasks done by hand.

While a file is loaded it accepts any attribute, base class, decorator or annotation; inside a task's call any
use of it raises DoneByHand.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import sys
import types
from typing import Any

_state: dict[str, str | None] = {"task": None}


class DoneByHand(Exception):
    """torch was used in a task that is done by hand."""


def refuse(task: str | None) -> None:
    """From now on using the stand-in raises (a task's call), or with None is accepted (a file being loaded)."""
    _state["task"] = task


def refusal() -> DoneByHand:
    """What a student reads who uses torch there."""
    task = _state["task"] or "this task"
    return DoneByHand(f"{task} is done by hand, with plain Python and numpy only")


class StandIn:
    """Whatever ``torch.a.b.c`` is asked for."""

    __array_ufunc__ = None  # so that numpy leaves arithmetic to the refusals below

    def __init__(self, name: str) -> None:
        self._standin_name = name

    def __repr__(self) -> str:
        return f"<{self._standin_name}, not available by hand>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("__", "_standin")):
            raise AttributeError(name)
        if _state["task"] is not None:
            raise refusal()
        return StandIn(f"{self._standin_name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _state["task"] is not None:
            raise refusal()
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type):
            return args[0]  # used as a decorator
        return StandIn(f"{self._standin_name}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (StandInBase,)

    def __getitem__(self, item: Any) -> Any:
        return self._as_annotation()

    def __or__(self, other: Any) -> Any:
        return self._as_annotation()

    __ror__ = __or__

    def _as_annotation(self) -> Any:
        if _state["task"] is not None:
            raise refusal()
        return self


class _OfBase(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if _state["task"] is not None:
            raise refusal()
        return StandIn(name)


class StandInBase(metaclass=_OfBase):
    """What a class made from ``torch.nn.Module``, ``torch.autograd.Function`` and the like inherits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise refusal()


def _refused(self: Any, *args: Any, **kwargs: Any) -> Any:
    raise refusal()


_OPERATORS = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul neg pos abs "
    "lt le gt ge bool len iter next int float complex index array setitem enter exit invert round contains"
)
for _name in _OPERATORS.split():
    setattr(StandIn, f"__{_name}__", _refused)

TORCH = StandIn("torch")
_AT_HAND = frozenset(sys.stdlib_module_names) | {"numpy"}


def importing(name: str, *args: Any, **kwargs: Any) -> Any:
    """``__import__`` for a file of hand tasks: torch is the stand-in, and beside numpy no other package is at hand."""
    level = args[3] if len(args) > 3 else kwargs.get("level", 0)
    if level == 0 and (name == "torch" or name.startswith("torch.")):
        fromlist = args[2] if len(args) > 2 else kwargs.get("fromlist")
        return _below(name) if fromlist else TORCH
    if level == 0 and name.partition(".")[0] not in _AT_HAND:
        raise ModuleNotFoundError(f"{name} is not at hand in a task done by hand", name=name)
    return builtins.__import__(name, *args, **kwargs)


def _below(name: str) -> StandIn:
    return TORCH if name == "torch" else StandIn(name)


class _Finder:
    """Answers ``importlib.import_module("torch...")`` in a worker of hand tasks."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name == "torch" or name.startswith("torch."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: Any) -> Any:
        return _below(spec.name)

    def exec_module(self, module: Any) -> None:
        return None


def install() -> None:
    """Make torch unimportable in this whole process, for a worker of hand tasks."""
    sys.meta_path.insert(0, _Finder())  # type: ignore[arg-type]


def builtins_by_hand() -> dict[str, Any]:
    """Builtins for the namespace of a file of hand tasks."""
    names = dict(vars(builtins))
    names["__import__"] = importing
    return names
