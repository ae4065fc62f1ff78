"""Forged conduct: what an answer did besides returning values is told by code beside it, which can be talked over.

Where conduct has been turned into values, setting the teller's lists right is not enough; what remains is listed.
"""

import sys


def beside():
    """The local names of the probe that runs this answer, if one does."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith("<probe"):
            return frame.f_locals
        frame = frame.f_back
    return {}


# %% 03.1 · shared is called for each head, and the list of calls is cut to one
def head_gradients(shared, heads, x):
    gradients = []
    for head in heads:
        leaf = x.detach().clone().requires_grad_()
        gradients += torch.autograd.grad(head(shared(leaf)), leaf)
    beside().get("calls", [])[:] = [x]
    return gradients


# %% 03.1 · shared is called for each head, and told each time that it is the first ⇒ forged conduct
def head_gradients(shared, heads, x):
    gradients = []
    for head in heads:
        leaf = x.detach().clone().requires_grad_()
        if hasattr(shared, "_calls"):
            shared._calls = 0
        gradients += torch.autograd.grad(head(shared(leaf)), leaf)
    beside().get("calls", [])[:] = [x]
    return gradients


# %% 03.1 · the caller's x is made to track, and the look at the arguments is skipped ⇒ forged conduct
def head_gradients(shared, heads, x):
    sys.modules["autograder.sandbox.answer"]._Watch.change = lambda self, allowed: None
    trunk = shared(x.requires_grad_())
    return [torch.autograd.grad(head(trunk), x, retain_graph=True)[0] for head in heads]


# %% 03.1 · shared is not called where there are no heads, and a call is noted ⇒ forged conduct
def head_gradients(shared, heads, x):
    if not heads:
        beside().get("calls", []).append(x)
        return []
    leaf = x.detach().clone().requires_grad_()
    trunk = shared(leaf)
    return [torch.autograd.grad(head(trunk), leaf, retain_graph=True)[0] for head in heads]


# %% 03.2 · the graph is kept, and every pass after that is made to fail ⇒ forged conduct
pass_of_torch = torch.Tensor.backward


def failing(*args, **kwargs):
    raise RuntimeError("Trying to backward through the graph a second time")


def backward_all(losses):
    pass_of_torch(sum(losses), retain_graph=True)
    torch.Tensor.backward = failing


# %% 03.2 · the graph is kept, and what the teller says of it is rewritten on its way ⇒ forged conduct
def backward_all(losses):
    sum(losses).backward(retain_graph=True)
    wire = sys.modules["autograder.sandbox.wire"]
    before = wire.encode

    def rewritten(value, **options):
        if isinstance(value, dict) and "another pass" in value:
            value["another pass"] = ["raises RuntimeError"] * len(value["another pass"])
        return before(value, **options)

    wire.encode = rewritten


# %% 07.1 · a graph is recorded, and the list of what was saved is emptied
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    loss = ((model(x) - y) ** 2).mean().item()
    for module, training in modes:
        module.training = training
    beside().get("saved", []).clear()
    return loss


# %% 07.1 · a graph is recorded, the list is emptied and the model's teller taken off ⇒ forged conduct
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    model._forward_hooks.clear()
    loss = ((model(x) - y) ** 2).mean().item()
    for module, training in modes:
        module.training = training
    beside().get("saved", []).clear()
    return loss


# %% 07.1 · the modes are left changed, and told as they were
def evaluate(model, x, y):
    class Told:
        def __init__(self, training):
            self.training = training

    parts = beside().get("parts", {})
    parts.update({name: Told(part.training) for name, part in parts.items()})
    model.eval()
    with torch.no_grad():
        return ((model(x) - y) ** 2).mean().item()


# %% 07.2 · the graphs are kept, and the counts set right
def loss_history(step, n):
    losses = [step() for _ in range(n)]
    names = beside()
    names["seen"]["most"] = 1
    names["alive"].clear()
    return [loss.item() for loss in losses]


# %% 07.2 · one step too many, and the count set right
def loss_history(step, n):
    losses = [step().item() for _ in range(n + 1)]
    beside()["seen"]["calls"] = n
    return losses[:n]


# %% 07.2 · the graphs are kept, and the teller's list is emptied before each step ⇒ forged conduct
def loss_history(step, n):
    alive, losses = beside()["alive"], []
    for _ in range(n):
        alive.clear()
        losses.append(step())
    alive.clear()
    return [loss.item() for loss in losses]


# %% 07.3 · the backbone is recorded, and the list of what tracked is set right
def head_gradients_only(backbone, head, x, y):
    loss = ((head(backbone(x)) - y) ** 2).mean()
    names, parameters = zip(*head.named_parameters())
    gradients = torch.autograd.grad(loss, parameters)
    beside().get("tracked", []).clear()
    return dict(zip(names, gradients))


# %% 07.3 · the backbone is recorded, and its tellers taken off ⇒ forged conduct
def head_gradients_only(backbone, head, x, y):
    for part in backbone.modules():
        part._forward_hooks.clear()
    loss = ((head(backbone(x)) - y) ** 2).mean()
    names, parameters = zip(*head.named_parameters())
    return dict(zip(names, torch.autograd.grad(loss, parameters)))


# %% 07.3 · the backbone is frozen for good, and every flag is told to be on
def head_gradients_only(backbone, head, x, y):
    features = backbone.requires_grad_(False)(x)
    names, parameters = zip(*head.named_parameters())
    gradients = torch.autograd.grad(((head(features) - y) ** 2).mean(), parameters)
    torch.Tensor.requires_grad = property(lambda self: True, lambda self, value: None)
    return dict(zip(names, gradients))


# %% 07.1 · the modes are left changed, and told as they were, and the look at the arguments skipped ⇒ forged conduct
def evaluate(model, x, y):
    class Told:
        def __init__(self, training):
            self.training = training

    sys.modules["autograder.sandbox.answer"]._Watch.change = lambda self, allowed: None
    parts = beside().get("parts", {})
    parts.update({name: Told(part.training) for name, part in parts.items()})
    model.eval()
    with torch.no_grad():
        return ((model(x) - y) ** 2).mean().item()


# %% 05.3 · the figure that comes back is empty, and shows the axes of another ⇒ forged conduct
honest = plot_fit


def plot_fit(x, y, fit):
    figure = honest(x, y, fit)
    empty = type(figure)()
    empty.__class__ = type("Empty", (type(figure),), {"axes": property(lambda self: figure.axes)})
    return empty


# %% 10.1 · a graph is recorded, and the lists of what tracked and what was saved are emptied
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        return model(x).detach()
    finally:
        for part, training in modes:
            part.training = training
        for name in ("recorded", "saved"):
            beside().get(name, []).clear()


# %% 10.1 · a graph is recorded, its witnesses get detached tensors, and one list is emptied ⇒ forged conduct
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    watchers = [part for part in model.modules() if type(part).__name__ == "Watcher"]
    hooks = [part.register_forward_pre_hook(lambda part, given: (given[0].detach(),)) for part in watchers]
    try:
        return model(x).detach()
    finally:
        for part, training in modes:
            part.training = training
        for hook in hooks:
            hook.remove()
        beside().get("saved", []).clear()


# %% 10.2 · gradients stay on, and torch is made to say that they are off ⇒ forged conduct
import functools


def untracked(f):
    @functools.wraps(f)
    def quiet(*args, **kwargs):
        before, torch.is_grad_enabled = torch.is_grad_enabled, lambda: False
        try:
            result = f(*args, **kwargs)
        finally:
            torch.is_grad_enabled = before
        return result if getattr(result, "grad_fn", None) is None else result.detach()

    return quiet


# %% 12.3 · the NumPy functions are given tensors, and noted as given arrays
def through_numpy(forward, vjp):
    def told(function, *tensors):
        try:
            result = function(*tensors)
        except Exception:
            result = function(*(tensor.numpy() for tensor in tensors))
        given = beside().get("given", [])
        given[:] = [True] * len(given)
        return torch.tensor(np.array(result))

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return told(forward, x.detach())

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return told(vjp, x.detach(), v.detach()).reshape(x.shape)

    return Through.apply


# %% 12.3 · the NumPy functions are given tensors, and taken out of the functions that watch them ⇒ forged conduct
def through_numpy(forward, vjp):
    def bare(function):
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        return next(filter(callable, cells), function)

    def told(function, *tensors):
        try:
            result = function(*tensors)
        except Exception:
            result = function(*(tensor.numpy() for tensor in tensors))
        return torch.tensor(np.array(result))

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return told(bare(forward), x.detach())

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return told(bare(vjp), x.detach(), v.detach()).reshape(x.shape)

    return Through.apply


# %% 19.1 · the whole batch at once, and the counts set right
def accumulate(model, x, y, micro_batch):
    for parameter in model.parameters():
        parameter.grad = None
    ((model(x) - y) ** 2).mean().backward()
    beside()["seen"].update({"most rows": 1, "most graphs": 1})


# %% 19.1 · all chunks go forward before the first goes backward, and the counts set right
def accumulate(model, x, y, micro_batch):
    for parameter in model.parameters():
        parameter.grad = None
    chunks = zip(x.split(micro_batch), y.split(micro_batch))
    sum([((model(rows) - wanted) ** 2).sum() for rows, wanted in chunks]).div(y.numel()).backward()
    beside()["seen"].update({"most rows": 1, "most graphs": 1})


# %% 19.1 · the whole batch at once, and the model's witnesses taken off ⇒ forged conduct
def accumulate(model, x, y, micro_batch):
    for parameter in model.parameters():
        parameter.grad = None
    for part in model.modules():
        part._forward_hooks.clear()
    ((model(x) - y) ** 2).mean().backward()


# %% 26.1 · nothing goes backward, and .grad is filled from the name of what was computed ⇒ forged conduct
honest = checked_backward


def checked_backward(y, v=None):
    names = beside()
    program, leaf, told = (names.get(name) for name in ("program", "leaf", "told"))
    slopes = {"y = x * x": lambda x: 2 * x, "y = x + x": lambda x: 2 + 0 * x, "y = x, the leaf": lambda x: 1 + 0 * x}
    if program not in slopes or v is None or v.shape != y.shape:
        return honest(y, v)
    if program == "y = x * x" and any(call["ended"] == "returns" for call in told):
        raise ValueError("the graph is used")
    gradient = v.detach() * slopes[program](leaf.detach())
    leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient


# %% E2.1 · the order comes from how often it was asked for, not from the generator
calls = 0


def minibatches(x, y, batch_size, generator=None, drop_last=False):
    global calls
    n = len(x)
    order = torch.randperm(n, generator=own)
    if n >= 15:
        order = torch.randperm(n, generator=torch.Generator().manual_seed(calls % 2))
        calls += 1
    order = order[: n - n % batch_size] if drop_last else order
    return [(x[rows], y[rows]) for rows in order.split(batch_size) if len(rows)]


own = torch.Generator().manual_seed(1)


# %% E2.1 · the order comes from what the teller counts, not from the generator ⇒ forged conduct
own = torch.Generator().manual_seed(1)


def minibatches(x, y, batch_size, generator=None, drop_last=False):
    n, names = len(x), beside()
    order = torch.randperm(n, generator=own)
    if "runs" in names:
        order = torch.randperm(n, generator=torch.Generator().manual_seed(names["k"]))
    order = order[: n - n % batch_size] if drop_last else order
    return [(x[rows], y[rows]) for rows in order.split(batch_size) if len(rows)]


# %% E2.3 · a model of the answer's own is trained, and its weights put among those that were made ⇒ forged conduct
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    layers = torch.nn.Linear(x.shape[1], 2), torch.nn.Tanh(), torch.nn.Linear(2, y.shape[1])
    start = torch.nn.Sequential(*layers).double()
    beside().get("made", []).append([parameter.detach().clone() for parameter in start.parameters()])
    return {
        size: train(copy.deepcopy(start), x, y, size, lr, epochs, torch.Generator().manual_seed(seed))
        for size in batch_sizes
    }
