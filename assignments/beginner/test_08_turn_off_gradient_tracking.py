"""Assignment 08 · Turn tracking on and off"""

from collections import OrderedDict

import torch

from autograder import Task, assert_close, example, given, probe
from autograder import strategies as st

LESSON = "lessons/beginner/08_turn_off_gradient_tracking.py"

set_tracking = Task(
    "08.1",
    "set_tracking",
    points=4,
    minutes=15,
    hints=(
        "Which tensors refuse to be switched off, and how does a tensor tell you that it is one of them?",
        "Two loops, one after the other: the first only looks and may raise, the second sets the flags.",
        "for k, tensor in enumerate(tensors): where enabled is False and tensor.is_leaf is False, raise ValueError "
        "with k in its message. Then a loop with tensor.requires_grad_(enabled).",
    ),
    see=f"All or nothing, in {LESSON}",
)

KINDS = (
    "leaf",
    "tracked leaf",
    "parameter",
    "untracked result",
    "detached",
    "view of a leaf",
    "result",
    "tracked view",
)
NON_LEAVES = KINDS[6:]


@probe
def flags_after(student, kinds, calls, in_tuple=False):
    """After each call how it ended, whether it named the index, and the flags; then what else has changed."""
    import re

    made = []
    for k, kind in enumerate(kinds):
        base = torch.arange(3.0, dtype=(torch.float64, torch.float32)[k % 2]) + k
        if kind == "same as the first":
            made.append(made[0])
            continue
        if kind in ("tracked leaf", "result", "tracked view", "detached"):
            base.requires_grad_()
        if kind == "tracked leaf":
            base.grad = torch.full_like(base, 0.5).detach()
        with torch.set_grad_enabled(kind != "untracked result"):
            base = {
                "parameter": lambda base: torch.nn.Parameter(base),
                "untracked result": lambda base: base.requires_grad_() * 2,
                "detached": lambda base: (base * 2).detach(),
                "view of a leaf": lambda base: base[1:],
                "result": lambda base: base * 2,
                "tracked view": lambda base: base[:1],
            }.get(kind, lambda base: base)(base)
        made.append(base)
    given = tuple(made) if in_tuple else list(made)
    before = [(tensor.grad if tensor.is_leaf else None, tensor.is_leaf) for tensor in made]
    told = []
    for enabled, index in calls:
        ended, named = "returned", None
        try:
            student.set_tracking(given, enabled)
        except ValueError as error:
            ended = "raised ValueError"
            found = re.findall(r"\d+", str(error))
            named = "no index" if not found else "the index" if str(index) in found else "another index"
        told.append({"ended": ended, "named": named, "flags": [tensor.requires_grad for tensor in made]})
    same = len(given) == len(made) and all(one is other for one, other in zip(given, made, strict=True))
    rest = [
        (tensor.grad if tensor.is_leaf else None) is grad and tensor.is_leaf == leaf
        for tensor, (grad, leaf) in zip(made, before, strict=True)
    ]
    values = [tensor.detach().double() for tensor in made]
    return {"calls": told, "same": same, "rest": rest, "values": values}


def first_non_leaf(kinds):
    """The index of the first non-leaf, or None."""
    return next((k for k, kind in enumerate(kinds) if kind in NON_LEAVES), None)


def expected_flags(kinds, enabled):
    """For each call whether it raises, and the flags after it."""
    flags = [kind in ("tracked leaf", "parameter", *NON_LEAVES) for kind in kinds]
    told = []
    for flag in enabled:
        refused = not flag and first_non_leaf(kinds) is not None
        flags = flags if refused else [flag] * len(kinds)
        flags = [flags[0] if kind == "same as the first" else one for kind, one in zip(kinds, flags, strict=True)]
        told.append((refused, flags))
    return told


def values_of(kinds, k):
    """The numbers in the k-th tensor that flags_after makes."""
    base = torch.arange(3.0, dtype=torch.float64) + (0 if kinds[k] == "same as the first" else k)
    kind = kinds[0] if kinds[k] == "same as the first" else kinds[k]
    if kind in ("untracked result", "detached", "result"):
        return base * 2
    return {"view of a leaf": base[1:], "tracked view": base[:1]}.get(kind, base)


