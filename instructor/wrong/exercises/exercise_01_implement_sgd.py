# %% E1.1 · torch's own class ⇒ torch's own optimizer does the work
class SGD(torch.optim.SGD):
    pass


# %% E1.1 · torch's own class, kept when the file is loaded ⇒ torch's own optimizer does the work
from torch.optim import SGD as _SGD


class SGD:
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        self.inner = _SGD(params, lr, momentum, dampening, weight_decay, nesterov)

    def __getattr__(self, name):
        return getattr(self.inner, name)


# %% E1.1 · torch's function, kept when the file is loaded
from torch.optim._functional import sgd as _sgd


class SGD(SGD):
    def move(self, directions):
        pairs = [(p, d) for p, d in zip(self.params, directions) if d is not None]
        _sgd(
            [p for p, _ in pairs],
            [d for _, d in pairs],
            [None] * len(pairs),
            weight_decay=0.0,
            momentum=0.0,
            lr=self.lr,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


# %% E1.1 · torch's function for one tensor at a time, past its check
from torch.optim.sgd import _single_tensor_sgd as _rule


class SGD(SGD):
    def move(self, directions):
        pairs = [(p, d) for p, d in zip(self.params, directions) if d is not None]
        _rule(
            [p for p, _ in pairs],
            [d for _, d in pairs],
            [None] * len(pairs),
            None,
            None,
            weight_decay=0.0,
            momentum=0.0,
            lr=self.lr,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            has_sparse_grad=False,
        )


# %% E1.1 · a second copy of torch's module, made when the file is loaded ⇒ torch's own optimizer does the work
import importlib.util

_spec = importlib.util.find_spec("torch.optim.sgd")
_copy = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_copy)
SGD = type("SGD", (_copy.SGD,), {})


# %% E1.1 · torch's module loaded anew for each optimizer
def SGD(*args, **kwargs):
    import importlib.util

    spec = importlib.util.find_spec("torch.optim.sgd")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SGD(*args, **kwargs)


# %% E1.1 · torch's module run as a script for each optimizer
def SGD(*args, **kwargs):
    import runpy
    import sys

    return runpy.run_path(sys.modules["torch.optim.sgd"].__file__)["SGD"](*args, **kwargs)


# %% E1.1 · torch's class put together anew from its parts ⇒ torch's own optimizer does the work
SGD = type("SGD", torch.optim.SGD.__bases__, dict(vars(torch.optim.SGD)))


# %% E1.1 · torch's class for its checks and its state only ⇒ torch's own optimizer does the work
class SGD(torch.optim.SGD):
    @torch.no_grad()
    def step(self):
        for p in self.param_groups[0]["params"]:
            if p.grad is not None:
                p -= self.param_groups[0]["lr"] * p.grad


# %% E1.1 · torch's fused kernel
class SGD(SGD):
    def move(self, directions):
        pairs = [(p, d) for p, d in zip(self.params, directions) if d is not None]
        if pairs:
            torch._fused_sgd_(
                [p for p, _ in pairs],
                [d for _, d in pairs],
                [],
                weight_decay=0.0,
                momentum=0.0,
                lr=self.lr,
                dampening=0.0,
                nesterov=False,
                maximize=False,
                is_first_step=False,
            )


# %% E1.1 · uphill, by a minus too many ⇒ the step goes uphill
class SGD(SGD):
    def move(self, directions):
        for k, d in enumerate(directions):
            if d is not None:
                self.params[k].sub_(d, alpha=-self.lr)


# %% E1.1 · new tensors in the list ⇒ the parameters stay as they were, since new tensors get the new numbers
class SGD(SGD):
    def move(self, directions):
        for k, d in enumerate(directions):
            if d is not None:
                p = self.params[k]
                p = p.detach() - self.lr * d
                p.requires_grad_()


# %% E1.1 · without the learning rate ⇒ the learning rate is left out
class SGD(SGD):
    def move(self, directions):
        for p, d in zip(self.params, directions):
            p.data = p.data - (0 if d is None else d)


# %% E1.1 · None is multiplied ⇒ a parameter without a gradient is not passed over
class SGD(SGD):
    def move(self, directions):
        for p, d in zip(self.params, directions):
            p -= d * self.lr


# %% E1.1 · a step ends with clearing ⇒ a step clears the gradients
class SGD(SGD):
    def move(self, directions):
        super().move(directions)
        for p in self.params:
            p.grad = None


