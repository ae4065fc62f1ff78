"""Assignment 11 · Steps as an optimizer takes them"""

from itertools import product

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from autograder import Task, assert_close, assert_trajectory, example, given, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/11_optimizer_like_updates.py"

sgd_step = Task(
    "11.1",
    "sgd_step",
    points=3,
    minutes=10,
    hints=(
        "What must be subtracted from a parameter, and what if its .grad is None: is that the same as a gradient of 0?",
        "The decay is a part of the gradient: subtract lr · (gradient + weight_decay · parameter), in place, without "
        "recording, and pass over parameters without gradient.",
        "In a block with torch.no_grad(): for p in params, where p.grad is not None: "
        "p -= lr * (p.grad + …); the dots are the decay's part.",
    ),
    see=f"Weight decay: a pull towards zero, in {LESSON}",
)

momentum_step = Task(
    "11.2",
    "momentum_step",
    points=3,
    minutes=15,
    hints=(
        "After a hundred steps with the same gradient g, how large should the buffer be?",
        "buffer ← momentum · buffer + gradient, put back into the list at place k; the first one is a copy of the "
        "gradient. The parameter moves by −lr times the new buffer.",
        "For k, p in enumerate(params), where p.grad is not None: buffers[k] = p.grad.clone() if it was None, else "
        "momentum * buffers[k] + …; then p -= lr * buffers[k].",
    ),
    see=f"Momentum: a memory of gradients, in {LESSON}",
)

adam_step = Task(
    "11.3",
    "adam_step",
    points=4,
    minutes=25,
    hints=(
        "After one gradient g, what is m, and by what must it be divided to give g again? And after t of them?",
        "Keep (t, m, v) for each parameter by itself, and leave all three alone where .grad is None. "
        "Divide m by 1 − beta1ᵗ and v by 1 − beta2ᵗ, and add eps after the root.",
        "t, m, v = state.get(k, (0, 0.0, 0.0)); then t += 1; m = … and v = … by the rule; state[k] = t, m, v; "
        "p -= lr * (m / (1 - beta1**t)) / (… + eps).",
    ),
    see=f"Adam: the averages begin too small, in {LESSON}",
)


@probe
def steps(student, rule, start, frozen, rounds, settings):
    """Parameters, their gradients and flags, and the buffers (11.2) after each round, which is a call of the step.

    A round is (gradients, lr, fresh). A gradient is written over the one before it where there is one, None takes it
    away. Where fresh is true, buffers or state are new ones. Matrices are not contiguous, and frozen leaves do not
    require gradients.
    """
    leaves = []
    for k, values in enumerate(start):
        leaf = values.T.contiguous().T.clone() if values.dim() == 2 else values.clone()
        leaves.append(leaf.requires_grad_(k not in frozen))
    buffers, state = [None] * len(leaves), {}
    path, gradients, flags, kept = [], [], [], []
    for drawn, lr, fresh in rounds:
        for leaf, gradient in zip(leaves, drawn, strict=True):
            if gradient is None or leaf.grad is None:
                leaf.grad = None if gradient is None else gradient.clone()
            else:
                leaf.grad.copy_(gradient)
        if fresh:
            buffers, state = [None] * len(leaves), {}
        if rule == "sgd":
            student.sgd_step(list(leaves), lr, **settings)
        elif rule == "momentum":
            student.momentum_step(list(leaves), buffers, lr, **settings)
        else:
            student.adam_step(list(leaves), state, lr, **settings)
        path.append([leaf.detach().clone() for leaf in leaves])
        gradients.append([None if leaf.grad is None else leaf.grad.detach().clone() for leaf in leaves])
        flags.append([(leaf.is_leaf, leaf.requires_grad) for leaf in leaves])
        kept.append([b.detach().clone() if isinstance(b, torch.Tensor) else b for b in buffers])
    return {"path": path, "gradients": gradients, "flags": flags, "buffers": kept}


