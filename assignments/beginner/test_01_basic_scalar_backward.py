"""Assignment 01 · Derivatives of one number"""

import numpy as np
import torch

from autograder import Task, assert_close, assert_gradient, example, functions, given, parts
from autograder import strategies as st

LESSON = "lessons/beginner/01_basic_scalar_backward.py"

polynomial_derivative = Task(
    "01.1",
    "polynomial_derivative",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "Which power of x stands beside each coefficient before you differentiate, and which after?",
        "The derivative of c·xᵏ is k·c·xᵏ⁻¹, so the constant term is gone and every power is one lower.",
        "Count the powers 1, 2, … for coefficients[1:], and sum power * coefficient * x ** (power - 1).",
    ),
    see=f"A slope by hand, in {LESSON}",
)


def polynomial(coefficients):
    """The polynomial with these coefficients as a torch function of x."""
    return lambda x: sum((float(c) * x**k for k, c in enumerate(coefficients)), start=0.0 * x)


@polynomial_derivative.test
@given(st.vectors((0, 6)), st.scalars())
@example(np.zeros(0), 1.5)
@example(np.array([4.0]), 1.5)
@example(np.array([1.0, 2.0, 3.0]), 0.0)
def test_is_the_derivative_of_the_polynomial(student, coefficients, x):
    """the derivative of the polynomial, also where it has no or one coefficient, and at x = 0"""
    assert_gradient(student.polynomial_derivative(coefficients, x), of=polynomial(coefficients), at=x)


@polynomial_derivative.misconception(
    "the constant term is kept", hint="a constant does not change with x: its derivative is 0"
)
def _(coefficients, x):
    return float(sum(c * max(k, 1) * x ** max(k - 1, 0) for k, c in enumerate(coefficients)))


@polynomial_derivative.misconception("the power is not lowered", hint="the derivative of xᵏ is k·xᵏ⁻¹, not k·xᵏ")
def _(coefficients, x):
    return float(sum(k * c * x**k for k, c in enumerate(coefficients)))


@polynomial_derivative.misconception(
    "the factor is off by one", hint="the factor of xᵏ is the old power k, not the new one"
)
def _(coefficients, x):
    return float(sum((k - 1) * c * x ** (k - 1) for k, c in enumerate(coefficients) if k))


@polynomial_derivative.misconception(
    "the highest power is taken to stand first", hint="coefficients[0] is the constant term, the last one is of xᵏ⁻¹"
)
def _(coefficients, x):
    return float(np.polyval(np.polyder(coefficients), x)) if len(coefficients) > 1 else 0.0


@polynomial_derivative.misconception(
    "no coefficient at all is not thought of", hint="coefficients may be empty: coefficients[0] is not there then"
)
def _(coefficients, x):
    total = coefficients[0] * 0.0
    return float(total + sum(k * c * x ** (k - 1) for k, c in enumerate(coefficients) if k))


@polynomial_derivative.misconception(
    "the power is lowered by dividing by x", hint="at x = 0 that is 0/0, which is no number; lower the power itself"
)
def _(coefficients, x):
    powers = np.arange(len(coefficients))
    return float(np.sum(powers * coefficients * np.float64(x) ** powers / np.float64(x)))


@polynomial_derivative.misconception(
    "powers above 2 are left out", hint="there may be any number of coefficients: go through all of them"
)
def _(coefficients, x):
    return float(sum(k * coefficients[k] * x ** (k - 1) for k in range(1, min(len(coefficients), 3))))


derivative_at = Task(
    "01.2",
    "derivative_at",
    points=3,
    minutes=10,
    hints=(
        "Which attribute tells torch that the derivative with respect to a tensor will be asked for?",
        "Make a leaf of shape () that holds x in float64 and requires a gradient; run f on it; call backward().",
        "leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True); f(leaf).backward(); read leaf.grad.item().",
    ),
    see=f"Mark the input, run forward, go backward, in {LESSON}",
)


