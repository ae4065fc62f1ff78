"""Assignment 17 · Pitfalls and sanity checks"""

import numpy as np
import torch

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/17_pitfalls_and_sanity_checks.py"

numerical_gradient = Task(
    "17.1",
    "numerical_gradient",
    points=3,
    by_hand=True,
    minutes=15,
    hints=(
        "How many calls of f does an array of shape (2, 3) need? And how do you name each of its entries in turn?",
        "np.ndindex(x.shape) gives the index of every entry, also where the shape is () or (0,). Move that entry of "
        "a copy by +step and by −step, and divide the difference of the two values by 2 · step.",
        "for index in np.ndindex(x.shape): shift = np.zeros(x.shape), shift[index] = step, and then "
        "f(x + shift) and f(x - shift).",
    ),
    see=f"A finite difference checks any gradient, in {LESSON}",
)


@probe
def differences(student, x, weights, c, step):
    """numerical_gradient of f(x) = u² + Σ wᵢ (c₀ xᵢ + c₁ xᵢ² + c₂ xᵢ³) + c₃ sin u with u = Σ wᵢ xᵢ; and x."""

    def f(z):
        z = np.asarray(z)
        if z.shape != weights.shape:
            raise ValueError(f"f was called with an array of shape {z.shape}; x has shape {weights.shape}")
        u = np.sum(weights * z)
        return float(u**2 + np.sum(weights * (c[0] * z + c[1] * z**2 + c[2] * z**3)) + c[3] * np.sin(u))

    gradient = student.numerical_gradient(f, x, step)
    return {"gradient": gradient, "x": x}


@st.composite
def points(draw, **options):
    """Cases with the arguments of differences: x of any shape, weights of the same."""
    x = np.asarray(draw(st.shaped_arrays(max_dims=3, max_size=2, **options)))
    weights = np.asarray(draw(st.arrays(*x.shape, nonzero=True)))
    step = draw(st.sampled_from([0.5, 0.25, 0.1, 0.01]))
    return st.Case(x=x, weights=weights, c=draw(st.vectors(4)), step=step)


def point(x, step=0.5, c=(0.0, 0.0, 0.0, 0.0)):
    """A case at x with weights 1, 2, 3, …"""
    x = np.array(x, dtype=float)
    weights = np.arange(1.0, x.size + 1).reshape(x.shape)
    return st.Case(x=x, weights=weights, c=np.array(c), step=step)


def central_differences(case):
    """The formula for this f: what it gives is the slope, and a little more: exactly so for the step at hand.

    With (z + h)³ − (z − h)³ = 2h (3z² + h²) and sin(u + wh) − sin(u − wh) = 2 cos u sin wh.
    """
    x, w, c, h = case.x, case.weights, case.c, case.step
    u = np.sum(w * x)
    powers = c[0] + 2 * c[1] * x + c[2] * (3 * x**2 + h**2)
    return np.asarray(2 * u * w + w * powers + c[3] * np.cos(u) * np.sin(w * h) / h)


@numerical_gradient.test
@given(points(inexact=True))
@example(point([1.0]))
@example(point([1.0, 2.0]))
@example(point([[1.0], [2.0]], step=0.25))
@example(point(1.0))
@example(point([]))
@example(point([1.0], c=(0.0, 0.0, 1.0, 0.0)))
def test_are_the_central_differences(student, case):
    """the central difference of every entry with this step, in the shape of x; () and (0,) are shapes too"""
    # Two evaluations, each rounded to 1e-16 of its size, divided by the step: 1e-7 is far above, h² · slope is not.
    claimed = student.run(differences, **vars(case))["gradient"]
    assert_close(claimed, central_differences(case), name="the gradient", rtol=1e-7, atol=1e-10)


@numerical_gradient.test(examples=15)
@given(points(inexact=True, min_size=1))
@example(point([1.0]))
def test_leaves_x_alone(student, case):
    """x is as it was, to the last digit"""
    seen = student.run(differences, **vars(case))
    assert_close(seen["x"], case.x, name="x after the call", rtol=0, atol=0)


