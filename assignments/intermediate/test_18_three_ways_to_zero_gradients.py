"""Assignment 18 · Three ways to zero gradients"""

from types import SimpleNamespace

import numpy as np
import torch
from torch.optim.sgd import sgd

from autograder import Task, assert_close, example, given, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/18_three_ways_to_zero_gradients.py"

zeroing = Task(
    "18.1",
    "zero_by_filling",
    "zero_by_none",
    "zero_by_optimizer",
    points=4,
    minutes=15,
    hints=(
        "Which of the three ways write into the tensor that .grad is, and which only change what .grad refers to?",
        "Filling asks first whether there is a gradient, and walks the parameters once. None needs no question. "
        "The optimizer knows all of its groups, and lets go unless told otherwise.",
        "for p in params: if p.grad is not None: p.grad.zero_() in the first; p.grad = None in the second; "
        "and optimizer.zero_grad() with the right flag, or none, in the third.",
    ),
    see=f"Three ways, in {LESSON}",
)


@probe
def after_zeroing(student, way, gradients, groups, frozen, given_as):
    """Of each leaf after zeroing: its .grad, whether it is the tensor from before, what others see in that one.

    gradients: tensors or None; the leaves themselves are ones. groups: the group in the optimizer of each leaf, or None
    for one that is in no group. frozen: indices of leaves that do not require gradients.
    """
    leaves = []
    for k, gradient in enumerate(gradients):
        shape = () if gradient is None else gradient.shape
        leaf = torch.ones(shape, dtype=torch.float64, requires_grad=k not in frozen)
        leaf.grad = None if gradient is None else gradient.clone()
        leaves.append(leaf)
    held = [leaf.grad for leaf in leaves]
    views = [None if tensor is None else tensor.detach() for tensor in held]
    if way == "optimizer":
        numbers = sorted({group for group in groups if group is not None})
        made = [{"params": [leaves[k] for k, group in enumerate(groups) if group == n]} for n in numbers]
        student.zero_by_optimizer(torch.optim.SGD(made, lr=0.1))
    else:
        params = {"list": list, "tuple": tuple, "generator": lambda all: (one for one in all)}[given_as](leaves)
        (student.zero_by_filling if way == "filling" else student.zero_by_none)(params)
    told = []
    for leaf, before, view in zip(leaves, held, views, strict=True):
        state = "None" if leaf.grad is None else "the tensor from before" if leaf.grad is before else "another tensor"
        told.append(
            {
                ".grad is": state,
                ".grad": None if leaf.grad is None else leaf.grad.detach().clone(),
                "seen by others": None if view is None else view.clone(),
            }
        )
    return told, [(leaf.detach().clone(), leaf.requires_grad) for leaf in leaves]


def check_zeroing(student, way, case):
    told, leaves = student.run(after_zeroing, way, **vars(case))
    for k, (mine, gradient) in enumerate(zip(told, case.gradients, strict=True)):
        left_alone = way == "optimizer" and case.groups[k] is None
        stays = gradient is not None and (way == "filling" or left_alone)
        state = "the tensor from before" if stays else "None"
        assert_close(mine[".grad is"], state, name=f".grad of parameter {k}")
        if gradient is not None:
            seen = torch.zeros_like(gradient) if way == "filling" else gradient
            assert_close(mine["seen by others"], seen, name=f"the old gradient of parameter {k}, held by others")
    for k, (values, flag) in enumerate(leaves):
        assert_close(values, torch.ones_like(values), name=f"parameter {k}", rtol=0, atol=0)
        assert_close(flag, k not in case.frozen, name=f"requires_grad of parameter {k}")


SHAPES = ((), (2,), (1,), (2, 3), (0,))
ODD = (float("inf"), float("nan"), -float("inf"))


