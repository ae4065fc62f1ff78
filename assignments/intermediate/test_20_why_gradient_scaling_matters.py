"""Assignment 20 · Gradient scaling"""

from types import SimpleNamespace

import torch

from autograder import Task, assert_close, example, given, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/20_why_gradient_scaling_matters.py"
SHORT = (torch.float16, torch.bfloat16)

underflow_fraction = Task(
    "20.1",
    "underflow_fraction",
    points=3,
    minutes=10,
    hints=(
        "Of the entries 0, 1 and 10⁻⁹, which ones can underflow, and which ones do so in float16?",
        "Count the entries that are not zero, before and after .to(dtype), over all tensors together. "
        "The difference is what was lost.",
        "sum(gradient.count_nonzero().item() for gradient in gradients) is the first count; the second has "
        ".to(dtype) before count_nonzero(). Where the first is 0, so is the answer.",
    ),
    see=f"Where float16 ends below, in {LESSON}",
)

ROUNDED_TO_ZERO = {torch.float16: 2.0**-25, torch.bfloat16: 2.0**-134}  # at most half of the least number there is

# Around the edges of both, but never on them; the others are ordinary, very small, or too large for float16.
ENTRIES = (0.0, 1.0, 2.0**-27, -1.0, -(2.0**-27), 2.0**-18, -3.0, 0.75 * 2.0**-24, -0.75 * 2.0**-25, 2.0**-24)
ENTRIES += (100000.0, -(2.0**-60), 2.0**-130, 2.0**-133, 0.75 * 2.0**-133, -(2.0**-136), 2.0**-140)


@st.composite
def lists_of_gradients(draw, entries=ENTRIES, count=(0, 4)):
    """Lists of tensors of these entries, empty and 0-dim ones too."""
    shapes = draw(st.lists(st.sampled_from([(2,), (), (3,), (2, 2), (0,)]), min_size=count[0], max_size=count[1]))
    made = []
    for shape in shapes:
        size = torch.Size(shape).numel()
        values = draw(st.lists(st.sampled_from(entries), min_size=size, max_size=size))
        dtype = draw(st.sampled_from((torch.float64, torch.float32)))
        made.append(torch.tensor(values, dtype=dtype).reshape(shape))
    return made


def share_lost(gradients, dtype):
    """The share by the size of the numbers, without any conversion."""
    sizes = [abs(value) for gradient in gradients for value in gradient.flatten().tolist() if value]
    lost = [size for size in sizes if size <= ROUNDED_TO_ZERO[dtype]]
    return len(lost) / len(sizes) if sizes else 0.0


def entries(*values):
    """Two tensors: one with these values, and one with a 1."""
    return [torch.tensor(values, dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)]


@underflow_fraction.test(examples=40)
@given(lists_of_gradients(), st.sampled_from(SHORT))
@example(entries(2.0**-27), torch.float16)
@example(entries(2.0**-27), torch.bfloat16)
@example(entries(2.0**-20, 0.75 * 2.0**-24), torch.float16)
@example(entries(0.0, 2.0**-27), torch.float16)
@example(entries(-1.0, -(2.0**-27), 2.0), torch.float16)
@example(entries(100000.0), torch.float16)
def test_is_the_share_that_becomes_zero(student, gradients, dtype):
    """the share of the non-zero entries that become zero in float16 or bfloat16, all tensors together"""
    assert_close(student.underflow_fraction(gradients, dtype), share_lost(gradients, dtype), name="the fraction")


@underflow_fraction.test(examples=10)
@given(lists_of_gradients(entries=(0.0,), count=(0, 2)), st.sampled_from(SHORT))
@example([], torch.float16)
@example([torch.zeros(2)], torch.float16)
def test_is_zero_where_nothing_can_underflow(student, gradients, dtype):
    """0.0 where there is no entry but zeros, and where there is no entry at all"""
    assert_close(student.underflow_fraction(gradients, dtype), 0.0, name="the fraction")


