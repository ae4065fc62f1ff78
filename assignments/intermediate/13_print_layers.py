# %% [markdown]
# # Assignment 13 · What a model is made of
#
# Three gaps, about 40 minutes. Read `lessons/intermediate/13_print_layers.py` first.
# Fill a gap, then run `pytest assignments -k 13` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# How deep does a model go? Each dot in a path is one step down, and the model itself has the empty path.


# %%
def modules_by_depth(model):
    """The paths of all parts of a model, by depth: its children have depth 1, theirs depth 2, and so on.

    model: an nn.Module
    Returns: dict of int to list of str, the paths of each depth in the order of named_modules()
    """
    depths = {}
    for path, _ in model.named_modules():
        if path:
            depths.setdefault(path.count(".") + 1, []).append(path)
    return depths


# %% [markdown]
# ## 13.1 A table of layers
#
# A *layer* is here a module without children, whatever its class. What has children is a container, and does not
# stand in the table. Each layer has a row of four:
#
# - its dotted path, such as `body.0` (the empty string where the model itself has no children),
# - the name of its class, such as `Linear`,
# - how many numbers its own parameters hold,
# - how many of these can be trained.
#
# In the tests' models, `Block` is a container, and `Scale` a layer with one parameter.


# %%
def layer_table(model):
    """The layers of a model, in the order of named_modules().

    model: an nn.Module, stays as it is
    A parameter that several layers share counts in the first of them only. A module that is registered under several
    names has one row, under the first name.
    Returns: list of tuples (path: str, class name: str, numbers: int, trainable numbers: int)
    """
    # TODO 13.1 (15 min): how do you know, at the second layer, that its weight has been counted already?
    raise NotImplementedError("TODO 13.1: layer_table")


# %% [markdown]
# ## 13.2 Bytes
#
# Parameters, buffers and gradients all need memory. A tensor of 6 numbers in float64 needs 48 bytes, in float16 12.
# What stands in `.grad` counts, whatever it is good for; where `.grad` is None there is nothing to count.


# %%
def memory_of(model):
    """How many bytes the numbers of a model need.

    model: an nn.Module, stays as it is; its tensors may have several dtypes
    A tensor that has several names counts once.
    Returns: dict with the keys "parameters", "buffers" and "gradients", each an int
    """
    # TODO 13.2 (10 min): which of the three may be smaller than you think, and which larger?
    raise NotImplementedError("TODO 13.2: memory_of")


# %% [markdown]
# ## 13.3 Where the gradient arrives
#
# The L2 norm of a gradient is the root of the sum of its squares. Some parameters get no gradient: they are
# frozen, or the loss does not depend on them. All parameters of a model may be frozen.


# %%
def gradient_flow(model, loss):
    """The L2 norm of the gradient of a loss, for each parameter of a model.

    model: an nn.Module; `.grad` of its parameters stays as it is, and what lies there has no influence
    loss: 0-dim tensor in a graph, which may be freed
    Returns: dict of str to float, the names of named_parameters(); 0.0 for a parameter without a gradient
    """
    # TODO 13.3 (15 min): how do you get at the gradients without touching .grad?
    raise NotImplementedError("TODO 13.3: gradient_flow")
