# %% [markdown]
# # Assignment 14 · Layers with names
#
# Three gaps, about 40 minutes. Read `lessons/intermediate/14_layer_naming_with_ordereddict.py` first.
# Fill a gap, then run `pytest assignments -k 14` and read what it says.

# %%
from collections import OrderedDict

import torch
from torch import nn

# %% [markdown]
# ## A worked neighbour
#
# A linear layer, and after it a norm if one is wanted. A layer that is not there has no name either.


# %%
def linear_block(inputs, outputs, norm):
    """One linear layer, called `linear`, followed where `norm` is True by a BatchNorm called `norm`.

    inputs, outputs: int, 1 or more   norm: bool
    Returns: nn.Sequential
    """
    layers = OrderedDict()
    layers["linear"] = nn.Linear(inputs, outputs)
    if norm:
        layers["norm"] = nn.BatchNorm1d(outputs)
    return nn.Sequential(layers)


# %% [markdown]
# ## 14.1 A network with names
#
# The sizes 4, 8, 6, 2 ask for `linear1` (from 4 to 8 numbers), `relu1`, `linear2` (8 to 6), `relu2`, `output` (6 to 2).


# %%
def named_mlp(sizes):
    """A network of linear layers with a ReLU after each of them but the last.

    sizes: list of int, two or more: the numbers that go in, those between the layers, those that come out
    Returns: nn.Sequential of linear1, relu1, linear2, relu2, …, output, in this order; two sizes give only output.
        Linear layers are nn.Linear with a bias, activations nn.ReLU
    """
    # TODO 14.1 (10 min): how many layers have a number, and which one has none?
    raise NotImplementedError("TODO 14.1: named_mlp")


# %% [markdown]
# ## 14.2 New names for the same layers
#
# The mapping goes from old names to new ones, and all are changed at one stroke: {"a": "b", "b": "a"} is a swap.
# Layers that the mapping does not mention keep their names. The same module may stand in the model under two names.


# %%
def rename_layers(model, mapping):
    """A new Sequential of the very same modules in the same order, under new names.

    model: an nn.Sequential, stays as it is   mapping: dict of old name to new name, stays as it is
    Returns: nn.Sequential, another one than `model`, also where the mapping is empty
    Raises: KeyError where the mapping has a name that no layer of the model has;
        ValueError where two layers would have the same name
    """
    # TODO 14.2 (15 min): what is wrong with renaming one after the other?
    raise NotImplementedError("TODO 14.2: rename_layers")


# %% [markdown]
# ## 14.3 The gradient at every layer's output
#
# In a *flat* Sequential no layer has parts of its own. Layer after layer turns $x$ into the model's output $y$.
# The cotangent $v$ is the gradient that arrives at $y$, so you want the gradients of $\sum_i v_i y_i$, one with
# respect to each layer's output.


# %%
def activation_gradients(model, x, cotangent):
    """The gradient at the output of each layer.

    model: a flat nn.Sequential of one layer or more, all of them different; some or all of its parameters may be
        frozen. It stays as it is, `.grad` of its parameters too
    x: tensor, tracking gradients or not, stays as it is   cotangent: tensor of the shape of model(x)
    Returns: OrderedDict of str to tensor of that layer's output's shape, layer by layer from the first to the last;
        the last value is the cotangent
    """
    # TODO 14.3 (15 min): with frozen layers and an x that does not track, where does the graph begin?
    raise NotImplementedError("TODO 14.3: activation_gradients")
