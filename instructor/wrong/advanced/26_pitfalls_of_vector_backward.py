# %% 26.1 · expand_as stretches v ⇒ a v that could be stretched is accepted
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None:
        try:
            v = v.expand_as(y)
        except RuntimeError:
            raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · adds zeros like y to v ⇒ a v that could be stretched is accepted
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None:
        text = f"v {v.shape} does not fit y {y.shape}"
        try:
            v = v.detach() + torch.zeros_like(y, requires_grad=False)
        except RuntimeError:
            raise ValueError(text)
        if v.shape != y.shape:
            raise ValueError(text)
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · the products are summed first ⇒ v · y is summed and sent backward, so that v gets a gradient too
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and list(v.shape) != list(y.shape):
        raise ValueError(f"v {list(v.shape)} does not fit y {list(y.shape)}")
    total = torch.sum(torch.mul(y, v)) if v is not None else y
    try:
        total.backward()
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · a scalar is asked for by its shape ⇒ one element is refused unless its shape is ()
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None:
        if y.shape != ():
            raise ValueError("pass a v of the shape of y")
    elif v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · len tells how many elements ⇒ len() stands for the number of entries
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.dim() and len(y) != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · more than one element is refused, none is not ⇒ no element is taken for one
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.nelement() > 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · sums what has no v ⇒ ones stand in for a missing v
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.sum().backward() if v is None else y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · only hands on ⇒ torch's own RuntimeError comes through
def checked_backward(y, v=None):
    torch.autograd.backward([y], [v])


# %% 26.1 · all errors of torch, with their own texts ⇒ every RuntimeError becomes a ValueError
def checked_backward(y, v=None):
    try:
        y.backward(v)
    except RuntimeError as error:
        raise ValueError(f"{error} See lesson 26 for the cure.")


# %% 26.1 · any exception at all ⇒ every RuntimeError becomes a ValueError
def checked_backward(y, v=None):
    try:
        torch.autograd.backward(y, v)
    except Exception as error:
        raise ValueError("this did not work: " + str(error)) from error


# %% 26.1 · checks all but the graph's use ⇒ a used graph is not refused with a ValueError
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    torch.autograd.backward(y, v)


# %% 26.1 · keeps the graph to be on the safe side ⇒ the graph is kept alive
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        torch.autograd.backward(y, v, retain_graph=True)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · asks for grad_fn ⇒ a leaf is taken for a tensor without a graph
def checked_backward(y, v=None):
    if y.grad_fn is None:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · the shapes are not in the message ⇒ the message tells no shapes
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError("the shapes of v and y differ")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · asserts in place of errors
def checked_backward(y, v=None):
    assert y.requires_grad, "no graph: set requires_grad=True on an input"
    assert v is not None or y.numel() == 1, "pass a v of the shape of y"
    assert v is None or v.shape == y.shape, f"v {v.shape} does not fit y {y.shape}"
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · prints the cures and goes home ⇒ mistakes are passed over without a word
def checked_backward(y, v=None):
    try:
        y.backward(v)
    except RuntimeError as error:
        print(error)


# %% 26.1 · remembers which y went backward, and refuses those
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if getattr(y, "used", False):
        raise ValueError("used graph: run forward again")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    y.backward(v)
    y.used = True


# %% 26.1 · clears the gradient of a leaf first
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    if y.is_leaf:
        y.grad = None
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · only the number of axes is compared ⇒ only the numbers of axes are compared
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.dim() != y.dim():
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.1 · a try pass first, which uses up the graph
def checked_backward(y, v=None):
    if not y.requires_grad:
        raise ValueError("no graph: set requires_grad=True on an input")
    if v is None and y.numel() != 1:
        raise ValueError("pass a v of the shape of y")
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v {v.shape} does not fit y {y.shape}")
    try:
        y.backward(v)
        y.backward(v)
    except RuntimeError as error:
        if "second time" in str(error):
            raise ValueError("used graph: run forward again")
        raise


# %% 26.2 · the broken one as it stands ⇒ the rows pile up, as in the broken one
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for v in vs:
        y.backward(v, retain_graph=True)
        rows.append(leaf.grad.clone())
    return torch.stack(rows)


# %% 26.2 · written into a table, from .grad, which nobody clears ⇒ the rows pile up, as in the broken one
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    table = torch.zeros(vs.shape[0], x.shape[0], dtype=x.dtype)
    for k in range(len(vs)):
        torch.autograd.backward(y, vs[k], retain_graph=True)
        table[k] = leaf.grad
    return table


