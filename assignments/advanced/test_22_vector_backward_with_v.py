"""Assignment 22 · Backward from a vector, with a v"""

import re

import numpy as np
import torch

from autograder import Task, assert_gradient, assert_raises, assert_vjp, example, functions, given
from autograder import strategies as st

LESSON = "lessons/advanced/22_vector_backward_with_v.py"
OTHER_KINDS = ("scalar", "vector_to_scalar", "matrix_to_scalar", "matrix_to_matrix")

vjp = Task(
    "22.1",
    "vjp",
    points=4,
    minutes=15,
    hints=(
        "A vector has no gradient, but the number Σ vᵢ·yᵢ has one. How does backward get to know v?",
        "Make a leaf of your own from x (detached, since x may track), compute y, compare v.shape with y.shape and "
        "raise ValueError with both in the message, then let v go backward.",
        "leaf = x.detach().requires_grad_(); y = f(leaf); if v.shape != y.shape: raise ValueError(f'… {v.shape} … "
        "{y.shape}'); then torch.autograd.grad(y, leaf, …)[0].",
    ),
    see=f"v weighs the outputs, in {LESSON}",
)


def linear_case(A, x, v):
    """A case of f(x) = Ax with a point and a cotangent."""
    f = functions.function("linear", A=A)
    return st.Case(f=f, x=torch.tensor(x, dtype=torch.float64), v=torch.tensor(v, dtype=torch.float64))


SQUARE = linear_case(((1.0, 2.0), (0.0, 1.0)), [1.0, 1.0], [1.0, 3.0])
TALL = linear_case(((1.0, 2.0), (0.0, 1.0), (4.0, 0.0)), [1.0, 1.0], [1.0, 3.0, 2.0])


SINGLE = st.Case(f=functions.function("square", a=2.0), x=torch.tensor(1.0).double(), v=torch.tensor(3.0).double())


def tracking(x):
    """x as a leaf that tracks gradients, with something in .grad already."""
    leaf = x.clone().requires_grad_()
    leaf.grad = torch.full_like(x, 0.5)
    return leaf


@vjp.test
@given(functions.points("vector_to_vector"))
@example(SQUARE)
@example(TALL)
def test_is_the_vector_jacobian_product(student, case):
    """vᵀJ: the rows of the Jacobian, each weighed by its v and added up"""
    claimed = student.vjp(case.f, case.x, case.v)
    assert_gradient(claimed, of=case.f, at=case.x, cotangent=case.v, name="vᵀJ")


@vjp.test(examples=25)
@given(st.one_of([functions.points(kind) for kind in OTHER_KINDS]))
def test_inputs_and_outputs_have_any_shape(student, case):
    """x, and f(x) and v with it, may also be single numbers or matrices; v = 0 gives 0"""
    assert_vjp(
        lambda v: student.vjp(case.f, case.x, v),
        of=case.f,
        at=case.x,
        cotangent=case.v,
        name="the gradient of Σ v·f(x)",
    )


@vjp.test(examples=25)
@given(functions.points("vector_to_vector"))
def test_x_may_track(student, case):
    """an x that tracks gradients keeps its .grad, and the answer does not depend on what is in it"""
    claimed = student.vjp(case.f, tracking(case.x), case.v)
    assert_gradient(claimed, of=case.f, at=case.x, cotangent=case.v, name="vᵀJ")


def unequal_shapes(shape, x_shape):
    """Shapes a v may come in that are not `shape`: those that broadcast, as many entries laid out otherwise, others."""
    count = int(np.prod(shape))
    longer = (*shape[:-1], shape[-1] + 1) if shape else (2,)
    shapes = [(1,), (), (*shape, 1), (1, *shape), longer, shape[:-1], shape[::-1], (count,), x_shape, (count + 1,)]
    return [other for other in dict.fromkeys(shapes) if other != shape]


@st.composite
def misfits(draw):
    """Cases whose v does not have the shape of f(x), which is kept as y_shape."""
    case = draw(st.one_of([functions.points(kind) for kind in ("vector_to_vector", *OTHER_KINDS)]))
    y_shape = tuple(case.v.shape)
    other = draw(st.sampled_from(unequal_shapes(y_shape, tuple(case.x.shape))))
    return st.Case(f=case.f, x=case.x, v=torch.as_tensor(draw(st.cotangents(other))), y_shape=y_shape)


