"""Assignment 03 · The life of a graph"""

import torch

from autograder import Task, assert_close, assert_gradient, example, functions, given, parts, probe
from autograder import strategies as st

LESSON = "lessons/beginner/03_retain_graph.py"

head_gradients = Task(
    "03.1",
    "head_gradients",
    points=4,
    minutes=15,
    hints=(
        "Every head starts from the same shared(x). What does the first backward pass leave of its graph?",
        "Call shared once, on a copy of x that requires a gradient, and let each pass keep the graph. "
        "torch.autograd.grad hands gradients back, so that nothing piles up.",
        "leaf = x.detach().requires_grad_(); trunk = shared(leaf); then for each head "
        "torch.autograd.grad(head(trunk), leaf, retain_graph=True)[0].",
    ),
    see=f"Two losses on one forward pass, in {LESSON}",
)


def trunk_and_heads(n=None, m=None, most=3):
    """Cases of a trunk f at the tensor x, and heads that fit its output."""
    trunks = functions.points("vector_to_vector", sizes={"n": n, "m": m} if n or m else None)
    return trunks.flatmap(
        lambda case: st.builds(
            st.Case,
            f=st.just(case.f),
            x=st.just(case.x),
            heads=st.lists(functions.vector_to_scalar(sizes={"n": len(case.v)}), max_size=most),
        )
    )


PLAIN, TRACKS, HAS_A_GRADIENT = "plain", "tracks", "has a gradient"


def as_given(x, state):
    """x as the caller has it: without requires_grad, with it, or with a gradient from earlier."""
    x = x.clone().requires_grad_(state != PLAIN)
    if state == HAS_A_GRADIENT:
        x.grad = torch.ones_like(x, requires_grad=False)
    return x


SQUARES = functions.function("scaled_squares", a=(1.0,))
DOT, TWICE = functions.function("dot", a=(1.0,)), functions.function("dot", a=(2.0,))
ONE = torch.ones(1, dtype=torch.float64)


@head_gradients.test(examples=60)
@given(trunk_and_heads(), st.sampled_from([PLAIN, TRACKS, HAS_A_GRADIENT]))
@example(st.Case(f=SQUARES, x=ONE, heads=[DOT, TWICE]), PLAIN)
@example(st.Case(f=SQUARES, x=ONE, heads=[DOT, TWICE]), HAS_A_GRADIENT)
def test_tells_the_gradient_of_each_head(student, case, state):
    """each head's own gradient with respect to x, from one call of shared, whether x requires a gradient or not"""
    gradients = student.head_gradients(functions.once(case.f), case.heads, as_given(case.x, state))
    names = [f"the gradient of heads[{k}]" for k in range(len(case.heads))]
    for gradient, head, name in zip(parts(gradients, *names), case.heads, names, strict=True):
        assert_gradient(gradient, of=lambda x, head=head: head(case.f(x)), at=case.x, name=name)


@probe
def counted(student, shared, heads, x):
    """What comes back, and how often shared was called."""
    calls = []

    def count(z):
        calls.append(z)
        return shared(z)

    gradients = student.head_gradients(count, heads, x)
    return {"gradients": list(gradients), "calls": len(calls)}


@head_gradients.test(examples=20)
@given(trunk_and_heads(), st.booleans())
@example(st.Case(f=SQUARES, x=ONE, heads=[]), False)
@example(st.Case(f=SQUARES, x=ONE, heads=[]), True)
@example(st.Case(f=SQUARES, x=ONE, heads=[DOT, TWICE]), False)
def test_calls_shared_exactly_once(student, case, tracks):
    """shared is called exactly once, even where there are no heads"""
    seen = student.run(counted, case.f, case.heads, as_given(case.x, TRACKS if tracks else PLAIN))
    assert_close(seen["calls"], 1, name="the number of calls of shared")
    assert_close(len(seen["gradients"]), len(case.heads), name="the number of gradients")


def gradients_of(shared, heads, x):
    """Each head's gradient with respect to x, from one call of shared."""
    leaf = x.detach().requires_grad_()
    trunk = shared(leaf)
    return [torch.autograd.grad(head(trunk), leaf, retain_graph=True)[0] for head in heads]


@head_gradients.misconception(
    "shared is called again for each head", hint="call it once before the loop; retain_graph=True keeps its graph"
)
def _(shared, heads, x):
    leaf = x.detach().requires_grad_()
    return [torch.autograd.grad(head(shared(leaf)), leaf)[0] for head in heads]


