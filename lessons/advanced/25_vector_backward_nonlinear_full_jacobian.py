"""Lesson 25 · The whole Jacobian of a function that bends.

Goal     get all of J row by row or column by column, derive it by hand, and check it by finite differences
Needs    lessons 22 to 24
Time     30 minutes
Next     assignments/advanced/25_vector_backward_nonlinear_full_jacobian.py
"""

# %% [markdown]
# ## A Jacobian that depends on where you stand
# Three people own 2, 3 and 5 parts of a firm. Their *shares* are yᵢ = xᵢ / S, where S is the sum of all x.
# J holds every slope at once: Jᵢⱼ = ∂yᵢ/∂xⱼ, a row for each output, a column for each input. In lessons 23 and
# 24 the functions were linear, and J was the same everywhere. Not so here, where x stands in a denominator.
#
# By hand: xⱼ can reach yᵢ on two paths. It is in S, below every fraction; there it contributes −xᵢ/S² = −yᵢ/S.
# And where j = i it is also the numerator, which contributes 1/S. Together
#
#     Jᵢⱼ = (1 if i = j else 0)/S − yᵢ/S
#
# Predict: you buy one more part. Whose shares fall, and is J symmetric?

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import show


def shares(x):
    return x / x.sum()


def shares_jacobian(x):
    """By hand, in NumPy: x (n,) gives J (n, n)."""
    S, y = x.sum(), x / x.sum()
    return np.eye(len(x)) / S - y[:, np.newaxis] / S  # yᵢ goes with the row, so it needs a column


x = torch.tensor([2.0, 3, 5], dtype=torch.float64)
by_hand = shares_jacobian(x.numpy())
assert np.allclose(by_hand, [[0.08, -0.02, -0.02], [-0.03, 0.07, -0.03], [-0.05, -0.05, 0.05]])
assert not np.allclose(by_hand, shares_jacobian(np.array([2.0, 3, 6])))  # another point, another J

# %% [markdown]
# Your share rises, everybody else's falls. And J is not symmetric, so it matters which index is the row.
#
# A Jacobian can be checked without any formula, by asking what does *not* change. Shares always add up to 1. And
# doubling everybody's parts changes nothing. Predict: what are J's column sums, and what is J x?

# %%
assert np.allclose(by_hand.sum(axis=0), 0)  # what one gains, the others lose
assert np.allclose(by_hand @ x.numpy(), 0)  # a step along x itself: all grow alike, no share moves

# %% [markdown]
# ## Row by row
# One backward pass with v one-hot gives one row (lesson 22). Predict: for three rows, how often is f called?


# %%
class Counted:  # a function that counts its calls
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, x):
        self.calls += 1
        return self.f(x)


def row(f, x, i):
    x = x.detach().requires_grad_()
    y = f(x)
    return torch.autograd.grad(y, x, torch.eye(len(y), dtype=y.dtype)[i])[0]


f = Counted(shares)
by_rows = torch.stack([row(f, x, i) for i in range(3)])
assert np.allclose(by_rows, by_hand)
assert f.calls == 3  # a forward pass for every row, and each computed the same y

# %% [markdown]
# One forward pass is enough: keep its graph, and walk it once for each row. But beware of `.backward()`.
# Predict: what does `.grad` hold after the second pass?

# %%
leaf = x.clone().requires_grad_()
y = shares(leaf)
rows = torch.eye(3, dtype=torch.float64)
y.backward(rows[0], retain_graph=True)  # retain_graph, or the second walk finds nothing (lesson 03)
first = leaf.grad.clone()
y.backward(rows[1])
assert np.allclose(first, by_hand[0])
assert np.allclose(leaf.grad, by_hand[0] + by_hand[1])  # not the second row: rows pile up (lesson 02)