def differenced(f, x, step, *, ahead=1.0, behind=1.0, over=2.0, restored=True):
    """numerical_gradient, and what becomes of it where one thing is done in another way."""
    gradient = np.zeros(x.shape)
    moving = x.copy() if restored else x
    for index in np.ndindex(x.shape):
        here = moving[index]
        moving[index] = here + ahead * step
        above = f(moving)
        moving[index] = here - behind * step
        below = f(moving)
        gradient[index] = (above - below) / (over * step)
        if restored:
            moving[index] = here
    return gradient


def slip_of_differences(name, hint, **options):
    numerical_gradient.misconception(
        name, hint=hint, numerical_gradient=lambda f, x, step: differenced(f, x, step, **options)
    )


slip_of_differences(
    "one-sided: f(x) is subtracted, not f(x − step)",
    "move to both sides, and divide by 2 · step: the error then falls with the square of the step",
    behind=0.0,
    over=1.0,
)
slip_of_differences(
    "one-sided, to the left", "move to both sides, and divide by 2 · step", ahead=0.0, over=1.0
)  # fmt: skip
slip_of_differences("divided by the step, not by twice the step", "from x − step to x + step it is 2 · step", over=1.0)
slip_of_differences(
    "one-sided, and divided by twice the step", "from x to x + step it is one step; move to both sides", behind=0.0
)
slip_of_differences(
    "each entry is moved by half a step", "move by a whole step to either side: it is 2 · step from end to end",
    ahead=0.5, behind=0.5, over=1.0,
)  # fmt: skip
slip_of_differences(
    "x is changed: entries are moved and not put back",
    "move an entry of a copy: x.copy(), or add an array that holds the step at one place",
    restored=False,
)
slip_of_differences("the sign is flipped", "f(x + step) − f(x − step), in this order", over=-2.0)


@numerical_gradient.misconception(
    "x is used as the place to move in, and comes back rounded",
    hint="+ step and − step again may change the last digit: move an entry of a copy",
)
def _(f, x, step):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += step
        above = f(x)
        x[index] -= 2 * step
        gradient[index] = (above - f(x)) / (2 * step)
        x[index] += step
    return gradient


@numerical_gradient.misconception(
    "all entries are moved at once", hint="a partial derivative moves one entry and leaves the others"
)
def _(f, x, step):
    return np.full(x.shape, (f(x + step) - f(x - step)) / (2 * step))


@numerical_gradient.misconception(
    "another step is used", hint="the step is an argument: the error that it makes is part of what is asked for"
)
def _(f, x, step):
    return differenced(f, x, 1e-6)


@numerical_gradient.misconception("the result is flat", hint="the gradient has the shape of x")
def _(f, x, step):
    return differenced(f, x, step).ravel()


@numerical_gradient.misconception(
    "only the first axis is gone through", hint="np.ndindex(x.shape) gives the index of every entry, also for shape ()"
)
def _(f, x, step):
    gradient = np.zeros(x.shape)
    for i in range(len(x)):
        shift = np.zeros(x.shape)
        shift[i] = step
        gradient[i] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


gradient_report = Task(
    "17.2",
    "gradient_report",
    points=3,
    minutes=10,
    hints=(
        "NaN is not infinite, and not equal to itself. Is one bad entry enough for the word? Is one zero enough?",
        "Ask in the order given, with if and elif: is it None, isnan().any(), isinf().any(), (gradient == 0).all().",
        "for name, parameter in model.named_parameters(): gradient = parameter.grad; then five branches, "
        "each of which sets report[name].",
    ),
    see=f"Four questions for a gradient, in {LESSON}",
)


@probe
def report_of(student, model, gradients, frozen):
    """The report of a model whose .grad holds `gradients` (by name, else None); .grad and frozen ones afterwards."""
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.grad = gradients[name].clone() if name in gradients else None
        parameter.requires_grad_(name not in frozen)
    report = student.gradient_report(model)
    after = {name: p.grad.clone() for name, p in parameters.items() if p.grad is not None}
    return report, after, [name for name, p in parameters.items() if not p.requires_grad]


NAN, INF = float("nan"), float("inf")
FILLINGS = (
    (0.0,),
    (1.0, -1.0),
    (0.0, -0.0),
    (0.0, 2.0),
    (NAN, 1.0),
    (1.0, 0.0, NAN),
    (INF, 1.0),
    (-INF, 0.0),
    (INF, -INF),
    (INF, NAN),
    (1e200,),
    (1e-200,),
)