def together(gradients):
    """All entries in one float64 vector."""
    return torch.cat([torch.zeros(0).double(), *(gradient.double().flatten() for gradient in gradients)])


def share(lost, base):
    return int(lost.sum()) / int(base.sum()) if base.any() else 0.0


@underflow_fraction.misconception(
    "zeros are counted in the base", hint="divide by the number of non-zero entries: what is zero cannot be lost"
)
def _(gradients, dtype):
    row = together(gradients)
    return share((row != 0) & (row.to(dtype) == 0), torch.ones_like(row))


@underflow_fraction.misconception(
    "entries that were zero before count as underflowed",
    hint="only an entry that is not zero can become zero: leave zeros out of both counts",
)
def _(gradients, dtype):
    row = together(gradients)
    return share(row.to(dtype) == 0, torch.ones_like(row))


@underflow_fraction.misconception(
    "finfo's tiny is taken for the limit",
    hint="below tiny come the subnormal numbers, which have fewer digits but are not zero: convert, and look",
)
def _(gradients, dtype):
    row = together(gradients)
    return share((row != 0) & (row.abs() < torch.finfo(dtype).tiny), row != 0)


@underflow_fraction.misconception(
    "the least subnormal number is taken for the limit",
    hint="conversion rounds to the nearest: what is over half of the least number becomes that number, not zero",
)
def _(gradients, dtype):
    row = together(gradients)
    return share((row != 0) & (row.abs() < 2 * ROUNDED_TO_ZERO[dtype]), row != 0)


@underflow_fraction.misconception(
    "the shares of the tensors are averaged", hint="count over all tensors first, and divide once, at the end"
)
def _(gradients, dtype):
    shares = [share((g != 0) & (g.to(dtype) == 0), g != 0) for g in gradients]
    return sum(shares) / len(shares) if shares else 0.0


@underflow_fraction.misconception(
    "negative entries are all taken for small", hint="the size of a number is its abs(): −3 is not near zero"
)
def _(gradients, dtype):
    row = together(gradients)
    return share((row != 0) & (row <= ROUNDED_TO_ZERO[dtype]), row != 0)


@underflow_fraction.misconception("it is the share that survives", hint="count those that become zero")
def _(gradients, dtype):
    row = together(gradients)
    return share(row.to(dtype) != 0, row != 0)


@underflow_fraction.misconception("dtype is ignored, and float16 taken", hint="convert with gradient.to(dtype)")
def _(gradients, dtype):
    row = together(gradients)
    return share((row != 0) & (row.half() == 0), row != 0)


@underflow_fraction.misconception(
    "it divides by zero where no entry is different from zero", hint="look at the count first: 0.0 is asked for there"
)
def _(gradients, dtype):
    row = together(gradients)
    return int(((row != 0) & (row.to(dtype) == 0)).sum()) / int((row != 0).sum())


scaled_gradients = Task(
    "20.2",
    "scaled_gradients",
    points=4,
    minutes=15,
    hints=(
        "What has to be large before backward begins, so that a small gradient is not lost on its way?",
        "torch.autograd.grad of loss · scale, which leaves .grad alone; None for an unused parameter becomes zeros; "
        "then look whether all entries of all gradients are finite; divide last.",
        "scaled = torch.autograd.grad(loss * scale, params, allow_unused=True); torch.zeros_like(parameter) for each "
        "None; where not all(gradient.isfinite().all() …) return None; else a list of gradient / scale.",
    ),
    see=f"Too much: inf and NaN, in {LESSON}",
)


