"""Lesson 02 · Gradients add up.

Goal     know why `.grad` adds, what that is good for, and how and when to clear it
Needs    lesson 01
Time     20 minutes
Next     assignments/beginner/02_gradient_accumulation.py
"""

# %%
import matplotlib.pyplot as plt
import torch
from figures import BLUE, ORANGE, VERMILION, show

# %% [markdown]
# ## Two passes, one gradient
# You sell lemonade. At a price of p euros a cup, the stall in town sells 60 − 10p cups a day, so it takes
# in p · (60 − 10p) euros. By hand, the derivative is 60 − 20p: at 1 euro, a higher price brings 40 euros
# more for each euro. We let autograd say so, and then we ask it the same question again, with a new
# forward pass. Predict: what is in `p.grad` after the second `backward`?


# %%
def town(p):
    return p * (60 - 10 * p)


p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
town(p).backward()
assert p.grad.item() == 40.0
town(p).backward()  # the same question, at the same price
assert p.grad.item() == 80.0  # not 40: the new gradient was added to the old one

# %% [markdown]
# ## Why it adds
# Lesson 01 showed two paths of one graph that meet in a leaf: what they bring is added. A second pass is
# treated in the same way, as one more path into the leaf. This follows a rule of calculus: *the derivative
# of a sum is the sum of the derivatives*.
#
# A second stall, at the beach, takes in p · (40 − 5p). Its derivative is 40 − 10p. Predict at p = 1: what
# does one pass for the sum of both leave in `.grad`? And one pass for each stall?


# %%
def beach(p):
    return p * (40 - 5 * p)


together = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
(town(together) + beach(together)).backward()  # one pass, for the sum

apart = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
town(apart).backward()  # two passes, one for each term
beach(apart).backward()

assert together.grad.item() == apart.grad.item() == 40.0 + 30.0

# %% [markdown]
# So `.grad` answers a question about *everything* that went backward since it was last empty: how does the
# sum of it all change with this leaf?
#
# ## What that is good for
# The graph of a sum holds the graphs of all its terms. With a million terms it may be too large for your
# memory. Since `.grad` adds, you can send the terms backward one by one, and forget each graph before you
# make the next. The answer is that of the whole sum.
#
# A *mean* is a sum divided by the number of its terms, so each term is divided before its pass.
# Here are the 30 days of June, each with its own number of guests. Predict: are both gradients equal?

# %%
guests = [40 + day for day in range(30)]


def income(p, most):
    return p * (most - 10 * p)


at_once = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
mean = sum(income(at_once, most) for most in guests) / 30  # one graph with 30 terms
mean.backward()

one_by_one = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
for most in guests:
    (income(one_by_one, most) / 30).backward()  # a small graph, gone before the next is made

assert abs(at_once.grad.item() - one_by_one.grad.item()) < 1e-12  # equal but for rounding
assert abs(at_once.grad.item() - (sum(guests) / 30 - 40)) < 1e-12  # by hand: mean of most − 20p, at p = 2

# %% [markdown]
# ## A fresh leaf has nothing, not zero
# A feature with a price: where you want each gradient by itself, *you* must clear. Before that, look at
# what "empty" means. The `.grad` of a fresh leaf is `None`: nobody has asked yet. Zero is something else.
# It is an answer: "I looked, and here the curve is flat". Predict: what does `.grad` hold at p = 3, where the
# town's income 60p − 10p² is highest?

# %%
p = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
assert p.grad is None
town(p).backward()
assert p.grad is not None
assert p.grad.item() == 0.0  # an answer, which happens to be zero

# %% [markdown]
# Pitfall: `None` is no tensor and can do nothing that a tensor can. `zero_()` fills a tensor with zeros, in
# place (the underscore at the end of a name says so). On a fresh leaf there is no tensor to fill. We make
# it fail on purpose. Predict: which kind of error?

# %%
p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
message = "no error"
try:
    p.grad.zero_()
except AttributeError as error:
    message = str(error)
assert message == "'NoneType' object has no attribute 'zero_'"
if p.grad is not None:  # the cure: ask first. Not `if p.grad:`, for a gradient of 0 counts as false
    p.grad.zero_()

# %% [markdown]
# ## Three ways to clear
# 1. Put `None` into `.grad`. This always works, and the leaf is as good as fresh.
# 2. Fill `.grad` with zeros. Now it holds 0.0, to which the next gradient is added.
# 3. Take a new leaf for the next question.
#
# Predict: do they differ in what is in `.grad` after the next pass?

# %%
p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
town(p).backward()
p.grad = None
assert p.grad is None
beach(p).backward()
assert p.grad.item() == 30.0  # the beach alone

