"""Assignment 21 · A training loop with gradient accumulation"""

from functools import partial
from types import SimpleNamespace

import numpy as np
import torch
from matplotlib.figure import Figure

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/21_training_loop_with_grad_accumulation.py"
NEAR = 1e-5  # torch's clip adds 10⁻⁶ to the norm, and one's own need not

training = Task(
    "21.1",
    "train",
    points=6,
    minutes=25,
    hints=(
        "One batch of 1 row and one of 3 make a group. What does each row weigh in the group's mean, and what in the "
        "mean of the two batch means?",
        "Gather batches until the group is full, then: clear, backward of each batch's share of the group's mean, clip "
        "once, step, record. What is left at the end of the stream is a group as well.",
        "samples = sum(len(x) for x, _ in group); each batch's loss is its mean · len(x) / samples; "
        "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm) returns the norm before the clip.",
    ),
    see=f"A group is one big batch, in {LESSON}",
)


@probe
def trained(student, model, batches, steps, lr, max_norm, kind, spare, old_gradients, stops):
    """What a training leaves: the parts of its history, the parameters, their flags, and the batches.

    kind: how the batches are handed over; spare: the model has a parameter that is not used
    stops: after these groups the training stops, and another call goes on with the rest
    """
    if spare:
        model.register_parameter("spare", torch.nn.Parameter(torch.ones(2, dtype=torch.float64)))
    parameters = dict(model.named_parameters())
    for parameter in parameters.values():
        if old_gradients and parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, 3.0, requires_grad=False)
    seen = {"losses": [], "norms": [], "updates": 0}
    ends = [stop * steps for stop in stops]
    for start, end in zip([0, *ends], [*ends, len(batches)], strict=True):
        part = batches[start:end]
        part = {"list": list, "tuple": tuple, "generator": lambda pairs: (pair for pair in pairs)}[kind](part)
        history = student.train(model, part, steps, lr, max_norm)
        seen["losses"] += list(history.losses)
        seen["norms"] += list(history.gradient_norms)
        seen["updates"] += history.updates
    seen["parameters"] = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    seen["flags"] = {name: parameter.requires_grad for name, parameter in parameters.items()}
    return seen | {"batches": batches}


def expected(case, added=0.0):
    """The losses, norms and parameters, each group taken as one large batch; `added` to a norm before it is clipped."""
    module = case.model.build()
    named = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    state = {name: parameter.detach().clone() for name, parameter in named.items()}
    losses, norms = [], []
    for start in range(0, len(case.batches), case.steps):
        group = case.batches[start : start + case.steps]
        x, y = (torch.cat([pair[k] for pair in group]) for k in (0, 1))
        leaves = {name: value.clone().requires_grad_() for name, value in state.items()}
        loss = (torch.func.functional_call(module, leaves, (x,)) - y).square().sum() / y.numel()
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        norm = float(np.linalg.norm(np.concatenate([gradient.numpy().ravel() for gradient in gradients])))
        factor = min(1.0, case.max_norm / (norm + added)) if norm else 1.0
        state = {name: state[name] - case.lr * factor * g for name, g in zip(state, gradients, strict=True)}
        losses.append(loss.item())
        norms.append(norm)
    parameters = {name: parameter.detach() for name, parameter in module.named_parameters()} | state
    spare = {"spare": torch.ones(2, dtype=torch.float64)} if case.spare else {}
    numbers = np.concatenate([losses, norms, *(value.numpy().ravel() for value in parameters.values())])
    return SimpleNamespace(losses=losses, norms=norms, parameters=parameters | spare, numbers=numbers)


LIMITS = (1.0, 100.0, 0.5, 3.0)


