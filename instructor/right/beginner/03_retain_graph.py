# %% 03.1 · backward, cleared with None before each head; the last pass frees the graph
def head_gradients(shared, heads, x):
    leaf = torch.tensor(x.tolist(), dtype=x.dtype, requires_grad=True)
    trunk, gradients = shared(leaf), []
    for k, head in enumerate(heads, start=1):
        leaf.grad = None
        head(trunk).backward(retain_graph=k < len(heads))
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · the trunk is cut off and joined again by a vector-Jacobian product
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk = shared(leaf)
    gradients = []
    for head in heads:
        end = trunk.detach().clone().requires_grad_()
        (arriving,) = torch.autograd.grad(head(end), end)
        gradients += torch.autograd.grad(trunk, leaf, arriving, retain_graph=True)
    return tuple(gradients)


# %% 03.1 · torch.func.vjp
def head_gradients(shared, heads, x):
    trunk, back = torch.func.vjp(shared, x.detach())
    return [back(torch.func.grad(head)(trunk))[0] for head in heads]


# %% 03.1 · the rows of a Jacobian
def head_gradients(shared, heads, x):
    def all_heads(z):
        trunk = shared(z)
        return torch.stack([head(trunk) for head in heads]) if heads else trunk

    rows = torch.func.jacrev(all_heads)(x.detach())
    return list(rows)[: len(heads)]


# %% 03.1 · a clone of x as it is, leaf or not; create_graph keeps the graph as well
def head_gradients(shared, heads, x):
    start = x.clone().requires_grad_()
    trunk = shared(start)
    return [torch.autograd.grad(head(trunk), start, create_graph=True)[0] for head in heads]


# %% 03.1 · the Jacobian of the trunk once, a row times a matrix for each head
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk = shared(leaf)
    rows = [torch.autograd.grad(entry, leaf, retain_graph=True)[0] for entry in trunk]
    jacobian = torch.stack(rows)
    return [torch.func.grad(head)(trunk.detach()) @ jacobian for head in heads]


# %% 03.2 · all but the last keep the graph
def backward_all(losses):
    for loss in losses[:-1]:
        loss.backward(retain_graph=True)
    losses[-1].backward()


# %% 03.2 · torch.autograd.backward takes many at once
def backward_all(losses):
    torch.autograd.backward(losses)


# %% 03.2 · stacked, with a cotangent of ones
def backward_all(losses):
    torch.stack(losses).backward(torch.ones(len(losses), dtype=losses[0].dtype))


# %% 03.2 · n times the mean, returned
def backward_all(losses):
    total = torch.stack(losses).mean() * len(losses)
    total.backward()
    return total.item()


# %% 03.2 · in the order from the last to the first
def backward_all(losses):
    for k in reversed(range(len(losses))):
        torch.autograd.backward(losses[k], retain_graph=bool(k))


# %% 03.3 · torch.func twice
def second_derivative(f, x):
    return torch.func.grad(torch.func.grad(f))(torch.tensor(x, dtype=torch.float64)).item()


# %% 03.3 · something of no slope is added, so that the slope always has a graph
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf) + 0 * leaf**2, leaf, create_graph=True)
    slope.backward()
    return leaf.grad.item()


# %% 03.3 · the error of a straight line is caught
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64).requires_grad_()
    slope = torch.autograd.grad([f(leaf)], [leaf], create_graph=True)[0]
    try:
        slope.backward()
    except RuntimeError:
        return 0.0
    return leaf.grad.item()


# %% 03.3 · forward mode over reverse mode
def second_derivative(f, x):
    at = torch.tensor(x, dtype=torch.float64)
    return torch.func.jvp(torch.func.grad(f), (at,), (torch.ones_like(at),))[1].item()


# %% 03.3 · the Hessian of torch.autograd.functional
def second_derivative(f, x):
    return float(torch.autograd.functional.hessian(f, torch.tensor(x, dtype=torch.float64)))


# %% 03.3 · backward with create_graph, a change of .grad
def second_derivative(f, x):
    import warnings

    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f(leaf).backward(create_graph=True)
    first = leaf.grad
    if not first.requires_grad:
        return 0.0
    before = first.item()
    first.backward()
    return leaf.grad.item() - before if leaf.grad is first else leaf.grad.item()
