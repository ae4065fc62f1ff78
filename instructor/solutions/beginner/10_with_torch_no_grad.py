# %% [markdown]
# # Assignment 10 · with torch.no_grad()
#
# Three gaps, about 45 minutes. Read `lessons/beginner/10_with_torch_no_grad.py` first.
# They have one thing in common: what is switched off or changed for a moment must be put back, come what may.
# Fill a gap, then run `pytest assignments -k 10` and read what it says.

# %%
import functools

import torch

# %% [markdown]
# ## A worked neighbour
#
# Which parts of a model are in train mode? Each part has a `training` of its own: somebody may have put a
# single layer into eval mode and left the rest training. `named_modules` tells all parts, the whole model first.


# %%
def parts_in_train_mode(model):
    """The names of all parts of a model that are in train mode.

    model: an nn.Module, stays as it is
    Returns: list of str; the model itself has the name ""
    """
    return [name for name, part in model.named_modules() if part.training]


# %% [markdown]
# ## 10.1 Ask the model, and leave no trace
#
# An answer is wanted, in the middle of training perhaps: dropout off, BatchNorm with its stored statistics, no graph.
# Afterwards training goes on as if nothing had happened, even where the model could not answer.


# %%
def predict(model, x):
    """What the model says of x in eval mode; nothing is recorded on the way.

    model: an nn.Module, any of whose parts may be in train or in eval mode   x: tensor, tracked or not
    Afterwards `training` of every part is what it was before, parameters, buffers and flags too, and gradients are on
    or off as before; also where the model raises. What it raises reaches the caller.
    Returns: model(x), in no graph
    """
    # TODO 10.1 (15 min): two things are switched. Which of them does a with block put back, and who does the other?
    ### BEGIN SOLUTION
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    finally:
        for part, training in modes:
            part.training = training
    ### END SOLUTION


# %% [markdown]
# ## 10.2 A decorator of your own
#
# Above a function of metrics, `@untracked` is to say: nothing in here belongs to a graph. It is `torch.no_grad` once
# more; you may build it out of that, but think of each line of the contract. Results that are made inside are
# ordinary constants: a graph recorded later may use them.


# %%
def untracked(f):
    """f, but whatever it computes is recorded in no graph.

    f: a plain function; it is not called here, and not changed
    Returns: a function with the name and the docstring of f, which hands on all arguments, the result (the very object)
        and exceptions. While it runs gradients are off, as torch.no_grad() has it; afterwards they are on or off
        as they were at the call, also where f raises or calls itself by its decorated name
    """

    # TODO 10.2 (15 min): what happens when the function is decorated, and what each time it is called?
    ### BEGIN SOLUTION
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)

    return quiet
    ### END SOLUTION


# %% [markdown]
# ## 10.3 A slow copy
#
# Weights jump about in training. A second model, the *target*, follows them slowly, and often answers better:
# after every step each of its numbers moves a little towards its counterpart, $t \leftarrow d\,t + (1 - d)\,s$ with
# a decay $d$ near 1. This is an exponential moving average.


# %%
def ema_update(target, source, decay):
    """target = decay · target + (1 − decay) · source for all parameters, frozen or not; in place.

    target, source: nn.Modules of the same kind and shape, nothing shared between them   decay: float, 0 to 1
    Only the values of target's parameters change: they stay the same objects, leaves with the flags and the .grad that
    they have. Buffers of the target stay, and the source as a whole. A parameter that two layers share counts once.
    Returns: None
    """
    # TODO 10.3 (15 min): the step of lesson 04 changed leaves in place, too. What allowed it to?
    ### BEGIN SOLUTION
    fast = dict(source.named_parameters())
    with torch.no_grad():
        for name, slow in target.named_parameters():
            slow.mul_(decay).add_((1 - decay) * fast[name])
    ### END SOLUTION