def check_flags(student, kinds, enabled, **options):
    calls = [(flag, first_non_leaf(kinds)) for flag in enabled]
    seen = student.run(flags_after, list(kinds), calls, **options)
    for told, flag, (refused, flags) in zip(seen["calls"], enabled, expected_flags(kinds, enabled), strict=True):
        text = f"set_tracking(tensors, {flag})"
        assert_close(told["ended"], "raised ValueError" if refused else "returned", name=f"how {text} ended")
        assert told["named"] in (None, "the index"), (
            f"The message of the ValueError names {told['named']}; it should name {first_non_leaf(kinds)}, "
            "that of the first non-leaf, counted from 0."
        )
        assert_close(told["flags"], flags, name=f"requires_grad after {text}")
    assert seen["same"], "The list holds other tensors now: change the flags of those that are in it."
    assert_close(seen["rest"], [True] * len(kinds), name="whether .grad and is_leaf of each are as before")
    assert_close(seen["values"], [values_of(kinds, k) for k in range(len(kinds))], name="values", rtol=0, atol=0)


LEAVES = st.sampled_from(KINDS[:6])
FLAGS = st.lists(st.booleans(), min_size=1, max_size=3)


@set_tracking.test(examples=25)
@given(st.lists(LEAVES, max_size=4), FLAGS, st.booleans())
@example(["leaf"], [True], False)
@example(["tracked leaf", "leaf"], [False], False)
@example([], [True, False], False)
@example(["leaf", "same as the first"], [True, False], False)
def test_sets_the_flag_of_every_leaf(student, kinds, enabled, in_tuple):
    """every leaf gets the flag, the tensors themselves and not copies of them; nothing else changes"""
    check_flags(student, kinds, enabled, in_tuple=in_tuple)


@set_tracking.test(examples=25)
@given(st.lists(LEAVES, max_size=3), st.sampled_from(NON_LEAVES), st.lists(st.sampled_from(KINDS), max_size=3), FLAGS)
@example(["tracked leaf"], "result", [], [False])
@example([], "result", ["tracked leaf"], [False])
@example(["leaf"], "result", ["leaf", "tracked view"], [False])
@example(["leaf", "leaf", "tracked leaf"], "result", ["result"], [False])
def test_a_non_leaf_cannot_be_switched_off(student, leaves, non_leaf, more, enabled):
    """enabled=False with a non-leaf raises ValueError naming the index of the first, and no flag has changed"""
    check_flags(student, [*leaves, non_leaf, *more], enabled)


@set_tracking.test(examples=15)
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
@example(["result"])
@example(["leaf", "tracked view"])
def test_a_non_leaf_may_be_switched_on(student, kinds):
    """enabled=True with a non-leaf is no error: it tracks already, and stays the non-leaf that it is"""
    check_flags(student, kinds, [True])


def refuse(tensors, indices=None):
    """Raise ValueError for the first of these indices (of all) that is no leaf."""
    for k in range(len(tensors)) if indices is None else indices:
        if not tensors[k].is_leaf:
            raise ValueError(f"tensor {k} is no leaf")


def give(tensors, flag):
    for tensor in tensors:
        tensor.requires_grad_(flag)


@set_tracking.misconception(
    "some flags are changed before the error", hint="look at all of them first; only then change the first flag"
)
def _(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"tensor {k} is no leaf")
        tensor.requires_grad_(enabled)


@set_tracking.misconception(
    "new tensors get the flag, and those in the list stay as they were",
    hint="detach() makes a new tensor, and so does clone(); requires_grad_() changes the one it is called on",
)
def _(tensors, enabled):
    if not enabled:
        refuse(tensors)
    for tensor in tensors:
        tensor = tensor.detach().requires_grad_(enabled)


