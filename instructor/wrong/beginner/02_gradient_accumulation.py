# %% 02.1 · zeroed at the end of the loop ⇒ the leaf is cleared after the pass instead of before it
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    numbers = []
    for step in steps:
        step[0](leaf).backward()
        numbers += [float(leaf.grad)]
        if step[1]:
            leaf.grad.zero_()
    return numbers


# %% 02.1 · clear is unpacked and forgotten ⇒ the leaf is never cleared
def gradient_history(steps, x):
    total, history = 0.0, []
    for f, clear in steps:
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        f(leaf).backward()
        total += leaf.grad.item()
        history.append(total)
    return history


# %% 02.1 · cleared whatever clear says ⇒ the leaf is always cleared
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    for f, _ in steps:
        leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · a fresh leaf for each pass ⇒ the leaf is always cleared
def gradient_history(steps, x):
    history = []
    for f, clear in steps:
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        if clear:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · the condition is turned round ⇒ clear is taken the wrong way round
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    for f, keep in steps:
        if not keep:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · zero_ just before the number is read ⇒ the leaf is cleared between the pass and the reading
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    for f, clear in steps:
        f(leaf).backward()
        leaf.grad *= 0.0 if clear else 1.0
        history.append(leaf.grad.item())
    return history


# %% 02.1 · the tensors themselves, as floats at the end ⇒ tensors are kept, and read when they have gone on changing
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = {}
    for k, (f, clear) in enumerate(steps):
        if clear:
            del leaf.grad
        f(leaf).backward()
        history[k] = leaf.grad.detach()
    return [float(history[k]) for k in history]


# %% 02.1 · one tensor zeroed again and again, read at the end ⇒ one tensor is kept for all passes, and read at the end
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    leaf.grad = torch.zeros_like(leaf)
    kept = []
    for f, clear in steps:
        if clear:
            leaf.grad.zero_()
        f(leaf).backward()
        kept.append(leaf.grad)
    return [gradient.item() for gradient in kept]


# %% 02.1 · fill_ on a fresh leaf ⇒ None is told to become zero
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    for f, clear in steps:
        if clear:
            leaf.grad.fill_(0.0)
        y = f(leaf)
        y.backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · in single precision ⇒ computed in float32
def gradient_history(steps, x):
    leaf = torch.tensor(x).requires_grad_()
    history = []
    for f, clear in steps:
        if clear:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · the last entry alone
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    for f, clear in steps:
        if clear:
            leaf.grad = None
        f(leaf).backward()
    return leaf.grad.item()


# %% 02.1 · tensors in the list
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    for f, clear in steps:
        if clear:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.clone())
    return history


