# %% 15.1 · three parts in a dict of the class's own ⇒ the parts stand in a plain list or dict
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        sizes = {"backbone": (inputs, hidden), "mean": (hidden, 1), "scale": (hidden, 1)}
        self.layers = {name: nn.Linear(*size) for name, size in sizes.items()}

    def forward(self, x):
        features = self.layers["backbone"](x)
        return self.layers["mean"](features)[:, 0], nn.functional.softplus(self.layers["scale"](features)[:, 0])


# %% 15.1 · both heads in a list ⇒ the two heads stand in a list or dict, not under their own names
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU())
        self.out = [nn.Linear(hidden, 1) for _ in range(2)]

    def forward(self, x):
        mean, scale = (layer(self.backbone(x))[:, 0] for layer in self.out)
        return mean, nn.functional.softplus(scale)


# %% 15.1 · a linear scale ⇒ the scale can be negative
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.scale, self.mean = nn.Linear(hidden, 1), nn.Linear(hidden, 1)
        self.backbone = nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, hidden))

    def forward(self, x):
        h = self.backbone(x)
        return self.mean(h).squeeze(1), self.scale(h).squeeze(1)


# %% 15.1 · the heads made as one ⇒ the two heads stand in a list or dict, not under their own names
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.both = nn.Linear(hidden, 2)

    def forward(self, x):
        mean, scale = self.both(self.backbone(x)).T
        return mean, nn.functional.softplus(scale)


# %% 15.1 · exp for softplus ⇒ the scale is bent by exp, not by softplus
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh())
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.backbone(x)
        return self.mean(h)[..., 0], self.scale(h)[..., 0].exp()


# %% 15.1 · columns ⇒ the outputs are columns
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.mean = nn.Linear(hidden, 1)
        self.scale = nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features), nn.functional.softplus(self.scale(features))


# %% 15.1 · squeeze() ⇒ a single row loses its axis
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid())
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features).squeeze(), nn.functional.softplus(self.scale(features)).squeeze()


# %% 15.1 · tanh in forward ⇒ an activation stands between the backbone and its heads
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x).tanh()
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features)[:, 0])


# %% 15.1 · log of one plus exp ⇒ softplus is written out, and overflows
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh())
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.backbone(x)
        return self.mean(h)[:, 0], torch.log1p(torch.exp(self.scale(h)[:, 0]))


# %% 15.1 · the heads shared by all models
SHARED = {}


class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        for name in ("mean", "scale"):
            setattr(self, name, SHARED.setdefault((name, hidden), nn.Linear(hidden, 1)))

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features)[:, 0])


# %% 15.1 · one layer under both names ⇒ mean and scale are one layer
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.mean = self.scale = nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features)[:, 0])


# %% 15.1 · hidden is ignored
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, 8)
        self.mean, self.scale = nn.Linear(8, 1), nn.Linear(8, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features)[:, 0])


# %% 15.1 · features cut off for the scale ⇒ the scale does not reach the backbone
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Linear(inputs, hidden)
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features.detach())[:, 0])


