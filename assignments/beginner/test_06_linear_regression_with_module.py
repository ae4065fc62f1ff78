"""Assignment 06 · Linear regression with a module"""

import copy

import torch
from torch import nn

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/beginner/06_linear_regression_with_module.py"

linear_regression = Task(
    "06.1",
    "LinearRegression",
    points=5,
    minutes=15,
    hints=(
        "How does a module come to know which tensors are to be trained? And what has to run before it can?",
        "super().__init__() first; then self.name = nn.Parameter(tensor) registers the tensor under that name. "
        "(n, d) @ (d,) has shape (n,), and a bias of shape () is added to each entry.",
        "self.weight = nn.Parameter(torch.zeros(d)) and self.bias = nn.Parameter(torch.zeros(…)) with the shape of a "
        "single number; forward returns x @ self.weight with self.bias added.",
    ),
    see=f"A model as an object, in {LESSON}",
)


@probe
def registered(student, d):
    """Whether it is a module, and for each of its parameters what it is like, in words."""
    model = student.LinearRegression(d)
    if not isinstance(model, torch.nn.Module):
        return False, {}
    words = {True: "trainable", False: "frozen"}
    return True, {
        name: f"shape {tuple(p.shape)}, {str(p.dtype).removeprefix('torch.')}, {words[p.requires_grad]}"
        for name, p in model.named_parameters()
    }


@probe
def outputs(student, weight, bias, x, v):
    """The output of a model that holds these numbers; how backward from Σ vᵢ · outputᵢ ended, what it left in each
    .grad, None where that is nothing; and x afterwards.

    A second model, made first, gets other numbers at the end: nothing of it may show.
    """
    model, other = (student.LinearRegression(len(weight)).double() for _ in range(2))
    with torch.no_grad():
        for one, factor in ((model, 1.0), (other, -2.0)):
            for name, value in (("weight", weight), ("bias", bias)):
                tensor = getattr(one, name)
                tensor.copy_(factor * value.reshape(tensor.shape) + factor - 1)
    output = model(x)
    seen = {"output": output, "ended": "it ran", "weight.grad": None, "bias.grad": None, "x": x.detach().clone()}
    if not isinstance(output, torch.Tensor):
        return seen | {"ended": "it could not start: the output is no tensor"}
    seen["output"] = output.detach().clone()
    if output.shape != v.shape:
        return seen | {"ended": f"it could not start: the output has shape {tuple(output.shape)}, not {tuple(v.shape)}"}
    if not output.requires_grad:
        return seen | {"ended": "it could not start: the output does not require a gradient"}
    (output * v).sum().backward()
    for name in ("weight", "bias"):
        gradient = getattr(model, name).grad
        seen[f"{name}.grad"] = None if gradient is None else gradient.clone()
    return seen


@linear_regression.test(examples=5)
@given(st.integers(1, 5))
@example(2)
def test_has_a_weight_and_a_bias(student, d):
    """it is an nn.Module whose parameters are weight (d,) and bias (), in the default dtype, and both can be trained"""
    is_module, parameters = student.run(registered, d)
    assert_close(is_module, True, name="whether the object is an nn.Module")
    right = {"weight": f"shape ({d},), float32, trainable", "bias": "shape (), float32, trainable"}
    assert_close(parameters, right, name="named_parameters()")


def lines(**options):
    """Cases of weight (d,), bias (), x (n, d), and v (n,) for the gradients."""
    options["as_tensor"] = True
    shapes = {"weight": "d", "bias": "", "x": "n d"}
    return st.cases(
        **{name: st.field(dims, **options) for name, dims in shapes.items()},
        v=st.field("n", **options | {"nonzero": True}),
    )


def plane(weight, bias, x, v):
    weight, bias, x, v = (torch.tensor(numbers, dtype=torch.float64) for numbers in (weight, bias, x, v))
    return st.Case(weight=weight, bias=bias, x=x, v=v)


SMALL = plane([1.0, 2.0], 0.5, [[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]], [1.0, 1.0, 1.0])


