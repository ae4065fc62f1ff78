"""Lesson 27 · A batch of vector-Jacobian products.

Goal     go backward with a v for each sample, know when the batch may be summed, and get gradients sample by sample
Needs    lessons 06, 07, 25 and 26
Time     30 minutes
Next     assignments/advanced/27_batch_vjp.py
"""

# %% [markdown]
# ## A v for each sample
# A function of one input x, (2,), with three outputs. Written with `...`, it takes a whole batch X, (B, 2), as well:
# it works on the last axis, and leaves those before it alone.

# %%
import timeit

import matplotlib.pyplot as plt
import torch
from figures import BLUE, GREEN, ORANGE, show


def three_of_two(x):
    return torch.stack([x[..., 0] * x[..., 1], x[..., 0] ** 2, x[..., 0] + x[..., 1]], dim=-1)


X = torch.tensor([[2.0, 3], [1, -1], [0, 4], [5, 2]])
V = torch.tensor([[1.0, 10, 100], [1, 0, 0], [0, 2, 1], [-1, 1, 3]])
assert three_of_two(X).shape == V.shape == (4, 3)

# %% [markdown]
# Each sample has its own Jacobian, and a v of its own arrives at it. So for each there is a vᵀJ. First the loop,
# which is plainly right: four forward passes, four backward passes.


# %%
def looped(f, X, V):
    rows = []
    for x, v in zip(X, V, strict=True):
        leaf = x.clone().requires_grad_()
        rows += torch.autograd.grad(f(leaf), leaf, v)
    return torch.stack(rows)


one_by_one = looped(three_of_two, X, V)
assert one_by_one[0].tolist() == [143.0, 102.0]  # as in lesson 26

# %% [markdown]
# Now all at once. Backward knows nothing of samples: the output is an array of 12 numbers, V has 12 entries, and
# Σ V · Y over all of them goes backward, *summed over the batch*. Predict: does row 0 of the answer contain
# something of the other samples?

# %%
leaf = X.clone().requires_grad_()
three_of_two(leaf).backward(V)
assert torch.equal(leaf.grad, one_by_one)

# %% [markdown]
# ## Why the sum does no harm
# The Jacobian of the whole batch has a slope for each pair of an output (b, i) and an input (c, j): shape
# (4, 3, 4, 2). Predict: which of the 4 × 4 blocks, one for each pair of samples, are zero?

# %%
whole = torch.func.jacrev(three_of_two)(X)
assert whole.shape == (4, 3, 4, 2)
for b in range(4):
    for c in range(4):
        expected = torch.func.jacrev(three_of_two)(X[b]) if b == c else torch.zeros(3, 2)
        assert torch.equal(whole[b, :, c, :], expected)

# %% [markdown]
# All but the diagonal ones. Row c of the answer is Σ_b v_bᵀ J_bc: a sum over the batch in which one term is left.
# That is the whole secret: *where samples do not mix, a sum over the batch keeps them apart*.
#
# ## Pitfall: where samples mix
# BatchNorm in train mode takes the mean and the spread of the *batch* from each sample. Then every output depends on
# every input. In eval mode it uses the mean and the spread that it has stored. Predict for both modes: does one
# backward pass still give each sample's own vᵀJ?


# %%
def normalised(X):  # what nn.BatchNorm1d does at first, in train mode
    return (X - X.mean(dim=0)) / X.std(dim=0, correction=0)


norm = torch.nn.BatchNorm1d(2)
assert torch.allclose(norm(X), normalised(X), atol=1e-4)  # it adds 0.00001 to the variance, against division by 0

leaf = X.clone().requires_grad_()
V2 = V[:, :2]
(together,) = torch.autograd.grad(norm(leaf), leaf, V2)
blocks = torch.func.jacrev(normalised)(X)
assert blocks[0, :, 1, :].abs().max() > 0.01  # sample 0's output moves when sample 1 does
own = torch.stack([V2[b] @ blocks[b, :, b, :] for b in range(4)])
assert not torch.allclose(together, own, atol=0.01)

norm.eval()
(apart,) = torch.autograd.grad(norm(leaf), leaf, V2)
assert torch.allclose(apart, looped(lambda x: norm(x[None])[0], X, V2))  # x[None] is a batch of one

# %% [markdown]
# Nothing is wrong with `together`: it is the gradient that training needs. But its row b is not "sample b's own".
#
# ## Write for one, run for all: vmap
# Not every function takes a batch. `torch.func.vmap` turns a function of one sample into one of a batch: it hides
# the first axis, so that inside there is one sample, and does the arithmetic for all of them together. `in_dims` says
# for each argument which axis holds the samples; `None` means that all samples share it. Predict how often the
# function is called, for four samples.

# %%
shapes = []


def distance(x, centre):  # of one x, (2,): for such a row `@` gives a number
    shapes.append(tuple(x.shape))
    return torch.sqrt((x - centre) @ (x - centre))


centre = torch.tensor([1.0, 1.0])
distances = torch.func.vmap(distance, in_dims=(0, None))(X, centre)
assert torch.allclose(distances, (X - centre).norm(dim=1))
assert shapes == [(2,)]  # once, and it has seen one sample

# %% [markdown]
# Inside there may be a derivative: `torch.func.grad` makes of a function with one number as its result the function
# that gives its gradient, with respect to the first argument. But an `if` that asks whether x is far away is refused,
# since some samples are and some are not; `torch.where` picks for each. Predict: which way does the gradient point?

# %%
outward = torch.func.vmap(torch.func.grad(distance), in_dims=(0, None))(X, centre)
assert torch.allclose(outward, (X - centre) / distances[:, None])  # straight away from the centre, with length 1

