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
from figures import BLUE, GREEN, ORANGE, show

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

# %%
# A picture of that graph. Forward built it from left to right, and backward walks it from right to left.
figure, axes = plt.subplots(figsize=(10, 3.8), layout="constrained")
for x, y, came_from, color, text in [
    (3.7, 1.6, (2.3, 1.0), ORANGE, f"cost = 3 · V\nkeeps the {times_three._saved_other.item()}"),
    (3.7, 0.4, (2.3, 1.0), ORANGE, f"minutes = √V\nkeeps √V = {root._saved_result.item()}"),
    (2.3, 1.0, (1.1, 1.0), BLUE, f"V = 4 · r³\nkeeps the {times_four._saved_other.item()}"),
    (1.1, 1.0, (0.0, 1.0), BLUE, f"r³\nkeeps r = {power._saved_self.item()}"),
    (0.0, 1.0, None, GREEN, "r = 1 m\na leaf"),
]:
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": color, "linewidth": 2}
    arrow = {"arrowstyle": "<|-", "linewidth": 1.5} if came_from else None
    axes.annotate(text, came_from or (x, y), (x, y), ha="center", va="center", size=13, bbox=box, arrowprops=arrow)
axes.text(1.7, 1.35, "shared trunk", ha="center", color=BLUE, fontsize=14)
axes.text(3.7, 1.0, "heads", ha="center", va="center", color=ORANGE, fontsize=14)
axes.set(xlim=(-0.4, 4.4), ylim=(0.1, 1.9), title="One forward pass, and what it puts away")
axes.axis("off")
show(figure, "03_graph")

# %% [markdown]
# ## Freed: the second pass fails
# The saved numbers fill memory, and most graphs are needed once. So `backward` *frees* what it walks
# through: it throws the saved tensors away. The numbers in `cost` and `volume` stay; only the way back is
# gone. Predict: can `cost` go backward twice? And can `minutes` go, which has not gone backward at all?


# %%
def message_of(action):
    """The message of the error that `action` raises."""
    try:
        action()
    except RuntimeError as error:
        return str(error)
    return "no error"


cost.backward()
assert r.grad.item() == 36.0  # by hand: 3 · 12r²
assert cost.item() == 12.0  # the value is still there
assert "backward through the graph a second time" in message_of(lambda: cost.backward())
assert "already been freed" in message_of(lambda: power._saved_self)

# The square root itself is intact. But the trunk under it is gone: the pass from cost went through it.
assert root._saved_result.item() == 2.0
assert "a second time" in message_of(lambda: minutes.backward())

# Pitfall: a second pass without an error does not show that the graph is alive. Addition keeps nothing, since its
# slopes are 1 whatever the terms are. So there is nothing to free, and the gradient is added once more, in silence.
a = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
b = a + a
b.backward()
b.backward()
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
# (Calling `volume_of` again for each head is right, too, but pays for the shared part every time.)
#
# By hand at r = 1: the cost grows by 36 euros for a metre, the time by 12 / (2 · 2) = 3 minutes.
# Predict: what is in `r.grad` each time?

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

# %% [markdown]
# ## A gradient handed back
# `backward` writes into `.grad` of every leaf, and adds. Often you want one gradient, in your hand.
# `torch.autograd.grad(y, x)` hands it back, in a tuple with one entry for each input asked for, and writes
# nowhere. It frees the graph as `backward` does, unless `retain_graph=True`.
#
# And if a tensor was handed to you, you may not know whether it requires a gradient, and should not change it.
# `detach()` gives a new tensor with its numbers and without its graph (lesson 09 is about that), and
# `requires_grad_()` marks a tensor. Mark the new one: now you have a leaf of your own.
# Predict: what is in `r.grad` afterwards? Does `given` require a gradient?

# %%
r = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
cost = 3 * volume_of(r)
(slope,) = torch.autograd.grad(cost, r)
assert slope.item() == 36.0
assert r.grad is None

given = torch.tensor(2.0, dtype=torch.float64)
own = given.detach().requires_grad_()
(slope,) = torch.autograd.grad(volume_of(own), own)
assert slope.item() == 48.0  # 12r² at r = 2
assert not given.requires_grad  # as it came

# %% [markdown]
# ## A graph of the backward pass: create_graph
# The ball of lesson 01 has height h(t) = 2 + 20t − 5t², speed h'(t) = 20 − 10t and acceleration
# h''(t) = −10. The acceleration is the derivative of the speed: so we need the graph of the *speed*. But
# the backward pass that computed it was not written down.
#
# `retain_graph=True` keeps the old graph, of h. `create_graph=True` builds a *new* one: it writes down the backward
# pass while that runs. (It keeps the old graph as well, since the new one uses it.) Predict: what does
# `speed.requires_grad` say, with the one and with the other?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
h = 2 + 20 * t - 5 * t**2
(speed,) = torch.autograd.grad(h, t, retain_graph=True)
assert speed.item() == 10.0
assert not speed.requires_grad  # a bare number: nobody knows how it came from t
assert "does not require grad" in message_of(lambda: torch.autograd.grad(speed, t))

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
# Now we measure. In a block `with torch.autograd.graph.saved_tensors_hooks(put_away, fetch):` torch calls
# `put_away` with every tensor that a graph saves, and keeps what it returns; `fetch` gets the tensor back from
# that. We put each into a small box. A `WeakSet` lists the boxes and does not hold on to them: a box that the
# graph lets go of disappears from the list.
#
# The input has 100 000 numbers of 8 bytes, 0.8 megabytes, and goes through `sin` 20 times. Each `sin` keeps its
# input. A graph lives as long as a tensor that leads into it, so we put 8 such losses into a list, as one may in a
# long training. Predict the megabytes: after forward, after passes that keep, after passes that free.


# %%
boxes = weakref.WeakSet()


class Box:
    """Holds one tensor that a graph has saved."""

    def __init__(self, tensor):
        self.tensor = tensor
        boxes.add(self)


def megabytes():
    """What all graphs hold at this moment."""
    return sum(box.tensor.nbytes for box in boxes) / 1_000_000


def forward():
    """One number, from 100 000, through 20 operations."""
    waves = torch.linspace(0, 1, 100_000, dtype=torch.float64, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(Box, lambda box: box.tensor):
        for _ in range(20):
            waves = waves.sin()
        return waves.sum()


losses = [forward() for _ in range(8)]
assert megabytes() == 8 * 16.0  # 8 graphs with 20 · 0.8 in each
for loss in losses:
    loss.backward(retain_graph=True)
assert megabytes() == 8 * 16.0  # all of it is still there: this is what a needless retain_graph costs
for loss in losses:
    loss.backward()
assert megabytes() == 0.0  # the losses are still in the list, but what their graphs had kept is gone

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/03_retain_graph.py`. It has three gaps: the gradients of many heads from one
# forward pass, a backward pass for all losses that leaves no graph behind, and second derivatives. Run, in
# the course's main folder:
#
#     pytest assignments -k 03
