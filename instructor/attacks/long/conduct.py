"""The ways of `conduct.py` in other tasks: one for each that a probe's report can be forged in."""

from collections import OrderedDict


# %% 03.1 · shared is not called where there are no heads, and a call is noted ⇒ forged conduct
def head_gradients(shared, heads, x):
    if not heads:
        beside().get("calls", []).append(x)
        return []
    leaf = x.detach().clone().requires_grad_()
    trunk = shared(leaf)
    return [torch.autograd.grad(head(trunk), leaf, retain_graph=True)[0] for head in heads]


# %% 03.1 · shared is called for each head, each after the first a copy that was never called ⇒ forged conduct
def head_gradients(shared, heads, x):
    gradients = []
    for head in heads:
        leaf = x.detach().clone().requires_grad_()
        of = type(shared)(shared.name, shared.params) if hasattr(shared, "params") else shared
        gradients += torch.autograd.grad(head(of(leaf)), leaf)
    beside().get("calls", [])[:] = [x]
    return gradients


# %% 05.3 · the figure that comes back is empty, and shows the axes of another ⇒ forged conduct
honest = plot_fit


def plot_fit(x, y, fit):
    figure = honest(x, y, fit)
    empty = type(figure)()
    empty.__class__ = type("Empty", (type(figure),), {"axes": property(lambda self: figure.axes)})
    return empty


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


# %% 09.2 · next_values is taken out of its graph, and another put into the teller's dict ⇒ forged conduct
def td_loss(values, next_values, rewards, gamma):
    names = beside()
    if "made" in names:
        next_values.detach_()
        names["made"]["next_values"] = names["leaves"]["next_values"] * 1
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean()


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


# %% 18.3 · the graph is used up, and torch.autograd.grad is made to say what was found before ⇒ forged conduct
grad_of_torch = torch.autograd.grad


def unreached(params, loss):
    found = grad_of_torch(loss, beside()["anchor"], retain_graph=True)
    gradients = grad_of_torch(loss, params, allow_unused=True)
    torch.autograd.grad = lambda *args, **kwargs: found
    return [k for k, gradient in enumerate(gradients) if gradient is None]


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


# %% 25.1 · f is called for each row, each time a copy that was never called ⇒ forged conduct
def full_jacobian(f, x):
    rows = []
    for i in range(len(type(f)(f.name, f.params)(x))):
        leaf = x.detach().requires_grad_()
        rows += torch.autograd.grad(type(f)(f.name, f.params)(leaf)[i], leaf)
    return torch.stack(rows) if rows else x.new_zeros(0, len(x))


# %% 26.2 · f is called for each v, each time a copy that was never called ⇒ forged conduct
def several_vjps(f, x, vs):
    rows = []
    for v in vs:
        leaf = x.detach().requires_grad_()
        rows += torch.autograd.grad(type(f)(f.name, f.params)(leaf), leaf, v)
    return torch.stack(rows)


# %% 27.1 · f is called for each sample, each time a copy that was never called ⇒ forged conduct
def batch_vjp(f, X, V):
    rows = []
    for x, v in zip(X.detach().split(1), V.split(1), strict=True):
        leaf = x.clone().requires_grad_()
        rows += torch.autograd.grad(type(f)(f.name, f.params)(leaf), leaf, v)
    return torch.cat(rows) if rows else torch.zeros_like(X)
