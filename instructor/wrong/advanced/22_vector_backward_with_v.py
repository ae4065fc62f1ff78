# %% 22.1 · backward with ones like the output ⇒ v is ignored
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    y.backward(torch.ones_like(y))
    return leaf.grad


# %% 22.1 · the shapes are compared, then v is forgotten ⇒ the outputs are summed as they are
def vjp(f, x, v):
    leaf = x.detach().requires_grad_()
    y = f(leaf)
    if tuple(y.shape) != tuple(v.shape):
        raise ValueError(f"expected a v of shape {list(y.shape)}, got {list(v.shape)}")
    return torch.autograd.grad(y, leaf, grad_outputs=torch.ones_like(y))[0]


# %% 22.1 · the whole Jacobian by rows, times v from the right ⇒ J v stands where vᵀJ belongs
def vjp(f, x, v):
    y = f(x)
    if y.shape != v.shape:
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}")
    J = torch.func.jacrev(f)(x.detach())
    return torch.matmul(J, v)


# %% 22.1 · jvp for vjp ⇒ forward mode gives J v, not vᵀJ
def vjp(f, x, v):
    y = f(x)
    if y.shape != v.shape:
        raise ValueError(f"v has shape {v.shape}, f(x) has shape {y.shape}")
    _, moved = torch.func.jvp(f, (x.detach(),), (v,))
    return moved


# %% 22.1 · weighs the gradient of the sum ⇒ v is multiplied with the gradient of the sum
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if y.shape != v.shape:
        raise ValueError(f"shapes differ: {tuple(v.shape)} and {tuple(y.shape)}")
    y.sum().backward()
    return leaf.grad * v


# %% 22.1 · the product is summed, and no shape looked at ⇒ a v that can be broadcast is let through
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    (f(leaf) * v).sum().backward()
    return leaf.grad


# %% 22.1 · torch.func.vjp as it is ⇒ the check is left to torch, which raises RuntimeError
def vjp(f, x, v):
    _, pull_back = torch.func.vjp(f, x.detach())
    return pull_back(v)[0]


# %% 22.1 · refuses a v of another length than x ⇒ v is compared with x
def vjp(f, x, v):
    if tuple(v.shape) != tuple(x.shape):
        raise ValueError(f"v {tuple(v.shape)} does not fit x {tuple(x.shape)}")
    leaf = x.detach().clone().requires_grad_()
    f(leaf).backward(v)
    return leaf.grad


# %% 22.1 · a message without numbers ⇒ the message lacks a shape
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if list(v.shape) != list(y.shape):
        raise ValueError("shapes of v and f(x) are not equal")
    y.backward(v)
    return leaf.grad


# %% 22.1 · a message with one shape ⇒ the message lacks a shape
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.size() != y.size():
        raise ValueError(f"v must have shape {tuple(y.shape)}")
    y.backward(gradient=v)
    return leaf.grad


# %% 22.1 · a message with the numbers of entries ⇒ the message lacks a shape
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"v has {v.numel()} entries, f(x) has {y.numel()}")
    y.backward(v)
    return leaf.grad


# %% 22.1 · as many entries are enough, whatever their layout ⇒ only the numbers of entries are compared
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.numel() != y.numel():
        raise ValueError(f"shapes {tuple(v.shape)} and {tuple(y.shape)}")
    (y.flatten() @ v.flatten()).backward()
    return leaf.grad


# %% 22.1 · AssertionError for ValueError ⇒ assert raises AssertionError, not ValueError
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    assert v.shape == y.shape, f"{v.shape} is not {y.shape}"
    y.backward(v)
    return leaf.grad


# %% 22.1 · dim for shape ⇒ only the numbers of axes are compared
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.dim() != y.dim():
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad((v * y).sum(), leaf)[0]


# %% 22.1 · one entry for one entry is let through, whatever the shapes
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape and not v.numel() == y.numel() == 1:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad((v * y).sum(), leaf)[0]


# %% 22.1 · a column for a vector is squeezed, and let through
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if y.dim() == 1 and v.dim() == 2 and v.shape[1] == 1:
        v = v.squeeze(1)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v)[0]


# %% 22.1 · the answer is flat
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v)[0].reshape(-1)


# %% 22.1 · the error is returned, not raised
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        return ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v)[0]


# %% 22.1 · refused where expand fails ⇒ a v that can be broadcast is let through, and others are refused
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    try:
        v = v.broadcast_to(y.shape)
    except RuntimeError:
        raise ValueError(f"{v.shape} does not fit {y.shape}") from None
    return torch.autograd.grad(y, leaf, v)[0]


