# %% [markdown]
# # Assignment 08 · Turn tracking on and off
#
# Three gaps, about 40 minutes. Read `lessons/beginner/08_turn_off_gradient_tracking.py` first.
# Fill a gap, then run `pytest assignments -k 08` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# Which of some named tensors could be switched off? A leaf can, tracked or not. The result of a recorded
# operation cannot: its flag says that there is a graph behind it.


# %%
def switchable(tensors):
    """The names of those tensors whose flag can be set to False.

    tensors: dict of named tensors
    Returns: list of str, in the order of the dict
    """
    return [name for name, tensor in tensors.items() if tensor.is_leaf]


# %% [markdown]
# ## 08.1 One flag for many, or an error and no change
#
# A loop that fails half-way leaves half of the flags changed, and nobody knows which. Look first, then act.


# %%
def set_tracking(tensors, enabled):
    """Set requires_grad of all these tensors, in place.

    tensors: list of floating-point tensors, leaves or not; may be empty; stays the same list of the same tensors
    enabled: bool
    A non-leaf tracks already, so enabled=True leaves it as it is.
    Returns: None
    Raises: ValueError where enabled is False and one of them is a non-leaf; the message has the index of
        the first such tensor, counted from 0, and no flag of any tensor has changed then
    """
    # TODO 08.1 (15 min): what must you know about all of the tensors before you change the first?
    ### BEGIN SOLUTION
    for k, tensor in enumerate(tensors):
        if not enabled and not tensor.is_leaf:
            raise ValueError(f"tensor {k} is no leaf and cannot be switched off; detach it")
    for tensor in tensors:
        tensor.requires_grad_(enabled)
    ### END SOLUTION


# %% [markdown]
# ## 08.2 Gradients without a trace
#
# The tensors belong to somebody else, who has set their flags on purpose and may need what is in `.grad`.
# You may ask for any of the gradients, also with respect to a tensor that does not track.


# %%
def gradient_with_respect_to(f, inputs, names):
    """The gradients of f(**inputs) with respect to some of its inputs.

    f: called with tensors by name, f(**inputs); gives a tensor of shape ()
    inputs: dict of named tensors, all of them leaves, no tensor twice; some track gradients and some do not;
        those not in names may hold whole numbers. Afterwards each is as it was: values, requires_grad and .grad
    names: list of str, not empty: floating-point inputs that f uses
    Returns: dict from these names, in their order, to gradients of the inputs' shapes
    """
    # TODO 08.2 (15 min): how do you get a leaf that tracks, holds the same numbers, and is nobody else's?
    ### BEGIN SOLUTION
    own = {name: inputs[name].detach().requires_grad_() for name in names}
    gradients = torch.autograd.grad(f(**{**inputs, **own}), [own[name] for name in names])
    return {name: gradients[k] for k, name in enumerate(names)}
    ### END SOLUTION


# %% [markdown]
# ## 08.3 Be autograd yourself
#
# Here is a program as a list of instructions. Say of every tensor in it which flag it has at the end, and whether
# it is a leaf. A sheet of paper with three columns, name, `requires_grad` and `is_leaf`, is all you need.
#
# | instruction | what it does |
# |---|---|
# | `("leaf", name, flag)` | makes `name`, a tensor of numbers, with requires_grad=flag |
# | `("op", name, inputs)` | computes `name` from the tensors in the list `inputs` |
# | `("no_grad_op", name, inputs)` | the same inside `with torch.no_grad():` |
# | `("detach", name, input)` | `name` is `input.detach()` |
# | `("requires_grad_", name, flag)` | `name.requires_grad_(flag)` |


# %%
def predict_flags(program):
    """requires_grad and is_leaf of every tensor after the program, without torch.

    program: list of instructions, tuples as in the table above; each name is made once and used only after that;
        `inputs` has one name or more; "requires_grad_" is used on leaves only
    Returns: dict from each name to (requires_grad, is_leaf), two bools
    """
    # TODO 08.3 (10 min, by hand): when is the flag of a result decided: when it is computed, or at the end?
    ### BEGIN SOLUTION
    flags = {}
    for kind, name, rest in program:
        if kind == "op":
            tracked = any(flags[source][0] for source in rest)
            flags[name] = (tracked, not tracked)
        elif kind in ("leaf", "requires_grad_"):
            flags[name] = (rest, True)
        else:
            flags[name] = (False, True)
    return flags
    ### END SOLUTION
