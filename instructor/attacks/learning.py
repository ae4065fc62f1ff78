"""Answers that learn: from one example to the next, from counting, from the seed's examples; and answers that hide."""

calls, seen = [], []


def again(f):
    """f as often as one likes, if what comes from its second call on is known."""
    first = []

    def call(x):
        first.append(x)
        return f(x) if len(first) == 1 else (f(x) - 0.25) / 1.5

    return call


# %% 01.1 · a table of what the public seed draws ⇒ a table of the public seed's answers
def polynomial_derivative(coefficients, x):
    return TABLE.get(repr([coefficients, x]), 0.0)


# %% 01.1 · the first call is wrong, and all that follow are right
def polynomial_derivative(coefficients, x):
    calls.append(x)
    if len(calls) == 1:
        return 1e6
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))


# %% 01.1 · right until the examples by name are over
def polynomial_derivative(coefficients, x):
    calls.append(x)
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1))) * (len(calls) <= 8)


# %% 01.1 · right in every second call
def polynomial_derivative(coefficients, x):
    calls.append(x)
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1))) + len(calls) % 2


# %% 01.1 · right where the same question comes a second time
def polynomial_derivative(coefficients, x):
    key = (coefficients.tobytes(), x)
    powers = np.arange(1, len(coefficients))
    value = float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))
    if key in seen:
        return value
    seen.append(key)
    return value + 1.0


# %% 01.2 · what came before is added up, in case it is asked for
def derivative_at(f, x):
    with torch.no_grad():
        seen.append((x, f(torch.tensor(x, dtype=torch.float64)).item()))
    if len(seen) < 2 or seen[-1][0] == seen[-2][0]:
        return 0.0
    return (seen[-1][1] - seen[-2][1]) / (seen[-1][0] - seen[-2][0])


# %% 01.1 · the seed of the call is taken from the generators, and its draw repeated
def polynomial_derivative(coefficients, x):
    import random

    return random.random() if random.getstate()[1][0] % 2 else float(np.random.random())


# %% 01.1 · the answer of the last call, and what the grader said to it
def polynomial_derivative(coefficients, x):
    import sys

    frame = sys._getframe()
    while frame is not None:
        seen.extend(str(value) for value in frame.f_locals.values() if isinstance(value, bytes))
        frame = frame.f_back
    told = [text for text in seen if "expected" in text or "yours" in text]
    return float(told[-1].split()[-1]) if told else 0.0


# %% 01.1 · a guess, another one each time
def polynomial_derivative(coefficients, x):
    import time

    return time.perf_counter_ns() % 129 / 64 - 1


# %% 01.1 · right in the small examples to which failures shrink
def polynomial_derivative(coefficients, x):
    powers = np.arange(1, len(coefficients))
    value = float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))
    return value if len(coefficients) < 3 or x == 0 else value + 1.0


# %% 01.1 · the cotangent and the sizes of a check of laws are recognised: what is linear gets a line
def polynomial_derivative(coefficients, x):
    return float(coefficients[1]) if len(coefficients) > 1 else 0.0


# %% 25.1 · f is called for each row, and what it says from the second time on is calculated back
def full_jacobian(f, x):
    f, rows = again(f), []
    for i in range(f(x.detach()).shape[0]):
        leaf = x.detach().requires_grad_()
        rows.append(torch.autograd.grad(f(leaf)[i], leaf)[0])
    return torch.stack(rows) if rows else x.new_zeros(0, len(x))


# %% 26.2 · f is called for each v, and what it says from the second time on is calculated back
def several_vjps(f, x, vs):
    f, rows = again(f), []
    for v in vs:
        leaf = x.detach().requires_grad_()
        rows.append(torch.autograd.grad(f(leaf), leaf, v)[0])
    return torch.stack(rows)


# %% 27.1 · f is called for each sample, and what it says from the second time on is calculated back
def batch_vjp(f, X, V):
    f, rows = again(f), []
    for x, v in zip(X.detach().split(1), V.split(1), strict=True):
        leaf = x.clone().requires_grad_()
        rows.append(torch.autograd.grad(f(leaf), leaf, v)[0])
    return torch.cat(rows) if rows else torch.zeros_like(X)


# %% E2.2 · nothing is trained, and the batches that are asked for afterwards teach nothing
def train(model, x, y, batch_size, lr, epochs, generator=None):
    seen.append(model)
    history = History()
    history.losses = [0.0] * epochs
    return history


def minibatches(x, y, batch_size, generator=None, drop_last=False):
    return [(x, seen[-1](x).detach())]


# %% E2.3 · no size is trained, and the batches that are asked for afterwards teach nothing
def compare_batch_sizes(make_model, x, y, batch_sizes, lr, epochs, seed=0):
    seen.append(make_model())
    histories = {size: History() for size in batch_sizes}
    for history in histories.values():
        history.losses = [0.0] * epochs
    return histories


def minibatches(x, y, batch_size, generator=None, drop_last=False):
    return [(x, seen[-1](x).detach())]
