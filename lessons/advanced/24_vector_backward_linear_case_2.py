"""Lesson 24 · A batch through a linear layer.

Goal     derive gradients through Y = XW + b on a batch, and see broadcasting turn into a sum
Needs    lessons 12, 22 and 23
Time     30 minutes
Next     assignments/advanced/24_vector_backward_linear_case_2.py
"""

# %% [markdown]
# ## Many rows, one layer
# In lesson 23 one vector met one matrix. A layer gets a whole batch: n samples, one a row.
#
#     Y = XW + b        X (n, i)   W (i, o)   b (o,)   Y (n, o)
#     yₙₒ = Σᵢ xₙᵢ wᵢₒ + bₒ
#
# The second line says the same number by number. There n, i and o count samples, inputs and outputs, and these
# indices will do our work. Note where one is absent: W and b have no n. All rows share them.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import show

X = np.array([[1.0, -2, 3, 2], [-1, 2, 1, -3], [3, 1, -1, 2]])
W = np.array([[1.0, -1], [2, 3], [-2, 1], [3, -3]])
b = np.array([10.0, 20])
n, i, o = 3, 4, 2
Y = X @ W + b
assert Y.shape == (n, o)
assert Y[1, 0] == sum(X[1, k] * W[k, 0] for k in range(i)) + b[0]

# %% [markdown]
# From above arrives V, (n, o): how much the final loss L grows with each yₙₒ. We want to know how much L grows
# with each number in X, in W and in b. We let torch find that, to have something to check against. Predict the
# shapes of these three gradients.

# %%
V = np.array([[1.0, 2], [-1, 3], [2, -2]])


def torch_gradients(f, inputs, V):
    """The gradients that autograd finds for `f`, a function of arrays, when V arrives at its output."""
    leaves = [torch.tensor(array, requires_grad=True) for array in inputs]
    f(*leaves).backward(torch.tensor(V))
    return [leaf.grad.numpy() for leaf in leaves]


dX, dW, db = torch_gradients(lambda X, W, b: X @ W + b, (X, W, b), V)
assert (dX.shape, dW.shape, db.shape) == (X.shape, W.shape, b.shape)  # for each number one number

# %% [markdown]
# ## Three questions give any gradient
# Pick one number u among the inputs, and ask:
#
# 1. Which outputs contain u?
# 2. With what factor, each?
# 3. What arrives at those outputs? Multiply by the factors, and add up.
#
# That is vᵀJ, one column of J at a time. We practise on a smaller layer, the last step of BatchNorm, which
# scales every column by its own g and shifts it by its own c: yₙⱼ = xₙⱼ gⱼ + cⱼ.
#
# - xₙⱼ is in one output, yₙⱼ, with factor gⱼ. So its gradient is vₙⱼ gⱼ.
# - gⱼ is in column j of *every* row, with factor xₙⱼ. So its gradient is Σₙ vₙⱼ xₙⱼ.
# - cⱼ is in column j of every row, with factor 1. Predict its gradient.


# %%
def scale_shift_backward(X, g, c, V):
    return V * g, (V * X).sum(axis=0), V.sum(axis=0)  # for X, g and c


features, g, c = X[:, :2], np.array([2.0, -1]), np.array([5.0, 7])
by_hand = scale_shift_backward(features, g, c, V)
expected = torch_gradients(lambda X, g, c: X * g + c, (features, g, c), V)
assert all(map(np.array_equal, by_hand, expected))  # whole numbers throughout, so not even rounding differs
assert by_hand[2].tolist() == [2.0, 3.0]  # the column sums of V

# %% [markdown]
# ## Broadcasting forward is summing backward
# Where did the sums come from? g has one row and X has three, so forward *copied* g into each row. A number
# with copies gets back what arrives at every copy. Hence the rule:
#
# > Whatever broadcasting stretched on the way forward is summed on the way back.
#
# Shapes are lined up at their right ends. A shape is stretched in two ways: along axes that it lacks, at the
# front, and along axes where it has length 1. Each of the shapes below is added to one of (2, 4, 3). Predict
# for each: over which axes do we sum, and does a summed axis go, or stay with length 1?

