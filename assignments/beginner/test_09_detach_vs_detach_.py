"""Assignment 09 · detach, detach_, clone"""

import torch

from autograder import Task, assert_close, example, given, parts, probe
from autograder import strategies as st

LESSON = "lessons/beginner/09_detach_vs_detach_.py"

straight_through_round = Task(
    "09.1",
    "straight_through_round",
    points=3,
    minutes=10,
    hints=(
        "The result is a sum of two parts. One has the slope you want; what must be added to make the value right?",
        "value = x + (what is missing). Backward must see the x, and take what is missing for a constant.",
        "What is missing is torch.round(x) - x. Detach that bracket, all of it, and add it to x.",
    ),
    see=f"A value of one, a slope of the other, in {LESSON}",
)


def vector(*values):
    """A float64 tensor of these numbers."""
    return torch.tensor(values, dtype=torch.float64)


@probe
def gradient_through(student, x, v):
    """Whether the result is in the graph of x, the gradient at x where v arrives, and the value."""
    leaf = x.clone().requires_grad_()
    y = student.straight_through_round(leaf)
    if not y.requires_grad:
        return False, None, y
    return True, torch.autograd.grad(y, leaf, v)[0], y.detach()


def with_cotangent(*dims):
    """Cases of an x with these dimensions, and what arrives at the result."""
    spec = " ".join(dims)
    return st.cases(sizes=dict.fromkeys(dims, (0, 3)), as_tensor=True, x=spec, v=st.field(spec, as_tensor=True))


def check_gradient(told, expected):
    in_graph, gradient, _ = parts(told, "in the graph", "gradient", "value")
    assert_close(in_graph, True, name="requires_grad of the result")
    assert_close(gradient, expected, name="the gradient at x")


@straight_through_round.test(examples=30)
@given(st.one_of(with_cotangent("n"), with_cotangent(), with_cotangent("m", "n")))
@example(st.Case(x=vector(0.75, 0.5), v=vector(1.0, 3.0)))
def test_backward_is_the_identity(student, case):
    """backward: what arrives at the result arrives at x, unchanged"""
    check_gradient(student.run(gradient_through, case.x, case.v), case.v)


@straight_through_round.test(examples=30)
@given(st.shaped_arrays(as_tensor=True, limit=8.0), st.booleans())
@example(vector(0.75), True)
@example(vector(0.5, 1.5, 2.5, -0.5), False)
def test_rounds(student, x, tracked):
    """the values are those of torch.round, halves to the even number; x stays as it is"""
    rounded = student.straight_through_round(x.clone().requires_grad_(tracked))
    assert_close(rounded, torch.round(x), name="the value")


@probe
def gradient_inside(student, x, v):
    """The same for the sum of v · round(x²ᵀ)², x being a matrix: rounding stands in the middle of a chain."""
    leaf = x.clone().requires_grad_()
    y = student.straight_through_round((leaf * leaf).T)
    if not y.requires_grad:
        return False, None, y
    return True, torch.autograd.grad((v * y * y).sum(), leaf)[0], y.detach()


@straight_through_round.test(examples=30)
@given(st.cases(sizes={"m": (1, 3), "n": (1, 3)}, as_tensor=True, x="m n", v="n m"))
@example(st.Case(x=torch.tensor([[1.25]]).double(), v=torch.tensor([[1.0]]).double()))
def test_works_inside_a_chain(student, case):
    """in the middle of a chain the slope of rounding counts as 1: gradient of the sum of v·round((x²)ᵀ)²"""
    expected = (2 * case.v * torch.round(case.x * case.x).T).T * 2 * case.x
    check_gradient(student.run(gradient_inside, case.x, case.v), expected)


@straight_through_round.misconception(
    "the gradient is zero", hint="round itself has slope 0 wherever backward sees it: only x may be seen"
)
def _(x):
    return torch.round(x)


@straight_through_round.misconception(
    "the value is not rounded", hint="the values of the two parts must add up to torch.round(x)"
)
def _(x):
    return x * 1


@straight_through_round.misconception(
    "the wrong part is detached: the value is x, and the slope is that of round",
    hint="the undetached part gives the slope, so it must be x; the rounding belongs into the detached part",
)
def _(x):
    return torch.round(x) + (x - torch.round(x)).detach()


@straight_through_round.misconception(
    "the result is cut from the graph", hint="a result that is detached as a whole sends nothing back; leave x attached"
)
def _(x):
    return torch.round(x).detach()


@straight_through_round.misconception(
    "the gradient comes back negated: the detach stands on the wrong x",
    hint="there is +x and −x in the sum; the one with the minus sign must be detached",
)
def _(x):
    return x.detach() + (torch.round(x) - x)


