# %% 05.1 · an optimizer, and leaves that come back as they are
def fit_line(x, y, lr, epochs):
    w, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([w, b], lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(w * x + b, y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return Fit(w, b, losses)


# %% 05.1 · the formulas of 04.1, and whole numbers to begin with
def fit_line(x, y, lr, epochs):
    w = b = 0
    losses = ()
    for _ in range(epochs):
        misses = w * x + b - y
        losses += ((misses @ misses).item() / len(x),)
        w, b = w - 2 * lr * (misses * x).mean(), b - 2 * lr * misses.mean()
    return Fit(w, b, losses)


# %% 05.1 · NumPy, and an object of another class
def fit_line(x, y, lr, epochs):
    from types import SimpleNamespace

    inputs = np.column_stack([x.numpy(), np.ones(len(x))])
    state, losses = np.zeros(2), []
    for _ in range(epochs):
        misses = inputs @ state - y.numpy()
        losses.append(np.mean(misses**2))
        state = state - lr * 2 * inputs.T @ misses / len(x)
    return SimpleNamespace(losses=losses, b=state[1], w=state[0])


# %% 05.1 · one leaf of two numbers, torch.autograd.grad
def fit_line(x, y, lr, epochs):
    state = torch.zeros(2, dtype=torch.float64)
    inputs, losses = torch.stack([x, torch.ones_like(x)], dim=1), []
    for _ in range(epochs):
        state.requires_grad_(True)
        loss = (inputs @ state - y).pow(2).mean()
        (gradient,) = torch.autograd.grad(loss, state)
        state = state.detach() - lr * gradient
        losses += [loss.item()]
    return Fit(*state.detach(), losses)


# %% 05.1 · torch.func, one tensor of losses told as a list
def fit_line(x, y, lr, epochs):
    def loss(w, b):
        return torch.mean((torch.add(x * w, b) - y) ** 2)

    w, b = torch.zeros(2, dtype=torch.float64)
    losses = torch.zeros(epochs, dtype=torch.float64)
    for epoch in range(epochs):
        (dw, db), losses[epoch] = torch.func.grad_and_value(loss, argnums=(0, 1))(w, b)
        w, b = w - lr * dw, b - lr * db
    return Fit(w, b, losses.tolist())


# %% 05.2 · two loops into an array
def loss_surface(x, y, ws, bs):
    surface = np.empty((len(ws), len(bs)))
    for i, w in enumerate(ws):
        for j, b in enumerate(bs):
            surface[i, j] = sum((w * xi + b - yi) ** 2 for xi, yi in zip(x, y)) / len(x)
    return surface


# %% 05.2 · multiplied out into moments, in long double
def loss_surface(x, y, ws, bs):
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    w, b = ws.astype(np.longdouble)[:, None], bs.astype(np.longdouble)
    square = w * w * np.mean(x * x) + b * b + np.mean(y * y)
    return (square + 2 * (w * b * np.mean(x) - w * np.mean(x * y) - b * np.mean(y))).astype(float)


# %% 05.2 · meshgrid by matrix indices, the mean as einsum
def loss_surface(x, y, ws, bs):
    w, b, _ = np.meshgrid(ws, bs, x, indexing="ij")
    misses = w * x + b - y
    return np.einsum("pqn,pqn->pq", misses, misses) / x.size


# %% 05.2 · a matrix product of all lines with all points, a view that is not contiguous
def loss_surface(x, y, ws, bs):
    lines = np.array([(w, b) for b in bs for w in ws])
    misses = lines @ np.stack([x, np.ones_like(x)]) - y
    return (misses**2).mean(1).reshape(len(bs), len(ws)).T


# %% 05.3 · Figure itself, add_subplot, markers, a grid in float32
def plot_fit(x, y, fit):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 8))
    data = figure.add_subplot(2, 1, 1)
    data.plot(x.numpy(), y.numpy(), "k.", label="data")
    grid = torch.linspace(x.min(), x.max(), 100)
    data.plot(grid, fit.w * grid + fit.b, label="fit")
    data.set_xlabel("input")
    data.set_ylabel("output")
    data.legend()
    curve = figure.add_subplot(2, 1, 2)
    curve.semilogy(range(1, len(fit.losses) + 1), fit.losses, "o--")
    curve.set_xlabel("epoch")
    curve.set_ylabel("loss")
    return figure


# %% 05.3 · pyplot's current figure, losses first, an endless line
def plot_fit(x, y, fit):
    plt.figure()
    plt.subplot(1, 2, 1)
    plt.yscale("log")
    plt.plot(np.arange(len(fit.losses)), fit.losses, marker="x", linestyle="none")
    plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.subplot(1, 2, 2)
    plt.scatter(x.tolist(), y.tolist(), s=10)
    plt.axline((0, fit.b), slope=fit.w, color="r")
    plt.xlabel("x")
    plt.ylabel("y")
    plt.tight_layout()
    return plt.gcf()


# %% 05.3 · point by point, two ends of a line, bars for the losses, unpacked
def plot_fit(x, y, fit):
    w, b, losses = fit
    figure, axes = plt.subplots(nrows=2)
    for xi, yi in zip(x, y):
        axes[0].plot(xi, yi, marker="o", color="b")
    ends = [float(min(x)) - 1, float(max(x)) + 1]
    axes[0].plot(ends, [w * end + b for end in ends])
    axes[1].bar(range(len(losses)), losses)
    for ax, names in zip(axes, [("x", "y"), ("epoch", "loss")]):
        ax.set(xlabel=names[0], ylabel=names[1])
    return figure


# %% 05.3 · twin axes, error bars, collections of lines
def plot_fit(x, y, fit):
    from matplotlib.collections import LineCollection

    figure = plt.figure()
    data = figure.add_axes([0.1, 0.1, 0.35, 0.8], xlabel="x", ylabel="y")
    data.errorbar(x, y, yerr=0.1, fmt="s")
    low, high = x.min().item(), x.max().item()
    data.add_collection(LineCollection([[(low, fit.w * low + fit.b), (high, fit.w * high + fit.b)]]))
    curve = figure.add_axes([0.6, 0.1, 0.35, 0.8], xlabel="epoch", ylabel="loss", yscale="log")
    curve.scatter(list(range(len(fit.losses))), fit.losses)
    return figure


# %% 05.3 · a line of many dots, a step curve, a path through two points
def plot_fit(x, y, fit):
    figure, (data, curve) = plt.subplots(1, 2, sharey=False)
    data.stem(x, y)
    grid = np.linspace(x.min().item() - 0.5, x.max().item() + 0.5, 40)
    data.scatter(grid, fit.w * grid + fit.b, s=1)
    data.set(xlabel="x", ylabel="y", title="fit")
    curve.step(range(len(fit.losses)), fit.losses, where="post")
    curve.set(xlabel="epochs", ylabel="mean squared error", yscale="log")
    return figure


# %% 05.3 · drawn on a canvas of its own, the points behind an infinite line given by two points
def plot_fit(x, y, fit):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(layout="tight")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.axline((0.0, fit.b), (1.0, fit.w + fit.b))
    left.scatter(x, y, c="k", zorder=3)
    left.set(xlabel="x", ylabel="y")
    right.loglog([k + 1 for k in range(len(fit.losses))], fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    figure.canvas.draw()
    return figure