def filled(shape, filling):
    """A tensor of this shape with the filling over and over."""
    size = int(np.prod(shape))
    return torch.tensor((filling * size)[:size], dtype=torch.float64).reshape(shape)


@st.composite
def graded(draw):
    """Cases with the arguments of report_of."""
    model = draw(st.models("mlp", "shared", "linear", "nested"))
    named = {name: p.shape for name, p in model.build().named_parameters()}
    found = {name: draw(st.sampled_from((None, *FILLINGS))) for name in named}
    gradients = {name: filled(named[name], filling) for name, filling in found.items() if filling is not None}
    return st.Case(model=model, gradients=gradients, frozen=draw(st.lists(st.sampled_from(sorted(named)), max_size=1)))


def report_case(weight=None, bias=None):
    """A linear layer of two inputs and one output with these gradients."""
    gradients = {"weight": weight and [list(weight)], "bias": bias and list(bias)}
    held = {name: torch.tensor(value, dtype=torch.float64) for name, value in gradients.items() if value is not None}
    return st.Case(model=models.Model("linear", (2, 1)), gradients=held, frozen=[])


def word_for(gradient):
    """The word for what stands in .grad."""
    if gradient is None:
        return "missing"
    numbers = gradient.numpy()
    if np.isnan(numbers).any():
        return "nan"
    return "inf" if np.isinf(numbers).any() else "ok" if np.any(numbers) else "zero"


@gradient_report.test
@given(graded())
@example(report_case(weight=(1.0, 0.0)))
@example(report_case(weight=(0.0, 0.0), bias=(1.0,)))
@example(report_case(weight=(NAN, 1.0), bias=(NAN,)))
@example(report_case(weight=(INF, 1.0), bias=(-INF,)))
@example(report_case(weight=(INF, NAN), bias=(0.0,)))
@example(report_case(weight=(1.0, -1.0), bias=(1e-200,)))
@example(report_case(weight=(INF, -INF), bias=(1.0,)))
@example(report_case(weight=(1e200, 1e308), bias=(1.0,)))
@example(report_case(weight=(1e308, 1e308), bias=(1.0,)))
def test_says_the_first_word_that_fits(student, case):
    """missing, nan, inf, zero or ok, the first that fits, for every parameter"""
    report, _, _ = student.run(report_of, **vars(case))
    names = [name for name, _ in case.model.build().named_parameters()]
    assert_close(report, {name: word_for(case.gradients.get(name)) for name in names}, name="the report")


@gradient_report.test(examples=15)
@given(graded())
@example(report_case(weight=(1.0, NAN)))
def test_leaves_the_model_alone(student, case):
    """.grad and requires_grad of every parameter stay as they were"""
    _, after, frozen = student.run(report_of, **vars(case))
    assert_close(sorted(after), sorted(case.gradients), name="the list of parameters that have a .grad")
    same = {name: np.array_equal(after[name], gradient, equal_nan=True) for name, gradient in case.gradients.items()}
    assert_close([name for name in same if not same[name]], [], name="the list of .grad that have changed")
    assert_close(frozen, case.frozen, name="the frozen parameters")


QUESTIONS = {
    "missing": lambda g: g is None,
    "nan": lambda g: g.isnan().any(),
    "inf": lambda g: g.isinf().any(),
    "zero": lambda g: (g == 0).all(),
}


def reported(model, order="missing nan inf zero", **questions):
    """gradient_report by these questions, in this order."""
    asked = QUESTIONS | questions
    report = {}
    for name, parameter in model.named_parameters():
        words = (word for word in order.split() if asked[word](parameter.grad))
        report[name] = next(words, "ok")
    return report


def slip_of_report(name, hint, order="missing nan inf zero", **questions):
    gradient_report.misconception(name, hint=hint, gradient_report=lambda model: reported(model, order, **questions))