class TorchsRules:
    """The steps by the functions that do the work in torch.optim; its classes import half of torch's compiler."""

    @staticmethod
    @torch.no_grad()
    def sgd_step(params, lr, weight_decay=0.0):
        moved = [p for p in params if p.grad is not None]
        settings = {"momentum": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False, "foreach": False}
        sgd(moved, [p.grad for p in moved], [None] * len(moved), lr=lr, weight_decay=weight_decay, **settings)

    @staticmethod
    @torch.no_grad()
    def momentum_step(params, buffers, lr, momentum):
        moved = [k for k, p in enumerate(params) if p.grad is not None]
        mine = [buffers[k] for k in moved]
        settings = {"weight_decay": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False, "foreach": False}
        gradients = [params[k].grad for k in moved]
        sgd([params[k] for k in moved], gradients, mine, lr=lr, momentum=momentum, **settings)
        for k, buffer in zip(moved, mine, strict=True):
            buffers[k] = buffer

    @staticmethod
    @torch.no_grad()
    def adam_step(params, state, lr, betas, eps):
        moved = [k for k, p in enumerate(params) if p.grad is not None]
        for k in moved:
            state.setdefault(k, (torch.zeros_like(params[k]), torch.zeros_like(params[k]), torch.tensor(0.0)))
        averages, squares, counts = zip(*(state[k] for k in moved), strict=True) if moved else ((), (), ())
        adam(
            [params[k] for k in moved],
            [params[k].grad for k in moved],
            list(averages),
            list(squares),
            [],
            list(counts),
            foreach=False,
            amsgrad=False,
            beta1=betas[0],
            beta2=betas[1],
            lr=lr,
            weight_decay=0.0,
            eps=eps,
            maximize=False,
        )


def look(student, rule, case):
    """What `steps` tells of the student's rule, and of torch's."""
    arguments = (rule, case.start, case.frozen, case.rounds, case.settings)
    return student.run(steps, *arguments), steps(TorchsRules, *arguments)


def check_path(student, rule, case):
    seen, right = look(student, rule, case)
    assert_trajectory(seen["path"], right["path"], name="the path of the parameters")


def check_the_rest(student, rule, case):
    """Gradients and flags after each step are what they were before it."""
    seen, right = look(student, rule, case)
    for k, (drawn, _, _) in enumerate(case.rounds):
        assert_each(seen["gradients"][k], drawn, f".grad after step {k}, of parameter")
        flags = [dict(zip(("is_leaf", "requires_grad"), two, strict=True)) for two in seen["flags"][k]]
        expected = [dict(zip(("is_leaf", "requires_grad"), two, strict=True)) for two in right["flags"][k]]
        assert_close(flags, expected, name=f"after step {k}, parameter ")


def assert_each(claimed, expected, name):
    """The entries of a list, tensors or None, are right."""
    for k, (mine, right) in enumerate(zip(claimed, expected, strict=True)):
        assert mine is not None or right is None, f"{name} {k}, is None; a tensor is expected there."
        assert mine is None or right is not None, f"{name} {k}, is a tensor; None is expected there."
        assert_close(mine, right, name=f"{name} {k},")


SHAPES = ([()], [(2,)], [(), (2,)], [(2,), (2,)], [(2, 3), (3,)], [(1,), (0,), (1, 2)], [(), (), (2, 2)])
RATES = (0.5, 1.0, 0.1, 0.25)


@st.composite
def runs(draw, rounds=(1, 4), fresh=False, frozen=False, **settings):
    """Cases of start values, settings, and rounds of gradients (some None) with a learning rate each.

    settings: the values that each may take; one that is ... is left out. fresh: whether what is kept may be new
    in some rounds. frozen: whether some leaves may be frozen; they have no gradients.
    """
    shapes = draw(st.sampled_from(SHAPES))
    low, high = rounds
    every = range(len(shapes))
    codes = draw(st.lists(st.integers(0, 2 ** len(shapes) * 32 - 1), min_size=low, max_size=high))
    still = [k for k in every if frozen and draw(st.booleans())]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    values = iter(draw(st.tensors((1 + len(codes)) * sum(sizes), nonzero=True)).split(sizes * (1 + len(codes))))
    start = [next(values).reshape(shape) for shape in shapes]
    plan = []
    for code in codes:
        drawn = [next(values).reshape(shape) for shape in shapes]
        gradients = [None if code >> k & 1 or k in still else gradient for k, gradient in enumerate(drawn)]
        code >>= len(shapes)
        plan.append((gradients, RATES[code & 3], fresh and code >> 2 == 7))
    chosen = draw(st.sampled_from(list(product(*settings.values()))))
    told = {name: value for name, value in zip(settings, chosen, strict=True) if value is not ...}
    return st.Case(start=start, frozen=still, rounds=plan, settings=told)


