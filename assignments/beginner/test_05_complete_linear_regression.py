"""Assignment 05 · Linear regression, complete"""

import numpy as np
import torch
from matplotlib.figure import Figure

from autograder import Task, assert_close, example, given, probe
from autograder import strategies as st

LESSON = "lessons/beginner/05_complete_linear_regression.py"

fit_line = Task(
    "05.1",
    "fit_line",
    points=5,
    minutes=20,
    hints=(
        "Which of these happen once, and which in every epoch: making w and b, forward, backward, update, clear?",
        "Two leaves that start at 0, made before the loop. In the loop a training step as in assignment 04, and one "
        "more entry in losses: the number of the loss, not the tensor.",
        "for _ in range(epochs): loss = …mean(); losses.append(loss.item()); loss.backward(); under torch.no_grad() "
        "w -= lr * w.grad, and the same for b; w.grad = b.grad = None. At the end Fit(w.item(), b.item(), losses).",
    ),
    see=f"Epoch after epoch, in {LESSON}",
)


@probe
def fitted(student, x, y, lr, epochs):
    """The parts of the fit, numbers as floats; which of them hold a graph; and x and y afterwards."""
    fit = student.fit_line(x, y, lr, epochs)
    holding = [name for name in ("w", "b") if getattr(getattr(fit, name), "grad_fn", None) is not None]
    if any(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in fit.losses):
        holding.append("losses")
    numbers = {}
    for name in ("w", "b"):
        value = getattr(fit, name)
        scalar = type(value) in (torch.Tensor, torch.nn.Parameter) and value.shape == () and not value.is_complex()
        numbers[name] = float(value) if scalar or type(value) is int else value
    return numbers | {"losses": fit.losses, "holding": holding, "data": [x, y]}


def descent(x, y, lr, epochs):
    """w, b and the losses before each step of gradient descent from (0, 0).

    In closed form: the loss is a parabola in (w, b) with matrix H, its gradient H·(state) − h.
    """
    inputs = np.stack([x.numpy(), np.ones(len(x))], axis=1)
    curvature, pull = 2 * inputs.T @ inputs / len(x), 2 * inputs.T @ y.numpy() / len(x)
    state, losses = np.zeros(2), []
    for _ in range(epochs):
        losses.append(float(np.mean((inputs @ state - y.numpy()) ** 2)))
        state = state - lr * (curvature @ state - pull)
    return st.Case(w=float(state[0]), b=float(state[1]), losses=losses)


def trainings(epochs=(0, 6), **options):
    """Cases of data x and y (n,), a learning rate and a number of epochs."""
    return st.cases(
        x=st.field("n", as_tensor=True, nonzero=True, **options),
        y=st.field("n", as_tensor=True, **options),
        lr=st.field(as_float=True, positive=True, limit=0.25),
        epochs=st.integers(*epochs),
    )


def training(x, y, lr, epochs):
    """A case of these numbers."""
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (x, y))
    return st.Case(x=x, y=y, lr=lr, epochs=epochs)


@fit_line.test
@given(trainings(epochs=(1, 6)))
@example(training([1.0, 2.0], [3.0, 5.0], 0.125, 2))
@example(training([1.0, 2.0], [3.0, 5.0], 0.125, 0))
def test_finds_the_line(student, case):
    """w and b after `epochs` steps from w = b = 0"""
    seen, right = student.run(fitted, **vars(case)), descent(**vars(case))
    assert_close({name: seen[name] for name in ("w", "b")}, {"w": right.w, "b": right.b}, name="fit")


@fit_line.test
@given(trainings(inexact=True))
@example(training([1.0, 2.0], [3.0, 5.0], 0.125, 2))
def test_keeps_the_losses(student, case):
    """one loss for each epoch, the one before its step, as a float"""
    seen = student.run(fitted, **vars(case))
    assert_close(seen["losses"], descent(**vars(case)).losses, name="fit.losses")


def check_all_epochs(student, case):
    seen, right = student.run(fitted, **vars(case)), descent(**vars(case))
    assert_close(len(seen["losses"]), case.epochs, name="the number of losses")
    assert_close([seen["w"], seen["b"]], [right.w, right.b], name="[w, b]")