@st.composite
def zeroings(draw, grouped=False):
    """Cases with the arguments of after_zeroing but the way."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), max_size=4))
    codes = [draw(st.integers(0, 15)) for _ in shapes]
    gradients = []
    for shape, code in zip(shapes, codes, strict=True):
        values = draw(st.tensors(*shape, nonzero=True))
        if code % 5 == 4 and values.numel():
            values.view(-1)[0] = ODD[code % 3]
        gradients.append(None if code % 4 == 3 else values)
    groups = [(0, 1, 2, None)[code // 4] for code in codes] if grouped else []
    if grouped and not any(group is not None for group in groups):
        gradients.append(None)
        groups.append(0)
    frozen = [k for k, code in enumerate(codes) if code == 6]
    kind = draw(st.sampled_from(["list", "generator", "tuple"]))
    return st.Case(gradients=gradients, groups=groups, frozen=frozen, given_as=kind)


def zeroing_of(*gradients, groups=(), frozen=(), given_as="list"):
    """A case of gradients that are single numbers, or None."""
    tensors = [None if value is None else torch.tensor(value, dtype=torch.float64) for value in gradients]
    return st.Case(gradients=tensors, groups=list(groups), frozen=list(frozen), given_as=given_as)


@zeroing.test(examples=25)
@given(zeroings())
@example(zeroing_of(2.0))
@example(zeroing_of(None, 2.0))
@example(zeroing_of(2.0, 1.0, given_as="generator"))
@example(zeroing_of(float("inf")))
@example(zeroing_of(2.0, 1.0, frozen=[1]))
def test_filling_writes_zeros_into_the_gradients(student, case):
    """filling leaves the same tensors in .grad, with zeros in them; a None stays None; any iterable will do"""
    check_zeroing(student, "filling", case)


@zeroing.test(examples=25)
@given(zeroings())
@example(zeroing_of(2.0))
@example(zeroing_of(2.0, 1.0, given_as="generator"))
@example(zeroing_of(2.0, 1.0, frozen=[1]))
def test_none_lets_go_of_the_gradients(student, case):
    """None in every .grad, and the tensors that were there keep their numbers"""
    check_zeroing(student, "none", case)


@zeroing.test(examples=25)
@given(zeroings(grouped=True))
@example(zeroing_of(2.0, groups=[0]))
@example(zeroing_of(2.0, 1.0, groups=[0, 1]))
@example(zeroing_of(2.0, 1.0, groups=[0, None]))
@example(zeroing_of(2.0, 1.0, groups=[0, 0], frozen=[1]))
def test_the_optimizer_lets_go_in_all_groups(student, case):
    """None in .grad of all groups' parameters; what the optimizer does not hold keeps its gradient"""
    check_zeroing(student, "optimizer", case)


def by_filling(params):
    for gradient in (parameter.grad for parameter in params):
        if gradient is not None:
            gradient.fill_(0.0)


def by_none(params):
    for parameter in params:
        parameter.grad = None


def by_optimizer(optimizer):
    optimizer.zero_grad()


def slip_of_zeroing(name, hint, see="", **wrong):
    """Declare a mistake in one or two of the three; the others are right."""
    right = {"zero_by_filling": by_filling, "zero_by_none": by_none, "zero_by_optimizer": by_optimizer}
    zeroing.misconception(name, hint=hint, see=see, **right | wrong)


def replaced(params):
    for parameter in params:
        if parameter.grad is not None:
            parameter.grad = torch.zeros_like(parameter.grad)


def replaced_everywhere(params):
    for parameter in params:
        parameter.grad = torch.zeros_like(parameter)


def without_asking(params):
    for parameter in params:
        parameter.grad.zero_()


def times_zero(params):
    for parameter in params:
        if parameter.grad is not None:
            parameter.grad.mul_(0)


def walked_before(params):
    list(params)
    by_filling(params)


def up_to_the_first_none(params):
    for parameter in params:
        if parameter.grad is None:
            break
        parameter.grad.zero_()


def without_frozen(params):
    by_filling(parameter for parameter in params if parameter.requires_grad)


def filled_first(params):
    for parameter in params:
        if parameter.grad is not None:
            parameter.grad.zero_()
        parameter.grad = None


def only_first_group(optimizer):
    by_none(optimizer.param_groups[0]["params"])


