# %% 08.1 · switched one after the other until torch objects ⇒ some flags are changed before the error
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        try:
            tensor.requires_grad_(enabled)
        except RuntimeError as error:
            raise ValueError(f"tensor {k}") from error


# %% 08.1 · detached copies get the flag ⇒ new tensors get the flag, and those in the list stay as they were
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and tensor.grad_fn is not None:
            raise ValueError(k)
    copies = [tensor.detach().clone() for tensor in tensors]
    for copy in copies:
        copy.requires_grad_(enabled)


# %% 08.1 · non-leaves are skipped ⇒ a non-leaf is passed over without a word
def set_tracking(tensors, enabled):
    for tensor in tensors:
        if tensor.grad_fn is None:
            tensor.requires_grad_(enabled)


# %% 08.1 · a RuntimeError from torch ⇒ torch's own RuntimeError comes through
def set_tracking(tensors, enabled):
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · counted from one ⇒ the index is counted from 1
def set_tracking(tensors, enabled):
    bad = [k for k, tensor in enumerate(tensors, start=1) if not tensor.is_leaf]
    if bad and not enabled:
        raise ValueError(f"the tensor in place {bad[0]} is the result of an operation")
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · no index in the message ⇒ the error names no index
def set_tracking(tensors, enabled):
    if not enabled and any(tensor.grad_fn for tensor in tensors):
        raise ValueError("there is a non-leaf among the tensors")
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · what tracks is told from what is a leaf by the flag ⇒ a tracked leaf is taken for a non-leaf
def set_tracking(tensors, enabled):
    if not enabled:
        for k, tensor in enumerate(tensors):
            if tensor.requires_grad:
                raise ValueError(f"no leaf: {k}")
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · set as an attribute ⇒ the attribute is set, which a non-leaf refuses even where it is True already
def set_tracking(tensors, enabled):
    bad = [k for k, tensor in enumerate(tensors) if tensor.grad_fn is not None]
    if bad and not enabled:
        raise ValueError(f"index {bad[0]}")
    for k in range(len(tensors)):
        tensors[k].requires_grad = enabled


# %% 08.1 · flags are toggled where they differ from the first
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"{k}")
    for tensor in tensors:
        tensor.requires_grad_(not tensor.requires_grad)


# %% 08.1 · what was changed is switched back on after the error, tracked or not
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            for earlier in tensors[:k]:
                earlier.requires_grad_(True)
            raise ValueError(f"{k}")
        tensor.requires_grad_(enabled)


# %% 08.1 · only the first tensor is looked at
def set_tracking(tensors, enabled):
    if tensors and not enabled and not tensors[0].is_leaf:
        raise ValueError("0")
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · old gradients are thrown away
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"{k}")
    for tensor in tensors:
        tensor.requires_grad_(enabled)
        if tensor.is_leaf:
            tensor.grad = None


# %% 08.1 · an empty list is refused
def set_tracking(tensors, enabled):
    if not tensors:
        raise ValueError("no tensors")
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"{k}")
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.1 · IndexError instead of ValueError
def set_tracking(tensors, enabled):
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise IndexError(k)
    for tensor in tensors:
        tensor.requires_grad_(enabled)


# %% 08.2 · flags on, backward, .grad read ⇒ gradients are written into .grad, and flags are left on
def gradient_with_respect_to(f, inputs, names):
    for name in names:
        inputs[name].requires_grad = True
    f(**inputs).backward()
    return {name: inputs[name].grad for name in names}


# %% 08.2 · backward on leaves of one's own ⇒ backward writes into .grad of the other inputs
def gradient_with_respect_to(f, inputs, names):
    given = dict(inputs)
    for name in names:
        given[name] = inputs[name].detach().clone().requires_grad_()
    f(**given).backward()
    return {name: given[name].grad for name in names}


# %% 08.2 · flags on, never off ⇒ flags are left switched on
def gradient_with_respect_to(f, inputs, names):
    wanted = [inputs[name].requires_grad_(True) for name in names]
    gradients = torch.autograd.grad(f(**inputs), wanted)
    return {name: gradient for name, gradient in zip(names, gradients)}


# %% 08.2 · flags on, then all of them off ⇒ all named inputs are switched off afterwards
def gradient_with_respect_to(f, inputs, names):
    wanted = [inputs[name].requires_grad_(True) for name in names]
    gradients = torch.autograd.grad(f(**inputs), wanted)
    for tensor in wanted:
        tensor.requires_grad_(False)
    return {name: gradient for name, gradient in zip(names, gradients)}


# %% 08.2 · straight from the inputs ⇒ inputs that do not track have no gradient
def gradient_with_respect_to(f, inputs, names):
    value = f(**inputs)
    gradients = torch.autograd.grad(value, [inputs[name] for name in names])
    return {name: gradients[k] for k, name in enumerate(names)}


# %% 08.2 · in the order of the inputs ⇒ the order is that of the inputs
def gradient_with_respect_to(f, inputs, names):
    own = {name: value.detach().requires_grad_() if name in names else value for name, value in inputs.items()}
    return {name: torch.autograd.grad(f(**own), own[name])[0] for name in inputs if name in names}


# %% 08.2 · leaves of one's own take the owner's place in the dict
def gradient_with_respect_to(f, inputs, names):
    for name in names:
        inputs[name] = inputs[name].detach().requires_grad_()
    gradients = torch.autograd.grad(f(**inputs), [inputs[name] for name in names])
    return dict(zip(names, gradients))


