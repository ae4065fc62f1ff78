# %% [markdown]
# # Assignment 12 · From torch to NumPy and back
#
# Three gaps, about an hour. Read `lessons/intermediate/12_converting_to_numpy.py` first.
# Fill a gap, then run `pytest assignments -k 12` and read what it says.

# %%
import numpy as np
import torch

# %% [markdown]
# ## A worked neighbour
#
# The way into torch, with an independent copy at the end. `torch.tensor` copies, but it does not take an array with a
# negative stride, such as a reversed one; `np.ascontiguousarray` puts the entries into a row first.


# %%
def to_tensor(array):
    """A tensor with the entries of an array, and memory of its own.

    array: np.ndarray of any shape, also with negative strides, of a dtype that torch has
    Returns: tensor of the same shape and dtype
    """
    return torch.tensor(np.ascontiguousarray(array)).reshape(array.shape)


# %% [markdown]
# ## 12.1 Out of torch
#
# A tensor may track gradients, be a view with gaps, or hold a promise: the conjugate `z.conj()` of a complex tensor
# notes that signs are to be turned, and turns none; its `.imag` is a view that is negated in the same way.


# %%
def to_numpy(t):
    """The entries of a tensor as an array that shares no memory with it.

    t: tensor of any shape, also (), and of any dtype that NumPy has. It may track gradients, be a view of another
        tensor, be conjugated or negated, or be on another device. It stays as it is
    Returns: np.ndarray of the same shape and dtype; also where the shape is ()
    """
    # TODO 12.1 (10 min): what can keep .numpy() from working, and what does it share?
    ### BEGIN SOLUTION
    return t.numpy(force=True).copy()
    ### END SOLUTION


# %% [markdown]
# ## 12.2 Who shares memory with whom?
#
# Two slices `t[:3]` and `t[3:]` have no entry in common, and yet they belong together: both are views of one storage,
# which lives as long as either of them. An array that is a view knows in `.base` what it is a view of; for an array
# that came from `.numpy()` that is a tensor. A tensor that came from `torch.from_numpy` knows only the stretch of
# memory that it was given, which may be a part of an array.


# %%
def sharing_groups(objects):
    """Group tensors and arrays by the memory that they are views of.

    objects: list of tensors and np.ndarrays, none of them empty; all stay as they are
        Two belong together where they are views of one storage or array. So do two that a third in the list links:
        `torch.from_numpy(a[:3])` and `torch.from_numpy(a[3:])`, by `a` or by any view of it. (Such parts never come
        without an object that links them.)
    Returns: list of lists of indices into objects. In each the indices ascend, and the lists are ordered by their
        first index. Every index occurs once; an object that shares with no other is a group by itself
    """

    # TODO 12.2 (25 min): from where to where reaches the memory behind a tensor? And behind an array that is a view?
    ### BEGIN SOLUTION
    def region(thing):
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        if isinstance(thing, np.ndarray):
            return thing.ctypes.data, thing.ctypes.data + thing.nbytes
        storage = thing.untyped_storage()
        return storage.data_ptr(), storage.data_ptr() + storage.nbytes()

    regions = [region(thing) for thing in objects]
    groups = []
    for k, (begin, end) in enumerate(regions):
        linked = [group for group in groups if any(begin < regions[j][1] and regions[j][0] < end for j in group)]
        apart = [group for group in groups if group not in linked]
        groups = [*apart, sorted(sum(linked, [k]))]
    return sorted(groups)
    ### END SOLUTION


# %% [markdown]
# ## 12.3 A NumPy function inside autograd
#
# Somebody wrote a function with NumPy, and worked out its gradient on paper: `forward(x)` computes $y$ from $x$, and
# `vjp(x, v)` what arrives at $x$ when $v$ arrives at $y$. Autograd can use the two like an operation of its own.
#
# NumPy returns what it likes: a view of what it was given, an array that runs backwards, an np.float64, and
# some functions a Python float.


# %%
def through_numpy(forward, vjp):
    """Make a differentiable function of one tensor from two NumPy functions.

    forward: function of an array x, float64; returns y, an array of any shape, a NumPy scalar or a float
    vjp: function of two arrays, x and v, which has the shape of y; returns the gradient at x when v arrives at y, an
        array of the shape of x or, where that is (), perhaps a scalar. Both leave what they are given alone
    Returns: function of one float64 tensor x, which stays as it is. Its result is a tensor y of the same dtype. Where
        x tracks, y is in the graph of x, and a backward pass sends vjp(x, v) to x, for any v that arrives at y
    """

    # TODO 12.3 (25 min): what must a backward of your own have kept from the forward, and what arrives from above?
    ### BEGIN SOLUTION
    def as_tensor(result):
        return torch.tensor(np.array(result))

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return as_tensor(forward(x.numpy()))

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return as_tensor(vjp(x.numpy(), v.numpy()))

    return Through.apply
    ### END SOLUTION
