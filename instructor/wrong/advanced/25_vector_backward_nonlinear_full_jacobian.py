# %% 25.1 · zeros of the right shape ⇒ all zeros
def full_jacobian(f, x):
    return torch.zeros(len(f(x)), len(x), dtype=x.dtype)


# %% 25.1 · forward differences with a coarse step
def full_jacobian(f, x):
    step = 1e-4
    base = f(x)
    moved = [f(x + step * unit) for unit in torch.eye(len(x), dtype=x.dtype)]
    return torch.stack([(y - base) / step for y in moved], dim=1)


# %% 25.1 · as many rows as inputs ⇒ there are as many rows as inputs
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for i in range(len(x)):
        rows.append(torch.autograd.grad(y[i], leaf, retain_graph=True)[0])
    return torch.stack(rows)


# %% 25.1 · a list of rows, not a tensor ⇒ a list of rows comes back
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return [torch.autograd.grad(y_i, leaf, retain_graph=True)[0] for y_i in y]


# %% 25.1 · the graph is gone after the first row
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for i in range(len(y)):
        leaf.grad = None
        y[i].backward()
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 25.1 · one tensor of .grad, seen m times ⇒ every row is the last one
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for i in range(len(y)):
        if leaf.grad is not None:
            leaf.grad.zero_()
        y[i].backward(retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 25.1 · x itself is made to track ⇒ x itself is made to track
def full_jacobian(f, x):
    x.requires_grad_()
    y = f(x)
    return torch.stack([torch.autograd.grad(y_i, x, retain_graph=True)[0] for y_i in y])


# %% 25.1 · each row scaled to length 1
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = torch.stack([torch.autograd.grad(y_i, leaf, retain_graph=True)[0] for y_i in y])
    return torch.nn.functional.normalize(rows, dim=1)


# %% 25.1 · rows in float32
def full_jacobian(f, x):
    leaf = x.float().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y_i, leaf, retain_graph=True)[0] for y_i in y]).double()


# %% 25.1 · f is called on a row of a batch for each output ⇒ f is called again for each row
def full_jacobian(f, x):
    count = len(f(x))
    leaves = [x.clone().requires_grad_() for _ in range(count)]
    return torch.stack([torch.autograd.grad(f(leaf)[i], leaf)[0] for i, leaf in enumerate(leaves)])


# %% 25.2 · torch does the work
def softmax_jacobian(x):
    y = torch.softmax(torch.from_numpy(x), 0).numpy()
    return np.diag(y) - np.outer(y, y)


# %% 25.2 · a constant taken away, but not the largest entry ⇒ the first entry is taken away, not the largest
def softmax_jacobian(x):
    powers = np.exp(x - x[0])
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


# %% 25.2 · the mean taken away ⇒ the mean is taken away, not the largest entry
def softmax_jacobian(x):
    powers = np.exp(x - x.mean())
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


# %% 25.2 · clipped where exp would overflow ⇒ large entries are clipped
def softmax_jacobian(x):
    powers = np.exp(np.clip(x, -700, 700))
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


# %% 25.2 · the slope of the logistic function beside the diagonal ⇒ the formula of the diagonal stands everywhere
def softmax_jacobian(x):
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return np.outer(y, 1 - y)


# %% 25.2 · softmax itself ⇒ softmax itself is returned
def softmax_jacobian(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


# %% 25.2 · the Jacobian of log softmax ⇒ the Jacobian is that of log softmax
def softmax_jacobian(x):
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return np.eye(len(x)) - np.outer(np.ones_like(y), y)


# %% 25.2 · a number where x has one entry ⇒ a Jacobian of one entry has lost its axes
def softmax_jacobian(x):
    powers = np.exp(x - x.max())
    y = powers / powers.sum()
    return np.squeeze(np.diag(y) - np.outer(y, y))


# %% 25.2 · a small number added to the sum for safety
def softmax_jacobian(x):
    powers = np.exp(x - x.max())
    y = powers / (powers.sum() + 1e-6)
    return np.diag(y) - np.outer(y, y)


# %% 25.2 · takes the largest entry away in x itself ⇒ the entries are moved in x itself
def softmax_jacobian(x):
    x -= x.max()
    powers = np.exp(x)
    y = powers / powers.sum()
    return np.diag(y) - np.outer(y, y)


# %% 25.3 · torch does the work
def layer_jacobian(W, b, x):
    y = torch.tanh(torch.from_numpy(W) @ torch.from_numpy(x) + torch.from_numpy(b)).numpy()
    return (1 - y**2)[:, None] * W


# %% 25.3 · the slope of the logistic function ⇒ the slope is that of the logistic function
def layer_jacobian(W, b, x):
    y = 1 / (1 + np.exp(-(W @ x + b)))
    return (y * (1 - y))[:, None] * W


# %% 25.3 · the slope with a plus ⇒ the slope has a plus for a minus
def layer_jacobian(W, b, x):
    y = np.tanh(W @ x + b)
    return (1 + y**2)[:, None] * W


# %% 25.3 · the gradient of the sum of the outputs ⇒ the rows are summed into one
def layer_jacobian(W, b, x):
    y = np.tanh(W @ x + b)
    return (1 - y**2) @ W


# %% 25.3 · W times the diagonal, right only where it may be swapped
def layer_jacobian(W, b, x):
    y = np.tanh(W @ x + b)
    return W @ np.diag(1 - y**2)[: W.shape[1], : W.shape[1]]


# %% 25.3 · coarse differences
def layer_jacobian(W, b, x):
    step = 1e-3
    base = np.tanh(W @ x + b)
    return np.stack([(np.tanh(W @ (x + step * unit) + b) - base) / step for unit in np.eye(len(x))], axis=1)


# %% 25.3 · the Jacobian with respect to b ⇒ the Jacobian is that with respect to b
def layer_jacobian(W, b, x):
    y = np.tanh(W @ x + b)
    return np.diag(1 - y**2)


# %% 25.3 · the bias is added in place
def layer_jacobian(W, b, x):
    b += W @ x
    return (1 - np.tanh(b) ** 2)[:, None] * W


# %% 25.1 · backward without a v, right only where there is one output
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    f(leaf).backward()
    return leaf.grad[None]


# %% 25.1 · the sum goes backward, and comes back as one row
def full_jacobian(f, x):
    leaf = x.clone().requires_grad_()
    f(leaf).sum().backward()
    return leaf.grad[None]
