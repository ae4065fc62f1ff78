# %% 17.1 · f(x + h) − f(x) ⇒ one-sided: f(x) is subtracted, not f(x − step)
def numerical_gradient(f, x, step):
    here = f(x)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += step
        gradient[i] = (f(moved) - here) / step
    return gradient


# %% 17.1 · over h ⇒ divided by the step, not by twice the step
def numerical_gradient(f, x, step):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        right, left = x.copy(), x.copy()
        right[i] += step
        left[i] -= step
        gradient[i] = (f(right) - f(left)) / step
    return gradient


# %% 17.1 · moved in x itself, and not put back ⇒ x is changed: entries are moved and not put back
def numerical_gradient(f, x, step):
    gradient = np.empty(x.shape)
    for i in np.ndindex(*x.shape):
        value = x[i]
        x[i] = value + step
        gradient[i] = f(x)
        x[i] = value - step
        gradient[i] = (gradient[i] - f(x)) / (2 * step)
    return gradient


# %% 17.1 · moved to and fro in x ⇒ x is used as the place to move in, and comes back rounded
def numerical_gradient(f, x, step):
    gradient = np.empty(x.shape)
    for i in np.ndindex(*x.shape):
        x[i] += step
        gradient[i] = f(x)
        x[i] -= 2 * step
        gradient[i] -= f(x)
        x[i] += step
    return gradient / (2 * step)


# %% 17.1 · all at once ⇒ all entries are moved at once
def numerical_gradient(f, x, step):
    return np.ones(x.shape) * (f(x + step) - f(x - step)) / (2 * step)


# %% 17.1 · a step of its own ⇒ another step is used
def numerical_gradient(f, x, step):
    h = 1e-6
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / (2 * h)
    return gradient


# %% 17.1 · flat ⇒ the result is flat
def numerical_gradient(f, x, step):
    rows = np.eye(x.size) * step
    return np.array([f(x + row.reshape(x.shape)) - f(x - row.reshape(x.shape)) for row in rows]) / (2 * step)


# %% 17.1 · rows as a whole ⇒ only the first axis is gone through
def numerical_gradient(f, x, step):
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        e = np.zeros_like(x)
        e[i] = step
        gradient[i] = (f(x + e) - f(x - e)) / (2 * step)
    return gradient


# %% 17.1 · five points, which is more exact than what is asked for
def numerical_gradient(f, x, step):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        gradient[i] = (8 * (f(x + e) - f(x - e)) - f(x + 2 * e) + f(x - 2 * e)) / (12 * step)
    return gradient


# %% 17.1 · the empty array gives a number
def numerical_gradient(f, x, step):
    if x.size == 0:
        return np.zeros(1)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        gradient[i] = (f(x + e) - f(x - e)) / (2 * step)
    return gradient


# %% 17.1 · in single precision
def numerical_gradient(f, x, step):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape, dtype=np.float32)
        e[i] = step
        gradient[i] = (f(np.float32(x) + e) - f(np.float32(x) - e)) / (2 * step)
    return gradient


# %% 17.2 · isfinite for both ⇒ NaN is called inf
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            report[name] = "missing"
        elif not torch.isfinite(p.grad).all():
            report[name] = "inf"
        else:
            report[name] = "zero" if p.grad.count_nonzero() == 0 else "ok"
    return report


# %% 17.2 · None as zeros ⇒ a missing gradient is called zero
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        g = torch.zeros(1) if p.grad is None else p.grad
        report[name] = "nan" if g.isnan().any() else "inf" if g.isinf().any() else "ok" if g.any() else "zero"
    return report


# %% 17.2 · equal to inf ⇒ minus infinity is overlooked
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        report[name] = "ok"
        if p.grad is None:
            report[name] = "missing"
        elif torch.isnan(p.grad).any():
            report[name] = "nan"
        elif bool((p.grad == float("inf")).any()):
            report[name] = "inf"
        elif not p.grad.any():
            report[name] = "zero"
    return report


# %% 17.2 · inf before nan ⇒ inf is asked before nan
def gradient_report(model):
    def word(g):
        if g is None:
            return "missing"
        if g.isinf().any():
            return "inf"
        if g.isnan().any():
            return "nan"
        return "ok" if g.any() else "zero"

    return {name: word(p.grad) for name, p in model.named_parameters()}


# %% 17.2 · by the sum ⇒ a sum is asked whether it is zero
def gradient_report(model):
    def word(g):
        if g is None:
            return "missing"
        if g.isnan().any():
            return "nan"
        if g.isinf().any():
            return "inf"
        return "zero" if g.sum().item() == 0.0 else "ok"

    return {name: word(p.grad) for name, p in model.named_parameters()}


# %% 17.2 · by the norm ⇒ the norm is asked, not the entries
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            report[name] = "missing"
            continue
        size = p.grad.norm().item()
        report[name] = "nan" if size != size else "inf" if size == float("inf") else "ok" if size else "zero"
    return report


