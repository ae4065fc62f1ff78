# %% [markdown]
# # Assignment 05 · Linear regression, complete
#
# Three gaps, about 50 minutes. Read `lessons/beginner/05_complete_linear_regression.py` first.
# The model is a straight line $wx + b$, and the loss is the mean of $(wx + b - y)^2$.
# Fill a gap, then run `pytest assignments -k 05` and read what it says.

# %%
from collections import namedtuple

import matplotlib.pyplot as plt
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# A line that always goes through zero has one parameter, its slope. This function finds it by descent.
# What comes back is a *named tuple*: `fit.slope` and `fit.losses` are its parts.

# %%
SlopeFit = namedtuple("SlopeFit", ["slope", "losses"])


def fit_slope(x, y, lr, epochs):
    """Fit slope · x to y by gradient descent on the mean squared error, from slope = 0.

    x, y: tensors (n,), n ≥ 1   lr: float   epochs: int, 0 or more
    Returns: SlopeFit(slope, losses), a float and a list of `epochs` floats
    """
    slope = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(epochs):
        loss = ((slope * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            slope -= lr * slope.grad
        slope.grad = None
        losses.append(loss.item())
    return SlopeFit(slope.item(), losses)


# %% [markdown]
# ## 05.1 The whole loop
#
# Now with two parameters. One epoch is one step on all the data. A loss belongs to the line as it was before
# the step, so the first loss is that of the line $0x + 0$.

# %%
Fit = namedtuple("Fit", ["w", "b", "losses"])


def fit_line(x, y, lr, epochs):
    """Fit w · x + b to y by gradient descent on the mean squared error, from w = b = 0.

    x, y: tensors (n,), n ≥ 1, stay as they are   lr: float   epochs: int, 0 or more; all of them are run
    Returns: Fit(w, b, losses): w and b after the last step, as floats or as tensors of shape () without a graph;
        losses, a list of `epochs` floats, the loss before each step
    """
    # TODO 05.1 (20 min): what has to happen in every epoch, in which order, and what only once?
    ### BEGIN SOLUTION
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad = b.grad = None
    return Fit(w.item(), b.item(), losses)
    ### END SOLUTION


# %% [markdown]
# ## 05.2 The surface it walks on, by hand
#
# Every pair $(w, b)$ has a loss. A table of them, a row for each $w$ and a column for each $b$, is the loss surface.


# %%
def loss_surface(x, y, ws, bs):
    """The mean of (wx + b − y)² for every w with every b, with NumPy only.

    x, y: arrays (n,)   ws: array (p,)   bs: array (q,); n, p and q are 1 or more, and may differ
    Returns: array (p, q); entry [i, j] belongs to ws[i] and bs[j]
    """
    # TODO 05.2 (15 min, by hand): what does one entry need, and over which numbers is its mean taken?
    ### BEGIN SOLUTION
    misses = ws[:, None, None] * x + bs[:, None] - y  # (p, q, n)
    return np.mean(misses**2, axis=2)
    ### END SOLUTION


# %% [markdown]
# ## 05.3 Two pictures
#
# Look at your fit: does the line go through the points, and has the loss settled?


# %%
def plot_fit(x, y, fit):
    """A figure of the data with the fitted line, and of the losses.

    x, y: tensors (n,), n ≥ 2   fit: its w and b are floats, its losses a list of two floats or more
        All of them stay as they are.
    Returns: a matplotlib Figure with two axes, both with a label on x and on y. It is neither shown nor saved.
        In one: the points, by scatter or as markers, and the line w · x + b, from the least x to the greatest or
        further.
        In the other: the losses over the epochs, counted from 0 or from 1; a logarithmic scale is fine
    """
    # TODO 05.3 (15 min): which artist draws points, which draws a line, and what are the two axes called?
    ### BEGIN SOLUTION
    figure, (data, curve) = plt.subplots(1, 2, layout="constrained")
    data.scatter(x, y)
    data.plot(x, fit.w * x + fit.b, "C1")
    data.set(xlabel="x", ylabel="y")
    curve.plot(fit.losses)
    curve.set(xlabel="epoch", ylabel="loss")
    return figure
    ### END SOLUTION