slip_of_report(
    "NaN is called inf",
    "isfinite() is False for both: ask isnan() first, and isinf() after it",
    nan=lambda g: False,
    inf=lambda g: not g.isfinite().all(),
)
slip_of_report(
    "a missing gradient is called zero", "None is not a gradient of zeros: the loss did not reach that parameter",
    order="zero nan inf", zero=lambda g: g is None or (g == 0).all(), nan=lambda g: g is not None and g.isnan().any(),
    inf=lambda g: g is not None and g.isinf().any(),
)  # fmt: skip
slip_of_report(
    "inf is asked before nan", "the first word that fits: NaN comes before infinity", order="missing inf nan zero"
)
slip_of_report(
    "minus infinity is overlooked", "infinite with either sign: isinf() knows both", inf=lambda g: (g == INF).any()
)
slip_of_report("one zero is taken for all", "zero means that all entries are zero", zero=lambda g: (g == 0).any())
slip_of_report("all entries must be NaN", "one NaN is enough: any(), not all()", nan=lambda g: g.isnan().all())
slip_of_report("all entries must be infinite", "one infinity is enough: any()", inf=lambda g: g.isinf().all())
slip_of_report(
    "a sum is asked whether it is zero", "1 and −1 add up to zero, and neither is: compare the entries",
    zero=lambda g: g.sum() == 0,
)  # fmt: skip
slip_of_report(
    "sums are asked, not entries", "∞ − ∞ is NaN, and 1 − 1 is 0, in a sum: ask every entry",
    nan=lambda g: g.sum().isnan(), inf=lambda g: g.sum().isinf(), zero=lambda g: g.sum() == 0,
)  # fmt: skip
slip_of_report(
    "the norm is asked, not the entries", "squares of large entries overflow, and those of small ones vanish",
    nan=lambda g: g.norm().isnan(), inf=lambda g: g.norm().isinf(), zero=lambda g: g.norm() == 0,
)  # fmt: skip
slip_of_report(
    "small gradients are called zero", "exactly zero: == 0, without a tolerance",
    zero=lambda g: torch.allclose(g, torch.zeros_like(g)),
)  # fmt: skip
slip_of_report(
    "NaN is looked for with ==", "NaN is equal to nothing, not even to itself: isnan()", nan=lambda g: (g == NAN).any()
)
slip_of_report("parameters without a gradient are passed over or fail", "ask for None first", order="nan inf zero")


@gradient_report.misconception("parameters without a gradient have no entry", hint="they are reported too, as missing")
def _(model):
    return {name: word for name, word in reported(model).items() if word != "missing"}


@gradient_report.misconception(
    "frozen parameters are left out", hint="every parameter has an entry, whatever its flag says"
)
def _(model):
    return {name: word for name, word in reported(model).items() if model.get_parameter(name).requires_grad}


column_loss = Task(
    "17.3",
    "column_loss",
    points=2,
    minutes=10,
    hints=(
        "Of five rows, how many numbers does model(x) − y hold?",
        "(n, 1) against (n,) is every prediction against every target. Give both one shape before the minus sign.",
        "y[:, None] has shape (n, 1); model(x).squeeze(1), or model(x)[:, 0], has shape (n,). The mean stays.",
    ),
    see=f"A column against a row, in {LESSON}",
)


@probe
def loss_of(student, model, x, y):
    """The loss, and the gradients that its backward brings to the parameters, where it is in a graph; x and y."""
    loss = student.column_loss(model, x, y)
    seen = {"loss": loss, "in the graph": False, "gradients": {}, "data": [x, y]}
    if isinstance(loss, torch.Tensor):
        seen["loss"], seen["in the graph"] = loss.detach().clone(), loss.requires_grad
        if loss.requires_grad and loss.shape == ():
            loss.backward()
            seen["gradients"] = {name: p.grad for name, p in model.named_parameters()}
    return seen


@st.composite
def rows(draw, n=(1, 4)):
    """Cases of a model with one output, x (n, d) and y (n,)."""
    model = draw(st.models("linear", "mlp", outputs=1, layers=(1, 2), activation="tanh"))
    batch = draw(st.cases(sizes={"n": n, "i": model.sizes[0]}, as_tensor=True, x="n i", y="n"))
    return st.Case(model=model, x=batch.x, y=batch.y)


def rows_of(x, y):
    """A case of a linear layer of one input."""
    x, y = torch.tensor(x, dtype=torch.float64)[:, None], torch.tensor(y, dtype=torch.float64)
    return st.Case(model=models.Model("linear", (1, 1)), x=x, y=y)


