"""Lesson 14 · Layers with names.

Goal     name the layers of a Sequential, reach them by name, and listen to one of them while a pass runs
Needs    lesson 13
Time     25 minutes
Next     assignments/intermediate/14_layer_naming_with_ordereddict.py
"""

# %%
import copy
from collections import OrderedDict

import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, show
from torch import nn

torch.manual_seed(14)


def complaint_of(use):
    try:
        use()
    except (KeyError, RuntimeError) as error:
        return str(error)
    return "no error"


# %% [markdown]
# ## Numbers move
# `nn.Sequential(a, b, c)` calls its layers 0, 1 and 2. That is short, and it breaks as soon as someone puts a layer in
# between. Predict: the weight of the last layer is called `2.weight`. What is it called after we add a norm?

# %%
before = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4))
after = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 4))
assert "2.weight" in before.state_dict()
assert list(after.state_dict())[-2:] == ["3.weight", "3.bias"]  # 2 is the Tanh now, and has no weight

# %% [markdown]
# ## Names instead of numbers
# Give the Sequential an `OrderedDict`, and its keys become the names. It is a dict that says in its type that the order
# counts; it is filled like any dict. `nn.Sequential(**layers)` would not do: a Sequential takes one OrderedDict, or the
# layers without names. Predict: can the layers still be reached by number?

# %%
layers = OrderedDict()
layers["squeeze"] = nn.Linear(3, 2)
layers["bend"] = nn.Tanh()
layers["stretch"] = nn.Linear(2, 3)
model = nn.Sequential(layers)
print(model)

assert [name for name, _ in model.named_children()] == ["squeeze", "bend", "stretch"]
assert model.stretch is model[2] is model.get_submodule("stretch")  # by name, by number, by a name in a variable

