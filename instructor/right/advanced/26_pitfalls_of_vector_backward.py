# %% 26.1 · torch decides everything, its texts are told apart
def checked_backward(y, v=None):
    cures = {
        "created only for scalar": "pass a v of the shape of y",
        "Mismatch in shape": "give v the shape of y",
        "does not require grad": "compute y from a tensor that tracks",
        "a second time": "run the forward pass again",
    }
    try:
        return y.backward(v)
    except RuntimeError as error:
        for text, cure in cures.items():
            if text in str(error):
                raise ValueError(f"{cure}: {error}") from None
        raise


# %% 26.1 · an error class of its own, and torch.autograd.backward
class Mistake(ValueError):
    pass


def checked_backward(y, v=None):
    if v is not None and tuple(v.size()) != tuple(y.size()):
        sizes = ["×".join(map(str, t.size())) or "a single number" for t in (y, v)]
        raise Mistake("y is {}, but v is {}: make them equal".format(*sizes))
    if not y.requires_grad:
        raise Mistake("nothing was recorded: was y detached?")
    if v is None:
        if torch.numel(y) != 1:
            raise Mistake("one number for each of y's is needed: v")
        v = torch.ones_like(y)
    try:
        torch.autograd.backward([y], [v.detach()])
    except RuntimeError as error:
        if str(error).startswith("Trying to backward"):
            raise Mistake("this graph is gone") from error
        raise error


# %% 26.1 · an error that is a ValueError and a RuntimeError
class Refused(ValueError, RuntimeError):
    pass


def checked_backward(y, v=None):
    if y.requires_grad is False:
        raise Refused("y tracks nothing")
    if v is None and y.nelement() == 1:
        v = torch.full_like(y, 1.0)
    if v is None:
        raise Refused("v, please")
    if v.shape != y.shape:
        raise Refused(f"torch wants {y.shape} and not {v.shape}")
    try:
        y.backward(gradient=v)
    except RuntimeError as error:
        if "freed" in str(error):
            raise Refused("forward again, please") from error
        raise


# %% 26.2 · .grad set to None before each row
def several_vjps(f, x, vs):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    rows = []
    for v in vs:
        leaf.grad = None
        y.backward(v, retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 26.2 · differences of what has piled up, last row first
def several_vjps(f, x, vs):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    table = torch.empty(len(vs), len(x), dtype=x.dtype)
    for k in reversed(range(len(vs))):
        leaf.grad = torch.zeros_like(x)
        y.backward(vs[k], retain_graph=k > 0)
        table[k] = leaf.grad
    return table


# %% 26.2 · all rows in one batched pass
def several_vjps(f, x, vs):
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf, vs, is_grads_batched=True)[0]


# %% 26.2 · torch.func.vjp, vmapped
def several_vjps(f, x, vs):
    _, pull_back = torch.func.vjp(f, x)
    return torch.func.vmap(pull_back)(vs)[0]


# %% 26.2 · the whole Jacobian first
def several_vjps(f, x, vs):
    return torch.einsum("km,mn->kn", vs, torch.func.jacrev(f)(x))


# %% 26.3 · the weights detached, the sum as it stands, still tracking
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    total = (weights_of(leaf).detach() * f(leaf)).sum()
    return torch.autograd.grad(total, leaf, create_graph=True)[0]


# %% 26.3 · the weights under no_grad, as v
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    with torch.no_grad():
        weights = weights_of(leaf)
    f(leaf).backward(weights)
    return leaf.grad


# %% 26.3 · a v that tracks is harmless
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    f(leaf).backward(weights_of(leaf))
    return leaf.grad


# %% 26.3 · one backward pass for each output
def self_weighted_gradient(f, weights_of, x):
    weights = weights_of(x).tolist()
    leaf = x.clone().requires_grad_()
    for i, weight in enumerate(weights):
        (weight * f(leaf)[i]).backward()
    return leaf.grad


# %% 26.3 · the Jacobian by columns, forward
def self_weighted_gradient(f, weights_of, x):
    return torch.func.jacfwd(f)(x).T @ weights_of(x)


# %% 26.3 · all of it less what the weights give
def self_weighted_gradient(f, weights_of, x):
    whole = torch.func.grad(lambda z: weights_of(z) @ f(z))(x)
    return whole - torch.func.vjp(weights_of, x)[1](f(x))[0]