def numbers(*values):
    """Tensors of these numbers; None stays None."""
    return [None if value is None else torch.tensor(value, dtype=torch.float64) for value in values]


def case_of(start, settings, *gradients, lr=0.5):
    """A case of parameters that are single numbers, with their gradients in each round."""
    rounds = [(numbers(*told), lr, False) for told in gradients]
    return st.Case(start=numbers(*start), frozen=[], rounds=rounds, settings=settings)


# 11.1

DECAY = {"weight_decay": 0.5}


@sgd_step.test(examples=15)
@given(runs(rounds=(1, 3), weight_decay=(..., 0.0)))
@example(case_of([4.0], {}, [2.0]))
@example(case_of([4.0, 1.0, 3.0], {}, [2.0, None, 1.0]))
def test_descends(student, case):
    """each parameter with a gradient moves by −lr times its gradient; the others stay; without decay by default"""
    check_path(student, "sgd", case)


@sgd_step.test(examples=25)
@given(runs(weight_decay=(0.5, 0.1, 1.0, 0.0)))
@example(case_of([4.0], DECAY, [2.0]))
@example(case_of([4.0, 1.0], DECAY, [None, 1.0]))
@example(case_of([4.0], DECAY, [0.0]))
@example(case_of([4.0], DECAY, [2.0], [2.0], lr=1.0))
def test_decays(student, case):
    """weight decay pulls each parameter with a gradient towards 0, as in torch.optim.SGD"""
    check_path(student, "sgd", case)


@sgd_step.test(examples=15)
@given(runs(rounds=(1, 3), frozen=True, weight_decay=(0.5, 0.0)))
@example(case_of([4.0], DECAY, [2.0]))
def test_leaves_gradients_and_flags(student, case):
    """.grad is the same after a step as before; the parameters stay leaves and keep their flags"""
    check_the_rest(student, "sgd", case)


def moving(direction):
    """sgd_step that subtracts lr times direction(p, weight_decay) from each parameter with a gradient."""

    def step(params, lr, weight_decay=0.0):
        with torch.no_grad():
            for p in params:
                if p.grad is not None:
                    p -= lr * direction(p, weight_decay)

    return step


sgd_step.misconception(
    "the decay has the wrong sign",
    hint="decay makes a parameter smaller: lr · λ · p is subtracted from it, as the gradient's part is",
    sgd_step=moving(lambda p, decay: p.grad - decay * p),
)
sgd_step.misconception(
    "the step goes uphill",
    hint="the gradient points to where the loss grows: subtract lr times gradient and decay",
    sgd_step=moving(lambda p, decay: -(p.grad + decay * p)),
)
sgd_step.misconception(
    "the gradient's part goes uphill",
    hint="subtract lr · gradient",
    sgd_step=moving(lambda p, decay: decay * p - p.grad),
)
sgd_step.misconception(
    "the decay is left out", hint="add weight_decay · p to the gradient", sgd_step=moving(lambda p, decay: p.grad)
)
sgd_step.misconception(
    "the decay is added to .grad itself",
    hint="`p.grad += …` and add_ change the gradient that the caller still has: make a new tensor",
    sgd_step=moving(lambda p, decay: p.grad.add_(decay * p)),
)


