# %% 03.1 · a forward pass for each head ⇒ shared is called again for each head
def head_gradients(shared, heads, x):
    gradients = []
    for head in heads:
        leaf = x.detach().clone().requires_grad_()
        head(shared(leaf)).backward()
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · a first call to see the shape ⇒ shared is called once, and then again for each head
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    shape = shared(leaf).shape
    gradients = []
    for head in heads:
        trunk = shared(leaf).reshape(shape)
        gradients += torch.autograd.grad(head(trunk), [leaf])
    return gradients


# %% 03.1 · the trunk is made anew where another head follows ⇒ shared is called again for each head after the first
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk, gradients = shared(leaf), []
    for head in heads:
        if gradients:
            trunk = shared(leaf)
        leaf.grad = None
        head(trunk).backward()
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · clones of .grad that nobody clears ⇒ the gradients pile up
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk, gradients = shared(leaf), []
    for head in heads:
        head(trunk).backward(retain_graph=True)
        gradients.append(leaf.grad.clone())
    return gradients


# %% 03.1 · .grad itself is kept ⇒ the entries are one tensor, which went on growing
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk, gradients = shared(leaf), []
    for head in heads:
        head(trunk).backward(retain_graph=True)
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · .grad is zeroed in place before each head ⇒ the entries are one tensor, which shows the last gradient
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    leaf.grad = torch.zeros_like(leaf, requires_grad=False)
    trunk, gradients = shared(leaf), []
    for head in heads:
        leaf.grad.zero_()
        head(trunk).backward(retain_graph=True)
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · the graph is kept by nobody ⇒ the graph is gone after the first head
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk, gradients = shared(leaf), []
    for head in heads:
        leaf.grad = None
        head(trunk).backward()
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · the graph is kept by the last head only ⇒ the graph is gone after the first head
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk, gradients = shared(leaf), []
    for k, head in enumerate(heads):
        leaf.grad = None
        head(trunk).backward(retain_graph=k == len(heads) - 1)
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · the trunk is cut off ⇒ the gradient with respect to shared(x) is returned
def head_gradients(shared, heads, x):
    with torch.no_grad():
        trunk = shared(x)
    gradients = []
    for head in heads:
        leaf = trunk.clone().requires_grad_()
        head(leaf).backward()
        gradients.append(leaf.grad)
    return gradients


# %% 03.1 · x is told to require a gradient ⇒ the caller's x is made to require a gradient
def head_gradients(shared, heads, x):
    x.requires_grad = True
    trunk = shared(x)
    return [torch.autograd.grad(head(trunk), x, retain_graph=True)[0] for head in heads]


# %% 03.1 · x is used as it is ⇒ x is taken to require a gradient, which it need not
def head_gradients(shared, heads, x):
    y = shared(x)
    losses = [head(y) for head in heads]
    return [torch.autograd.grad(loss, [x], retain_graph=True)[0] for loss in losses]


# %% 03.1 · the flag of x is put back, but a gradient is left on it
def head_gradients(shared, heads, x):
    tracked = x.requires_grad
    trunk, gradients = shared(x.requires_grad_()), []
    for head in heads:
        x.grad = None
        head(trunk).backward(retain_graph=True)
        gradients.append(x.grad)
    x.requires_grad_(tracked)
    return gradients


# %% 03.1 · no head, no call ⇒ shared is not called where there are no heads
def head_gradients(shared, heads, x):
    gradients, trunk = [], None
    leaf = x.detach().clone().requires_grad_()
    for head in heads:
        if trunk is None:
            trunk = shared(leaf)
        gradients += torch.autograd.grad(head(trunk), [leaf], retain_graph=True)
    return gradients


# %% 03.1 · one gradient for the sum of the heads
def head_gradients(shared, heads, x):
    leaf = x.detach().clone().requires_grad_()
    trunk = shared(leaf)
    return list(torch.autograd.grad([head(trunk) for head in heads], [leaf])) if heads else []


# %% 03.1 · in single precision ⇒ rounded to float32
def head_gradients(shared, heads, x):
    leaf = x.detach().float().requires_grad_()
    trunk = shared(leaf)
    return [torch.autograd.grad(head(trunk), leaf, retain_graph=True)[0].double() for head in heads]


# %% 03.2 · every pass keeps the graph ⇒ the graph is kept alive
def backward_all(losses):
    for k in range(len(losses)):
        losses[k].backward(None, True)


# %% 03.2 · one pass for the sum, which keeps the graph ⇒ the graph is kept alive
def backward_all(losses):
    torch.stack(losses).sum().backward(retain_graph=True)


# %% 03.2 · create_graph for retain_graph ⇒ the graph is kept alive
def backward_all(losses):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sum(losses).backward(create_graph=True)


# %% 03.2 · one pass after the other, none of which keeps it ⇒ the trunk is freed before the last loss needs it
def backward_all(losses):
    for k in range(len(losses)):
        torch.autograd.backward([losses[k]])


