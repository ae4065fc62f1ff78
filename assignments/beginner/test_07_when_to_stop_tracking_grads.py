"""Assignment 07 · When to stop tracking"""

from functools import cache

import torch

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/beginner/07_when_to_stop_tracking_grads.py"

evaluate = Task(
    "07.1",
    "evaluate",
    points=3,
    minutes=15,
    hints=(
        "eval() reaches every part of the model. Does train() afterwards bring back what each part was before?",
        "Note each module's training first, and give it back at the end, module by module. "
        "Both the forward pass and the loss belong under torch.no_grad().",
        "modes = [(part, part.training) for part in model.modules()]; model.eval(); with torch.no_grad(): loss = …; "
        "a loop over modes sets part.training again; return loss.item().",
    ),
    see=f"Put every part back into its own mode, in {LESSON}",
)


def loss_in_eval_mode(model, x, y):
    """The loss of a Model whose parts are all in eval mode."""
    misses = model.build().eval()(x).detach() - y
    return (misses.square().sum() / misses.numel()).item()


@cache
def names_in(kind, depth):
    """The names of the modules and of the parameters in models of one kind and depth."""
    module = models.Model(kind, (1,) * depth).build()
    return [name for name, _ in module.named_modules()], [name for name, _ in module.named_parameters()]


def parts_of(model):
    """The names of a Model's modules; its own is ""."""
    return names_in(model.kind, len(model.sizes))[0]


def parameters_of(model):
    """The names of a Model's parameters."""
    return names_in(model.kind, len(model.sizes))[1]


@st.composite
def evaluations(draw, *kinds, rows=(1, 4)):
    """Cases of a model, its data x and y, and the names of parts that are in eval mode."""
    model = draw(st.models(*kinds, dropout=0.5))
    shapes = {"n": rows, "i": model.sizes[0], "o": model.sizes[-1]}
    data = draw(st.cases(sizes=shapes, as_tensor=True, x="n i", y="n o"))
    names = parts_of(model)
    in_eval = draw(st.lists(st.sampled_from(names), max_size=len(names), unique=True))
    return st.Case(model=model, x=data.x, y=data.y, in_eval=in_eval)


def rows(*values):
    """These values as a tensor of one column."""
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)


LINE = models.Model("linear", (1, 1), 1)
FROZEN = models.Model("frozen", (1, 1, 1), 1)
NORMED = models.Model("mlp_batchnorm", (1, 1, 1), 1)


@evaluate.test(examples=20)
@given(evaluations("linear", "mlp", "transfer", "mlp_batchnorm", "frozen"))
@example(st.Case(model=LINE, x=rows(1.0, 2.0), y=rows(0.0, 1.0), in_eval=[]))
@example(st.Case(model=NORMED, x=rows(1.0, 2.0), y=rows(0.0, 1.0), in_eval=[]))
@example(st.Case(model=NORMED, x=rows(1.0), y=rows(0.0), in_eval=[]))
@example(st.Case(model=FROZEN, x=rows(1.0), y=rows(0.0), in_eval=[]))
def test_is_the_mean_squared_error_in_eval_mode(student, case):
    """the mean of (model(x) − y)² in eval mode, as a float; the model and the data stay as they were"""
    assert_close(student.evaluate(case.model, case.x, case.y), loss_in_eval_mode(case.model, case.x, case.y))


@probe
def seen_around(student, model, x, y, in_eval, tells=False):
    """The loss, the modes of all parts afterwards, and whether anything was saved for a backward pass.

    tells: an output of the model that tracks is another number, so that recording shows in the loss
    """
    parts = dict(model.named_modules())
    for name, part in parts.items():
        part.training = name not in in_eval
    saved = []

    def pack(tensor):
        saved.append(True)
        return tensor

    if tells:
        model.register_forward_hook(lambda part, inputs, output: output + output.requires_grad)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = student.evaluate(model, x, y)
    modes = {name or "the model": part.training for name, part in parts.items()}
    return {"loss": loss, "modes": modes, "recorded": bool(saved)}