@probe
def after_scaling(student, params, factors, scale, dtype, old_gradients):
    """The gradients that come back, and every .grad and flag afterwards.

    The loss is the sum of p·a·b over all entries, computed in `dtype`, for each p with its factors (a, b); no factors:
    the parameter is not used.
    """
    for p in params:
        p.requires_grad_()
        p.grad = torch.full_like(p, 0.5, requires_grad=False) if old_gradients else None
    terms = []
    for p, pair in zip(params, factors, strict=True):
        if pair is not None:
            a, b = (factor.to(dtype) for factor in pair)
            terms.append((p.to(dtype) * a * b).double().sum())
    gradients = student.scaled_gradients(sum(terms), params, scale)
    if isinstance(gradients, list | tuple):
        gradients = [g.detach().clone() if isinstance(g, torch.Tensor) else g for g in gradients]
    grads = [None if p.grad is None else p.grad.detach().clone() for p in params]
    return {"gradients": gradients, "grads": grads, "flags": [p.requires_grad and p.is_leaf for p in params]}


def unscaled(case):
    """The gradients, entry by entry in the short dtype from the scale on, or None."""
    found = []
    for p, pair in zip(case.params, case.factors, strict=True):
        if pair is None:
            found.append(torch.zeros_like(p))
            continue
        a, b = (factor.to(case.dtype) for factor in pair)
        found.append((torch.tensor(case.scale).to(case.dtype) * b * a).double())
    if not torch.cat([gradient.flatten() for gradient in found]).isfinite().all():
        return None
    return [gradient / case.scale for gradient in found]


SMALL = (2.0**-14, 1.0, -3 * 2.0**-12, 0.5, 2.0**-8)
LARGE = (256.0, -3.0, 2.0**-14, 1.0)
SCALES = (1024.0, 2.0**15, 64.0, 2.0**17, 1.0)


@st.composite
def passes(draw, scales=SCALES, large=LARGE, unused=1):
    """Cases with the arguments of after_scaling; unused: how many parameters may have no part in the loss."""
    shapes = draw(st.lists(st.sampled_from([(1,), (), (2,), (2, 1)]), min_size=1, max_size=3))
    used = draw(st.permutations([True] * len(shapes) + [False] * draw(st.integers(0, unused))))
    params, factors = [], []
    for is_used in used:
        shape = shapes[len(params) % len(shapes)]
        size = torch.Size(shape).numel()

        def tensor(table, shape=shape, size=size):
            values = draw(st.lists(st.sampled_from(table), min_size=size, max_size=size))
            return torch.tensor(values, dtype=torch.float64).reshape(shape)

        params.append(tensor((1.0, -2.0, 0.5)))
        factors.append((tensor((*SMALL, 0.0)), tensor((*SMALL, *large))) if is_used else None)
    scale, dtype = draw(st.sampled_from(scales)), draw(st.sampled_from((torch.float16, torch.float16, torch.bfloat16)))
    values = {"params": params, "factors": factors, "scale": scale, "dtype": dtype}
    return st.Case(**values, old_gradients=draw(st.booleans()))


def one_pass(*factors, scale=1024.0, old_gradients=False):
    """A case in float16 of parameters with one entry, with these factors a and b (None: unused)."""
    pairs = [None if pair is None else tuple(torch.tensor([f], dtype=torch.float64) for f in pair) for pair in factors]
    params = [torch.ones(1, dtype=torch.float64) for _ in factors]
    values = {"params": params, "factors": pairs, "scale": scale, "dtype": torch.float16}
    return st.Case(**values, old_gradients=old_gradients)


TINY = (2.0**-14, 2.0**-14)


def look(student, case):
    return student.run(after_scaling, **vars(case))


def check_gradients(student, case):
    assert_close(look(student, case)["gradients"], unscaled(case), name="gradients", rtol=0, atol=0)


@scaled_gradients.test(examples=25)
@given(passes(scales=SCALES[:3], large=(1.0,), unused=0))
@example(one_pass(TINY))
@example(one_pass((3.0, 0.5)))
def test_saves_small_gradients(student, case):
    """the gradients of the loss, also where they would be zero without the scale"""
    check_gradients(student, case)


