"""Assignment 16 · Freeze and unfreeze"""

import copy
import re
from functools import partial

import torch

from autograder import Task, assert_close, example, given, models, parts, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/16_freeze_and_unfreeze_parameters.py"
MODES = "Put every part back into its own mode, in lessons/beginner/07_when_to_stop_tracking_grads.py"

freezing = Task(
    "16.1",
    "freeze",
    "unfreeze",
    points=3,
    minutes=15,
    hints=(
        "Cut body.10.weight and body.1 at their dots. Which pieces must be equal if one is a prefix of the other?",
        "Whole pieces count, so compare with the dots, and under every name that a parameter has. "
        "Look for all prefixes first, and touch the flags when all are found.",
        "For each prefix collect p for name, p in model.named_parameters(remove_duplicate=False) if "
        '(name + ".").startswith(prefix + "."); raise ValueError where there is none; a second loop sets the flags.',
    ),
    see=f"Pitfall: a path is not a string of letters, in {LESSON}",
)


@probe
def flags_after(student, model, calls):
    """The flags by name after each call, how each call ended, and all values at the end.

    model "stacked": a Sequential of a Sequential of two layers, and a third layer.
    """
    if model == "stacked":
        layers = [torch.nn.Linear(1, 1) for _ in range(3)]
        model = torch.nn.Sequential(torch.nn.Sequential(*layers[:2]), layers[2])
    parameters = dict(model.named_parameters(remove_duplicate=False))
    told = []
    for verb, prefixes in calls:
        ended = "returned"
        try:
            (student.freeze if verb == "freeze" else student.unfreeze)(model, list(prefixes))
        except ValueError:
            ended = "raised ValueError"
        told.append((ended, {name: parameter.requires_grad for name, parameter in parameters.items()}))
    values = {name: tensor.detach().clone() for name, tensor in (*parameters.items(), *model.named_buffers())}
    modes = {name or "the model": part.training for name, part in model.named_modules()}
    return told, values, modes


def is_under(name, prefix):
    """Whether the dotted path `name` begins with all parts of `prefix`."""
    return name.split(".")[: prefix.count(".") + 1] == prefix.split(".")


STACKED = {
    f"{path}.{kind}": torch.ones(1, requires_grad=True) for path in ("0.0", "0.1", "1") for kind in ("weight", "bias")
}


def expected_flags(model, calls):
    """What flags_after should tell of the calls."""
    names = STACKED if model == "stacked" else dict(model.build().named_parameters(remove_duplicate=False))
    tracked = {id(p): p.requires_grad for p in names.values()}
    told = []
    for verb, prefixes in calls:
        meant = [{id(p) for name, p in names.items() if is_under(name, prefix)} for prefix in prefixes]
        if all(meant):
            tracked.update(dict.fromkeys(set().union(*meant), verb == "unfreeze"))
        ended = "returned" if all(meant) else "raised ValueError"
        told.append((ended, {name: tracked[id(p)] for name, p in names.items()}))
    return told


def check_flags(student, model, calls):
    told, _, _ = parts(student.run(flags_after, model, calls), "flags", "values", "modes")
    for call, mine, right in zip(
        calls, parts(told, *(verb for verb, _ in calls)), expected_flags(model, calls), strict=True
    ):
        ended, flags = parts(mine, "how the call ended", "flags")
        text = f"{call[0]}(model, {call[1]})"
        assert_close(ended, right[0], name=f"how {text} ended")
        assert_close(flags, right[1], name=f"after {text}: requires_grad")


def prefixes_of(model, second_names):
    """(right, wrong): the prefixes of parameters, and paths that are almost one.

    second_names: whether there are prefixes that mean a shared parameter by another name than its first.
    """
    module = model.build()
    names = dict(module.named_parameters(remove_duplicate=False))
    first = dict(module.named_parameters())
    paths = [name.split(".") for name in names]
    right = sorted({".".join(path[:k]) for path in paths for k in range(1, len(path) + 1)})
    inner = {
        ".".join(path[k:end]) for path in paths for k in range(1, len(path)) for end in range(k + 1, len(path) + 1)
    }
    dotted = {f"{prefix[:k]}.{prefix[k + 1 :]}" for prefix in right for k in range(1, len(prefix) - 1)} - set(right)
    near = {prefix[:-1] for prefix in right} | {prefix + "0" for prefix in right} | {f"other.{right[0]}"}
    near |= {name for name, _ in (*module.named_modules(), *module.named_buffers())}
    groups = [sorted(paths - set(right) - {""}) for paths in (near, inner, dotted)]
    wrong = [[path for path in paths if not path.endswith(".") and ".." not in path] for paths in groups]
    if not second_names:
        right = [prefix for prefix in right if means(first, prefix) == means(names, prefix)]
    return right, [paths for paths in wrong if paths]


