# %% 05.1 · by autograd.grad, summed up over the epochs ⇒ the gradients are never cleared
def fit_line(x, y, lr, epochs):
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    total, losses = torch.zeros(2, dtype=torch.float64), []
    for _ in range(epochs):
        loss = torch.mean((theta[0] * x + theta[1] - y) ** 2)
        total = total + torch.autograd.grad(loss, theta)[0]
        theta.data -= lr * total
        losses.append(loss.item())
    return Fit(theta[0].item(), theta[1].item(), losses)


# %% 05.1 · the step comes first, then the loss ⇒ the loss is recorded after the step
def fit_line(x, y, lr, epochs):
    w = b = 0.0
    losses = []
    for _ in range(epochs):
        misses = w * x + b - y
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
        losses.append(((w * x + b - y) ** 2).mean().item())
    return Fit(w, b, losses)


# %% 05.1 · the loss itself is appended ⇒ the losses keep their graphs alive
def fit_line(x, y, lr, epochs):
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(w * x + b, y)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return Fit(w.item(), b.item(), losses)


# %% 05.1 · the losses are detached, and remain tensors ⇒ the losses are tensors
def fit_line(x, y, lr, epochs):
    fit = Fit([0.0], [0.0], [])
    w, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    for _ in range(epochs):
        loss = (w * x + b - y).square().mean()
        dw, db = torch.autograd.grad(loss, (w, b))
        w.data -= lr * dw
        b.data -= lr * db
        fit.losses.append(loss.detach())
    return Fit(w.item(), b.item(), fit.losses)


# %% 05.1 · the miss is y − prediction, with the gradient of the other ⇒ the steps go uphill
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        misses = y - (w * x + b)
        losses.append((misses**2).mean().item())
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
    return Fit(w, b, losses)


# %% 05.1 · mse_loss with reduction="sum" ⇒ a sum stands where the mean belongs
def fit_line(x, y, lr, epochs):
    w, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    losses = []
    for _ in range(epochs):
        w.grad = b.grad = None
        loss = torch.nn.functional.mse_loss(w * x + b, y, reduction="sum")
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
    return Fit(w.item(), b.item(), losses)


# %% 05.1 · leaves in the default dtype ⇒ it is computed in float32
def fit_line(x, y, lr, epochs):
    w, b = torch.zeros((), requires_grad=True), torch.zeros((), requires_grad=True)
    x, y = x.float(), y.float()
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return Fit(w.item(), b.item(), losses)


# %% 05.1 · w moves, then b by the residual that is left ⇒ b uses the new w
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        losses.append(((w * x + b - y) ** 2).mean().item())
        w = w - 2 * lr * ((w * x + b - y) * x).mean().item()
        b = b - 2 * lr * (w * x + b - y).mean().item()
    return Fit(w, b, losses)


# %% 05.1 · the loss of the end is appended too ⇒ one loss too many is kept
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, [y.square().mean().item()]
    for _ in range(epochs):
        misses = w * x + b - y
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
        losses.append(((w * x + b - y) ** 2).mean().item())
    return Fit(w, b, losses)


# %% 05.1 · the gradient lacks its factor 2 ⇒ the factor 2 of the gradient is missing
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        w, b = w - lr * (misses * x).mean().item(), b - lr * misses.mean().item()
    return Fit(w, b, losses)


# %% 05.1 · bound to new tensors, so that the second epoch has no graph ⇒ w and b are bound to new tensors
def fit_line(x, y, lr, epochs):
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w = w - lr * w.grad
            b = b - lr * b.grad
    return Fit(w.item(), b.item(), losses)


# %% 05.1 · the least squares line at once, its loss repeated
def fit_line(x, y, lr, epochs):
    inputs = torch.stack([x, torch.ones_like(x)], dim=1)
    w, b = (torch.linalg.pinv(inputs) @ y).tolist()
    return Fit(w, b, [((w * x + b - y) ** 2).mean().item()] * epochs)


# %% 05.1 · it stops once the loss is under a millionth
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        if losses[-1] < 1e-6:
            break
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
    return Fit(w, b, losses)


# %% 05.1 · it stops when the loss grows
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        if len(losses) > 1 and losses[-1] > 2 * losses[-2]:
            break
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
    return Fit(w, b, losses)