@fit_line.test
def test_runs_all_epochs_where_nothing_is_to_be_learned(student):
    """all epochs are run, also where the loss is zero from the start"""
    check_all_epochs(student, training([1.0, 2.0], [0.0, 0.0], 0.125, 3))


@fit_line.test
def test_runs_all_epochs_where_the_loss_stands_still(student):
    """all epochs are run, also where the loss no longer changes"""
    check_all_epochs(student, training([1.0, -1.0], [2.0, 4.0], 0.25, 60))


@fit_line.test
def test_runs_all_epochs_where_the_loss_grows(student):
    """all epochs are run, also where each step leaps further than the one before"""
    check_all_epochs(student, training([2.0, -1.0], [1.0, 1.0], 0.5, 12))


@fit_line.test(examples=15)
@given(trainings(epochs=(1, 3)))
def test_keeps_no_graph(student, case):
    """nothing in the fit holds a graph; x and y stay as they were"""
    seen = student.run(fitted, **vars(case))
    assert_close(seen["holding"], [], name="the list of what holds a graph")
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)


def fit_with(
    x, y, lr, epochs, *, start=0.0, clear=True, before=True, keep=float, sign=1.0, mean=True, b_moves=True,
    fresh_w=False, stop=None, early=False, extra=False, dtype=torch.float64, give=float,
):  # fmt: skip
    """fit_line, and what becomes of it where one thing is done in another way."""
    w, b = (torch.tensor(start, dtype=dtype, requires_grad=True) for _ in "wb")

    def loss_now():
        squares = (w * x.to(dtype) + b - y.to(dtype)) ** 2
        return squares.mean() if mean else squares.sum()

    losses = []
    for _ in range(epochs):
        loss = loss_now()
        loss.backward()
        if early:
            w.grad, b.grad = torch.zeros_like(w), torch.zeros_like(b)
        with torch.no_grad():
            w -= sign * lr * w.grad
        if fresh_w:
            b.grad = torch.autograd.grad(loss_now(), b)[0]
        with torch.no_grad():
            b -= sign * lr * b.grad if b_moves else 0.0
        if clear:
            w.grad = b.grad = None
        losses.append(keep(loss if before else loss_now()))
        if stop is not None and stop(losses):
            break
    if extra:
        losses.append(keep(loss_now()))
    return st.Case(w=give(w), b=give(b), losses=losses)


def slip_of_fit(name, hint, **options):
    """Declare fit_with with these options as a mistake."""
    fit_line.misconception(name, hint=hint, fit_line=lambda x, y, lr, epochs: fit_with(x, y, lr, epochs, **options))


slip_of_fit(
    "the gradients are never cleared",
    "backward adds to .grad, so old gradients go on pushing: clear both in every epoch",
    clear=False,
)
slip_of_fit(
    "the loss is recorded after the step",
    "the loss of an epoch is that of its forward pass: keep this one, and do not compute another",
    before=False,
)
slip_of_fit(
    "the losses keep their graphs alive",
    "a loss tensor holds on to its whole graph: keep its number, loss.item()",
    keep=lambda loss: loss,
)
slip_of_fit(
    "the losses are tensors",
    "a list of floats is asked for: loss.item()",
    keep=lambda loss: loss.detach().clone(),
)
slip_of_fit("the steps go uphill", "the gradient points to where the loss grows: subtract it", sign=-1.0)
slip_of_fit("a sum stands where the mean belongs", "the loss is the mean over the points", mean=False)
slip_of_fit("b never moves", "b has a gradient and needs its step as well as w", b_moves=False)
slip_of_fit(
    "b uses the new w", "one forward and one backward an epoch: both gradients belong to the old line", fresh_w=True
)
slip_of_fit("w and b start at 1", "the descent begins at w = b = 0", start=1.0)
slip_of_fit(
    "the gradients are cleared between backward and update",
    "the update needs the gradients: clear after it, not before",
    early=True,
)
slip_of_fit(
    "one loss too many is kept", "len(losses) == epochs: the loss after the last step is not asked for", extra=True
)
slip_of_fit("it is computed in float32", "make w and b with dtype=torch.float64, as x and y are", dtype=torch.float32)
slip_of_fit(
    "w and b still hold a graph", "take their numbers with .item(), or detach() them", give=lambda leaf: leaf * 1.0
)
ALL_EPOCHS = "all epochs are run, whatever the losses are: no break"
slip_of_fit(
    "it stops when the loss stands still", ALL_EPOCHS, stop=lambda all: len(all) > 1 and abs(all[-1] - all[-2]) < 1e-9
)
slip_of_fit("it stops when the loss is small", ALL_EPOCHS, stop=lambda all: all[-1] < 1e-9)
slip_of_fit("it stops when the loss grows", ALL_EPOCHS, stop=lambda all: len(all) > 1 and all[-1] > all[-2])