# %% E1.1 · zero_grad without its argument's meaning ⇒ set_to_none=False is ignored, and gradients become None
class SGD(SGD):
    def zero_grad(self, set_to_none=True):
        for k in range(len(self.params)):
            self.params[k].grad = None


# %% E1.1 · always zeros ⇒ gradients are filled with zeros, also where set_to_none is True
class SGD(SGD):
    def zero_grad(self, set_to_none=True):
        for p in self.params:
            if p.grad is not None:
                p.grad = torch.zeros_like(p.grad)


# %% E1.1 · the older default ⇒ set_to_none is False by default
class SGD(SGD):
    def zero_grad(self, set_to_none=False):
        for p in self.params:
            if p.grad is not None:
                if set_to_none:
                    p.grad = None
                else:
                    p.grad.zero_()


# %% E1.1 · the parameters as they come ⇒ the generator is walked through once, and then it is empty
class SGD(SGD):
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        super().__init__([], lr, momentum, dampening, weight_decay, nesterov)
        self.given = params

    @torch.no_grad()
    def step(self):
        for p in self.given:
            if p.grad is not None:
                p -= self.lr * p.grad

    def zero_grad(self, set_to_none=True):
        for p in self.given:
            if p.grad is not None:
                p.grad = None if set_to_none else torch.zeros_like(p.grad)


# %% E1.1 · no check of lr ⇒ a negative learning rate is accepted
class SGD(SGD):
    def check_lr(self):
        return


# %% E1.1 · lr = 0 raises ⇒ a learning rate of 0 is refused
class SGD(SGD):
    def check_lr(self):
        raise ValueError("lr must be positive")


# %% E1.1 · a negative lr raises only at the first step ⇒ a negative learning rate is accepted
class SGD(SGD):
    def check_lr(self):
        pass

    def step(self):
        if self.lr < 0:
            raise ValueError("lr")
        super().step()


# %% E1.1 · a negative lr fails an assertion
class SGD(SGD):
    def check_lr(self):
        assert self.lr >= 0


# %% E1.1 · the negative lr is made positive ⇒ a negative learning rate is accepted
class SGD(SGD):
    def check_lr(self):
        self.lr = abs(self.lr)


# %% E1.1 · parameters that no longer track ⇒ the parameters no longer require gradients after a step
class SGD(SGD):
    def move(self, directions):
        for p, d in zip(self.params, directions):
            if d is not None:
                p.requires_grad = False
                p.add_(d, alpha=-self.lr)


# %% E1.1 · in single precision ⇒ rounded to float32
class SGD(SGD):
    def move(self, directions):
        for p, d in zip(self.params, directions):
            if d is not None:
                p.copy_(p.float() - self.lr * d.float())


# %% E1.1 · the gradients are clipped to length 1
class SGD(SGD):
    def move(self, directions):
        super().move([d if d is None else d / max(1.0, d.norm().item()) for d in directions])


# %% E1.1 · the first parameter alone
class SGD(SGD):
    def move(self, directions):
        super().move([directions[0]] + [None] * (len(directions) - 1))


# %% E1.1 · empty gradients crash
class SGD(SGD):
    def move(self, directions):
        for d in directions:
            if d is not None:
                d.max()
        super().move(directions)


# %% E1.2 · dampened from the start ⇒ the first step is dampened too
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = torch.zeros_like(gradient)
        self.buffers[k] = self.momentum * self.buffers[k] + (1 - self.dampening) * gradient
        return self.buffers[k]


# %% E1.2 · no dampening ⇒ dampening is ignored
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = torch.zeros_like(gradient)
        self.buffers[k] = self.momentum * self.buffers[k] + gradient
        return self.buffers[k]


# %% E1.2 · a running mean ⇒ the buffer is a weighted mean
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        old = gradient if self.buffers[k] is None else self.buffers[k]
        self.buffers[k] = torch.lerp(gradient, old, self.momentum)
        return self.buffers[k]


# %% E1.2 · a running mean from zero ⇒ the buffer is a weighted mean that starts from zero
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = torch.zeros_like(gradient)
        self.buffers[k] = self.momentum * self.buffers[k] + (1 - self.momentum) * gradient
        return self.buffers[k]


# %% E1.2 · the gradient as it is ⇒ momentum is ignored
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        return gradient


# %% E1.2 · the gradient's tensor is the buffer ⇒ the buffer is the gradient's own tensor
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = gradient
        else:
            self.buffers[k] *= self.momentum
            self.buffers[k] += (1 - self.dampening) * gradient
        return self.buffers[k]


