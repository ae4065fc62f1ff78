"""Lesson 06 · The same regression, with a module and an optimizer.

Goal     let nn.Module keep the parameters and torch.optim take the steps, and get the same numbers as before
Needs    lesson 05
Time     25 minutes
Next     assignments/beginner/06_linear_regression_with_module.py
"""

# %%
import warnings

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, show
from torch import nn

torch.manual_seed(5)
t = torch.linspace(0, 3, 10, dtype=torch.float64)  # hours
h = 20 - 2.5 * t + 0.3 * torch.randn(10, dtype=torch.float64)  # cm: the candle of lesson 05, measured anew

# %% [markdown]
# ## A model as an object
# Two parameters can be carried around by hand, a thousand cannot. A *module* is an object that knows its own
# parameters and how to compute with them. Its class inherits from `nn.Module` and has two methods:
#
# - `__init__` makes the parameters. First it runs `super().__init__()`, which prepares the place where they
#   will be listed. Then each `self.name = nn.Parameter(tensor)` puts one on the list: it is *registered*.
# - `forward` computes the output. We never call it by that name: `model(t)` does.
#
# An `nn.Parameter` is a leaf tensor that tracks gradients from the start. torch makes it in its default dtype,
# float32; `model.double()` turns all parameters into float64. Predict: what does the model say before it learns?


# %%
class Candle(nn.Module):
    """height = start − rate · time"""

    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(()))  # shape (): a single number
        self.rate = nn.Parameter(torch.zeros(()))

    def forward(self, t):
        return self.start - self.rate * t


model = Candle().double()
assert model(t).tolist() == [0.0] * 10
assert model.start.requires_grad  # without our asking
assert model.start.dtype == torch.float64

# %% [markdown]
# What is registered can be listed. `parameters()` goes through the tensors, `named_parameters()` through
# pairs of name and tensor. Backward fills `.grad` as ever: a parameter is a tensor like those you know.

# %%
assert [name for name, _ in model.named_parameters()] == ["start", "rate"]
model(t).sum().backward()
assert [p.grad.item() for p in model.parameters()] == [10.0, -t.sum().item()]

# %% [markdown]
# ## Pitfall: tensors that the module does not know
# Three classes that look right. Predict for each: how many parameters are on its list?


# %%
class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = torch.zeros((), requires_grad=True)  # a tensor, and no Parameter


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = [nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))]  # hidden in a plain list


class Hasty(nn.Module):
    def __init__(self):
        self.start = nn.Parameter(torch.zeros(()))  # super().__init__() has not run


for forgetful in (Plain(), Listed()):
    assert list(forgetful.parameters()) == []  # nothing to train, and nothing that double() would turn

for mistake, words in [
    (Hasty, "cannot assign parameters before Module.__init__() call"),
    (lambda: torch.optim.SGD(Plain().parameters(), lr=0.1), "optimizer got an empty parameter list"),
]:
    message = "no error"
    try:
        mistake()
    except (AttributeError, ValueError) as error:
        message = str(error)
    assert words in message

# %% [markdown]
# ## The loop with an optimizer
# An *optimizer* gets the list of parameters once. Then `optimizer.step()` is the update of all of them, and
# `optimizer.zero_grad()` clears them all, which sets each `.grad` to None. `torch.optim.SGD` takes the very step that
# you know, p − lr · p.grad. (The S is for *stochastic*, random: often it is fed random parts of the data, here all.)
#
# The loss can come from torch too: `nn.functional.mse_loss(prediction, target)` is the mean squared error.
# Predict: how many of these lines would change for a model with a thousand parameters?

# %%
model = Candle().double()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
losses = []
for _ in range(60):
    optimizer.zero_grad()  # clear: first, so that whatever lay in .grad is gone before backward adds to it
    loss = nn.functional.mse_loss(model(t), h)  # forward
    loss.backward()  # backward
    optimizer.step()  # update
    losses.append(loss.item())

assert losses[0] == (h**2).mean().item() > 200
assert losses[-1] < 0.2
assert abs(model.start.item() - 20) < 0.5

# %% [markdown]
# ## Number for number
# Is that really the loop of lesson 05? We run that one too, by hand, on the same data, and compare.
# Predict: how far apart are the two histories after 60 epochs?