# %% 22.1 · an exception for one entry ⇒ a v of a single entry is let through
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.numel() == 1:
        v = v.reshape(-1)[0].expand(y.shape)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v)[0]


# %% 22.1 · a tracking x is used as it is ⇒ the copy of x is no leaf where x tracks
def vjp(f, x, v):
    leaf = torch.clone(x).requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    torch.autograd.backward(y, v)
    return leaf.grad


# %% 22.1 · the flag of x is switched on and stays on ⇒ x itself is made to track
def vjp(f, x, v):
    x.requires_grad = True
    y = f(x)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    (gradient,) = torch.autograd.grad((y * v).sum(), x)
    return gradient


# %% 22.1 · x is switched on, gone backward from, and handed out ⇒ x itself is the leaf, and its .grad is filled
def vjp(f, x, v):
    leaf = x.requires_grad_(True)
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    torch.autograd.backward(y, v)
    return leaf.grad


# %% 22.1 · L is handed back in place of its gradient ⇒ vᵀf(x) itself is returned
def vjp(f, x, v):
    y = f(x)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.dot(v.flatten(), y.flatten())


# %% 22.1 · the Jacobian's product with a transpose, right for vectors only
def vjp(f, x, v):
    y = f(x)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.functional.jacobian(f, x.detach()).T @ v


# %% 22.1 · v is scaled to length 1
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v / v.norm())[0]


# %% 22.1 · in single precision
def vjp(f, x, v):
    leaf = x.detach().float().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v.float())[0].double()


# %% 22.1 · a tuple, as torch.autograd.grad gives it
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    return torch.autograd.grad(y, leaf, v)