OTHERS = f"Who else holds the tensor, in {LESSON}"
slip_of_zeroing(
    "filling puts new tensors in the place of those that others hold",
    "`.grad = zeros` makes another tensor, and the old one keeps its numbers: zero_() writes into it",
    OTHERS,
    zero_by_filling=replaced,
)
slip_of_zeroing(
    "filling puts zeros where there was None",
    "a parameter without a gradient stays without: ask `is not None` first, then zero_()",
    zero_by_filling=replaced_everywhere,
)
slip_of_zeroing(
    "None is told to become zero",
    "a parameter that took no part has None in .grad, which has no zero_(): ask `is not None` first",
    f"Pitfall: nothing there to fill, in {LESSON}",
    zero_by_filling=without_asking,
)
slip_of_zeroing(
    "the gradient is multiplied by zero",
    "inf · 0 and NaN · 0 are NaN: zero_() does not look at what was there",
    f"Pitfall: zero times a broken number, in {LESSON}",
    zero_by_filling=times_zero,
)
slip_of_zeroing(
    "the parameters are walked twice",
    "a generator such as model.parameters() is used up after one walk: ask and fill in the same loop",
    zero_by_filling=walked_before,
)
slip_of_zeroing(
    "the loop ends at the first parameter without gradient",
    "`continue` goes on with the next parameter; `break` and `return` do not",
    zero_by_filling=up_to_the_first_none,
)
slip_of_zeroing(
    "frozen parameters keep their gradients",
    "a parameter that was frozen in the meantime may still hold a gradient: look at .grad, not at requires_grad",
    zero_by_filling=without_frozen,
)
slip_of_zeroing(
    "the gradients are filled with zeros before they are let go",
    "somebody may still hold them: put None into .grad and nothing else",
    OTHERS,
    zero_by_none=filled_first,
)
slip_of_zeroing(
    "the optimizer fills with zeros",
    "set_to_none=False fills; None is wanted here",
    zero_by_optimizer=lambda optimizer: optimizer.zero_grad(set_to_none=False),
)
slip_of_zeroing(
    "only the first group is cleared",
    "an optimizer may have several groups; its own zero_grad() goes through all of them",
    f"The optimizer clears what it holds, in {LESSON}",
    zero_by_optimizer=only_first_group,
)
slip_of_zeroing(
    "None and zeros are swapped",
    "filling keeps the tensor and writes zeros into it; the other two put None into .grad",
    zero_by_filling=by_none,
    zero_by_none=by_filling,
    zero_by_optimizer=lambda optimizer: optimizer.zero_grad(set_to_none=False),
)

after_idle_step = Task(
    "18.2",
    "after_idle_step",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "Write down the three lines of the rule with g = 0. Which of them are still not zero? And who runs them?",
        "None: the parameter stays. Zeros: the direction is weight_decay · p, and the buffer remembers former steps.",
        "if gradient_is_none: return param; old = 0.0 if buffer is None else momentum * buffer; "
        "then param - lr * (old + …).",
    ),
    see=f"Where the difference shows, in {LESSON}",
)


