# %% 24.1 · the order of the three is another one ⇒ dX and dW are swapped
def linear_backward(X, W, V):
    return X.T @ V, V @ W.T, V.sum(axis=0)


# %% 24.1 · db is the sum of all entries ⇒ every entry of db is the sum of all of V
def linear_backward(X, W, V):
    return V @ W.T, X.T @ V, np.full(W.shape[1], V.sum())


# %% 24.1 · db keeps an axis of size 1 ⇒ db keeps an axis of size 1
def linear_backward(X, W, V):
    return V @ W.T, X.T @ V, V.sum(axis=0, keepdims=True)


# %% 24.1 · V is taken for ones ⇒ V is taken for ones
def linear_backward(X, W, V):
    V = np.ones_like(V)
    return V @ W.T, X.T @ V, V.sum(axis=0)


# %% 24.1 · dW of the first row alone
def linear_backward(X, W, V):
    return V @ W.T, np.outer(X[0], V[0]), V.sum(axis=0)


# %% 24.1 · dW is an array for each row ⇒ not summed over the axes that were broadcast
def linear_backward(X, W, V):
    return V @ W.T, X[:, :, None] * V[:, None, :], V.sum(axis=0)


# %% 24.1 · V is scaled to length 1
def linear_backward(X, W, V):
    V = V / np.linalg.norm(V)
    return V @ W.T, X.T @ V, V.sum(axis=0)


# %% 24.1 · in single precision ⇒ rounded to float32
def linear_backward(X, W, V):
    X, W, V = (array.astype(np.float32) for array in (X, W, V))
    return tuple(d.astype(np.float64) for d in (V @ W.T, X.T @ V, V.sum(axis=0)))


# %% 24.1 · db is forgotten ⇒ db is not returned
def linear_backward(X, W, V):
    return V @ W.T, X.T @ V


# %% 24.1 · nothing comes back ⇒ nothing is returned
def linear_backward(X, W, V):
    dX, dW, db = V @ W.T, X.T @ V, V.sum(axis=0)


# %% 24.1 · the gradients for the next layer in place of V ⇒ the output stands in the place of V
def linear_backward(X, W, V):
    Y = X @ W
    return Y @ W.T, X.T @ Y, Y.sum(axis=0)


# %% 24.1 · V is changed on the way
def linear_backward(X, W, V):
    dX, dW = V @ W.T, X.T @ V
    V[0] = V.sum(axis=0)
    return dX, dW, V[0]


# %% 24.2 · reshaped instead of summed
def unbroadcast(gradient, shape):
    return np.resize(gradient, shape)


# %% 24.2 · shapes lined up from the left ⇒ the shapes are lined up from the left
def unbroadcast(gradient, shape):
    for axis in range(gradient.ndim - 1, -1, -1):
        if axis >= len(shape):
            gradient = gradient.sum(axis=axis)
        elif shape[axis] == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


# %% 24.2 · sums axes by comparing sizes, in a loop that shifts them ⇒ the axes move while the loop counts them
def unbroadcast(gradient, shape):
    for axis in range(gradient.ndim - len(shape)):
        gradient = gradient.sum(axis=axis)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


# %% 24.2 · only one added axis ⇒ one axis on the left is summed, where there may be more
def unbroadcast(gradient, shape):
    if gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


