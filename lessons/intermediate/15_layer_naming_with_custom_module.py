"""Lesson 15 · A module of named parts.

Goal     build a model of parts with names, know what registers and what does not, and move one part by its prefix
Needs    lessons 06, 13 and 14
Time     25 minutes
Next     assignments/intermediate/15_layer_naming_with_custom_module.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, SKY, show
from torch import nn

torch.manual_seed(15)
torch.set_num_threads(1)  # in a net this small, more threads only get in each other's way

# %% [markdown]
# ## Parts that are attributes
# A Sequential runs its layers in a row. Many models do not: one stem, and two branches that both start from it. For
# these you write a class. In `__init__` each part becomes an attribute, and the attribute's name is the part's name.
# In `forward` you say who gets what. Predict: how many children has the model below, and in which order?


# %%
class Weather(nn.Module):
    """From 3 measurements: tomorrow's temperature, and a score for rain."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
        self.rain = nn.Linear(4, 1)
        self.warmth = nn.Linear(4, 1)

    def forward(self, x):
        features = self.stem(x)  # computed once, used twice
        return self.warmth(features), self.rain(features)


model = Weather()
x = torch.randn(5, 3)
warmth, rain = model(x)
assert [name for name, _ in model.named_children()] == ["stem", "rain", "warmth"]  # as made in __init__
assert torch.equal(rain, model.rain(model.stem(x)))
# Each branch gives a column, (n, 1). Targets are often (n,), and then the column must go (lesson 06).
assert rain[:, 0].shape == rain.squeeze(1).shape == (5,)
assert rain[:1].squeeze().shape == ()  # without an axis, squeeze takes all of length 1: of one row nothing is left

# %% [markdown]
# ## What registers, and what does not
# A module looks at every attribute you assign. A `Parameter` or a `Module` goes on its list; anything else does not,
# and a list or a dict *of* modules is something else. `ModuleList` and `ModuleDict` are a list and a dict that register
# what they hold. Predict for each of the four models: how many parameters does it know?


# %%
class Parts(nn.Module):
    def __init__(self, parts):
        super().__init__()
        self.parts = parts

    def forward(self, x):
        return self.parts[1](self.parts[0](x))


def two():
    return [nn.Linear(2, 2), nn.Linear(2, 2)]


named = dict(zip(["first", "second"], two(), strict=True))
in_list, in_dict = Parts(two()), Parts(named)
in_module_list, in_module_dict = Parts(nn.ModuleList(two())), Parts(nn.ModuleDict(named))
known = [len(list(model.parameters())) for model in (in_list, in_dict, in_module_list, in_module_dict)]
assert known == [0, 0, 4, 4]
assert list(in_module_list.state_dict())[:2] == ["parts.0.weight", "parts.0.bias"]
assert list(in_module_dict.state_dict())[:2] == ["parts.first.weight", "parts.first.bias"]

# %% [markdown]
# ## Pitfall: a part that nobody knows
# The forward pass of `in_list` works: it only needs the layers. What fails is all that goes by the list: the optimizer,
# saving, `double()`, `train()` and `eval()`. The first sign is often an error about dtypes, so we provoke it.

# %%
assert in_list(torch.zeros(1, 2)).shape == (1, 2)
assert list(in_list.state_dict()) == []  # saved, this model would be an empty file
try:
    in_list.double()(torch.zeros(1, 2, dtype=torch.float64))
except RuntimeError as error:
    message = str(error)
assert "must have the same dtype" in message  # double() did not find the layers, and they are float32 still
assert [name for name, _ in in_list.named_children()] == []  # the check: one look at the children

# %% [markdown]
# ## ModuleDict: choose a part by its name
# A ModuleDict is for parts that are chosen while the program runs: one head for each city, say. It is used like a
# dict. Its keys are names, so they must be texts without a dot. Predict: after a backward pass through one head, what
# do the others have in `.grad`?

# %%
heads = nn.ModuleDict({city: nn.Linear(4, 1) for city in ("Oslo", "Quito", "Perth")})
features = torch.randn(6, 4)
heads["Quito"](features).sum().backward()
assert [city for city, head in heads.items() if head.weight.grad is not None] == ["Quito"]
# So each part would be one level deeper in a model that holds this dict: `heads.Quito.weight`.
assert "Quito.weight" in heads.state_dict()

try:
    heads["St. Gallen"] = nn.Linear(4, 1)
except KeyError as error:
    message = error.args[0]
assert message == 'module name can\'t contain ".", got: St. Gallen'

# %% [markdown]
# ## Prefixes: one part of a saved model
# In a `state_dict` a part's tensors share a *prefix*, its name and a dot. So a part can be taken out of what was saved
# and put into another model: keep the keys with the prefix, and cut it off. `load_state_dict` takes the rest.
# Predict: after that, do the two models agree on rain?

# %%
saved = Weather().state_dict()
assert list(saved)[:3] == ["stem.0.weight", "stem.0.bias", "rain.weight"]
prefix = "stem."
stem = {key.removeprefix(prefix): tensor for key, tensor in saved.items() if key.startswith(prefix)}
model.stem.load_state_dict(stem)
assert torch.equal(model.state_dict()["stem.0.weight"], saved["stem.0.weight"])
assert not torch.equal(model.state_dict()["rain.weight"], saved["rain.weight"])  # the stem alone: they do not agree

# The dot belongs to the prefix. Without it, a part with a longer name comes along.
keys = ["head.weight", "headline.weight"]
assert [key for key in keys if key.startswith("head")] == keys