@st.composite
def trainings(draw):
    """Cases with the arguments of `trained`; batches of one to three rows."""
    model = draw(st.models("linear", "mlp", "frozen", "shared", layers=(1, 2), outputs=(1, 2), activation="tanh"))
    sizes = draw(st.lists(st.sampled_from((1, 3, 2)), min_size=1, max_size=7))
    x, y = (draw(st.tensors(sum(sizes), size, nonzero=True)) for size in (model.sizes[0], model.sizes[-1]))
    steps = draw(st.sampled_from((2, 3, 1, 4)))
    return st.Case(
        model=model,
        batches=list(zip(x.split(sizes), y.split(sizes), strict=True)),
        steps=steps,
        lr=draw(st.sampled_from((0.125, 0.0625, 0.1))),
        max_norm=draw(st.sampled_from(LIMITS)),
        kind=draw(st.sampled_from(("list", "generator", "tuple"))),
        spare=draw(st.booleans()),
        old_gradients=draw(st.booleans()),
        stops=[],
    )


def line(*sizes, steps, lr=0.125, max_norm=100.0, stops=(), old_gradients=False):
    """A case of a linear model on batches of these sizes."""
    rows = torch.arange(1, sum(sizes) + 1, dtype=torch.float64)[:, None] / 4
    values = {"model": models.Model("linear", (1, 1), 1), "steps": steps, "lr": lr, "max_norm": max_norm}
    batches = list(zip(rows.split(sizes), (2 - rows**2).split(sizes), strict=True)) if sizes else []
    values |= {"batches": batches, "kind": "list", "spare": False, "old_gradients": old_gradients}
    return st.Case(**values, stops=list(stops))


def look(student, case):
    """What `trained` saw, what is expected, and how near it must be: small numbers go with the clip that is used."""
    right, with_torchs = expected(case), expected(case, added=1e-6)
    apart = float(np.linalg.norm(with_torchs.numbers - right.numbers))
    return student.run(trained, **vars(case)), right, {"rtol": NEAR, "atol": 1e-12 + 2 * apart}


@training.test(examples=16)
@given(trainings())
@example(line(1, 1, steps=2))
@example(line(1, 3, steps=2))
@example(line(1, 1, 1, steps=2))
@example(line(1, 1, steps=2, max_norm=0.5))
@example(line(1, 1, steps=2, max_norm=0.5, lr=2.5))  # the weight comes close to 0
@example(line(1, steps=1, old_gradients=True))
@example(line(1, steps=3))
def test_steps_with_each_group(student, case):
    """each group makes one step, along the clipped gradient of the mean over all its samples, the last group too"""
    seen, right, near = look(student, case)
    assert_close(seen["parameters"], right.parameters, name="the parameters after training", **near)
    flags = {name: parameter.requires_grad for name, parameter in case.model.build().named_parameters()}
    assert_close(seen["flags"], flags | ({"spare": True} if case.spare else {}), name="requires_grad")


@training.test(examples=16)
@given(trainings())
@example(line(1, 3, steps=2))
@example(line(1, 1, 1, steps=2, max_norm=0.5))
def test_records_each_update(student, case):
    """one loss and one norm an update: the group's loss before the step, the norm before the clip; and their number"""
    seen, right, near = look(student, case)
    assert_close(seen["updates"], len(right.losses), name="history.updates")
    assert_close(seen["losses"], right.losses, name="history.losses", **near)
    assert_close(seen["norms"], right.norms, name="history.gradient_norms", **near)


@training.test
def test_can_be_resumed(student):
    """a training that stops after a group and goes on in another call gives the numbers of one that did not stop"""
    seen, right, near = look(student, line(1, 2, 1, 1, 3, steps=2, max_norm=1.0, stops=[1]))
    assert_close([seen["losses"], seen["norms"]], [right.losses, right.norms], name="[losses, norms]", **near)
    assert_close(seen["parameters"], right.parameters, name="the parameters after training", **near)


@training.test
def test_no_batches_make_no_update(student):
    """without batches there is no update, and the model stays as it is, also where old gradients lie in it"""
    seen, right, _ = look(student, line(steps=2, old_gradients=True))
    claimed = [seen["losses"], seen["norms"], seen["updates"]]
    assert_close(claimed, [[], [], 0], name="[losses, norms, updates]")
    assert_close(seen["parameters"], right.parameters, name="the parameters", rtol=0, atol=0)


