# %% 02.1 · zero_ where there is something to zero
def gradient_history(steps, x):
    leaf = torch.tensor([x], dtype=torch.float64).squeeze().requires_grad_()
    history = []
    for f, clear in steps:
        if clear and leaf.grad is not None:
            leaf.grad.zero_()
        f(leaf).backward()
        history.append(float(leaf.grad))
    return tuple(history)


# %% 02.1 · an optimizer clears
def gradient_history(steps, x):
    leaf = torch.nn.Parameter(torch.tensor(x, dtype=torch.float64))
    optimizer = torch.optim.SGD([leaf], lr=0.0)
    history = []
    for f, clear in steps:
        optimizer.zero_grad(set_to_none=False) if clear else None
        f(leaf).backward()
        history.append(leaf.grad.numpy().item())
    return history


# %% 02.1 · clones of .grad, read at the end
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    kept = []
    for f, clear in steps:
        if clear:
            leaf.grad = torch.zeros_like(leaf)
        f(leaf).backward()
        kept.append(leaf.grad.clone())
    return torch.stack(kept).tolist() if kept else []


# %% 02.1 · own gradients from torch.func, added up by hand, as NumPy scalars
def gradient_history(steps, x):
    import numpy as np

    at = torch.tensor(x, dtype=torch.float64)
    held, history = np.float64(0.0), []
    for f, clear in steps:
        own = np.float64(torch.func.grad(f)(at).item())
        held = own if clear else held + own
        history.append(held)
    return history


# %% 02.1 · a fresh leaf at each clearing
def gradient_history(steps, x):
    leaf, history = None, []
    for f, clear in steps:
        if clear or leaf is None:
            leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.2 · torch.autograd.grad, which writes nowhere
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return [torch.autograd.grad(f(leaf), leaf)[0].item() for f in functions]


# %% 02.2 · torch.func.grad, as a tuple
def separate_gradients(functions, x):
    at = torch.tensor(x, dtype=torch.float64)
    return tuple(torch.func.grad(f)(at).item() for f in functions)


# %% 02.2 · differences of the running sums
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    before, found = 0.0, []
    for f in functions:
        f(leaf).backward()
        now = leaf.grad.item()
        found.append(now - before)
        before = now
    return found


# %% 02.2 · cleared before each pass, in place
def separate_gradients(functions, x):
    leaf = torch.zeros((), dtype=torch.float64).add(x).requires_grad_()
    leaf.grad = torch.zeros_like(leaf, requires_grad=False)
    found = []
    for f in functions:
        leaf.grad.zero_()
        f(leaf).backward()
        found.append(float(leaf.grad))
    return found


# %% 02.2 · forward mode
def separate_gradients(functions, x):
    at = torch.tensor(x, dtype=torch.float64)
    return [torch.func.jvp(f, (at,), (torch.ones_like(at),))[1].item() for f in functions]


# %% 02.3 · read backwards to the last clearing
def predict_grad(events):
    import numpy as np

    own = []
    for k in range(len(events) - 1, -1, -1):
        name = events[k][0]
        if name == "backward":
            own.append(events[k][1])
        elif name == "none":
            break
        elif predict_grad(events[:k]) is not None:
            own.append(0.0)
            break
    return float(np.sum(own)) if own else None


# %% 02.3 · None counts as 0 while adding, as a 0-dim array
def predict_grad(events):
    import numpy as np

    grad = None
    for event in events:
        if event[0] == "backward":
            grad = np.array((grad or 0.0) + event[1])
        elif event[0] == "none":
            grad = None
        elif grad is not None:
            grad = np.zeros(())
    return grad


# %% 02.3 · a list that holds a number or nothing
def predict_grad(events):
    place = []
    for name, *own in events:
        if name == "backward":
            place[:] = [sum(place, own[0])]
        elif name == "zero":
            place[:] = [0.0 for _ in place]
        else:
            place.clear()
    return place[0] if place else None


# %% 02.3 · match, with a sum and a flag
def predict_grad(events):
    import numpy as np

    total, there = np.float64(0.0), False
    for event in events:
        match event:
            case ("backward", own):
                total, there = total + own, True
            case ("zero",):
                total = np.float64(0.0)
            case ("none",):
                total, there = np.float64(0.0), False
    return total if there else None


# %% 02.3 · the whole number 0
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "backward":
            grad = event[1] if grad is None else grad + event[1]
        elif event[0] == "none":
            grad = None
        elif grad is not None:
            grad = 0
    return grad
