"""Assignment 13 · What a model is made of"""

import torch

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/13_print_layers.py"

layer_table = Task(
    "13.1",
    "layer_table",
    points=4,
    minutes=15,
    hints=(
        "Which modules of named_modules() have no children? And which of their parameters have you met before?",
        "Walk named_modules(), pass over what has children, and keep a set of the parameters counted so far.",
        "if list(module.children()): continue; new = set(module.parameters()) - counted; counted |= new; "
        "then two sums of numel() over new, and type(module).__name__ for the kind.",
    ),
    see=f"Pitfall: one tensor, two names, in {LESSON}",
)


@probe
def said_of(student, function, layers, shared, frozen, gradients):
    """What the student's function says of a model of these layers, and what of the model it has changed.

    layers: (path, (class, sizes …), dtype), or (path, path of a module that is registered here again)
    shared: (name, name of the tensor that stands here as well)
    frozen, gradients: names of parameters that are frozen, that hold a gradient
    """

    class Block(torch.nn.Module):
        pass

    class Scale(torch.nn.Module):
        def __init__(self, n):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(n))
            self.register_buffer("seen", torch.zeros(n), persistent=False)

    def look():
        every = {**dict(model.named_parameters(remove_duplicate=False)), **dict(model.named_buffers())}
        return {
            name: (tensor.requires_grad, tensor.tolist(), None if tensor.grad is None else tensor.grad.tolist())
            for name, tensor in every.items()
        }

    known = {"Scale": Scale, "Linear": torch.nn.Linear, "BatchNorm1d": torch.nn.BatchNorm1d, "ReLU": torch.nn.ReLU}
    model = Block()
    with torch.random.fork_rng(devices=[]):
        for path, made, *dtype in layers:
            made = known[made[0]](*made[1:]).to(getattr(torch, dtype[0])) if dtype else model.get_submodule(made)
            if path == "":
                model = made
                break
            here, (*way, last) = model, path.split(".")
            for name in way:
                if name not in dict(here.named_children()):
                    here.add_module(name, Block())
                here = here.get_submodule(name)
            here.add_module(last, made)
    for name, other in shared:
        place, tensor = (one.rpartition(".")[::2] for one in (name, other))
        setattr(model.get_submodule(place[0]), place[1], getattr(model.get_submodule(tensor[0]), tensor[1]))
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in frozen:
        parameters[name].requires_grad_(False)
    for name in gradients:
        parameters[name].grad = torch.full_like(parameters[name], 0.5)
    before = look()
    said = getattr(student, function)(model)
    after = look()
    return said, [name for name in before if after.get(name) != before[name]]


TREES = (
    [""],
    ["0", "1", "2"],
    ["body.first", "body.second", "head"],
    ["stem", "body.block1.0", "body.block1.1", "body.block10.0"],
)
LAYERS = (("Linear", 2, 3), ("ReLU",), ("BatchNorm1d", 2), ("Scale", 3), ("Linear", 2, 2))
TENSORS = {
    "Linear": (["weight", "bias"], []),
    "BatchNorm1d": (["weight", "bias"], ["running_mean", "running_var"]),
    "Scale": (["weight"], ["seen"]),
    "ReLU": ([], []),
}


@st.composite
def trees(draw, dtypes=("float64",), gradients=False):
    """Cases with the arguments of said_of but the first."""
    layers, parameters, buffers = [], [], []
    for path in draw(st.sampled_from(TREES)):
        if layers and draw(st.integers(0, 4)) == 4:
            layers.append((path, draw(st.sampled_from([one[0] for one in layers]))))
            continue
        layers.append((path, draw(st.sampled_from(LAYERS)), draw(st.sampled_from(dtypes))))
        own, kept = TENSORS[layers[-1][1][0]]
        parameters += [f"{path}.{name}".removeprefix(".") for name in own]
        buffers += [f"{path}.{name}".removeprefix(".") for name in kept]
    weights = [name for name in parameters if name.endswith("weight")]
    shared = []
    for names in (weights, buffers):
        if len(names) > 1 and draw(st.booleans()):
            shared.append((names[-1], draw(st.sampled_from(names[:-1]))))
    some = st.lists(st.sampled_from(parameters), max_size=4, unique=True) if parameters else st.just([])
    frozen, with_gradient = draw(some), draw(some) if gradients else []
    return st.Case(layers=layers, shared=shared, frozen=frozen, gradients=with_gradient)