def means(parameters, prefix):
    """The ids of those of the parameters by name that are under the prefix."""
    return {id(parameter) for name, parameter in parameters.items() if is_under(name, prefix)}


KINDS = ("transfer", "mlp", "shared", "nested", "frozen")


@st.composite
def calls(draw, with_wrong=False, kinds=KINDS, second_names=False):
    """(model, calls): some calls of freeze and unfreeze, each a verb and a list of prefixes."""
    model = draw(st.models(*kinds, layers=(1, 6)))
    right, wrong = prefixes_of(model, second_names)
    lists = st.lists(st.sampled_from(right), min_size=0 if with_wrong else 1, max_size=2)
    made = draw(st.lists(st.tuples(st.sampled_from(["freeze", "unfreeze"]), lists), min_size=1, max_size=3))
    if with_wrong:
        verb, prefixes = made[-1]
        place = draw(st.integers(0, len(prefixes)))
        made[-1] = (verb, [*prefixes[:place], draw(st.sampled_from(draw(st.sampled_from(wrong)))), *prefixes[place:]])
    return model, made


TEN = models.Model("transfer", (1, 1, 1))
TIED = models.Model("shared", (1, 2, 2, 2, 1))
LONG = models.Model("mlp", (1, 1, 1, 1, 1, 1, 1))


@freezing.test(examples=30)
@given(calls())
@example((TEN, [("freeze", ["body.layer1"])]))
@example((TEN, [("freeze", ["body", "classifier"]), ("unfreeze", ["body.layer1", "classifier.out.bias"])]))
def test_sets_the_flags_under_the_prefixes(student, case):
    """the parameters under a prefix get the flag, and no others: layer1 is not layer10"""
    check_flags(student, *case)


@freezing.test
def test_a_prefix_stands_at_the_beginning(student):
    """a prefix stands at the beginning of a path: 1 is not 0.1"""
    check_flags(student, "stacked", [("freeze", ["1"]), ("freeze", ["0"]), ("unfreeze", ["1", "0.1.bias"])])


@freezing.test(examples=10)
@given(st.sampled_from(["body.layer2", "body.layer2.weight", "body.layer10", "body.layer10.weight"]))
def test_a_shared_parameter_is_meant_by_each_of_its_names(student, prefix):
    """a parameter that two layers share is frozen under either name, and unfrozen too"""
    check_flags(student, TEN, [("freeze", [prefix]), ("freeze", ["body"]), ("unfreeze", [prefix])])


@freezing.test(examples=30)
@given(calls(with_wrong=True))
@example((TEN, [("freeze", ["body.lay"])]))
@example((TEN, [("freeze", ["norm"])]))
@example((LONG, [("freeze", ["bias"])]))
@example((TEN, [("freeze", ["bo.y"])]))
@example((TEN, [("freeze", ["classifier.out", "body.norm.running_mean"])]))
@example((LONG, [("unfreeze", ["0", "1"])]))
@example((TEN, [("freeze", ["body"]), ("unfreeze", ["classifier", "body.layer1", "body.act"])]))
def test_refuses_a_prefix_of_no_parameter(student, case):
    """a prefix that is that of no parameter raises ValueError, and then no flag has changed"""
    check_flags(student, *case)


@freezing.test(examples=20)
@given(calls())
def test_changes_nothing_but_flags(student, case):
    """values, BatchNorm statistics and modes stay"""
    model, made = case
    _, values, modes = parts(student.run(flags_after, model, made), "flags", "values", "modes")
    module = model.build()
    tensors = (*module.named_parameters(remove_duplicate=False), *module.named_buffers())
    assert_close(values, {name: tensor.detach() for name, tensor in tensors}, name="values", rtol=0, atol=0)
    modes_before = {name or "the model": part.training for name, part in module.named_modules()}
    assert_close(modes, modes_before, name="training")


def under(model, prefix, *, match=is_under, all_names=True):
    """The parameters under a prefix, or ValueError."""
    names = model.named_parameters(remove_duplicate=not all_names)
    if not (found := [parameter for name, parameter in names if match(name, prefix)]):
        raise ValueError(prefix)
    return found