@straight_through_round.misconception(
    "x is added and not taken away again", hint="what is missing is round(x) − x, not round(x)"
)
def _(x):
    return x + torch.round(x).detach()


@straight_through_round.misconception(
    "what is missing has the wrong sign", hint="from x to its rounded value it is round(x) − x, not x − round(x)"
)
def _(x):
    return x + (x - torch.round(x)).detach()


@straight_through_round.misconception(
    "halves are rounded up", hint="torch.round takes 0.5 to 0 and 1.5 to 2, the even number; adding ½ and floor do not"
)
def _(x):
    return x + (torch.floor(x + 0.5) - x).detach()


@straight_through_round.misconception(
    "rounded down, not to the nearest", hint="torch.round takes 0.75 to 1; floor takes it to 0"
)
def _(x):
    return x + (torch.floor(x) - x).detach()


@straight_through_round.misconception(
    "the fraction is dropped instead of rounded", hint="trunc moves towards zero; torch.round goes to the nearest"
)
def _(x):
    return x + (torch.trunc(x) - x).detach()


td_loss = Task(
    "09.2",
    "td_loss",
    points=3,
    minutes=10,
    hints=(
        "Two arrows lead from the loss back to the network: through values and through the target. Which one stays?",
        "Work the target out from rewards and next_values, detach it (a new tensor: the caller's keep their graph), "
        "and compare values with it.",
        "target = (rewards + gamma * next_values) without its graph, by .detach(); then the mean of "
        "(values - target) ** 2.",
    ),
    see=f"A target that does not run away, in {LESSON}",
)


def transitions(**options):
    """Cases of n moves: values, next_values, rewards (n,), and gamma."""
    field = st.field("n", as_tensor=True, **options)
    return st.cases(values=field, next_values=field, rewards=field, gamma=st.sampled_from([0.5, 1.0, 0.0, 0.9]))


def move(values, next_values, rewards, gamma):
    """A case of these numbers."""
    return st.Case(values=vector(*values), next_values=vector(*next_values), rewards=vector(*rewards), gamma=gamma)


def misses(case):
    """values − target, in NumPy."""
    return case.values.numpy() - (case.rewards.numpy() + case.gamma * case.next_values.numpy())


@td_loss.test(examples=25)
@given(transitions(inexact=True), st.booleans())
@example(move([2.0], [4.0], [1.0], 0.5), False)
def test_is_the_mean_squared_miss(student, case, tracked):
    """the mean of (values − (rewards + gamma · next_values))², of shape ()"""
    next_values = case.next_values.clone().requires_grad_(tracked)
    loss = student.td_loss(case.values.clone().requires_grad_(), next_values, case.rewards, case.gamma)
    assert_close(loss, torch.tensor((misses(case) ** 2).mean()), name="the loss")


@probe
def gradients_of_loss(student, values, next_values, rewards, gamma):
    """Whether the loss is in a graph, its gradients, and whether each argument still is in its graph."""
    leaves = {"values": values, "next_values": next_values, "rewards": rewards}
    leaves = {name: leaf.clone().requires_grad_() for name, leaf in leaves.items()}
    made = {name: leaf * 1 for name, leaf in leaves.items()}
    loss = student.td_loss(*made.values(), gamma)

    def reaches(tensor, leaf):
        if not tensor.requires_grad:
            return False
        return torch.autograd.grad(tensor.sum(), leaf, retain_graph=True, allow_unused=True)[0] is not None

    after = {name: reaches(tensor, leaves[name]) for name, tensor in made.items()}
    if not loss.requires_grad:
        return False, None, after
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    gradients = [torch.zeros_like(values) if g is None else g for g in gradients]
    return True, dict(zip(leaves, gradients, strict=True)), after


@td_loss.test(examples=25)
@given(transitions())
@example(move([2.0], [4.0], [1.0], 0.5))
@example(move([2.0, 0.0], [4.0, 1.0], [1.0, 1.0], 0.5))
def test_moves_the_values_only(student, case):
    """the gradient goes to values; next_values and rewards get none, and stay in their graphs"""
    told = student.run(gradients_of_loss, **vars(case))
    in_graph, gradients, after = parts(told, "in the graph", "gradients", "flags")
    assert_close(in_graph, True, name="requires_grad of the loss")
    assert_close(after, dict.fromkeys(after, True), name="after the call: still in its graph")
    slopes = torch.tensor(2 * misses(case) / len(case.values))
    nothing = torch.zeros_like(slopes)
    expected = {"values": slopes, "next_values": nothing, "rewards": nothing}
    assert_close(gradients, expected, name="the gradient")


