# %% 27.1 · backward with V
def batch_vjp(f, X, V):
    leaf = X.detach().clone().requires_grad_()
    f(leaf).backward(V)
    return leaf.grad


# %% 27.1 · torch.func.vjp of the whole batch
def batch_vjp(f, X, V):
    _, pull_back = torch.func.vjp(f, X)
    (products,) = pull_back(V)
    return products


# %% 27.1 · the sum of V·Y, still tracking
def batch_vjp(f, X, V):
    leaf = X.clone().requires_grad_()
    return torch.autograd.grad((V * f(leaf)).sum(), leaf, create_graph=True)[0]


# %% 27.1 · f once, then a backward pass for each sample
def batch_vjp(f, X, V):
    leaf = X.clone().requires_grad_()
    Y = f(leaf)
    products = torch.zeros_like(X)
    for b in range(len(X)):
        products[b] = torch.autograd.grad(Y[b], leaf, V[b], retain_graph=True)[0][b]
    return products


# %% 27.1 · vmap over samples, each a batch of one: one call of f under vmap
def batch_vjp(f, X, V):
    def of_one(x, v):
        return torch.func.vjp(lambda x: f(x[None])[0], x)[1](v)[0]

    return torch.func.vmap(of_one)(X, V)


# %% 27.1 · the whole Jacobian, blocks between samples and all
def batch_vjp(f, X, V):
    return torch.einsum("bi,bicj->cj", V, torch.func.jacrev(f)(X))


# %% 27.2 · a loop with torch.autograd.grad over batches of one
def per_sample_gradients(model, x, y):
    tracked = {name: p for name, p in model.named_parameters() if p.requires_grad}
    rows = []
    for k in range(x.shape[0]):
        loss = torch.nn.functional.mse_loss(model(x[k : k + 1]), y[k : k + 1])
        rows.append(torch.autograd.grad(loss, tuple(tracked.values())))
    return {name: torch.stack([row[i] for row in rows]) for i, name in enumerate(tracked)}


# %% 27.2 · one forward pass, and one-hot v's for the samples' losses, in a batched backward
def per_sample_gradients(model, x, y):
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    losses = (model(x) - y).square().mean(dim=1)
    one_hots = torch.eye(len(x), dtype=losses.dtype)
    tracked = [model.get_parameter(name) for name in names]
    found = torch.autograd.grad(losses, tracked, one_hots, is_grads_batched=True)
    return dict(zip(names, found))


# %% 27.2 · torch.func.jacrev of the vector of losses
def per_sample_gradients(model, x, y):
    tracked = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    def losses(parameters):
        return (torch.func.functional_call(model, parameters, (x,)) - y).square().mean(dim=-1)

    return torch.func.jacrev(losses)(tracked)


# %% 27.2 · a copy of the model for each sample
def per_sample_gradients(model, x, y):
    import copy

    kept = {name: [] for name, p in model.named_parameters() if p.requires_grad}
    for a, b in zip(x, y):
        twin = copy.deepcopy(model)
        twin.zero_grad()
        ((twin(a.unsqueeze(0)).squeeze(0) - b) ** 2).mean().backward()
        for name in kept:
            kept[name].append(twin.get_parameter(name).grad)
    return {name: torch.stack(parts) for name, parts in kept.items()}


# %% 27.2 · parameters repeated for each sample, so that the batch's sum keeps them apart
def per_sample_gradients(model, x, y):
    own = {
        name: p.detach().expand(len(x), *p.shape).clone().requires_grad_()
        for name, p in model.named_parameters()
        if p.requires_grad
    }
    total = 0.0
    for k in range(len(x)):
        mine = {name: rows[k] for name, rows in own.items()}
        total = total + ((torch.func.functional_call(model, mine, (x[k][None],))[0] - y[k]) ** 2).mean()
    return dict(zip(own, torch.autograd.grad(total, list(own.values()))))


# %% 27.3 · the diagonal of the whole Jacobian
def batch_jacobian(f, X):
    return torch.einsum("bibj->bij", torch.func.jacrev(f)(X))


# %% 27.3 · forward mode, a column at a time for all samples
def batch_jacobian(f, X):
    columns = []
    for unit in torch.eye(X.shape[1], dtype=X.dtype):
        columns.append(torch.func.jvp(f, (X,), (unit.expand_as(X),))[1])
    return torch.stack(columns, dim=2)


# %% 27.3 · vmap of jacrev over batches of one
def batch_jacobian(f, X):
    return torch.func.vmap(torch.func.jacrev(lambda x: f(x[None])[0]))(X)


# %% 27.3 · the sum over the batch has the Jacobian that is wanted, axes moved
def batch_jacobian(f, X):
    return torch.func.jacrev(lambda X: f(X).sum(dim=0))(X).permute(1, 0, 2)


# %% 27.3 · .grad, cleared, written into a table
def batch_jacobian(f, X):
    leaf = X.clone().requires_grad_()
    Y = f(leaf)
    table = torch.empty(X.shape[0], Y.shape[1], X.shape[1], dtype=X.dtype)
    for i in range(Y.shape[1]):
        leaf.grad = None
        v = torch.zeros_like(Y)
        v[:, i] = 1
        Y.backward(v, retain_graph=True)
        table[:, i] = leaf.grad
    return table


# %% 27.3 · a loop over the samples, and an empty table for none
def batch_jacobian(f, X):
    table = torch.zeros(len(X), f(X).shape[1], X.shape[1], dtype=X.dtype)
    for b, x in enumerate(X):
        table[b] = torch.autograd.functional.jacobian(f, x[None])[0, :, 0]
    return table


# %% 27.3 · all one-hot v's in a batched backward
def batch_jacobian(f, X):
    leaf = X.clone().requires_grad_()
    Y = f(leaf)
    one_hots = torch.eye(Y.shape[1], dtype=X.dtype)[:, None, :].expand(-1, len(X), -1)
    return torch.autograd.grad(Y, leaf, one_hots, is_grads_batched=True)[0].movedim(0, 1)
