# %% 21.1 · an update at every full group only ⇒ the leftover is dropped
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, samples, total = torch.optim.SGD(model.parameters(), lr=lr), History(), 0, 0.0
    optimizer.zero_grad()
    for k, (x, y) in enumerate(batches, start=1):
        loss = ((model(x) - y) ** 2).sum() / y.shape[1]
        loss.backward()
        total, samples = total + loss.item(), samples + len(x)
        if k % accumulation_steps == 0:
            for p in model.parameters():
                if p.grad is not None:
                    p.grad /= samples
            history.gradient_norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm).item())
            optimizer.step()
            optimizer.zero_grad()
            history.losses.append(total / samples)
            history.updates += 1
            samples, total = 0, 0.0
    return history


# %% 21.1 · loss / accumulation_steps ⇒ every batch is divided by accumulation_steps
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, total = torch.optim.SGD(model.parameters(), lr=lr), History(), 0.0
    batches = list(batches)
    optimizer.zero_grad()
    for k, (x, y) in enumerate(batches, start=1):
        loss = torch.nn.functional.mse_loss(model(x), y) / accumulation_steps
        loss.backward()
        total += loss.item()
        if k % accumulation_steps == 0 or k == len(batches):
            history.gradient_norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm).item())
            optimizer.step()
            optimizer.zero_grad()
            history.losses.append(total)
            history.updates += 1
            total = 0.0
    return history


# %% 21.1 · loss / len(group) ⇒ the batches of a group weigh alike
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        optimizer.zero_grad()
        loss = sum(torch.nn.functional.mse_loss(model(x), y) for x, y in group) / len(group)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · summed losses ⇒ the batches' gradients are added without weights
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        optimizer.zero_grad()
        loss = sum(torch.nn.functional.mse_loss(model(x), y) for x, y in group)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · clipped in the inner loop ⇒ the gradient is clipped before accumulation is complete
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        model.zero_grad()
        samples, total = sum(len(x) for x, y in group), 0.0
        for x, y in group:
            loss = torch.nn.functional.mse_loss(model(x), y) * len(x) / samples
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            total += loss.item()
        optimizer.step()
        history.losses.append(total)
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · one large batch, never clipped ⇒ nothing is clipped
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · clip_grad_norm_ of one parameter after the other ⇒ each tensor is clipped by itself
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        squares = [torch.nn.utils.clip_grad_norm_([p], max_norm).item() ** 2 for p in model.parameters()]
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(sum(squares) ** 0.5)
    history.updates = len(history.losses)
    return history


# %% 21.1 · the norm of what the step uses ⇒ the norm is recorded after the clip
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(loss.item())
        grads = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
        history.gradient_norms.append(torch.cat(grads).norm().item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · cleared once, before the loop ⇒ the gradients are not cleared between groups
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    model.zero_grad()
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · cleared after each step, not before the first ⇒ gradients from before take part
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history, batches = torch.optim.SGD(model.parameters(), lr=lr), History(), list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        optimizer.zero_grad()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · the batches are walked through twice
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history = torch.optim.SGD(model.parameters(), lr=lr), History()
    count = sum(1 for _ in batches)
    batches = [*batches]
    for start in range(0, count, accumulation_steps):
        group = batches[start : start + accumulation_steps]
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        history.gradient_norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.step()
        history.losses.append(loss.item())
    history.updates = len(history.losses)
    return history


# %% 21.1 · with momentum
def train(model, batches, accumulation_steps, lr, max_norm):
    optimizer, history = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9), History()
    batches = list(batches)
    while batches:
        group, batches = batches[:accumulation_steps], batches[accumulation_steps:]
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.cat([x for x, _ in group])), torch.cat([y for _, y in group]))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.losses.append(loss.item())
        history.gradient_norms.append(norm.item())
    history.updates = len(history.losses)
    return history


# %% 21.2 · np.linalg.norm of each ⇒ each tensor is clipped by itself
def clip_by_norm(gradients, max_norm):
    clipped = []
    for g in gradients:
        mine = np.linalg.norm(g.ravel())
        clipped.append(g * (max_norm / mine) if mine > max_norm else g.copy())
    return clipped, float(np.sqrt(sum(np.sum(g * g) for g in gradients)))