@linear_regression.test(examples=40)
@given(lines(inexact=True))
@example(SMALL)
def test_predicts_a_number_for_each_row(student, case):
    """model(x) has shape (n,), and entry i is x[i] · weight + bias"""
    rows = [sum(a * b for a, b in zip(row, case.weight, strict=True)) + case.bias for row in case.x]
    assert_close(student.run(outputs, **vars(case))["output"], torch.stack(rows), name="model(x)")


@linear_regression.test(examples=10)
@given(lines(nonzero=True))
@example(SMALL)
def test_leaves_x_alone(student, case):
    """x stays as it is"""
    assert_close(student.run(outputs, **vars(case))["x"], case.x, name="x after model(x)", rtol=0, atol=0)


@linear_regression.test(examples=40)
@given(lines(nonzero=True))
@example(SMALL)
def test_sends_gradients_to_both(student, case):
    """backward reaches weight and bias"""
    seen = student.run(outputs, **vars(case))
    assert_close(seen["ended"], "it ran", name="how backward from model(x) ended")
    right = {"weight.grad": (case.x * case.v[:, None]).sum(dim=0), "bias.grad": case.v.sum()}
    for name in right:
        reached = "a gradient" if seen[name] is not None else "None: no gradient reached it"
        assert_close(reached, "a gradient", name=f"{name} after backward")
    assert_close({name: seen[name] for name in right}, right, name="after backward")


def slip_of_model(name, hint, forward=None, make=None):
    """Declare LinearRegression with another forward, or with other parameters, as a mistake."""

    class Model(nn.Module):
        def __init__(self, d):
            super().__init__()
            if make is not None:
                make(self, d)
            else:
                self.weight, self.bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(()))

        def forward(self, x):
            return x @ self.weight + self.bias if forward is None else forward(self, x)

    linear_regression.misconception(name, hint=hint, LinearRegression=Model)


def plain_tensors(self, d):
    self.weight, self.bias = torch.zeros(d, requires_grad=True), torch.zeros((), requires_grad=True)


def one_bias_in_a_row(self, d):
    self.weight, self.bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(1))


def column_of_weights(self, d):
    self.weight, self.bias = nn.Parameter(torch.zeros(d, 1)), nn.Parameter(torch.zeros(()))


def shapes_of_a_layer(self, d):
    self.weight, self.bias = nn.Parameter(torch.zeros(d, 1)), nn.Parameter(torch.zeros(1))


def double_from_the_start(self, d):
    self.weight = nn.Parameter(torch.zeros(d, dtype=torch.float64))
    self.bias = nn.Parameter(torch.zeros((), dtype=torch.float64))


def multiply_in_place(self, x):
    x *= self.weight
    return x.sum(dim=1) + self.bias


def layer_inside(self, d):
    self.linear = nn.Linear(d, 1)


def weight_alone(self, d):
    self.weight, self.bias = nn.Parameter(torch.zeros(d)), torch.zeros(())


def other_names(self, d):
    self.w, self.b = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(()))


def bias_for_each_input(self, d):
    self.weight, self.bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(d))


def flags_off(self, d):
    self.weight = nn.Parameter(torch.zeros(d), requires_grad=False)
    self.bias = nn.Parameter(torch.zeros(()), requires_grad=False)