@evaluate.test(examples=8)
@given(evaluations("linear", "mlp", "transfer", "mlp_batchnorm"))
@example(st.Case(model=LINE, x=rows(1.0), y=rows(0.0), in_eval=[]))
def test_records_nothing(student, case):
    """no graph is recorded: nothing is saved for a backward pass"""
    seen = student.run(seen_around, **vars(case), tells=True)
    assert not seen["recorded"], (
        "A graph was recorded on the way: tensors were saved for a backward pass that never comes."
    )
    assert_close(seen["loss"], loss_in_eval_mode(case.model, case.x, case.y), name="the loss")


@evaluate.test(examples=15)
@given(evaluations("transfer", "mlp_batchnorm", "nested"))
@example(st.Case(model=LINE, x=rows(1.0), y=rows(0.0), in_eval=[""]))
@example(st.Case(model=NORMED, x=rows(1.0), y=rows(0.0), in_eval=["1"]))
@example(st.Case(model=NORMED, x=rows(1.0), y=rows(0.0), in_eval=["", "0"]))
def test_puts_back_every_mode(student, case):
    """all parts are asked in eval mode, and afterwards each is in the mode in which it was found"""
    seen = student.run(seen_around, **vars(case))
    modes = {name or "the model": name not in case.in_eval for name in parts_of(case.model)}
    assert_close(seen["modes"], modes, name="afterwards: training")
    assert_close(seen["loss"], loss_in_eval_mode(case.model, case.x, case.y), name="the loss")


def evaluated(model, x, y, *, to_eval=True, tracked=False, mean=True, whole=None, put_back=True, frozen=False):
    """The loss as a tensor, and what becomes of it where one thing is done in another way."""
    modes = [(part, part.training) for part in model.modules()]
    was = model.training
    if to_eval:
        model.eval()
    if frozen:
        model.requires_grad_(False)
    with torch.set_grad_enabled(tracked):
        squares = (model(x) - y) ** 2
        loss = squares.mean() if mean else squares.sum()
    if whole is not None:
        model.train(was if whole == "as found" else True)
    elif put_back:
        for part, training in modes:
            part.training = training
    return loss


@evaluate.misconception(
    "the forward pass is recorded", hint="eval() does not stop it: run the model in a block with torch.no_grad()"
)
def _(model, x, y):
    return evaluated(model, x, y, tracked=True).item()


@evaluate.misconception("the model is left in eval mode", hint="note each part's training first, and put it back")
def _(model, x, y):
    return evaluated(model, x, y, put_back=False).item()


@evaluate.misconception(
    "the model is left in eval mode, and its forward pass is recorded",
    hint="eval() is one thing, torch.no_grad() another: you need both, and the modes must be put back",
)
def _(model, x, y):
    return evaluated(model, x, y, put_back=False, tracked=True).item()


@evaluate.misconception(
    "all parts are in train mode afterwards",
    hint="some may have been in eval mode when you got them: train() does not know, so note each part's training first",
)
def _(model, x, y):
    return evaluated(model, x, y, whole="train").item()


@evaluate.misconception(
    "all parts get the mode of the whole model afterwards",
    hint="parts can be in different modes: note training of every module in model.modules()",
)
def _(model, x, y):
    return evaluated(model, x, y, whole="as found").item()


@evaluate.misconception(
    "the model is asked in the modes it is in",
    hint="in train mode dropout is random and BatchNorm looks at the batch: call model.eval() first",
)
def _(model, x, y):
    return evaluated(model, x, y, to_eval=False).item()


@evaluate.misconception(
    "a sum stands where the mean belongs", hint="divide by the number of entries, not only by that of rows"
)
def _(model, x, y):
    return evaluated(model, x, y, mean=False).item()


