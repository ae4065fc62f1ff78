# %% 16.1 · pieces of names, and sets
def set_requires_grad(model, prefixes, flag):
    table = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        pieces = name.split(".")
        for k in range(len(pieces)):
            table.setdefault(tuple(pieces[: k + 1]), set()).add(parameter)
    try:
        meant = set().union(*(table[tuple(prefix.split("."))] for prefix in prefixes))
    except KeyError as missing:
        raise ValueError(f"nothing under {missing}") from None
    for parameter in meant:
        parameter.requires_grad = flag


# %% 16.1 · by way of submodules and parameters, walked by hand
def freeze(model, prefixes):
    for found in [walk(model, prefix) for prefix in prefixes]:
        for parameter in found:
            parameter.requires_grad = False


def unfreeze(model, prefixes):
    for found in [walk(model, prefix) for prefix in prefixes]:
        for parameter in found:
            parameter.requires_grad = True


def walk(model, prefix):
    here = model
    for piece in prefix.split("."):
        here = getattr(here, piece, None)
    if isinstance(here, torch.nn.Parameter):
        return [here]
    found = list(here.parameters()) if isinstance(here, torch.nn.Module) else []
    if not found:
        raise ValueError(f"{prefix}: no parameter there")
    return found


# %% 16.1 · flags first, put back where a prefix is wrong; frozen gradients dropped
def set_requires_grad(model, prefixes, flag):
    before = {p: p.requires_grad for p in model.parameters()}
    for prefix in prefixes:
        hit = False
        for name, p in model.named_parameters(remove_duplicate=False):
            if name == prefix or name.startswith(f"{prefix}."):
                p.requires_grad_(flag)
                hit = True
        if not hit:
            for p, was in before.items():
                p.requires_grad_(was)
            raise ValueError(prefix)
    if not flag:
        for p in model.parameters():
            if not p.requires_grad:
                p.grad = None


# %% 16.2 · an optimizer, and a context that puts everything back
def fine_tune(model, head, x, y, lr, steps):
    from contextlib import contextmanager

    @contextmanager
    def as_found():
        modes = {m: m.training for m in model.modules()}
        flags = {p: p.requires_grad for p in model.parameters()}
        try:
            yield
        finally:
            for m, mode in modes.items():
                m.training = mode
            for p, flag in flags.items():
                p.requires_grad = flag

    part = model.get_submodule(head)
    losses = []
    with as_found():
        model.eval()
        for p in model.parameters():
            p.requires_grad = False
        part.train()
        for p in part.parameters():
            p.requires_grad = True
        optimizer = torch.optim.SGD(part.parameters(), lr=lr)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
    return losses


# %% 16.2 · the head found by its dotted path, gradients by torch.autograd.grad
def fine_tune(model, head, x, y, lr, steps):
    part = model
    for piece in head.split("."):
        part = getattr(part, piece)
    inside = set(part.modules())
    modes = {module: module.training for module in model.modules()}
    trained = list(part.parameters())
    flags = [p.requires_grad for p in trained]
    for module in modes:
        module.training = module in inside
    for p in trained:
        p.requires_grad_()
    history = ()
    for _ in range(steps):
        difference = model(x) - y
        loss = (difference * difference).mean()
        gradients = torch.autograd.grad(loss, trained)
        with torch.no_grad():
            for p, gradient in zip(trained, gradients):
                p.sub_(lr * gradient)
        history += (loss.item(),)
    for module, mode in modes.items():
        module.training = mode
    for p, flag in zip(trained, flags):
        p.requires_grad_(flag)
    return history


# %% 16.2 · trained as a copy, and copied back
def fine_tune(model, head, x, y, lr, steps):
    import copy

    twin = copy.deepcopy(model)
    part = twin.get_submodule(head)
    twin.eval()
    part.train()
    for p in part.parameters():
        p.requires_grad_(True)
    losses = []
    for _ in range(steps):
        for p in twin.parameters():
            p.grad = None
        loss = ((twin(x) - y) ** 2).sum() / y.numel()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data.add_(p.grad, alpha=-lr)
    model.get_submodule(head).load_state_dict(part.state_dict())
    return losses


# %% 16.2 · new storage for every step
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [module.training for module in model.modules()]
    flags = [p.requires_grad for p in model.parameters()]
    model.eval()
    part.train()
    model.requires_grad_(True)
    losses = []
    for _ in range(steps):
        model.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data = p.data - lr * p.grad
    for module, mode in zip(model.modules(), modes):
        module.training = mode
    for p, flag in zip(model.parameters(), flags):
        p.requires_grad_(flag)
    return losses


# %% 16.2 · the loss by a pass of its own
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = {name: module.training for name, module in model.named_modules()}
    flags = {name: p.requires_grad for name, p in model.named_parameters()}
    model.eval()
    part.train()
    for p in part.parameters():
        p.requires_grad_(True)
    optimizer = torch.optim.SGD(part.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        with torch.no_grad():
            losses.append(torch.nn.functional.mse_loss(model(x), y).item())
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    for name, module in model.named_modules():
        module.training = modes[name]
    for name, p in model.named_parameters():
        p.requires_grad_(flags[name])
    return losses


# %% 16.3 · one long vector of flags
def trainable_fraction(model):
    flags = [torch.full((p.numel(),), float(p.requires_grad), dtype=torch.float64) for p in model.parameters()]
    return torch.cat(flags).mean().item()


# %% 16.3 · tensors of counts, divided in single precision
def trainable_fraction(model):
    free = torch.tensor([p.numel() for p in model.parameters() if p.requires_grad]).sum()
    total = torch.tensor([p.numel() for p in model.parameters()]).sum()
    return (free / total).item()


# %% 16.3 · one long vector of flags, in single precision
def trainable_fraction(model):
    return torch.cat([torch.full((p.numel(),), float(p.requires_grad)) for p in model.parameters()]).mean().item()


# %% 16.3 · all names, each object once
def trainable_fraction(model):
    unique = {id(p): p for _, p in model.named_parameters(remove_duplicate=False)}.values()
    sizes = {True: 0, False: 0}
    for p in unique:
        size = 1
        for length in p.shape:
            size *= length
        sizes[p.requires_grad] += size
    return 1 - sizes[False] / (sizes[True] + sizes[False])


# %% 16.3 · NumPy's float, from a set of parameters
def trainable_fraction(model):
    import numpy as np

    parameters = set(model.parameters())
    sizes = np.array([p.nelement() for p in parameters], dtype=float)
    free = np.array([p.requires_grad for p in parameters])
    return np.average(free, weights=sizes)