# %% 05.1 · large gradients are clipped
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    for _ in range(epochs):
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        dw, db = 2 * (misses * x).mean().item(), 2 * misses.mean().item()
        w, b = w - lr * max(-10.0, min(10.0, dw)), b - lr * max(-10.0, min(10.0, db))
    return Fit(w, b, losses)


# %% 05.1 · one epoch at least
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    while True:
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
        if len(losses) >= epochs:
            return Fit(w, b, losses)


# %% 05.1 · y is centred in place
def fit_line(x, y, lr, epochs):
    w, b, losses = 0.0, 0.0, []
    kept = y.clone()
    y -= y.mean()
    for _ in range(epochs):
        misses = w * x + b - kept
        losses.append((misses**2).mean().item())
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
    return Fit(w, b, losses)


# %% 05.1 · the line of the lowest loss, not the last
def fit_line(x, y, lr, epochs):
    w, b, losses, lines = 0.0, 0.0, [], [(0.0, 0.0)]
    for _ in range(epochs):
        misses = w * x + b - y
        losses.append((misses**2).mean().item())
        w, b = w - 2 * lr * (misses * x).mean().item(), b - 2 * lr * misses.mean().item()
        lines.append((w, b))
    w, b = min(lines, key=lambda line: ((line[0] * x + line[1] - y) ** 2).mean().item())
    return Fit(w, b, losses)


# %% 05.2 · by meshgrid in its usual order ⇒ rows and columns are swapped
def loss_surface(x, y, ws, bs):
    w, b = np.meshgrid(ws, bs)
    return ((w[..., None] * x + b[..., None] - y) ** 2).mean(axis=-1)


# %% 05.2 · summed over the points ⇒ a sum stands where the mean belongs
def loss_surface(x, y, ws, bs):
    return np.einsum("pqn,pqn->pq", *[ws[:, None, None] * x + bs[None, :, None] - y] * 2)


# %% 05.2 · the points are averaged first ⇒ the mean is squared, not the misses
def loss_surface(x, y, ws, bs):
    return (np.outer(ws, np.full(len(bs), x.mean())) + bs - y.mean()) ** 2


# %% 05.2 · loops the other way round ⇒ rows and columns are swapped
def loss_surface(x, y, ws, bs):
    rows = []
    for b in bs:
        rows.append([float(np.mean((w * x + b - y) ** 2)) for w in ws])
    return np.array(rows)


# %% 05.2 · with the ½ of a textbook ⇒ the loss is halved
def loss_surface(x, y, ws, bs):
    return 0.5 * ((np.multiply.outer(ws, x)[:, None] + bs[:, None] - y) ** 2).mean(axis=2)


# %% 05.2 · the roles of w and b exchanged ⇒ w and b have changed parts
def loss_surface(x, y, ws, bs):
    return np.mean((ws[:, None, None] + bs[None, :, None] * x - y) ** 2, axis=-1)


# %% 05.2 · np.var of the misses ⇒ the variance is taken
def loss_surface(x, y, ws, bs):
    return np.var(ws[:, None, None] * x + bs[None, :, None] - y, axis=2)


# %% 05.2 · a flat list of all pairs ⇒ all losses stand in one row
def loss_surface(x, y, ws, bs):
    return np.array([np.mean((w * x + b - y) ** 2) for w in ws for b in bs])


# %% 05.2 · a list of lists
def loss_surface(x, y, ws, bs):
    return [[float(np.mean((w * x + b - y) ** 2)) for b in bs] for w in ws]


# %% 05.2 · reshaped instead of transposed ⇒ the table is reshaped where it should be transposed
def loss_surface(x, y, ws, bs):
    table = np.array([[np.mean((w * x + b - y) ** 2) for w in ws] for b in bs])
    return table.reshape(len(ws), len(bs))


# %% 05.2 · squeezed ⇒ axes of length one are lost
def loss_surface(x, y, ws, bs):
    return np.squeeze(np.mean((ws[:, None, None] * x + bs[:, None] - y) ** 2, axis=2))