@fit_line.misconception(
    "the factor 2 of the gradient is missing", hint="the derivative of r² is 2r; or leave the gradient to backward()"
)
def _(x, y, lr, epochs):
    return fit_with(x, y, lr, epochs, sign=0.5)


@fit_line.misconception(
    "w and b are bound to new tensors",
    hint="`w = w - …` under no_grad makes a tensor that tracks nothing, and the next backward fails: write `w -= …`",
)
def _(x, y, lr, epochs):
    w, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in "wb")
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w, b = w - lr * w.grad, b - lr * b.grad
    return st.Case(w=w.item(), b=b.item(), losses=losses)


@fit_line.misconception(
    "the last loss stands for all", hint="append to the list inside the loop, so that every epoch has its entry"
)
def _(x, y, lr, epochs):
    fit = fit_with(x, y, lr, epochs)
    fit.losses = fit.losses[-1:]
    return fit


loss_surface = Task(
    "05.2",
    "loss_surface",
    points=3,
    by_hand=True,
    minutes=15,
    hints=(
        "One entry is the loss of one line. Which numbers go into it, and how many entries are there?",
        "A loop over ws, in it one over bs, and for each pair the mean over all points. Rows are w's, columns b's.",
        "Either np.array([[np.mean((w * x + b - y) ** 2) for …] for …]), or three axes at once: "
        "ws[:, None, None] * x + bs[:, None] - y has shape (p, q, n), and the mean goes over the last.",
    ),
    see=f"A table of losses, in {LESSON}",
)


def grids(p=None, q=None, **options):
    """Cases of points x, y (n,) and of ws (p,) and bs (q,)."""
    fields = {name: st.field(dims, **options) for name, dims in {"x": "n", "y": "n", "ws": "p", "bs": "q"}.items()}
    return st.cases(sizes={"p": p, "q": q}, **fields)


def grid_of(**values):
    return st.Case(**{name: np.array(numbers) for name, numbers in values.items()})


def surface(x, y, ws, bs):
    """The surface from the moments of the data, in long double."""
    x, y, w, b = (values.astype(np.longdouble) for values in (x, y, ws[:, None], bs[None, :]))
    squares = w**2 * np.mean(x * x) + b**2 + np.mean(y * y)
    crossed = w * b * np.mean(x) - w * np.mean(x * y) - b * np.mean(y)
    return (squares + 2 * crossed).astype(np.float64)


@loss_surface.test
@given(grids())
@example(grid_of(x=[1.0, 2.0], y=[1.0, 3.0], ws=[0.0, 1.0, 2.0], bs=[0.0, 1.0]))
def test_is_the_loss_of_every_pair(student, case):
    """entry [i, j] is the mean squared error of the line with ws[i] and bs[j]"""
    assert_close(student.loss_surface(**vars(case)), surface(**vars(case)), name="the surface")


@loss_surface.test(examples=30)
@given(grids(p=3, q=3, inexact=True))
def test_knows_rows_from_columns(student, case):
    """a row for each w and a column for each b, also where there are as many of each; in double precision"""
    assert_close(student.loss_surface(**vars(case)), surface(**vars(case)), name="the surface")


@loss_surface.test
def test_one_of_each(student):
    """one w, one b and one point give an array of shape (1, 1)"""
    case = grid_of(x=[2.0], y=[1.0], ws=[0.5], bs=[3.0])
    assert_close(student.loss_surface(**vars(case)), surface(**vars(case)), name="the surface")


