# %% 11.1 · shrinks the parameter by a factor above 1 ⇒ the decay has the wrong sign
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.data.mul_(1 + lr * weight_decay).sub_(lr * p.grad)


# %% 11.1 · zeros for None ⇒ a parameter without gradient decays all the same
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        g = p.grad if p.grad is not None else torch.zeros_like(p)
        p.copy_(p - lr * (g + weight_decay * p))


# %% 11.1 · no look at None ⇒ a parameter without gradient is not passed over
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        p.sub_(p.grad + weight_decay * p, alpha=lr)


# %% 11.1 · + for − ⇒ the step goes uphill
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p += lr * p.grad + lr * weight_decay * p


# %% 11.1 · a gradient of zeros counts as none, and does not decay
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None and p.grad.any():
            p -= lr * (p.grad + weight_decay * p)


# %% 11.1 · `if p.grad`, which asks for the truth of a tensor
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad:
            p -= lr * (p.grad + weight_decay * p)


# %% 11.1 · decoupled, as in AdamW, after the move ⇒ the decay is taken of the parameter that has moved already
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.sub_(lr * p.grad).mul_(1 - lr * weight_decay)


# %% 11.1 · decay without lr ⇒ the learning rate does not multiply the decay
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.mul_(1 - weight_decay).sub_(lr * p.grad)


# %% 11.1 · the list gets new tensors ⇒ new tensors are made, and the parameters stay where they were
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for k, p in enumerate(params):
        if p.grad is not None:
            params[k] = p - lr * (p.grad + weight_decay * p)


# %% 11.1 · the decay is written into the gradient ⇒ the decay is added to .grad itself
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.grad += weight_decay * p
            p -= lr * p.grad


# %% 11.1 · returns where it should go on ⇒ the step ends at the first parameter without gradient
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is None:
            return
        p.sub_(lr * (p.grad + weight_decay * p))


# %% 11.1 · no decay ⇒ the decay is left out
def sgd_step(params, lr, weight_decay=0.0):
    for p in (p for p in params if p.grad is not None):
        p.data -= lr * p.grad


# %% 11.1 · cleared afterwards ⇒ the gradients are cleared
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.data -= lr * (p.grad + weight_decay * p.data)
            p.grad = None


# %% 11.1 · outside of no_grad ⇒ the step is recorded
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.sub_(lr * p.grad + lr * weight_decay * p)


# %% 11.1 · by a flat view, which a matrix that is not contiguous does not have
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.view(-1).sub_(lr * (p.grad + weight_decay * p).reshape(-1))


# %% 11.1 · weight decay by the sign, as for the sum of absolute values
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p -= lr * (p.grad + weight_decay * torch.sign(p))


# %% 11.1 · biases, which have one axis, do not decay
@torch.no_grad()
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p -= lr * (p.grad + (weight_decay * p if p.dim() != 1 else 0.0))


# %% 11.1 · the flags stay off ⇒ the flags are switched off for the step, and not on again
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        if p.grad is not None:
            p.requires_grad_(False)
            p -= lr * (p.grad + weight_decay * p)


# %% 11.1 · all flags are switched on at the end, those of frozen leaves too
def sgd_step(params, lr, weight_decay=0.0):
    for p in params:
        p.requires_grad_(False)
        if p.grad is not None:
            p -= lr * (p.grad + weight_decay * p)
        p.requires_grad_(True)


# %% 11.2 · an exponential average ⇒ every gradient is multiplied by 1 − momentum, the first one too
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            before = torch.zeros_like(p) if buffers[k] is None else buffers[k]
            buffers[k] = torch.lerp(p.grad, before, momentum)
            p -= lr * buffers[k]


# %% 11.2 · torch's dampening of the same size ⇒ the gradient is multiplied by 1 − momentum
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            if buffers[k] is None:
                buffers[k] = p.grad.clone()
            else:
                buffers[k].mul_(momentum).add_(p.grad, alpha=1 - momentum)
            p.sub_(buffers[k], alpha=lr)


# %% 11.2 · a local name for the buffer ⇒ the buffer is not kept
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for p, buffer in zip(params, buffers):
        if p.grad is not None:
            buffer = p.grad.clone() if buffer is None else momentum * buffer + p.grad
            p -= lr * buffer


