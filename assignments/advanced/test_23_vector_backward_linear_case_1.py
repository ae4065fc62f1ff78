"""Assignment 23 · Backward through a matrix"""

import numpy as np
import torch

from autograder import Task, assert_gradient, assert_vjp, example, given
from autograder import strategies as st

LESSON = "lessons/advanced/23_vector_backward_linear_case_1.py"
EMPTY_TOO = (0, 4)
DX, DA = "the gradient with respect to x", "the gradient with respect to A"


def linear_map(A, x, v):
    """A case of y = Ax with what arrives at y."""
    return st.Case(A=np.array(A), x=np.array(x), v=np.array(v))


TALL = linear_map([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]], [1.0, -1.0], [1.0, 2.0, 5.0])
SQUARE = linear_map([[1.0, 2.0], [3.0, 4.0]], [1.0, -2.0], [1.0, 3.0])

vjp_wrt_x = Task(
    "23.1",
    "vjp_wrt_x",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "Which y's contain x_j, each with which slope? Which letter is summed in ∂L/∂x_j, and which one is left?",
        "∂L/∂x_j = Σᵢ vᵢ·aᵢⱼ: the sum runs over i, the rows of A, and that index stands first in A.",
        "A product sums over the last index of what stands on its left. To put i last, A must be turned around with "
        ".T, and v then stands behind it.",
    ),
    see=f"From indices to a matrix formula, in {LESSON}",
)


def as_map_of_x(A):
    """y = Ax as a torch function of x."""
    A = torch.from_numpy(A)
    return lambda x: A @ x


@vjp_wrt_x.test
@given(st.linear_maps())
@example(SQUARE)
@example(TALL)
def test_is_the_gradient_with_respect_to_x(student, case):
    """entry j is what arrives at every output, each weighed by its slope along x_j, added up"""
    claimed = student.vjp_wrt_x(case.A, case.x, case.v)
    assert_gradient(claimed, of=as_map_of_x(case.A), at=case.x, cotangent=case.v, name=DX)


@vjp_wrt_x.test
@given(st.linear_maps(m=EMPTY_TOO, n=EMPTY_TOO, inexact=True))
def test_is_linear_in_v(student, case):
    """any v gives the gradient, in double precision; v = 0 gives 0, and so does a sum over nothing"""
    assert_vjp(
        lambda v: student.vjp_wrt_x(case.A, case.x, v),
        of=as_map_of_x(case.A),
        at=case.x,
        cotangent=case.v,
        name=DX,
    )


@vjp_wrt_x.misconception(
    "A v stands where Aᵀv belongs", hint="v has an entry for each row of A; in A v it would meet the columns"
)
def _(A, x, v):
    return A @ v


@vjp_wrt_x.misconception(
    "the Jacobian itself is returned", hint="A is J; what is asked for is vᵀJ, one row of n numbers"
)
def _(A, x, v):
    return A.copy()


@vjp_wrt_x.misconception("v is ignored", hint="the sum of the rows of A is right for a v of ones only")
def _(A, x, v):
    return A.sum(axis=0)


@vjp_wrt_x.misconception(
    "the rows are weighed, but not added up", hint="x_j is in every output: what comes back from all rows adds up"
)
def _(A, x, v):
    return v[:, None] * A


@vjp_wrt_x.misconception("x is multiplied in", hint="the slope of aᵢⱼ·xⱼ along xⱼ is aᵢⱼ: there is no x in it any more")
def _(A, x, v):
    return (A.T @ v) * x


@vjp_wrt_x.misconception(
    "the output stands in the place of v", hint="v is what arrives from above; y itself has no part in the gradient"
)
def _(A, x, v):
    return A.T @ (A @ x)


@vjp_wrt_x.misconception(
    "the output y is returned", hint="Ax goes forward; asked for is how vᵀ(Ax) grows with each x_j"
)
def _(A, x, v):
    return A @ x


@vjp_wrt_x.misconception(
    "L itself is returned", hint="vᵀAx is the number to differentiate; its gradient has an entry for each x_j"
)
def _(A, x, v):
    return v @ A @ x


@vjp_wrt_x.misconception("it is the gradient with respect to A", hint="the shape must be that of x: (n,)")
def _(A, x, v):
    return np.outer(v, x)


@vjp_wrt_x.misconception("the mean over the outputs stands for the sum", hint="nothing divides by m: contributions add")
def _(A, x, v):
    return A.T @ v / len(v)