def misfit(v, case=TALL):
    """A case with this v in place of a right one."""
    return st.Case(f=case.f, x=case.x, v=torch.tensor(v, dtype=torch.float64), y_shape=tuple(case.v.shape))


def shapes_in(message):
    """The shapes that a text holds, written (2, 3), [2, 3] or 2×3."""
    message = re.sub(r"\s+", " ", message)
    bracketed = re.findall(r"[(\[] ?((?:\d+ ?, ?)*\d*) ?,? ?[)\]]", message)
    crossed = re.findall(r"\d+(?: ?[x×] ?\d+)+", message)
    return {tuple(int(size) for size in re.findall(r"\d+", text)) for text in bracketed + crossed}


@vjp.test(examples=40)
@given(misfits())
@example(misfit([2.0]))
@example(misfit([[1.0, 3.0, 2.0]]))
@example(misfit([[1.0], [3.0], [2.0]]))
@example(misfit([1.0, 3.0]))
@example(misfit(2.0))
@example(misfit([2.0], SINGLE))
def test_refuses_a_v_of_another_shape(student, case):
    """a v whose shape is not that of f(x) raises ValueError, and the message holds both shapes"""
    raised = assert_raises(ValueError, student.vjp, case.f, case.x, case.v)
    told = shapes_in(raised.message)
    for name, shape in {"v": tuple(case.v.shape), "f(x)": case.y_shape}.items():
        assert shape in told, (
            f"The message of the ValueError does not hold {shape}, the shape of {name}; "
            f"it reads {raised.message[:150]!r}."
        )


def forward(f, x):
    """A leaf with the values of x, and f of it."""
    leaf = x.detach().clone().requires_grad_()
    return leaf, f(leaf)


def compare(v, y):
    """Raise ValueError as the task wants it."""
    if v.shape != y.shape:
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}")


