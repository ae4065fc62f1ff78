"""Lesson 04 · One training step.

Goal     make a parameter learn: forward, backward, update, clear; and see what each wrong order does
Needs    lessons 01 to 03
Time     25 minutes
Next     assignments/beginner/04_mini_training_step.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, VERMILION, show

# %% [markdown]
# ## Measurements, a model, a loss
# A ball is dropped from a tower. After 0.5, 1, 1.5 and 2 seconds it has fallen 1.25, 5, 11.25 and 20
# metres. How strong is gravity? The *model* says fallen = ½ · g · time². Here g is the *parameter*, the
# number to be learned.
#
# A tensor may hold several numbers in a row, and arithmetic then goes number by number. A single number
# beside it, like g, serves them all. `mean()` turns a row into its average.
#
# The *loss* is one number for how wrong the model is: we take the mean squared error. Squaring
# makes every miss count, whatever its sign. Predict: what is the loss at g = 10, and is it larger at 2?

# %%
times = torch.tensor([0.5, 1.0, 1.5, 2.0], dtype=torch.float64)  # seconds
fallen = torch.tensor([1.25, 5.0, 11.25, 20.0], dtype=torch.float64)  # metres


def loss_at(g):
    return ((g * times**2 / 2 - fallen) ** 2).mean()  # square metres


assert loss_at(10.0).item() == 0.0  # the data were made with g = 10 m/s²
assert loss_at(2.0).item() == 88.5

# %% [markdown]
# ## The gradient by hand
# Call aᵢ = ½ · timeᵢ² and the miss rᵢ = g · aᵢ − fallenᵢ. The loss is the mean of the rᵢ². To differentiate
# a mean, differentiate each term and take the mean. By the chain rule rᵢ² gives 2 rᵢ · ∂rᵢ/∂g, and
# ∂rᵢ/∂g = aᵢ, so
#
#     ∂L/∂g = mean(2 · rᵢ · aᵢ)
#
# Predict at g = 2: is it positive or negative? That is, does the loss grow or fall as g grows?

# %%
a = times**2 / 2
misses = 2.0 * a - fallen
by_hand = (2 * misses * a).mean().item()
assert by_hand == -22.125  # the loss falls as g grows, so g should grow

g = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
loss_at(g).backward()
assert g.grad.item() == by_hand

# %% [markdown]
# ## One step
# A gradient points where the loss grows. So we move the other way, and the *learning rate* says how far:
#
#     new g = g − lr · ∂L/∂g
#
# Four moves in this order make a training step.
#
# 1. **forward**: run the model, get the loss
# 2. **backward**: get the gradient
# 3. **update**: move the parameter against it
# 4. **clear**: remove the gradient, or the next one is added to it (lesson 02). Where an old one may
#    be lying there already, clear before backward too.
#
# The update changes `g` itself, *in place*: `g -= ...` keeps the same tensor and writes a new number
# into it. It is no part of the model, so it must not be written into the graph. In a block that begins
# `with torch.no_grad():` nothing is written down (lesson 10 has more on it).
#
# Predict, with lr = 0.25: what is the new g? Is the loss smaller there?

# %%
lr = 0.25
g = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)

loss = loss_at(g)  # forward
loss.backward()  # backward
with torch.no_grad():
    g -= lr * g.grad  # update
g.grad = None  # clear

assert g.item() == 2.0 - 0.25 * -22.125 == 7.53125
assert g.is_leaf
assert g.requires_grad  # as good as new, ready for the next step
assert loss.item() == 88.5  # the loss of the forward pass: before the step ...
assert loss_at(g).item() < 8.5  # ... and a fresh forward pass tells the loss after it

# %% [markdown]
# ## The step in a picture
# The slope of the tangent says which way is down. The step runs along the g axis, and its length is lr
# times that slope. Predict: with lr twice as large, would g still be short of the bottom?

# %%
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
grid = torch.linspace(0, 16, 200, dtype=torch.float64)  # 200 values of g, from 0 to 16
axes.plot(grid, [loss_at(value) for value in grid], color="black", linewidth=2, label="loss")
axes.axline((2, 88.5), slope=by_hand, color=ORANGE, linestyle="--", linewidth=2, label="tangent, slope −22.1")
new_g, new_loss = g.item(), loss_at(g).item()
axes.annotate("", (new_g, 88.5), (2, 88.5), arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 2})
axes.text(2.6, 91, "step: 0.25 · 22.1 = 5.5", color=BLUE)
axes.plot([new_g, new_g], [88.5, new_loss], ":", color=BLUE, linewidth=2)
axes.plot(2, 88.5, "o", color=VERMILION, markersize=11, label="before the step: g = 2, loss = 88.5")
axes.plot(new_g, new_loss, "s", color=BLUE, markersize=11, label=f"after it: g = {new_g:.1f}, loss = {new_loss:.1f}")
axes.set(ylim=(-8, 142), xlabel="g (m/s²)", ylabel="loss (m²)", title="One step on the loss curve")
axes.legend(loc="upper right")
show(figure, "04_one_step")
assert 2.0 - 2 * lr * by_hand > 10  # no: it would step over the bottom

# %% [markdown]
# ## Step after step, and four that go wrong in silence
# A single step is rarely enough. Below are five ways to write a step; only the first is right.
# None of them raises an error. Predict for each of the other four: where does g go?


# %%
def right(g):
    loss_at(g).backward()
    with torch.no_grad():
        g -= lr * g.grad
    g.grad = None


def never_cleared(g):
    loss_at(g).backward()
    with torch.no_grad():
        g -= lr * g.grad


def cleared_too_early(g):
    loss_at(g).backward()
    g.grad.zero_()
    with torch.no_grad():
        g -= lr * g.grad


def uphill(g):
    loss_at(g).backward()
    with torch.no_grad():
        g += lr * g.grad
    g.grad = None


def rebound(g):
    loss_at(g).backward()
    with torch.no_grad():
        g = g - lr * g.grad  # a new tensor, under the old name


def walk(step):
    """The values of g over eight steps, from g = 2."""
    g = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    path = [g.item()]
    for _ in range(8):
        step(g)
        path.append(g.item())
    return path


assert abs(walk(right)[-1] - 10) < 0.001
assert max(walk(never_cleared)) > 18  # old gradients go on pushing, far past the bottom ...
assert walk(never_cleared)[-1] < 6  # ... and back again
assert walk(cleared_too_early)[-1] == 2.0  # zero times lr is no step
assert walk(uphill)[-1] < -100  # + for −: away from the bottom, faster and faster
assert walk(rebound)[-1] == 2.0  # the new tensor was thrown away: the caller's g never moved

# %%
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
axes.axhline(10, color="black", linewidth=1, label="best: g = 10")
axes.plot(walk(right), "o-", color=BLUE, linewidth=2, label="right")
axes.plot(walk(never_cleared), "s--", color=ORANGE, linewidth=2, label="never cleared")
axes.plot(walk(cleared_too_early), "^:", color=GREEN, linewidth=2, label="cleared too early, or rebound")
axes.plot(walk(uphill), "v-.", color=VERMILION, linewidth=2, label="uphill")
axes.set(ylim=(-12, 22), xlabel="steps taken", ylabel="g (m/s²)", title="One small slip in a step")
axes.legend(loc="lower right")
show(figure, "04_slips")

# %% [markdown]
# ## Three that go wrong aloud
# These raise an error, which is kinder. We provoke each and catch it. Predict: what is wrong in each?


# %%
def update_before_backward(g):
    with torch.no_grad():
        g -= lr * g.grad  # a fresh leaf has None there


def update_written_down(g):
    loss_at(g).backward()
    g -= lr * g.grad  # outside no_grad: the graph has no way to write down a leaf that changes


def one_forward_for_two_steps(g):
    loss = loss_at(g)
    for _ in range(2):
        loss.backward()  # the second time its graph is gone (lesson 03), and g is no longer what it was
        with torch.no_grad():
            g -= lr * g.grad
        g.grad = None


for slip, words in [
    (update_before_backward, "NoneType"),
    (update_written_down, "a leaf Variable that requires grad is being used in an in-place operation"),
    (one_forward_for_two_steps, "backward through the graph a second time"),
]:
    message = "no error"
    try:
        walk(slip)
    except (TypeError, RuntimeError) as error:
        message = str(error)
    assert words in message

# %% [markdown]
# ## Two parameters, one backward
# Perhaps somebody threw the ball downward, at a speed u: fallen = u · time + ½ · g · time². Now there are
# two parameters, and one `backward` gives both gradients. By hand, a miss rᵢ changes by timeᵢ for each
# unit of u, and by aᵢ for each unit of g: ∂L/∂u = mean(2 · rᵢ · timeᵢ), and ∂L/∂g as before.
#
# Both belong to the same point (u, g). So all parameters move after the one backward. Predict:
# does it matter if u moves first, and g gets its gradient after that?

# %%
u = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
g = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
((u * times + g * a - fallen) ** 2).mean().backward()
assert u.grad.item() == (2 * misses * times).mean().item() == -25.0
assert g.grad.item() == by_hand == -22.125

with torch.no_grad():
    u -= 0.125 * u.grad  # u has moved; g keeps the gradient from where both stood before
late = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
((u * times + late * a - fallen) ** 2).mean().backward()
assert late.grad.item() > -13  # another slope, since it was taken at another point: not the same step

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/04_mini_training_step.py`. Its model is a straight line, w · x + b. Find both
# gradients by hand, then write the whole training step. Run, in the course's main folder:
#
#     pytest assignments -k 04
