"""Lesson 10 · with torch.no_grad().

Goal     switch recording off for a while, put it back whatever happens, and know what it saves
Needs    lessons 01 to 09
Time     30 minutes
Next     assignments/beginner/10_with_torch_no_grad.py
"""

# %%
import functools
from timeit import timeit

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, show
from torch import nn

torch.manual_seed(10)
torch.set_num_threads(1)  # steadier times, for small models faster ones too
w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)

# %% [markdown]
# ## A switch, and a block that puts it back
# Whether operations are recorded is a switch of torch: the *grad mode*. `torch.is_grad_enabled()` reads it. A block
# `with torch.no_grad():` turns it off at its beginning; at its end it puts back the mode that it found.
# Blocks can be nested. `torch.enable_grad()` turns recording on inside one that is off. Predict the five modes.

# %%
modes = [torch.is_grad_enabled()]
with torch.no_grad():
    modes.append(torch.is_grad_enabled())
    constant = 3 * w
    with torch.enable_grad():
        modes.append(torch.is_grad_enabled())
        tracked = 3 * w
    modes.append(torch.is_grad_enabled())  # what the inner block had found, not "on"
modes.append(torch.is_grad_enabled())
assert modes == [True, False, True, False, True]
assert not constant.requires_grad  # made while the switch was off: a constant for ever, also out here
assert tracked.requires_grad
(w * constant).sum().backward()
assert w.grad.tolist() == [3.0, 6.0]  # a later graph takes the constant as it takes any number

# %% [markdown]
# ## Pitfall: a switch without an end
# `torch.set_grad_enabled(flag)` sets the mode to what you say. As a block it ends like the others. As a plain call it
# has no end. Predict: what is the mode after each of these functions has failed?


# %%
def complaint_of(use):
    try:
        use()
    except (RuntimeError, IndexError) as error:
        return str(error)
    return "no error"


def with_a_block():
    with torch.set_grad_enabled(False):
        return 1.0 / w[2]


def with_two_calls():
    torch.set_grad_enabled(False)
    answer = 1.0 / w[2]  # there is no w[2]: the next line is never reached
    torch.set_grad_enabled(True)
    return answer


assert "out of bounds" in complaint_of(with_a_block)
assert torch.is_grad_enabled()
assert "out of bounds" in complaint_of(with_two_calls)
assert not torch.is_grad_enabled()
torch.set_grad_enabled(True)  # or nothing below would be recorded

# %% [markdown]
# Even without an error the second one is wrong: called where recording was off, it leaves it on.
#
# ## The decorator
# A *decorator* takes a function and returns another one in its place: `@d` above `def f` means `f = d(f)`.
# `@torch.no_grad()` returns a function that runs f in such a block. What stands in the decorator itself runs once, when
# f is defined; what stands in the inner function runs at every call. Predict what this one has counted after two calls.


# %%
def counted(f):
    @functools.wraps(f)  # gives `inner` the name and the docstring of f
    def inner(*args, **kwargs):  # whatever f is called with: by position, by name
        inner.calls += 1
        return f(*args, **kwargs)

    inner.calls = 0
    return inner


@counted
@torch.no_grad()
def largest(values, scale=1.0):
    """The largest value, as a constant."""
    return (scale * values).max()


assert largest.calls == 0  # it is defined, and nobody has called it
assert largest(w).item() == 2.0
assert not largest(w, scale=2.0).requires_grad
assert largest.calls == 2
assert (largest.__name__, largest.__doc__) == ("largest", "The largest value, as a constant.")

# %% [markdown]
# ## eval() is something else
# Each part of a model has a flag `training`. `eval()` sets it to False, in all parts. Only a few layers care:
# dropout, which zeroes numbers at random in training, lets all pass, and BatchNorm uses its stored statistics.
# The flag says nothing about recording. Predict: which of the four answers are in a graph, and which are random?

# %%
model = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 1))
x = torch.ones(1, 4)


def look_at(training, recording):  # (random, in a graph)
    model.train(training)
    with torch.set_grad_enabled(recording):
        first, second = model(x), model(x)
    return (first.item() != second.item(), first.requires_grad)


assert look_at(training=True, recording=True) == (True, True)
assert look_at(training=True, recording=False) == (True, False)  # no_grad alone: still random
assert look_at(training=False, recording=True) == (False, True)  # eval() alone: still recorded
assert look_at(training=False, recording=False) == (False, False)  # an evaluation needs both

# %% [markdown]
# No block ends `eval()`. Who changes a mode must put it back, also where something fails in between: `finally` is done
# on the way out, on whichever way. (`modules()` tells all parts of a model, `named_modules()` also their names.) Here
# one layer is switched on, to see how much dropout makes answers vary. Predict: in which mode is it after a failure?


