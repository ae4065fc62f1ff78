# %% [markdown]
# # Assignment 01 · Derivatives of one number
#
# Three gaps, about half an hour. Read `lessons/beginner/01_basic_scalar_backward.py` first.
# Fill a gap, then run `pytest assignments -k 01` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# The value of a polynomial, lowest power first: `[5, 0, 2]` is $5 + 0x + 2x^2$.
# The power that belongs to a coefficient is its place in the array, counted from 0.


# %%
def polynomial_value(coefficients, x):
    """Value of the polynomial at x.

    coefficients: array (k,), lowest power first   x: float
    Returns: float
    """
    powers = np.arange(len(coefficients))
    return float(np.sum(coefficients * x**powers))


# %% [markdown]
# ## 01.1 The derivative of a polynomial, by hand
#
# Write down the derivative of $c_0 + c_1 x + c_2 x^2 + c_3 x^3$ on paper before you type.


# %%
def polynomial_derivative(coefficients, x):
    """Derivative of the polynomial at x, with NumPy only.

    coefficients: array (k,), lowest power first; k may be 0 or 1, the derivative is then 0.0   x: float
    Returns: float
    """
    # TODO 01.1 (10 min, by hand): which power of x does each coefficient meet in the derivative?
    ### BEGIN SOLUTION
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))
    ### END SOLUTION


# %% [markdown]
# ## 01.2 The derivative of any function, by autograd
#
# `f` takes a tensor that holds one number and returns another. A Python float is a 64-bit number:
# keep all of its digits.


# %%
def derivative_at(f, x):
    """Derivative of f at x, found with autograd.

    f: maps a tensor of shape () to a tensor of shape ()   x: float
    Returns: float, in double precision
    """
    # TODO 01.2 (10 min): what must a tensor be told before f is called, so that backward() can fill its .grad?
    ### BEGIN SOLUTION
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()
    ### END SOLUTION


# %% [markdown]
# ## 01.3 Two gradients of a chain
#
# $y = g(x)$ and then $z = f(y)$. Here `y` is no leaf: it is made on the way.


# %%
def chain_gradients(f, g, x):
    """The gradients of z = f(g(x)) with respect to x and to y = g(x).

    f, g: each maps a tensor of shape () to a tensor of shape ()   x: float
    Returns: (dz_dx, dz_dy), two floats
    """
    # TODO 01.3 (10 min): y is not a leaf; how do you ask for its gradient all the same?
    ### BEGIN SOLUTION
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    y.retain_grad()
    f(y).backward()
    return leaf.grad.item(), y.grad.item()
    ### END SOLUTION
