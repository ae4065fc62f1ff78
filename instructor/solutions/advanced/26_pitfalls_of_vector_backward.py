# %% [markdown]
# # Assignment 26 · Pitfalls of backward with a vector
#
# Three gaps, about 40 minutes. Read `lessons/advanced/26_pitfalls_of_vector_backward.py` first.
# In two of them somebody has been here before you: you find a function that runs, and returns a wrong gradient.
# Fill a gap, then run `pytest assignments -k 26` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# An error tells most where it is raised by the function that was called wrongly, and says what to do about it.
# This one steps a leaf against its gradient. A leaf without a gradient would raise further down, with a text
# about `None`; so it is refused here, with the cure.


# %%
def checked_step(leaf, lr):
    """Take lr times its gradient off a leaf, in place.

    leaf: a tensor that requires a gradient   lr: float
    Raises ValueError where leaf.grad is None
    """
    if leaf.grad is None:
        raise ValueError("the leaf has no gradient yet: call backward() on a result that depends on it")
    with torch.no_grad():
        leaf -= lr * leaf.grad


# %% [markdown]
# ## 26.1 Backward that tells you what to do
#
# Torch raises a `RuntimeError` for each of four mistakes, and each has its own cure. Raise a `ValueError` instead,
# whose message tells the cure, in your own words. All that is no such mistake stays as in torch: what ends up in
# `.grad`, that the graph is freed, and errors of any other kind.
#
# Torch does not refuse every graph that has been used: where nothing was saved for the way back, it may be walked
# again. Leave the decision to torch.


# %%
def checked_backward(y, v=None):
    """Do what y.backward(v) does, and refuse four mistakes with a cure.

    y: a tensor of any shape   v: a tensor of the same shape, the gradient arriving at y, or None for no v
    Raises ValueError, with the cure in its message, where
    - v is missing and y has several elements or none (one element needs no v, whatever its shape),
    - v has another shape than y, even if it could be stretched; the message holds both shapes,
    - y does not require a gradient, so that there is no graph,
    - torch refuses the graph, because a backward pass has used it
    Any other error is raised as torch raises it
    Returns: None
    """
    # TODO 26.1 (20 min): which mistakes can you see before you call backward, and how do you know the one you cannot?
    ### BEGIN SOLUTION
    if not y.requires_grad:
        raise ValueError("y has no graph: compute it from a tensor with requires_grad=True, outside of no_grad")
    if v is None and y.numel() != 1:
        raise ValueError("y has not one element but others: pass a v of its shape, or reduce y to one number")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v has shape {v.shape} and y {y.shape}: give v the shape of y")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "a second time" in str(error):
            raise ValueError("the graph of y is used: run the forward pass again, or use retain_graph") from error
        raise
    ### END SOLUTION


# %% [markdown]
# ## 26.2 Several products from one graph
#
# Repair this. It should give $v^\mathsf{T} J$ for each row $v$ of `vs`, and only its first row is right:
#
# ```python
# def broken_several_vjps(f, x, vs):
#     leaf = x.clone().requires_grad_()
#     y = f(leaf)
#     rows = []
#     for v in vs:
#         y.backward(v, retain_graph=True)
#         rows.append(leaf.grad.clone())
#     return torch.stack(rows)
# ```


# %%
def several_vjps(f, x, vs):
    """vᵀJ of f at x, for each row v of vs.

    f: maps a tensor (n,) to a tensor (m,); call it once   x: tensor (n,), stays as it is
    vs: tensor (k, m), k ≥ 1
    Returns: tensor (k, n), row i belongs to vs[i]
    """
    # TODO 26.2 (10 min): what does .grad hold when the second row begins?
    ### BEGIN SOLUTION
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for v in vs:
        rows += torch.autograd.grad(y, leaf, v, retain_graph=True)
    return torch.stack(rows)
    ### END SOLUTION


# %% [markdown]
# ## 26.3 Weights that depend on x
#
# Repair this. The weights are computed from x, and are then to count as constants: the gradient asked for is
# $\sum_i w_i \, \partial f_i / \partial x$, with the $w_i$ as they are at x.
#
# ```python
# def broken_self_weighted_gradient(f, weights_of, x):
#     leaf = x.clone().requires_grad_()
#     total = (weights_of(leaf) * f(leaf)).sum()
#     total.backward()
#     return leaf.grad
# ```


# %%
def self_weighted_gradient(f, weights_of, x):
    """Gradient of Σ wᵢ fᵢ(x) with respect to x, where w = weights_of(x) counts as constant.

    f, weights_of: each maps a tensor (n,) to a tensor (m,)   x: tensor (n,), stays as it is
    Returns: tensor (n,)
    """
    # TODO 26.3 (10 min): on which two ways does total depend on leaf, and which of them is not wanted?
    ### BEGIN SOLUTION
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(leaf), leaf, weights_of(x))
    return gradient
    ### END SOLUTION
