"""Assignment 14 · Layers with names"""

import copy
from collections import OrderedDict

import torch
from torch import nn

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/14_layer_naming_with_ordereddict.py"

named_mlp = Task(
    "14.1",
    "named_mlp",
    points=3,
    minutes=10,
    hints=(
        "How many linear layers do four sizes ask for, and which of them is not followed by a ReLU?",
        "Fill an OrderedDict in a loop: a linear layer and a ReLU for each size between the first and the last. "
        "Then add output, and give it all to nn.Sequential.",
        'for k in range(1, len(sizes) - 1): layers[f"linear{k}"] goes from sizes[k - 1] to sizes[k], and '
        'layers[f"relu{k}"] = nn.ReLU(); after the loop layers["output"] goes from sizes[-2] to sizes[-1].',
    ),
    see=f"Names instead of numbers, in {LESSON}",
)


@probe
def layers_of(student, sizes):
    """Whether it is an nn.Sequential, and what its layers are, by name and in order."""
    model = student.named_mlp(sizes)
    if not isinstance(model, torch.nn.Sequential):
        return False, []
    told = []
    for name, layer in model._modules.items():
        text = type(layer).__name__
        if isinstance(layer, torch.nn.Linear):
            bias = "" if layer.bias is not None else ", no bias"
            text = f"Linear from {layer.in_features} to {layer.out_features}{bias}"
        told.append(f"{name}: {text}")
    return True, told


@probe
def output_with(student, sizes, weights, x):
    """The output for x of the model with these weights in place of its own."""
    model = student.named_mlp(sizes).double()
    model.load_state_dict(weights)
    return model(x).detach()


def mlp_names(sizes):
    """The names of linear layers, first to last."""
    return [f"linear{k}" for k in range(1, len(sizes) - 1)] + ["output"]