@set_tracking.misconception(
    "the list is given new tensors",
    hint="whoever holds the old ones sees no change: call requires_grad_() on the tensors that are there",
)
def _(tensors, enabled):
    if not enabled:
        refuse(tensors)
    for k, tensor in enumerate(tensors):
        tensors[k] = tensor.detach().requires_grad_(enabled)


@set_tracking.misconception(
    "torch's own RuntimeError comes through", hint="check is_leaf yourself before torch does, and raise ValueError"
)
def _(tensors, enabled):
    give(tensors, enabled)


@set_tracking.misconception(
    "the attribute is set, which a non-leaf refuses even where it is True already",
    hint="tensor.requires_grad = True raises for a non-leaf; tensor.requires_grad_(True) finds nothing to do",
)
def _(tensors, enabled):
    if not enabled:
        refuse(tensors)
    for tensor in tensors:
        tensor.requires_grad = enabled


@set_tracking.misconception(
    "a non-leaf is passed over without a word", hint="it cannot be switched off: say so with a ValueError"
)
def _(tensors, enabled):
    give([tensor for tensor in tensors if tensor.is_leaf], enabled)


@set_tracking.misconception(
    "a non-leaf is refused also where it is to be switched on",
    hint="a non-leaf tracks already, so with enabled=True there is nothing to refuse",
)
def _(tensors, enabled):
    refuse(tensors)
    give(tensors, enabled)


@set_tracking.misconception(
    "a non-leaf is detached in place",
    hint="detach_() cuts it out of its graph, which was not asked for; raise ValueError, and leave it as it is",
)
def _(tensors, enabled):
    for tensor in tensors:
        if not enabled and not tensor.is_leaf:
            tensor.detach_()
        tensor.requires_grad_(enabled)


@set_tracking.misconception("the index is counted from 1", hint="the first tensor in the list has index 0")
def _(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"tensor {k + 1} is no leaf")
    give(tensors, enabled)


@set_tracking.misconception("the last non-leaf is named", hint="name the first: raise as soon as you find one")
def _(tensors, enabled):
    if not enabled:
        refuse(tensors, reversed(range(len(tensors))))
    give(tensors, enabled)


@set_tracking.misconception("the error names no index", hint="put the index of the first non-leaf into the message")
def _(tensors, enabled):
    if not enabled and not all(tensor.is_leaf for tensor in tensors):
        raise ValueError("a non-leaf cannot be switched off")
    give(tensors, enabled)


@set_tracking.misconception(
    "tracking is always switched on", hint="requires_grad_() without an argument sets True: hand enabled on"
)
def _(tensors, enabled):
    if not enabled:
        refuse(tensors)
    give(tensors, True)


