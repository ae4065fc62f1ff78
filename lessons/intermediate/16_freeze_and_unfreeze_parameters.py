"""Lesson 16 · Freeze, unfreeze, and what a frozen layer still does.

Goal     reuse a trained network for a new job: freeze it, give it a new head, unfreeze it with care
Needs    lessons 07 (modes, and how to put them back), 11, 13 (paths, get_submodule) and 15
Time     30 minutes
Next     assignments/intermediate/16_freeze_and_unfreeze_parameters.py
"""

# %% [markdown]
# ## A big job and a small one
# Someone has 720 labelled pictures of six shapes. You have 25 pictures of five *other* shapes, too few to
# learn from. But a network that has learned the first job already knows what a line and a corner look like,
# and that can be carried over: *transfer learning*. We make both sets: 9 × 9 points, a shape, and much noise.

# %%
import copy
from collections import OrderedDict

import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, VERMILION, show
from torch import nn

torch.set_num_threads(1)  # in a net this small, more threads only get in each other's way
torch.manual_seed(19)

DRAWN = """
..#..  .....  ....#  #####  #####  ..#..        #....  #####  #...#  #####  #...#
..#..  .....  ...#.  #...#  ..#..  ..#..        #....  #...#  #...#  #....  .#.#.
..#..  #####  ..#..  #...#  ..#..  #####        #....  #...#  #...#  #....  ..#..
..#..  .....  .#...  #...#  ..#..  ..#..        #....  #...#  #...#  #....  .#.#.
..#..  .....  #....  #####  ..#..  ..#..        #####  #...#  #####  #####  #...#"""
rows = [[[point == "#" for point in part] for part in line.split()] for line in DRAWN.split("\n")[1:]]
ink = torch.tensor(rows).transpose(0, 1)  # (11, 5, 5), shape by shape


def pictures(shapes, each):
    """`each` noisy pictures of every shape: x (n, 1, 9, 9), and y (n,), the number of its shape."""
    y = torch.arange(len(shapes)).repeat_interleave(each)  # each number so many times: 0, 0, …, 1, 1, …
    x = 0.4 * torch.randn(len(y), 1, 9, 9)
    for picture, shape in zip(x, y, strict=True):
        top, left = torch.randint(0, 5, (2,))  # two whole numbers below 5
        picture[0, top : top + 5, left : left + 5] += shapes[shape]
    return x, y


old_x, old_y = pictures(ink[:6], each=120)  # six shapes: 720 pictures
new_x, new_y = pictures(ink[6:], each=5)  # the other five: 25 pictures
old_test, new_test = pictures(ink[:6], each=40), pictures(ink[6:], each=60)  # never trained on

# %% [markdown]
# ## A network of two parts
# `features` turns a picture into 24 numbers, and `head` turns those into a score for each shape; the highest
# score is the answer. `features` works on *channels*: a channel is one picture of a stack, and the stack begins with
# the drawing alone. `Conv2d(1, 12, 3)` makes 12 of it, each by a window of 3 × 3 weights that slides over the picture:
# a point gets large where what lies under the window resembles it. `BatchNorm2d` (lesson 07's BatchNorm, for stacks)
# brings every channel to mean 0 and spread 1, the pool keeps its largest point, and `Flatten` makes a row of those.
# First the old job, with everything free to move. Predict: how good is a network that only guesses?


# %%
def shape_reader(shapes):
    layers = [nn.Conv2d(1, 12, 3), nn.BatchNorm2d(12), nn.ReLU()]
    layers += [nn.Conv2d(12, 24, 3), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()]
    return nn.Sequential(OrderedDict(features=nn.Sequential(*layers), head=nn.Linear(24, shapes)))


@torch.no_grad()
def accuracy(model, x, y):
    """Share of right answers, asked of a copy in eval mode: the model keeps its own modes."""
    return (copy.deepcopy(model).eval()(x).argmax(dim=1) == y).double().mean().item()


def train(model, optimizer, steps, x=new_x, y=new_y, test=new_test):
    """Steps on random batches of up to 64. Returns the accuracy on `test` after every tenth step."""
    seen = []
    for step in range(1, steps + 1):
        batch = torch.randperm(len(x))[:64]
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()  # small where the right score is highest
        optimizer.step()
        if step % 10 == 0:
            seen.append(accuracy(model, *test))
    return seen


