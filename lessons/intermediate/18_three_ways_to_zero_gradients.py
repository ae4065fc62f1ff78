"""Lesson 18 · Three ways to zero gradients.

Goal     clear gradients by zeros, by None and through the optimizer, and know where the difference shows
Needs    lessons 02, 06 and 11
Time     25 minutes
Next     assignments/intermediate/18_three_ways_to_zero_gradients.py
"""

# %%
import time

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, SKY, show
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

torch.set_num_threads(1)  # so that times are those of the work itself
torch.manual_seed(18)

# %% [markdown]
# ## Three ways
# Since `.grad` adds up (lesson 02), somebody must clear it between two steps. There are three ways to write that:
#
# 1. *fill*: write zeros into the tensor that `.grad` is, `p.grad.zero_()`;
# 2. *let go*: `p.grad = None`;
# 3. *through the optimizer*: `optimizer.zero_grad()`, which lets go, or `optimizer.zero_grad(set_to_none=False)`,
#    which fills.
#
# A bakery forecasts how many loaves it will sell from the weekday and the weather, as two numbers. We clear the
# gradients of its model in each of these ways, and run backward once more. Predict: which gradients differ?

# %%
bakery = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
optimizer = torch.optim.SGD(bakery.parameters(), lr=0.1)
days, loaves = torch.randn(30, 2, dtype=torch.float64), torch.randn(30, 1, dtype=torch.float64)


def fill(model):
    for p in model.parameters():
        if p.grad is not None:
            p.grad.zero_()


def let_go(model):
    for p in model.parameters():
        p.grad = None


found = []
for way in ("fill", "let go", "optimizer", "optimizer that fills"):
    (bakery(days) - loaves).abs().mean().backward()  # something to be cleared
    if way == "fill":
        fill(bakery)
    elif way == "let go":
        let_go(bakery)
    else:
        optimizer.zero_grad(set_to_none=way == "optimizer")
    (bakery(days) - loaves).abs().mean().backward()
    found.append(bakery[0].weight.grad.clone())
    bakery.zero_grad()  # a module has a zero_grad, too; it lets go as well
assert all(torch.equal(found[0], other) for other in found)

# %% [markdown]
# Not one digit differs. The choice is about other things: who else sees it, memory, time, and idle parameters.
#
# ## Who else holds the tensor
# A gradient may be known by more than one name: a list that keeps it for a plot, a buffer that is sent to another
# machine. Predict: what does `kept` hold after each of the two?

# %%
w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
(3 * w).sum().backward()
kept, w.grad = w.grad, None
assert kept.tolist() == [3.0, 3.0]  # let go: w forgets the tensor, others still have it as it was

(3 * w).sum().backward()
kept = w.grad
w.grad.zero_()
assert kept.tolist() == [0.0, 0.0]  # filled: everybody sees the zeros
(5 * w).sum().backward()  # goes on adding into the same tensor
w.grad = torch.zeros(2, dtype=torch.float64)  # neither of the two: zeros, but in a new tensor
assert kept.tolist() == [5.0, 5.0]

# %% [markdown]
# ## Pitfall: nothing there to fill
# `None` has no `zero_()`. A parameter has None in `.grad` before its first backward, and as long as no loss depends on
# it. Predict what happens to a loop that does not ask.

# %%
used, idle = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
(used**2).backward()
message = "no error"
try:
    for p in (used, idle):
        p.grad.zero_()
except AttributeError as error:
    message = str(error)
assert message == "'NoneType' object has no attribute 'zero_'"
assert used.grad.item() == 0.0  # the first was cleared, and then the loop broke off; letting go asks for nothing

# %% [markdown]
# ## Pitfall: zero times a broken number
# `p.grad *= 0` looks like filling. Predict what it makes of the gradient of √w at w = 0, which is infinite.

# %%
w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
w.sqrt().backward()
assert w.grad.item() == float("inf")
w.grad *= 0
assert w.grad.isnan()  # inf · 0 is "not a number", and stays so whatever is added
w.grad.zero_()
assert w.grad.item() == 0.0  # zero_() does not look at what was there

# %% [markdown]
# ## Memory, counted
# Zeros take as many bytes as any other numbers. They lie there during the whole forward pass, when the graph grows and
# memory is short. We count two things at the end of a forward pass: the bytes of all `.grad`, and the bytes that the
# graph has saved (lesson 07: every tensor that is saved goes through `pack`). Predict the first for both ways.

# %%
big = nn.Sequential(*[nn.Linear(256, 256) for _ in range(8)]).double()
rows = torch.randn(64, 256, dtype=torch.float64)
own = {p.data_ptr() for p in big.parameters()}


def bytes_after_forward(clear):
    """(bytes of gradients, bytes saved by the graph) at the end of the forward pass that follows clear()."""
    big(rows).mean().backward()
    clear()
    saved = {}  # bytes by place

    def pack(tensor):
        saved[tensor.data_ptr()] = tensor.nbytes  # its numbers times 8 bytes
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = big(rows)
    gradients = sum(p.grad.nbytes for p in big.parameters() if p.grad is not None)
    output.mean().backward()
    return gradients, sum(size for place, size in saved.items() if place not in own)


