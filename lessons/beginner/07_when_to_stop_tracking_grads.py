"""Lesson 07 · When to stop tracking gradients.

Goal     tell where a graph is needed and where it is waste, and measure what it costs
Needs    lessons 03 to 06
Time     25 minutes
Next     assignments/beginner/07_when_to_stop_tracking_grads.py
"""

# %%
import time
import weakref

import matplotlib.pyplot as plt
import torch
from figures import BLUE, VERMILION, show
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

torch.manual_seed(7)

# %% [markdown]
# ## What a graph keeps
# A forward pass writes down a graph, and the graph keeps the numbers that backward will need (lesson 03).
# How many bytes? PyTorch lets us watch. In a block `with saved_tensors_hooks(pack, unpack):` every tensor that
# is to be kept goes through our `pack` on its way in, and what `pack` returns is kept in its place. Ours wraps
# it in a note. When a graph dies, its notes die with it, so the notes alive tell what is kept *now*.
# A `WeakSet` lists things without keeping them alive itself.


# %%
class Note:
    """Wraps one tensor that a graph keeps."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()  # the numbers alone: with its graph, graph and note would keep each other alive


notes = weakref.WeakSet()


def pack(tensor):
    note = Note(tensor)
    notes.add(note)
    return note


def unpack(note):
    return note.tensor


def kept_bytes(model=None):
    """Bytes kept by all graphs alive; what is kept twice counts once, the model's own parameters not at all."""
    own = {parameter.data_ptr() for parameter in model.parameters()} if model else set()
    sizes = {note.tensor.data_ptr(): note.tensor.numel() * note.tensor.element_size() for note in notes}
    return sum(size for place, size in sizes.items() if place not in own)


# %% [markdown]
# y = x³ needs x for its derivative 3x². Predict: x holds 1000 numbers of 8 bytes each. How much is kept?

# %%
x = torch.ones(1000, dtype=torch.float64, requires_grad=True)
with saved_tensors_hooks(pack, unpack):
    y = x**3
assert kept_bytes() == 8000
del y
assert kept_bytes() == 0

# %% [markdown]
# ## With and without
# A weather station takes 6 readings an hour and wants the temperature of the next hour. Its model is a stack of
# eight layers, each a `Linear` followed by a `Tanh`. We send 500 rows through it, twice: once as usual, once in
# a block `with torch.no_grad():`. Predict: are the outputs the same? How do the kept bytes grow with depth?

# %%
layers = [nn.Sequential(nn.Linear(6, 64), nn.Tanh())]
layers += [nn.Sequential(nn.Linear(64, 64), nn.Tanh()) for _ in range(7)]
station = nn.Sequential(*layers, nn.Linear(64, 1)).double()  # one after the other, all in float64
readings = torch.randn(500, 6, dtype=torch.float64)  # random numbers around 0 will do here


def kept_after_each_layer():
    """Bytes kept after none of the layers, after the first, and so on; and the numbers that come out."""
    values, kept = readings, [kept_bytes(station)]
    for layer in station:
        values = layer(values)
        kept.append(kept_bytes(station))
    return kept, values.detach()  # detach() gives the same numbers without the graph, which can go now


with saved_tensors_hooks(pack, unpack):
    tracked_bytes, tracked = kept_after_each_layer()
    with torch.no_grad():
        untracked_bytes, untracked = kept_after_each_layer()

assert torch.equal(tracked, untracked)  # not one digit differs
assert max(untracked_bytes) == 0  # nothing is kept
assert tracked_bytes[8] - tracked_bytes[7] == 500 * 64 * 8  # each layer keeps its 500 × 64 outputs of 8 bytes
# The last layer keeps nothing more: its weights are there anyway, and what goes into it was kept already.
assert tracked_bytes[9] == tracked_bytes[8]

# %%
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
kilobytes = [[size / 1000 for size in sizes] for sizes in (tracked_bytes, untracked_bytes)]
axes.plot(kilobytes[0], "o-", color=VERMILION, linewidth=2, label="tracked: each layer's output is kept")
axes.plot(kilobytes[1], "s--", color=BLUE, linewidth=2, label="under no_grad: nothing is")
axes.set(xlabel="layers passed", ylabel="kept for backward (kB)", title="One forward pass of 500 rows")
axes.legend(loc="upper left")
show(figure, "07_kept_bytes")