def after_torchs_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    """The parameter after a step by the function that does the work in torch.optim.SGD."""
    leaf = torch.from_numpy(param.copy())
    if not gradient_is_none:
        settings = {"dampening": 0.0, "nesterov": False, "maximize": False, "foreach": False}
        buffers = [None if buffer is None else torch.from_numpy(buffer.copy())]
        settings |= {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        sgd([leaf], [torch.zeros_like(leaf)], buffers, **settings)
    return leaf.numpy()


RATES = {
    "lr": st.sampled_from([0.5, 0.1, 1.0, 2.0]),
    "weight_decay": st.sampled_from([0.5, 0.1, 1.5, 0.0]),
    "momentum": st.sampled_from([0.5, 0.9, 0.25, 0.0]),
}


@st.composite
def idle_steps(draw, gradient_is_none):
    """Cases with the arguments of after_idle_step."""
    param = draw(st.shaped_arrays(2))
    buffer = draw(st.arrays(*param.shape, nonzero=True)) if draw(st.booleans()) else None
    rates = {name: draw(values) for name, values in RATES.items()}
    return st.Case(param=param, buffer=buffer, gradient_is_none=gradient_is_none, **rates)


def idle(param, buffer, gradient_is_none, weight_decay, momentum):
    """A case of single numbers."""
    buffer = None if buffer is None else np.array([buffer])
    return st.Case(
        param=np.array([param]), buffer=buffer, gradient_is_none=gradient_is_none, lr=0.5,
        weight_decay=weight_decay, momentum=momentum,
    )  # fmt: skip


def check_idle_step(student, case):
    result = student.after_idle_step(**vars(case))
    assert_close(result, after_torchs_step(**vars(case)), name="the parameter after the step")


@after_idle_step.test(examples=25)
@given(idle_steps(gradient_is_none=True))
@example(idle(4.0, 2.0, True, 0.5, 0.5))
@example(idle(4.0, None, True, 0.5, 0.0))
def test_stays_where_the_gradient_is_none(student, case):
    """where the gradient is None the parameter stays, whatever decay and buffer say"""
    check_idle_step(student, case)


@after_idle_step.test(examples=40)
@given(idle_steps(gradient_is_none=False))
@example(idle(4.0, None, False, 0.5, 0.0))
@example(idle(4.0, 2.0, False, 0.0, 0.5))
@example(idle(4.0, None, False, 0.5, 0.5))
@example(idle(4.0, 2.0, False, 0.5, 0.5))
def test_moves_where_the_gradient_is_zero(student, case):
    """where the gradient is all zeros, decay pulls and the buffer pushes on, as in torch.optim.SGD"""
    check_idle_step(student, case)


def idle_step(param, buffer, gradient_is_none, lr, decay, momentum, *, still=None, pull=1.0, push=None, first=1.0):
    """The parameter after the step, and what becomes of it where one thing is taken in another way."""
    if gradient_is_none if still is None else still:
        return param.copy()
    push = momentum if push is None else push(momentum)
    if buffer is None:
        return param - lr * first * pull * decay * param
    return param - lr * (push * buffer + pull * decay * param)


def slip_of_idling(name, hint, **options):
    """Declare idle_step with these options as a mistake."""
    see = f"Where the difference shows, in {LESSON}"

    def wrong(param, buffer, gradient_is_none, lr, weight_decay, momentum):
        return idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum, **options)

    after_idle_step.misconception(name, hint=hint, see=see, after_idle_step=wrong)


slip_of_idling(
    "None is treated as zero", "a parameter without gradient is passed over: no decay, no momentum", still=False
)
slip_of_idling(
    "zero is treated as None", "with a gradient of zero the step is taken: decay and momentum do not need g", still=True
)
slip_of_idling(
    "momentum is left out", "the buffer goes on pushing: momentum · buffer is part of it", push=lambda m: 0.0
)
slip_of_idling("weight decay is left out", "d = 0 + weight_decay · p is not zero", pull=0.0)
slip_of_idling("the decay has the wrong sign", "decay makes a parameter smaller: −lr · weight_decay · p", pull=-1.0)
slip_of_idling(
    "the old buffer is not multiplied by momentum", "the new buffer is momentum · buffer + d", push=lambda m: 1.0
)
slip_of_idling(
    "without a buffer nothing moves", "where there is no buffer yet, the first one is d = weight_decay · p", first=0.0
)


