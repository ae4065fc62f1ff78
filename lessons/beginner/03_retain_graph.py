"""Lesson 03 · The life of a graph.

Goal     know what a graph keeps, when it is freed, and when to keep it or to build another
Needs    lessons 01 and 02
Time     25 minutes
Next     assignments/beginner/03_retain_graph.py
"""

# %%
import weakref

import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, VERMILION, show

# %% [markdown]
# ## What the forward pass keeps
# A balloon of radius r metres holds about 4r³ cubic metres. From that volume V follow two things: the gas
# costs 3V euros, and a pump that gets faster and faster needs √V minutes. So one forward pass has a part
# that is *shared*, from r to V, and two *heads*, which both start from V.
#
# The graph holds more than operations. The slope of r³ is 3r², so on the way back the number r is needed.
# The slope of √V is 1 / (2√V), so √V is needed. Each operation puts such numbers away in the forward pass:
# its *saved tensors*. Predict at r = 1: which number does the power keep, and which the square root?


# %%
def volume_of(r):
    return 4 * r**3


r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
volume = volume_of(r)
cost = 3 * volume
minutes = volume.sqrt()

times_four, times_three, root = volume.grad_fn, cost.grad_fn, minutes.grad_fn
power = times_four.next_functions[0][0]  # the operation before it
assert power._saved_self.item() == 1.0  # r itself
assert root._saved_result.item() == 2.0  # √V, with V = 4
assert times_four._saved_other.item() == 4.0  # a product keeps the other factor
assert times_three.next_functions[0][0] is root.next_functions[0][0] is times_four  # both heads hang on one trunk

# %% [markdown]
# Here is that graph. The forward pass built it from left to right, and `backward` walks it from right to
# left. What each operation keeps is read from the real one.

# %%
figure, axes = plt.subplots(figsize=(10, 3.8), layout="constrained")
nodes = [
    (0.0, 1.0, "r = 1 m\na leaf", GREEN),
    (1.1, 1.0, f"r³\nkeeps r = {power._saved_self.item()}", BLUE),
    (2.3, 1.0, f"V = 4 · r³\nkeeps the {times_four._saved_other.item()}", BLUE),
    (3.7, 1.6, f"cost = 3 · V\nkeeps the {times_three._saved_other.item()}", ORANGE),
    (3.7, 0.4, f"minutes = √V\nkeeps √V = {root._saved_result.item()}", ORANGE),
]
for x, y, text, color in nodes:
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": color, "linewidth": 2}
    axes.text(x, y, text, ha="center", va="center", fontsize=13, bbox=box, zorder=2)
for start, end in [(0, 1), (1, 2), (2, 3), (2, 4)]:
    (x0, y0), (x1, y1) = nodes[start][:2], nodes[end][:2]
    middle = ((x0 + 1.15 * x1) / 2.15, (y0 + 1.15 * y1) / 2.15)
    axes.plot([x0, x1], [y0, y1], color="black", linewidth=1.5, zorder=0)
    axes.annotate("", middle, (x0, y0), arrowprops={"arrowstyle": "-|>", "linewidth": 1.5}, zorder=0)
axes.text(1.7, 1.35, "shared trunk", ha="center", color=BLUE, fontsize=14)
axes.text(3.7, 1.0, "heads", ha="center", va="center", color=ORANGE, fontsize=14)
axes.set(xlim=(-0.4, 4.4), ylim=(0.1, 1.9), title="One forward pass, and what it puts away")
axes.axis("off")
show(figure, "03_graph")

# %% [markdown]
# ## Freed: the second pass fails
# The saved numbers fill memory, and most graphs are needed once. So `backward` *frees* what it walks
# through: it throws the saved tensors away. The numbers in `cost` and `volume` stay; only the way back is
# gone. Predict: can `cost` go backward twice?

# %%
cost.backward()
assert r.grad.item() == 36.0  # by hand: 3 · 12r²
assert cost.item() == 12.0  # the value is still there


def message_of(action):
    """The message of the error that `action` raises."""
    try:
        action()
    except RuntimeError as error:
        return str(error)
    return "no error"


assert "backward through the graph a second time" in message_of(lambda: cost.backward())
assert "already been freed" in message_of(lambda: power._saved_self)

# %% [markdown]
# What about `minutes`, which has not gone backward at all? Its own operation, the square root, is intact.
# But the trunk under it is gone: the pass from `cost` went through it. Predict: does it raise?

