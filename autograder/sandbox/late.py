"""Slow imports that torch and matplotlib put off until something first needs them.

A confined worker cannot do them (torch._dynamo wants a folder to write to), and each forked worker would do them
anew. So the worker stops, says which it wants, and the session goes on with one whose server has it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# What brings each in, of torch 2.13.0: optimizers, torch.func.grad and vjp, checkpoint; backward(v) and
# grad_outputs; forward mode; figures.
NEED_OF = {
    "torch._dynamo": "optim",
    "torch.fx.experimental.symbolic_shapes": "symbolic",
    "torch._decomp.decompositions_for_jvp": "forward",
    "matplotlib": "pyplot",
}


class Wanted(BaseException):
    """An import was asked for that the server has to do. A BaseException: few students catch those."""


class _Finder:
    def __init__(self) -> None:
        self.need: str | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in NEED_OF:
            self.need = NEED_OF[name]
            raise Wanted(name)
        return None


_finder = _Finder()


def install() -> None:
    """From now on such imports are asked for, not done. Modules that are loaded are not looked for."""
    sys.meta_path.insert(0, _finder)


def wanted() -> str | None:
    """The need that came up, also where the student's code caught the exception."""
    return _finder.need