def table(x, y, ws, bs, loss):
    """An entry loss(misses) for each pair."""
    return np.array([[loss(w * x + b - y) for b in bs] for w in ws])


@loss_surface.misconception("rows and columns are swapped", hint="the row is w's and the column b's: shape (p, q)")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses**2)).T


@loss_surface.misconception("a sum stands where the mean belongs", hint="divide by the number of points")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.sum(misses**2))


@loss_surface.misconception(
    "the mean is squared, not the misses", hint="square each miss first; otherwise misses of both signs cancel"
)
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses) ** 2)


@loss_surface.misconception("the misses are not squared", hint="the loss is the mean of the squared misses")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, np.mean)


@loss_surface.misconception("the variance is taken", hint="np.var takes the mean away first: square the misses")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, np.var)


@loss_surface.misconception(
    "the table is reshaped where it should be transposed",
    hint="reshape reads on along the rows and mixes the pairs; .T, or the loops in the other order, swaps the axes",
)
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses**2)).T.reshape(len(ws), len(bs))


@loss_surface.misconception("axes of length one are lost", hint="the shape is (p, q) also where p or q is 1")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses**2)).squeeze()


@loss_surface.misconception("all losses stand in one row", hint="the shape is (p, q): a row for each w")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses**2)).ravel()


@loss_surface.misconception("the absolute error is taken", hint="each miss is squared, not stripped of its sign")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(np.abs(misses)))


@loss_surface.misconception("a root is taken too many", hint="the loss is the mean of the squares, without a root")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.sqrt(np.mean(misses**2)))


@loss_surface.misconception("the loss is halved", hint="the loss is the plain mean: no factor ½")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.mean(misses**2) / 2)


@loss_surface.misconception("divided by n − 1", hint="a mean over n points divides by n")
def _(x, y, ws, bs):
    return table(x, y, ws, bs, lambda misses: np.sum(misses**2) / max(len(x) - 1, 1))


@loss_surface.misconception("w and b have changed parts", hint="w multiplies x, and b is added")
def _(x, y, ws, bs):
    return np.array([[np.mean((b * x + w - y) ** 2) for b in bs] for w in ws])


@loss_surface.misconception("b is subtracted", hint="the line is wx + b, so a miss is wx + b − y")
def _(x, y, ws, bs):
    return table(x, y, ws, -bs, lambda misses: np.mean(misses**2))


@loss_surface.misconception(
    "each w meets only one b", hint="every w is combined with every b: give each its own axis, or use two loops"
)
def _(x, y, ws, bs):
    losses = [np.mean((w * x + b - y) ** 2) for w, b in zip(ws, bs, strict=False)]
    return np.array(losses)


plot_fit = Task(
    "05.3",
    "plot_fit",
    points=2,
    minutes=15,
    hints=(
        "How do you ask matplotlib for one figure with two axes side by side?",
        "In the first axes scatter for the points and plot for the line; in the second plot for the losses. "
        "Each axes is told its labels by set(xlabel=…, ylabel=…). The figure is what is returned.",
        "figure, (data, curve) = plt.subplots(1, 2); data.scatter(x, y); data.plot(x, …) with the line's values there; "
        "curve.plot(fit.losses); labels for both; return figure.",
    ),
    see=f"Look at it, in {LESSON}",
)


