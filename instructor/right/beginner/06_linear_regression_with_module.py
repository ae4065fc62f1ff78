# %% 06.1 · random start, multiplied and summed, the bias first
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(()))
        self.weight = nn.Parameter(torch.randn(d))

    def forward(self, x):
        return (x * self.weight).sum(dim=1).add(self.bias)


# %% 06.1 · register_parameter, nn.functional.linear
class LinearRegression(torch.nn.Module):
    def __init__(self, d):
        torch.nn.Module.__init__(self)
        self.register_parameter("weight", torch.nn.Parameter(torch.empty(d).uniform_(-1, 1)))
        self.register_parameter("bias", torch.nn.Parameter(torch.tensor(0.0)))

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight[None], self.bias[None]).squeeze(1)


# %% 06.1 · row by row
class LinearRegression(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d, requires_grad=True))
        self.bias = nn.Parameter(torch.zeros([]))

    def forward(self, x):
        return torch.stack([torch.dot(row, self.weight) + self.bias for row in x])


# %% 06.1 · einsum, and a buffer that counts nothing
class LinearRegression(nn.Module):
    def __init__(self, d: int):
        super().__init__()
        self.d = d
        self.register_buffer("seen", torch.tensor(0))
        self.weight = nn.Parameter(torch.full((d,), 0.5))
        self.bias = nn.Parameter(torch.ones(1).squeeze())

    def forward(self, x):
        return torch.einsum("nd,d->n", x, self.weight) + self.bias


# %% 06.2 · only what can be trained, all cleared by the model
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr)
    criterion = nn.MSELoss()
    losses = []
    for _ in range(epochs):
        model.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


# %% 06.2 · filled with zeros, a new optimizer for every epoch
def train(model, x, y, lr, epochs):
    losses = ()
    for _ in range(epochs):
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        optimizer.zero_grad(set_to_none=False)
        loss = (model(x) - y).square().sum() / y.numel()
        losses += (loss.detach().item(),)
        loss.backward()
        optimizer.step()
    return losses


# %% 06.2 · a closure
def train(model, x, y, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    def closure():
        optimizer.zero_grad()
        loss = torch.mean((y - model(x)) ** 2)
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(epochs)]


# %% 06.2 · by hand, with torch.autograd.grad
def train(model, x, y, lr, epochs):
    free = [p for p in model.parameters() if p.requires_grad]
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x), y)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, free)
        with torch.no_grad():
            for p, gradient in zip(free, gradients):
                p.copy_(p - lr * gradient)
    return losses
