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
#
# Some mistakes only give wrong numbers, others raise an error. Torch's errors are nearly all of one type,
# `RuntimeError`, so we look at their text: `refusal` returns it.

# %%
import torch


def three_of_two(x):
    return torch.stack([x[0] * x[1], x[0] ** 2, x[0] + x[1]])


def refusal(call):
    """The text of the RuntimeError that call() raises; empty where it raises none."""
    try:
        call()
    except RuntimeError as error:
        return str(error)
    return ""


J = torch.tensor([[3.0, 2], [4, 0], [1, 1]])
x = torch.tensor([2.0, 3.0], requires_grad=True)
v = torch.tensor([1.0, 10, 100])
(product,) = torch.autograd.grad(three_of_two(x), x, v)
assert product.tolist() == (v @ J).tolist() == [143.0, 102.0]

# %% [markdown]
# ## No v for several numbers
# `y.backward()` without v stands for v = 1, and that has a meaning where y is one number. Predict which of these
# are refused: three outputs; one output of shape (1, 1); a y without any entry.

# %%
assert refusal(lambda: three_of_two(x).backward()) == "grad can be implicitly created only for scalar outputs"

one, none = torch.full((1, 1), 3.0, requires_grad=True), torch.zeros(0, requires_grad=True)
(one * one).backward()  # torch counts entries, `numel`, and not axes: one entry is one number
assert one.grad.tolist() == [[6.0]]
assert "only for scalar" in refusal((none * none).backward)  # none is not one

# %% [markdown]
# *Symptom:* that text. *Cure:* pass the v you mean, or make one number of y, with a loss.
#
# ## A v of ones is not the Jacobian
# To get rid of the error, somebody passes ones. Predict what comes out, and its shape.

# %%
(ones,) = torch.autograd.grad(three_of_two(x), x, torch.ones(3))
assert ones.tolist() == J.sum(dim=0).tolist() == [8.0, 3.0]  # the rows of J, added up

# %% [markdown]
# *Symptom:* as many numbers as inputs, where you expected m times as many. And what is added up can cancel: softmax's
# outputs always sum to 1, and so the answer is nothing but zeros. *Cure:* a one-hot v for each row.

# %%
(nothing,) = torch.autograd.grad(torch.softmax(x, dim=0), x, torch.ones(2))
assert nothing.abs().max() < 1e-6

rows = [torch.autograd.grad(three_of_two(x), x, one_hot)[0] for one_hot in torch.eye(3)]
assert torch.equal(torch.stack(rows), J)

# %% [markdown]
# ## A v of another shape
# v has an entry for each entry of y, so it has y's shape. Predict: which v does torch accept for a y of shape
# (3,)? One of shape (2,)? A single number, which addition would stretch? A column (3, 1)?

# %%
for wrong in [torch.ones(2), torch.ones(()), torch.ones(1), torch.ones(3, 1)]:
    told = refusal(lambda wrong=wrong: three_of_two(x).backward(wrong))
    assert f"has a shape of {wrong.shape} and output[0] has a shape of torch.Size([3])" in told

# %% [markdown]
# None: backward never stretches v. *Symptom:* the text, with both shapes. *Cure:* a v of y's shape.
#
# The danger is in the other way to write it. vᵀJ is the gradient of Σᵢ vᵢ yᵢ, so `(v * y).sum().backward()` does the
# same where v and y have one shape. And `*` does stretch. Here y is a column, (3, 1), as a layer with one output
# returns it, and v is (3,). Predict the shape of `v * y`, and what x receives.

# %%
column = three_of_two(x).reshape(3, 1)
assert "Mismatch in shape" in refusal(lambda: column.backward(v))
assert (v * column).shape == (3, 3)
(wrong,) = torch.autograd.grad((v * column).sum(), x)
assert wrong.tolist() == (v.sum() * J.sum(dim=0)).tolist()  # every v meets every y: far more than v @ J

# %% [markdown]
# *Symptom:* none at all, but a gradient too large. *Cure:* compare the shapes first, or leave it to backward, which
# refuses. Shapes are compared as a whole: (2, 3) and (3, 2) have the same number of entries.
#
# ## Rows pile up
# One graph, walked once for each row of J. Two mistakes in one loop: predict what `rows` holds.

# %%
leaf = x.detach().clone().requires_grad_()
y, rows = three_of_two(leaf), []
for one_hot in torch.eye(3):
    y.backward(one_hot, retain_graph=True)
    rows.append(leaf.grad)
assert torch.equal(torch.stack(rows), J.sum(dim=0).repeat(3, 1))  # (8, 3), three times

# %% [markdown]
# The first: `backward` adds to `.grad` (lesson 02). The second: it adds *in place*, so the list holds one tensor three
# times, with the last sum. `.clone()` cures the second mistake only, and leaves running sums.
#
# *Symptom:* the first row is right and the others grow, or all rows are equal. *Cure:* start each pass from
# nothing, `leaf.grad = None`. Or let each gradient be handed back (lesson 03).

