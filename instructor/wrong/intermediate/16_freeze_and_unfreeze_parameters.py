# %% 16.1 · a prefix anywhere in the name ⇒ the letters of the prefix are looked for anywhere in the name, and flags are changed too early
def set_requires_grad(model, prefixes, flag):
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if prefix in name]
        if not found:
            raise ValueError(prefix)
        for p in found:
            p.requires_grad_(flag)


# %% 16.1 · KeyError where a part is missing ⇒ only whole parts are found, and a single parameter raises KeyError
def set_requires_grad(model, prefixes, flag):
    children = dict(model.named_modules())
    for part in [children[prefix] for prefix in prefixes]:
        part.requires_grad_(flag)


# %% 16.1 · parts only, no single parameter ⇒ only whole parts are found, no single parameter
def set_requires_grad(model, prefixes, flag):
    children = dict(model.named_modules())
    if any(prefix not in children for prefix in prefixes):
        raise ValueError("no such part")
    for prefix in prefixes:
        children[prefix].requires_grad_(flag)


# %% 16.1 · a part without parameters is accepted ⇒ a part without parameters is accepted
def set_requires_grad(model, prefixes, flag):
    for prefix in prefixes:
        try:
            model.get_submodule(prefix)
        except AttributeError:
            try:
                model.get_parameter(prefix)
            except AttributeError as error:
                raise ValueError(prefix) from error
    for name, p in model.named_parameters(remove_duplicate=False):
        if any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes):
            p.requires_grad_(flag)


# %% 16.1 · one right prefix is enough ⇒ one right prefix is enough
def set_requires_grad(model, prefixes, flag):
    found = [
        p
        for name, p in model.named_parameters(remove_duplicate=False)
        if any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)
    ]
    if prefixes and not found:
        raise ValueError(prefixes)
    for p in found:
        p.requires_grad_(flag)


# %% 16.1 · the others get the opposite flag ⇒ all others get the opposite flag
def set_requires_grad(model, prefixes, flag):
    meant = set()
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if f"{name}.".startswith(f"{prefix}.")]
        if not found:
            raise ValueError(prefix)
        meant |= set(found)
    if meant:
        for p in model.parameters():
            p.requires_grad_(flag if p in meant else not flag)


# %% 16.1 · flags are toggled ⇒ flags are turned over, not set
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if f"{name}.".startswith(f"{prefix}.")]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in set(meant):
        p.requires_grad_(not p.requires_grad)


# %% 16.1 · frozen parts are put into eval mode as well ⇒ frozen parts are put into eval mode too
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if f"{name}.".startswith(f"{prefix}.")]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)
    for name, module in model.named_modules():
        if name in prefixes:
            module.train(flag)


# %% 16.1 · a frozen parameter is set to zero
def set_requires_grad(model, prefixes, flag):
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if f"{name}.".startswith(f"{prefix}.")]
        if not found:
            raise ValueError(prefix)
        for p in found:
            p.requires_grad_(flag)
            p.data.zero_()


# %% 16.1 · only the first piece of a prefix counts ⇒ only the first piece of a prefix counts
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        names = model.named_parameters(remove_duplicate=False)
        found = [p for name, p in names if name.split(".")[0] == prefix.split(".")[0]]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.2 · the head is found among the children only
def fine_tune(model, head, x, y, lr, steps):
    part = dict(model.named_children())[head]
    model.eval()
    part.train()
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    return losses


# %% 16.2 · parameters are told by letters ⇒ the head is told by letters
def fine_tune(model, head, x, y, lr, steps):
    modes = {module: module.training for module in model.modules()}
    flags = {p: p.requires_grad for p in model.parameters()}
    model.eval()
    model.get_submodule(head).train()
    trained = [p.requires_grad_() for name, p in model.named_parameters() if name.startswith(head)]
    losses = []
    for _ in range(steps):
        loss = ((model(x) - y) ** 2).mean()
        gradients = torch.autograd.grad(loss, trained)
        losses.append(loss.item())
        for p, g in zip(trained, gradients):
            p.data -= lr * g
    for module, mode in modes.items():
        module.training = mode
    for p, flag in flags.items():
        p.requires_grad_(flag)
    return losses


