# %% 17.1 · an entry moved in a copy, and put back
def numerical_gradient(f, x, step):
    moving, gradient = np.array(x), np.empty_like(x)
    for index in np.ndindex(moving.shape):
        value = moving[index]
        moving[index] = value + step
        above = f(moving)
        moving[index] = value - step
        gradient[index] = (above - f(moving)) / (2.0 * step)
        moving[index] = value
    return gradient


# %% 17.1 · moved in x itself, and put back exactly
def numerical_gradient(f, x, step):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        value = float(x[index])
        values = []
        for moved in (value + step, value - step):
            x[index] = moved
            values.append(f(x))
        x[index] = value
        gradient[index] = (values[0] - values[1]) / 2 / step
    return gradient


# %% 17.1 · rows of the unit matrix
def numerical_gradient(f, x, step):
    units = np.eye(x.size).reshape(x.size, *x.shape)
    slopes = [f(x + step * unit) / (2 * step) - f(x - step * unit) / (2 * step) for unit in units]
    return np.array(slopes, dtype=float).reshape(x.shape)


# %% 17.1 · flat views, a longdouble detour
def numerical_gradient(f, x, step):
    result = np.zeros(x.size, dtype=np.longdouble)
    for k in range(x.size):
        right, left = x.flatten(), x.flatten()
        right[k] += step
        left[k] -= step
        result[k] = np.longdouble(f(right.reshape(x.shape)) - f(left.reshape(x.shape))) / (2 * step)
    return result.astype(np.float64).reshape(x.shape)


# %% 17.2 · NumPy
def gradient_report(model):
    def word(parameter):
        if parameter.grad is None:
            return "missing"
        numbers = parameter.grad.detach().numpy()
        checks = {"nan": np.isnan(numbers).any(), "inf": np.isinf(numbers).any(), "zero": not numbers.any(), "ok": True}
        return next(word for word, fits in checks.items() if fits)

    return {name: word(parameter) for name, parameter in model.named_parameters()}


# %% 17.2 · entry by entry
def gradient_report(model):
    import math

    report = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            report[name] = "missing"
            continue
        entries = parameter.grad.flatten().tolist()
        if any(math.isnan(entry) for entry in entries):
            report[name] = "nan"
        elif any(math.isinf(entry) for entry in entries):
            report[name] = "inf"
        else:
            report[name] = "ok" if any(entries) else "zero"
    return report


# %% 17.2 · by comparisons only
def gradient_report(model):
    report = {}
    for name, p in model.named_parameters():
        g = p.grad
        report[name] = "missing"
        if g is not None:
            inf = g.abs() == float("inf")
            report[name] = "nan" if (g != g).any() else "inf" if inf.any() else "ok" if (g != 0).any() else "zero"
    return report


# %% 17.3 · mse_loss on flat predictions
def column_loss(model, x, y):
    return torch.nn.functional.mse_loss(model(x).view(-1), y)


# %% 17.3 · squeeze of all axes, which leaves () against (1,) for one row
def column_loss(model, x, y):
    return (model(x).squeeze() - y).square().mean()


# %% 17.3 · row by row
def column_loss(model, x, y):
    return torch.stack([(p[0] - t) ** 2 for p, t in zip(model(x), y)]).sum() / len(y)


# %% 17.4 · torch.optim.SGD
def descend(w, x, y, lr, steps):
    optimizer = torch.optim.SGD([w], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(x @ w, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% 17.4 · the gradient by hand
@torch.no_grad()
def descend(w, x, y, lr, steps):
    losses = []
    for _ in range(steps):
        misses = x @ w - y
        losses.append(float(misses @ misses / len(y)))
        w -= lr * 2 / len(y) * (x.T @ misses)
    return losses


# %% 17.4 · torch.autograd.grad, written back at the end
def descend(w, x, y, lr, steps):
    here, losses = w.detach().clone().requires_grad_(), []
    for _ in range(steps):
        loss = ((x @ here - y) ** 2).mean()
        (gradient,) = torch.autograd.grad(loss, here)
        here = (here - lr * gradient).detach().requires_grad_()
        losses.append(loss.item())
    w.data.copy_(here.detach())
    return tuple(losses)