def fit(
    model, batches, accumulation_steps, lr, max_norm, *, short=True, weight=None, clear=True, first_clear=True,
    clip="end", loss="group", after=False,
):  # fmt: skip
    """train, and what becomes of it where one thing is done in another way.

    weight: of a batch's mean loss, from its samples, those of the group, the batches of the group, accumulation_steps
    clip: "end", "never", "each backward" or "each tensor"
    """
    weigh = weight or (lambda mine, all_of_them, batches, steps: mine / all_of_them)
    batches, history = list(batches), SimpleNamespace(losses=[], gradient_norms=[], updates=0)
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def squeeze(tensors):
        return torch.nn.utils.clip_grad_norm_(tensors, max_norm)

    for parameter in free if first_clear else ():
        parameter.grad = None
    for start in range(0, len(batches), accumulation_steps):
        group = batches[start : start + accumulation_steps]
        if len(group) < accumulation_steps and not short:
            break
        for parameter in free if clear and start else ():
            parameter.grad = None
        samples, parts = sum(len(x) for x, _ in group), []
        for x, y in group:
            mean = (model(x) - y).square().mean()
            part = weigh(len(x), samples, len(group), accumulation_steps) * mean
            part.backward()
            if clip == "each backward":
                last_norm = squeeze(free).item()
            parts.append(mean.item() if loss == "last" else part.item())
        moved = [parameter for parameter in free if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in moved]).item()
        if clip == "each backward":
            norm = last_norm
        elif clip == "end":
            squeeze(free)
        elif clip == "each tensor":
            for parameter in moved:
                squeeze([parameter])
        if after:
            norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in moved]).item()
        with torch.no_grad():
            for parameter in moved:
                parameter -= lr * parameter.grad
        for parameter in () if first_clear else free:
            parameter.grad = None
        history.losses.append(parts[-1] if loss == "last" else sum(parts))
        history.gradient_norms.append(norm)
        history.updates += 1
    return history


def slip(name, hint, **changes):
    """Declare `fit` with these changes as a mistake."""
    training.misconception(name, hint=hint, train=partial(fit, **changes))


slip("the leftover is dropped", "after the loop a group may be incomplete: it makes an update too", short=False)
slip(
    "the gradient is clipped before accumulation is complete",
    "clip once, after the last backward of the group: until then the gradient is not whole",
    clip="each backward",
)
slip(
    "every batch is divided by accumulation_steps",
    "batches differ in size and the last group may be short: weigh a batch by its samples / those of the group",
    weight=lambda mine, all_of_them, batches, steps: 1 / steps,
)
slip(
    "the batches of a group weigh alike",
    "the mean of the means is not the mean over samples: weigh a batch by its samples / those of the group",
    weight=lambda mine, all_of_them, batches, steps: 1 / batches,
)
slip(
    "the batches' gradients are added without weights",
    "the group's loss is a mean: weigh each batch's mean by its samples / those of the group",
    weight=lambda mine, all_of_them, batches, steps: 1.0,
)
slip(
    "nothing is clipped",
    "where the norm is larger than max_norm, scale the gradient down before the step",
    clip="never",
)
slip(
    "each tensor is clipped by itself",
    "one norm over all parameters, and one factor for all: else the direction changes",
    clip="each tensor",
)
slip("the norm is recorded after the clip", "clip_grad_norm_ returns the norm before: record that one", after=True)
slip("the last batch's loss stands for the group", "add up the batches' shares of the group's mean", loss="last")
slip(
    "the gradients are not cleared between groups", "backward() adds to .grad: each group begins with cleared ones",
    clear=False,
)  # fmt: skip
slip(
    "gradients from before take part", "cleared after each step is too late for the first: clear before it as well",
    first_clear=False,
)  # fmt: skip


