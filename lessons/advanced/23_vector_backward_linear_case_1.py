"""Lesson 23 · Backward through a matrix.

Goal     derive gradients through a product with a matrix: index by index, then as a matrix formula
Needs    lesson 22; matrix times vector, transpose, outer product
Time     25 minutes
Next     assignments/advanced/23_vector_backward_linear_case_1.py
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from figures import BLUE, VERMILION, show

# %% [markdown]
# ## A linear map, number by number
# A bakery makes loaves of two sorts: x₁ dark ones and x₂ light ones. Each sort has its recipe, in kilograms, and
# the recipes are the columns of a matrix A. What must be bought of flour, water and salt is
#
#     y = Ax        A (3, 2)   x (2,)   y (3,)
#     yᵢ = Σⱼ aᵢⱼ xⱼ
#
# The second line says the same number by number. Here i counts ingredients and j sorts. The letter under the Σ, j,
# takes all its values and is gone afterwards; i stays, and says which y is meant.

# %%
A = np.array([[0.75, 1.0], [0.5, 0.25], [0.125, 0.0625]])  # flour, water, salt; kg a loaf
x = np.array([8.0, 4.0])  # loaves
y = A @ x
assert y.tolist() == [10.0, 5.0, 1.25]
assert y[1] == sum(A[1, j] * x[j] for j in range(2))

# %% [markdown]
# One more light loaf takes 1 kg more of flour, however many loaves there are. So the slope ∂yᵢ/∂xⱼ is aᵢⱼ, and the
# whole Jacobian is nothing but A. Predict: and at another x?


# %%
def torch_gradients(f, inputs, v):
    """The gradients that autograd finds for `f`, a function of arrays, when v arrives at its output."""
    leaves = [torch.tensor(array, requires_grad=True) for array in inputs]
    f(*leaves).backward(torch.tensor(v))
    return [leaf.grad.numpy() for leaf in leaves]


def jacobian(f, x, m):
    """The Jacobian (m, n) of f at x, row by row, with one-hot v (lesson 22)."""
    return np.stack([torch_gradients(f, [x], one_hot)[0] for one_hot in np.eye(m)])


assert np.array_equal(jacobian(lambda x: torch.tensor(A) @ x, x, m=3), A)
assert np.array_equal(jacobian(lambda x: torch.tensor(A) @ x, np.array([-1.0, 100.0]), m=3), A)  # everywhere

# %% [markdown]
# ## What arrives is a price
# From above arrives v, one number for each output: here the price of a kilogram of each ingredient. The bill is
# L = vᵀy. Predict, in words: what is ∂L/∂x₁?
#
# It is what one dark loaf costs. Its recipe is the first *column* of A, and each amount in it is weighed by its
# price: ∂L/∂xⱼ = Σᵢ vᵢ aᵢⱼ. This is the row vᵀA, as lesson 22 promised: vᵀJ, with J = A.

# %%
v = np.array([2.0, 0.5, 4.0])  # money for a kg
dark, light = torch_gradients(lambda x: torch.tensor(A) @ x, [x], v)[0]
assert dark == 2 * 0.75 + 0.5 * 0.5 + 4 * 0.125 == 2.25
assert light == sum(v[i] * A[i, 1] for i in range(3)) == 2.375
assert v @ y == dark * x[0] + light * x[1]  # bill by ingredients, bill by loaves

# %% [markdown]
# ## From indices to a matrix formula
# Σᵢ vᵢ aᵢⱼ is right, and slow to write and to run. How does one turn a sum with indices into a matrix product?
# A product of two arrays sums over one index: the *last* of the left one and the *first* of the right one.
#
#     Σₖ mᵢₖ zₖ   = (M z)ᵢ        k stands last in M: as it is
#     Σₖ zₖ mₖⱼ   = (zᵀM)ⱼ        k stands first in M: z comes from the left ...
#                 = (Mᵀz)ⱼ        ... or M is transposed, which swaps its indices: (Mᵀ)ⱼₖ = mₖⱼ
#     uᵢ wⱼ       = (u wᵀ)ᵢⱼ      no sum, two free indices: an outer product, a table of all pairs
#     Σₖ uₖ wₖ    = uᵀw           no free index: one number
#
# The free indices of the left side and of the right side must be the same, in the same order: they are the shape.
# We practise on a row times a matrix, y = xᵀB, so yⱼ = Σᵢ xᵢ bᵢⱼ with x (2,) and B (2, 3).
#
# 1. Which outputs contain xᵢ, with which slope? Every yⱼ, with bᵢⱼ. So ∂L/∂xᵢ = Σⱼ bᵢⱼ vⱼ.
# 2. j stands last in B and is summed; i is free. So it is B v.
#
# Predict the shape of B v, and of the Jacobian of y.

# %%
B = np.array([[1.0, 2, -1], [3, 0, 4]])
x, v = np.array([2.0, -1]), np.array([1.0, 10, 100])
assert np.array_equal(torch_gradients(lambda x: x @ torch.tensor(B), [x], v)[0], B @ v)
assert np.array_equal(jacobian(lambda x: x @ torch.tensor(B), x, m=3), B.T)  # outputs down, inputs across

# %% [markdown]
# Do not learn B v by heart: it is right for xᵀB, and it belongs to no other layer. Learn the two steps.
#
# ## A slope for each entry of the matrix
# The matrix may be what is learned. So: how much does L grow with each bᵢⱼ? The same two steps.
#
# 1. Which outputs contain bᵢⱼ? yⱼ alone, with slope xᵢ. What arrives there is vⱼ. So ∂L/∂bᵢⱼ = xᵢ vⱼ.
# 2. No sum, two free indices, i first: the outer product x vᵀ, of the shape of B.
#
# Note which one is the row index. With vⱼ xᵢ in the other order, as numbers, nothing changes; as matrices,
# v xᵀ has shape (3, 2), and B has not. Predict: does the gradient depend on B?

# %%
dB = torch_gradients(lambda B: torch.tensor(x) @ B, [B], v)[0]
assert np.array_equal(dB, np.outer(x, v))
assert np.array_equal(dB, torch_gradients(lambda B: torch.tensor(x) @ B, [100 * B], v)[0])  # no
assert np.outer(v, x).shape == (3, 2) != B.shape

# %% [markdown]
# In full, the Jacobian with respect to a matrix has three indices: ∂yₖ/∂bᵢⱼ is xᵢ where j = k, and 0 elsewhere. It
# is mostly zeros, and a good reason never to write it down: vᵀJ needs m · n products, and the table has m · m · n
# entries.

# %%
table = jacobian(lambda flat: torch.tensor(x) @ flat.reshape(2, 3), B.reshape(-1), m=3).reshape(3, 2, 3)
assert np.count_nonzero(table) == 6  # of 18
assert np.array_equal(np.einsum("k,kij->ij", v, table), dB)  # v against the table: the same gradient

# %% [markdown]
# `np.einsum` takes the indices as they stand in the formula: those that are missing after the arrow are summed. It
# is a good way to check a matrix formula against the sum it came from.
#
# ## Pitfall: a square matrix forgives too much
# For y = xᵀB somebody takes Bᵀv. With B (2, 3) the shapes object. Predict: with a square B?

# %%
try:
    B.T @ v
    message = ""
except ValueError as error:
    message = str(error)
assert "mismatch" in message

square, arriving = B[:, :2], v[:2]
right = torch_gradients(lambda x: x @ torch.tensor(square), [x], arriving)[0]
assert (square.T @ arriving).shape == right.shape  # nothing objects ...
assert not np.array_equal(square.T @ arriving, right)  # ... and it is wrong
symmetric = square + square.T
right = torch_gradients(lambda x: x @ torch.tensor(symmetric), [x], arriving)[0]
assert np.array_equal(symmetric.T @ arriving, right)  # a symmetric matrix hides it altogether

# %% [markdown]
# So try every formula on a matrix that is not square, and where it must be square, on one that is not symmetric.
#
# ## When x stands in two places
# Now a function with one output, so v is a single number and we may take it as 1. A shop sells p · x pieces at a
# price of q · x each, where both depend on the same decisions x. It takes in
#
#     L = (pᵀx)(qᵀx)
#
# x is there twice. The product rule deals with it: let one x move while the other is held, then the other way
# round, and *add*. In the first place, pᵀx grows by pₖ with xₖ, and qᵀx is held; in the second, the reverse:
#
#     ∂L/∂xₖ = pₖ (qᵀx) + qₖ (pᵀx)
#
# Autograd does just that: two paths lead from x to L, each brings its part, and the parts add up in `x.grad`
# (lesson 02). We can see the parts if we put two leaves in the two places. Predict: are they equal?


# %%
def takings(first, second):
    return (torch.tensor(p) @ first) * (torch.tensor(q) @ second)


p, q = np.array([1.0, 2.0]), np.array([2.0, -0.5])
x = np.array([1.5, 1.0])
one = np.array(1.0)
first_part, second_part = torch_gradients(takings, [x, x], one)
assert first_part.tolist() == (p * (q @ x)).tolist() == [2.5, 5.0]
assert second_part.tolist() == (q * (p @ x)).tolist() == [7.0, -1.75]

whole = torch_gradients(lambda x: takings(x, x), [x], one)[0]
assert np.array_equal(whole, first_part + second_part)

# %% [markdown]
# ## Quadratic forms
# Multiply out (pᵀx)(qᵀx): the number in front of xᵢxⱼ is pᵢqⱼ. A sum of all products xᵢxⱼ, each with a number mᵢⱼ in
# front, is a *quadratic form*:
#
#     Σᵢ Σⱼ xᵢ mᵢⱼ xⱼ = xᵀMx        here mᵢⱼ = pᵢqⱼ, so M = p qᵀ
#
# In school it was m x², with slope 2 m x. So one is tempted to say: the gradient is 2Mx. That is the second part
# for the first, or the first for the second, taken twice. Predict: for which M are the two parts equal?

# %%
M = np.outer(p, q)
assert x @ M @ x == (p @ x) * (q @ x)
assert np.array_equal(2 * M @ x, 2 * first_part)
assert not np.array_equal(2 * M @ x, whole)  # M is not symmetric, and 2Mx is wrong

M_symmetric = np.outer(p, p)  # p and q the same
right = torch_gradients(lambda x: x @ torch.tensor(M_symmetric) @ x, [x], one)[0]
assert np.array_equal(2 * M_symmetric @ x, right)  # the tempting formula, where it is right

# %% [markdown]
# A picture shows it without any formula. Along a contour line L stays the same, so the slope along it is zero, and
# a gradient must stand at right angles to it. Predict: does twice one part?

# %%
figure, axes = plt.subplots(figsize=(6, 6.5), layout="constrained")
grid = np.linspace(0, 4, 81)
across, up = np.meshgrid(grid, grid)
heights = (p[0] * across + p[1] * up) * (q[0] * across + q[1] * up)
lines = axes.contour(across, up, heights, levels=np.arange(-10, 101, 5), colors="0.75", linewidths=1)
axes.clabel(lines, levels=[0, 10, 30, 40, 50, 60], fontsize=9)
places = np.array([[1.0, 1.0], [1.1, 2.6], [2.4, 1.0], [2.4, 2.6]])
through_them = sorted((p @ place) * (q @ place) for place in places)
axes.contour(across, up, heights, levels=through_them, colors="black", linewidths=1)
gradients = np.stack([p * (q @ place) + q * (p @ place) for place in places])
tempting = np.stack([2 * M @ place for place in places])
for arrows, color, width, label in [(gradients, BLUE, 0.008, "gradient"), (tempting, VERMILION, 0.005, "2Mx")]:
    axes.quiver(*places.T, *arrows.T, color=color, width=width, angles="xy", scale_units="xy", scale=16, label=label)
axes.plot(*places.T, "o", color="black", markersize=5)
axes.set(xlabel="first decision $x_1$", ylabel="second decision $x_2$", aspect="equal")
axes.set(title="Contour lines of (pᵀx)(qᵀx), in black those through the points")
figure.legend(loc="outside lower center", ncols=2)
show(figure, "23_gradient_and_contours")

for place, gradient, wrong in zip(places, gradients, tempting, strict=True):
    expected = torch_gradients(lambda x: takings(x, x), [place], one)[0]
    assert np.allclose(gradient, expected)
    assert not np.allclose(wrong, expected)

# %% [markdown]
# For a general M there is no p and q. But the two places are still there: xᵢ before the M, xⱼ behind it. Let one
# move and hold the other, turn each sum into a matrix formula, and add. That is a task of yours.
#
# ## Your turn
# Open `assignments/advanced/23_vector_backward_linear_case_1.py`: for y = Ax the gradients with respect to x and to
# A, as matrix formulas, and the gradient of xᵀAx for any A. In the course's main folder, run:
#
#     pytest assignments -k 23
