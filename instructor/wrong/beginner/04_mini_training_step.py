# %% 04.1 · the loss is returned in place of its gradients ⇒ the loss is returned in place of its gradients
def mse_gradients(w, b, x, y):
    loss = mean_squared_error(w, b, x, y)
    return loss, loss


# %% 04.1 · one-sided differences
def mse_gradients(w, b, x, y):
    step = 1e-6
    here = mean_squared_error(w, b, x, y)
    return (
        (mean_squared_error(w + step, b, x, y) - here) / step,
        (mean_squared_error(w, b + step, x, y) - here) / step,
    )


# %% 04.1 · an array with an entry for each point ⇒ the mean is forgotten: each point has an entry
def mse_gradients(w, b, x, y):
    misses = w * x + b - y
    return 2 * misses * x, 2 * misses


# %% 04.1 · divided by n − 1, and by 1 for one point
def mse_gradients(w, b, x, y):
    misses = w * x + b - y
    n = max(len(x) - 1, 1)
    return float(np.sum(2 * misses * x) / n), float(np.sum(2 * misses) / n)


# %% 04.1 · the mean of the miss is squared instead of the miss ⇒ the means are multiplied
def mse_gradients(w, b, x, y):
    miss = np.mean(w * x + b - y)
    return float(2 * miss * np.mean(x)), float(2 * miss)


# %% 04.1 · of the mean absolute error ⇒ the gradients are those of the mean absolute error
def mse_gradients(w, b, x, y):
    signs = np.sign(w * x + b - y)
    return float(np.mean(signs * x)), float(np.mean(signs))


# %% 04.1 · b forgotten in the miss ⇒ b is left out of the miss
def mse_gradients(w, b, x, y):
    misses = w * x - y
    return float(np.mean(2 * misses * x)), float(np.mean(2 * misses))


# %% 04.1 · nothing comes back ⇒ nothing is returned
def mse_gradients(w, b, x, y):
    misses = w * x + b - y
    dw, db = np.mean(2 * misses * x), np.mean(2 * misses)


# %% 04.1 · dw alone ⇒ db is not returned
def mse_gradients(w, b, x, y):
    return float(np.mean(2 * (w * x + b - y) * x))


# %% 04.1 · in single precision ⇒ rounded to float32
def mse_gradients(w, b, x, y):
    misses = (w * x + b - y).astype(np.float32)
    return float(np.mean(2 * misses * x.astype(np.float32))), float(np.mean(2 * misses))


# %% 04.1 · by torch
def mse_gradients(w, b, x, y):
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (w, b)]
    ((leaves[0] * torch.tensor(x) + leaves[1] - torch.tensor(y)) ** 2).mean().backward()
    return leaves[0].grad.item(), leaves[1].grad.item()


# %% 04.2 · the learning rate is forgotten ⇒ the learning rate is left out
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= w.grad
        b -= b.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · only w moves ⇒ b is not moved
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · the gradient of w moves both ⇒ the gradient of w moves b too
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * w.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · two steps in one
def training_step(w, b, x, y, lr):
    for _ in range(2):
        w.grad = b.grad = None
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · sum for mean
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = b.grad = None
    return loss.item() / len(x)


# %% 04.2 · the flags are gone afterwards ⇒ w and b require no gradient afterwards
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    w.requires_grad_(False).sub_(lr * w.grad)
    b.requires_grad_(False).sub_(lr * b.grad)
    w.grad = b.grad = None
    value = loss.item()
    return value


# %% 04.2 · the leaves become part of the graph
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    dw, db = w.grad, b.grad
    w.grad = b.grad = None
    w.requires_grad_(False).sub_(lr * dw).add_(torch.zeros_like(dw).requires_grad_())
    b.requires_grad_(False).sub_(lr * db).add_(torch.zeros_like(db).requires_grad_())
    return loss.item()


# %% 04.2 · only the gradient of w is cleared ⇒ the gradient of b is never cleared
def training_step(w, b, x, y, lr):
    w.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    return loss.item()


# %% 04.2 · an old gradient in b alone is kept
def training_step(w, b, x, y, lr):
    if w.grad is not None:
        w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · the step changes w outside of no_grad
def training_step(w, b, x, y, lr):
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    w -= lr * w.grad
    b -= lr * b.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · in single precision
def training_step(w, b, x, y, lr):
    u, c = (leaf.detach().float().requires_grad_() for leaf in (w, b))
    loss = ((u * x.float() + c - y.float()) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * u.grad
        b -= lr * c.grad
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · the inputs are centred in place
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
        x -= x.mean()
    w.grad = b.grad = None
    return loss.item()


# %% 04.2 · nothing is returned ⇒ the loss is not returned
def training_step(w, b, x, y, lr):
    w.grad = b.grad = None
    ((w * x + b - y) ** 2).mean().backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = b.grad = None


# %% 04.2 · gradients are switched off for good ⇒ recording is switched off, and not on again
def training_step(w, b, x, y, lr):
    torch.set_grad_enabled(True)
    w.grad = b.grad = None
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    torch.set_grad_enabled(False)
    w -= lr * w.grad
    b -= lr * b.grad
    w.grad = b.grad = None
    return loss.item()
