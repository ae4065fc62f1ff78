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
# How many bytes? We watch, as in lesson 03. In a block `with saved_tensors_hooks(pack, unpack):` every tensor that
# is to be kept goes through `pack` on its way in, and what `pack` returns is kept in its place; `unpack` undoes that.
# Here `pack` wraps it in a note. When a graph dies, its notes die with it: the notes alive tell what is kept *now*.


# %%
notes = weakref.WeakSet()  # lists things without keeping them alive itself


class Note:
    """Wraps one tensor that a graph keeps."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()  # the numbers alone: with its graph, graph and note would keep each other alive
        notes.add(self)

    def unpack(self):
        return self.tensor


def kept_bytes(model):
    """Bytes kept by all graphs alive; what is kept twice counts once, the model's own parameters not at all."""
    own = {parameter.data_ptr() for parameter in model.parameters()}  # where in memory they begin
    sizes = {note.tensor.data_ptr(): note.tensor.numel() * note.tensor.element_size() for note in notes}
    return sum(size for place, size in sizes.items() if place not in own)


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


with saved_tensors_hooks(Note, Note.unpack):
    tracked_bytes, tracked = kept_after_each_layer()
    with torch.no_grad():
        untracked_bytes, untracked = kept_after_each_layer()

assert torch.equal(tracked, untracked)  # not one digit differs
assert max(untracked_bytes) == 0  # nothing is kept
assert tracked_bytes[8] - tracked_bytes[7] == 500 * 64 * 8  # each layer keeps its 500 × 64 outputs of 8 bytes
assert tracked_bytes[9] == tracked_bytes[8]  # the last layer: its weights are there anyway, its input was kept already

figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
kilobytes = [[size / 1000 for size in sizes] for sizes in (tracked_bytes, untracked_bytes)]
axes.plot(kilobytes[0], "o-", color=VERMILION, linewidth=2, label="tracked: each layer's output is kept")
axes.plot(kilobytes[1], "s--", color=BLUE, linewidth=2, label="under no_grad: nothing is")
axes.set(xlabel="layers passed", ylabel="kept for backward (kB)", title="One forward pass of 500 rows")
axes.legend(loc="upper left")
show(figure, "07_kept_bytes")

# %%
# Recording takes time as well. How much depends on the machine and on the sizes, so this is told, not asserted.
shortest = {True: 1.0, False: 1.0}  # seconds for 20 rows, by whether they are tracked
for tracking in [True, False] * 30:
    started = time.perf_counter()
    with torch.set_grad_enabled(tracking):  # False does what no_grad does
        station(readings[:20])
    shortest[tracking] = min(shortest[tracking], time.perf_counter() - started)
print(f"On this machine a tracked forward pass takes {shortest[True] / shortest[False]:.2f} times as long.")

# %% [markdown]
# ## Pitfall: no graph where one is needed
# So why not switch it off everywhere? Because backward has nothing to go through then. The rule: will somebody
# call backward on this, or on something computed from it? If so, record. If not, do not.
# Predict: what does `backward()` say to a loss that was computed under `no_grad`?

# %%
with torch.no_grad():
    loss = station(readings).square().mean()
message = "no error"
try:
    loss.backward()
except RuntimeError as error:
    message = str(error)
assert "does not require grad" in message

# %% [markdown]
# ## A history of numbers, not of graphs
# Training prints its loss, or another *metric*, a number that tells how good the model is. That needs numbers. But a
# loss is a tensor which holds its graph, and a list of losses holds all of their graphs. A name keeps its graph as
# well, until it is bound to something else. Predict: how much is kept while `loss_now` runs for the second time?
# How much for five losses in a list, and how much for their sum?


# %%
def loss_now():
    return station(torch.randn(200, 6, dtype=torch.float64)).square().mean()


with saved_tensors_hooks(Note, Note.unpack):
    found_on_entry = []
    for _ in range(3):
        found_on_entry.append(kept_bytes(station))
        loss = loss_now()  # the old loss lives until the new one is there to take its name
    one = kept_bytes(station)
    assert found_on_entry == [0, one, one]
    del loss
    losses = [loss_now() for _ in range(5)]
    assert kept_bytes(station) == 5 * one  # five losses, five graphs
    del losses
    total = sum(loss_now() for _ in range(5))  # a sum is part of a graph, too: one that reaches back to the first loss
    assert kept_bytes(station) == 5 * one
    total = sum(loss_now().item() for _ in range(5))  # floats: each graph goes before the next loss is made
    assert kept_bytes(station) == 0

# %% [markdown]
# ## Updates are not part of the model
# An update makes a new parameter from the old one, and that is no part of the model. So it is done under `no_grad`,
# in place (lesson 04). What if it is not? Here w should become 3. `torch.autograd.grad(loss, w)` hands back the
# gradient, instead of putting it into `.grad`. Predict: how far does the graph behind w reach after 20 updates?

# %%
first = w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
for _ in range(20):
    (gradient,) = torch.autograd.grad(((w - 3) ** 2).mean(), w)
    w = w - 0.5 * gradient  # outside of no_grad, an operation like any other
assert not w.is_leaf  # a result, no longer a parameter
assert torch.autograd.grad(w.sum(), first)[0].tolist() == [1.0] * 4  # a chain of 20 links, back to the first w

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
assert [part.training for part in model.modules()] == [True, True, False, True, True]

# %% [markdown]
# ## A finished backbone needs no graph
# Often most of a model, its *backbone*, is finished, and only the last part, its *head*, learns. Backward has no
# business in the backbone. Run it under `no_grad`, and the graph begins where the head does.
# Predict: does that change the head's gradients?

# %%
backbone, head = station[:-1], station[-1]  # a slice of a Sequential is one, of the same layers


def kept_and_slopes(features):
    """What is kept once the loss is there, and the loss's gradients with respect to the head's parameters."""
    loss = head(features).abs().mean()
    kept = kept_bytes(station)
    return kept, torch.autograd.grad(loss, [head.weight, head.bias])  # one gradient each, in the order of the list


with saved_tensors_hooks(Note, Note.unpack):
    through_all, slopes = kept_and_slopes(backbone(readings))
    with torch.no_grad():
        features = backbone(readings)
    head_alone, same_slopes = kept_and_slopes(features)
assert all(map(torch.equal, slopes, same_slopes))
assert through_all > 5 * head_alone
assert [name for name, _ in head.named_parameters()] == ["weight", "bias"]

# torch.autograd.grad handed the gradients back, and left no trace in any .grad:
assert all(parameter.grad is None for parameter in station.parameters())
# backward() would have written into .grad, added to what lay there, and gone wherever the graph goes:
head(backbone(readings)).abs().mean().backward()
assert backbone[0][0].weight.grad is not None
station.zero_grad()

# %% [markdown]
# Two other ways do it less well. `backbone(readings).detach()` cuts the graph after it was made: time and memory
# were spent on it. `backbone.requires_grad_(False)` changes the model until somebody puts all flags back (lesson 08).
#
# ## Your turn
# Open `assignments/beginner/07_when_to_stop_tracking_grads.py`: an evaluation that leaves no trace, a history
# that keeps no graph, and gradients for the head alone. Run, in the course's main folder:
#
#     pytest assignments -k 07
