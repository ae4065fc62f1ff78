"""Exercise 1 · Write SGD yourself"""

from itertools import product
from types import SimpleNamespace

import torch
from torch.optim.sgd import sgd

from autograder import Task, assert_close, assert_trajectory, example, given, probe
from autograder import strategies as st

STEP = "One step, in lessons/beginner/04_mini_training_step.py"
FROZEN = "lessons/intermediate/16_freeze_and_unfreeze_parameters.py"
IDLE = f"What freezing does not stop, 2 and 3: weight decay and momentum, in {FROZEN}"


@probe
def run(student, start, settings, events, generator=False, by_place=False, only_made=False, locked=True):
    """What an SGD for leaves with the values `start` does in the course of these events.

    Returns the parameters after each step, their gradients after each event, and the flags of the leaves at the end.
    With only_made there are no events, and what comes back is how the making of the SGD ended.
    While it runs, torch's own optimizers raise, by whatever name or copy of their modules they are reached.
    """
    import io
    import sys
    from types import FunctionType

    home = sys.modules["torch.optim.sgd"]

    def out_of_reach(*args, **kwargs):
        raise RuntimeError("torch's own optimizers are out of reach in this exercise; write the rule yourself")

    def kinds():
        found = [torch.optim.Optimizer]
        for kind in found:
            found.extend(kind.__subclasses__())
        return found

    def torchs_functions():
        """(holder or None, function) of all that torch's files define and that still does its work."""
        methods = [(kind, value) for kind in kinds() for value in vars(kind).values()]
        methods = [(kind, method) for kind, method in methods if is_torchs(method)]
        modules = {id(names): names for names in (vars(home), *(m.__globals__ for _, m in methods))}
        plain = [value for names in modules.values() for value in names.values() if is_torchs(value)]
        return methods + [(None, function) for function in plain]

    def is_torchs(value):
        """Whether it is a function of an optimizer's file; the base class has a file of its own."""
        if not isinstance(value, FunctionType):
            return False
        *_, package, folder, file = ("", "", *value.__code__.co_filename.replace("\\", "/").split("/"))
        return (package, folder) == ("torch", "optim") and file != "optimizer.py"

    undo = []

    def lock():
        for holder, function in torchs_functions():
            if not function.__code__.co_freevars:
                undo.append((function, "__code__", function.__code__))
                function.__code__ = out_of_reach.__code__
            else:
                undo.append((holder, function.__name__, function))
                setattr(holder, function.__name__, out_of_reach)
        for holder in (torch, torch.ops.aten):
            undo.append((holder, "_fused_sgd_", holder._fused_sgd_))
            holder._fused_sgd_ = out_of_reach

    def optimizer_of(leaves, settings):
        params = (leaf for leaf in leaves) if generator else list(leaves)
        return student.SGD(params, *settings.values()) if by_place else student.SGD(params, **settings)

    def clear(leaf, fill):
        if leaf.grad is not None and fill:
            leaf.grad.zero_()
        else:
            leaf.grad = None

    leaves = [values.clone().requires_grad_() for values in start]
    path, gradients, snapshots = [], [], []
    try:
        if locked:
            lock()
        try:
            optimizer = optimizer_of(leaves, settings)
        except ValueError:
            if only_made:
                return "it raises ValueError"
            raise
        if only_made:
            return "it is made"
        for spoken in events:
            event, *told = (spoken,) if isinstance(spoken, str) else spoken
            if event == "backward":
                terms = [(leaf * g).sum() for leaf, g in zip(leaves, told[0], strict=True) if g is not None]
                if terms:
                    sum(terms).backward()
            elif event == "step":
                optimizer.step()
                path.append([leaf.detach().clone() for leaf in leaves])
            elif event == "zero_grad":
                optimizer.zero_grad(**told[0])
            elif event in ("drop gradients", "zero gradients"):
                for leaf in leaves:
                    clear(leaf, event == "zero gradients")
            elif event == "save":
                snapshots.append(optimizer.state_dict())
            elif event == "load":
                optimizer.load_state_dict(snapshots[told[0]])
            elif event == "resume":
                file = io.BytesIO()
                torch.save(snapshots[told[0]], file)
                file.seek(0)
                leaves = [leaf.detach().clone().requires_grad_() for leaf in leaves]
                optimizer = optimizer_of(leaves, told[1])
                snapshots.append(optimizer.state_dict())
                optimizer.load_state_dict(torch.load(file, weights_only=False))
            gradients.append([leaf.grad.detach().clone() if leaf.grad is not None else None for leaf in leaves])
        if locked and torchs_functions():
            lock()
            out_of_reach()
    finally:
        for holder, name, value in reversed(undo):
            setattr(holder, name, value)
    return {"path": path, "gradients": gradients, "flags": [(leaf.is_leaf, leaf.requires_grad) for leaf in leaves]}