by_optimizer = torch.optim.SGD(big.parameters(), lr=0.1).zero_grad
ways = {"fill": lambda: fill(big), "None": lambda: let_go(big), "optimizer": by_optimizer}
held = {name: bytes_after_forward(clear) for name, clear in ways.items()}
assert held["fill"][0] == sum(p.nbytes for p in big.parameters())  # as much again
assert held["None"][0] == held["optimizer"][0] == 0  # nothing
assert held["fill"][1] == held["None"][1] == 8 * 64 * 256 * 8  # the graph saves each layer's input, as ever

# %% [markdown]
# ## Time, measured
# Filling writes every number, and backward reads the zeros again to add to them; over None it puts its own tensor.
# We take the best of ten tries. Times depend on the machine and its load, so they are told and not asserted.

# %%
clearing, passing = dict.fromkeys(ways, 1.0), dict.fromkeys(ways, 1.0)  # the shortest times, in seconds
for _ in range(10):
    for name, clear in ways.items():
        start = time.perf_counter()
        clear()
        cleared = time.perf_counter()
        big(rows).mean().backward()
        clearing[name] = min(clearing[name], cleared - start)
        passing[name] = min(passing[name], time.perf_counter() - cleared)
filling, after = (spent["fill"] / spent["None"] for spent in (clearing, passing))
print(f"Filling takes {filling:.0f} times as long as letting go, the two passes after it {after:.2f} times as long.")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
names = list(ways)
below, above = [1000 * passing[name] for name in names], [1000 * clearing[name] for name in names]
left.bar(names, below, color=SKY, label="forward and backward")
left.bar(names, above, bottom=below, color=ORANGE, label="clearing")
left.set(ylabel="time of a step (ms)", title="Time, on this machine")
below, above = [held[name][1] / 1e6 for name in names], [held[name][0] / 1e6 for name in names]
right.bar(names, below, color=SKY, label="saved by the graph")
right.bar(names, above, bottom=below, color=BLUE, label="gradients")
right.set(ylabel="held after forward (MB)", title="Memory, counted")
for panel in (left, right):
    panel.set_ylim(0, 1.35 * panel.get_ylim()[1])  # room for the legend
    panel.legend(loc="upper right")
show(figure, "18_time_and_memory")

# %% [markdown]
# ## Where the difference shows
# A clinic's model has one head for X-rays and one for blood tests. On a day with X-rays only, the other head takes no
# part. What does the optimizer do with it? Here w stands for such a parameter: it starts at 10, and had one real
# gradient, 4, in the first step. Then come two idle steps. Predict for each setting: does w move in the idle steps?


# %%
def path_of(set_to_none, **settings):
    """Where w is after a step with gradient 4 and after each of two idle steps."""
    w = torch.tensor(10.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5, **settings)
    path = []
    for slope in (4.0, None, None):
        optimizer.zero_grad(set_to_none=set_to_none)
        if slope is not None:
            (slope * w).backward()
        optimizer.step()
        path.append(w.item())
    return path


assert path_of(True) == path_of(False) == [8.0, 8.0, 8.0]  # plain steps: lr · 0 is no step either
assert path_of(True, momentum=0.5) == [8.0, 8.0, 8.0]  # None: the optimizer passes over w, buffer and all
assert path_of(False, momentum=0.5) == [8.0, 7.0, 6.5]  # zeros: the buffer 4 goes on as 2, then as 1
assert path_of(True, weight_decay=0.5) == [5.5, 5.5, 5.5]
assert path_of(False, weight_decay=0.5) == [5.5, 4.125, 3.09375]  # zeros: each step takes lr · 0.5, a quarter

# %% [markdown]
# A head that shrinks on days on which nobody asks it is seldom wanted, so `zero_grad` lets go unless told otherwise.
#
# ## The optimizer clears what it holds
# An optimizer may hold its parameters in groups with settings of their own. `zero_grad` goes through all of them, and
# through nothing else. Predict: which of the three still has a gradient?

# %%
a, b, c = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(3))
optimizer = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.01}], lr=0.1)
(a * b * c).backward()
optimizer.zero_grad()
assert [p.grad is None for p in (a, b, c)] == [True, True, False]

# %% [markdown]
# ## No gradient, or a gradient of zero
# None says "the loss does not depend on it", zero says "it does, but the slope is flat here". To ask a loss about it
# and touch no `.grad`, use `torch.autograd.grad`. It raises where a tensor is out of reach, unless `allow_unused=True`
# permits that: then None comes back. With `retain_graph=True` the graph stays. Predict the two answers.

# %%
switched_off = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
elsewhere = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
loss = switched_off.relu().square() + elsewhere.detach()  # a ReLU that is off; and a detached copy

assert torch.autograd.grad(loss, elsewhere, allow_unused=True, retain_graph=True) == (None,)
(slope,) = torch.autograd.grad(loss, switched_off, retain_graph=True)
assert slope.item() == 0.0
loss.backward()  # it is still there
assert switched_off.grad.item() == 0.0
assert elsewhere.grad is None

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/18_three_ways_to_zero_gradients.py`: the three ways, a step of a parameter that took no
# part, and a search for parameters that a loss does not reach. Run, in the course's main folder:
#
#     pytest assignments -k 18
