# %% 09.1 · rounded under no_grad ⇒ the result is cut from the graph
def straight_through_round(x):
    with torch.no_grad():
        return torch.round(x)


# %% 09.1 · a copy of x, not rounded ⇒ the value is not rounded
def straight_through_round(x):
    return x.clone()


# %% 09.1 · round called as a method, on a clone ⇒ the gradient is zero
def straight_through_round(x):
    return x.clone().round()


# %% 09.1 · detach around the first x ⇒ the gradient comes back negated: the detach stands on the wrong x
def straight_through_round(x):
    constant = x.detach()
    return constant - x + x.round()


# %% 09.1 · twice x, less its rounded value ⇒ what is missing has the wrong sign
def straight_through_round(x):
    missing = (torch.round(x) - x).detach()
    return x - missing


# %% 09.1 · half up by integers ⇒ halves are rounded up
def straight_through_round(x):
    shift = (x.detach() + 0.5) // 1 - x.detach()
    return x + shift


# %% 09.1 · x itself is rounded in place
def straight_through_round(x):
    x.data.round_()
    return x


# %% 09.1 · the gradient passes only within half a unit of zero
class Rounding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1)


def straight_through_round(x):
    return Rounding.apply(x)


# %% 09.1 · the gradient is summed and spread
class Rounding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.mean().expand_as(gradient)


def straight_through_round(x):
    return Rounding.apply(x)


# %% 09.1 · always a fresh leaf
def straight_through_round(x):
    return torch.round(x.detach()).requires_grad_()


# %% 09.2 · mse_loss with both in the graph ⇒ the gradient flows through the target too
def td_loss(values, next_values, rewards, gamma):
    return torch.nn.functional.mse_loss(values, rewards + gamma * next_values)


# %% 09.2 · the wrong one of the two is detached ⇒ the prediction is detached instead of the target
def td_loss(values, next_values, rewards, gamma):
    miss = rewards + gamma * next_values - values.detach()
    return (miss * miss).mean()


# %% 09.2 · everything under no_grad ⇒ prediction and target are both cut off
def td_loss(values, next_values, rewards, gamma):
    with torch.no_grad():
        miss = rewards + gamma * next_values - values
        return (miss**2).mean()


# %% 09.2 · both target tensors detached in place ⇒ the caller's next_values is taken out of its graph
def td_loss(values, next_values, rewards, gamma):
    target = rewards.detach() + gamma * next_values.detach_()
    return torch.mean((values - target) ** 2)


# %% 09.2 · the flag of next_values is switched off ⇒ the caller's next_values is taken out of its graph
def td_loss(values, next_values, rewards, gamma):
    next_values.requires_grad_(False)
    return torch.mean((values - rewards.detach() - gamma * next_values) ** 2)


# %% 09.2 · next_values under no_grad, rewards outside ⇒ only next_values is detached, rewards is not
def td_loss(values, next_values, rewards, gamma):
    with torch.no_grad():
        later = gamma * next_values
    return (rewards + later - values).square().mean()


# %% 09.2 · squares added up ⇒ a sum stands where the mean belongs
def td_loss(values, next_values, rewards, gamma):
    miss = values - (rewards + gamma * next_values).detach()
    return miss @ miss


# %% 09.2 · absolute misses
def td_loss(values, next_values, rewards, gamma):
    return (values - (rewards + gamma * next_values).detach()).abs().mean()


# %% 09.2 · the root of the mean
def td_loss(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean().sqrt()


# %% 09.2 · a float comes back
def td_loss(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values)) ** 2).mean().item()


# %% 09.2 · the sign of the future ⇒ the sign of next_values is flipped
def td_loss(values, next_values, rewards, gamma):
    with torch.no_grad():
        target = rewards - gamma * next_values
    return ((target - values) ** 2).mean()


# %% 09.2 · one loss for each move ⇒ the mean is missing
def td_loss(values, next_values, rewards, gamma):
    return (values - (rewards + gamma * next_values).detach()).square()


