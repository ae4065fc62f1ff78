"""Lesson 21 · A training loop, whole: accumulate, clip, schedule, record, stop and resume.

Goal     put the parts together in an order that holds, and resume a run as if it had never stopped
Needs    lessons 11, 19 and 20
Time     30 minutes
Next     assignments/intermediate/21_training_loop_with_grad_accumulation.py
"""

# %%
import io
from types import SimpleNamespace

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, VERMILION, show
from torch import nn

torch.set_num_threads(1)  # in a net this small, more threads only get in each other's way

# %% [markdown]
# ## Batches of many sizes
# Points fall on a plane, and the net is to tell whether the two coordinates have the same sign. They come in
# batches of 2 to 9, and now and then one is far off: somebody forgot a decimal point. Random numbers
# come from a *generator*, which has a state; generators with equal states give equal numbers.


# %%
def next_batch(generator):
    """x (n, 2) and y (n,), the class of each row: 1 where its coordinates have the same sign, else 0."""
    n = torch.randint(2, 10, (), generator=generator)
    x = torch.randn(n, 2, generator=generator)
    if torch.rand((), generator=generator) < 0.04:
        x[0] *= 50
    return x, (x.prod(dim=1) > 0).long()


def new_net():
    torch.manual_seed(21)
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))


assert torch.equal(*(next_batch(torch.Generator().manual_seed(5))[0] for _ in range(2)))

# %% [markdown]
# ## A group is one big batch
# Four batches make a *group*, and a group makes one update. Its gradient is to be that of the mean over all samples
# of the group. How many those are is known only at the end. So let backward add up the gradients of *sums*, and
# divide by the count afterwards. Predict: does it equal the gradient of all rows in one batch?

# %%
net, loss_of = new_net(), nn.functional.cross_entropy
generator = torch.Generator().manual_seed(3)
group = [next_batch(generator) for _ in range(4)]
count = sum(len(x) for x, _ in group)
assert len({len(x) for x, _ in group}) > 1  # the batches differ in size


def gradients():
    """All gradients of the net in one row; the net's own are cleared."""
    row = torch.cat([p.grad.flatten() for p in net.parameters()])
    net.zero_grad()
    return row


loss_of(net(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group])).backward()
at_once = gradients()

for x, y in group:
    loss_of(net(x), y, reduction="sum").backward()
assert torch.allclose(gradients() / count, at_once, atol=1e-6)

# %% [markdown]
# ## Pitfall: divided by the number of batches
# `loss / 4` for each batch's mean is often seen. Predict: when is it right?

# %%
for x, y in group:
    (loss_of(net(x), y) / 4).backward()
# A row in a small batch weighs more than one in a large. It is right only where all batches are of one size.
assert not torch.allclose(gradients(), at_once, atol=1e-3)

# A stream of batches rarely ends with a full group: 10 batches make groups of 4, 4 and 2. The last two are
# data as well. They get an update of their own, divided by *their* count of samples.
assert [len(range(10)[start : start + 4]) for start in range(0, 10, 4)] == [4, 4, 2]

# %% [markdown]
# ## Clip the norm
# One point that is far off can make a gradient so large that a single step ruins the net. *Clipping* limits the
# length of a step: take the norm of all gradients together, the root of the sum of all squares, and where it is
# larger than some limit, multiply all of them by limit / norm. Smaller ones stay as they are. Two tensors,
# with norms 6 and 8: what is the norm of both, and what is left of each at a limit of 5?

# %%
p, q = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(2))
p.grad, q.grad = torch.tensor([6.0]), torch.tensor([0.0, 8.0])
norm = nn.utils.clip_grad_norm_([p, q], max_norm=5.0)  # in place; what comes back is the norm before
assert norm.item() == 10.0
assert torch.allclose(p.grad, torch.tensor([3.0]))
assert p.grad.item() != 3.0  # torch divides by norm + 10⁻⁶, to be safe where the norm is zero
nn.utils.clip_grad_norm_([p, q], max_norm=100.0)
assert torch.allclose(q.grad, torch.tensor([0.0, 4.0]))  # nothing is ever scaled up
# One factor for all keeps the direction. Clipped each by itself, p and q would both have norm 5: another direction.

# %% [markdown]
# ## Pitfall: clipped too early
# The clip belongs between the last backward of a group and the step. Predict: two batches with opposite gradients,
# 30 and −29, and a limit of 2. What comes out if each backward is followed by a clip?


# %%
def clipped_sum(slopes, early):
    w = nn.Parameter(torch.tensor(0.0))
    for slope in slopes:
        (slope * w).backward()
        if early:
            nn.utils.clip_grad_norm_([w], max_norm=2.0)
    nn.utils.clip_grad_norm_([w], max_norm=2.0)
    return w.grad.item()


assert clipped_sum([30.0, -29.0], early=False) == 1.0  # their sum, under the limit
assert abs(clipped_sum([30.0, -29.0], early=True) + 2.0) < 1e-5  # 2 − 29, clipped: uphill

# %% [markdown]
# ## A schedule
# A *schedule* changes the learning rate as training goes on: small at first, while the gradients are wild, then full,
# then down to zero to settle. `LambdaLR` multiplies the optimizer's rate by what a function says, and `schedule.step()`
# tells it that an update is done. An *update*, not a batch. Predict the rates of the first three updates.