clip = Task(
    "21.2",
    "clip_by_norm",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "Two arrays have norms 3 and 4. What is their common norm, and what is each multiplied by if it may be 1?",
        "Root of the sum of all squares of all arrays; one factor max_norm / norm where the norm is larger than "
        "max_norm, otherwise 1; new arrays.",
        "norm = np.sqrt(sum(np.sum(g**2) for g in gradients)); the factor is max_norm / norm if norm > max_norm else "
        "1.0; return [g * factor for g in gradients], norm.",
    ),
    see=f"Clip the norm, in {LESSON}",
)


def clipped(gradients, max_norm):
    """The clipped gradients and their norm before, in long double."""
    row = np.concatenate([np.zeros(0), *(gradient.ravel() for gradient in gradients)]).astype(np.longdouble)
    norm = np.sqrt(row @ row)
    factor = max_norm / norm if norm > max_norm else np.longdouble(1)
    return [np.asarray(gradient * factor, dtype=np.float64) for gradient in gradients], float(norm)


def some_gradients(least=0, most=3, **options):
    return st.lists(st.shaped_arrays(max_dims=2, max_size=2, **options), min_size=least, max_size=most)


def check_clip(student, gradients, max_norm):
    assert_close(student.clip_by_norm(gradients, max_norm), clipped(gradients, max_norm), name="(clipped, norm)")


@clip.test(examples=25)
@given(some_gradients(inexact=True), st.sampled_from((1.0, 0.5, 3.0)))
@example([np.array([3.0]), np.array([4.0])], 1.0)
@example([np.array([[2.0], [0.0]])], 1.0)
def test_scales_all_by_one_factor(student, gradients, max_norm):
    """all gradients are scaled by max_norm / norm where their common norm is larger; the norm is the one before"""
    check_clip(student, gradients, max_norm)


@clip.test(examples=10)
@given(some_gradients(limit=1.0), st.sampled_from((8.0, 16.0)))
@example([np.array([1.0])], 8.0)
@example([], 8.0)
def test_leaves_small_ones_alone(student, gradients, max_norm):
    """gradients whose norm is at most max_norm stay as they are; so does an empty list, whose norm is 0"""
    check_clip(student, gradients, max_norm)


@clip.test
def test_zeros_stay_zeros(student):
    """zeros stay zeros, with norm 0"""
    check_clip(student, [np.zeros(2), np.zeros((1, 2))], 1.0)


def norm_of(gradients):
    return float(np.sqrt(sum(float(np.sum(gradient**2)) for gradient in gradients)))


def scaled(gradients, factor):
    return [gradient * factor for gradient in gradients]


@clip.misconception("each tensor is clipped by itself", hint="one norm over all arrays, and one factor for all")
def _(gradients, max_norm):
    return [g * min(1.0, max_norm / (norm_of([g]) or 1.0)) for g in gradients], norm_of(gradients)


@clip.misconception("small gradients are scaled up", hint="where the norm is at most max_norm the factor is 1")
def _(gradients, max_norm):
    norm = norm_of(gradients)
    return scaled(gradients, max_norm / norm if norm else 1.0), norm


@clip.misconception("the norm is told after the clip", hint="the norm before is asked for")
def _(gradients, max_norm):
    norm = norm_of(gradients)
    return scaled(gradients, min(1.0, max_norm / (norm or 1.0))), min(norm, max_norm)


@clip.misconception("the norms are added", hint="add the squares of all entries, and take one root")
def _(gradients, max_norm):
    norm = sum((norm_of([gradient]) for gradient in gradients), 0.0)
    return scaled(gradients, min(1.0, max_norm / (norm or 1.0))), norm


@clip.misconception("the entries are clipped", hint="a norm is clipped by one factor, so the direction stays")
def _(gradients, max_norm):
    return [np.clip(gradient, -max_norm, max_norm) for gradient in gradients], norm_of(gradients)


@clip.misconception("the root is missing", hint="the norm is the square root of the sum of squares")
def _(gradients, max_norm):
    norm = norm_of(gradients) ** 2
    return scaled(gradients, min(1.0, max_norm / (norm or 1.0))), norm


