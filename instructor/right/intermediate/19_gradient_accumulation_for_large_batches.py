# %% 19.1 · split by torch, means with weights
def accumulate(model, x, y, micro_batch):
    import torch

    model.zero_grad(set_to_none=True)
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        loss = torch.nn.functional.mse_loss(model(rows), targets)
        (loss * (len(rows) / len(x))).backward()


# %% 19.1 · gradients by torch.autograd.grad, added by hand
def accumulate(model, x, y, micro_batch):
    import torch

    for p in model.parameters():
        p.grad = None
    trained = [p for p in model.parameters() if p.requires_grad]
    for start in range(0, len(x), micro_batch):
        stop = min(start + micro_batch, len(x))
        squares = (model(x[start:stop]) - y[start:stop]).pow(2)
        found = torch.autograd.grad(squares.sum(), trained, allow_unused=True)
        for p, g in zip(trained, found):
            if g is not None:
                p.grad = g / y.numel() if p.grad is None else p.grad + g / y.numel()


# %% 19.1 · sums first, divided once at the end
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    while_left, done = len(x), 0
    while while_left > 0:
        size = min(micro_batch, while_left)
        ((model(x[done : done + size]) - y[done : done + size]) ** 2).sum().backward()
        done, while_left = done + size, while_left - size
    for p in model.parameters():
        if p.grad is not None:
            p.grad /= y.numel()


# %% 19.1 · row by row, whatever micro_batch allows, and backward from the last
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    for k in reversed(range(len(x))):
        output = model(x[k : k + 1])
        output.backward(2 * (output.detach() - y[k : k + 1]) / y.numel())


# %% 19.1 · the losses are kept, each after its backward
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    losses = []
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        losses.append(((model(rows) - targets) ** 2).sum() / y.numel())
        losses[-1].backward()
    return sum(losses).item()


# %% 19.1 · torch.func
def accumulate(model, x, y, micro_batch):
    import torch

    free = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}

    def loss(parameters, rows, targets):
        return ((torch.func.functional_call(model, parameters, (rows,)) - targets) ** 2).sum() / y.numel()

    total = None
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        found = torch.func.grad(loss)(free, rows, targets)
        total = found if total is None else {name: total[name] + found[name] for name in total}
    for name, p in model.named_parameters():
        p.grad = total[name] if name in total and name != "idle" else None


# %% 19.2 · a list of shares
def chunk_weights(n, micro_batch):
    return np.array([min(micro_batch, n - start) / n for start in range(0, n, micro_batch)])


# %% 19.2 · full ones and a rest
def chunk_weights(n, micro_batch):
    full, rest = divmod(n, micro_batch)
    weights = [micro_batch / n] * full
    if rest:
        weights.append(rest / n)
    return np.asarray(weights)


# %% 19.2 · from the ends of the chunks
def chunk_weights(n, micro_batch):
    ends = np.append(np.arange(0, n, micro_batch), n)
    return np.diff(ends) / float(n)


# %% 19.2 · each row is counted in its chunk
def chunk_weights(n, micro_batch):
    return np.bincount(np.arange(n) // micro_batch) / n
