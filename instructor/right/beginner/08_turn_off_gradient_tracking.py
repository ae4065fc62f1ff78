# %% 08.1 · by the attribute, the index as the only argument
def set_tracking(tensors, enabled):
    if not enabled:
        stuck = [k for k, tensor in enumerate(tensors) if tensor.grad_fn is not None]
        if stuck:
            raise ValueError(stuck[0])
    for tensor in tensors:
        if tensor.is_leaf:
            tensor.requires_grad = enabled


# %% 08.1 · try it, and undo it
def set_tracking(tensors, enabled):
    before = [tensor.requires_grad for tensor in tensors]
    for k in range(len(tensors)):
        try:
            tensors[k].requires_grad_(enabled)
        except RuntimeError as error:
            for earlier in reversed(range(k)):
                tensors[earlier].requires_grad_(before[earlier])
            raise ValueError(f"tensors[{k}] of {len(tensors)} has a graph behind it") from error


# %% 08.1 · an exception of its own, with next()
class NonLeaf(ValueError):
    pass


def set_tracking(tensors, enabled):
    first = next((k for k, tensor in enumerate(tensors) if tensor.requires_grad and not tensor.is_leaf), None)
    if first is not None and not enabled:
        raise NonLeaf(f"index {first}: shape {tuple(tensors[first].shape)} is a result; use detach()")
    [tensor.requires_grad_(enabled) for tensor in tensors]


# %% 08.2 · torch.func
def gradient_with_respect_to(f, inputs, names):
    def value(wanted):
        return f(**{**inputs, **wanted})

    found = torch.func.grad(value)({name: inputs[name].detach() for name in names})
    return {name: found[name] for name in names}


# %% 08.2 · all inputs detached, backward on copies of one's own
def gradient_with_respect_to(f, inputs, names):
    own = {name: tensor.detach().clone() for name, tensor in inputs.items()}
    for name in names:
        own[name].requires_grad_()
    f(**own).backward()
    return {name: own[name].grad for name in names}


# %% 08.2 · the owner's flags switched on and put back
def gradient_with_respect_to(f, inputs, names):
    flags = {name: inputs[name].requires_grad for name in names}
    try:
        wanted = [inputs[name].requires_grad_() for name in names]
        return dict(zip(names, torch.autograd.grad(f(**inputs), wanted)))
    finally:
        for name, flag in flags.items():
            inputs[name].requires_grad_(flag)


# %% 08.2 · one name at a time, the named input last among the keywords
def gradient_with_respect_to(f, inputs, names):
    result = {}
    for name in names:
        rest = {other: tensor for other, tensor in inputs.items() if other != name}
        own = inputs[name].detach().clone().requires_grad_(True)
        (result[name],) = torch.autograd.grad(f(**rest, **{name: own}), own)
    return result


# %% 08.3 · NumPy's bools, lists for tuples, by match
def predict_flags(program):
    import numpy as np

    table = {}
    for instruction in program:
        match instruction:
            case ("leaf" | "requires_grad_", name, flag):
                table[name] = [np.bool_(flag), np.bool_(True)]
            case ("op", name, inputs):
                tracked = np.any([table[source][0] for source in inputs])
                table[name] = [tracked, ~tracked]
            case (_, name, _):
                table[name] = [np.bool_(False), np.bool_(True)]
    return table


# %% 08.3 · two sets
def predict_flags(program):
    tracking, with_graph, names = set(), set(), []
    for kind, name, rest in program:
        names.append(name)
        if kind == "op" and tracking & set(rest):
            tracking.add(name)
            with_graph.add(name)
        elif kind in ("leaf", "requires_grad_"):
            (tracking.add if rest else tracking.discard)(name)
    return {name: (name in tracking, name not in with_graph) for name in dict.fromkeys(names)}


# %% 08.3 · a class for each tensor
class Toy:
    def __init__(self, flag, graph=False):
        self.flag, self.graph = flag, graph


def predict_flags(program):
    toys = {}
    for kind, name, rest in program:
        if kind == "requires_grad_":
            toys[name].flag = rest
        elif kind == "leaf":
            toys[name] = Toy(rest)
        elif kind == "op":
            recorded = not all(not toys[source].flag for source in rest)
            toys[name] = Toy(recorded, recorded)
        else:
            toys[name] = Toy(False)
    return {name: (toy.flag, not toy.graph) for name, toy in toys.items()}