@probe
def shown(student, x, y, w, b, losses):
    """What the figure shows that is nearest to the points, the line and the losses; nan where nothing is shown.

    points    for each data point the nearest mark in the axes of the data
    line      how high its best line stands at every x and halfway between neighbours
    dotted    whether the line's heights over the points are there as marks
    losses    how high the best curve or marks of the other axes stand at each epoch, from 0 or from 1
    labels    in the axes of the data and in the other: x and y label, whether there is one
    """
    import sys
    from collections import namedtuple

    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.figure import Figure

    given = x.clone(), y.clone(), list(losses)
    figure = student.plot_fit(x, y, namedtuple("Fit", ["w", "b", "losses"])(w, b, losses))
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")  # or it keeps them all, and soon complains
    seen = {
        "returned": "Figure" if isinstance(figure, Figure) else type(figure).__name__,
        "axes": 0,
        "points": np.full((len(x), 2), np.nan),
        "line": np.full(2 * len(x) - 1, np.nan),
        "dotted": False,
        "losses": np.full(len(given[2]), np.nan),
        "labels": [[False, False], [False, False]],
        "given": [x, y, losses],
    }
    if seen["returned"] != "Figure" or not figure.axes:
        return seen

    def vertices(line):
        """A line's vertices, in the units of its axes; an endless line is cut to the range of x."""
        if hasattr(line, "get_slope"):
            (left, low), slope = line.get_xy1(), line.get_slope()
            if slope is None:
                right, high = line.get_xy2()
                slope = (high - low) / (right - left) if right != left else np.nan
            return np.array([(float(end), float(low + slope * (end - left))) for end in (at[0], at[-1])])
        if line.get_transform() != line.axes.transData:
            return np.empty((0, 2))
        return np.asarray(line.get_xydata(), dtype=float)

    def marks_and_strokes(axes):
        """What is drawn as single marks (m, 2), and a list of what is drawn as lines, each (k, 2)."""
        nothing, marks, strokes = ("None", "none", "", " "), [], []
        for line in axes.lines:
            if line.get_visible() and str(line.get_marker()) not in nothing:
                marks.append(vertices(line))
            if line.get_visible() and line.get_linestyle() not in nothing:
                strokes.append(vertices(line))
        for group in axes.collections:
            if group.get_visible() and isinstance(group, PathCollection):
                marks.append(np.ma.filled(np.ma.asarray(group.get_offsets(), dtype=float), np.nan))
            elif group.get_visible() and isinstance(group, LineCollection) and group.get_segments():
                strokes.append(np.concatenate(group.get_segments()))
        strokes += [dots for dots in marks if len(dots) >= 20]  # so many in a row are a line
        return np.concatenate([np.empty((0, 2)), *marks]), strokes

    def heights(stroke, at):
        """How high a stroke stands at these places; nan beyond its ends."""
        stroke = stroke[np.isfinite(stroke).all(axis=1)]
        if not len(stroke):
            return np.full(len(at), np.nan)
        stroke = stroke[np.argsort(stroke[:, 0], kind="stable")]
        low, high = stroke[0, 0], stroke[-1, 0]
        slack = 1e-6 * (1 + abs(low) + abs(high))  # a grid in float32 may end a little too early
        inside = (at >= low - slack) & (at <= high + slack)
        return np.where(inside, np.interp(at, stroke[:, 0], stroke[:, 1]), np.nan)

    def distance(values, wanted):
        """How far apart two arrays are; what is missing counts for most."""
        gaps = np.abs(np.asarray(values) - wanted)
        return float(np.isnan(gaps).sum()) * 1e9 + float(np.nansum(gaps))

    def best(candidates, wanted):
        """The candidate nearest to what is wanted."""
        return min([np.full(len(wanted), np.nan), *candidates], key=lambda one: distance(one, wanted))

    def nearest_marks(marks, wanted):
        if not len(marks):
            return np.full(wanted.shape, np.nan)
        apart = ((wanted[:, None] - marks[None]) ** 2).sum(axis=2)
        return marks[np.where(np.isnan(apart), np.inf, apart).argmin(axis=1)]

    points = np.stack([given[0].numpy(), given[1].numpy()], axis=1)
    predictions = np.stack([points[:, 0], w * points[:, 0] + b], axis=1)
    at = np.sort(points[:, 0])
    at = np.sort(np.concatenate([at, (at[1:] + at[:-1]) / 2]))
    line, history = w * at + b, np.array(given[2])
    epochs, looks = np.arange(len(history), dtype=float), []
    for axes in figure.axes:
        marks, strokes = marks_and_strokes(axes)
        bars = [bar for bar in axes.patches if hasattr(bar, "get_height")]
        tops = [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in bars]
        curves = [*strokes, marks, np.array(tops, dtype=float).reshape(-1, 2)]
        look = {
            "points": nearest_marks(marks, points),
            "dotted": bool(np.allclose(nearest_marks(marks, predictions), predictions)),
            "line": best([heights(stroke, at) for stroke in strokes], line),
            "losses": best([heights(curve, epochs + first) for curve in curves for first in (0, 1)], history),
            "labels": [bool(axes.get_xlabel().strip()), bool(axes.get_ylabel().strip())],
        }
        looks.append(look)
    data = min(looks, key=lambda look: distance(look["points"], points) + distance(look["line"], line))
    others = [look for look in looks if look is not data] or [data]
    curve = min(others, key=lambda look: distance(look["losses"], history))
    seen |= {"axes": len(looks), "points": data["points"], "line": data["line"], "losses": curve["losses"]}
    return seen | {"dotted": data["dotted"], "labels": [data["labels"], curve["labels"]]}