def give(model, prefixes, flag, **options):
    """Give the flag to all that is under the prefixes, found with these options."""
    meant = [parameter for prefix in prefixes for parameter in under(model, prefix, **options)]
    for parameter in meant:
        parameter.requires_grad_(flag)


def give_all(model, prefixes, flag, check):
    for prefix in prefixes if check else ():
        under(model, prefix)
    model.requires_grad_(flag)


def give_too_early(model, prefixes, flag, **options):
    for prefix in prefixes:
        give(model, [prefix], flag, **options)


def give_silently(model, prefixes, flag):
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if any(is_under(name, prefix) for prefix in prefixes):
            parameter.requires_grad_(flag)


def mistake(name, setter, hint, frozen=False):
    """Declare freeze and unfreeze made of one function of (model, prefixes, flag)."""
    freezing.misconception(
        name,
        hint=hint,
        freeze=lambda model, prefixes: setter(model, prefixes, frozen),
        unfreeze=lambda model, prefixes: setter(model, prefixes, not frozen),
    )


def loosely(name, match, hint):
    """Declare a loose comparison of a name with a prefix, alone and beside the two other slips of a first draft."""
    early, first = "flags are changed too early", "a shared parameter is known by its first name only"
    for setter, slips in ((give, ()), (give_too_early, (early,))):
        for all_names in (True, False):
            told = ", and ".join((name, *slips, *(() if all_names else (first,))))
            mistake(told, partial(setter, match=match, all_names=all_names), hint)


loosely(
    "the names are compared letter by letter",
    str.startswith,
    "layer10.weight starts with the letters layer1 but is not under layer1; a prefix ends at a dot",
)
loosely(
    "the letters of the prefix are looked for anywhere in the name",
    str.__contains__,
    "a prefix is the beginning of a path: compare the names between the dots, from the first one on",
)
loosely(
    "a piece in the middle of a path is taken for its beginning",
    lambda name, prefix: prefix in name.split(".") or is_under(name, prefix),
    "1 is no prefix of 0.1.weight: compare the pieces from the first one on",
)
loosely(
    "a dot of the prefix stands for any character",
    lambda name, prefix: re.match(f"{prefix}([.]|$)", name) is not None,
    "in a regular expression a bare dot is any character: re.escape(prefix), or compare without one",
)
mistake("all parameters get the flag", partial(give_all, check=False), "only those under one of the prefixes are meant")
mistake(
    "all parameters get the flag once the prefixes are found right",
    partial(give_all, check=True),
    "only those under one of the prefixes are meant",
)
mistake(
    "flags are changed before all prefixes are known to be right",
    give_too_early,
    "look for all prefixes first; a ValueError must leave the model as it was",
)
mistake(
    "a shared parameter is known by its first name only",
    partial(give, all_names=False),
    "named_parameters() tells one name of each; with remove_duplicate=False it tells all",
)
mistake(
    "flags are changed too early, and a shared parameter is known by its first name only",
    partial(give_too_early, all_names=False),
    "look for all prefixes first, under all names: named_parameters(remove_duplicate=False)",
)
mistake(
    "a prefix of no parameter is passed over", give_silently, "it is most likely a slip of the pen: raise ValueError"
)
mistake(
    "a prefix is taken for a whole name",
    partial(give, match=str.__eq__),
    "body is a prefix of body.0.weight: all parameters of that part are meant",
)
mistake("freeze and unfreeze are swapped", give, "a frozen parameter has requires_grad=False", frozen=True)


def give_to_parts(model, prefixes, flag, missing):
    """Give the flag to whole modules; a prefix that is no module raises `missing`."""
    known = dict(model.named_modules())
    if lost := [prefix for prefix in prefixes if prefix not in known]:
        raise missing(lost[0])
    for prefix in prefixes:
        known[prefix].requires_grad_(flag)


def give_all_that_is_named(model, prefixes, flag):
    """As asked, but a prefix of anything, a part without parameters too, is accepted."""
    names = [name for name, _ in (*model.named_modules(), *model.named_parameters(remove_duplicate=False))]
    for prefix in prefixes:
        if prefix not in names:
            raise ValueError(prefix)
    give_silently(model, prefixes, flag)


def give_where_any_is_right(model, prefixes, flag):
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    if prefixes and not any(is_under(name, prefix) for name in names for prefix in prefixes):
        raise ValueError(prefixes)
    give_silently(model, prefixes, flag)


