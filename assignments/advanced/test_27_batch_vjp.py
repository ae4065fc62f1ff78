"""Assignment 27 · A v for each sample"""

from functools import cache

import torch

from autograder import Task, assert_close, assert_gradient, example, functions, given, models, probe
from autograder import strategies as st

LESSON = "lessons/advanced/27_batch_vjp.py"

batch_vjp = Task(
    "27.1",
    "batch_vjp",
    points=3,
    minutes=10,
    hints=(
        "v has the shape of the output. Which shape has the output here?",
        "Σ over all samples and outputs of V·Y has row b of the answer as its gradient with respect to x_b, since "
        "no other row of Y depends on x_b. So one backward pass does for all.",
        "leaf = X.clone().requires_grad_(), and then torch.autograd.grad of f(leaf), with V as the v; it returns a "
        "tuple with one tensor in it.",
    ),
    see=f"A v for each sample, in {LESSON}",
)

LAYERS = ("batch_affine", "batch_tanh", "batch_squares", "batch_two_layers")


def numbers(*rows):
    """These rows as a tensor."""
    return torch.tensor(rows, dtype=torch.float64)


SQUARES = functions.function("batch_squares", W=((1.0,),))
MOMENTS = functions.function("batch_moments")
TWO_SAMPLES = st.Case(f=SQUARES, x=numbers([1.0], [2.0]), v=numbers([1.0], [1.0]))


def check_products(student, case):
    claimed = student.batch_vjp(functions.once(case.f), case.x, case.v)
    assert_gradient(claimed, of=case.f, at=case.x, cotangent=case.v, name="the table of products")


@batch_vjp.test
@given(functions.points("batched"))
@example(TWO_SAMPLES)
@example(st.Case(f=MOMENTS, x=numbers([1.0, 2.0, 0.5], [0.0, 1.0, -1.0]), v=numbers([1.0, 2.0], [-1.0, 0.5])))
def test_a_row_for_each_sample(student, case):
    """row b is vᵀJ of sample b for v = V[b], and f is called once"""
    check_products(student, case)


@batch_vjp.test(examples=15)
@given(functions.points("batched", only=LAYERS, sizes={"m": 1}))
def test_of_one_output(student, case):
    """f with one output: V is (B, 1), the answer (B, n)"""
    check_products(student, case)


@batch_vjp.test(examples=15)
@given(functions.points("batched", only=LAYERS, sizes={"n": 1, "m": (2, 3)}))
def test_of_one_input(student, case):
    """f with one input: the answer is (B, 1)"""
    check_products(student, case)


@batch_vjp.test(examples=8)
@given(functions.points("batched", sizes={"B": 0}))
def test_of_no_sample(student, case):
    """a batch of none: the answer is (0, n)"""
    claimed = student.batch_vjp(functions.once(case.f), case.x, case.v)
    assert_close(claimed, torch.zeros_like(case.x), name="the table of products")


def products_of(f, X, V):
    """vᵀJ of each sample, from one call of f."""
    leaf = X.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf, V)[0]


def in_a_loop(f, X, V):
    """The same, from a call of f for each sample."""
    rows = torch.zeros_like(X)
    for b in range(len(X)):
        rows[b] = products_of(f, X[b : b + 1], V[b : b + 1])[0]
    return rows


@batch_vjp.misconception(
    "f is called for each sample, in a loop",
    hint="call it once, on the whole batch: with V as it is, one backward pass gives every row",
)
def _(f, X, V):
    return in_a_loop(f, X, V)


@batch_vjp.misconception(
    "f is called on the whole batch, and then again for each sample",
    hint="keep what the first call returned: its graph holds all samples",
)
def _(f, X, V):
    f(X)
    return in_a_loop(f, X, V)


@batch_vjp.misconception(
    "f is given a sample without its batch axis", hint="f maps (B, n) to (B, m): it need not accept (n,)"
)
def _(f, X, V):
    return torch.stack([products_of(f, x, v) for x, v in zip(X, V, strict=True)])


