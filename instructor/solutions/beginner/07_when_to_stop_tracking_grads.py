# %% [markdown]
# # Assignment 07 · When to stop tracking
#
# Three gaps, about 40 minutes. Read `lessons/beginner/07_when_to_stop_tracking_grads.py` first.
# Fill a gap, then run `pytest assignments -k 07` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# By how much does a model miss at worst? The answer is a number for us to read. Nothing will ever be
# differentiated, so nothing is recorded.


# %%
def largest_miss(model, x, y):
    """The largest |model(x) − y| over all entries, with the model in the modes it is in.

    model: an nn.Module   x: (n, d)   y: of the shape of model(x), with at least one entry
    Returns: float
    """
    with torch.no_grad():
        return (model(x) - y).abs().max().item()


# %% [markdown]
# ## 07.1 How good is the model?
#
# The loss is $\frac{1}{N}\sum (\mathrm{model}(x) - y)^2$ over all $N$ entries of $y$. Dropout and BatchNorm must
# act as they do in use, so the whole model is asked in eval mode. Some parts may be in eval mode already when
# you get it, others in train mode: the owner wants each part back in the mode that it was in.


# %%
def evaluate(model, x, y):
    """The mean of (model(x) − y)² in eval mode; no graph is recorded.

    model: an nn.Module; afterwards `training` of each module inside is what it was before, and
        parameters, buffers, flags and gradients are untouched
    x: (n, d)   y: of the shape of model(x), with at least one entry; neither tracks gradients
    Returns: float
    """
    # TODO 07.1 (15 min): what do you have to remember before you call eval(), and for which modules?
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        loss = ((model(x) - y) ** 2).mean()
    for module, training in modes:
        module.training = training
    return loss.item()
    ### END SOLUTION


# %% [markdown]
# ## 07.2 A history that keeps no graphs
#
# `step` is a whole step of training: forward, backward, update, clear. All you do is call it. But the loss
# it hands back still holds its graph, and a list of a million such losses holds a million graphs.


# %%
def loss_history(step, n):
    """The losses of n steps of training, in order.

    step: called without arguments, takes one whole step of training and returns its loss, a tensor of shape ()
        that is attached to its graph   n: int, n ≥ 0
    `step` is called exactly n times. While it runs, at most one earlier graph is alive, and none is on return.
    Returns: list of n floats
    """
    # TODO 07.2 (10 min): what in your loop still refers to a loss when the next step begins?
    ### BEGIN SOLUTION
    return [step().item() for _ in range(n)]
    ### END SOLUTION


# %% [markdown]
# ## 07.3 Only the head learns
#
# The model is head(backbone(x)). The backbone is finished, and only the head is to learn, so the backbone
# needs no graph. The loss is the mean over all entries of $(\mathrm{head}(\mathrm{backbone}(x)) - y)^2$.


# %%
def head_gradients_only(backbone, head, x, y):
    """The gradient of the loss with respect to each parameter of the head.

    backbone, head: modules; all parameters of the head require gradients and are used; those of the
        backbone may or may not require them
    x: (n, d)   y: of the shape of head(backbone(x)), with at least one entry; neither tracks gradients

    The backbone runs without tracking, in the modes that its parts are in. Afterwards modes, `requires_grad` and
    `.grad` are what they were, in both (BatchNorm statistics of a backbone in train mode may move).
    Returns: dict from the names in head.named_parameters() to tensors of the parameters' shapes
    """
    # TODO 07.3 (15 min): which part of the forward pass must be recorded? And where does backward() leave its results?
    ### BEGIN SOLUTION
    with torch.no_grad():
        features = backbone(x)
    loss = ((head(features) - y) ** 2).mean()
    names = [name for name, _ in head.named_parameters()]
    gradients = torch.autograd.grad(loss, [parameter for _, parameter in head.named_parameters()])
    return {name: gradients[k] for k, name in enumerate(names)}
    ### END SOLUTION
