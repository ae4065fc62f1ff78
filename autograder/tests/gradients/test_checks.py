"""assert_gradient, assert_vjp and assert_jacobian: what they accept, what they refuse, and what they say."""

import numpy as np
import pytest
import torch

from autograder.gradients.checks import assert_close, assert_gradient, assert_jacobian, assert_trajectory, assert_vjp
from autograder.gradients.errors import AuthorError, Wrong, WrongType

A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 3.0]])
T = torch.tensor(A)
X, V = np.array([1.0, -0.5, 2.0]), np.array([2.0, -1.0])


def linear(x):
    return T @ x


def refusal(claimed, **question) -> Wrong:
    with pytest.raises(Wrong) as caught:
        assert_gradient(claimed, **question)
    return caught.value


def test_arrays_are_answered_with_arrays():
    assert_gradient(V @ A, of=linear, at=X, cotangent=V)


def test_tensors_are_answered_with_tensors_that_may_track():
    claimed = torch.tensor(V @ A, requires_grad=True)
    assert_gradient(claimed, of=linear, at=torch.tensor(X), cotangent=torch.tensor(V))


@pytest.mark.parametrize("claimed", [6.0, np.float64(6.0), np.array(6.0), 6, np.int64(6)])
def test_a_float_is_answered_with_any_kind_of_float(claimed):
    assert_gradient(claimed, of=lambda x: x * x, at=3.0)


def test_several_inputs_are_answered_with_a_tuple_or_list():
    question = {"of": lambda A, x: A @ x, "at": (A, X), "cotangent": V}
    assert_gradient((np.outer(V, X), V @ A), **question)
    assert_gradient([np.outer(V, X), V @ A], **question)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3)])
def test_any_shape_will_do(shape):
    x = np.full(shape, 0.5)
    assert_gradient(2 * x * 3, of=lambda x: x**2, at=x, cotangent=np.full(shape, 3.0))


def test_a_longdouble_answer_counts_as_an_array():
    assert_gradient((V @ A).astype(np.longdouble), of=linear, at=X, cotangent=V)


@pytest.mark.parametrize("claimed", [None, "0.5", [1.0, 2.0, 3.0], (1.0,), True, 1, torch.ones(3).double(), {}])
def test_another_type_than_an_array_is_a_wrong_type(claimed):
    assert isinstance(refusal(claimed, of=linear, at=X, cotangent=V), WrongType)


@pytest.mark.parametrize("claimed", [None, np.ones(3), 1.0, [1.0, 2.0, 3.0], torch.nn.Module()])
def test_another_type_than_a_tensor_is_a_wrong_type(claimed):
    question = {"of": linear, "at": torch.tensor(X), "cotangent": torch.tensor(V)}
    assert isinstance(refusal(claimed, **question), WrongType)


@pytest.mark.parametrize("claimed", [True, np.float32(6.0), torch.tensor(6.0), "6.0", np.array([6.0]), None, 6 + 0j])
def test_another_type_than_a_float_is_a_wrong_type(claimed):
    assert isinstance(refusal(claimed, of=lambda x: x * x, at=3.0), WrongType)


def test_a_tensor_subclass_is_a_wrong_type():
    class Agreeable(torch.Tensor):
        def __sub__(self, other):
            return torch.zeros(3)

    claimed = torch.ones(3).double().as_subclass(Agreeable)
    assert isinstance(refusal(claimed, of=linear, at=torch.tensor(X), cotangent=torch.tensor(V)), WrongType)


def test_a_sparse_tensor_is_a_wrong_type():
    claimed = torch.tensor(V @ A).to_sparse()
    assert isinstance(refusal(claimed, of=linear, at=torch.tensor(X), cotangent=torch.tensor(V)), WrongType)


@pytest.mark.parametrize("claimed", [torch.ones(3, device="meta"), torch.ones(3, dtype=torch.complex128)])
def test_a_tensor_without_real_numbers_is_refused(claimed):
    refusal(claimed, of=linear, at=torch.tensor(X), cotangent=torch.tensor(V))


def test_too_few_gradients_are_counted():
    wrong = refusal((V @ A,), of=lambda A, x: A @ x, at=(A, X), cotangent=V)
    assert "1 value came back; 2 are expected" in wrong.headline