# %%
start = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
rate = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
by_hand = []
for _ in range(60):
    loss = ((start - rate * t - h) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for parameter in (start, rate):
            parameter -= 0.2 * parameter.grad
            parameter.grad = None
    by_hand.append(loss.item())

# Rounding in the sixteenth digit is all that may differ.
assert all(abs(a - b) < 1e-9 * b for a, b in zip(losses, by_hand, strict=True))
assert abs(model.rate.item() - rate.item()) < 1e-9

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
axes.semilogy(losses, color=BLUE, linewidth=5, alpha=0.5, label="module and torch.optim.SGD")
axes.semilogy(by_hand, "--", color=ORANGE, linewidth=2, label="by hand, as in lesson 05")
axes.set(xlabel="epoch", ylabel="loss (cm²)", title="One descent, written twice")
axes.legend(loc="upper right")
show(figure, "06_two_runs")

# %% [markdown]
# ## Wrong orders go unnoticed
# The optimizer looks into `.grad`, and takes what it finds. Where it finds None, it leaves the parameter alone.
# It cannot know whether a gradient is old or new. Each order below runs without an error, over eight epochs.
# Beforehand an old gradient of 100 is put into both parameters. Predict for each: does it arrive, stand still,
# or go astray?


# %%
def starts_found(order):
    """The start after each of eight epochs, where the moves come in this order."""
    model = Candle().double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    for parameter in model.parameters():
        parameter.grad = torch.tensor(100.0, dtype=torch.float64)
    path = []
    for _ in range(8):
        loss = nn.functional.mse_loss(model(t), h)
        for move in order:
            {"clear": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}[move]()
        path.append(model.start.item())
    return path


right = starts_found(["clear", "backward", "step"])
assert abs(right[0] - 0.2 * 2 * h.mean().item()) < 1e-9  # one step along the gradient, by the formula

late = starts_found(["backward", "step", "clear"])
assert abs(late[0] - (right[0] - 0.2 * 100)) < 1e-9  # the old 100 took part in the first step

stuck = starts_found(["backward", "clear", "step"])
assert stuck == [0.0] * 8  # step finds None everywhere, and moves nothing

behind = starts_found(["step", "clear", "backward"])
assert behind[0] == -0.2 * 100  # a step before any backward: the old gradient, and nothing else

never = starts_found(["backward", "step"])
assert abs(never[-1] - 20) > abs(right[-1] - 20)  # all old gradients go on pushing

# %% [markdown]
# ## A parameter that stays
# Suppose the rate is known, and only the start is to be found. `requires_grad_(False)` *freezes* a parameter:
# backward computes no gradient for it, its `.grad` stays None, and the optimizer passes it over.
# Predict: what if a gradient from earlier days still lies in its `.grad`?

# %%
model = Candle().double()
with torch.no_grad():
    model.rate.fill_(2.5)  # writes 2.5 into the parameter itself
model.rate.requires_grad_(False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
nn.functional.mse_loss(model(t), h).backward()
optimizer.step()
assert model.start.item() != 0.0
assert model.rate.item() == 2.5

model.rate.grad = torch.tensor(1.0, dtype=torch.float64)  # left over
optimizer.step()
assert model.rate.item() == 2.5 - 0.2 * 1.0  # frozen, and moved all the same
optimizer.zero_grad()  # this clears the frozen ones too
assert model.rate.grad is None

# %% [markdown]
# ## Several inputs
# So far an input was one number, the time. Often it is a row of several, and a table holds a row for each sample.
# The sign `@` multiplies each row with a row of numbers, entry by entry, and adds up: (n, d) @ (d,) gives (n,).
# Predict the two sums of this shopping list.

# %%
amounts = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]])  # two customers, three goods
prices = torch.tensor([5.0, 1.0, 0.5])
assert (amounts @ prices).tolist() == [6.0, 3.5]
assert (amounts @ prices + 2).tolist() == [8.0, 5.5]  # and 2 for delivery

# %% [markdown]
# ## Pitfall: the column that becomes a square
# torch has this model ready-made: `nn.Linear(d, 1)`. It can have several outputs, so its output is a table, with
# a column for each: (n, 1). The targets h have shape (n,). Predict the shape of their difference.

# %%
layer = nn.Linear(1, 1).double()
assert [(name, tuple(p.shape)) for name, p in layer.named_parameters()] == [("weight", (1, 1)), ("bias", (1,))]
prediction = layer(t[:, None])  # (10, 1) in, (10, 1) out
misses = prediction - h
assert misses.shape == (10, 10)  # broadcasting: every prediction minus every target
wrong, right = (misses**2).mean(), ((prediction[:, 0] - h) ** 2).mean()  # [:, 0] takes the column as (10,)
assert wrong.item() != right.item()  # a loss, a gradient, no error, and another model

# mse_loss does the same, but with a warning. We catch it.
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    nn.functional.mse_loss(prediction, h)
assert "Using a target size" in str(caught[0].message)

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/06_linear_regression_with_module.py`. Write a module for any number of inputs, and
# a training loop that works for any module, whatever lies in its gradients. Run, in the course's main folder:
#
#     pytest assignments -k 06