@probe
def gradient_of_one_network(student, states, w, rewards, gamma):
    """The gradient at the weight w, where values and next_values are parts of one tensor, w · states."""
    weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    worth = weight * states
    loss = student.td_loss(worth[:-1], worth[1:], rewards, gamma)
    return torch.autograd.grad(loss, weight)[0].item() if loss.requires_grad else "the loss is in no graph"


@st.composite
def walks(draw):
    """Cases of one state after another, the rewards between them, a weight and gamma."""
    rewards = draw(st.tensors((1, 4)))
    states = draw(st.tensors(len(rewards) + 1))
    return st.Case(
        states=states, w=draw(st.scalars()), rewards=rewards, gamma=draw(st.sampled_from([0.5, 1.0, 0.0, 0.9]))
    )


@td_loss.test(examples=25)
@given(walks())
@example(st.Case(states=vector(1.0, 3.0), w=1.0, rewards=vector(0.0), gamma=1.0))
def test_one_network_gives_both(student, case):
    """where one weight makes both values and next_values, it learns from values only"""
    states, rewards = case.states.numpy(), case.rewards.numpy()
    miss = case.w * states[:-1] - (rewards + case.gamma * case.w * states[1:])
    expected = float((2 * miss * states[:-1]).mean())
    assert_close(student.run(gradient_of_one_network, **vars(case)), expected, name="the gradient at the weight")


@td_loss.misconception(
    "the gradient flows through the target too",
    hint="backward goes wherever it can: detach the target, or it moves towards the values",
)
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values)) ** 2).mean()


@td_loss.misconception(
    "the prediction is detached instead of the target", hint="values are to move; the target is the one to detach"
)
def _(values, next_values, rewards, gamma):
    return ((values.detach() - (rewards + gamma * next_values)) ** 2).mean()


@td_loss.misconception(
    "prediction and target are both cut off", hint="only the target is a constant; values must stay in the graph"
)
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values)) ** 2).mean().detach()


@td_loss.misconception(
    "only next_values is detached, rewards is not",
    hint="the whole target counts as a constant: detach it when it is made",
)
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values.detach())) ** 2).mean()


@td_loss.misconception(
    "the caller's next_values is taken out of its graph",
    hint="detach_() takes next_values out of its graph for everybody, and a view cannot be detached so; use detach()",
)
def _(values, next_values, rewards, gamma):
    next_values.detach_()
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean()


@td_loss.misconception("a sum stands where the mean belongs", hint="divide by n, or take .mean()")
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values).detach()) ** 2).sum()


@td_loss.misconception(
    "gamma multiplies the reward too", hint="only what is still to come counts less: gamma · next_values"
)
def _(values, next_values, rewards, gamma):
    return ((values - (gamma * (rewards + next_values)).detach()) ** 2).mean()


@td_loss.misconception("gamma is forgotten", hint="the target is rewards + gamma · next_values")
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + next_values).detach()) ** 2).mean()


@td_loss.misconception("the sign of next_values is flipped", hint="what is still to come adds to the reward")
def _(values, next_values, rewards, gamma):
    return ((values - (rewards - gamma * next_values).detach()) ** 2).mean()


@td_loss.misconception("the mean is missing", hint="one number for all moves: the mean of the squares, of shape ()")
def _(values, next_values, rewards, gamma):
    return (values - (rewards + gamma * next_values).detach()) ** 2


@td_loss.misconception("the loss is halved", hint="it is the plain mean of the squares, without the factor ½")
def _(values, next_values, rewards, gamma):
    return ((values - (rewards + gamma * next_values).detach()) ** 2).mean() / 2


truncated_state = Task(
    "09.3",
    "truncated_state",
    points=4,
    minutes=20,
    hints=(
        "With every = 2 and five inputs, the steps are 0 1 | 2 3 | 4. Before which steps is there a bar?",
        "A bar stands before step k where k is a multiple of every, but not 0: h0 belongs to the caller. "
        "Before such a step, h goes on with the same value and without its graph.",
        "h = h0; for k, x in enumerate(xs): if k > 0 and k % every == 0, put the detached h in place of h; "
        "then h = cell(x, h). Return h as it is.",
    ),
    see=f"Cutting the past, in {LESSON}",
)


