# %% 24.1 · einsum, index by index
def linear_backward(X, W, V):
    return np.einsum("rk,jk->rj", V, W), np.einsum("rj,rk->jk", X, V), np.einsum("rk->k", V)


# %% 24.1 · one row at a time, as a list
def linear_backward(X, W, V):
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros(W.shape[1])
    for row, (x, v) in enumerate(zip(X, V)):
        dX[row] = W @ v
        dW += np.outer(x, v)
        db += v
    return [dX, dW, db]


# %% 24.1 · b as one more row of W, in long double
def linear_backward(X, W, V):
    wide = np.hstack([X, np.ones((len(X), 1))]).astype(np.longdouble)
    both = wide.T @ V.astype(np.longdouble)
    return (W @ V.T).T, both[:-1].astype(np.float64), both[-1].astype(np.float64)


# %% 24.1 · broadcast products, summed
def linear_backward(X, W, V):
    dX = (V[:, None, :] * W[None, :, :]).sum(axis=2)
    dW = (X[:, :, None] * V[:, None, :]).sum(axis=0)
    return dX, dW, np.add.reduce(V, axis=0)


# %% 24.2 · one sum, one reshape
def unbroadcast(gradient, shape):
    padded = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    axes = tuple(axis for axis, size in enumerate(padded) if size == 1)
    return np.sum(gradient, axis=axes).reshape(shape)


# %% 24.2 · axis by axis, comparing sizes
def unbroadcast(gradient, shape):
    while np.ndim(gradient) > len(shape):
        gradient = np.add.reduce(gradient, axis=0)
    for axis, size in enumerate(shape):
        if np.shape(gradient)[axis] != size:
            gradient = gradient.sum(axis, keepdims=True)
    return gradient


# %% 24.2 · adds every entry to the place it came from
def unbroadcast(gradient, shape):
    total = np.zeros(shape)
    places = np.broadcast_to(np.arange(total.size).reshape(shape), gradient.shape)
    np.add.at(total.reshape(-1), places.reshape(-1), gradient.reshape(-1))
    return total


# %% 24.2 · einsum over the axes that stay
def unbroadcast(gradient, shape):
    offset = gradient.ndim - len(shape)
    kept = [offset + axis for axis, size in enumerate(shape) if size != 1]
    return np.asarray(np.einsum(gradient, list(range(gradient.ndim)), kept)).reshape(shape)


# %% 24.3 · setup_context beside a forward without ctx
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(X, W, b):
        return X @ W + b

    @staticmethod
    def setup_context(ctx, inputs, output):
        X, W, _ = inputs
        ctx.save_for_backward(X, W)

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        dX = dW = db = None
        if ctx.needs_input_grad[0]:
            dX = V.matmul(W.mT)
        if ctx.needs_input_grad[1]:
            dW = X.mT.matmul(V)
        if ctx.needs_input_grad[2]:
            db = torch.einsum("rk->k", V)
        return dX, dW, db


# %% 24.3 · saves only what will be needed
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        needs_X, needs_W, _ = ctx.needs_input_grad
        ctx.save_for_backward(X if needs_W else None, W if needs_X else None)
        return torch.addmm(b, X, W)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        dX = None if W is None else torch.nn.functional.linear(V, W)
        dW = None if X is None else torch.einsum("rj,rk->jk", X, V)
        return dX, dW, torch.ones(len(V), dtype=V.dtype) @ V if ctx.needs_input_grad[2] else None


# %% 24.3 · asks autograd once more inside backward
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W, b)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        with torch.enable_grad():
            inputs = [tensor.detach().requires_grad_() for tensor in ctx.saved_tensors]
            Y = inputs[0] @ inputs[1] + inputs[2]
        found = torch.autograd.grad(Y, inputs, V)
        return tuple(d if needed else None for d, needed in zip(found, ctx.needs_input_grad))


# %% 24.3 · attributes of ctx, and a loop over the rows
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.X, ctx.W = X.detach(), W.detach()
        return torch.stack([x @ W + b for x in X]) if len(X) else X @ W + b

    @staticmethod
    def backward(ctx, V):
        dX, dW, db = torch.zeros_like(ctx.X), torch.zeros_like(ctx.W), V.new_zeros(V.shape[1])
        for row, (x, v) in enumerate(zip(ctx.X, V)):
            dX[row] = ctx.W @ v
            dW += torch.outer(x, v)
            db += v
        needs = ctx.needs_input_grad
        return tuple(d if need else None for d, need in zip((dX, dW, db), needs))