def give_and_take(model, prefixes, flag):
    meant = [parameter for prefix in prefixes for parameter in under(model, prefix)]
    if meant:
        model.requires_grad_(not flag)
    for parameter in meant:
        parameter.requires_grad_(flag)


def turn_over(model, prefixes, flag):
    for parameter in {parameter for prefix in prefixes for parameter in under(model, prefix)}:
        parameter.requires_grad_(not parameter.requires_grad)


def give_with_mode(model, prefixes, flag):
    give(model, prefixes, flag)
    for name, module in model.named_modules():
        if name in prefixes:
            module.train(flag)


mistake(
    "only whole parts are found, and a single parameter raises KeyError",
    partial(give_to_parts, missing=KeyError),
    "the path of one parameter is a prefix too; a path that is nobody's raises ValueError",
)
mistake(
    "only whole parts are found, no single parameter",
    partial(give_to_parts, missing=ValueError),
    "the path of one parameter is a prefix too: look among the parameters, not among the modules",
)
mistake(
    "a part without parameters is accepted",
    give_all_that_is_named,
    "an activation is a part of the model, but no parameter is under it: ValueError",
)
mistake(
    "one right prefix is enough",
    give_where_any_is_right,
    "each prefix must be that of a parameter; the others do not make up for a wrong one",
)
mistake("all others get the opposite flag", give_and_take, "what is not named keeps the flag it has")
mistake("flags are turned over, not set", turn_over, "what is frozen already stays frozen when it is frozen again")
mistake(
    "frozen parts are put into eval mode too",
    give_with_mode,
    "flag and mode are two things, and only the flag is asked for here",
)
mistake(
    "only the first piece of a prefix counts",
    partial(give, match=lambda name, prefix: name.split(".")[0] == prefix.split(".")[0]),
    "body.layer1 means less than body: all pieces must agree, as far as the prefix goes",
)


fine_tune = Task(
    "16.2",
    "fine_tune",
    points=4,
    minutes=25,
    hints=(
        "train() and eval() reach every part inside. In which order do you call them on the model and on its head?",
        "Note each module's training and each parameter's requires_grad first. Model to eval, head to train; "
        "step the head's parameters with their gradients only; then put back what you noted.",
        "part = model.get_submodule(head); model.eval(); part.train(); part.requires_grad_(True); in the loop "
        "part.zero_grad(), loss.backward(), and under no_grad p -= lr * p.grad for each p of part.parameters(); "
        "then two loops put modes and flags back.",
    ),
    see=f"What freezing does not stop, 1: BatchNorm, in {LESSON}",
)


@probe
def after_fine_tuning(student, model, head, x, y, lr, steps, frozen, in_eval, old_gradients):
    """What fine_tune returned; the head's parameters and buffers; values outside; modes; flags; x and y."""
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.requires_grad_(name not in frozen)
        if old_gradients:
            parameter.grad = torch.full_like(parameter, 0.5)
    for name, part in model.named_modules():
        part.training = (name or "the model") not in in_eval
    losses = student.fine_tune(model, head, x, y, lr, steps)
    values = {name: tensor.detach().clone() for name, tensor in (*parameters.items(), *model.named_buffers())}
    inside = {name: values.pop(name) for name in list(values) if name.startswith(head + ".")}
    trained = {name: inside.pop(name) for name in list(inside) if name in parameters}
    modes = {name or "the model": part.training for name, part in model.named_modules()}
    flags = {name: parameter.requires_grad for name, parameter in parameters.items()}
    return losses, trained, inside, values, modes, flags, [x, y]


def look(student, case):
    """What after_fine_tuning tells of a case, by name."""
    names = ("losses", "head", "statistics", "rest", "modes", "flags", "data")
    return dict(zip(names, parts(student.run(after_fine_tuning, **vars(case)), *names), strict=True))


def expected_training(case):
    """(losses, head): the losses before each step, and the head's parameters by name after the last.

    The parameters live apart from the module here, as tensors that are put in at each call.
    """
    model = case.model.build().eval()
    head = model.get_submodule(case.head).train()
    state = {f"{case.head}.{name}": p.detach() for name, p in head.named_parameters()}
    losses = []
    for _ in range(case.steps):
        leaves = {name: value.clone().requires_grad_() for name, value in state.items()}
        outputs = torch.func.functional_call(model, leaves, (case.x,))
        loss = (outputs - case.y).square().sum() / case.y.numel()
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        state = {name: state[name] - case.lr * g for name, g in zip(state, gradients, strict=True)}
        losses.append(loss.item())
    return losses, state