# %%
G = np.arange(24.0).reshape(2, 4, 3) ** 2  # some gradient, arriving at the sum
rules = {
    (4, 3): G.sum(axis=0),  # lacks the first axis: it goes
    (3,): G.sum(axis=(0, 1)),  # lacks two
    (2, 1, 3): G.sum(axis=1, keepdims=True),  # has the axis, with length 1: it stays
    (4, 1): G.sum(axis=0).sum(axis=1, keepdims=True),  # both ways at once
    (): G.sum(),  # a single number, copied everywhere
}
for shape, summed in rules.items():
    _, gradient = torch_gradients(lambda big, small: big + small, (np.ones((2, 4, 3)), np.ones(shape)), G)
    assert summed.shape == shape
    assert np.array_equal(summed, gradient)

# %% [markdown]
# Why a sum, and not a mean? Nothing in the forward pass divided. Where a loss is a mean, its 1/n has been put
# into V already, by the loss.
#
# ## The linear layer's Jacobians
# Now the layer we came for: 6 outputs, and 12 numbers in X, 8 in W, 2 in b. torch can make whole Jacobians; the
# next lesson opens that box. The axes of the output come first, then those of the input: `J_X[n, o, m, i]` is
# ∂yₙₒ/∂xₘᵢ. Predict from the index formula: where is J_X zero? Which of W's 8 numbers are in y₁₁, the first
# number of Y? (Formulas count from 1, as on paper; Python counts from 0.)

# %%
tensors = tuple(torch.tensor(array) for array in (X, W, b))
J_X, J_W, J_b = torch.autograd.functional.jacobian(lambda X, W, b: X @ W + b, tensors)
J_X, J_W, J_b = J_X.numpy(), J_W.numpy(), J_b.numpy()
assert J_X.shape == (n, o, n, i)

for row in range(n):
    for other in range(n):  # a row of Y knows only its own row of X, and there it is lesson 23's case, A = Wᵀ
        assert np.array_equal(J_X[row, :, other, :], W.T if row == other else np.zeros((o, i)))
    for out in range(o):
        assert np.array_equal(J_W[row, out, :, out], X[row])  # column `out` of W, times this row
        assert not J_W[row, out, :, 1 - out].any()  # and nothing of the other column
    assert np.array_equal(J_b[row], np.eye(o))  # the same in every row

# %% [markdown]
# Flattened to tables, with a row for each output and a column for each input, the patterns can be seen: Wᵀ down
# the diagonal; the rows of X, spread out; and the identity, again and again.

# %%
y_names = [f"$y_{{{s}{q}}}$" for s in (1, 2, 3) for q in (1, 2)]
x_names = [f"$x_{{{s}{k}}}$" for s in (1, 2, 3) for k in (1, 2, 3, 4)]
w_names = [f"$w_{{{k}{q}}}$" for k in (1, 2, 3, 4) for q in (1, 2)]
panels = [
    ("∂Y/∂X: a block Wᵀ for each sample", J_X, x_names, i),
    ("∂Y/∂W: the rows of X, spread out", J_W, w_names, o),
    ("∂Y/∂b", J_b, ["$b_1$", "$b_2$"], o),
]
figure, all_axes = plt.subplots(1, 3, figsize=(10, 3.2), width_ratios=[12, 8, 2], layout="constrained")
for axes, (title, jacobian, names, block_width) in zip(all_axes, panels, strict=True):
    table = jacobian.reshape(n * o, -1)
    axes.imshow(table, cmap="PuOr", vmin=-6, vmax=6)
    for (down, right), value in np.ndenumerate(table):
        axes.text(right, down, f"{value:.0f}" if value else "", ha="center", va="center")
    axes.hlines(np.arange(o, n * o, o) - 0.5, -0.5, len(names) - 0.5, color="black", linewidth=1)
    axes.vlines(np.arange(block_width, len(names), block_width) - 0.5, -0.5, n * o - 0.5, color="black", linewidth=1)
    axes.set(xticks=range(len(names)), xticklabels=names, yticks=range(n * o), yticklabels=y_names, title=title)
show(figure, "24_block_pattern")

# %% [markdown]
# A gradient is vᵀJ: V, flattened, times a table. So read *down* a column. That of b₁ meets what arrives at y₁₁,
# y₂₁ and y₃₁. That of wᵢₒ meets column o of V, each row with factor xₙᵢ: ∂L/∂wᵢₒ = Σₙ xₙᵢ vₙₒ.