# %% 26.2 · .grad itself in the list ⇒ the rows are one tensor, which went on growing
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for v in vs:
        y.backward(v, retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 26.2 · zeroed before each pass ⇒ the rows are one tensor, which shows the last row
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    leaf.grad = torch.zeros_like(x)
    y = f(leaf)
    rows = []
    for v in vs:
        leaf.grad.zero_()
        y.backward(v, retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 26.2 · backward, cleared, without retain_graph ⇒ the graph is freed after the first row
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for v in vs:
        leaf.grad = None
        y.backward(v)
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 26.2 · torch.func.vjp for each row ⇒ f is called again for each row
def several_vjps(f, x, vs):
    return torch.stack([torch.func.vjp(f, x)[1](v)[0] for v in vs])


# %% 26.2 · a look at the output first ⇒ f is called once, and then again for each row
def several_vjps(f, x, vs):
    outputs = len(f(x))
    rows = []
    for v in vs:
        leaf = x.clone().requires_grad_()
        f(leaf).backward(v.reshape(outputs))
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% 26.2 · one pass for the sum of all v ⇒ the rows are summed into one
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    f(leaf).backward(vs.sum(0))
    return leaf.grad


# %% 26.2 · J times the v's, the wrong way round ⇒ the products are transposed
def several_vjps(f, x, vs):
    return torch.func.jacrev(f)(x).T @ vs.T


# %% 26.2 · as many rows as outputs ⇒ there are as many rows as outputs
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, vs[k], retain_graph=True)[0] for k in range(len(y))])


# %% 26.2 · J itself ⇒ the Jacobian is returned, whatever vs is
def several_vjps(f, x, vs):
    return torch.func.jacrev(f)(x)


# %% 26.2 · the gradient of the sum, again and again ⇒ v is left out: ones stand in its place
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    total = f(leaf).sum()
    return torch.stack([torch.autograd.grad(total, leaf, retain_graph=True)[0] for _ in vs])


# %% 26.2 · a list of rows
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return [torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in vs]


# %% 26.2 · x itself is made a leaf
def several_vjps(f, x, vs):
    y = f(x.requires_grad_())
    return torch.stack([torch.autograd.grad(y, x, v, retain_graph=True)[0] for v in vs])


# %% 26.2 · the rows are divided by their number
def several_vjps(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, v / len(vs), retain_graph=True)[0] for v in vs])


# %% 26.2 · in single precision
def several_vjps(f, x, vs):
    leaf = x.float().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, v.float(), retain_graph=True)[0] for v in vs]).double()


# %% 26.3 · the broken one as it stands ⇒ the weights are differentiated too, as in the broken one
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    total = (weights_of(leaf) * f(leaf)).sum()
    total.backward()
    return leaf.grad


# %% 26.3 · torch.func of the whole sum ⇒ the weights are differentiated too, as in the broken one
def self_weighted_gradient(f, weights_of, x):
    return torch.func.grad(lambda z: weights_of(z) @ f(z))(x)


# %% 26.3 · the wrong factor is detached ⇒ f is taken for the constant, and the weights are differentiated
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    (weights_of(leaf) * f(leaf).detach()).sum().backward()
    return leaf.grad


# %% 26.3 · the sum of f ⇒ the weights are dropped
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    f(leaf).sum().backward()
    return leaf.grad


# %% 26.3 · the names changed places ⇒ f is taken for the constant, and the weights are differentiated
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    weights_of(leaf).backward(f(x))
    return leaf.grad


# %% 26.3 · weights as v, and once more as a factor ⇒ the weights are squared
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    w = weights_of(leaf).detach()
    (w * f(leaf)).backward(w)
    return leaf.grad


# %% 26.3 · the mean of the products ⇒ the mean stands for the sum
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    (weights_of(x) * f(leaf)).mean().backward()
    return leaf.grad


# %% 26.3 · a weighted mean ⇒ the weights are scaled to sum to 1
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    w = weights_of(x)
    ((w * f(leaf)).sum() / w.sum()).backward()
    return leaf.grad


# %% 26.3 · half of the broken one's
def self_weighted_gradient(f, weights_of, x):
    return torch.func.grad(lambda z: weights_of(z) @ f(z))(x) / 2


# %% 26.3 · nothing tracks ⇒ the whole product is detached
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    with torch.no_grad():
        total = (weights_of(leaf) * f(leaf)).sum()
    total.backward()
    return leaf.grad


# %% 26.3 · the outputs as their own weights ⇒ f itself stands for the weights
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    y.backward(y)
    return leaf.grad


# %% 26.3 · the weights cut off, but taken at a leaf that f shares and that is x itself
def self_weighted_gradient(f, weights_of, x):
    x.requires_grad_()
    (weights_of(x).detach() * f(x)).sum().backward()
    return x.grad


# %% 26.3 · a row of the weighted Jacobian for each output ⇒ the rows of the Jacobian are weighted, and not added up
def self_weighted_gradient(f, weights_of, x):
    return torch.func.jacrev(f)(x) * weights_of(x)[:, None]


# %% 26.3 · the size of the weights only
def self_weighted_gradient(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    f(leaf).backward(weights_of(x).abs())
    return leaf.grad
