"""Assignment 25 · The whole Jacobian"""

import numpy as np
import torch

from autograder import Task, assert_close, assert_jacobian, example, functions, given
from autograder import strategies as st

LESSON = "lessons/advanced/25_vector_backward_nonlinear_full_jacobian.py"


def jacobian_of(f, x):
    """The Jacobian of f at the array x, by autograd."""
    return torch.autograd.functional.jacobian(f, torch.from_numpy(x)).numpy()


full_jacobian = Task(
    "25.1",
    "full_jacobian",
    points=4,
    minutes=15,
    hints=(
        "Which v makes vᵀJ equal to the first row of J, and which makes it equal to the second?",
        "A v with a single 1 picks one row. One graph serves all rows where each backward pass is told to keep it, "
        "and gradients from torch.autograd.grad pile up nowhere.",
        "y = f(leaf) once; then for each i a v of zeros like y with v[i] = 1, and "
        "torch.autograd.grad(y, leaf, v, retain_graph=True)[0] is row i; torch.stack the rows.",
    ),
    see=f"Row by row, in {LESSON}",
)


@full_jacobian.test
@given(functions.points("vector_to_vector"))
def test_holds_every_slope(student, case):
    """row i, column j is the slope of output i along input j"""
    claimed = student.full_jacobian(functions.once(case.f), case.x)
    assert_jacobian(claimed, of=case.f, at=case.x)


@full_jacobian.test
@given(functions.points("vector_to_vector", only=("affine", "tanh_layer"), sizes={"m": 1}))
def test_of_one_output_is_one_row(student, case):
    """one output makes one row: shape (1, n)"""
    claimed = student.full_jacobian(functions.once(case.f), case.x)
    assert_jacobian(claimed, of=case.f, at=case.x)


@full_jacobian.test
@given(functions.points("vector_to_vector", only=("affine", "tanh_layer"), sizes={"n": 1}))
def test_of_one_input_is_one_column(student, case):
    """one input makes one column: shape (m, 1)"""
    claimed = student.full_jacobian(functions.once(case.f), case.x)
    assert_jacobian(claimed, of=case.f, at=case.x)


def rows_by_autograd(f, x):
    """The rows of the Jacobian, from one call of f."""
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    one_hots = torch.eye(len(y), dtype=y.dtype)
    return [torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in one_hots]


@full_jacobian.misconception(
    "the rows pile up", hint="backward() adds to .grad; clear it before each row, or use torch.autograd.grad"
)
def _(f, x):
    return torch.stack(rows_by_autograd(f, x)).cumsum(dim=0)


@full_jacobian.misconception(
    "the Jacobian is transposed", hint="a row belongs to an output, a column to an input: shape (m, n)"
)
def _(f, x):
    return torch.stack(rows_by_autograd(f, x), dim=1)


@full_jacobian.misconception(
    "f is called again for each row", hint="call f once before the loop, and keep its graph with retain_graph=True"
)
def _(f, x):
    leaf = x.detach().clone().requires_grad_()
    outputs = len(f(leaf))
    return torch.stack([torch.autograd.grad(f(leaf)[i], leaf)[0] for i in range(outputs)])


@full_jacobian.misconception(
    "f is called again for each row after the first",
    hint="call f once before the loop; retain_graph=True keeps its graph",
)
def _(f, x):
    leaf = x.detach().clone().requires_grad_()
    y, rows = f(leaf), []
    for i in range(len(y)):
        rows.append(torch.autograd.grad((y if i == 0 else f(leaf))[i], leaf)[0])
    return torch.stack(rows)


@full_jacobian.misconception(
    "the rows are summed into one", hint="v of all ones gives the sum of the rows; a v with a single 1 gives one row"
)
def _(f, x):
    return sum(rows_by_autograd(f, x))


@full_jacobian.misconception(
    "a single row or column has lost its axis",
    hint="one output makes shape (1, n) and one input (m, 1); do not squeeze",
)
def _(f, x):
    return torch.stack(rows_by_autograd(f, x)).squeeze()