# %% [markdown]
# ## A gradient for each sample
# Parameters are what all samples share, and so their gradient *is* a sum over the batch: there the samples are lost.
# Yet one may want to know which sample pulls how hard, to find bad data, or to limit each one's influence. We fit a
# line to five points, the last of which is misread. Predict each one's pull on the slope. And if the batch's loss is
# the mean, is the batch's gradient their sum or their mean?

# %%
x = torch.tensor([0.0, 1, 2, 3, 4])
y = torch.tensor([1.0, 2, 3, 4, -5])
line = {"slope": torch.tensor(1.0), "start": torch.tensor(1.0)}


def loss_of_one(line, x, y):
    return torch.abs(line["slope"] * x + line["start"] - y)


each = torch.func.vmap(torch.func.grad(loss_of_one), in_dims=(None, 0, 0))(line, x, y)
assert each["slope"].shape == (5,)  # a dict like `line`, with an axis for the samples in front
assert each["slope"].tolist() == [0.0, 0.0, 0.0, 0.0, 4.0]  # one sample does all the pulling

of_batch = torch.func.grad(lambda line: loss_of_one(line, x, y).mean())(line)
assert torch.isclose(of_batch["slope"], each["slope"].mean())  # it can be had from these, but not these from it

# %% [markdown]
# A module keeps its parameters inside, where `torch.func.grad` does not see them. `torch.func.functional_call` runs
# a module with parameters that you hand in, by name, and for this call only. Those that you leave out are used as
# they are. It takes the arguments of the call as a tuple. A module expects a batch, and inside vmap there is one
# sample: `x[None]` makes a batch of one.

# %%
layer = torch.nn.Linear(2, 1)
without_weight = torch.func.functional_call(layer, {"weight": torch.zeros(1, 2)}, (X,))
assert torch.equal(without_weight, layer.bias.expand(4, 1))  # of W x + b the layer's own b is left
assert layer.weight.abs().sum() > 0  # the layer itself is as it was

# %% [markdown]
# ## A Jacobian for each sample
# `vmap(jacrev(f))` gives J for each sample, if f is written for one. If f takes only batches, ask in another way.
# One backward pass answers one question for *all* samples. Here the question is: what is uᵀJ, with the same u for
# everybody? Predict the shape of the answer.

# %%
each_jacobian = torch.func.vmap(torch.func.jacrev(three_of_two))(X)
assert each_jacobian.shape == (4, 3, 2)
u = torch.tensor([1.0, -1.0, 2.0])
leaf = X.clone().requires_grad_()
(answers,) = torch.autograd.grad(three_of_two(leaf), leaf, u.expand(4, 3))
assert answers.shape == (4, 2)
assert torch.allclose(answers, u @ each_jacobian)  # @ works on the last two axes, for each sample

# %% [markdown]
# So how many such questions, and with which u, tell you all of every J? Not 4 · 3. And mind where the answers go:
# `torch.stack` puts its new axis in front unless you say where. Predict: does `reshape` cure that?

# %%
stacked = torch.stack([torch.full((4, 2), float(question)) for question in range(3)])
assert stacked.shape == (3, 4, 2)  # questions first, samples second
assert stacked.movedim(0, 1)[0, :, 0].tolist() == [0.0, 1.0, 2.0]
assert stacked.reshape(4, 3, 2)[0, :, 0].tolist() == [0.0, 0.0, 0.0]  # the shape is right, the numbers are not

# %% [markdown]
# ## Loop against batch, measured
# Three ways to one answer: the loop, one backward pass for the batch, and vmap. Predict: for 256 samples, how many
# times faster is the batch? Times differ from machine to machine, so we only assert that the answers agree.

# %%
torch.manual_seed(0)
W1, W2 = torch.randn(16, 32) / 4, torch.randn(32, 8) / 6


def network(x):
    return torch.tanh(x @ W1) @ W2


def batched(f, X, V):
    leaf = X.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf, V)[0]


def vmapped(f, X, V):
    return torch.func.vmap(lambda x, v: torch.func.vjp(f, x)[1](v)[0])(X, V)  # vjp(f, x): f(x), and v ↦ vᵀJ


def milliseconds(way, X, V):
    # The best of three, since what else the computer does only ever adds time.
    return 1000 * min(timeit.repeat(lambda: way(network, X, V), number=1, repeat=3))


sizes = [1, 4, 16, 64, 256]
ways = {"a loop over samples": looped, "vmap": vmapped, "one batch": batched}
times = {name: [] for name in ways}
for size in sizes:
    X, V = torch.randn(size, 16), torch.randn(size, 8)
    for name, way in ways.items():
        assert torch.allclose(way(network, X, V), batched(network, X, V), atol=1e-5)
        times[name].append(milliseconds(way, X, V))
ratio = times["a loop over samples"][-1] / times["one batch"][-1]
print(f"For {sizes[-1]} samples the loop takes {ratio:.0f} times as long as the batch.")

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, spent), colour, marker in zip(times.items(), (BLUE, ORANGE, GREEN), "osD", strict=True):
    axes.loglog(sizes, spent, color=colour, marker=marker, label=name)
axes.set_xticks(sizes, labels=[str(size) for size in sizes])
axes.minorticks_off()
axes.set(xlabel="samples in the batch", ylabel="time for all vᵀJ (ms)", title="The same products, three ways")
axes.legend(loc="upper left")
show(figure, "27_time")

# %% [markdown]
# The loop's time grows with the batch, the others' hardly: most of what a small operation costs is calling it, and
# the batch calls each operation once.
#
# ## Your turn
# Open `assignments/advanced/27_batch_vjp.py`: all vᵀJ of a batch from one call of f, the gradients of each sample's
# own loss for any model, and all Jacobians. Then run, in the course's main folder:
#
#     pytest assignments -k 27
