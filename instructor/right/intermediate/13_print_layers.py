# %% 13.1 · recursion by hand
def layer_table(model):
    rows, modules, parameters = [], [], []

    def walk(module, path):
        if any(module is other for other in modules):
            return
        modules.append(module)
        children = [(name, child) for name, child in module._modules.items() if child is not None]
        for name, child in children:
            walk(child, f"{path}.{name}" if path else name)
        if children:
            return
        total = free = 0
        for parameter in module._parameters.values():
            if parameter is None or any(parameter is other for other in parameters):
                continue
            parameters.append(parameter)
            total += parameter.nelement()
            free += parameter.nelement() * parameter.requires_grad
        rows.append([path, module.__class__.__name__, total, free])

    walk(model, "")
    return rows


# %% 13.1 · from the names of the parameters, as named tuples
def layer_table(model):
    from collections import namedtuple

    Row = namedtuple("Row", "name kind parameters trainable")
    layers = [(path, module) for path, module in model.named_modules() if len(list(module.modules())) == 1]
    owner = {}
    for path, module in layers:
        for parameter in module.parameters(recurse=False):
            owner.setdefault(id(parameter), path)
    rows = []
    for path, module in layers:
        own = {id(p): p for p in module.parameters() if owner[id(p)] == path}.values()
        rows.append(
            Row(
                path,
                type(module).__qualname__.split(".")[-1],
                sum(p.numel() for p in own),
                sum(p.numel() for p in own if p.requires_grad),
            )
        )
    return rows


# %% 13.2 · element sizes, by hand, over all names
def memory_of(model):
    def size(tensors):
        return sum(t.numel() * t.element_size() for t in {id(t): t for t in tensors}.values())

    parameters = [p for _, p in model.named_parameters(remove_duplicate=False)]
    buffers = [b for module in model.modules() for b in module._buffers.values() if b is not None]
    return {
        "parameters": size(parameters),
        "buffers": size(buffers),
        "gradients": size([p.grad for p in parameters if p.grad is not None]),
    }


# %% 13.2 · through NumPy
def memory_of(model):
    sizes = dict.fromkeys(["gradients", "buffers", "parameters"], 0)
    for p in set(model.parameters()):
        sizes["parameters"] += p.detach().numpy().nbytes
        sizes["gradients"] += 0 if p.grad is None else p.grad.numpy().nbytes
    for b in model.buffers():
        sizes["buffers"] += b.numpy().nbytes
    return sizes


# %% 13.3 · backward, with .grad put aside and put back
def gradient_flow(model, loss):
    old = {p: p.grad for p in model.parameters()}
    for p in old:
        p.grad = None
    loss.backward()
    flow = {name: 0.0 if p.grad is None else p.grad.norm().item() for name, p in model.named_parameters()}
    for p, grad in old.items():
        p.grad = grad
    return flow


# %% 13.3 · one parameter at a time
def gradient_flow(model, loss):
    flow = {}
    for name, p in model.named_parameters():
        flow[name] = 0.0
        if p.requires_grad:
            (g,) = torch.autograd.grad(loss, [p], retain_graph=True, allow_unused=True)
            if g is not None:
                flow[name] = sum(entry * entry for entry in g.flatten().tolist()) ** 0.5
    return flow


# %% 13.3 · zeros for unused ones
def gradient_flow(model, loss):
    tracked = {name: p for name, p in model.named_parameters() if p.requires_grad}
    flow = dict.fromkeys((name for name, _ in model.named_parameters()), 0.0)
    if tracked:
        gradients = torch.autograd.grad(loss, tuple(tracked.values()), materialize_grads=True, retain_graph=True)
        flow.update({name: torch.linalg.vector_norm(g).item() for name, g in zip(tracked, gradients)})
    return flow
