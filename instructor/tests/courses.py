"""The courses that tests release: this one, and an invented one of two assignments (functions, and a class)."""

import re
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]

FUNCTIONS = '''\
# %% [markdown]
# # Assignment 41 · A vector through a matrix
#
# With $y = Ax$ and a `v` from above, what reaches x, and what reaches A?

# %%
# %matplotlib inline
import numpy as np

# %% [markdown]
# ## 41.1 · What reaches x


# %%
def vjp_wrt_x(A, x, v):
    """Gradient of vᵀ(Ax) with respect to x.

    A: (m, n)   x: (n,)   v: (m,)
    Returns: (n,)
    """
    # TODO 41.1 (5 min, by hand): which index of A
    # does v meet?
    ### BEGIN SOLUTION
    meeting = A * v[:, None]
    return meeting.sum(axis=0)
    ### END SOLUTION


# %% [markdown]
# ## 41.2 · What reaches A


# %%
def vjp_wrt_A(A, x, v):
    """Gradient of vᵀ(Ax) with respect to A, (m, n)."""
    # TODO 41.2 (5 min, by hand): one number for each entry
    ### BEGIN SOLUTION
    return np.outer(v, x)
    ### END SOLUTION


# %%
def check_shapes(A, x):
    # TODO 41.2: also when they do not fit
    ### BEGIN SOLUTION
    if A.shape[1] != x.shape[0]:
        raise ValueError("shapes")
    ### END SOLUTION
    return A.shape
'''

CLASS = '''\
"""Assignment E9 · A scaler.

Fill the gaps from the top.
"""

import torch


# %%
class Scale(torch.autograd.Function):
    """Multiplies by a constant."""

    @staticmethod
    def forward(ctx, x, factor):
        # TODO E9.1 (5 min): what does the backward pass need?
        ### BEGIN SOLUTION
        ctx.chosen_factor = factor
        return x * ctx.chosen_factor
        ### END SOLUTION

    @staticmethod
    def backward(ctx, cotangent):
        """(n,) -> (n,), None"""
        # TODO E9.2 (5 min): no gradient for a number
        ### BEGIN SOLUTION
        return ctx.chosen_factor * cotangent, None
        ### END SOLUTION


# %% [markdown]
# That is all.
'''

TESTS = """\
from autograder import Task

first = Task("{0}.1", "a", points=4)
second = Task("{0}.2", "b", points=6)


def wrong(A, x, v):
    return np.outer(x, v)
"""

ANSWER_41 = "assignments/advanced/41_matrix.py"
ANSWER_E9 = "assignments/exercises/exercise_09_scaler.py"
SOLUTION_41 = "instructor/solutions/advanced/41_matrix.py"
TESTS_41 = "assignments/advanced/test_41_matrix.py"


def tasks_of(test_file):
    """What `declared_tasks` would find, without importing anything."""
    declared = re.findall(r'Task\("(\S+)", .*points=(\d+)', test_file.read_text(encoding="utf-8"))
    return [(task, int(points)) for task, points in declared]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_course(folder: Path) -> Path:
    """Solutions and tests of the two."""
    write(folder / SOLUTION_41, FUNCTIONS)
    write(folder / TESTS_41, TESTS.format("41"))
    write(folder / "instructor/solutions/exercises/exercise_09_scaler.py", CLASS)
    write(folder / "assignments/exercises/test_exercise_09_scaler.py", TESTS.format("E9"))
    return folder
