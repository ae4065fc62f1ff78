# %% [markdown]
# # Exercise 2 · Training in mini-batches
#
# Three tasks, about an hour. So far every step saw all the data. Here the data are shuffled, cut into batches, and each
# batch makes a step; then batch sizes are compared.
# Fill a gap, then run `pytest assignments -k E2.1` and read what it says.

# %%
import copy
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import torch

# %% [markdown]
# ## A worked neighbour
#
# Random numbers come from a *generator*, which has a state. Generators with equal states give equal numbers, and each
# number drawn moves the state on. `torch.Generator()` makes one, `generator.manual_seed(5)` puts it into the state that
# belongs to the number 5, and functions that draw take it as an argument. Without it they draw from torch's global
# generator, which `torch.manual_seed(5)` seeds, and also returns.


# %%
def with_noise(x, spread, generator=None):
    """x with normal random numbers added to it.

    x: tensor of any shape   spread: float, their standard deviation
    generator: the torch.Generator that they are drawn from, None for torch's global one
    Returns: tensor of the shape of x
    """
    return x + spread * torch.randn(x.shape, generator=generator, dtype=x.dtype)


# %% [markdown]
# ## E2.1 Shuffle, and cut
#
# Five samples in batches of two: two batches of 2 and one of 1, which `drop_last` leaves out.


# %%
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    """One pass over the data in random order, in batches.

    x: tensor (n, …)   y: tensor (n, …), n ≥ 1; row k of x and row k of y are sample k   batch_size: int ≥ 1
    generator: the torch.Generator that the random numbers are drawn from, None for torch's global one
    drop_last: whether the last batch is left out where it has fewer than batch_size samples

    Every order of the samples is as likely as every other. Equal states of the generator give equal orders; a second
    pass with the same generator goes on from the state that the first one left, so it has an order of its own.
    Each sample is in one batch, once, unless it is left out.
    Returns: any iterable of pairs (x of the batch, y of the batch)
    """
    # TODO E2.1 (15 min): how do you make sure that x and y are in the same random order?
    ### BEGIN SOLUTION
    order = torch.randperm(len(x), generator=generator)
    end = len(x) - len(x) % batch_size if drop_last else len(x)
    for start in range(0, end, batch_size):
        chosen = order[start : start + batch_size]
        yield x[chosen], y[chosen]
    ### END SOLUTION


# %% [markdown]
# ## E2.2 Train with them
#
# The loss of a batch is the mean over all entries of $(\mathrm{model}(x) - y)^2$, and each batch makes one step of
# plain gradient descent. Batches may differ in size: what is the mean over the *samples* of an epoch?


# %%
@dataclass
class History:
    """What a training leaves behind. losses: list of float, one for each epoch."""

    losses: list = field(default_factory=list)


def train(model, x, y, batch_size, lr, epochs, generator):
    """Train the model in mini-batches, in place.

    model: nn.Module, (n, d) → (n, o)   x: (n, d)   y: (n, o)   batch_size: int   lr: float   epochs: int ≥ 0
    generator: torch.Generator, given to minibatches, which is called once for each epoch and drops nothing

    Each batch makes one step of plain gradient descent on its loss. Gradients left over from before count for nothing;
    parameters that do not require gradients stay as they are.
    Returns: History; the loss of an epoch is the mean over its samples, where each batch is measured before its step
    """
    # TODO E2.2 (20 min): four samples have loss 1, one has loss 6; which mean must a batch of 4 and one of 1 give?
    ### BEGIN SOLUTION
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        weighted = []
        for inputs, targets in minibatches(x, y, batch_size, generator):
            loss = ((model(inputs) - targets) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            weighted.append(loss.item() * len(inputs))
        history.losses.append(sum(weighted) / len(x))
    return history
    ### END SOLUTION


# %% [markdown]
# ## E2.3 Compare batch sizes
#
# A comparison is fair where nothing differs but what is compared: the same start, the same random numbers.


# %%
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    """Train with each of several batch sizes, all from the same weights.

    make_model: function of no arguments that makes a new nn.Module, perhaps with other random weights at each call
    x, y, lr, epochs: as for train   batch_sizes: list of different ints
    seed: int; each size is trained with a generator newly seeded with it
    Returns: dict from batch size to the History of its training
    """
    # TODO E2.3 (10 min): which two things have to be as they were at the start before the second size is tried?
    ### BEGIN SOLUTION
    start = make_model()
    histories = {}
    for batch_size in batch_sizes:
        generator = torch.manual_seed(seed)
        histories[batch_size] = train(copy.deepcopy(start), x, y, batch_size, lr, epochs, generator)
    return histories
    ### END SOLUTION


def plot_comparison(histories):
    """The losses over the epochs, a line for each batch size.

    histories: dict from batch size to History
    Returns: matplotlib Figure; epochs count from 0 or 1, a label at each axis, a legend, and each line's label holds
        the number that is its batch size. The axis of losses may be logarithmic
    """
    # TODO E2.3 (10 min): what does a reader need who has nothing but the picture?
    ### BEGIN SOLUTION
    figure, axes = plt.subplots()
    for batch_size, history in histories.items():
        axes.plot(range(1, len(history.losses) + 1), history.losses, label=f"batch size {batch_size}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss of the samples")
    axes.legend()
    return figure
    ### END SOLUTION