# %% E1.2 · no clone at the start ⇒ the buffer starts as the gradient's own tensor
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        b = self.buffers[k]
        self.buffers[k] = gradient if b is None else b * self.momentum + gradient * (1 - self.dampening)
        return self.buffers[k]


# %% E1.2 · zeros for a missing gradient ⇒ a parameter without a gradient goes on moving along its buffer
class SGD(SGD):
    def direction(self, k):
        gradient = self.params[k].grad
        if gradient is None and self.buffers[k] is None:
            return None
        if gradient is None:
            gradient = torch.zeros_like(self.params[k])
        return self.updated_buffer(k, gradient) if self.momentum else gradient


# %% E1.2 · buffers dropped where there is no gradient ⇒ the buffer is lost in a step without a gradient
class SGD(SGD):
    def direction(self, k):
        if self.params[k].grad is None:
            self.buffers[k] = None
        return super().direction(k)


# %% E1.2 · dampened without momentum ⇒ dampening works without momentum too
class SGD(SGD):
    def direction(self, k):
        gradient = self.params[k].grad
        return None if gradient is None else self.updated_buffer(k, gradient)


# %% E1.2 · the buffer before this gradient ⇒ the step goes along the old buffer
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        before = self.buffers[k]
        super().updated_buffer(k, gradient)
        return gradient if before is None else before


# %% E1.2 · τ for 1 − τ ⇒ the gradient comes in with τ instead of 1 − τ
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        b = self.buffers[k]
        self.buffers[k] = gradient.clone() if b is None else self.momentum * b + self.dampening * gradient
        return self.buffers[k]


# %% E1.2 · dampening on the old buffer
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        b = self.buffers[k]
        self.buffers[k] = gradient.clone() if b is None else (self.momentum - self.dampening) * b + gradient
        return self.buffers[k]


# %% E1.2 · one buffer for all parameters
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        return super().updated_buffer(0, gradient)


# %% E1.2 · a first step for all parameters together
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if all(b is None for b in self.buffers):
            self.buffers = [torch.zeros_like(p) for p in self.params]
            self.buffers[k] = gradient.clone()
            return self.buffers[k]
        self.buffers[k] = self.momentum * self.buffers[k] + (1 - self.dampening) * gradient
        return self.buffers[k]


# %% E1.2 · Nesterov always
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        return gradient + self.momentum * super().updated_buffer(k, gradient)


# %% E1.3 · decoupled decay ⇒ the decay is added after the momentum
class SGD(SGD):
    def full_direction(self, k, gradient):
        p = self.params[k]
        direction = gradient
        if self.momentum:
            buffer = self.updated_buffer(k, gradient)
            direction = gradient + self.momentum * buffer if self.nesterov else buffer
        p *= 1 - self.lr * self.weight_decay
        return direction


# %% E1.3 · no look-ahead ⇒ Nesterov's look-ahead is missing
class SGD(SGD):
    def full_direction(self, k, gradient):
        gradient = gradient.add(self.params[k], alpha=self.weight_decay)
        return self.updated_buffer(k, gradient) if self.momentum else gradient


# %% E1.3 · the bare gradient looks ahead ⇒ Nesterov looks ahead along the bare gradient
class SGD(SGD):
    def full_direction(self, k, gradient):
        decayed = gradient + self.weight_decay * self.params[k]
        if not self.momentum:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        return gradient + self.momentum * buffer if self.nesterov else buffer


# %% E1.3 · the buffer shortened ⇒ Nesterov's direction lacks the gradient
class SGD(SGD):
    def full_direction(self, k, gradient):
        decayed = gradient + self.weight_decay * self.params[k]
        if not self.momentum:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        return buffer * self.momentum if self.nesterov else buffer


# %% E1.3 · the whole buffer ⇒ Nesterov adds the whole buffer
class SGD(SGD):
    def full_direction(self, k, gradient):
        decayed = gradient + self.weight_decay * self.params[k]
        if not self.momentum:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        return buffer + decayed if self.nesterov else buffer


# %% E1.3 · the look-ahead is kept ⇒ Nesterov's direction is kept as the buffer
class SGD(SGD):
    def full_direction(self, k, gradient):
        direction = super().full_direction(k, gradient)
        if self.nesterov:
            self.buffers[k] = direction
        return direction


# %% E1.3 · no decay ⇒ weight decay is ignored
class SGD(SGD):
    def full_direction(self, k, gradient):
        if not self.momentum:
            return gradient
        buffer = self.updated_buffer(k, gradient)
        return gradient + self.momentum * buffer if self.nesterov else buffer


