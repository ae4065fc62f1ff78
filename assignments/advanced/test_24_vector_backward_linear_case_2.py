"""Assignment 24 · A batch through a linear layer"""

import numpy as np
import torch

from autograder import Task, assert_close, assert_gradient, assert_vjp, example, given, parts, probe
from autograder import strategies as st

LESSON = "lessons/advanced/24_vector_backward_linear_case_2.py"
NAMES = ("dX", "dW", "db")
EMPTY_TOO = (0, 3)

linear_backward = Task(
    "24.1",
    "linear_backward",
    points=4,
    by_hand=True,
    minutes=20,
    hints=(
        "Y[r, k] = Σⱼ X[r, j]·W[j, k] + b[k]. Which entries of Y does one X[r, j] reach? One W[j, k]? One b[k]?",
        "Each entry receives V times its factor from every entry of Y that it reaches. So dX sums over the outputs k, "
        "dW and db over the rows r.",
        "Two of them are products with one matrix transposed, in the order that leaves (n, i) and (i, o); "
        "the third is a sum of V over an axis.",
    ),
    see=f"Three questions give any gradient, in {LESSON}",
)


def layer(X, W, b):
    return X @ W + b


@linear_backward.test
@given(st.linear_layers())
def test_are_the_three_gradients(student, case):
    """dX, dW and db of Y = XW + b, in this order"""
    claimed = parts(student.linear_backward(case.X, case.W, case.V), *NAMES)
    assert_gradient(claimed, of=layer, at=(case.X, case.W, case.b), cotangent=case.V, name=NAMES)


@linear_backward.test
@given(st.linear_layers(rows=EMPTY_TOO, inputs=EMPTY_TOO, outputs=EMPTY_TOO, inexact=True))
def test_are_linear_in_what_arrives(student, case):
    """any V gives the three gradients, in double precision; V = 0 gives 0, and so does an empty batch"""
    assert_vjp(
        lambda V: parts(student.linear_backward(case.X, case.W, V), *NAMES),
        of=layer,
        at=(case.X, case.W, case.b),
        cotangent=case.V,
        name=NAMES,
    )


@linear_backward.misconception(
    "W is not transposed in dX", hint="V (n, o) meets the output index of W (i, o), and dX is (n, i)"
)
def _(X, W, V):
    return V @ W, X.T @ V, V.sum(axis=0)


@linear_backward.misconception(
    "X is not transposed in dW", hint="X (n, i) and V (n, o) share the row index: that is the one to sum over"
)
def _(X, W, V):
    return V @ W.T, X @ V, V.sum(axis=0)


@linear_backward.misconception("dW comes out transposed", hint="dW has the shape of W: inputs first, then outputs")
def _(X, W, V):
    return V @ W.T, V.T @ X, V.sum(axis=0)


@linear_backward.misconception(
    "db is not summed over the rows", hint="b (o,) was added to every row, so every row sends a gradient back to it"
)
def _(X, W, V):
    return V @ W.T, X.T @ V, V


@linear_backward.misconception(
    "the mean over the batch stands for the sum", hint="contributions to one value add; nothing divides them by n"
)
def _(X, W, V):
    return V @ W.T, X.T @ V / len(X), V.mean(axis=0)


@linear_backward.misconception("db alone is averaged over the batch", hint="db is the sum over the rows of V")
def _(X, W, V):
    return V @ W.T, X.T @ V, V.mean(axis=0)


@linear_backward.misconception("db is summed over the wrong axis", hint="b has an entry for each output: sum over rows")
def _(X, W, V):
    return V @ W.T, X.T @ V, V.sum(axis=1)


@linear_backward.misconception("dX and dW are swapped", hint="the order is dX, dW, db, as in X, W, b")
def _(X, W, V):
    return X.T @ V, V @ W.T, V.sum(axis=0)


@linear_backward.misconception(
    "db is the sum of all entries", hint="b has an entry for each output, and each meets its own column of V only"
)
def _(X, W, V):
    return V @ W.T, X.T @ V, V.sum()