@vjp.misconception(
    "the outputs are summed as they are",
    hint="f(x).sum() counts every output once; each must be weighed by its v before they are added up",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    compare(v, y)
    return torch.autograd.grad(y.sum(), leaf)[0]


@vjp.misconception(
    "v is ignored", hint="v says how much each output counts; without it every output counts 1, as if v were all ones"
)
def _(f, x, v):
    leaf, y = forward(f, x)
    return torch.autograd.grad(y.sum(), leaf)[0]


@vjp.misconception(
    "v is multiplied with the gradient of the sum",
    hint="v belongs to the outputs: it weighs them before they are added up, not the result afterwards",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    compare(v, y)
    return v * torch.autograd.grad(y.sum(), leaf)[0]


@vjp.misconception(
    "J v stands where vᵀJ belongs",
    hint="v has an entry for each output, so it weighs the rows of J: vᵀJ, which is v @ J",
    see=f"Pitfall: J v is something else, in {LESSON}",
)
def _(f, x, v):
    compare(v, f(x))
    return torch.autograd.functional.jacobian(f, x.detach()) @ v


@vjp.misconception(
    "forward mode gives J v, not vᵀJ",
    hint="jvp carries a direction of the inputs forward; v belongs to the outputs and goes backward",
    see=f"Pitfall: J v is something else, in {LESSON}",
)
def _(f, x, v):
    compare(v, f(x))
    return torch.func.jvp(f, (x.detach(),), (v,))[1]


@vjp.misconception(
    "vᵀf(x) itself is returned", hint="Σ vᵢ·yᵢ is the number to differentiate; its gradient is asked for"
)
def _(f, x, v):
    y = f(x)
    compare(v, y)
    return (v * y).sum()


@vjp.misconception(
    "a v that can be broadcast is let through",
    hint="v * f(x) stretches a v of another shape without a word: compare v.shape with f(x).shape first",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    return torch.autograd.grad((v * y).sum(), leaf)[0]


@vjp.misconception(
    "the check is left to torch, which raises RuntimeError",
    hint="compare v.shape with f(x).shape before going backward, and raise ValueError yourself",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    return torch.autograd.grad(y, leaf, v)[0]


@vjp.misconception(
    "only the numbers of entries are compared",
    hint="(3,) and (3, 1) have as many entries, and are not equal: compare v.shape with f(x).shape",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.numel() != y.numel():
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}")
    return torch.autograd.grad(y.reshape(-1), leaf, v.reshape(-1))[0]


@vjp.misconception(
    "only the numbers of axes are compared",
    hint="(2,) and (3,) have one axis each, and are not equal: compare v.shape with f(x).shape",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.ndim != y.ndim:
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}")
    return torch.autograd.grad((v * y).sum(), leaf)[0]


@vjp.misconception(
    "assert raises AssertionError, not ValueError",
    hint="a caller who expects ValueError does not catch AssertionError: if …: raise ValueError(…)",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.shape != y.shape:
        raise AssertionError(f"v has shape {v.shape}, f(x) has shape {y.shape}")
    return torch.autograd.grad(y, leaf, v)[0]


@vjp.misconception(
    "a v of a single entry is let through",
    hint="one number is no v for three outputs: it must be refused, like every other shape that is not f(x).shape",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.numel() != 1:
        compare(v, y)
    return torch.autograd.grad((v * y).sum(), leaf)[0]


@vjp.misconception(
    "a v that can be broadcast is let through, and others are refused",
    hint="that v can be stretched to f(x).shape is not enough: its shape must be that one already",
    see=f"v has the shape of y, in {LESSON}",
)
def _(f, x, v):
    leaf, y = forward(f, x)
    try:
        stretched = v.expand(y.shape)
    except RuntimeError:
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}") from None
    return torch.autograd.grad(y, leaf, stretched)[0]


@vjp.misconception(
    "v is compared with x", hint="v has an entry for each output, so its shape must be that of f(x), not of x"
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.shape != x.shape:
        raise ValueError(f"v has shape {v.shape}, x has shape {x.shape}")
    return torch.autograd.grad(y, leaf, v)[0]


@vjp.misconception(
    "the message lacks a shape", hint="an f-string puts both into the message: f'… {v.shape} … {y.shape} …'"
)
def _(f, x, v):
    leaf, y = forward(f, x)
    if v.shape != y.shape:
        raise ValueError("v must have the shape of f(x)")
    return torch.autograd.grad(y, leaf, v)[0]


@vjp.misconception(
    "x itself is the leaf, and its .grad is filled",
    hint="x.detach() gives a leaf of your own; backward() then fills the .grad of that one",
)
def _(f, x, v):
    x.requires_grad_()
    y = f(x)
    compare(v, y)
    y.backward(v)
    return x.grad


@vjp.misconception(
    "x itself is made to track",
    hint="requires_grad_() changes the tensor it is called on; x.detach() first gives a leaf of your own",
)
def _(f, x, v):
    x.requires_grad_()
    y = f(x)
    compare(v, y)
    return torch.autograd.grad(y, x, v)[0]


@vjp.misconception(
    "the copy of x is no leaf where x tracks",
    hint="where x tracks, x.clone() is a result in its graph: it gets no .grad, and backward runs on into x.grad; "
    "detach first",
)
def _(f, x, v):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    compare(v, y)
    y.backward(v)
    return leaf.grad


jacobian_row = Task(
    "22.2",
    "jacobian_row",
    points=2,
    minutes=5,
    hints=(
        "vᵀJ is a mixture of the rows of J. Which mixture is row i alone?",
        "A one-hot v, as long as f(x), with its 1 at place i, gives row i.",
        "y = f(leaf); v = torch.zeros_like(y), then v[i] = 1; and go backward with it as in 22.1.",
    ),
    see=f"Choosing v, in {LESSON}",
)


@st.composite
def rows(draw, **options):
    """Cases of a function, a point and the number of a row of its Jacobian."""
    case = draw(functions.points("vector_to_vector", **options))
    return st.Case(f=case.f, x=case.x, i=draw(st.integers(0, len(case.v) - 1)))


def row_of(case, i):
    """The same function and point, with row i."""
    return st.Case(f=case.f, x=case.x, i=i)


def assert_row(claimed, case):
    """`claimed` is the gradient of output i alone."""
    assert_gradient(claimed, of=lambda x: case.f(x)[case.i], at=case.x, name=f"row {case.i} of the Jacobian")


@jacobian_row.test
@given(rows())
@example(row_of(SQUARE, 0))
@example(row_of(SQUARE, 1))
@example(row_of(TALL, 2))
def test_is_the_row_of_one_output(student, case):
    """row i holds the slopes of output i, counted from 0, along all inputs"""
    assert_row(student.jacobian_row(case.f, case.x, case.i), case)


@jacobian_row.test(examples=25)
@given(rows(only=("affine", "tanh_layer", "squared_linear"), sizes={"m": 1, "n": (1, 4)}))
def test_of_the_only_output(student, case):
    """one output has one row, of shape (n,)"""
    assert_row(student.jacobian_row(case.f, case.x, case.i), case)


@jacobian_row.test(examples=25)
@given(rows())
def test_x_of_a_row_may_track(student, case):
    """an x that tracks gradients keeps its .grad, and the answer does not depend on what is in it"""
    assert_row(student.jacobian_row(case.f, tracking(case.x), case.i), case)


def jacobian(f, x):
    return torch.autograd.functional.jacobian(f, x.detach())


@jacobian_row.misconception(
    "a column stands for the row", hint="row i belongs to output i; a column holds the slopes along one input"
)
def _(f, x, i):
    return jacobian(f, x)[:, i]


@jacobian_row.misconception("rows are counted from 1", hint="i counts from 0: the first row has i = 0")
def _(f, x, i):
    return jacobian(f, x)[i - 1]


@jacobian_row.misconception("the row after it", hint="i counts from 0: the place of the 1 is i itself")
def _(f, x, i):
    return jacobian(f, x)[i + 1]


@jacobian_row.misconception(
    "all rows are added up", hint="ones give the sum of the rows; zeros with a single 1 pick one of them"
)
def _(f, x, i):
    return jacobian(f, x).sum(dim=0)


@jacobian_row.misconception(
    "all rows up to row i are added up",
    hint="only row i is asked for: the other entries of v are 0, and gradients of earlier rows must not pile up",
)
def _(f, x, i):
    return jacobian(f, x)[: i + 1].sum(dim=0)


@jacobian_row.misconception("v is as long as x", hint="v has an entry for each output: make it from f(x), not from x")
def _(f, x, i):
    leaf, y = forward(f, x)
    v = torch.zeros_like(x)
    v[i] = 1
    return torch.autograd.grad(y, leaf, v)[0]


@jacobian_row.misconception("the last row comes back", hint="i is the place of the 1 in v, whichever row it is")
def _(f, x, i):
    return jacobian(f, x)[-1]


@jacobian_row.misconception(
    "output i itself is returned", hint="its slopes along all the inputs are asked for: let output i go backward"
)
def _(f, x, i):
    return f(x)[i]


@jacobian_row.misconception("the row keeps an axis of size 1", hint="a row has shape (n,), not (1, n)")
def _(f, x, i):
    return jacobian(f, x)[i : i + 1]


@jacobian_row.misconception(
    "the number i stands in v, and not a 1", hint="i is the place of the 1 in v: everything else is 0"
)
def _(f, x, i):
    return i * jacobian(f, x).sum(dim=0)


@jacobian_row.misconception(
    "x itself is the leaf, and its .grad is filled",
    hint="x.detach() gives a leaf of your own; backward() then fills the .grad of that one",
)
def _(f, x, i):
    x.requires_grad_()
    f(x)[i].backward()
    return x.grad


@jacobian_row.misconception(
    "x itself is made to track",
    hint="requires_grad_() changes the tensor it is called on; x.detach() first gives a leaf of your own",
)
def _(f, x, i):
    x.requires_grad_()
    return torch.autograd.grad(f(x)[i], x)[0]


@jacobian_row.misconception(
    "the copy of x is no leaf where x tracks",
    hint="where x tracks, x.clone() is a result in its graph: it gets no .grad, and backward runs on into x.grad; "
    "detach first",
)
def _(f, x, i):
    leaf = x.clone().requires_grad_()
    f(leaf)[i].backward()
    return leaf.grad


cumulative_vjp = Task(
    "22.3",
    "cumulative_vjp",
    points=4,
    by_hand=True,
    minutes=15,
    hints=(
        "With three numbers: write y_1, y_2 and y_3, and cross out those without x_2. Which v's are left?",
        "x_k is in y_k and in every output after it, each time with slope 2·x_k. So it receives 2·x_k times the sum "
        "of v from place k to the end.",
        "np.cumsum sums from the front. Turn v around with [::-1], sum, turn the result around, and multiply by 2 * x.",
    ),
    see=f"By hand: where does an input go?, in {LESSON}",
)


def running_squares(x):
    return torch.cumsum(x * x, dim=0)


def vectors(x, v):
    """A case of these two vectors."""
    return st.Case(x=np.array(x), v=np.array(v))


@cumulative_vjp.test
@given(st.cases(x="n", v=st.field("n", nonzero=True)))
@example(vectors([1.0, 2.0], [1.0, 10.0]))
@example(vectors([1.0, 2.0, 3.0], [1.0, 10.0, 100.0]))
@example(vectors([2.0], [3.0]))
def test_is_the_vjp_of_running_sums_of_squares(student, case):
    """x_k receives the v of every output that it is in, times its slope there"""
    claimed = student.cumulative_vjp(case.x, case.v)
    assert_gradient(claimed, of=running_squares, at=case.x, cotangent=case.v, name="vᵀJ")


@cumulative_vjp.test
@given(st.cases(sizes={"n": (0, 6)}, x=st.field("n", inexact=True), v=st.field("n", nonzero=True, inexact=True)))
def test_is_linear_in_v(student, case):
    """any v gives vᵀJ, in double precision; v = 0 gives 0, and no numbers give no numbers"""
    assert_vjp(lambda v: student.cumulative_vjp(case.x, v), of=running_squares, at=case.x, cotangent=case.v, name="vᵀJ")


def sums_to_the_end(v):
    return np.cumsum(v[::-1])[::-1]


@cumulative_vjp.misconception(
    "v is summed from the wrong end", hint="x_k is in y_k and all outputs after it: sum v from place k to the end"
)
def _(x, v):
    return 2 * x * np.cumsum(v)


@cumulative_vjp.misconception(
    "J v stands where vᵀJ belongs",
    hint="running sums of 2·x·v are J v, how far y moves along v; v weighs the outputs here, so go down the columns",
    see=f"Pitfall: J v is something else, in {LESSON}",
)
def _(x, v):
    return np.cumsum(2 * x * v)


@cumulative_vjp.misconception("v is ignored", hint="each output counts as much as its v says, not once")
def _(x, v):
    return 2 * x * np.arange(len(x), 0, -1)


@cumulative_vjp.misconception("the factor 2 is missing", hint="the slope of x_k² is 2·x_k")
def _(x, v):
    return x * sums_to_the_end(v)


@cumulative_vjp.misconception("x_k is squared, not differentiated", hint="the slope of x_k² is 2·x_k, not x_k²")
def _(x, v):
    return x**2 * sums_to_the_end(v)


@cumulative_vjp.misconception(
    "the own output is left out", hint="x_k is in y_k as well: the sum of v begins at place k, not after it"
)
def _(x, v):
    return 2 * x * (sums_to_the_end(v) - v)


@cumulative_vjp.misconception(
    "only the own output counts", hint="x_k is in y_k and in every output after it: each of them sends its v back"
)
def _(x, v):
    return 2 * x * v


@cumulative_vjp.misconception(
    "every output counts for every input", hint="y_i holds the squares up to x_i only: outputs before y_k know no x_k"
)
def _(x, v):
    return 2 * x * np.sum(v)


@cumulative_vjp.misconception(
    "the slopes of the others are summed too", hint="the slope is 2·x_k in every output; only the v's are summed"
)
def _(x, v):
    return sums_to_the_end(2 * x * v)


@cumulative_vjp.misconception(
    "the sums are not turned back", hint="v[::-1] turns v around, so the sums come out turned around: undo it"
)
def _(x, v):
    return 2 * x * np.cumsum(v[::-1])


@cumulative_vjp.misconception(
    "the outputs are weighed, not their slopes", hint="vᵢ·yᵢ is what output i adds to L; ask how it grows with x_k"
)
def _(x, v):
    return v * np.cumsum(x**2)


@cumulative_vjp.misconception("the last input gets nothing", hint="x_n is in y_n: it receives 2·x_n·v_n")
def _(x, v):
    return 2 * x * sums_to_the_end(v) * (np.arange(len(x)) < len(x) - 1)


@cumulative_vjp.misconception("the answer is summed to one number", hint="there is a gradient for each of the n inputs")
def _(x, v):
    return np.sum(2 * x * sums_to_the_end(v))