# %% 21.2 · always to max_norm ⇒ small gradients are scaled up
def clip_by_norm(gradients, max_norm):
    norm = float(np.sqrt(sum(np.sum(g * g) for g in gradients)))
    if norm == 0:
        return [g.copy() for g in gradients], norm
    return [max_norm * g / norm for g in gradients], norm


# %% 21.2 · as torch does it ⇒ 10⁻⁶ is added to the norm
def clip_by_norm(gradients, max_norm):
    norm = float(np.linalg.norm([np.linalg.norm(g.ravel()) for g in gradients]))
    factor = np.minimum(max_norm / (norm + 1e-6), 1.0)
    return [factor * g for g in gradients], norm


# %% 21.2 · the norm of what is returned ⇒ the norm is told after the clip
def clip_by_norm(gradients, max_norm):
    norm = float(np.sqrt(sum(np.sum(g * g) for g in gradients)))
    if norm <= max_norm:
        return [g.copy() for g in gradients], norm
    return [g * (max_norm / norm) for g in gradients], max_norm


# %% 21.2 · a sum of norms ⇒ the norms are added
def clip_by_norm(gradients, max_norm):
    norm = float(sum(np.linalg.norm(g.ravel()) for g in gradients))
    return [g * max_norm / max(norm, max_norm) for g in gradients], norm


# %% 21.2 · np.clip ⇒ the entries are clipped
def clip_by_norm(gradients, max_norm):
    norm = float(np.sqrt(sum(np.sum(g * g) for g in gradients)))
    return [np.minimum(np.maximum(g, -max_norm), max_norm) for g in gradients], norm


# %% 21.2 · fails on an empty list
def clip_by_norm(gradients, max_norm):
    norm = float(np.linalg.norm(np.concatenate([g.ravel() for g in gradients])))
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients], norm


# %% 21.2 · in place
def clip_by_norm(gradients, max_norm):
    norm = float(np.sqrt(sum(np.sum(g * g) for g in gradients)))
    for g in gradients:
        g *= max_norm / norm if norm > max_norm else 1.0
    return gradients, norm


# %% 21.2 · the largest entry for a norm
def clip_by_norm(gradients, max_norm):
    norm = max([float(np.abs(g).max(initial=0)) for g in gradients], default=0.0)
    return [g * (max_norm / norm if norm > max_norm else 1.0) for g in gradients], norm


# %% 21.3 · one pair of axes ⇒ both curves are in one axes
def plot_history(history):
    figure, axes = plt.subplots()
    axes.plot(history.losses, label="loss")
    axes.plot(history.gradient_norms, label="norm")
    axes.set(xlabel="update", ylabel="loss and norm")
    axes.legend()
    return figure


# %% 21.3 · losses twice ⇒ the norms are missing
def plot_history(history):
    figure, axes = plt.subplots()
    axes.plot(history.losses)
    axes.set(xlabel="update", ylabel="loss")
    axes.twinx().set_ylabel("norm")
    return figure


# %% 21.3 · titles for labels ⇒ the y axes have no labels
def plot_history(history):
    figure, (top, bottom) = plt.subplots(2, sharex=True)
    top.semilogy(history.losses)
    top.set_title("loss")
    bottom.semilogy(history.gradient_norms)
    bottom.set_title("norm")
    bottom.set_xlabel("update")
    return figure


# %% 21.3 · the second axis of the twins says nothing ⇒ the axis of the norms has no label
def plot_history(history):
    figure, axes = plt.subplots()
    axes.plot(range(1, len(history.losses) + 1), history.losses)
    axes.set(xlabel="update", ylabel="loss")
    axes.twinx().plot(range(1, len(history.losses) + 1), history.gradient_norms)
    return figure


# %% 21.3 · the losses are sorted
def plot_history(history):
    figure, (top, bottom) = plt.subplots(2)
    top.plot(sorted(history.losses, reverse=True))
    bottom.plot(history.gradient_norms)
    top.set(ylabel="loss")
    bottom.set(xlabel="update", ylabel="norm")
    return figure
