# %% 14.1 · a ReLU after every linear layer ⇒ an activation stands after the output
def named_mlp(sizes):
    layers = []
    count = len(sizes) - 1
    for k in range(1, count + 1):
        layers.append((f"linear{k}" if k < count else "output", nn.Linear(sizes[k - 1], sizes[k])))
        layers.append((f"relu{k}", nn.ReLU()))
    return nn.Sequential(OrderedDict(layers))


# %% 14.1 · enumerate from zero ⇒ numbers begin at 0
def named_mlp(sizes):
    layers = OrderedDict()
    for k, (inputs, outputs) in enumerate(zip(sizes[:-2], sizes[1:-1])):
        layers[f"linear{k}"] = nn.Linear(inputs, outputs)
        layers[f"relu{k}"] = nn.ReLU()
    layers["output"] = nn.Linear(*sizes[-2:])
    return nn.Sequential(layers)


# %% 14.1 · one by one, without names ⇒ the layers have numbers for names
def named_mlp(sizes):
    model = nn.Sequential()
    for k in range(len(sizes) - 2):
        model.append(nn.Linear(sizes[k], sizes[k + 1]))
        model.append(nn.ReLU())
    return model.append(nn.Linear(sizes[-2], sizes[-1]))


# %% 14.1 · tanh under the name of relu
def named_mlp(sizes):
    layers = OrderedDict()
    for k in range(1, len(sizes) - 1):
        layers[f"linear{k}"] = nn.Linear(sizes[k - 1], sizes[k])
        layers[f"relu{k}"] = nn.Tanh()
    layers["output"] = nn.Linear(sizes[-2], sizes[-1])
    return nn.Sequential(layers)


# %% 14.1 · from the last size to the first
def named_mlp(sizes):
    sizes = sizes[::-1]
    layers = OrderedDict()
    for k in range(1, len(sizes) - 1):
        layers[f"linear{k}"] = nn.Linear(sizes[k - 1], sizes[k])
        layers[f"relu{k}"] = nn.ReLU()
    layers["output"] = nn.Linear(sizes[-2], sizes[-1])
    return nn.Sequential(layers)


# %% 14.1 · an OrderedDict instead of a model
def named_mlp(sizes):
    layers = OrderedDict()
    for k in range(1, len(sizes) - 1):
        layers[f"linear{k}"] = nn.Linear(sizes[k - 1], sizes[k])
        layers[f"relu{k}"] = nn.ReLU()
    layers["output"] = nn.Linear(sizes[-2], sizes[-1])
    return layers


# %% 14.2 · a copy of the whole model first ⇒ the layers are copied
def rename_layers(model, mapping):
    import copy

    names = list(model._modules)
    if any(old not in names for old in mapping):
        raise KeyError("unknown")
    new = [mapping[name] if name in mapping else name for name in names]
    if len(set(new)) != len(new):
        raise ValueError("duplicate")
    return nn.Sequential(OrderedDict((name, copy.deepcopy(model[k])) for k, name in enumerate(new)))


# %% 14.2 · pop, and set again ⇒ the order changes: renamed layers go to the end
def rename_layers(model, mapping):
    layers = OrderedDict(model._modules)
    taken = []
    for old, new in mapping.items():
        taken.append((new, layers.pop(old)))
    for new, layer in taken:
        if new in layers:
            raise ValueError(new)
        layers[new] = layer
    return nn.Sequential(layers)


# %% 14.2 · by named_children ⇒ a module that has two names has one afterwards
def rename_layers(model, mapping):
    children = dict(model.named_children())
    for old in mapping:
        children[old]
    layers = OrderedDict()
    for name in children:
        new = mapping[name] if name in mapping else name
        if new in layers:
            raise ValueError(new)
        layers[new] = children[name]
    return nn.Sequential(layers)


# %% 14.2 · rename in a list ⇒ names are changed one after the other, and duplicates are not refused
def rename_layers(model, mapping):
    names = list(model._modules)
    if not set(mapping) <= set(names):
        raise KeyError("unknown")
    for old, new in mapping.items():
        for k, name in enumerate(names):
            if name == old:
                names[k] = new
    return nn.Sequential(OrderedDict(zip(names, model)))


# %% 14.2 · del and set in a dict ⇒ names are changed one after the other, with pop
def rename_layers(model, mapping):
    layers = dict(model._modules)
    for old in mapping:
        layer = layers[old]
        del layers[old]
        layers[mapping[old]] = layer
    return nn.Sequential(OrderedDict(layers))


# %% 14.2 · an unknown name is a ValueError too
def rename_layers(model, mapping):
    names = list(model._modules)
    new = [mapping.get(name, name) for name in names]
    if set(mapping) - set(names) or len(set(new)) < len(new):
        raise ValueError("the mapping does not fit")
    return nn.Sequential(OrderedDict(zip(new, model._modules.values())))


# %% 14.2 · the mapping is used up
def rename_layers(model, mapping):
    layers = OrderedDict()
    for name, layer in model._modules.items():
        new = mapping.pop(name, name)
        if new in layers:
            raise ValueError(new)
        layers[new] = layer
    if mapping:
        raise KeyError(next(iter(mapping)))
    return nn.Sequential(layers)