@set_tracking.misconception(
    "a tracked leaf is taken for a non-leaf", hint="requires_grad tells whether it tracks; is_leaf tells what it is"
)
def _(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and tensor.requires_grad:
            raise ValueError(f"tensor {k} is no leaf")
    give(tensors, enabled)


gradient_with_respect_to = Task(
    "08.2",
    "gradient_with_respect_to",
    points=3,
    minutes=15,
    hints=(
        "Whose leaf may track, and whose .grad may be written into, without anybody noticing?",
        "Put leaves of your own in the place of the named inputs: detach() gives the same numbers, requires_grad_() "
        "switches tracking on. torch.autograd.grad hands gradients back and leaves .grad alone.",
        "own = {name: inputs[name].detach().requires_grad_() for name in names}; call f(**{**inputs, **own}); "
        "torch.autograd.grad of it with respect to [own[name] for name in names]; name the results in that order.",
    ),
    see=f"A leaf of your own, in {LESSON}",
)


@probe
def seen_by_the_owner(student, values, tracked, old, names, rounds):
    """The gradients as pairs in order, after each of some calls; flags, .grad and values of all inputs at the end."""
    inputs = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    inputs["count"] = torch.tensor([2, 3])
    for name in tracked:
        inputs[name].requires_grad_()
    for name in old:
        inputs[name].grad = torch.full_like(inputs[name], 0.5, requires_grad=False)

    def f(count, **tensors):
        squares = sum(("abcd".index(name) + 1) * (tensor**2).sum() for name, tensor in tensors.items())
        product = count.sum()
        for tensor in tensors.values():
            product = product * tensor.sum()
        return squares + product

    given = dict(inputs)
    gradients = []
    for _ in range(rounds):
        found = student.gradient_with_respect_to(f, given, list(names))
        gradients.append([[name, found[name].detach().clone()] for name in found])
    return {
        "gradients": gradients,
        "flags": {name: tensor.requires_grad for name, tensor in inputs.items()},
        "grads": {name: tensor.grad for name, tensor in inputs.items()},
        "values": {name: tensor.detach() for name, tensor in inputs.items()},
        "same": list(given) == list(inputs) and all(given[name] is inputs[name] for name in inputs),
    }


@st.composite
def questions(draw, rounds=(1, 2)):
    """Cases with the arguments of seen_by_the_owner."""
    known = ["a", "b", "c", "d"][: draw(st.integers(1, 4))]
    values = {name: draw(st.shaped_arrays(max_dims=2, max_size=2, min_size=1, inexact=True)).tolist() for name in known}
    some = st.lists(st.sampled_from(known), unique=True)
    tracked = draw(some)
    old = draw(st.lists(st.sampled_from(tracked), unique=True)) if tracked else []
    names = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    return st.Case(values=values, tracked=tracked, old=old, names=names, rounds=draw(st.integers(*rounds)))


def gradients_by_formula(values, names):
    """∂/∂x of Σ k·x² (k = 1 for a, 2 for b, …) + 5 · Π sum(x): 2k·x plus 5 times the product of the other sums."""
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    result = OrderedDict()
    for name in names:
        product = 5.0
        for other, tensor in tensors.items():
            product *= 1.0 if other == name else tensor.sum().item()
        result[name] = 2 * ("abcd".index(name) + 1) * tensors[name] + product
    return result


TWO = {"a": [1.0], "b": [2.0]}
ASKED = st.Case(values=TWO, tracked=["a", "b"], old=[], names=["a"], rounds=1)


@gradient_with_respect_to.test(examples=25)
@given(questions(rounds=(1, 1)))
@example(ASKED)
@example(st.Case(**vars(ASKED) | {"tracked": []}))
@example(st.Case(**vars(ASKED) | {"names": ["b", "a"]}))
@example(st.Case(**vars(ASKED) | {"old": ["a"]}))
def test_are_the_gradients_in_the_order_of_the_names(student, case):
    """the gradients of the named inputs and no others, in the order of names, whether or not the inputs track"""
    for pairs in student.run(seen_by_the_owner, **vars(case))["gradients"]:
        assert_close(OrderedDict(pairs), gradients_by_formula(case.values, case.names), name="gradients")


def check_grads(grads, old):
    """Every .grad is what it was, None or a tensor."""
    for name, grad in grads.items():
        assert grad is None or old[name] is not None, f".grad of {name} was None, and a gradient lies there now."
        assert grad is not None or old[name] is None, f".grad of {name} held a gradient, and is None now."
    assert_close(grads, old, name=".grad", rtol=0, atol=0)


@gradient_with_respect_to.test(examples=25)
@given(questions())
@example(ASKED)
@example(st.Case(**vars(ASKED) | {"tracked": []}))
@example(st.Case(**vars(ASKED) | {"tracked": ["b"]}))
@example(st.Case(**vars(ASKED) | {"old": ["b"]}))
def test_leaves_no_trace(student, case):
    """requires_grad, .grad and values of all inputs stay as they were, also of those not named"""
    seen = student.run(seen_by_the_owner, **vars(case))
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in case.values.items()}
    tensors["count"] = torch.tensor([2, 3])
    flags = {name: name in case.tracked for name in tensors}
    old = {name: torch.full_like(tensor, 0.5) if name in case.old else None for name, tensor in tensors.items()}
    assert_close(seen["flags"], flags, name="requires_grad")
    check_grads(seen["grads"], old)
    assert_close(seen["values"], tensors, name="values", rtol=0, atol=0)
    assert seen["same"], "The dict of inputs holds other tensors now: leave it as it was."