slip_of_model(
    "the parameters are not registered",
    "a module knows only what is assigned as nn.Parameter: not a plain tensor, and not a Parameter in a list",
    make=plain_tensors,
)
slip_of_model(
    "the output is a column",
    "(n, 1) against targets of (n,) broadcasts to (n, n) in the loss: return (n,)",
    forward=lambda self, x: (x @ self.weight + self.bias)[:, None],
)
slip_of_model("the bias is not used", "add self.bias to the product", forward=lambda self, x: x @ self.weight)
slip_of_model(
    "the bias has shape (1,)", "a single number has shape (): torch.zeros(()), not torch.zeros(1)",
    make=one_bias_in_a_row,
)  # fmt: skip
slip_of_model(
    "the weight and the output are columns", "with a weight of shape (d,), x @ weight is (n,), not (n, 1)",
    make=column_of_weights,
)  # fmt: skip
slip_of_model(
    "the weight is a column", "its shape is (d,); x @ weight is then (n,) at once", make=column_of_weights,
    forward=lambda self, x: (x @ self.weight)[:, 0] + self.bias,
)  # fmt: skip
slip_of_model(
    "weight, bias and output have an axis too many",
    "these are the shapes of nn.Linear; asked for are weight (d,), bias () and an output of shape (n,)",
    make=shapes_of_a_layer,
)
slip_of_model(
    "weight and bias have an axis too many",
    "these are the shapes of nn.Linear; with a weight of shape (d,) and a bias of shape () nothing is squeezed",
    make=shapes_of_a_layer, forward=lambda self, x: (x @ self.weight + self.bias)[:, 0],
)  # fmt: skip
slip_of_model(
    "the parameters are float64", "leave dtype out: who needs float64 calls model.double()", make=double_from_the_start
)
slip_of_model("x is changed in place", "*= writes into the caller's x: multiply with *", forward=multiply_in_place)
slip_of_model(
    "a single row loses its axis", "squeeze() takes away every axis of length 1, the rows' too: x @ weight needs none",
    forward=lambda self, x: (x @ self.weight + self.bias).squeeze(),
)  # fmt: skip
slip_of_model(
    "a layer inside holds the parameters",
    "they are then called linear.weight and linear.bias, and the weight is (1, d): make both as nn.Parameter",
    make=layer_inside,
    forward=lambda self, x: self.linear(x)[:, 0],
)
slip_of_model("the bias is not registered", "the bias is learned too: make it an nn.Parameter", make=weight_alone)
slip_of_model(
    "the parameters have other names", "they are called weight and bias: the attribute's name is the parameter's",
    make=other_names, forward=lambda self, x: x @ self.w + self.b,
)  # fmt: skip
slip_of_model(
    "there is a bias for each input", "one bias for the whole model: shape ()", make=bias_for_each_input,
    forward=lambda self, x: x @ self.weight + self.bias.sum(),
)  # fmt: skip
slip_of_model("the parameters are frozen", "leave out requires_grad=False: they are to be trained", make=flags_off)
slip_of_model(
    "all rows are added up", "each row has a prediction of its own: @ sums over the columns only",
    forward=lambda self, x: (x * self.weight).sum() + self.bias,
)  # fmt: skip
slip_of_model(
    "the columns are not added up", "the products of a row are summed: x @ weight, not x * weight",
    forward=lambda self, x: x * self.weight + self.bias,
)  # fmt: skip
slip_of_model(
    "the output has lost its graph", "compute with the parameters themselves: no detach, no .data, no no_grad",
    forward=lambda self, x: x @ self.weight.detach() + self.bias.detach(),
)  # fmt: skip
slip_of_model(
    "the weight is cut off from the graph", "multiply with self.weight itself: .data and detach() cut it off",
    forward=lambda self, x: x @ self.weight.detach() + self.bias,
)  # fmt: skip
slip_of_model(
    "the bias is cut off from the graph", "add self.bias itself: .item(), .data and detach() cut it off",
    forward=lambda self, x: x @ self.weight + self.bias.detach(),
)  # fmt: skip


@linear_regression.misconception(
    "super().__init__() is missing", hint="it makes the place where parameters are registered, so it comes first"
)
class _(nn.Module):
    def __init__(self, d):
        self.weight = nn.Parameter(torch.zeros(d))


@linear_regression.misconception("it is no nn.Module", hint="the class inherits: class LinearRegression(nn.Module)")
class _:
    def __init__(self, d):
        self.weight, self.bias = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(()))

    def __call__(self, x):
        return x @ self.weight + self.bias


train = Task(
    "06.2",
    "train",
    points=5,
    minutes=15,
    hints=(
        "Which lines of the loop of lesson 05 does an optimizer take over, and which remain?",
        "Clear, forward, backward, step, in this order in every epoch. What lay in .grad beforehand is then gone.",
        "optimizer = torch.optim.SGD(model.parameters(), lr=lr); in the loop optimizer.zero_grad(), the loss, "
        "loss.backward(), optimizer.step(), and loss.item() into the list.",
    ),
    see=f"The loop with an optimizer, in {LESSON}",
)