def tree(*layers, shared=(), frozen=(), gradients=()):
    """A case with the arguments of said_of but the first."""
    return st.Case(layers=list(layers), shared=list(shared), frozen=list(frozen), gradients=list(gradients))


LINEAR = ("Linear", 2, 2)
NORM = ("BatchNorm1d", 2)  # a new one holds ones and zeros: two of them are equal, and not one
TIED = [("0", LINEAR, "float64"), ("1", LINEAR, "float64")]
WEIGHTS = [("1.weight", "0.weight")]


def rows_of(model, *, size=torch.Tensor.numel, containers=False, once=True, twins=False, last=False, free=None):
    """The table, and what becomes of it where one thing is done in another way."""
    rows, counted = [], set()
    listed = list(model.named_modules(remove_duplicate=not twins))
    for path, module in reversed(listed) if last else listed:
        if not containers and len(list(module.children())) > 0:
            continue
        own = [p for p in module.parameters() if not (once and id(p) in counted)]
        counted |= {id(p) for p in own} if not list(module.children()) else set()
        tracked = [p for p in own if p.requires_grad or free == "all"]
        rows.append((path, type(module).__name__, sum(map(size, own)), sum(map(size, tracked))))
    return rows[::-1] if last else rows


class Right:
    """The answers of this file, for said_of."""

    layer_table = staticmethod(rows_of)

    @staticmethod
    def memory_of(model):
        return bytes_of(model)


def check_said(student, function, case, name):
    """The student's function says of the model what the one of this file says, and leaves it alone."""
    said, changed = student.run(said_of, function, **vars(case))
    assert_close(said, said_of(Right, function, **vars(case))[0], name=name)
    assert not changed, f"The call has changed {changed[0]}: its values, its .grad or its flag."


@layer_table.test(examples=25)
@given(st.models("mlp", "nested", "frozen", "transfer", "linear"))
@example(models.Model("mlp", (1, 2, 1)))
def test_has_a_row_for_each_layer(student, model):
    """path, class, and two counts of numbers, for each module without children, in order"""
    assert_close(student.layer_table(model), rows_of(model.build()), name="the table")


@layer_table.test(examples=40)
@given(trees())
@example(tree(*TIED, shared=WEIGHTS))
@example(tree(TIED[0], ("1", ("ReLU",), "float64"), ("2", "0")))
@example(tree(TIED[0], ("1", ("ReLU",), "float64"), ("2", "1")))
@example(tree(("", LINEAR, "float64"), frozen=["bias"]))
@example(tree(("0", NORM, "float64"), ("1", NORM, "float64")))
def test_counts_each_parameter_once(student, case):
    """a shared parameter counts in the first layer that has it, and a module registered twice has one row"""
    check_said(student, "layer_table", case, "the table")


@layer_table.misconception(
    "containers stand in the table",
    hint="a module that has children is no layer: pass over it where list(module.children()) is not empty",
)
def _(model):
    return rows_of(model, containers=True)


@layer_table.misconception(
    "containers stand in the table, and a shared parameter counts in each layer",
    hint="pass over what has children, and remember which parameters have been counted",
)
def _(model):
    return rows_of(model, containers=True, once=False)


@layer_table.misconception(
    "a shared parameter counts in each layer that has it",
    hint="keep a set of the parameters that have been counted, over all layers",
)
def _(model):
    return rows_of(model, once=False)


@layer_table.misconception(
    "tensors are counted, not their elements", hint="a weight of 3 × 2 holds six numbers: numel()"
)
def _(model):
    return rows_of(model, size=lambda p: 1)


@layer_table.misconception(
    "tensors are counted, not their elements, and shared ones in each layer",
    hint="numel() of each parameter, and each parameter once",
)
def _(model):
    return rows_of(model, size=lambda p: 1, once=False)


@layer_table.misconception(
    "a module registered twice has two rows", hint="named_modules() tells each module once, under its first name"
)
def _(model):
    return rows_of(model, twins=True)


@layer_table.misconception(
    "frozen parameters count as trainable", hint="the last count is of those whose requires_grad is True"
)
def _(model):
    return rows_of(model, free="all")


@layer_table.misconception(
    "layers without parameters are missing", hint="a ReLU is a layer too; its counts are 0 and 0"
)
def _(model):
    return [row for row in rows_of(model) if row[2] or dict(model.named_modules())[row[0]]._parameters]