@clip.misconception("10⁻⁶ is added to the norm", hint="torch does so; here the factor is max_norm / norm, exactly")
def _(gradients, max_norm):
    norm = norm_of(gradients)
    return scaled(gradients, min(1.0, max_norm / (norm + 1e-6))), norm


@clip.misconception("0 is divided by 0", hint="divide only where the norm is larger than max_norm, so never by 0")
def _(gradients, max_norm):
    norm = np.sqrt(sum((np.sum(gradient**2) for gradient in gradients), np.float64(0)))
    with np.errstate(all="ignore"):
        return scaled(gradients, np.minimum(1.0, np.float64(max_norm) / norm) if norm else np.float64(np.nan)), norm


picture = Task(
    "21.3",
    "plot_history",
    points=1,
    minutes=10,
    hints=(
        "How does matplotlib give two axes, one above the other or one on top of the other?",
        "plt.subplots(2), or plt.subplots() and axes.twinx(). Losses in the first, norms in the second; "
        "a label for each y axis and one for x. Return the figure.",
        "figure, (top, bottom) = plt.subplots(2); top.plot(history.losses); bottom.plot(history.gradient_norms); "
        "top.set(ylabel=…); bottom.set(xlabel=…, ylabel=…); return figure.",
    ),
    see=f"Look at it, in {LESSON}",
)


