# %% 01.1 · highest power first ⇒ the highest power is taken to stand first
def polynomial_derivative(coefficients, x):
    return float(np.polyval(np.polyder(coefficients), x)) if len(coefficients) > 1 else 0.0


# %% 01.1 · one-sided difference with a coarse step
def polynomial_derivative(coefficients, x):
    step = 1e-3
    return (polynomial_value(coefficients, x + step) - polynomial_value(coefficients, x)) / step


# %% 01.1 · crashes where there is no coefficient ⇒ no coefficient at all is not thought of
def polynomial_derivative(coefficients, x):
    total = coefficients[0] * 0.0
    for power in range(1, len(coefficients)):
        total += power * coefficients[power] * x ** (power - 1)
    return float(total)


# %% 01.1 · only the first three powers ⇒ powers above 2 are left out
def polynomial_derivative(coefficients, x):
    return float(sum(k * coefficients[k] * x ** (k - 1) for k in range(1, min(len(coefficients), 3))))


# %% 01.1 · divides by x, which is nan at 0 ⇒ the power is lowered by dividing by x
def polynomial_derivative(coefficients, x):
    powers = np.arange(len(coefficients))
    return float(np.sum(powers * coefficients * np.float64(x) ** powers / np.float64(x)))


# %% 01.1 · adds the derivatives of the even powers only
def polynomial_derivative(coefficients, x):
    return float(sum(k * coefficients[k] * x ** (k - 1) for k in range(2, len(coefficients), 2)))


# %% 01.2 · the slope at 0 whatever x is ⇒ the slope is taken at 0
def derivative_at(f, x):
    leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


# %% 01.2 · twice the derivative, by running backward on one leaf twice ⇒ twice what is right
def derivative_at(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    for _ in range(2):
        f(leaf).backward()
    return leaf.grad.item()


# %% 01.2 · a one-sided difference
def derivative_at(f, x):
    step = 1e-6
    high, low = (torch.tensor(value, dtype=torch.float64) for value in (x + step, x))
    return ((f(high) - f(low)) / step).item()


# %% 01.2 · never negative
def derivative_at(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(leaf).backward()
    return abs(leaf.grad.item())


# %% 01.3 · y is cut off, so x gets nothing ⇒ y is cut off from x
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf).detach().requires_grad_()
    f(y).backward()
    return 0.0 if leaf.grad is None else leaf.grad.item(), y.grad.item()


# %% 01.3 · dy/dx in place of dz/dy ⇒ dy/dx stands in the place of dz/dy
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    (dy_dx,) = torch.autograd.grad(y, leaf, retain_graph=True)
    (dz_dx,) = torch.autograd.grad(f(y), leaf)
    return dz_dx.item(), dy_dx.item()


# %% 01.3 · composed the other way round ⇒ f comes before g
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    y.retain_grad()
    g(y).backward()
    return leaf.grad.item(), y.grad.item()


# %% 01.3 · adds the two where they should be apart
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    y.retain_grad()
    f(y).backward()
    return leaf.grad.item() + y.grad.item(), y.grad.item()
