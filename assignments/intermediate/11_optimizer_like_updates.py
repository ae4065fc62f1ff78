# %% [markdown]
# # Assignment 11 · Steps as an optimizer takes them
#
# Three gaps, about 50 minutes. Read `lessons/intermediate/11_optimizer_like_updates.py` first.
# Fill a gap, then run `pytest assignments -k 11` and read what it says.
#
# In all three, `params` is a list of leaf tensors of any shapes, the same tensors in the same order on every call.
# Somebody else runs backward and clears; a step only reads `.grad`. Where `.grad` is None the parameter took no
# part: it is passed over, and so is everything that is kept for it. The tensor in `.grad` stays as it is, and may
# be written over before the next call.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# *Sign descent* looks only at the direction of each entry of a gradient: every number moves by lr, up or down.


# %%
def sign_step(params, lr):
    """Move every entry by lr against the sign of its gradient, in place.

    params: list of leaf tensors; those whose .grad is None stay
    """
    with torch.no_grad():
        for parameter in params:
            if parameter.grad is not None:
                parameter -= lr * torch.sign(parameter.grad)


# %% [markdown]
# ## 11.1 Plain descent, with weight decay
#
# Weight decay $\lambda$ adds $\lambda p$ to the gradient $g$ of a parameter $p$:
# a step is $p \leftarrow p - \mathrm{lr} \cdot (g + \lambda p)$.


# %%
def sgd_step(params, lr, weight_decay=0.0):
    """One step of torch.optim.SGD(params, lr, weight_decay=weight_decay), in place.

    params: list of leaf tensors, which are changed and stay such leaves; where .grad is None, one stays as it is
    lr, weight_decay: floats, 0 or more
    Returns: None
    """
    # TODO 11.1 (10 min): what does the decay do to a parameter that has no gradient?
    raise NotImplementedError("TODO 11.1: sgd_step")


# %% [markdown]
# ## 11.2 Momentum
#
# Parameter number $k$ has a buffer $b_k$. At its first gradient $b_k \leftarrow g$, later
# $b_k \leftarrow \mu b_k + g$, and $p \leftarrow p - \mathrm{lr} \cdot b_k$ with the new buffer.


# %%
def momentum_step(params, buffers, lr, momentum):
    """One step of torch.optim.SGD(params, lr, momentum=momentum), in place.

    params: list of leaf tensors, which are changed and stay such leaves; where .grad is None, parameter and buffer stay
    buffers: list of as many entries, all None before the first call. This call puts the new buffer of parameter
        number k, a tensor of its shape, at place k; the next call is given the same list
    lr: float, may differ from call to call   momentum: float, above 0
    Returns: None
    """
    # TODO 11.2 (15 min): whose tensor is the first buffer, and who may write into it later?
    raise NotImplementedError("TODO 11.2: momentum_step")


# %% [markdown]
# ## 11.3 Adam
#
# A parameter has two running averages, $m$ of its gradients and $v$ of their squares, both 0 at first, and a count
# $t$ of the steps that it took part in. With its gradient $g$ a step does
#
# 1. $t \leftarrow t + 1$;
# 2. $m \leftarrow \beta_1 m + (1 - \beta_1)\, g$ and $v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$;
# 3. $\hat m = m / (1 - \beta_1^t)$ and $\hat v = v / (1 - \beta_2^t)$, which are not kept;
# 4. $p \leftarrow p - \mathrm{lr} \cdot \hat m / (\sqrt{\hat v} + \varepsilon)$.


# %%
def adam_step(params, state, lr, betas, eps):
    """One step of torch.optim.Adam(params, lr, betas, eps), in place.

    params: list of leaf tensors, which are changed and stay such leaves; where .grad is None, a parameter stays, and
        so do its averages and its count
    state: dict, empty before the first call; the next call is given the same dict. What you put into it is up to you,
        and all that you remember must be in it: with an empty dict everything begins anew
    lr: float, may differ from call to call   betas: (beta1, beta2), from 0 to below 1   eps: float, above 0
    Returns: None
    """
    # TODO 11.3 (25 min): two parameters did not take part in the same steps; what does each need for itself?
    raise NotImplementedError("TODO 11.3: adam_step")