@evaluate.misconception(
    "the mean is over rows only", hint="a row may hold several entries: mean() divides by the number of all of them"
)
def _(model, x, y):
    return evaluated(model, x, y, mean=False).item() / len(x)


@evaluate.misconception("the loss is returned as a tensor", hint="a tensor of shape () gives its number with .item()")
def _(model, x, y):
    return evaluated(model, x, y)


@evaluate.misconception(
    "the parameters are frozen for good",
    hint="switching the flags off changes the model; torch.no_grad() leaves them alone",
)
def _(model, x, y):
    return evaluated(model, x, y, frozen=True).item()


@evaluate.misconception(
    "all flags are switched on at the end",
    hint="some parameters may have been frozen before; torch.no_grad() stops the recording, and no flag changes",
)
def _(model, x, y):
    loss = evaluated(model, x, y, frozen=True).item()
    model.requires_grad_(True)
    return loss


@evaluate.misconception(
    "tracking is left switched off",
    hint="set_grad_enabled(False) lasts until somebody undoes it; a block with torch.no_grad() ends by itself",
)
def _(model, x, y):
    loss = evaluated(model, x, y).item()
    torch.set_grad_enabled(False)
    return loss


loss_history = Task(
    "07.2",
    "loss_history",
    points=3,
    minutes=10,
    hints=(
        "What does a list of tensors hold on to, besides the numbers in them?",
        "A graph lives as long as something refers to its loss. Take the number out at once, not after the loop.",
        "Call step() once for each of range(n), and append its loss.item(): a float refers to no graph.",
    ),
    see=f"A history of numbers, not of graphs, in {LESSON}",
)


@probe
def seen_by_steps(student, x, y, lr, n, tells=False):
    """The losses; calls of step; most earlier graphs alive during one, and those alive on return; what is left in w.

    tells: a loss grows with the number of earlier graphs that are alive beside the last one
    """
    import gc
    import weakref

    class Graph:
        """Lives as long as the graph it is put into."""

    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    alive, seen = weakref.WeakSet(), {"calls": 0, "most": 1}

    def count():
        if len(alive) > 1:
            gc.collect(1)  # the young ones: what an answer's own closures may hold in a circle
        return len(alive)

    def step():
        earlier = count()
        seen["most"] = max(seen["most"], earlier)
        k = seen["calls"] % len(y)
        seen["calls"] += 1
        loss = (w * x[k] - y[k]) ** 2 + (max(earlier - 1, 0) if tells else 0)
        (slope,) = torch.autograd.grad(loss, w, retain_graph=True)
        graph = loss.grad_fn.metadata["graph"] = Graph()
        alive.add(graph)
        with torch.no_grad():
            w.sub_(lr * slope)
        return loss

    losses = student.loss_history(step, n)
    gc.collect(1) if alive else None
    return {"losses": losses, **seen, "left": len(alive), "gradient": w.grad is not None, "w": w.item()}


def trained(x, y, lr, n):
    """The losses of n steps and w after them by the formula: w starts at 1, the k-th step looks at point k in turn."""
    w, losses = 1.0, []
    for k in range(n):
        miss = w * x[k % len(y)] - y[k % len(y)]
        losses.append(float(miss**2))
        w -= lr * 2 * miss * x[k % len(y)]
    return losses, float(w)


def trainings():
    """Cases with the arguments of seen_by_steps."""
    number = {"nonzero": True, "unique": True}
    return st.cases(x=st.field("k", **number), y=st.field("k", **number), lr=st.just(0.0625), n=st.integers(0, 5))


def training(n):
    """n steps on two points."""
    x, y = rows(1.0, 2.0).flatten().numpy(), rows(0.0, -1.0).flatten().numpy()
    return st.Case(x=x, y=y, lr=0.0625, n=n)


@loss_history.test(examples=15)
@given(trainings())
@example(training(n=2))
@example(training(n=0))
@example(training(n=5))
def test_is_the_losses_in_order(student, case):
    """the losses of n steps in order, as floats; n may be 0"""
    losses, _ = trained(**vars(case))
    assert_close(student.run(seen_by_steps, **vars(case))["losses"], losses, name="the list of losses")