@batch_vjp.misconception(
    "the products are summed over the batch",
    hint="each sample has a row of its own in the answer; what is added up is the loss, not the rows",
)
def _(f, X, V):
    return products_of(f, X, V).sum(dim=0)


@batch_vjp.misconception(
    "every sample gets the sum over the batch", hint="row b of the answer comes from V[b] and sample b alone"
)
def _(f, X, V):
    return products_of(f, X, V).sum(dim=0).expand(X.shape).clone()


@batch_vjp.misconception(
    "the products are averaged over the batch", hint="nothing divides here: row b is the whole vᵀJ of sample b"
)
def _(f, X, V):
    return products_of(f, X, V).mean(dim=0)


@batch_vjp.misconception("the products are divided by B", hint="take the sum of V·Y; a mean divides by the batch size")
def _(f, X, V):
    return products_of(f, X, V) / len(X)


@batch_vjp.misconception(
    "the products are divided by the number of outputs of all samples",
    hint="take the sum of V·Y; a mean divides by the number of entries",
)
def _(f, X, V):
    return products_of(f, X, V) / V.numel()


@batch_vjp.misconception("V is left out: ones stand in its place", hint="pass V as the v of the backward pass")
def _(f, X, V):
    return products_of(f, X, torch.ones_like(V))


@batch_vjp.misconception(
    "every sample gets the v of the first", hint="V has a row for each sample, and all of it goes into backward"
)
def _(f, X, V):
    return products_of(f, X, V[:1].expand_as(V))


@batch_vjp.misconception(
    "every sample gets the sum of all v", hint="V has a row for each sample, and all of it goes into backward"
)
def _(f, X, V):
    return products_of(f, X, V.sum(dim=0).expand_as(V))


@batch_vjp.misconception(
    "the products pile up from sample to sample", hint="backward adds to .grad; one pass for all samples adds nothing"
)
def _(f, X, V):
    return products_of(f, X, V).cumsum(dim=0)


@batch_vjp.misconception(
    "a batch of none has nothing to stack",
    hint="a loop over samples makes no rows then; one backward pass makes (0, n)",
)
def _(f, X, V):
    leaf = X.clone().requires_grad_()
    Y = f(leaf)
    return torch.stack(
        [torch.autograd.grad(y, leaf, v, retain_graph=True)[0].sum(dim=0) for y, v in zip(Y, V, strict=True)]
    )


per_sample_gradients = Task(
    "27.2",
    "per_sample_gradients",
    points=4,
    minutes=20,
    hints=(
        "How would you get the gradients of one sample's loss, without touching any .grad?",
        "The loss of one sample, as a function of the parameters, has a gradient; torch.func.grad makes it, and "
        "torch.func.vmap runs it for all samples. A loop with torch.autograd.grad does as well.",
        "parameters = {name: p.detach() …} of those that require gradients; a loss_of(parameters, one_x, one_y) with "
        "torch.func.functional_call(model, parameters, one_x[None]); "
        "vmap(grad(loss_of), in_dims=(None, 0, 0))(parameters, x, y).",
    ),
    see=f"A gradient for each sample, in {LESSON}",
)


@cache
def parameters_in(kind, depth):
    """The names of the parameters of models of one kind and depth."""
    return [name for name, _ in models.Model(kind, (1,) * depth).build().named_parameters()]


@st.composite
def batches_for(draw, *kinds, rows=(1, 4), **options):
    """Cases of a model, and x and y that fit."""
    model = draw(st.models(*kinds, **options))
    shapes = {"B": rows, "n": model.sizes[0], "m": model.sizes[-1]}
    data = draw(st.cases(sizes=shapes, as_tensor=True, x="B n", y="B m"))
    return st.Case(model=model, x=data.x, y=data.y)