# %%
assert root._saved_result.item() == 2.0
assert "backward through the graph a second time" in message_of(lambda: minutes.backward())

# %% [markdown]
# ## Pitfall: no error does not mean that the graph is alive
# A sum of two terms has slope 1, whatever the terms are. So addition keeps nothing, and there is nothing to
# free. Then a second pass runs, in silence, and adds its gradient once more (lesson 02). Do not build on it:
# one product in the chain, and the same code fails.

# %%
a = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
b = a + a
b.backward()
assert message_of(lambda: b.backward()) == "no error"
assert a.grad.item() == 4.0  # twice the slope, 2

# %% [markdown]
# ## Keep it: retain_graph
# `backward(retain_graph=True)` leaves the saved tensors in place for another pass. It keeps the graph, and
# changes nothing else: gradients add up as ever. The last pass is one without it, and frees the graph.
# Predict what `r.grad` holds after the two passes.

# %%
r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
cost = 3 * volume_of(r)
cost.backward(retain_graph=True)
cost.backward()
assert r.grad.item() == 36.0 + 36.0
assert "a second time" in message_of(lambda: cost.backward())

# %% [markdown]
# ## Two losses on one forward pass
# Now both heads are to go backward, and the shared part is to run only once. There are two good ways.
#
# 1. Add them, and send the sum backward. One pass, and all is freed.
# 2. Send one after the other. Every pass but the last keeps the graph.
#
# By hand at r = 1: the cost grows by 36 euros for a metre, the time by 12 / (2 · 2) = 3 minutes.
# Predict: what is in `r.grad` each time? And what happens in the second way if the first pass does not
# keep the graph?

# %%
r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
volume = volume_of(r)
(3 * volume + volume.sqrt()).backward()
assert r.grad.item() == 36.0 + 3.0

r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
volume = volume_of(r)
cost, minutes = 3 * volume, volume.sqrt()
cost.backward(retain_graph=True)  # the trunk is needed once more
minutes.backward()  # and now no longer
assert r.grad.item() == 36.0 + 3.0
assert "a second time" in message_of(lambda: cost.backward())

r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
volume = volume_of(r)
cost, minutes = 3 * volume, volume.sqrt()
cost.backward()
assert "a second time" in message_of(lambda: minutes.backward())  # the pitfall: the trunk went with the first

# %% [markdown]
# A third way is to call `volume_of` again for each head. It is right, too, but it pays for the shared part
# every time. Here that is one power; in a large network it is nearly all the work.
#
# ## A gradient handed back
# `backward` writes into `.grad` of every leaf, and adds. Often you want one gradient, in your hand.
# `torch.autograd.grad(y, x)` gives it back, in a tuple with one entry for each input asked for, and writes
# nowhere. It frees the graph as `backward` does, unless `retain_graph=True`.
# Predict: what is in `r.grad` afterwards?

# %%
r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
cost = 3 * volume_of(r)
(slope,) = torch.autograd.grad(cost, r)
assert slope.item() == 36.0
assert r.grad is None
assert "a second time" in message_of(lambda: cost.backward())

# %% [markdown]
# If a tensor was handed to you, you may not know whether it requires a gradient, and should not change it.
# `detach()` gives a new tensor with its numbers and without its graph (lesson 09 is about that), and
# `requires_grad_()` marks a tensor. Mark the new one: now you have a leaf of your own.

# %%
given = torch.tensor(2.0, dtype=torch.float64)
own = given.detach().requires_grad_()
assert own.is_leaf
assert own.requires_grad
assert not given.requires_grad
(slope,) = torch.autograd.grad(volume_of(own), own)
assert slope.item() == 48.0  # 12r² at r = 2

# %% [markdown]
# ## A graph of the backward pass: create_graph
# The ball of lesson 01 has height h(t) = 2 + 20t − 5t², speed h'(t) = 20 − 10t and acceleration
# h''(t) = −10. The acceleration is the derivative of the speed: so we need the graph of the *speed*. But
# the backward pass that computed it was not written down. Predict: does `retain_graph=True` help?


# %%
def height(t):
    return 2 + 20 * t - 5 * t**2


t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
h = height(t)
(speed,) = torch.autograd.grad(h, t, retain_graph=True)
assert speed.item() == 10.0
assert not speed.requires_grad  # a bare number: nobody knows how it came from t
assert "does not require grad" in message_of(lambda: torch.autograd.grad(speed, t))

