# %% 10.1 · decorated, modes in a dict by name
@torch.no_grad()
def predict(model, x):
    modes = {name: part.training for name, part in model.named_modules()}
    try:
        return model.eval()(x)
    finally:
        for name, part in model.named_modules():
            part.training = modes[name]


# %% 10.1 · a deep copy is asked, the model never changes
def predict(model, x):
    import copy

    with torch.no_grad():
        return copy.deepcopy(model).eval()(x)


# %% 10.1 · inference_mode
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            return model(x)
    finally:
        for part, training in modes:
            part.training = training


# %% 10.1 · an ExitStack that puts back one thing after the other
def predict(model, x):
    from contextlib import ExitStack

    with ExitStack() as stack:
        stack.enter_context(torch.set_grad_enabled(False))
        for part in model.modules():
            stack.callback(setattr, part, "training", part.training)
            part.training = False
        return model(x)


# %% 10.1 · everything by hand, the exception raised anew
def predict(model, x):
    before = torch.is_grad_enabled()
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    problem = answer = None
    try:
        answer = model(x)
    except BaseException as raised:
        problem = raised
    torch.set_grad_enabled(before)
    for part, training in reversed(modes):
        part.training = training
    if problem is not None:
        raise problem
    return answer


# %% 10.2 · torch's own decorator
def untracked(f):
    return torch.no_grad()(f)


# %% 10.2 · no_grad is the decorator
untracked = torch.no_grad


# %% 10.2 · the mode by hand, name and docstring by hand
def untracked(f):
    def quiet(*args, **kwargs):
        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        try:
            return f(*args, **kwargs)
        finally:
            torch.set_grad_enabled(before)

    quiet.__name__, quiet.__doc__ = f.__name__, f.__doc__
    return quiet


# %% 10.2 · an object that can be called
class Quiet:
    def __init__(self, f):
        self.f = f
        functools.update_wrapper(self, f)

    def __call__(self, *args, **kwargs):
        with torch.no_grad():
            return self.f(*args, **kwargs)


def untracked(f):
    return Quiet(f)


# %% 10.2 · a context of contextlib
def untracked(f):
    from contextlib import contextmanager

    @contextmanager
    def silence():
        before = torch.is_grad_enabled()
        try:
            yield torch.set_grad_enabled(False)
        finally:
            torch.set_grad_enabled(before)

    return functools.wraps(f)(silence()(f))


# %% 10.3 · lerp_
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.lerp_(s, 1 - decay)


# %% 10.3 · copy_ into a dict by name
def ema_update(target, source, decay):
    theirs = dict(source.named_parameters())
    with torch.no_grad():
        for name, t in target.named_parameters():
            t.copy_(t - (1 - decay) * (t - theirs[name]))


# %% 10.3 · .data, and a new memory
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.data = decay * t.data + (1 - decay) * s.data


# %% 10.3 · through detached labels
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        view = t.detach()
        view *= decay
        view += (1 - decay) * s.detach()


# %% 10.3 · under inference_mode, all at once
def ema_update(target, source, decay):
    with torch.inference_mode():
        slow, fast = list(target.parameters()), list(source.parameters())
        torch._foreach_mul_(slow, decay)
        torch._foreach_add_(slow, fast, alpha=1 - decay)


# %% 10.3 · through NumPy, whose arrays share the memory
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        numbers = t.detach().numpy()
        numbers[...] = decay * numbers + (1 - decay) * s.detach().numpy()
