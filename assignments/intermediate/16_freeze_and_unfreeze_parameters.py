# %% [markdown]
# # Assignment 16 · Freeze and unfreeze
#
# Three gaps, about 50 minutes. Read `lessons/intermediate/16_freeze_and_unfreeze_parameters.py` first.
# Fill a gap, then run `pytest assignments -k 16` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# Which parameters of a model are frozen? A parameter that two layers share has two names; here both are told.


# %%
def frozen_names(model):
    """Every name of every parameter that is frozen.

    model: an nn.Module
    Returns: list of str, dotted paths like "body.0.weight"
    """
    pairs = model.named_parameters(remove_duplicate=False)
    return [name for name, parameter in pairs if not parameter.requires_grad]


# %% [markdown]
# ## 16.1 Freeze by name
#
# A *dotted-path prefix* is the beginning of a parameter's name, cut at a dot or not cut at all:
# `body`, `body.0` and `body.0.weight` are prefixes of `body.0.weight`; `bod` and `body.0.w` are not.
# So `body.layer1` has nothing to do with `body.layer10`, and `layer1` is no prefix of `body.layer1.weight`.
#
# The tests have a model called `transfer` with two parts, `body` and `classifier`. In the body stand `layer1`,
# `norm` (a BatchNorm), `act`, `drop` (a Dropout), `layer10` and `layer2`, the last two with one weight between them;
# in the classifier stand `hidden`, `norm`, `act` and `out`.
# Another, `stacked`, is a Sequential of a Sequential of two layers, and of a third layer: its paths are numbers.


# %%
def set_requires_grad(model, prefixes, flag):
    """Give the parameters under these prefixes this flag, in place; all others keep theirs.

    model: an nn.Module   prefixes: list of dotted-path prefixes   flag: bool
    A parameter with several names is under a prefix where one of its names is.
    Returns: None
    Raises: ValueError where no parameter is under a prefix; no flag is changed then, whatever the other prefixes are
    """
    # TODO 16.1 (15 min): how do you make sure that nothing has changed when the last prefix turns out to be wrong?
    raise NotImplementedError("TODO 16.1: set_requires_grad")


def freeze(model, prefixes):
    """Freeze the parameters under these prefixes, in place. Raises ValueError as above."""
    set_requires_grad(model, prefixes, False)


def unfreeze(model, prefixes):
    """Let the parameters under these prefixes be trained, in place. Raises ValueError as above."""
    set_requires_grad(model, prefixes, True)


# %% [markdown]
# ## 16.2 Train the head, and nothing else
#
# The head is a part of the model, told by its path: `head`, or deeper inside, `classifier.out`.
# The loss is the mean over all entries of $(\mathrm{model}(x) - y)^2$, each step is plain gradient
# descent on the whole batch: $p \leftarrow p - \mathrm{lr} \cdot \partial\,\mathrm{loss} / \partial p$.


# %%
def fine_tune(model, head, x, y, lr, steps):
    """Train one part of the model on (x, y); the rest stays exactly as it is.

    model: an nn.Module   head: dotted path of a part of it   x: (n, d)   y: of the shape of model(x)
    lr: float   steps: int, how many steps of plain gradient descent on the whole batch

    All parameters of the head are trained, frozen or not; during training the head is in train mode and
    the rest in eval mode, so that BatchNorm statistics inside the head move (and stay where the training
    leaves them) and those of the rest do not. Afterwards every mode (`training`) and every flag
    (`requires_grad`) is what it was before. Gradients that parameters hold beforehand count for nothing;
    which ones they hold afterwards does not matter.
    Returns: list of float, the loss before each step
    """
    # TODO 16.2 (25 min): what do you have to remember before you change a mode or a flag?
    raise NotImplementedError("TODO 16.2: fine_tune")


# %% [markdown]
# ## 16.3 How much of it can move?
#
# A weight of 24 × 5 holds 120 numbers. A shared parameter is one parameter, however many names it has.


# %%
def trainable_fraction(model):
    """Which part of the model's parameters can be trained, counted in numbers.

    model: an nn.Module with at least one parameter, stays as it is
    Returns: float from 0.0 to 1.0; single precision is enough
    """
    # TODO 16.3 (10 min): does a weight of 120 numbers count as much as a bias of 5?
    raise NotImplementedError("TODO 16.3: trainable_fraction")
