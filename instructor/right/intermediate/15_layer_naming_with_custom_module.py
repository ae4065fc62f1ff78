# %% 15.1 · a deep backbone, and a namedtuple
from collections import namedtuple

Told = namedtuple("Told", "mean scale")


class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.scale = nn.Linear(hidden, 1)
        self.mean = nn.Linear(hidden, 1)
        self.backbone = nn.Sequential(
            nn.Linear(inputs, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Dropout(0.5), nn.Linear(7, hidden), nn.Tanh()
        )
        self.positive = nn.Softplus()

    def forward(self, x):
        features = self.backbone(x)
        return Told(self.mean(features).squeeze(-1), self.positive(self.scale(features).squeeze(-1)))


# %% 15.1 · a module as backbone, logaddexp, a list
class Trunk(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, hidden))

    def forward(self, x):
        return torch.sin(x @ self.weight)


class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.add_module("backbone", Trunk(inputs, hidden))
        for name in ("mean", "scale"):
            setattr(self, name, nn.Linear(hidden, 1))

    def forward(self, x):
        h = self.backbone(x)
        a = self.scale(h).flatten()
        return [self.mean(h).flatten(), torch.logaddexp(a, torch.zeros_like(a))]


# %% 15.1 · the backbone is asked for each head, softplus by hand
class GaussianHead(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid())
        self.mean, self.scale = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        a = self.scale(self.backbone(x)).reshape(len(x))
        positive = a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))
        return self.mean(self.backbone(x)).reshape(len(x)), positive


# %% 15.2 · row by row, as lists of floats in an array
def gaussian_nll_gradients(mean, scale, y):
    n = len(y)
    d_mean, d_scale = np.zeros(n), np.zeros(n)
    for i in range(n):
        z = (y[i] - mean[i]) / scale[i]
        d_mean[i] = -z / scale[i] / n
        d_scale[i] = (1 - z * z) / scale[i] / n
    return [d_mean, d_scale]


# %% 15.2 · by a complex step, as one array's rows
def gaussian_nll_gradients(mean, scale, y):
    def term(m, s):
        return np.log(s) + (y - m) * (y - m) / (2 * s * s)

    step = 1e-30j
    return tuple(np.imag([term(mean + step, scale), term(mean, scale + step)]) / 1e-30 / y.size)


# %% 15.2 · through the precision
def gaussian_nll_gradients(mean, scale, y):
    precision = scale**-2.0
    weighted = precision * (mean - y)
    return weighted / y.shape[0], (1.0 - weighted * (mean - y)) * np.sqrt(precision) / y.shape[0]


# %% 15.3 · torch's own norm of norms
def gradient_norms_by_part(model):
    norms = {}
    for name, part in model.named_children():
        each = [p.grad.norm() for p in part.parameters() if p.grad is not None]
        norms[name] = torch.stack(each).norm().item() if each else 0.0
    return norms


# %% 15.3 · one long vector, zeros for None
def gradient_norms_by_part(model):
    def vector(part):
        zero = [torch.zeros(1, dtype=torch.float64)]
        return torch.cat(zero + [torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in part])

    return {name: float(torch.linalg.vector_norm(vector(set(c.parameters())))) for name, c in model.named_children()}


# %% 15.3 · NumPy, children by attribute
def gradient_norms_by_part(model):
    norms = {}
    for name in [name for name, _ in model.named_children()]:
        part = getattr(model, name)
        rows = [p.grad.numpy().ravel() for p in part.parameters() if p.grad is not None]
        norms[name] = np.linalg.norm(np.concatenate(rows)) if rows else 0.0
    return norms
