"""Lesson 09 · detach, detach_, clone.

Goal     cut a graph in the right place, and know who shares memory with whom afterwards
Needs    lessons 01 to 08
Time     30 minutes
Next     assignments/beginner/09_detach_vs_detach_.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, show
from matplotlib.patches import Rectangle


def leaf(*values):
    """A leaf that requires a gradient."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


# %% [markdown]
# ## The same numbers without a past
# Lessons 07 and 08 left whole calculations out of the graph. `detach()` is finer: it takes one tensor and
# returns another one with the same numbers, that is in no graph. For backward it is a constant.
# The tensor it was called on keeps its graph.
#
# Predict: x² is also x · x. What is the gradient at x = 3 if the second x is detached?

# %%
x = leaf(3.0)
constant = x.detach()
(x * constant).sum().backward()
assert x.grad.tolist() == [3.0]  # the slope of x · 3, not of x²
assert (constant.requires_grad, constant.is_leaf, constant.grad_fn) == (False, True, None)
assert x.requires_grad  # x itself is as it was

# %% [markdown]
# ## The same memory
# A tensor is a small label on a piece of memory: shape, flags, and the *address* where the numbers lie.
# `data_ptr()` tells the address of the first number.
#
# `detach()` makes a new label on the *same* memory. `clone()` copies the numbers to new memory, and the copy is in
# the graph, as the result of any operation is. So they differ in both respects. Predict the four answers below.

# %%
y = 10 * leaf(1.0, 2.0, 3.0)
cut, copy = y.detach(), y.clone()
assert cut.data_ptr() == y.data_ptr()  # the same memory ...
assert not cut.requires_grad  # ... without the graph
assert copy.data_ptr() != y.data_ptr()  # memory of its own ...
assert copy.requires_grad  # ... and in the graph: a gradient goes back through a clone, unchanged
cut[0] = -1.0  # written into through one label ...
assert y.tolist() == [-1.0, 20.0, 30.0]  # ... and read through the other
assert copy.tolist() == [10.0, 20.0, 30.0]

# %% [markdown]
# Numbers that nobody can change behind your back need both: `y.detach().clone()`.
#
# Slices share memory too: `y[1:]` is a *view*, a label that begins at the second number. It is in the graph.
# We ask torch where the numbers lie, and draw what it says.

# %%
y = 10 * leaf(1.0, 2.0, 3.0)
labels = {"y": y, "y.detach()": y.detach(), "y[1:]": y[1:], "y[1:].detach()": y[1:].detach()}
labels |= {"y.clone()": y.clone(), "y.detach().clone()": y.detach().clone()}
begins, size = y.data_ptr(), y.element_size()  # size: bytes for each number
shares = [name for name, t in labels.items() if begins <= t.data_ptr() < begins + 3 * size]
assert shares == ["y", "y.detach()", "y[1:]", "y[1:].detach()"]
assert [name for name, t in labels.items() if t.requires_grad] == ["y", "y[1:]", "y.clone()"]

figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
for (name, t), height in zip(labels.items(), [0, -0.9, -3.1, -4, -5.5, -7], strict=True):
    colour, tip = BLUE if t.requires_grad else ORANGE, (3, height)
    if name in shares:  # to the upper or lower edge of the number it begins with
        tip = (3.5 + (t.data_ptr() - begins) // size, -1.55 if height > -2 else -2.45)
    axes.annotate("", tip, (0.25, height), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 2})
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": colour, "linewidth": 2}
    axes.text(0, height, name, ha="right", va="center", family="monospace", fontsize=11, bbox=box)
for height, owner in [(-2, "y"), (-5.5, "y.clone()"), (-7, "y.detach().clone()")]:
    for place, value in enumerate(y.tolist()):
        axes.add_patch(Rectangle((3 + place, height - 0.45), 1, 0.9, facecolor="white", edgecolor="black"))
        axes.text(3.5 + place, height, f"{value:.0f}", ha="center", va="center")
    axes.text(6.2, height, f"memory of {owner}", va="center")
axes.plot([], [], color=BLUE, linewidth=2, label="in the graph")
axes.plot([], [], color=ORANGE, linewidth=2, label="a constant for backward")
axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, frameon=False)
axes.set(xlim=(-3, 9.5), ylim=(-7.6, 0.6), title="y = 10 · w: who shares memory with whom")
axes.axis("off")
show(figure, "09_memory")

# %% [markdown]
# ## Pitfall: writing through a detached label
# exp is its own slope, so backward through `e = w.exp()` needs the numbers of e, and the graph keeps hold of them.
# Writing into `e.detach()` changes them. Predict: is the gradient silently wrong, or does torch notice?


# %%
def complaint_about(slip, y):
    """The message of the error that slip(y) raises."""
    try:
        slip(y)
    except RuntimeError as error:
        return str(error)
    return "no error"


def write_through_detach(w):
    e = w.exp()
    e.detach().zero_()
    e.sum().backward()


w = leaf(1.0, 2.0, 3.0)
# A counter of writes is shared along with the memory, so backward knows.
assert "modified by an inplace operation" in complaint_about(write_through_detach, w)
w.detach()[0] = 99.0  # here nothing was kept, so nothing complains: the leaf has simply changed
assert w.tolist() == [99.0, 2.0, 3.0]

# %% [markdown]
# ## detach_ changes the tensor itself
# In torch a name that ends in `_` works in place. `y.detach()` leaves y alone and gives you another label;
# `y.detach_()` tears y out of its graph, for everybody who uses y. Predict: whose gradient is lost below?

