# %% 11.1 · torch's own function
def sgd_step(params, lr, weight_decay=0.0):
    from torch.optim.sgd import sgd

    moved = [p for p in params if p.grad is not None]
    with torch.no_grad():
        sgd(
            moved,
            [p.grad for p in moved],
            [None] * len(moved),
            weight_decay=weight_decay,
            momentum=0,
            lr=lr,
            dampening=0,
            nesterov=False,
            maximize=False,
        )


# %% 11.1 · through .data, decay as a factor
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is None:
            continue
        p.data = (1 - lr * weight_decay) * p.data - lr * p.grad.data


# %% 11.1 · entry by entry, through a detached view
def sgd_step(params, lr, weight_decay=0.0):
    import numpy as np

    for p in params:
        if p.grad is not None:
            values = p.detach().numpy()
            for index in np.ndindex(values.shape):
                values[index] -= lr * (p.grad[index].item() + weight_decay * values[index])


# %% 11.1 · the flag is switched off and on again
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            flag = p.requires_grad
            p.requires_grad_(False)
            p.mul_(1 - lr * weight_decay).sub_(lr * p.grad)
            p.requires_grad_(flag)


# %% 11.2 · buffers changed in place
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            if buffers[k] is None:
                buffers[k] = torch.zeros_like(p)
            buffers[k].mul_(momentum).add_(p.grad)
            p.add_(buffers[k], alpha=-lr)


# %% 11.2 · the list is filled anew in place, buffers that track nothing
def momentum_step(params, buffers, lr, momentum):
    def updated(p, b):
        if p.grad is None:
            return b
        return p.grad.detach().clone() if b is None else torch.add(p.grad, b, alpha=momentum)

    buffers[:] = [updated(p, b) for p, b in zip(params, buffers)]
    for p, b in zip(params, buffers):
        if p.grad is not None:
            p.detach().sub_(lr * b)


# %% 11.3 · the state by parameter, tensors changed in place
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for p in params:
        if p.grad is None:
            continue
        if p not in state:
            state[p] = {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
        mine = state[p]
        mine["step"] += 1
        mine["m"].lerp_(p.grad, 1 - betas[0])
        mine["v"].mul_(betas[1]).addcmul_(p.grad, p.grad, value=1 - betas[1])
        rate = lr / (1 - betas[0] ** mine["step"])
        p.addcdiv_(mine["m"], mine["v"].sqrt() / (1 - betas[1] ** mine["step"]) ** 0.5 + eps, value=-rate)


# %% 11.3 · all gradients are kept, and the averages written as sums
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for p in params:
        if p.grad is None:
            continue
        past = state.setdefault(id(p), [])
        past.append(p.grad.clone())
        n = len(past)

        def average(beta, power):
            total = sum(beta ** (n - 1 - k) * g**power for k, g in enumerate(past))
            return total / sum(beta**k for k in range(n))

        p -= lr * average(betas[0], 1) / (average(betas[1], 2).sqrt() + eps)


# %% 11.3 · torch's own function, a list in the dict
def adam_step(params, state, lr, betas, eps):
    from torch.optim.adam import adam

    kept = state.setdefault("kept", [None] * len(params))
    moved = [k for k, p in enumerate(params) if p.grad is not None]
    for k in moved:
        kept[k] = kept[k] or (torch.zeros_like(params[k]), torch.zeros_like(params[k]), torch.tensor(0.0))
    with torch.no_grad():
        adam(
            [params[k] for k in moved],
            [params[k].grad for k in moved],
            [kept[k][0] for k in moved],
            [kept[k][1] for k in moved],
            [],
            [kept[k][2] for k in moved],
            foreach=False,
            amsgrad=False,
            beta1=betas[0],
            beta2=betas[1],
            lr=lr,
            weight_decay=0.0,
            eps=eps,
            maximize=False,
        )
