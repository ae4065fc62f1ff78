"""A small course of our own, so that the grader's tests do not hang on what the real course says today."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.gradients import hypothesis_profile
from autograder.surroundings import one_thread_each

one_thread_each()
hypothesis_profile.activate()  # whichever tests are run: Hypothesis' own profile has a deadline, and draws anew

TESTS_01 = '''"""Assignment 01 · Two small tasks"""

import torch

from autograder import Task, assert_close, assert_gradient, given
from autograder import strategies as st

vjp_wrt_x = Task("01.1", "vjp_wrt_x", points=4, by_hand=True, hints=("a?", "b", "c"))


@vjp_wrt_x.test
@given(st.linear_maps())
def test_is_the_vector_jacobian_product(student, case):
    """the gradient of v·(Ax) with respect to x"""
    claimed = student.vjp_wrt_x(case.A, case.x, case.v)
    assert_gradient(claimed, of=lambda x: torch.as_tensor(case.A) @ x, at=case.x, cotangent=case.v)


@vjp_wrt_x.misconception("twice the gradient by habit", hint="no factor 2 here")
def _(A, x, v):
    return 2 * (A.T @ v)


slope = Task("01.2", "slope", points=6, hints=("a?", "b", "c"))


@slope.test
@given(st.scalars(inexact=True))
def test_is_the_slope_of_the_square(student, x):
    """the slope of x², in double precision"""
    assert_gradient(student.slope(x), of=lambda x: x**2, at=x)


@slope.test
def test_is_zero_at_zero(student):
    """the slope at 0 is 0"""
    assert_close(student.slope(0.0), 0.0)


@slope.misconception("the two comes down twice", hint="2x, not 2·2x")
def _(x):
    return 4.0 * x
'''

TESTS_E1 = '''"""Assignment E1 · One more"""

from autograder import Task, assert_close, given
from autograder import strategies as st

triple = Task("E1.1", "triple", points=10, hints=("a?", "b", "c"))


@triple.test
@given(st.scalars())
def test_is_three_times(student, x):
    """three times x"""
    assert_close(student.triple(x), 3.0 * x)
'''

RIGHT_01 = '''"""An answer."""

import numpy as np
import torch


def vjp_wrt_x(A, x, v):
    return A.T @ v


def slope(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (leaf**2).backward()
    return leaf.grad.item()
'''

GAPS_01 = """import numpy as np
import torch


def vjp_wrt_x(A, x, v):
    # TODO 01.1 (5 min, by hand): which index of A does v meet?
    raise NotImplementedError("TODO 01.1: vjp_wrt_x")


def slope(x):
    # TODO 01.2 (5 min): what must x be told?
    raise NotImplementedError("TODO 01.2: slope")
"""

RIGHT_E1 = "def triple(x):\n    return 3.0 * x\n"


def write_course(folder: Path) -> Path:
    """A course of two assignments, 01 and E1, both answered rightly."""
    write = {
        "beginner/test_01_small.py": TESTS_01,
        "beginner/01_small.py": RIGHT_01,
        "exercises/test_exercise_01_more.py": TESTS_E1,
        "exercises/exercise_01_more.py": RIGHT_E1,
    }
    for name, text in write.items():
        path = folder / "assignments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The same, for one test."""
    return write_course(tmp_path)


@pytest.fixture
def answer(course: Path) -> Callable[[str], Path]:
    """Replace the answer to 01."""

    def write(text: str) -> Path:
        path = course / "assignments/beginner/01_small.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def sandboxed() -> Iterator[object]:
    """Workers of the strongest isolation, shared: a fresh one serves each task all the same."""
    from autograder.sandbox.limits import Limits
    from autograder.sandbox.workers import open_workers

    with open_workers("auto", Limits(cpu=1.0)) as workers:
        yield workers