@probe
def shown(student, losses, norms):
    """What the figure shows that is nearest to the losses and to the norms, in two axes; nan where nothing is shown.

    labels: whether the axes of the losses and those of the norms have a y label, and one of them an x label
    """
    import sys
    from types import SimpleNamespace

    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

    given = list(losses), list(norms)
    history = SimpleNamespace(losses=losses, gradient_norms=norms, updates=len(losses))
    figure = student.plot_history(history)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")  # or it keeps them all, and soon complains
    nothing = np.full(len(given[0]), np.nan)
    seen = {
        "returned": "Figure" if isinstance(figure, Figure) else type(figure).__name__,
        "axes": 0,
        "losses": nothing,
        "norms": nothing,
        "labels": [False, False, False],
        "given": [history.losses, history.gradient_norms],
    }
    if seen["returned"] != "Figure" or not figure.axes:
        return seen

    def curves(axes):
        """The points of all that is drawn in data coordinates, each (k, 2)."""
        found = [line.get_xydata() for line in axes.lines if line.get_visible() and len(line.get_xydata()) > 1]
        found += [dots.get_offsets() for dots in axes.collections if isinstance(dots, PathCollection)]
        bars = [bar for bar in axes.patches if hasattr(bar, "get_height")]
        found.append([(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in bars])
        return [np.ma.filled(np.ma.asarray(each, dtype=float), np.nan).reshape(-1, 2) for each in found]

    def heights(curve, at):
        """How high a curve stands at these places; nan beyond its ends."""
        curve = curve[np.isfinite(curve).all(axis=1)]
        if not len(curve):
            return nothing
        curve = curve[np.argsort(curve[:, 0], kind="stable")]
        inside = (at >= curve[0, 0] - 1e-6) & (at <= curve[-1, 0] + 1e-6)
        return np.where(inside, np.interp(at, curve[:, 0], curve[:, 1]), np.nan)

    def distance(values, wanted):
        gaps = np.abs(values - wanted)
        return float(np.isnan(gaps).sum()) * 1e9 + float(np.nansum(gaps))

    def best(axes, wanted):
        """The curve of these axes that is nearest to what is wanted, updates counted from 0 or from 1."""
        updates = np.arange(len(wanted), dtype=float)
        found = [heights(curve, updates + first) for curve in curves(axes) for first in (0, 1)]
        return min([nothing, *found], key=lambda one: distance(one, wanted))

    wanted = [np.array(values) for values in given]
    looks = [[best(axes, values) for values in wanted] for axes in figure.axes]
    count = range(len(looks))
    pairs = [(i, j) for i in count for j in count if i != j] or [(0, 0)]

    def apart(pair):
        return sum(distance(looks[k][which], wanted[which]) for which, k in enumerate(pair))

    first, second = min(pairs, key=apart)
    seen |= {"axes": len(looks), "losses": looks[first][0], "norms": looks[second][1]}
    chosen = [figure.axes[first], figure.axes[second]]
    labels = [bool(axes.get_ylabel().strip()) for axes in chosen]
    shared = figure.get_supxlabel() if hasattr(figure, "get_supxlabel") else ""
    labels.append(any(text.strip() for text in (shared, *(axes.get_xlabel() for axes in chosen))))
    return seen | {"labels": labels}


def histories():
    """Cases of losses and norms, one of each an update."""
    unlike = {"positive": True, "unique": True, "as_tensor": False}
    return st.cases(sizes={"n": (2, 5)}, losses=st.field("n", **unlike), norms=st.field("n", **unlike))


FIRST = st.Case(losses=np.array([7.0, 2.0, 1.0]), norms=np.array([0.5, 3.0, 1.5]))


def look_at(student, case):
    seen = student.run(shown, case.losses.tolist(), case.norms.tolist())
    assert_close(seen["returned"], "Figure", name="the type of what came back")
    return seen


@picture.test(examples=3)
@given(histories())
@example(FIRST)
def test_shows_losses_and_norms(student, case):
    """the losses over the updates in one axes, the norms in another, stacked or twin; updates count from 0 or 1"""
    seen = look_at(student, case)
    assert_close(seen["axes"], 2, name="the number of axes")
    name = "the curve's height at each update"
    assert_close(seen["losses"], case.losses, name=f"losses: {name}", rtol=NEAR)
    assert_close(seen["norms"], case.norms, name=f"norms: {name}", rtol=NEAR)


@picture.test
def test_labels_the_axes(student):
    """both y axes have a label, and so has an x axis; the history is not changed"""
    seen = look_at(student, FIRST)
    names = "[y label at the losses, y label at the norms, an x label]"
    assert_close(seen["labels"], [True, True, True], name=names)
    given = [FIRST.losses.tolist(), FIRST.norms.tolist()]
    assert_close(seen["given"], given, name="[losses, gradient_norms] after the call", rtol=0, atol=0)


def drawn(history, *, axes=2, losses=True, norms=True, ylabels=("loss", "norm"), xlabel="update", shape=list):
    """plot_history, and what becomes of it where one thing is done in another way."""
    figure = Figure()
    found = figure.subplots(axes, 1, squeeze=False)
    top, bottom = found[0][0], found[-1][0]
    if losses:
        top.plot(shape(history.losses))
    if norms:
        bottom.plot(shape(history.gradient_norms))
    top.set(ylabel=ylabels[0])
    bottom.set(ylabel=ylabels[1], xlabel=xlabel)
    return figure


def badly_drawn(name, hint, **changes):
    """Declare `drawn` with these changes as a mistake."""
    picture.misconception(name, hint=hint, plot_history=partial(drawn, **changes))


badly_drawn("both curves are in one axes", "a loss and a norm need an axis each: plt.subplots(2), or twinx()", axes=1)
badly_drawn("the norms are missing", "history.gradient_norms belongs into the second axes", norms=False)
badly_drawn("the losses are missing", "history.losses belongs into the first axes", losses=False)
badly_drawn("the y axes have no labels", "each says what it shows: set(ylabel=…)", ylabels=("", ""))
badly_drawn("the axis of the norms has no label", "it says what it shows: set(ylabel=…)", ylabels=("loss", ""))
badly_drawn("no x axis has a label", "somewhere it must say that updates are counted: set(xlabel=…)", xlabel="")
badly_drawn("the first update is left out", "each update has its place in the picture", shape=lambda values: values[1:])


@picture.misconception("the figure is not returned", hint="return figure, or what was drawn is lost with the function")
def _(history):
    drawn(history)
