"""Lesson 13 · Print the layers, and see where gradients flow.

Goal     list a model's parts, count its numbers and bytes, and measure how much gradient reaches each layer
Needs    lessons 06 and 08
Time     25 minutes
Next     assignments/intermediate/13_print_layers.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, VERMILION, show
from torch import nn

torch.manual_seed(13)
torch.set_num_threads(1)  # in a net this small, more threads only get in each other's way

# %% [markdown]
# ## A model prints itself
# Parts can stand inside parts. This model has two: `eye`, which is a Sequential of three layers, and `voice`.
# `print(model)` shows the tree: a name in brackets, the class, and what the layer was made with.
# Predict: does the text also tell how many numbers are in it?


# %%
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.eye = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
        self.voice = nn.Linear(3, 2)

    def forward(self, x):
        return self.voice(self.eye(x))


model = Reader()
print(model)
lines = [line.strip() for line in str(model).splitlines()]
assert lines[:3] == ["Reader(", "(eye): Sequential(", "(0): Linear(in_features=4, out_features=3, bias=True)"]
assert "numel" not in str(model)  # sizes of layers, yes; a count of the numbers, no

# %% [markdown]
# The lines come in the order in which the parts were *made* in `__init__`. What `forward` does with them, and in
# which order, the text cannot know.
#
# ## A tree, and paths in it
# Three ways to walk the tree:
#
# - `named_children()` gives the parts one step down, and stops there
# - `named_modules()` gives all parts at any depth, the model itself too, under the empty name
# - `named_parameters()` gives the tensors
#
# A name with dots is a *path*: `eye.0` is the part `0` of the part `eye`. A part that has children is a container.
# Predict: how many pairs does each of the three give here?

# %%
assert [name for name, _ in model.named_children()] == ["eye", "voice"]
assert [path for path, _ in model.named_modules()] == ["", "eye", "eye.0", "eye.1", "eye.2", "voice"]
names = [name for name, _ in model.named_parameters()]
assert names[:4] == ["eye.0.weight", "eye.0.bias", "eye.1.weight", "eye.1.bias"]
assert len(names) == 6
# From a path back to the part, and what class it has:
assert model.get_submodule("eye.2") is model.eye[2]
assert type(model.eye[2]).__name__ == "ReLU"
assert [len(list(part.children())) for part in model.modules()] == [2, 3, 0, 0, 0, 0]  # two containers, four layers

# %% [markdown]
# ## Count numbers, not tensors
# The length of `parameters()` counts tensors. A weight of 3 rows and 4 columns is one tensor and holds twelve numbers:
# `numel()`, the number of elements. `parameters()` of a part reaches all parts inside of it; with `recurse=False` it
# gives only those that the part holds itself. Predict: what holds the Sequential itself?

# %%
assert len(list(model.parameters())) == 6
assert [parameter.numel() for parameter in model.parameters()] == [12, 3, 3, 3, 6, 2]
assert sum(parameter.numel() for parameter in model.eye.parameters()) == 12 + 3 + 3 + 3
assert list(model.eye.parameters(recurse=False)) == []  # it only holds parts

# Frozen parameters are parameters too. Here are the numbers that can still be trained:
model.voice.requires_grad_(False)
assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == 21

# %% [markdown]
# ## Pitfall: one tensor, two names
# Two layers may use the same parameter, and the same layer may stand in two places. `parameters()`,
# `named_parameters()` and `named_modules()` tell each object once, under the first of its names. Whoever adds up part
# by part sees it again and again. Predict for each line: 6 numbers, or 12?

# %%
first, second = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False)
second.weight = first.weight  # one tensor, two names
tied = nn.ModuleList([first, second])  # a ModuleList only holds its parts
assert [name for name, _ in tied.named_parameters()] == ["0.weight"]
assert sum(parameter.numel() for parameter in tied.parameters()) == 6  # right
by_layer = [sum(parameter.numel() for parameter in layer.parameters()) for layer in tied]
assert sum(by_layer) == 12  # each layer for itself is right, and the sum is not
assert list(tied.state_dict()) == ["0.weight", "1.weight"]  # what is saved to a file has every name

twice = nn.ModuleList([first, nn.ReLU(), first])  # one layer, two places
assert [path for path, _ in twice.named_modules()] == ["", "0", "1"]
assert [path for path, _ in twice.named_modules(remove_duplicate=False)] == ["", "0", "1", "2"]
assert "(2): Linear" in str(twice)  # print shows both places

# The cure where one adds up by hand: remember which objects have been seen. Objects, not values: a set of
# tensors asks "is it the same object?", and two tensors of equal numbers stay two.
seen = set()
for layer in tied:
    seen |= set(layer.parameters())
assert sum(parameter.numel() for parameter in seen) == 6
assert len({torch.ones(2), torch.ones(2)}) == 2

# %% [markdown]
# ## Bytes
# A number needs 4 bytes in float32, torch's default, 8 in float64, 2 in float16: `element_size()`. A tensor's `nbytes`
# is `numel()` times that. A module also has *buffers*: tensors that belong to it and are not trained, such as
# BatchNorm's running mean and variance. `buffers()` lists them. Predict: how many bytes of buffers has our model?

# %%
assert [(b.numel(), b.element_size()) for b in model.buffers()] == [(3, 4), (3, 4), (1, 8)]
assert sum(buffer.nbytes for buffer in model.buffers()) == 32  # the last one counts batches, in 64-bit whole numbers
assert sum(parameter.nbytes for parameter in model.parameters()) == 29 * 4
model.double()
assert sum(parameter.nbytes for parameter in model.parameters()) == 29 * 8

# A buffer may say that it is not worth saving. It needs its bytes all the same.
model.register_buffer("last_batch", torch.zeros(100), persistent=False)
assert "last_batch" not in model.state_dict()
assert "last_batch" in dict(model.named_buffers())

# %% [markdown]
# Gradients need memory as well, but only where there are any. Predict: after a backward pass, for which parameters is
# `.grad` still `None`? And when the part that has gradients is frozen after that, does its memory come back?

# %%
assert all(parameter.grad is None for parameter in model.parameters())
model(torch.randn(5, 4, dtype=torch.float64)).sum().backward()
missing = [name for name, parameter in model.named_parameters() if parameter.grad is None]
assert missing == ["voice.weight", "voice.bias"]  # we froze these
model.eye.requires_grad_(False)
assert model.eye[0].weight.grad is not None  # a flag is not a broom

# %% [markdown]
# ## Where the gradient arrives
# How strongly is each layer pulled? We measure a gradient's length, its *L2 norm*: square the entries, add them up,
# take the root. `norm()` does so. A look should change nothing, so we do not run `backward()`, which adds to `.grad`.
# `torch.autograd.grad` hands the gradients back (lesson 03). It has two demands: every tensor it is asked
# about must require a gradient, and every one must be used, unless `allow_unused=True` lets `None` stand for "not at
# all". Predict: what do these three questions give?

# %%
used, unused = (torch.tensor([3.0, 4.0], requires_grad=True) for _ in range(2))
frozen = torch.tensor([1.0, 1.0])


def answer(*asked, **options):
    try:
        return torch.autograd.grad((used * frozen).sum() ** 2 / 14, asked, **options)
    except RuntimeError as error:
        return str(error)


assert answer(used)[0].tolist() == [1.0, 1.0]
assert "does not require grad" in answer(used, frozen)
assert "have been used" in answer(used, unused)
gradient, nothing = answer(used, unused, allow_unused=True)
assert nothing is None
assert abs(gradient.norm().item() - 2**0.5) < 1e-6
assert used.grad is None  # nothing was put there

# %% [markdown]
# ## Pitfall: a sum is no length
# Why not simply add up the entries? Predict the sum, and the norm, of the gradient below.

# %%
weights = torch.zeros(2, requires_grad=True)
(gradient,) = torch.autograd.grad(30 * weights[0] - 30 * weights[1], [weights])
assert gradient.sum().item() == 0.0  # "no gradient", says the sum
assert abs(gradient.norm().item() - 30 * 2**0.5) < 1e-4  # a large one, says the norm

# %% [markdown]
# ## A deep net, twice
# On the way back each layer multiplies the gradient by its weights and by the slope of its activation. The sigmoid's
# slope is 1/4 at most. The ReLU's is 1 where it lets pass, and 0 elsewhere. We build the same net of twelve layers
# with one and with the other. The weights are random with variance 2 divided by the width (`normal_` fills a tensor
# so), which for ReLU keeps the gradient's size from layer to layer. Predict the norm in the first layer, measured in
# norms in the last: about the same? a tenth? a millionth?

# %%
WIDTH, DEPTH = 64, 12


def weight_norms(activation):
    """The gradient's norm at the weight of each linear layer, first layer first."""
    generator = torch.Generator().manual_seed(2)  # the same random numbers for both
    layers = []
    for _ in range(DEPTH):
        linear = nn.Linear(WIDTH, WIDTH)
        with torch.no_grad():
            linear.weight.normal_(std=(2 / WIDTH) ** 0.5, generator=generator)
            linear.bias.zero_()
        layers += [linear, activation()]
    net = nn.Sequential(*layers, nn.Linear(WIDTH, 1))
    x, y = torch.randn(100, WIDTH, generator=generator), torch.randn(100, 1, generator=generator)
    loss = nn.functional.mse_loss(net(x), y)
    weights = [layer.weight for layer in net if isinstance(layer, nn.Linear)][:DEPTH]
    return [gradient.norm().item() for gradient in torch.autograd.grad(loss, weights)]


sigmoid, relu = weight_norms(nn.Sigmoid), weight_norms(nn.ReLU)
assert sigmoid[0] < 1e-4 * sigmoid[-1]  # next to nothing arrives: these layers hardly learn
assert 0.1 < relu[0] / relu[-1] < 10  # about the same everywhere

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
layers = range(1, DEPTH + 1)
axes.semilogy(layers, relu, "o-", color=BLUE, linewidth=2, label="ReLU")
axes.semilogy(layers, sigmoid, "s--", color=VERMILION, linewidth=2, label="sigmoid")
axes.set(xlabel="layer (1 is next to the input)", ylabel="L2 norm of the weight's gradient")
axes.set(title="How much gradient arrives", xticks=layers)
axes.legend(loc="lower right")
show(figure, "13_gradient_flow")

# %% [markdown]
# The straight line on this scale means: the same factor at each layer. It is called a *vanishing* gradient.
#
# ## Your turn
# Open `assignments/intermediate/13_print_layers.py`: a table of layers that counts nothing twice, a model's memory, and
# the flow of gradients for any model and any loss. In the course's main folder, run:
#
#     pytest assignments -k 13