@st.composite
def fits(draw):
    """Cases of data, a line through or beside it, and losses."""
    data = draw(
        st.cases(
            sizes={"n": (2, 5), "e": (2, 5)},
            x=st.field("n", as_tensor=True, unique=True),
            y=st.field("n", as_tensor=True),
            w=st.field(as_float=True),
            b=st.field(as_float=True),
            losses=st.field("e", positive=True, unique=True),
        )
    )
    data.losses = data.losses.tolist()
    return data


def look_at(student, case):
    """What the figure shows, once it is known to be one."""
    seen = student.run(shown, **vars(case))
    assert_close(seen["returned"], "Figure", name="the type of what came back")
    return seen


PICTURE = 1e-5  # a picture may be drawn from float32
FIRST = st.Case(
    x=torch.tensor([2.0, 0.0, 1.0]).double(), y=torch.tensor([4.0, 1.0, 2.0]).double(), w=1.5, b=1.0, losses=[7.0, 2.0]
)


@plot_fit.test(examples=3)
@given(fits())
@example(FIRST)
def test_shows_the_points_and_the_line(student, case):
    """in one axes, the points as dots or other markers, and the line from the least x to the greatest or further"""
    seen, points = look_at(student, case), np.stack([case.x.numpy(), case.y.numpy()], axis=1)
    assert_close(seen["points"], points, name="the mark nearest to each point, as [x, y]", rtol=PICTURE)
    at = np.sort(case.x.numpy())
    at = np.sort(np.concatenate([at, (at[1:] + at[:-1]) / 2]))
    name = "the line's height over each x and halfway between them (nan: no line there)"
    assert_close(seen["line"], case.w * at + case.b, name=name, rtol=PICTURE, atol=PICTURE)


@plot_fit.test(examples=3)
@given(fits())
@example(FIRST)
def test_shows_the_losses(student, case):
    """in the other axes, the losses over the epochs, from 0 or from 1; labels on all; nothing given is changed"""
    seen = look_at(student, case)
    assert_close(seen["axes"], 2, name="the number of axes")
    assert_close(seen["losses"], np.array(case.losses), name="the curve's height at each epoch", rtol=PICTURE)
    for name, labels in zip(("the axes of the points", "the axes of the losses"), seen["labels"], strict=True):
        assert_close(labels, [True, True], name=f"[has an x label, has a y label] of {name}")
    assert_close(seen["given"], [case.x, case.y, case.losses], name="[x, y, losses] after the call", rtol=0, atol=0)


def picture(
    x, y, fit, *, points=True, dots=None, line=True, height=None, over=None, curve=True, losses=None, epochs=None,
    labels=(True, True), axes=2, swapped=False, joined=False, traded=False,
):  # fmt: skip
    """plot_fit, and what becomes of it where one thing is done in another way."""
    figure = Figure()
    found = figure.subplots(1, axes, squeeze=False)
    data, history = found[0][0], found[0][-1]
    if points:
        data.plot(y if swapped else x, x if swapped else y, dots or "o")
    if joined:
        order = x.argsort()
        data.plot(x[order], y[order])
    ends = x if over is None else over(x)
    if line:
        below = history if traded else data
        below.plot(ends, fit.w * ends + fit.b if height is None else height(ends, fit), "-" if line is True else line)
    values = fit.losses if losses is None else losses(fit.losses)
    if curve:
        (data if traded else history).plot(range(len(values)) if epochs is None else epochs(values), values)
    for each, labelled in zip((data, history), labels, strict=True):
        if labelled:
            each.set(xlabel="x", ylabel="y")
    return figure