# %%
@torch.no_grad()
def spread(model, dropout, x):
    before = dropout.training
    dropout.training = True
    try:
        return torch.stack([model(x) for _ in range(50)]).std().item()
    finally:
        dropout.training = before  # what was found, which need not be False


model.eval()
assert spread(model, model[2], x) > 0
assert "cannot be multiplied" in complaint_of(lambda: spread(model, model[2], torch.ones(1, 5)))
assert not model[2].training  # back in eval mode

# %% [markdown]
# ## Changing leaves
# A leaf that requires a gradient may not be changed in place while that would be recorded (lesson 04). Under `no_grad`
# it may, and it stays the same leaf: the optimizer that holds it goes on with it. A *frozen* leaf does not protest.
# That is worse. Predict: what becomes of it if something tracked is added to it?

# %%
free = torch.ones(2, dtype=torch.float64, requires_grad=True)
frozen = torch.ones(2, dtype=torch.float64)
assert "a leaf Variable that requires grad" in complaint_of(lambda: free.mul_(2.0))
frozen.add_(w)  # no complaint ...
assert (frozen.requires_grad, frozen.is_leaf) == (True, False)  # ... and it has become a node in the graph of w

frozen = torch.ones(2, dtype=torch.float64)
with torch.no_grad():
    free.mul_(2.0)
    frozen.add_(w)
assert (free.requires_grad, free.is_leaf) == (True, True)
assert (frozen.requires_grad, frozen.is_leaf) == (False, True)

# %% [markdown]
# ## inference_mode: faster, and for good
# `torch.inference_mode()` goes further. It turns recording off, and it leaves out the bookkeeping with which
# backward notices changes in place (lesson 09). So what is made in it is marked, and can never be part of what a graph
# keeps. Predict: which of these three fail, outside of the block?

# %%
with torch.inference_mode():
    marked = 3 * w
assert marked.is_inference()
assert "saved for backward" in complaint_of(lambda: w * marked)  # the product rule needs both factors
assert "Inplace update" in complaint_of(lambda: marked.add_(1.0))
assert complaint_of(lambda: w + marked) == "no error"  # the rule of a sum needs neither
assert (w * marked.clone()).requires_grad  # a copy made out here is an ordinary tensor

# %% [markdown]
# So: `inference_mode` for answers that no graph will ever see, `no_grad` wherever training goes on with the result.
#
# ## What it saves
# A graph keeps the tensors that backward will need. `saved_tensors_hooks` calls a function with each of them: we add up
# their bytes. And we measure times. These differ from run to run and from machine to machine, so look at the ratios.
# Predict for a model without dropout or BatchNorm: in which of the four modes is anything kept?

# %%
deep = nn.Sequential(*[layer for _ in range(24) for layer in (nn.Linear(64, 64), nn.ReLU())])
batch = torch.randn(64, 64)  # 64 rows of 64 numbers, 4 bytes each: 16 KiB
own = {parameter.data_ptr() for parameter in deep.parameters()}  # these are there anyway
ways = {
    "train()": (True, torch.enable_grad),
    "eval()": (False, torch.enable_grad),
    "eval() and\nno_grad": (False, torch.no_grad),
    "eval() and\ninference_mode": (False, torch.inference_mode),
}


def forward(way):
    training, context = ways[way]
    deep.train(training)
    with context():
        return deep(batch)


def kibibytes_kept(way):
    sizes = {}  # bytes, by address: a tensor that two nodes keep is there once

    def look(tensor):
        if tensor.data_ptr() not in own:
            sizes[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(look, lambda tensor: tensor):
        forward(way)
    return sum(sizes.values()) / 1024


kept = {way: kibibytes_kept(way) for way in ways}
rounds = [{way: timeit(functools.partial(forward, way), number=1) for way in ways} for _ in range(60)]
fastest = {way: min(times[way] for times in rounds) for way in ways}
assert kept["train()"] == kept["eval()"] == 25 * 16  # the batch and what each ReLU gave: eval() saves nothing
assert list(kept.values())[2:] == [0.0, 0.0]
ratios = {way: time / fastest["train()"] for way, time in fastest.items()}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
for axes, heights, colour, unit in [(left, kept, ORANGE, "{:.0f}"), (right, ratios, BLUE, "{:.2f}")]:
    axes.bar_label(axes.bar(list(heights), list(heights.values()), color=colour), fmt=unit)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("mode of the forward pass")
left.set(ylabel="kept for backward (KiB)", title="Memory")
right.set(ylabel="time (train() = 1)", title="Time, fastest of 60 runs")
show(figure, "10_time_and_memory")

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/10_with_torch_no_grad.py`. Ask a model and leave no trace, write `untracked` yourself, and
# let one model follow another. Run, in the course's main folder:
#
#     pytest assignments -k 10