@vjp_wrt_x.misconception(
    "the row keeps an axis of size 1", hint="the shape is that of x, (n,), not (1, n): NumPy takes v @ … as it is"
)
def _(A, x, v):
    return v[None, :] @ A


vjp_wrt_A = Task(
    "23.2",
    "vjp_wrt_A",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "In yᵢ = Σⱼ aᵢⱼ·xⱼ: which of the y's contain a₁₂, and with which slope?",
        "aᵢⱼ is in yᵢ alone, with slope xⱼ. So ∂L/∂aᵢⱼ = vᵢ·xⱼ: nothing is summed, and two indices stay free.",
        "A table of all products of two vectors is np.outer. The vector whose index is the row, i, comes first.",
    ),
    see=f"A slope for each entry of the matrix, in {LESSON}",
)


def as_map_of_A(x):
    """y = Ax as a torch function of A."""
    x = torch.from_numpy(x)
    return lambda A: A @ x


@vjp_wrt_A.test
@given(st.linear_maps())
@example(SQUARE)
@example(TALL)
def test_is_the_gradient_with_respect_to_A(student, case):
    """entry (i, j) is what arrives at output i, times the slope of that output along entry (i, j) of A"""
    claimed = student.vjp_wrt_A(case.A, case.x, case.v)
    assert_gradient(claimed, of=as_map_of_A(case.x), at=case.A, cotangent=case.v, name=DA)


@vjp_wrt_A.test
@given(st.linear_maps(m=EMPTY_TOO, n=EMPTY_TOO, inexact=True))
def test_of_A_is_linear_in_v(student, case):
    """any v gives the gradient, in double precision; v = 0 gives 0, and an empty A an empty one"""
    assert_vjp(
        lambda v: student.vjp_wrt_A(case.A, case.x, v),
        of=as_map_of_A(case.x),
        at=case.A,
        cotangent=case.v,
        name=DA,
    )


@vjp_wrt_A.misconception(
    "the outer product is transposed", hint="rows belong to outputs, so v is the row index: shape (m, n), that of A"
)
def _(A, x, v):
    return np.outer(x, v)


@vjp_wrt_A.misconception(
    "the outer product the wrong way round is reshaped",
    hint="reshape makes the shape right and leaves the numbers in their order; take the vectors in the other order",
)
def _(A, x, v):
    return np.outer(x, v).reshape(A.shape)


@vjp_wrt_A.misconception("v is ignored", hint="row i belongs to output i, and counts as much as vᵢ says")
def _(A, x, v):
    return np.outer(np.ones_like(v), x)


@vjp_wrt_A.misconception("x is ignored", hint="aᵢⱼ is multiplied by xⱼ on the way forward: xⱼ is its slope")
def _(A, x, v):
    return np.outer(v, np.ones_like(x))


@vjp_wrt_A.misconception("A is multiplied in", hint="the slope of aᵢⱼ·xⱼ along aᵢⱼ is xⱼ: there is no a in it any more")
def _(A, x, v):
    return np.outer(v, x) * A


@vjp_wrt_A.misconception(
    "A takes the place of x", hint="v weighs the rows of A on the way to x; the slope along aᵢⱼ is xⱼ, not aᵢⱼ"
)
def _(A, x, v):
    return v[:, None] * A


@vjp_wrt_A.misconception(
    "the output stands in the place of v", hint="v is what arrives from above; y itself has no part in the gradient"
)
def _(A, x, v):
    return np.outer(A @ x, x)


@vjp_wrt_A.misconception("it is the gradient with respect to x", hint="the shape must be that of A: (m, n)")
def _(A, x, v):
    return A.T @ v


@vjp_wrt_A.misconception(
    "an inner product stands for the outer one", hint="v and x share no index: each vᵢ meets each xⱼ, np.outer"
)
def _(A, x, v):
    return v @ x


@vjp_wrt_A.misconception(
    "v and x are multiplied entry by entry", hint="v and x share no index: each vᵢ meets each xⱼ, np.outer"
)
def _(A, x, v):
    return v * x


@vjp_wrt_A.misconception(
    "the whole Jacobian is returned", hint="∂yₖ/∂aᵢⱼ has three indices; weigh it by vₖ and sum over k"
)
def _(A, x, v):
    return np.eye(len(v))[:, :, None] * x


@vjp_wrt_A.misconception(
    "the mean over the outputs stands for the sum", hint="nothing divides by m: aᵢⱼ is in yᵢ alone"
)
def _(A, x, v):
    return np.outer(v, x) / len(v)