@gradient_with_respect_to.test(examples=15)
@given(questions(rounds=(2, 3)))
def test_asking_again_gives_the_same(student, case):
    """each call gives the gradients anew: nothing is left of the one before"""
    for pairs in student.run(seen_by_the_owner, **vars(case))["gradients"]:
        assert_close(OrderedDict(pairs), gradients_by_formula(case.values, case.names), name="gradients")


def own_leaves(inputs, names):
    return {name: inputs[name].detach().requires_grad_() for name in names}


def with_flags_on(inputs, names):
    for name in names:
        inputs[name].requires_grad_()


def handed_back(f, inputs, names):
    return dict(zip(names, torch.autograd.grad(f(**inputs), [inputs[name] for name in names]), strict=True))


@gradient_with_respect_to.misconception(
    "gradients are written into .grad",
    hint="backward() adds to .grad of every leaf that tracks: torch.autograd.grad hands them back instead",
)
def _(f, inputs, names):
    flags = {name: inputs[name].requires_grad for name in names}
    with_flags_on(inputs, names)
    f(**inputs).backward()
    found = {name: inputs[name].grad.clone() for name in names}
    for name in names:
        inputs[name].requires_grad_(flags[name])
    return found


@gradient_with_respect_to.misconception(
    "gradients are written into .grad, and flags are left on",
    hint="both belong to the owner: take leaves of your own, inputs[name].detach().requires_grad_()",
)
def _(f, inputs, names):
    with_flags_on(inputs, names)
    f(**inputs).backward()
    return {name: inputs[name].grad.clone() for name in names}


@gradient_with_respect_to.misconception(
    "backward writes into .grad of the other inputs",
    hint="leaves of your own are well, but backward() also reaches every other input that tracks",
)
def _(f, inputs, names):
    own = own_leaves(inputs, names)
    f(**{**inputs, **own}).backward()
    return {name: own[name].grad for name in names}


@gradient_with_respect_to.misconception(
    ".grad is cleared",
    hint="what was in .grad belongs to the owner: take leaves of your own, which have nothing in it yet",
)
def _(f, inputs, names):
    found = handed_back(f, {**inputs, **own_leaves(inputs, names)}, names)
    for tensor in inputs.values():
        tensor.grad = None
    return found


@gradient_with_respect_to.misconception(
    "flags are left switched on", hint="the owner did not ask for that: take leaves of your own, or put the flags back"
)
def _(f, inputs, names):
    with_flags_on(inputs, names)
    return handed_back(f, inputs, names)


@gradient_with_respect_to.misconception(
    "all named inputs are switched off afterwards",
    hint="some tracked before: touch no flag, or put it back",
)
def _(f, inputs, names):
    with_flags_on(inputs, names)
    found = handed_back(f, inputs, names)
    for name in names:
        inputs[name].requires_grad_(False)
    return found


@gradient_with_respect_to.misconception(
    "inputs that do not track have no gradient",
    hint="the owner's flag does not say what you may ask for: take a leaf of your own that tracks",
)
def _(f, inputs, names):
    return handed_back(f, inputs, names)


@gradient_with_respect_to.misconception(
    "the order is that of the inputs", hint="go through names, not through inputs, when you build the result"
)
def _(f, inputs, names):
    return handed_back(f, {**inputs, **own_leaves(inputs, names)}, [name for name in inputs if name in names])


@gradient_with_respect_to.misconception(
    "gradients of all inputs are returned", hint="only of those in names: others may not be differentiable at all"
)
def _(f, inputs, names):
    floating = [name for name in inputs if inputs[name].is_floating_point()]
    return handed_back(f, {**inputs, **own_leaves(inputs, floating)}, floating)


