# %% [markdown]
# # Assignment 19 · Gradient accumulation
#
# Two gaps, about 35 minutes. Read `lessons/intermediate/19_gradient_accumulation_for_large_batches.py` first.
# Fill a gap, then run `pytest assignments -k 19` and read what it says.

# %%
import numpy as np

# %% [markdown]
# ## A worked neighbour
#
# How many rows does the model see at once, chunk after chunk? The last chunk may be a short one.


# %%
def chunk_sizes(n, micro_batch):
    """The numbers of rows in the chunks of a batch, in order.

    n: int ≥ 1, the rows of the batch   micro_batch: int ≥ 1, the rows of a chunk, but for the last
    Returns: list of int, none of them 0
    """
    sizes = []
    while n > 0:
        sizes.append(min(n, micro_batch))
        n = n - micro_batch
    return sizes


# %% [markdown]
# ## 19.1 The gradient of a batch that does not fit
#
# The loss is $\frac{1}{N}\sum (\mathrm{model}(x) - y)^2$ over all $N$ entries of y; a row may hold several. The whole
# batch is too much for the memory, `micro_batch` rows are not. What the model makes of a row depends on that row only.


# %%
def accumulate(model, x, y, micro_batch):
    """Leave in .grad of each parameter the gradient of the loss on the whole batch.

    model: an nn.Module with at least one parameter that requires gradients, and that the loss depends on
    x: (n, d) with n ≥ 1   y: of the shape of model(x)   micro_batch: int ≥ 1, which may be larger than n

    The model never sees more than micro_batch rows, and each chunk goes backward before the next one goes forward.
    Gradients that lay in .grad before count for nothing. Parameters that are frozen, or that the loss does not depend
    on, have None in .grad afterwards. Values, flags and modes of the model stay, and so do x and y.
    Returns: None
    """
    # TODO 19.1 (20 min): which part of the whole loss does one chunk bring, where the last chunk is a short one?
    ### BEGIN SOLUTION
    for parameter in model.parameters():
        parameter.grad = None
    for start in range(0, len(x), micro_batch):
        rows = slice(start, start + micro_batch)
        loss = ((model(x[rows]) - y[rows]) ** 2).sum() / y.numel()
        loss.backward()
    ### END SOLUTION


# %% [markdown]
# ## 19.2 What a chunk weighs
#
# Each chunk has the mean loss of its own rows. The mean loss of the whole batch is a sum of these means, each times a
# weight. The chunks are those of 19.1: as many full ones as there are, then one with the rest, if there is a rest.


# %%
def chunk_weights(n, micro_batch):
    """The weight of each chunk's mean in the mean of the whole batch.

    n: int ≥ 1, the rows of the batch   micro_batch: int ≥ 1, the rows of a chunk, which may be more than n
    Returns: float array with one entry for each chunk that is not empty, in order; their sum is 1
    """
    # TODO 19.2 (10 min, by hand): 5 rows in chunks of 2: how many rows stand behind each mean?
    ### BEGIN SOLUTION
    starts = np.arange(0, n, micro_batch)
    return np.minimum(micro_batch, n - starts) / n
    ### END SOLUTION