# %% [markdown]
# ## A number that must be positive
# Some outputs have to be positive: a duration, a rate, a spread. A linear layer gives any number. `softplus` bends it:
#
#     softplus(a) = log(1 + eᵃ)
#
# Far to the right it is nearly a, far to the left nearly 0, and never negative. Its slope is the sigmoid.
# Written out it has a weakness; predict what the formula gives at a = 1000.

# %%
a = torch.tensor([-5.0, 0.0, 5.0], dtype=torch.float64, requires_grad=True)
bent = nn.functional.softplus(a)
assert torch.allclose(bent, torch.log(1 + torch.exp(a)))
bent.sum().backward()
assert torch.allclose(a.grad, torch.sigmoid(a))
large = torch.tensor(1000.0, dtype=torch.float64)
assert torch.log(1 + torch.exp(large)) == float("inf")  # exp overflows
assert nn.functional.softplus(large) == 1000.0

# %% [markdown]
# ## A model that says how sure it is
# A bus goes x km and needs y minutes. Far trips take longer, and are less certain. So the model shall give two
# numbers: a typical time m, and a spread s. What is a good loss for both? We take, for one trip,
#
#     log s + |y − m| / s
#
# The second term punishes a miss, and the smaller the spread that was claimed, the harder. The first punishes a
# large spread. (It is the negative logarithm of the Laplace density, up to a constant.)
#
# By hand: |y − m| grows with m by −sign(y − m), where sign is 1 or −1. The loss is a mean over n trips, so
#
#     ∂L/∂mᵢ = −sign(yᵢ − mᵢ) / sᵢ / n        ∂L/∂sᵢ = (1/sᵢ − |yᵢ − mᵢ| / sᵢ²) / n
#
# Predict: a trip took 4 minutes more than the typical time. At which spread is the second one zero?

# %%
m = torch.tensor([10.0, 20.0], dtype=torch.float64, requires_grad=True)
s = torch.tensor([4.0, 2.0], dtype=torch.float64, requires_grad=True)
y = torch.tensor([14.0, 15.0], dtype=torch.float64)


def spread_loss(m, s, y):
    return (torch.log(s) + (y - m).abs() / s).mean()


spread_loss(m, s, y).backward()
with torch.no_grad():
    by_hand_m = -torch.sign(y - m) / s / 2
    by_hand_s = (1 / s - (y - m).abs() / s**2) / 2
assert torch.equal(m.grad, by_hand_m)
assert torch.equal(s.grad, by_hand_s)
assert s.grad.tolist() == [0.0, (1 / 2 - 5 / 4) / 2]  # 4: the spread that fits the miss. The other one is too small

# %% [markdown]
# ## The whole model at work
# A stem, and two parts on it. We train them on 200 trips, and draw what they claim: a line for the typical time,
# and a band as wide as the spread to either side. `rand` draws evenly from 0 to 1: the distances. Predict: is the
# band as wide at 1 km as at 9 km?


# %%
class Bus(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(1, 16), nn.Tanh())
        self.typical = nn.Linear(16, 1)
        self.spread = nn.Linear(16, 1)

    def forward(self, km):
        features = self.stem(km[:, None] / 10)
        return 10 * self.typical(features)[:, 0], nn.functional.softplus(self.spread(features)[:, 0])


km = 10 * torch.rand(200)
minutes = 3 * km + (0.2 + 0.5 * km) * torch.randn(200)
bus = Bus()
optimizer = torch.optim.Adam(bus.parameters(), lr=0.02)
for _ in range(250):
    optimizer.zero_grad()
    spread_loss(*bus(km), minutes).backward()
    optimizer.step()

with torch.no_grad():
    grid = torch.linspace(0.5, 9.5, 50)
    middle, width = bus(grid)
assert width[-1] > 2 * width[0]

figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
axes.fill_between(grid, middle - width, middle + width, color=SKY, alpha=0.45, label="typical ± spread")
axes.plot(km, minutes, "o", color=ORANGE, markersize=4, label="200 trips")
axes.plot(grid, middle, color=BLUE, linewidth=2.5, label="typical time")
axes.set(xlabel="distance (km)", ylabel="time (minutes)", title="Two parts, two answers: how long, and how sure")
axes.legend(loc="upper left")
show(figure, "15_band")

# %% [markdown]
# ## How much gradient has a part?
# The norm of several tensors together is that of all their numbers in one long vector: square, add, root *once*.
# Norms do not add: 3 and 4 make 5. Predict: does the norm of a part grow when a tensor of zeros joins it?

# %%
part = nn.Linear(1, 1, dtype=torch.float64)
part.weight.grad, part.bias.grad = torch.full((1, 1), 3.0).double(), torch.full((1,), 4.0).double()
norms = [parameter.grad.norm().item() for parameter in part.parameters()]
squares = sum((parameter.grad**2).sum().item() for parameter in part.parameters())
assert norms == [3.0, 4.0]
assert squares**0.5 == 5.0 != sum(norms)

# A part without parameters, or one that no loss has reached, has nothing to add up. None must be passed over.
part.weight.grad = None
found = [parameter.grad for parameter in part.parameters() if parameter.grad is not None]
assert sum((gradient**2).sum().item() for gradient in found) ** 0.5 == 4.0  # 0.0 where nothing is found

# %% [markdown]
# ## Your turn
# Open `assignments/intermediate/15_layer_naming_with_custom_module.py`: a model of three named parts, the gradients of
# its loss by hand, and the norm of the gradient part by part. In the course's main folder, run:
#
#     pytest assignments -k 15