@linear_backward.misconception(
    "every entry of db is the sum of all of V", hint="each entry of b meets its own column of V only"
)
def _(X, W, V):
    return V @ W.T, X.T @ V, np.full(W.shape[1], V.sum())


@linear_backward.misconception("db keeps an axis of size 1", hint="b has the shape (o,), and so has its gradient")
def _(X, W, V):
    return V @ W.T, X.T @ V, V.sum(axis=0, keepdims=True)


@linear_backward.misconception(
    "V is taken for ones", hint="V is what arrives from above, a number for each entry of Y; all three use it"
)
def _(X, W, V):
    ones = np.ones_like(V)
    return ones @ W.T, X.T @ ones, ones.sum(axis=0)


@linear_backward.misconception("db is not returned", hint="b is an input too: three gradients are asked for")
def _(X, W, V):
    return V @ W.T, X.T @ V


@linear_backward.misconception(
    "the output stands in the place of V", hint="what arrives from above is V; the value of Y plays no part here"
)
def _(X, W, V):
    Y = X @ W
    return Y @ W.T, X.T @ Y, Y.sum(axis=0)


@linear_backward.misconception("nothing is returned", hint="what a function computes is lost without return")
def _(X, W, V):
    return None


unbroadcast = Task(
    "24.2",
    "unbroadcast",
    points=3,
    by_hand=True,
    minutes=15,
    hints=(
        "A row (3,) is broadcast to (2, 3). How often does each of its numbers appear? And a column (2, 1)?",
        "A number that was repeated receives the sum over its copies: sum over axes that were added on the left, "
        "and over axes that had size 1.",
        "First sum over the leftmost gradient.ndim − len(shape) axes. Then sum over the axes where shape has a 1, "
        "with keepdims=True.",
    ),
    see=f"Broadcasting forward is summing backward, in {LESSON}",
)

SIZES = (2, 3, 1, 2, 1, 0)


@st.composite
def broadcasts(draw, **options):
    """Cases of a gradient and the shape that was broadcast to the gradient's."""
    shape = tuple(draw(st.lists(st.sampled_from(SIZES), max_size=3)))
    added = draw(st.lists(st.sampled_from(SIZES), max_size=2))
    stretched = [draw(st.sampled_from(SIZES)) if size == 1 else size for size in shape]
    return st.Case(gradient=np.asarray(draw(st.cotangents((*added, *stretched), **options))), shape=shape)


def counting(large, shape):
    """A case with the gradient 1, 2, 3, … of shape `large`."""
    return st.Case(gradient=np.arange(1.0, np.prod(large) + 1).reshape(large), shape=shape)


@unbroadcast.test
@given(broadcasts())
@example(counting((2, 3), (3,)))
@example(counting((2, 3), (2, 1)))
@example(counting((2, 3), ()))
@example(counting((2, 2, 3), (2, 1)))
@example(counting((2, 3), (1, 1)))
@example(counting((), ()))
@example(counting((0, 2), (2,)))
def test_sums_over_what_was_repeated(student, case):
    """each number receives the sum over its copies, whatever axes were added or stretched"""
    assert_gradient(
        student.unbroadcast(case.gradient, case.shape),
        of=lambda small: small.expand(case.gradient.shape),
        at=np.zeros(case.shape),
        cotangent=case.gradient,
        name="the result",
    )


@unbroadcast.test
@given(broadcasts(inexact=True))
def test_is_linear(student, case):
    """any gradient is summed alike, in double precision, and zeros give zeros"""
    assert_vjp(
        lambda gradient: student.unbroadcast(gradient, case.shape),
        of=lambda small: small.expand(case.gradient.shape),
        at=np.zeros(case.shape),
        cotangent=case.gradient,
        name="the result",
    )


def axes_of(gradient, shape):
    """(axes that were added, axes of size 1 in the small shape), both as axes of the gradient."""
    added = gradient.ndim - len(shape)
    return tuple(range(added)), tuple(added + axis for axis, size in enumerate(shape) if size == 1)


@unbroadcast.misconception("the mean stands for the sum", hint="every copy sends its gradient back, and they add up")
def _(gradient, shape):
    added, ones = axes_of(gradient, shape)
    return gradient.mean(axis=added + ones).reshape(shape)


