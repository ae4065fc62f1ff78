"""What counts as a trace of a solution in a release."""

import json
from pathlib import Path

import pytest

from instructor.leaks import leaks

SOLUTION = """\
# %%
def vjp_wrt_x(A, x, v):
    # TODO 41.1 (5 min, by hand): which index of A does v meet?
    ### BEGIN SOLUTION
    meeting = A * v[:, None]
    return meeting.sum(axis=0)
    ### END SOLUTION


# %%
def vjp_wrt_A(A, x, v):
    # TODO 41.2 (5 min, by hand): one number for each entry
    ### BEGIN SOLUTION
    return np.outer(v, x)
    ### END SOLUTION


# %%
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W):
        # TODO 41.3 (5 min): what does the backward pass need?
        ### BEGIN SOLUTION
        ctx.save_for_backward(X, W)
        return X @ W
        ### END SOLUTION

    @staticmethod
    def backward(ctx, V):
        # TODO 41.3
        ### BEGIN SOLUTION
        X, W = ctx.saved_tensors
        return V @ W.T, X.T @ V
        ### END SOLUTION
"""

ANSWER = "assignments/advanced/41_matrix.py"
SOURCE = "instructor/solutions/advanced/41_matrix.py"
TESTS = "assignments/advanced/test_41_matrix.py"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    write(tmp_path / "course" / SOURCE, SOLUTION)
    return tmp_path / "course"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.mark.parametrize(
    "line", ["    return np.outer(v, x)", "# return  np.outer(v, x)", "x = 1\n\treturn np.outer(v, x)"]
)
def test_a_line_of_an_answer_in_a_gap_file_is_a_leak(course, out, line):
    write(out / ANSWER, f"def vjp_wrt_A(A, x, v):\n{line}\n")
    (leak,) = leaks(course, out)
    assert (leak.file, leak.source, SOLUTION.split("\n")[leak.line - 1].strip()) == (
        ANSWER,
        SOURCE,
        "return np.outer(v, x)",
    )


def test_a_line_of_an_answer_in_a_notebook_is_a_leak(course, out):
    write(out / "41_matrix.ipynb", json.dumps({"cells": [{"source": "f()\nmeeting = A * v[:, None]"}]}))
    assert [leak.text for leak in leaks(course, out)] == ["meeting=A*v[:,None]"]


def test_tests_may_share_a_line_with_an_answer_but_not_hold_it_whole(course, out):
    wrong = "def wrong(A, x, v):\n    meeting = A * v[:, None]\n    return meeting.mean(axis=0)\n"
    write(out / TESTS, wrong)
    assert leaks(course, out) == []
    write(out / TESTS, wrong.replace("mean", "sum"))
    assert len(leaks(course, out)) == 2


def test_a_wrong_class_may_hold_one_gap_of_a_task_right(course, out):
    solution = SOLUTION.partition("class Linear")[2]
    write(out / TESTS, solution.replace("V @ W.T", "V @ W"))
    assert leaks(course, out) == []
    write(out / TESTS, solution)
    assert len(leaks(course, out)) == 4 - 1  # `return X @ W` is too short to tell


def test_what_a_lesson_teaches_is_no_leak(course, out):
    for folder in (course, out):
        write(folder / "lessons/advanced/41_matrix.py", "def outer(v, x):\n    return np.outer(v, x)\n")
    assert leaks(course, out) == []
