# %% [markdown]
# # Assignment 02 · Gradients add up
#
# Three gaps, about half an hour. Read `lessons/beginner/02_gradient_accumulation.py` first.
# Fill a gap, then run `pytest assignments -k 02` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# One leaf, and one backward pass after another. Nobody clears `.grad` between them, so what it holds at the end
# is the gradient of the sum of all functions.


# %%
def gradient_of_the_sum(functions, x):
    """The derivative at x of the sum of all functions, one backward pass for each.

    functions: a list, each maps a tensor of shape () to a tensor of shape ()   x: float
    Returns: float, 0.0 where there is no function
    """
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    for f in functions:
        f(leaf).backward()
    return 0.0 if leaf.grad is None else leaf.grad.item()


# %% [markdown]
# ## 02.1 What `.grad` holds after each pass
#
# Now somebody clears the leaf before some of the passes, and wants to know what `.grad` holds after each.


# %%
def gradient_history(steps, x):
    """What .grad of one leaf holds after each of several backward passes.

    steps: a list of (f, clear), one for each pass, in order; may be empty
        f: maps a tensor of shape () to a tensor of shape ()
        clear: True where the leaf's .grad is cleared before this pass, False where it is left as it is
    x: float, the value of the leaf, which is fresh before the first pass
    Returns: a list of floats, as long as steps: what .grad holds after each pass
    """
    # TODO 02.1 (10 min): when is a number put into the list, and when does the clearing come?
    raise NotImplementedError("TODO 02.1: gradient_history")


# %% [markdown]
# ## 02.2 Each function's own gradient
#
# The functions meet in one leaf, and each is to be told its own gradient, not what came before it.


# %%
def separate_gradients(functions, x):
    """The derivative at x of each function by itself, though all share one leaf.

    functions: a list, each maps a tensor of shape () to a tensor of shape (); may be empty   x: float
    Returns: a list of floats, one for each function, in order
    """
    # TODO 02.2 (10 min): what must happen between one function's backward and the next one's?
    raise NotImplementedError("TODO 02.2: separate_gradients")


# %% [markdown]
# ## 02.3 Keeping the books by hand
#
# A diary of what happened to one leaf. What does its `.grad` hold at the end? No tensor is needed, only the rules.


# %%
def predict_grad(events):
    """What .grad of a fresh leaf holds after these events, without torch.

    events: a list of tuples, in order; may be empty
        ("backward", g): a backward pass whose own gradient is g, a float
        ("zero",): .grad is filled with 0, where there is one; as optimizer.zero_grad(set_to_none=False) does
        ("none",): .grad is set to None
    Returns: a float, or None where .grad holds nothing
    """
    # TODO 02.3 (10 min, by hand): what does each event make of None, and what of a number?
    raise NotImplementedError("TODO 02.3: predict_grad")