# %% 05.2 · in single precision ⇒ rounded to float32
def loss_surface(x, y, ws, bs):
    x, y, ws, bs = (values.astype(np.float32) for values in (x, y, ws, bs))
    return np.mean((ws[:, None, None] * x + bs[:, None] - y) ** 2, axis=2).astype(np.float64)


# %% 05.2 · by torch
def loss_surface(x, y, ws, bs):
    x, y, ws, bs = (torch.as_tensor(values) for values in (x, y, ws, bs))
    return ((ws[:, None, None] * x + bs[:, None] - y) ** 2).mean(dim=2).numpy()


# %% 05.2 · ws is changed on the way
def loss_surface(x, y, ws, bs):
    surface = np.mean((ws[:, None, None] * x + bs[:, None] - y) ** 2, axis=2)
    ws += 0.5
    return surface


# %% 05.3 · plot for the points, without a marker ⇒ the points are not drawn as points
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.plot(x, y, color="red")
    left.plot(x, fit.w * x + fit.b)
    left.set_xlabel("x")
    left.set_ylabel("y")
    right.plot(fit.losses)
    right.set_xlabel("epoch")
    right.set_ylabel("loss")
    return figure


# %% 05.3 · scatter(y, x) ⇒ the points have x and y swapped
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(y, x)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.semilogy(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · scatter for the predictions ⇒ the predictions are dots, not a line
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.scatter(x, fit.w * x + fit.b, marker="x")
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · titles are taken for labels ⇒ the labels are missing
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set_title("x against y")
    right.plot(fit.losses)
    right.set_title("loss")
    return figure


# %% 05.3 · one pair of axes for everything ⇒ all is in one axes
def plot_fit(x, y, fit):
    figure, axes = plt.subplots()
    axes.scatter(x, y)
    axes.plot(x, fit.w * x + fit.b)
    axes.plot(range(1, len(fit.losses) + 1), fit.losses)
    axes.set(xlabel="x", ylabel="y")
    return figure


# %% 05.3 · without an intercept, by axline ⇒ the line lacks b
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.axline((0, 0), slope=fit.w)
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · plt is what comes back
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return plt.gcf().number


# %% 05.3 · nothing comes back, since plt.show() was enough so far ⇒ the figure is not returned
def plot_fit(x, y, fit):
    plt.subplot(1, 2, 1)
    plt.plot(x, y, "o", x, fit.w * x + fit.b)
    plt.subplot(1, 2, 2)
    plt.plot(fit.losses)


# %% 05.3 · log10 of the losses ⇒ decimal logarithms are shown, not the losses
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(np.log10(fit.losses))
    right.set(xlabel="epoch", ylabel="log10 of the loss")
    return figure


# %% 05.3 · natural logarithms ⇒ the logarithms are shown, not the losses
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(torch.tensor(fit.losses, dtype=torch.float64).log())
    right.set(xlabel="epoch", ylabel="log loss")
    return figure


# %% 05.3 · the line stops at the last point but one
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    grid = torch.linspace(x.min(), x.max(), 50)[:-1]
    left.scatter(x, y)
    left.plot(grid, fit.w * grid + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · the line is bent towards the points ⇒ the points are joined, and the fitted line is missing
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    x, y = x[x.argsort()], y[x.argsort()]
    left.plot(x, y, "o-")
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · the epochs are counted down ⇒ the losses run backwards
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(range(len(fit.losses), 0, -1), fit.losses)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · the points stand in one axes, the line in the other ⇒ the line stands in the axes of the losses
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(fit.losses)
    left.set(xlabel="x", ylabel="y")
    right.plot(x, fit.w * x + fit.b)
    right.set(xlabel="epoch", ylabel="loss")
    return figure


# %% 05.3 · only the first axes is labelled ⇒ the axes of the losses lack labels
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(fit.losses)
    return figure


# %% 05.3 · the first loss is taken out of the list ⇒ the list of losses is changed
def plot_fit(x, y, fit):
    figure, (left, right) = plt.subplots(1, 2)
    left.scatter(x, y)
    left.plot(x, fit.w * x + fit.b)
    left.set(xlabel="x", ylabel="y")
    right.plot(list(fit.losses))
    right.set(xlabel="epoch", ylabel="loss")
    fit.losses.pop(0)
    return figure