# %% 16.2 · everything back in train mode, everything unfrozen ⇒ all is in train mode and unfrozen afterwards
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    model.train().requires_grad_(True)
    return losses


# %% 16.2 · the mode is put back by train(), all parts alike ⇒ one mode is put back for all parts
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    was = model.training
    flags = [(p, p.requires_grad) for p in model.parameters()]
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    model.train(was)
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · losses are tensors ⇒ the losses are tensors
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.detach())
        for p in part.parameters():
            p.data -= lr * p.grad
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · nothing is returned
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    for _ in range(steps):
        part.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        for p in part.parameters():
            p.data -= lr * p.grad


# %% 16.2 · momentum ⇒ the optimizer has momentum
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    optimizer = torch.optim.SGD(part.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · an optimizer over everything, with weight decay, and gradients of zero
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    inside = set(part.parameters())
    model.eval().requires_grad_(True)
    part.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        for p in model.parameters():
            if p not in inside:
                p.grad.zero_()
        losses.append(loss.item())
        optimizer.step()
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · a copy is trained ⇒ a copy is trained
def fine_tune(model, head, x, y, lr, steps):
    import copy

    twin = copy.deepcopy(model)
    part = twin.get_submodule(head)
    twin.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((twin(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    return losses


# %% 16.2 · the frozen rest is run in train mode, and its statistics are put back
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    buffers = [(b, b.clone()) for b in model.buffers()]
    model.train().requires_grad_(False)
    part.requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for b, before in buffers:
        b.copy_(before)
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · the batch is centred in place first
def fine_tune(model, head, x, y, lr, steps):
    y -= y.mean()
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.3 · bytes that are frozen, in per cent ⇒ the share is told in per cent
def trainable_fraction(model):
    total = sum(p.numel() for p in model.parameters())
    return 100 * sum(p.numel() for p in model.parameters() if p.requires_grad) / total


# %% 16.3 · rounded to whole numbers ⇒ the quotient is rounded down
def trainable_fraction(model):
    total = sum(p.numel() for p in model.parameters())
    return float(sum(p.numel() for p in model.parameters() if p.requires_grad) // total)


# %% 16.3 · trainable numbers for each frozen one ⇒ what can be trained is divided by what is frozen
def trainable_fraction(model):
    free = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return free / max(1, sum(p.numel() for p in model.parameters() if not p.requires_grad))


# %% 16.3 · a tensor ⇒ the fraction is a tensor
def trainable_fraction(model):
    total = sum(p.numel() for p in model.parameters())
    return torch.tensor(sum(p.numel() for p in model.parameters() if p.requires_grad) / total)


# %% 16.3 · only the direct children ⇒ only the parameters of the direct children are counted
def trainable_fraction(model):
    parameters = [p for child in model.children() for p in child._parameters.values() if p is not None]
    total = sum(p.numel() for p in parameters)
    return sum(p.numel() for p in parameters if p.requires_grad) / max(1, total)


# %% 16.3 · 1.0 where anything can be trained
def trainable_fraction(model):
    return float(any(p.requires_grad for p in model.parameters()))


# %% 16.3 · the mean of the fractions of the parts ⇒ the fractions of the parts are averaged
def trainable_fraction(model):
    shares = []
    for part in model.children() or [model]:
        sizes = [(p.numel(), p.requires_grad) for p in part.parameters()]
        if sizes:
            shares.append(sum(n for n, free in sizes if free) / sum(n for n, _ in sizes))
    return sum(shares) / max(1, len(shares))


# %% 16.1 · any piece of the path will do ⇒ a piece in the middle of a path is taken for its beginning
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        names = model.named_parameters(remove_duplicate=False)
        found = [p for n, p in names if prefix in n.split(".") or n == prefix or n.startswith(prefix + ".")]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.1 · any run of pieces will do, once the prefixes are found right
def set_requires_grad(model, prefixes, flag):
    pairs = list(model.named_parameters(remove_duplicate=False))
    for prefix in prefixes:
        if not any(f"{name}.".startswith(f"{prefix}.") for name, _ in pairs):
            raise ValueError(prefix)
    for name, p in pairs:
        if any(f".{prefix}." in f".{name}." for prefix in prefixes):
            p.requires_grad_(flag)


# %% 16.1 · a regular expression with bare dots ⇒ a dot of the prefix stands for any character
def set_requires_grad(model, prefixes, flag):
    import re

    meant = []
    for prefix in prefixes:
        names = model.named_parameters(remove_duplicate=False)
        found = [p for name, p in names if re.fullmatch(rf"{prefix}(\..*)?", name)]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.1 · the letters anywhere, all prefixes first ⇒ the letters of the prefix are looked for anywhere in the name
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if name.find(prefix) >= 0]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.1 · startswith, all prefixes first ⇒ the names are compared letter by letter
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        names = model.named_parameters(remove_duplicate=False)
        found = [p for name, p in names if name[: len(prefix)] == prefix]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.1 · startswith, raised inside the loop ⇒ the names are compared letter by letter, and flags are changed too early
def set_requires_grad(model, prefixes, flag):
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters(remove_duplicate=False) if name[: len(prefix)] == prefix]
        if not found:
            raise ValueError(prefix)
        for p in found:
            p.requires_grad_(flag)


# %% 16.1 · startswith under the first name only ⇒ the names are compared letter by letter, and flags are changed too early, and a shared parameter is known by its first name only
def set_requires_grad(model, prefixes, flag):
    for prefix in prefixes:
        found = False
        for name, p in model.named_parameters():
            if name.startswith(prefix):
                found = True
                p.requires_grad = flag
        if not found:
            raise ValueError(prefix)


# %% 16.1 · whole pieces, under the first name only ⇒ a shared parameter is known by its first name only
def set_requires_grad(model, prefixes, flag):
    meant = []
    for prefix in prefixes:
        found = [p for name, p in model.named_parameters() if name == prefix or name.startswith(prefix + ".")]
        if not found:
            raise ValueError(prefix)
        meant += found
    for p in meant:
        p.requires_grad_(flag)


# %% 16.2 · the head's statistics are put back as well ⇒ the head's statistics are put back too
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in model.parameters()]
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    model.eval().requires_grad_(False)
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for name, b in model.named_buffers():
        b.data = buffers[name]
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · no word of modes ⇒ the modes are left as they are
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    flags = [(p, p.requires_grad) for p in part.parameters()]
    part.requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · flags are put back, modes are not ⇒ the modes are not put back
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    flags = [(p, p.requires_grad) for p in part.parameters()]
    model.eval()
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · modes are put back, flags are not ⇒ the flags of the head are not put back
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for module, training in modes:
        module.training = training
    return losses


# %% 16.2 · the rest is frozen, and stays so ⇒ the rest is frozen afterwards
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    for p in model.parameters():
        p.requires_grad = False
    for p in part.parameters():
        p.requires_grad = True
    model.eval()
    part.train()
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
    for module, training in modes:
        module.training = training
    return losses


# %% 16.2 · p = p - lr * p.grad ⇒ the step makes new tensors, and the parameters stay
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in part.parameters()]
    model.eval()
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        part.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for p in part.parameters():
                p = p - lr * p.grad
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · cleared after the step ⇒ old gradients take part in the first step
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in part.parameters()]
    model.eval()
    part.train().requires_grad_(True)
    losses = []
    for _ in range(steps):
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        for p in part.parameters():
            p.data -= lr * p.grad
        part.zero_grad()
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses


# %% 16.2 · an optimizer over model.parameters() ⇒ what is free in the rest is trained too
def fine_tune(model, head, x, y, lr, steps):
    part = model.get_submodule(head)
    modes = [(module, module.training) for module in model.modules()]
    flags = [(p, p.requires_grad) for p in part.parameters()]
    model.eval()
    part.train().requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    for module, training in modes:
        module.training = training
    for p, flag in flags:
        p.requires_grad_(flag)
    return losses
