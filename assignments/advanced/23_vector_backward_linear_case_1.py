# %% [markdown]
# # Assignment 23 · Backward through a matrix
#
# Three gaps, about 40 minutes, all by hand. Read `lessons/advanced/23_vector_backward_linear_case_1.py` first.
# $v$ always stands for the gradient that arrives from above: it has the shape of the output $y$.
# All arrays come in double precision (`float64`), and what you return is in double precision too.
# Fill a gap, then run `pytest assignments -k 23` and read what it says.

# %%
import numpy as np

# %% [markdown]
# ## A worked neighbour
#
# A vector is scaled by a number: $y_i = s\, a_i$. Each $a_i$ is in $y_i$ alone, with slope $s$, so it receives
# $s\, v_i$. The number $s$ is in every output, in $y_i$ with slope $a_i$, so it receives $\sum_i v_i a_i$: a sum over
# the only index of both, which is $v^\mathsf{T}a$.


# %%
def scaled_vector_backward(s, a, v):
    """Gradients of vᵀ(s·a) with respect to s and a, with NumPy only.

    s: float   a: array (m,)   v: array (m,), the gradient arriving at y = s·a
    Returns: (ds, da), a float and an array (m,)
    """
    return float(v @ a), s * v


# %% [markdown]
# ## 23.1 Through y = Ax to x, by hand
#
# $y_i = \sum_j a_{ij} x_j$. Write $\partial L / \partial x_j$ as a sum with indices. Then look for the product that
# sums over the same index.


# %%
def vjp_wrt_x(A, x, v):
    """Gradient of vᵀ(Ax) with respect to x, with NumPy only.

    A: array (m, n)   x: array (n,)   v: array (m,), the gradient arriving at y = Ax
    m or n may be 0: a sum over nothing is 0.
    Returns: array (n,) of x's dtype, float64
    """
    # TODO 23.1 (10 min, by hand): which index of A does v meet?
    raise NotImplementedError("TODO 23.1: vjp_wrt_x")


# %% [markdown]
# ## 23.2 Through y = Ax to A, by hand
#
# Take one entry $a_{ij}$. Which outputs is it in, and with which slope?


# %%
def vjp_wrt_A(A, x, v):
    """Gradient of vᵀ(Ax) with respect to A, with NumPy only.

    A: array (m, n)   x: array (n,)   v: array (m,), the gradient arriving at y = Ax
    m or n may be 0: then there is no entry.
    Returns: array (m, n) of A's dtype, float64
    """
    # TODO 23.2 (10 min, by hand): an entry for each pair (i, j): what stands there?
    raise NotImplementedError("TODO 23.2: vjp_wrt_A")


# %% [markdown]
# ## 23.3 A quadratic form, by hand
#
# $x^\mathsf{T} A x = \sum_i \sum_j x_i\, a_{ij}\, x_j$ is one number, and $x$ is in two places. The matrix is square,
# and need not be symmetric.


# %%
def quadratic_gradient(A, x):
    """Gradient of xᵀAx with respect to x, with NumPy only.

    A: array (n, n), symmetric or not   x: array (n,)   n may be 0
    Returns: array (n,) of x's dtype, float64
    """
    # TODO 23.3 (15 min, by hand): hold the right x and let the left one move, then the other way round
    raise NotImplementedError("TODO 23.3: quadratic_gradient")