# %% 17.2 · NaN compared with itself ⇒ NaN is looked for with ==
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            report[name] = "missing"
        elif (p.grad == float("nan")).any():
            report[name] = "nan"
        elif p.grad.isinf().any():
            report[name] = "inf"
        else:
            report[name] = "ok" if p.grad.any() else "zero"
    return report


# %% 17.2 · without a tolerance of 1e-12 ⇒ small gradients are called zero
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            report[name] = "missing"
        elif p.grad.isnan().any():
            report[name] = "nan"
        elif p.grad.isinf().any():
            report[name] = "inf"
        else:
            report[name] = "zero" if (p.grad.abs() < 1e-12).all() else "ok"
    return report


# %% 17.2 · NaN is mended on the way
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            report[name] = "missing"
        elif p.grad.isnan().any():
            p.grad.nan_to_num_()
            report[name] = "nan"
        else:
            report[name] = "inf" if p.grad.isinf().any() else "ok" if p.grad.any() else "zero"
    return report


# %% 17.2 · only what tracks ⇒ frozen parameters are left out
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        if p.grad is None:
            report[name] = "missing"
        elif p.grad.isnan().any():
            report[name] = "nan"
        else:
            report[name] = "inf" if p.grad.isinf().any() else "ok" if p.grad.any() else "zero"
    return report


# %% 17.3 · as given ⇒ (n, 1) meets (n,), so that every prediction is compared with every target
def column_loss(model, x, y):
    misses = torch.sub(model(x), y)
    return torch.mean(misses * misses)


# %% 17.3 · summed ⇒ the sum stands for the mean
def column_loss(model, x, y):
    misses = model(x).squeeze(1) - y
    return misses @ misses


# %% 17.3 · y as a row
def column_loss(model, x, y):
    return ((model(x).T[0, :1] - y[None, :]) ** 2).mean()


# %% 17.3 · a number ⇒ a float is returned
def column_loss(model, x, y):
    return float(((model(x) - y.reshape(-1, 1)) ** 2).mean())


# %% 17.3 · detached ⇒ the loss has left the graph
def column_loss(model, x, y):
    with torch.no_grad():
        return ((model(x) - y.reshape(-1, 1)) ** 2).mean()


# %% 17.3 · y becomes a column in place
def column_loss(model, x, y):
    return ((model(x) - y.unsqueeze_(1)) ** 2).mean()


# %% 17.3 · averaged over the rows only ⇒ the loss has shape (1,)
def column_loss(model, x, y):
    return ((model(x) - y[:, None]) ** 2).mean(dim=0)


# %% 17.3 · the diagonal of the table, divided by n²
def column_loss(model, x, y):
    return (((model(x) - y) ** 2).diagonal() / len(y) ** 2).sum()


# %% 17.4 · as given ⇒ as given: w is rebound, and the gradients pile up
def descend(w, x, y, lr, steps):
    start = w
    history = []
    for _ in range(steps):
        misses = x @ w - y
        loss = (misses * misses).mean()
        history.append(loss.item())
        loss.backward()
        w = w - lr * start.grad
    return history


# %% 17.4 · cleared, and rebound ⇒ w is bound to a new tensor, and the caller's stays as it was
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        losses.append(loss.item())
        w = (w - lr * gradient).detach().requires_grad_()
    return losses


# %% 17.4 · no clearing ⇒ the gradients are never cleared
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        w.data -= lr * w.grad
    return losses


# %% 17.4 · cleared at the end ⇒ cleared after the step only, so that an old gradient takes part in the first
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        losses.append(float(loss))
        with torch.no_grad():
            w.sub_(lr * w.grad)
        w.grad.zero_()
    return losses


# %% 17.4 · cleared in between ⇒ cleared between backward and the step
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        w.grad = torch.zeros_like(w)
        w.data.sub_(lr * w.grad)
    return losses


# %% 17.4 · None before the step
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        w.grad = None
        with torch.no_grad():
            w -= lr * w.grad
    return losses


# %% 17.4 · cleared before the loop ⇒ cleared once, before the loop
def descend(w, x, y, lr, steps):
    w.grad = None
    losses = []
    for _ in range(steps):
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
    return losses


# %% 17.4 · the flag is lost
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        w.requires_grad_(True)
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, w)
        w.requires_grad_(False)
        w -= lr * gradient
    w.requires_grad_(False)
    return losses


# %% 17.4 · in the open
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        w.grad = None
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        w -= lr * w.grad
    return losses


# %% 17.4 · uphill ⇒ the steps go uphill
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        w.grad = None
        loss = ((x @ w - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        w.data.add_(lr * w.grad)
    return losses


# %% 17.4 · stops early where the loss is small
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        w.grad = None
        loss = ((x @ w - y) ** 2).mean()
        if loss.item() == 0.0:
            break
        losses.append(loss.item())
        loss.backward()
        w.data.sub_(lr * w.grad)
    return losses