# %% 03.2 · the name of the loop is used after the loop ⇒ only the last loss goes backward
def backward_all(losses):
    for loss in losses:
        pass
    loss.backward()


# %% 03.2 · returns in the loop ⇒ only the first loss goes backward
def backward_all(losses):
    for loss in losses:
        return loss.backward()


# %% 03.2 · stack and mean ⇒ the mean of the losses goes backward
def backward_all(losses):
    torch.stack(losses).mean().backward()


# %% 03.2 · kept by all, then freed by one pass more ⇒ every gradient comes twice
def backward_all(losses):
    total = torch.stack(losses).sum()
    total.backward(retain_graph=True)
    total.backward()


# %% 03.2 · one pass for each, then one more for the last ⇒ the last loss comes twice
def backward_all(losses):
    sum(losses).backward(retain_graph=True)
    losses[-1].backward()


# %% 03.2 · retain_graph at the wrong end ⇒ the last pass keeps the graph, and those before it do not
def backward_all(losses):
    for k, loss in enumerate(losses, start=1):
        loss.backward(retain_graph=k == len(losses))


# %% 03.2 · the errors are hidden
def backward_all(losses):
    for loss in losses:
        try:
            loss.backward()
        except RuntimeError:
            break


# %% 03.2 · nothing goes backward ⇒ no gradient reaches the leaves
def backward_all(losses):
    return sum(losses)


# %% 03.2 · the first loss is counted twice
def backward_all(losses):
    sum(losses, start=losses[0]).backward()


# %% 03.2 · a single loss keeps its graph
def backward_all(losses):
    losses[0].backward(retain_graph=True)
    if len(losses) > 1:
        sum(losses[1:]).backward()


# %% 03.2 · a product for the sum
def backward_all(losses):
    torch.stack(losses).prod().backward()


# %% 03.2 · the losses are made into numbers first ⇒ no gradient reaches the leaves
def backward_all(losses):
    torch.tensor([loss.item() for loss in losses], requires_grad=True).sum().backward()


# %% 03.3 · create_graph, but the first slope is read ⇒ the first derivative is returned
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return slope.item()


# %% 03.3 · slope times slope ⇒ the first derivative is squared
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(leaf).backward()
    return (leaf.grad * leaf.grad).item()


# %% 03.3 · backward twice with retain_graph ⇒ the first derivative is doubled
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    y.backward(retain_graph=True)
    y.backward()
    return leaf.grad.item()


# %% 03.3 · retain_graph for create_graph, with backward ⇒ create_graph is missing, so the slope has no graph
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(leaf).backward(retain_graph=True)
    slope = leaf.grad
    leaf.grad = None
    slope.backward()
    return leaf.grad.item()


# %% 03.3 · by backward with create_graph, cleared in between ⇒ a straight line raises an error
def second_derivative(f, x):
    import warnings

    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f(leaf).backward(create_graph=True)
    slope, leaf.grad = leaf.grad, None
    slope.backward()
    return leaf.grad.item()


# %% 03.3 · both passes write into .grad ⇒ the second derivative is added to the first, and a straight line raises
def second_derivative(f, x):
    import warnings

    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f(leaf).backward(create_graph=True)
    leaf.grad.backward()
    return leaf.grad.item()


# %% 03.3 · both passes write into .grad, straight lines aside ⇒ the second derivative is added to the first
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    (slope,) = torch.autograd.grad(y, leaf, create_graph=True)
    leaf.grad = slope.detach().clone()
    if slope.requires_grad:
        slope.backward()
    return leaf.grad.item()


# %% 03.3 · the derivative at the derivative ⇒ the slope is taken at the slope
def second_derivative(f, x):
    for _ in range(2):
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        f(leaf).backward()
        x = leaf.grad.item()
    return x


# %% 03.3 · the value ⇒ the value f(x) is returned
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return float(f(leaf))


# %% 03.3 · in single precision ⇒ computed in float32
def second_derivative(f, x):
    leaf = torch.tensor(x).requires_grad_()
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    if slope.grad_fn is None:
        return 0.0
    slope.backward()
    return leaf.grad.item()


# %% 03.3 · a difference of differences
def second_derivative(f, x):
    step = 1e-4
    low, here, high = (f(torch.tensor(x + k * step, dtype=torch.float64)).item() for k in (-1, 0, 1))
    return (low - 2 * here + high) / step**2


# %% 03.3 · a straight line has its slope for an answer
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return torch.autograd.grad(slope, leaf)[0].item() if slope.requires_grad else slope.item()


# %% 03.3 · None for a straight line
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    if slope.requires_grad:
        return torch.autograd.grad(slope, leaf)[0].item()


# %% 03.3 · a tensor
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.func.grad(torch.func.grad(f))(leaf)
