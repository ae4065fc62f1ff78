# %% [markdown]
# # Assignment 27 · A v for each sample
#
# Three gaps, about 50 minutes. Read `lessons/advanced/27_batch_vjp.py` first.
# Fill a gap, then run `pytest assignments -k 27` and read what it says.
#
# A batch $X$ holds $B$ samples, one a row. Where samples do not mix, row $b$ of $Y = f(X)$ depends on row $b$ of
# $X$ alone, and has a Jacobian of its own, $J_b$, of shape (m, n).

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# How fast does each sample's own output grow in the direction of its own input? That is a number for each sample:
# the slope of $f(x_b)$ along $x_b$. One backward pass gives the gradients of all samples, row by row; then each
# row is multiplied by its own $x_b$, and added up.


# %%
def slopes_outward(f, X):
    """For each sample x the product of x with the gradient of f at x.

    f: maps a tensor (B, n) to a tensor (B,), samples do not mix   X: tensor (B, n)
    Returns: tensor (B,)
    """
    leaf = X.clone().requires_grad_()
    (gradients,) = torch.autograd.grad(f(leaf).sum(), leaf)
    return (gradients * X).sum(dim=1)


# %% [markdown]
# ## 27.1 vᵀJ for each sample, at once
#
# A $v_b$ for each sample, and $v_b^\mathsf{T} J_b$ in return. You may call `f` only once, on the whole batch: from
# the second call on this `f` gives another answer.


# %%
def batch_vjp(f, X, V):
    """vᵀJ of each sample, row by row.

    f: maps a tensor (B, n) to a tensor (B, m), samples do not mix; call it once, on the whole batch
    X: tensor (B, n), stays as it is; B may be 0   V: tensor (B, m), row b arrives at f(X)[b]
    Returns: tensor (B, n)
    """
    # TODO 27.1 (10 min): which rows of V can contribute to row b of the answer?
    ### BEGIN SOLUTION
    leaf = X.clone().requires_grad_()
    (products,) = torch.autograd.grad(f(leaf), leaf, V)
    return products
    ### END SOLUTION


# %% [markdown]
# ## 27.2 A gradient for each sample
#
# Training sees the mean of the samples' gradients. Here each sample's own is wanted: the gradient of the mean of
# $(\text{model}(x_b) - y_b)^2$ over the entries of $y_b$ alone. The model is yours to look at, not to change.


# %%
def per_sample_gradients(model, x, y):
    """Gradients of each sample's own loss, with respect to the parameters that require gradients.

    model: maps a tensor (B, n) to a tensor (B, m), samples do not mix; its parameters, their .grad and
        requires_grad, and its mode stay as they are
    x: tensor (B, n)   y: tensor (B, m), B ≥ 1
    Returns: a dict from each name in model.named_parameters() whose parameter requires gradients, to a tensor of
        shape (B, *shape of the parameter)
    """
    # TODO 27.2 (20 min): the gradient of the batch has added the samples up; what keeps them apart?
    ### BEGIN SOLUTION
    tracked = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}

    def loss_of(parameters, one_x, one_y):
        prediction = torch.func.functional_call(model, parameters, one_x[None])
        return ((prediction - one_y[None]) ** 2).mean()

    return torch.func.vmap(torch.func.grad(loss_of), in_dims=(None, 0, 0))(tracked, x, y)
    ### END SOLUTION


# %% [markdown]
# ## 27.3 A Jacobian for each sample
#
# All the $J_b$ in one tensor. Here `f` may be called as often as you like, but only with batches.


# %%
def batch_jacobian(f, X):
    """The Jacobian of each sample.

    f: maps a tensor (B, n) to a tensor (B, m), samples do not mix   X: tensor (B, n), stays as it is; B may be 0
    Returns: tensor (B, m, n); entry [b, i, j] is the slope of output i of sample b along input j of sample b
    """
    # TODO 27.3 (15 min): how many backward passes do you need, if each can ask something of all samples at once?
    ### BEGIN SOLUTION
    leaf = X.clone().requires_grad_()
    Y = f(leaf)
    rows = []
    for output in Y.T:
        rows += torch.autograd.grad(output.sum(), leaf, retain_graph=True)
    return torch.stack(rows, dim=1)
    ### END SOLUTION