@st.composite
def filled(draw):
    """Cases of sizes, weights by name, and x."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    weights = OrderedDict()
    for k, name in enumerate(mlp_names(sizes)):
        weights[f"{name}.weight"] = draw(st.tensors(sizes[k + 1], sizes[k]))
        weights[f"{name}.bias"] = draw(st.tensors(sizes[k + 1]))
    return st.Case(sizes=sizes, weights=weights, x=draw(st.tensors((1, 3), sizes[0])))


@named_mlp.test(examples=20)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=6))
@example([2, 1])
@example([3, 2, 1])
@example([4, 3, 2, 1])
def test_has_the_layers_by_name(student, sizes):
    """linear1, relu1, and so on, and at last output, in this order and of the right sizes"""
    is_sequential, told = student.run(layers_of, sizes)
    assert is_sequential, "named_mlp should return an nn.Sequential."
    right = []
    for k, name in enumerate(mlp_names(sizes)):
        right.append(f"{name}: Linear from {sizes[k]} to {sizes[k + 1]}")
        if name != "output":
            right.append(f"relu{k + 1}: ReLU")
    assert told == right, f"The layers are {'; '.join(told)}. They should be {'; '.join(right)}."


@named_mlp.test(examples=20)
@given(filled())
def test_computes_with_them(student, case):
    """weights can be loaded by name, and the output is that of linear layers with max(0, ·) between them"""
    here = case.x
    for k, name in enumerate(mlp_names(case.sizes)):
        here = (here.clamp(min=0) if k else here) @ case.weights[f"{name}.weight"].T + case.weights[f"{name}.bias"]
    assert_close(student.run(output_with, **vars(case)), here, name="the output")


def mlp_of(sizes, *, first=1, activation=nn.ReLU, after_last=False, before=False, last="output", bias=True):
    """named_mlp, and what becomes of it where one thing is done in another way."""
    layers = OrderedDict()
    for k in range(len(sizes) - 1):
        is_last, number = k == len(sizes) - 2, k + first
        name = last if is_last and last else f"linear{number}"
        act = {f"relu{number}": activation()} if activation and (after_last or not is_last) else {}
        linear = {name: nn.Linear(sizes[k], sizes[k + 1], bias=bias)}
        layers |= act | linear if before else linear | act
    return nn.Sequential(layers)


@named_mlp.misconception(
    "an activation stands after the output", hint="a ReLU there would cut off all negative answers; output is the last"
)
def _(sizes):
    return mlp_of(sizes, after_last=True)


@named_mlp.misconception("numbers begin at 0", hint="the first linear layer is linear1, and its ReLU relu1")
def _(sizes):
    return mlp_of(sizes, first=0)


@named_mlp.misconception(
    "the last layer has a number", hint="the last linear layer is called output, also where it is the only one"
)
def _(sizes):
    return mlp_of(sizes, last="")


@named_mlp.misconception(
    "there is no activation", hint="without a ReLU in between, linear layers make just one linear layer"
)
def _(sizes):
    return mlp_of(sizes, activation=None)


@named_mlp.misconception(
    "the layers have numbers for names", hint="nn.Sequential(*layers) counts; nn.Sequential(OrderedDict(…)) names"
)
def _(sizes):
    return nn.Sequential(*mlp_of(sizes))


@named_mlp.misconception("each ReLU stands before its linear layer", hint="linear1 first, then relu1")
def _(sizes):
    return mlp_of(sizes, before=True)


rename_layers = Task(
    "14.2",
    "rename_layers",
    points=3,
    minutes=15,
    hints=(
        "If a becomes b and b becomes a, what do you have after the first of the two, done alone?",
        "Check the mapping's names first. Then go over the model's layers in their order, look up each old name, and "
        "put the module itself under its new name into an OrderedDict.",
        "for k, old in enumerate(names): new = mapping.get(old, old); if new in renamed: raise ValueError; "
        "renamed[new] = model[k]. names are the paths without a dot, of named_modules(remove_duplicate=False).",
    ),
    see=f"The same layers in another container, in {LESSON}",
)


@probe
def renamed(student, layers, mapping):
    """How the call ended, the layers of the result and of the model, and the mapping.

    layers: pairs of a name and "linear", "relu", "block", or the name of an earlier layer that stands here again.
    A layer is told as (name, place of this very module among the model's layers), the place None for another one.
    """
    made, mapping = {}, dict(mapping)
    with torch.random.fork_rng(devices=[]):
        for name, kind in layers:
            if kind == "linear":
                made[name] = torch.nn.Linear(1, 1)
            elif kind == "relu":
                made[name] = torch.nn.ReLU()
            elif kind == "block":
                made[name] = torch.nn.Sequential(torch.nn.Linear(1, 1))
            else:
                made[name] = made[kind]
        model = torch.nn.Sequential()
        for name, layer in made.items():
            model.add_module(name, layer)

    def told(sequential):
        known = list(enumerate(made.values()))
        found = sequential._modules.items()
        return [(name, next((k for k, one in known if one is layer), None)) for name, layer in found]

    result, ended = None, "returned"
    try:
        result = student.rename_layers(model, mapping)
    except KeyError:
        ended = "raised KeyError"
    except ValueError:
        ended = "raised ValueError"
    if ended == "returned" and not isinstance(result, torch.nn.Sequential):
        ended = f"returned a {type(result).__name__}"
    elif result is model:
        ended = "returned the model itself"
    got = told(result) if isinstance(result, torch.nn.Sequential) else None
    return {"ended": ended, "layers": got, "model": told(model), "mapping": mapping}


NAMES = ("a", "b", "c", "d")
NEW = ("x", "y", "z", "w")


@st.composite
def renamings(draw, wrong=False):
    """Cases of layers and a mapping; where `wrong`, of one that must be refused."""
    count = draw(st.integers(1, 4))
    layers = []
    for name in NAMES[:count]:
        kinds = ["linear", "relu", "block", *(one[0] for one in layers[:1])]
        layers.append((name, draw(st.sampled_from(kinds))))
    names = [name for name, _ in layers]
    # a shuffle of all old and some new names has swaps, circles and chains in it, and never a duplicate
    new = draw(st.permutations(names + list(NEW[: draw(st.integers(0, 2))])))
    full = dict(zip(names, new, strict=False))
    if wrong:
        if count > 1 and draw(st.booleans()):
            one, other = draw(st.permutations(names))[:2]
            mapping = {one: other} if draw(st.booleans()) else {one: "x", other: "x"}
        else:
            mapping = {"unknown": draw(st.sampled_from(NEW))}
            mapping = {**mapping, names[0]: "v"} if draw(st.booleans()) else {names[0]: "v", **mapping}
    else:
        order = draw(st.permutations(names))
        mapping = {name: full[name] for name in order}
        kept = draw(st.sampled_from([*names, None]))
        if kept is not None and kept not in [full[name] for name in names if name != kept]:
            mapping.pop(kept)
    return st.Case(layers=layers, mapping=mapping)


def renaming(mapping, *kinds):
    return st.Case(layers=list(zip(NAMES, kinds, strict=False)), mapping=mapping)


def answers_of(case):
    """What `renamed` should tell of a case."""
    names = [name for name, _ in case.layers]
    new = [case.mapping.get(name, name) for name in names]
    ended = "returned"
    if set(case.mapping) - set(names):
        ended = "raised KeyError"
    elif len(set(new)) < len(new):
        ended = "raised ValueError"
    places = [names.index(kind if kind in names else name) for name, kind in case.layers]
    before = list(zip(names, places, strict=True))
    layers = list(zip(new, places, strict=True)) if ended == "returned" else None
    return {"ended": ended, "layers": layers, "model": before, "mapping": case.mapping}


def check_renaming(student, case):
    seen, right = student.run(renamed, **vars(case)), answers_of(case)
    assert_close(seen["ended"], right["ended"], name="how the call ended")
    if right["layers"] is not None:
        mine, wanted = ([new for new, _ in layers] for layers in (seen["layers"], right["layers"]))
        assert mine == wanted, f"The new names are {mine}; they should be {wanted}."
        for (new, mine), (_, place) in zip(seen["layers"], right["layers"], strict=True):
            old = case.layers[place][0]
            assert mine == place, f"What stands under the new name {new!r} is not the very module called {old!r}."
    assert seen["model"] == right["model"], "The given model has changed: its layers' names, order, or modules."
    assert_close(seen["mapping"], right["mapping"], name="the mapping")


@rename_layers.test(examples=50)
@given(renamings())
@example(renaming({"a": "x"}, "linear", "relu"))
@example(renaming({"a": "b", "b": "a"}, "linear", "relu"))
@example(renaming({"a": "b", "b": "x"}, "linear", "relu"))
@example(renaming({}, "linear"))
@example(renaming({"c": "x"}, "linear", "relu", "a"))
def test_gives_the_same_modules_new_names(student, case):
    """a new Sequential holds the very same modules in the same order; swaps and chains are fine; the model stays"""
    check_renaming(student, case)


@rename_layers.test(examples=25)
@given(renamings(wrong=True))
@example(renaming({"unknown": "x"}, "linear"))
@example(renaming({"a": "b"}, "linear", "relu"))
@example(renaming({"a": "x", "unknown": "y"}, "linear"))
def test_refuses_what_cannot_be(student, case):
    """KeyError for a name that no layer has, ValueError where two layers would have one name; the model stays"""
    check_renaming(student, case)


def relabel(model, mapping, *, module=lambda layer: layer, once=False, known=True, unique=True, only=False):
    """rename_layers, and what becomes of it where one thing is done in another way."""
    pairs = list(model.named_children()) if once else list(model._modules.items())
    if known and set(mapping) - {name for name, _ in pairs}:
        raise KeyError(mapping)
    made = [(mapping.get(name, name), module(layer)) for name, layer in pairs if not only or name in mapping]
    if unique and len(dict(made)) < len(made):
        raise ValueError(mapping)
    return nn.Sequential(OrderedDict(made))


@rename_layers.misconception(
    "the layers are copied",
    hint="the new Sequential holds the very same modules: a step on one model must be seen in the other",
)
def _(model, mapping):
    return relabel(model, mapping, module=copy.deepcopy)


@rename_layers.misconception(
    "the layers are copied, and a module that has two names has one",
    hint="put the modules themselves under their new names; named_children() tells a module once only",
)
def _(model, mapping):
    return relabel(model, mapping, module=copy.deepcopy, once=True)


@rename_layers.misconception(
    "the order changes: renamed layers go to the end",
    hint="pop and set again puts a key last; go over the layers in their order, and look up each new name",
)
def _(model, mapping):
    return moved(model, mapping)


@rename_layers.misconception(
    "the order changes, and a module that has two names has one",
    hint="go over the layers in their order, and look up each new name; named_children() tells a module once only",
)
def _(model, mapping):
    return moved(model, mapping, once=True)


def moved(model, mapping, once=False):
    relabel(model, mapping, once=once)
    layers = dict(model.named_children() if once else model._modules)
    taken = {new: layers.pop(old) for old, new in mapping.items() if old in layers}
    return nn.Sequential(OrderedDict(layers | taken))


@rename_layers.misconception(
    "a module that has two names has one afterwards",
    hint="named_children() tells a module once; named_modules(remove_duplicate=False) tells every name",
)
def _(model, mapping):
    return relabel(model, mapping, once=True)


@rename_layers.misconception(
    "an unknown name is passed over", hint="it is most likely a slip of the pen: raise KeyError"
)
def _(model, mapping):
    return relabel(model, mapping, known=False)


@rename_layers.misconception(
    "of two layers with one name, the first is lost", hint="an OrderedDict keeps one value a key: raise ValueError"
)
def _(model, mapping):
    return relabel(model, mapping, unique=False)


@rename_layers.misconception(
    "neither unknown names nor duplicates are refused", hint="KeyError for the first, ValueError for the second"
)
def _(model, mapping):
    return relabel(model, mapping, known=False, unique=False)


@rename_layers.misconception(
    "names are changed one after the other",
    hint="after a → b there are two of them, or one is lost; look up every new name in the mapping as it was given",
)
def _(model, mapping):
    relabel(model, mapping)
    return one_by_one(model, mapping)


@rename_layers.misconception(
    "names are changed one after the other, and duplicates are not refused",
    hint="after a → b one of them is lost without a word; look up every new name in the mapping as it was given",
)
def _(model, mapping):
    relabel(model, mapping, unique=False)
    return one_by_one(model, mapping)


def one_by_one(model, mapping):
    pairs = list(model._modules.items())
    for old, new in mapping.items():
        pairs = [(new if name == old else name, layer) for name, layer in pairs]
    return nn.Sequential(OrderedDict(pairs))


@rename_layers.misconception(
    "names are changed one after the other, with pop",
    hint="pop and set again puts a layer last, and one that has the new name is lost; fill a new OrderedDict in order",
)
def _(model, mapping):
    layers = OrderedDict(model._modules)
    for old, new in mapping.items():
        layers[new] = layers.pop(old)
    return nn.Sequential(layers)


@rename_layers.misconception(
    "layers that the mapping does not mention are lost", hint="they keep their names: mapping.get(old, old)"
)
def _(model, mapping):
    return relabel(model, mapping, only=True)


@rename_layers.misconception(
    "the given model is renamed itself", hint="make a new Sequential, and leave the given one alone"
)
def _(model, mapping):
    fresh = relabel(model, mapping)
    model._modules = fresh._modules
    return model


activation_gradients = Task(
    "14.3",
    "activation_gradients",
    points=4,
    minutes=15,
    hints=(
        "An output is no leaf. Which two ways do you know to get the gradient of a tensor in the middle of a graph?",
        "Run layer after layer and keep each output under its name. Let the graph begin at a leaf of your own, made "
        "of x, so that frozen layers are recorded too. torch.autograd.grad takes a list of tensors, and the cotangent.",
        "here = x.detach().requires_grad_(); for name, layer in model.named_children(): here = layer(here), kept in "
        "outputs[name]; torch.autograd.grad(here, the list of outputs, grad_outputs=cotangent) has one gradient each.",
    ),
    see=f"The gradient in the middle, in {LESSON}",
)


@probe
def gradients_at(student, model, x, cotangent, old):
    """What activation_gradients returns; .grad, values and flags afterwards, and how many hooks are left."""
    for parameter in model.parameters():
        if old:
            parameter.grad = torch.full_like(parameter, 0.5)
    returned = student.activation_gradients(model, x, cotangent)
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    hooks = [len(getattr(part, kind)) for part in model.modules() for kind in kinds]
    grads = {name: None if p.grad is None else p.grad.detach().clone() for name, p in model.named_parameters()}
    state = {name: p.detach().clone() for name, p in model.named_parameters()}
    flags = {name: p.requires_grad for name, p in model.named_parameters()}
    return {"returned": returned, "hooks": sum(hooks), "grads": grads, "state": state, "flags": flags}


@st.composite
def passes(draw):
    """Cases of a flat model, x, a cotangent, and whether old gradients lie in the parameters."""
    model = draw(st.models("named", "mlp", "frozen", "shared", layers=(1, 3)))
    sizes = {"n": (1, 3), "i": model.sizes[0], "o": model.sizes[-1]}
    fields = {"x": "n i", "cotangent": st.field("n o", nonzero=True, as_tensor=True)}
    batch = draw(st.cases(sizes=sizes, as_tensor=True, **fields))
    return st.Case(model=model, x=batch.x, cotangent=batch.cotangent, old=draw(st.booleans()))


def line(kind="named", sizes=(1, 1), old=False):
    """A case where 2 goes in and −1.5 comes back; with a tanh in between where there are three sizes."""
    x, cotangent = (
        torch.tensor([[value] * n], dtype=torch.float64) for value, n in ((2.0, sizes[0]), (-1.5, sizes[-1]))
    )
    return st.Case(model=models.Model(kind, sizes), x=x, cotangent=cotangent, old=old)


def by_hand(case):
    """The gradients, worked out layer by layer from the last to the first."""
    layers = list(case.model.build().named_children())
    inputs, here = [], case.x.detach()
    for _, layer in layers:
        inputs.append(here)
        here = layer(here).detach()
    found, v = [], case.cotangent
    for (name, layer), before in reversed(list(zip(layers, inputs, strict=True))):
        found.append((name, v))
        if isinstance(layer, nn.Linear):
            v = v @ layer.weight.detach()
        else:
            v = v * ((1 - layer(before) ** 2) if isinstance(layer, nn.Tanh) else (before > 0).double())
    return OrderedDict(found[::-1])


@activation_gradients.test(examples=40)
@given(passes())
@example(line())
@example(line(sizes=(1, 1, 1)))
@example(line("frozen", sizes=(1, 1, 1)))
def test_is_the_gradient_at_each_output(student, case):
    """one gradient a layer, keys from the first layer to the last, the last value is the cotangent"""
    got = student.run(gradients_at, **vars(case))["returned"]
    assert_close(got, by_hand(case), name="the result")


@activation_gradients.test(examples=25)
@given(passes())
@example(line(old=True))
def test_leaves_the_model_alone(student, case):
    """.grad, values and flags of all parameters stay as they were, and no hook is left on a layer"""
    seen, parameters = student.run(gradients_at, **vars(case)), dict(case.model.build().named_parameters())
    assert seen["hooks"] == 0, "A hook is left on a layer; it would run in every later pass."
    for name, grad in seen["grads"].items():
        assert grad is None or case.old, f".grad of {name} was None, and a gradient lies there now."
        assert grad is not None or not case.old, f".grad of {name} held a gradient, and is None now."
    old = {name: torch.full_like(p, 0.5).detach() if case.old else None for name, p in parameters.items()}
    assert_close(seen["grads"], old, name=".grad")
    assert_close(seen["state"], {name: p.detach() for name, p in parameters.items()}, name="values", rtol=0, atol=0)
    assert_close(seen["flags"], {name: p.requires_grad for name, p in parameters.items()}, name="requires_grad")


@probe
def gradients_frozen(student, model, x, cotangent):
    """What activation_gradients returns for the model, wholly frozen, and x.grad and x's flag afterwards."""
    model.requires_grad_(False)
    returned = student.activation_gradients(model, x, cotangent)
    return returned, x.grad, x.requires_grad


@activation_gradients.test(examples=12)
@given(st.models("named", layers=(1, 3)), st.booleans())
@example(models.Model("named", (1, 1)), True)
def test_works_where_nothing_is_trained(student, model, tracks):
    """a model whose parameters are all frozen, with an x that tracks gradients or does not; x itself stays as it was"""
    x = torch.ones(2, model.sizes[0], dtype=torch.float64, requires_grad=tracks)
    cotangent = torch.full((2, model.sizes[-1]), -1.5, dtype=torch.float64)
    got, grad, flag = student.run(gradients_frozen, model, x, cotangent)
    assert_close(got, by_hand(st.Case(model=model, x=x, cotangent=cotangent)), name="the result")
    assert grad is None, "x.grad was None, and a gradient lies there now."
    assert_close(flag, tracks, name="x.requires_grad after the call")


def watched(model, x, cotangent, *, what="outputs", leaf=True, backward=False, reverse=False):
    """activation_gradients, and what becomes of it where one thing is done in another way."""
    here, names, inputs, outputs = x.detach().requires_grad_() if leaf else x, [], [], []
    for name, layer in model.named_children():
        inputs.append(here)
        here = layer(here)
        names.append(name)
        outputs.append(here)
    if what == "activations":
        return OrderedDict((name, output.detach()) for name, output in zip(names, outputs, strict=True))
    wanted = inputs if what == "inputs" else outputs
    if backward:
        for tensor in wanted:
            tensor.retain_grad()
        here.backward(cotangent)
        gradients = [tensor.grad for tensor in wanted]
    else:
        gradients = torch.autograd.grad(here, wanted, cotangent)
    pairs = list(zip(names, gradients, strict=True))
    return OrderedDict(reversed(pairs) if reverse else pairs)


@activation_gradients.misconception(
    "activations are returned, not gradients", hint="keep the outputs, and then ask for the gradient at each"
)
def _(model, x, cotangent):
    return watched(model, x, cotangent, what="activations")


@activation_gradients.misconception(
    "the cotangent is ignored", hint="it is the gradient that arrives at the output; ones there give those of the sum"
)
def _(model, x, cotangent):
    return watched(model, x, torch.ones_like(cotangent))


@activation_gradients.misconception(
    "the cotangent is ignored, and gradients are added to the parameters' .grad",
    hint="pass the cotangent on, and use torch.autograd.grad, which hands gradients back",
)
def _(model, x, cotangent):
    return watched(model, x, torch.ones_like(cotangent), backward=True)


@activation_gradients.misconception(
    "gradients are taken at the inputs of the layers", hint="the output of one layer is the input of the next"
)
def _(model, x, cotangent):
    return watched(model, x, cotangent, what="inputs")


@activation_gradients.misconception(
    "gradients are added to the parameters' .grad",
    hint="backward() fills every leaf; torch.autograd.grad hands back only what it is asked for",
)
def _(model, x, cotangent):
    return watched(model, x, cotangent, backward=True)


@activation_gradients.misconception(
    "the keys are in backward order", hint="backward meets the last layer first; the result begins with the first"
)
def _(model, x, cotangent):
    return watched(model, x, cotangent, reverse=True)


@activation_gradients.misconception(
    "frozen layers are not recorded where x does not track",
    hint="begin with a leaf of your own: x.detach().requires_grad_()",
    see=f"Pitfall: a frozen layer records nothing, in {LESSON}",
)
def _(model, x, cotangent):
    return watched(model, x, cotangent, leaf=False)


@activation_gradients.misconception(
    "hooks are left on the layers", hint="keep what register_… returns, and call remove() on it when you are done"
)
def _(model, x, cotangent):
    found = OrderedDict.fromkeys(name for name, _ in model.named_children())
    for name, layer in model.named_children():
        layer.register_forward_hook(lambda layer, before, after, name=name: found.__setitem__(name, after))
    output = model(x.detach().requires_grad_())
    return OrderedDict(zip(found, torch.autograd.grad(output, list(found.values()), cotangent), strict=True))