def check_rest(student, case):
    """All outside the head is as it was, to the last bit."""
    seen, module = look(student, case), case.model.build()
    tensors = (*module.named_parameters(), *module.named_buffers())
    rest = {name: tensor.detach() for name, tensor in tensors if not is_under(name, case.head)}
    assert_close(seen["rest"], rest, name="outside the head", rtol=0, atol=0)
    assert_close(seen["data"], [case.x, case.y], name="[x, y]", rtol=0, atol=0)


HEADS = (
    ("transfer", "classifier"),
    ("transfer", "classifier.out"),
    ("transfer", "body.layer1"),
    ("transfer", "body.norm"),
    ("nested", "head"),
    ("nested", "backbone"),
    ("named", "output"),
)


@st.composite
def trainings(draw, heads=HEADS, steps=(0, 4), dropout=0.5):
    """Cases with the arguments of after_fine_tuning; batches of two rows or more, so that BatchNorm can train."""
    kind, head = draw(st.sampled_from(heads))
    model = draw(st.models(kind, layers=(2, 3), dropout=dropout))
    shapes = {"n": (2, 4), "i": model.sizes[0], "o": model.sizes[-1]}
    batch = draw(st.cases(sizes=shapes, as_tensor=True, x="n i", y="n o"))
    module = model.build()
    names = st.sampled_from([name for name, _ in module.named_parameters()])
    modules = st.sampled_from([name or "the model" for name, _ in module.named_modules()])
    return st.Case(
        model=model,
        head=head,
        x=batch.x,
        y=batch.y,
        lr=draw(st.sampled_from([0.125, 0.0625, 0.1])),
        steps=draw(st.integers(*steps)),
        frozen=draw(st.lists(names, max_size=3, unique=True)),
        in_eval=draw(st.lists(modules, max_size=3, unique=True)),
        old_gradients=draw(st.booleans()),
    )


@fine_tune.test
@given(trainings(steps=(1, 4)))
def test_trains_the_head(student, case):
    """the losses before each step, and the head after the last: all of it, in train mode, the rest in eval mode"""
    seen, (losses, head) = look(student, case), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["head"], head, name="the head's parameters")


@fine_tune.test(examples=30)
@given(trainings(heads=(("transfer", "body"),), steps=(1, 3), dropout=1.0))
def test_trains_a_head_that_holds_dropout_and_shared_weights(student, case):
    """dropout and BatchNorm inside the head act as in train mode; a weight shared inside it is stepped once"""
    seen, (losses, head) = look(student, case), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["head"], head, name="the head's parameters")


@fine_tune.test(examples=30)
@given(trainings())
def test_leaves_the_rest_as_it_was(student, case):
    """no parameter and no BatchNorm statistic outside the head changes, and neither do x and y"""
    check_rest(student, case)


def two_steps(head, x, y):
    """A case of two steps on a model that is free and in train mode."""
    x, y = (torch.tensor(rows, dtype=torch.float64) for rows in (x, y))
    model = models.Model("transfer", (2, 2, 1), 3)
    return st.Case(model=model, head=head, x=x, y=y, lr=0.125, steps=2, frozen=[], in_eval=[], old_gradients=False)


@fine_tune.test
def test_one_row_is_enough(student):
    """one row of data is enough: BatchNorm outside the head uses its statistics, as in eval mode"""
    case = two_steps("classifier.out", [[1.0, -0.5]], [[2.0]])
    seen, (losses, head) = look(student, case), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["head"], head, name="the head's parameters")


@fine_tune.test
@given(st.sampled_from(["classifier", "body", "body.norm"]))
def test_the_statistics_of_the_head_move(student, head):
    """BatchNorm inside the head is trained with it: its running mean, its running variance and its count move"""
    case = two_steps(head, [[1.0, -0.5], [0.5, 0.25]], [[2.0], [-1.0]])
    before = {name: buffer for name, buffer in case.model.build().named_buffers() if is_under(name, head)}
    after = look(student, case)["statistics"]
    for name, buffer in before.items():
        moved = "as before" if torch.equal(after[name], buffer) else "moved"
        assert_close(moved, "moved", name=f"{name} after the training")


@fine_tune.test
def test_a_part_with_a_longer_name_is_not_the_head(student):
    """where body.layer1 is the head, body.layer10 stays as it was"""
    case = two_steps("body.layer1", [[1.0, -0.5], [0.5, 0.25]], [[2.0], [-1.0]])
    check_rest(student, case)


