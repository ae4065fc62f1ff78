"""Lesson 19 · Gradient accumulation for large batches.

Goal     get the gradient of a batch that does not fit into memory, from chunks that do
Needs    lessons 02, 07 and 18
Time     25 minutes
Next     assignments/intermediate/19_gradient_accumulation_for_large_batches.py
"""

# %%
import time
import weakref

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, VERMILION, show
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

torch.set_num_threads(1)  # so that times are those of the work itself
torch.manual_seed(19)

# %% [markdown]
# ## What a batch costs
# A large batch gives a gradient with less noise. But the graph of a forward pass keeps numbers for each row, until
# backward has used them. We count them as in lesson 07: whatever the graph saves is wrapped in a note, and the notes
# alive tell what is kept now. The parameters are there anyway, so they are not counted.
#
# A river gauge reports 6 readings an hour, and a model makes of them how high the water will stand in three hours.
# Predict: how much more is kept for 400 rows than for 100?

# %%
gauge = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)).double()
readings = torch.randn(400, 6, dtype=torch.float64)
heights = readings.sum(dim=1, keepdim=True).sin() + 0.1 * torch.randn(400, 1, dtype=torch.float64)


class Note:
    """Wraps one tensor that a graph keeps."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()


notes, peak = weakref.WeakSet(), 0


def kept_bytes():
    """Bytes that the graphs alive keep now; what is kept twice counts once."""
    own = {p.data_ptr() for p in gauge.parameters()}
    sizes = {note.tensor.data_ptr(): note.tensor.nbytes for note in notes}
    return sum(size for place, size in sizes.items() if place not in own)


def pack(tensor):
    global peak
    note = Note(tensor)
    notes.add(note)
    peak = max(peak, kept_bytes())  # the most that was ever kept at one time
    return note


def peak_of(work):
    """The largest number of bytes kept at one time while work() runs."""
    global peak
    peak = 0
    with saved_tensors_hooks(pack, lambda note: note.tensor):
        work()
    return peak


def miss(rows):
    """The mean of |model − measured| over some rows, a slice of the batch."""
    return (gauge(readings[rows]) - heights[rows]).abs().mean()


whole = slice(0, 400)
full_peak = peak_of(lambda: miss(whole).backward())
assert kept_bytes() == 0  # backward has let go of everything
assert full_peak > 3.9 * peak_of(lambda: miss(slice(0, 100)).backward())  # in proportion to the rows

# %% [markdown]
# ## Several small ones
# A loss that is a *sum* over rows is the sum of its chunks' sums, and the gradient of a sum is the sum of the gradients
# (lesson 02). `.grad` adds up by itself. So each chunk goes forward and backward, and its graph is gone before the next
# one begins. Optimizers change nothing before `step()`, so all chunks see the same parameters.
#
# A *mean* is a sum divided by the number of all rows. Predict: four chunks of 100 rows, each with the mean of its own
# rows. How far off is the gradient, if nothing else is done?


# %%
def gradient():
    """All gradients in one row, as they are now."""
    return torch.cat([p.grad.flatten() for p in gauge.parameters()])


gauge.zero_grad()
miss(whole).backward()
right = gradient()

gauge.zero_grad()
for start in (0, 100, 200, 300):
    miss(slice(start, start + 100)).backward()
assert torch.allclose(gradient(), 4 * right)  # four means add up to four times the mean

gauge.zero_grad()
for start in (0, 100, 200, 300):
    (miss(slice(start, start + 100)) / 4).backward()  # each chunk is a quarter of the batch
assert torch.allclose(gradient(), right)

# %% [markdown]
# ## Pitfall: the uneven last one
# 400 rows in chunks of 150 are 150, 150 and 100. Predict: does it help to divide each mean by 3?

# %%
chunks = [slice(0, 150), slice(150, 300), slice(300, 400)]
gauge.zero_grad()
for rows in chunks:
    (miss(rows) / len(chunks)).backward()
message = "the gradient is right"
try:
    assert torch.allclose(gradient(), right)
except AssertionError:
    message = "the gradient is wrong"
assert message == "the gradient is wrong"

# In small: the mean of 1, 2 and 6 is 3. The chunks (1, 2) and (6,) have the means 1.5 and 6.
assert (1.5 + 6) / 2 == 3.75  # the 6 counts for as much as two others together
assert 1.5 * 2 / 3 + 6 * 1 / 3 == 3.0  # each mean weighs as many rows as stand behind it, of all rows

# %%
gauge.zero_grad()
for rows in chunks:
    share = (rows.stop - rows.start) / 400
    (share * miss(rows)).backward()
assert torch.allclose(gradient(), right)

# %% [markdown]
# The weights add up to 1. Weights that are a little off raise no error, and the loss still falls: only a comparison
# with the whole batch finds this slip.
#
# ## Clear once, before the first
# In a loop of training, `zero_grad()` stands before each backward. Predict what is left if it stands there now.

# %%
for rows in chunks:
    gauge.zero_grad()
    miss(rows).backward()
cleared_each_time = gradient()
gauge.zero_grad()
miss(chunks[-1]).backward()
assert torch.equal(cleared_each_time, gradient())  # the last chunk, as if there had been no others

# And how? A parameter that is frozen, or that no chunk uses, has no gradient, which is not one of zero (lesson 18):
# an optimizer with weight decay would move it. `zero_grad()` leaves None everywhere, so None stays where nothing comes.
gauge[0].bias.requires_grad_(False)
gauge.zero_grad()
for rows in chunks:
    miss(rows).backward()
assert gauge[0].bias.grad is None
gauge[0].bias.requires_grad_(True)


# %% [markdown]
# ## Memory against the size of a chunk
# Now the peak, for chunks from 10 rows to all 400. Predict the shape of the curve.


# %%
def accumulate(size):
    gauge.zero_grad()
    for rows in torch.arange(400).split(size):  # split cuts a tensor into parts of this size, the last may be smaller
        (len(rows) / 400 * miss(rows)).backward()


sizes, peaks, seconds = [10, 20, 40, 80, 150, 200, 400], [], []
for size in sizes:
    peaks.append(peak_of(lambda size=size: accumulate(size)))
    assert torch.allclose(gradient(), right)  # the same gradient, whatever the size
    start = time.perf_counter()
    accumulate(size)
    seconds.append(time.perf_counter() - start)
assert peaks == sorted(peaks)
assert peaks[0] * 30 < peaks[-1]  # a fortieth of the rows: about a fortieth of the memory
print(f"On this machine chunks of 10 rows take {seconds[0] / seconds[-1]:.1f} times as long as the whole batch.")

# %% [markdown]
# The price is time: small chunks keep the machine less busy. So one takes the largest chunk that fits. (What is not
# counted here stays the same for all: the parameters, their gradients, and what the optimizer keeps.)
#
# ## Pitfall: one backward at the end
# It looks the same, and gives the same gradient: add up the losses of all chunks, and call backward once. Predict the
# peak.


# %%
def all_at_the_end():
    gauge.zero_grad()
    sum((rows.stop - rows.start) / 400 * miss(rows) for rows in chunks).backward()


late_peak = peak_of(all_at_the_end)
assert torch.allclose(gradient(), right)
assert late_peak >= 0.99 * full_peak  # the sum holds the graphs of all chunks until backward comes: nothing is saved

# %%
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
axes.plot(sizes, [p / 1000 for p in peaks], "o-", color=BLUE, linewidth=2, label="backward after each chunk")
axes.plot([150], [late_peak / 1000], "s", color=VERMILION, markersize=9, label="one backward at the end")
axes.axhline(full_peak / 1000, color=ORANGE, linestyle="--", label="the whole batch at once", zorder=0)
axes.set(xlabel="rows in a chunk", ylabel="most bytes kept at one time (kB)", title="One gradient of 400 rows")
axes.legend(loc="lower right")
show(figure, "19_peak_memory")

# %% [markdown]
# ## BatchNorm is not covered
# All this rests on one thing: what the model makes of a row depends on that row only. In train mode, BatchNorm takes
# mean and spread from the rows that it sees at once, so a chunk is not a part of the batch for it, but a batch of its
# own. Predict: in which mode do two chunks of 200 give the gradient of the whole?

# %%
normed = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)).double()


def slope(sizes):
    """The gradient with respect to the first weight, from chunks of these sizes."""
    normed.zero_grad()
    for x, y in zip(readings.split(sizes), heights.split(sizes), strict=True):
        ((normed(x) - y).abs().sum() / 400).backward()
    return normed[0].weight.grad


assert not torch.allclose(slope([400]), slope([200, 200]), rtol=1e-3)  # train mode: other means, another function
normed.eval()
assert torch.allclose(slope([400]), slope([200, 200]))  # eval mode: fixed averages, each row by itself

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/19_gradient_accumulation_for_large_batches.py`: the gradient of a whole batch from
# chunks, and the weights of the chunks. Run, in the course's main folder:
#
#     pytest assignments -k 19