@after_idle_step.misconception(
    "None and zero are swapped", hint="None is passed over; zeros are a gradient, and the step is taken"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return idle_step(param, buffer, not gradient_is_none, lr, weight_decay, momentum)


@after_idle_step.misconception(
    "the direction is damped by 1 − momentum", hint="dampening is 0 here: the new buffer is momentum · buffer + d"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    weight_decay = weight_decay if buffer is None else (1 - momentum) * weight_decay
    return idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum)


@after_idle_step.misconception(
    "without a gradient the buffer still pushes", hint="None is passed over, buffer and all: param comes back as it is"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return idle_step(param, buffer, False, lr, 0.0 if gradient_is_none else weight_decay, momentum)


@after_idle_step.misconception(
    "without a gradient the decay still pulls", hint="None is passed over, decay and all: param comes back as it is"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return idle_step(param, buffer, False, lr, weight_decay, 0.0 if gradient_is_none else momentum)


@after_idle_step.misconception(
    "the decay is taken of the parameter that has moved already",
    hint="d belongs to the parameter before the step: decay and buffer are subtracted together",
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    moved = idle_step(param, buffer, gradient_is_none, lr, 0.0, momentum)
    return idle_step(moved, None, gradient_is_none, lr, weight_decay, momentum)


@after_idle_step.misconception(
    "the new buffer is returned", hint="one line is left of the rule: the parameter minus lr times the new buffer"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param.copy()
    return weight_decay * param + (0.0 if buffer is None else momentum * buffer)


@after_idle_step.misconception(
    "lr does not multiply the decay", hint="the decay is part of the direction, and lr multiplies the whole of it"
)
def _(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return idle_step(param, buffer, gradient_is_none, lr, weight_decay / lr, momentum)


unreached = Task(
    "18.3",
    "unreached",
    points=3,
    minutes=15,
    hints=(
        "What does torch.autograd.grad say of a parameter that the loss does not depend on, once it is allowed to?",
        "Ask for all gradients in one call that leaves .grad alone, permits unused parameters, and keeps the graph. "
        "Then look for None, not for zeros.",
        "gradients = torch.autograd.grad(loss, params, allow_unused=…, retain_graph=…); "
        "then the k of enumerate(gradients) whose gradient is None.",
    ),
    see=f"No gradient, or a gradient of zero, in {LESSON}",
)

REACHED = ("squared", "times zero", "minus itself", "behind a relu that is off", "nan", "with the first")
OUT_OF_REACH = ("left out", "detached", "without grad mode", "as a number")


@probe
def said_of_reach(student, start, uses, old):
    """The answer; each .grad afterwards; and the slope that the graph brings to a leaf of its own, None if used up."""
    leaves = [values.clone().requires_grad_() for values in start]
    for leaf, gradient in zip(leaves, old, strict=True):
        leaf.grad = None if gradient is None else gradient.clone()
    anchor = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    loss = (anchor * anchor).exp()
    for leaf, use in zip(leaves, uses, strict=True):
        if use == "squared":
            loss = loss + (leaf * leaf).sum() * anchor
        elif use == "times zero":
            loss = loss + (leaf * 0.0).sum()
        elif use == "minus itself":
            loss = loss + (leaf.exp() - leaf.exp()).sum()
        elif use == "behind a relu that is off":
            loss = loss + (leaf - 100.0).relu().sum()
        elif use == "nan":
            loss = loss + (leaf * 0.0).sqrt().sum()
        elif use == "with the first":
            loss = loss * (leaf.sum() * anchor).tanh()
        elif use == "detached":
            loss = loss + (leaf.detach() * anchor).sum()
        elif use == "without grad mode":
            with torch.no_grad():
                extra = (leaf * leaf).sum()
            loss = loss + extra
        elif use == "as a number":
            loss = loss + sum(leaf.flatten().tolist())
    said = student.unreached(list(leaves), loss)
    grads = [None if leaf.grad is None else leaf.grad.detach().clone() for leaf in (*leaves, anchor)]
    try:
        (slope,) = torch.autograd.grad(loss, anchor)
    except RuntimeError:
        slope = None
    return {"said": said, "grads": grads, "slope": slope}


@st.composite
def reaches(draw):
    """Cases with the arguments of said_of_reach."""
    uses = draw(st.lists(st.sampled_from((*REACHED, *OUT_OF_REACH)), min_size=1, max_size=5))
    start, old = [], []
    for _ in uses:
        shape = draw(st.sampled_from([(), (2,), (2, 2)]))
        start.append(draw(st.tensors(*shape, nonzero=True)))
        old.append(draw(st.tensors(*shape)) if draw(st.booleans()) else None)
    return st.Case(start=start, uses=uses, old=old)


def reach(*uses, old=()):
    """A case of leaves that are single numbers."""
    numbers = [torch.tensor(1.0 + k, dtype=torch.float64) for k in range(len(uses))]
    gradients = [torch.tensor(0.5, dtype=torch.float64) if k in old else None for k in range(len(uses))]
    return st.Case(start=numbers, uses=list(uses), old=gradients)


@unreached.test(examples=25)
@given(reaches())
@example(reach("squared", "left out"))
@example(reach("left out", "times zero"))
@example(reach("left out", old=[0]))
@example(reach("detached", "nan"))
def test_tells_who_is_out_of_reach(student, case):
    """the indices of the parameters that the loss does not depend on; a gradient of zero is a gradient"""
    said = student.run(said_of_reach, **vars(case))["said"]
    assert_close(said, [k for k, use in enumerate(case.uses) if use in OUT_OF_REACH], name="the list of indices")


@unreached.test(examples=25)
@given(reaches())
@example(reach("squared"))
@example(reach("squared", old=[0]))
@example(reach("left out", old=[0]))
def test_leaves_gradients_and_graph(student, case):
    """each .grad is what it was, None or not, and the graph can still be used"""
    seen = student.run(said_of_reach, **vars(case))
    for k, (mine, right) in enumerate(zip(seen["grads"], [*case.old, None], strict=True)):
        name = f".grad of parameter {k}" if k < len(case.old) else ".grad of another leaf that the loss depends on"
        if mine is None or right is None:
            states = ["None" if one is None else "a tensor" for one in (mine, right)]
            assert_close(*states, name=name)
        else:
            assert_close(mine, right, name=name)
    assert_close("used up" if seen["slope"] is None else "intact", "intact", name="the graph")
    right = said_of_reach(SimpleNamespace(unreached=lambda params, loss: []), **vars(case))
    assert_close(seen["slope"], right["slope"], name="what another pass brings")


def asked(params, loss, **options):
    return torch.autograd.grad(loss, params, allow_unused=True, **{"retain_graph": True} | options)


@unreached.misconception(
    "a gradient of zero is taken for none",
    hint="a ReLU that is off sends zeros, and the loss depends on its input all the same: look for None",
)
def _(params, loss):
    return [k for k, g in enumerate(asked(params, loss)) if g is None or not g.any()]


@unreached.misconception("the graph is used up", hint="others still need the graph: retain_graph=True")
def _(params, loss):
    return [k for k, g in enumerate(asked(params, loss, retain_graph=False)) if g is None]


@unreached.misconception(
    "backward() adds to the gradients", hint="torch.autograd.grad hands gradients back and leaves every .grad alone"
)
def _(params, loss):
    loss.backward(retain_graph=True)
    return [k for k, parameter in enumerate(params) if parameter.grad is None]


@unreached.misconception(
    "backward() adds to the gradients and uses the graph up",
    hint="torch.autograd.grad leaves every .grad alone, and keeps the graph with retain_graph=True",
)
def _(params, loss):
    loss.backward()
    return [k for k, parameter in enumerate(params) if parameter.grad is None]


@unreached.misconception(
    "the gradients that lay there are lost",
    hint="clearing before a backward() throws away what others may need: torch.autograd.grad leaves every .grad alone",
)
def _(params, loss):
    by_none(params)
    loss.backward(retain_graph=True)
    return [k for k, parameter in enumerate(params) if parameter.grad is None]


@unreached.misconception(
    "an unused parameter is not allowed",
    hint="torch.autograd.grad raises where the loss does not reach a parameter, unless you say allow_unused=True",
)
def _(params, loss):
    return [k for k, g in enumerate(torch.autograd.grad(loss, params, retain_graph=True)) if g is None]


@unreached.misconception(
    "a gradient of NaN is taken for none", hint="a broken number is a gradient, too: look for None and nothing else"
)
def _(params, loss):
    return [k for k, g in enumerate(asked(params, loss)) if g is None or g.isnan().any()]


@unreached.misconception("those that are reached are told", hint="the other ones: those whose gradient is None")
def _(params, loss):
    return [k for k, g in enumerate(asked(params, loss)) if g is not None]


@unreached.misconception(
    "what lies in .grad is read", hint=".grad tells of earlier passes: ask for the gradients of this loss"
)
def _(params, loss):
    return [k for k, parameter in enumerate(params) if parameter.grad is None]
