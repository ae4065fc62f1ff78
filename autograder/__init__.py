"""A course on gradients in PyTorch that grades itself.

The names a test author needs are handed out lazily, so that ``import autograder`` costs no torch; nor does it import
anything that ``python -m`` might find in a student's folder.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from typing import Any

_HOME = {
    "Task": "autograder.grading.task",
    "assert_raises": "autograder.grading.student",
    "parts": "autograder.grading.student",
    "probe": "autograder.sandbox.probe",
    "given": "hypothesis",
    "example": "hypothesis",
    "settings": "hypothesis",
    "assert_gradient": "autograder.gradients.checks",
    "assert_vjp": "autograder.gradients.checks",
    "assert_jacobian": "autograder.gradients.checks",
    "assert_close": "autograder.gradients.checks",
    "assert_trajectory": "autograder.gradients.checks",
    "strategies": "autograder.gradients.strategies",
    "functions": "autograder.gradients.functions",
    "models": "autograder.gradients.models",
}
_MODULES = {"strategies", "functions", "models"}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    home = import_module(_HOME[name])
    value = home if name in _MODULES else getattr(home, name)
    globals()[name] = value
    return value