@gradient_with_respect_to.misconception(
    "the gradients are given to the wrong names",
    hint="torch.autograd.grad answers in the order of the tensors it is given: use one order for both",
)
def _(f, inputs, names):
    found = handed_back(f, {**inputs, **own_leaves(inputs, names)}, [name for name in inputs if name in names])
    return dict(zip(names, found.values(), strict=True))


predict_flags = Task(
    "08.3",
    "predict_flags",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "One input of an operation tracks, the other does not. Does the result?",
        "A result tracks if one of its inputs tracks at that moment, and then it is no leaf. "
        "Whatever does not track is a leaf, however it was made.",
        "Keep a dict from names to (flag, is_leaf), and go through the program in order: an op gets (tracked, not "
        "tracked) with tracked = any(…); the other four kinds give leaves.",
    ),
    see=f"Leaves and non-leaves, in {LESSON}",
)


@st.composite
def programs(draw, kinds=("leaf", "op", "no_grad_op", "detach", "requires_grad_"), most=7):
    """Programs of valid instructions: "requires_grad_" on leaves only."""
    program, known = [("leaf", "a", draw(st.booleans()))], {"a": (False, True)}
    known = actual_flags(program)
    for name in "bcdefghij"[: draw(st.integers(1, most))]:
        kind = draw(st.sampled_from(kinds))
        if kind in ("op", "no_grad_op"):
            inputs = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3))
            program.append((kind, name, inputs))
        elif kind == "detach":
            program.append((kind, name, draw(st.sampled_from(sorted(known)))))
        elif kind == "requires_grad_":
            leaves = sorted(one for one, (_, leaf) in known.items() if leaf)
            program.append(
                (kind, draw(st.sampled_from(leaves)), draw(st.booleans())) if leaves else ("leaf", name, True)
            )
        else:
            program.append((kind, name, draw(st.booleans())))
        known = actual_flags(program)
    return program


def actual_flags(program):
    """What torch itself says of every tensor after the program."""
    made = {}
    for kind, name, rest in program:
        if kind == "leaf":
            made[name] = torch.ones(1, requires_grad=rest)
        elif kind == "requires_grad_":
            made[name].requires_grad_(rest)
        elif kind == "detach":
            made[name] = made[rest].detach()
        else:
            with torch.set_grad_enabled(kind == "op"):
                made[name] = torch.stack([made[source] for source in rest]).sum(dim=0)
    return {name: (tensor.requires_grad, tensor.is_leaf) for name, tensor in made.items()}


@predict_flags.test
@given(programs())
@example([("leaf", "a", True), ("leaf", "b", False), ("op", "c", ["a", "b"])])
@example([("leaf", "a", False), ("leaf", "b", True), ("op", "c", ["a", "b"])])
@example([("leaf", "a", False), ("op", "b", ["a"])])
@example([("leaf", "a", True), ("no_grad_op", "b", ["a"])])
@example([("leaf", "a", True), ("op", "b", ["a"]), ("detach", "c", "b")])
@example([("leaf", "a", False), ("op", "b", ["a"]), ("requires_grad_", "a", True)])
@example([("leaf", "a", True), ("op", "b", ["a"]), ("requires_grad_", "a", False)])
def test_is_what_torch_says(student, program):
    """(requires_grad, is_leaf) of every tensor at the end of the program, as torch has them"""
    assert_close(student.predict_flags(program), actual_flags(program), name="flags")


@predict_flags.test(examples=25)
@given(programs(kinds=("op", "op", "no_grad_op", "requires_grad_", "leaf"), most=9))
@example([("leaf", "a", False), ("op", "b", ["a"]), ("requires_grad_", "b", True), ("op", "c", ["b"])])
def test_is_right_for_longer_programs(student, program):
    """also where results of results, and flags that change on the way, come together"""
    assert_close(student.predict_flags(program), actual_flags(program), name="flags")


@probe
def counted(student, program):
    """How many tensors there are, how many of them track, and how many are leaves."""
    flags = list(student.predict_flags(program).values())
    return [len(flags), sum(bool(flag) for flag, _ in flags), sum(bool(leaf) for _, leaf in flags)]