@scaled_gradients.test(examples=40)
@given(passes())
@example(one_pass((1.0, 256.0)))
@example(one_pass((1.0, 1.0), (1.0, 256.0)))
@example(one_pass((0.0, 256.0)))
@example(one_pass((1.0, 1.0), None))
def test_is_none_where_one_overflows(student, case):
    """None where any scaled gradient holds inf or NaN; zeros for a parameter that is not used"""
    check_gradients(student, case)


@scaled_gradients.test(examples=15)
@given(passes())
@example(one_pass(TINY))
@example(one_pass((1.0, 256.0), old_gradients=True))
def test_leaves_grad_alone(student, case):
    """.grad of every parameter is what it was, None or an old gradient"""
    seen = look(student, case)
    old = [torch.full_like(p, 0.5) if case.old_gradients else None for p in case.params]
    assert_close(seen["grads"], old, name="the list of .grad afterwards", rtol=0, atol=0)
    assert all(seen["flags"]), "A parameter is no longer a leaf that requires gradients."


def grads_of(loss, params):
    found = torch.autograd.grad(loss, params, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(params, found, strict=True)]


def finite(gradients):
    return all(gradient.isfinite().all() for gradient in gradients)


@scaled_gradients.misconception("the gradients are not unscaled", hint="divide by the scale once backward is done")
def _(loss, params, scale):
    scaled = grads_of(loss * scale, params)
    return scaled if finite(scaled) else None


@scaled_gradients.misconception(
    "the loss is not scaled before backward",
    hint="what has become zero on its way stays zero: the scale belongs on the loss",
)
def _(loss, params, scale):
    gradients = grads_of(loss, params)
    return gradients if finite(gradients) else None


@scaled_gradients.misconception(
    "only the first gradient is checked", hint="look at all of them: one that is not finite spoils the step"
)
def _(loss, params, scale):
    scaled = grads_of(loss * scale, params)
    return [gradient / scale for gradient in scaled] if finite(scaled[:1]) else None


@scaled_gradients.misconception(
    "NaN goes unnoticed", hint="an inf that meets a zero is NaN, which isinf does not see; isfinite sees both"
)
def _(loss, params, scale):
    scaled = grads_of(loss * scale, params)
    return None if any(g.isinf().any() for g in scaled) else [gradient / scale for gradient in scaled]


@scaled_gradients.misconception("inf goes unnoticed", hint="isnan does not see inf; isfinite sees both")
def _(loss, params, scale):
    scaled = grads_of(loss * scale, params)
    return None if any(g.isnan().any() for g in scaled) else [gradient / scale for gradient in scaled]


@scaled_gradients.misconception("overflow is not looked for", hint="return None where any entry is inf or NaN")
def _(loss, params, scale):
    return [gradient / scale for gradient in grads_of(loss * scale, params)]


@scaled_gradients.misconception(
    "only the gradients that overflowed are None",
    hint="None stands for the whole list: all of the step is left out",
)
def _(loss, params, scale):
    return [gradient / scale if finite([gradient]) else None for gradient in grads_of(loss * scale, params)]


@scaled_gradients.misconception(
    "an unused parameter has None in the list", hint="its gradient is zero: torch.zeros_like(parameter)"
)
def _(loss, params, scale):
    scaled = torch.autograd.grad(loss * scale, params, allow_unused=True)
    return [g if g is None else g / scale for g in scaled] if finite(g for g in scaled if g is not None) else None


@scaled_gradients.misconception(
    "unused parameters are not allowed for", hint="torch.autograd.grad raises there, unless it gets allow_unused=True"
)
def _(loss, params, scale):
    scaled = torch.autograd.grad(loss * scale, params)
    return [gradient / scale for gradient in scaled] if finite(scaled) else None


@scaled_gradients.misconception(
    "the gradients pass through .grad, on top of those that were there",
    hint="backward() adds to .grad; torch.autograd.grad hands gradients back and touches nothing",
)
def _(loss, params, scale):
    (loss * scale).backward()
    scaled = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in params]
    return [gradient / scale for gradient in scaled] if finite(scaled) else None


