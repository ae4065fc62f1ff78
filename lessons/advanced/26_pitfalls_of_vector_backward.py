"""Lesson 26 · Pitfalls of backward with a vector.

Goal     know seven mistakes with v by their symptoms, and the cure of each
Needs    lessons 02, 03, 09, 17, 22 and 25
Time     25 minutes
Next     assignments/advanced/26_pitfalls_of_vector_backward.py
"""

# %% [markdown]
# ## One function, and its Jacobian
# Two numbers in, three out. By hand, J has a row for each output and a column for each input. At x = (2, 3):
#
#     y₁ = x₁ x₂         J = 3  2
#     y₂ = x₁²               4  0
#     y₃ = x₁ + x₂           1  1

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, VERMILION, show


def three_of_two(x):
    return torch.stack([x[0] * x[1], x[0] ** 2, x[0] + x[1]])


J = torch.tensor([[3.0, 2], [4, 0], [1, 1]])
x = torch.tensor([2.0, 3.0], requires_grad=True)
v = torch.tensor([1.0, 10, 100])
(product,) = torch.autograd.grad(three_of_two(x), x, v)
assert product.tolist() == (v @ J).tolist() == [143.0, 102.0]

# %% [markdown]
# Some mistakes raise an error, others only give wrong numbers. For those that raise we look at the text, since
# torch's errors are nearly all of one type, `RuntimeError`. This helper returns the text.


# %%
def refusal(call):
    """The text of the RuntimeError that call() raises; empty where it raises none."""
    try:
        call()
    except RuntimeError as error:
        return str(error)
    return ""


# %% [markdown]
# ## No v for several numbers
# `y.backward()` without v stands for v = 1, and that has a meaning where y is one number. Predict which of these
# are refused: three outputs; one output of shape (1, 1); a y without any entry.

# %%
told = refusal(lambda: three_of_two(x).backward())
assert told == "grad can be implicitly created only for scalar outputs"

square = torch.full((1, 1), 3.0, requires_grad=True)
(square * square).backward()  # torch counts entries, `numel`, and not axes: one entry is one number
assert square.grad.tolist() == [[6.0]]

empty = torch.zeros(0, requires_grad=True)
assert "only for scalar" in refusal((empty * empty).backward)  # none is not one

# %% [markdown]
# *Symptom:* that text. *Cure:* pass the v you mean, or make one number of y, with a loss.
#
# ## A v of ones is not the Jacobian
# To get rid of the error, somebody passes ones. Predict what comes out, and its shape.

# %%
(ones,) = torch.autograd.grad(three_of_two(x), x, torch.ones(3))
assert ones.tolist() == J.sum(dim=0).tolist() == [8.0, 3.0]  # the rows of J, added up

# %% [markdown]
# *Symptom:* as many numbers as inputs, where you expected m times as many. And what is added up can cancel: with
# outputs that always sum to 1, as softmax's do, the answer is nothing but zeros. *Cure:* a one-hot v for each row.

# %%
rows = [torch.autograd.grad(three_of_two(x), x, one_hot)[0] for one_hot in torch.eye(3)]
assert torch.equal(torch.stack(rows), J)

(nothing,) = torch.autograd.grad(torch.softmax(x, dim=0), x, torch.ones(2))
assert nothing.abs().max() < 1e-6

# %% [markdown]
# ## A v of another shape
# v has an entry for each entry of y, so it has y's shape. Predict: which v does torch accept for a y of shape
# (3,)? One of shape (2,)? A single number, which addition would stretch? A column (3, 1)?

# %%
for wrong in [torch.ones(2), torch.ones(()), torch.ones(1), torch.ones(3, 1)]:
    told = refusal(lambda wrong=wrong: three_of_two(x).backward(wrong))
    assert told == (
        f"Mismatch in shape: grad_output[0] has a shape of {wrong.shape} and output[0] has a shape of torch.Size([3])."
    )

# %% [markdown]
# None: backward never stretches v. *Symptom:* the text, with both shapes. *Cure:* a v of y's shape.
#
# The danger is in the other way to write it. vᵀJ is the gradient of Σᵢ vᵢ yᵢ, so `(v * y).sum().backward()` does
# the same, as long as v and y have one shape. And `*` does stretch. Here y is a column of readings, (3, 1), as a
# layer with one output returns it, and v is (3,). Predict the shape of `v * y`, and what x receives.

# %%
column = three_of_two(x).reshape(3, 1)
stretched = v * column
assert stretched.shape == (3, 3)
(wrong,) = torch.autograd.grad(stretched.sum(), x)
assert wrong.tolist() != (v @ J).tolist()
assert wrong.tolist() == (v.sum() * J.sum(dim=0)).tolist()  # every v meets every y

