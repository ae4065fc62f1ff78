# %% 18.1 · in other words, under no_grad, group by group
@torch.no_grad()
def zero_by_filling(params):
    for p in params:
        g = p.grad
        if g is None:
            continue
        g[...] = 0.0


def zero_by_none(params):
    for p in params:
        del p.grad


def zero_by_optimizer(optimizer):
    for group in optimizer.param_groups:
        zero_by_none(group["params"])


# %% 18.1 · by way of detached aliases and torch's default
def zero_by_filling(params):
    gradients = [p.grad for p in params if p.grad is not None]
    for g in gradients:
        g.detach().copy_(torch.zeros(()))


def zero_by_none(params):
    for p in list(params):
        setattr(p, "grad", None)


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · zeroed through NumPy, which shares the memory
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad.numpy().fill(0.0)


def zero_by_none(params):
    for p in params:
        if p.grad is not None:
            p.grad = None


def zero_by_optimizer(optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None


# %% 18.2 · line by line, as in the rule, with a gradient of zeros
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return np.array(param, copy=True)
    g = np.zeros_like(param)
    d = g + weight_decay * param
    b = momentum * buffer + d if buffer is not None else d
    return np.asarray(param - lr * b)


# %% 18.2 · one formula
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    steps = 0.0 if gradient_is_none else lr
    old = np.zeros(np.shape(param)) if buffer is None else buffer
    return (1 - steps * weight_decay) * param - steps * momentum * old


# %% 18.2 · entry by entry
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    new = param.copy()
    if gradient_is_none:
        return new
    for where in np.ndindex(*param.shape):
        old = momentum * buffer[where] if buffer is not None else 0.0
        new[where] = param[where] - lr * (old + weight_decay * param[where])
    return new


# %% 18.3 · one parameter after the other
def unreached(params, loss):
    found = []
    for k, p in enumerate(params):
        (g,) = torch.autograd.grad(loss, [p], allow_unused=True, retain_graph=True)
        if g is None:
            found.append(k)
    return tuple(found)


# %% 18.3 · an error tells who is out of reach
def unreached(params, loss):
    found = []
    for k in range(len(params)):
        try:
            torch.autograd.grad(loss, params[k], retain_graph=True)
        except RuntimeError:
            found.append(k)
    return found


# %% 18.3 · a walk through the graph, without any gradient
def unreached(params, loss):
    seen, waiting, leaves = set(), [loss.grad_fn], []
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            leaves.append(node.variable)
        waiting.extend(before for before, _ in node.next_functions)
    return [k for k, p in enumerate(params) if not any(p is leaf for leaf in leaves)]


# %% 18.3 · backward into the parameters only, and everything put back
def unreached(params, loss):
    old = [p.grad for p in params]
    for p in params:
        p.grad = None
    loss.backward(retain_graph=True, inputs=params)
    found = [k for k, p in enumerate(params) if p.grad is None]
    for p, grad in zip(params, old):
        p.grad = grad
    return found