@unbroadcast.misconception(
    "only the leading axes are summed", hint="an axis of size 1 was stretched: sum over it as well, and keep its size 1"
)
def _(gradient, shape):
    return gradient.sum(axis=axes_of(gradient, shape)[0])


@unbroadcast.misconception(
    "only the axes of size 1 are summed", hint="the shape may have fewer axes than the gradient: sum over those, too"
)
def _(gradient, shape):
    return gradient.sum(axis=axes_of(gradient, shape)[1], keepdims=True)


@unbroadcast.misconception(
    "axes of size 1 are lost", hint="keepdims=True keeps an axis of size 1 where a sum would drop it"
)
def _(gradient, shape):
    added, ones = axes_of(gradient, shape)
    return gradient.sum(axis=added + ones)


@unbroadcast.misconception("the sum is cut off: one copy stands for all", hint="all copies count, not only the first")
def _(gradient, shape):
    added, ones = axes_of(gradient, shape)
    first = tuple(0 if axis in added else slice(1) if axis in ones else slice(None) for axis in range(gradient.ndim))
    return gradient[first]


@unbroadcast.misconception(
    "the shapes are lined up from the left", hint="broadcasting lines shapes up at their right ends: (3,) fits (2, 3)"
)
def _(gradient, shape):
    for axis in reversed(range(gradient.ndim)):
        if axis >= len(shape):
            gradient = gradient.sum(axis=axis)
        elif shape[axis] == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


@unbroadcast.misconception(
    "the axes move while the loop counts them", hint="once axis 0 is summed away, the next one is called 0"
)
def _(gradient, shape):
    for axis in range(gradient.ndim - len(shape)):
        gradient = gradient.sum(axis=axis)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


@unbroadcast.misconception(
    "one axis on the left is summed, where there may be more", hint="() to (2, 3) adds two axes: all of them are summed"
)
def _(gradient, shape):
    if gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