# %% E1.3 · growth instead of decay ⇒ the decay has the wrong sign
class SGD(SGD):
    def full_direction(self, k, gradient):
        self.weight_decay = -self.weight_decay
        direction = super().full_direction(k, gradient)
        self.weight_decay = -self.weight_decay
        return direction


# %% E1.3 · the gradient grows in place ⇒ the decay is added to .grad itself
class SGD(SGD):
    def full_direction(self, k, gradient):
        gradient += self.weight_decay * self.params[k]
        if not self.momentum:
            return gradient
        buffer = self.updated_buffer(k, gradient)
        return gradient + self.momentum * buffer if self.nesterov else buffer


# %% E1.3 · everything decays ⇒ a parameter without a gradient decays too
class SGD(SGD):
    def direction(self, k):
        if self.params[k].grad is None:
            return self.weight_decay * self.params[k]
        return super().direction(k)


# %% E1.3 · decay without lr ⇒ the learning rate does not multiply the decay
class SGD(SGD):
    def full_direction(self, k, gradient):
        if self.lr == 0:
            self.params[k] *= 1 - self.weight_decay
            return gradient
        direction = gradient
        if self.momentum:
            buffer = self.updated_buffer(k, gradient)
            direction = gradient + self.momentum * buffer if self.nesterov else buffer
        return direction + self.weight_decay / self.lr * self.params[k]


# %% E1.3 · Nesterov never refused ⇒ Nesterov is accepted without momentum and with dampening
class SGD(SGD):
    def check_nesterov(self):
        self.nesterov = self.nesterov and self.momentum > 0


# %% E1.3 · and for or ⇒ Nesterov is refused only where both are wrong
class SGD(SGD):
    def check_nesterov(self):
        if not self.momentum and self.dampening:
            raise ValueError("nesterov")


# %% E1.3 · dampening not looked at ⇒ Nesterov is accepted with dampening
class SGD(SGD):
    def check_nesterov(self):
        if not self.momentum:
            raise ValueError("nesterov")


# %% E1.3 · momentum not looked at ⇒ Nesterov is accepted without momentum
class SGD(SGD):
    def check_nesterov(self):
        if self.dampening:
            raise ValueError("nesterov")


# %% E1.3 · weight decay before dampening
class SGD(SGD):
    def __init__(self, params, lr, momentum=0, weight_decay=0, dampening=0, nesterov=False):
        super().__init__(params, lr, momentum, dampening, weight_decay, nesterov)


# %% E1.3 · decay by the sign of the parameter
class SGD(SGD):
    def full_direction(self, k, gradient):
        decayed = gradient + self.weight_decay * self.params[k].sign()
        if not self.momentum:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        return decayed + self.momentum * buffer if self.nesterov else buffer


# %% E1.3 · the decay counts twice
class SGD(SGD):
    def full_direction(self, k, gradient):
        decayed = gradient + 2 * self.weight_decay * self.params[k]
        if not self.momentum:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        return decayed + self.momentum * buffer if self.nesterov else buffer


# %% E1.4 · nothing but settings ⇒ the buffers are lost on resume
class SGD(SGD):
    def state_dict(self):
        return {name: getattr(self, name) for name in SETTINGS}

    def load_state_dict(self, state):
        vars(self).update(state)
        self.buffers = [None] * len(self.params)


# %% E1.4 · settings loaded, buffers left ⇒ the buffers stay what they are when a snapshot is loaded
class SGD(SGD):
    def load_state_dict(self, state):
        for name, value in state["settings"].items():
            setattr(self, name, value)


# %% E1.4 · buffers only ⇒ the settings are not restored
class SGD(SGD):
    def state_dict(self):
        return {"buffers": [None if b is None else b.clone() for b in self.buffers]}

    def load_state_dict(self, state):
        self.buffers = [None if b is None else b.clone() for b in state["buffers"]]


# %% E1.4 · buffers and lr ⇒ only lr is restored
class SGD(SGD):
    def load_state_dict(self, state):
        self.buffers = list(state["buffers"])
        self.lr = state["settings"]["lr"]


# %% E1.4 · buffers, lr and momentum ⇒ only lr and momentum are restored
class SGD(SGD):
    def load_state_dict(self, state):
        self.buffers = list(state["buffers"])
        self.lr, self.momentum = state["settings"]["lr"], state["settings"]["momentum"]