def one_by_one(module, x, y, mean=True):
    """Each sample's gradients by name, in a loop; the module is left as it was."""
    tracked = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    rows = []
    for one_x, one_y in zip(x.split(1), y.split(1), strict=True):
        misses = (module(one_x) - one_y) ** 2
        rows.append(torch.autograd.grad(misses.mean() if mean else misses.sum(), list(tracked.values())))
    return {name: torch.stack(parts) for name, parts in zip(tracked, zip(*rows, strict=True), strict=True)}


LINE = models.Model("linear", (1, 1), 1)
WIDE = models.Model("linear", (1, 2), 1)
FROZEN = models.Model("frozen", (1, 1, 1), 1)


@per_sample_gradients.test
@given(batches_for("linear", "mlp", "named", "nested", "shared", "frozen"))
@example(st.Case(model=LINE, x=numbers([1.0], [2.0]), y=numbers([0.0], [1.0])))
@example(st.Case(model=WIDE, x=numbers([1.0], [2.0]), y=numbers([0.0, 1.0], [1.0, 3.0])))
@example(st.Case(model=FROZEN, x=numbers([1.0], [2.0]), y=numbers([0.0], [1.0])))
def test_the_gradients_of_each_samples_own_loss(student, case):
    """entry b is the gradient of sample b's own loss, for each tracked parameter; the model stays as it was"""
    claimed = student.per_sample_gradients(case.model, case.x, case.y)
    assert_close(claimed, one_by_one(case.model.build(), case.x, case.y), name="gradients")


@per_sample_gradients.test(examples=15)
@given(batches_for("linear", "mlp", "shared", rows=1))
@example(st.Case(model=LINE, x=numbers([1.0]), y=numbers([0.0])))
def test_a_batch_of_one(student, case):
    """a batch of one: the leading axis is there, with length 1"""
    claimed = student.per_sample_gradients(case.model, case.x, case.y)
    assert_close(claimed, one_by_one(case.model.build(), case.x, case.y), name="gradients")


@probe
def seen_afterwards(student, model, x, y, frozen):
    """The gradients, in eval mode with these parameters frozen; what is left of flags, modes, values and .grad."""
    model.eval()
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.requires_grad_(name not in frozen)
        parameter.grad = torch.full_like(parameter, 0.5, requires_grad=False)
    gradients = student.per_sample_gradients(model, x, y)
    return {
        "gradients": {name: gradient.detach().clone() for name, gradient in gradients.items()},
        "flags": {name: parameter.requires_grad for name, parameter in parameters.items()},
        "in train mode": any(part.training for part in model.modules()),
        "grads": {name: parameter.grad for name, parameter in parameters.items()},
        "values": {name: value.clone() for name, value in model.state_dict().items()},
    }


@st.composite
def found(draw):
    """Cases with the arguments of seen_afterwards; at least one parameter is not frozen."""
    case = draw(batches_for("transfer", "mlp_batchnorm", "mlp", rows=(1, 3), dropout=0.5))
    names = parameters_in(case.model.kind, len(case.model.sizes))
    case.frozen = draw(st.lists(st.sampled_from(names), max_size=len(names) - 1, unique=True))
    return case


@per_sample_gradients.test(examples=15)
@given(found())
@example(st.Case(model=LINE, x=numbers([1.0]), y=numbers([0.0]), frozen=[]))
@example(st.Case(model=LINE, x=numbers([1.0]), y=numbers([0.0]), frozen=["bias"]))
def test_leaves_a_model_as_it_is(student, case):
    """a model in eval mode, some of it frozen, with gradients from earlier: flags, mode, values and .grad stay"""
    seen = student.run(seen_afterwards, **vars(case))
    module = case.model.build().eval()
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name not in case.frozen)
    assert_close(seen["gradients"], one_by_one(module, case.x, case.y), name="gradients")
    assert_close(
        seen["flags"], {name: parameter.requires_grad for name, parameter in module.named_parameters()}, name="flags"
    )
    assert not seen["in train mode"], "The model was in eval mode, and is in train mode now."
    assert_close(seen["values"], dict(module.state_dict()), name="parameters and buffers", rtol=0, atol=0)
    changed = [name for name, grad in seen["grads"].items() if grad is None or not torch.all(grad == 0.5)]
    assert not changed, f"The .grad that {', '.join(changed)} had from earlier was cleared or added to."