# %%
w = leaf(1.0, 2.0)
y = 10 * w
before = y.sum()  # taken while y had its graph
report = y.detach_().tolist()  # somebody only wants to look at the numbers, and is careless
assert not y.sum().requires_grad  # the caller's y is a constant from now on ...
before.backward()
assert w.grad.tolist() == [10.0, 10.0]  # ... but what was recorded earlier keeps its way back

# %% [markdown]
# `detach_()` has its place: on a tensor that your own code made and that nobody else holds. Two errors guard it.
# A view cannot be torn out alone, since it shares its numbers with a tensor that stays in the graph. And where the
# graph has kept the tensor for backward, it is missed: y · y keeps the y it must multiply with. Where in doubt,
# write `y = y.detach()`: then only the name y moves on to a new tensor.


# %%
def detach_what_is_needed(y):
    squares = y * y
    y.detach_()
    squares.sum().backward()


assert "Can't detach views" in complaint_about(lambda y: y[1:].detach_(), 10 * leaf(1.0, 2.0))
assert "detached in-place" in complaint_about(detach_what_is_needed, 10 * leaf(1.0, 2.0))

# %% [markdown]
# ## A value of one, a slope of the other
# A switch is 1 where its input is above 0, else 0. Its slope is 0 wherever it has one (that of any staircase is, say
# `torch.round`), so nothing learns through it. The *sigmoid*, 1 / (1 + exp(−x)), rises smoothly from 0 to 1, but it
# is no switch. We want the switch forward and the sigmoid backward: a sum of what backward sees, and a constant.
#
#     soft + (hard − soft).detach()
#
# Predict: what is the value? And which term does the gradient come from?

# %%
x = leaf(-2.0, 0.5, 3.0)
soft = torch.sigmoid(x)
hard = (x > 0).double()
switch = soft + (hard - soft).detach()
switch.sum().backward()

assert torch.allclose(switch, hard)  # soft − soft cancels: equal up to rounding
assert torch.allclose(x.grad, soft * (1 - soft))  # the slope of the sigmoid; the bracket is a constant
assert not hard.requires_grad  # a comparison is in no graph: by itself the switch teaches nothing
assert not (hard + (soft - hard).detach()).requires_grad  # the detach on the wrong bracket: no slope at all

# %% [markdown]
# ## A target that does not run away
# A pupil is to become like the teacher. The loss is the square of their difference. But backward goes wherever it
# can: it will make the teacher like the pupil just as gladly. Predict: where do both stand after one step,
# and where if the teacher is detached?


# %%
def one_step(loss_of, lr=0.25):
    pupil, teacher = leaf(0.0), leaf(8.0)
    loss_of(pupil, teacher).sum().backward()
    with torch.no_grad():
        for person in (pupil, teacher):
            if person.grad is not None:
                person -= lr * person.grad
    return pupil.item(), teacher.item()


assert one_step(lambda pupil, teacher: (pupil - teacher) ** 2) == (4.0, 4.0)  # they met half-way
assert one_step(lambda pupil, teacher: (pupil - teacher.detach()) ** 2) == (4.0, 8.0)
assert one_step(lambda pupil, teacher: (pupil.detach() - teacher) ** 2) == (0.0, 4.0)  # the wrong one

# %% [markdown]
# The loss has the same value in all three: only gradients tell which graph was cut. And `teacher.detach_()`
# inside the loss would have been wrong, too: the teacher is not ours.
#
# ## Cutting the past
# A bucket leaks: each day it keeps the share r of its water, and rain is added: h ← h · r + rain.
# After a thousand days backward is slow, and the first rain hardly matters any more. So the state is cut now and then:
# the water stays, its past is forgotten.
#
# Predict for four days: on which rain does the last h still depend if it is cut just before day 2?


# %%
def water(r, rain, cuts):
    h = torch.zeros((), dtype=torch.float64)
    for day, drops in enumerate(rain):
        if day in cuts:
            h = h.detach()  # the same value, no past
        h = h * r + drops
    return h


def slopes(cuts):
    r, rain = leaf(0.5), leaf(1.0, 1.0, 1.0, 1.0)
    h = water(r.sum(), rain, cuts)
    h.backward()
    return h.item(), rain.grad.tolist(), r.grad.item()


assert slopes(cuts=[]) == (1.875, [0.125, 0.25, 0.5, 1.0], 2.75)
assert slopes(cuts=[2]) == (1.875, [0.0, 0.0, 0.5, 1.0], 2.5)  # the same water, a shorter memory
assert slopes(cuts=[4]) == slopes(cuts=[])  # there is no day 4, so nothing was cut

# %% [markdown]
# The gradient at r has changed from 2.75 to 2.5: a cut makes it an approximation. That is the price. What it
# buys is a short way back. Each `grad_fn` names those before it in `next_functions`; the first one here leads to
# the h of the day before. Predict: how does the way grow from day to day, with and without cuts?


# %%
def way_back(days, cuts):
    node, passed = water(leaf(0.5).sum(), [1.0] * days, cuts).grad_fn, 0
    while node is not None:
        node, passed = node.next_functions[0][0], passed + 1
    return passed


assert [way_back(days, cuts=[]) for days in (10, 20, 30)] == [20, 40, 60]  # two nodes more every day
assert [way_back(days, cuts=[10, 20]) for days in (10, 20, 30)] == [20, 20, 20]

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/09_detach_vs_detach_.py`. Round in the middle of a graph, hold a target still, and cut
# a memory at regular steps. Run, in the course's main folder:
#
#     pytest assignments -k 09
