# %% 07.1 · inference_mode, modes in a dict, mse_loss
def evaluate(model, x, y):
    modes = {name: module.training for name, module in model.named_modules()}
    try:
        with torch.inference_mode():
            return torch.nn.functional.mse_loss(model.eval()(x), y).item()
    finally:
        for name, module in model.named_modules():
            module.training = modes[name]


# %% 07.1 · a copy is asked, the model itself never changes
def evaluate(model, x, y):
    import copy

    twin = copy.deepcopy(model).eval().requires_grad_(False)
    return float(((twin(x) - y) ** 2).mean())


# %% 07.1 · flags off and on again, one by one, through NumPy
def evaluate(model, x, y):
    flags = [parameter.requires_grad for parameter in model.parameters()]
    modes = [module.training for module in model.modules()]
    model.eval().requires_grad_(False)
    misses = model(x).numpy() - y.numpy()
    for parameter, flag in zip(model.parameters(), flags):
        parameter.requires_grad_(flag)
    for module, training in zip(model.modules(), modes):
        module.training = training
    return (misses**2).mean()


# %% 07.1 · row by row, grad mode by hand
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    tracked = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    model.eval()
    total = 0.0
    for k in range(len(x)):
        total += ((model(x[k : k + 1]) - y[k : k + 1]) ** 2).sum().item()
    for module, training in modes:
        module.training = training
    torch.set_grad_enabled(tracked)
    return total / y.numel()


# %% 07.1 · each module's own train(), outermost first
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.train(False)
    with torch.no_grad():
        value = torch.dist(model(x), y).square().div(y.numel()).item()
    for module, training in modes:
        module.train(training)
    return value


# %% 07.2 · a loop with a name for the loss
def loss_history(step, n):
    losses = []
    for _ in range(n):
        loss = step()
        losses.append(loss.item())
    return losses


# %% 07.2 · cut out of its graph in place
def loss_history(step, n):
    losses = []
    for _ in range(n):
        loss = step().detach_()
        losses.append(loss)
    return [float(loss) for loss in losses]


# %% 07.2 · detached tensors until the end
def loss_history(step, n):
    kept = [step().detach() for _ in range(n)]
    return torch.stack(kept).tolist() if kept else []


# %% 07.2 · a NumPy array filled in, handed back as np.float64
def loss_history(step, n):
    import numpy as np

    losses = np.empty(n)
    for k in range(n):
        loss = step()
        losses[k] = loss.detach().numpy()
        del loss
    return list(losses)


# %% 07.2 · by recursion, with a closure that refers to itself
def loss_history(step, n):
    def rest(k):
        return [step().item(), *rest(k - 1)] if k else []

    return rest(n)


# %% 07.2 · a tuple made by a generator
def loss_history(step, n):
    return tuple(float(step()) for _ in range(n))


# %% 07.3 · backward, with .grad put aside and put back
def head_gradients_only(backbone, head, x, y):
    old = {name: parameter.grad for name, parameter in head.named_parameters()}
    for parameter in head.parameters():
        parameter.grad = None
    with torch.no_grad():
        features = backbone(x)
    torch.nn.functional.mse_loss(head(features), y).backward()
    gradients = {}
    for name, parameter in head.named_parameters():
        gradients[name] = parameter.grad
        parameter.grad = old[name]
    return gradients


# %% 07.3 · torch.func
def head_gradients_only(backbone, head, x, y):
    with torch.no_grad():
        features = backbone(x)

    def loss(parameters):
        return ((torch.func.functional_call(head, parameters, (features,)) - y) ** 2).mean()

    return torch.func.grad(loss)({name: parameter.detach() for name, parameter in head.named_parameters()})


# %% 07.3 · flags off and on again, each as it was
def head_gradients_only(backbone, head, x, y):
    flags = [(parameter, parameter.requires_grad) for parameter in backbone.parameters()]
    backbone.requires_grad_(False)
    loss = ((head(backbone(x)) - y) ** 2).mean()
    for parameter, flag in flags:
        parameter.requires_grad_(flag)
    names, parameters = zip(*head.named_parameters())
    return dict(zip(names, torch.autograd.grad(loss, parameters)))


# %% 07.3 · a decorated helper, enable_grad inside, one gradient after the other
@torch.no_grad()
def head_gradients_only(backbone, head, x, y):
    features = backbone(x)
    with torch.enable_grad():
        loss = torch.nn.functional.mse_loss(head(features), y)
    gradients = {}
    for name, parameter in head.named_parameters():
        (gradients[name],) = torch.autograd.grad(loss, parameter, retain_graph=True)
    return gradients


# %% 07.3 · a copy of the head learns in its place
def head_gradients_only(backbone, head, x, y):
    import copy

    twin = copy.deepcopy(head)
    twin.zero_grad()
    with torch.no_grad():
        features = backbone(x)
    ((twin(features) - y) ** 2).mean().backward()
    return {name: parameter.grad for name, parameter in twin.named_parameters()}