@scaled_gradients.misconception(
    "the .grad of the parameters is cleared and used",
    hint="what lies in .grad belongs to somebody else: torch.autograd.grad hands gradients back and touches nothing",
)
def _(loss, params, scale):
    for p in params:
        p.grad = None
    (loss * scale).backward()
    scaled = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in params]
    return [gradient / scale for gradient in scaled] if finite(scaled) else None


@scaled_gradients.misconception(
    "the .grad of the parameters is None afterwards",
    hint="what lay in .grad belongs to somebody else: torch.autograd.grad hands gradients back and touches nothing",
)
def _(loss, params, scale):
    for p in params:
        p.grad = None
    scaled = grads_of(loss * scale, params)
    return [gradient / scale for gradient in scaled] if finite(scaled) else None


loss_scaler = Task(
    "20.3",
    "LossScaler",
    points=3,
    minutes=15,
    hints=(
        "With an interval of 2, what happens after good, overflow, good, good?",
        "Keep a count of good steps. An overflow shrinks the scale and sets the count to 0. A good step raises the "
        "count; when it reaches the interval, the scale grows (if float32 can hold it) and the count is 0 again.",
        "if found_inf: self.scale = self.backoff_factor * self.scale; self.good_steps = 0. Otherwise one more; where "
        "that is self.growth_interval: grown = …, taken only if it is less than 2.0**128; then self.good_steps = 0.",
    ),
    see=f"A scale that finds its own size, in {LESSON}",
)


@probe
def scales_after(student, settings, events):
    """The scale after each event, which says whether there was an overflow; plain numbers as floats."""
    scaler = student.LossScaler(**settings)
    seen = []
    for found_inf in events:
        scaler.update(found_inf)
        number = type(scaler.scale) is int or (isinstance(scaler.scale, torch.Tensor) and scaler.scale.numel() == 1)
        seen.append(float(scaler.scale) if number else scaler.scale)
    return seen


def torchs_scales(settings, events):
    """The scales of torch.amp.GradScaler, which looks for overflow in one gradient."""
    names = settings | {"init_scale": settings["scale"]}
    scaler = torch.amp.GradScaler("cpu", **{name: value for name, value in names.items() if name != "scale"})
    parameter = torch.zeros((), requires_grad=True)
    optimizer = SimpleNamespace(param_groups=[{"params": [parameter]}])
    scaler.scale(torch.ones(()))
    seen = []
    for found_inf in events:
        parameter.grad = torch.tensor(float("inf") if found_inf else 1.0)
        scaler.unscale_(optimizer)
        scaler.update()
        seen.append(scaler.get_scale())
    return seen


def settings(powers, intervals=(1, 4)):
    """What a scaler is made with; it begins with 2 to one of these powers."""
    return st.fixed_dictionaries(
        {
            "scale": st.sampled_from([2.0**power for power in powers]),
            "growth_factor": st.sampled_from((2.0, 4.0)),
            "backoff_factor": st.sampled_from((0.5, 0.25, 0.125)),
            "growth_interval": st.integers(*intervals),
        }
    )


def made_with(scale, growth_interval):
    return {"scale": scale, "growth_factor": 2.0, "backoff_factor": 0.25, "growth_interval": growth_interval}


def events(least, most, kinds=(False, False, True)):
    return st.lists(st.sampled_from(kinds), min_size=least, max_size=most)


def check_scales(student, settings, events):
    claimed = student.run(scales_after, settings, events)
    assert_close(claimed, torchs_scales(settings, events), name="the list of scales", rtol=0, atol=0)


@loss_scaler.test(examples=40)
@given(settings((10, 0, 16, 3)), events(1, 16))
@example(made_with(16.0, 1), [False])
@example(made_with(16.0, 1), [True])
@example(made_with(16.0, 2), [False, False, False])
@example(made_with(16.0, 2), [False, True, False])
def test_does_what_torchs_scaler_does(student, settings, events):
    """after each update the scale is that of torch.amp.GradScaler; events tell which steps overflowed"""
    check_scales(student, settings, events)


