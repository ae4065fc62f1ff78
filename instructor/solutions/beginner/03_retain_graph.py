# %% [markdown]
# # Assignment 03 · The life of a graph
#
# Three gaps, about 40 minutes. Read `lessons/beginner/03_retain_graph.py` first.
# Fill a gap, then run `pytest assignments -k 03` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# Is a graph still there? We ask it for a gradient, and tell it to stay. `torch.autograd.grad` hands the gradient
# back and writes nothing into `.grad`, so this question changes nothing. You may use it to look at your own work.


# %%
def is_freed(y, leaf):
    """Whether the graph from leaf to y is freed, so that a backward pass through it raises.

    y: a tensor of shape (), computed from leaf, which requires a gradient
    Returns: bool
    """
    try:
        torch.autograd.grad(y, leaf, retain_graph=True)
    except RuntimeError:
        return True
    return False


# %% [markdown]
# ## 03.1 Several heads on one trunk
#
# `shared` is costly: think of a large network that looks at a picture. Each head is cheap: is there a cat, is it
# day? Run `shared` once, and ask each head for its own gradient. `x` belongs to the caller, and may or may not
# require a gradient: take its numbers, and make a leaf of your own.


# %%
def head_gradients(shared, heads, x):
    """The gradient of each head(shared(x)) with respect to x, from one call of shared.

    shared: maps a tensor (n,) to a tensor (m,); called exactly once, even where there are no heads
    heads: a list, each maps a tensor (m,) to a tensor of shape (); may be empty
    x: tensor (n,), float64, with or without requires_grad; neither it nor its .grad is changed
    Returns: a list of tensors (n,), one for each head, in order
    """
    # TODO 03.1 (15 min): which graph do all heads need, and what would the first backward pass do to it?
    ### BEGIN SOLUTION
    leaf = x.detach().requires_grad_()
    trunk, gradients = shared(leaf), []
    for head in heads:
        gradients += torch.autograd.grad(head(trunk), leaf, retain_graph=True)
    return gradients
    ### END SOLUTION


# %% [markdown]
# ## 03.2 All losses, and then no graph
#
# Training with several losses on one trunk: every leaf gets the gradient of their sum, and afterwards the
# memory is to be free again.


# %%
def backward_all(losses):
    """Send all losses backward, and leave no graph behind.

    losses: a list of at least one tensor of shape (), computed from one shared trunk
    Afterwards the .grad of every leaf has grown by the gradient of the sum of all losses; what it held before
    is still in it. The graph is freed: another backward pass through any of the losses raises RuntimeError
    Returns: None
    """
    # TODO 03.2 (10 min): how many backward passes do you need, and which of them may keep the graph?
    ### BEGIN SOLUTION
    sum(losses).backward()
    ### END SOLUTION


# %% [markdown]
# ## 03.3 The second derivative
#
# The derivative of the derivative. The slope of a straight line is the same everywhere, so its second
# derivative is 0.0: make sure that you get an answer there too.


# %%
def second_derivative(f, x):
    """The second derivative of f at x.

    f: maps a tensor of shape () to a tensor of shape (); may be a straight line   x: float
    Returns: float
    """
    # TODO 03.3 (15 min): what must be written down during the first backward pass, and what if there was nothing?
    ### BEGIN SOLUTION
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    if not slope.requires_grad:
        return 0.0
    (curvature,) = torch.autograd.grad(slope, leaf)
    return curvature.item()
    ### END SOLUTION