class TorchsRule:
    """SGD by the function that does the work in torch.optim.SGD; the class itself imports half of torch's compiler."""

    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        self.params, self.buffers = list(params), {}
        numbers = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        self.settings = {**numbers, "nesterov": nesterov}

    @torch.no_grad()
    def step(self):
        moved = [k for k, parameter in enumerate(self.params) if parameter.grad is not None]
        buffers = [self.buffers.get(k) for k in moved]
        parameters, gradients = [self.params[k] for k in moved], [self.params[k].grad for k in moved]
        sgd(parameters, gradients, buffers, foreach=False, maximize=False, **self.settings)
        self.buffers.update(zip(moved, buffers, strict=True))

    def zero_grad(self, set_to_none=True):
        for parameter in self.params:
            parameter.grad = None if set_to_none or parameter.grad is None else torch.zeros_like(parameter.grad)

    def state_dict(self):
        return self.settings, {k: buffer.clone() for k, buffer in self.buffers.items() if buffer is not None}

    def load_state_dict(self, state):
        self.settings, self.buffers = state[0], {k: buffer.clone() for k, buffer in state[1].items()}


def expected(case, **options):
    """What `run` tells of torch's own SGD."""
    return run(SimpleNamespace(SGD=TorchsRule), case.start, case.settings, case.events, locked=False, **options)


def check_path(student, case, **options):
    seen = student.run(run, case.start, case.settings, case.events, **options)
    assert_trajectory(seen["path"], expected(case, **options)["path"], name="the path of the parameters")
    return seen


SHAPES = (
    [()],
    [(2,)],
    [(), (2,)],
    [(2, 2), (1,)],
    [(1,), (0,), ()],
    [(3, 1), (), (2,)],
)
CLEARED_BY_TEST = ((), "drop gradients", "zero gradients")
CLEARED_BY_STUDENT = (
    ("zero_grad", {}),
    (),
    ("zero_grad", {"set_to_none": False}),
    ("zero_grad", {"set_to_none": True}),
)


