# %% 06.1 · leaves that track, but are no Parameters ⇒ the parameters are not registered
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = torch.randn(d).requires_grad_()
        self.bias = torch.randn(()).requires_grad_()

    def forward(self, x):
        return torch.mv(x, self.weight) + self.bias


# %% 06.1 · nn.Linear does it all ⇒ a layer inside holds the parameters
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.linear = nn.Linear(in_features=d, out_features=1)

    def forward(self, x):
        return self.linear(x).squeeze(-1)


# %% 06.1 · predictions of shape (n, 1) ⇒ the output is a column
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return torch.sum(x * self.weight, dim=1, keepdim=True) + self.bias


# %% 06.1 · the bias is made and forgotten ⇒ the bias is not used
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return torch.einsum("nd,d->n", x, self.weight)


# %% 06.1 · bias of shape (1,) ⇒ the bias has shape (1,)
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return (x * self.weight).sum(1) + self.bias


# %% 06.1 · a weight of shape (d, 1) ⇒ the weight is a column
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d, 1))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return (x @ self.weight).flatten() + self.bias


# %% 06.1 · Module.__init__ is not run ⇒ super().__init__() is missing
class LinearRegression(nn.Module):
    def __init__(self, d):
        self.bias = nn.Parameter(torch.randn(()))
        self.weight = nn.Parameter(torch.randn(d))


# %% 06.1 · through .data ⇒ the output has lost its graph
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return x @ self.weight.data + self.bias.data


# %% 06.1 · the bias as a number ⇒ the bias is cut off from the graph
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return x @ self.weight + self.bias.item()


# %% 06.1 · called w and b ⇒ the parameters have other names
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.w = nn.Parameter(torch.randn(d))
        self.b = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return x.matmul(self.w) + self.b


# %% 06.1 · no module ⇒ it is no nn.Module
class LinearRegression:
    def __init__(self, d):
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x @ self.weight + self.bias

    __call__ = forward


# %% 06.1 · all models share their parameters
class LinearRegression(nn.Module):
    shared = {}

    def __init__(self, d):
        super().__init__()
        if d not in self.shared:
            self.shared[d] = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(()))
        self.weight, self.bias = self.shared[d]

    def forward(self, x):
        return x @ self.weight + self.bias


# %% 06.1 · the numbers of the start are kept ⇒ the bias is not used
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
        self.bias = nn.Parameter(torch.zeros(()))
        self.first = self.bias.item()

    def forward(self, x):
        return x @ self.weight + self.first


# %% 06.1 · squeezed, so that a single row has no axis ⇒ a single row loses its axis
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return (x @ self.weight[:, None] + self.bias).squeeze()


# %% 06.1 · a third parameter, a scale
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return (x @ self.weight) * self.scale + self.bias


# %% 06.1 · in single precision ⇒ rounded to float32
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return (x.float() @ self.weight.float() + self.bias.float()).to(x.dtype)


# %% 06.2 · by hand, without clearing ⇒ the gradients are never cleared
def train(model, x, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        for p in model.parameters():
            if p.grad is not None:
                p.data -= lr * p.grad
    return losses


# %% 06.2 · zero_grad between backward and step ⇒ the step finds no gradient, which is not there yet or cleared already
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% 06.2 · step, clear, backward ⇒ each step comes before its backward and uses an older gradient
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.step()
        model.zero_grad()
        loss.backward()
        losses.append(loss.item())
    return losses


# %% 06.2 · cleared at the end of an epoch ⇒ old gradients take part in the first step
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
    return losses


# %% 06.2 · only those that are trained are cleared ⇒ gradients left in frozen parameters move them
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for p in model.parameters():
            if p.requires_grad:
                p.grad = None
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · everything is unfrozen first ⇒ frozen parameters are trained too
def train(model, x, y, lr, epochs):
    for p in model.parameters():
        p.requires_grad = True
    optimizer = torch.optim.SGD(model.parameters(), lr)
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        losses.append(float(loss))
        loss.backward()
        optimizer.step()
    return losses


# %% 06.2 · reduction="sum" ⇒ the sum is taken for the mean
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.MSELoss(reduction="sum")(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · the loss of the new parameters ⇒ the loss is measured after the step
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            losses.append(nn.functional.mse_loss(model(x), y).item())
    return losses


# %% 06.2 · loss.detach() ⇒ the losses are tensors
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.detach())
        optimizer.step()
    return losses


# %% 06.2 · a new optimizer of momentum for all epochs ⇒ the optimizer has momentum
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr, momentum=0.9)
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · evaluated at the end, and left so ⇒ the model is left in eval mode
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    for part in model.modules():
        part.training = False
    return losses