# %% 11.2 · a new list under the old name ⇒ the buffer is not kept
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    buffers = [
        b if p.grad is None else p.grad.clone() if b is None else momentum * b + p.grad for p, b in zip(params, buffers)
    ]
    for p, b in zip(params, buffers):
        if p.grad is not None:
            p -= lr * b


# %% 11.2 · buffers appended to the list
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffer = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            buffers.append(buffer)
            p -= lr * buffer


# %% 11.2 · the gradient's tensor is kept ⇒ the first buffer is the gradient's own tensor
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad.detach() if buffers[k] is None else torch.add(p.grad, buffers[k], alpha=momentum)
            p.add_(buffers[k], alpha=-lr)


# %% 11.2 · kept, and changed in place ⇒ the first buffer is the gradient's own tensor, and is changed in place
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        if buffers[k] is None:
            buffers[k] = p.grad
        else:
            buffers[k] *= momentum
            buffers[k] += p.grad
        p -= lr * buffers[k]


# %% 11.2 · Nesterov's direction ⇒ the step looks ahead, as Nesterov's does
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad + (0.0 if buffers[k] is None else momentum * buffers[k])
            p -= lr * momentum * buffers[k] + lr * p.grad


# %% 11.2 · a velocity that holds lr, as in the textbook ⇒ the learning rate goes into the buffer instead of the move
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            velocity = lr * p.grad
            if buffers[k] is not None:
                velocity += momentum * buffers[k]
            buffers[k] = velocity
            p.sub_(velocity)


# %% 11.2 · zeros for None ⇒ a parameter without gradient coasts on
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        g = p.grad.clone() if p.grad is not None else torch.zeros_like(p)
        buffers[k] = g + momentum * buffers[k] if buffers[k] is not None else g
        p.sub_(lr * buffers[k])


# %% 11.2 · numbered after skipping ⇒ the buffers are counted by the parameters that have a gradient
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    k = 0
    for p in params:
        if p.grad is not None:
            buffers[k] = p.grad.clone() if buffers[k] is None else p.grad + momentum * buffers[k]
            p -= lr * buffers[k]
            k += 1


# %% 11.2 · the old buffer moves it ⇒ the buffer moves the parameter one step late
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            if buffers[k] is None:
                buffers[k] = p.grad.clone()
                p -= lr * p.grad
            else:
                p -= lr * buffers[k]
                buffers[k] = momentum * buffers[k] + p.grad


# %% 11.2 · the same buffer for parameters of the same shape
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            same = [j for j, q in enumerate(params) if q.shape == p.shape and buffers[j] is not None]
            buffers[k] = momentum * buffers[same[0]] + p.grad if same else p.grad.clone()
            p -= lr * buffers[k]


# %% 11.2 · buffers kept on the parameters, and not in the list
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for p in params:
        if p.grad is not None:
            p.buffer = p.grad.clone() if getattr(p, "buffer", None) is None else momentum * p.buffer + p.grad
            p -= lr * p.buffer


# %% 11.2 · the parameter itself is multiplied by the momentum
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            p.mul_(momentum).sub_(lr * buffers[k])


# %% 11.2 · uphill ⇒ the step goes uphill
@torch.no_grad()
def momentum_step(params, buffers, lr, momentum):
    for k, p in enumerate(params):
        if p.grad is not None:
            buffers[k] = p.grad.clone() if buffers[k] is None else momentum * buffers[k] + p.grad
            p.add_(buffers[k], alpha=lr)


# %% 11.3 · no correction ⇒ the bias of the averages is not corrected
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for p in params:
        if p.grad is None:
            continue
        if p not in state:
            state[p] = [torch.zeros_like(p), torch.zeros_like(p)]
        m, v = state[p]
        m.lerp_(p.grad, 1 - betas[0])
        v.mul_(betas[1]).addcmul_(p.grad, p.grad, value=1 - betas[1])
        p.addcdiv_(m, v.sqrt() + eps, value=-lr)


