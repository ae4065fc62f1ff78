# %% 01.1 · Horner's rule, in a loop
def polynomial_derivative(coefficients, x):
    total = 0.0
    for power in range(len(coefficients) - 1, 0, -1):
        total = total * x + power * float(coefficients[power])
    return total


# %% 01.1 · a matrix of differentiation, in long double
def polynomial_derivative(coefficients, x):
    k = len(coefficients)
    lowered = np.diag(np.arange(1, k), 1).astype(np.longdouble) if k > 1 else np.zeros((k, k))
    return np.float64((lowered @ coefficients) @ np.longdouble(x) ** np.arange(k))


# %% 01.1 · NumPy's own polynomials
def polynomial_derivative(coefficients, x):
    if len(coefficients) < 2:
        return 0.0
    return np.polynomial.polynomial.polyval(x, np.polynomial.polynomial.polyder(coefficients))


# %% 01.2 · torch.autograd.grad instead of backward
def derivative_at(f, x):
    leaf = torch.tensor(float(x), dtype=torch.double, requires_grad=True)
    return float(torch.autograd.grad(f(leaf), leaf)[0])


# %% 01.2 · torch.func
def derivative_at(f, x):
    return torch.func.grad(f)(torch.tensor(x, dtype=torch.float64)).item()


# %% 01.2 · forward mode
def derivative_at(f, x):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(
            torch.tensor(x, dtype=torch.float64), torch.ones((), dtype=torch.float64)
        )
        tangent = torch.autograd.forward_ad.unpack_dual(f(dual)).tangent
    return 0.0 if tangent is None else tangent.item()


# %% 01.3 · two calls of torch.autograd.grad, as a list
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    z = f(y)
    return [torch.autograd.grad(z, of, retain_graph=True)[0].item() for of in (leaf, y)]


# %% 01.3 · the chain rule by hand, with y as a new leaf
def chain_gradients(f, g, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    y.backward()
    new = y.detach().clone().requires_grad_()
    f(new).backward()
    return leaf.grad.item() * new.grad.item(), new.grad.item()
