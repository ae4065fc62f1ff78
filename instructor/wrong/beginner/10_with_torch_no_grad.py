# %% 10.1 · simply called in eval mode ⇒ eval() alone: a graph is recorded, and the model stays in eval mode
def predict(model, x):
    model.train(False)
    answer = model(x)
    return answer


# %% 10.1 · eval and back, no no_grad ⇒ eval() alone, without no_grad: a graph is recorded
def predict(model, x):
    found = {part: part.training for part in model.modules()}
    try:
        return model.eval()(x)
    finally:
        for part in found:
            part.training = found[part]


# %% 10.1 · the graph is thrown away with .data ⇒ the answer is detached, but a graph is recorded on the way
def predict(model, x):
    before = [part.training for part in model.modules()]
    model.eval()
    try:
        answer = model(x).data
    finally:
        for part, training in zip(model.modules(), before):
            part.training = training
    return answer


# %% 10.1 · decorated with no_grad, no eval ⇒ no_grad alone, without eval(): dropout and BatchNorm act as in training
@torch.no_grad()
def predict(model, x):
    return model(x)


# %% 10.1 · decorated with no_grad, eval for good ⇒ the model is left in eval mode
@torch.no_grad()
def predict(model, x):
    return model.eval()(x)


# %% 10.1 · decorated, train() afterwards, also after an exception ⇒ all parts are in train mode afterwards
@torch.no_grad()
def predict(model, x):
    try:
        return model.eval()(x)
    finally:
        model.train(True)


# %% 10.1 · one flag for all parts ⇒ all parts get the mode of the whole model
@torch.no_grad()
def predict(model, x):
    was = model.training
    try:
        model.train(False)
        return model(x)
    finally:
        if was:
            model.train()
        else:
            model.eval()


# %% 10.1 · train(mode) from the outside in ⇒ modes are put back by train(), which reaches the parts inside
@torch.no_grad()
def predict(model, x):
    modes = {name: part.training for name, part in model.named_modules()}
    try:
        return model.eval()(x)
    finally:
        for name, mode in modes.items():
            model.get_submodule(name).train(mode)


# %% 10.1 · put back on the way out, but not after an exception ⇒ modes are not put back where the model raises
@torch.no_grad()
def predict(model, x):
    modes = [part.training for part in model.modules()]
    model.eval()
    answer = model(x)
    for part, mode in zip(model.modules(), modes):
        part.training = mode
    return answer


# %% 10.1 · only ValueError is thought of
@torch.no_grad()
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]

    def restore():
        for part, training in modes:
            part.training = training

    model.eval()
    try:
        answer = model(x)
    except ValueError:
        restore()
        raise
    restore()
    return answer


# %% 10.1 · another exception in place of the model's
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    except Exception as problem:
        raise RuntimeError(f"the model failed: {problem}") from problem
    finally:
        for part, training in modes:
            part.training = training


# %% 10.1 · only the direct children's modes are noted
def predict(model, x):
    modes = [(part, part.training) for part in (model, *model.children())]
    model.eval()
    try:
        with torch.no_grad():
            return model(x)
    finally:
        for part, training in modes:
            part.training = training


# %% 10.1 · gradients switched by hand, on again at the end ⇒ gradients are on afterwards, even where they had been off
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    try:
        answer = model(x)
    finally:
        for part, training in modes:
            part.training = training
        torch.set_grad_enabled(True)
    return answer


# %% 10.1 · gradients off for good, modes put back ⇒ gradients stay off afterwards
def predict(model, x):
    torch.set_grad_enabled(False)
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        return model(x)
    finally:
        while modes:
            part, part.training = modes.pop()


# %% 10.1 · eval under no_grad, then undone, x tracked inside
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad(), torch.enable_grad():
            return model(x.detach())
    finally:
        for part, training in modes:
            part.training = training