def each(gradients, change):
    """The dict with `change` made to each value."""
    return {name: change(value) for name, value in gradients.items()}


@per_sample_gradients.misconception(
    "every sample gets the gradient of the batch's mean loss",
    hint="the gradient of a batch is the mean of what you want, and the samples cannot be told from it any more",
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g.mean(dim=0).expand_as(g).clone())


@per_sample_gradients.misconception(
    "every sample gets the sum over all samples",
    hint="keep the samples apart: sample b's loss alone, then the next",
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g.sum(dim=0).expand_as(g).clone())


@per_sample_gradients.misconception(
    "the gradients are divided by B", hint="each sample's own loss is asked for, not its part in the batch's mean"
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g / len(g))


@per_sample_gradients.misconception(
    "the batch's mean gradient is returned, without an axis for the samples",
    hint="for each sample its own: the leading axis of every value counts samples",
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g.mean(dim=0))


@per_sample_gradients.misconception(
    "the gradients pile up from sample to sample",
    hint="backward adds to .grad: use torch.autograd.grad, or torch.func.grad",
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g.cumsum(dim=0))


@per_sample_gradients.misconception(
    "a sum over the entries stands where their mean belongs",
    hint="a sample's loss is the mean over the entries of its y",
)
def _(model, x, y):
    return one_by_one(model, x, y, mean=False)


@per_sample_gradients.misconception(
    "frozen parameters are among them", hint="take only those whose requires_grad is True"
)
def _(model, x, y):
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}

    def loss_of(parameters, one_x, one_y):
        return ((torch.func.functional_call(model, parameters, one_x[None]) - one_y) ** 2).mean()

    return torch.func.vmap(torch.func.grad(loss_of), in_dims=(None, 0, 0))(parameters, x, y)


@per_sample_gradients.misconception(
    "frozen parameters are taken to require gradients",
    hint="torch refuses a frozen parameter: ask only for those whose requires_grad is True",
)
def _(model, x, y):
    rows = [
        torch.autograd.grad(((model(x[b : b + 1]) - y[b]) ** 2).mean(), list(model.parameters())) for b in range(len(x))
    ]
    names = [name for name, _ in model.named_parameters()]
    return {name: torch.stack(parts) for name, parts in zip(names, zip(*rows, strict=True), strict=True)}


def by_backward(model, x, y, clear):
    """The gradients in .grad, sample by sample, which `clear` empties before each."""
    rows = {name: [] for name, parameter in model.named_parameters() if parameter.requires_grad}
    for one_x, one_y in zip(x.split(1), y.split(1), strict=True):
        clear(model)
        ((model(one_x) - one_y) ** 2).mean().backward()
        for name, kept in rows.items():
            kept.append(model.get_parameter(name).grad.clone())
    return {name: torch.stack(kept) for name, kept in rows.items()}


@per_sample_gradients.misconception(
    "the last gradients are left in the model's .grad",
    hint="backward writes into .grad, which is the caller's: torch.autograd.grad hands gradients back",
)
def _(model, x, y):
    return by_backward(model, x, y, lambda model: model.zero_grad())


@per_sample_gradients.misconception(
    "gradients from earlier are cleared away",
    hint="the model's .grad is the caller's, and zero_grad empties it: torch.autograd.grad goes past it",
)
def _(model, x, y):
    gradients = by_backward(model, x, y, lambda model: model.zero_grad())
    model.zero_grad()
    return gradients


@per_sample_gradients.misconception(
    "gradients from earlier are counted in, and go on growing",
    hint="backward adds to .grad: use torch.autograd.grad, or torch.func.grad",
)
def _(model, x, y):
    return by_backward(model, x, y, lambda model: None)