def test_a_wrong_shape_names_both():
    wrong = refusal(V, of=linear, at=X, cotangent=V)
    assert wrong.lines == ("shape: yours (2,), expected (3,)",)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.complex128, object])
def test_a_wrong_dtype_is_named(dtype):
    wrong = refusal((V @ A).astype(dtype), of=linear, at=X, cotangent=V)
    assert wrong.lines == (f"dtype: yours {np.dtype(dtype)}, expected float64",)
    assert type(wrong) is Wrong


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_values_that_are_not_finite_are_refused_in_a_sentence(value, word):
    wrong = refusal(np.array([0.0, value, 0.0]), of=linear, at=X, cotangent=V)
    assert wrong.lines == (f"yours[1] is {word}; 5.5 is expected",)


def test_a_whole_number_beyond_float64_is_infinite():
    assert refusal(10**400, of=lambda x: x * x, at=3.0).lines == ("yours is infinite; 6.0 is expected",)


def test_zeros_of_whole_numbers_are_zeros_and_other_whole_numbers_are_not_float64():
    assert_gradient(np.zeros(3, dtype=int), of=lambda x: (0 * x).sum(), at=X)
    assert refusal(np.ones(3, dtype=int), of=lambda x: x.sum(), at=X).headline.endswith("has the wrong dtype")


def test_a_wrong_number_is_told_by_index_yours_expected_and_who_agrees():
    wrong = refusal(V @ A + [0.0, 0.25, 0.0], of=linear, at=X, cotangent=V)
    assert wrong.headline == "the gradient with respect to x is wrong"
    assert wrong.lines == (
        "[1]: yours 5.75, expected 5.5",
        "autograd and finite differences agree on what is expected",
    )


def test_an_answer_may_be_called_by_a_name():
    assert refusal(1.0, of=lambda w: w * w, at=3.0, name="dw").headline == "dw is wrong"


def test_a_refusal_keeps_at_most_six_lines():
    assert Wrong("wrong", ("line",) * 9).lines == ("line",) * 6


def test_a_mismatch_holds_what_a_mistake_is_recognised_by():
    mismatch = refusal(2 * V @ A, of=linear, at=X, cotangent=V).mismatch
    assert np.array_equal(mismatch.claimed, 2 * mismatch.expected)
    assert np.array_equal(mismatch.at[0], X)
    assert np.array_equal(mismatch.cotangent, V)


def test_a_vector_output_needs_a_cotangent():
    with pytest.raises(AuthorError, match="a cotangent of that shape is needed"):
        assert_gradient(V @ A, of=linear, at=X)


def test_a_cotangent_of_another_shape_is_the_authors_error():
    with pytest.raises(AuthorError, match=r"the cotangent has shape \(3,\)"):
        assert_gradient(V @ A, of=linear, at=X, cotangent=X)


class WrongBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.sin()

    @staticmethod
    def backward(ctx, v):
        return 1.001 * v


@pytest.mark.parametrize(
    ("of", "says"),
    [
        (WrongBackward.apply, "disagree"),
        (lambda x: x * x.detach(), "disagree"),
        (lambda x: x.detach() * 2, "detaches"),
        (lambda x: torch.log(x - 10), "not finite"),
        (lambda x: (x, x), "one tensor"),
        (lambda x: torch.where(x > 99, torch.sqrt(x - 50), x), "not finite"),
    ],
)
def test_a_bad_reference_is_the_authors_error_even_where_the_answer_is_bad_too(of, says):
    with pytest.raises(AuthorError, match=says):
        assert_gradient(None, of=of, at=np.array([0.5]), cotangent=np.array([1.0]))


def test_a_function_that_differentiates_inside_is_checked():
    def slope(x):
        x = x if x.requires_grad else x.clone().requires_grad_()
        return torch.autograd.grad((x**3).sum(), x, create_graph=True)[0]

    assert_gradient(6 * X, of=slope, at=X, cotangent=np.ones(3))


def test_a_function_that_vmap_refuses_is_checked_point_by_point():
    def branching(x):
        return x * 2 if x.sum().item() > 0 else x * 3

    assert_gradient(np.full(30, 2.0), of=branching, at=np.full(30, 0.5), cotangent=np.ones(30))