@derivative_at.test
@given(functions.scalar(), st.scalars(inexact=True))
def test_agrees_with_autograd_and_finite_differences(student, f, x):
    """the derivative of f at x, in double precision"""
    assert_gradient(student.derivative_at(f, x), of=f, at=x)


@derivative_at.misconception("the value f(x) is returned", hint="backward() fills the leaf's .grad; return that")
def _(f, x):
    return f(torch.tensor(x, dtype=torch.float64)).item()


@derivative_at.misconception(
    "computed in float32", hint="torch.tensor(x) makes a 32-bit number of a Python float; ask for dtype=torch.float64"
)
def _(f, x):
    leaf = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


@derivative_at.misconception(
    "the derivative is returned as a tensor", hint="a tensor of shape () gives its number with .item()"
)
def _(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf, create_graph=True)[0]


@derivative_at.misconception("the slope is taken at 0", hint="the leaf must hold the number x that is given")
def _(f, x):
    leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


chain_gradients = Task(
    "01.3",
    "chain_gradients",
    points=4,
    minutes=10,
    hints=(
        "After z.backward(), whose .grad is filled by itself: that of x, of y, or of both?",
        "Only leaves keep their gradient; a tensor made on the way needs retain_grad() before backward().",
        "y = g(leaf); y.retain_grad(); f(y).backward(); the answer is leaf.grad.item() and y.grad.item().",
    ),
    see=f"The middle of a chain, in {LESSON}",
)


def both_gradients(f, g, x):
    """(dz/dx, dz/dy) with the second taken as the slope of f at the number y."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    (dz_dx,) = torch.autograd.grad(f(y), leaf)
    at_y = y.detach().requires_grad_()
    (dz_dy,) = torch.autograd.grad(f(at_y), at_y)
    return dz_dx.item(), dz_dy.item()


@chain_gradients.test
@given(functions.scalar(), functions.scalar(), st.scalars(inexact=True))
def test_gives_both_gradients(student, f, g, x):
    """dz/dx and dz/dy, in this order"""
    claimed = student.chain_gradients(f, g, x)
    assert_close(claimed, both_gradients(f, g, x), name="(dz_dx, dz_dy)")


@chain_gradients.test
@given(functions.scalar(), functions.scalar(), st.scalars(inexact=True))
def test_dz_dx_agrees_with_finite_differences(student, f, g, x):
    """dz/dx is the slope of f(g(x))"""
    dz_dx, _ = parts(student.chain_gradients(f, g, x), "dz_dx", "dz_dy")
    assert_gradient(dz_dx, of=lambda x: f(g(x)), at=x, name="dz_dx")


@chain_gradients.misconception("the two gradients are swapped", hint="the order is (dz_dx, dz_dy)")
def _(f, g, x):
    return both_gradients(f, g, x)[::-1]


@chain_gradients.misconception(
    "the inner factor dy/dx is missing", hint="dz/dx = dz/dy · dy/dx: a change of x reaches z through g"
)
def _(f, g, x):
    dz_dy = both_gradients(f, g, x)[1]
    return dz_dy, dz_dy


@chain_gradients.misconception("dz/dy is taken at x", hint="f is called with y = g(x), so its slope is wanted at y")
def _(f, g, x):
    at_x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(at_x), at_x)
    return both_gradients(f, g, x)[0], slope.item()


@chain_gradients.misconception(
    "dy/dx stands in the place of dz/dy", hint="the second number asks how z moves when y does; g has no part in that"
)
def _(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(g(leaf), leaf)
    return both_gradients(f, g, x)[0], slope.item()


@chain_gradients.misconception(
    "y is cut off from x", hint="what is detached passes no gradient on; keep the chain whole from x to z"
)
def _(f, g, x):
    return 0.0, both_gradients(f, g, x)[1]


@chain_gradients.misconception("f comes before g", hint="y = g(x) first, and then z = f(y)")
def _(f, g, x):
    return both_gradients(g, f, x)
