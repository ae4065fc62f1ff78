# %% E1.1 · derived from torch.optim.Optimizer
class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        if lr < 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        settings = dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov)
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                d = p.grad.add(p, alpha=group["weight_decay"])
                if group["momentum"]:
                    state = self.state[p]
                    if "momentum_buffer" not in state:
                        state["momentum_buffer"] = d.clone()
                    else:
                        old = state["momentum_buffer"]
                        old.mul_(group["momentum"]).add_(d, alpha=1 - group["dampening"])
                    buffer = state["momentum_buffer"]
                    d = d.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
                p.add_(d, alpha=-group["lr"])

    def state_dict(self):
        import copy

        return copy.deepcopy(super().state_dict())

    def load_state_dict(self, state):
        import copy

        super().load_state_dict(copy.deepcopy(state))


# %% E1.2 · velocities that hold the learning rate
class SGD:
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        if lr < 0 or (nesterov and not (momentum > 0 and dampening == 0)):
            raise ValueError("settings")
        self.params = tuple(params)
        self.now = (lr, momentum, dampening, weight_decay, nesterov)
        self.velocity = {}

    def step(self):
        lr, mu, tau, decay, nesterov = self.now
        for k, p in enumerate(self.params):
            if p.grad is not None:
                push = lr * (p.grad + decay * p.detach())
                if not mu:
                    p.data -= push
                elif k not in self.velocity:
                    self.velocity[k] = push
                    p.data -= push + nesterov * mu * push
                else:
                    self.velocity[k] = mu * self.velocity[k] + (1 - tau) * push
                    p.data -= push + mu * self.velocity[k] if nesterov else self.velocity[k]

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            if p.grad is not None:
                p.grad = None if set_to_none else torch.zeros_like(p.grad)

    def state_dict(self):
        return [self.now, self.velocity.copy()]

    def load_state_dict(self, state):
        self.now, self.velocity = state[0], state[1].copy()


# %% E1.2 · one flat vector for all parameters, with a mask of first steps, by NumPy
class SGD:
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        import numpy as np

        if lr < 0:
            raise ValueError("lr")
        if nesterov and momentum <= 0:
            raise ValueError("momentum")
        if nesterov and dampening != 0:
            raise ValueError("dampening")
        self.params = [p for p in params]
        self.s = {"lr": lr, "m": momentum, "d": dampening, "wd": weight_decay, "n": nesterov}
        ends = np.cumsum([p.numel() for p in self.params])
        self.slices = [slice(end - p.numel(), end) for p, end in zip(self.params, ends)]
        self.buffer, self.known = np.zeros(ends[-1]), np.zeros(ends[-1], dtype=bool)

    def step(self):
        import numpy as np

        s = self.s
        for p, part in zip(self.params, self.slices):
            if p.grad is None:
                continue
            x = p.detach().numpy()
            g = p.grad.numpy().reshape(-1) + s["wd"] * x.reshape(-1)
            if s["m"] == 0:
                move = g
            else:
                old, known = self.buffer[part], self.known[part]
                self.buffer[part] = np.where(known, s["m"] * old + (1 - s["d"]) * g, g)
                self.known[part] = True
                move = g + s["m"] * self.buffer[part] if s["n"] else self.buffer[part]
            p.data = torch.from_numpy(np.asarray(x - s["lr"] * move.reshape(x.shape)))

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            if set_to_none:
                del p.grad
            elif p.grad is not None:
                p.grad *= 0

    def state_dict(self):
        return {**self.s, "buffer": self.buffer.copy(), "known": self.known.copy()}

    def load_state_dict(self, state):
        state = dict(state)
        self.buffer, self.known = state.pop("buffer").copy(), state.pop("known").copy()
        self.s = state