@full_jacobian.misconception(
    "there are as many rows as inputs", hint="a row belongs to an output: count the entries of f(x), not those of x"
)
def _(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y[i], leaf, retain_graph=True)[0] for i in range(len(x))])


@full_jacobian.misconception("a list of rows comes back", hint="torch.stack makes one tensor of many")
def _(f, x):
    return rows_by_autograd(f, x)


@full_jacobian.misconception(
    "every row is the last one", hint="leaf.grad is one tensor, filled anew for each row: keep a copy of it each time"
)
def _(f, x):
    rows = rows_by_autograd(f, x)
    return torch.stack([rows[-1]] * len(rows))


@full_jacobian.misconception(
    "x itself is made to track", hint="x belongs to the caller: make a leaf of your own from it, by detach and clone"
)
def _(f, x):
    return torch.stack([torch.autograd.grad(y_i, x, retain_graph=True)[0] for y_i in f(x.requires_grad_())])


softmax_jacobian = Task(
    "25.2",
    "softmax_jacobian",
    points=3,
    by_hand=True,
    minutes=15,
    hints=(
        "Every output has the same denominator. What does a change of x_j do to y_i when i and j differ?",
        "∂y_i/∂x_j is −y_i·y_j, and where i = j y_i is added. A number taken from all entries of x changes no y.",
        "With powers = np.exp(x - x.max()) and y = powers / powers.sum(): np.diag(y) holds the first term; "
        "take np.outer of y and y from it.",
    ),
    see=f"Softmax is shares after exp, in {LESSON}",
)


def softmax(x):
    return torch.softmax(x, dim=0)


@softmax_jacobian.test
@given(st.vectors())
@example(np.array([1.0]))
def test_is_the_jacobian_of_softmax(student, x):
    """the Jacobian of softmax, also where x has one entry"""
    assert_jacobian(student.softmax_jacobian(x), of=softmax, at=x)


@softmax_jacobian.test
@given(st.vectors((2, 5)), st.sampled_from([1000.0, -1000.0, 100000.0]))
def test_stays_right_where_all_entries_are_large(student, x, shift):
    """adding the same large number to every entry, or taking it away, changes nothing"""
    x = x + shift
    assert_close(student.softmax_jacobian(x), jacobian_of(softmax, x), name="the Jacobian", atol=1e-12)


@softmax_jacobian.test
@given(st.vectors((2, 3)), st.sampled_from([3000.0, -3000.0, 40.0]))
@example(np.array([0.0, 0.0]), -1000.0)
def test_stays_right_where_entries_are_far_apart(student, x, distance):
    """an entry far above or below the others, whose power is too large or too small for a float"""
    x = np.append(x, distance)
    assert_close(student.softmax_jacobian(x), jacobian_of(softmax, x), name="the Jacobian", atol=1e-12)


def probabilities(x):
    """Softmax of the array x."""
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)


@softmax_jacobian.misconception(
    "only the diagonal is filled", hint="every x_j is in the denominator of every y_i, so all entries count"
)
def _(x):
    y = probabilities(x)
    return np.diag(y * (1 - y))


@softmax_jacobian.misconception(
    "the sign of the outer product is wrong", hint="more in the denominator makes y_i smaller: the term is −y_i·y_j"
)
def _(x):
    y = probabilities(x)
    return np.diag(y) + np.outer(y, y)


@softmax_jacobian.misconception(
    "the whole sign is flipped", hint="a larger x_i makes y_i larger: the diagonal is y_i·(1 − y_i), not below 0"
)
def _(x):
    y = probabilities(x)
    return np.outer(y, y) - np.diag(y)


@softmax_jacobian.misconception(
    "the numerator is forgotten", hint="x_i is in the numerator of y_i too: that adds y_i on the diagonal"
)
def _(x):
    y = probabilities(x)
    return -np.outer(y, y)


@softmax_jacobian.misconception(
    "the denominator is taken for a constant", hint="every x_j is in the denominator too: that gives −y_i·y_j"
)
def _(x):
    return np.diag(probabilities(x))