@fine_tune.test(examples=25)
@given(trainings())
def test_puts_modes_and_flags_back(student, case):
    """every part is in the mode and every parameter has the flag that it had before"""
    seen, module = look(student, case), case.model.build()
    modes = {name or "the model": (name or "the model") not in case.in_eval for name, _ in module.named_modules()}
    flags = {name: name not in case.frozen for name, _ in module.named_parameters()}
    assert_close(seen["modes"], modes, name="training")
    assert_close(seen["flags"], flags, name="requires_grad")


@fine_tune.test(examples=15)
@given(trainings(steps=(0, 0)))
def test_no_steps_change_nothing(student, case):
    """no steps: an empty list, and the head as it was"""
    seen, (losses, head) = look(student, case), expected_training(case)
    assert_close(seen["losses"], losses, name="the list of losses")
    assert_close(seen["head"], head, name="the head's parameters", rtol=0, atol=0)


def tuned(
    model, head, x, y, lr, steps, *, whole=False, in_train=(), in_eval=(), free=True, clear=True, decay=0.0,
    modes_back=True, flags_back=True, before=True, mean=True, letters=False, momentum=0.0, set_modes=True,
    only_head_free=False, rebind=False, buffers_back=False, frozen_rest=False,
):  # fmt: skip
    """fine_tune, and what becomes of it where one thing is done in another way."""
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in part.buffers()]
    if frozen_rest:
        model.requires_grad_(False)
    if set_modes:
        model.eval()
        part.train()
    for name in in_train:
        model.get_submodule(name).train()
    for name in in_eval:
        model.get_submodule(name or head).eval()
    moved = list(model.parameters() if whole else part.parameters())
    if letters:
        moved = [parameter for name, parameter in model.named_parameters() if name.startswith(head)]
    if free:
        for parameter in part.parameters() if only_head_free else moved:
            parameter.requires_grad_(True)
    moved = [parameter for parameter in moved if parameter.requires_grad]
    speeds = [torch.zeros_like(parameter) for parameter in moved]
    losses = []
    for _ in range(steps):
        if clear is True:
            for parameter in moved:
                parameter.grad = None
        squares = (model(x) - y) ** 2
        loss = squares.mean() if mean else squares.sum()
        loss.backward()
        with torch.no_grad():
            for parameter, speed in zip(moved, speeds, strict=True):
                speed.mul_(momentum).add_(parameter.grad)
                parameter -= 0 if rebind else lr * speed
            for parameter in model.parameters() if decay else ():
                parameter -= lr * decay * parameter
            if not before:
                loss = ((model(x) - y) ** 2).mean()
        losses.append(loss.item())
        for parameter in moved if clear == "last" else ():
            parameter.grad = None
    for buffer, value in buffers if buffers_back else ():
        buffer.copy_(value)
    for module, training in modes if modes_back else ():
        module.training = training
    for parameter, flag in flags if flags_back else ():
        parameter.requires_grad_(flag)
    return losses


@fine_tune.misconception(
    "the rest is in train mode, and its statistics move",
    hint="frozen weights do not stop BatchNorm: model.eval() first, and then train() on the head alone",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, in_train=[""])


@fine_tune.misconception(
    "weight decay moves the frozen weights too",
    hint="a step has no weight decay here, and an optimizer should hold the head's parameters only",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, decay=0.01)


@fine_tune.misconception(
    "the whole model is trained", hint="step the parameters of model.get_submodule(head), and no others"
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, whole=True)


@fine_tune.misconception(
    "the whole model is trained, all of it in train mode",
    hint="step the parameters of model.get_submodule(head) only, and keep the rest in eval mode",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, whole=True, in_train=[""])


@fine_tune.misconception(
    "the head is in eval mode", hint="model.eval() reaches the head as well: call train() on the head after it"
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, in_eval=[""])


@fine_tune.misconception(
    "frozen parameters of the head stay frozen", hint="all of the head is trained: set its flags to True first"
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, free=False)


@fine_tune.misconception(
    "modes and flags are not put back",
    hint="note training and requires_grad of every part before you change them",
    see=MODES,
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, modes_back=False, flags_back=False)


def slip_of_tuning(name, hint, see="", **options):
    """Declare tuned with these options as a mistake."""
    fine_tune.misconception(
        name,
        hint=hint,
        see=see,
        fine_tune=lambda model, head, x, y, lr, steps: tuned(model, head, x, y, lr, steps, **options),
    )