def test_vjp_is_asked_at_other_cotangents_too():
    asked = []

    def vjp(v):
        asked.append(v)
        return v @ A

    assert_vjp(vjp, of=linear, at=X, cotangent=V)
    assert len(asked) == 3
    assert not asked[-1].any()


@pytest.mark.parametrize(
    "vjp", [lambda v: V @ A, lambda v: v @ A + (not v.any()) * 1.0, lambda v: v**2 @ (A / V[:, None])]
)
def test_an_answer_that_is_not_linear_in_v_is_refused(vjp):
    with pytest.raises(Wrong) as caught:
        assert_vjp(vjp, of=linear, at=X, cotangent=V)
    assert "with v = [" in caught.value.lines[-1]


def test_vjp_of_tensors_and_of_several_inputs():
    assert_vjp(
        lambda v: (torch.outer(v, torch.tensor(X)), v @ T),
        of=lambda A, x: A @ x,
        at=(T, torch.tensor(X)),
        cotangent=torch.tensor(V),
    )


def test_forward_and_reverse_mode_that_disagree_are_the_authors_error():
    class Lopsided(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return 2 * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, v):
            return 2 * v

        @staticmethod
        def jvp(ctx, u):
            return 3 * u

    with pytest.raises(AuthorError, match="forward and reverse"):
        assert_vjp(lambda v: 2 * v, of=Lopsided.apply, at=X, cotangent=X)


@pytest.mark.parametrize(("m", "n"), [(2, 3), (1, 3), (3, 1), (1, 1), (0, 2), (2, 0)])
def test_jacobians_of_any_size(m, n):
    matrix = np.arange(1.0, m * n + 1).reshape(m, n)
    assert_jacobian(matrix, of=lambda x: torch.tensor(matrix) @ x, at=np.ones(n))


def test_a_transposed_jacobian_is_refused():
    with pytest.raises(Wrong, match="wrong"):
        assert_jacobian(np.array([[1.0, 0.0], [5.0, 1.0]]), of=lambda x: torch.stack([x[0] + 5 * x[1], x[1]]), at=V)


def test_jacobians_of_0_dim_inputs_and_outputs():
    assert_jacobian(6.0, of=lambda x: x**2, at=3.0)
    assert_jacobian(2 * X, of=lambda x: x @ x, at=X)
    assert_jacobian(np.array([2.0, 3.0]), of=lambda x: torch.stack([2 * x, 3 * x]), at=1.0)


def test_float32_answers_are_held_to_float32():
    x = torch.tensor([0.1, 0.7, -1.3])
    question = {"of": torch.exp, "at": x, "cotangent": torch.ones(3)}
    assert_gradient(x.exp(), **question)
    refusal(x.exp() * 1.0009, **question)
    refusal(x.exp().double(), **question)


@pytest.mark.parametrize("x", [1e-3, 1 / 64, 300.0, 1e4])
def test_strong_curvature_and_large_inputs_are_no_kinks_and_no_authors_errors(x):
    assert_gradient(-2 / x**3, of=lambda x: 1 / x**2, at=x)
    assert_gradient(float(np.cos(x)), of=torch.sin, at=x)


EXTREME = (1.7e308, -1.7e308, 5e-324, np.inf, np.nan, np.longdouble("1e4900"), np.longdouble("-1e4900"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("one", EXTREME, ids=str)
@pytest.mark.parametrize("other", EXTREME, ids=str)
def test_an_answer_as_large_as_can_be_is_refused_without_a_warning_of_ours(one, other):
    x, claimed = np.array([1.0, 2.0]), np.array([one, other])
    for refused in (
        lambda: assert_gradient(claimed, of=lambda x: (x**2).sum(), at=x),
        lambda: assert_gradient(one, of=lambda x: x**2, at=1.0),
        lambda: assert_vjp(lambda v: claimed, of=lambda x: x**2, at=x, cotangent=x),
        lambda: assert_jacobian(np.array([claimed, claimed]), of=lambda x: x**2, at=x),
        lambda: assert_close(claimed, x),
        lambda: assert_close([one, other], [1.0, 2.0]),
        lambda: assert_trajectory([one, other], [1.0, 2.0], name="steps"),
    ):
        with pytest.raises(Wrong):
            refused()