# %% [markdown]
# *Symptom:* none at all, but a gradient too large. *Cure:* compare the shapes first, or leave it to backward, which
# refuses. Shapes are compared as a whole: (2, 3) and (3, 2) have the same number of entries.

# %%
assert v.shape != column.shape
assert "Mismatch in shape" in refusal(lambda: three_of_two(x).reshape(3, 1).backward(v))

# %% [markdown]
# ## Rows pile up
# One graph, walked once for each row of J. Two mistakes in one loop: predict what `rows` holds.

# %%
leaf = x.detach().clone().requires_grad_()
y = three_of_two(leaf)
rows = []
for one_hot in torch.eye(3):
    y.backward(one_hot, retain_graph=True)
    rows.append(leaf.grad)
assert torch.equal(torch.stack(rows), J.sum(dim=0).repeat(3, 1))  # (8, 3), three times

# %% [markdown]
# The first: `backward` adds to `.grad` (lesson 02), so the second pass leaves row 1 plus row 2. The second: it adds
# *in place*, so the list holds one tensor three times, and shows the last sum everywhere. `.clone()` cures the
# second mistake only, and leaves running sums.
#
# *Symptom:* the first row is right and the others grow, or all rows are equal. *Cure:* start each pass from
# nothing, `leaf.grad = None`. Or let each gradient be handed back (lesson 03).

# %%
y, rows = three_of_two(leaf), []
for one_hot in torch.eye(3):
    leaf.grad = None
    y.backward(one_hot, retain_graph=True)
    rows.append(leaf.grad)  # a new tensor in each pass, since .grad was None
assert torch.equal(torch.stack(rows), J)

# %% [markdown]
# ## A used graph
# The first walk frees what forward has saved. Predict: is a second walk refused for the graph of x · x, and
# for that of x + x?

# %%
product, total = x * x, x + x
for y in (product, total):
    torch.autograd.grad(y, x, torch.ones(2))
told = refusal(lambda: product.backward(torch.ones(2)))
assert told.startswith("Trying to backward through the graph a second time")
assert refusal(lambda: total.backward(torch.ones(2))) == ""  # the way back of a sum needs no values: none were saved

# %% [markdown]
# *Symptom:* the text; only torch knows when. *Cure:* `retain_graph=True` on every walk but the last, or another
# forward pass. A part of the graph is enough: here `part` was used, and y only stands on it.

# %%
part = x * x
y = part + 1
part.sum().backward()
assert "a second time" in refusal(lambda: y.backward(torch.ones(2)))

# %% [markdown]
# ## No graph
# Where nothing tracks, or `detach` or `no_grad` cut the way, there is nothing to walk on. A leaf is another matter:
# it has no `grad_fn` either, but where it requires a gradient it simply receives v. So ask `requires_grad`.

# %%
with torch.no_grad():
    untracked = three_of_two(x)
for y in (untracked, three_of_two(x.detach()), three_of_two(x).detach()):
    assert refusal(lambda y=y: y.backward(v)) == (
        "element 0 of tensors does not require grad and does not have a grad_fn"
    )
    assert not y.requires_grad

leaf = torch.zeros(3, requires_grad=True)
assert leaf.grad_fn is None
leaf.backward(v)
assert leaf.grad.tolist() == v.tolist()

# %% [markdown]
# ## Which error is it?
# A function of your own can check what is given to it, and raise a `ValueError` that says what to do. Sometimes only
# torch can tell, and you catch its error. But a `RuntimeError` may be about anything. So look at the text, and let
# what you do not know go on as it was: inside `except`, `raise` alone raises the same error again.
#
# An example: turning a tensor into an array fails for one that tracks, and there the cure is known. It also fails
# for a complex tensor that is only *marked* as conjugated, and about that we have nothing to say.


# %%
def as_array(t):
    try:
        return t.numpy()
    except RuntimeError as error:
        if "requires grad" not in str(error):
            raise
        raise ValueError("t tracks gradients: pass t.detach()") from error


conjugated = torch.tensor([1 + 2j]).conj()
caught = []
for tensor in (x, conjugated):
    try:
        as_array(tensor)
    except (ValueError, RuntimeError) as error:
        caught.append(type(error))
assert caught == [ValueError, RuntimeError]  # a cure for one, torch's own words for the other

# %% [markdown]
# On a graph, too, something else can go wrong. Here the way back of exp needs its result, and that was overwritten.
# "Run it again" would be bad advice. Predict which type you see, and if the text speaks of a second time.

