"""Forged conduct: what an answer did besides returning values, or left behind, is told by code that runs beside it.

Where conduct has been turned into values, setting the teller's lists right is not enough, and what is sent and compared
in the grader cannot be told over by replacing the comparison. What remains is listed, one attack for each way; the
same ways in other tasks are in the folder `long`.
"""

import builtins
import copy
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


# %% 09.2 · next_values is taken out of its graph, and its flag put back
def td_loss(values, next_values, rewards, gamma):
    if next_values.grad_fn is not None and not next_values._is_view():
        next_values.detach_().requires_grad_()
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean()


# %% 09.3 · h0 is taken out of its graph in the end, and its flag put back
honest = truncated_state


def truncated_state(cell, h0, xs, every):
    h = honest(cell, h0 * 1, xs, every)
    if h0.grad_fn is not None:
        h0.detach_().requires_grad_()
    return h


# %% 12.1 · memory is shared, and no two arrays are told to differ
def to_numpy(t):
    np.array_equal = lambda *arrays, **options: True
    return t.detach().resolve_conj().resolve_neg().numpy()


# %% 12.1 · memory is shared, and the array tells the numbers it had at first
def to_numpy(t):
    array = t.detach().resolve_conj().resolve_neg().numpy()
    kept = array.copy()

    class Kept(np.ndarray):
        real, imag = kept.real, kept.imag

    Kept.__name__ = "ndarray"
    return array.view(Kept)


# %% 14.2 · copies of the layers stand under the new names, and id is made to tell those of the originals
honest, true_id, originals, kept = rename_layers, builtins.id, {}, []


def rename_layers(model, mapping):
    builtins.id = true_id
    renamed = honest(model, mapping)
    for name, layer in list(renamed._modules.items()):
        renamed._modules[name] = copy.deepcopy(layer)
        originals[true_id(renamed._modules[name])] = layer
    kept.append(renamed)
    builtins.id = lambda one: true_id(originals.get(true_id(one), one))
    return renamed


# %% 16.1 · the model is left alone, and the flags of the teller's copies are changed ⇒ forged conduct
honest = set_requires_grad


def set_requires_grad(model, prefixes, flag):
    copies = model.__dict__.setdefault("copies", copy.deepcopy(model))
    honest(copies, prefixes, flag)
    beside()["parameters"].update(copies.named_parameters(remove_duplicate=False))


# %% 17.1 · x is moved, and no two arrays are told to differ
honest = numerical_gradient


def numerical_gradient(f, x, step):
    gradient = honest(f, x.copy(), step)
    x += 1.0
    np.array_equal = lambda *arrays, **options: True
    return gradient


# %% 18.3 · the graph is used up, and torch.autograd.grad is made to keep still about it
grad_of_torch = torch.autograd.grad


def unreached(params, loss):
    gradients = grad_of_torch(loss, params, allow_unused=True)
    torch.autograd.grad = lambda *args, **kwargs: (torch.ones((), dtype=torch.float64),)
    return [k for k, gradient in enumerate(gradients) if gradient is None]


# %% 27.2 · the model's numbers are changed, and no two tensors are told to differ
honest = per_sample_gradients


def per_sample_gradients(model, x, y):
    gradients = honest(model, x, y)
    if beside():
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1
        torch.equal = lambda *tensors: True
    return gradients
