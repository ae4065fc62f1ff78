# %% [markdown]
# # Assignment 20 · Gradient scaling
#
# Three gaps, about 40 minutes. Read `lessons/intermediate/20_why_gradient_scaling_matters.py` first.
# Fill a gap, then run `pytest assignments -k 20` and read what it says.

# %%
import torch

# %% [markdown]
# ## A worked neighbour
#
# A number that is too large for a dtype becomes infinite there. How often does that happen?


# %%
def overflow_count(gradients, dtype):
    """How many entries are finite as they are, and infinite in another dtype.

    gradients: list of tensors, of any shapes   dtype: a floating-point torch.dtype
    Returns: int
    """
    count = 0
    for gradient in gradients:
        count += int((gradient.isfinite() & gradient.to(dtype).isinf()).sum())
    return count


# %% [markdown]
# ## 20.1 What underflows
#
# An entry that is zero already cannot be lost: it counts neither above nor below the line of the fraction.


# %%
def underflow_fraction(gradients, dtype):
    """The share of the non-zero entries, of all tensors together, that `.to(dtype)` turns into zero.

    gradients: list of tensors of finite numbers, float32 or float64, of any shapes; the list, or a tensor, may be empty
    dtype: torch.float16 or torch.bfloat16
    Returns: float from 0 to 1; 0.0 where no entry is different from zero
    """
    # TODO 20.1 (10 min): two counts over all tensors are enough; which two?
    ### BEGIN SOLUTION
    nonzero = sum(gradient.count_nonzero().item() for gradient in gradients)
    left = sum(gradient.to(dtype).count_nonzero().item() for gradient in gradients)
    return (nonzero - left) / nonzero if nonzero else 0.0
    ### END SOLUTION


# %% [markdown]
# ## 20.2 Gradients by way of a scaled loss
#
# Behind the loss stands a forward pass in 16 bits. A small gradient gets lost on its way back, a large one becomes inf;
# and an inf that meets a zero becomes NaN.


# %%
def scaled_gradients(loss, params, scale):
    """The gradients of the loss, computed through scale · loss and divided by the scale afterwards.

    loss: 0-dim tensor in a graph, which may be freed; it depends on at least one of params
    params: list of leaf tensors that require gradients; their .grad is neither used nor changed
    scale: float, a power of two
    Returns: list of tensors, shaped as params, zeros for a parameter that the loss does not depend on;
        or None, in place of the whole list, where any entry of any *scaled* gradient is inf or NaN
    """
    # TODO 20.2 (15 min): in which order do you scale, differentiate, look for overflow and divide?
    ### BEGIN SOLUTION
    scaled = list(torch.autograd.grad(loss * scale, params, allow_unused=True))
    for k, parameter in enumerate(params):
        if scaled[k] is None:
            scaled[k] = torch.zeros_like(parameter)
    if not all(gradient.isfinite().all() for gradient in scaled):
        return None
    return [gradient / scale for gradient in scaled]
    ### END SOLUTION


# %% [markdown]
# ## 20.3 A scale that adapts
#
# After each step somebody tells the scaler whether an overflow was found. It answers with the scale for the next step:
#
# - an overflow multiplies the scale by the backoff factor;
# - `growth_interval` good steps in a row multiply it by the growth factor, unless the product were larger than float32
#   can hold: then the scale stays as it is;
# - the count of good steps begins anew after an overflow, and after each full interval, grown or not.
#
# The scale has no least value. `torch.amp.GradScaler` does the same, and the tests compare with it.


# %%
class LossScaler:
    """A loss scale that adapts.

    scale: float, the scale to begin with   growth_factor: float > 1   backoff_factor: float between 0 and 1
    growth_interval: int ≥ 1   All three floats are powers of two.
    Its attribute `scale` is the scale to be used in the next step, a float.
    """

    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale = scale
        self.growth_factor, self.backoff_factor = growth_factor, backoff_factor
        self.growth_interval = growth_interval
        # TODO 20.3 (2 min): what else must the scaler remember from one update to the next?
        ### BEGIN SOLUTION
        self.good_steps = 0
        ### END SOLUTION

    def update(self, found_inf):
        """Adapt the scale after a step.

        found_inf: bool, whether the step overflowed   Returns: None
        """
        # TODO 20.3 (13 min): after which two events does the count start anew?
        ### BEGIN SOLUTION
        if found_inf:
            self.scale = self.backoff_factor * self.scale
            self.good_steps = 0
            return
        good_steps = self.good_steps + 1
        if good_steps == self.growth_interval:
            grown = self.growth_factor * self.scale
            if grown < 2.0**128:  # from there on float32 has only inf
                self.scale = grown
            good_steps = 0
        self.good_steps = good_steps
        ### END SOLUTION