# %% [markdown]
# Recording takes time as well. How much depends on the machine and on the sizes, so this is told, not asserted.

# %%
shortest = {True: 1.0, False: 1.0}  # seconds for 20 rows, by whether they are tracked
for tracking in [True, False] * 30:
    started = time.perf_counter()
    with torch.set_grad_enabled(tracking):  # False does what no_grad does
        station(readings[:20])
    shortest[tracking] = min(shortest[tracking], time.perf_counter() - started)
print(f"On this machine a tracked forward pass takes {shortest[True] / shortest[False]:.2f} times as long.")

# %% [markdown]
# ## Pitfall: no graph where one is needed
# So why not switch it off everywhere? Because backward has nothing to go through then. Predict: what does
# `backward()` say to a loss that was computed under `no_grad`?

# %%
with torch.no_grad():
    loss = station(readings).square().mean()
message = "no error"
try:
    loss.backward()
except RuntimeError as error:
    message = str(error)
assert "does not require grad" in message

# The rule: will somebody call backward on this, or on something computed from it? If so, record. If not, do not.

# %% [markdown]
# ## A history of numbers, not of graphs
# Training prints its loss now and then, or draws it. That needs numbers. But a loss is a tensor which holds
# its graph, and a list of losses holds all of their graphs. Here one layer forecasts 200 rows, five times over.
# Predict: how much more is kept for five losses than for one? And what does the running sum keep?

# %%
forecast = nn.Sequential(nn.Linear(6, 1), nn.Tanh()).double()


def loss_now():
    return forecast(torch.randn(200, 6, dtype=torch.float64)).square().mean()


with saved_tensors_hooks(pack, unpack):
    loss = loss_now()
    one = kept_bytes(forecast)
    del loss
    worst = [loss_now() for _ in range(5)]
    assert kept_bytes(forecast) == 5 * one  # five losses, five graphs
    del worst
    total = 0.0
    for _ in range(5):
        total = total + loss_now()  # the sum is part of a graph, too: one that reaches back to the first loss
    assert kept_bytes(forecast) == 5 * one
    total = 0.0
    for _ in range(5):
        total = total + loss_now().item()  # a float: the graph of each loss goes before the next one is made
    assert kept_bytes(forecast) == 0

# %% [markdown]
# A name keeps its graph as well, until it is bound to something else. Predict: in the loop below, how many
# earlier graphs are alive while `loss_now` runs for the second time?

# %%
with saved_tensors_hooks(pack, unpack):
    found_on_entry = []
    for _ in range(3):
        found_on_entry.append(kept_bytes(forecast))
        loss = loss_now()  # the old loss lives until the new one is there to take its name
    assert found_on_entry == [0, one, one]
    del loss

# %% [markdown]
# ## Updates are not part of the model
# An update makes a new parameter from the old one, and that is no part of the model. Here w should become 3.
# `torch.autograd.grad(loss, w)` hands back the gradient, instead of putting it into `.grad`.
# Predict: after 20 recorded updates, how far does the graph behind w reach?

# %%
first = w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
for _ in range(20):
    (gradient,) = torch.autograd.grad(((w - 3) ** 2).mean(), w)
    w = w - 0.5 * gradient  # outside of no_grad, an operation like any other
assert not w.is_leaf  # a result, no longer a parameter
assert torch.autograd.grad(w.sum(), first)[0].tolist() == [1.0] * 4  # a chain of 20 links, back to the first w

w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
for _ in range(20):
    (gradient,) = torch.autograd.grad(((w - 3) ** 2).mean(), w)
    with torch.no_grad():
        w -= 0.5 * gradient
assert w.is_leaf  # ready for the next step, and nothing is behind it

# %% [markdown]
# ## Two modes, and what they have to do with tracking
# Some layers act in one way during training and in another way in use. `Dropout` puts a random part of its input
# to zero in training, so that the model does not come to rely on single numbers. `BatchNorm1d` brings
# each column to mean 0 and spread 1: in training by the batch's own mean and spread, in use by running averages
# of them, which it keeps up to date during training.
#
# Which way is told by the flag `training`, and every module has its own. `model.train()` sets it to True and
# `model.eval()` to False, in the model and in all modules inside it. Models start in train mode.
# Predict: does `eval()` stop the recording? Does `no_grad` switch off dropout?

