# %% [markdown]
# # Assignment 24 · A batch through a linear layer
#
# Three gaps, about an hour. Read `lessons/advanced/24_vector_backward_linear_case_2.py` first.
# $V$ always stands for the gradient that arrives from above: it has the shape of the output $Y$.
# Fill a gap, then run `pytest assignments -k 24` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# One number $s$ scales a whole batch: $Y_{ij} = s X_{ij}$. What arrives below is $\sum_{ij} V_{ij}\, dY_{ij}$.
# Entry $X_{ij}$ is used once, with factor $s$, so it receives $s V_{ij}$.
# The number $s$ is used in every entry, each time with factor $X_{ij}$, so it receives all the $V_{ij} X_{ij}$.


# %%
def scale_backward(X, s, V):
    """Gradients of the sum of V · (sX) with respect to X and s, with NumPy only.

    X: array (n, d)   s: float   V: array (n, d), the gradient arriving at Y = sX
    Returns: (dX, ds), an array (n, d) and a float
    """
    return s * V, float(np.sum(V * X))


# %% [markdown]
# ## 24.1 The three gradients of a linear layer, by hand
#
# $Y = XW + b$ means $Y_{rk} = \sum_j X_{rj} W_{jk} + b_k$. Take one entry of $X$, of $W$ and of $b$ in turn:
# which entries of $Y$ does it reach, and with which factor?


# %%
def linear_backward(X, W, V):
    """Gradients of the sum of V · (XW + b) with respect to X, W and b, with NumPy only.

    X: array (n, i), a batch of n rows   W: array (i, o)   V: array (n, o), the gradient arriving at Y = XW + b
    Any of n, i, o may be 0: sums over nothing are 0.
    Returns: (dX, dW, db), arrays (n, i), (i, o) and (o,)
    """
    # TODO 24.1 (20 min, by hand): over which index does each gradient sum, and which shape is left?
    ### BEGIN SOLUTION
    return V @ W.T, X.T @ V, V.sum(axis=0)
    ### END SOLUTION


# %% [markdown]
# ## 24.2 Undoing a broadcast, by hand
#
# Broadcasting lines two shapes up from the right. Axes that are missing on the left are added, and an axis of
# size 1 is stretched; both repeat the same numbers. Going backward, what was repeated must come together again.


# %%
def unbroadcast(gradient, shape):
    """The gradient with respect to an array of this shape, which was broadcast to the shape of `gradient`.

    gradient: array of any shape, also () and empty ones, the gradient arriving at the broadcast array
    shape: tuple, a shape that broadcasts to gradient.shape; () is a single number
    Returns: array of exactly this shape
    """
    # TODO 24.2 (15 min, by hand): which axes were added, and which were stretched?
    ### BEGIN SOLUTION
    added = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(added)))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


# %% [markdown]
# ## 24.3 The layer as a function that autograd knows
#
# Autograd calls `forward` when `Linear.apply(X, W, b)` runs, and `backward` when a gradient arrives.
# `ctx` carries what `backward` needs: `ctx.save_for_backward(...)` and `ctx.saved_tensors`.
# `ctx.needs_input_grad` holds one truth value for each input.
# If you prefer `forward(X, W, b)` with a `setup_context(ctx, inputs, output)` beside it, write it that way.


# %%
class Linear(torch.autograd.Function):
    """Linear.apply(X, W, b) is XW + b.

    X: tensor (n, i)   W: tensor (i, o)   b: tensor (o,)
    """

    @staticmethod
    def forward(ctx, X, W, b):
        """Returns: tensor (n, o), and leaves X, W and b as they are."""
        # TODO 24.3 (5 min): what will backward need of the inputs?
        ### BEGIN SOLUTION
        ctx.save_for_backward(X, W)
        return X @ W + b
        ### END SOLUTION

    @staticmethod
    def backward(ctx, V):
        """V: tensor (n, o), left as it is.

        Returns: (dX, dW, db), of the shapes of X, W and b; None in place of a gradient that is not needed.
        """
        # TODO 24.3 (15 min): what is 24.1 in torch, and which of the three were asked for?
        ### BEGIN SOLUTION
        X, W = ctx.saved_tensors
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        dX = V @ W.T if needs_X else None
        dW = X.T @ V if needs_W else None
        db = V.sum(dim=0) if needs_b else None
        return dX, dW, db
        ### END SOLUTION