@loss_history.test(examples=10)
@given(trainings())
@example(training(n=2))
@example(training(n=0))
def test_only_calls_step_and_n_times(student, case):
    """step is called n times, and nothing else is done to what it trains"""
    seen = student.run(seen_by_steps, **vars(case))
    assert_close(seen["calls"], case.n, name="the number of calls of step")
    assert not seen["gradient"], "A gradient was left in the parameter: step runs backward itself, and then clears."
    assert_close(seen["w"], trained(**vars(case))[1], name="the parameter that step trains")


@loss_history.test(examples=10)
@given(trainings())
@example(training(n=3))
def test_keeps_no_graphs(student, case):
    """while step runs at most one earlier graph is alive, and on return none is"""
    seen = student.run(seen_by_steps, **vars(case), tells=True)
    assert seen["left"] == 0, f"On return {seen['left']} of {seen['calls']} graphs are still alive."
    assert seen["most"] <= 1, f"While step ran, {seen['most']} earlier graphs were alive; at most one may be."
    assert_close(seen["losses"], trained(**vars(case))[0], name="the list of losses")


@loss_history.misconception(
    "all graphs are kept until the end",
    hint="a list of losses keeps their graphs alive: turn each into a float before the next step",
)
def _(step, n):
    losses = [step() for _ in range(n)]
    return [loss.item() for loss in losses]


@loss_history.misconception(
    "the losses are returned as they are, graphs and all",
    hint="a tensor that has a graph keeps it alive; a float, from .item(), keeps nothing",
)
def _(step, n):
    return [step() for _ in range(n)]


@loss_history.misconception(
    "the losses are tensors without a graph", hint="no graph, well: but floats are asked for, and .item() gives one"
)
def _(step, n):
    return [step().detach() for _ in range(n)]


@loss_history.misconception(
    "a first step is left out of the list", hint="each call trains: call step n times, not n + 1"
)
def _(step, n):
    step()
    return [step().item() for _ in range(n)]


@loss_history.misconception(
    "one step too many is taken, and its loss dropped", hint="each call trains: call step n times, not n + 1"
)
def _(step, n):
    return [step().item() for _ in range(n + 1)][:n]


@loss_history.misconception("one step too many", hint="range(n) has n numbers, 0 to n − 1")
def _(step, n):
    return [step().item() for _ in range(n + 1)]


@loss_history.misconception("one step too few", hint="range(n) has n numbers; range(1, n) has n − 1")
def _(step, n):
    return [step().item() for _ in range(1, n)]


@loss_history.misconception(
    "the losses are added up, and the sum holds every graph",
    hint="each loss stands for itself in the list; and a sum of tensors refers to all of their graphs",
)
def _(step, n):
    total, history = 0.0, []
    for _ in range(n):
        total = total + step()
        history.append(total.item())
    return history


@loss_history.misconception(
    "tracking is off while step runs", hint="step needs its graph to run backward; only the history has no need of it"
)
def _(step, n):
    with torch.no_grad():
        return [step().item() for _ in range(n)]


@loss_history.misconception(
    "backward is called once more", hint="step is a whole step of training, backward included: only call it"
)
def _(step, n):
    losses = []
    for _ in range(n):
        loss = step()
        loss.backward()
        losses.append(loss.item())
    return losses


@loss_history.misconception(
    "step is called twice for each loss", hint="each call trains: call it once, and use what it returned"
)
def _(step, n):
    losses = []
    for _ in range(n):
        step()
        losses.append(step().item())
    return losses


