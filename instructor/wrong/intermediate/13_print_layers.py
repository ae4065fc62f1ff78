# %% 13.1 · all modules are listed ⇒ containers stand in the table
def layer_table(model):
    rows, counted = [], []
    for path, module in model.named_modules():
        parameters = [p for p in module.parameters() if all(p is not q for q in counted)]
        if len(list(module.modules())) == 1:
            counted += parameters
        sizes = [(p.numel(), p.requires_grad) for p in parameters]
        rows.append((path, type(module).__name__, sum(n for n, _ in sizes), sum(n for n, free in sizes if free)))
    return rows


# %% 13.1 · nothing is remembered ⇒ a shared parameter counts in each layer that has it
def layer_table(model):
    rows = []
    for path, module in model.named_modules():
        if not any(True for _ in module.children()):
            total = sum(p.numel() for p in module.parameters())
            frozen = sum(p.numel() for p in module.parameters() if not p.requires_grad)
            rows.append((path, module.__class__.__name__, total, total - frozen))
    return rows


# %% 13.1 · len of the parameters ⇒ tensors are counted, not their elements
def layer_table(model):
    rows, seen = [], set()
    for path, module in model.named_modules():
        if list(module.children()):
            continue
        own = [p for p in module.parameters() if p not in seen]
        seen.update(own)
        rows.append((path, type(module).__name__, len(own), len([p for p in own if p.requires_grad])))
    return rows


# %% 13.1 · Sequential is taken for the only container
def layer_table(model):
    rows, seen = [], set()
    for path, module in model.named_modules():
        if isinstance(module, torch.nn.Sequential):
            continue
        own = set(module.parameters()) - seen
        seen |= own
        rows.append(
            (path, type(module).__name__, sum(p.numel() for p in own), sum(p.numel() for p in own if p.requires_grad))
        )
    return rows


# %% 13.1 · equal values are taken for one parameter
def layer_table(model):
    rows, seen = [], []
    for path, module in model.named_modules():
        if list(module.children()):
            continue
        own = [p for p in module.parameters() if not any(torch.equal(p, q) for q in seen)]
        seen += own
        rows.append(
            (path, type(module).__name__, sum(p.numel() for p in own), sum(p.numel() for p in own if p.requires_grad))
        )
    return rows


# %% 13.1 · the last part of the path only
def layer_table(model):
    rows, seen = [], set()
    for path, module in model.named_modules():
        if list(module.children()):
            continue
        own = set(module.parameters()) - seen
        seen |= own
        total, free = sum(p.numel() for p in own), sum(p.numel() for p in own if p.requires_grad)
        rows.append((path.split(".")[-1], type(module).__name__, total, free))
    return rows


# %% 13.1 · a layer is trainable as a whole or not at all
def layer_table(model):
    rows, seen = [], set()
    for path, module in model.named_modules():
        if list(module.children()):
            continue
        own = set(module.parameters()) - seen
        seen |= own
        total = sum(p.numel() for p in own)
        rows.append((path, type(module).__name__, total, total if all(p.requires_grad for p in own) else 0))
    return rows


# %% 13.2 · numel ⇒ elements are counted, not bytes
def memory_of(model):
    sizes = {"parameters": 0, "buffers": 0, "gradients": 0}
    for p in model.parameters():
        sizes["parameters"] += p.nelement()
        if p.grad is not None:
            sizes["gradients"] += p.grad.nelement()
    for b in model.buffers():
        sizes["buffers"] += b.nelement()
    return sizes


# %% 13.2 · by names of state_dict ⇒ state_dict is added up: shared tensors count twice, unsaved buffers are missing
def memory_of(model):
    names = dict(model.named_parameters(remove_duplicate=False))
    sizes = {"parameters": 0, "buffers": 0, "gradients": 0}
    for name, tensor in model.state_dict().items():
        sizes["parameters" if name in names else "buffers"] += tensor.numel() * tensor.element_size()
    for p in names.values():
        if p.grad is not None:
            sizes["gradients"] += p.grad.numel() * p.grad.element_size()
    return sizes


# %% 13.2 · one sum for two ⇒ gradients are assumed to be as large as the parameters
def memory_of(model):
    parameters = sum(p.numel() * p.element_size() for p in model.parameters())
    buffers = sum(b.numel() * b.element_size() for b in model.buffers())
    return dict(parameters=parameters, buffers=buffers, gradients=parameters)


