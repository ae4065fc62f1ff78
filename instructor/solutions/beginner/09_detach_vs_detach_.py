# %% [markdown]
# # Assignment 09 · detach, detach_, clone
#
# Three gaps, about 40 minutes. Read `lessons/beginner/09_detach_vs_detach_.py` first.
# Each gap is a place where people cut a graph on purpose. The art is to cut it in the right place, and nowhere else.
# Fill a gap, then run `pytest assignments -k 09` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# A function that passes its input on, and sends back the gradient with the opposite sign. The values add up to
# $2x - x = x$. But backward sees only the $x$ that is not detached, and that one has the factor $-1$.


# %%
def reversed_gradient(x):
    """x, but whatever gradient arrives is sent back negated.

    x: a tensor of any shape, stays as it is
    Returns: a tensor of its shape
    """
    return 2 * x.detach() - x


# %% [markdown]
# ## 09.1 Round, straight through
#
# Rounding is a staircase: its slope is 0 wherever it has one, so nothing in front of it can learn. The
# *straight-through* trick rounds on the way forward, and on the way back it pretends that nothing was done.


# %%
def straight_through_round(x):
    """x rounded as torch.round does (halves to the even number); backward lets every gradient pass unchanged.

    x: a tensor of any shape, a leaf or not, tracked or not; stays as it is
    Returns: a tensor of its shape, in the graph where x is tracked
    """
    # TODO 09.1 (10 min): which part of the sum may backward see, and which must it take for a constant?
    ### BEGIN SOLUTION
    return x + (torch.round(x) - x).detach()
    ### END SOLUTION


# %% [markdown]
# ## 09.2 A target that stands still
#
# An agent in a game guesses what each state is worth: its `values`. A guess can be checked one move later: the
# reward of that move, plus what the next state is thought to be worth, a bit less since it is still to come
# (`gamma`). The guess should move towards this *target*; the target is not to move towards the guess. It is a guess
# as well, often of the same network, and the caller may still need `next_values` with its graph afterwards.


# %%
def td_loss(values, next_values, rewards, gamma):
    """The mean of (values − target)², where target = rewards + gamma · next_values counts as a constant.

    values: (n,), in a graph   next_values, rewards: (n,), in a graph or not; n ≥ 1   gamma: float
    All three stay as they are, and in their graphs; values and next_values may be views of one tensor.
    Returns: tensor of shape (), in the graph of values; no gradient goes back through the target
    """
    # TODO 09.2 (10 min): which of the three tensors is the loss allowed to move?
    ### BEGIN SOLUTION
    target = rewards + gamma * next_values
    return ((values - target.detach()) ** 2).mean()
    ### END SOLUTION


# %% [markdown]
# ## 09.3 A memory that is cut
#
# A cell reads one input after another and keeps a state: $h \leftarrow \mathrm{cell}(x, h)$. Backward through a
# thousand steps is slow, and needs all of them in memory. So the state is cut now and then: its value goes on, its
# past does not. With `every` = 2 and five inputs, the steps are 0 1 | 2 3 | 4, and the bars are the cuts.


# %%
def truncated_state(cell, h0, xs, every):
    """The state after all inputs, where the graph of the state is cut after every `every` steps.

    cell: called as cell(x, h), once for each x in turn; returns the new h, a tensor of its own (no view). It may
        take a loss from each h as it goes
    h0: the state before step 0, in a graph or not; never cut   xs: list of inputs, may be empty   every: int, ≥ 1
    The state that goes into step k is cut just before it, for k = every, 2·every, … < len(xs); nothing else is cut
    Returns: the last h, not cut; h0 where there are no inputs
    """
    # TODO 09.3 (20 min): which steps come right after a cut, and why is step 0 none of them?
    ### BEGIN SOLUTION
    h = h0
    for k, x in enumerate(xs):
        if k > 0 and k % every == 0:
            h = h.detach()
        h = cell(x, h)
    return h
    ### END SOLUTION