# %% 06.2 · lr is forgotten ⇒ lr is not handed to the optimizer
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters())
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · a copy is trained ⇒ a copy is trained, and the model stays as it was
def train(model, x, y, lr, epochs):
    import copy

    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(twin.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(twin(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · the last loss alone
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss = torch.zeros(())
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return [loss.item()]


# %% 06.2 · frozen parameters lose their place and are left tracking
def train(model, x, y, lr, epochs):
    frozen = [(p, p.detach().clone()) for p in model.parameters() if not p.requires_grad]
    model.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        for p, value in frozen:
            p.data.copy_(value)
    return losses


# %% 06.2 · gradients are clipped
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.1 · x is multiplied in place ⇒ x is changed in place
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        x *= self.weight
        return x.sum(1) + self.bias


# %% 06.1 · parameters made in float64 ⇒ the parameters are float64
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d, dtype=torch.float64))
        self.bias = nn.Parameter(torch.randn((), dtype=torch.float64))

    def forward(self, x):
        return torch.mv(x, self.weight) + self.bias


# %% 06.1 · only the bias in float64
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.tensor(0.0, dtype=torch.float64))

    def forward(self, x):
        return x @ self.weight + self.bias


# %% 06.1 · the weight through .data ⇒ the weight is cut off from the graph
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d))
        self.bias = nn.Parameter(torch.randn(()))

    def forward(self, x):
        return (x * self.weight.data).sum(dim=1) + self.bias


# %% 06.1 · the shapes of nn.Linear, made by hand ⇒ weight, bias and output have an axis too many
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d, 1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return torch.matmul(x, self.weight) + self.bias


# %% 06.1 · the shapes of nn.Linear, and the column squeezed ⇒ weight and bias have an axis too many
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d, 1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return torch.matmul(x, self.weight).squeeze(1) + self.bias


# %% 06.1 · a list of predictions
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return [row @ self.weight + self.bias for row in x]


# %% 06.2 · model.train() first ⇒ the model is put into train mode
def train(model, x, y, lr, epochs):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · in train mode, and the modes put back ⇒ it is trained in train mode, whatever its mode
def train(model, x, y, lr, epochs):
    modes = [part.training for part in model.modules()]
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    for part, mode in zip(model.modules(), modes):
        part.training = mode
    return losses


# %% 06.2 · in eval mode, and the modes put back ⇒ it is trained in eval mode, whatever its mode
def train(model, x, y, lr, epochs):
    modes = [part.training for part in model.modules()]
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    for part, mode in zip(model.modules(), modes):
        part.training = mode
    return losses


# %% 06.2 · break where the loss is small ⇒ it stops when the loss is small
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        if losses[-1] < 1e-6:
            break
    return losses


# %% 06.2 · break where the loss is zero ⇒ it stops when the loss is small
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        if loss == 0:
            break
    return losses


# %% 06.2 · break where the loss stands still ⇒ it stops when the loss stands still
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        if len(losses) >= 2 and abs(losses[-2] - losses[-1]) < 1e-10:
            break
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


# %% 06.2 · break where the loss rises ⇒ it stops when the loss grows
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        if losses[-1] > losses[0]:
            break
    return losses


# %% 06.2 · nothing is returned
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
