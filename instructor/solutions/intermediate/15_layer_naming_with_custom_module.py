# %% [markdown]
# # Assignment 15 · A module of named parts
#
# Three gaps, about 45 minutes. Read `lessons/intermediate/15_layer_naming_with_custom_module.py` first.
# Fill a gap, then run `pytest assignments -k 15` and read what it says.

# %%
import numpy as np
import torch
from torch import nn

# %% [markdown]
# ## A worked neighbour
#
# A model of two named parts: which of three shops a customer goes to, and, with a ModuleDict, what is spent there.
# An amount is positive, so it goes through exp. Below it stands a loss in NumPy.


# %%
class Shopper(nn.Module):
    """For each row of x a score for each shop, and the amount spent in one of them."""

    def __init__(self, inputs):
        """inputs: int, how many numbers a row of x holds"""
        super().__init__()
        self.choice = nn.Linear(inputs, 3)
        self.amount = nn.ModuleDict({shop: nn.Linear(inputs, 1) for shop in ("baker", "grocer", "florist")})

    def forward(self, x, shop):
        """x: tensor (n, inputs)   shop: str. Returns: scores (n, 3), amounts (n,), positive"""
        return self.choice(x), torch.exp(self.amount[shop](x)[:, 0])


def spread_loss(m, s, y):
    """The mean of log s + |y − m| / s, the loss of the lesson, by NumPy. m, s, y: arrays (n,). Returns: float"""
    return float(np.mean(np.log(s) + np.abs(y - m) / s))


# %% [markdown]
# ## 15.1 A head for a mean and a spread
#
# For each row of `x` the model tells a mean $m$, any number, and a standard deviation $s > 0$:
#
# $$h = \mathrm{backbone}(x), \qquad m = \mathrm{mean}(h), \qquad s = \mathrm{softplus}(\mathrm{scale}(h)),
# \qquad \mathrm{softplus}(a) = \log(1 + e^a).$$
#
# What stands in the backbone is yours to choose: one linear layer will do, or several with activations between.


# %%
class GaussianHead(nn.Module):
    """A mean and a standard deviation for each row, made by three parts with names.

    backbone: a module of your choice with parameters, from (n, inputs) to (n, hidden)
    mean, scale: each an nn.Linear(hidden, 1)
    All three are registered, so the keys of state_dict() begin with "backbone.", "mean." and "scale.".
    """

    def __init__(self, inputs, hidden):
        """inputs: int, how many numbers a row of x holds   hidden: int, how many the backbone makes of them"""
        # TODO 15.1 (15 min): how does a part come onto the module's list, under which name?
        ### BEGIN SOLUTION
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.mean = nn.Linear(hidden, 1)
        self.scale = nn.Linear(hidden, 1)
        ### END SOLUTION

    def forward(self, x):
        """x: tensor (n, inputs), n ≥ 1, of the parameters' dtype

        Returns: (mean, scale), two tensors (n,). What comes from the backbone goes to both parts as it is.
        scale is the softplus of what the part `scale` gives, and finite however large that is.
        """
        # TODO 15.1: which shape comes out of a part, and which is asked for?
        ### BEGIN SOLUTION
        features = self.backbone(x)
        return self.mean(features).squeeze(1), nn.functional.softplus(self.scale(features).squeeze(1))
        ### END SOLUTION


# %% [markdown]
# ## 15.2 The gradients of its loss
#
# The loss of such a model is the *negative log-likelihood* of a normal distribution, up to a constant. Here
# $s_i$ is the standard deviation, and its square is the variance:
#
# $$L = \frac{1}{n} \sum_i \left( \log s_i + \frac{(y_i - m_i)^2}{2 s_i^2} \right)$$


# %%
def gaussian_nll_gradients(mean, scale, y):
    """The gradients of the mean over i of log sᵢ + (yᵢ − mᵢ)² / (2 sᵢ²).

    mean, scale, y: arrays (n,), float64, n ≥ 1; m is the mean, s > 0 the scale. They stay as they are
    Returns: (d_mean, d_scale), two arrays (n,), with respect to mean and to scale
    """
    # TODO 15.2 (15 min, by hand): differentiate the term of one i for m and for s; where does the n go?
    ### BEGIN SOLUTION
    misses = y - mean
    return -misses / scale**2 / len(y), (1 / scale - misses**2 / scale**3) / len(y)
    ### END SOLUTION


# %% [markdown]
# ## 15.3 How much gradient has each part?
#
# After a backward pass, one number for each part of a model: the L2 norm of all its gradients together, as if
# they stood in one long vector.


# %%
def gradient_norms_by_part(model):
    """The norm of what lies in .grad, for each immediate child of a model.

    model: an nn.Module, stays as it is; any of its parameters may have None in .grad
    A parameter that two children share belongs to both; one that stands twice inside a child counts once there.
    Parameters that are the model's own, in no child, count nowhere.
    Returns: dict of str to float, the names of named_children(); 0.0 for a child without any gradient
    """
    # TODO 15.3 (15 min): what is the norm of two tensors together, if one has norm 3 and the other norm 4?
    ### BEGIN SOLUTION
    norms = {}
    for name, part in model.named_children():
        gradients = [parameter.grad for parameter in part.parameters() if parameter.grad is not None]
        norms[name] = sum((gradient**2).sum().item() for gradient in gradients) ** 0.5
    return norms
    ### END SOLUTION