@probe
def trained(student, model, x, y, lr, epochs, frozen, old, in_eval):
    """The losses; parameters, flags and modes by name; x and y.

    `old` lies in every .grad at first, if not None; the parts called `in_eval` are in eval mode.
    """
    for name, part in model.named_modules():
        part.training = (name or "the model") not in in_eval
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
        if old is not None:
            parameter.grad = torch.full_like(parameter, old)
    losses = student.train(model, x, y, lr, epochs)
    return {
        "losses": losses,
        "parameters": {name: parameter.detach().clone() for name, parameter in model.named_parameters()},
        "flags": {name: parameter.requires_grad for name, parameter in model.named_parameters()},
        "modes": {name or "the model": part.training for name, part in model.named_modules()},
        "data": [x, y],
    }


def expected_training(case):
    """(losses, parameters by name) of gradient descent on tensors that live apart from the module."""
    model = case.model.build()
    for name, part in model.named_modules():
        part.training = (name or "the model") not in case.in_eval
    state = {name: parameter.detach() for name, parameter in model.named_parameters()}
    moving, losses = [name for name in state if name not in case.frozen], []
    for _ in range(case.epochs):
        leaves = {name: value.clone().requires_grad_(name in moving) for name, value in state.items()}
        outputs = torch.func.functional_call(model, leaves, (case.x,))
        loss = (outputs - case.y).square().sum() / case.y.numel()
        gradients = torch.autograd.grad(loss, [leaves[name] for name in moving])
        state |= {name: state[name] - case.lr * g for name, g in zip(moving, gradients, strict=True)}
        losses.append(loss.item())
    return losses, state


KINDS = ("linear", "mlp", "shared", "nested")


@st.composite
def trainings(draw, kinds=KINDS, epochs=(1, 4), old=(None, 0.5, -2.0), frozen=True, rows=(1, 4), layers=(1, 3)):
    """Cases with the arguments of `trained`; some parts are in eval mode."""
    model = draw(st.models(*kinds, layers=layers))
    sizes = {"n": rows, "i": model.sizes[0], "o": model.sizes[-1]}
    batch = draw(st.cases(sizes=sizes, as_tensor=True, x="n i", y="n o"))
    module = model.build()
    names = [name for name, _ in module.named_parameters()]
    modules = st.sampled_from([name or "the model" for name, _ in module.named_modules()])
    held = draw(st.lists(st.sampled_from(names), max_size=len(names) - 1, unique=True)) if frozen else []
    return st.Case(
        model=model,
        x=batch.x,
        y=batch.y,
        lr=draw(st.sampled_from([0.125, 0.0625, 0.1])),
        epochs=draw(st.integers(*epochs)),
        frozen=held,
        old=draw(st.sampled_from(old)),
        in_eval=draw(st.lists(modules, max_size=3, unique=True)),
    )


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


LINE = models.Model("linear", (1, 1))


def line(frozen=(), old=None, epochs=2, x=(1.0, 2.0), y=(2.0, 3.0), lr=0.125, in_eval=()):
    """A case of a line through two points, or other ones."""
    held = {"frozen": list(frozen), "old": old, "in_eval": list(in_eval)}
    return st.Case(model=LINE, x=column(*x), y=column(*y), lr=lr, epochs=epochs, **held)


@train.test(examples=25)
@given(trainings(old=(None,), frozen=False))
@example(line())
def test_trains_the_parameters(student, case):
    """every parameter after the last step, and the loss before each step as a float"""
    seen, (losses, state) = student.run(trained, **vars(case)), expected_training(case)
    assert_close(seen["parameters"], state, name="parameters")
    assert_close(seen["losses"], losses, name="the list of losses")


@train.test(examples=25)
@given(trainings(old=(0.5, -2.0), frozen=False))
@example(line(old=0.5, epochs=1))
def test_old_gradients_have_no_influence(student, case):
    """gradients that lie in .grad before the training do not change it"""
    seen, (losses, state) = student.run(trained, **vars(case)), expected_training(case)
    assert_close(seen["parameters"], state, name="parameters")
    assert_close(seen["losses"], losses, name="the list of losses")


@train.test(examples=25)
@given(trainings())
@example(line(["weight"], old=0.5))
def test_frozen_parameters_stay(student, case):
    """frozen parameters stay as they are, whatever lies in their .grad; the others are trained"""
    seen, (_, state) = student.run(trained, **vars(case)), expected_training(case)
    assert_close(seen["parameters"], state, name="parameters")


