"""Lesson 11 · What an optimizer does in a step.

Goal     write SGD, weight decay, momentum and Adam as a few lines each, and know why each term is there
Needs    lessons 04, 06 and 10
Time     30 minutes
Next     assignments/intermediate/11_optimizer_like_updates.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, VERMILION, show

# %% [markdown]
# ## A long, narrow valley
# The loss of this lesson is ½ (w₀² + 25 w₁²), a bowl that is 25 times as steep along w₁ as along w₀. Its gradient is
# (w₀, 25 w₁). Real losses are like that: some parameters matter much, others little.
#
# Plain descent turns w₁ into w₁ − lr · 25 w₁ = (1 − 25 lr) w₁. Predict: from which lr on does that grow?
# And with an lr just below that, how fast does w₀ get smaller?

# %%
curvature = torch.tensor([1.0, 25.0], dtype=torch.float64)
start = torch.tensor([-9.0, 1.5], dtype=torch.float64)


def find_gradient(w):
    """Clear, forward, backward: afterwards w.grad is the gradient of the loss at w."""
    w.grad = None
    ((curvature * w**2).sum() / 2).backward()


w = start.clone().requires_grad_()
plain = [w.tolist()]
for _ in range(40):
    find_gradient(w)
    with torch.no_grad():
        w -= 0.07 * w.grad
    plain.append(w.tolist())

assert abs(plain[-1][1]) < 0.0001  # 1 − 25 · 0.07 = −0.75: there and back again, and in the end at 0
assert plain[-1][0] < -0.4  # 1 − 0.07 = 0.93: the slow direction still has a way to go

# %% [markdown]
# The line under `no_grad` is all that `torch.optim.SGD` does in its `step()`. We check, number for number.


# %%
def walk_with(make_optimizer):
    """The path of an optimizer from torch; make_optimizer gets the list of leaves."""
    w = start.clone().requires_grad_()
    optimizer = make_optimizer([w])
    path = [w.tolist()]
    for _ in range(40):
        find_gradient(w)
        optimizer.step()
        path.append(w.tolist())
    return path


def close(a, b):
    a, b = (torch.tensor(path, dtype=torch.float64) for path in (a, b))
    return torch.allclose(a, b, rtol=1e-9, atol=1e-12)


assert close(plain, walk_with(lambda leaves: torch.optim.SGD(leaves, lr=0.07)))
too_fast = walk_with(lambda leaves: torch.optim.SGD(leaves, lr=0.09))
assert abs(too_fast[-1][1]) > 10_000  # 1 − 25 · 0.09 = −1.25: from lr = 2/25 = 0.08 on, each step overshoots by more

# %% [markdown]
# ## Weight decay: a pull towards zero
# Sometimes the loss leaves a question open. Take (a + b − 2)²: every pair with a + b = 2 is perfect, also
# a = 1002 and b = −1000. *Weight decay* prefers small numbers. It adds a loss of its own, ½ λ p² for every
# parameter p. The derivative of that is λp, so a step does nothing more than
#
#     p ← p − lr · (gradient + λ · p)
#
# torch's SGD takes λ as `weight_decay`. Predict: from a = 5, b = 1, where does descent end without it? And with it?


# %%
def settle(decay):
    """(a, b) after 200 steps from (5, 1)."""
    p = torch.tensor([5.0, 1.0], dtype=torch.float64, requires_grad=True)
    for _ in range(200):
        p.grad = None
        ((p.sum() - 2) ** 2).backward()
        with torch.no_grad():
            p -= 0.25 * (p.grad + decay * p)
    return p.tolist()


assert settle(decay=0.0) == [3.0, -1.0]  # a and b have the same gradient, so their difference of 4 remains
a, b = settle(decay=0.125)
assert abs(a - b) < 0.01  # their difference fades: each step multiplies it by 1 − lr · λ
assert 1.8 < a + b < 2.0  # the price: the sum is pulled towards 0 as well

# %% [markdown]
# ## Momentum: a memory of gradients
# In the valley the gradient along w₁ changes its sign in every step, and along w₀ it never does. *Momentum* remembers,
# in a *buffer* beside each parameter. The first buffer is the gradient; after that, with μ between 0 and 1,
#
#     buffer ← μ · buffer + gradient        p ← p − lr · buffer
#
# Predict for μ = 0.75: what does the buffer become if all gradients are 1? And if they are 1, −1, 1, −1, …?

# %%
agreeing = quarrelling = 1.0
for step in range(1, 100):
    agreeing = 0.75 * agreeing + 1
    quarrelling = 0.75 * quarrelling + (-1) ** step
assert abs(agreeing - 4) < 1e-9  # 1 + μ + μ² + … = 1 / (1 − μ): where gradients agree, steps grow fourfold ...
assert abs(quarrelling + 1 / 1.75) < 1e-9  # ... and 1 − μ + μ² − … = 1 / (1 + μ): where they quarrel, steps shrink

# %% [markdown]
# (Other books multiply the new gradient by 1 − μ, so that the buffer is an average. torch does not.)
# Now in the valley, with the same lr as before. Predict: which of the two is nearer to 0 after 20 steps?

# %%
w, buffer = start.clone().requires_grad_(), None
with_momentum = [w.tolist()]
for _ in range(40):
    find_gradient(w)
    with torch.no_grad():
        buffer = w.grad.clone() if buffer is None else 0.6 * buffer + w.grad
        w -= 0.07 * buffer
    with_momentum.append(w.tolist())

assert abs(with_momentum[20][0]) < 0.1 < 2 < abs(plain[20][0])
assert close(with_momentum, walk_with(lambda leaves: torch.optim.SGD(leaves, lr=0.07, momentum=0.6)))

# %% [markdown]
# ## Pitfall: a buffer that is the gradient
# Why `w.grad.clone()` and not `w.grad`? Many loops clear by `w.grad.zero_()`, and then backward writes into the same
# tensor. If the buffer *is* that tensor, its past is overwritten too. With μ = 0.5 and the gradients 1 and 3, the
# second buffer should be 0.5 · 1 + 3 = 3.5. Predict what it is without the clone.

# %%
w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
(1 * w).backward()
cloned, shared = w.grad.clone(), w.grad  # two ways to keep the first buffer
w.grad.zero_()
(3 * w).backward()
assert (0.5 * cloned + w.grad).item() == 3.5
assert (0.5 * shared + w.grad).item() == 0.5 * 3 + 3  # no error: the second gradient is taken for the first as well

# %% [markdown]
# ## Adam: the averages begin too small
# Momentum still has one lr for all. *Adam* gives every number a step size of its own. It keeps two running averages,
# m of the gradients and v of their squares, and moves by lr · m / √v. If a parameter's gradients are all 25 times as
# large, m and √v both are, and the step is the same: the valley becomes round.
#
# A running average mixes a little of the new into the old, m ← β m + (1 − β) g, and begins at 0. That is too small at
# first. Predict, for β = 0.9 and gradients that are all 1: what is m after one step? After ten?

# %%
beta, m = 0.9, 0.0
for t in range(1, 11):
    m = beta * m + (1 - beta) * 1.0
    assert abs(m - (1 - beta**t)) < 1e-12  # after t steps the weights add up to 1 − βᵗ: 0.1, 0.19, …, and at last 0.65

# %% [markdown]
# So Adam divides by 1 − βᵗ, where t counts the steps from 1 on. From the first step on that is right. What is kept is
# the average as it is; the corrected one is for this step only. With one more term the rule is whole: where all
# gradients were 0, m / √v would be 0 / 0. A small ε is added *after* the root, and makes that 0.
#
# Predict the length of Adam's first step along w₀ and along w₁. (One gradient g: what are the corrected m and √v?)
# How long would it be without the corrections?

# %%
beta1, beta2, eps = 0.8, 0.99, 1e-8
w, m, v = start.clone().requires_grad_(), 0.0, 0.0
adaptive = [w.tolist()]
for t in range(1, 41):
    find_gradient(w)
    with torch.no_grad():
        m = beta1 * m + (1 - beta1) * w.grad
        v = beta2 * v + (1 - beta2) * w.grad**2
        right_m, right_v = m / (1 - beta1**t), v / (1 - beta2**t)
        w -= 0.6 * right_m / (right_v.sqrt() + eps)
    adaptive.append(w.tolist())

assert close(adaptive[1], [-9.0 + 0.6, 1.5 - 0.6])  # g / |g| is a sign: lr along both, however steep
assert close(adaptive, walk_with(lambda leaves: torch.optim.Adam(leaves, lr=0.6, betas=(0.8, 0.99), eps=1e-8)))

# Without the corrections it is twice as long: m is a fifth, and √v a tenth, of what it should be.
assert abs((1 - beta1) / (1 - beta2) ** 0.5 - 2) < 1e-9
# With ε inside the root a gradient of 1e-5 hardly moves its parameter, since 1e-8 acts there as √1e-8 = 1e-4.
assert 1e-5 / (1e-5**2 + eps) ** 0.5 < 0.1

# %% [markdown]
# ## Three ways through the valley
# Descent zigzags across the valley and creeps along it. Momentum has the same lr: it turns back less often, and its
# steps along the valley grow. Adam sets out equally far along both. Predict: which needs the most memory?

# %%
figure, axes = plt.subplots(figsize=(9, 4.8), layout="constrained")
across, along = torch.linspace(-2, 2.6, 200), torch.linspace(-10, 3, 200)
heights = (along**2 + 25 * across[:, None] ** 2) / 2  # a row for each w₁, a column for each w₀
axes.contour(along, across, heights, levels=[0.3, 2, 7, 16, 30, 50, 80], colors="0.8", linewidths=1)
for path, label, color, marker in [
    (plain, "plain descent, lr = 0.07", VERMILION, "o"),
    (with_momentum, "momentum 0.6, lr = 0.07", BLUE, "s"),
    (adaptive, "Adam, lr = 0.6", ORANGE, "^"),
]:
    axes.plot(*zip(*path[:21], strict=True), color=color, marker=marker, markersize=4, linewidth=1.5, label=label)
axes.plot(0, 0, "*", color=GREEN, markersize=16, label="the minimum")
axes.set(xlabel="w₀ (flat direction)", ylabel="w₁ (steep direction)", title="Twenty steps on ½ (w₀² + 25 w₁²)")
axes.legend(loc="upper right", ncols=2)
show(figure, "11_valley")

# Plain descent remembers nothing; momentum keeps one tensor the size of each parameter, Adam two.
assert buffer.shape == m.shape == v.shape == w.shape

# %% [markdown]
# ## Pitfall: no gradient is not a gradient of zero
# A parameter that took no part in a loss has None in `.grad` (lesson 02), and torch's optimizers pass it over
# altogether. If zeros lie there it took part, with the result 0. Predict for one parameter with momentum and decay: a
# step with a gradient of 1, then one without. Where does it stay, and where does it move on?


# %%
def after_idle_step(idle):
    """p after a step with a gradient of 1, and one that finds `idle` in .grad."""
    p = torch.tensor(4.0, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.5, momentum=0.5, weight_decay=0.25)
    for gradient in (torch.tensor(1.0), idle):
        p.grad = gradient
        optimizer.step()
    return p.item()


assert after_idle_step(None) == 3.0  # 4 − 0.5 · (1 + 0.25 · 4) = 3, and there it rests
assert after_idle_step(torch.zeros(())) == 2.125  # 3 − 0.5 · (0.5 · 2 + 0.25 · 3): it coasts on its buffer, and decays

# A rule that does not look first fails aloud, at best:
idle = start.clone().requires_grad_()
message = "no error"
try:
    0.5 * idle.grad
except TypeError as error:
    message = str(error)
assert "NoneType" in message

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/11_optimizer_like_updates.py`. There a step moves a whole list of parameters, of which
# any may have no gradient, and what it remembers must survive from call to call. Run, in the course's main folder:
#
#     pytest assignments -k 11
