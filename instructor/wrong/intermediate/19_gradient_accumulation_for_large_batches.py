# %% 19.1 · mse_loss of each chunk, added ⇒ the chunks' gradients are not scaled
def accumulate(model, x, y, micro_batch):
    import torch

    model.zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        torch.nn.functional.mse_loss(model(rows), targets).backward()


# %% 19.1 · mse_loss over the number of chunks ⇒ each chunk is divided by the number of chunks
def accumulate(model, x, y, micro_batch):
    import torch

    model.zero_grad()
    chunks = list(zip(x.split(micro_batch), y.split(micro_batch)))
    for rows, targets in chunks:
        (torch.nn.functional.mse_loss(model(rows), targets) / len(chunks)).backward()


# %% 19.1 · times micro_batch / n ⇒ each chunk is weighed as a full one
def accumulate(model, x, y, micro_batch):
    import torch

    model.zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        loss = torch.nn.functional.mse_loss(model(rows), targets)
        (micro_batch / len(x) * loss).backward()


# %% 19.1 · zero_grad as in a loop of training ⇒ the gradients are cleared at each chunk
def accumulate(model, x, y, micro_batch):
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        model.zero_grad()
        loss = ((model(rows) - targets) ** 2).mean() * len(rows) / len(x)
        loss.backward()


# %% 19.1 · the plain loop of training, without a step ⇒ the gradients are cleared at each chunk, and not scaled
def accumulate(model, x, y, micro_batch):
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        model.zero_grad()
        ((model(rows) - targets) ** 2).mean().backward()


# %% 19.1 · nobody clears ⇒ the gradients from before are added to
def accumulate(model, x, y, micro_batch):
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · zeros at the start ⇒ the gradients start as zeros
def accumulate(model, x, y, micro_batch):
    import torch

    for p in model.parameters():
        p.grad = torch.zeros(p.shape, dtype=p.dtype)
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · n // micro_batch chunks ⇒ the last chunk is lost where it is a short one
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    for k in range(len(x) // micro_batch):
        rows = slice(k * micro_batch, (k + 1) * micro_batch)
        (((model(x[rows]) - y[rows]) ** 2).sum() / y.numel()).backward()


# %% 19.1 · the sums are added ⇒ a sum stands where the mean belongs
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        ((model(rows) - targets) ** 2).sum().backward()


# %% 19.1 · the sums over n ⇒ the mean is over rows only
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        ((model(rows) - targets) ** 2 / x.shape[0]).sum().backward()


# %% 19.1 · a total that goes backward after the loop ⇒ all chunks go backward together at the end
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    total = 0.0
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        total = total + ((model(rows) - targets) ** 2).sum() / y.numel()
    total.backward()


# %% 19.1 · micro_batch is not looked at ⇒ the whole batch goes through the model at once
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    ((model(x) - y) ** 2).mean().backward()


# %% 19.1 · only what is trainable is cleared ⇒ frozen parameters keep their gradients from before
def accumulate(model, x, y, micro_batch):
    for p in model.parameters():
        if p.requires_grad:
            p.grad = None
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · filled with zeros where something was ⇒ the gradients from before are filled with zeros
def accumulate(model, x, y, micro_batch):
    model.zero_grad(set_to_none=False)
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · eval() first ⇒ the model is left in eval mode
def accumulate(model, x, y, micro_batch):
    model.eval().zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · gradient descent in the end ⇒ a step is taken, too
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()
    for p in model.parameters():
        if p.grad is not None:
            p.data -= 0.01 * p.grad


# %% 19.1 · chunks that are as even as can be, one of them too large
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    count = max(1, len(x) // micro_batch)
    for rows, targets in zip(x.tensor_split(count), y.tensor_split(count)):
        (((model(rows) - targets) ** 2).sum() / y.numel()).backward()


# %% 19.1 · the whole batch, past the hooks of the model
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    ((model.forward(x) - y) ** 2).mean().backward()


# %% 19.1 · two chunks at a time
def accumulate(model, x, y, micro_batch):
    model.zero_grad()
    held = []
    for rows, targets in zip(x.split(micro_batch), y.split(micro_batch)):
        held.append(((model(rows) - targets) ** 2).sum() / y.numel())
        if len(held) == 2:
            sum(held).backward()
            held = []
    if held:
        held[0].backward()


# %% 19.2 · one over their number ⇒ all chunks weigh the same
def chunk_weights(n, micro_batch):
    count = (n + micro_batch - 1) // micro_batch
    return np.ones(count) / count


# %% 19.2 · micro_batch / n for each ⇒ all chunks weigh as full ones
def chunk_weights(n, micro_batch):
    return np.array([micro_batch / n for _ in range(0, n, micro_batch)])


# %% 19.2 · rows and not their share ⇒ the numbers of rows are returned
def chunk_weights(n, micro_batch):
    return np.array([float(min(micro_batch, n - k)) for k in range(0, n, micro_batch)])


# %% 19.2 · how full each is ⇒ the rows are divided by micro_batch
def chunk_weights(n, micro_batch):
    return np.array([min(micro_batch, n - k) / micro_batch for k in range(0, n, micro_batch)])


# %% 19.2 · full ones only ⇒ the last chunk is lost where it is a short one
def chunk_weights(n, micro_batch):
    return np.array([micro_batch / n for _ in range(n // micro_batch)])


# %% 19.2 · a rest of nothing ⇒ there is an empty chunk at the end
def chunk_weights(n, micro_batch):
    full, rest = divmod(n, micro_batch)
    return np.array([micro_batch] * full + [rest]) / n


# %% 19.2 · the rest first ⇒ the short chunk comes first
def chunk_weights(n, micro_batch):
    full, rest = divmod(n, micro_batch)
    return np.array([rest] * (rest > 0) + [micro_batch] * full) / n


# %% 19.2 · one over n ⇒ each weight is that of a single row
def chunk_weights(n, micro_batch):
    return np.array([1 / n for _ in range(0, n, micro_batch)])


# %% 19.2 · even chunks ⇒ the rest is spread over the chunks
def chunk_weights(n, micro_batch):
    count = -(-n // micro_batch)
    return np.array([n // count + (k < n % count) for k in range(count)]) / n


# %% 19.2 · the last one makes up for rounding, and for all else
def chunk_weights(n, micro_batch):
    count = -(-n // micro_batch)
    weights = np.full(count, 1 / count)
    weights[-1] = (n - (count - 1) * micro_batch) / n
    return weights


# %% 19.2 · all but the last are equal shares of what it leaves
def chunk_weights(n, micro_batch):
    count = -(-n // micro_batch)
    last = n % micro_batch / n
    return np.array([(1 - last) / max(count - 1, 1)] * (count - 1) + [last])


# %% 19.2 · weights that sum to 1 by normalising n % micro_batch
def chunk_weights(n, micro_batch):
    weights = np.array([float(micro_batch)] * (n // micro_batch) + [float(n % micro_batch or micro_batch)])
    return weights / weights.sum()


# %% 19.2 · no chunk where n is less than micro_batch
def chunk_weights(n, micro_batch):
    if n < micro_batch:
        return np.zeros(0)
    return np.minimum(micro_batch, n - np.arange(0, n, micro_batch)) / n
