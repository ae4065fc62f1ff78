"""Lesson 17 · A field guide to pitfalls.

Goal     know the usual mistakes by their symptoms, with a check and a cure for each, and when a finite difference lies
Needs    lessons 01 to 10, 13
Time     30 minutes
Next     assignments/intermediate/17_pitfalls_and_sanity_checks.py
"""

# %% [markdown]
# ## How to use this guide
# Each pitfall is shown by its symptom. Then come a check, where one is needed, and a cure. Some pitfalls raise an
# error: the easy ones. The others give numbers, and the numbers are wrong.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import BLUE, ORANGE, show
from torch import nn

torch.manual_seed(17)


def leaf(*numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def complaint_of(symptom):
    try:
        symptom()
    except RuntimeError as error:
        return str(error)


# %% [markdown]
# ## Gradients pile up, and nobody moves
# *Symptom*: the loss falls, rises and falls again; or stays as it is. Two slips that often come together: `.grad` is
# never cleared (lesson 02), and `g = g - …` makes a new tensor, while the caller's stays (lesson 04).
# Predict both numbers that come back.


# %%
def forgotten_zero_grad(rounds=3):
    g = leaf(1.0)
    for _ in range(rounds):
        (g**2).sum().backward()
    return g.grad.item()


def rebound():
    g = leaf(1.0)
    mine = g - 0.1 * 2.0  # under the name g too it would be a new tensor
    return g.item(), mine.item()


assert forgotten_zero_grad() == 3 * 2.0
assert rebound() == (1.0, 0.8)
# Check: two passes at the same place must give the same .grad, and a step must change the caller's number.
# Cure: clear before every backward, also before the first, since something may lie there; and `-=` under no_grad.

# %% [markdown]
# ## Changed in place: a leaf, and a saved tensor
# *Symptom*: an error. A leaf that tracks must not be changed in the open, since the graph could not tell which
# value it means. And a result that backward will need, as `exp` needs its own output, must stay. Predict: which
# of the two errors comes at the change, and which only at `backward`?


# %%
def leaf_in_place():
    leaf(1.0).sub_(0.1)  # as `w -= 0.1` does


def saved_tensor_in_place():
    y = leaf(1.0).exp()
    y += 1  # exp wanted its output back
    y.sum().backward()


assert "a leaf Variable that requires grad is being used in an in-place operation" in complaint_of(leaf_in_place)
words = "one of the variables needed for gradient computation has been modified by an inplace operation"
assert words in complaint_of(saved_tensor_in_place)
# Cure: `with torch.no_grad():` for an update; `y = y + 1` for a value in the middle.

# %% [markdown]
# ## .data: the same change without the error
# *Symptom*: none at all. `.data` gives the numbers behind the graph's back, so the guard above sees nothing.
# Predict the gradient of w² at w = 3, where w becomes 30 between forward and backward.


# %%
def changed_through(view_of):
    w = leaf(3.0)
    square = (w**2).sum()
    view_of(w).mul_(10)
    square.backward()
    return w.grad.item()


assert changed_through(lambda w: w.data) == 60.0  # 6 is right: the slope of what the forward pass computed
# Cure: `detach()` in its place. It shares the numbers too, but the graph is told of the change, and complains.
assert words in complaint_of(lambda: changed_through(lambda w: w.detach()))

# %% [markdown]
# ## backward on more than one number, and whole numbers
# *Symptom*: two errors, kind and clear. *Cures*: make one number of the many, by the mean or sum that you want; and
# write `1.0`, since a slope needs numbers between the numbers, and `torch.tensor([1, 2])` holds integers.

# %%
message = complaint_of(lambda: (leaf(1.0, 2.0) ** 2).backward())
assert message == "grad can be implicitly created only for scalar outputs"
message = complaint_of(lambda: torch.tensor([1, 2], requires_grad=True))
assert message == "Only Tensors of floating point and complex dtype can require gradients"

# %% [markdown]
# ## A column against a row
# *Symptom*: none; or a fit that is worse than it should be. (n, 1) against (n,) makes (n, n): every prediction against
# every target (lesson 06). Predict: what does the loss say of a *perfect* prediction?


# %%
def silent_broadcasting():
    row = torch.tensor([1.0, 2.0, 4.0])
    return row[:, None] - row


assert silent_broadcasting().shape == (3, 3)
assert silent_broadcasting().abs().mean() > 1  # perfect, and far from zero
# Check: before you reduce, assert that the two shapes are equal.
# Cure: give both one shape: squeeze(1) makes (n,) of the column, and row[:, None] makes (n, 1) of the row.

# %% [markdown]
# ## NaN from sqrt, and from where
# *Symptom*: NaN in `.grad`, while the loss looks fine. The slope of a root is infinite at 0, and ∞ · 0 is NaN.
# `torch.where` takes the value of one side, but backward walks through both: the side that was not taken sends
# ∞ · 0 too. Predict: which entries of the two gradients are NaN?


# %%
def root_of_a_square():
    x = leaf(0.0, 3.0)
    torch.sqrt(x**2).sum().backward()
    return x.grad


def root_behind_where(safe=False):
    x = leaf(0.0, 4.0)
    inside = torch.where(x > 0, x, 1.0) if safe else x  # no bad number may enter the root
    torch.where(x > 0, torch.sqrt(inside), 0.0).sum().backward()
    return x.grad


assert root_of_a_square().isnan().tolist() == [True, False]
assert root_behind_where().isnan().tolist() == [True, False]  # although where took the 0.0 there
assert root_behind_where(safe=True).tolist() == [0.0, 0.25]  # the cure: make the input safe, not the output

# Check: in anomaly mode backward stops at the first NaN, and says which operation made it. It is slow.
with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
    warnings.simplefilter("ignore")  # it also warns, with the line of the forward pass
    message = complaint_of(root_of_a_square)
assert message == "Function 'PowBackward0' returned nan values in its 0th output."

# %% [markdown]
# ## A loss without its graph
# *Symptom*: an error if the whole graph is gone. If only a part is, nothing: some parameters are never trained.
# `item()`, `detach()`, `numpy()` and `torch.tensor(…)` cut. Predict: which gradient is None below?


# %%
message = complaint_of(lambda: torch.tensor((leaf(2.0) ** 2).sum().item()).backward())
assert message == "element 0 of tensors does not require grad and does not have a grad_fn"
first, second = leaf(1.0), leaf(2.0)
((first**2).detach() * second).sum().backward()
assert first.grad is None

# %% [markdown]
# ## The wrong mode
# *Symptom*: two evaluations of one model differ (Dropout), or a batch of one row is refused (BatchNorm).
# *Check*: `model.training`. *Cure*: `eval()` before evaluation, `train()` before training, each time (lesson 07).

# %%
model = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 1))
x = torch.ones(1, 2)
assert not torch.equal(model(x), model(x))
assert torch.equal(model.eval()(x), model(x))