# %%
model = nn.Sequential(nn.Linear(6, 64), nn.BatchNorm1d(64), nn.Dropout(0.5), nn.Linear(64, 1)).double()
assert model.training
assert not torch.equal(model(readings), model(readings))  # in train mode two forward passes differ by chance

with torch.no_grad():
    assert not torch.equal(model(readings), model(readings))  # no_grad leaves dropout on ...
    mean_before = model[1].running_mean.clone()  # (clone makes a copy)
    model(readings + 1)
    assert not torch.equal(model[1].running_mean, mean_before)  # ... and BatchNorm's running mean moves

model.eval()
assert torch.equal(model(readings), model(readings))
assert model(readings).requires_grad  # eval() records as ever: you need both

# %% [markdown]
# ## Put every part back into its own mode
# A look at the model in between should leave no trace. Often parts are in different modes on purpose: here the
# BatchNorm layer stays in eval mode while the rest trains. `model.modules()` goes through the model itself and
# every module inside it. Predict: after `eval()` and `train()`, in which mode is the BatchNorm layer?

# %%
model.train()
model[1].eval()
assert [part.training for part in model.modules()] == [True, True, False, True, True]  # the model, then its layers

model.eval()
model.train()
assert model[1].training  # pitfall: train() reaches every part, and does not know what was before

# What train() cannot know we have to note down ourselves, part by part, before anything is changed.
model[1].eval()
noted = {name: part.training for name, part in model.named_modules()}  # the model's own name is ""
model.eval()
for name, part in model.named_modules():
    part.training = noted[name]  # this flag alone; part.train(…) would reach further down
assert not model[1].training
assert model[2].training

# %% [markdown]
# ## A finished backbone needs no graph
# Often most of a model, its *backbone*, is finished, and only the last part, its *head*, learns. Backward has no
# business in the backbone. Run it under `no_grad`, and the graph begins where the head does.
# Predict: does that change the head's gradients?

# %%
backbone, head = station[:-1], station[-1]  # a slice of a Sequential is one, of the same layers
target = torch.randn(500, 1, dtype=torch.float64)


def kept_and_slope(features):
    """What is kept once the loss is there, and the loss's gradient with respect to the head's weight."""
    loss = (head(features) - target).abs().mean()
    kept = kept_bytes(station)
    (slope,) = torch.autograd.grad(loss, head.weight)
    return kept, slope


with saved_tensors_hooks(pack, unpack):
    through_all, slope = kept_and_slope(backbone(readings))
    with torch.no_grad():
        features = backbone(readings)
    head_alone, same_slope = kept_and_slope(features)
assert torch.equal(slope, same_slope)
assert through_all > 5 * head_alone

# torch.autograd.grad handed the gradients back, and left no trace in any .grad:
assert all(parameter.grad is None for parameter in station.parameters())
# backward() would have written into .grad, added to what lay there, and gone wherever the graph goes:
(head(backbone(readings)) - target).abs().mean().backward()
assert backbone[0][0].weight.grad is not None
station.zero_grad()

# One call gives the gradients of several parameters, in the order of the list. Here those of the mean output:
assert [name for name, _ in head.named_parameters()] == ["weight", "bias"]
weight_slope, bias_slope = torch.autograd.grad(head(features).mean(), [head.weight, head.bias])
assert weight_slope.shape == (1, 64)
assert abs(bias_slope.item() - 1) < 1e-12  # every output moves as the bias does

# %% [markdown]
# ## Pitfall: cut too late
# `backbone(readings).detach()` also cuts the graph between backbone and head. But `detach` makes a new tensor
# without the graph from one that has it. Predict: was the backbone's graph ever there?

# %%
kept_on_the_way = []


def watching_pack(tensor):
    note = pack(tensor)
    kept_on_the_way.append(kept_bytes(station))
    return note


with saved_tensors_hooks(watching_pack, unpack):
    features = backbone(readings).detach()
assert not features.requires_grad
assert kept_bytes(station) == 0  # it is gone now ...
assert max(kept_on_the_way) >= tracked_bytes[7]  # ... but it was there: time and memory were spent on it

# And what of the flags? `backbone.requires_grad_(False)` stops the recording too, but it changes the model, and
# it stays so until somebody puts every flag back as it was. `no_grad` changes nothing (more in lesson 08).

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/07_when_to_stop_tracking_grads.py`: an evaluation that leaves no trace, a history
# that keeps no graph, and gradients for the head alone. Run, in the course's main folder:
#
#     pytest assignments -k 07