def normalized(*in_eval):
    """A case of a step on a BatchNorm between two layers; these parts are in eval mode."""
    case = line(epochs=1, in_eval=in_eval)
    return st.Case(**vars(case) | {"model": models.Model("mlp_batchnorm", (1, 1, 1))})


@train.test(examples=20)
@given(trainings(kinds=("mlp_batchnorm",), epochs=(1, 2), rows=(3, 4), layers=(2, 2), frozen=False))
@example(normalized("the model", "0", "1", "2", "3"))
@example(normalized())
def test_trains_in_the_mode_it_is_in(student, case):
    """each part of the model is trained in the mode that it is in, train mode or eval mode"""
    seen, (losses, state) = student.run(trained, **vars(case)), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["parameters"], state, name="parameters")


@train.test(examples=10)
@given(trainings(epochs=(0, 1)))
@example(line(["bias"], epochs=0))
@example(line(epochs=0, in_eval=["the model"]))
def test_changes_nothing_else(student, case):
    """flags, modes, x and y stay; no epochs give an empty list"""
    seen, module = student.run(trained, **vars(case)), case.model.build()
    flags = {name: name not in case.frozen for name, _ in module.named_parameters()}
    modes = {name or "the model": (name or "the model") not in case.in_eval for name, _ in module.named_modules()}
    assert_close(seen["flags"], flags, name="requires_grad")
    assert_close(seen["modes"], modes, name="training")
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)
    assert_close(seen["losses"], expected_training(case)[0], name="the list of losses")


def check_all_epochs(student, case):
    seen, (losses, state) = student.run(trained, **vars(case)), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["parameters"], state, name="parameters")


@train.test
def test_runs_all_epochs_where_nothing_is_to_be_learned(student):
    """all epochs are run, also where the loss is zero from the start"""
    right = LINE.build()(column(1.0, 2.0)).detach().flatten().tolist()
    check_all_epochs(student, line(epochs=3, y=right))


@train.test
def test_runs_all_epochs_where_the_loss_stands_still(student):
    """all epochs are run, also where the loss no longer changes"""
    check_all_epochs(student, line(epochs=6, x=(1.0, -1.0, 1.0, -1.0), y=(2.0, 4.0, 3.0, 3.0), lr=0.5))


@train.test
def test_runs_all_epochs_where_the_loss_grows(student):
    """all epochs are run, also where each step leaps further than the one before"""
    check_all_epochs(student, line(epochs=8, x=(2.0, -1.0), y=(1.0, 1.0), lr=0.5))


def trained_with(
    model, x, y, lr, epochs, *, clear="first", order="loss backward step", loss_of=torch.mean, after=False, keep=float,
    thaw=False, leave=None, extra=0, optimizer=torch.optim.SGD, mode=None, put_back=True, stop=None, **options,
):  # fmt: skip
    """train, and what becomes of it where one thing is done in another way."""
    modes = [part.training for part in model.modules()]
    if mode is not None:
        model.train(mode)
    if thaw:
        model.requires_grad_(True)
    steps = optimizer(model.parameters(), lr=lr, **options)
    losses = []
    for _ in range(epochs + extra):
        for part in order.split():
            if part == clear or (part == "loss" and clear == "first"):
                steps.zero_grad()
            if part == "loss":
                loss = loss_of((model(x) - y) ** 2)
            elif part == "backward":
                loss.backward()
            elif part == "step":
                steps.step()
        losses.append(keep(loss_of((model(x) - y) ** 2) if after else loss))
        if clear == "last":
            steps.zero_grad()
        if stop is not None and stop(losses):
            break
    for part, training in zip(model.modules(), modes, strict=True):
        part.training = training if put_back else part.training
    if leave is not None:
        leave(model)
    return losses


def slip_of_training(name, hint, **options):
    """Declare trained_with with these options as a mistake."""
    train.misconception(
        name, hint=hint, train=lambda model, x, y, lr, epochs: trained_with(model, x, y, lr, epochs, **options)
    )