# %% 09.3 · no cut at all ⇒ the state is never cut
def truncated_state(cell, h0, xs, every):
    for x in xs:
        h0 = cell(x, h0)
    return h0


# %% 09.3 · the detached copy is thrown away ⇒ the state is never cut
def truncated_state(cell, h0, xs, every):
    h = h0
    for k in range(len(xs)):
        if k and k % every == 0:
            h.detach()
        h = cell(xs[k], h)
    return h


# %% 09.3 · a clone in place of a cut ⇒ the state is never cut
def truncated_state(cell, h0, xs, every):
    h = h0
    for k in range(len(xs)):
        if k and k % every == 0:
            h = h.clone()
        h = cell(xs[k], h)
    return h


# %% 09.3 · cut before each step but the first ⇒ the state is cut on every step
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        h = cell(x, h0 if k == 0 else h.detach())
    return h


# %% 09.3 · cut before each step ⇒ h0 is cut too, and the state on every step
def truncated_state(cell, h0, xs, every):
    h = h0
    for x in xs:
        h = cell(x, h.detach())
    return h


# %% 09.3 · blocks, each of which begins with a cut ⇒ h0 is cut too
def truncated_state(cell, h0, xs, every):
    h = h0
    for start in range(0, len(xs), every):
        h = h.detach()
        for x in xs[start : start + every]:
            h = cell(x, h)
    return h


# %% 09.3 · blocks, each of which ends with a cut ⇒ the last h is cut as well
def truncated_state(cell, h0, xs, every):
    h = h0
    for start in range(0, len(xs), every):
        block = xs[start : start + every]
        for x in block:
            h = cell(x, h)
        if len(block) == every:
            h = h.detach()
    return h


# %% 09.3 · steps counted from 1, cut before a multiple ⇒ the cut comes one step too early
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs, start=1):
        if k > 1 and k % every == 0:
            h = h.detach()
        h = cell(x, h)
    return h


# %% 09.3 · a counter that is compared with > ⇒ the block is one step too long
def truncated_state(cell, h0, xs, every):
    h, since = h0, 0
    for x in xs:
        if since > every:
            h, since = h.detach(), 0
        h = cell(x, h)
        since += 1
    return h


# %% 09.3 · only the last cut is made ⇒ only the last cut is made
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k > 0 and k == (len(xs) - 1) // every * every:
            h = h.detach()
        h = cell(x, h)
    return h


# %% 09.3 · blocks, each with detach_ at its start ⇒ h0 is detached in place
def truncated_state(cell, h0, xs, every):
    h = h0
    for start in range(0, len(xs), every):
        h.detach_()
        for x in xs[start : start + every]:
            h = cell(x, h)
    return h


# %% 09.3 · the inputs are cut too ⇒ the input is cut along with the state
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        cut = k > 0 and k % every == 0
        h = cell(x.detach(), h.detach()) if cut else cell(x, h)
    return h


# %% 09.3 · all states are returned
def truncated_state(cell, h0, xs, every):
    states = [h0]
    for k, x in enumerate(xs):
        h = states[-1]
        states.append(cell(x, h.detach() if k and k % every == 0 else h))
    return states


# %% 09.3 · once more, to look at the new state ⇒ the cell is called twice for each input
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k > 0 and k % every == 0:
            h = h.detach()
        seen = [cell(x, h) for _ in range(2)]
        h = seen[-1]
    return h


# %% 09.3 · no inputs, no state
def truncated_state(cell, h0, xs, every):
    h = torch.zeros_like(h0)
    for k, x in enumerate(xs):
        if k == 0:
            h = h0
        elif k % every == 0:
            h = h.detach()
        h = cell(x, h)
    return h


# %% 09.3 · a new state of zeros ⇒ the state is set back to zeros instead of cut
def truncated_state(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k > 0 and k % every == 0:
            h = 0 * h.detach()
        h = cell(x, h)
    return h