@loss_scaler.test(examples=20)
@given(settings((126, 127, 125, 124), intervals=(1, 2)), events(1, 8, kinds=(False, False, False, False, True)))
@example(made_with(2.0**126, 1), [False])
@example(made_with(2.0**127, 1), [False])
def test_does_not_grow_past_float32(student, settings, events):
    """where the grown scale is too large for float32, the scale stays as it is"""
    check_scales(student, settings, events)


@loss_scaler.test(examples=15)
@given(settings((0, 2, -8)), events(1, 12, kinds=(True, True, True, False)))
@example(made_with(1.0, 2), [True])
def test_has_no_least_scale(student, settings, events):
    """the scale shrinks at each overflow, also below 1"""
    check_scales(student, settings, events)


class Written:
    """LossScaler as a student may write it; the mistakes below change one thing each."""

    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        self.scale, self.growth, self.backoff, self.interval = scale, growth_factor, backoff_factor, growth_interval
        self.count = 0

    def update(self, found_inf):
        if found_inf:
            self.shrink()
        else:
            self.count += 1
            self.after_good_step()

    def shrink(self):
        self.scale *= self.backoff
        self.count = 0

    def after_good_step(self):
        if self.count == self.interval:
            self.grow()
            self.count = 0

    def grow(self):
        if self.scale * self.growth < 2.0**128:
            self.scale *= self.growth


@loss_scaler.misconception(
    "the interval is not reset after an overflow", hint="good steps count in a row: an overflow sets the count to 0"
)
class _(Written):
    def shrink(self):
        self.scale *= self.backoff


@loss_scaler.misconception(
    "the count is not reset after growth", hint="after each growth a whole interval of good steps is needed again"
)
class _(Written):
    def after_good_step(self):
        if self.count >= self.interval:
            self.grow()


@loss_scaler.misconception(
    "the count runs on past the interval, and there is only one growth",
    hint="after each growth the count is 0 again, or it never equals the interval a second time",
)
class _(Written):
    def after_good_step(self):
        if self.count == self.interval:
            self.grow()


@loss_scaler.misconception(
    "the scale grows past float32",
    hint="grow only where the product is less than 2¹²⁸: float32 ends there",
)
class _(Written):
    def grow(self):
        self.scale *= self.growth


@loss_scaler.misconception(
    "the scale is cut to float32's largest number",
    hint="where float32 cannot hold the product, the scale stays as it is, a power of two",
)
class _(Written):
    def grow(self):
        self.scale = min(self.scale * self.growth, torch.finfo(torch.float32).max)


@loss_scaler.misconception("the scale is kept at 1 or above", hint="the scale has no least value, and 1 is none")
class _(Written):
    def shrink(self):
        super().shrink()
        self.scale = max(self.scale, 1.0)


@loss_scaler.misconception(
    "the scale grows one step too late", hint="growth comes with the good step that makes the interval full"
)
class _(Written):
    def after_good_step(self):
        if self.count > self.interval:
            self.grow()
            self.count = 0


@loss_scaler.misconception(
    "the scale grows at every good step", hint="it takes growth_interval good steps in a row for one growth"
)
class _(Written):
    def after_good_step(self):
        self.grow()


@loss_scaler.misconception(
    "all steps count, also those that overflowed", hint="an overflow sets the count of good steps to 0"
)
class _(Written):
    def shrink(self):
        self.scale *= self.backoff
        self.count = (self.count + 1) % self.interval


@loss_scaler.misconception(
    "the two factors are exchanged", hint="an overflow makes the scale smaller, good steps make it larger"
)
class _(Written):
    def __init__(self, scale, growth_factor, backoff_factor, growth_interval):
        super().__init__(scale, backoff_factor, growth_factor, growth_interval)