# %%
rows = []
for one_hot in torch.eye(3):
    leaf.grad = None
    y.backward(one_hot, retain_graph=True)
    rows.append(leaf.grad)  # a new tensor in each pass, since .grad was None
assert torch.equal(torch.stack(rows), J)

# %% [markdown]
# ## A used graph
# The first walk frees what forward has saved. Predict: is a second walk refused for x · x, and for x + x?

# %%
product, total = x * x, x + x
for y in (product, total):
    torch.autograd.grad(y, x, torch.ones(2))
assert "backward through the graph a second time" in refusal(lambda: product.backward(torch.ones(2)))
assert refusal(lambda: total.backward(torch.ones(2))) == ""  # the way back of a sum needs no values: none were saved
assert "a second time" in refusal(lambda: (product + 1).sum().backward())  # a used part is enough

# %% [markdown]
# *Symptom:* the text; only torch knows when. *Cure:* `retain_graph=True` on all walks but the last, or a new forward.
#
# ## No graph
# Where nothing tracks, or `detach` or `no_grad` cut the way, there is nothing to walk on. A leaf is another matter:
# it has no `grad_fn` either, but where it requires a gradient it simply receives v.

# %%
with torch.no_grad():
    untracked = three_of_two(x)
for y in (untracked, three_of_two(x.detach()), three_of_two(x).detach()):
    assert "does not require grad and does not have a grad_fn" in refusal(lambda y=y: y.backward(v))
    assert not y.requires_grad

leaf = torch.zeros(3, requires_grad=True)
leaf.backward(v)  # not refused
assert leaf.grad.tolist() == v.tolist()

# %% [markdown]
# *Symptom:* the text. *Cure:* ask `y.requires_grad`, and compute y from a tensor that tracks, with nothing cut.
#
# ## Which error is it?
# A function of your own can check what is given to it, and raise a `ValueError` that says what to do. Sometimes only
# torch can tell, and you catch its error. But a `RuntimeError` may be about anything. So look at the text, and let
# what you do not know go on as it was: inside `except`, `raise` alone raises the same error again.
#
# An example: turning a tensor into an array fails for one that tracks, and there the cure is known. It also fails
# for a complex tensor that is only *marked* as conjugated, and about that we have nothing to say. Predict the types.


# %%
def as_array(t):
    try:
        return t.numpy()
    except RuntimeError as error:
        if "requires grad" not in str(error):
            raise
        raise ValueError("t tracks gradients: pass t.detach()") from error


caught = []
for tensor in (x, torch.tensor([1 + 2j]).conj()):
    try:
        as_array(tensor)
    except (ValueError, RuntimeError) as error:
        caught.append(type(error))
assert caught == [ValueError, RuntimeError]  # a cure for one, torch's own words for the other

# %% [markdown]
# On a graph, too, something else can go wrong: a number that the way back needs was overwritten, say (lesson 09).
# That is another text, and "keep the graph" would be bad advice.
#
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
# That happens in earnest. Five people measure a length, and one has misread. So weigh each measurement dᵢ by how near
# it is to the present guess: with the miss rᵢ = x − dᵢ the weight is wᵢ = 1/(1 + rᵢ²), and x goes down the slope of
# Σ wᵢ rᵢ², *with the weights as they are*: Σ wᵢ · 2rᵢ. Predict for a guess of 5: which way does x go? And which way
# does it go if the weights are differentiated too?

# %%
measured = torch.tensor([2.0, 2.1, 1.9, 2.0, 6.0], dtype=torch.float64)
guess = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)


def weights_at(x):
    return 1 / (1 + (x - measured) ** 2)


def weighted(x, weights):
    return (weights * (x - measured) ** 2).sum()


(constant,) = torch.autograd.grad(weighted(guess, weights_at(guess).detach()), guess)
(tracked,) = torch.autograd.grad(weighted(guess, weights_at(guess)), guess)
by_hand = (weights_at(guess) * 2 * (guess - measured)).sum()
assert torch.isclose(constant, by_hand)
assert tracked < 0 < constant  # down is towards the four good values for one, towards the misread 6 for the other

# %% [markdown]
# *Symptom:* none: it runs, and even agrees with a finite difference of the whole formula, which changes the weights
# too. *Cure:* say what is constant. Detach it, as above, or hand it to `backward` as v, which is the same thing.

# %%
above, below = (weighted(near, weights_at(near)) for near in (guess + 1e-6, guess - 1e-6))
assert abs((above - below) / 2e-6 - tracked) < 1e-6  # agrees with the wrong one

((guess - measured) ** 2).backward(weights_at(guess))  # v may even track
assert torch.isclose(guess.grad, by_hand)

# %% [markdown]
# ## Your turn
# Open `assignments/advanced/26_pitfalls_of_vector_backward.py`: a backward that names the cure, and two functions
# to repair that somebody else has written. Then run, in the course's main folder:
#
#     pytest assignments -k 26