quadratic_gradient = Task(
    "23.3",
    "quadratic_gradient",
    points=4,
    by_hand=True,
    minutes=15,
    hints=(
        "Write Σᵢ Σⱼ xᵢ·aᵢⱼ·xⱼ. In which terms is x_1 the left factor, and in which the right one?",
        "With the right x held, the left one gives Σⱼ aₖⱼ·xⱼ. With the left x held, the right one gives Σᵢ xᵢ·aᵢₖ. "
        "The gradient is the sum of both.",
        "Turn each sum into a product: in the first the summed index stands last in A, in the second first. "
        "They are the same only if A is symmetric.",
    ),
    see=f"Quadratic forms, in {LESSON}",
)


def quadratic_form(A):
    """xᵀAx as a torch function of x."""
    A = torch.from_numpy(A)
    return lambda x: x @ A @ x


def form(A, x):
    """A case of a matrix and a vector."""
    return st.Case(A=np.array(A), x=np.array(x))


@quadratic_gradient.test
@given(st.cases(A="n n", x="n"))
@example(form([[1.0, 2.0], [0.0, 3.0]], [1.0, 10.0]))
@example(form([[1.0, 2.0, 0.0], [0.0, 3.0, 4.0], [5.0, 0.0, 1.0]], [1.0, 10.0, 100.0]))
@example(form([[3.0]], [2.0]))
def test_is_the_gradient_of_the_quadratic_form(student, case):
    """the gradient of xᵀAx, also where A is not symmetric"""
    claimed = student.quadratic_gradient(case.A, case.x)
    assert_gradient(claimed, of=quadratic_form(case.A), at=case.x, name=DX)


@quadratic_gradient.test
@given(st.cases(sizes={"n": (0, 5)}, A=st.field("n n", inexact=True), x=st.field("n", inexact=True)))
def test_is_right_in_double_precision(student, case):
    """more numbers, in double precision; no numbers give no numbers"""
    claimed = student.quadratic_gradient(case.A, case.x)
    assert_gradient(claimed, of=quadratic_form(case.A), at=case.x, name=DX)


@quadratic_gradient.misconception(
    "2Ax, which is right only for a symmetric A",
    hint="the x on the left and the x on the right bring different parts: one with A, one with its transpose",
)
def _(A, x):
    return 2 * A @ x


@quadratic_gradient.misconception(
    "2Aᵀx, which is right only for a symmetric A",
    hint="the x on the left and the x on the right bring different parts: one with A, one with its transpose",
)
def _(A, x):
    return 2 * A.T @ x


@quadratic_gradient.misconception(
    "only the x on the left moves", hint="x is in two places: the one behind A brings a part of its own, and they add"
)
def _(A, x):
    return A @ x


@quadratic_gradient.misconception(
    "only the x on the right moves", hint="x is in two places: the one before A brings a part of its own, and they add"
)
def _(A, x):
    return A.T @ x


@quadratic_gradient.misconception("the mean of both parts is taken", hint="the parts from both places add up")
def _(A, x):
    return (A @ x + A.T @ x) / 2


@quadratic_gradient.misconception("the parts are subtracted", hint="the parts from both places add up")
def _(A, x):
    return A @ x - A.T @ x


@quadratic_gradient.misconception(
    "the factor 2 of x² comes on top", hint="the two parts are that 2 already: for n = 1, Ax and Aᵀx make 2·a·x"
)
def _(A, x):
    return 2 * (A @ x + A.T @ x)


@quadratic_gradient.misconception(
    "x is forgotten", hint="A and its transpose are matrices; each of them meets the x that was held"
)
def _(A, x):
    return A + A.T


@quadratic_gradient.misconception("the x that is held is forgotten", hint="a held x is still there: A x, not sums of A")
def _(A, x):
    return A.sum(axis=0) + A.sum(axis=1)


@quadratic_gradient.misconception(
    "only the squares count", hint="the terms with i ≠ j hold x_k too, once on the left and once on the right"
)
def _(A, x):
    return 2 * np.diag(A) * x


@quadratic_gradient.misconception(
    "the diagonal is counted once", hint="aₖₖ·xₖ² has slope 2·aₖₖ·xₖ: x_k is in both places there, too"
)
def _(A, x):
    return A @ x + A.T @ x - np.diag(A) * x


@quadratic_gradient.misconception(
    "x is multiplied in once more", hint="of the two x one moves, and its place is taken by 1; only the other stays"
)
def _(A, x):
    return x * (A @ x + A.T @ x)


@quadratic_gradient.misconception("xᵀAx itself is returned", hint="its gradient is asked for, an entry for each x_k")
def _(A, x):
    return x @ A @ x