# %% 11.3 · eps under the root ⇒ eps stands inside the root
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        old = state.get(k, {"t": 0, "m": 0.0, "v": 0.0})
        t = old["t"] + 1
        m = betas[0] * old["m"] + (1 - betas[0]) * p.grad
        v = betas[1] * old["v"] + (1 - betas[1]) * p.grad * p.grad
        state[k] = {"t": t, "m": m, "v": v}
        p -= lr * m / (1 - betas[0] ** t) / torch.sqrt(v / (1 - betas[1] ** t) + eps)


# %% 11.3 · counted after the correction ⇒ the step is counted from 0
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.setdefault(k, [0, torch.zeros_like(p), torch.zeros_like(p)])
        m.mul_(betas[0]).add_((1 - betas[0]) * p.grad)
        v.mul_(betas[1]).add_((1 - betas[1]) * p.grad**2)
        p -= lr * (m / (1 - betas[0] ** t)) / ((v / (1 - betas[1] ** t)).sqrt() + eps)
        state[k][0] += 1


# %% 11.3 · one count, raised once a call ⇒ one count of steps serves all parameters
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    t = state["step"] = state.get("step", 0) + 1
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        m, v = state.get(k, (0.0, 0.0))
        m, v = betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad.square()
        state[k] = (m, v)
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · one count, raised in the loop ⇒ one count of steps serves all parameters, and each of them raises it
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        state["step"] = t = state.get("step", 0) + 1
        m, v = state.get(k, (0.0, 0.0))
        m, v = betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad.square()
        state[k] = (m, v)
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · Kingma's short form with its own eps ⇒ eps is added before the bias is corrected
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        state[k] = t, m, v
        rate = lr * (1 - betas[1] ** t) ** 0.5 / (1 - betas[0] ** t)
        p -= rate * m / (v.sqrt() + eps)


# %% 11.3 · corrected before they are put away ⇒ the corrected averages are kept
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t += 1
        m = (betas[0] * m + (1 - betas[0]) * p.grad) / (1 - betas[0] ** t)
        v = (betas[1] * v + (1 - betas[1]) * p.grad**2) / (1 - betas[1] ** t)
        state[k] = t, m, v
        p -= lr * m / (v.sqrt() + eps)


# %% 11.3 · the state is a global dict of the module
EVERYTHING = {}


@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    state = EVERYTHING
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.get(k, (0, torch.zeros_like(p), torch.zeros_like(p)))
        if m.shape != p.shape:
            t, m, v = 0, torch.zeros_like(p), torch.zeros_like(p)
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        state[k] = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · the averages stand on the parameter, where a new state does not reach them
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for p in params:
        if p.grad is None:
            continue
        t, m, v = getattr(p, "adam", (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        p.adam = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · the state is looked up by shape
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for p in params:
        if p.grad is None:
            continue
        t, m, v = state.get(p.shape, (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        state[p.shape] = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · the largest square so far, as AMSGrad has it
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v, top = state.get(k, (0, 0.0, 0.0, torch.zeros_like(p)))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        top = torch.maximum(top, v)
        state[k] = t, m, v, top
        p -= lr * m / (1 - betas[0] ** t) / ((top / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · the norm of the gradient for its entries
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * (p.grad**2).sum()
        state[k] = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · betas the wrong way round ⇒ the two betas are swapped
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        second, first = betas
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t, m, v = t + 1, first * m + (1 - first) * p.grad, second * v + (1 - second) * p.grad**2
        state[k] = t, m, v
        p -= lr * m / (1 - first**t) / ((v / (1 - second**t)).sqrt() + eps)


# %% 11.3 · zeros for None ⇒ a parameter without gradient is treated as if it had a gradient of 0
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        g = p.grad if p.grad is not None else torch.zeros_like(p)
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g * g
        state[k] = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / ((v / (1 - betas[1] ** t)).sqrt() + eps)


# %% 11.3 · the root is forgotten ⇒ the root is left out
@torch.no_grad()
def adam_step(params, state, lr, betas, eps):
    for k, p in enumerate(params):
        if p.grad is None:
            continue
        t, m, v = state.get(k, (0, 0.0, 0.0))
        t, m, v = t + 1, betas[0] * m + (1 - betas[0]) * p.grad, betas[1] * v + (1 - betas[1]) * p.grad**2
        state[k] = t, m, v
        p -= lr * m / (1 - betas[0] ** t) / (v / (1 - betas[1] ** t) + eps)