# %% 14.2 · the model itself where there is nothing to do
def rename_layers(model, mapping):
    if not mapping:
        return model
    names = list(model._modules)
    for old in mapping:
        if old not in names:
            raise KeyError(old)
    new = [mapping.get(name, name) for name in names]
    if len(set(new)) < len(new):
        raise ValueError("duplicate")
    return nn.Sequential(OrderedDict(zip(new, list(model))))


# %% 14.2 · a new name that is an old one is always refused
def rename_layers(model, mapping):
    names = list(model._modules)
    for old, new in mapping.items():
        if old not in names:
            raise KeyError(old)
        if new in names and new != old:
            raise ValueError(new)
    new = [mapping.get(name, name) for name in names]
    if len(set(new)) < len(new):
        raise ValueError("duplicate")
    return nn.Sequential(OrderedDict(zip(new, list(model))))


# %% 14.3 · what each layer gives ⇒ activations are returned, not gradients
def activation_gradients(model, x, cotangent):
    outputs = OrderedDict()
    with torch.no_grad():
        for name, layer in model.named_children():
            x = layer(x)
            outputs[name] = x
    return outputs


# %% 14.3 · backward of the sum ⇒ the cotangent is ignored, and gradients are added to the parameters' .grad
def activation_gradients(model, x, cotangent):
    outputs = OrderedDict()
    here = x.detach().clone().requires_grad_()
    for name, layer in model.named_children():
        here = layer(here)
        here.retain_grad()
        outputs[name] = here
    here.sum().backward()
    return OrderedDict((name, output.grad) for name, output in outputs.items())


# %% 14.3 · gradients of the sum ⇒ the cotangent is ignored
def activation_gradients(model, x, cotangent):
    names, outputs = [], [x.clone().detach().requires_grad_()]
    for name, layer in model.named_children():
        names.append(name)
        outputs.append(layer(outputs[-1]))
    return OrderedDict(zip(names, torch.autograd.grad(outputs[-1].sum(), outputs[1:])))


# %% 14.3 · retain_grad and backward ⇒ gradients are added to the parameters' .grad
def activation_gradients(model, x, cotangent):
    outputs = OrderedDict()
    here = x.detach().clone().requires_grad_()
    for name, layer in model.named_children():
        here = layer(here)
        here.retain_grad()
        outputs[name] = here
    (here * cotangent).sum().backward()
    return OrderedDict((name, output.grad) for name, output in outputs.items())


# %% 14.3 · the graph begins at x ⇒ frozen layers are not recorded where x does not track
def activation_gradients(model, x, cotangent):
    outputs = OrderedDict()
    for name, layer in model.named_children():
        x = layer(x)
        outputs[name] = x
    gradients = torch.autograd.grad(x, list(outputs.values()), grad_outputs=cotangent)
    return OrderedDict(zip(outputs, gradients))


# %% 14.3 · backward hooks, never removed, .grad put back ⇒ hooks are left on the layers
def activation_gradients(model, x, cotangent):
    found = {}
    for name, layer in model.named_children():
        layer.register_full_backward_hook(lambda layer, gin, gout, name=name: found.update({name: gout[0]}))
    leaf = x.detach().clone().requires_grad_()
    old = [(p, p.grad) for p in model.parameters()]
    for p, _ in old:
        p.grad = None
    model(leaf).backward(cotangent)
    for p, grad in old:
        p.grad = grad
    return OrderedDict((name, found[name]) for name, _ in model.named_children())


# %% 14.3 · hooks before each backward, never removed, .grad put back ⇒ hooks are left on the layers
def activation_gradients(model, x, cotangent):
    found = {}
    for name, layer in model.named_children():
        layer.register_full_backward_pre_hook(lambda layer, arrived, name=name: found.update({name: arrived[0]}))
    leaf = x.detach().clone().requires_grad_()
    old = [(p, p.grad) for p in model.parameters()]
    for p, _ in old:
        p.grad = None
    model(leaf).backward(cotangent)
    for p, grad in old:
        p.grad = grad
    return OrderedDict((name, found[name]) for name, _ in model.named_children())


# %% 14.3 · flags switched on for good
def activation_gradients(model, x, cotangent):
    model.requires_grad_(True)
    outputs = OrderedDict()
    for name, layer in model.named_children():
        x = layer(x)
        outputs[name] = x
    gradients = torch.autograd.grad(x, list(outputs.values()), grad_outputs=cotangent)
    return OrderedDict(zip(outputs, gradients))


# %% 14.3 · the last layer is left out
def activation_gradients(model, x, cotangent):
    names, outputs = [], [x.detach().requires_grad_()]
    for name, layer in model.named_children():
        names.append(name)
        outputs.append(layer(outputs[-1]))
    gradients = torch.autograd.grad(outputs[-1], outputs[1:], cotangent)
    return OrderedDict(list(zip(names, gradients))[:-1])