@st.composite
def runs(draw, cleared=CLEARED_BY_TEST, rounds=(1, 4), **settings):
    """Cases of start values, settings, and rounds: gradients (some None), a step, and perhaps clearing.

    settings: the values that each setting may take; lr has some of its own.
    """
    shapes = draw(st.sampled_from(SHAPES))
    low, high = rounds
    codes = draw(st.lists(st.integers(0, 8 * len(cleared) - 1), min_size=low, max_size=high))
    plan = [(code % 8, cleared[code // 8]) for code in codes]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    values = iter(draw(st.tensors((1 + len(plan)) * sum(sizes), nonzero=True)).split(sizes * (1 + len(plan))))
    start = [next(values).reshape(shape) for shape in shapes]
    events = []
    for without, clearing in plan:
        drawn = [next(values).reshape(shape) for shape in shapes]
        gradients = [None if without >> k & 1 else gradient for k, gradient in enumerate(drawn)]
        events += [("backward", gradients), "step", *([clearing] if clearing else [])]
    choices = {"lr": (0.5, 0.1, 1.0, 0.0)} | settings
    chosen = draw(st.sampled_from(list(product(*choices.values()))))
    return st.Case(start=start, settings=dict(zip(choices, chosen, strict=True)), events=events)


def tensors(*values):
    """Tensors of these numbers; None stays None."""
    return [None if value is None else torch.tensor(value, dtype=torch.float64) for value in values]


def one(settings, *events):
    """A case of one parameter that starts at 4; an event that is a number is a gradient and a step."""
    told = []
    for event in events:
        if isinstance(event, float | None):
            told += [("backward", tensors(event)), "step", "drop gradients"]
        else:
            told.append(event)
    return st.Case(start=tensors(4.0), settings=settings, events=told)


def check_made(student, made, **settings):
    """Whether SGD can be made with these settings; where not, it must raise ValueError."""
    ended = student.run(run, tensors(4.0), settings, [], only_made=True)
    assert_close(ended, "it is made" if made else "it raises ValueError", name="how SGD(…) ends")


plain_step = Task(
    "E1.1",
    "SGD",
    points=2,
    minutes=13,
    hints=(
        "After a step, who must see the new numbers: your class only, or also the model that holds the parameters?",
        "A step changes each parameter in place, p ← p − lr·d. Clearing drops the gradient, or fills it with zeros "
        "where there is one. A negative lr raises ValueError as soon as the optimizer is made.",
        "`parameter -= self.lr * direction` where the direction is not None; `parameter.grad = None`, or else "
        "`parameter.grad.zero_()` where there is one; `if self.lr < 0: raise ValueError(…)`.",
    ),
    see=STEP,
)

PLAIN = {"lr": 0.5}


@plain_step.test(examples=15)
@given(runs())
@example(one(PLAIN, 2.0))
@example(st.Case(start=tensors(4.0, 1.0), settings=PLAIN, events=[("backward", tensors(None, 2.0)), "step"]))
def test_steps_downhill(student, case):
    """each parameter with a gradient moves by −lr times the gradient that lies in .grad, the others stay"""
    check_path(student, case)


@plain_step.test(examples=15)
@given(runs(cleared=CLEARED_BY_STUDENT))
@example(one(PLAIN, ("backward", tensors(2.0)), ("zero_grad", {})))
@example(one(PLAIN, ("backward", tensors(2.0)), ("zero_grad", {"set_to_none": False})))
@example(one(PLAIN, ("zero_grad", {"set_to_none": False})))
def test_clears_gradients(student, case):
    """zero_grad() makes .grad None; zero_grad(set_to_none=False) fills it with zeros; a step leaves it alone"""
    seen = check_path(student, case)
    right = expected(case)["gradients"]
    assert_trajectory(seen["gradients"], right, name="the list of gradients after each event")


@plain_step.test(examples=5)
@given(runs(cleared=CLEARED_BY_STUDENT, rounds=(2, 3)))
@example(one(PLAIN, 2.0, 1.0))
def test_takes_a_generator(student, case):
    """params may be a generator, as model.parameters() is"""
    check_path(student, case, generator=True)


@plain_step.test(examples=5)
@given(runs())
@example(one(PLAIN, 2.0))
def test_keeps_leaves(student, case):
    """after the steps the parameters are leaves that require gradients, as before"""
    seen = student.run(run, case.start, case.settings, case.events)
    assert_close(seen["flags"], expected(case)["flags"], name="(is_leaf, requires_grad)")


@plain_step.test(examples=8)
@given(st.sampled_from((-0.5, 0.0, -1e-3, 1e-3, -2, 2)))
@example(-0.5)
@example(0.0)
def test_refuses_a_negative_learning_rate(student, lr):
    """a negative lr raises ValueError when the SGD is made; 0 and positive ones do not"""
    check_made(student, lr >= 0, lr=lr)


class Written:
    """SGD as a student may write it; the mistakes below change one method each."""

    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        self.params = self.kept(params)
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov = weight_decay, nesterov
        self.buffers = {}
        self.check()

    def kept(self, params):
        return list(params)

    def check(self):
        if self.lr < 0:
            raise ValueError("lr")
        if self.nesterov and (self.momentum <= 0 or self.dampening):
            raise ValueError("nesterov")

    @torch.no_grad()
    def step(self):
        for k, p in enumerate(self.params):
            if p.grad is not None:
                self.move(p, self.direction(k, p))

    def move(self, p, direction):
        p -= self.lr * direction

    def direction(self, k, p):
        g = self.decayed(p)
        return self.with_momentum(k, g) if self.momentum else g

    def decayed(self, p):
        return p.grad + self.weight_decay * p

    def with_momentum(self, k, g):
        buffer = self.buffers[k] = self.updated(self.buffers.get(k), g)
        return g + self.momentum * buffer if self.nesterov else buffer

    def updated(self, buffer, g):
        return g.clone() if buffer is None else self.momentum * buffer + (1 - self.dampening) * g

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            self.clear(p, set_to_none)

    def clear(self, p, set_to_none):
        p.grad = None if set_to_none or p.grad is None else torch.zeros_like(p.grad)

    def settings(self):
        return self.lr, self.momentum, self.dampening, self.weight_decay, self.nesterov

    def state_dict(self):
        return {"settings": self.settings(), "buffers": dict(self.buffers)}

    def load_state_dict(self, state):
        self.load_settings(state["settings"])
        self.load_buffers(state["buffers"])

    def load_settings(self, settings):
        self.lr, self.momentum, self.dampening, self.weight_decay, self.nesterov = settings

    def load_buffers(self, buffers):
        self.buffers = dict(buffers)


@plain_step.misconception(
    "torch's own optimizer does the work",
    hint="it is out of reach here: write the rule yourself; torch.optim.Optimizer may be the base class",
)
class _(Written):
    def check(self):
        torch.optim.SGD(self.params, self.lr)


@plain_step.misconception("the step goes uphill", hint="the gradient points to where the loss grows: subtract it")
class _(Written):
    def move(self, p, direction):
        p += self.lr * direction


@plain_step.misconception("the learning rate is left out", hint="the step is lr times the gradient")
class _(Written):
    def move(self, p, direction):
        p -= direction


@plain_step.misconception(
    "the parameters stay as they were, since new tensors get the new numbers",
    hint="`p = p - …` makes a tensor that only your class knows; `p -= …` changes the one that the model holds",
)
class _(Written):
    def move(self, p, direction):
        p = p - self.lr * direction


@plain_step.misconception(
    "a parameter without a gradient is not passed over", hint="its .grad is None, which is no number: leave it out"
)
class _(Written):
    @torch.no_grad()
    def step(self):
        for p in self.params:
            p -= self.lr * p.grad


@plain_step.misconception(
    "a step clears the gradients", hint="step() leaves every .grad as it is; clearing is zero_grad's work"
)
class _(Written):
    def step(self):
        super().step()
        self.zero_grad()


@plain_step.misconception(
    "set_to_none=False is ignored, and gradients become None", hint="with set_to_none=False a gradient becomes zeros"
)
class _(Written):
    def clear(self, p, set_to_none):
        p.grad = None


@plain_step.misconception(
    "gradients are filled with zeros, also where set_to_none is True", hint="zero_grad() leaves None in .grad"
)
class _(Written):
    def clear(self, p, set_to_none):
        if p.grad is not None:
            p.grad.zero_()


@plain_step.misconception(
    "set_to_none is False by default", hint="zero_grad() without an argument leaves None in .grad"
)
class _(Written):
    def zero_grad(self, set_to_none=False):
        super().zero_grad(set_to_none)


@plain_step.misconception("set_to_none is turned around", hint="True asks for None, False for zeros")
class _(Written):
    def clear(self, p, set_to_none):
        super().clear(p, not set_to_none)


@plain_step.misconception(
    "with set_to_none=False a missing gradient becomes zeros too", hint="a .grad that is None stays None there"
)
class _(Written):
    def clear(self, p, set_to_none):
        p.grad = None if set_to_none else torch.zeros_like(p)


@plain_step.misconception(
    "the generator is walked through once, and then it is empty",
    hint="model.parameters() is a generator: keep list(params), which can be walked through again and again",
)
class _(Written):
    def kept(self, params):
        return params


@plain_step.misconception("a negative learning rate is accepted", hint="raise ValueError where lr < 0")
class _(Written):
    def check(self):
        pass


@plain_step.misconception("a learning rate of 0 is refused", hint="0 is allowed, as in torch: only lr < 0 raises")
class _(Written):
    def check(self):
        if self.lr <= 0:
            raise ValueError("lr")


@plain_step.misconception(
    "the parameters no longer require gradients after a step",
    hint="change them under torch.no_grad(), without touching requires_grad",
)
class _(Written):
    def move(self, p, direction):
        p.requires_grad_(False).sub_(self.lr * direction)


momentum = Task(
    "E1.2",
    "SGD",
    points=3,
    minutes=15,
    hints=(
        "Write down the buffer after the first three steps, for gradients 1, 1, 1. Where does τ come in first?",
        "Each parameter has a buffer of its own. It begins as a copy of the first gradient, without dampening; then "
        "b ← μ·b + (1 − τ)·g, only in steps in which the parameter has a gradient.",
        "`if self.buffers[k] is None: self.buffers[k] = gradient.clone()`, otherwise `self.momentum * self.buffers[k] "
        "+ (1 - self.dampening) * gradient`; store the new buffer and return it.",
    ),
    see=IDLE,
)

HEAVY = {"momentum": (0.5, 0.9, 1.0)}
DAMPED = {"dampening": (0.5, 0.1, 1.0, 0.0)}
SAVED = {"lr": 0.5, "momentum": 0.5}


def two_with_a_pause(*between):
    """Three steps of two parameters, the first without a gradient in the second step; `between` comes after that."""
    steps = [
        [("backward", tensors(*gradients)), "step", "drop gradients"]
        for gradients in ((1.0, 2.0), (None, 4.0), (1.0, 1.0))
    ]
    return st.Case(start=tensors(4.0, 1.0), settings=SAVED, events=[*steps[0], *steps[1], *between, *steps[2]])


@momentum.test(examples=20)
@given(runs(**HEAVY))
@example(one(SAVED, 2.0, 4.0))
@example(one(SAVED, ("backward", tensors(2.0)), "step", "zero gradients", "step"))
def test_keeps_a_buffer(student, case):
    """with momentum μ each parameter moves along its buffer b ← μ·b + g, whose first value is g"""
    check_path(student, case)


@momentum.test(examples=10)
@given(runs(rounds=(3, 4), **HEAVY))
@example(two_with_a_pause())
def test_passes_over_parameters_without_gradient(student, case):
    """where .grad is None, the parameter does not move and its buffer waits unchanged"""
    check_path(student, case)


@momentum.test(examples=20)
@given(runs(rounds=(2, 4), momentum=(0.5, 0.9, 0), **DAMPED))
@example(one(SAVED | {"dampening": 0.5}, 2.0))
@example(one(SAVED | {"dampening": 0.5}, 2.0, 4.0))
@example(one({"lr": 0.5, "momentum": 0.0, "dampening": 0.5}, 2.0, 4.0))
def test_dampens_from_the_second_step_on(student, case):
    """with dampening τ the buffer is μ·b + (1 − τ)·g from the second step on; without momentum τ has no influence"""
    check_path(student, case)


@momentum.misconception(
    "the first step is dampened too",
    hint="the first buffer is the gradient itself; (1 − τ) comes in when there is an old buffer to be mixed with",
)
class _(Written):
    def updated(self, buffer, g):
        return (0 if buffer is None else self.momentum * buffer) + (1 - self.dampening) * g


@momentum.misconception("dampening is ignored", hint="from the second step on the gradient comes in with 1 − τ")
class _(Written):
    def updated(self, buffer, g):
        return g.clone() if buffer is None else self.momentum * buffer + g


@momentum.misconception("the gradient comes in with τ instead of 1 − τ", hint="without dampening it must come in whole")
class _(Written):
    def updated(self, buffer, g):
        return g.clone() if buffer is None else self.momentum * buffer + self.dampening * g


@momentum.misconception("momentum is ignored", hint="the step goes along the buffer, not along the gradient")
class _(Written):
    def direction(self, k, p):
        return p.grad


@momentum.misconception(
    "the buffer is a weighted mean",
    hint="the buffer is μ·b + (1 − τ)·g with the dampening τ, not with the momentum: gradients come in whole",
)
class _(Written):
    def updated(self, buffer, g):
        return g.clone() if buffer is None else self.momentum * buffer + (1 - self.momentum) * g


@momentum.misconception(
    "the buffer is a weighted mean that starts from zero",
    hint="the first buffer is the gradient, later it is μ·b + (1 − τ)·g with the dampening τ, not the momentum",
)
class _(Written):
    def updated(self, buffer, g):
        return (0 if buffer is None else self.momentum * buffer) + (1 - self.momentum) * g


@momentum.misconception(
    "the buffer is the gradient's own tensor",
    hint="what is later done to .grad happens to the buffer as well, and the other way round: start with grad.clone()",
)
class _(Written):
    def decayed(self, p):
        return p.grad

    def updated(self, buffer, g):
        return g if buffer is None else buffer.mul_(self.momentum).add_(g, alpha=1 - self.dampening)


@momentum.misconception(
    "the buffer starts as the gradient's own tensor",
    hint="when .grad is filled with zeros, that buffer becomes zero too: start with grad.clone()",
)
class _(Written):
    def decayed(self, p):
        return p.grad

    def updated(self, buffer, g):
        return g if buffer is None else super().updated(buffer, g)


@momentum.misconception(
    "a parameter without a gradient goes on moving along its buffer",
    hint="where .grad is None the parameter is passed over, buffer and all; that is how None differs from zero",
)
class _(Written):
    @torch.no_grad()
    def step(self):
        for k, p in enumerate(self.params):
            if p.grad is not None:
                self.move(p, self.direction(k, p))
            elif k in self.buffers:
                self.buffers[k] = self.momentum * self.buffers[k]
                self.move(p, self.buffers[k])


@momentum.misconception(
    "the buffer is lost in a step without a gradient", hint="where .grad is None the buffer waits as it is"
)
class _(Written):
    def step(self):
        for k, p in enumerate(self.params):
            if p.grad is None:
                self.buffers.pop(k, None)
        super().step()


@momentum.misconception(
    "dampening works without momentum too", hint="where the momentum is 0 the direction is the gradient as it is"
)
class _(Written):
    def direction(self, k, p):
        return self.with_momentum(k, p.grad)


@momentum.misconception(
    "the step goes along the old buffer", hint="first comes the gradient into the buffer, then the parameter moves"
)
class _(Written):
    def with_momentum(self, k, g):
        old = self.buffers.get(k, g)
        super().with_momentum(k, g)
        return old


decay_and_nesterov = Task(
    "E1.3",
    "SGD",
    points=3,
    minutes=18,
    hints=(
        "If the loss had a term λ/2·p² more, what would be added to the gradient, and at which point of the rule?",
        "The decay comes first, so it goes into the buffer too. Nesterov looks ahead: g + μ·b with the new buffer b, "
        "and g with its decay. Nesterov without momentum or with dampening raises ValueError.",
        "`decayed = gradient + self.weight_decay * self.params[k]`, a new tensor; without momentum that is all; then "
        "`buffer = self.updated_buffer(k, decayed)` and `decayed + self.momentum * buffer` for Nesterov.",
    ),
    see=IDLE,
)

DECAYING = {"weight_decay": (0.5, 0.1)}


@decay_and_nesterov.test(examples=15)
@given(runs(**DECAYING))
@example(one({"lr": 0.5, "weight_decay": 0.5}, 2.0))
@example(one({"lr": 0.5, "weight_decay": 0.5}, 2.0, None))
@example(one({"lr": 0.5, "weight_decay": 0.5}, ("backward", tensors(2.0)), "step", "step"))
def test_decays(student, case):
    """weight decay λ adds λ·p to the gradient of each parameter that has one; .grad itself stays as it is"""
    seen = check_path(student, case)
    assert_trajectory(seen["gradients"], expected(case)["gradients"], name="the list of gradients after each event")


@decay_and_nesterov.test(examples=20)
@given(runs(rounds=(2, 4), weight_decay=(0.5, 0.1), momentum=(0.5, 0.9, 0), dampening=(0.0, 0.5)))
@example(one({"lr": 0.5, "momentum": 0.5, "weight_decay": 0.5}, 2.0, 0.0))
@example(one({"lr": 0.5, "momentum": 0.0, "dampening": 0.5, "weight_decay": 0.5}, 2.0, 2.0))
def test_decay_goes_into_the_buffer(student, case):
    """with momentum, the buffer gathers gradients with their decay"""
    check_path(student, case)


@decay_and_nesterov.test(examples=20)
@given(runs(nesterov=(True,), weight_decay=(0.0, 0.5), **HEAVY))
@example(one({"lr": 0.5, "momentum": 0.5, "nesterov": True}, 2.0))
@example(one({"lr": 0.5, "momentum": 0.5, "nesterov": True}, 2.0, 4.0))
def test_looks_ahead(student, case):
    """with nesterov=True each parameter moves along g + μ·b, g with its decay and b the new buffer"""
    check_path(student, case)


@decay_and_nesterov.test(examples=12)
@given(st.sampled_from((0, 0.5, 0.9, 0.0)), st.sampled_from((0, 0.5, 0.1)), st.booleans())
@example(0, 0, True)
@example(0.5, 0.5, True)
def test_refuses_what_nesterov_does_not_go_with(student, momentum, dampening, nesterov):
    """nesterov=True without momentum, or with dampening, raises ValueError when the SGD is made"""
    made = not nesterov or (momentum > 0 and dampening == 0)
    check_made(student, made, lr=0.5, momentum=momentum, dampening=dampening, nesterov=nesterov)


BY_PLACE = {"momentum": (0.5,), "dampening": (0.25, 0.0), "weight_decay": (0.125, 0.0), "nesterov": (False,)}


@decay_and_nesterov.test(examples=6)
@given(runs(rounds=(2, 3), **BY_PLACE))
def test_takes_its_settings_by_place(student, case):
    """SGD(params, lr, momentum, dampening, weight_decay, nesterov), in this order"""
    check_path(student, case, by_place=True)


@decay_and_nesterov.misconception(
    "the decay is added after the momentum",
    hint="the decay is part of the gradient: add λ·p first, then let the buffer have it",
)
class _(Written):
    def direction(self, k, p):
        direction = self.with_momentum(k, p.grad) if self.momentum else p.grad
        return direction + self.weight_decay * p


@decay_and_nesterov.misconception(
    "Nesterov's look-ahead is missing", hint="with nesterov=True the direction is g + μ·b, not the buffer b"
)
class _(Written):
    def with_momentum(self, k, g):
        buffer = self.buffers[k] = self.updated(self.buffers.get(k), g)
        return buffer


@decay_and_nesterov.misconception(
    "Nesterov looks ahead along the bare gradient", hint="the g in g + μ·b is the one with its decay"
)
class _(Written):
    def direction(self, k, p):
        direction = super().direction(k, p)
        return direction - self.weight_decay * p if self.nesterov else direction


@decay_and_nesterov.misconception(
    "Nesterov's direction lacks the gradient", hint="the direction is g + μ·b: the buffer alone is shortened by μ"
)
class _(Written):
    def with_momentum(self, k, g):
        buffer = self.buffers[k] = self.updated(self.buffers.get(k), g)
        return self.momentum * buffer if self.nesterov else buffer


@decay_and_nesterov.misconception(
    "Nesterov adds the whole buffer", hint="the direction is g + μ·b; the momentum μ stands before the buffer"
)
class _(Written):
    def with_momentum(self, k, g):
        buffer = self.buffers[k] = self.updated(self.buffers.get(k), g)
        return g + buffer if self.nesterov else buffer


@decay_and_nesterov.misconception(
    "Nesterov's direction is kept as the buffer", hint="the buffer is μ·b + g; g + μ·b is for this step only"
)
class _(Written):
    def with_momentum(self, k, g):
        direction = super().with_momentum(k, g)
        self.buffers[k] = direction
        return direction


@decay_and_nesterov.misconception("weight decay is ignored", hint="add λ·p to the gradient")
class _(Written):
    def decayed(self, p):
        return p.grad


@decay_and_nesterov.misconception(
    "the decay has the wrong sign", hint="decay makes the parameter smaller: λ·p is added to what is subtracted"
)
class _(Written):
    def decayed(self, p):
        return p.grad - self.weight_decay * p


@decay_and_nesterov.misconception(
    "the decay is added to .grad itself",
    hint="`grad += …` and add_ change the tensor in .grad, which the next backward adds to: make a new tensor",
)
class _(Written):
    def decayed(self, p):
        return p.grad.add_(self.weight_decay * p)


@decay_and_nesterov.misconception(
    "a parameter without a gradient decays too", hint="where .grad is None the parameter is passed over altogether"
)
class _(Written):
    @torch.no_grad()
    def step(self):
        for k, p in enumerate(self.params):
            if p.grad is None:
                self.move(p, self.weight_decay * p)
            else:
                self.move(p, self.direction(k, p))


@decay_and_nesterov.misconception(
    "the learning rate does not multiply the decay", hint="the decay is part of the gradient: lr multiplies both"
)
class _(Written):
    def direction(self, k, p):
        g = p.grad
        return self.with_momentum(k, g) if self.momentum else g

    def move(self, p, direction):
        p.copy_(p * (1 - self.weight_decay) - self.lr * direction)


@decay_and_nesterov.misconception(
    "Nesterov is accepted without momentum and with dampening",
    hint="raise ValueError where nesterov is True and the momentum is 0 or the dampening is not",
)
class _(Written):
    def check(self):
        pass


@decay_and_nesterov.misconception(
    "Nesterov is accepted with dampening", hint="each of the two is a reason to raise: no momentum, or dampening"
)
class _(Written):
    def check(self):
        if self.nesterov and self.momentum <= 0:
            raise ValueError("momentum")


@decay_and_nesterov.misconception(
    "Nesterov is accepted without momentum", hint="each of the two is a reason to raise: no momentum, or dampening"
)
class _(Written):
    def check(self):
        if self.nesterov and self.dampening:
            raise ValueError("dampening")


@decay_and_nesterov.misconception(
    "Nesterov is refused only where both are wrong", hint="no momentum *or* dampening: one of them is enough"
)
class _(Written):
    def check(self):
        if self.nesterov and self.momentum <= 0 and self.dampening:
            raise ValueError("both")


save_and_resume = Task(
    "E1.4",
    "SGD",
    points=2,
    minutes=24,
    hints=(
        "The program ends, and starts again tomorrow with the saved parameters. What of your SGD is lost?",
        "A snapshot holds the five settings and every buffer, by the place of its parameter in the list. It shares "
        "no list, dict or tensor that steps change with the optimizer, neither after saving nor after loading.",
        "Return a dict of the settings and a copy of the list of buffers (of the buffers too, if your steps change "
        "them in place); load_state_dict sets every setting with setattr and takes such a copy again.",
    ),
)

OTHERS = (
    {"lr": 1.0},
    {"lr": 0.25, "momentum": 0.25, "dampening": 0.125},
    {"lr": 0.125, "momentum": 0.75, "weight_decay": 0.25, "nesterov": True},
)


@st.composite
def interrupted(draw):
    """Cases of a run with momentum in which snapshots are taken and used again, by the same SGD or by one like it."""
    case = draw(runs(rounds=(2, 5), momentum=(0.5, 0.9), dampening=(0.0, 0.25)))
    events, saved = ["save"], 1
    for event in case.events:
        events.append(event)
        if event == "step":
            action = draw(st.sampled_from(("nothing", "save", "load", "resume")))
            if action == "load":
                events.append(("load", draw(st.integers(0, saved - 1))))
            elif action != "nothing":
                events.append("save")
                saved += 1
            if action == "resume":
                events.append(("resume", draw(st.integers(0, saved - 1)), case.settings))
                saved += 1
    return st.Case(start=case.start, settings=case.settings, events=events)


@st.composite
def exchanged(draw):
    """Cases of a run that begins with a save and a resume in an SGD with other settings, and perhaps with a load."""
    pairs = {"dampening": (0.0, 0.25), "weight_decay": (0.0, 0.5), "nesterov": (False,)}
    case = draw(runs(rounds=(2, 3), momentum=(0.5, 0.9, 0), **pairs))
    events = ["save", ("resume", 0, draw(st.sampled_from(OTHERS)))]
    events += draw(st.sampled_from(([], [("load", 0)], [("load", 1)], [("load", 1), ("load", 0)])))
    return st.Case(start=case.start, settings=case.settings, events=events + case.events)


@save_and_resume.test(examples=30)
@given(interrupted())
@example(one(SAVED, "save", 2.0))
@example(one(SAVED, 2.0, "save", ("resume", 0, SAVED), 4.0))
@example(one(SAVED, "save", 2.0, ("load", 0), 4.0))
@example(one(SAVED, 2.0, "save", 4.0, ("load", 0), 1.0))
@example(one(SAVED, 2.0, "save", ("load", 0), 4.0, ("load", 0), 1.0))
@example(one({"lr": 0.5, "momentum": 0.9}, 2.0, 0.25, "save", ("resume", 0, {"lr": 0.5, "momentum": 0.9}), 1.0))
@example(two_with_a_pause("save", ("resume", 0, SAVED)))
def test_goes_on_from_a_snapshot(student, case):
    """a loaded snapshot brings back the buffers it was taken with, also by torch.save; no step ever changes it"""
    check_path(student, case)


@save_and_resume.test(examples=15)
@given(exchanged())
@example(one({"lr": 0.5}, "save", ("resume", 0, {"lr": 1.0}), 2.0))
@example(one({"lr": 0.5}, "save", ("resume", 0, {"lr": 0.5, "momentum": 0.5}), 2.0, 2.0))
@example(one(SAVED, "save", ("resume", 0, {"lr": 0.5}), 2.0, 2.0))
@example(one(SAVED | {"dampening": 0.5}, "save", ("resume", 0, SAVED), 2.0, 2.0))
@example(one({"lr": 0.5, "weight_decay": 0.5}, "save", ("resume", 0, {"lr": 0.5}), 2.0))
@example(one(SAVED | {"nesterov": True}, "save", ("resume", 0, SAVED), 2.0))
@example(one(SAVED, "save", ("resume", 0, {"lr": 1.0}), ("load", 0), 2.0))
def test_restores_the_settings(student, case):
    """loading restores lr, momentum, dampening, weight_decay and nesterov, whatever the SGD was made with"""
    check_path(student, case)


@save_and_resume.misconception(
    "the buffers are lost on resume", hint="without its buffers the SGD starts from rest: they belong into the state"
)
class _(Written):
    def load_buffers(self, buffers):
        self.buffers = {}


@save_and_resume.misconception(
    "the buffers stay what they are when a snapshot is loaded", hint="loading replaces every buffer by the saved one"
)
class _(Written):
    def load_buffers(self, buffers):
        pass


@save_and_resume.misconception(
    "the settings are not restored", hint="lr, momentum and the others go into the state and come back from it"
)
class _(Written):
    def load_settings(self, settings):
        pass


@save_and_resume.misconception("only lr is restored", hint="all five settings go into the state, and come back from it")
class _(Written):
    def load_settings(self, settings):
        self.lr = settings[0]


@save_and_resume.misconception(
    "only lr and momentum are restored", hint="all five settings go into the state, and come back from it"
)
class _(Written):
    def load_settings(self, settings):
        self.lr, self.momentum = settings[:2]


class InPlace(Written):
    """Buffers that steps change in place, with copies of them where they leave and enter."""

    def updated(self, buffer, g):
        return g.clone() if buffer is None else buffer.mul_(self.momentum).add_(g, alpha=1 - self.dampening)

    def copied(self, buffers):
        return {k: buffer.clone() for k, buffer in buffers.items()}

    def state_dict(self):
        return {"settings": self.settings(), "buffers": self.copied(self.buffers)}

    def load_buffers(self, buffers):
        self.buffers = self.copied(buffers)


@save_and_resume.misconception(
    "the snapshot is the optimizer's own dict of buffers",
    hint="later steps write into what state_dict gave away: give away a copy, and copy again when loading",
)
class _(Written):
    def state_dict(self):
        return {"settings": self.settings(), "buffers": self.buffers}

    def load_buffers(self, buffers):
        self.buffers = buffers


@save_and_resume.misconception(
    "the snapshot is the optimizer's own dict of buffers, copied at loading only",
    hint="later steps write into what state_dict gave away: give away a copy",
)
class _(Written):
    def state_dict(self):
        return {"settings": self.settings(), "buffers": self.buffers}


@save_and_resume.misconception(
    "the snapshot shares its tensors with the optimizer",
    hint="a copied list still holds the same tensors, and steps change them in place: clone each one, at loading too",
)
class _(InPlace):
    def copied(self, buffers):
        return dict(buffers)


@save_and_resume.misconception(
    "the snapshot shares its tensors with the optimizer, which copies them at loading only",
    hint="a copied list still holds the same tensors, and steps change them in place: clone each one",
)
class _(InPlace):
    def state_dict(self):
        return {"settings": self.settings(), "buffers": dict(self.buffers)}


@save_and_resume.misconception(
    "steps after loading change the snapshot",
    hint="load_state_dict has to copy what it is given, or the optimizer goes on working in the snapshot itself",
)
class _(Written):
    def load_buffers(self, buffers):
        self.buffers = buffers


@save_and_resume.misconception(
    "steps after loading change the tensors of the snapshot",
    hint="load_state_dict has to clone the buffers, or the optimizer goes on working in the snapshot's own",
)
class _(InPlace):
    def load_buffers(self, buffers):
        self.buffers = dict(buffers)


@save_and_resume.misconception(
    "buffers are known by the identity of their parameters",
    hint="after a restart the parameters are other objects: number the buffers by the place of the parameter",
)
class _(Written):
    def state_dict(self):
        return super().state_dict() | {"buffers": {id(self.params[k]): b for k, b in self.buffers.items()}}

    def load_buffers(self, buffers):
        places = {id(p): k for k, p in enumerate(self.params)}
        self.buffers = {places[key]: b for key, b in buffers.items() if key in places}


@save_and_resume.misconception(
    "a buffer that was not there yet is not taken away",
    hint="loading replaces all buffers; one that the snapshot does not have must be gone afterwards",
)
class _(Written):
    def load_buffers(self, buffers):
        self.buffers = self.buffers | buffers