def slip_of_picture(name, hint, **options):
    """Declare a picture with these options as a mistake."""
    plot_fit.misconception(name, hint=hint, plot_fit=lambda x, y, fit: picture(x, y, fit, **options))


slip_of_picture(
    "the points are not drawn as points",
    "scatter(x, y), or plot with a marker such as 'o': a line from point to point is not what was measured",
    dots="-",
)
slip_of_picture("the points have x and y swapped", "x goes to the right, so it comes first", swapped=True)
slip_of_picture("the line is missing", "draw w · x + b in the axes of the points", line=False)
slip_of_picture(
    "the predictions are dots, not a line", "plot joins what it is given; a marker such as 'o' leaves the dots apart",
    line="o",
)  # fmt: skip
slip_of_picture(
    "w and b have changed parts in the line", "w multiplies x, and b is added",
    height=lambda x, fit: fit.b * x + fit.w,
)  # fmt: skip
slip_of_picture("the line lacks b", "the line is w · x + b", height=lambda x, fit: fit.w * x)
slip_of_picture(
    "the line runs over numbers of its own, not over the range of x",
    "a fixed piece such as 0 to 1 may miss the data: from x.min() to x.max() at least",
    over=lambda x: torch.linspace(0, 1, 10, dtype=torch.float64),
)
slip_of_picture(
    "the line is drawn over the number of a point, not over its x",
    "plot with one argument counts 0, 1, 2 …: hand it x as well",
    over=lambda x: torch.arange(len(x)).double(),
    height=lambda at, fit: fit.w * at + fit.b,
)
slip_of_picture(
    "the logarithms are shown, not the losses", "leave the numbers as they are: set_yscale('log') bends the axis",
    losses=np.log,
)  # fmt: skip
slip_of_picture(
    "decimal logarithms are shown, not the losses", "leave the numbers as they are: set_yscale('log') bends the axis",
    losses=np.log10,
)  # fmt: skip
slip_of_picture(
    "the losses run backwards", "the first loss belongs to the first epoch, on the left",
    losses=lambda losses: losses[::-1],
)  # fmt: skip
slip_of_picture(
    "the points are joined, and the fitted line is missing", "the fit is the straight line w · x + b",
    line=False, joined=True,
)  # fmt: skip
slip_of_picture("the line stands in the axes of the losses", "points and line belong together", traded=True)
slip_of_picture("the axes of the losses lack labels", "set(xlabel=…, ylabel=…) there too", labels=(True, False))
slip_of_picture("the losses are missing", "the second axes shows fit.losses over the epochs", curve=False)
slip_of_picture(
    "losses are left out",
    "each epoch has its loss in the picture, the first and the last too",
    losses=lambda losses: losses[1:],
)
slip_of_picture("the labels are missing", "set(xlabel=…, ylabel=…) on each of the two axes", labels=(False, False))
slip_of_picture("all is in one axes", "plt.subplots(1, 2) gives two: the losses need their own", axes=1)


@plot_fit.misconception(
    "the list of losses is changed", hint="fit belongs to the caller: make a list of your own before you change it"
)
def _(x, y, fit):
    figure = picture(x, y, fit)
    fit.losses.pop(0)
    return figure


@plot_fit.misconception("the figure is not returned", hint="return figure, or what was drawn is lost with the function")
def _(x, y, fit):
    picture(x, y, fit)


@plot_fit.misconception(
    "axes come back instead of the figure", hint="plt.subplots gives the figure first, then its axes: return the first"
)
def _(x, y, fit):
    return picture(x, y, fit).axes[0]


@plot_fit.misconception(
    "the figure comes back together with its axes", hint="return the figure alone; its axes are figure.axes"
)
def _(x, y, fit):
    figure = picture(x, y, fit)
    return figure, figure.axes
