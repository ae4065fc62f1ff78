# %% 18.1 · zeros_like where there is a gradient ⇒ filling puts new tensors in the place of those that others hold
def zero_by_filling(params):
    for p in params:
        p.grad = None if p.grad is None else 0 * torch.ones_like(p)


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · zeros for all ⇒ filling puts zeros where there was None
def zero_by_filling(params):
    for p in params:
        p.grad = torch.zeros(p.shape, dtype=p.dtype)


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · zero_() on whatever is there ⇒ None is told to become zero
def zero_by_filling(params):
    [p.grad.zero_() for p in params]


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · *= 0 ⇒ the gradient is multiplied by zero
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad *= 0


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · counted first ⇒ the parameters are walked twice
def zero_by_filling(params):
    if sum(p.grad is not None for p in params) == 0:
        return
    for p in params:
        if p.grad is not None:
            p.grad.fill_(0.0)


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · the first way is run before the second ⇒ the gradients are filled with zeros before they are let go
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()


def zero_by_none(params):
    params = list(params)
    zero_by_filling(params)
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad(set_to_none=True)


# %% 18.1 · set_to_none=False, in keyword form ⇒ the optimizer fills with zeros
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad(False)


# %% 18.1 · by hand, group 0 ⇒ only the first group is cleared
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    for p in optimizer.param_groups[0]["params"]:
        p.grad = None


# %% 18.1 · new storage behind the same tensor
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.grad.data = torch.zeros_like(p.grad)


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · the parameters themselves are zeroed
def zero_by_filling(params):
    for p in params:
        if p.grad is not None:
            p.data.zero_()
            p.grad.zero_()


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · ends at the first None ⇒ the loop ends at the first parameter without gradient
def zero_by_filling(params):
    for p in params:
        if p.grad is None:
            return
        p.grad.zero_()


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.1 · frozen ones are passed over ⇒ frozen parameters keep their gradients
def zero_by_filling(params):
    for p in params:
        if p.grad is not None and p.requires_grad:
            p.grad.zero_()


def zero_by_none(params):
    for p in params:
        p.grad = None


def zero_by_optimizer(optimizer):
    optimizer.zero_grad()


# %% 18.2 · always the rule ⇒ None is treated as zero
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    direction = weight_decay * param
    new = direction if buffer is None else momentum * buffer + direction
    return param - lr * new


# %% 18.2 · no gradient to speak of, so no step ⇒ zero is treated as None
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return np.array(param)


# %% 18.2 · the flag is read backwards ⇒ None and zero are swapped
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if not gradient_is_none:
        return param + 0.0
    old = 0.0 if buffer is None else buffer
    return param * (1 - lr * weight_decay) - lr * momentum * old


# %% 18.2 · the decay alone ⇒ momentum is left out
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    return param if gradient_is_none else (1 - lr * weight_decay) * param


# %% 18.2 · the buffer alone ⇒ weight decay is left out
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none or buffer is None:
        return param
    return param - lr * momentum * buffer


# %% 18.2 · decay with a plus ⇒ the decay has the wrong sign
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    moved = param if buffer is None else param - lr * momentum * buffer
    return moved + lr * weight_decay * param


# %% 18.2 · the buffer as it is ⇒ the old buffer is not multiplied by momentum
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    return param - lr * (weight_decay * param + (0 if buffer is None else buffer))


# %% 18.2 · no buffer, no step ⇒ without a buffer nothing moves
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none or buffer is None:
        return param
    return param - lr * (weight_decay * param + momentum * buffer)


# %% 18.2 · a running average ⇒ the direction is damped by 1 − momentum
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    d = weight_decay * param
    new = d if buffer is None else momentum * buffer + d - momentum * d
    return param - lr * new


# %% 18.2 · first the buffer, then decay ⇒ the decay is taken of the parameter that has moved already
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    moved = param if buffer is None else param - lr * momentum * buffer
    return moved - lr * weight_decay * moved


# %% 18.2 · minus lr and the parameter forgotten ⇒ the new buffer is returned
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    return weight_decay * param + (0 if buffer is None else momentum * buffer)


# %% 18.2 · the decay is not multiplied by lr ⇒ lr does not multiply the decay
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if gradient_is_none:
        return param
    return param - weight_decay * param - (0 if buffer is None else lr * momentum * buffer)


# %% 18.2 · in place
def after_idle_step(param, buffer, gradient_is_none, lr, weight_decay, momentum):
    if not gradient_is_none:
        param -= lr * (weight_decay * param + (0 if buffer is None else momentum * buffer))
    return param


# %% 18.3 · norms of zero count ⇒ a gradient of zero is taken for none
def unreached(params, loss):
    found = torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)
    return [k for k, g in enumerate(found) if g is None or torch.count_nonzero(g) == 0]


# %% 18.3 · without retain_graph ⇒ the graph is used up
def unreached(params, loss):
    found = torch.autograd.grad(loss, params, allow_unused=True)
    return [k for k in range(len(params)) if found[k] is None]


# %% 18.3 · backward, then a look at .grad ⇒ backward() adds to the gradients and uses the graph up
def unreached(params, loss):
    torch.autograd.backward(loss)
    return [k for k in range(len(params)) if params[k].grad is None]


# %% 18.3 · backward with retain_graph ⇒ backward() adds to the gradients
def unreached(params, loss):
    torch.autograd.backward(loss, retain_graph=True)
    return [k for k in range(len(params)) if params[k].grad is None]


# %% 18.3 · cleared, then backward ⇒ the gradients that lay there are lost
def unreached(params, loss):
    for p in params:
        p.grad = None
    torch.autograd.backward(loss, retain_graph=True)
    return [k for k, p in enumerate(params) if p.grad is None]


# %% 18.3 · torch refuses ⇒ an unused parameter is not allowed
def unreached(params, loss):
    found = torch.autograd.grad(loss, params, retain_graph=True)
    return [k for k in range(len(params)) if found[k] is None]


# %% 18.3 · the other ones ⇒ those that are reached are told
def unreached(params, loss):
    found = torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)
    return [k for k in range(len(params)) if found[k] is not None]


# %% 18.3 · only .grad is looked at ⇒ what lies in .grad is read
def unreached(params, loss):
    found = []
    for k in range(len(params)):
        if params[k].grad is None:
            found.append(k)
    return found


# %% 18.3 · one after the other, and an error means unreached; the graph is freed by the first
def unreached(params, loss):
    found = []
    for k, p in enumerate(params):
        try:
            torch.autograd.grad(loss, p)
        except RuntimeError:
            found.append(k)
    return found


# %% 18.3 · as the flags that tell
def unreached(params, loss):
    return [g is None for g in torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)]


# %% 18.3 · a NaN is taken for out of reach ⇒ a gradient of NaN is taken for none
def unreached(params, loss):
    found = torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)
    return [k for k, g in enumerate(found) if g is None or g.isnan().any()]


# %% 18.3 · the old gradients are put back as copies of what backward left
def unreached(params, loss):
    had = [p.grad is not None for p in params]
    loss.backward(retain_graph=True)
    found = [k for k, p in enumerate(params) if p.grad is None]
    for p, before in zip(params, had):
        p.grad = p.grad if before else None
    return found
