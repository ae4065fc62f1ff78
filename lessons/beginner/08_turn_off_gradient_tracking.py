"""Lesson 08 · The flag that decides what is recorded.

Goal     switch tracking on and off, tensor by tensor, and predict which results track and which are leaves
Needs    lesson 07
Time     20 minutes
Next     assignments/beginner/08_turn_off_gradient_tracking.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, show
from torch import nn

# %% [markdown]
# ## A flag on every tensor
# Lesson 07 stopped the recording for a block of code. Now we stop it for single tensors. Each has a flag,
# `requires_grad`: "record what is computed from me". It is False unless somebody sets it.
#
# A tank is 2 m deep and 3 m wide and long: 18 m³. Predict: which of the four tensors below track?

# %%
depth = torch.tensor(2.0, dtype=torch.float64)
width = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
bolts = torch.tensor(12)  # a whole number
slope = nn.Parameter(torch.tensor(0.5))
assert not depth.requires_grad
assert width.requires_grad
assert not bolts.requires_grad
assert slope.requires_grad  # a parameter is made to be trained, so it tracks from the start

# Whole numbers cannot track: a derivative asks what a *small* change does.
message = "no error"
try:
    bolts.requires_grad_()
except RuntimeError as error:
    message = str(error)
assert "only Tensors of floating point" in message

# %% [markdown]
# ## Off and on again
# `requires_grad_(flag)` sets the flag. The underscore at the end says, as everywhere in PyTorch, that the tensor
# itself changes: no new one is made. Without an argument it switches on. Nothing else changes, not the
# numbers, and not what lies in `.grad`. Predict: after width is switched off, is its old gradient still there?

# %%
(width**2 * depth).backward()
assert width.grad.item() == 12.0  # 2 · width · depth, in m²

same = width.requires_grad_(False)
assert same is width  # the very tensor, for everybody who holds it
assert width.grad.item() == 12.0  # still there: clear it, if an optimizer might find it later
assert not (width**2 * depth).requires_grad  # but from now on nothing is recorded

width.requires_grad_()
width.grad = None
assert (width**2 * depth).requires_grad

# %% [markdown]
# ## One is enough
# An operation looks at its inputs. If *any* of them tracks, the result tracks, since it would change if that
# input did. If none does, nothing is recorded. Predict for each line: does the result track?

# %%
assert (width * depth).requires_grad  # one of two
assert not (depth * depth).requires_grad  # none
assert (depth * depth + width).requires_grad  # one, a step further on
assert (depth * depth).grad_fn is None  # no tracking, no operation written down
# So only what is needed is computed on the way back. Depth does not track, so it has no gradient:
(width * depth).backward()
assert depth.grad is None
width.grad = None

# %% [markdown]
# ## Leaves and non-leaves
# A tensor with a graph behind it is a *non-leaf*. All others are *leaves*, however they were made: backward ends
# there, as there is nothing to go on to. `is_leaf` tells. Two flags, so are there four kinds? No:
# a tensor that does not track has no graph behind it. Predict `is_leaf` for each of these.

# %%
area = width * width  # recorded
assert (area.requires_grad, area.is_leaf) == (True, False)
assert (width.requires_grad, width.is_leaf) == (True, True)  # tracks, and nothing is behind it
floor = depth * 4
assert (floor.requires_grad, floor.is_leaf) == (False, True)  # a result, yet a leaf: nothing was recorded
with torch.no_grad():
    quiet = width * width
assert (quiet.requires_grad, quiet.is_leaf) == (False, True)  # not recorded either
# detach() gives a new tensor with the same numbers and nothing behind it (more in lesson 09)
cut = area.detach()
assert (cut.requires_grad, cut.is_leaf) == (False, True)

# %% [markdown]
# A leaf may be switched on, whatever its history: it becomes a place where backward ends and a gradient lands.
# Below is a short program. Predict the colour of each box in the picture before you look.

# %%
program = {
    "a": torch.ones(1, requires_grad=True),
    "b": torch.ones(1),
}
program["c"] = program["a"] * program["b"]
program["d"] = program["b"] + 1
program["e"] = program["c"].detach()
program["f"] = program["e"] * 2
program["g"] = program["c"] + program["d"]

drawn = {"a": (0, 1), "b": (0, 0), "c": (1, 1), "d": (1, 0), "e": (2, 2), "f": (3, 2), "g": (3, 1)}
made = {
    "a": "a",
    "b": "b",
    "c": "c = a · b",
    "d": "d = b + 1",
    "e": "e = c.detach()",
    "f": "f = e · 2",
    "g": "g = c + d",
}
colours = {(True, True): ORANGE, (True, False): BLUE, (False, True): GREEN}
words = {ORANGE: "tracks, a leaf", BLUE: "tracks, no leaf", GREEN: "does not track, a leaf"}

figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
boxes = {}
for name, place in drawn.items():
    colour = colours[program[name].requires_grad, program[name].is_leaf]
    style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 3}
    boxes[name] = axes.text(*place, made[name], ha="center", va="center", bbox=style, fontsize=12).get_bbox_patch()
for start, end in ["ac", "bc", "bd", "ce", "ef", "cg", "dg"]:
    style = {"arrowstyle": "->", "linewidth": 1.5, "patchA": boxes[start], "patchB": boxes[end]}
    axes.annotate("", drawn[end], drawn[start], arrowprops=style)
for colour, text in words.items():
    axes.plot([], [], "s", color="white", markeredgecolor=colour, markeredgewidth=3, markersize=12, label=text)
axes.set(xlim=(-0.4, 3.5), ylim=(-0.4, 2.8), title="One tracked leaf, and how far its flag reaches")
axes.axis("off")
axes.legend(loc="upper center", ncols=3, frameon=False)
show(figure, "08_flags")

assert [name for name in program if program[name].requires_grad] == ["a", "c", "g"]
assert [name for name in program if not program[name].is_leaf] == ["c", "g"]

# %% [markdown]
# ## Decided when it is computed
# An operation reads the flags of its inputs once, when it runs. What happens to them later does not reach
# back. Predict: depth is switched on after `floor` was computed. Does `floor` track now? And if width is
# switched off, does `area` stop tracking?

# %%
depth.requires_grad_()
assert not floor.requires_grad  # made before
assert (depth * 4).requires_grad  # made after

width.requires_grad_(False)
assert area.requires_grad
assert not area.is_leaf  # its graph was written, and stays
width.requires_grad_()

# %% [markdown]
# ## Pitfall: a non-leaf cannot be switched off
# The flag of a non-leaf is not a wish. It states a fact: there is a graph behind me. So it cannot be set to False;
# the way out is a new tensor, `area.detach()`. Setting it to True is no error, since it is True already.

# %%
area.requires_grad_(True)
assert not area.is_leaf  # still the same non-leaf
message = "no error"
try:
    area.requires_grad_(False)
except RuntimeError as error:
    message = str(error)
assert "you can only change requires_grad flags of leaf variables" in message

# %% [markdown]
# ## All or nothing
# The error is worse in a loop. Here the corners of a sheet of tin are to be fixed in their places, and one
# "corner" is in truth a result. Predict: after the error, which of the three flags are still on?

# %%
left = torch.tensor(0.0, requires_grad=True)
right = torch.tensor(8.0, requires_grad=True)
corners = {"left": left, "middle": (left + right) / 2, "right": right}

failed = False
try:
    for corner in corners.values():
        corner.requires_grad_(False)
except RuntimeError:
    failed = True
assert failed
assert [corner.requires_grad for corner in corners.values()] == [False, True, True]  # half done, and nobody told

# Better to look at all of them before the first is changed. Then there is a choice: refuse, or go on without.
left.requires_grad_()
results = [name for name, corner in corners.items() if not corner.is_leaf]
assert results == ["middle"]
assert all(corner.requires_grad for corner in corners.values())  # and nothing has changed so far

# %% [markdown]
# ## A leaf of your own
# You want the slope of somebody's function with respect to somebody's tensor, which does not track. You could
# switch it on, and back off, and never forget to, also after an error. Or you leave it alone: `detach()` gives
# a new leaf with the same numbers, and that one is yours. (Both show the same memory, so do not write into it.)
#
# Predict: what is in `.grad` of the owner's two tensors at the end?


# %%
def paint(side, height):
    """Litres of paint for a box without a lid: 0.1 for each m²."""
    return 0.1 * (side**2 + 4 * side * height)


side = torch.tensor(2.0, dtype=torch.float64)
height = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)

mine = side.detach().requires_grad_()  # calls can be chained: requires_grad_ returns its tensor
(more_paint,) = torch.autograd.grad(paint(mine, height), mine)
assert abs(more_paint.item() - 0.1 * (2 * 2.0 + 4 * 5.0)) < 1e-12
assert not side.requires_grad  # as it was
assert mine.is_leaf
assert side.grad is None
assert height.grad is None  # torch.autograd.grad went only where it was asked to go

# backward() goes to every leaf that tracks, asked for or not:
paint(mine, height).backward()
assert height.grad is not None
height.grad = None

# %% [markdown]
# A function can be given its inputs by name from a dict: `paint(**box)` is `paint(side=…, height=…)`. And
# `{**box, "side": mine}` is a new dict with one entry replaced; the old one stays. Predict: is the paint the same?

# %%
box = {"side": side, "height": height}
replaced = {**box, "side": mine}
assert paint(**replaced).item() == paint(**box).item()
assert box["side"] is side

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/08_turn_off_gradient_tracking.py`: a switch that changes all flags or none, gradients
# that leave no trace, and autograd's book-keeping with pencil and paper. Run, in the course's main folder:
#
#     pytest assignments -k 08