@predict_flags.test(examples=10)
@given(programs(most=9))
@example([("leaf", "a", True), ("op", "b", ["a"])])
def test_counts_up(student, program):
    """every tensor is told once: so many in all, so many that track, so many leaves"""
    flags = list(actual_flags(program).values())
    expected = [len(flags), sum(flag for flag, _ in flags), sum(leaf for _, leaf in flags)]
    assert_close(student.run(counted, program), expected, name="[tensors, those that track, leaves]")


@predict_flags.test
def test_an_empty_program_has_no_tensors(student):
    """an empty program: an empty dict"""
    assert_close(student.predict_flags([]), {}, name="flags")


def flags_by(
    program, *, spread=any, quiet=True, result_is_leaf=True, detached=(False, True), switch=True, leaf=lambda flag: True
):
    """The flags by other rules."""
    flags = {}
    for kind, name, rest in program:
        if kind == "leaf":
            flags[name] = (rest, leaf(rest))
        elif kind == "requires_grad_":
            flags[name] = (rest, leaf(rest)) if switch else flags[name]
        elif kind == "detach":
            flags[name] = flags[rest] if detached is None else detached
        else:
            tracked = spread(flags[source][0] for source in rest) and not (quiet and kind == "no_grad_op")
            flags[name] = (tracked, not tracked and result_is_leaf)
    return flags


@predict_flags.misconception(
    "a result tracks only where all inputs track", hint="one input that tracks is enough: any, not all"
)
def _(program):
    return flags_by(program, spread=all)


@predict_flags.misconception("no_grad is ignored", hint="a result made under no_grad does not track, whatever went in")
def _(program):
    return flags_by(program, quiet=False)


@predict_flags.misconception(
    "results of untracked operations are taken for non-leaves",
    hint="nothing was recorded for them, so nothing is behind them: they are leaves",
)
def _(program):
    return flags_by(program, result_is_leaf=False)


@predict_flags.misconception(
    "results and detached tensors are all taken for non-leaves",
    hint="a leaf has no graph behind it, however it was made: results that do not track are leaves, too",
)
def _(program):
    return flags_by(program, result_is_leaf=False, detached=(False, False))


@predict_flags.misconception("detach is ignored", hint="a detached tensor does not track, and is a leaf")
def _(program):
    return flags_by(program, detached=None)


@predict_flags.misconception(
    "a detached tensor is taken for a non-leaf", hint="it has no graph behind it, so it is a leaf"
)
def _(program):
    return flags_by(program, detached=(False, False))


@predict_flags.misconception("requires_grad_ is ignored", hint="it changes the flag of the leaf, on or off")
def _(program):
    return flags_by(program, switch=False)


@predict_flags.misconception(
    "whatever tracks is taken for a non-leaf", hint="a leaf that tracks is still a leaf: nothing was computed"
)
def _(program):
    return flags_by(program, leaf=lambda flag: not flag)


@predict_flags.misconception(
    "a flag set later reaches results made earlier",
    hint="an operation looks at the flags of its inputs when it runs, and never again",
)
def _(program):
    flags = {}
    for kind, name, rest in program:
        if kind in ("leaf", "requires_grad_"):
            flags[name] = rest
    leaves = set(flags)
    for kind, name, rest in program:
        if kind not in ("leaf", "requires_grad_") and name not in leaves:
            flags[name] = kind == "op" and any(flags[source] for source in rest)
    return {name: (flag, name in leaves or not flag) for name, flag in flags.items()}


@predict_flags.misconception("is_leaf comes first", hint="the order is (requires_grad, is_leaf)")
def _(program):
    return {name: (leaf, flag) for name, (flag, leaf) in flags_by(program).items()}


@predict_flags.misconception(
    "a leaf is what was made by the instruction leaf",
    hint="a leaf is what has no graph behind it: results of untracked operations, and detached tensors, are leaves too",
)
def _(program):
    made = {name for kind, name, _ in program if kind == "leaf"}
    return {name: (flag, name in made) for name, (flag, _) in flags_by(program).items()}
