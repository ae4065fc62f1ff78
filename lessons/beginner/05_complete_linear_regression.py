"""Lesson 05 · Linear regression, complete.

Goal     fit a line to measurements by gradient descent, look at the fit, and choose a learning rate
Needs    lessons 01 to 04
Time     30 minutes
Next     assignments/beginner/05_complete_linear_regression.py
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import BLUE, ORANGE, PURPLE, VERMILION, show

# %% [markdown]
# ## Measurements with noise
# A candle burns. Every quarter of an hour somebody measures its height, and is wrong by a few millimetres.
# We make such data ourselves, so that we know what should be found: a start of 20 cm, and 2.5 cm less each hour.
#
# `torch.linspace(0, 3, 13)` gives 13 numbers from 0 to 3 in equal steps. `torch.randn(13)` gives 13 random
# numbers around 0, and `torch.manual_seed` makes them the same ones in every run.
#
# Three measurements are put *aside*. The fit will not see them, and they will judge it in the end.
# A tensor of True and False picks entries: `hours[aside]`, and `hours[~aside]` for all the others.

# %%
torch.manual_seed(5)
hours = torch.linspace(0, 3, 13, dtype=torch.float64)
heights = 20 - 2.5 * hours + 0.3 * torch.randn(13, dtype=torch.float64)  # cm
aside = torch.arange(13) % 4 == 2  # arange(13) counts 0, 1 … 12, and % gives the remainder
assert hours[aside].tolist() == [0.5, 1.5, 2.5]

t, h = hours[~aside], heights[~aside]
assert len(t) == 10

# %% [markdown]
# ## Epoch after epoch
# The model says height = start − rate · time, and the loss is the mean squared error. One training step
# is known from lesson 04: forward, backward, update, clear. Now we repeat it. One pass over all the data is
# an *epoch*; here every epoch is one step. Three things surround the steps:
#
# - **once, before**: make the parameters. They start at 0, since we pretend to know nothing
# - **in every epoch**: write down the loss, as a number. This *history* shows whether learning works
# - **once, after**: take the numbers out of the parameters
#
# The history holds the loss of each forward pass, so it tells how good the line was *before* that step.
# Predict: what is the first entry? And does the last one come down to 0?


# %%
def loss_at(start, rate):
    return ((start - rate * t - h) ** 2).mean()  # cm²


def learn(lr, epochs):
    """The losses before each step, and all (start, rate) on the way, the first and the last included."""
    start = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    rate = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    losses, path = [], [(0.0, 0.0)]
    for _ in range(epochs):
        loss = loss_at(start, rate)  # forward
        loss.backward()  # backward
        with torch.no_grad():
            for parameter in (start, rate):
                parameter -= lr * parameter.grad  # update, in place
                parameter.grad.zero_()  # clear
        losses.append(loss.item())
        path.append((start.item(), rate.item()))
    return losses, path


losses, path = learn(lr=0.2, epochs=150)
start, rate = path[-1]
assert losses[0] == (h**2).mean().item() > 200  # at start = rate = 0 the model always says 0
assert abs(start - 20) < 0.3
assert abs(rate - 2.5) < 0.2  # close to the truth; the noise does not allow more
assert 0.02 < losses[-1] < 0.2  # no line goes through all the points, so some loss remains
assert losses[1] == loss_at(*path[1]).item()  # before the second step is after the first

# %% [markdown]
# ## Look at it
# Two pictures belong to every fit. The first shows the points and the line: is a line the right kind of model?
# The second shows the history: has it settled, or should it go on? A loss often falls by a factor of a thousand.
# On a *logarithmic* axis each factor of ten is equally tall, and the small losses stay visible too.
#
# `plt.subplots(1, 2)` gives a figure with two axes side by side. `plot` joins what it is given; with a marker
# and no line, such as `"o"`, it draws points, as `scatter` does. Predict: which of the two is right
# for measurements, and which for the model?

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
left.plot(t, h, "o", color=BLUE, label="measured")
left.plot(hours[aside], heights[aside], "s", color=ORANGE, label="put aside")
left.plot([0, 3], [start, start - rate * 3], color="black", label=f"fit: {start:.2f} − {rate:.2f} · time")
left.set(xlabel="time (hours)", ylabel="height (cm)", title="The candle")
left.legend(loc="lower left")
right.semilogy(losses, color=VERMILION, linewidth=2)  # semilogy: the y axis is logarithmic
right.set(xlabel="epoch", ylabel="loss (cm²)", title="The history")
show(figure, "05_fit")

# %% [markdown]
# ## How good is it?
# For a line there is a formula, and `np.polyfit` knows it, so this once we can check. It returns the slope first.
# Descent needs no formula, which is why it also works for models that have none.
#
# The loss on the data of the fit flatters: the line was bent towards just these points. What counts is the
# loss on measurements that it has never seen. Its square root is in cm again. Predict: about how large?

# %%
slope, intercept = np.polyfit(t.numpy(), h.numpy(), deg=1)  # numpy() gives the tensor's numbers to NumPy
assert abs(start - intercept) < 1e-4
assert abs(-rate - slope) < 1e-4

miss = ((start - rate * hours[aside] - heights[aside]) ** 2).mean().sqrt().item()
assert 0.1 < miss < 0.6  # about as large as the noise of 0.3 cm: no model does much better

# %% [markdown]
# ## Three learning rates
# How far a step goes is for you to say. Predict for lr = 0.005, 0.2 and 0.27, all over 60 epochs:
# which of them arrives, which crawls, and which makes things worse with every step?

# %%
crawls, arrives, explodes = (learn(lr, epochs=60)[0] for lr in (0.005, 0.2, 0.27))
assert arrives[-1] < 1
assert 3 < crawls[-1] < crawls[0]  # it gets better all the time, and is still far off
assert explodes[-1] > explodes[0]  # each step leaps over the bottom and lands higher on the other side
assert all(explodes[k + 1] > explodes[k] for k in range(59))

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
axes.semilogy(explodes, ":", color=VERMILION, linewidth=2.5, label="lr = 0.27 blows up")
axes.semilogy(crawls, "--", color=ORANGE, linewidth=2, label="lr = 0.005 crawls")
axes.semilogy(arrives, color=BLUE, linewidth=2, label="lr = 0.2 converges")
axes.set(xlabel="epoch", ylabel="loss (cm²)", title="The same steps, longer and shorter")
axes.legend(loc="center right")
show(figure, "05_learning_rates")

# Left alone, an explosion ends in numbers that are none: inf, and then nan, "not a number".
endless, _ = learn(lr=1.0, epochs=400)
assert endless[-1] != endless[-1]  # nan is the only number that does not equal itself

# %% [markdown]
# ## A table of losses
# Every pair (start, rate) has a loss: a landscape over a plane, and the fit walks downhill in it. To draw it
# we need a table. Tables of "each with each" come up often. One way to make them is *broadcasting*:
# `[:, None]` turns a row of numbers into a column, and a column combined with a row gives a table.
# Predict the shape, and the entry in row 1, column 2, both counted from 0.

# %%
prices, amounts = np.array([2.0, 3.0]), np.array([1.0, 5.0, 10.0])
table = prices[:, None] * amounts
assert table.shape == (2, 3)  # a row for each price, a column for each amount
assert table[1, 2] == 3.0 * 10.0

# Two loops give the same, row by row. And a third axis works like the second.
assert table.tolist() == [[price * amount for amount in amounts] for price in prices]
cube = prices[:, None, None] * amounts[:, None] * np.ones(4)
assert cube.shape == (2, 3, 4)
assert cube.mean(axis=2).shape == (2, 3)  # a mean over the last axis leaves the table

# %% [markdown]
# Now the landscape, with a pitfall at the end. `contour` draws lines of equal height, as on a hiking map. It wants a
# row for each value on the *y* axis and a column for each on the *x* axis. Our table has a row for each start,
# which goes to the right. Predict: what does `contour` say to it?

# %%
starts, rates = np.linspace(-1, 27, 57), np.linspace(-9, 7, 49)
landscape = np.array([[loss_at(s, r).item() for r in rates] for s in starts])
assert landscape.shape == (57, 49)

figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
message = "no error"
try:
    axes.contour(starts, rates, landscape)
except TypeError as error:
    message = str(error)
assert "Length of x (57) must match number of columns in z (49)" in message  # equal lengths: no word, a wrong map

levels = [0.2, 1, 3, 10, 30, 80, 160, 280, 450]
lines = axes.contour(starts, rates, landscape.T, levels=levels, colors="0.6")  # .T swaps rows and columns
axes.clabel(lines, fmt="%g")
axes.plot(*zip(*path, strict=True), "o-", color=BLUE, markersize=4, label="path, lr = 0.2")
axes.plot(*zip(*learn(0.005, 60)[1], strict=True), ".-", color=ORANGE, label="path, lr = 0.005")
axes.plot(intercept, -slope, "*", color=PURPLE, markersize=16, label="best line")
axes.set(xlabel="start (cm)", ylabel="rate (cm per hour)", title="Loss (cm²), and two walks down from (0, 0)")
axes.legend(loc="upper left")
show(figure, "05_landscape")

# %% [markdown]
# The valley is narrow and long. A step that is right along the valley is too long across it: so the blue
# path zigzags between the walls. Just above lr = 0.25 it would be thrown out. That is where lr = 0.27 blew up.
#
# ## Pitfall: a history that keeps every graph
# `loss` is a tensor, and holds on to the graph that made it (lesson 03). Whoever keeps it, keeps the graph.
# To *sum up* the losses is worse: the sum is one graph of them all. A node is one recorded operation.
# Predict: how many nodes hang on the sum of 100 losses, if one loss has about seven?


# %%
def count_nodes(node, seen):
    """How many recorded operations can be reached from this one."""
    if node is not None and node not in seen:
        seen.add(node)
        for before, _ in node.next_functions:  # the operations whose results went in
            count_nodes(before, seen)
    return len(seen)


start = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
rate = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
total, safe_total = 0.0, 0.0
for _ in range(100):
    loss = loss_at(start, rate)
    total = total + loss  # in reports this line is common
    safe_total = safe_total + loss.item()
assert count_nodes(loss.grad_fn, set()) < 10
assert count_nodes(total.grad_fn, set()) > 500  # all of it stays in memory
assert isinstance(safe_total, float)  # a number, and no graph at all

# %% [markdown]
# ## Pitfall: a new tensor under an old name
# `rate = rate - …` under `no_grad` makes a new tensor that does not track. The first epoch does not notice.
# Predict: what happens in the second?

# %%
rate = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
epochs_done, message = 0, "no error"
try:
    for _ in range(3):
        loss_at(20.0, rate).backward()
        with torch.no_grad():
            rate = rate - 0.1 * rate.grad  # `rate -= …` would change the leaf itself
        epochs_done += 1
except RuntimeError as error:
    message = str(error)
assert epochs_done == 1
assert "does not require grad" in message

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/05_complete_linear_regression.py`. Write the whole fit for any line w · x + b, the table
# of its losses by hand, and the two pictures. Run, in the course's main folder:
#
#     pytest assignments -k 05
