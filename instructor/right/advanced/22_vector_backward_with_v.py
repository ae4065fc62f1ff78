# %% 22.1 · backward on a leaf of one's own
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_(True)
    y = f(leaf)
    if tuple(v.shape) != tuple(y.shape):
        raise ValueError("v is " + str(tuple(v.shape)) + " and f(x) is " + str(tuple(y.shape)))
    y.backward(v)
    return leaf.grad


# %% 22.1 · torch.func.vjp, and lists for the shapes
def vjp(f, x, v):
    y, pull_back = torch.func.vjp(f, x.detach())
    if y.shape != v.shape:
        raise ValueError(f"expected {list(y.shape)}, got {list(v.shape)}")
    (gradient,) = pull_back(v)
    return gradient


# %% 22.1 · torch's own words, under another name
def vjp(f, x, v):
    leaf = x.detach().requires_grad_()
    y = f(leaf)
    try:
        return torch.autograd.grad(y, leaf, v)[0]
    except RuntimeError as error:
        raise ValueError(str(error)) from error


# %% 22.1 · the gradient of the weighed sum, and it still tracks
def vjp(f, x, v):
    shape = f(x.detach()).shape
    if shape != v.shape:
        raise ValueError(v.shape, shape)
    leaf = x.clone()
    if not leaf.requires_grad:
        leaf.requires_grad_()
    return torch.autograd.grad((f(leaf) * v).sum(), leaf, create_graph=True)[0]


# %% 22.1 · the whole Jacobian
def vjp(f, x, v):
    J = torch.func.jacrev(f)(x.detach())
    shape = J.shape[: J.dim() - x.dim()]
    if shape != v.shape:
        raise ValueError(f"v: {v.shape}; f(x): {shape}")
    return (v.reshape(-1) @ J.reshape(v.numel(), -1)).reshape(x.shape)


# %% 22.1 · a subclass of ValueError, by forward mode
class ShapeError(ValueError):
    pass


def vjp(f, x, v):
    x = x.detach()
    y = f(x)
    if y.shape != v.shape:
        raise ShapeError(f"{tuple(v.shape)} != {tuple(y.shape)}")
    slopes = []
    for k in range(x.numel()):
        unit = torch.zeros(x.numel(), dtype=x.dtype)
        unit[k] = 1
        _, moved = torch.func.jvp(f, (x,), (unit.reshape(x.shape),))
        slopes.append((v * moved).sum())
    return torch.stack(slopes).reshape(x.shape)


# %% 22.2 · from one output
def jacobian_row(f, x, i):
    leaf = x.detach().requires_grad_()
    f(leaf)[i].backward()
    return leaf.grad


# %% 22.2 · a row of the whole Jacobian
def jacobian_row(f, x, i):
    return torch.autograd.functional.jacobian(f, x)[i]


# %% 22.2 · torch.func.grad of one output
def jacobian_row(f, x, i):
    return torch.func.grad(lambda x: f(x)[i])(x.detach())


# %% 22.2 · forward mode, entry by entry
def jacobian_row(f, x, i):
    x = x.detach()
    return torch.stack([torch.func.jvp(f, (x,), (unit,))[1][i] for unit in torch.eye(len(x), dtype=x.dtype)])


# %% 22.2 · a row of the identity for v
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    return torch.autograd.grad(y, leaf, torch.eye(len(y), dtype=y.dtype)[i], create_graph=True)[0]


# %% 22.3 · what is left of the whole sum
def cumulative_vjp(x, v):
    return 2 * x * (np.sum(v) - np.cumsum(v) + v)


# %% 22.3 · the Jacobian as a table
def cumulative_vjp(x, v):
    return v @ (2 * np.tril(np.ones((len(x), len(x)))) * x)


# %% 22.3 · two loops
def cumulative_vjp(x, v):
    result = np.zeros(len(x))
    for i in range(len(x)):
        for k in range(i + 1):
            result[k] += v[i] * 2 * x[k]
    return result


# %% 22.3 · from the end, with a running sum in long double
def cumulative_vjp(x, v):
    result, total = np.empty(x.shape, dtype=np.longdouble), np.longdouble(0)
    for k in reversed(range(len(x))):
        total += v[k]
        result[k] = 2 * x[k] * total
    return result


# %% 22.3 · einsum with an upper triangle
def cumulative_vjp(x, v):
    return np.einsum("k,ki,i->k", 2 * x, np.triu(np.ones((x.size, x.size))), v)


# %% 22.3 · complex steps
def cumulative_vjp(x, v):
    step = 1e-30
    return np.array([np.sum(v * np.cumsum((x + 1j * step * unit) ** 2)).imag / step for unit in np.eye(len(x))])