slip_of_training(
    "the gradients are never cleared",
    "backward adds to .grad: optimizer.zero_grad() in every epoch, before backward",
    clear="never",
)
slip_of_training(
    "the step finds no gradient, which is not there yet or cleared already",
    "clear, forward, backward, step: nothing may come between backward and step",
    order="loss step backward",
)
slip_of_training(
    "each step comes before its backward and uses an older gradient",
    "first loss.backward(), then optimizer.step(): a step needs the gradient of its own epoch",
    clear="backward",
    order="loss step backward",
)
slip_of_training(
    "old gradients take part in the first step",
    "something may lie in .grad before the first epoch: zero_grad() before backward, not only after the step",
    clear="last",
)
slip_of_training(
    "frozen parameters are trained too", "leave requires_grad as it is: a frozen parameter is to stay", thaw=True
)
slip_of_training("the sum is taken for the mean", "the loss is the mean over all entries", loss_of=torch.sum)
slip_of_training(
    "the loss is divided by the rows only", "the mean goes over all entries, and a row may have several",
    loss_of=lambda squares: squares.sum() / len(squares),
)  # fmt: skip
slip_of_training(
    "the loss is measured after the step",
    "keep the loss of the forward pass: it belongs to before the step",
    after=True,
)
slip_of_training(
    "the losses are tensors", "a list of floats is asked for: loss.item()", keep=lambda loss: loss.detach().clone()
)
slip_of_training("the optimizer has momentum", "plain gradient descent: no momentum", momentum=0.9)
slip_of_training("the optimizer has weight decay", "plain gradient descent: no weight decay", weight_decay=0.01)
slip_of_training("the steps go uphill", "the loss is to fall: no maximize=True, no minus sign", maximize=True)
slip_of_training(
    "Adam takes the steps", "torch.optim.SGD is asked for: other optimizers go another way", optimizer=torch.optim.Adam
)
slip_of_training(
    "the model is left in eval mode", "its mode is to stay: no model.eval()", leave=lambda model: model.eval()
)
MODE = "train it in the mode it is in: neither model.train() nor model.eval() belongs here"
slip_of_training("the model is put into train mode", MODE, mode=True, put_back=False)
slip_of_training("the model is put into eval mode", MODE, mode=False, put_back=False)
slip_of_training("it is trained in train mode, whatever its mode", MODE, mode=True)
slip_of_training("it is trained in eval mode, whatever its mode", MODE, mode=False)
ALL_EPOCHS = "all epochs are run, whatever the losses are: no break"
slip_of_training(
    "it stops when the loss stands still", ALL_EPOCHS, stop=lambda all: len(all) > 1 and abs(all[-1] - all[-2]) < 1e-9
)
slip_of_training("it stops when the loss is small", ALL_EPOCHS, stop=lambda all: all[-1] < 1e-9)
slip_of_training("it stops when the loss grows", ALL_EPOCHS, stop=lambda all: len(all) > 1 and all[-1] > all[-2])
slip_of_training("there is an epoch too many", "range(epochs) has as many as are asked for", extra=1)


@train.misconception(
    "a copy is trained, and the model stays as it was", hint="train the model itself: its caller looks at it afterwards"
)
def _(model, x, y, lr, epochs):
    return trained_with(copy.deepcopy(model), x, y, lr, epochs)


@train.misconception(
    "gradients left in frozen parameters move them",
    hint="the optimizer takes what lies in .grad: optimizer.zero_grad() clears the frozen ones too",
)
def _(model, x, y, lr, epochs):
    def clear_some(squares):
        for parameter in model.parameters():
            parameter.grad = None if parameter.requires_grad else parameter.grad
        return squares.mean()

    return trained_with(model, x, y, lr, epochs, clear="never", loss_of=clear_some)


@train.misconception("lr is not handed to the optimizer", hint="without lr=lr it takes a value of its own, 0.001")
def _(model, x, y, lr, epochs):
    return trained_with(model, x, y, 1e-3, epochs)


@train.misconception(
    "only the weight called weight is trained", hint="model.parameters() gives all of them, whatever they are called"
)
def _(model, x, y, lr, epochs):
    named = [parameter for name, parameter in model.named_parameters() if name.endswith("weight")]
    optimizer, losses = torch.optim.SGD(named, lr=lr), []
    for _ in range(epochs):
        model.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