head_gradients_only = Task(
    "07.3",
    "head_gradients_only",
    points=4,
    minutes=15,
    hints=(
        "Where does the graph have to begin, if backward is to end at the head?",
        "Run the backbone in a block with torch.no_grad(), the head outside of it. "
        "torch.autograd.grad hands gradients back and leaves .grad alone.",
        "with torch.no_grad(): features = backbone(x); the loss from head(features) follows outside of the block; "
        "torch.autograd.grad(loss, parameters) gives as many gradients, and dict(zip(names, gradients)) names them.",
    ),
    see=f"A finished backbone needs no graph, in {LESSON}",
)


@st.composite
def pairs(draw, *kinds, rows=(1, 3), **options):
    """Cases of a backbone of these kinds, a head that fits it, and data."""
    backbone = draw(st.models(*kinds, layers=(1, 2), outputs=(1, 3), **options))
    head = draw(st.models("linear", "mlp", "named", inputs=backbone.sizes[-1], layers=(1, 2)))
    shapes = {"n": rows, "i": backbone.sizes[0], "o": head.sizes[-1]}
    data = draw(st.cases(sizes=shapes, as_tensor=True, x="n i", y="n o"))
    return st.Case(backbone=backbone, head=head, x=data.x, y=data.y)


def gradients_of(backbone, head, x, y, in_eval=()):
    """The gradients by name, the head's parameters living apart from it."""
    backbone, head = backbone.build(), head.build()
    for name, part in backbone.named_modules():
        part.training = name not in in_eval
    features = backbone(x).detach()
    leaves = {name: parameter.detach().clone().requires_grad_() for name, parameter in head.named_parameters()}
    misses = torch.func.functional_call(head, leaves, (features,)) - y
    gradients = torch.autograd.grad(misses.square().sum() / misses.numel(), list(leaves.values()))
    return dict(zip(leaves, gradients, strict=True))


TWO_LINES = st.Case(backbone=LINE, head=models.Model("linear", (1, 1), 2), x=rows(1.0, 2.0), y=rows(0.0, 1.0))


@head_gradients_only.test(examples=15)
@given(pairs("linear", "mlp", "frozen"))
@example(TWO_LINES)
def test_are_the_gradients_of_the_head(student, case):
    """the gradient of each of the head's parameters, by name; flags and .grad stay, in backbone and head"""
    claimed = student.head_gradients_only(**vars(case))
    assert_close(claimed, gradients_of(**vars(case)), name="gradients")


@st.composite
def found(draw):
    """Cases with the arguments of seen_around_both; two rows or more, so that BatchNorm can train."""
    case = draw(pairs("transfer", "mlp_batchnorm", "mlp", rows=(2, 3), dropout=1.0))
    parts, names = parts_of(case.backbone), parameters_of(case.backbone)
    case.in_eval = draw(st.lists(st.sampled_from(parts), max_size=len(parts), unique=True))
    case.frozen = draw(st.lists(st.sampled_from(names), max_size=len(names) - 1, unique=True))
    case.old_gradients = draw(st.booleans())
    return case


@probe
def seen_around_both(student, backbone, head, x, y, in_eval, frozen, old_gradients, tells=False):
    """The gradients; whether a part of the backbone tracked; modes, flags and gradients afterwards, x and y.

    tells: an output of the backbone that tracks is another one, so that recording shows in the gradients
    """
    modules = dict(backbone.named_modules())
    for name, part in modules.items():
        part.training = name not in in_eval
    for name, parameter in backbone.named_parameters():
        parameter.requires_grad_(name not in frozen)
    parameters = {f"backbone.{name}": parameter for name, parameter in backbone.named_parameters()}
    parameters |= {f"head.{name}": parameter for name, parameter in head.named_parameters()}
    for parameter in parameters.values():
        parameter.grad = torch.full_like(parameter, 0.5, requires_grad=False) if old_gradients else None
    tracked = []
    for part in modules.values():
        part.register_forward_hook(lambda part, inputs, output: tracked.append(output.requires_grad))
    if tells:
        backbone.register_forward_hook(lambda part, inputs, output: output + output.requires_grad)
    gradients = student.head_gradients_only(backbone, head, x, y)
    return {
        "gradients": {name: gradients[name].detach().clone() for name in gradients},
        "tracked": any(tracked),
        "modes": {f"backbone.{name}".rstrip("."): part.training for name, part in modules.items()},
        "head modes": [part.training for part in head.modules()],
        "flags": {name: parameter.requires_grad for name, parameter in parameters.items()},
        "grads": {name: parameter.grad for name, parameter in parameters.items()},
        "data": [x, y],
    }