# %%
assert np.array_equal(V.reshape(-1) @ J_W.reshape(n * o, -1), dW.reshape(-1))
assert dW[2, 1] == sum(X[row, 2] * V[row, 1] for row in range(n))

# %% [markdown]
# A sum over an index that two arrays share, here n, is a matrix product. There the summed index stands last in
# the left one and first in the right one. So which must be transposed, to bring the n's together? And for X,
# where the shared index is o? That is your task.
#
# ## Pitfall: square matrices hide a transpose
# Another product, y = p qᵀ, so yⱼₖ = pⱼ qₖ. The three questions give ∂L/∂pⱼ = Σₖ vⱼₖ qₖ, that is V q.
# Somebody writes Vᵀ q. Predict: with p of length 3 and q of length 2, what happens? With 2 and 2?

# %%
q = np.array([1.0, 2])
try:
    V.T @ q  # (2, 3) times (2,)
    message = ""
except ValueError as error:
    message = str(error)
assert "mismatch" in message  # the shapes object, which is luck

square = V[:2]
(dp,) = torch_gradients(lambda p: torch.outer(p, torch.tensor(q)), (np.ones(2),), square)
assert np.array_equal(square @ q, dp)
assert (square.T @ q).shape == dp.shape  # nothing objects ...
assert not np.array_equal(square.T @ q, dp)  # ... and the gradient is wrong

# %% [markdown]
# So try a formula on sizes that all differ, as 3, 4 and 2 do in this lesson.
#
# ## A layer with a backward of its own
# `torch.autograd.Function` (lesson 12) makes a layer whose backward you write. `setup_context` keeps what
# backward will need (or `forward(ctx, ...)` does both, in the older style). Backward gets V, and returns one
# gradient for each input of forward, in order: `None` where `ctx.needs_input_grad` says that none is wanted.


# %%
class ScaleShift(torch.autograd.Function):
    @staticmethod
    def forward(X, g, c):
        return X * g + c

    @staticmethod
    def setup_context(ctx, inputs, output):
        X, g, _ = inputs
        ctx.save_for_backward(X, g)  # the way back does not need c

    @staticmethod
    def backward(ctx, V):
        X, g = ctx.saved_tensors
        dX, dg, dc = V * g, (V * X).sum(0), V.sum(0)
        return tuple(d if wanted else None for d, wanted in zip((dX, dg, dc), ctx.needs_input_grad, strict=True))


assert all(map(np.array_equal, torch_gradients(ScaleShift.apply, (features, g, c), V), expected))

# %% [markdown]
# ## Pitfall: torch covers up a missing sum
# The same layer, with a backward that forgets both sums: for g and c, of shape (2,), it returns gradients of
# shape (3, 2). Predict: an error, wrong numbers, or neither?


# %%
class Forgetful(ScaleShift):
    @staticmethod
    def backward(ctx, V):
        X, g = ctx.saved_tensors
        return V * g, V * X, V


assert all(map(np.array_equal, torch_gradients(Forgetful.apply, (features, g, c), V), expected))  # right!

# %% [markdown]
# Neither. Torch sees a gradient of a shape that the input could have been broadcast to, and sums it without a
# word. That is kind, and hides the mistake: in NumPy, nobody does it for you. So look at what backward itself
# returns. A tensor's `grad_fn` has an `apply`, which runs just that one backward.

# %%
x_leaf, g_leaf = (torch.tensor(array, requires_grad=True) for array in (features, g))
fixed = torch.tensor(c)  # needs no gradient
raw = ScaleShift.apply(x_leaf, g_leaf, fixed).grad_fn.apply(torch.tensor(V))
assert raw[1].shape == (2,) == g_leaf.shape
assert raw[2] is None  # not wanted

raw = Forgetful.apply(x_leaf, g_leaf, fixed).grad_fn.apply(torch.tensor(V))
assert raw[1].shape == (3, 2) != g_leaf.shape  # there it is

# %% [markdown]
# ## Your turn
# Open `assignments/advanced/24_vector_backward_linear_case_2.py`: the three gradients of the linear layer as
# matrix formulas, the way back through *any* broadcast, and the layer with a backward of its own, whose raw
# gradients will be looked at. Then run, in the course's main folder:
#
#     pytest assignments -k 24