@probe
def unrolled(student, u, h0, xs, every, tracked):
    """The last h, a loss from each step, and the gradients of the last h and of all losses together.

    The cell is h = u·h + x + x·h/2, and the loss of a step the sum of its h².
    """
    weight = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    first = h0.clone().requires_grad_(tracked)
    inputs = [x.clone().requires_grad_() for x in xs]
    losses = []

    def cell(x, h):
        new = weight * h + x + x * h / 2
        shown = new * 1  # so that the loss does not hold on to h itself, which may be cut by detach_()
        losses.append((shown * shown).sum())
        return new

    start = first * 1
    h = student.truncated_state(cell, start, list(inputs), every)

    def gradients(y):
        leaves = [weight, *inputs, *([first] if tracked else [])]
        found = [None] * len(leaves)
        if y.requires_grad:
            found = torch.autograd.grad(y, leaves, allow_unused=True, retain_graph=True)
        found = [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found, strict=True)]
        return {"u": found[0], "xs": found[1 : len(xs) + 1], "h0": found[len(xs) + 1 :]}

    total = sum(losses, torch.zeros((), dtype=torch.float64))
    back = [None]
    if start.requires_grad:
        back = torch.autograd.grad(start.sum(), first, retain_graph=True, allow_unused=True)
    flags = [back[0] is not None, *(x.requires_grad for x in inputs)]
    return h.detach(), [loss.item() for loss in losses], gradients(h.sum()), gradients(total), flags


def look(student, case):
    """What `unrolled` tells of a case, by name."""
    names = ("h", "losses", "gradients of h", "gradients of losses", "flags")
    return dict(zip(names, parts(student.run(unrolled, **vars(case)), *names), strict=True))


def expected_of(case):
    """What `unrolled` should tell: at each cut a new tensor is made of the numbers of the old."""
    weight = torch.tensor(case.u, dtype=torch.float64, requires_grad=True)
    first = case.h0.clone().requires_grad_(case.tracked)
    inputs = [x.clone().requires_grad_() for x in case.xs]
    h, losses = first * 1, []
    for k, x in enumerate(inputs):
        if k in range(case.every, len(inputs), case.every):
            h = torch.tensor(h.tolist(), dtype=torch.float64)
        h = weight * h + x + x * h / 2
        losses.append((h * h).sum())

    def gradients(y):
        leaves = [weight, *inputs, *([first] if case.tracked else [])]
        for leaf in leaves:
            leaf.grad = torch.zeros_like(leaf)
        if y.requires_grad:
            y.backward(retain_graph=True)
        return {"u": weight.grad, "xs": [x.grad for x in inputs], "h0": [first.grad] if case.tracked else []}

    total = sum(losses, torch.zeros((), dtype=torch.float64))
    return {
        "h": h.detach(),
        "losses": [loss.item() for loss in losses],
        "gradients of h": gradients(h.sum()),
        "gradients of losses": gradients(total),
        "flags": [case.tracked, *[True] * len(inputs)],
    }


@st.composite
def unrollings(draw, count=(0, 6)):
    """Cases of a weight u, a state h0 (d,), inputs (d,), every, and whether h0 is in a graph."""
    d = draw(st.integers(1, 2))
    xs = draw(st.tensors(draw(st.integers(*count)), d, limit=1.5))
    return st.Case(
        u=draw(st.scalars(nonzero=True, limit=1.5)),
        h0=draw(st.tensors(d, nonzero=True)),
        xs=list(xs),
        every=draw(st.integers(1, 4)),
        tracked=draw(st.booleans()),
    )


def steps(count, every):
    """A case of so many steps with simple numbers."""
    return st.Case(u=2.0, h0=vector(1.0), xs=[vector(1.0)] * count, every=every, tracked=True)


@truncated_state.test(examples=20)
@given(unrollings())
@example(steps(2, 1))
@example(steps(0, 1))
def test_runs_the_cell_over_all_inputs(student, case):
    """the last h has the right value: cell(x, h) once for each x in turn; h0 and the inputs stay in their graphs"""
    seen, expected = look(student, case), expected_of(case)
    assert_close(seen["h"], expected["h"], name="the last h")
    assert_close(seen["losses"], expected["losses"], name="the losses that the cell took")
    assert_close(seen["flags"], expected["flags"], name="whether [h0, *xs] still are in their graphs")


@truncated_state.test(examples=25)
@given(unrollings())
@example(steps(2, 1))
@example(steps(2, 2))
@example(steps(5, 2))
@example(steps(0, 2))
def test_the_last_state_reaches_back_to_the_last_cut(student, case):
    """the last h reaches back to the last cut, to h0 where there is none (the cell here is h = u·h + x + x·h/2)"""
    seen, expected = look(student, case), expected_of(case)
    assert_close(seen["gradients of h"], expected["gradients of h"], name="the gradients of the last h")


