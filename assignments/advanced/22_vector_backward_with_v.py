# %% [markdown]
# # Assignment 22 · Backward from a vector, with a v
#
# Three gaps, about 40 minutes. Read `lessons/advanced/22_vector_backward_with_v.py` first.
# Fill a gap, then run `pytest assignments -k 22` and read what it says.
#
# The Jacobian $J$ has a row for each output and a column for each input: $J_{ij} = \partial y_i / \partial x_j$.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# How much does the sum of all outputs, each weighed by its $v$, change if one moves along $u$? Take $v^\mathsf{T}J$,
# then its product with the direction $u$. The point is looked at through a leaf of our own, so `x` stays as it is.


# %%
def slope_along(f, x, v, u):
    """How fast vᵀf(x) grows where x moves along u.

    f: maps a tensor (n,) to a tensor (m,)   x, u: tensors (n,)   v: tensor (m,)
    Returns: float
    """
    leaf = x.detach().requires_grad_()
    f(leaf).backward(v)
    return (leaf.grad * u).sum().item()


# %% [markdown]
# ## 22.1 vᵀJ of any function, and a v that does not fit
#
# Inputs and outputs may have any shape: $v$ weighs each output, and the answer has an entry for each input.
# A $v$ of another shape than $f(x)$ is a mistake of the caller's. Say so, in words that help: which shape was
# given, and which is needed.


# %%
def vjp(f, x, v):
    """Gradient of the sum of v · f(x) with respect to x: the vector-Jacobian product vᵀJ.

    f: differentiable, maps a tensor to a tensor, of any shapes   x: tensor, tracking or not
    v: tensor of the shape of f(x); x and v stay as they are, x.grad too
    Returns: tensor of the shape of x
    Raises: ValueError where the shapes of v and f(x) are not equal, even if v could be broadcast. Its message
        holds both shapes as Python writes them: (3,) or [3] or torch.Size([3])
    """
    # TODO 22.1 (15 min): where do you learn the shape that v must have, and where must the answer not be left?
    raise NotImplementedError("TODO 22.1: vjp")


# %% [markdown]
# ## 22.2 One row of the Jacobian
#
# Row $i$ holds the slopes of one output along all inputs. You need not find the other rows.


# %%
def jacobian_row(f, x, i):
    """Row i of the Jacobian of f at x, counted from 0.

    f: differentiable, maps a tensor of shape (n,) to a tensor of shape (m,)
    x: (n,), tracking or not; it stays as it is, x.grad too   i: int, 0 ≤ i < m
    Returns: tensor (n,)
    """
    # TODO 22.2 (5 min): which v makes vᵀJ equal to row i, and how long is it?
    raise NotImplementedError("TODO 22.2: jacobian_row")


# %% [markdown]
# ## 22.3 Running sums of squares, by hand
#
# $y_1 = x_1^2$, $y_2 = x_1^2 + x_2^2$, and so on: each output adds one more square, $y_i = x_1^2 + \dots + x_i^2$.
# Take one input $x_k$. In which outputs is it, and with which slope?


# %%
def cumulative_vjp(x, v):
    """vᵀJ for y_i = x_1² + … + x_i², with NumPy only.

    x: array (n,)   v: array (n,), the gradient arriving at y   n may be 0: then there is nothing to sum
    Returns: array (n,)
    """
    # TODO 22.3 (15 min, by hand): which of the v's meet x_1, and which meet the last x?
    raise NotImplementedError("TODO 22.3: cumulative_vjp")