def expected_loss(case):
    """(loss, gradients by name), row by row."""
    module = case.model.build()
    loss = sum((module(row[None])[0, 0] - target) ** 2 for row, target in zip(case.x, case.y, strict=True))
    loss = loss / len(case.y)
    loss.backward()
    return loss.detach(), {name: p.grad for name, p in module.named_parameters()}


@column_loss.test(examples=25)
@given(rows())
@example(rows_of([1.0, 2.0], [0.0, 1.0]))
@example(rows_of([1.0], [0.0]))
def test_is_the_mean_over_the_rows(student, case):
    """a tensor of shape (): the mean over the rows of (prediction − target)²"""
    assert_close(student.run(loss_of, **vars(case))["loss"], expected_loss(case)[0], name="the loss")


@column_loss.test(examples=15)
@given(rows())
@example(rows_of([1.0, 2.0], [0.0, 1.0]))
def test_is_in_the_graph(student, case):
    """backward from the loss reaches all parameters; x and y stay as they were"""
    seen = student.run(loss_of, **vars(case))
    assert_close(seen["in the graph"], True, name="whether the loss is in the graph")
    assert_close(seen["gradients"], expected_loss(case)[1], name="gradients")
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)


def slip_of_loss(name, hint, loss):
    column_loss.misconception(name, hint=hint, column_loss=loss)


slip_of_loss(
    "(n, 1) meets (n,), so that every prediction is compared with every target",
    "give both one shape first: y[:, None], or model(x).squeeze(1)",
    lambda model, x, y: ((model(x) - y) ** 2).mean(),
)
slip_of_loss(
    "the sum stands for the mean", "divide by n: mean()", lambda model, x, y: ((model(x)[:, 0] - y) ** 2).sum()
)
slip_of_loss(
    "the sum over all pairs is divided by n", "the table of (n, n) is the fault: give both one shape first",
    lambda model, x, y: ((model(x) - y) ** 2).sum() / len(y),
)  # fmt: skip
slip_of_loss(
    "the loss has left the graph", "return the tensor itself: no item(), detach() or no_grad",
    lambda model, x, y: ((model(x)[:, 0] - y) ** 2).mean().detach(),
)  # fmt: skip
slip_of_loss(
    "a float is returned", "backward needs the tensor: no item()",
    lambda model, x, y: ((model(x)[:, 0] - y) ** 2).mean().item(),
)  # fmt: skip
slip_of_loss(
    "the rows are not averaged", "one number: mean() over the rows", lambda model, x, y: (model(x)[:, 0] - y) ** 2
)
slip_of_loss(
    "the loss has shape (1,)", "mean() without dim takes all axes, and leaves the shape ()",
    lambda model, x, y: ((model(x) - y[:, None]) ** 2).mean(dim=0),
)  # fmt: skip
slip_of_loss(
    "absolute misses are taken for squares", "(prediction − target)²",
    lambda model, x, y: (model(x)[:, 0] - y).abs().mean(),
)  # fmt: skip

descend = Task(
    "17.4",
    "descend",
    points=2,
    minutes=10,
    hints=(
        "What does `w = w - …` do to the tensor that the caller holds? And what does backward do with an old .grad?",
        "Clear before each backward, also before the first. Change w itself, in place, where nothing is recorded.",
        "In the loop: w.grad = None, the loss, loss.backward(), the number into the list, and "
        "w -= lr * w.grad under torch.no_grad().",
    ),
    see=f"Gradients pile up, and nobody moves, in {LESSON}",
)


@probe
def descent(student, w, x, y, lr, steps, old):
    """The losses; w and its flags afterwards; x and y. `old` lies in w.grad beforehand, if not None."""
    leaf = w.clone().requires_grad_()
    leaf.grad = None if old is None else torch.full_like(w, old)
    losses = student.descend(leaf, x, y, lr, steps)
    flags = {"is_leaf": leaf.is_leaf, "requires_grad": leaf.requires_grad}
    return {"losses": losses, "w": leaf.detach().clone(), "flags": flags, "data": [x, y]}