@softmax_jacobian.misconception(
    "exp overflows for large entries", hint="take the largest entry from all entries first; no y changes by it"
)
def _(x):
    powers = np.exp(x)
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


def jacobian_from(powers):
    """The Jacobian of softmax from the powers e^x, up to a factor."""
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


@softmax_jacobian.misconception(
    "the first entry is taken away, not the largest",
    hint="another entry may be far above the first; which one makes sure that no exponent is above 0?",
    see=f"Pitfall: e to the 1000, in {LESSON}",
)
def _(x):
    return jacobian_from(np.exp(x - x[0]))


@softmax_jacobian.misconception(
    "the mean is taken away, not the largest entry",
    hint="an entry may be far above the mean; which number makes sure that no exponent is above 0?",
    see=f"Pitfall: e to the 1000, in {LESSON}",
)
def _(x):
    return jacobian_from(np.exp(x - x.mean()))


@softmax_jacobian.misconception(
    "large entries are clipped",
    hint="clipping makes unequal entries equal; taking the same number from all of them does not",
    see=f"Pitfall: e to the 1000, in {LESSON}",
)
def _(x):
    return jacobian_from(np.exp(np.clip(x, -700, 700)))


@softmax_jacobian.misconception(
    "the formula of the diagonal stands everywhere", hint="x_j is in the numerator of y_i only where i = j"
)
def _(x):
    y = probabilities(x)
    return np.outer(y, 1 - y)


@softmax_jacobian.misconception(
    "softmax itself is returned", hint="the slopes of softmax are asked for: a row for each output"
)
def _(x):
    return probabilities(x)


@softmax_jacobian.misconception(
    "the Jacobian is that of log softmax", hint="without the logarithm, every row keeps its own factor y_i"
)
def _(x):
    return np.eye(len(x)) - probabilities(x)


@softmax_jacobian.misconception(
    "a Jacobian of one entry has lost its axes", hint="one entry makes shape (1, 1); do not squeeze"
)
def _(x):
    return np.squeeze(jacobian_from(probabilities(x)))


@softmax_jacobian.misconception(
    "the entries are moved in x itself", hint="`x -= …` changes the caller's array; `x - …` makes a new one"
)
def _(x):
    x -= x.max()
    return jacobian_from(np.exp(x))


layer_jacobian = Task(
    "25.3",
    "layer_jacobian",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "x_j reaches y_i through z_i only. What are ∂z_i/∂x_j and ∂y_i/∂z_i?",
        "∂y_i/∂x_j = (1 − y_i²)·W_ij: the slope of output i scales the whole of row i.",
        "With y = np.tanh(W @ x + b), turn 1 - y**2 into a column with [:, None] and multiply W by it.",
    ),
    see=f"A layer: bend each output by itself, in {LESSON}",
)

FARTHEST = 4.0  # |Wx + b| stays below: beyond, 1 − tanh² has lost too many digits to compare


@st.composite
def layers(draw, m=None, n=None):
    """Cases with W (m, n), b (m,) and x (n,), halved until every |Wx + b| is below FARTHEST."""
    case = draw(st.cases(sizes={"m": m, "n": n}, W="m n", b="m", x="n"))
    while np.max(np.abs(case.W @ case.x + case.b)) >= FARTHEST:
        case.W, case.b = case.W / 2, case.b / 2
    return case


def layer_of(case):
    """The layer as a torch function of x."""
    W, b = torch.from_numpy(case.W), torch.from_numpy(case.b)
    return lambda x: torch.tanh(W @ x + b)


@layer_jacobian.test
@given(layers())
@example(
    st.Case(W=np.array([[1.0, 2.0, 0.5], [-1.0, 0.25, 3.0]]), b=np.array([0.5, -1.0]), x=np.array([0.5, -0.25, 1.0]))
)
def test_is_the_jacobian_of_the_layer(student, case):
    """the Jacobian of tanh(Wx + b) with respect to x"""
    claimed = student.layer_jacobian(case.W, case.b, case.x)
    assert_close(claimed, jacobian_of(layer_of(case), case.x), name="the Jacobian", rtol=1e-6)