@head_gradients.misconception(
    "shared is called once, and then again for each head",
    hint="keep what the first call returned, and give that to the heads",
)
def _(shared, heads, x):
    leaf = x.detach().requires_grad_()
    shared(leaf)
    return [torch.autograd.grad(head(shared(leaf)), leaf)[0] for head in heads]


@head_gradients.misconception(
    "shared is called again for each head after the first",
    hint="keep the graph of the first call with retain_graph=True instead of building another",
)
def _(shared, heads, x):
    leaf = x.detach().requires_grad_()
    trunk, gradients = shared(leaf), []
    for k, head in enumerate(heads):
        gradients.append(torch.autograd.grad(head(trunk if k == 0 else shared(leaf)), leaf)[0])
    return gradients


@head_gradients.misconception(
    "the gradients pile up", hint="backward adds to .grad: clear it between heads, or use torch.autograd.grad"
)
def _(shared, heads, x):
    sums = gradients_of(shared, heads, x)
    return [sum(sums[1 : k + 1], start=sums[0]) for k in range(len(sums))]


@head_gradients.misconception(
    "the entries are one tensor, which went on growing",
    hint="backward adds into the same tensor: clear .grad with None after each head, or keep a clone",
)
def _(shared, heads, x):
    each = gradients_of(shared, heads, x)
    return [sum(each[1:], start=each[0])] * len(each) if each else []


@head_gradients.misconception(
    "the entries are one tensor, which shows the last gradient",
    hint="zero_() and backward write into the same tensor: clear .grad with None, or keep a clone",
)
def _(shared, heads, x):
    each = gradients_of(shared, heads, x)
    return [each[-1]] * len(each) if each else []


@head_gradients.misconception(
    "the graph is gone after the first head",
    hint="a backward pass frees the graph it walked through; pass retain_graph=True where another one will follow",
    see=f"Keep it: retain_graph, in {LESSON}",
)
def _(shared, heads, x):
    leaf = x.detach().requires_grad_()
    trunk = shared(leaf)
    return [torch.autograd.grad(head(trunk), leaf)[0] for head in heads]


@head_gradients.misconception(
    "the gradient with respect to shared(x) is returned", hint="x is asked for: go back through shared as well"
)
def _(shared, heads, x):
    trunk = shared(x.detach()).detach().requires_grad_()
    return [torch.autograd.grad(head(trunk), trunk)[0] for head in heads]


@head_gradients.misconception(
    "the caller's x is made to require a gradient",
    hint="requires_grad_() changes the tensor it is called on: take x.detach() first",
)
def _(shared, heads, x):
    trunk = shared(x.requires_grad_())
    return [torch.autograd.grad(head(trunk), x, retain_graph=True)[0] for head in heads]


@head_gradients.misconception(
    "x is taken to require a gradient, which it need not",
    hint="make a leaf of your own, with x.detach().requires_grad_()",
)
def _(shared, heads, x):
    trunk = shared(x)
    return [torch.autograd.grad(head(trunk), x, retain_graph=True)[0] for head in heads]


@head_gradients.misconception(
    "shared is not called where there are no heads", hint="call shared before the loop over the heads"
)
def _(shared, heads, x):
    return gradients_of(shared, heads, x) if heads else []


backward_all = Task(
    "03.2",
    "backward_all",
    points=3,
    minutes=10,
    hints=(
        "Which number has the gradient that every leaf is to get? And what frees a graph?",
        "The gradient of a sum is the sum of the gradients, so one backward pass is enough, and it frees what it "
        "walks through. With several passes, all but the last must keep the graph.",
        "Add the losses up to one tensor of shape (), and call backward() on that, with nothing in the brackets.",
    ),
    see=f"Two losses on one forward pass, in {LESSON}",
)

SAVING = ("tanh_layer", "two_layers", "squared_linear", "softmax", "normalised", "running_squares")


@st.composite
def several_losses(draw, heads=(1, 4)):
    """Cases of a trunk f at x, heads that fit, and a weight for each head."""
    case = draw(functions.points("vector_to_vector", only=SAVING))
    fitting = functions.vector_to_scalar(sizes={"n": len(case.v)})
    chosen = draw(st.lists(fitting, min_size=heads[0], max_size=heads[1]))
    return st.Case(
        trunk=case.f, heads=chosen, x=case.x, weights=draw(st.tensors(len(chosen), nonzero=True, inexact=True))
    )