@truncated_state.test(examples=25)
@given(unrollings(count=(1, 6)))
@example(steps(5, 2))
@example(steps(4, 1))
def test_every_state_reaches_back_to_the_cut_before_it(student, case):
    """losses that the cell takes on the way: each reaches back to the cut before it, and no further"""
    seen, expected = look(student, case), expected_of(case)
    name = "the gradients of all losses"
    assert_close(seen["gradients of losses"], expected["gradients of losses"], name=name)


def mistake(name, is_cut, hint):
    """Declare the loop that cuts before step k where is_cut(k, every)."""

    def wrong(cell, h0, xs, every):
        h = h0
        for k, x in enumerate(xs):
            h = cell(x, h.detach() if is_cut(k, every) else h)
        return h

    truncated_state.misconception(name, hint=hint, truncated_state=wrong)


mistake("the state is never cut", lambda k, every: False, "before some steps, put h.detach() in place of h")
mistake("the state is cut on every step", lambda k, every: k > 0, "only before every second step where every is 2")
mistake("h0 is cut too", lambda k, every: k % every == 0, "0 is a multiple of everything: leave step 0 out")
mistake(
    "h0 is cut too, and the state on every step",
    lambda k, every: True,
    "cut before k = every, 2·every, …, and never before step 0",
)
mistake(
    "the cut comes one step too late",
    lambda k, every: k > 1 and (k - 1) % every == 0,
    "steps count from 0: with every = 2 the first cut stands between step 1 and step 2",
)
mistake(
    "the cut comes one step too early",
    lambda k, every: k > 0 and (k + 1) % every == 0,
    "steps count from 0: with every = 2 the first cut stands between step 1 and step 2",
)
mistake(
    "the block is one step too long",
    lambda k, every: k > 0 and k % (every + 1) == 0,
    "every = 2 means two steps between cuts, so they stand before steps 2, 4, 6, …",
)
mistake(
    "the block is one step too short",
    lambda k, every: k > 0 and every > 1 and k % (every - 1) == 0,
    "every = 2 means two steps between cuts, so they stand before steps 2, 4, 6, …",
)
mistake("only the first cut is made", lambda k, every: k == every, "at 2·every, 3·every and so on there is a cut too")


@truncated_state.misconception(
    "only the last cut is made", hint="the losses taken on the way must not reach back over the earlier cuts either"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if 0 < k == (len(xs) - 1) // every * every:
            h = h.detach()
        h = cell(x, h)
    return h


@truncated_state.misconception(
    "the input is cut along with the state", hint="only the state is cut: x goes into the cell as it is"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        h = cell(x.detach(), h.detach()) if k and k % every == 0 else cell(x, h)
    return h


@truncated_state.misconception(
    "the last h is cut as well", hint="cut before a step, not after one: where no step follows, nothing is cut"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs, start=1):
        h = cell(x, h)
        if k % every == 0:
            h = h.detach()
    return h


@truncated_state.misconception(
    "the state is set back to h0 instead of cut", hint="the value goes on after a cut, only the graph ends: h.detach()"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        h = cell(x, h0 if k and k % every == 0 else h)
    return h


@truncated_state.misconception(
    "the state is set back to zeros instead of cut",
    hint="the value goes on after a cut, only the graph ends: h.detach()",
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        h = cell(x, torch.zeros_like(h) if k and k % every == 0 else h)
    return h


@truncated_state.misconception(
    "h0 is detached in place", hint="h0 belongs to the caller: leave step 0 out, and nothing happens to h0"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k % every == 0:
            h.detach_()
        h = cell(x, h)
    return h


@truncated_state.misconception(
    "the cell is called twice for each input", hint="call the cell once for each x, and keep what it returns"
)
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        if k and k % every == 0:
            h = h.detach()
        cell(x, h)
        h = cell(x, h)
    return h


@truncated_state.misconception("the cell gets its arguments in the wrong order", hint="the input first: cell(x, h)")
def _(cell, h0, xs, every):
    h = h0
    for k, x in enumerate(xs):
        h = cell(h.detach() if k and k % every == 0 else h, x)
    return h


@truncated_state.misconception(
    "the steps before the last cut are not recorded",
    hint="each step is recorded as usual, for the losses taken on the way; only the state is cut between them",
)
def _(cell, h0, xs, every):
    last = (len(xs) - 1) // every * every
    h = h0
    with torch.no_grad():
        for x in xs[:last]:
            h = cell(x, h)
    for x in xs[last:]:
        h = cell(x, h)
    return h
