# %% 09.1 · x minus the detached fraction
def straight_through_round(x):
    return x - (x - x.round()).detach()


# %% 09.1 · what is missing, under no_grad
def straight_through_round(x):
    with torch.no_grad():
        missing = torch.round(x) - x
    return x + missing


# %% 09.1 · a Function of its own
class Rounding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def straight_through_round(x):
    return Rounding.apply(x)


# %% 09.1 · a clone whose values are written over
def straight_through_round(x):
    y = x.clone()
    y.data.round_()
    return y


# %% 09.1 · a factor: one where the gradient looks, right where the value looks
def straight_through_round(x):
    rounded = x.detach().round()
    return rounded + (x - x.detach())


# %% 09.2 · target under no_grad, mse_loss
def td_loss(values, next_values, rewards, gamma):
    with torch.no_grad():
        target = rewards + gamma * next_values
    return torch.nn.functional.mse_loss(values, target)


# %% 09.2 · each part detached by itself, one move after the other
def td_loss(values, next_values, rewards, gamma):
    total = 0.0
    for value, later, reward in zip(values, next_values, rewards):
        total = total + (reward.detach() + gamma * later.detach() - value) ** 2
    return total / len(values)


# %% 09.2 · detach_ on the target, which belongs to this function
def td_loss(values, next_values, rewards, gamma):
    target = torch.add(rewards, next_values, alpha=gamma)
    target.detach_()
    miss = values - target
    return torch.dot(miss, miss) / miss.numel()


# %% 09.2 · through NumPy
def td_loss(values, next_values, rewards, gamma):
    target = rewards.detach().numpy() + gamma * next_values.detach().numpy()
    return (values - torch.from_numpy(target)).square().mean()


# %% 09.3 · detach_ in place
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k and not k % every:
            h.detach_()
        h = cell(x, h)
    return h


# %% 09.3 · blocks
def truncated_state(cell, h0, xs, every):
    h = h0
    for start in range(0, len(xs), every):
        if start:
            h = h.detach()
        for x in xs[start : start + every]:
            h = cell(x, h)
    return h


# %% 09.3 · a set of the steps after a cut, and a new tensor of the same numbers
def truncated_state(cell, h0, xs, every):
    cuts = set(range(every, len(xs), every))
    h = h0
    for k, x in enumerate(xs):
        h = cell(x, torch.tensor(h.tolist(), dtype=h.dtype) if k in cuts else h)
    return h


# %% 09.3 · recursion, from the end
def truncated_state(cell, h0, xs, every):
    if not len(xs):
        return h0
    k = len(xs) - 1
    h = truncated_state(cell, h0, xs[:k], every)
    return cell(xs[k], h.detach().clone() if k >= every and k % every == 0 else h)


# %% 09.3 · .data
def truncated_state(cell, h0, xs, every):
    h, left = h0, every
    for x in xs:
        if left == 0:
            h, left = h.data, every
        h, left = cell(x, h), left - 1
    return h
