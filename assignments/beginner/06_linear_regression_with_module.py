# %% [markdown]
# # Assignment 06 · Linear regression with a module
#
# Two gaps, about half an hour. Read `lessons/beginner/06_linear_regression_with_module.py` first.
# Fill a gap, then run `pytest assignments -k 06` and read what it says.

# %%
import torch
from torch import nn

# %% [markdown]
# ## A worked neighbour
#
# A module with a parameter of two numbers and one of a single number: a parabola with its lowest point at `place`.


# %%
class Bowl(nn.Module):
    """Σ curvature_k · (x_k − place)² for each row x of two numbers."""

    def __init__(self):
        """curvature (2,) starts at one, place () at zero."""
        super().__init__()
        self.curvature = nn.Parameter(torch.ones(2))
        self.place = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        """x: tensor (n, 2). Returns: tensor (n,)"""
        return ((x - self.place) ** 2 * self.curvature).sum(dim=1)


# %% [markdown]
# ## 06.1 The model
#
# Now a row of `x` holds $d$ numbers, and the model says $w_1 x_1 + \dots + w_d x_d + b$: a number for each row.


# %%
class LinearRegression(nn.Module):
    """The linear model x · weight + bias.

    Its parameters are weight, of shape (d,), and bias, of shape (), in torch's default dtype, and no others.
    What they start with is yours to choose.
    """

    def __init__(self, d):
        """d: int, 1 or more, how many numbers a row of x holds"""
        # TODO 06.1 (15 min): what makes a tensor a parameter, and what has to come before the first one?
        raise NotImplementedError("TODO 06.1: LinearRegression.__init__")

    def forward(self, x):
        """x: tensor (n, d), n ≥ 1, of the parameters' dtype, stays as it is. Returns: tensor (n,)"""
        # TODO 06.1: which shape has the product of (n, d) with (d,)?
        raise NotImplementedError("TODO 06.1: LinearRegression.forward")


# %% [markdown]
# ## 06.2 The loop, for any model
#
# The loss is the mean over all entries of $(\mathrm{model}(x) - y)^2$, and `torch.optim.SGD` takes the steps.
# Some parameters may be frozen (`requires_grad` is False), and old gradients may lie in any of them.


# %%
def train(model, x, y, lr, epochs):
    """Train a model by gradient descent on all the data, in place.

    model: an nn.Module of which at least one parameter requires a gradient. It is trained in the mode it is in
        (train mode or eval mode, so call neither train() nor eval()); its modes and flags stay
    x: tensor (n, d)   y: tensor of the shape of model(x)   lr: float   epochs: int, 0 or more
    Old gradients have no influence, and frozen parameters stay as they are.
    All epochs are run, whatever the losses are.
    Returns: list of `epochs` floats, the loss before each step
    """
    # TODO 06.2 (15 min): which four lines make an epoch now, and which of them must come before backward?
    raise NotImplementedError("TODO 06.2: train")