pretrained = shape_reader(6)
assert accuracy(pretrained, *old_test) < 0.4  # one in six, more or less
optimizer = torch.optim.SGD(pretrained.parameters(), lr=0.1, momentum=0.9)
train(pretrained, optimizer, 120, old_x, old_y, old_test)
assert accuracy(pretrained, *old_test) > 0.85

# %% [markdown]
# ## Freeze, and put on a new head
# To freeze a parameter is to switch off its flag: backward then computes no gradient for it. A module's
# `requires_grad_` does so for all parameters inside. A new head is just a new layer.
# Predict: after a backward pass, which parameters have a gradient?

# %%
model = copy.deepcopy(pretrained)  # the original is needed again below
assert all(p.grad is None for p in model.parameters())  # a copy brings no old gradients along
model.features.requires_grad_(False)
model.head = nn.Linear(24, 5)
nn.functional.cross_entropy(model(new_x), new_y).backward()
assert [name for name, p in model.named_parameters() if p.grad is not None] == ["head.weight", "head.bias"]
assert not model.features(new_x).requires_grad  # nothing is recorded there: backward ends at the head
# How much is left to train? Two tensors of ten. But tensors are not numbers: it is one in twenty-three.
sizes = [p.numel() for p in model.parameters()]
assert (len(sizes), sum(sizes), sum(sizes[-2:])) == (10, 2933, 24 * 5 + 5)

# %% [markdown]
# ## Pitfall: a path is not a string of letters
# Layers are often chosen by name. `features.0.weight` is a path of three names with dots between, and names
# must be compared whole, from the first one on: `weight` is in that path, but does not begin it. Predict: of eleven
# layers we ask for those that start with "1". What do we get?

# %%
eleven = nn.Sequential(*[nn.Linear(2, 2) for _ in range(11)])
chosen = [name for name, _ in eleven.named_parameters() if name.startswith("1")]
assert chosen == ["1.weight", "1.bias", "10.weight", "10.bias"]  # layer 10 as well
assert eleven.get_submodule("1") is eleven[1]  # from a path to the part itself, and no names to compare (lesson 13)
# A shared parameter has several paths, and `named_parameters()` tells only the first of them.
eleven[1].weight = eleven[0].weight
assert "1.weight" not in dict(eleven.named_parameters())
assert "1.weight" in dict(eleven.named_parameters(remove_duplicate=False))

# %% [markdown]
# ## What freezing does not stop, 1: BatchNorm
# In train mode a BatchNorm layer keeps a running mean and variance of what passes through. These are
# *buffers*, not parameters. No gradient moves them: the forward pass does.
# We freeze *everything*, and show the network its old pictures with 1 added to every point. No loss, no
# backward, no optimizer. Predict: can it still lose what it knows?

# %%
victim = copy.deepcopy(pretrained).requires_grad_(False).train()
for _ in range(30):
    victim(old_x[::12] + 1)
assert all(map(torch.equal, victim.parameters(), pretrained.parameters()))  # every weight in its place
assert accuracy(victim, *old_test) < accuracy(pretrained, *old_test) - 0.3  # and much is forgotten
# The cure is the mode: in eval mode BatchNorm uses its statistics, and leaves them alone.
model.train()
model.features.eval()  # after train(), not before, since train() reaches every part inside
kept = model.features[1].running_mean.clone()
model(new_x)
assert torch.equal(model.features[1].running_mean, kept)
model.train()  # easily written once more, say at the top of every epoch ...
model(new_x)
assert not torch.equal(model.features[1].running_mean, kept)  # ... and the statistics move
# To hand a model back in the modes it came in, note `training` of each part first and set it again (lesson 07).

# %% [markdown]
# ## What freezing does not stop, 2 and 3: weight decay and momentum
# An optimizer does not look at the flag. It looks at `.grad`, and skips a parameter only where that is `None`.
# So it matters what was in `.grad` when you froze. Take one weight, w = 1, with the loss 2w, whose gradient
# is 2. We take a step, freeze, change `.grad`, and take another step.
# Predict for each of the five lines at the end: how far does the frozen weight move?


# %%
def moved_after_freezing(change, **options):
    w = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=0.1, **options)
    (2 * w).backward()
    optimizer.step()
    w.requires_grad_(False)
    w.grad = change(w.grad)
    frozen_at = w.item()
    optimizer.step()
    return w.item() - frozen_at


