"""Lesson 20 · Gradients in sixteen bits, and why they are scaled.

Goal     see gradients vanish and overflow in float16, and save them with a scale on the loss
Needs    lessons 17 and 19
Time     30 minutes
Next     assignments/intermediate/20_why_gradient_scaling_matters.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, VERMILION, show
from torch import nn

torch.set_num_threads(1)  # in a net this small, more threads only get in each other's way
torch.manual_seed(20)

# %% [markdown]
# ## Two ways to spend sixteen bits
# A number in 16 bits takes half the memory of one in 32, and many machines compute with it several times as
# fast. Some of the bits hold the power of two, which gives the *range*; the others hold digits. `float16` has
# few bits for the power, `bfloat16` as many as `float32`. `torch.finfo` knows the limits of a dtype: `max` is
# the largest number, and `eps` the step from 1 to the next one. Predict: which of the two has more digits?

# %%
half, brain = torch.finfo(torch.float16), torch.finfo(torch.bfloat16)
assert half.max == 65504
assert brain.max > 3e38  # as far as float32 goes
assert (half.eps, brain.eps) == (2**-10, 2**-7)  # three decimal digits against two

# `x.half()` is short for `x.to(torch.float16)`. A number between two neighbours goes to the nearer one.
assert torch.tensor(70000.0).half().item() == float("inf")
assert torch.tensor(1.0004).half().item() == 1.0
assert torch.tensor(1.003).bfloat16().item() == 1.0

# %% [markdown]
# ## Where float16 ends below
# Below `tiny`, 2⁻¹⁴, the digits get fewer, one for each halving: these are the *subnormal* numbers. The last one
# is 2⁻²⁴, about 6 · 10⁻⁸. Predict: what becomes of 2⁻²⁴, of three quarters of it, and of one quarter?

# %%
assert half.tiny == 2**-14
last = 2.0**-24
rounded = torch.tensor([last, 0.75 * last, 0.25 * last]).half().tolist()
assert rounded == [last, last, 0.0]  # tiny is not the edge, and neither is the last number: half of it is
# For bfloat16 the last number is 2⁻¹³³, which no gradient of use comes near.
assert torch.tensor([2.0**-133, 2.0**-135], dtype=torch.float64).bfloat16().ne(0).tolist() == [True, False]

# %% [markdown]
# ## A gradient that becomes zero
# An activation can be scaled down on its way, and nothing is wrong with it: 60000 · 2⁻¹⁴ · 2⁻¹⁴ is a number that
# float16 can hold. Backward multiplies the same factors, but starts with 1. Predict the gradient, 2⁻²⁸, in
# float32 and in float16.


# %%
def gradient_of_chain(dtype, scale=1.0):
    w = torch.tensor(60000.0, requires_grad=True)  # float32; only the chain runs in `dtype`
    y = w.to(dtype) * 2.0**-14 * 2.0**-14
    assert y.item() > 0  # forward nothing is lost
    (y.float() * scale).backward()
    return w.grad.item()


assert gradient_of_chain(torch.float32) == 2.0**-28
assert gradient_of_chain(torch.float16) == 0.0  # no error, no warning, no learning
assert gradient_of_chain(torch.bfloat16) == 2.0**-28

# %% [markdown]
# ## Scale the loss
# Backward is linear: a loss that is 1024 times as large has gradients that are 1024 times as large, all along
# the way. That lifts them over the edge. Afterwards, in float32 again, they are divided by 1024. A power of two
# makes both exact, since only the power changes and no digit.

# %%
scale = 1024.0
lifted = gradient_of_chain(torch.float16, scale)
assert lifted == 2.0**-18
assert lifted / scale == 2.0**-28  # as float32 had it

# %% [markdown]
# ## Pitfall: scaled too late
# What reaches backward's end as zero stays zero. Predict: does it help to multiply the *gradient* by 1024?

# %%
too_late = gradient_of_chain(torch.float16) * scale
assert too_late == 0.0  # no: the scale belongs on the loss, before backward

# %% [markdown]
# ## A whole net
# Twenty layers, and a task that is nearly done, so the misses are small. We take the gradients in float32 and ask
# how many of them float16 can hold. Predict: most of them?

# %%
net = nn.Sequential(*[layer for _ in range(19) for layer in (nn.Linear(16, 16), nn.Tanh())], nn.Linear(16, 1))
x = torch.randn(64, 16)
y = net(x).detach() + 0.005 * torch.randn(64, 1)
parameters = list(net.parameters())
found = torch.autograd.grad(((net(x) - y) ** 2).mean(), parameters)
gradients = torch.cat([gradient.flatten() for gradient in found])  # all in one row
assert gradients.count_nonzero() == len(gradients)  # in float32 every one of them is a number


def lost(gradients):
    """The share that float16 turns into zero, of gradients none of which is zero."""
    return (gradients.half() == 0).double().mean().item()


assert lost(gradients) > 0.5
assert lost(4096 * gradients) < 0.05
assert (4096 * gradients).half().isfinite().all()  # and none of them is too large now

# %% [markdown]
# The axis counts powers of two, so that a scale of 2¹² moves everything by twelve to the right, and changes no
# shape. The room on the right is what makes scaling work: float16 reaches up to 2¹⁶, and gradients do not.

# %%
figure, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True, sharey=True, layout="constrained")
for panel, factor, color, name in zip(axes, (1, 4096), (BLUE, ORANGE), ("as they are", "times 2¹²"), strict=True):
    powers = (factor * gradients).abs().log2()
    panel.hist(powers.numpy(), bins=range(-52, 20), color=color)
    panel.axvspan(-52, -25, color=VERMILION, alpha=0.15)
    panel.axvspan(16, 20, color=VERMILION, alpha=0.15)
    panel.axvline(-14, color="black", linestyle=":", linewidth=1.5)
    panel.text(-51, 300, f"becomes 0: {lost(factor * gradients):.0%}", color=VERMILION)
    panel.text(19.7, 300, "becomes inf", color=VERMILION, ha="right", va="top", rotation=90)
    panel.text(-14.4, 600, "fewer digits", ha="right")
    panel.text(-13.6, 600, "all digits of float16", ha="left")
    panel.set(ylabel="number of gradients", title=f"Gradients {name}", xlim=(-52, 20), ylim=(0, 660))
axes[1].set_xlabel("log₂ of the gradient's size")
show(figure, "20_histogram")

# %% [markdown]
# ## Too much: inf and NaN
# Then why not a scale of 2³⁰? Above 65504 float16 has nothing but inf, and an inf that meets a zero on its way
# becomes NaN, "not a number". Neither can be unscaled. Predict: which of the two does `isinf` see?

# %%
w = torch.tensor([1.0, 1.0, 1.0], requires_grad=True)
loss = (w.half() * torch.tensor([0.5, 3.0, 0.0]).half() * 4).float().sum()
(scaled,) = torch.autograd.grad(loss * 32768, w)
assert scaled[:2].tolist() == [float("inf"), float("inf")]
assert scaled[2].isnan()  # inf · 0
assert (scaled / 32768)[0] == float("inf")  # dividing does not bring it back
assert scaled.isinf().tolist() == [True, True, False]
assert scaled.isfinite().tolist() == [False, False, False]  # isfinite sees both

# One such number in a step ruins its parameter for good: inf − inf and everything after it is NaN.
# So when *any* gradient of *any* parameter is not finite, the whole step is left out, and the scale is lowered.

# %% [markdown]
# ## A parameter that the loss does not reach
# `torch.autograd.grad` hands the gradients back, and leaves `.grad` alone. Asked for a parameter that is not in
# the loss's graph, it raises, in case that was a slip. With `allow_unused=True` it gives `None` there.

# %%
used, idle = torch.tensor(2.0, requires_grad=True), torch.tensor([1.0, 1.0], requires_grad=True)
message = ""
try:
    torch.autograd.grad(used**2, [used, idle])
except RuntimeError as error:
    message = str(error)
assert "not have been used in the graph" in message
assert torch.autograd.grad(used**2, [used, idle], allow_unused=True) == (torch.tensor(4.0), None)

# %% [markdown]
# ## A scale that finds its own size
# Nobody knows the best scale beforehand, and it changes while a net learns. So it is found by trying.
#
# - A step that overflows is left out, and the scale shrinks by the *backoff factor*.
# - After so many good steps in a row, the *growth interval*, the scale grows by the *growth factor*.
# - "In a row" is meant: an overflow and a growth both start the count anew.
#
# `torch.amp.GradScaler` does the whole of it. `scaler.scale(loss)` multiplies, `scaler.unscale_(optimizer)`
# divides the gradients and looks for overflow, `scaler.step(optimizer)` steps where there was none, and
# `scaler.update()` adapts the scale. Below, one weight has the slope that we choose. Predict the scales: with
# slope 1, the scaled gradient is the scale itself, and 65536 is too large.

# %%
w = nn.Parameter(torch.tensor(1.0))
optimizer = torch.optim.SGD([w], lr=2.0**-10)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**15, growth_factor=2.0, backoff_factor=0.25, growth_interval=2)
scales, weights = [], []
for slope in (1.0, 1.0, 1.0, 1.0, 1.0, 8.0):
    optimizer.zero_grad()
    loss = (w.half() * slope).float()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    scales.append(scaler.get_scale())
    weights.append(w.item())

assert scales[:2] == [2.0**15, 2.0**16]  # two good steps: growth
assert scales[2] == 2.0**14  # 65536 overflows: a quarter of it
assert scales[3:5] == [2.0**14, 2.0**15]  # and two good steps are needed again
assert scales[5] == 2.0**13  # slope 8 overflows
assert weights[2] == weights[1]  # the steps that overflowed were left out
assert weights[5] == weights[4]
assert weights[1] == 1 - 2 * 2.0**-10  # the others used the unscaled gradient, which is 1
# The scaler keeps its scale in float32, and a growth past the end of float32 is left out too.
assert torch.tensor(2.0**127).isfinite()
assert torch.tensor(2.0**128).isinf()

# %% [markdown]
# ## Pitfall: gradients that are still scaled
# Between backward and `unscale_` the gradients are as many times too large as the scale says. Whoever looks at
# them there, to clip them or to print their norm, is misled.

# %%
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
w.grad = None
scaler.scale((w.half() * 3.0).float()).backward()
assert w.grad.item() == 3072.0
scaler.unscale_(optimizer)
assert w.grad.item() == 3.0  # now it can be looked at

# %% [markdown]
# ## Pitfall: weights in sixteen bits
# All along, `w` was float32, and only the arithmetic was short. Predict: a weight of 1 takes a hundred steps of
# 0.0004, each less than half an eps. Where is it afterwards, in float16?

# %%
short, long = torch.tensor(1.0).half(), torch.tensor(1.0)
for _ in range(100):
    short = short + 0.0004
    long = long + 0.0004
assert short.item() == 1.0  # each step is rounded away
assert abs(long.item() - 1.04) < 1e-4

# %% [markdown]
# ## Mixed precision
# `torch.autocast` runs matrix products in 16 bits and what needs digits in float32; weights stay as they are.
# With bfloat16, which has float32's range, no scale is needed; it pays with digits. Predict the gradients' dtype.

# %%
with torch.autocast("cpu", dtype=torch.bfloat16):
    output = net(x)
assert output.dtype == torch.bfloat16
mixed = torch.autograd.grad(((output.float() - y) ** 2).mean(), parameters)
assert all(gradient.dtype == torch.float32 for gradient in mixed)  # as the weights
assert all(gradient.isfinite().all() for gradient in mixed)
assert not torch.allclose(mixed[-1], found[-1], rtol=1e-4)  # but hardly the same digits

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/20_why_gradient_scaling_matters.py`: what share of gradients underflows; the
# gradients by way of a scaled loss, or None where it overflows; and the scale that adapts. In the main folder, run:
#
#     pytest assignments -k 20