# %% 15.1 · a layer of the backbone hidden in a list
class Hidden(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.layers = [nn.Linear(inputs, hidden)]

    def forward(self, x):
        return self.layers[0](x)


class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = Hidden(inputs, hidden)
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        features = self.backbone(x)
        return self.mean(features)[:, 0], nn.functional.softplus(self.scale(features)[:, 0])


# %% 15.2 · by the variance ⇒ the scale is taken for the variance
def gaussian_nll_gradients(mean, scale, y):
    r = (mean - y) / scale
    return r / len(r), (1 - r * (mean - y)) / (2 * scale * len(r))


# %% 15.2 · divided by the scale only ⇒ the square of the scale is missing, as if it were the variance
def gaussian_nll_gradients(mean, scale, y):
    z = (mean - y) / scale
    return z / z.size, (1 / scale - z**2) / z.size


# %% 15.2 · the likelihood is made smaller ⇒ both signs are flipped
def gaussian_nll_gradients(mean, scale, y):
    n = len(y)
    return (y - mean) / (n * scale**2), ((y - mean) ** 2 - scale**2) / (n * scale**3)


# %% 15.2 · no mean is taken ⇒ a sum stands where the mean belongs
def gaussian_nll_gradients(mean, scale, y):
    z = (mean - y) / scale
    return z / scale, (1 - z**2) / scale


# %% 15.2 · without the log ⇒ the log is forgotten
def gaussian_nll_gradients(mean, scale, y):
    z = (mean - y) / scale
    return z / scale / len(y), -(z**2) / scale / len(y)


# %% 15.2 · one two too many ⇒ the ½ is forgotten
def gaussian_nll_gradients(mean, scale, y):
    z = (mean - y) / scale
    return 2 * z / scale / len(y), (1 - 2 * z**2) / scale / len(y)


# %% 15.2 · (y − m) for (m − y) ⇒ the sign of d_mean is flipped
def gaussian_nll_gradients(mean, scale, y):
    z = (y - mean) / scale
    return z / scale / len(y), (1 - z**2) / scale / len(y)


# %% 15.2 · averaged to one number each
def gaussian_nll_gradients(mean, scale, y):
    z = (mean - y) / scale
    return np.mean(z / scale), np.mean((1 - z**2) / scale)


# %% 15.2 · by finite differences, one-sided
def gaussian_nll_gradients(mean, scale, y):
    def term(m, s):
        return np.log(s) + (y - m) ** 2 / (2 * s**2)

    step = 1e-6
    here = term(mean, scale)
    return (term(mean + step, scale) - here) / step / len(y), (term(mean, scale + step) - here) / step / len(y)


# %% 15.2 · the scale is kept over one half
def gaussian_nll_gradients(mean, scale, y):
    s = np.maximum(scale, 0.5)
    z = (mean - y) / s
    return z / s / len(y), (1 - z**2) / s / len(y)


# %% 15.3 · a sum of norms ⇒ the norms of the parameters are added up
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        norms[name] = 0.0
        for p in part.parameters():
            if p.grad is not None:
                norms[name] += p.grad.norm().item()
    return norms


# %% 15.3 · only parts with a gradient ⇒ parts without a gradient are missing
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        gradients = [p.grad.flatten() for p in part.parameters() if p.grad is not None]
        if gradients:
            norms[name] = torch.cat(gradients).norm().item()
    return norms


# %% 15.3 · no root ⇒ the root is missing
def gradient_norms_by_part(model):
    return {
        name: float(sum(torch.sum(p.grad * p.grad).item() for p in part.parameters() if p.grad is not None))
        for name, part in model.named_children()
    }


# %% 15.3 · by the first piece of the names ⇒ a shared parameter counts in its first part only
def gradient_norms_by_part(model):
    gathered = {name: [] for name, _ in model.named_children()}
    for path, p in model.named_parameters():
        if path.split(".")[0] in gathered and p.grad is not None:
            gathered[path.split(".")[0]].append(p.grad.flatten())
    return {name: torch.cat(found).norm().item() if found else 0.0 for name, found in gathered.items()}


# %% 15.3 · by letters, so that 10 is a part of 1 ⇒ the names are compared letter by letter
def gradient_norms_by_part(model):
    norms = {}
    for name, _ in model.named_children():
        seen, total = set(), 0.0
        for path, p in model.named_parameters(remove_duplicate=False):
            if path.startswith(name) and p.grad is not None and id(p) not in seen:
                seen.add(id(p))
                total += p.grad.square().sum().item()
        norms[name] = total**0.5
    return norms


# %% 15.3 · the trainable ones only ⇒ frozen parameters are left out
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        found = [p.grad for p in part.parameters() if p.requires_grad and p.grad is not None]
        norms[name] = float(torch.stack([g.norm() for g in found]).norm()) if found else 0.0
    return norms


# %% 15.3 · None is replaced by zeros in the model
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        total = 0.0
        for p in part.parameters():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            total += p.grad.square().sum().item()
        norms[name] = total**0.5
    return norms


# %% 15.3 · measured by clipping, which changes the gradients
def gradient_norms_by_part(model):
    return {name: float(nn.utils.clip_grad_norm_(part.parameters(), 1.0)) for name, part in model.named_children()}


# %% 15.3 · None is not expected
def gradient_norms_by_part(model):
    return {
        name: sum((p.grad**2).sum().item() for p in part.parameters()) ** 0.5 for name, part in model.named_children()
    }


# %% 15.3 · tensors
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        found = [p.grad.flatten() for p in part.parameters() if p.grad is not None]
        norms[name] = torch.cat([torch.zeros(1).double(), *found]).norm()
    return norms