def as_found(case, **options):
    """TWO_LINES or the like, with the rest of the arguments of seen_around_both."""
    return st.Case(**vars(case) | {"in_eval": [], "frozen": [], "old_gradients": False} | options)


ON_NORMED = st.Case(**vars(TWO_LINES) | {"backbone": NORMED})


@head_gradients_only.test(examples=15)
@given(found())
@example(as_found(ON_NORMED))
@example(as_found(ON_NORMED, in_eval=["1"]))
def test_runs_the_backbone_in_the_modes_it_is_in(student, case):
    """each part of the backbone runs in the mode that it is in; old gradients do not take part"""
    seen = student.run(seen_around_both, **vars(case))
    modules = {f"backbone.{name}".rstrip("."): name not in case.in_eval for name in parts_of(case.backbone)}
    expected = gradients_of(case.backbone, case.head, case.x, case.y, case.in_eval)
    assert_close(seen["gradients"], expected, name="gradients")
    assert_close(seen["modes"], modules, name="afterwards: training")
    assert all(seen["head modes"]), "The head was in train mode, and part of it is in eval mode now."


@head_gradients_only.test(examples=8)
@given(found())
@example(as_found(TWO_LINES))
def test_the_backbone_records_nothing(student, case):
    """the backbone runs without tracking, whatever its flags are"""
    seen = student.run(seen_around_both, **vars(case), tells=True)
    assert not seen["tracked"], "The backbone's forward pass was recorded: what came out of it requires gradients."
    expected = gradients_of(case.backbone, case.head, case.x, case.y, case.in_eval)
    assert_close(seen["gradients"], expected, name="gradients")


def check_grads(grads, old):
    """Every .grad is what it was, None or a tensor."""
    for name, grad in grads.items():
        assert grad is None or old[name] is not None, f".grad of {name} was None, and a gradient lies there now."
        assert grad is not None or old[name] is None, f".grad of {name} held a gradient, and is None now."
    assert_close(grads, old, name=".grad", rtol=0, atol=0)


@head_gradients_only.test(examples=12)
@given(found())
@example(as_found(TWO_LINES))
@example(as_found(TWO_LINES, frozen=["bias"]))
@example(as_found(TWO_LINES, old_gradients=True))
def test_leaves_flags_and_gradients_as_they_were(student, case):
    """requires_grad and .grad of all parameters stay, also where there were gradients before"""
    seen = student.run(seen_around_both, **vars(case))
    shapes = {f"backbone.{name}": parameter for name, parameter in case.backbone.build().named_parameters()}
    shapes |= {f"head.{name}": parameter for name, parameter in case.head.build().named_parameters()}
    flags = {name: name.removeprefix("backbone.") not in case.frozen or name[:4] == "head" for name in shapes}
    old = {name: torch.full_like(p, 0.5).detach() if case.old_gradients else None for name, p in shapes.items()}
    assert_close(seen["flags"], flags, name="requires_grad")
    check_grads(seen["grads"], old)
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)


def squared_error(output, y):
    return ((output - y) ** 2).mean()


def features_of(backbone, x):
    with torch.no_grad():
        return backbone(x)