@per_sample_gradients.misconception(
    "each prediction is compared with the targets of all samples",
    hint="y[b] belongs to x[b] alone; against the whole y one prediction is stretched",
)
def _(model, x, y):
    gradients = [one_by_one(model, one_x.expand(len(x), -1), y) for one_x in x.split(1)]
    return {name: torch.stack([each[name].mean(dim=0) for each in gradients]) for name in gradients[0]}


@per_sample_gradients.misconception(
    "the model is put into train mode", hint="use the model in the mode it is in: neither train() nor eval() is needed"
)
def _(model, x, y):
    return one_by_one(model.train(), x, y)


@per_sample_gradients.misconception(
    "the model is put into eval mode, and left there",
    hint="use the model in the mode it is in: neither train() nor eval() is needed",
)
def _(model, x, y):
    return one_by_one(model.eval(), x, y)


@per_sample_gradients.misconception(
    "a single sample has no axis of its own", hint="with B = 1 the leading axis has length 1; do not squeeze it away"
)
def _(model, x, y):
    return each(one_by_one(model, x, y), lambda g: g if len(g) > 1 else g[0])


@per_sample_gradients.misconception(
    "the model is given a sample without its batch axis",
    hint="the model maps (B, n) to (B, m), and need not accept (n,): give it one_x[None], a batch of one",
)
def _(model, x, y):
    tracked = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    losses = [((model(one_x) - one_y) ** 2).mean() for one_x, one_y in zip(x, y, strict=True)]
    rows = [torch.autograd.grad(loss, list(tracked.values())) for loss in losses]
    return {name: torch.stack(parts) for name, parts in zip(tracked, zip(*rows, strict=True), strict=True)}


batch_jacobian = Task(
    "27.3",
    "batch_jacobian",
    points=3,
    minutes=15,
    hints=(
        "One backward pass gives one row of J for every sample. Which V asks all samples for row i?",
        "The sum over the batch of output i has row i of each J as its gradient, since samples do not mix: m passes.",
        "Y = f(leaf); for each i torch.autograd.grad(Y[:, i].sum(), leaf, retain_graph=True)[0], of shape (B, n); "
        "torch.stack of these along dim=1.",
    ),
    see=f"A Jacobian for each sample, in {LESSON}",
)


def jacobians_of(f, X):
    """The Jacobian of each sample, each from a batch of one."""
    outputs = f(X).shape[1]
    blocks = [torch.autograd.functional.jacobian(f, x)[0, :, 0] for x in X.split(1)] if len(X) else []
    return torch.stack(blocks) if blocks else X.new_zeros(0, outputs, X.shape[1])


def check_jacobians(student, case):
    assert_close(student.batch_jacobian(case.f, case.x), jacobians_of(case.f, case.x), name="the table of Jacobians")


@batch_jacobian.test
@given(functions.points("batched"))
@example(st.Case(f=MOMENTS, x=numbers([1.0, 2.0, 0.5]), v=numbers([1.0, 1.0])))
@example(TWO_SAMPLES)
def test_a_jacobian_for_each_sample(student, case):
    """[b, i, j] is the slope of output i of sample b along input j of sample b"""
    check_jacobians(student, case)


@batch_jacobian.test(examples=15)
@given(functions.points("batched", only=LAYERS, sizes={"m": 1}))
def test_of_a_single_output(student, case):
    """f with one output: the answer is (B, 1, n)"""
    check_jacobians(student, case)


@batch_jacobian.test(examples=15)
@given(functions.points("batched", only=LAYERS, sizes={"n": 1}))
def test_of_a_single_input(student, case):
    """f with one input: the answer is (B, m, 1)"""
    check_jacobians(student, case)


@batch_jacobian.test(examples=8)
@given(functions.points("batched", sizes={"B": 0}))
def test_of_an_empty_batch(student, case):
    """a batch of none: the answer is (0, m, n)"""
    check_jacobians(student, case)


def full_jacobian(f, X):
    """The slopes of every sample's outputs along every sample's inputs: (B, m, B, n)."""
    return torch.func.jacrev(f)(X)