@unbroadcast.misconception(
    "one axis of size 1 is summed, where there may be more",
    hint="(1, 1) to (2, 3) stretches two axes; shape.index(1) finds the first only",
)
def _(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    return gradient.sum(axis=shape.index(1), keepdims=True) if 1 in shape else gradient


@unbroadcast.misconception(
    "the shape () is passed over", hint="an empty tuple counts as false in `if not shape`; a single number has it"
)
def _(gradient, shape):
    added, ones = axes_of(gradient, shape)
    return gradient.sum(axis=added + ones).reshape(shape) if shape else gradient


linear = Task(
    "24.3",
    "Linear",
    points=3,
    minutes=20,
    hints=(
        "backward has no X and no W of its own. How do they get there from forward?",
        "Save X and W on ctx in forward. backward returns three values, one for each input of forward: "
        "the formulas of 24.1, or None where ctx.needs_input_grad is False.",
        "ctx.save_for_backward(X, W) before the return; X, W = ctx.saved_tensors in backward; then "
        "dX = … if ctx.needs_input_grad[0] else None, and so on; torch's sum takes dim=.",
    ),
    see=f"A layer with a backward of its own, in {LESSON}",
)


@probe
def run_layer(student, X, W, b, V, needs_grad):
    """Runs Linear.apply(X, W, b), then backward on V as it is written, without what autograd would put right."""
    if not (isinstance(student.Linear, type) and issubclass(student.Linear, torch.autograd.Function)):
        return {"is a Function": False}
    inputs = [tensor.requires_grad_(flag) for tensor, flag in zip((X, W, b), needs_grad, strict=True)]
    Y = student.Linear.apply(*inputs)
    seen = {"is a Function": True, "Y": Y, "tracks": isinstance(Y, torch.Tensor) and Y.grad_fn is not None}
    if seen["tracks"]:
        with torch.no_grad():
            seen["gradients"] = Y.grad_fn.apply(V)
    return seen | {"given": [X.detach(), W.detach(), b.detach(), V]}


def look_at(student, case, needs_grad):
    """What the probe saw of a layer whose output has been found right; its gradients as a tuple of three."""
    seen = student.run(run_layer, case.X, case.W, case.b, case.V, needs_grad)
    assert seen["is a Function"], "Linear must be a class that inherits from torch.autograd.Function."
    assert_close(seen["Y"], layer(case.X, case.W, case.b), name="the output of Linear.apply(X, W, b)")
    assert seen["tracks"], "The output of Linear.apply(X, W, b) has no grad_fn, so backward can never be called."
    return seen | {"gradients": parts(seen["gradients"], *NAMES)}


def assert_needed(gradients, case, needs_grad):
    """The gradients that are needed are right, and the others are None."""
    inputs = {"dX": case.X, "dW": case.W, "db": case.b}
    for (name, tensor), claimed, needed in zip(inputs.items(), gradients, needs_grad, strict=True):
        if not needed:
            assert_close(claimed, None, name=f"{name}, which is not needed,")
            continue
        assert_gradient(
            claimed,
            of=lambda changed, name=name: layer(*(inputs | {name: changed}).values()),
            at=tensor,
            cotangent=case.V,
            name=name,
        )


ALL = (True, True, True)
SOME = [tuple(bool(bits & bit) for bit in (4, 2, 1)) for bits in range(7, 0, -1)]


@linear.test
@given(st.linear_layers(as_tensor=True))
def test_backward_returns_the_three_gradients(student, case):
    """backward itself returns dX, dW and db, each of the shape of its input"""
    assert_needed(look_at(student, case, ALL)["gradients"], case, ALL)


@linear.test
@given(st.linear_layers(rows=EMPTY_TOO, inputs=EMPTY_TOO, outputs=EMPTY_TOO, as_tensor=True, inexact=True))
def test_backward_is_right_in_double_precision(student, case):
    """the three gradients in double precision, also for an empty batch"""
    assert_needed(look_at(student, case, ALL)["gradients"], case, ALL)


@linear.test
@given(st.linear_layers(as_tensor=True), st.sampled_from(SOME))
def test_gives_none_where_no_gradient_is_needed(student, case, needs_grad):
    """an input that needs no gradient gets None, the others get theirs"""
    assert_needed(look_at(student, case, needs_grad)["gradients"], case, needs_grad)


@linear.test
@given(st.linear_layers(as_tensor=True))
def test_leaves_what_it_is_given_alone(student, case):
    """X, W, b and V are the same afterwards"""
    seen = look_at(student, case, ALL)
    for name, after in zip("XWbV", seen["given"], strict=True):
        assert torch.equal(after, getattr(case, name)), f"{name} is not what it was before forward and backward."


@probe
def run_two_layers(student, X, W1, b1, W2, b2, V):
    """Gradients that torch's own backward brings to the inputs of two layers with tanh between them."""
    inputs = [tensor.requires_grad_() for tensor in (X, W1, b1, W2, b2)]
    hidden = student.Linear.apply(X, W1, b1)
    Y = student.Linear.apply(torch.tanh(hidden), W2, b2)
    torch.autograd.backward(Y, V)
    return [tensor.grad for tensor in inputs]


def two_layers(X, W1, b1, W2, b2):
    return layer(torch.tanh(layer(X, W1, b1)), W2, b2)


TWO_LAYERS = {"X": "n i", "W1": "i h", "b1": "h", "W2": "h o", "b2": "o"}


@linear.test
@given(
    st.cases(
        **{name: st.field(dims, as_tensor=True, limit=1) for name, dims in TWO_LAYERS.items()},
        V=st.field("n o", as_tensor=True, nonzero=True),
    )
)
def test_works_in_a_network_of_two(student, case):
    """two layers in one network: each keeps to its own inputs, and autograd carries the gradients through both"""
    names = tuple(f"{name}.grad" for name in TWO_LAYERS)
    inputs = tuple(getattr(case, name) for name in TWO_LAYERS)
    claimed = parts(student.run(run_two_layers, *inputs, case.V), *names)
    assert_gradient(claimed, of=two_layers, at=inputs, cotangent=case.V, name=names)


def linear_with(gradients_of, ask=True):
    """A Linear whose backward is gradients_of(X, W, V); `ask` is whether it gives None where none is needed."""

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, X, W, b):
            ctx.save_for_backward(X, W)
            return X @ W + b

        @staticmethod
        def backward(ctx, V):
            found = gradients_of(*ctx.saved_tensors, V)
            return tuple(
                d if needed or not ask else None for d, needed in zip(found, ctx.needs_input_grad, strict=True)
            )

    return Linear