# %% 24.2 · only one stretched axis ⇒ one axis of size 1 is summed, where there may be more
def unbroadcast(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    if 1 in shape:
        gradient = gradient.sum(axis=shape.index(1), keepdims=True)
    return gradient


# %% 24.2 · the single number comes back as a Python list
def unbroadcast(gradient, shape):
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(added + k for k, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=axes).reshape(shape).tolist()


# %% 24.2 · an empty stretch leaves NaN
def unbroadcast(gradient, shape):
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(added + k for k, size in enumerate(shape) if size == 1)
    copies = np.prod([gradient.shape[axis] for axis in axes])
    return (gradient.mean(axis=axes) * copies).reshape(shape)


# %% 24.2 · the shape () is forgotten ⇒ the shape () is passed over
def unbroadcast(gradient, shape):
    if not shape:
        return gradient
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(added + k for k, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=axes).reshape(shape)


# %% 24.2 · in single precision ⇒ rounded to float32
def unbroadcast(gradient, shape):
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(added + k for k, size in enumerate(shape) if size == 1)
    return gradient.astype(np.float32).sum(axis=axes).reshape(shape).astype(np.float64)


# %% 24.2 · the largest of the copies
def unbroadcast(gradient, shape):
    added = gradient.ndim - len(shape)
    axes = tuple(range(added)) + tuple(added + k for k, size in enumerate(shape) if size == 1)
    return gradient.max(axis=axes, initial=0.0).reshape(shape)


# %% 24.3 · dW comes out transposed ⇒ transposed
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        return V @ W.T if needs_X else None, V.T @ X if needs_W else None, V.sum(0) if needs_b else None


# %% 24.3 · db keeps an axis of size 1, which autograd would put right ⇒ db keeps an axis of size 1
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        db = V.sum(0, keepdim=True) if needs_b else None
        return V @ W.T if needs_X else None, X.T @ V if needs_W else None, db


# %% 24.3 · what is saved is kept on the class, and the second layer overwrites it ⇒ what is saved is kept on the class, and the next layer overwrites it
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        Linear.saved = X, W
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = Linear.saved
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        return V @ W.T if needs_X else None, X.T @ V if needs_W else None, V.sum(0) if needs_b else None


# %% 24.3 · b is forgotten in the forward pass ⇒ b is not added
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        return V @ W.T if needs_X else None, X.T @ V if needs_W else None, V.sum(0) if needs_b else None


# %% 24.3 · zeros in place of None ⇒ zeros stand where None is asked for
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W, b)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        inputs = ctx.saved_tensors
        X, W, b = inputs
        found = V @ W.T, X.T @ V, V.sum(0)
        pairs = zip(found, inputs, ctx.needs_input_grad)
        return tuple(d if needed else torch.zeros_like(tensor) for d, tensor, needed in pairs)


# %% 24.3 · all or nothing: None for all where one is not needed ⇒ None for all where one needs no gradient
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        if not all(ctx.needs_input_grad):
            return None, None, None
        return V @ W.T, X.T @ V, V.sum(0)


# %% 24.3 · no class of autograd's, a function with an apply ⇒ Linear is no torch.autograd.Function
class Linear:
    @staticmethod
    def apply(X, W, b):
        return X @ W + b


# %% 24.3 · two gradients for three inputs
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        return V @ W.T, X.T @ V


# %% 24.3 · backward returns nothing
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        dX, dW, db = V @ W.T, X.T @ V, V.sum(0)


# %% 24.3 · forward returns nothing
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        Y = X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        return V @ W.T, X.T @ V, V.sum(0)


# %% 24.3 · V is changed in place
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = ctx.saved_tensors
        needs_X, needs_W, needs_b = ctx.needs_input_grad
        found = V @ W.T if needs_X else None, X.T @ V if needs_W else None, V.sum(0) if needs_b else None
        V.zero_()
        return found


# %% 24.3 · the gradient is cut off: nothing but zeros ⇒ all zeros
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W, b)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        pairs = zip(ctx.saved_tensors, ctx.needs_input_grad)
        return tuple(torch.zeros_like(tensor) if needed else None for tensor, needed in pairs)


# %% 24.3 · in single precision ⇒ rounded to float32
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, V):
        X, W = (tensor.float() for tensor in ctx.saved_tensors)
        v = V.float()
        found = v @ W.T, X.T @ v, v.sum(0)
        return tuple(d.double() if needed else None for d, needed in zip(found, ctx.needs_input_grad))
