# %% E2.1 · torch's DataLoader
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    data = torch.utils.data.TensorDataset(x, y)
    return torch.utils.data.DataLoader(data, batch_size, shuffle=True, generator=generator, drop_last=drop_last)


# %% E2.1 · sorted by random keys, as a list of lists
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    keys = torch.rand(len(x), generator=generator, dtype=torch.float64)
    order = keys.argsort().tolist()
    pairs = []
    while order:
        piece, order = order[:batch_size], order[batch_size:]
        if len(piece) == batch_size or not drop_last:
            pairs.append([torch.stack([x[k] for k in piece]), torch.stack([y[k] for k in piece])])
    return pairs


# %% E2.1 · Fisher and Yates, one random integer at a time
class minibatches:
    def __init__(self, x, y, batch_size, generator=None, drop_last=False):
        self.data = x, y, batch_size, generator, drop_last

    def __iter__(self):
        x, y, size, generator, drop_last = self.data
        order = list(range(len(x)))
        for k in range(len(x) - 1, 0, -1):
            j = int(torch.randint(k + 1, (), generator=generator))
            order[k], order[j] = order[j], order[k]
        for piece in torch.tensor(order).split(size):
            if not (drop_last and len(piece) < size):
                yield x.index_select(0, piece), y.index_select(0, piece)


# %% E2.1 · both shuffled with one order, then split, always in a copy
def minibatches(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randperm(len(x), generator=generator if generator is not None else torch.default_generator)
    pairs = list(zip(x[order].split(batch_size), y[order].split(batch_size)))
    if drop_last and len(pairs[-1][0]) < batch_size:
        pairs.pop()
    return iter(pairs)


# %% E2.2 · by hand, with torch.autograd.grad and a running mean
def train(model, x, y, batch_size, lr, epochs, generator):
    from types import SimpleNamespace

    free = [p for p in model.parameters() if p.requires_grad]
    losses = ()
    for _ in range(epochs):
        mean, seen = 0.0, 0
        for xb, yb in minibatches(x, y, batch_size, generator=generator):
            loss = torch.nn.functional.mse_loss(model(xb), yb)
            seen += len(yb)
            mean += (float(loss) - mean) * len(yb) / seen
            for p, g in zip(free, torch.autograd.grad(loss, free)):
                p.data = p.data - lr * g
        losses += (mean,)
    return SimpleNamespace(losses=losses)


# %% E2.2 · the sum of all squared misses of an epoch
def train(model, x, y, batch_size, lr, epochs, generator):
    history = History()
    for _ in range(epochs):
        squares = []
        for xb, yb in minibatches(x, y, batch_size, generator):
            model.zero_grad()
            miss = model(xb) - yb
            squares += (miss.detach() ** 2).flatten().tolist()
            ((miss**2).sum() / miss.numel()).backward()
            with torch.no_grad():
                for p in model.parameters():
                    if p.grad is not None:
                        p.add_(p.grad, alpha=-lr)
        history.losses.append(sum(squares) / len(squares))
    return history


# %% E2.2 · batches taken by the whole epoch, losses by np.average
def train(model, x, y, batch_size, lr, epochs, generator):
    import numpy as np

    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr)
    losses = []
    for _ in range(epochs):
        batches = list(minibatches(x, y, batch_size, generator))
        measured = []
        for xb, yb in batches:
            optimizer.zero_grad(set_to_none=False)
            loss = (model(xb) - yb).square().mean()
            loss.backward()
            optimizer.step()
            measured.append(loss.item())
        losses.append(np.average(measured, weights=[len(xb) for xb, _ in batches]))
    return type("Losses", (), {"losses": losses})()


# %% E2.3 · the weights kept as a state_dict, and loaded into a new model each time
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    weights, found = None, {}
    for size in sorted(batch_sizes):
        model = make_model()
        if weights is None:
            weights = copy.deepcopy(model.state_dict())
        model.load_state_dict(weights)
        generator = torch.Generator()
        generator.manual_seed(seed)
        found[size] = train(model, x, y, size, lr, epochs, generator)
    return found


# %% E2.3 · the global generator seeded before each model
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    found = {}
    for size in batch_sizes:
        torch.manual_seed(seed)
        model = make_model()
        found[size] = train(model, x, y, size, lr, epochs, torch.Generator().manual_seed(seed))
    return found


# %% E2.3 · one model whose weights are put back
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    model, generator = make_model(), torch.Generator()
    start = [p.detach().clone() for p in model.parameters()]
    found = {}
    for size in batch_sizes:
        with torch.no_grad():
            for p, value in zip(model.parameters(), start):
                p.copy_(value)
        generator.manual_seed(seed)
        found[int(size)] = train(model, x, y, size, lr, epochs, generator)
    return found


# %% E2.3 · logarithmic, with markers, the names given to the legend, no pyplot
def plot_comparison(histories):
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot(xlabel="epochs", ylabel="loss")
    for history in histories.values():
        axes.semilogy(history.losses, "o-")
    axes.legend([str(size) for size in histories], title="samples a batch")
    axes.grid(True)
    return figure


# %% E2.3 · a panel for each size, and a legend of the figure
def plot_comparison(histories):
    figure, row = plt.subplots(1, len(histories), sharey=True, squeeze=False, layout="constrained")
    for axes, (size, history) in zip(row[0], sorted(histories.items())):
        epochs = [k + 1 for k in range(len(history.losses))]
        axes.plot(epochs, history.losses, color="#0072B2", label=f"{size} per step")
        axes.axhline(min(history.losses), linestyle=":")
    figure.supxlabel("epoch")
    figure.supylabel("loss")
    figure.legend()
    return figure