linear.misconception(
    "W is not transposed in dX",
    hint="V (n, o) meets the output index of W (i, o), and dX is (n, i)",
    Linear=linear_with(lambda X, W, V: (V @ W, X.T @ V, V.sum(0))),
)
linear.misconception(
    "X is not transposed in dW",
    hint="X (n, i) and V (n, o) share the row index: that is the one to sum over",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X @ V, V.sum(0))),
)
linear.misconception(
    "db is not summed over the rows",
    hint="b (o,) was added to every row; autograd forgives this where a layer stands alone, your backward should not",
    see=f"Pitfall: torch covers up a missing sum, in {LESSON}",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X.T @ V, V)),
)
linear.misconception(
    "the mean over the batch stands for the sum",
    hint="contributions to one value add; nothing divides them by n",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X.T @ V / len(X), V.mean(0))),
)
linear.misconception(
    "db alone is averaged over the batch",
    hint="db is the sum over the rows of V",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X.T @ V, V.mean(0))),
)
linear.misconception(
    "a gradient is computed that nobody needs",
    hint="ctx.needs_input_grad says which inputs need one; return None for the others",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X.T @ V, V.sum(0)), ask=False),
)


linear.misconception(
    "db keeps an axis of size 1",
    hint="b has the shape (o,); autograd forgives this where a layer stands alone, your backward should not",
    see=f"Pitfall: torch covers up a missing sum, in {LESSON}",
    Linear=linear_with(lambda X, W, V: (V @ W.T, X.T @ V, V.sum(0, keepdim=True))),
)


class WithoutBias(linear_with(lambda X, W, V: (V @ W.T, X.T @ V, V.sum(0)))):
    """Forward forgets b."""

    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W


linear.misconception(
    "b is not added", hint="forward gives XW + b; b has a gradient because it was added", Linear=WithoutBias
)


class KeptOnTheClass(torch.autograd.Function):
    """Each layer that runs forward overwrites what the one before kept."""

    @staticmethod
    def forward(ctx, X, W, b):
        KeptOnTheClass.kept = X, W
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = KeptOnTheClass.kept
        found = V @ W.T, X.T @ V, V.sum(0)
        return tuple(d if needed else None for d, needed in zip(found, ctx.needs_input_grad, strict=True))


linear.misconception(
    "what is saved is kept on the class, and the next layer overwrites it",
    hint="there is one class for all layers, but a ctx for each: save on ctx",
    Linear=KeptOnTheClass,
)


class ZerosForNone(torch.autograd.Function):
    """What is not needed is answered with zeros."""

    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W, b)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W, _ = inputs = ctx.saved_tensors
        found = zip((V @ W.T, X.T @ V, V.sum(0)), inputs, ctx.needs_input_grad, strict=True)
        return tuple(d if needed else torch.zeros_like(tensor) for d, tensor, needed in found)


linear.misconception(
    "zeros stand where None is asked for",
    hint="zero says that the output does not change; None says that nobody asked",
    Linear=ZerosForNone,
)


class AllOrNothing(torch.autograd.Function):
    """One input that needs no gradient leaves all without."""

    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        return (V @ W.T, X.T @ V, V.sum(0)) if all(ctx.needs_input_grad) else (None, None, None)


linear.misconception(
    "None for all where one needs no gradient",
    hint="ctx.needs_input_grad has an answer for each input; decide for each by itself",
    Linear=AllOrNothing,
)


class NoFunction:
    """A class of the student's own, on which backward is never called."""

    @staticmethod
    def apply(X, W, b):
        return X @ W + b


linear.misconception(
    "Linear is no torch.autograd.Function",
    hint="autograd calls the backward of a class that inherits from torch.autograd.Function, and of no other",
    Linear=NoFunction,
)