# %% [markdown]
# ## Four questions for a gradient
# After `backward`, ask of each gradient: is it there? Is a NaN in it, or an infinity? Is it zero throughout? Ask the
# numbers themselves. A sum or a norm is no good for it; predict what they say of these five.

# %%
empty, cancels = torch.zeros(2), torch.tensor([1.0, -1.0])
torn, both = torch.tensor([1.0, float("nan")]), torch.tensor([float("inf"), -float("inf")])
huge = torch.tensor([1e200, 1e200], dtype=torch.float64)
assert cancels.sum() == 0  # and it is not zero
assert both.sum().isnan()  # and there is no NaN in it: ∞ − ∞
assert huge.norm().isinf()  # and all in it is finite: the squares are not
assert (empty == 0).all()
assert torn.isnan().any()  # any, not all: one is enough to spoil a step
assert both.isinf().any()  # either sign

# %% [markdown]
# ## A finite difference checks any gradient
# Move x a little and see how f moves. From one side the error shrinks with the step h, from both sides with h²:
#
#     (f(x + h) − f(x)) / h        (f(x + h) − f(x − h)) / (2h)
#
# Of many inputs move one at a time, and leave the rest. Here is one; predict how exact it is.

# %%
point, h = np.array([[1.0, 2.0], [3.0, 4.0]]), 1e-4
shift = np.zeros_like(point)
shift[1, 0] = h  # `point` itself stays: whoever owns it would wonder
slope = (np.prod(point + shift) - np.prod(point - shift)) / (2 * h)  # of the product of all entries
assert abs(slope - 1 * 2 * 4) < 1e-9
# torch has such a check of its own, for every entry: it compares backward with differences, and raises if they differ.
assert torch.autograd.gradcheck(torch.prod, (torch.tensor(point, requires_grad=True),))

# %% [markdown]
# ## Where finite differences lie
# A smaller step is not always better: f(x + h) and f(x − h) agree in more and more digits, and what is left of their
# difference is rounding. Predict the shape of the two curves, for the slope of exp at 1.

# %%
steps = np.logspace(-13, 0, 80)
one_sided = np.abs((np.exp(1 + steps) - np.exp(1)) / steps - np.exp(1)) + 1e-17
central = np.abs((np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps) - np.exp(1)) + 1e-17
assert central[steps < 1e-11].max() > 1e-6  # rounding, divided by a tiny step
assert central[(steps > 1e-6) & (steps < 1e-4)].max() < 1e-8  # about the cube root of 1e-16 is best

figure, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
axes.loglog(steps, one_sided, "o-", color=ORANGE, markersize=3, label="one-sided: grows with h")
axes.loglog(steps, central, "s-", color=BLUE, markersize=3, label="central: grows with h²")
axes.set(xlabel="step h", ylabel="error", ylim=(1e-14, 10), title="Slope of exp at 1: too small is bad too")
axes.legend(loc="lower left")
show(figure, "17_step_size")

# Two more lies: in float32 there are only seven digits to lose, and at a kink two slopes are averaged.
one = torch.tensor(1.0)  # float32; the slope is 2.718
assert abs((torch.exp(one + 1e-7) - torch.exp(one - 1e-7)).item() / 2e-7 - 2.718) > 0.3
assert (abs(0.0 + 1e-6) - abs(0.0 - 1e-6)) / 2e-6 == 0.0  # |x| at 0 has no slope

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/17_pitfalls_and_sanity_checks.py`: central differences for any shape, a report on all
# gradients of a model, and two functions to repair. In the course's main folder, run:
#
#     pytest assignments -k 17