@layer_jacobian.test
@given(layers(m=(2, 4), n=1))
@example(st.Case(W=np.array([[1.0], [2.0]]), b=np.array([0.5, -1.0]), x=np.array([0.5])))
def test_of_a_layer_with_one_input_is_one_column(student, case):
    """one input makes one column: shape (m, 1)"""
    claimed = student.layer_jacobian(case.W, case.b, case.x)
    assert_close(claimed, jacobian_of(layer_of(case), case.x), name="the Jacobian", rtol=1e-6)


@layer_jacobian.test
@given(layers(m=1, n=(2, 4)))
@example(st.Case(W=np.array([[1.0, 2.0]]), b=np.array([0.5]), x=np.array([0.5, -1.0])))
def test_of_a_layer_with_one_output_is_one_row(student, case):
    """one output makes one row: shape (1, n)"""
    claimed = student.layer_jacobian(case.W, case.b, case.x)
    assert_close(claimed, jacobian_of(layer_of(case), case.x), name="the Jacobian", rtol=1e-6)


@layer_jacobian.misconception(
    "the slope of tanh is taken at its input", hint="1 − y² holds for the output y = tanh(z); 1 − z² is another number"
)
def _(W, b, x):
    z = W @ x + b
    return (1 - z**2)[:, None] * W


@layer_jacobian.misconception(
    "the output itself is taken for the slope", hint="the slope of tanh is 1 − tanh(z)², not tanh(z)"
)
def _(W, b, x):
    return np.tanh(W @ x + b)[:, None] * W


@layer_jacobian.misconception("the output is not squared", hint="the slope of tanh is 1 − y², with the square")
def _(W, b, x):
    return (1 - np.tanh(W @ x + b))[:, None] * W


@layer_jacobian.misconception(
    "the columns of W are scaled and not its rows",
    hint="NumPy puts a vector beside the last axis; [:, None] makes a column of it, so that slope i meets row i",
)
def _(W, b, x):
    return (1 - np.tanh(W @ x + b) ** 2) * W


@layer_jacobian.misconception(
    "tanh is forgotten", hint="W is the Jacobian of Wx + b; tanh after it scales every row by its slope"
)
def _(W, b, x):
    return W.copy()


@layer_jacobian.misconception(
    "the rows are summed into one", hint="each output has a row of its own; a matrix product adds them up"
)
def _(W, b, x):
    return (1 - np.tanh(W @ x + b) ** 2) @ W


@layer_jacobian.misconception("the bias is forgotten", hint="the slope of tanh is wanted at Wx + b, not at Wx")
def _(W, b, x):
    return (1 - np.tanh(W @ x) ** 2)[:, None] * W


@layer_jacobian.misconception(
    "the Jacobian is transposed", hint="a row belongs to an output, a column to an input: the shape is that of W"
)
def _(W, b, x):
    return ((1 - np.tanh(W @ x + b) ** 2)[:, None] * W).T


def bent(slope):
    """layer_jacobian with another slope, a function of z = Wx + b."""
    return lambda W, b, x: slope(W @ x + b)[:, None] * W


layer_jacobian.misconception(
    "the slope is that of the logistic function",
    hint="y·(1 − y) belongs to 1/(1 + e⁻ᶻ); the layer bends with tanh, which has a slope of its own",
    layer_jacobian=bent(lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
)
layer_jacobian.misconception(
    "the slope has a plus for a minus",
    hint="tanh is flat where its output is near 1: the slope must become small there",
    layer_jacobian=bent(lambda z: 1 + np.tanh(z) ** 2),
)


@layer_jacobian.misconception(
    "the Jacobian is that with respect to b", hint="x reaches y through W; a column for each entry of x, not of b"
)
def _(W, b, x):
    return np.diag(1 - np.tanh(W @ x + b) ** 2)