# %% 08.2 · the others are switched off for good
def gradient_with_respect_to(f, inputs, names):
    for name in inputs:
        if name not in names:
            inputs[name].requires_grad_(False)
    own = {name: inputs[name].detach().requires_grad_() for name in names}
    gradients = torch.autograd.grad(f(**{**inputs, **own}), list(own.values()))
    return dict(zip(names, gradients))


# %% 08.2 · all inputs are made to track, whole numbers too
def gradient_with_respect_to(f, inputs, names):
    own = {name: value.detach().requires_grad_() for name, value in inputs.items()}
    gradients = torch.autograd.grad(f(**own), [own[name] for name in names])
    return dict(zip(names, gradients))


# %% 08.2 · only the first name
def gradient_with_respect_to(f, inputs, names):
    own = {name: inputs[name].detach().requires_grad_() for name in names}
    (gradient,) = torch.autograd.grad(f(**{**inputs, **own}), own[names[0]])
    return {names[0]: gradient}


# %% 08.2 · in single precision ⇒ rounded to float32
def gradient_with_respect_to(f, inputs, names):
    own = {name: inputs[name].detach().requires_grad_() for name in names}
    gradients = torch.autograd.grad(f(**{**inputs, **own}), list(own.values()))
    return {name: gradient.float().double() for name, gradient in zip(names, gradients)}


# %% 08.2 · a list without names
def gradient_with_respect_to(f, inputs, names):
    own = {name: inputs[name].detach().requires_grad_() for name in names}
    return list(torch.autograd.grad(f(**{**inputs, **own}), list(own.values())))


# %% 08.3 · all of the inputs ⇒ a result tracks only where all inputs track
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            tracks = min(table[source][0] for source in what)
            table[name] = (tracks, not tracks)
        else:
            table[name] = (what if kind in ("leaf", "requires_grad_") else False, True)
    return table


# %% 08.3 · both kinds of operation alike ⇒ no_grad is ignored
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind.endswith("op"):
            tracks = sum(table[source][0] for source in what) > 0
            table[name] = (tracks, not tracks)
        else:
            table[name] = (False if kind == "detach" else what, True)
    return table


# %% 08.3 · only instructions called leaf make leaves ⇒ a leaf is what was made by the instruction leaf
def predict_flags(program):
    tracks, leaf = {}, {}
    for kind, name, what in program:
        if kind == "op":
            tracks[name] = any(tracks[source] for source in what)
        else:
            tracks[name] = what if kind in ("leaf", "requires_grad_") else False
        leaf[name] = leaf.get(name, kind == "leaf")
    return {name: (tracks[name], leaf[name]) for name in tracks}


# %% 08.3 · operations never make leaves ⇒ results of untracked operations are taken for non-leaves
def predict_flags(program):
    tracks, results = {}, set()
    for kind, name, what in program:
        tracks[name] = what
        if kind == "op":
            tracks[name] = any(tracks[source] for source in what)
        elif kind in ("no_grad_op", "detach"):
            tracks[name] = False
        if kind in ("op", "no_grad_op"):
            results.add(name)
        elif kind == "requires_grad_":
            results.discard(name)
    return {name: (flag, name not in results) for name, flag in tracks.items()}


# %% 08.3 · whatever tracks has a graph ⇒ whatever tracks is taken for a non-leaf
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            table[name] = any(table[source] for source in what)
        else:
            table[name] = what if kind in ("leaf", "requires_grad_") else False
    return {name: (flag, not flag) for name, flag in table.items()}


# %% 08.3 · the flags are those at the end ⇒ a flag set later reaches results made earlier
def predict_flags(program):
    given = {name: what for kind, name, what in program if kind in ("leaf", "requires_grad_")}
    made = {name: (kind, what) for kind, name, what in program if kind in ("op", "no_grad_op", "detach")}

    def flag(name):
        if name in given:
            return given[name]
        kind, what = made[name]
        return kind == "op" and any(flag(source) for source in what)

    return {name: (flag(name), name in given or not flag(name)) for name in {**given, **made}}


# %% 08.3 · requires_grad_ can only switch on
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            tracks = any(table[source][0] for source in what)
            table[name] = (tracks, not tracks)
        elif kind == "requires_grad_":
            table[name] = (True, True)
        else:
            table[name] = (what if kind == "leaf" else False, True)
    return table


# %% 08.3 · only the first input counts
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            tracks = table[what[0]][0]
            table[name] = (tracks, not tracks)
        else:
            table[name] = (what if kind in ("leaf", "requires_grad_") else False, True)
    return table


# %% 08.3 · swapped ⇒ is_leaf comes first
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            tracks = any(table[source][1] for source in what)
            table[name] = (not tracks, tracks)
        else:
            table[name] = (True, what if kind in ("leaf", "requires_grad_") else False)
    return table


# %% 08.3 · the flags alone
def predict_flags(program):
    table = {}
    for kind, name, what in program:
        if kind == "op":
            table[name] = any(table[source] for source in what)
        else:
            table[name] = what if kind in ("leaf", "requires_grad_") else False
    return table


# %% 08.3 · by torch itself
def predict_flags(program):
    made = {}
    for kind, name, what in program:
        if kind == "leaf":
            made[name] = torch.ones(1, requires_grad=what)
        elif kind == "requires_grad_":
            made[name].requires_grad_(what)
        elif kind == "detach":
            made[name] = made[what].detach()
        else:
            with torch.set_grad_enabled(kind == "op"):
                made[name] = sum(made[source] for source in what)
    return {name: (tensor.requires_grad, tensor.is_leaf) for name, tensor in made.items()}
