"""Lesson 01 · One number, one derivative.

Goal     let PyTorch find the derivative of a function of one number, and check what it says
Needs    Python and first-year calculus; no PyTorch
Time     25 minutes
Next     assignments/beginner/01_basic_scalar_backward.py
"""

# %% [markdown]
# ## How to read a lesson
# A lesson is a Python script cut into cells: each `# %%` starts one. Run it whole, or cell by cell in
# an editor that knows such cells (VS Code, Spyder, PyCharm, or Jupyter with jupytext).
# Before a cell there is often a question. Answer it in your head *before* you read the code. Every
# `assert` is a claim: were it false, the script would stop there with an error.

# %%
import math
import warnings

import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, VERMILION, show  # ours: four colours, and a way to show a picture

# %% [markdown]
# ## A slope by hand
# A ball is thrown straight up, from 2 metres above the ground, at 20 metres a second. With gravity
# rounded to 10 m/s², its height after t seconds, in metres, is
#
#     h(t) = 2 + 20t − 5t²
#
# Its speed upward is the derivative of its height. By hand we go term by term. The 2 never changes, so
# it gives 0. In each other term the power comes down in front and drops by one: 20t gives 20, and −5t²
# gives −10t. So, in metres a second,
#
#     h'(t) = 20 − 10t
#
# Predict: after 1 second, how high is the ball, and how fast does it rise?


# %%
def height(t):
    return 2 + 20 * t - 5 * t**2


assert height(1.0) == 17.0
speed_by_hand = 20 - 10 * 1.0
assert speed_by_hand == 10.0

# %% [markdown]
# ## A tensor holds numbers
# That took a second formula, found on paper. *Autograd*, a part of PyTorch, will find the speed from
# `height` alone. PyTorch computes with *tensors*. A tensor can hold a whole table of numbers. Ours hold
# just one for now, and `.item()` takes it out again as a Python float.
#
# All numbers in a tensor are of one kind, its *dtype*. Unless you say otherwise that is `float32`,
# good for about 7 digits. A Python float is good for about 16, and so is `float64`.
# Predict: we put 0.1 into each kind and take it out again. Which one gives back 0.1?

# %%
short = torch.tensor(0.1)
assert short.dtype == torch.float32
assert short.item() != 0.1  # it was rounded on its way in
full = torch.tensor(0.1, dtype=torch.float64)
assert full.item() == 0.1
assert full.shape == ()  # no rows and no columns: a single number, called a 0-dim tensor

# %% [markdown]
# ## Mark the input, run forward, go backward
# This course checks derivatives to many digits, so we take `float64`. A derivative takes three steps.
#
# 1. Mark the input with `requires_grad=True`: "I shall ask for a derivative with respect to you".
# 2. Run the function as usual. This is the *forward* pass.
# 3. Call `.backward()` on the result. The answer appears in the input's `.grad`.
#
# Predict: what is in `t.grad` before step 3, and what after it?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
h = height(t)
assert h.item() == 17.0  # a marked tensor computes just as a float does
assert t.grad is None  # nobody has asked yet
returned = h.backward()
assert returned is None  # the answer is not handed back ...
slope = t.grad.item()  # ... it is written on the input, as a tensor
assert slope == speed_by_hand == 10.0

# %% [markdown]
# We call `backward` on the *result* and read `.grad` on the *input*. "Grad" is short for *gradient*;
# for a single number that is just the derivative. We write it ∂h/∂t.
#
# Autograd gives no formula. It gives the derivative at one point, the one you ran. For another point
# we run again, with a fresh `t`: on an old one the new answer would be added to the one already there
# (lesson 02 is about that). Predict: what is the speed after 2 seconds, and after 3?

# %%
for seconds, speed in [(2.0, 0.0), (3.0, -10.0)]:  # still for an instant at the top, then falling
    t = torch.tensor(seconds, dtype=torch.float64, requires_grad=True)
    height(t).backward()
    assert t.grad.item() == speed

# %% [markdown]
# ## What the forward pass wrote down
# How can `backward` know? While `height(t)` ran, PyTorch wrote down every operation that involved
# `t`, and what went into it. This record is called the *graph*:
#
#     t ──┬──► 20·t ──► 2 + 20·t ──┐
#         │                        ├──► h = (2 + 20·t) − 5·t²
#         └──► t² ────► 5·t² ──────┘
#
# A tensor that you make yourself, like `t`, is a *leaf*: there the graph ends. A computed one, like
# `h`, is not. It is marked as well, without being asked, and its `grad_fn` is its place in the graph:
# the operation that made it. Predict: which operation made `h`, and from what?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
h = height(t)
assert t.is_leaf
assert t.grad_fn is None  # no operation made `t`: you did
assert not h.is_leaf
assert h.requires_grad  # this is the mark
assert h.grad_fn.name() == "SubBackward0"  # the subtraction came last
made_from = [operation.name() for operation, _ in h.grad_fn.next_functions]
assert made_from == ["AddBackward0", "MulBackward0"]  # 2 + 20·t, and 5·t²

# %% [markdown]
# `backward` starts at `h` with the number 1, since ∂h/∂h = 1, and walks the arrows from right to left.
# At each operation it multiplies by that operation's own slope. That is the chain rule.
#
# - upper path: 1 at the minus, 1 at "2 +", then 20. Multiplied: 20.
# - lower path: −1 at the minus, then 5, then 2t, which is 2 at t = 1. Multiplied: −10.
#
# Both paths end at `t`. Predict: what becomes of the two numbers? We run each path by itself to see.