# %% [markdown]
# `torch.autograd.grad` returns its answer and writes it nowhere, so with it rows stay apart.
#
# ## Row by row, or column by column
# There is a second way through a graph. *Reverse mode* carries a v from the outputs back to the inputs, and
# finds vᵀJ: a row, where v is one-hot. *Forward mode* carries a direction u from the inputs on, along with the
# values, and finds J u: a column, where u is one-hot. `torch.func.jvp` does that.
#
# Which is cheaper? Count the passes. A tone has 2 numbers, strength and pitch, and is heard at 50 times.
# Predict: how many passes for its Jacobian by rows, and how many by columns?

# %%
times = torch.linspace(0, 3, 50, dtype=torch.float64)


def tone(x):
    return x[0] * torch.sin(x[1] * times)


point = torch.tensor([1.5, 2.0], dtype=torch.float64)
f = Counted(tone)
by_rows = torch.stack([row(f, point, i) for i in range(50)])
assert f.calls == 50

f = Counted(tone)
by_columns = torch.stack([torch.func.jvp(f, (point,), (u,))[1] for u in torch.eye(2, dtype=point.dtype)], dim=1)
assert f.calls == 2  # n passes against m: the shorter side of J is the cheaper one
assert by_columns.shape == (50, 2)
assert torch.allclose(by_columns, by_rows)

# %% [markdown]
# A loss is the other extreme: a million inputs, one output. One row, one backward pass; that is why training
# goes backward. `torch.func.jacrev` builds J by rows and `torch.func.jacfwd` by columns, and both carry all their
# v's, or u's, at once, as a batch. Predict: how often do they call f?

# %%
for whole_jacobian in [torch.func.jacrev, torch.func.jacfwd]:
    f = Counted(tone)
    assert torch.allclose(whole_jacobian(f)(point), by_rows)
    assert f.calls == 1

# %% [markdown]
# ## A layer: bend each output by itself
# A layer is z = Wx + b, then a bend φ for each number: yᵢ = φ(zᵢ). The chain rule, entry by entry:
#
#     Jᵢⱼ = φ'(zᵢ) Wᵢⱼ
#
# Here φ squares, so φ'(z) = 2z. Predict: does φ' scale the rows of W, or its columns?

# %%
W = np.array([[1.0, 2, -1], [3, 0, 1]])
b = np.array([0.5, -1])
x = np.array([1.0, 2, 3])
z = W @ x + b
J = torch.func.jacrev(lambda x: (torch.tensor(W) @ x + torch.tensor(b)) ** 2)(torch.tensor(x)).numpy()
assert np.allclose(J[0], 2 * z[0] * W[0])  # the row of an output takes that output's slope
assert np.allclose(J[1], 2 * z[1] * W[1])
# Pitfall: NumPy lines shapes up at the right, so (2,) against (2, 3) does not mean "one a row".
try:
    2 * z * W
    message = ""
except ValueError as error:
    message = str(error)
assert "could not be broadcast" in message
square = W[:, :2]  # and with a square matrix nothing complains: this scales columns
assert not np.allclose(2 * z * square, np.diag(2 * z) @ square)

# %% [markdown]
# As matrices, J is diag(φ'(z)) times W: of two steps, one after the other, the Jacobians multiply, the later one
# on the left. For φ = tanh there is a shortcut: its slope can be told from its *output*, as 1 − y².
# Predict: somebody writes 1 − z², with the input. How far off is that at z = 3, where tanh is almost flat?

# %%
z = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
y = torch.tanh(z)
(slope,) = torch.autograd.grad(y.sum(), z)
assert torch.allclose(slope, 1 - y**2)
assert (1 - z**2)[-1] == -8  # steeply down, where the right slope ...
assert 0 < slope[-1] < 0.01  # ... is almost 0, and never less

# %% [markdown]
# ## Softmax is shares after exp
# softmax(x)ᵢ = e^xᵢ / Σₖ e^xₖ, which is the shares of e^x. So each number takes a step by itself, then comes
# `shares`, and the Jacobians multiply. We do it with a square in place of exp: yᵢ = xᵢ² / Σₖ xₖ².

