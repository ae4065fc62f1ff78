# %% [markdown]
# # Assignment 04 · One training step
#
# Two gaps, about half an hour. Read `lessons/beginner/04_mini_training_step.py` first.
# The model is a straight line: for an input $x$ it predicts $wx + b$. The numbers $w$ and $b$ are to be learned.
# Fill a gap, then run `pytest assignments -k 04` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# How wrong is the line? Each point has a *miss*, what the line says minus what was measured.
# The mean squared error squares each miss and takes the mean.


# %%
def mean_squared_error(w, b, x, y):
    """The mean of (wx + b − y)², with NumPy only.

    w, b: floats   x, y: arrays (n,), n ≥ 1
    Returns: float
    """
    misses = w * x + b - y
    return float(np.mean(misses**2))


# %% [markdown]
# ## 04.1 Its two gradients, by hand
#
# Write $\frac{1}{n}\sum_i (w x_i + b - y_i)^2$ on paper. Differentiate one term with respect to $w$,
# then with respect to $b$, and only then take the mean.


# %%
def mse_gradients(w, b, x, y):
    """The gradients of the mean of (wx + b − y)² with respect to w and to b, with NumPy only.

    w, b: floats   x, y: arrays (n,), n ≥ 1
    Returns: (dw, db), two floats
    """
    # TODO 04.1 (10 min, by hand): if w grows a little, by how much does one miss grow? And if b grows?
    raise NotImplementedError("TODO 04.1: mse_gradients")


# %% [markdown]
# ## 04.2 A training step, by autograd
#
# Forward, backward, update, clear. `w` and `b` belong to the caller, who looks at the same two tensors
# afterwards: change what is in them, and do not make new ones. Somebody may have left old gradients in them.


# %%
def training_step(w, b, x, y, lr):
    """One step of gradient descent on the mean of (wx + b − y)², in place.

    w, b: leaf tensors of shape () that require a gradient; both are changed, and stay such leaves.
        Both gradients are those at the old w and b. What is in .grad on entry has no influence;
        on return .grad is None or zero
    x, y: tensors (n,), n ≥ 1   lr: float, the learning rate
    Returns: float, the loss before the step
    """
    # TODO 04.2 (15 min): which four moves make a step, and where may an old gradient get in?
    raise NotImplementedError("TODO 04.2: training_step")