# %% [markdown]
# No. `retain_graph` keeps the old graph, of h. `create_graph=True` builds a *new* one: it writes down the
# backward pass while that runs. (It keeps the old graph as well, since the new one uses it.)

# %%
(speed,) = torch.autograd.grad(h, t, create_graph=True)
assert speed.requires_grad  # now it has a past
(acceleration,) = torch.autograd.grad(speed, t)
assert acceleration.item() == -10.0

# %% [markdown]
# Pitfall: a train at a steady 30 m/s is at s(t) = 5 + 30t. Its speed is 30 whenever you look, so it does not
# depend on t, and there is nothing to write down. Predict: what happens if you ask for its acceleration?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
(speed,) = torch.autograd.grad(5 + 30 * t, t, create_graph=True)
assert speed.item() == 30.0
assert not speed.requires_grad  # the sign to look for: this number has no graph ...
assert "does not require grad" in message_of(lambda: torch.autograd.grad(speed, t))
# ... so t does not enter it, and by calculus its derivative is zero. Autograd leaves that to you.

# %% [markdown]
# ## What a kept graph costs
# Now we measure. Inside `with torch.autograd.graph.saved_tensors_hooks(put_away, fetch):` torch calls
# `put_away` with every tensor that a graph saves, and keeps what it returns. Ours is a small box around the
# tensor. A `WeakSet` lists the boxes and does not hold on to them: a box that the graph lets go of
# disappears from the list.
#
# The input has 100 000 numbers of 8 bytes, 0.8 megabytes, and goes through `sin` 20 times. Each `sin`
# keeps its input. Predict the megabytes: after forward, after a pass that keeps, after a pass that frees.


# %%
class Box:
    def __init__(self, tensor):
        self.tensor = tensor


boxes = weakref.WeakSet()


def put_away(tensor):
    box = Box(tensor)
    boxes.add(box)
    return box


def fetch(box):
    return box.tensor


def megabytes():
    """What all graphs hold at this moment."""
    return sum(box.tensor.nbytes for box in boxes) / 1_000_000


def forward():
    """One number, from 100 000, through 20 operations."""
    waves = torch.linspace(0, 1, 100_000, dtype=torch.float64, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(put_away, fetch):
        for _ in range(20):
            waves = waves.sin()
        return waves.sum()


loss = forward()
assert megabytes() == 16.0  # 20 · 0.8
loss.backward(retain_graph=True)
assert megabytes() == 16.0  # all of it is still there
loss.backward()
assert megabytes() == 0.0

# %% [markdown]
# A graph lives as long as a tensor that leads into it. So a list of losses may keep all graphs of a long
# training in memory, and `retain_graph=True`, put in "because then the error goes away", does just that.
# Predict how the lines go on: eight passes, each loss kept in a list, with and without `retain_graph`.


# %%
def held_over_passes(retain):
    """Megabytes after each of eight passes, where the losses are kept in a list."""
    losses, held = [], []
    for _ in range(8):
        loss = forward()
        loss.backward(retain_graph=retain)
        losses.append(loss)
        held.append(megabytes())
    return held


kept, freed = held_over_passes(True), held_over_passes(False)
assert kept == [16.0 * k for k in range(1, 9)]
assert freed == [0.0] * 8
assert megabytes() == 0.0  # the list is gone, and its graphs with it

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
axes.plot(range(1, 9), kept, "o-", color=VERMILION, linewidth=2, markersize=8, label="retain_graph=True")
axes.plot(range(1, 9), freed, "s--", color=BLUE, linewidth=2, markersize=8, label="each pass frees its graph")
axes.set(ylim=(-5, 140), xlabel="passes so far", ylabel="held by graphs (megabytes)")
axes.set_title("Losses in a list")
axes.legend(loc="upper left")
show(figure, "03_memory")

# %% [markdown]
# In short: let graphs be freed; keep one with `retain_graph` where another pass goes through it; build one
# with `create_graph` where a gradient is to be differentiated; and keep numbers in lists, by `.item()`.
#
# ## Your turn
# Open `assignments/beginner/03_retain_graph.py`. It has three gaps: the gradients of many heads from one
# forward pass, a backward pass for all losses that leaves no graph behind, and second derivatives. Run, in
# the course's main folder:
#
#     pytest assignments -k 03