# %%
result = x.exp()
y = result + 1
result.detach().add_(1)  # lesson 09: detach shares the memory
told = refusal(lambda: y.backward(torch.ones(2)))
assert "has been modified by an inplace operation" in told
assert "a second time" not in told

# %% [markdown]
# ## A v that depends on x
# Last the quiet one. What happens if v itself tracks gradients? Predict `.grad` of v, for both ways of writing.

# %%
v = torch.tensor([1.0, 10, 100], requires_grad=True)
three_of_two(x).backward(v)
assert v.grad is None  # backward takes v for given numbers

(v * three_of_two(x)).sum().backward()
assert v.grad.tolist() == three_of_two(x).tolist() == [6.0, 4.0, 5.0]  # a product has two factors

# %% [markdown]
# In the product v is a part of the graph. If it was computed from x, x receives a second contribution, through v.
#
# That happens in earnest. Five people measure a length, and one of them has misread. The mean is drawn to the bad
# value. So weigh every measurement by how near it is to the present guess: with the miss rᵢ = x − dᵢ the weight is
# wᵢ = 1/(1 + rᵢ²), and x goes down the slope of Σ wᵢ rᵢ², *with the weights as they are*: Σ wᵢ · 2rᵢ. Then come new
# weights, a new slope, and so on. That settles where Σ wᵢ rᵢ = 0: at a weighted mean.

# %%
measured = torch.tensor([2.0, 2.1, 1.9, 2.0, 6.0], dtype=torch.float64)


def weights_at(x):
    return 1 / (1 + (x - measured) ** 2)


def slope(x, constant_weights):
    leaf = x.detach().clone().requires_grad_()
    weights = weights_at(leaf)
    if constant_weights:
        weights = weights.detach()
    (weights * (leaf - measured) ** 2).sum().backward()
    return leaf.grad


guess = torch.tensor(5.0, dtype=torch.float64)
by_hand = (weights_at(guess) * 2 * (guess - measured)).sum()
assert torch.isclose(slope(guess, constant_weights=True), by_hand)
assert not torch.isclose(slope(guess, constant_weights=False), by_hand)

# %% [markdown]
# Does it matter? Look at both slopes for all guesses. A descent stops where its slope comes up through 0.
# Predict: where does each stop, if it starts at the mean, or at the bad value 6?

# %%
guesses = torch.linspace(1, 7, 121, dtype=torch.float64)
tracked = [slope(g, constant_weights=False).item() for g in guesses]
constant = [slope(g, constant_weights=True).item() for g in guesses]


def settles(start, constant_weights):
    x = torch.tensor(start, dtype=torch.float64)
    for _ in range(400):
        x = x - 0.1 * slope(x, constant_weights)
    return x.item()


mean = measured.mean().item()
assert abs(mean - 2.8) < 1e-12
assert all(abs(settles(mean, constant_weights) - 2) < 0.1 for constant_weights in (True, False))
assert abs(settles(6.0, constant_weights=True) - 2) < 0.1  # the weighted mean is found from there too
assert settles(6.0, constant_weights=False) > 5  # the one that differentiates the weights is trapped

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.axhline(0, color="black", linewidth=0.8)
axes.plot(guesses.numpy(), constant, color=BLUE, label="weights constant")
axes.plot(guesses.numpy(), tracked, color=ORANGE, linestyle="--", label="weights differentiated too")
axes.plot(measured.numpy(), [0] * 5, "o", color=VERMILION, label="measured")
axes.set(xlabel="guess x (m)", ylabel="slope (m)", title="One formula, two gradients")
axes.legend()
show(figure, "26_weights")

# %% [markdown]
# *Symptom:* none: it runs, and even agrees with a finite difference of the whole formula, which changes the weights
# too. *Cure:* say what is constant. Detach it, as above, or hand it to `backward` as v, which is the same thing.

# %%
step = 1e-6
nudged = [(weights_at(x) * (x - measured) ** 2).sum() for x in (guess - step, guess + step)]
difference = (nudged[1] - nudged[0]) / (2 * step)
assert abs(difference - slope(guess, constant_weights=False)) < 1e-6  # agrees with the wrong one

leaf = guess.clone().requires_grad_()
((leaf - measured) ** 2).backward(weights_at(leaf))  # v may even track
assert torch.isclose(leaf.grad, by_hand)

# %% [markdown]
# ## Your turn
# Open `assignments/advanced/26_pitfalls_of_vector_backward.py`: a backward that names the cure, and two functions
# to repair that somebody else has written. Then run, in the course's main folder:
#
#     pytest assignments -k 26
