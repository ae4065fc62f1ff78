# %% 25.1 · backward, cleared before each row
def full_jacobian(f, x):
    leaf = torch.tensor(x.tolist(), dtype=x.dtype, requires_grad=True)
    y = f(leaf)
    jacobian = torch.empty(y.numel(), leaf.numel(), dtype=x.dtype)
    for i in range(y.numel()):
        leaf.grad = None
        y[i].backward(retain_graph=True)
        jacobian[i] = leaf.grad
    return jacobian


# %% 25.1 · torch.func, reverse mode
def full_jacobian(f, x):
    return torch.func.jacrev(f)(x)


# %% 25.1 · torch.func, forward mode
def full_jacobian(f, x):
    return torch.func.jacfwd(f)(x)


# %% 25.1 · torch.autograd.functional
def full_jacobian(f, x):
    return torch.autograd.functional.jacobian(f, x)


# %% 25.1 · all rows in one batched backward, still tracking
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    eye = torch.eye(y.shape[0], dtype=x.dtype)
    (jacobian,) = torch.autograd.grad(y, leaf, eye, is_grads_batched=True, create_graph=True)
    return jacobian


# %% 25.1 · random cotangents, and a linear system to undo them
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    m = len(y)
    V = torch.eye(m, dtype=x.dtype) + torch.tril(torch.ones(m, m, dtype=x.dtype))
    products = torch.stack([torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in V])
    return torch.linalg.solve(V, products)


# %% 25.2 · two loops
def softmax_jacobian(x):
    n = len(x)
    largest = max(x)
    total = sum(np.exp(entry - largest) for entry in x)
    y = [np.exp(entry - largest) / total for entry in x]
    jacobian = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            jacobian[i, j] = y[i] * ((i == j) - y[j])
    return jacobian


# %% 25.2 · from the logarithm of the sum, in long double
def softmax_jacobian(x):
    x = x.astype(np.longdouble)
    largest = x.max()
    y = np.exp(x - largest - np.log(np.sum(np.exp(x - largest))))
    return y[:, None] * (np.eye(len(x)) - y)


# %% 25.2 · einsum, and differences of all pairs
def softmax_jacobian(x):
    with np.errstate(over="ignore"):
        y = 1 / np.exp(x[None, :] - x[:, None]).sum(axis=1)
    return np.einsum("i,ij->ij", y, np.eye(x.size)) - np.einsum("i,j->ij", y, y)


# %% 25.2 · logaddexp
def softmax_jacobian(x):
    y = np.exp(x - np.logaddexp.reduce(x))
    return np.diagflat(y) - y[:, None] @ y[None, :]


# %% 25.2 · complex steps
def softmax_jacobian(x):
    step = 1e-30
    columns = []
    for unit in np.eye(len(x)):
        powers = np.exp(x - x.max() + 1j * step * unit)
        columns.append((powers / powers.sum()).imag / step)
    return np.stack(columns, axis=1)


# %% 25.3 · one over cosh squared
def layer_jacobian(W, b, x):
    return np.diag(1 / np.cosh(W @ x + b) ** 2) @ W


# %% 25.3 · einsum, with the two factors of 1 − y²
def layer_jacobian(W, b, x):
    y = np.tanh(np.einsum("ij,j->i", W, x) + b)
    return np.einsum("i,i,ij->ij", 1 - y, 1 + y, W)


# %% 25.3 · from powers of e
def layer_jacobian(W, b, x):
    e = np.exp(2 * (W.dot(x) + b))
    return (4 * e / (e + 1) ** 2 * W.T).T


# %% 25.3 · loops, in long double
def layer_jacobian(W, b, x):
    m, n = W.shape
    jacobian = np.empty((m, n), dtype=np.longdouble)
    for i in range(m):
        z = sum(np.longdouble(W[i, j]) * x[j] for j in range(n)) + b[i]
        for j in range(n):
            jacobian[i, j] = (1 - np.tanh(z) ** 2) * W[i, j]
    return jacobian


# %% 25.3 · complex steps
def layer_jacobian(W, b, x):
    step = 1e-30
    return np.stack([np.tanh(W @ (x + 1j * step * unit) + b).imag / step for unit in np.eye(len(x))], axis=1)