@layer_table.misconception(
    "only the first level is looked at", hint="named_children() stops there; named_modules() walks the whole tree"
)
def _(model):
    counts, rows = rows_of(model), []
    for name, child in model.named_children():
        inside = [row for row in counts if row[0].split(".")[0] == name]
        rows.append((name, type(child).__name__, sum(row[2] for row in inside), sum(row[3] for row in inside)))
    return rows


memory_of = Task(
    "13.2",
    "memory_of",
    points=3,
    minutes=10,
    hints=(
        "How many bytes does one number need, and how does a tensor tell you that?",
        "Add up nbytes (or numel() times element_size()) over parameters(), over buffers(), and over every .grad "
        "that is not None.",
        "sum(p.nbytes for p in model.parameters()), the same with model.buffers(), and "
        "sum(p.grad.nbytes for p in model.parameters() if p.grad is not None).",
    ),
    see=f"Bytes, in {LESSON}",
)

DTYPES = ("float64", "float32", "float16")


def wide(tensor):
    """Bytes of a tensor, from its NumPy twin."""
    return tensor.detach().numpy().nbytes


def bytes_of(model, *, size=wide, twice=False, gradients=None, saved=False):
    """The three sums, and what becomes of them where one thing is done in another way."""
    parameters = [p for _, p in model.named_parameters(remove_duplicate=not twice)]
    buffers = dict(model.named_buffers(remove_duplicate=not twice))
    if saved:
        kept = model.state_dict()
        buffers = {name: buffer for name, buffer in buffers.items() if name in kept}
    held = [p.grad for p in parameters if p.grad is not None]
    if gradients is not None:
        held = [p for p in parameters if gradients(p)]
    return {
        "parameters": sum(map(size, parameters)),
        "buffers": sum(map(size, buffers.values())),
        "gradients": sum(map(size, held)),
    }


@memory_of.test(examples=15)
@given(st.one_of(st.models(), st.models(double=False)))
@example(models.Model("linear", (1, 1)))
def test_adds_up_bytes(student, model):
    """bytes of parameters and buffers; without a backward pass there are no gradients"""
    assert_close(student.memory_of(model), bytes_of(model.build()), name="the memory")


@memory_of.test(examples=50)
@given(trees(DTYPES, gradients=True))
@example(tree(*TIED, shared=WEIGHTS))
@example(tree(("", LINEAR, "float32"), gradients=["bias"]))
@example(tree(("", LINEAR, "float64"), frozen=["bias"], gradients=["bias"]))
@example(tree(("", ("Scale", 3), "float32")))
@example(tree(("0", ("BatchNorm1d", 2), "float64"), ("1", "0"), gradients=["0.weight"]))
def test_counts_what_is_there_once(student, case):
    """in any mixture of dtypes, each tensor once, and only gradients that are there"""
    check_said(student, "memory_of", case, "the memory")


@memory_of.misconception(
    "elements are counted, not bytes", hint="a number of float64 needs 8 bytes: numel() times element_size(), or nbytes"
)
def _(model):
    return bytes_of(model, size=torch.Tensor.numel)


@memory_of.misconception(
    "a tensor with several names is counted under each of them",
    hint="parameters() and buffers() tell each tensor once",
)
def _(model):
    return bytes_of(model, twice=True)


@memory_of.misconception(
    "state_dict is added up: shared tensors count twice, unsaved buffers are missing",
    hint="state_dict() tells every name, and only what is saved: use parameters() and buffers()",
)
def _(model):
    return bytes_of(model, twice=True, saved=True)


@memory_of.misconception(
    "buffers that are not saved are missing", hint="state_dict() leaves them out; buffers() has them all"
)
def _(model):
    return bytes_of(model, saved=True)


@memory_of.misconception(
    "gradients are assumed to be as large as the parameters", hint="count those that are there: .grad may be None"
)
def _(model):
    return bytes_of(model, gradients=lambda p: True)


@memory_of.misconception(
    "gradients are assumed for all trainable parameters", hint="look into .grad, which may be None, instead of the flag"
)
def _(model):
    return bytes_of(model, gradients=lambda p: p.requires_grad)


@memory_of.misconception(
    "gradients of frozen parameters are left out", hint="what lies in .grad needs its memory, also where it is frozen"
)
def _(model):
    return bytes_of(model, gradients=lambda p: p.requires_grad and p.grad is not None)


@memory_of.misconception(
    "four bytes are assumed for each number", hint="that is float32; element_size() tells what a number needs"
)
def _(model):
    return bytes_of(model, size=lambda tensor: 4 * tensor.numel())


