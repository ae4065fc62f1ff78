"""Running a student's code apart from the grader."""

from importlib import import_module
from typing import Any

_HOME = {
    "Limits": "limits",
    "Probe": "probe",
    "Workers": "workers",
    "open_workers": "workers",
    "Session": "session",
    "Loaded": "session",
    "ArgumentChanged": "errors",
    "BadSignature": "errors",
    "IsolationUnavailable": "errors",
    "MissingName": "errors",
    "StudentRaised": "errors",
    "Unsendable": "errors",
    "WorkerDied": "errors",
    "WorkerTimedOut": "errors",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'autograder.sandbox' has no attribute {name!r}")
    return getattr(import_module(f"autograder.sandbox.{_HOME[name]}"), name)