@sgd_step.misconception(
    "a parameter without gradient decays all the same",
    hint="None is not a gradient of 0: such a parameter is passed over, decay and all",
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            p -= lr * weight_decay * p + (0.0 if p.grad is None else lr * p.grad)


@sgd_step.misconception(
    "a parameter without gradient is not passed over",
    hint="the .grad of a parameter that took no part is None, and None has no arithmetic: look before you use it",
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            p -= lr * (p.grad + weight_decay * p)


@sgd_step.misconception(
    "the step ends at the first parameter without gradient",
    hint="`continue` goes on with the next parameter; `return` and `break` do not",
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                break
            p -= lr * (p.grad + weight_decay * p)


@sgd_step.misconception(
    "the learning rate does not multiply the decay", hint="the decay is part of the gradient: lr multiplies both"
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad + weight_decay * p


@sgd_step.misconception(
    "the decay is taken of the parameter that has moved already",
    hint="gradient and decay belong to the same p, the one before the step: subtract them together",
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
                p -= lr * weight_decay * p


@sgd_step.misconception(
    "the gradient is taken of the parameter that has decayed, and lr decays twice",
    hint="p shrinks by lr · λ · p, once",
)
def _(params, lr, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * (p.grad + lr * weight_decay * p)


@sgd_step.misconception(
    "new tensors are made, and the parameters stay where they were",
    hint="`p = p - …` and `params[k] = …` make tensors that the model does not know; `p -= …` changes the one it holds",
)
def _(params, lr, weight_decay=0.0):
    return None


@sgd_step.misconception(
    "the gradients are cleared", hint="the step only reads .grad; clearing is left to the caller, who may still look"
)
def _(params, lr, weight_decay=0.0):
    moving(lambda p, decay: p.grad + decay * p)(params, lr, weight_decay)
    for p in params:
        p.grad = None


@sgd_step.misconception(
    "the gradients are filled with zeros", hint="the step only reads .grad; clearing is left to the caller"
)
def _(params, lr, weight_decay=0.0):
    moving(lambda p, decay: p.grad + decay * p)(params, lr, weight_decay)
    for p in params:
        if p.grad is not None:
            p.grad = torch.zeros_like(p.grad)


@sgd_step.misconception(
    "the flags are switched off for the step, and not on again",
    hint="requires_grad_(False) lasts; a block with torch.no_grad() leaves the flags alone",
)
def _(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.requires_grad_(False)
            p -= lr * (p.grad + weight_decay * p)


@sgd_step.misconception(
    "the step is recorded", hint="a leaf that tracks may change in place only in a block with torch.no_grad()"
)
def _(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p -= lr * (p.grad + weight_decay * p)


# 11.2

HALF = {"momentum": 0.5}
MOMENTA = (0.5, 0.9, 0.25, 1.0)


@momentum_step.test(examples=25)
@given(runs(rounds=(1, 5), momentum=MOMENTA))
@example(case_of([4.0], HALF, [2.0]))
@example(case_of([4.0], HALF, [2.0], [0.0]))
@example(case_of([4.0, 1.0], HALF, [2.0, None], [None, 1.0]))
def test_follows_torchs_momentum(student, case):
    """the path of the parameters over all steps is that of torch.optim.SGD with momentum"""
    check_path(student, "momentum", case)


@momentum_step.test(examples=20)
@given(runs(rounds=(1, 4), fresh=True, momentum=MOMENTA))
@example(case_of([4.0], HALF, [2.0]))
@example(case_of([4.0, 1.0], HALF, [None, 2.0], [1.0, None]))
def test_keeps_the_buffers(student, case):
    """after each step the list holds every parameter's buffer at its place, None before its first gradient"""
    seen, right = look(student, "momentum", case)
    assert_trajectory(seen["path"], right["path"], name="the path of the parameters")
    for k, (mine, expected) in enumerate(zip(seen["buffers"], right["buffers"], strict=True)):
        assert len(mine) == len(expected), (
            f"after step {k}, the list of buffers has {len(mine)} entries; it had {len(expected)}."
        )
        assert_each(mine, expected, f"after step {k}, the buffer of parameter")


@momentum_step.test(examples=12)
@given(runs(rounds=(1, 3), frozen=True, momentum=MOMENTA))
@example(case_of([4.0], HALF, [2.0], [1.0]))
def test_momentum_leaves_gradients_and_flags(student, case):
    """.grad is the same after a step as before; the parameters stay leaves and keep their flags"""
    check_the_rest(student, "momentum", case)


def carrying(updated, direction=lambda buffer, p, momentum: buffer, first=lambda p, momentum, lr: p.grad.clone()):
    """momentum_step by these three: updated(buffer, p, momentum, lr), the direction of the move, the first buffer."""

    def step(params, buffers, lr, momentum):
        with torch.no_grad():
            for k, p in enumerate(params):
                if p.grad is None:
                    continue
                old = buffers[k]
                buffers[k] = first(p, momentum, lr) if old is None else updated(old, p, momentum, lr)
                p -= lr * direction(buffers[k], p, momentum)

    return step


def usual(buffer, p, momentum, lr):
    return momentum * buffer + p.grad


momentum_step.misconception(
    "the gradient is multiplied by 1 − momentum",
    hint="torch's buffer is a decaying sum, not an average: momentum · buffer + gradient",
    momentum_step=carrying(lambda buffer, p, momentum, lr: momentum * buffer + (1 - momentum) * p.grad),
)
momentum_step.misconception(
    "every gradient is multiplied by 1 − momentum, the first one too",
    hint="torch's buffer is a decaying sum, not an average: momentum · buffer + gradient; the first is the gradient",
    momentum_step=carrying(
        lambda buffer, p, momentum, lr: momentum * buffer + (1 - momentum) * p.grad,
        first=lambda p, momentum, lr: (1 - momentum) * p.grad,
    ),
)
momentum_step.misconception(
    "the first buffer is the gradient's own tensor",
    hint="the caller will write the next gradient into it, and so into your buffer: keep a clone()",
    momentum_step=carrying(usual, first=lambda p, momentum, lr: p.grad),
)
momentum_step.misconception(
    "the first buffer is the gradient's own tensor, and is changed in place",
    hint="mul_ and add_ on the buffer then change .grad, and the caller's next gradient your buffer: keep a clone()",
    momentum_step=carrying(
        lambda buffer, p, momentum, lr: buffer.mul_(momentum).add_(p.grad), first=lambda p, momentum, lr: p.grad
    ),
)
momentum_step.misconception(
    "the learning rate goes into the buffer",
    hint="the buffer gathers gradients as they are; lr multiplies it when the parameter moves",
    momentum_step=carrying(
        lambda buffer, p, momentum, lr: momentum * buffer + lr * p.grad,
        first=lambda p, momentum, lr: lr * p.grad,
        direction=lambda buffer, p, momentum: buffer,
    ),
)


@momentum_step.misconception(
    "the learning rate goes into the buffer instead of the move",
    hint="the buffer gathers gradients as they are; lr multiplies it when the parameter moves",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            if p.grad is not None:
                old = 0.0 if buffers[k] is None else buffers[k]
                buffers[k] = momentum * old + lr * p.grad
                p -= buffers[k]


momentum_step.misconception(
    "the momentum stands before the gradient, not before the buffer",
    hint="the memory fades: momentum multiplies the old buffer",
    momentum_step=carrying(lambda buffer, p, momentum, lr: buffer + momentum * p.grad),
)
momentum_step.misconception(
    "the buffer does not fade",
    hint="the old buffer is multiplied by momentum before the gradient is added",
    momentum_step=carrying(lambda buffer, p, momentum, lr: buffer + p.grad),
)
momentum_step.misconception(
    "the buffer is kept, and the gradient alone moves the parameter",
    hint="the parameter moves by −lr times the new buffer",
    momentum_step=carrying(usual, direction=lambda buffer, p, momentum: p.grad),
)
momentum_step.misconception(
    "the step looks ahead, as Nesterov's does",
    hint="the direction is the buffer itself, not gradient + momentum · buffer",
    momentum_step=carrying(usual, direction=lambda buffer, p, momentum: p.grad + momentum * buffer),
)
momentum_step.misconception(
    "the step goes uphill",
    hint="subtract lr times the buffer",
    momentum_step=carrying(usual, direction=lambda buffer, p, momentum: -buffer),
)
momentum_step.misconception(
    "the first buffer is zero, and the first gradient is lost",
    hint="the first buffer is the gradient itself",
    momentum_step=carrying(usual, first=lambda p, momentum, lr: torch.zeros_like(p)),
)


@momentum_step.misconception(
    "the buffer moves the parameter one step late",
    hint="first the new buffer, then the move: the new gradient takes part in this step already",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            if p.grad is not None:
                moves = p.grad if buffers[k] is None else buffers[k]
                p -= lr * moves
                buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad


@momentum_step.misconception(
    "the buffer is not kept",
    hint="a name inside the function is gone after the call: put the new buffer into the list, buffers[k] = …",
)
def _(params, buffers, lr, momentum):
    carrying(usual)(params, list(buffers), lr, momentum)


@momentum_step.misconception(
    "only the first buffer is kept", hint="the buffer of every step goes into the list: buffers[k] = …, also later on"
)
def _(params, buffers, lr, momentum):
    mine = list(buffers)
    carrying(usual)(params, mine, lr, momentum)
    for k, buffer in enumerate(buffers):
        if buffer is None:
            buffers[k] = mine[k]


@momentum_step.misconception(
    "a parameter without gradient coasts on",
    hint="None is not a gradient of 0: the parameter stays, and its buffer does not fade",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            gradient = torch.zeros_like(p) if p.grad is None else p.grad
            buffers[k] = gradient.clone() if buffers[k] is None else momentum * buffers[k] + gradient
            p -= lr * buffers[k]


@momentum_step.misconception(
    "a parameter without gradient coasts on once it has a buffer",
    hint="where .grad is None the parameter stays, and its buffer does not fade",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            if p.grad is None and buffers[k] is None:
                continue
            gradient = torch.zeros_like(p) if p.grad is None else p.grad
            buffers[k] = gradient.clone() if buffers[k] is None else momentum * buffers[k] + gradient
            p -= lr * buffers[k]


@momentum_step.misconception(
    "a parameter without gradient stays, and its buffer moves it on unchanged",
    hint="where .grad is None the parameter is passed over: its buffer does not move it",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            if p.grad is not None:
                buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            if buffers[k] is not None:
                p -= lr * buffers[k]


@momentum_step.misconception(
    "a parameter without gradient is not passed over",
    hint="the .grad of a parameter that took no part is None: look before you use it",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate(params):
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            p -= lr * buffers[k]


@momentum_step.misconception(
    "the buffer of a parameter without gradient is dropped",
    hint="it is passed over: its buffer stays as it is, and the next gradient adds to it",
)
def _(params, buffers, lr, momentum):
    carrying(usual)(params, buffers, lr, momentum)
    for k, p in enumerate(params):
        if p.grad is None:
            buffers[k] = None


@momentum_step.misconception(
    "the buffers are counted by the parameters that have a gradient",
    hint="number k is the place in params, whoever has a gradient in this step: enumerate params first, then skip",
)
def _(params, buffers, lr, momentum):
    with torch.no_grad():
        for k, p in enumerate([p for p in params if p.grad is not None]):
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            p -= lr * buffers[k]


@momentum_step.misconception(
    "new tensors are made, and the parameters stay where they were",
    hint="`p = p - …` makes a tensor that the model does not know; `p -= …` changes the one it holds",
)
def _(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad


@momentum_step.misconception(
    "the step is recorded", hint="a leaf that tracks may change in place only in a block with torch.no_grad()"
)
def _(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            p -= lr * buffers[k]


# 11.3

BETAS = ((0.5, 0.75), (0.9, 0.999), (0.75, 0.5), (0.0, 0.9))
EPS = (0.5, 1e-8, 0.125)
PLAIN = {"betas": (0.5, 0.75), "eps": 0.5}


@adam_step.test(examples=25)
@given(runs(rounds=(1, 5), betas=BETAS, eps=EPS))
@example(case_of([4.0], PLAIN, [2.0]))
@example(case_of([4.0], PLAIN, [2.0], [1.0]))
@example(case_of([4.0, 1.0], PLAIN, [2.0, None], [1.0, 1.0]))
@example(case_of([4.0, 1.0], PLAIN, [2.0, 1.0], [None, 1.0], [1.0, 1.0]))
@example(case_of([4.0], PLAIN, [0.0], [0.0]))
def test_follows_torchs_adam(student, case):
    """the path of the parameters over all steps is that of torch.optim.Adam"""
    check_path(student, "adam", case)


@adam_step.test(examples=20)
@given(runs(rounds=(2, 5), fresh=True, betas=BETAS, eps=EPS))
@example(
    st.Case(
        start=numbers(4.0),
        frozen=[],
        rounds=[(numbers(2.0), 0.5, False), (numbers(1.0), 0.5, True)],
        settings=PLAIN,
    )
)
def test_remembers_in_the_state(student, case):
    """all that is remembered is in the state: with an empty dict everything begins anew"""
    check_path(student, "adam", case)


@adam_step.test(examples=12)
@given(runs(rounds=(1, 3), frozen=True, betas=BETAS, eps=EPS))
@example(case_of([4.0], PLAIN, [2.0], [1.0]))
def test_adam_leaves_gradients_and_flags(student, case):
    """.grad is the same after a step as before; the parameters stay leaves and keep their flags"""
    check_the_rest(student, "adam", case)


def corrected(m, v, t, betas, eps):
    """Adam's direction."""
    return (m / (1 - betas[0] ** t)) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


def averaged(m, v, g, betas):
    """Adam's averages after the gradient g."""
    return betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2


def adapting(direction=corrected, averages=averaged, count=1):
    """adam_step by a direction(m, v, t, betas, eps) and averages(m, v, g, betas); count: how t grows."""

    def step(params, state, lr, betas, eps):
        with torch.no_grad():
            for k, p in enumerate(params):
                if p.grad is not None:
                    t, m, v = state.get(k, (0, torch.zeros_like(p), torch.zeros_like(p)))
                    m, v = averages(m, v, p.grad, betas)
                    state[k] = t + 1, m, v
                    p -= lr * direction(m, v, t + count, betas, eps)

    return step


adam_step.misconception(
    "the bias of the averages is not corrected",
    hint="both averages begin at 0 and are too small at first: divide by 1 − betaᵗ",
    adam_step=adapting(lambda m, v, t, betas, eps: m / (v.sqrt() + eps)),
)
adam_step.misconception(
    "only the average of the gradients is corrected",
    hint="the average of the squares begins at 0 too: divide it by 1 − beta2ᵗ",
    adam_step=adapting(lambda m, v, t, betas, eps: m / (1 - betas[0] ** t) / (v.sqrt() + eps)),
)
adam_step.misconception(
    "only the average of the squares is corrected",
    hint="the average of the gradients begins at 0 too: divide it by 1 − beta1ᵗ",
    adam_step=adapting(lambda m, v, t, betas, eps: m / ((v / (1 - betas[1] ** t)).sqrt() + eps)),
)
adam_step.misconception(
    "eps stands inside the root",
    hint="first the root, then + eps",
    adam_step=adapting(lambda m, v, t, betas, eps: m / (1 - betas[0] ** t) / (v / (1 - betas[1] ** t) + eps).sqrt()),
)
adam_step.misconception(
    "eps is added before the bias is corrected",
    hint="divide v by 1 − beta2ᵗ first, then take the root, and only then add eps",
    adam_step=adapting(
        lambda m, v, t, betas, eps: m / (1 - betas[0] ** t) * (1 - betas[1] ** t) ** 0.5 / (v.sqrt() + eps)
    ),
)
adam_step.misconception(
    "eps is left out", hint="add eps after the root", adam_step=adapting(lambda *a: corrected(*a[:4], 0.0))
)
adam_step.misconception(
    "the step is counted from 0",
    hint="count before you correct: at the first step t is 1, and 1 − beta⁰ would be 0",
    adam_step=adapting(count=0),
)
adam_step.misconception("the step is counted one too far", hint="at the first step t is 1", adam_step=adapting(count=2))
adam_step.misconception(
    "the step goes uphill", hint="subtract lr times m̂ / (√v̂ + eps)", adam_step=adapting(lambda *a: -corrected(*a))
)
adam_step.misconception(
    "the root is left out",
    hint="v averages squares; its root has the gradient's size, and that is what m is divided by",
    adam_step=adapting(lambda m, v, t, betas, eps: m / (1 - betas[0] ** t) / (v / (1 - betas[1] ** t) + eps)),
)
adam_step.misconception(
    "v averages the gradients, not their squares",
    hint="v ← beta2 · v + (1 − beta2) · gradient²",
    adam_step=adapting(
        averages=lambda m, v, g, betas: (averaged(m, v, g, betas)[0], betas[1] * v + (1 - betas[1]) * g)
    ),
)
adam_step.misconception(
    "the two betas are swapped",
    hint="beta1 belongs to m, the average of the gradients, beta2 to v, that of the squares",
    adam_step=lambda params, state, lr, betas, eps: adapting()(params, state, lr, betas[::-1], eps),
)
adam_step.misconception(
    "the new gradient is not weighted by 1 − beta",
    hint="an average: beta · old + (1 − beta) · new, for both",
    adam_step=adapting(averages=lambda m, v, g, betas: (betas[0] * m + g, betas[1] * v + g**2)),
)
adam_step.misconception(
    "the averages start at the first gradient, and are corrected on top of that",
    hint="both averages begin at 0: that is what the correction is for",
    adam_step=adapting(
        averages=lambda m, v, g, betas: averaged(m, v, g, betas) if v.any() or not g.numel() else (g.clone(), g**2)
    ),
)


def shared_count(params, state, lr, betas, eps, *, each_parameter=False, absent_too=True):
    """adam_step with one count for all parameters, which each call or each parameter with a gradient raises."""
    with torch.no_grad():
        if not each_parameter and (absent_too or any(p.grad is not None for p in params)):
            state["t"] = state.get("t", 0) + 1
        for k, p in enumerate(params):
            if p.grad is not None:
                if each_parameter:
                    state["t"] = state.get("t", 0) + 1
                m, v = state.get(k, (torch.zeros_like(p), torch.zeros_like(p)))
                state[k] = m, v = averaged(m, v, p.grad, betas)
                p -= lr * corrected(m, v, state["t"], betas, eps)


adam_step.misconception(
    "one count of steps serves all parameters",
    hint="a parameter that took no part in a step has seen fewer gradients: each needs a count of its own",
    adam_step=shared_count,
)
adam_step.misconception(
    "one count of steps serves all parameters, and each of them raises it",
    hint="keep a count for each parameter: here the second one finds t raised by the first",
    adam_step=lambda *a, **k: shared_count(*a, **k, each_parameter=True),
)
adam_step.misconception(
    "one count of the steps in which any parameter had a gradient serves them all",
    hint="a parameter that took no part in a step has seen fewer gradients: each needs a count of its own",
    adam_step=lambda *a, **k: shared_count(*a, **k, absent_too=False),
)


@adam_step.misconception(
    "nothing is kept from step to step",
    hint="averages and count must be found again in the next call: put them into state",
)
def _(params, state, lr, betas, eps):
    adapting()(params, {}, lr, betas, eps)


@adam_step.misconception(
    "the corrected averages are kept",
    hint="m̂ and v̂ are for this step only; what goes into state are m and v before the correction",
)
def _(params, state, lr, betas, eps):
    with torch.no_grad():
        for k, p in enumerate(params):
            if p.grad is not None:
                t, m, v = state.get(k, (0, torch.zeros_like(p), torch.zeros_like(p)))
                m, v = averaged(m, v, p.grad, betas)
                m, v = m / (1 - betas[0] ** (t + 1)), v / (1 - betas[1] ** (t + 1))
                state[k] = t + 1, m, v
                p -= lr * m / (v.sqrt() + eps)


@adam_step.misconception(
    "the averages are kept, and the count is not", hint="the count of steps must be found again too: put it into state"
)
def _(params, state, lr, betas, eps):
    for k, (_, m, v) in list(state.items()):
        state[k] = 0, m, v
    adapting()(params, state, lr, betas, eps)


@adam_step.misconception(
    "a parameter without gradient is treated as if it had a gradient of 0",
    hint="None is not 0: the parameter stays, and so do its averages and its count",
)
def _(params, state, lr, betas, eps):
    with torch.no_grad():
        for k, p in enumerate(params):
            t, m, v = state.get(k, (0, torch.zeros_like(p), torch.zeros_like(p)))
            m, v = averaged(m, v, torch.zeros_like(p) if p.grad is None else p.grad, betas)
            state[k] = t + 1, m, v
            p -= lr * corrected(m, v, t + 1, betas, eps)


@adam_step.misconception(
    "a parameter without gradient is not passed over",
    hint="the .grad of a parameter that took no part is None: look before you use it",
)
def _(params, state, lr, betas, eps):
    with torch.no_grad():
        for p in params:
            p -= lr * (1 - betas[0]) * p.grad


@adam_step.misconception(
    "new tensors are made, and the parameters stay where they were",
    hint="`p = p - …` makes a tensor that the model does not know; `p -= …` changes the one it holds",
)
def _(params, state, lr, betas, eps):
    return None


@adam_step.misconception(
    "the step is recorded", hint="a leaf that tracks may change in place only in a block with torch.no_grad()"
)
def _(params, state, lr, betas, eps):
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