@memory_of.misconception(
    "eight bytes are assumed for each number", hint="that is float64; element_size() tells what a number needs"
)
def _(model):
    return bytes_of(model, size=lambda tensor: 8 * tensor.numel())


gradient_flow = Task(
    "13.3",
    "gradient_flow",
    points=3,
    minutes=15,
    hints=(
        "Which function hands gradients back instead of adding them to .grad, and what does it do with a parameter "
        "that the loss does not use?",
        "Ask torch.autograd.grad for the parameters that require gradients only, with allow_unused=True; None then "
        "stands for no gradient.",
        "flow starts with 0.0 for every name; where any parameter is tracked, gradients = torch.autograd.grad(loss, "
        "tracked, allow_unused=True), and each one that is not None gives gradient.norm().item().",
    ),
    see=f"Where the gradient arrives, in {LESSON}",
)


@probe
def flow_of(student, model, part, x, y, frozen, old):
    """What gradient_flow says of the loss mean((part(x) − y)²), and .grad and flags afterwards.

    part: path of the part that makes the loss; x tracks gradients. old: names of parameters that hold 0.5 in .grad.
    """
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.requires_grad_(name not in frozen)
        if name in old:
            parameter.grad = torch.full_like(parameter, 0.5)
    output = model.get_submodule(part)(x.detach().clone().requires_grad_())
    flow = student.gradient_flow(model, ((output - y) ** 2).mean())
    grads = {name: None if p.grad is None else p.grad.detach().clone() for name, p in parameters.items()}
    return flow, grads, {name: p.requires_grad for name, p in parameters.items()}


PARTS = (("nested", ""), ("nested", "backbone"), ("shared", ""), ("mlp", ""), ("mlp", "0"), ("linear", ""))


@st.composite
def flows(draw):
    """Cases with the arguments of flow_of."""
    kind, part = draw(st.sampled_from(PARTS))
    model = draw(st.models(kind, layers=(2, 3), activation="tanh"))
    module = model.build()
    whole = part == ""
    names = [name for name, _ in module.named_parameters()]
    held = st.one_of(st.just([]), st.lists(st.sampled_from(names), max_size=3, unique=True), st.just(names))
    outputs = model.sizes[-1 if whole else (-2 if kind == "nested" else 1)]
    batch = draw(st.cases(sizes={"n": (1, 3), "i": model.sizes[0], "o": outputs}, as_tensor=True, x="n i", y="n o"))
    return st.Case(model=model, part=part, x=batch.x, y=batch.y, frozen=draw(held), old=draw(held))


def flow_case(frozen=(), old=(), part="", kind="linear", sizes=(1, 2)):
    outputs = sizes[-1] if part == "" else sizes[1]
    x, y = torch.ones(1, sizes[0], dtype=torch.float64), torch.tensor([[9.0, -7.0][:outputs]], dtype=torch.float64)
    return st.Case(model=models.Model(kind, sizes), part=part, x=x, y=y, frozen=list(frozen), old=list(old))


def expected_flow(case):
    """Norms by name, with the leaves of a twin model that starts without old gradients."""
    module = case.model.build()
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name not in case.frozen)
    output = module.get_submodule(case.part)(case.x.detach().clone().requires_grad_())
    (output - case.y).square().mean().backward()
    grads = {name: p.grad for name, p in module.named_parameters()}
    return {name: 0.0 if grad is None else grad.square().sum().sqrt().item() for name, grad in grads.items()}


@gradient_flow.test(examples=40)
@given(flows())
@example(flow_case())
@example(flow_case(old=["weight"]))
@example(flow_case(frozen=["weight"], old=["weight"]))
@example(flow_case(frozen=["weight", "bias"]))
@example(flow_case(kind="mlp", sizes=(1, 1, 1), part="0"))
@example(flow_case(kind="mlp", sizes=(1, 1, 1), part="0", old=["2.weight"]))
def test_is_the_norm_for_each_parameter(student, case):
    """the L2 norm by name, 0.0 without a gradient; what lay in .grad has no influence"""
    flow, _, _ = student.run(flow_of, **vars(case))
    assert_close(flow, expected_flow(case), name="the flow")


