# %% 20.1 · one entry after the other
def underflow_fraction(gradients, dtype):
    lost, all_of_them = 0, 0
    for gradient in gradients:
        for entry in gradient.reshape(-1):
            if entry != 0:
                all_of_them += 1
                lost += entry.to(dtype).item() == 0.0
    return lost / all_of_them if all_of_them else 0.0


# %% 20.1 · all in one row, with nan_to_num for the empty mean
def underflow_fraction(gradients, dtype):
    row = torch.cat([torch.zeros(1, dtype=torch.float64)] + [g.double().ravel() for g in gradients])
    row = row[row != 0]
    return torch.nan_to_num((row.to(dtype) == 0).double().mean()).item()


# %% 20.1 · by half of the least number
def underflow_fraction(gradients, dtype):
    limits = torch.finfo(dtype)
    edge = limits.tiny * limits.eps / 2
    sizes = [g.double().abs().flatten() for g in gradients]
    base = sum(int((s > 0).sum()) for s in sizes)
    return sum(int(((s > 0) & (s <= edge)).sum()) for s in sizes) / max(base, 1)


# %% 20.2 · the scale as the gradient from above
def scaled_gradients(loss, params, scale):
    v = torch.full_like(loss, scale)
    scaled = torch.autograd.grad(loss, params, v, allow_unused=True, materialize_grads=True)
    if not torch.cat([g.flatten() for g in scaled]).isfinite().all():
        return None
    return tuple(g * (1 / scale) for g in scaled)


# %% 20.2 · by backward, with .grad put aside and back
def scaled_gradients(loss, params, scale):
    kept = [p.grad for p in params]
    for p in params:
        p.grad = None
    (scale * loss).backward()
    scaled = [p.grad if p.grad is not None else torch.zeros_like(p) for p in params]
    for p, old in zip(params, kept):
        p.grad = old
    if any((g - g).abs().max() != 0 for g in scaled):
        return None
    return [g.div_(scale) for g in scaled]


# %% 20.2 · divided first, then checked
def scaled_gradients(loss, params, scale):
    found = []
    for p, g in zip(params, torch.autograd.grad(scale * loss, params, allow_unused=True)):
        g = torch.zeros(p.shape, dtype=p.dtype) if g is None else g / scale
        if g.isnan().any() or g.isinf().any():
            return None
        found.append(g)
    return found


# %% 20.3 · the list of good steps, and a float32 tensor for a scale
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale = torch.tensor(scale)
        self.factors, self.interval, self.row = (growth_factor, backoff_factor), growth_interval, []

    def update(self, found_inf):
        self.row = [] if found_inf else [*self.row, True]
        if found_inf:
            self.scale = self.scale * self.factors[1]
        if len(self.row) == self.interval:
            self.row.clear()
            grown = self.scale * self.factors[0]
            self.scale = grown if grown.isfinite() else self.scale


# %% 20.3 · with powers instead of scales
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        import math

        self.power, self.up, self.down = (int(math.log2(f)) for f in (scale, growth_factor, backoff_factor))
        self.interval = self.left = growth_interval

    @property
    def scale(self):
        return 2.0**self.power

    def update(self, found_inf):
        self.left = self.interval if found_inf else self.left - 1
        if found_inf:
            self.power += self.down
        elif self.left == 0:
            self.left = self.interval
            self.power += self.up if self.power + self.up <= 127 else 0


# %% 20.3 · by torch's own scaler
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.now, self.count = torch.tensor(scale), torch.tensor(0, dtype=torch.int32)
        self.rest = growth_factor, backoff_factor, growth_interval

    @property
    def scale(self):
        return self.now.item()

    def update(self, found_inf):
        torch._amp_update_scale_(self.now, self.count, torch.tensor(float(found_inf)), *self.rest)
