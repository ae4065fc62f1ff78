"""Assignment 04 · One training step"""

import numpy as np
import torch

from autograder import Task, assert_close, assert_gradient, assert_trajectory, example, given, parts, probe
from autograder import strategies as st

LESSON = "lessons/beginner/04_mini_training_step.py"

mse_gradients = Task(
    "04.1",
    "mse_gradients",
    points=4,
    by_hand=True,
    minutes=10,
    hints=(
        "Call one miss r = w·x + b − y. What is the derivative of r², and by what must it be multiplied for w? For b?",
        "The chain rule gives 2·r·∂r/∂w for one point. The gradient of a mean is the mean of the gradients.",
        "misses = w * x + b - y; each gradient is np.mean(2 * misses * …), where … is ∂r/∂w, then ∂r/∂b. As floats.",
    ),
    see=f"The gradient by hand, in {LESSON}",
)


def mean_squared_error(x, y):
    """The mean of (wx + b − y)² as a torch function of w and b."""
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    return lambda w, b: (w * x + b - y).square().mean()


def points(n=None, **options):
    """Cases of n points (x, y) of the plane."""
    return st.cases(sizes={"n": n}, x="n", y="n", **options)


def line_through(*pairs):
    """A case of these points."""
    x, y = np.array(pairs).T
    return st.Case(x=x, y=y)


@mse_gradients.test
@given(st.scalars(), st.scalars(), points())
@example(2.0, 1.0, line_through((1.0, 3.0), (2.0, 5.0)))
@example(0.0, 0.0, line_through((0.0, 1.0), (0.0, -1.0)))
def test_are_the_gradients_of_the_mean_squared_error(student, w, b, data):
    """dw and db, in this order; a perfect fit has none"""
    claimed = parts(student.mse_gradients(w, b, data.x, data.y), "dw", "db")
    assert_gradient(claimed, of=mean_squared_error(data.x, data.y), at=(w, b), name=("dw", "db"))


@mse_gradients.test
@given(st.scalars(inexact=True), st.scalars(inexact=True), points(n=(5, 12)))
def test_are_right_for_many_points(student, w, b, data):
    """dw and db for more points, in double precision"""
    claimed = parts(student.mse_gradients(w, b, data.x, data.y), "dw", "db")
    assert_gradient(claimed, of=mean_squared_error(data.x, data.y), at=(w, b), name=("dw", "db"))


@mse_gradients.misconception("the factor 2 is missing", hint="the derivative of r² is 2r, not r")
def _(w, b, x, y):
    misses = w * x + b - y
    return float(np.mean(misses * x)), float(np.mean(misses))


@mse_gradients.misconception(
    "a sum stands where the mean belongs", hint="the loss is a mean over the n points, so its gradient is one too"
)
def _(w, b, x, y):
    misses = w * x + b - y
    return float(np.sum(2 * misses * x)), float(np.sum(2 * misses))


@mse_gradients.misconception(
    "the sign is flipped", hint="the miss is w·x + b − y, so it grows with w·x and with b; mind the order"
)
def _(w, b, x, y):
    misses = y - (w * x + b)
    return float(np.mean(2 * misses * x)), float(np.mean(2 * misses))


@mse_gradients.misconception("dw lacks the factor x", hint="if w grows by a little, the miss grows by x times as much")
def _(w, b, x, y):
    slope = float(np.mean(2 * (w * x + b - y)))
    return slope, slope


@mse_gradients.misconception("db has a factor x too many", hint="if b grows by a little, every miss grows by just that")
def _(w, b, x, y):
    slope = float(np.mean(2 * (w * x + b - y) * x))
    return slope, slope


@mse_gradients.misconception(
    "the means are multiplied",
    hint="the mean of 2·r·x is not 2 · mean(r) · mean(x): multiply first, then take the mean",
)
def _(w, b, x, y):
    slope = float(np.mean(2 * (w * x + b - y)))
    return slope * float(np.mean(x)), slope


@mse_gradients.misconception("the two gradients are swapped", hint="the order is (dw, db)")
def _(w, b, x, y):
    misses = w * x + b - y
    return float(np.mean(2 * misses)), float(np.mean(2 * misses * x))


@mse_gradients.misconception(
    "the loss is returned in place of its gradients", hint="the slope of the loss is asked for, not the loss"
)
def _(w, b, x, y):
    loss = float(np.mean((w * x + b - y) ** 2))
    return loss, loss


@mse_gradients.misconception(
    "the mean is forgotten: each point has an entry", hint="one number for w and one for b, from all points together"
)
def _(w, b, x, y):
    misses = w * x + b - y
    return 2 * misses * x, 2 * misses


@mse_gradients.misconception(
    "the gradients are those of the mean absolute error",
    hint="the loss squares each miss, so a large miss has a large slope, and not only a sign",
)
def _(w, b, x, y):
    signs = np.sign(w * x + b - y)
    return float(np.mean(signs * x)), float(np.mean(signs))


@mse_gradients.misconception("b is left out of the miss", hint="the line predicts w·x + b; look for b in your miss")
def _(w, b, x, y):
    misses = w * x - y
    return float(np.mean(2 * misses * x)), float(np.mean(2 * misses))


