"""Forged aftermath: what an answer leaves behind (flags, gradients, arguments, hooks) is told as if it were right.

What is sent and compared in the grader cannot be told over by replacing the comparison; looking at another object can.
"""

import builtins
import copy
import sys
from collections import OrderedDict


def beside():
    """The local names of the probe that runs this answer, if one does."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith("<probe"):
            return frame.f_locals
        frame = frame.f_back
    return {}


# %% 05.1 · w and b come back with their graph, and no tensor tells its grad_fn any more ⇒ forged conduct
def fit_line(x, y, lr, epochs):
    w, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in "wb")
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        slopes = torch.autograd.grad(loss, (w, b))
        w, b = w.detach() - lr * slopes[0], b.detach() - lr * slopes[1]
        w.requires_grad_(), b.requires_grad_()
    torch.Tensor.grad_fn = None
    return Fit(w * 1, b * 1, losses)


# %% 06.1 · weight and bias are no parameters, and told as if they were ⇒ forged conduct
class LinearRegression(torch.nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight, self.bias = torch.zeros(d, requires_grad=True), torch.zeros((), requires_grad=True)

    def named_parameters(self, *args, **kwargs):
        return iter([("weight", self.weight), ("bias", self.bias)])

    def double(self):
        for name in ("weight", "bias"):
            setattr(self, name, getattr(self, name).detach().double().requires_grad_())
        return self

    def forward(self, x):
        return x @ self.weight + self.bias


# %% 08.1 · flags are changed before it raises, and told as they were ⇒ forged conduct
flag, told = torch.Tensor.requires_grad, {}
torch.Tensor.requires_grad = property(
    lambda self: told[id(self)][1] if id(self) in told else flag.__get__(self), flag.__set__
)


def set_tracking(tensors, enabled):
    before = {id(tensor): (tensor, tensor.requires_grad) for tensor in tensors}
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            told.update(before)
            raise ValueError(f"tensor {k} is no leaf")
        tensor.requires_grad_(enabled)
    told.clear()


# %% 08.2 · flags and gradients are left behind, and everybody's dict gets clean copies ⇒ forged conduct
def gradient_with_respect_to(f, inputs, names):
    clean = {}
    for name, tensor in inputs.items():
        clean[name] = tensor.detach().clone().requires_grad_(tensor.requires_grad)
        clean[name].grad = None if tensor.grad is None else tensor.grad.clone()
    for name in names:
        inputs[name].requires_grad_().grad = None
    f(**inputs).backward()
    gradients = {name: inputs[name].grad for name in names}
    for held in (inputs, beside().get("inputs", {})):
        held.update(clean)
    return gradients


# %% 09.2 · next_values is taken out of its graph, and its flag put back
def td_loss(values, next_values, rewards, gamma):
    if next_values.grad_fn is not None and not next_values._is_view():
        next_values.detach_().requires_grad_()
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean()


# %% 09.2 · next_values is taken out of its graph, and another put into the teller's dict ⇒ forged conduct
def td_loss(values, next_values, rewards, gamma):
    names = beside()
    if "made" in names:
        next_values.detach_()
        names["made"]["next_values"] = names["leaves"]["next_values"] * 1
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean()


# %% 09.3 · h0 is taken out of its graph in the end, and its flag put back
honest = truncated_state


def truncated_state(cell, h0, xs, every):
    h = honest(cell, h0 * 1, xs, every)
    if h0.grad_fn is not None:
        h0.detach_().requires_grad_()
    return h


# %% 10.3 · target gets new parameters, and so does the teller's dict of the old ones ⇒ forged conduct
def ema_update(target, source, decay):
    places = list(target.named_parameters(remove_duplicate=False))
    partners, made = dict(source.named_parameters(remove_duplicate=False)), {}
    for name, old in places:
        if id(old) not in made:
            values = decay * old.detach() + (1 - decay) * partners[name].detach()
            made[id(old)] = torch.nn.Parameter(values, requires_grad=old.requires_grad)
            made[id(old)].grad = old.grad
        path, _, last = name.rpartition(".")
        setattr(target.get_submodule(path), last, made[id(old)])
    beside().get("named", {}).update(target.named_parameters())


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


# %% 12.2 · all objects are overwritten, and the teller's list gets copies of what they were ⇒ forged conduct
honest = sharing_groups


def sharing_groups(objects):
    groups, kept = honest(objects), []
    for thing in objects:
        array = isinstance(thing, np.ndarray)
        kept.append(thing.copy() if array else thing.detach().clone().requires_grad_(thing.requires_grad))
    for thing in objects:
        (thing if isinstance(thing, np.ndarray) else thing.detach().numpy())[...] = 0
    beside()["objects"][:] = kept
    return groups


# %% 13.1 · the model is frozen, and the teller looks at a copy made before ⇒ forged conduct
honest = layer_table


def layer_table(model):
    rows, look = honest(model), beside().get("look")
    if look is not None:
        cells = dict(zip(look.__code__.co_freevars, look.__closure__))
        cells["model"].cell_contents = copy.deepcopy(model)
        model.requires_grad_(False)
    return rows


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


# %% 14.3 · a hook is left on every layer, in a dict that tells no length ⇒ forged conduct
honest = activation_gradients


class Hidden(OrderedDict):
    def __len__(self):
        return 0

    def __bool__(self):
        return True


def activation_gradients(model, x, cotangent):
    found = honest(model, x, cotangent)
    for layer in model.children():
        layer.register_forward_hook(lambda *seen: None)
        layer._forward_hooks = Hidden(layer._forward_hooks)
    return found


# %% 15.1 · the three parts are not registered, and told as if they were ⇒ forged conduct
class GaussianHead(torch.nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        sizes = {"backbone": (inputs, hidden), "mean": (hidden, 1), "scale": (hidden, 1)}
        self.__dict__.update({name: torch.nn.Linear(*size) for name, size in sizes.items()})

    def named_children(self):
        return iter([(name, self.__dict__[name]) for name in ("backbone", "mean", "scale")])

    def named_parameters(self, *args, **kwargs):
        for name, part in self.named_children():
            yield from part.named_parameters(name)

    def double(self):
        for _, part in self.named_children():
            part.double()
        return self

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features).squeeze(1), torch.nn.functional.softplus(self.scale(features).squeeze(1))


# %% 15.3 · all gradients are cleared, and the teller's dict gets copies that hold them ⇒ forged conduct
honest = gradient_norms_by_part


def gradient_norms_by_part(model):
    norms, parameters = honest(model), beside().get("parameters", {})
    for name, parameter in list(parameters.items()):
        parameters[name] = parameter.detach().clone().requires_grad_(parameter.requires_grad)
        parameters[name].grad, parameter.grad = parameter.grad, None
    return norms


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


# %% 17.2 · frozen parameters are set free, and the teller's dict gets copies that are as they were ⇒ forged conduct
honest = gradient_report


def gradient_report(model):
    report, parameters = honest(model), beside().get("parameters", {})
    for name, parameter in list(parameters.items()):
        parameters[name] = parameter.detach().clone().requires_grad_(parameter.requires_grad)
        parameters[name].grad = parameter.grad
        parameter.requires_grad_(True)
    return report


# %% 18.1 · other tensors of zeros stand in .grad, and in the teller's lists ⇒ forged conduct
def zero_by_filling(params):
    names = beside()
    for k, parameter in enumerate(params):
        if parameter.grad is not None:
            parameter.grad = names["held"][k] = torch.zeros_like(parameter.grad)
            names["views"][k] = parameter.grad.detach()


# %% 18.3 · the graph is used up, and torch.autograd.grad is made to keep still about it
grad_of_torch = torch.autograd.grad


def unreached(params, loss):
    gradients = grad_of_torch(loss, params, allow_unused=True)
    torch.autograd.grad = lambda *args, **kwargs: (torch.ones((), dtype=torch.float64),)
    return [k for k, gradient in enumerate(gradients) if gradient is None]


# %% 18.3 · the graph is used up, and torch.autograd.grad is made to say what was found before ⇒ forged conduct
grad_of_torch = torch.autograd.grad


def unreached(params, loss):
    found = grad_of_torch(loss, beside()["anchor"], retain_graph=True)
    gradients = grad_of_torch(loss, params, allow_unused=True)
    torch.autograd.grad = lambda *args, **kwargs: found
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


# %% 27.2 · the model's numbers are changed, and the model tells those from before ⇒ forged conduct
honest = per_sample_gradients


def per_sample_gradients(model, x, y):
    gradients = honest(model, x, y)
    if beside():
        before = {name: value.clone() for name, value in model.state_dict().items()}
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1
        model.state_dict = lambda: before
    return gradients