@probe
def after_backward_all(student, trunk, heads, x, weights, leftover):
    """The leaves' .grad afterwards, and what another backward pass through each loss does.

    The losses are weight · head(trunk(x)); leaves are x and each weight, whose .grad is filled with `leftover`.
    """
    leaves = [tensor.clone().requires_grad_() for tensor in (x, *weights)]
    for leaf in leaves:
        leaf.grad = None if leftover is None else torch.full_like(leaf, leftover, requires_grad=False)
    shared = trunk(leaves[0])
    losses = [weight * head(shared) for weight, head in zip(leaves[1:], heads, strict=True)]
    student.backward_all(list(losses))
    gradients = [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad.detach().clone() for leaf in leaves]
    another = []
    for loss in losses:
        try:
            loss.backward(retain_graph=True)
            another.append("runs")
        except RuntimeError:
            another.append("raises RuntimeError")
    return {"gradients": gradients, "another pass": another}


def check_backward_all(student, case, leftover):
    """The gradients have grown by that of the sum, and every graph is freed."""
    seen = student.run(after_backward_all, **vars(case), leftover=leftover)

    def grown(x, *weights):
        shared = case.trunk(x)
        total = sum(weight * head(shared) for weight, head in zip(weights, case.heads, strict=True))
        return total + (leftover or 0.0) * (x.sum() + sum(weights))

    names = ("x.grad", *(f"the .grad of loss {k}'s own leaf" for k in range(len(case.heads))))
    assert_gradient(tuple(seen["gradients"]), of=grown, at=(case.x, *case.weights), name=names)
    freed = ["raises RuntimeError"] * len(case.heads)
    assert_close(seen["another pass"], freed, name="another backward pass through losses")


TWO = st.Case(trunk=SQUARES, heads=[DOT, TWICE], x=ONE, weights=torch.tensor([1.0, 2.0], dtype=torch.float64))
SINGLE = st.Case(trunk=SQUARES, heads=[DOT], x=ONE, weights=ONE)


@backward_all.test(examples=40)
@given(several_losses())
@example(SINGLE)
@example(TWO)
def test_sends_all_losses_backward_and_frees_the_graph(student, case):
    """every leaf gets the gradient of the sum, and another backward pass through any loss raises"""
    check_backward_all(student, case, leftover=None)


@backward_all.test(examples=20)
@given(several_losses(), st.scalars(nonzero=True))
@example(TWO, 1.0)
def test_adds_to_what_was_there(student, case, leftover):
    """gradients that were there before stay, and the new ones are added to them"""
    check_backward_all(student, case, leftover)


@backward_all.misconception(
    "the graph is kept alive",
    hint="retain_graph=True (or create_graph=True) in the last pass leaves the graph in memory: the last one frees it",
    see=f"Keep it: retain_graph, in {LESSON}",
)
def _(losses):
    for loss in losses:
        loss.backward(retain_graph=True)


@backward_all.misconception(
    "the trunk is freed before the last loss needs it",
    hint="send the sum backward in one pass, or keep the graph in every pass but the last",
    see=f"Freed: the second pass fails, in {LESSON}",
)
def _(losses):
    for loss in losses:
        loss.backward()


@backward_all.misconception("only the last loss goes backward", hint="the gradient of the sum needs every loss")
def _(losses):
    losses[-1].backward()


@backward_all.misconception("only the first loss goes backward", hint="the gradient of the sum needs every loss")
def _(losses):
    losses[0].backward()


@backward_all.misconception(
    "no gradient reaches the leaves",
    hint="backward() must be called on the losses, or on a tensor computed from them: a bare number has no graph",
)
def _(losses):
    pass


@backward_all.misconception(
    "the mean of the losses goes backward", hint="the sum was asked for: nothing is divided by the number of losses"
)
def _(losses):
    (sum(losses) / len(losses)).backward()


@backward_all.misconception(
    "every gradient comes twice", hint="a pass that only frees the graph adds its gradients too: make do without it"
)
def _(losses):
    for loss in losses:
        loss.backward(retain_graph=True)
    sum(losses).backward()


@backward_all.misconception(
    "the last loss comes twice", hint="keep the graph in every pass but the last, and run each loss once"
)
def _(losses):
    for loss in losses:
        loss.backward(retain_graph=True)
    losses[-1].backward()


@backward_all.misconception(
    "the last pass keeps the graph, and those before it do not",
    hint="it is the other way round: all but the last must keep it",
)
def _(losses):
    for loss in losses:
        loss.backward(retain_graph=loss is losses[-1])