# %%
def share_of_rate(update, warm_up=10, last=100):
    return min((update + 1) / warm_up, 1 - update / last)


optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_rate)
for factor in (0.1, 0.2, 0.3):
    assert optimizer.param_groups[0]["lr"] == 0.5 * factor
    optimizer.step()
    schedule.step()

# %% [markdown]
# ## The whole update
# Clear, accumulate, divide, clip, step, schedule, record: in this order. The loss is that of the group, before the
# step, the norm that before the clip. Both are plain numbers, which keep no graph alive.

# %%
LIMIT = 1.0


def new_run():
    run = SimpleNamespace(net=new_net(), generator=torch.Generator().manual_seed(8), losses=[], norms=[])
    run.optimizer = torch.optim.SGD(run.net.parameters(), lr=0.5, momentum=0.9)
    run.schedule = torch.optim.lr_scheduler.LambdaLR(run.optimizer, share_of_rate)
    return run


def go_on(run, updates):
    """So many updates more, each with a group of four batches."""
    for _ in range(updates):
        run.optimizer.zero_grad()
        total = count = 0
        for _ in range(4):
            x, y = next_batch(run.generator)
            loss = loss_of(run.net(x), y, reduction="sum")
            loss.backward()
            total, count = total + loss.item(), count + len(x)
        for parameter in run.net.parameters():
            parameter.grad /= count
        norm = nn.utils.clip_grad_norm_(run.net.parameters(), LIMIT)
        run.optimizer.step()
        run.schedule.step()
        run.losses.append(total / count)
        run.norms.append(norm.item())
    return run


whole = go_on(new_run(), 100)
assert sum(whole.losses[-20:]) < 0.5 * sum(whole.losses[:20])  # it learns
assert max(whole.norms) > LIMIT  # and has been clipped on the way

# %% [markdown]
# ## Stop, and resume
# A long run stops before its end: the power fails, or the hour is over. A *checkpoint* is a file that holds all
# that the next update depends on. Predict: beside the net's parameters, what does it depend on?
#
# It depends on the optimizer's state, here momentum's buffers, on the schedule's count of updates, and on the state of
# the random numbers, from which the next batches come. The history belongs to it as well, or it has a hole.
# `state_dict()` tells the state of a net, an optimizer or a schedule, and `load_state_dict` takes it over;
# `torch.save` and `torch.load` write and read it. A file in memory, `io.BytesIO`, will do here.


# %%
def save(run, file):
    states = {name: getattr(run, name).state_dict() for name in ("net", "optimizer", "schedule")}
    torch.save(states | {"generator": run.generator.get_state(), "history": (run.losses, run.norms)}, file)


def resume(file, names=("net", "optimizer", "schedule")):
    file.seek(0)
    saved, run = torch.load(file), new_run()
    for name in names:
        getattr(run, name).load_state_dict(saved[name])
    run.generator.set_state(saved["generator"])
    run.losses, run.norms = map(list, saved["history"])
    return run


file = io.BytesIO()
save(go_on(new_run(), 37), file)  # and everything else is forgotten
resumed = go_on(resume(file), 63)
# Equal to the last bit, not merely close: the resumed run does the same arithmetic.
assert resumed.losses == whole.losses
assert resumed.norms == whole.norms
assert all(map(torch.equal, resumed.net.parameters(), whole.net.parameters()))

# %% [markdown]
# ## Pitfall: only the net is saved
# The most common checkpoint holds the net's state and no more. Predict: which is the first loss to differ?

# %%
forgetful = go_on(resume(file, names=("net",)), 63)
assert forgetful.losses[37] == whole.losses[37]  # same net, same batches: the next loss is right
assert forgetful.losses[38] != whole.losses[38]  # but the step after it had no momentum, and the rate of update 0
# There is one more state: gradients that wait in .grad in the middle of a group. Save after an update, when none do.

# %% [markdown]
# ## Look at it
# Where the loss jumps, the norm tells whether a step was to blame. Each has axes of its own: they share no unit.

# %%
figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, layout="constrained")
top.plot(range(1, 101), whole.losses, color=BLUE, linewidth=2)
top.set(ylabel="loss of the group", title="A run of 100 updates, which stopped once", ylim=(0, None))
bottom.semilogy(range(1, 101), whole.norms, color=ORANGE, linewidth=2)
bottom.axhline(LIMIT, color=VERMILION, linestyle="--", linewidth=1.5)
bottom.text(100, LIMIT * 1.15, "clipped above this line", color=VERMILION, ha="right")
bottom.set(xlabel="update", ylabel="gradient norm before the clip")
top.axvline(37.5, color="black", linestyle=":", linewidth=1.5)
bottom.axvline(37.5, color="black", linestyle=":", linewidth=1.5)
top.text(38.5, 0.93 * top.get_ylim()[1], "stopped and resumed here", va="top")
show(figure, "21_history")

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/21_training_loop_with_grad_accumulation.py`: the loop, for batches of any sizes
# and groups of any length; the clip, by hand; and the picture. In the course's main folder, run:
#
#     pytest assignments -k 21