slip_of_tuning(
    "the modes are left as they are",
    "the head trains in train mode and the rest in eval mode: model.eval() first, then train() on the head",
    set_modes=False,
)
slip_of_tuning(
    "the modes are not put back",
    "note training of every part before model.eval(), and set each again at the end",
    see=MODES,
    modes_back=False,
)
slip_of_tuning(
    "the flags of the head are not put back",
    "a parameter of the head that was frozen before is frozen again afterwards: note requires_grad of each",
    flags_back=False,
)
slip_of_tuning(
    "the rest is frozen afterwards",
    "what was free before is free again afterwards: note requires_grad of each parameter, in the rest too",
    frozen_rest=True,
    flags_back=False,
)
slip_of_tuning(
    "the modes are not put back, and the rest is frozen afterwards",
    "note training of every part and requires_grad of every parameter first, and set each again at the end",
    see=MODES,
    frozen_rest=True,
    modes_back=False,
    flags_back=False,
)
slip_of_tuning(
    "the step makes new tensors, and the parameters stay",
    "`p = p - …` gives the name p to another tensor; under no_grad `p -= …` writes into the parameter",
    rebind=True,
)
slip_of_tuning(
    "old gradients take part in the first step",
    "something may lie in .grad before the first step: clear it before backward(), not only after the step",
    clear="last",
)
slip_of_tuning(
    "what is free in the rest is trained too",
    "step the parameters of model.get_submodule(head) only: model.parameters() has those of the rest as well",
    whole=True,
    only_head_free=True,
)
slip_of_tuning(
    "the head's statistics are put back too",
    "the head is trained, and its BatchNorm with it: only modes and flags are put back",
    buffers_back=True,
)


@fine_tune.misconception(
    "gradients are not cleared",
    hint="backward() adds to .grad, also to what was there beforehand; clear it before each step",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, clear=False)


@fine_tune.misconception(
    "the loss is measured after the step", hint="the loss of a step is the one whose gradient makes the step"
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, before=False)


@fine_tune.misconception(
    "the sum is taken for the mean", hint="the loss is the mean over all entries of (model(x) − y)²"
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, mean=False)


@fine_tune.misconception(
    "the head is told by letters",
    hint="body.layer10.weight begins with the letters body.layer1; take the parameters of the part itself",
    see=f"Pitfall: a path is not a string of letters, in {LESSON}",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, letters=True)


@fine_tune.misconception(
    "all is in train mode and unfrozen afterwards",
    hint="some parts were in eval mode and some parameters frozen before: note each, and put each back",
    see=MODES,
)
def _(model, head, x, y, lr, steps):
    losses = tuned(model, head, x, y, lr, steps)
    model.train().requires_grad_(True)
    return losses


@fine_tune.misconception(
    "one mode is put back for all parts",
    hint="model.train(mode) reaches every part; each had a mode of its own",
    see=MODES,
)
def _(model, head, x, y, lr, steps):
    mode = model.training
    losses = tuned(model, head, x, y, lr, steps)
    model.train(mode)
    return losses


@fine_tune.misconception("the losses are tensors", hint="a tensor of one number gives it as a float with .item()")
def _(model, head, x, y, lr, steps):
    return [torch.tensor(loss, dtype=x.dtype) for loss in tuned(model, head, x, y, lr, steps)]


@fine_tune.misconception(
    "the optimizer has momentum",
    hint="plain gradient descent: each step is lr times the gradient of that step, and remembers none before",
    see=f"What freezing does not stop, 2 and 3: weight decay and momentum, in {LESSON}",
)
def _(model, head, x, y, lr, steps):
    return tuned(model, head, x, y, lr, steps, momentum=0.9)


@fine_tune.misconception(
    "a copy is trained", hint="the caller looks at the model that was passed in: train that one, in place"
)
def _(model, head, x, y, lr, steps):
    return tuned(copy.deepcopy(model), head, x, y, lr, steps)


trainable_fraction = Task(
    "16.3",
    "trainable_fraction",
    points=3,
    minutes=10,
    hints=(
        "How many numbers does a weight of shape (5, 24) hold, and how does a tensor tell you?",
        "Add up numel() over model.parameters(), once for all of them and once for those that require gradients. "
        "parameters() names a shared one once.",
        "free = sum(p.numel() for p in model.parameters() if p.requires_grad); "
        "divide it by the same sum without the condition.",
    ),
    see=f"Freeze, and put on a new head, in {LESSON}",
)


