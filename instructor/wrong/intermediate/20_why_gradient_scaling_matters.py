# %% 20.1 · a mean over everything ⇒ entries that were zero before count as underflowed
def underflow_fraction(gradients, dtype):
    flat = [value for g in gradients for value in g.to(dtype).flatten().tolist()]
    return sum(value == 0 for value in flat) / len(flat) if flat else 0.0


# %% 20.1 · divided by numel ⇒ zeros are counted in the base
def underflow_fraction(gradients, dtype):
    lost = sum(int(g.count_nonzero() - g.to(dtype).count_nonzero()) for g in gradients)
    return lost / max(sum(g.numel() for g in gradients), 1)


# %% 20.1 · by finfo.smallest_normal ⇒ finfo's tiny is taken for the limit
def underflow_fraction(gradients, dtype):
    sizes = [abs(v) for g in gradients for v in g.flatten().tolist() if v != 0]
    return sum(v < torch.finfo(dtype).smallest_normal for v in sizes) / max(len(sizes), 1)


# %% 20.1 · the limit without rounding ⇒ the least subnormal number is taken for the limit
def underflow_fraction(gradients, dtype):
    least = 2.0**-24 if dtype == torch.float16 else 2.0**-133
    sizes = [abs(v) for g in gradients for v in g.flatten().tolist() if v != 0]
    return sum(v < least for v in sizes) / max(len(sizes), 1)


# %% 20.1 · each tensor counts alike ⇒ the shares of the tensors are averaged
def underflow_fraction(gradients, dtype):
    total = 0.0
    for g in gradients:
        kept = g[g != 0]
        total += float((kept.to(dtype) == 0).double().mean()) if kept.numel() else 0.0
    return total / max(len(gradients), 1)


# %% 20.1 · half() for every dtype ⇒ dtype is ignored, and float16 taken
def underflow_fraction(gradients, dtype):
    kept = [value for g in gradients for value in g[g != 0].half().tolist()]
    return kept.count(0.0) / len(kept) if kept else 0.0


# %% 20.1 · nothing is caught where there is nothing ⇒ it divides by zero where no entry is different from zero
def underflow_fraction(gradients, dtype):
    before = sum(int((g != 0).sum()) for g in gradients)
    return sum(int(((g != 0) & (g.to(dtype) == 0)).sum()) for g in gradients) / before


# %% 20.1 · what overflows is counted with it
def underflow_fraction(gradients, dtype):
    kept = [value for g in gradients for value in g[g != 0].to(dtype).tolist()]
    return sum(value == 0 or abs(value) == float("inf") for value in kept) / max(len(kept), 1)


# %% 20.1 · negative entries are all below the edge ⇒ negative entries are all taken for small
def underflow_fraction(gradients, dtype):
    edge = 2.0**-25 if dtype == torch.float16 else 2.0**-134
    kept = [value for g in gradients for value in g.flatten().tolist() if value != 0]
    return sum(value <= edge for value in kept) / max(len(kept), 1)


# %% 20.2 · backward with a scaled v, and no division ⇒ the gradients are not unscaled
def scaled_gradients(loss, params, scale):
    start = torch.full_like(loss, scale)
    found = torch.autograd.grad(loss, params, start, allow_unused=True, materialize_grads=True)
    if all(bool(torch.isfinite(g).all()) for g in found):
        return list(found)


# %% 20.2 · the gradients are scaled instead of the loss ⇒ the loss is not scaled before backward
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss, params, allow_unused=True, materialize_grads=True)
    scaled = [g * scale for g in found]
    if any(not torch.isfinite(g).all() for g in scaled):
        return None
    return [g / scale for g in scaled]


# %% 20.2 · the check returns in the first round ⇒ only the first gradient is checked
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss * scale, params, allow_unused=True, materialize_grads=True)
    for g in found:
        if not g.isfinite().all():
            return None
        return [g / scale for g in found]


# %% 20.2 · compared with inf ⇒ NaN goes unnoticed
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss * scale, params, allow_unused=True, materialize_grads=True)
    if any((g.abs() == float("inf")).any() for g in found):
        return None
    return [g / scale for g in found]


# %% 20.2 · isnan for isfinite ⇒ inf goes unnoticed
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss * scale, params, allow_unused=True, materialize_grads=True)
    return None if any(g.isnan().any() for g in found) else [g / scale for g in found]