# %% 13.2 · all gradients or none
def memory_of(model):
    parameters = sum(p.nbytes for p in model.parameters())
    there = any(p.grad is not None for p in model.parameters())
    return {
        "parameters": parameters,
        "buffers": sum(b.nbytes for b in model.buffers()),
        "gradients": parameters if there else 0,
    }


# %% 13.2 · the dtype of the first parameter for all
def memory_of(model):
    first = next(model.parameters(), torch.zeros(()))
    size = first.element_size()
    return {
        "parameters": size * sum(p.numel() for p in model.parameters()),
        "buffers": size * sum(b.numel() for b in model.buffers()),
        "gradients": size * sum(p.grad.numel() for p in model.parameters() if p.grad is not None),
    }


# %% 13.2 · buffers of whole numbers are left out
def memory_of(model):
    return {
        "parameters": sum(p.nbytes for p in model.parameters()),
        "buffers": sum(b.nbytes for b in model.buffers() if b.is_floating_point()),
        "gradients": sum(p.grad.nbytes for p in model.parameters() if p.grad is not None),
    }


# %% 13.2 · old gradients are dropped while counting
def memory_of(model):
    sizes = {
        "parameters": sum(p.nbytes for p in model.parameters()),
        "buffers": sum(b.nbytes for b in model.buffers()),
        "gradients": sum(p.grad.nbytes for p in model.parameters() if p.grad is not None),
    }
    model.zero_grad()
    return sizes


# %% 13.3 · sum of entries ⇒ entries are summed, which lets them cancel
def gradient_flow(model, loss):
    flow = {}
    names, tracked = [], []
    for name, p in model.named_parameters():
        flow[name] = 0.0
        if p.requires_grad:
            names.append(name)
            tracked.append(p)
    if tracked:
        for name, g in zip(names, torch.autograd.grad(loss, tracked, allow_unused=True)):
            flow[name] = 0.0 if g is None else float(g.sum())
    return flow


# %% 13.3 · backward, and nothing cleared ⇒ the gradient is added to those that were there
def gradient_flow(model, loss):
    loss.backward()
    flow = {}
    for name, p in model.named_parameters():
        flow[name] = float((p.grad**2).sum()) ** 0.5 if p.grad is not None else 0.0
    return flow


# %% 13.3 · zero_grad and backward ⇒ old gradients are cleared, and new ones are left
def gradient_flow(model, loss):
    for p in model.parameters():
        p.grad = None
    loss.backward()
    return {name: 0.0 if p.grad is None else torch.linalg.norm(p.grad).item() for name, p in model.named_parameters()}


# %% 13.3 · what was there is subtracted afterwards, and the sum stays in .grad
def gradient_flow(model, loss):
    old = {name: 0.0 if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    loss.backward()
    return {name: 0.0 if p.grad is None else float((p.grad - old[name]).norm()) for name, p in model.named_parameters()}


# %% 13.3 · flags are switched on to get all gradients
def gradient_flow(model, loss):
    flags = {p: p.requires_grad for p in model.parameters()}
    model.requires_grad_(True)
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    return {
        name: 0.0 if g is None or not flags[p] else g.norm().item()
        for (name, p), g in zip(model.named_parameters(), gradients)
    }


# %% 13.3 · tensors for floats
def gradient_flow(model, loss):
    tracked = [p for p in model.parameters() if p.requires_grad]
    gradients = dict(zip(tracked, torch.autograd.grad(loss, tracked, allow_unused=True))) if tracked else {}
    zero = torch.zeros((), dtype=torch.float64)
    return {name: zero if gradients.get(p) is None else gradients[p].norm() for name, p in model.named_parameters()}


# %% 13.3 · spectral norm for a matrix
def gradient_flow(model, loss):
    tracked = [p for p in model.parameters() if p.requires_grad]
    gradients = dict(zip(tracked, torch.autograd.grad(loss, tracked, allow_unused=True))) if tracked else {}
    flow = {}
    for name, p in model.named_parameters():
        g = gradients.get(p)
        flow[name] = 0.0 if g is None else torch.linalg.norm(g, ord=2).item()
    return flow