for change, options, expected in [
    (lambda grad: grad, {}, -0.1 * 2),  # left in place, the old gradient is used again, at every step
    (torch.zeros_like, {}, 0.0),  # plain descent: zero moves nothing
    (torch.zeros_like, {"weight_decay": 0.5}, -0.1 * 0.5 * 0.75),  # decay pulls all the same, from 0.75
    (torch.zeros_like, {"momentum": 0.9}, -0.1 * 0.9 * 2),  # and momentum rolls on
    (lambda grad: None, {"weight_decay": 0.5, "momentum": 0.9}, 0.0),  # None: skipped, by both
]:
    assert abs(moved_after_freezing(change, **options) - expected) < 1e-12

# %% [markdown]
# So set the gradients of what you freeze to `None`. Or better, make a new optimizer that holds only what may
# move: it cannot touch the rest, and it remembers nothing.
#
# ## Pitfall: unfrozen, and still not moving
# Flags on again, and the gradients come back. Predict: will this optimizer, made for the head, use them?

# %%
optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
model.features.requires_grad_(True)
first = model.features[0].weight
before = first.detach().clone()
nn.functional.cross_entropy(model(new_x), new_y).backward()
optimizer.step()
assert first.grad.norm() > 0
assert torch.equal(first, before)  # a gradient, and nobody to use it

# %% [markdown]
# ## Scratch, frozen, fine-tuned
# Now the new job: 80 steps on the 25 pictures, four ways. Pretrained features stay in eval mode.
#
# - *scratch*: a new network, all of it free
# - *frozen*: pretrained features, frozen; only the new head learns
# - *fine-tuned*: the same for 20 steps; then the features are unfrozen, at a fifth of the head's rate
# - *rushed*: pretrained features, all free from the first step, at the head's rate
#
# Why wait, and why the smaller rate? The features' gradient comes *through* the head. While the head is
# random it pushes them anywhere, and a large rate pushes them far. Predict the order of the first three, and the last.


# %%
def reuse_pretrained(frozen_steps, rate=0.02):
    model = copy.deepcopy(pretrained).train()
    model.features.eval().requires_grad_(False)
    model.head = copy.deepcopy(new_head)  # the same start each time
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1, momentum=0.9)
    seen = train(model, optimizer, frozen_steps)
    model.features.requires_grad_(True)
    optimizer.add_param_group({"params": model.features.parameters(), "lr": rate})  # with their own rate
    return model, seen + train(model, optimizer, 80 - frozen_steps)


fresh, new_head = shape_reader(5), nn.Linear(24, 5)
scratch = train(fresh, torch.optim.SGD(fresh.parameters(), lr=0.1, momentum=0.9), 80)
_, frozen = reuse_pretrained(frozen_steps=80)
careful, fine_tuned = reuse_pretrained(frozen_steps=20)
hasty, rushed = reuse_pretrained(frozen_steps=0, rate=0.1)
assert scratch[-1] < frozen[-1]  # what was carried over beats what 25 pictures teach
assert max(frozen[-1], rushed[-1]) < fine_tuned[-1]  # adapting it beats leaving it as it was, but not in haste
# What did haste forget? Give two of them the old head back, and ask them the old job.
careful.head = hasty.head = pretrained.head
assert accuracy(careful, *old_test) > accuracy(hasty, *old_test) + 0.1

# One run is no proof: with another seed the curves move, and now and then two of them trade places.
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
steps = range(10, 90, 10)
axes.plot(steps, fine_tuned, "o-", color=BLUE, linewidth=2, label="fine-tuned: features unfrozen after 20 steps")
axes.plot(steps, frozen, "s--", color=ORANGE, linewidth=2, label="frozen: only the head learns")
axes.plot(steps, scratch, "^:", color=VERMILION, linewidth=2, label="scratch: no pretraining")
axes.plot(steps, rushed, "d-.", color=GREEN, linewidth=2, label="rushed: all free from the first step")
axes.set(xlabel="steps on the 25 pictures", ylabel="accuracy on 300 new ones", ylim=(0, 1), title="The new job")
axes.legend(loc="lower right")
show(figure, "16_accuracy")

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/16_freeze_and_unfreeze_parameters.py`: freezing by path; fine-tuning that moves
# only the head, and leaves modes and flags as found; the share left to train. In the course's main folder, run:
#
#     pytest assignments -k 16