# %% E1.4 · the live list ⇒ the snapshot is the optimizer's own dict of buffers
class SGD(SGD):
    def state_dict(self):
        return {**{name: getattr(self, name) for name in SETTINGS}, "buffers": self.buffers}

    def load_state_dict(self, state):
        for name in SETTINGS:
            setattr(self, name, state[name])
        self.buffers = state["buffers"]


# %% E1.4 · the live list, copied at loading ⇒ the snapshot is the optimizer's own dict of buffers, copied at loading only
class SGD(SGD):
    def state_dict(self):
        return {"settings": {name: getattr(self, name) for name in SETTINGS}, "buffers": self.buffers}


# %% E1.4 · live tensors ⇒ the snapshot shares its tensors with the optimizer
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = gradient.clone()
        else:
            self.buffers[k].mul_(self.momentum).add_(gradient, alpha=1 - self.dampening)
        return self.buffers[k]


# %% E1.4 · live tensors, cloned at loading ⇒ the snapshot shares its tensors with the optimizer, which copies them at loading only
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = gradient.clone()
        else:
            self.buffers[k].mul_(self.momentum).add_(gradient, alpha=1 - self.dampening)
        return self.buffers[k]

    def load_state_dict(self, state):
        import copy

        super().load_state_dict(copy.deepcopy(state))


# %% E1.4 · works on in the snapshot's list ⇒ steps after loading change the snapshot
class SGD(SGD):
    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.buffers = state["buffers"]


# %% E1.4 · works on in the snapshot's tensors ⇒ steps after loading change the tensors of the snapshot
class SGD(SGD):
    def updated_buffer(self, k, gradient):
        if self.buffers[k] is None:
            self.buffers[k] = gradient.clone()
        else:
            self.buffers[k].mul_(self.momentum).add_(gradient, alpha=1 - self.dampening)
        return self.buffers[k]

    def state_dict(self):
        import copy

        return copy.deepcopy(super().state_dict())


# %% E1.4 · keyed by the parameters themselves ⇒ buffers are known by the identity of their parameters
class SGD(SGD):
    def state_dict(self):
        return super().state_dict() | {"buffers": dict(zip(self.params, self.buffers))}

    def load_state_dict(self, state):
        super().load_state_dict({**state, "buffers": []})
        self.buffers = [state["buffers"].get(p) for p in self.params]


# %% E1.4 · missing buffers are passed over ⇒ a buffer that was not there yet is not taken away
class SGD(SGD):
    def load_state_dict(self, state):
        old = self.buffers
        super().load_state_dict(state)
        self.buffers = [o if b is None else b for o, b in zip(old, self.buffers)]


# %% E1.4 · missing buffers become zeros
class SGD(SGD):
    def state_dict(self):
        state = super().state_dict()
        state["buffers"] = [torch.zeros_like(p) if b is None else b for p, b in zip(self.params, self.buffers)]
        return state


# %% E1.4 · from torch.optim.Optimizer, with its live buffers ⇒ the snapshot shares its tensors with the optimizer
class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        if lr < 0 or (nesterov and (momentum <= 0 or dampening)):
            raise ValueError("settings")
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening}
        super().__init__(params, settings | {"weight_decay": weight_decay, "nesterov": nesterov})

    @torch.no_grad()
    def step(self):
        group = self.param_groups[0]
        mu = group["momentum"]
        for p in group["params"]:
            if p.grad is not None:
                d = p.grad + group["weight_decay"] * p
                if mu and "buffer" not in self.state[p]:
                    self.state[p]["buffer"] = d.clone()
                elif mu:
                    self.state[p]["buffer"].mul_(mu).add_(d, alpha=1 - group["dampening"])
                if mu:
                    b = self.state[p]["buffer"]
                    d = d + mu * b if group["nesterov"] else b
                p -= group["lr"] * d


# %% E1.4 · settings of the class, shared by all optimizers
class SGD(SGD):
    shared = {}

    def state_dict(self):
        SGD.shared.update({name: getattr(self, name) for name in SETTINGS})
        return {"settings": SGD.shared, "buffers": list(self.buffers)}


# %% E1.4 · rounded on saving
class SGD(SGD):
    def state_dict(self):
        state = super().state_dict()
        return state | {"buffers": [b if b is None else b.float().double() for b in state["buffers"]]}


# %% E1.4 · only the first buffer
class SGD(SGD):
    def state_dict(self):
        state = super().state_dict()
        return state | {"buffers": state["buffers"][:1] + [None] * (len(self.params) - 1)}


# %% E1.4 · nothing is returned
class SGD(SGD):
    def state_dict(self):
        super().state_dict()
