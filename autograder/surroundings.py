"""What a command needs of its environment: checks that are made, the packages that make them, one thread each."""

import importlib.util
import os
import sys
import warnings
from importlib import metadata
from pathlib import Path

from autograder.course import CourseError
from autograder.imports import uncollected
from autograder.sandbox.environment import ONE_THREAD

_PACKAGES = ("torch", "numpy", "hypothesis", "msgspec")


def check_surroundings() -> None:
    """Before any of these packages is imported. Warnings are none of a test's business, whatever PYTHONWARNINGS says.

    Raises CourseError where Python leaves out assert statements, or where another module stands in for a package.
    """
    check_asserts()
    if sys.warnoptions:  # "error" would refuse a right answer for a warning in torch
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
    for name in _PACKAGES:
        found = importlib.util.find_spec(name)
        belongs = Path(str(metadata.distribution(name).locate_file(f"{name}/__init__.py")))
        if found is not None and found.origin is not None and Path(found.origin).resolve() != belongs.resolve():
            raise CourseError(
                f"{found.origin} stands in for the package {name}; unset PYTHONPATH, or run this from another folder."
            )


def check_asserts() -> None:
    """Raise CourseError where Python leaves out assert statements: a test would pass whatever an answer does."""
    if not __debug__:
        raise CourseError("Python leaves out the assert statements of tests; unset PYTHONOPTIMIZE, run it without -O.")


def one_thread_each() -> None:
    """Have each library use one thread: forking with more of them alive deadlocks. Before numpy is imported."""
    os.environ |= ONE_THREAD


def single_threaded() -> None:
    """Check the surroundings, and import torch with one thread for each library. Raises as ``check_surroundings``."""
    check_surroundings()
    one_thread_each()
    with uncollected():
        import torch
    torch.set_num_threads(1)
