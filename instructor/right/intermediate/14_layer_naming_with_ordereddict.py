# %% 14.1 · add_module, one ReLU after the other
def named_mlp(sizes):
    model = nn.Sequential()
    *hidden, (inputs, outputs) = zip(sizes, sizes[1:])
    for k, (before, after) in enumerate(hidden, start=1):
        model.add_module(f"linear{k}", nn.Linear(before, after))
        model.add_module(f"relu{k}", nn.ReLU())
    model.add_module("output", nn.Linear(inputs, outputs))
    return model


# %% 14.1 · a comprehension over pairs
def named_mlp(sizes):
    n = len(sizes) - 1
    pairs = []
    for k in range(n):
        last = k == n - 1
        pairs += [("output" if last else f"linear{k + 1}", nn.Linear(sizes[k], sizes[k + 1]))]
        pairs += [] if last else [(f"relu{k + 1}", nn.ReLU(inplace=True))]
    return nn.Sequential(OrderedDict(pairs))


# %% 14.2 · the registered modules themselves, duplicates told first
def rename_layers(model, mapping):
    layers = model._modules
    unknown = [name for name in mapping if name not in layers]
    if unknown:
        raise KeyError(f"no layer is called {unknown}")
    new = [mapping.get(name, name) for name in layers]
    if len(new) != len(set(new)):
        raise ValueError(f"twice the same name in {new}")
    return nn.Sequential(OrderedDict(zip(new, layers.values(), strict=True)))


# %% 14.2 · a new Sequential, filled one by one
def rename_layers(model, mapping):
    names = [path for path, _ in model.named_modules(remove_duplicate=False) if path.count(".") == 0][1:]
    left = dict(mapping)
    pairs = [(left.pop(name, name), layer) for name, layer in zip(names, model)]
    if left:
        raise KeyError(*left)
    made = nn.Sequential()
    for name, layer in pairs:
        if name in [taken for taken in made._modules]:
            raise ValueError(name)
        made.add_module(name, layer)
    return made


# %% 14.3 · from the last layer to the first, with torch.func
def activation_gradients(model, x, cotangent):
    names, backs, here = [], [], x.detach()
    for name, layer in model.named_children():
        names.append(name)
        here, back = torch.func.vjp(layer, here)
        backs.append(back)
    found, v = {}, cotangent
    for name, back in zip(reversed(names), reversed(backs)):
        found[name] = v
        (v,) = back(v)
    return OrderedDict((name, found[name].detach()) for name in names)


# %% 14.3 · forward hooks, removed
def activation_gradients(model, x, cotangent):
    outputs = OrderedDict()
    handles = [
        layer.register_forward_hook(lambda layer, args, output, name=name: outputs.update({name: output}))
        for name, layer in model.named_children()
    ]
    try:
        y = model(x.detach().clone().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    return OrderedDict(zip(outputs, torch.autograd.grad(y, list(outputs.values()), cotangent)))


# %% 14.3 · backward hooks, .grad put aside
def activation_gradients(model, x, cotangent):
    found, handles = {}, []
    for name, layer in model.named_children():

        def keep(layer, grad_input, grad_output, name=name):
            found[name] = grad_output[0].clone()

        handles.append(layer.register_full_backward_hook(keep))
    leaf = x.detach().clone().requires_grad_()
    model(leaf).backward(cotangent, inputs=[leaf])
    for handle in handles:
        handle.remove()
    return {name: found[name] for name, _ in model.named_children()}


# %% 14.3 · a zero added to each output
def activation_gradients(model, x, cotangent):
    zeros, here = OrderedDict(), x.detach()
    for name, layer in model.named_children():
        here = layer(here)
        zeros[name] = torch.zeros_like(here, requires_grad=True)
        here = here + zeros[name]
    gradients = torch.autograd.grad((here * cotangent).sum(), list(zeros.values()))
    return OrderedDict(zip(zeros, gradients))
