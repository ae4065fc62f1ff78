# %% [markdown]
# # Assignment 25 · The whole Jacobian
#
# Three gaps, about 40 minutes. Read `lessons/advanced/25_vector_backward_nonlinear_full_jacobian.py` first.
# Fill a gap, then run `pytest assignments -k 25` and read what it says.
#
# The Jacobian $J$ of a function from $n$ numbers to $m$ numbers has $m$ rows and $n$ columns:
# $J_{ij} = \partial y_i / \partial x_j$. A row belongs to an output, a column to an input.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# Each output is its own input times the sum of all: $y_i = x_i \, s$ with $s = x_1 + \dots + x_n$.
# The input $x_j$ reaches $y_i$ on two ways: through $s$, for every $i$, and as the factor $x_i$, where $i = j$.
# The first way gives $x_i$ all along row $i$; the second gives $s$ on the diagonal.


# %%
def times_the_sum_jacobian(x):
    """Jacobian of y = x · sum(x) at x.

    x: array (n,)
    Returns: array (n, n)
    """
    through_the_sum = np.outer(x, np.ones_like(x))
    as_the_factor = np.diag(np.full_like(x, x.sum()))
    return through_the_sum + as_the_factor


# %% [markdown]
# ## 25.1 Any function, by autograd
#
# One backward pass gives one $v^\mathsf{T} J$. You may call `f` only once: the second call of this `f`
# gives another answer. Backward passes you may run as many as you need.


# %%
def full_jacobian(f, x):
    """Jacobian of f at x, found with autograd.

    f: maps a tensor of shape (n,) to a tensor of shape (m,); call it once   x: (n,), stays as it is
    Returns: tensor (m, n), also where m or n is 1
    """
    # TODO 25.1 (15 min): which v picks row i out of the Jacobian, and what must outlive the first backward pass?
    ### BEGIN SOLUTION
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for i in range(len(y)):
        one_hot = torch.zeros_like(y)
        one_hot[i] = 1
        (row,) = torch.autograd.grad(y, leaf, one_hot, retain_graph=True)
        rows.append(row)
    return torch.stack(rows)
    ### END SOLUTION


# %% [markdown]
# ## 25.2 Softmax, by hand
#
# $y_i = e^{x_i} / (e^{x_1} + \dots + e^{x_n})$: positive numbers that sum to 1. Derive
# $\partial y_i / \partial x_j$ on paper, once for $i = j$ and once for $i \ne j$, and write both with the $y$'s only.
#
# $e^{1000}$ is too large for a float. But $y$ stays the same when one number is taken from all entries of $x$.


# %%
def softmax_jacobian(x):
    """Jacobian of softmax at x, with NumPy only.

    x: array (n,), n ≥ 1; entries may be large, like 1000 or -1000
    Returns: array (n, n)
    """
    # TODO 25.2 (15 min, by hand): x_j stands in the denominator of every output; in whose numerator does it stand?
    ### BEGIN SOLUTION
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)
    ### END SOLUTION


# %% [markdown]
# ## 25.3 A layer with tanh, by hand
#
# $z = Wx + b$ and $y_i = \tanh(z_i)$. The slope of tanh can be told from its own value:
# $\tanh'(z) = 1 - \tanh(z)^2$.


# %%
def layer_jacobian(W, b, x):
    """Jacobian of y = tanh(Wx + b) with respect to x, with NumPy only.

    W: array (m, n)   b: array (m,)   x: array (n,)
    Returns: array (m, n)
    """
    # TODO 25.3 (10 min, by hand): one slope of tanh for each output; is that one for each row of W, or each column?
    ### BEGIN SOLUTION
    y = np.tanh(W @ x + b)
    return (1 - y**2)[:, None] * W
    ### END SOLUTION