# %%
x = np.array([1.0, -2, 3])
by_hand = shares_jacobian(x**2) @ np.diag(2 * x)  # the inner step's Jacobian is diagonal
assert np.allclose(by_hand, torch.func.jacrev(lambda x: shares(x**2))(torch.tensor(x)))

# %% [markdown]
# With exp, which is its own slope, you will find a J that is made of y alone. Here are three facts to check it by.
# Predict: the outputs of softmax add up to 1. What then is the gradient of `softmax(x).sum()`?

# %%
x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64, requires_grad=True)
torch.softmax(x, dim=0).sum().backward()
assert x.grad.abs().max() < 1e-12  # none: the sum is 1 wherever you go

J = torch.func.jacrev(lambda x: torch.softmax(x, dim=0))(x.detach())
assert torch.allclose(J, J.T)  # symmetric, so rows taken for columns would go unseen here
assert J.sum(dim=1).abs().max() < 1e-12  # rows too: adding the same to every x changes nothing

# %% [markdown]
# ## Pitfall: e to the 1000
# The third fact is also the cure for the commonest accident with softmax. Predict: what is e^1000?

# %%
big = np.array([1000.0, 1001, 1003])
with np.errstate(over="ignore", invalid="ignore"):
    naive = np.exp(big) / np.exp(big).sum()
assert np.isnan(naive).all()  # infinity over infinity
small = np.array([0.0, 1, 3])  # the same, less 1000 each: which number would *you* take away?
assert np.allclose(np.exp(small) / np.exp(small).sum(), torch.softmax(torch.tensor(big), dim=0))

# %% [markdown]
# ## Against finite differences, in a picture
# Nudge one input up and down by a small step, and see how far every output moves: that is a column of J, with no
# autograd in it (lesson 17). Two functions: a tanh layer from 5 numbers to 4, and softmax of 4.
# Predict: in which digit do the two Jacobians differ?


# %%
def by_differences(f, x, step=1e-5):
    nudges = step * torch.eye(len(x), dtype=x.dtype)
    return torch.stack([(f(x + nudge) - f(x - nudge)) / (2 * step) for nudge in nudges], dim=1)


torch.manual_seed(0)
W, b = torch.randn(4, 5, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
cases = {
    "tanh(Wx + b)": (lambda x: torch.tanh(W @ x + b), 0.4 * torch.randn(5, dtype=torch.float64)),
    "softmax(x)": (lambda x: torch.softmax(x, dim=0), torch.randn(4, dtype=torch.float64)),
}
figure, grid = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for axes_row, (name, (f, x)) in zip(grid, cases.items(), strict=True):
    exact, nudged = torch.func.jacrev(f)(x), by_differences(f, x)
    assert 0 < (exact - nudged).abs().max() < 1e-9  # nine decimals agree, and not all
    panels = [
        ("autograd", exact, 2),
        ("finite difference", nudged, 2),
        ("difference, in units of 10⁻¹²", (exact - nudged) * 1e12, 0),
    ]
    for axes, (title, table, decimals) in zip(axes_row, panels, strict=True):
        limit = 1.5 * float(table.abs().max())
        axes.imshow(table.numpy(), cmap="PuOr", vmin=-limit, vmax=limit)
        for (i, j), value in np.ndenumerate(table.numpy().round(decimals) + 0):  # + 0 makes −0 a plain 0
            axes.text(j, i, f"{value:.{decimals}f}", ha="center", va="center")
        axes.set(title=f"{name}\n{title}", xlabel="input j", ylabel="output i", xticks=range(table.shape[1]))
show(figure, "25_jacobians")

# %% [markdown]
# ## Your turn
# Open `assignments/advanced/25_vector_backward_nonlinear_full_jacobian.py`: the Jacobian of any f that may be
# called only once, softmax's, and a tanh layer's, the last two by hand. In the course's main folder, run:
#
#     pytest assignments -k 25
