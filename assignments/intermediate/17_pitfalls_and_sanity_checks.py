# %% [markdown]
# # Assignment 17 · Pitfalls and sanity checks
#
# Four gaps, about 45 minutes. Read `lessons/intermediate/17_pitfalls_and_sanity_checks.py` first.
# Fill a gap, then run `pytest assignments -k 17` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## Worked neighbours
#
# Two small checks: how far two gradients are apart, and whether a subtraction would broadcast.


# %%
def relative_error(mine, reference):
    """‖mine − reference‖ / ‖reference‖, for two arrays of one shape, any shape; the reference is not zero.

    Returns: float
    """
    return float(np.linalg.norm(mine - reference) / np.linalg.norm(reference))


def broadcasts(prediction, target):
    """Whether prediction − target would repeat an entry of one of the two tensors. Returns: bool"""
    return prediction.shape != target.shape


# %% [markdown]
# ## 17.1 Central differences
#
# For each entry $x_i$ of `x`, with all other entries left as they are and $h$ the step:
#
# $$\frac{f(\dots, x_i + h, \dots) - f(\dots, x_i - h, \dots)}{2h}$$


# %%
def numerical_gradient(f, x, step):
    """The central differences of f at x.

    f: takes an array of the shape of x and returns a float; call it as often as you like
    x: array of any shape, also () and (0,), float64; stays as it is, to the last digit   step: float > 0
    Returns: array of the shape of x, float64
    """
    # TODO 17.1 (15 min, by hand): how do you move one entry of an array of any shape, and leave x alone?
    raise NotImplementedError("TODO 17.1: numerical_gradient")


# %% [markdown]
# ## 17.2 A report on all gradients
#
# Five words, in this order; the first that fits a parameter's `.grad` is the one:
#
# - `"missing"`: there is none
# - `"nan"`: at least one entry is NaN
# - `"inf"`: at least one is infinite, with either sign
# - `"zero"`: all entries are exactly zero
# - `"ok"`: none of these


# %%
def gradient_report(model):
    """What there is to say of the gradient of each parameter.

    model: an nn.Module, stays as it is; no parameter is empty
    Returns: dict of str to str, from the names of named_parameters() to "missing", "nan", "inf", "zero" or "ok"
    """
    # TODO 17.2 (10 min): for which of the words must one entry be found, and for which must all be alike?
    raise NotImplementedError("TODO 17.2: gradient_report")


# %% [markdown]
# ## 17.3 A loss that compares too much
#
# Repair this. The loss is to be $\frac{1}{n}\sum_i (\mathrm{model}(x)_i - y_i)^2$, but its number is right
# only for a single row:
#
# ```python
# def broken_column_loss(model, x, y):
#     return ((model(x) - y) ** 2).mean()
# ```


# %%
def column_loss(model, x, y):
    """The mean over the n rows of (prediction − target)².

    model: an nn.Module, from (n, d) to (n, 1)   x: tensor (n, d), n ≥ 1   y: tensor (n,); all stay as they are
    Returns: tensor of shape (), in the graph
    """
    # TODO 17.3 (10 min): which shapes meet at the minus sign, and what comes out?
    raise NotImplementedError("TODO 17.3: column_loss")


# %% [markdown]
# ## 17.4 A descent that goes nowhere
#
# Repair this. The model is $Xw$, the loss the mean of $(Xw - y)^2$, and `w` is to be moved by plain gradient
# descent. Here the caller's `w` never moves, and the losses are those of another path:
#
# ```python
# def broken_descend(w, x, y, lr, steps):
#     leaf, losses = w, []
#     for _ in range(steps):
#         loss = ((x @ w - y) ** 2).mean()
#         loss.backward()
#         losses.append(loss.item())
#         w = w - lr * leaf.grad
#     return losses
# ```


# %%
def descend(w, x, y, lr, steps):
    """Plain gradient descent on the mean of (x @ w − y)², in place.

    w: leaf (d,) that requires a gradient, and so afterwards; it is changed in place. Whatever lies in w.grad
        beforehand has no influence; what lies there afterwards does not matter
    x: tensor (n, d), n ≥ 1   y: tensor (n,); both stay as they are   lr: float   steps: int, 0 or more
    Returns: list of `steps` floats, the loss before each step
    """
    # TODO 17.4 (10 min): two things are wrong; which tensor does `w` name after the first round, and what is in .grad?
    raise NotImplementedError("TODO 17.4: descend")
