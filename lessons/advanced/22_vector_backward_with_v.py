"""Lesson 22 · Backward from a vector, with a v.

Goal     see why a vector needs a v before it can go backward, what vᵀJ is, and how to choose v
Needs    lessons 01 to 04; the rule for matrix times vector
Time     25 minutes
Next     assignments/advanced/22_vector_backward_with_v.py
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import show

# %% [markdown]
# ## Many outputs, no single slope
# A fish tank stands on a square of side a and is b high, both in decimetres. Three things follow from them:
#
#     y₁ = a² b         the water that it holds, in litres
#     y₂ = 4 a b        the glass of its four walls, in dm²
#     y₃ = 8 a + 4 b    the edges to be sealed, in dm
#
# 2 numbers go in and 3 come out. So far each `backward()` began at a single number. Predict: what if it is three?


# %%
def tank(x):
    a, b = x
    return torch.stack([a * a * b, 4 * a * b, 8 * a + 4 * b])


x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
y = tank(x)
assert y.tolist() == [12.0, 24.0, 28.0]

try:
    y.backward()
    message = ""
except RuntimeError as error:
    message = str(error)
assert "grad can be implicitly created only for scalar outputs" in message

# %% [markdown]
# ## The Jacobian: a slope for each pair
# "How much does the output grow if a grows?" has three answers here. All answers together, for a and b, make a
# table, the *Jacobian* J. It has a row for each output and a column for each input: Jᵢⱼ = ∂yᵢ/∂xⱼ. By hand, with
# a = 2 and b = 3:
#
#                 a           b
#     water       2ab = 12    a² = 4
#     glass       4b  = 12    4a = 8
#     sealing     8           4
#
# One output is one number, and one number has a gradient: that is its row. Predict: what does `backward()` from
# `y[1]` alone put into `x.grad`?

# %%
J = np.array([[12.0, 4], [12, 8], [8, 4]])  # (3, 2): outputs down, inputs across

x.grad = None
tank(x)[1].backward()
assert x.grad.tolist() == J[1].tolist() == [12.0, 8.0]

# %% [markdown]
# ## v weighs the outputs
# Now put a price on each output. Glass costs 2 a dm², sealing costs 1 a dm. The water does not cost: each litre
# of room is worth 3, so its price is −3. The prices make a vector v, as long as y, and one number comes out,
# what the tank costs in all:
#
#     L = v₁y₁ + v₂y₂ + v₃y₃ = vᵀy
#
# A single number has a gradient. If a grows by a little, every output grows by its Jᵢₐ times as much, and each of
# these costs vᵢ. So ∂L/∂a = Σᵢ vᵢ Jᵢₐ: go *down the column* of a, and weigh each entry by its v. The same for b,
# and as a matrix product it is vᵀJ, a row with an entry for each *input*. Predict both numbers.

# %%
prices = torch.tensor([-3.0, 2.0, 1.0], dtype=torch.float64)
by_hand = prices.numpy() @ J  # NumPy takes a vector on the left for a row
assert by_hand.tolist() == [-3 * 12 + 2 * 12 + 1 * 8, -3 * 4 + 2 * 8 + 1 * 4] == [-4.0, 8.0]

x.grad = None
(prices * tank(x)).sum().backward()  # from the single number L
assert x.grad.tolist() == by_hand.tolist()

# %% [markdown]
# A wider tank is cheaper, a higher one dearer. And this is what torch wants to be told: `y.backward(v)` is the
# same thing, without the step to L. `torch.autograd.grad(y, x, v)` is it too; it hands the answer back and leaves
# `.grad` alone.
#
# The answer is called a *vector-Jacobian product*, vjp for short. No table J was made for it. A function from
# 1000 numbers to 1000 has a million slopes; autograd never writes them down. It carries v backward through the
# graph, once.

# %%
x.grad = None
tank(x).backward(prices)
assert x.grad.tolist() == by_hand.tolist()

(handed_back,) = torch.autograd.grad(tank(x), x, prices)
assert handed_back.tolist() == by_hand.tolist()

# %% [markdown]
# ## Choosing v
# v asks the question, and vᵀJ answers. Three questions to the same tank:
#
# - the prices: how does the total cost grow?
# - (0, 1, 0), a single 1 and else zeros, is called *one-hot*: only the glass counts. Predict the answer.
# - (1, 1, 1): litres, dm² and dm are added up. Torch does not mind the units; do you?

# %%
questions = {"prices": [-3.0, 2, 1], "one-hot: glass only": [0.0, 1, 0], "ones: all added up": [1.0, 1, 1]}
answers = {}
for name, v in questions.items():
    answers[name] = torch.autograd.grad(tank(x), x, torch.tensor(v, dtype=torch.float64))[0].tolist()
assert answers["one-hot: glass only"] == J[1].tolist()  # one-hot picks a row out of J
assert answers["ones: all added up"] == J.sum(axis=0).tolist()  # ones add the rows up

figure, panels = plt.subplots(1, 3, figsize=(10, 4), layout="constrained", sharey=True)
for axes, (name, v) in zip(panels, questions.items(), strict=True):
    picture = np.full((5, 4), np.nan)  # NaN stays white
    picture[:3, 0], picture[:3, 2:], picture[4, 2:] = v, J, answers[name]
    axes.imshow(picture, cmap="PuOr", vmin=-64, vmax=64)
    for (down, right), value in np.ndenumerate(picture):
        if not np.isnan(value):
            axes.text(right, down, f"{value:.0f}", ha="center", va="center", fontsize=13)
    axes.text(1, 1, "weighs →", ha="center", va="center")
    axes.text(2.5, 3, "↓ added up ↓", ha="center", va="center")
    axes.set(xticks=[0, 2, 3], xticklabels=["v", "∂y/∂a", "∂y/∂b"], title=name)
    axes.set(yticks=[0, 1, 2, 4], yticklabels=["water (l)", "glass (dm²)", "sealing (dm)", "vᵀJ"])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
show(figure, "22_v_times_jacobian")

# %% [markdown]
# In each panel every v weighs the row of J beside it, and the weighed rows are added up: vᵀJ mixes the rows of J.
#
# ## Where v comes from: the gradient from above
# We rarely choose v. Mostly y goes on into something else, and at the end stands a loss L. Say we want 10 litres,
# 20 dm² and 30 dm, and L is the sum of the squared misses. What does the tank's backward need to know of L? Only
# how much L grows with each output, ∂L/∂yᵢ = 2 (yᵢ − wantedᵢ). That is its v: it arrives from above.
#
# `retain_grad()` (lesson 01) lets us look at it. Predict v, with y = (12, 24, 28).

# %%
wanted = torch.tensor([10.0, 20.0, 30.0], dtype=torch.float64)
x.grad = None
y = tank(x)
y.retain_grad()
((y - wanted) ** 2).sum().backward()
assert y.grad.tolist() == [4.0, 8.0, -4.0]
from_the_loss = x.grad.tolist()

x.grad = None
tank(x).backward(torch.tensor([4.0, 8.0, -4.0], dtype=torch.float64))  # the loss is not even there
assert x.grad.tolist() == from_the_loss == [4 * 12 + 8 * 12 - 4 * 8, 4 * 4 + 8 * 8 - 4 * 4]

# %% [markdown]
# This is how all of autograd works. Each step of a graph gets a v from above, multiplies it by its own Jacobian,
# and hands the result down, as the v of the step below. The first v is the 1 of `loss.backward()`: there L is
# itself the output, and ∂L/∂L = 1.
#
# ## By hand: where does an input go?
# For a vjp by hand, you need no table either. Take one input, ask which outputs contain it and with which slope,
# and weigh those slopes by v. An example: n numbers, and the steps between neighbouring squares,
#
#     yᵢ = xᵢ₊₁² − xᵢ²        i = 1, …, n − 1
#
# Number xₖ is in two outputs: in yₖ₋₁ with slope 2xₖ, in yₖ with slope −2xₖ. So
#
#     ∂L/∂xₖ = vₖ₋₁ · 2xₖ − vₖ · 2xₖ = 2xₖ (vₖ₋₁ − vₖ)
#
# Predict: what about the first number, and the last? They are in one output only.


# %%
def steps_vjp(x, v):
    """vᵀJ of the steps between squares, in NumPy: x (n,), v (n − 1,)."""
    left, right = np.append(0, v), np.append(v, 0)  # no output before the first, none after the last
    return 2 * x * (left - right)


numbers, v = np.array([1.0, 3.0, -2.0, 5.0]), np.array([1.0, 10.0, 100.0])
assert steps_vjp(numbers, v).tolist() == [2 * (0 - 1), 6 * (1 - 10), -4 * (10 - 100), 10 * (100 - 0)]

leaf = torch.tensor(numbers, requires_grad=True)
(leaf[1:] ** 2 - leaf[:-1] ** 2).backward(torch.tensor(v))
assert leaf.grad.tolist() == steps_vjp(numbers, v).tolist()

# %% [markdown]
# ## v has the shape of y
# There is a v for each output. If y is a table, so is v. Outputs and inputs may be laid out as they like: L is
# the sum of all vᵢ yᵢ, and the answer has the shape of x.

# %%
table = torch.tensor([[1.0, 2, 3], [4, 5, 6]], dtype=torch.float64, requires_grad=True)
v = torch.tensor([[1.0, 10, 100], [2, 20, 200]], dtype=torch.float64)
(table**2).backward(v)
assert table.grad.tolist() == [[2 * 1, 4 * 10, 6 * 100], [8 * 2, 10 * 20, 12 * 200]]

# %% [markdown]
# And if it has another shape? Here is the tank once more, with a v of shape (1,). Predict: what does torch say to
# `backward(v)`? What if we make L ourselves, as (v * y).sum()?

# %%
short = torch.tensor([2.0], dtype=torch.float64)
try:
    tank(x).backward(short)
    message = ""
except RuntimeError as error:
    message = str(error)
assert "Mismatch in shape" in message  # torch names both shapes, (1,) and (3,)

(quiet,) = torch.autograd.grad((short * tank(x)).sum(), x)
assert quiet.tolist() == (2 * J.sum(axis=0)).tolist()  # no error: broadcasting made (2, 2, 2) of it

# %% [markdown]
# That is a v that nobody meant. So whoever multiplies by hand must compare the shapes first.
#
# ## Pitfall: J v is something else
# v belongs to the outputs. Weigh the *columns* by it, and you have J v, which mixes up outputs and inputs. With
# 3 outputs and 2 inputs there is no such product. Predict: and with as many outputs as inputs?

# %%
assert J.shape[1] != len(prices)  # a column for each input, a price for each output
square, v = J[:2], np.array([-3.0, 2])  # water and glass only
assert (v @ square).tolist() == [-12.0, 4.0]  # right
assert (square @ v).tolist() == [-28.0, -20.0]  # as long as the right answer, and nothing objects

# %% [markdown]
# ## Pitfall: ones because something must stand there
# torch asks for a v, so one writes `y.backward(torch.ones_like(y))`, with a tensor of ones that is shaped like y
# (`zeros_like` makes one of zeros). `y.sum().backward()` is the same. Then one has asked about the *sum* of the
# outputs, and rows that cancel are gone. Here y is x less its mean, so that y always adds up to 0. Predict `x.grad`.

# %%
x = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64, requires_grad=True)
y = x - x.mean()
y.backward(torch.ones_like(y))
assert x.grad.abs().max() < 1e-12  # as if y did not depend on x at all

(row,) = torch.autograd.grad(x - x.mean(), x, torch.tensor([1.0, 0, 0], dtype=torch.float64))
assert torch.allclose(row, torch.tensor([2 / 3, -1 / 3, -1 / 3], dtype=torch.float64))  # but it does

# %% [markdown]
# ## Your turn
# Open `assignments/advanced/22_vector_backward_with_v.py`: vᵀJ of any function, with a clear refusal of a v that
# does not fit; a row of J; and a vjp by hand, for running sums of squares. In the course's main folder, run:
#
#     pytest assignments -k 22
