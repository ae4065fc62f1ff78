# %% 21.1 · sums over the samples, divided when the group is complete
def train(model, batches, accumulation_steps, lr, max_norm):
    history = History()
    free = [p for p in model.parameters() if p.requires_grad]
    for p in free:
        p.grad = None
    total, samples, waiting = 0.0, 0, 0

    def finish():
        nonlocal total, samples, waiting
        used = [p for p in free if p.grad is not None]
        for p in used:
            p.grad.div_(samples)
        norm = sum(p.grad.square().sum() for p in used).sqrt().item()
        factor = min(1.0, max_norm / norm) if norm else 1.0
        with torch.no_grad():
            for p in used:
                p -= lr * factor * p.grad
                p.grad = None
        history.losses.append(total / samples)
        history.gradient_norms.append(norm)
        history.updates += 1
        total, samples, waiting = 0.0, 0, 0

    for x, y in batches:
        loss = ((model(x) - y) ** 2).mean(dim=1).sum()
        loss.backward()
        total, samples, waiting = total + loss.item(), samples + len(x), waiting + 1
        if waiting == accumulation_steps:
            finish()
    if waiting:
        finish()
    return history


# %% 21.1 · by autograd.grad, with a running mean of gradients
def train(model, batches, accumulation_steps, lr, max_norm):
    from itertools import islice

    batches, history = iter(batches), History()
    free = [p for p in model.parameters() if p.requires_grad]
    while group := list(islice(batches, accumulation_steps)):
        mean, loss, seen = [torch.zeros_like(p) for p in free], 0.0, 0
        for x, y in group:
            part = torch.nn.functional.mse_loss(model(x), y)
            found = torch.autograd.grad(part, free, allow_unused=True)
            seen += len(x)
            loss += (part.item() - loss) * len(x) / seen
            mean = [m if g is None else m + (g - m) * len(x) / seen for m, g in zip(mean, found)]
        norm = torch.linalg.vector_norm(torch.cat([m.flatten() for m in mean])).item()
        for p, m in zip(free, mean):
            p.data.sub_(m * min(1.0, max_norm / max(norm, 1e-30)), alpha=lr)
        history = History([*history.losses, loss], [*history.gradient_norms, norm], history.updates + 1)
    return history


# %% 21.1 · the batches of a group put together
def train(model, batches, accumulation_steps, lr, max_norm):
    batches = [*batches]
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
    losses, norms = [], []
    for start in range(0, len(batches), accumulation_steps):
        xs, ys = zip(*batches[start : start + accumulation_steps])
        optimizer.zero_grad(set_to_none=False)
        loss = torch.nn.functional.mse_loss(model(torch.cat(xs)), torch.cat(ys))
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)))
        losses.append(loss.item())
        optimizer.step()
    return History(tuple(losses), tuple(norms), len(losses))


# %% 21.2 · all in one row
def clip_by_norm(gradients, max_norm):
    norm = float(np.linalg.norm(np.concatenate([np.zeros(1), *(np.ravel(g) for g in gradients)])))
    return tuple(g / max(1.0, norm / max_norm) for g in gradients), norm


# %% 21.2 · the norm of the norms
def clip_by_norm(gradients, max_norm):
    import math

    norm = math.hypot(*(float(np.linalg.norm(np.ravel(g))) for g in gradients))
    if norm <= max_norm:
        return [g.copy() for g in gradients], norm
    return [g / norm * max_norm for g in gradients], norm


# %% 21.3 · twins, counted from 1
def plot_history(history):
    figure, left = plt.subplots()
    right = left.twinx()
    updates = np.arange(len(history.losses)) + 1
    left.plot(updates, history.losses, "o-")
    right.semilogy(updates, torch.tensor(history.gradient_norms), color="C1")
    left.set_xlabel("update")
    left.set_ylabel("loss")
    right.set_ylabel("norm")
    return figure


# %% 21.3 · norms above, as dots, and losses as bars
def plot_history(history):
    figure, axes = plt.subplots(2, 1, sharex=True)
    axes[0].scatter(range(len(history.gradient_norms)), history.gradient_norms)
    axes[1].bar(range(len(history.losses)), history.losses)
    axes[0].set_ylabel("norm")
    axes[1].set_ylabel("loss")
    figure.supxlabel("update")
    return figure


# %% 21.3 · without pyplot
def plot_history(history):
    from matplotlib.figure import Figure

    figure = Figure()
    for k, name in enumerate(("losses", "gradient_norms")):
        axes = figure.add_subplot(1, 2, k + 1)
        axes.plot(list(range(len(history.losses))), getattr(history, name))
        axes.set(xlabel="update", ylabel=name)
    return figure
