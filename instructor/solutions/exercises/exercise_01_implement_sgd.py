# %% [markdown]
# # Exercise 1 · Write SGD yourself
#
# Four gaps in one class, about 70 minutes. You know from the lessons what a step is, how gradients are cleared and what
# momentum and weight decay do. Here you write the optimizer: `SGD`, which does what `torch.optim.SGD` does,
# number for number. Take the gaps in order, since each builds on those before it.
# Fill a gap, then run `pytest assignments -k E1.1` and read what it says.
#
# torch's own optimizers are out of reach while your class is graded; `torch.optim.Optimizer` is there, if you want it
# as a base class. You may change anything below, or write the class anew: the tests know nothing of it but
# `SGD(params, lr, momentum, dampening, weight_decay, nesterov)` and its methods `step`, `zero_grad`,
# `state_dict` and `load_state_dict`.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# An optimizer for one number. It keeps what it needs between two steps in attributes; the rule of its step is that each
# step goes half as far as the one before.


# %%
class Tiring:
    """Descent on one parameter whose steps get shorter: lr, lr/2, lr/4, …

    parameter: leaf tensor that requires a gradient   lr: float
    """

    def __init__(self, parameter, lr):
        self.parameter, self.lr, self.steps = parameter, lr, 0

    @torch.no_grad()
    def step(self):
        """Move the parameter, in place. One that has no gradient stays, and the step does not count."""
        if self.parameter.grad is not None:
            self.parameter -= self.lr / 2**self.steps * self.parameter.grad
            self.steps += 1


# %% [markdown]
# ## The rule
#
# Let $p$ be a parameter, $g$ its gradient, $\lambda$ the weight decay, $\mu$ the momentum and $\tau$ the dampening.
# Each parameter has a *buffer* $b$ of its own, which does not exist before the first step with a gradient. A step does
#
# 1. $g \leftarrow g + \lambda p$;
# 2. where $\mu \ne 0$: at the parameter's first step $b \leftarrow g$, later $b \leftarrow \mu b + (1 - \tau)\, g$;
# 3. the direction $d$ is $g$ without momentum, $b$ with momentum, and $g + \mu b$ with Nesterov's momentum;
# 4. $p \leftarrow p - \mathrm{lr} \cdot d$.
#
# A parameter whose `.grad` is `None` is passed over: it does not move or decay, and its buffer stays as it is.
# Without momentum the dampening has no influence. A step leaves every `.grad` as it was.

# %%
SETTINGS = ("lr", "momentum", "dampening", "weight_decay", "nesterov")


class SGD:
    """Gradient descent with momentum, as torch.optim.SGD does it, for one group of parameters.

    params: iterable of leaf tensors that require gradients; it may be a generator, as model.parameters() is
    lr, momentum, dampening, weight_decay: numbers   nesterov: bool
    Raises: ValueError where lr is negative, and where nesterov is asked for without momentum or with dampening
    """

    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        self.params = list(params)  # a generator can be walked through only once
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov = weight_decay, nesterov
        self.buffers = [None] * len(self.params)
        if not lr > 0:
            self.check_lr()
        if nesterov:
            self.check_nesterov()

    @torch.no_grad()
    def step(self):
        """One step, in place, of all parameters that have a gradient."""
        self.move([self.direction(k) for k in range(len(self.params))])

    def direction(self, k):
        """What parameter number k is moved against: a tensor of its shape, or None where it has no gradient."""
        gradient = self.params[k].grad
        if gradient is None:
            return None
        if self.weight_decay != 0 or self.nesterov:
            return self.full_direction(k, gradient)
        if self.momentum != 0:
            return self.updated_buffer(k, gradient)
        return gradient

    def check_lr(self):
        """Called where self.lr is not positive. Raises: ValueError where it is negative; 0 is allowed"""
        # TODO E1.1 (3 min): which learning rates would turn descent into ascent?
        ### BEGIN SOLUTION
        if self.lr < 0:
            raise ValueError(f"the learning rate is {self.lr}; it must not be negative")
        ### END SOLUTION

    def move(self, directions):
        """Move each parameter against its direction, in place, by lr times as much.

        directions: list with a tensor or None for each parameter; None leaves the parameter where it is
        """
        # TODO E1.1 (5 min): how does a tensor that somebody else holds get new numbers?
        ### BEGIN SOLUTION
        for k, direction in enumerate(directions):
            if direction is not None:
                self.params[k] -= self.lr * direction
        ### END SOLUTION

    def zero_grad(self, set_to_none=True):
        """Clear all gradients: .grad becomes None, or, with set_to_none=False, zeros; there a None stays None."""
        # TODO E1.1 (5 min): what is there to fill with zeros where no gradient has been?
        ### BEGIN SOLUTION
        for parameter in self.params:
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad.zero_()
        ### END SOLUTION

    def updated_buffer(self, k, gradient):
        """Give parameter number k its new buffer, after `gradient` has come in: point 2 of the rule.

        Returns: the new buffer, a tensor of the shape of the parameter
        """
        # TODO E1.2 (15 min): at the first step, is the buffer the gradient itself or a tensor of its own?
        ### BEGIN SOLUTION
        if self.buffers[k] is None:
            self.buffers[k] = gradient.clone()
        else:
            self.buffers[k] = self.momentum * self.buffers[k] + (1 - self.dampening) * gradient
        return self.buffers[k]
        ### END SOLUTION

    def check_nesterov(self):
        """Called where Nesterov's momentum is asked for. Raises: ValueError without momentum or with dampening"""
        # TODO E1.3 (3 min): which two settings does it not go with?
        ### BEGIN SOLUTION
        if self.momentum <= 0 or self.dampening != 0:
            raise ValueError("Nesterov's momentum needs a momentum, and no dampening")
        ### END SOLUTION

    def full_direction(self, k, gradient):
        """The direction of parameter number k where there is weight decay, momentum, Nesterov's or not, or all of them.

        gradient: its .grad, which stays as it is   Returns: a tensor of the shape of the parameter
        """
        # TODO E1.3 (15 min): does the decay go into the buffer, and what does Nesterov add to the gradient?
        ### BEGIN SOLUTION
        decayed = gradient + self.weight_decay * self.params[k]
        if self.momentum == 0:
            return decayed
        buffer = self.updated_buffer(k, decayed)
        if self.nesterov:
            return decayed + self.momentum * buffer
        return buffer
        ### END SOLUTION

    def state_dict(self):
        """All that another SGD needs to go on from here: the five settings and the buffers, not the parameters.

        Returns: dict that torch.save can save. It is a snapshot: no later step changes it
        """
        # TODO E1.4 (12 min): what must a process know that starts tomorrow with the saved parameters?
        ### BEGIN SOLUTION
        settings = {name: getattr(self, name) for name in SETTINGS}
        return {"settings": settings, "buffers": list(self.buffers)}
        ### END SOLUTION

    def load_state_dict(self, state):
        """Go on from a snapshot, whatever the settings and buffers were before; the parameters are not touched.

        state: what state_dict returned, of this or of another SGD for as many parameters of the same shapes in the
        same order, perhaps saved and loaded in between. It is not changed, by steps that follow neither
        """
        # TODO E1.4 (12 min): the same snapshot is loaded again a hundred steps later; is it still what it was?
        ### BEGIN SOLUTION
        for name in SETTINGS:
            setattr(self, name, state["settings"][name])
        self.buffers = list(state["buffers"])
        ### END SOLUTION