second_derivative = Task(
    "03.3",
    "second_derivative",
    points=3,
    minutes=15,
    hints=(
        "The first derivative must itself be differentiated. Does it know how it was computed from x?",
        "create_graph=True writes down the backward pass. Where the slope does not depend on x it has no graph: "
        "its requires_grad is False, and its own derivative is 0.",
        "slope = torch.autograd.grad(f(leaf), leaf, create_graph=True)[0]; 0.0 where slope.requires_grad is False; "
        "otherwise torch.autograd.grad(slope, leaf)[0].item().",
    ),
    see=f"A graph of the backward pass: create_graph, in {LESSON}",
)


def slope_of(f):
    """The derivative of f, as a torch function that depends on x, even where f is a straight line."""
    return lambda x: torch.func.grad(f)(x) + 0.0 * x


STRAIGHT = functions.scalar(kinked=True, only=("line", "absolute", "bent_line", "clamped"))


@second_derivative.test
@given(st.one_of(functions.scalar(), STRAIGHT), st.scalars(inexact=True))
@example(functions.function("square", a=1.0), 3.0)
@example(functions.function("cubic", a=1.0), 1.0)
@example(functions.function("line", a=2.0, b=1.0), 1.0)
def test_is_the_slope_of_the_slope(student, f, x):
    """the second derivative of f at x, in double precision; 0.0 where f is straight"""
    assert_gradient(student.second_derivative(f, x), of=slope_of(f), at=x, name="the second derivative")


def fresh_leaf(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def first_derivative(f, x):
    leaf = fresh_leaf(x)
    return torch.autograd.grad(f(leaf), leaf)[0].item()


def derivative_of_slope(f, leaf):
    """The second derivative at the leaf, also of a straight line."""
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return torch.autograd.grad(slope, leaf)[0].item() if slope.requires_grad else 0.0


@second_derivative.misconception(
    "the first derivative is returned", hint="differentiate once more: the slope is a function of x as well"
)
def _(f, x):
    return first_derivative(f, x)


@second_derivative.misconception(
    "the first derivative is squared", hint="(f′)² is not f″: the slope must be differentiated, not multiplied"
)
def _(f, x):
    return first_derivative(f, x) ** 2


@second_derivative.misconception(
    "the first derivative is doubled",
    hint="a second pass through the same graph adds the same gradient again; create_graph=True makes another graph",
)
def _(f, x):
    return 2 * first_derivative(f, x)


@second_derivative.misconception(
    "create_graph is missing, so the slope has no graph",
    hint="retain_graph=True keeps the graph of f; only create_graph=True writes down how the slope was computed",
)
def _(f, x):
    leaf = fresh_leaf(x)
    (slope,) = torch.autograd.grad(f(leaf), leaf, retain_graph=True)
    return torch.autograd.grad(slope, leaf)[0].item()


@second_derivative.misconception(
    "a straight line raises an error",
    hint="its slope does not depend on x, so it has no graph: where slope.requires_grad is False, the answer is 0.0",
)
def _(f, x):
    leaf = fresh_leaf(x)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return torch.autograd.grad(slope, leaf)[0].item()


@second_derivative.misconception(
    "the second derivative is added to the first",
    hint="two backward() calls add up in leaf.grad: clear it in between, or use torch.autograd.grad",
)
def _(f, x):
    return first_derivative(f, x) + derivative_of_slope(f, fresh_leaf(x))


@second_derivative.misconception(
    "the second derivative is added to the first, and a straight line raises",
    hint="two backward() calls add up in leaf.grad; and the slope of a straight line has no graph to go back through",
)
def _(f, x):
    leaf = fresh_leaf(x)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return slope.item() + torch.autograd.grad(slope, leaf)[0].item()


@second_derivative.misconception(
    "the slope is taken at the slope", hint="f′ is wanted as a function of x: differentiate it, do not put it into f"
)
def _(f, x):
    return first_derivative(f, first_derivative(f, x))


@second_derivative.misconception(
    "the value f(x) is returned", hint="f(leaf) is the value; the slope comes from its backward pass"
)
def _(f, x):
    return f(torch.tensor(x, dtype=torch.float64)).item()


@second_derivative.misconception(
    "computed in float32", hint="torch.tensor(x) makes a 32-bit number of a Python float; ask for dtype=torch.float64"
)
def _(f, x):
    return derivative_of_slope(f, torch.tensor(x, requires_grad=True))