@st.composite
def starts(draw, steps=(0, 4), old=(None, 0.5, -2.0)):
    """Cases with the arguments of descent."""
    case = draw(st.cases(sizes={"n": (1, 3), "d": (1, 3)}, as_tensor=True, w="d", x="n d", y="n"))
    lr, count = draw(st.sampled_from([0.125, 0.0625, 0.1])), draw(st.integers(*steps))
    return st.Case(w=case.w, x=case.x, y=case.y, lr=lr, steps=count, old=draw(st.sampled_from(old)))


def start(steps=2, old=None, y=0.0):
    """A case of one weight and one row; y = 1 is met from the start."""
    w, x, y = (torch.tensor(numbers, dtype=torch.float64) for numbers in ([1.0], [[1.0]], [y]))
    return st.Case(w=w, x=x, y=y, lr=0.125, steps=steps, old=old)


def expected_descent(case):
    """(losses, w) with the gradient written out: 2 xᵀ(xw − y) / n."""
    w, losses = case.w.clone(), []
    for _ in range(case.steps):
        misses = case.x @ w - case.y
        losses.append((misses @ misses / len(misses)).item())
        w = w - case.lr * 2 * case.x.T @ misses / len(misses)
    return losses, w


@descend.test(examples=30)
@given(starts())
@example(start(steps=1))
@example(start())
@example(start(old=0.5))
@example(start(steps=0))
@example(start(y=1.0))
def test_moves_w_downhill(student, case):
    """w itself after the last step, and the losses before each as floats; an old gradient has no influence"""
    seen, (losses, w) = student.run(descent, **vars(case)), expected_descent(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["w"], w, name="the caller's w")


@descend.test(examples=15)
@given(starts())
@example(start())
def test_leaves_a_leaf(student, case):
    """w stays a leaf that requires a gradient; x and y stay as they were"""
    seen = student.run(descent, **vars(case))
    assert_close(seen["flags"], {"is_leaf": True, "requires_grad": True}, name="w afterwards")
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)


def descended(w, x, y, lr, steps, *, clear="first", up=1.0, total=torch.mean, after=False, keep=float, scale=True):
    """descend, and what becomes of it where one thing is done in another way."""

    def loss_now():
        return total((x @ w - y) ** 2)

    losses = []
    if clear == "once":
        w.grad = None
    for _ in range(steps):
        if clear == "first":
            w.grad = None
        loss = loss_now()
        loss.backward()
        if clear == "middle":
            w.grad.zero_()
        with torch.no_grad():
            w -= up * (lr if scale else 1.0) * w.grad
        losses.append(keep(loss_now() if after else loss))
        if clear == "last":
            w.grad = None
    return losses


def slip_of_descent(name, hint, **options):
    descend.misconception(name, hint=hint, descend=lambda w, x, y, lr, steps: descended(w, x, y, lr, steps, **options))


@descend.misconception(
    "as given: w is rebound, and the gradients pile up",
    hint="change w in place under no_grad, w -= …, and clear w.grad before each backward",
)
def _(w, x, y, lr, steps):
    leaf, losses = w, []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        w = w - lr * leaf.grad
    return losses


@descend.misconception(
    "w is bound to a new tensor, and the caller's stays as it was",
    hint="`w = w - …` makes a new tensor that only this function knows; `w -= …` changes the caller's",
)
def _(w, x, y, lr, steps):
    return descended(w.detach().clone().requires_grad_(), x, y, lr, steps)


slip_of_descent("the gradients are never cleared", "backward adds to .grad: clear before each backward", clear="never")
slip_of_descent(
    "cleared once, before the loop", "the clearing belongs into the loop: before each backward", clear="once"
)
slip_of_descent(
    "cleared between backward and the step",
    "the step needs the gradient: clear before backward, not after it",
    clear="middle",
)
slip_of_descent(
    "cleared after the step only, so that an old gradient takes part in the first",
    "something may lie in w.grad beforehand: clear before backward",
    clear="last",
)
slip_of_descent("the steps go uphill", "the gradient points to where the loss grows: subtract it", up=-1.0)
slip_of_descent("the sum stands for the mean", "the loss is a mean over the rows", total=torch.sum)
slip_of_descent("the losses are measured after the steps", "keep the loss of the forward pass", after=True)
slip_of_descent("the losses are tensors", "a list of floats: loss.item()", keep=lambda loss: loss.detach().clone())
slip_of_descent("the learning rate is left out", "the step is lr times the gradient", scale=False)