def gradients_by_name(loss, head):
    names, parameters = zip(*head.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def grads_of(head):
    return {name: parameter.grad.clone() for name, parameter in head.named_parameters()}


@head_gradients_only.misconception(
    "gradients reach the backbone",
    hint="backward() goes on through everything that was recorded: run the backbone under torch.no_grad()",
)
def _(backbone, head, x, y):
    squared_error(head(backbone(x)), y).backward()
    return grads_of(head)


@head_gradients_only.misconception(
    "the head's .grad is left changed",
    hint="backward() adds to .grad; torch.autograd.grad(loss, parameters) hands the gradients back instead",
)
def _(backbone, head, x, y):
    squared_error(head(features_of(backbone, x)), y).backward()
    return grads_of(head)


@head_gradients_only.misconception(
    "the head's .grad is cleared",
    hint="gradients that were there belong to somebody else: torch.autograd.grad needs no clearing",
)
def _(backbone, head, x, y):
    head.zero_grad()
    squared_error(head(features_of(backbone, x)), y).backward()
    gradients = grads_of(head)
    head.zero_grad()
    return gradients


@head_gradients_only.misconception(
    "the head's .grad is cleared and filled anew",
    hint="it was to stay as it was; torch.autograd.grad hands the gradients back and leaves .grad alone",
)
def _(backbone, head, x, y):
    head.zero_grad()
    squared_error(head(features_of(backbone, x)), y).backward()
    return grads_of(head)


@head_gradients_only.misconception(
    "old gradients take part",
    hint="backward() adds to what lies in .grad; torch.autograd.grad looks at nothing that was there before",
)
def _(backbone, head, x, y):
    before = {parameter: None if parameter.grad is None else parameter.grad.clone() for parameter in head.parameters()}
    squared_error(head(features_of(backbone, x)), y).backward()
    gradients = grads_of(head)
    for parameter, old in before.items():
        parameter.grad = old
    return gradients


@head_gradients_only.misconception(
    "the backbone's graph is recorded, and then not used",
    hint="by the time you cut the graph, or leave it unused, it has been recorded: "
    "call the backbone under torch.no_grad()",
)
def _(backbone, head, x, y):
    return gradients_by_name(squared_error(head(backbone(x)), y), head)


@head_gradients_only.misconception(
    "the backbone's flags are left switched off", hint="torch.no_grad() stops the recording, and no flag changes"
)
def _(backbone, head, x, y):
    backbone.requires_grad_(False)
    return gradients_by_name(squared_error(head(backbone(x)), y), head)


@head_gradients_only.misconception(
    "all of the backbone's flags are switched on at the end",
    hint="some parameters may have been frozen before; torch.no_grad() stops the recording, and no flag changes",
)
def _(backbone, head, x, y):
    backbone.requires_grad_(False)
    features = backbone(x)
    backbone.requires_grad_(True)
    return gradients_by_name(squared_error(head(features), y), head)


@head_gradients_only.misconception(
    "the backbone is put into eval mode, and left there",
    hint="untracked is not the same as eval mode: leave the modes alone",
)
def _(backbone, head, x, y):
    backbone.eval()
    return gradients_by_name(squared_error(head(features_of(backbone, x)), y), head)


@head_gradients_only.misconception(
    "the backbone runs in eval mode", hint="untracked is not the same as eval mode: leave the modes alone"
)
def _(backbone, head, x, y):
    modes = [(part, part.training) for part in backbone.modules()]
    backbone.eval()
    features = features_of(backbone, x)
    for part, training in modes:
        part.training = training
    return gradients_by_name(squared_error(head(features), y), head)


@head_gradients_only.misconception(
    "a sum stands where the mean belongs", hint="the loss is the mean over all entries, so its gradient is one too"
)
def _(backbone, head, x, y):
    return gradients_by_name(squared_error(head(features_of(backbone, x)), y) * y.numel(), head)


@head_gradients_only.misconception(
    "the head is not recorded either", hint="only the backbone belongs under torch.no_grad(); the head needs a graph"
)
def _(backbone, head, x, y):
    with torch.no_grad():
        loss = squared_error(head(backbone(x)), y)
    return gradients_by_name(loss, head)