# %%
paths = []
for part in [lambda t: 2 + 20 * t, lambda t: -5 * t**2]:
    t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    part(t).backward()
    paths.append(t.grad.item())
assert paths == [20.0, -10.0]
assert sum(paths) == speed_by_hand  # where paths meet, what they bring is added

# %% [markdown]
# ## The middle of a chain
# The ball weighs 0.5 kg, so its energy of motion is E = ½ · 0.5 · v² = 0.25 v² joules, where v is its
# speed. Time sets the speed, and the speed sets the energy: a chain, t → v → E. The chain rule says
#
#     ∂E/∂t = ∂E/∂v · ∂v/∂t     with   ∂E/∂v = 0.5 v   and   ∂v/∂t = −10
#
# Mind the point: ∂E/∂v is taken at the v that arrives, which is 10 when t = 1. It is not taken at v = 1.
# Predict at t = 1: what are ∂E/∂v and ∂E/∂t? And what will `v.grad` hold?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
v = 20 - 10 * t
E = 0.25 * v**2
E.backward()
assert t.grad.item() == 5.0 * -10.0  # as it rises the ball loses 50 joules a second
# Pitfall: `v` is no leaf, so its gradient was not kept. PyTorch warns of that; we catch the warning.
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert v.grad is None
assert "not a leaf Tensor" in str(caught[0].message)

# %% [markdown]
# `None` does not mean zero. It means that nothing was kept: `backward` worked out ∂E/∂v on its way
# to `t`, passed it on, and forgot it to save memory. If you want it, call `retain_grad()` in time,
# before you go backward. Predict: what will `v.grad` hold now?

# %%
t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
v = 20 - 10 * t
v.retain_grad()
E = 0.25 * v**2
E.backward()
assert v.grad.item() == 5.0  # joules for each metre a second
assert t.grad.item() == v.grad.item() * -10.0  # the chain rule, link by link

# %% [markdown]
# ## What the number means: a picture
# The average speed over the s seconds after t = 1 is (h(1 + s) − h(1)) / s, the slope of a straight
# line through two points of the curve. As s shrinks, that line turns into the tangent, whose `slope`
# autograd found above. Predict: what is the average speed over 2 seconds, 1 second, half a second?

# %%
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
times = torch.linspace(0, 4, 100)  # 100 times from 0 to 4, all in one tensor
axes.plot(times, height(times), color="black", linewidth=2, label="height of the ball")
for s, average, color, dashes in [(2.0, 0.0, ORANGE, "o:"), (1.0, 5.0, GREEN, "o-."), (0.5, 7.5, BLUE, "o--")]:
    assert (height(1 + s) - height(1)) / s == average
    label = f"average over {s} s: {average} m/s"
    axes.plot([1, 1 + s], [17, height(1 + s)], dashes, color=color, linewidth=2, label=label)
axes.axline((1, 17), slope=slope, color=VERMILION, linewidth=2, label=f"tangent, by autograd: {slope} m/s")
axes.set(ylim=(0, 27), xlabel="time t (s)", ylabel="height h (m)", title="Averages that turn into a slope")
axes.legend(loc="lower center")
show(figure, "01_tangent")  # in a window; without a display, as a file in lessons/figures

# %% [markdown]
# ## Two checks, and one pitfall
# Never take a gradient on trust. One check is calculus. The other is a *finite difference*, an average
# slope over a tiny step, best taken to both sides: (f(x + s) − f(x − s)) / (2s). Let us check this one:
# a door swings on a spring; x seconds later its angle is f(x) = e⁻ˣ · sin 3x. The product rule gives
# f'(x) = e⁻ˣ · (3 cos 3x − sin 3x). Predict: which of the two checks comes closer to autograd?
# And what happens to the finite difference in `float32`?


# %%
def angle(x):
    return torch.exp(-x) * torch.sin(3 * x)  # torch's own exp and sin; those of math give plain floats


x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
angle(x).backward()
by_calculus = math.exp(-0.7) * (3 * math.cos(2.1) - math.sin(2.1))
assert abs(x.grad.item() - by_calculus) < 1e-14  # autograd is calculus: exact but for rounding

errors = {}
for dtype in [torch.float32, torch.float64]:
    after, before = torch.tensor(0.7 + 1e-5, dtype=dtype), torch.tensor(0.7 - 1e-5, dtype=dtype)
    errors[dtype] = abs((angle(after) - angle(before)).item() / 2e-5 - by_calculus)
assert 0 < errors[torch.float64] < 1e-8  # a good check, though a small step is not yet no step
assert errors[torch.float32] > 1e-4  # two nearly equal numbers: most of the 7 digits cancel

# %% [markdown]
# ## Pitfall: nothing was written down
# Three slips leave you without a gradient. We make each fail on purpose and catch its message, so that
# you know it when you meet it. Predict: what is wrong in each?

# %%
slips = [
    (lambda: height(torch.tensor(1.0)).backward(), "does not require grad"),  # the mark is missing
    (lambda: torch.tensor(1, requires_grad=True), "Only Tensors of floating point"),  # not 1 but 1.0
    (lambda: height(t.item()).backward(), "no attribute 'backward'"),  # a plain float has no graph
]
for slip, words in slips:
    message = "no error"
    try:
        slip()
    except (RuntimeError, AttributeError) as error:
        message = str(error)
    assert words in message

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/01_basic_scalar_backward.py`. It has three gaps: the derivative of any
# polynomial, by hand and without torch; the derivative of any function at a point; and both
# gradients of a chain. Then run, in the course's main folder:
#
#     pytest assignments -k 01