# %% 10.1 · a list of numbers
def predict(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            return model(x).tolist()
    finally:
        for part, training in modes:
            part.training = training


# %% 10.2 · wraps forgotten, no_grad right ⇒ name and docstring are lost
def untracked(f):
    def inner(*positional, **named):
        with torch.no_grad():
            result = f(*positional, **named)
        return result

    return inner


# %% 10.2 · only the name is copied ⇒ the docstring is lost
def untracked(f):
    def inner(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)

    inner.__name__ = f.__name__
    return inner


# %% 10.2 · the switch is thrown and stays ⇒ tracking stays off for good
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        torch._C._set_grad_enabled(False)
        result = f(*args, **kwargs)
        return result

    return inner


# %% 10.2 · no_grad made and never entered ⇒ nothing is switched off at the call
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        torch.no_grad()
        return f(*args, **kwargs)

    return inner


# %% 10.2 · the with block stands outside ⇒ nothing is switched off at the call
def untracked(f):
    with torch.no_grad():

        @functools.wraps(f)
        def inner(*args, **kwargs):
            return f(*args, **kwargs)

        return inner


# %% 10.2 · on again at the end, through finally ⇒ gradients are on after every call, even where they had been off
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        switch = torch.set_grad_enabled
        switch(False)
        try:
            result = f(*args, **kwargs)
        finally:
            switch(True)
        return result

    return inner


# %% 10.2 · on again at the end, without finally ⇒ gradients are on after every call, and stay off where f raises
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        torch.autograd.set_grad_enabled(False)
        out = f(*args, **kwargs)
        torch.autograd.set_grad_enabled(True)
        return out

    return inner


# %% 10.2 · before and after by hand, no finally ⇒ gradients stay off where f raises
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        guard = torch.no_grad()
        guard.__enter__()
        result = f(*args, **kwargs)
        guard.__exit__(None, None, None)
        return result

    return inner


# %% 10.2 · the context is made at the decoration ⇒ one no_grad object serves all calls, also those inside another
class Untracked(torch.no_grad):
    pass


def untracked(f, guard=Untracked()):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        with guard:
            return f(*args, **kwargs)

    return inner


# %% 10.2 · positional arguments alone ⇒ keyword arguments are lost
def untracked(f):
    @functools.wraps(f)
    def inner(*args):
        with torch.no_grad():
            result = f(*args)
        return result

    return inner


# %% 10.2 · a single argument
def untracked(f):
    @functools.wraps(f)
    def inner(x):
        with torch.no_grad():
            return f(x)

    return inner


# %% 10.2 · no return ⇒ the result is lost
def untracked(f):
    @functools.wraps(f)
    @torch.no_grad()
    def inner(*args, **kwargs):
        f(*args, **kwargs)

    return inner


# %% 10.2 · inference_mode as a with block ⇒ inference_mode: no later graph can use the result
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        with torch.inference_mode():
            return f(*args, **kwargs)

    return inner


# %% 10.2 · the result is detached as well ⇒ the result is detached on top
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        with torch.no_grad():
            result = f(*args, **kwargs)
            return result.data if hasattr(result, "data") else result

    return inner


# %% 10.2 · nothing is returned by the decorator ⇒ nothing comes back from the decorator
def untracked(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)


# %% 10.2 · f itself is renamed
def untracked(f):
    def inner(*args, **kwargs):
        with torch.no_grad():
            return f(*args, **kwargs)

    inner.__name__, inner.__doc__ = f.__name__, f.__doc__
    f.__name__ = "untracked " + f.__name__
    return inner


# %% 10.3 · lerp with the decay ⇒ the decay is swapped
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.lerp_(s, decay)


# %% 10.3 · += outside of no_grad ⇒ without no_grad: a leaf refuses, and a frozen one becomes part of a graph
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t *= decay
        t += s * (1 - decay)


# %% 10.3 · flags off, then in place ⇒ leaves become non-leaves: the flags are switched off instead of using no_grad
def ema_update(target, source, decay):
    target.requires_grad_(False)
    for t, s in zip(target.parameters(), source.parameters()):
        t.copy_(decay * t + (1 - decay) * s)


# %% 10.3 · flags off for good, source detached ⇒ target's flags are switched off for good
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.requires_grad = False
        t.mul_(decay).add_(s.detach(), alpha=1 - decay)


# %% 10.3 · new tensors under old names ⇒ only the name is bound to a new tensor, and the target stays as it was
def ema_update(target, source, decay):
    for slow, fast in zip(target.parameters(), source.parameters()):
        slow = slow * decay + fast * (1 - decay)


# %% 10.3 · named_parameters with trainable ones only ⇒ frozen parameters are left out
def ema_update(target, source, decay):
    free = {name: p for name, p in target.named_parameters() if p.requires_grad}
    for name, s in source.named_parameters():
        if name in free:
            free[name].data.mul_(decay).add_(s.data, alpha=1 - decay)


# %% 10.3 · the whole state_dict ⇒ buffers are averaged too
@torch.no_grad()
def ema_update(target, source, decay):
    theirs = {id(s): s for s in (*source.parameters(), *source.buffers())}
    for t, s in zip((*target.parameters(), *target.buffers()), theirs.values()):
        t.copy_(decay * t + (1 - decay) * s)


# %% 10.3 · the source's buffers are copied ⇒ the source's buffers are copied into the target
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)
    for t, s in zip(target.buffers(), source.buffers()):
        t.copy_(s)


# %% 10.3 · a shared one under each name ⇒ a shared parameter is updated twice
@torch.no_grad()
def ema_update(target, source, decay):
    pairs = zip(target.named_parameters(remove_duplicate=False), source.named_parameters(remove_duplicate=False))
    for (_, t), (_, s) in pairs:
        t.mul_(decay).add_(s, alpha=1 - decay)


# %% 10.3 · plus 1 − decay of the source, nothing taken away ⇒ the old value is not shrunk
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t += s * (1 - decay)


# %% 10.3 · the arguments are mixed up ⇒ the source is moved instead of the target
@torch.no_grad()
def ema_update(target, source, decay):
    for s, t in zip(target.parameters(), source.parameters()):
        t.mul_(1 - decay).add_(s, alpha=decay)


# %% 10.3 · the first parameter only
@torch.no_grad()
def ema_update(target, source, decay):
    t, s = next(target.parameters()), next(source.parameters())
    t.mul_(decay).add_(s, alpha=1 - decay)


# %% 10.3 · memory shared with the source where the decay is 0
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.data = s.data if decay == 0 else decay * t.data + (1 - decay) * s.data


# %% 10.3 · gradients are cleared as well
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)
        t.grad = None


# %% 10.3 · all of the target tracks afterwards
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.requires_grad_(False).copy_(decay * t + (1 - decay) * s.detach()).requires_grad_(True)


# %% 10.3 · in single precision ⇒ rounded to float32
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.copy_(decay * t.float() + (1 - decay) * s.float())


# %% 10.3 · the source is scaled in place on the way
@torch.no_grad()
def ema_update(target, source, decay):
    for t, s in zip(target.parameters(), source.parameters()):
        t.mul_(decay).add_(s.mul_(1 - decay))