@mse_gradients.misconception("db is not returned", hint="two numbers are asked for: dw, db")
def _(w, b, x, y):
    return float(np.mean(2 * (w * x + b - y) * x))


@mse_gradients.misconception("nothing is returned", hint="what a function computes is lost without return")
def _(w, b, x, y):
    return None


training_step = Task(
    "04.2",
    "training_step",
    points=6,
    minutes=15,
    hints=(
        "Forward, backward, update, clear: after which of them must w still be the very tensor that was passed in?",
        "Both gradients come from one backward. Then w and b change in place, in a block with torch.no_grad(); "
        "clear .grad before the backward and again at the end.",
        "w.grad = b.grad = None; loss = …; loss.backward(); with torch.no_grad(): w -= lr * w.grad, and the same "
        "for b; clear both again; return loss.item().",
    ),
    see=f"One step, in {LESSON}",
)


@probe
def steps(student, w, b, x, y, lr, count, leftover):
    """What is seen after each of `count` steps on one pair of leaves, whose .grad holds `leftover` at first."""
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (w, b)]
    for leaf, old in zip(leaves, leftover, strict=True):
        leaf.grad = None if old is None else torch.full_like(leaf, old, requires_grad=False)
    seen = {"losses": [], "path": [], "gradients": [], "flags": []}
    for _ in range(count):
        seen["losses"].append(student.training_step(*leaves, x, y, lr))
        seen["path"].append([leaf.detach().clone() for leaf in leaves])
        seen["gradients"].append(
            [leaf.grad.item() if leaf.is_leaf and leaf.grad is not None else 0.0 for leaf in leaves]
        )
        seen["flags"].append([(leaf.is_leaf, leaf.requires_grad) for leaf in leaves])
    return seen | {"data": [x, y]}


def descent(w, b, x, y, lr, count):
    """The losses before each step of gradient descent, and the path: [w, b] after it.

    In closed form: the loss is a parabola in (w, b) with matrix H, its gradient H·(state) − h.
    """
    inputs = np.stack([x.numpy(), np.ones(len(x))], axis=1)
    curvature, pull = 2 * inputs.T @ inputs / len(x), 2 * inputs.T @ y.numpy() / len(x)
    state, losses, path = np.array([w, b]), [], []
    for _ in range(count):
        losses.append(float(np.mean((inputs @ state - y.numpy()) ** 2)))
        state = state - lr * (curvature @ state - pull)
        path.append([torch.tensor(value) for value in state])
    return st.Case(losses=losses, path=path)


def starts(**options):
    """Cases of a start (w, b), the data x and y (n,), and a learning rate."""
    number = {"as_float": True}
    return st.cases(
        w=st.field(**number, **options),
        b=st.field(**number, **options),
        x=st.field("n", as_tensor=True, nonzero=True),
        y=st.field("n", as_tensor=True),
        lr=st.field(**number, positive=True, limit=0.25),
    )


COUNTS = st.integers(1, 4)
NOTHING = (None, None)


@training_step.test
@given(starts(), COUNTS)
def test_descends(student, start, count):
    """w and b, the tensors passed in, move by −lr times their gradients, step after step"""
    seen = student.run(steps, **vars(start), count=count, leftover=NOTHING)
    assert_trajectory(seen["path"], descent(**vars(start), count=count).path, name="the path of [w, b]")


@training_step.test
@given(starts(inexact=True), COUNTS)
def test_returns_the_loss_before_the_step(student, start, count):
    """returns the loss before the step, as a float"""
    seen = student.run(steps, **vars(start), count=count, leftover=NOTHING)
    assert_close(seen["losses"], descent(**vars(start), count=count).losses, name="the list of losses")


@training_step.test
@given(starts(), COUNTS, st.tuples(*[st.one_of(st.none(), st.scalars(nonzero=True))] * 2))
@example(st.Case(w=1.0, b=0.0, x=torch.ones(1).double(), y=torch.zeros(1).double(), lr=0.25), 1, (3.0, 3.0))
def test_old_gradients_have_no_influence(student, start, count, leftover):
    """gradients that lie in .grad before the step do not change it"""
    seen = student.run(steps, **vars(start), count=count, leftover=leftover)
    assert_trajectory(seen["path"], descent(**vars(start), count=count).path, name="the path of [w, b]")


@training_step.test
@given(starts(), COUNTS)
def test_leaves_no_gradient_behind(student, start, count):
    """afterwards .grad is None or zero"""
    seen = student.run(steps, **vars(start), count=count, leftover=NOTHING)
    assert_close(seen["gradients"], [[0.0, 0.0]] * count, name="[w.grad, b.grad] after each step", rtol=0, atol=0)


@training_step.test
@given(starts(), COUNTS)
def test_w_and_b_stay_leaves_that_require_a_gradient(student, start, count):
    """w and b stay leaves that require a gradient; x and y stay as they were"""
    seen = student.run(steps, **vars(start), count=count, leftover=NOTHING)
    flags = [[(True, True), (True, True)]] * count
    assert_close(seen["flags"], flags, name="(is_leaf, requires_grad) of w and b after each step")
    for name, after, before in zip("xy", seen["data"], (start.x, start.y), strict=True):
        assert torch.equal(after, before), f"{name} is not what it was before the steps."