# %% 22.1 · nothing comes back
def vjp(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if v.shape != y.shape:
        raise ValueError(f"{v.shape} is not {y.shape}")
    y.backward(v)


# %% 22.2 · a step along input i ⇒ a column stands for the row
def jacobian_row(f, x, i):
    return torch.func.jacfwd(f)(x.detach())[:, i]


# %% 22.2 · the 1 stands one place too early ⇒ rows are counted from 1
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    f(leaf)[i - 1].backward()
    return leaf.grad


# %% 22.2 · the 1 stands one place too late ⇒ the row after it
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    y[i + 1].backward()
    return leaf.grad


# %% 22.2 · from the sum of the outputs ⇒ all rows are added up
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    f(leaf).sum().backward()
    return leaf.grad


# %% 22.2 · a loop of backward passes on one leaf ⇒ all rows up to row i are added up
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    for k in range(i + 1):
        f(leaf)[k].backward()
    return leaf.grad


# %% 22.2 · one-hot like x ⇒ v is as long as x
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    one_hot = torch.zeros(len(x), dtype=x.dtype)
    one_hot[i] = 1.0
    f(leaf).backward(one_hot)
    return leaf.grad


# %% 22.2 · a slice of one output's Jacobian ⇒ the row keeps an axis of size 1
def jacobian_row(f, x, i):
    return torch.func.jacrev(lambda x: f(x)[i : i + 1])(x.detach())


# %% 22.2 · v is filled with i ⇒ the number i stands in v, and not a 1
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    y.backward(torch.full_like(y, float(i)))
    return leaf.grad


# %% 22.2 · x is made to track ⇒ x itself is the leaf, and its .grad is filled
def jacobian_row(f, x, i):
    x.requires_grad = True
    y = f(x)
    v = torch.zeros_like(y)
    v[i] = 1
    y.backward(v)
    return x.grad


# %% 22.2 · x is made to track, by grad ⇒ x itself is made to track
def jacobian_row(f, x, i):
    x.requires_grad_(True)
    y = f(x)
    return torch.autograd.grad(y, x, torch.eye(len(y), dtype=y.dtype)[i])[0]


# %% 22.2 · a clone of a tracking x ⇒ the copy of x is no leaf where x tracks
def jacobian_row(f, x, i):
    leaf = x.clone().requires_grad_(True)
    y = f(leaf)
    y.backward(torch.eye(len(y), dtype=y.dtype)[i])
    return leaf.grad


# %% 22.2 · output i itself ⇒ output i itself is returned
def jacobian_row(f, x, i):
    return f(x)[i]


# %% 22.2 · only the entry on the diagonal
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    (row,) = torch.autograd.grad(y[i], leaf)
    kept = torch.zeros_like(row)
    kept[i] = row[i]
    return kept


# %% 22.2 · the last row, whatever i is ⇒ the last row comes back
def jacobian_row(f, x, i):
    leaf = x.detach().clone().requires_grad_()
    f(leaf)[-1].backward()
    return leaf.grad


# %% 22.2 · coarse forward differences
def jacobian_row(f, x, i):
    x, step = x.detach(), 1e-4
    base = f(x)[i]
    return torch.stack([(f(x + step * unit)[i] - base) / step for unit in torch.eye(len(x), dtype=x.dtype)])


# %% 22.3 · a loop that sums from the front ⇒ v is summed from the wrong end
def cumulative_vjp(x, v):
    result, total = np.zeros_like(x), 0.0
    for k in range(len(x)):
        total += v[k]
        result[k] = 2 * x[k] * total
    return result


# %% 22.3 · the Jacobian as a table, with v on the right ⇒ J v stands where vᵀJ belongs
def cumulative_vjp(x, v):
    n = len(x)
    J = np.zeros((n, n))
    for i in range(n):
        for k in range(i + 1):
            J[i, k] = 2 * x[k]
    return J @ v


# %% 22.3 · column sums of the Jacobian ⇒ v is ignored
def cumulative_vjp(x, v):
    return (np.tril(np.ones((len(x), len(x)))) * 2 * x).sum(axis=0)


# %% 22.3 · suffix sums times x ⇒ the factor 2 is missing
def cumulative_vjp(x, v):
    return np.array([x[k] * np.sum(v[k:]) for k in range(len(x))])


# %% 22.3 · squares weighed by suffix sums ⇒ x_k is squared, not differentiated
def cumulative_vjp(x, v):
    return np.array([x[k] * x[k] * np.sum(v[k:]) for k in range(len(x))])


# %% 22.3 · sums that begin after the own place ⇒ the own output is left out
def cumulative_vjp(x, v):
    return np.array([2 * x[k] * np.sum(v[k + 1 :]) for k in range(len(x))])


# %% 22.3 · the derivative of x² with v beside it ⇒ only the own output counts
def cumulative_vjp(x, v):
    return np.diag(2 * x) @ v


# %% 22.3 · a full table of ones for the triangle ⇒ every output counts for every input
def cumulative_vjp(x, v):
    return v @ (np.ones((len(x), len(x))) * 2 * x)


# %% 22.3 · 2 x v summed from the end ⇒ the slopes of the others are summed too
def cumulative_vjp(x, v):
    return np.array([np.sum(2 * x[k:] * v[k:]) for k in range(len(x))])


# %% 22.3 · turned around once ⇒ the sums are not turned back
def cumulative_vjp(x, v):
    return np.add.accumulate(np.flip(v)) * x * 2


# %% 22.3 · L is returned in place of its gradient ⇒ the outputs are weighed, not their slopes
def cumulative_vjp(x, v):
    return v * np.cumsum(x**2)


# %% 22.3 · one number for all inputs ⇒ the answer is summed to one number
def cumulative_vjp(x, v):
    return 2 * np.dot(x, np.flip(np.cumsum(np.flip(v))))


# %% 22.3 · the sign is flipped ⇒ the sign is flipped
def cumulative_vjp(x, v):
    return -2 * x * np.cumsum(v[::-1])[::-1]


# %% 22.3 · the last input is forgotten ⇒ the last input gets nothing
def cumulative_vjp(x, v):
    result = np.zeros_like(x)
    for k in range(len(x) - 1):
        result[k] = 2 * x[k] * np.sum(v[k:])
    return result


# %% 22.3 · v is changed on the way
def cumulative_vjp(x, v):
    for k in range(len(v) - 2, -1, -1):
        v[k] += v[k + 1]
    return 2 * x * v


# %% 22.3 · in single precision ⇒ rounded to float32
def cumulative_vjp(x, v):
    x, v = x.astype(np.float32), v.astype(np.float32)
    return (2 * x * np.cumsum(v[::-1])[::-1]).astype(np.float64)


# %% 22.3 · torch does the work
def cumulative_vjp(x, v):
    leaf = torch.tensor(x, requires_grad=True)
    torch.cumsum(leaf**2, 0).backward(torch.tensor(v))
    return leaf.grad.numpy()


# %% 22.3 · forward differences
def cumulative_vjp(x, v):
    step = 1e-5
    base = np.cumsum(x**2)
    return np.array([v @ (np.cumsum((x + step * unit) ** 2) - base) / step for unit in np.eye(len(x))])
