# %% [markdown]
# # Assignment 18 · Three ways to zero gradients
#
# Three gaps, about 40 minutes. Read `lessons/intermediate/18_three_ways_to_zero_gradients.py` first.
# Fill a gap, then run `pytest assignments -k 18` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# Before you clear gradients, you may want to know how much memory they take. `None` takes none.


# %%
def gradient_bytes(params):
    """How many bytes the gradients of these parameters take.

    params: any iterable of tensors
    Returns: int
    """
    gradients = [parameter.grad for parameter in params]
    return sum(gradient.numel() * gradient.element_size() for gradient in gradients if gradient is not None)


# %% [markdown]
# ## 18.1 Three ways
#
# Somebody else may hold a parameter's `.grad` too: a list that a logger keeps, or a buffer that several machines share.
# The first way writes into that very tensor, so they all see zeros. The other two let go of it and leave it as it is.


# %%
def zero_by_filling(params):
    """Fill every gradient with zeros, in place.

    params: any iterable of leaves; it may be a generator, which can be walked only once
    `.grad` stays the same tensor, and holds zeros, whatever it held before (inf and NaN, too). Where it is None, it
    stays None. The parameters themselves and their flags stay.
    Returns: None
    """
    # TODO 18.1 (5 min): what has a zero_(), and what has none?
    ### BEGIN SOLUTION
    for parameter in params:
        if parameter.grad is not None:
            parameter.grad.zero_()
    ### END SOLUTION


def zero_by_none(params):
    """Let go of every gradient: each `.grad` is None, and the tensors that were there stay as they are.

    params: any iterable of leaves   Returns: None
    """
    # TODO 18.1 (5 min): what does somebody see who holds the old gradient?
    ### BEGIN SOLUTION
    for parameter in params:
        parameter.grad = None
    ### END SOLUTION


def zero_by_optimizer(optimizer):
    """The same as zero_by_none, for the parameters in all groups of the optimizer, and no others.

    optimizer: a torch.optim.Optimizer with one group or more   Returns: None
    """
    # TODO 18.1 (5 min): which of the two ways does an optimizer take where nobody says?
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    ### END SOLUTION


# %% [markdown]
# ## 18.2 A parameter that took no part
#
# In this step the loss did not depend on the parameter. The optimizer finds None in `.grad`, or zeros, depending on who
# cleared it, and now takes its step. `torch.optim.SGD` passes over a parameter without gradient, buffer and all. With
# a gradient g it computes, with dampening 0,
#
# - the direction $d = g + \mathrm{weight\_decay} \cdot p$,
# - the new buffer $b = \mathrm{momentum} \cdot b + d$, or $b = d$ where there was no buffer yet,
# - the new parameter $p - \mathrm{lr} \cdot b$.


# %%
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    """Where the parameter is after one step of SGD in which its gradient is None, or all zeros.

    param: float array of any shape   buffer: float array of the same shape, or None where there is none yet
    gradient_is_none: bool; else the gradient is all zeros   lr, weight_decay, momentum: float ≥ 0
    Arguments stay as they are.
    Returns: float array of the shape of param
    """
    # TODO 18.2 (10 min, by hand): what is left of the rule where g is zero?
    ### BEGIN SOLUTION
    if gradient_is_none:
        return param
    memory = np.zeros(param.shape) if buffer is None else momentum * buffer
    return param - lr * (memory + weight_decay * param)
    ### END SOLUTION


# %% [markdown]
# ## 18.3 Who is out of reach?
#
# A parameter that the loss does not depend on gets no gradient. That is another thing than a gradient of zero:
# a ReLU that is off sends zeros, and the loss depends on what stands before it all the same.


# %%
def unreached(params, loss):
    """The indices of the parameters that the loss does not depend on, by the graph that was recorded.

    params: list of one or more leaves that require gradients; some may hold a gradient from earlier
    loss: tensor of shape (), in a graph
    Afterwards each `.grad` is what it was, and the graph is still there: loss.backward() works.
    Returns: list of int, from 0 on, ascending
    """
    # TODO 18.3 (15 min): which call gives None for a parameter that the loss does not reach?
    ### BEGIN SOLUTION
    gradients = torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)
    return [k for k, gradient in enumerate(gradients) if gradient is None]
    ### END SOLUTION
