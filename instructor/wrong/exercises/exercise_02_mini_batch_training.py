# %% E2.1 · two permutations ⇒ x and y are shuffled apart
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    x, y = x[torch.randperm(len(x), generator=generator)], y[torch.randperm(len(y), generator=generator)]
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        if len(xb) == batch_size or not drop_last:
            yield xb, yb


# %% E2.1 · y as it was ⇒ only x is shuffled
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    x = x[torch.randperm(len(x), generator=generator)]
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        if len(xb) == batch_size or not drop_last:
            yield xb, yb


# %% E2.1 · whole batches only ⇒ the last batch is lost
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randperm(len(x), generator=generator)
    for k in range(len(x) // batch_size):
        chosen = order[k * batch_size : (k + 1) * batch_size]
        yield x[chosen], y[chosen]


# %% E2.1 · all batches, always ⇒ drop_last is ignored
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    for chosen in torch.randperm(len(x), generator=generator).split(batch_size):
        yield x[chosen], y[chosen]


# %% E2.1 · the last batch goes in any case ⇒ with drop_last a last batch of full size is left out too
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    pieces = torch.randperm(len(x), generator=generator).split(batch_size)
    return [(x[piece], y[piece]) for piece in (pieces[:-1] if drop_last else pieces)]


# %% E2.1 · in the given order ⇒ nothing is shuffled
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        if len(xb) == batch_size or not drop_last:
            yield xb, yb


# %% E2.1 · randperm without the generator ⇒ the generator is ignored
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    for chosen in torch.randperm(len(x)).split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · a generator with the seed of the one given ⇒ the generator is seeded anew in each pass
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    fresh = torch.Generator()
    fresh.manual_seed((generator or torch.default_generator).initial_seed())
    for chosen in torch.randperm(len(x), generator=fresh).split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · batches in random order ⇒ the order of the batches is shuffled, not that of the samples
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    pairs = [(xb, yb) for xb, yb in zip(x.split(batch_size), y.split(batch_size))]
    if drop_last and len(pairs[-1][0]) < batch_size:
        del pairs[-1]
    for k in torch.randperm(len(pairs), generator=generator).tolist():
        yield pairs[k]


# %% E2.1 · randint ⇒ samples are drawn with replacement
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    n = len(x)
    drawn = torch.randint(0, n, (n,), generator=generator)
    for chosen in drawn.split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · the end cut off before shuffling ⇒ the samples left out are always the same
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    if drop_last and len(x) % batch_size:
        x, y = x[: -(len(x) % batch_size)], y[: -(len(y) % batch_size)]
    order = torch.randperm(len(x), generator=generator)
    for k in range(0, len(x), batch_size):
        yield x[order[k : k + batch_size]], y[order[k : k + batch_size]]


# %% E2.1 · shuffled inside each batch ⇒ samples are shuffled inside their batch only
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        order = torch.randperm(len(xb), generator=generator)
        if len(xb) == batch_size or not drop_last:
            yield xb[order], yb[order]


# %% E2.1 · by NumPy's generator
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    import numpy as np

    order = torch.from_numpy(np.random.permutation(len(x)))
    for chosen in order.split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · rotated by a random amount
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.arange(len(x)).roll(int(torch.randint(len(x), (), generator=generator)))
    for chosen in order.split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · each place swapped with any other
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = list(range(len(x)))
    for k in range(len(x)):
        j = int(torch.randint(len(x), (), generator=generator))
        order[k], order[j] = order[j], order[k]
    for chosen in torch.tensor(order).split(batch_size):
        if len(chosen) == batch_size or not drop_last:
            yield x[chosen], y[chosen]


# %% E2.1 · the last batch filled up from the start
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randperm(len(x), generator=generator)
    if len(x) % batch_size and not drop_last:
        order = torch.cat([order, order.repeat(batch_size)])[: -(-len(x) // batch_size) * batch_size]
    for k in range(0, len(order) - batch_size + 1, batch_size):
        yield x[order[k : k + batch_size]], y[order[k : k + batch_size]]


# %% E2.1 · batch_size taken for the number of batches
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    for chosen in torch.randperm(len(x), generator=generator).chunk(batch_size):
        yield x[chosen], y[chosen]


# %% E2.1 · shuffled in place
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randperm(len(x), generator=generator)
    x.copy_(x[order].clone())
    y.copy_(y[order].clone())
    for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
        if len(xb) == batch_size or not drop_last:
            yield xb.clone(), yb.clone()


# %% E2.1 · an empty batch where all is left out
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randperm(len(x), generator=generator)
    if drop_last:
        order = order[: len(x) // batch_size * batch_size]
    for chosen in order.split(batch_size):
        yield x[chosen], y[chosen]


# %% E2.2 · the mean of the batches' losses ⇒ the loss of an epoch is the plain mean over its batches
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        losses = []
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = torch.nn.functional.mse_loss(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        history.losses.append(sum(losses) / len(losses))
    return history


# %% E2.2 · added up ⇒ the losses of an epoch are added up, not averaged
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History([0.0] * epochs)
    for k in range(epochs):
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = torch.nn.functional.mse_loss(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.losses[k] += loss.item()
    return history


# %% E2.2 · loss.item() / n ⇒ the losses added up are divided by the number of samples
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History([0.0] * epochs)
    for k in range(epochs):
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = torch.nn.functional.mse_loss(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.losses[k] += loss.item() / len(x)
    return history


# %% E2.2 · the loss that is left when the loop ends ⇒ the loss of an epoch is that of its last batch
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
        history.losses.append(loss.item())
    return history


# %% E2.2 · all data after the epoch ⇒ the loss of an epoch is measured at its end, on all samples
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            ((model(xb) - yb) ** 2).mean().backward()
            optimizer.step()
        with torch.no_grad():
            history.losses.append(torch.nn.functional.mse_loss(model(x), y).item())
    return history


# %% E2.2 · measured again after the step ⇒ each batch is measured after its step
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            ((model(xb) - yb) ** 2).mean().backward()
            optimizer.step()
            total += ((model(xb) - yb) ** 2).mean().item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · no zero_grad ⇒ the gradients are never cleared
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · zero_grad before the loop only ⇒ the gradients of all batches pile up
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    optimizer.zero_grad()
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · zero_grad after the step ⇒ gradients from before take part in the first step
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · one list of batches ⇒ the batches are drawn once for all epochs
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    batches = list(minibatches(x, y, batch_size, generator))
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in batches:
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · full batches ⇒ each epoch makes one step on all the data
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        history.losses.append(loss.item())
    return history


# %% E2.2 · minibatches without the generator ⇒ the generator is not given to minibatches
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · drop_last=True ⇒ the last batch is left out
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total, n = 0.0, 0
        for xb, yb in minibatches(x, y, batch_size, generator, drop_last=True):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total, n = total + loss.item() * len(xb), n + len(xb)
        history.losses.append(total / max(n, 1))
    return history


# %% E2.2 · the squares added up ⇒ the sum is taken for the mean
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(xb), yb, reduction="sum")
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · times batch_size ⇒ each loss is weighted with batch_size, the last one too
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * batch_size
        history.losses.append(total / len(x))
    return history


# %% E2.2 · losses are tensors
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total = total + loss.detach() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · momentum
def train(model, x, y, batch_size, lr, epochs, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · everything is unfrozen
def train(model, x, y, batch_size, lr, epochs, generator):
    model.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = History()
    for _ in range(epochs):
        total = 0.0
        for xb, yb in minibatches(x, y, batch_size, generator):
            optimizer.zero_grad()
            loss = ((model(xb) - yb) ** 2).mean()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.losses.append(total / len(x))
    return history


# %% E2.2 · no epoch is an error
_train = train


def train(model, x, y, batch_size, lr, epochs, generator):
    history = _train(model, x, y, batch_size, lr, epochs, generator)
    history.best = min(history.losses)
    return history


# %% E2.3 · one model for all sizes ⇒ the model is not reset between sizes
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    model = make_model()
    return {s: train(model, x, y, s, lr, epochs, torch.Generator().manual_seed(seed)) for s in batch_sizes}


# %% E2.3 · make_model for each size ⇒ each size has a new model, with other weights
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    return {s: train(make_model(), x, y, s, lr, epochs, torch.Generator().manual_seed(seed)) for s in batch_sizes}


# %% E2.3 · one generator for all ⇒ all sizes share one generator
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    start, generator = make_model(), torch.Generator().manual_seed(seed)
    return {s: train(copy.deepcopy(start), x, y, s, lr, epochs, generator) for s in batch_sizes}


# %% E2.3 · one model and one generator ⇒ neither the model nor the generator is reset between sizes
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    model, generator, found = make_model(), torch.Generator(), {}
    generator.manual_seed(seed)
    for size in batch_sizes:
        found[size] = train(model, x, y, size, lr, epochs, generator)
    return found


# %% E2.3 · seed 0 whatever is asked ⇒ the seed is ignored
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    start, found = make_model(), {}
    for size in batch_sizes:
        generator = torch.Generator()
        generator.manual_seed(0)
        found[size] = train(copy.deepcopy(start), x, y, size, lr, epochs, generator)
    return found


# %% E2.3 · a shallow copy of the model ⇒ the model is not reset between sizes
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    start = make_model()
    found = {}
    for size in batch_sizes:
        found[size] = train(copy.copy(start), x, y, size, lr, epochs, torch.Generator().manual_seed(seed))
    return found


# %% E2.3 · the state_dict kept without a copy ⇒ the model is not reset between sizes
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    model, found = make_model(), {}
    weights = model.state_dict()
    for size in batch_sizes:
        model.load_state_dict(weights)
        found[size] = train(model, x, y, size, lr, epochs, torch.Generator().manual_seed(seed))
    return found


# %% E2.3 · a seed for each size ⇒ each size has a seed of its own
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    start = make_model()
    generators = [torch.Generator().manual_seed(seed + k) for k in range(len(batch_sizes))]
    return {s: train(copy.deepcopy(start), x, y, s, lr, epochs, g) for s, g in zip(batch_sizes, generators)}


# %% E2.3 · the seed is 1 by default
_compare = compare_batch_sizes


def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=1):
    return _compare(make_model, x, y, batch_sizes, lr, epochs, seed)


# %% E2.3 · a list for a dict
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    start = make_model()
    return [train(copy.deepcopy(start), x, y, s, lr, epochs, torch.Generator().manual_seed(seed)) for s in batch_sizes]


# %% E2.3 · a line each, and nothing said about them ⇒ the lines have no labels
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for history in histories.values():
        axes.plot(range(1, 1 + len(history.losses)), history.losses)
    axes.set(xlabel="epoch", ylabel="loss")
    return figure


# %% E2.3 · no call of legend ⇒ the legend is missing
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for size, history in histories.items():
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"batch size {size}")
    axes.set(xlabel="epoch", ylabel="loss")
    return figure


# %% E2.3 · no words at the axes ⇒ the axes have no labels
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for size, history in histories.items():
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"batch size {size}")
    axes.legend()
    return figure


# %% E2.3 · only x has a label
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for size, history in histories.items():
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"{size}")
    axes.set_xlabel("epoch")
    axes.legend()
    return figure


# %% E2.3 · labels sorted, lines not
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for size, history in zip(sorted(histories), histories.values()):
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"{size}")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()
    return figure


# %% E2.3 · logarithms drawn
def plot_comparison(histories):
    import numpy as np

    figure, axes = plt.subplots()
    for size, history in histories.items():
        axes.plot(range(1, 1 + len(history.losses)), np.log10(history.losses), label=f"{size}")
    axes.set(xlabel="epoch", ylabel="log10 of the loss")
    axes.legend()
    return figure


# %% E2.3 · one bar for each size
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for k, (size, history) in enumerate(histories.items()):
        axes.bar(k, history.losses[-1], label=f"{size}")
    axes.set(xlabel="batch size", ylabel="last loss")
    axes.legend()
    return figure


# %% E2.3 · all numbers in each label
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for history in histories.values():
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"one of {list(histories)}")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()
    return figure


# %% E2.3 · the axes are returned
def plot_comparison(histories):
    figure, axes = plt.subplots()
    for size, history in histories.items():
        axes.plot(range(1, 1 + len(history.losses)), history.losses, label=f"{size}")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()
    return axes