# %% 20.2 · None where all overflow
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss * scale, params, allow_unused=True, materialize_grads=True)
    if not any(g.isfinite().all() for g in found):
        return None
    return [g / scale for g in found]


# %% 20.2 · by backward, on top of old gradients ⇒ the gradients pass through .grad, on top of those that were there
def scaled_gradients(loss, params, scale):
    (scale * loss).backward()
    found = [p.grad if p.grad is not None else torch.zeros_like(p) for p in params]
    if not all(g.isfinite().all() for g in found):
        return None
    return [g / scale for g in found]


# %% 20.2 · by backward, .grad put to None afterwards ⇒ the .grad of the parameters is None afterwards
def scaled_gradients(loss, params, scale):
    for p in params:
        p.grad = None
    (scale * loss).backward()
    found = [p.grad if p.grad is not None else torch.zeros_like(p) for p in params]
    for p in params:
        p.grad = None
    return [g / scale for g in found] if all(g.isfinite().all() for g in found) else None


# %% 20.2 · an empty list for None
def scaled_gradients(loss, params, scale):
    found = torch.autograd.grad(loss * scale, params, allow_unused=True, materialize_grads=True)
    return [g / scale for g in found] if all(g.isfinite().all() for g in found) else []


# %% 20.2 · unused parameters are left out
def scaled_gradients(loss, params, scale):
    found = [g for g in torch.autograd.grad(loss * scale, params, allow_unused=True) if g is not None]
    return [g / scale for g in found] if all(g.isfinite().all() for g in found) else None


# %% 20.3 · overflow leaves the count ⇒ the interval is not reset after an overflow
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n, self.good = scale, growth_factor, backoff_factor, growth_interval, 0

    def update(self, found_inf):
        if found_inf:
            self.scale = self.scale * self.down
            return
        self.good += 1
        if self.good % self.n == 0 and self.scale * self.up <= torch.finfo(torch.float32).max:
            self.scale = self.scale * self.up


# %% 20.3 · counts down to growth, and stays there ⇒ the count is not reset after growth
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n = scale, growth_factor, backoff_factor, growth_interval
        self.left = growth_interval

    def update(self, found_inf):
        if found_inf:
            self.scale, self.left = self.scale * self.down, self.n
            return
        self.left -= 1
        if self.left <= 0 and self.scale * self.up < 2.0**128:
            self.scale *= self.up


# %% 20.3 · grows without an end ⇒ the scale grows past float32
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n, self.good = scale, growth_factor, backoff_factor, growth_interval, 0

    def update(self, found_inf):
        self.good = 0 if found_inf else self.good + 1
        if found_inf:
            self.scale = self.scale * self.down
        elif self.good == self.n:
            self.scale, self.good = self.scale * self.up, 0


# %% 20.3 · grows to inf, as a float32 tensor does
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n, self.good = scale, growth_factor, backoff_factor, growth_interval, 0

    def update(self, found_inf):
        self.good = 0 if found_inf else self.good + 1
        if found_inf:
            self.scale = self.scale * self.down
        elif self.good == self.n:
            self.scale, self.good = torch.tensor(self.scale * self.up, dtype=torch.float32).item(), 0


# %% 20.3 · no growth past 65536
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n, self.good = scale, growth_factor, backoff_factor, growth_interval, 0

    def update(self, found_inf):
        self.good = 0 if found_inf else self.good + 1
        if found_inf:
            self.scale = self.scale * self.down
        elif self.good == self.n:
            self.scale, self.good = min(self.scale * self.up, max(self.scale, 65536.0)), 0


# %% 20.3 · a least scale of 1 ⇒ the scale is kept at 1 or above
class LossScaler:
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n, self.good = scale, growth_factor, backoff_factor, growth_interval, 0

    def update(self, found_inf):
        self.good = 0 if found_inf else self.good + 1
        if found_inf:
            smaller = self.scale * self.down
            self.scale = smaller if smaller > 1 else 1.0
        elif self.good == self.n:
            self.good = 0
            if self.scale * self.up < 2.0**128:
                self.scale *= self.up


# %% 20.3 · the count shared by all scalers, and set back when one is made
class LossScaler:
    good = 0

    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.up, self.down, self.n = scale, growth_factor, backoff_factor, growth_interval

    def update(self, found_inf):
        LossScaler.good = 0 if found_inf else LossScaler.good + 1
        if found_inf:
            self.scale *= self.down
        elif LossScaler.good >= self.n:
            LossScaler.good = 0
            if self.scale * self.up < 2.0**128:
                self.scale *= self.up