@batch_jacobian.misconception(
    "the blocks between samples are left in",
    hint="a sample's outputs do not depend on another sample's inputs: keep only the blocks [b, :, b, :]",
)
def _(f, X):
    return full_jacobian(f, X)


@batch_jacobian.misconception(
    "the axes of outputs and inputs are swapped",
    hint="first the sample, then the output, then the input: (B, m, n)",
)
def _(f, X):
    return jacobians_of(f, X).mT


@batch_jacobian.misconception(
    "the outputs come before the samples",
    hint="torch.stack puts its new axis first: give it dim=1, or move the axis afterwards",
)
def _(f, X):
    return jacobians_of(f, X).movedim(0, 1)


@batch_jacobian.misconception(
    "the axis of the samples stands last",
    hint="torch.diagonal and torch.stack choose where the new axis goes: move it to the front",
)
def _(f, X):
    return jacobians_of(f, X).movedim(0, 2)


@batch_jacobian.misconception(
    "the axes are brought into shape by reshape",
    hint="reshape keeps the order of the numbers; to exchange axes use transpose, permute or movedim",
)
def _(f, X):
    jacobians = jacobians_of(f, X)
    return jacobians.movedim(0, 1).reshape(jacobians.shape)


@batch_jacobian.misconception(
    "the Jacobians are summed over the batch",
    hint="each sample has a Jacobian of its own, and the first axis counts them",
)
def _(f, X):
    return jacobians_of(f, X).sum(dim=0)


@batch_jacobian.misconception("the Jacobians are averaged over the batch", hint="each sample has a Jacobian of its own")
def _(f, X):
    return jacobians_of(f, X).mean(dim=0)


@batch_jacobian.misconception(
    "the Jacobians are divided by B", hint="sum each output over the batch; a mean divides by the batch size"
)
def _(f, X):
    return jacobians_of(f, X) / len(X)


@batch_jacobian.misconception(
    "the rows are summed into one", hint="a V of ones adds up the rows of J: ask for one output after the other"
)
def _(f, X):
    return jacobians_of(f, X).sum(dim=1)


@batch_jacobian.misconception(
    "the rows pile up", hint="backward adds to .grad; clear it before each row, or use torch.autograd.grad"
)
def _(f, X):
    return jacobians_of(f, X).cumsum(dim=1)


@batch_jacobian.misconception(
    "axes of length 1 are lost", hint="one sample, output or input leaves an axis of length 1; do not squeeze"
)
def _(f, X):
    return jacobians_of(f, X).squeeze()


@batch_jacobian.misconception(
    "f is given a sample without its batch axis",
    hint="f need not accept (n,): give it x[None], a batch of one",
)
def _(f, X):
    return torch.func.vmap(torch.func.jacrev(f))(X)


@batch_jacobian.misconception(
    "the graph is freed after the first row", hint="m passes walk one graph: retain_graph=True keeps it"
)
def _(f, X):
    leaf = X.clone().requires_grad_()
    return torch.stack([torch.autograd.grad(output.sum(), leaf)[0] for output in f(leaf).unbind(dim=1)], dim=1)


@batch_jacobian.misconception(
    "a batch of none has nothing to stack",
    hint="a loop over samples makes no blocks then; a loop over outputs makes (0, m, n)",
)
def _(f, X):
    return torch.stack(list(jacobians_of(f, X)))


@batch_jacobian.misconception(
    "there are as many rows as inputs", hint="each output has a row: f(X).shape[1] of them, not X.shape[1]"
)
def _(f, X):
    jacobians = jacobians_of(f, X)
    return torch.stack([jacobians[:, i] for i in range(X.shape[1])], dim=1)


@batch_jacobian.misconception(
    "every sample gets the Jacobian of the first",
    hint="where f bends, J depends on the sample: take each block [b, :, b, :], not one for all",
)
def _(f, X):
    first = jacobians_of(f, X)[0]
    return first.expand(len(X), *first.shape).clone()
