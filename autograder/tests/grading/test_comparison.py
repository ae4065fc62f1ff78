"""The numbers that a failure carries for its picture: yours, autograd's and finite differences', of what is wrong."""

import numpy as np
import pytest
import torch

from autograder.course import selection
from autograder.gradients.checks import assert_close, assert_gradient, assert_jacobian, assert_trajectory, assert_vjp
from autograder.gradients.errors import Compared, Wrong
from autograder.grading import result as results
from autograder.grading.comparison import MOST_COLUMNS, MOST_ENTRIES, MOST_ROWS, comparison
from autograder.grading.grade import grade
from autograder.reports.github.hostile import read_result
from autograder.tests.grading.test_feedback import HEAD, SLOPE, first_failure, wrong_vjp

W, X = np.array([[1.0, 2.0, -1.0], [0.5, -2.0, 3.0]]), np.array([1.0, -1.0, 0.5])


def tanh(x):
    return torch.tanh(torch.as_tensor(W) @ x)


def compared(check, *args, **kwargs):
    with pytest.raises(Wrong) as caught:
        check(*args, **kwargs)
    return caught.value.compared


def test_the_smallest_failing_example_is_compared(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return A.T @ v + 1.0")
    assert test.counterexample == "vjp_wrt_x(A=[[0.0]], x=[0.0], v=[1.0])"
    shown = test.comparison
    assert shown.of == "the gradient with respect to x"
    assert shown.yours == results.Numbers((1,), (0, 0), ((1.0,),))
    assert shown.expected == shown.measured == results.Numbers((1,), (0, 0), ((0.0,),))


@pytest.mark.parametrize(
    "body",
    [
        "return A.T @ v",
        "return None",
        "raise ValueError('no')",
        "return 'text'",
    ],
    ids=["right", "None", "raised", "text"],
)
def test_without_numbers_there_is_nothing_to_compare(course, sandboxed, body):
    text = f"import numpy as np\n\ndef vjp_wrt_x(A, x, v):\n    {body}\n"
    (course / "assignments/beginner/01_small.py").write_text(text)
    [task] = grade(course, sandboxed, only=selection("01.1")).assignments[0].tasks
    assert task.tests[0].comparison is None


def test_where_numbers_belong_and_none_came_the_shapes_are_compared(course, sandboxed):
    shown = wrong_vjp(course, sandboxed, "return (A.T @ v).astype(np.longdouble)[0:0]").comparison
    assert (shown.yours.rows, shown.yours.shape, shown.expected.shape) == (((),), (0,), (1,))


def test_it_survives_json_and_the_reader_of_the_posting_job(course, sandboxed, answer, tmp_path):
    answer(f"{HEAD}def vjp_wrt_x(A, x, v):\n    return np.full_like(x, np.nan)\n\n{SLOPE}")
    result = grade(course, sandboxed, only=selection("01"))
    assert result.assignments[0].tasks[0].tests[0].comparison.yours.rows == (("nan",),)
    data = results.to_json(result)
    assert results.from_json(data) == result
    (tmp_path / "result.json").write_bytes(data)
    assert read_result(tmp_path).score == result.score == 6


def test_of_several_inputs_the_wrong_one_is_compared():
    def layer(X, W):
        return X @ W

    at = np.arange(6.0).reshape(2, 3), np.arange(3.0).reshape(3, 1)
    v = np.array([[1.0], [2.0]])
    right = v @ at[1].T, at[0].T @ v
    shown = compared(assert_gradient, (right[0], right[1] * 2), of=layer, at=at, cotangent=v, name=("dX", "dW"))
    assert shown.name == "dW"
    assert np.array_equal(shown.claimed, 2 * right[1])
    assert np.array_equal(shown.expected, right[1])
    assert np.allclose(shown.measured, right[1], rtol=1e-6)
    assert not np.array_equal(shown.measured, right[1])  # they were measured, and not copied


def test_finite_differences_are_those_of_the_cotangent_at_hand():
    right = (1 - np.tanh(W @ X) ** 2)[:, None] * W
    asked = []

    def half_right(v):
        asked.append(v)
        return right.T @ (v if len(asked) == 1 else np.abs(v))

    shown = compared(assert_vjp, half_right, of=tanh, at=X, cotangent=np.array([1.0, 2.0]))
    assert len(asked) == 2
    assert np.allclose(shown.measured, right.T @ asked[1], rtol=1e-5)
    assert np.allclose(shown.expected, right.T @ asked[1], rtol=1e-12)


def test_a_jacobian_is_measured_in_its_own_shape():
    right = (1 - np.tanh(W @ X) ** 2)[:, None] * W
    shown = compared(assert_jacobian, right * 1.5, of=tanh, at=X)
    assert np.allclose(shown.measured, right, rtol=1e-5)
    shown = compared(assert_jacobian, np.zeros((2, 2, 3)), of=lambda x: torch.stack([x.sum(1), x[:, 0] ** 2]), at=W)
    assert shown.claimed.shape == (2, 2, 3)
    assert shown.measured.shape == shown.expected.shape == (2, 2, 2, 3)
    assert np.allclose(shown.measured, shown.expected, atol=1e-6)


def test_another_type_alone_is_no_picture():
    assert (
        compared(assert_gradient, np.float32([2.0]), of=lambda x: x**2, at=np.array([1.0]), cotangent=np.ones(1))
        is None
    )


def test_the_array_inside_an_answer_is_compared():
    shown = compared(assert_close, {"a": 1.0, "b": W + 1}, {"a": 1.0, "b": W}, name="gradients")
    assert shown.name == "gradients['b']"
    assert np.array_equal(shown.claimed - shown.expected, np.ones((2, 3)))
    assert shown.measured is None
    assert compared(assert_close, 1.0, 2.0) is None


def test_a_trajectory_of_numbers_is_compared_whole():
    shown = compared(assert_trajectory, [1.0, 2.0, 5.0], [1.0, 2.0, 4.0], name="the losses")
    assert shown.claimed.tolist() == [1.0, 2.0, 5.0]
    states = compared(assert_trajectory, [W, W + 1], [W, W], name="the states")
    assert states.claimed.shape == (2, 3)


@pytest.mark.parametrize("shape", [(), (0,), (500,), (0, 4), (40, 30), (7, 0), (2, 3, 4, 30)])
def test_a_window_of_bounded_size_holds_the_worst_entry(shape):
    expected = np.zeros(shape)
    claimed = expected.copy()
    if claimed.size:
        claimed.reshape(-1)[-1] = np.nan
    shown = comparison(Wrong("x", compared=Compared("x", claimed, expected)))
    if not claimed.size:
        assert shown is None
        return
    assert any("nan" in row for row in shown.yours.rows)
    assert len(shown.yours.rows) <= MOST_ROWS
    assert len(shown.yours.rows[0]) <= (MOST_ENTRIES if len(shape) == 1 else MOST_COLUMNS)
    assert shown.yours.start == shown.expected.start
    assert len(shown.expected.rows) == len(shown.yours.rows)


def test_a_failure_of_another_kind_has_no_numbers(course, sandboxed):
    assert comparison(ZeroDivisionError()) is None
    assert first_failure(course, sandboxed, "def slope(x): return 2 * x\n").comparison is None