# %% 02.1 · only the first clearing is done
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history, done = [], False
    for f, clear in steps:
        if clear and not done:
            leaf.grad, done = None, leaf.grad is not None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · a clearing before the very first pass is put off to the second
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history, late = [], False
    for f, clear in steps:
        if leaf.grad is not None and (clear or late):
            leaf.grad, late = None, False
        elif clear:
            late = True
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.1 · the steps are used up
def gradient_history(steps, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    history = []
    while steps:
        f, clear = steps.pop(0)
        if clear:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


# %% 02.2 · nobody clears ⇒ running sums are returned
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for f in functions:
        f(leaf).backward()
        found.append(leaf.grad.item())
    return found


# %% 02.2 · cleared once, before the loop ⇒ running sums are returned
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    leaf.grad = torch.zeros_like(leaf)
    found = []
    for f in functions:
        f(leaf).backward()
        found.append(float(leaf.grad))
    return found


# %% 02.2 · .grad divided by the number of passes so far ⇒ running averages are returned
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for f in functions:
        f(leaf).backward()
        found.append(leaf.grad.item() / (len(found) + 1))
    return found


# %% 02.2 · one backward of the mean ⇒ each gradient is the average of all
def separate_gradients(functions, x):
    if not functions:
        return []
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    torch.stack([f(leaf) for f in functions]).mean().backward()
    return [leaf.grad.item() for _ in functions]


# %% 02.2 · each value divided by n before its backward ⇒ each gradient is divided by the number of functions
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for f in functions:
        leaf.grad = None
        (f(leaf) / len(functions)).backward()
        found.append(leaf.grad.item())
    return found


# %% 02.2 · .grad is kept, not its number ⇒ each gradient is that of the sum
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    kept = []
    for f in functions:
        f(leaf).backward()
        kept.append(leaf.grad)
    return [gradient.item() for gradient in kept]


# %% 02.2 · .grad is kept and zeroed before the next pass ⇒ one tensor is kept for all, and shows the last gradient
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    leaf.grad = torch.zeros_like(leaf)
    kept = []
    for f in functions:
        leaf.grad.zero_()
        f(leaf).backward()
        kept.append(leaf.grad)
    return [gradient.item() for gradient in kept]


# %% 02.2 · .grad is kept and zeroed after the pass ⇒ the gradients are cleared before they are read
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    kept = []
    for f in functions:
        f(leaf).backward()
        kept.append(leaf.grad)
        leaf.grad.zero_()
    return [gradient.item() for gradient in kept]


# %% 02.2 · the value is put into the list ⇒ the values of the functions are returned
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for f in functions:
        leaf.grad = None
        y = f(leaf)
        y.backward()
        found.append(y.item())
    return found


# %% 02.2 · the answer of backward is kept
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return [f(leaf).backward() for f in functions]


# %% 02.2 · only every other pass is cleared
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for k, f in enumerate(functions):
        if k < 3 or k % 2:
            leaf.grad = None
        f(leaf).backward()
        found.append(leaf.grad.item())
    return found


# %% 02.2 · from the last to the first ⇒ the order is reversed
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = []
    for f in reversed(functions):
        leaf.grad = None
        f(leaf).backward()
        found.append(leaf.grad.item())
    return found


# %% 02.2 · each function is run on the last one's result
def separate_gradients(functions, x):
    found, y = [], x
    for f in functions:
        leaf = torch.tensor(y, dtype=torch.float64, requires_grad=True)
        value = f(leaf)
        value.backward()
        found.append(leaf.grad.item())
        y = value.item()
    return found


# %% 02.2 · fails where there is no function
def separate_gradients(functions, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    values = torch.stack([f(leaf) for f in functions])
    return [torch.autograd.grad(y, leaf, retain_graph=True)[0].item() for y in values]


# %% 02.3 · starts from 0.0 ⇒ a fresh leaf starts at 0 rather than None
def predict_grad(events):
    grad = 0.0
    for event in events:
        if event[0] == "backward":
            grad = event[1] if grad is None else grad + event[1]
        elif event[0] == "none":
            grad = None
        elif grad is not None:
            grad = 0.0
    return grad


# %% 02.3 · both clearings give None ⇒ zero is treated as None
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] in ("zero", "none"):
            grad = None
        else:
            grad = event[1] if grad is None else grad + event[1]
    return grad


# %% 02.3 · zero always gives 0.0 ⇒ zero makes a number of None
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "zero":
            grad = 0.0
        elif event[0] == "none":
            grad = None
        else:
            grad = event[1] if grad is None else grad + event[1]
    return grad


# %% 02.3 · anything but backward gives 0.0 ⇒ both clearings write 0.0, even where there was None
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "backward":
            grad = (grad or 0.0) + event[1]
        else:
            grad = 0.0
    return grad


# %% 02.3 · one branch for both clearings, which fills with 0.0 what is there ⇒ None is treated as zero
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "none":
            grad = 0.0
        elif event[0] == "backward":
            grad = event[1] if grad is None else grad + event[1]
        elif grad is not None:
            grad = 0.0
    return grad


# %% 02.3 · a sum since the last clearing ⇒ None never occurs: whatever is empty counts as 0
def predict_grad(events):
    total = 0.0
    for event in events:
        total = total + event[1] if event[0] == "backward" else 0.0
    return total


# %% 02.3 · falsy numbers are taken for nothing ⇒ a gradient of 0.0 is taken for None
def predict_grad(events):
    total = 0.0
    for event in events:
        total = total + event[1] if event[0] == "backward" else 0.0
    if total:
        return total
    return None


# %% 02.3 · the last pass wins ⇒ a backward pass replaces what was there
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "backward":
            grad = event[1]
        elif event[0] == "none":
            grad = None
        else:
            grad = None if grad is None else 0.0
    return grad


# %% 02.3 · all gradients of the diary ⇒ the clearings are left out
def predict_grad(events):
    own = [event[1] for event in events if event[0] == "backward"]
    return sum(own, 0.0) if own else None


# %% 02.3 · zero is not thought of ⇒ only none clears
def predict_grad(events):
    grad = None
    for event in events:
        match event:
            case ("backward", g):
                grad = g if grad is None else grad + g
            case ("none",):
                grad = None
    return grad


# %% 02.3 · none is not thought of ⇒ only zero clears
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "backward":
            grad = event[1] if grad is None else grad + event[1]
        elif event[0] == "zero" and grad is not None:
            grad = 0.0
    return grad


# %% 02.3 · adds to None ⇒ a number is added to None
def predict_grad(events):
    grad = None
    for event in events:
        if event[0] == "backward":
            grad += event[1]
        elif event[0] == "none":
            grad = None
        elif grad is not None:
            grad = 0.0
    return grad


# %% 02.3 · nothing is ever put on None ⇒ a backward pass on None brings nothing
def predict_grad(events):
    return None


# %% 02.3 · zero after zero gives None
def predict_grad(events):
    grad, last = None, None
    for event in events:
        if event[0] == "backward":
            grad = event[1] if grad is None else grad + event[1]
        elif event[0] == "none" or last == "zero":
            grad = None
        elif grad is not None:
            grad = 0.0
        last = event[0]
    return grad


# %% 02.3 · by torch
def predict_grad(events):
    leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for event, *own in events:
        if event == "backward":
            (own[0] * leaf).backward()
        elif event == "none":
            leaf.grad = None
        elif leaf.grad is not None:
            leaf.grad.zero_()
    return None if leaf.grad is None else leaf.grad.item()