@gradient_flow.test(examples=25)
@given(flows())
@example(flow_case())
@example(flow_case(old=["weight"]))
def test_leaves_gradients_and_flags_alone(student, case):
    """requires_grad and .grad of every parameter stay as they were, None or not"""
    _, grads, flags = student.run(flow_of, **vars(case))
    parameters = dict(case.model.build().named_parameters())
    assert_close(flags, {name: name not in case.frozen for name in parameters}, name="requires_grad")
    for name, parameter in parameters.items():
        grad, old = grads[name], torch.full_like(parameter, 0.5).detach() if name in case.old else None
        assert (grad is None) == (old is None), (
            f".grad of {name} was None, and a gradient lies there now."
            if old is None
            else f".grad of {name} held a gradient, and is None now."
        )
        assert_close(grad, old, name=f".grad of {name} after the call")


def norm_of(gradient):
    return gradient.norm().item()


def measured(model, loss, measure=norm_of, of=lambda parameter, gradient: gradient, missing=0.0):
    """The flow by another measure, or of something else."""
    flow = {}
    tracked = [p for p in model.parameters() if p.requires_grad]
    gradients = (
        dict(zip(tracked, torch.autograd.grad(loss, tracked, allow_unused=True), strict=True)) if tracked else {}
    )
    for name, parameter in model.named_parameters():
        gradient = gradients.get(parameter)
        if gradient is not None:
            flow[name] = measure(of(parameter, gradient))
        elif missing is not None:
            flow[name] = missing
    return flow


@gradient_flow.misconception(
    "entries are summed, which lets them cancel", hint="the norm is the root of the sum of squares: gradient.norm()"
)
def _(model, loss):
    return measured(model, loss, lambda gradient: gradient.sum().item())


@gradient_flow.misconception(
    "absolute values are summed", hint="that is the L1 norm; the L2 norm is the root of the sum of squares"
)
def _(model, loss):
    return measured(model, loss, lambda gradient: gradient.abs().sum().item())


@gradient_flow.misconception("the root is missing", hint="the norm is the root of the sum of squares")
def _(model, loss):
    return measured(model, loss, lambda gradient: gradient.square().sum().item())


@gradient_flow.misconception("the mean is taken instead of the sum", hint="the squares are added, not averaged")
def _(model, loss):
    return measured(model, loss, lambda gradient: gradient.square().mean().sqrt().item())


@gradient_flow.misconception(
    "the parameters are measured, not their gradients", hint="take the norm of what torch.autograd.grad hands back"
)
def _(model, loss):
    return measured(model, loss, of=lambda parameter, gradient: parameter)


@gradient_flow.misconception(
    "parameters without a gradient are missing", hint="the dict has every name of named_parameters(), with 0.0 there"
)
def _(model, loss):
    return measured(model, loss, missing=None)


def norms_in_grad(model):
    return {name: 0.0 if p.grad is None else p.grad.norm().item() for name, p in model.named_parameters()}


@gradient_flow.misconception(
    "the gradient is added to those that were there",
    hint="backward() adds to .grad; torch.autograd.grad hands the gradients back and leaves .grad alone",
)
def _(model, loss):
    loss.backward()
    return norms_in_grad(model)


@gradient_flow.misconception(
    "old gradients are cleared, and new ones are left",
    hint="what lies in .grad belongs to somebody else: torch.autograd.grad hands the gradients back instead",
)
def _(model, loss):
    model.zero_grad()
    loss.backward()
    return norms_in_grad(model)


@gradient_flow.misconception(
    "old gradients are cleared for good",
    hint="what lies in .grad belongs to somebody else: torch.autograd.grad hands the gradients back instead",
)
def _(model, loss):
    model.zero_grad()
    loss.backward()
    flow = norms_in_grad(model)
    model.zero_grad()
    return flow


@gradient_flow.misconception(
    "a frozen parameter is asked for its gradient",
    hint="torch.autograd.grad refuses what does not require a gradient: ask for the tracked ones only",
)
def _(model, loss):
    parameters = dict(model.named_parameters())
    gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {name: 0.0 if g is None else g.norm().item() for name, g in zip(parameters, gradients, strict=True)}


@gradient_flow.misconception(
    "an unused parameter is an error", hint="allow_unused=True gives None for what the loss does not depend on"
)
def _(model, loss):
    tracked = {name: p for name, p in model.named_parameters() if p.requires_grad}
    flow = {name: 0.0 for name, _ in model.named_parameters()}
    if tracked:
        for name, gradient in zip(tracked, torch.autograd.grad(loss, list(tracked.values())), strict=True):
            flow[name] = gradient.norm().item()
    return flow
