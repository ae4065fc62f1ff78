# %% [markdown]
# # Assignment 21 · A training loop with gradient accumulation
#
# Three gaps, about 50 minutes. Read `lessons/intermediate/21_training_loop_with_grad_accumulation.py` first.
# Fill a gap, then run `pytest assignments -k 21` and read what it says.

# %%
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# Batches come one after the other, from a list or from a generator, which can be walked through only once. Here only
# numbers are gathered from them; the last stretch may be short.


# %%
def stretch_means(numbers, length):
    """The means of `length` numbers each, one after the other; the last may be of fewer.

    numbers: any iterable of floats, which is walked through once   length: int ≥ 1
    Returns: list of float
    """
    means, stretch = [], []
    for number in numbers:
        stretch.append(number)
        if len(stretch) == length:
            means.append(sum(stretch) / length)
            stretch = []
    if stretch:
        means.append(sum(stretch) / len(stretch))
    return means


@dataclass
class History:
    """What a training leaves behind: for each update the loss before it, and the gradient's norm before the clip."""

    losses: list = field(default_factory=list)
    gradient_norms: list = field(default_factory=list)
    updates: int = 0


# %% [markdown]
# ## 21.1 The loop
#
# Every `accumulation_steps` batches make a group, and every group one update of plain gradient descent. The loss of a
# group is the mean over all entries of $(\mathrm{model}(x) - y)^2$, of all its batches together. Batches may differ in
# size, so the mean of their means is something else.


# %%
def train(model, batches, accumulation_steps, lr, max_norm):
    """Train the model in one pass over the batches, in place.

    model: nn.Module, (n, d) → (n, o); parameters that do not require gradients, or get none, stay as they are
    batches: any iterable of pairs (x (n, d), y (n, o)), n ≥ 1 and not always the same; there may be none
    accumulation_steps: int ≥ 1, batches in a group; a last group of fewer batches makes an update too
    lr: float   max_norm: float; the gradient of a group, all parameters together, is scaled down to this norm where
        its norm is larger, and then the step is made
    Gradients left over from before count for nothing.
    Returns: History; for each update the group's loss before the step and the norm before the clip, both floats,
        and the number of updates, an int
    """
    # TODO 21.1 (25 min): what must wait until a group is complete, and what until the stream is at its end?
    ### BEGIN SOLUTION
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()

    def update(group):
        samples = sum(len(x) for x, _ in group)
        optimizer.zero_grad()
        parts = []
        for x, y in group:
            part = ((model(x) - y) ** 2).mean() * (len(x) / samples)
            part.backward()
            parts.append(part.item())
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(sum(parts))
        history.gradient_norms.append(norm.item())
        history.updates = len(history.losses)

    group = []
    for batch in batches:
        group.append(batch)
        if len(group) == accumulation_steps:
            update(group)
            group = []
    if group:
        update(group)
    return history
    ### END SOLUTION


# %% [markdown]
# ## 21.2 The clip, by hand
#
# The norm is the root of the sum of the squares of *all* entries of *all* arrays. Here nothing is added to it.


# %%
def clip_by_norm(gradients, max_norm):
    """Gradients scaled down together, where their common norm is larger than max_norm, with NumPy only.

    gradients: list of arrays of any shapes; the list may be empty, and all entries may be 0   max_norm: float > 0
    Returns: (clipped, norm): a list of new arrays of the same shapes, whose common norm is max_norm or, where it was
        not larger to begin with, what it was; and the norm before, a float
    """
    # TODO 21.2 (10 min, by hand): by which one factor is every entry multiplied?
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    factor = max_norm / max(norm, max_norm)
    return [gradient * factor for gradient in gradients], norm
    ### END SOLUTION


# %% [markdown]
# ## 21.3 The picture
#
# A loss and a norm have no unit in common, so each needs an axis of its own: two axes one above the other,
# or one picture whose second axis stands on the right (`axes.twinx()`).


# %%
def plot_history(history):
    """A figure of the losses and of the gradient norms over the updates.

    history: its losses and gradient_norms are lists of two floats or more, one for each update; they stay as they are
    Returns: a matplotlib Figure with two axes, stacked or twin: the losses in one, the norms in the other. Each has a
        label on its y axis, and at least one of them on its x axis. Updates are counted from 0 or from 1; a
        logarithmic scale is fine. It is neither shown nor saved
    """
    # TODO 21.3 (10 min): why is one pair of axes not enough, and what must each of the two say?
    ### BEGIN SOLUTION
    figure, (top, bottom) = plt.subplots(2)
    top.plot(history.losses)
    top.set(ylabel="loss")
    bottom.plot(history.gradient_norms)
    bottom.set(xlabel="update", ylabel="gradient norm")
    return figure
    ### END SOLUTION
