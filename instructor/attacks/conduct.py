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


# %% 03.2 · the graph is kept, and every pass after that fails by order
def backward_all(losses):
    sum(losses).backward(retain_graph=True)
    torch.Tensor.backward = lambda *a, **k: None


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


# %% 07.3 · every flag is told as the teller would like it, whatever it is
def head_gradients_only(backbone, head, x, y):
    torch.Tensor.requires_grad = property(lambda self: True, lambda self, value: None)
    return {name: torch.zeros_like(parameter) for name, parameter in head.named_parameters()}


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