def loss_of(w, b, x, y):
    return ((w * x + b - y) ** 2).mean()


def clear(*leaves):
    for leaf in leaves:
        leaf.grad = None


def move(w, b, lr):
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad


@training_step.misconception("the step goes uphill", hint="the gradient points to where the loss grows: subtract it")
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, -lr)
    clear(w, b)
    return loss.item()


@training_step.misconception(
    "b uses the new w", hint="both gradients are taken at the old (w, b): one forward, one backward, then both move"
)
def _(w, b, x, y, lr):
    before = loss_of(w, b, x, y).item()
    for leaf in (w, b):
        (gradient,) = torch.autograd.grad(loss_of(w, b, x, y), leaf)
        with torch.no_grad():
            leaf -= lr * gradient
    clear(w, b)
    return before


@training_step.misconception(
    "the gradients are never cleared", hint="backward adds to .grad; without clearing, old gradients go on pushing"
)
def _(w, b, x, y, lr):
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, lr)
    return loss.item()


@training_step.misconception(
    "a stale gradient takes part in the step",
    hint="something may lie in .grad before the step begins, and backward adds to it: clear it first",
)
def _(w, b, x, y, lr):
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, lr)
    clear(w, b)
    return loss.item()


@training_step.misconception("the gradient is left behind", hint="clear .grad of both at the end of the step as well")
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, lr)
    return loss.item()


@training_step.misconception(
    "w and b are bound to new tensors, and those passed in stay as they were",
    hint="`w = w - …` makes a new tensor that only this function knows; `w -= …` changes the one that was passed in",
)
def _(w, b, x, y, lr):
    loss = loss_of(w, b, x, y)
    loss.backward()
    with torch.no_grad():
        w = w - lr * w.grad
        b = b - lr * b.grad
    clear(w, b)
    return loss.item()


@training_step.misconception(
    "cleared between backward and update", hint="the update needs the gradients: clear after it, not before"
)
def _(w, b, x, y, lr):
    loss = loss_of(w, b, x, y)
    loss.backward()
    w.grad.zero_()
    b.grad.zero_()
    move(w, b, lr)
    return loss.item()


@training_step.misconception(
    "the loss after the step is returned", hint="the loss of the forward pass belongs to the old w and b; keep that one"
)
def _(w, b, x, y, lr):
    clear(w, b)
    loss_of(w, b, x, y).backward()
    move(w, b, lr)
    clear(w, b)
    return loss_of(w, b, x, y).item()


@training_step.misconception(
    "the loss is returned as a tensor", hint="a tensor of shape () gives its number with .item()"
)
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, lr)
    clear(w, b)
    return loss


@training_step.misconception(
    "a sum stands where the mean belongs", hint="the loss is a mean over the n points; so is its gradient"
)
def _(w, b, x, y, lr):
    clear(w, b)
    loss = ((w * x + b - y) ** 2).sum()
    loss.backward()
    move(w, b, lr)
    clear(w, b)
    return loss.item()


@training_step.misconception("the learning rate is left out", hint="the step is lr times the gradient, not all of it")
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, 1.0)
    clear(w, b)
    return loss.item()


@training_step.misconception("b is not moved", hint="there are two parameters: both move in every step")
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
    clear(w, b)
    return loss.item()


@training_step.misconception("the gradient of w moves b too", hint="each parameter has a .grad of its own")
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * w.grad
    clear(w, b)
    return loss.item()


@training_step.misconception(
    "w and b require no gradient afterwards",
    hint="the next step needs them as they came; no_grad() lets a leaf change without touching its flag",
    see=f"Three that go wrong aloud, in {LESSON}",
)
def _(w, b, x, y, lr):
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    for leaf in (w, b):
        leaf.requires_grad_(False).sub_(lr * leaf.grad)
    clear(w, b)
    return loss.item()


@training_step.misconception("the gradient of b is never cleared", hint="both leaves have a .grad to clear, b as well")
def _(w, b, x, y, lr):
    clear(w)
    loss = loss_of(w, b, x, y)
    loss.backward()
    move(w, b, lr)
    clear(w)
    return loss.item()


@training_step.misconception("the loss is not returned", hint="the step changes w and b, and returns a number as well")
def _(w, b, x, y, lr):
    clear(w, b)
    loss_of(w, b, x, y).backward()
    move(w, b, lr)
    clear(w, b)


@training_step.misconception(
    "recording is switched off, and not on again",
    hint="set_grad_enabled(False) outlasts your function; a with block ends by itself",
    see=f"One step, in {LESSON}",
)
def _(w, b, x, y, lr):
    torch.set_grad_enabled(True)
    clear(w, b)
    loss = loss_of(w, b, x, y)
    loss.backward()
    torch.set_grad_enabled(False)
    w -= lr * w.grad
    b -= lr * b.grad
    clear(w, b)
    return loss.item()
