"""Lesson 12 · From torch to NumPy and back.

Goal     cross between tensors and arrays in both directions, and know what is shared, lost or refused on the way
Needs    lessons 07 to 09
Time     30 minutes
Next     assignments/intermediate/12_converting_to_numpy.py
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import BLUE, ORANGE, show

# %% [markdown]
# ## Three words on the way out
# `t.numpy()` makes an array of a tensor, `t.detach().cpu().numpy()` is how one often sees it. `cpu()` brings a tensor
# from a graphics card into the computer's own memory, and does nothing to one that is there already. And `detach()`?
# An array cannot carry a graph. Predict: what does `.numpy()` say to a tensor that tracks?


# %%
def complaint_of(action):
    try:
        action()
    except (RuntimeError, TypeError, ValueError) as error:
        return str(error)
    return "no complaint"


w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
assert "Can't call numpy() on Tensor that requires grad" in complaint_of(lambda: w.numpy())
assert isinstance(w.detach().cpu().numpy(), np.ndarray)
assert w.cpu() is w

# torch refuses lest a path of gradients ends unnoticed. Where recording is off, there is no path to lose:
with torch.no_grad():
    assert w.numpy().tolist() == [1.0, 2.0, 3.0]

# %% [markdown]
# ## One memory, two labels
# The array is not a copy. It is another label on the numbers of the tensor, as `detach()` is (lesson 09).
# `torch.from_numpy` goes the other way, and shares as well. Predict the two lists.

# %%
t = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
array = t.numpy()
array[0] = 10.0  # seen in the tensor ...
t.mul_(2)  # ... and a change in place of the tensor is seen in the array
assert t.tolist() == array.tolist() == [20.0, 4.0, 6.0]

measured = np.array([1.0, 2.0])
back = torch.from_numpy(measured)
measured[1] = 7.0
assert back.tolist() == [1.0, 7.0]
independent = torch.tensor(measured)  # torch.tensor copies, and so does .copy() of an array
kept = t.numpy().copy()
measured[1], t[0] = 9.0, 0.0
assert independent.tolist() == [1.0, 7.0]
assert kept.tolist() == [20.0, 4.0, 6.0]

# %% [markdown]
# ## Pitfall: a gradient of numbers that are no longer there
# The graph of w² keeps w, since the gradient is 2w. torch notices when w is changed in place before backward, and
# refuses. Predict: does it notice a change through the array?

# %%
w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
loss = (w**2).sum()
with torch.no_grad():
    w.mul_(100)
assert "modified by an inplace operation" in complaint_of(loss.backward)

w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
loss = (w**2).sum()
array = w.detach().numpy()
array *= 100  # scaled for a report, say
assert complaint_of(loss.backward) == "no complaint"
assert w.grad.tolist() == [200.0, 400.0]  # it should be [2, 4]; with .copy() this cannot happen

# %% [markdown]
# ## Whose memory is it?
# A tensor is a *view* of a storage: a stretch of memory, and a rule where in it the entries lie. The storage is
# `t.untyped_storage()`; it has a first address, `data_ptr()`, and a length in bytes, `nbytes()`. Predict for two halves
# of one tensor: do they share an entry? Do they share a storage?

# %%
t = torch.arange(6, dtype=torch.float64)
low, high = t[:3], t[3:]
assert not np.shares_memory(low.numpy(), high.numpy())  # no entry in common
assert low.data_ptr() != high.data_ptr()  # data_ptr() of a tensor is the address of its first entry
storage = low.untyped_storage()
assert storage.data_ptr() == high.untyped_storage().data_ptr()
assert storage.nbytes() == 6 * 8  # all of it is kept alive by either half

# %% [markdown]
# An array that is a view has its owner in `.base`; the owner's own `.base` is None. Its memory begins at `.ctypes.data`
# and has `.nbytes` bytes. For an array that came out of torch, the owner is a tensor. Predict each owner.

# %%
a = np.arange(6.0)
assert a.base is None
assert a[::-1].T[2:].base is a
assert a.reshape(2, 3)[1].base is a
from_torch = high.numpy()
assert from_torch.base.untyped_storage().data_ptr() == storage.data_ptr()
assert isinstance(from_torch[1:].base, np.ndarray)  # a view of a view of a tensor: follow .base to its end
assert isinstance(from_torch[1:].base.base, torch.Tensor)

# The other way, the storage is the stretch that the array gave away: it begins where the slice begins.
given = torch.from_numpy(a[4:]).untyped_storage()
assert (given.data_ptr() - a.ctypes.data, given.nbytes()) == (4 * 8, 2 * 8)

# %% [markdown]
# ## The number's kind
# Both sides have dtypes, mostly of the same names. `numpy()` and `from_numpy` keep them. But a Python float is float32
# in torch, and float64 in NumPy. Predict for each: what is its dtype in torch?

# %%
assert torch.from_numpy(np.array([0.1])).dtype == torch.float64
assert torch.tensor(np.float64(0.1)).dtype == torch.float64  # a NumPy scalar brings its own
assert torch.tensor(0.1).dtype == torch.float32  # a Python float does not
assert torch.tensor(0.1).item() != 0.1  # and has lost half its digits
assert torch.tensor(np.array(0.1)).item() == 0.1

assert torch.ones(2, dtype=torch.float32).numpy().dtype == np.float32
assert torch.ones(2, dtype=torch.float16).numpy().dtype == np.float16
half = torch.ones(2, dtype=torch.bfloat16)  # a kind that NumPy has not
assert "unsupported ScalarType BFloat16" in complaint_of(lambda: half.numpy())
assert half.float().numpy().dtype == np.float32  # the cure: a kind that both have

# %% [markdown]
# ## Promises that NumPy does not keep
# The conjugate of a complex number turns the sign of its imaginary part. `z.conj()` turns nothing: it makes a view with
# a note, "to be turned", and torch minds the note wherever the view is used. Its `.imag` is a real view with such a
# note. NumPy has no such notes. Predict what `.numpy()` does.

# %%
z = torch.tensor([1.0 + 2.0j, 3.0 - 1.0j], dtype=torch.complex128)
promised = z.conj()
assert promised.is_conj()
assert promised.data_ptr() == z.data_ptr()  # the same memory, where +2 and −1 stand
assert "conjugate bit" in complaint_of(lambda: promised.numpy())
assert "negative bit" in complaint_of(lambda: promised.imag.numpy())
assert promised.resolve_conj().numpy().tolist() == [1.0 - 2.0j, 3.0 + 1.0j]  # turned, in memory of its own
assert promised.imag.resolve_neg().numpy().tolist() == [-2.0, 1.0]

# `numpy(force=True)` does all that is needed: detach, cpu, resolve_conj, resolve_neg. Whether the array shares memory
# then depends on what was needed.
assert np.shares_memory(z.numpy(force=True), z.numpy())
assert not np.shares_memory(promised.numpy(force=True), z.numpy())

# NumPy has a trick of its own: a reversed array is a view that steps backwards. Here it is torch that refuses.
assert "negative" in complaint_of(lambda: torch.from_numpy(a[::-1]))
assert "negative" in complaint_of(lambda: torch.tensor(a[::-1]))
assert torch.tensor(a[::-1].copy()).tolist() == [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]

# %% [markdown]
# ## A plot straight from tensors
# matplotlib turns what it is given into arrays, so it takes tensors that do not track. Predict what it does with one
# that does.

# %%
x = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
y = torch.sin(x) * x
y.sum().backward()  # every yᵢ depends on its own xᵢ alone, so x.grad holds the slopes

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
assert "requires grad" in complaint_of(lambda: axes.plot(x, y))
axes.plot(x.detach(), y.detach(), color=BLUE, linewidth=2, label="y = x · sin x")
axes.plot(x.detach(), x.grad, "--", color=ORANGE, linewidth=2, label="its slope, from x.grad")
axes.set(xlabel="x", ylabel="y and dy/dx", title="Tensors, plotted as they are")
axes.legend(loc="lower center")
show(figure, "12_plot")

# %% [markdown]
# ## A NumPy function inside autograd
# Some functions exist in NumPy only, or in a library that knows NumPy. Call one in the middle of a model, and the path
# of gradients ends there. As an example we sort, as if torch could not. Predict: has the result a grad_fn?

# %%
x = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64, requires_grad=True)
assert torch.from_numpy(np.sort(x.detach().numpy())).grad_fn is None

# %% [markdown]
# `torch.autograd.Function` is for this. A class that inherits from it has two static methods. `forward(ctx, x)`
# computes y; autograd runs it without recording. `backward(ctx, v)` is called when a gradient v arrives at y, and
# returns what arrives at x, in the shape of x. What backward needs is kept on `ctx`: tensors with
# `ctx.save_for_backward(…)`, to be read from `ctx.saved_tensors`, other things as attributes. Every use has a ctx of
# its own. The class is used by its `apply`.
#
# Sorting only moves numbers: yᵢ = x[orderᵢ]. So what arrives at yᵢ goes back to place orderᵢ.


# %%
class Sort(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.order = np.argsort(x.numpy())
        return torch.tensor(x.numpy()[ctx.order])

    @staticmethod
    def backward(ctx, v):
        gradient = np.zeros(v.shape)
        gradient[ctx.order] = v.numpy()
        return torch.tensor(gradient)


weights = torch.tensor([10.0, 20.0, 30.0], dtype=torch.float64)
y = Sort.apply(x)
assert y.tolist() == [1.0, 2.0, 3.0]
(weights * y).sum().backward()
assert x.grad.tolist() == [30.0, 10.0, 20.0]  # the largest x has the largest weight

(by_torch,) = torch.autograd.grad((weights * torch.sort(x).values).sum(), x)
assert torch.equal(x.grad, by_torch)

# %% [markdown]
# ## Pitfall: a backward that does not look at v
# For y = x³ somebody returns the derivative, 3x², and forgets v. Predict: does a test with `y.sum().backward()` notice?


# %%
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.tensor(x.numpy() ** 3)

    @staticmethod
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        return torch.tensor(3 * x.numpy() ** 2)


x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
(gradient,) = torch.autograd.grad(Cube.apply(x).sum(), x)
assert gradient.tolist() == [3.0, 12.0]  # right, because here every v is 1
(gradient,) = torch.autograd.grad((10 * Cube.apply(x)).sum(), x)
assert gradient.tolist() == [3.0, 12.0]  # it should be [30, 120]: whatever comes after Cube is forgotten

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/12_converting_to_numpy.py`: out of torch whatever the tensor, who shares memory with
# whom, and a bridge for any NumPy function with its gradient. Run, in the course's main folder:
#
#     pytest assignments -k 12