@st.composite
def partly_frozen(draw):
    """Models in which any parameters are frozen."""
    model = draw(st.models("transfer"))
    names = [name for name, _ in model.build().named_parameters()]
    frozen = draw(st.lists(st.sampled_from(names), max_size=len(names), unique=True))
    return models.Model(model.kind, model.sizes, model.seed, model.options | {"frozen": frozen})


def numbers_in(module, *, free):
    """How many numbers the parameters hold, each tensor counted by its place in memory; free: only those that track."""
    places = {p.data_ptr(): p.detach().numpy().size for p in module.parameters() if p.requires_grad or not free}
    return sum(places.values())


SINGLE = 1e-6  # counts may be divided in float32; fractions of counts as small as these are further apart


@trainable_fraction.test
@given(st.one_of(partly_frozen(), st.models("frozen", "shared", "mlp_batchnorm", "linear")))
def test_counts_numbers(student, model):
    """the share of the numbers in parameters that can be trained; a shared parameter counts once"""
    module = model.build()
    share = numbers_in(module, free=True) / numbers_in(module, free=False)
    assert_close(student.trainable_fraction(model), share, name="the fraction", rtol=SINGLE)


@trainable_fraction.test(examples=15)
@given(st.models("transfer", "mlp"), st.booleans())
def test_all_or_nothing(student, model, tracks):
    """1.0 where everything can be trained, 0.0 where nothing can"""
    if not tracks:
        names = [name for name, _ in models.Model("transfer", model.sizes).build().named_parameters()]
        model = models.Model("transfer", model.sizes, model.seed, model.options | {"frozen": names})
    assert_close(student.trainable_fraction(model), float(tracks), name="the fraction", rtol=SINGLE)


def share(model, *, size=torch.Tensor.numel, wanted=True, twice=False):
    """The share by another measure."""
    parameters = [p for _, p in model.named_parameters(remove_duplicate=not twice)]
    return sum(size(p) for p in parameters if p.requires_grad is wanted) / sum(size(p) for p in parameters)


@trainable_fraction.misconception(
    "tensors are counted, not their elements",
    hint="a weight of 5 × 24 counts 120 times as much as a single number: numel()",
)
def _(model):
    return share(model, size=lambda p: 1)


@trainable_fraction.misconception(
    "a shared parameter is counted under each of its names",
    hint="parameters() gives it once; remove_duplicate=False twice",
)
def _(model):
    return share(model, twice=True)


@trainable_fraction.misconception("the frozen part is counted", hint="requires_grad is True for what can be trained")
def _(model):
    return share(model, wanted=False)


@trainable_fraction.misconception(
    "buffers are counted too", hint="BatchNorm's statistics are buffers, not parameters: parameters() leaves them out"
)
def _(model):
    free = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return free / sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))


@trainable_fraction.misconception("the count is not divided", hint="a fraction: divide by the count of all parameters")
def _(model):
    return float(sum(p.numel() for p in model.parameters() if p.requires_grad))


@trainable_fraction.misconception(
    "rows are counted, not elements", hint="len() of a matrix counts its rows; numel() counts all numbers"
)
def _(model):
    return share(model, size=len)


@trainable_fraction.misconception("the share is told in per cent", hint="a fraction lies between 0.0 and 1.0")
def _(model):
    return 100 * share(model)


@trainable_fraction.misconception(
    "the quotient is rounded down", hint="// drops what is behind the decimal point; / keeps it"
)
def _(model):
    return float(share(model) // 1)


@trainable_fraction.misconception(
    "what can be trained is divided by what is frozen", hint="the share of all: divide by frozen and free together"
)
def _(model):
    free = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return free / max(1, sum(p.numel() for p in model.parameters() if not p.requires_grad))


@trainable_fraction.misconception(
    "the fraction is a tensor", hint="numel() is a whole number already: no tensor needed"
)
def _(model):
    return torch.tensor(share(model))


@trainable_fraction.misconception(
    "only the parameters of the direct children are counted",
    hint="a part may have parts of its own; model.parameters() goes all the way down",
)
def _(model):
    own = [p for child in model.children() for p in child.parameters(recurse=False)]
    return sum(p.numel() for p in own if p.requires_grad) / max(1, sum(p.numel() for p in own))


@trainable_fraction.misconception(
    "the fractions of the parts are averaged",
    hint="a large part counts more than a small one: add up first, then divide",
)
def _(model):
    shares = [share(part) for part in model.children() if any(True for _ in part.parameters())]
    return sum(shares) / max(1, len(shares))