# In a loop the names are made as they are needed, and an f-string puts the number in.
pyramid = OrderedDict((f"fold{width}", nn.Linear(width, width // 2)) for width in (8, 4, 2))
assert list(nn.Sequential(pyramid).state_dict())[::2] == ["fold8.weight", "fold4.weight", "fold2.weight"]

# Not every name will do. A dot would make a path of it, and a name that a module needs for itself is taken.
assert "contain" in complaint_of(lambda: nn.Sequential(OrderedDict({"a.b": nn.Tanh()})))
assert "already exists" in complaint_of(lambda: nn.Sequential(OrderedDict({"forward": nn.Tanh()})))

# %% [markdown]
# ## Names are the keys of what is saved
# `state_dict()` has one key for each tensor: the layer's path, a dot, and the tensor's name. `load_state_dict` goes by
# these keys. Predict: the two models below compute the same. Does one load what the other has saved?

# %%
other = nn.Sequential(OrderedDict(inward=nn.Linear(3, 2), bend=nn.Tanh(), stretch=nn.Linear(2, 3)))
saved = model.state_dict()
assert list(saved) == ["squeeze.weight", "squeeze.bias", "stretch.weight", "stretch.bias"]  # a Tanh has nothing to save
message = complaint_of(lambda: other.load_state_dict(saved))
assert 'Missing key(s) in state_dict: "inward.weight"' in message
assert 'Unexpected key(s) in state_dict: "squeeze.weight"' in message

# The cure is a table of keys, from old to new. What the table does not mention keeps its key.
table = {"squeeze.weight": "inward.weight", "squeeze.bias": "inward.bias"}
other.load_state_dict({table.get(key, key): tensor for key, tensor in saved.items()})
x = torch.randn(5, 3)
assert torch.equal(model(x), other(x))

# %% [markdown]
# ## Pitfall: a key taken twice, a key changed too early
# A dict holds one value for each key. Who puts in a second one loses the first, and nobody says a word.
# Predict: how many layers has this model?

# %%
careless = OrderedDict([("linear", nn.Linear(3, 3)), ("bend", nn.Tanh()), ("linear", nn.Linear(3, 5))])
assert list(careless) == ["linear", "bend"]
assert careless["linear"].out_features == 5  # the second layer, in the place of the first

# %% [markdown]
# And where keys are changed one after the other, the first change can hit what the second one is looking for.
# The words below shall trade places. Predict what is left.

# %%
swap = {"left": "right", "right": "left"}
hands = {"left": "fork", "right": "knife"}
for old, new in swap.items():
    hands[new] = hands.pop(old)
assert hands == {"left": "fork"}  # the first change has overwritten the knife, the second has carried the fork back

# A new dict, with every key looked up in the table as it was given, is safe. And it keeps the order.
hands = {"left": "fork", "right": "knife"}
assert {swap[key]: value for key, value in hands.items()} == {"right": "fork", "left": "knife"}

# %% [markdown]
# ## The same layers in another container
# A Sequential only *holds* its layers. Another one can hold the very same ones, in part or as a whole: nothing is
# copied, and what one of them learns the other knows. Predict: we set a weight through `model`. Which of the two
# others sees it, the one that holds the same layers or the copy?

# %%
front = nn.Sequential(OrderedDict(first=model.squeeze, second=model.bend))
duplicate = copy.deepcopy(model)
with torch.no_grad():
    model.squeeze.weight.fill_(7.0)
assert front.first is model.squeeze
assert front.first.weight[0, 0] == 7.0
assert duplicate.squeeze.weight[0, 0] != 7.0
assert len(model) == 3  # and the model has lost nothing

# %% [markdown]
# One layer may stand in a Sequential under two names. `named_children()` and `named_modules()` tell the first only.
# With `remove_duplicate=False` (lesson 13) `named_modules` tells both, together with all that is inside of the layers,
# in dotted paths. Predict: how often does the Tanh run in a forward pass?

# %%
bend = nn.Tanh()
wavy = nn.Sequential(OrderedDict(a=nn.Linear(3, 3), bend1=bend, b=nn.Linear(3, 3), bend2=bend))
assert [name for name, _ in wavy.named_children()] == ["a", "bend1", "b"]
assert [path for path, _ in wavy.named_modules(remove_duplicate=False)] == ["", "a", "bend1", "b", "bend2"]
assert len(wavy) == len(list(wavy)) == 4  # by number, and in a for loop, all four are there
assert torch.equal(wavy(x), bend(wavy.b(bend(wavy.a(x)))))  # twice

# %% [markdown]
# ## A hook listens at a layer
# How do you see what a layer in the middle gives, without rewriting `forward`? A *hook* is a function that torch calls
# for you. `layer.register_forward_hook(look)` asks torch to call `look(layer, inputs, output)` whenever the layer has
# run. It returns a *handle*, and `handle.remove()` ends it. Predict: how many outputs do we hear in two passes?

# %%
heard = []


def listen(layer, inputs, output):
    heard.append(output.detach())


handle = model.bend.register_forward_hook(listen)
model(x)
model(2 * x)
handle.remove()
model(3 * x)
assert len(heard) == 2
assert torch.equal(heard[0], front(x))

# %% [markdown]
# ## Pitfall: a hook that nobody removes
# A hook stays on its layer, and a layer can be in several models. Whoever looks twice and never removes has two hooks.
# Predict: the function below is called three times. How many numbers has it written down after that?

# %%
notes = []


def largest_activation(x):
    model.bend.register_forward_hook(lambda layer, inputs, output: notes.append(output.max().item()))
    model(x)


for _ in range(3):
    largest_activation(x)
assert len(notes) == 1 + 2 + 3  # one hook, then two, then three
front(x)
assert len(notes) == 9  # and the other container has the same layer, so it has its hooks too
model = copy.deepcopy(duplicate)  # made before the hooks: we go on with a clean one
front = model[:2]

# %% [markdown]
# ## The gradient in the middle
# The output h of a layer in the middle is no leaf, and backward does not keep its gradient (lesson 01). There are two
# ways to it: `h.retain_grad()` before `backward()`, which also fills the `.grad` of every parameter on its way; or
# `torch.autograd.grad(y, [h], grad_outputs=v)`, which hands it back and touches nothing.
#
# Here v is the *cotangent*: the gradient that arrives at y from above, a number for each entry of y. So what we get
# is the gradient of Σ vᵢ yᵢ with respect to h. Since y = h Wᵀ + b in the last layer, it is v W. Predict its shape.

# %%
v = torch.randn(5, 3)
h = front(x)
y = model.stretch(h)
(at_h,) = torch.autograd.grad(y, [h], grad_outputs=v)
assert at_h.shape == h.shape == (5, 2)
assert torch.allclose(at_h, v @ model.stretch.weight)
assert all(parameter.grad is None for parameter in model.parameters())

# Ones in the place of v ask about the plain sum. With respect to y itself, the gradient of Σ vᵢ yᵢ is v.
y = model(x)
assert torch.equal(torch.autograd.grad(y, [y], grad_outputs=v)[0], v)

# %% [markdown]
# ## Pitfall: a frozen layer records nothing
# If nothing that goes into a layer tracks gradients, and its parameters do not either, then its output is a constant,
# and there is no gradient to ask for. Predict: which of these h is in a graph?

# %%
model.requires_grad_(False)
assert not front(x).requires_grad
assert "does not require grad" in complaint_of(lambda: torch.autograd.grad(model(x), [front(x)], grad_outputs=v))

# The cure is a leaf of our own as the input (lesson 08): it tracks, so all that follows is recorded.
leaf = x.detach().requires_grad_()
h = front(leaf)
assert torch.allclose(torch.autograd.grad(model.stretch(h), [h], grad_outputs=v)[0], at_h)
assert not x.requires_grad  # x itself is as it was

# %% [markdown]
# ## What a tanh lets through
# A hook on the way back is registered with `register_full_backward_hook`. torch calls it with the layer, the gradients
# at its inputs, and those at its outputs (two tuples). We listen at `bend` from both sides. Its slope is 1 − tanh², so
# of what arrives at its output less goes on to its input. Predict where nearly nothing does, then see the picture.

# %%
sides = []
handle = model.bend.register_full_backward_hook(lambda layer, *gradients: sides.append(gradients))
model(3 * leaf).backward(v)
handle.remove()
((at_input,), (at_output,)) = sides[0]
activations = front(3 * leaf).detach()
assert torch.allclose(at_input, at_output * (1 - activations**2))

share = at_input / at_output
figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
curve = torch.linspace(-1, 1, 101)
axes.plot(curve, 1 - curve**2, color=BLUE, linewidth=2, label="1 − tanh²")
axes.plot(activations.flatten(), share.flatten(), "o", color=ORANGE, markersize=8, label="heard by the hook")
axes.set(xlabel="output of bend", ylabel="gradient at its input / at its output", title="What a tanh lets through")
axes.set(ylim=(-0.05, 1.25))
axes.legend(loc="upper right")
show(figure, "14_through_a_tanh")

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/14_layer_naming_with_ordereddict.py`: a network whose layers have names, new names for
# the layers of any Sequential, and the gradient at every layer's output. In the course's main folder, run:
#
#     pytest assignments -k 14