# %% E1.3 · the penalty differentiated by autograd, in place with copies
class SGD:
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        assert_lr = not lr < 0
        if not assert_lr:
            raise ValueError(lr)
        if nesterov and momentum == 0:
            raise ValueError(momentum)
        if nesterov and dampening:
            raise ValueError(dampening)
        self.params = list(params)
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov = weight_decay, nesterov
        self.buffers = [None for _ in self.params]

    def step(self):
        for k in range(len(self.params)):
            p = self.params[k]
            if p.grad is None:
                continue
            with torch.enable_grad():
                copy = p.detach().clone().requires_grad_()
                penalty = self.weight_decay / 2 * (copy * copy).sum()
                (pull,) = torch.autograd.grad(penalty, copy)
            g = p.grad.detach() + pull
            if self.momentum != 0:
                if self.buffers[k] is None:
                    self.buffers[k] = torch.zeros_like(g).add_(g)
                else:
                    self.buffers[k].mul_(self.momentum)
                    self.buffers[k].add_((1 - self.dampening) * g)
                g = (g + self.momentum * self.buffers[k]) if self.nesterov else self.buffers[k]
            with torch.no_grad():
                p.copy_(torch.add(p, g, alpha=-self.lr))

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            if p.grad is not None:
                if set_to_none:
                    p.grad = None
                else:
                    p.grad.zero_()

    def state_dict(self):
        import copy

        return {name: copy.deepcopy(value) for name, value in vars(self).items() if name != "params"}

    def load_state_dict(self, state):
        import copy

        vars(self).update(copy.deepcopy(state))


# %% E1.3 · the sum of all gradients so far in closed form
class SGD(SGD):
    @torch.no_grad()
    def step(self):
        if not hasattr(self, "histories"):
            self.histories = [[] for _ in self.params]
        for p, history in zip(self.params, self.histories):
            if p.grad is None:
                continue
            history.append(p.grad + self.weight_decay * p)
            n, mu = len(history), self.momentum
            d = history[-1]
            if mu != 0:
                b = mu ** (n - 1) * history[0]
                for age, g in enumerate(reversed(history[1:])):
                    b = b + mu**age * (1 - self.dampening) * g
                d = d + mu * b if self.nesterov else b
            p -= self.lr * d

    def state_dict(self):
        histories = getattr(self, "histories", [[] for _ in self.params])
        return {"h": [list(h) for h in histories], "s": {name: getattr(self, name) for name in SETTINGS}}

    def load_state_dict(self, state):
        self.histories = [list(h) for h in state["h"]]
        for name, value in state["s"].items():
            setattr(self, name, value)


# %% E1.4 · the snapshot is bytes
class SGD(SGD):
    def state_dict(self):
        import io

        file = io.BytesIO()
        torch.save({**{name: getattr(self, name) for name in SETTINGS}, "buffers": self.buffers}, file)
        return {"bytes": file.getvalue()}

    def load_state_dict(self, state):
        import io

        vars(self).update(torch.load(io.BytesIO(state["bytes"])))


# %% E1.4 · the snapshot is an object of a class of its own
class Snapshot:
    def __init__(self, settings, buffers):
        self.settings, self.buffers = settings, buffers


class SGD(SGD):
    def state_dict(self):
        settings = {name: getattr(self, name) for name in SETTINGS}
        return Snapshot(settings, tuple(None if b is None else b.clone() for b in self.buffers))

    def load_state_dict(self, state):
        self.__dict__.update(state.settings)
        self.buffers = [None if b is None else b.clone() for b in state.buffers]


# %% E1.4 · the snapshot is torch's form, with groups and numbers
class SGD(SGD):
    def state_dict(self):
        group = {name: getattr(self, name) for name in SETTINGS} | {"params": list(range(len(self.params)))}
        state = {k: {"momentum_buffer": b} for k, b in enumerate(self.buffers) if b is not None}
        return {"state": state, "param_groups": [group]}

    def load_state_dict(self, state):
        for name in SETTINGS:
            setattr(self, name, state["param_groups"][0][name])
        self.buffers = [None] * len(self.params)
        for k, held in state["state"].items():
            self.buffers[k] = held["momentum_buffer"]