town(p).backward()  # 30 + 40
p.grad.zero_()
assert p.grad.item() == 0.0
beach(p).backward()
assert p.grad.item() == 30.0

p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
beach(p).backward()
assert p.grad.item() == 30.0

# %% [markdown]
# *When* to clear matters as much. A good place is right before a pass, since then it does not matter who
# used the leaf earlier. Another is right after the gradient was used. The only bad place is between the
# `backward` and the use: then the answer is gone before anybody has seen it.
#
# ## Pitfall: a tensor that goes on changing
# You want to keep the gradients of both stalls, and put each `.grad` into a list. But `.grad` is a tensor,
# and the next pass adds into *that same tensor*, which is also the one in your list. The cure: right after the
# pass, take the number out with `.item()`, or `clone()` the tensor. A clone is a copy of its own.
#
# Predict: what do the two places of `kept` hold at the end? And those of `numbers` and `copies`?

# %%
p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
kept, numbers, copies = [], [], []
for stall in [town, beach]:
    stall(p).backward()
    kept.append(p.grad)  # the tensor itself, which goes on changing
    numbers.append(p.grad.item())  # the number that it holds now
    copies.append(p.grad.clone())

assert kept[0] is kept[1] is p.grad  # one tensor, twice in the list
assert [gradient.item() for gradient in kept] == [70.0, 70.0]
assert numbers == [40.0, 70.0]  # numbers stay what they were: 40, and the sum 40 + 30
assert [copy.item() for copy in copies] == [40.0, 70.0]  # and so do copies

p.grad.zero_()
assert kept[0].item() == 0.0  # zeros were written into it, too ...
p.grad = None
assert kept[0].item() == 0.0  # ... but None lets go of the tensor, and leaves it as it is

# %% [markdown]
# ## Pass after pass: a picture
# Here are eight passes of the town's income, all at p = 1. Every pass brings 40. Predict the three lines:
# never cleared; cleared before every pass; and cleared before every fourth pass, the 1st and the 5th.


# %%
def held_after_passes(every):
    """What .grad holds after each of eight passes, where every so many passes begin with an empty one."""
    p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    held = []
    for k in range(8):
        if every and k % every == 0:
            p.grad = None
        town(p).backward()
        held.append(p.grad.item())
    return held


never, always, in_fours = held_after_passes(0), held_after_passes(1), held_after_passes(4)
assert never == [40.0 * k for k in range(1, 9)]
assert always == [40.0] * 8
assert in_fours == [40.0, 80.0, 120.0, 160.0] * 2

figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
passes = range(1, 9)
axes.plot(passes, never, "o-", color=VERMILION, linewidth=5, markersize=13, label="never cleared")
axes.plot(passes, in_fours, "s--", color=ORANGE, linewidth=2, markersize=8, label="cleared before passes 1 and 5")
axes.plot(passes, always, "^:", color=BLUE, linewidth=2, markersize=8, label="cleared before every pass")
axes.set(ylim=(0, 340), xlabel="backward passes so far", ylabel="what .grad holds (euros a day for each euro)")
axes.set_title("The same pass, over and over")
axes.legend(loc="upper left")
show(figure, "02_passes")

# %% [markdown]
# In lesson 04 a gradient will say how far to move a number. The red line is what happens there to those who
# forget to clear: the longer it runs, the larger the steps. The orange line is the feature in use: four
# passes for one sum, then a fresh start.
#
# ## Keeping the books
# Real programs have many leaves, and an *optimizer* looks after them; lesson 06 is about those. Here we
# only need to know how one clears: `zero_grad()` puts `None` into each leaf's `.grad`, and
# `zero_grad(set_to_none=False)` fills it with zeros, where there is something to fill. All rules in one table:
#
#     what happens                    .grad was None     .grad was a number
#     backward, own gradient g        g                  the number + g
#     .grad = None, or zero_grad()    None               None
#     zero_grad(set_to_none=False)    None               0.0
#
# Follow the table line by line below. Predict what `.grad` holds at each assert.

# %%
p = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([p])  # it looks after a list of leaves: ours has one

optimizer.zero_grad(set_to_none=False)
assert p.grad is None  # nothing to fill
beach(p).backward()
town(p).backward()
assert p.grad.item() == 70.0
optimizer.zero_grad(set_to_none=False)
assert p.grad.item() == 0.0
town(p).backward()
assert p.grad.item() == 40.0
optimizer.zero_grad()
assert p.grad is None

# %% [markdown]
# ## Your turn
# Open `assignments/beginner/02_gradient_accumulation.py`. It has three gaps: tell what `.grad` holds after
# each of many passes, keep the gradients of several functions apart, and do the bookkeeping without torch.
# Run, in the course's main folder:
#
#     pytest assignments -k 02
