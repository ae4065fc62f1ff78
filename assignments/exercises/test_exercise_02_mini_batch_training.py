"""Exercise 2 · Training in mini-batches"""

from collections import Counter
from functools import partial
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import torch

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

REGRESSION = "lessons/beginner/05_complete_linear_regression.py"

shuffled_batches = Task(
    "E2.1",
    "minibatches",
    points=3,
    minutes=15,
    hints=(
        "If x and y are shuffled one after the other, how do you know that the rows still belong together?",
        "Draw one random order of the indices 0 … n − 1 from the generator. Cut that order into pieces of batch_size, "
        "and pick from x and from y with the same piece.",
        "order = torch.randperm(len(x), generator=generator); for start in range(0, end, batch_size): "
        "yield x[order[start : start + batch_size]] and the same of y, where end depends on drop_last.",
    ),
)


@probe
def one_pass(student, x, y, batch_size, drop_last, seed):
    """The batches of one pass, and x and y as they are afterwards."""
    generator = torch.Generator().manual_seed(seed)
    options = {"drop_last": True} if drop_last else {}
    batches = [tuple(pair) for pair in student.minibatches(x, y, batch_size, generator, **options)]
    return batches, x, y


def data(n=(1, 9), outputs=None):
    """Cases of n samples x (n, d), no two of them alike, and y, (n,) or (n, o)."""
    unique = {"as_tensor": True, "unique": True}
    return st.one_of(
        [st.cases(sizes={"n": n}, x=st.field("n d", **unique), y=st.field(dims, **unique)) for dims in ("n", "n o")]
    )


def numbered(n):
    """A case of n samples x = [[0], [1], …] whose y is ten times as much."""
    rows = torch.arange(n, dtype=torch.float64)
    return st.Case(x=rows[:, None], y=10 * rows)


def inputs_of(batches):
    """The x of each batch."""
    found = []
    for k, batch in enumerate(batches):
        assert len(batch) == 2, f"batch {k} is not a pair (x, y) but has {len(batch)} parts."
        assert type(batch[0]) is torch.Tensor, f"x of batch {k} is not a tensor."
        assert batch[0].ndim == 2, f"x of batch {k} has shape {tuple(batch[0].shape)}; a batch of rows is asked for."
        found.append(batch[0])
    return found


def places(batches, x):
    """Which samples the batches hold, by their row in x."""
    rows = {tuple(row): k for k, row in enumerate(x.tolist())}
    found = []
    for k, inputs in enumerate(inputs_of(batches)):
        for row in inputs.tolist():
            assert tuple(row) in rows, f"batch {k} holds {row}, which is no row of x."
            found.append(rows[tuple(row)])
    return found


def check_data(batches, x, y):
    """The batches hold rows of x and as many of y, in all no more than there are: steps on them are steps on the data.

    The rest is asked in E2.1 alone, so that what is wrong there costs no points of train.
    """
    inputs = inputs_of(batches)
    for rows, targets in zip(inputs, (batch[1] for batch in batches), strict=True):
        shape = tuple(targets.shape) if type(targets) is torch.Tensor else None
        assert shape == (len(rows), *y.shape[1:]), "minibatches gives no row of y for each row of x; see E2.1."
        for some, whole, name in ((rows, x, "x"), (targets, y, "y")):
            known = set(map(tuple, whole.tolist()))
            assert known.issuperset(map(tuple, some.tolist())), f"minibatches gives rows not in {name}; see E2.1."
    assert sum(map(len, inputs)) <= len(x), "minibatches gives more samples than there are in x; see E2.1."


def sizes_of(n, batch_size, drop_last):
    whole, rest = divmod(n, batch_size)
    return [batch_size] * whole + [rest] * (rest > 0 and not drop_last)


SIZES = st.integers(1, 10)
SEEDS = st.integers(0, 99)


@shuffled_batches.test(examples=30)
@given(data(), SIZES, st.booleans(), SEEDS)
@example(numbered(5), 2, False, 0)
@example(numbered(5), 2, True, 0)
@example(numbered(4), 2, True, 0)
@example(numbered(2), 3, False, 0)
@example(numbered(2), 3, True, 0)
def test_cuts_into_batches(student, data, batch_size, drop_last, seed):
    """all batches have batch_size samples but perhaps the last, which drop_last leaves out"""
    batches, _, _ = student.run(one_pass, data.x, data.y, batch_size, drop_last, seed)
    claimed = [len(inputs) for inputs in inputs_of(batches)]
    assert_close(claimed, sizes_of(len(data.x), batch_size, drop_last), name="the list of batch sizes")


@shuffled_batches.test(examples=30)
@given(data(), SIZES, st.booleans(), SEEDS)
@example(numbered(3), 2, False, 0)
@example(numbered(5), 2, True, 0)
def test_holds_each_sample_once(student, data, batch_size, drop_last, seed):
    """each sample is in one batch, once; with drop_last some are in none, and none is there twice"""
    batches, _, _ = student.run(one_pass, data.x, data.y, batch_size, drop_last, seed)
    found, n = places(batches, data.x), len(data.x)
    if drop_last:
        assert len(set(found)) == len(found), f"the rows {found} are in the batches; none may be there twice."
        assert len(found) == n - n % batch_size, f"{len(found)} samples are in the batches, not {n - n % batch_size}."
    else:
        assert_close(sorted(found), list(range(n)), name="the list of all rows in the batches, sorted")


@shuffled_batches.test(examples=30)
@given(data(), SIZES, SEEDS)
@example(numbered(3), 3, 0)
@example(numbered(4), 2, 1)
def test_keeps_pairs_together(student, data, batch_size, seed):
    """the rows of x and of y in a batch belong to the same samples; x and y themselves stay as they were"""
    batches, x, y = student.run(one_pass, data.x, data.y, batch_size, False, seed)
    found = places(batches, data.x)
    assert_close((x, y), (data.x, data.y), name="(x, y) afterwards", rtol=0, atol=0)
    for batch in batches:
        mine, found = found[: len(batch[0])], found[len(batch[0]) :]
        assert_close(batch[1], data.y[mine], name=f"y beside the rows {mine} of x", rtol=0, atol=0)


@probe
def orders_in_runs(student, n, batch_size, seed, use_global, runs):
    """The order of the samples in each pass, run by run; before a run the generator gets the state it began with."""
    x = torch.arange(n, dtype=torch.float64)[:, None]
    generator = torch.default_generator if use_global else torch.Generator()
    generator.manual_seed(seed)
    began = generator.get_state()
    orders = []
    for number, passes in enumerate(runs):
        generator.set_state(began)
        orders.append([])
        for k in range(passes):
            if not use_global:
                torch.manual_seed(10 * number + k)
            pairs = student.minibatches(x, x, batch_size, *([] if use_global else [generator]))
            orders[-1].append([int(row) for rows, _ in pairs for row in rows.flatten().tolist()])
    return orders


def check_orders(student, n, batch_size, seed, use_global, runs):
    """The first passes of all runs have equal orders, and so have the second ones."""
    orders = student.run(orders_in_runs, n, batch_size, seed, use_global, runs)
    longest = max(orders, key=len)
    for each in orders:
        assert_close(each, longest[: len(each)], name="[first order, …] when the generator's state is back")
    assert longest[0] != longest[1], f"two passes with one generator have the same order, {longest[0]}."
    assert longest[0] != list(range(n)), "the samples come in the order they have in x."


MANY = st.integers(15, 20)  # so many that two orders are equal once in 10¹² times
RUNS = st.sampled_from([[2, 2], [1, 2], [2, 1, 2], [1, 1, 3], [3, 2]])  # passes in each: no counting tells a first one


@shuffled_batches.test(examples=10)
@given(MANY, st.integers(1, 20), SEEDS, RUNS)
@example(15, 15, 0, [2, 2])
def test_takes_random_numbers_from_the_generator(student, n, batch_size, seed, runs):
    """equal states of the generator give equal orders, whatever the global one does; the next pass has another order"""
    check_orders(student, n, batch_size, seed, use_global=False, runs=runs)


@shuffled_batches.test(examples=10)
@given(MANY, st.integers(1, 20), SEEDS, RUNS)
@example(15, 15, 0, [2, 2])
def test_takes_them_from_the_global_generator(student, n, batch_size, seed, runs):
    """without a generator torch's global one is used: equal states of it give equal orders"""
    check_orders(student, n, batch_size, seed, use_global=True, runs=runs)


@probe
def counted(student, n, batch_size, drop_last, passes):
    """How often each way to cut the samples into batches came up, in so many passes with one generator."""
    x = torch.arange(n, dtype=torch.float64)[:, None]
    generator = torch.Generator().manual_seed(2024)
    counts = {}
    for _ in range(passes):
        pairs = student.minibatches(x, x, batch_size, generator, drop_last)
        order = tuple(tuple(map(int, rows.flatten().tolist())) for rows, _ in pairs)
        counts[order] = counts.get(order, 0) + 1
    return counts


def check_uniform(counts, cases, what, bound):
    """Pearson's χ² of the counts of all `cases` is below `bound`, which a right answer passes but once in 10⁹ times."""
    passes = sum(counts.values())
    even = passes / len(cases)
    rare, often = (pick(cases, key=lambda case: counts.get(case, 0)) for pick in (min, max))
    assert sum((counts.get(case, 0) - even) ** 2 for case in cases) / even < bound, (
        f"not all are equally likely: in {passes} passes {what} {rare} came up {counts.get(rare, 0)} times and {often} "
        f"{counts.get(often, 0)} times; about {even:.0f} are expected."
    )


@shuffled_batches.test
def test_all_orders_are_equally_likely(student):
    """every order of the samples is as likely as every other"""
    counts = Counter()
    for batches, times in student.run(counted, 4, 2, False, 4800).items():
        counts[sum(batches, ())] += times
    check_uniform(counts, list(permutations(range(4))), "over 4 samples the order", bound=90)


@shuffled_batches.test
def test_every_sample_may_be_left_out(student):
    """the samples that drop_last leaves out are random too"""
    counts = Counter()
    for batches, times in student.run(counted, 5, 2, True, 500).items():
        for left_out in set(range(5)) - set(sum(batches, ())):
            counts[left_out] += times
    assert counts, "in batches of 2 from 5 samples no sample is left out."
    check_uniform(counts, list(range(5)), "over 5 samples in batches of 2, without number", bound=49)


def cut(x, y, order_x, order_y, batch_size, end):
    for start in range(0, end, batch_size):
        stop = start + batch_size
        yield x[order_x[start:stop]], y[order_y[start:stop]]


def minibatches(x, y, batch_size, generator=None, drop_last=False, order=None):
    """Batches as they should be, or in another order."""
    n = len(x)
    order = torch.randperm(n, generator=generator) if order is None else order
    return cut(x, y, order, order, batch_size, n - n % batch_size if drop_last else n)


@shuffled_batches.misconception(
    "x and y are shuffled apart", hint="draw one order and pick from both with it, or the pairs are torn"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    n = len(x)
    order_x, order_y = (torch.randperm(n, generator=generator) for _ in range(2))
    return cut(x, y, order_x, order_y, batch_size, n - n % batch_size if drop_last else n)


@shuffled_batches.misconception("only x is shuffled", hint="pick from y with the same order, or the pairs are torn")
def _(x, y, batch_size, generator=None, drop_last=False):
    n = len(x)
    order = torch.randperm(n, generator=generator)
    return cut(x, y, order, torch.arange(n), batch_size, n - n % batch_size if drop_last else n)


@shuffled_batches.misconception(
    "samples are shuffled inside their batch only",
    hint="samples that are neighbours in x must not always share a batch: shuffle first, then cut",
)
def _(x, y, batch_size, generator=None, drop_last=False):
    pieces = torch.arange(len(x)).split(batch_size)
    pieces = [piece[torch.randperm(len(piece), generator=generator)] for piece in pieces]
    return minibatches(x, y, batch_size, None, drop_last, torch.cat(pieces))


@shuffled_batches.misconception(
    "the last batch is lost", hint="where n is no multiple of batch_size the rest is a batch too, unless drop_last"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    return minibatches(x, y, batch_size, generator, True)


@shuffled_batches.misconception("drop_last is ignored", hint="with drop_last a smaller last batch is left out")
def _(x, y, batch_size, generator=None, drop_last=False):
    return minibatches(x, y, batch_size, generator)


@shuffled_batches.misconception(
    "with drop_last a last batch of full size is left out too", hint="only a last batch that is smaller is left out"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    pairs = list(minibatches(x, y, batch_size, generator))
    return pairs[:-1] if drop_last else pairs


@shuffled_batches.misconception("nothing is shuffled", hint="the order comes from torch.randperm and the generator")
def _(x, y, batch_size, generator=None, drop_last=False):
    return minibatches(x, y, batch_size, generator, drop_last, torch.arange(len(x)))


@shuffled_batches.misconception(
    "the generator is ignored", hint="pass it on: torch.randperm(n, generator=generator); None means the global one"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    return minibatches(x, y, batch_size, None, drop_last)


@shuffled_batches.misconception(
    "the generator is seeded anew in each pass",
    hint="draw from the generator as it is; a seed of your own gives the same order in every pass",
)
def _(x, y, batch_size, generator=None, drop_last=False):
    seed = torch.initial_seed() if generator is None else generator.initial_seed()
    return minibatches(x, y, batch_size, torch.Generator().manual_seed(seed), drop_last)


@shuffled_batches.misconception(
    "the order of the batches is shuffled, not that of the samples",
    hint="samples that are neighbours in x must not always share a batch: shuffle first, then cut",
)
def _(x, y, batch_size, generator=None, drop_last=False):
    batches = list(minibatches(x, y, batch_size, None, drop_last, torch.arange(len(x))))
    return [batches[k] for k in torch.randperm(len(batches), generator=generator)]


@shuffled_batches.misconception(
    "samples are drawn with replacement", hint="each sample belongs into one batch, once: randperm, not randint"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    order = torch.randint(len(x), (len(x),), generator=generator)
    return minibatches(x, y, batch_size, None, drop_last, order)


@shuffled_batches.misconception(
    "the samples left out are always the same", hint="shuffle all n samples first, then leave out the end of that order"
)
def _(x, y, batch_size, generator=None, drop_last=False):
    kept = len(x) - len(x) % batch_size if drop_last else len(x)
    return minibatches(x, y, batch_size, None, drop_last, torch.randperm(kept, generator=generator))


training = Task(
    "E2.2",
    "train",
    points=4,
    minutes=20,
    hints=(
        "A batch of 4 with mean loss 1, then a batch of 1 with loss 6: what do five samples have on average?",
        "For each epoch call minibatches once; for each batch: loss, clear, backward, step. Add up loss·(size of the "
        "batch) and divide by the number of samples at the end of the epoch.",
        "for inputs, targets in minibatches(x, y, batch_size, generator): …; total += loss.item() * len(inputs); after "
        "the batches: history.losses.append(total / len(x)).",
    ),
    see=f"Epoch after epoch, in {REGRESSION}",
)


@probe
def trained(student, model, x, y, batch_size, lr, epochs, seed, old_gradients):
    """The losses and the parameters after training, and the batches that an equal generator gives."""
    for parameter in model.parameters():
        if old_gradients and parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, 3.0)
    history = student.train(model, x, y, batch_size, lr, epochs, torch.Generator().manual_seed(seed))
    seen = {"losses": history.losses}
    seen["parameters"] = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    generator = torch.Generator().manual_seed(seed)
    seen["batches"] = [[*map(tuple, student.minibatches(x, y, batch_size, generator))] for _ in range(epochs)]
    return seen


def after(module, epochs, lr):
    """The losses of these epochs (lists of batches), and the parameters after them."""
    losses = []
    free = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for batches in epochs:
        total, samples = 0.0, 0
        for x, y in batches:
            loss = (module(x) - y).square().mean()
            for parameter, gradient in zip(free, torch.autograd.grad(loss, free), strict=True):
                parameter.data.sub_(gradient, alpha=lr)
            total, samples = total + loss.item() * len(x), samples + len(x)
        assert samples, "minibatches gives no samples, so there is nothing to train with; see E2.1."
        losses.append(total / samples)
    return losses, {name: parameter.detach() for name, parameter in module.named_parameters()}


@st.composite
def trainings(draw, epochs=(1, 3)):
    """Cases of a model, data for it, and all else that train needs."""
    model = draw(st.models("linear", "mlp", "frozen", layers=(1, 2), activation="tanh"))
    n, batch_size = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    x, y = (draw(st.tensors(n, size, limit=1.0)) for size in (model.sizes[0], model.sizes[-1]))
    lr, count = draw(st.sampled_from((0.125, 0.0625, 0.1))), draw(st.integers(*epochs))
    values = {"model": model, "x": x, "y": y, "batch_size": batch_size, "lr": lr, "epochs": count}
    return st.Case(**values, seed=draw(SEEDS), old_gradients=draw(st.booleans()))


def line(n, batch_size, epochs, old_gradients=False):
    """A case of a linear model on n points."""
    rows = torch.arange(n, dtype=torch.float64)[:, None] / 4
    values = {"model": models.Model("linear", (1, 1), 1), "x": rows, "y": 1 - rows, "batch_size": batch_size}
    return st.Case(**values, lr=0.125, epochs=epochs, seed=0, old_gradients=old_gradients)


def look(student, case):
    """What `trained` saw, with the losses and the parameters that are expected."""
    seen = student.run(trained, **vars(case))
    for batches in seen["batches"]:
        check_data(batches, case.x, case.y)
    return seen, *after(case.model.build(), seen["batches"], case.lr)


@training.test(examples=20)
@given(trainings())
@example(line(2, 1, 1))
@example(line(1, 1, 1, old_gradients=True))
@example(line(3, 2, 2))
def test_steps_with_each_batch(student, case):
    """each batch makes one step of gradient descent, on which gradients from before have no influence"""
    seen, _, parameters = look(student, case)
    assert_close(seen["parameters"], parameters, name="the parameters after training")


@training.test(examples=20)
@given(trainings(epochs=(0, 3)))
@example(line(3, 2, 1))
@example(line(2, 2, 0))
def test_tells_the_mean_over_the_samples(student, case):
    """the loss of an epoch is the mean over its samples, each batch measured before its step"""
    seen, losses, _ = look(student, case)
    assert_close(seen["losses"], losses, name="the list of losses")


def fit(
    model, x, y, batch_size, lr, epochs, generator, *, loss_of=None, clear=True, first_clear=True,
    clear_after=False, once=False, whole=False, handed=True, drop_last=False, summed=False, loss_after=False,
):  # fmt: skip
    """train, and what becomes of it where one thing is done in another way.

    loss_of: the loss of an epoch, from the losses of its batches and their sizes.
    """
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    history, kept = SimpleNamespace(losses=[]), None
    for parameter in free if first_clear else ():
        parameter.grad = None
    for _ in range(epochs):
        batches = kept or list(minibatches(x, y, batch_size, generator if handed else None, drop_last))
        kept = batches if once else None
        losses, sizes = [], []
        for inputs, targets in [(x, y)] if whole else batches:
            for parameter in free if clear else ():
                parameter.grad = None
            squares = (model(inputs) - targets) ** 2
            loss = squares.sum() if summed else squares.mean()
            loss.backward()
            with torch.no_grad():
                for parameter in free:
                    parameter -= lr * parameter.grad
                    parameter.grad = None if clear_after else parameter.grad
                if loss_after:
                    loss = ((model(inputs) - targets) ** 2).mean()
            losses.append(loss.item())
            sizes.append(len(inputs))
        if loss_of == "batch_size":
            history.losses.append(batch_size * sum(losses) / len(x))
        elif loss_of == "whole":
            history.losses.append(((model(x) - y) ** 2).mean().item())
        else:
            history.losses.append((loss_of or mean_over_samples)(losses, sizes))
    return history


def mean_over_samples(losses, sizes):
    return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / max(1, sum(sizes))


def mean_over_batches(losses, sizes):
    return sum(losses) / max(1, len(losses))


def mistake(name, hint, **changes):
    """Declare a train that does one thing in another way; minibatches is the right one."""
    training.misconception(name, hint=hint, train=partial(fit, **changes), minibatches=minibatches)


mistake(
    "the loss of an epoch is the plain mean over its batches",
    "a last batch of 1 must not count as much as a batch of 4: weight each loss with the size of its batch",
    loss_of=mean_over_batches,
)
mistake(
    "the losses of an epoch are added up, not averaged",
    "divide the sum of loss·size by the number of samples",
    loss_of=lambda losses, sizes: sum(losses),
)
mistake(
    "the losses are weighted with the batch sizes, but not divided by the number of samples",
    "divide the sum of loss·size by the number of samples",
    loss_of=lambda losses, sizes: sum(loss * size for loss, size in zip(losses, sizes, strict=True)),
)
mistake(
    "the losses added up are divided by the number of samples",
    "the loss of a batch is a mean already: multiply it by the size of the batch first",
    loss_of=lambda losses, sizes: sum(losses) / sum(sizes),
)
mistake(
    "each loss is weighted with batch_size, the last one too",
    "the last batch may be smaller: weight with len(inputs)",
    loss_of="batch_size",
)
mistake(
    "the loss of an epoch is that of its last batch",
    "all samples of the epoch count",
    loss_of=lambda losses, sizes: losses[-1],
)
mistake(
    "each batch is measured after its step",
    "the loss of the forward pass that makes the step is the one to keep",
    loss_after=True,
)
mistake(
    "the loss of an epoch is measured at its end, on all samples",
    "measure each batch before its step, and take the mean over the samples",
    loss_of="whole",
)
mistake("the gradients are never cleared", "clear them for each batch", clear=False, first_clear=False)
mistake(
    "gradients from before take part in the first step",
    "something may lie in .grad before the training: clear before each backward, not after the step",
    clear=False,
    first_clear=False,
    clear_after=True,
)
mistake("the gradients of all batches pile up", "clear them for each batch, not once", clear=False)
mistake("the batches are drawn once for all epochs", "call minibatches anew in each epoch, for a new order", once=True)
mistake("each epoch makes one step on all the data", "each batch makes a step of its own", whole=True)
mistake("the generator is not given to minibatches", "pass it on: minibatches(…, generator)", handed=False)
mistake("the last batch is left out", "train drops nothing: leave drop_last at False", drop_last=True)
mistake("the sum is taken for the mean", "the loss of a batch is the mean over all its entries", summed=True)

comparison = Task(
    "E2.3",
    "compare_batch_sizes",
    "plot_comparison",
    points=3,
    minutes=20,
    hints=(
        "When the second size begins to train, what has the first one changed? Does make_model() give the same twice?",
        "Call make_model once and train a deep copy for each size, with a torch.Generator newly seeded for each. In "
        "the picture, each line has a label with its number, and legend() shows the labels.",
        "train(copy.deepcopy(start), …, torch.Generator().manual_seed(seed)) for each size; then axes.plot(epochs, "
        'history.losses, label=f"batch size {size}"), set_xlabel, set_ylabel, legend, and return the figure.',
    ),
    see=f"Three learning rates, in {REGRESSION}",
)


@probe
def compared(student, x, y, batch_sizes, lr, epochs, seed):
    """The losses by batch size, the weights of every model that was made, and the batches that belong to each size."""
    made = []

    def make_model():
        layers = torch.nn.Linear(x.shape[1], 2), torch.nn.Tanh(), torch.nn.Linear(2, y.shape[1])
        model = torch.nn.Sequential(*layers).double()
        made.append([parameter.detach().clone() for parameter in model.parameters()])
        return model

    options = {} if seed == 0 else {"seed": seed}
    histories = student.compare_batch_sizes(make_model, x, y, list(batch_sizes), lr, epochs, **options)
    batches = {}
    for size in batch_sizes:
        generator = torch.Generator().manual_seed(seed)
        batches[size] = [[*map(tuple, student.minibatches(x, y, size, generator))] for _ in range(epochs)]
    losses = {size: history.losses for size, history in histories.items()}
    return {"losses": losses, "made": made, "batches": batches}


def two_layers(weights):
    """The model of `compared` with these weights."""
    layers = torch.nn.Linear(weights[0].shape[1], 2), torch.nn.Tanh(), torch.nn.Linear(2, len(weights[3]))
    model = torch.nn.Sequential(*layers).double()
    for parameter, values in zip(model.parameters(), weights, strict=True):
        parameter.data = values.clone()
    return model


@st.composite
def comparisons(draw):
    """Cases of data and some different batch sizes."""
    n, inputs, outputs = draw(st.integers(2, 6)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    x, y = (draw(st.tensors(n, size, limit=1.0)) for size in (inputs, outputs))
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True))
    return st.Case(x=x, y=y, batch_sizes=sizes, lr=0.1, epochs=draw(st.integers(1, 3)), seed=draw(st.integers(0, 9)))


def points(batch_sizes, epochs=1, seed=0):
    """A comparison on four points."""
    rows = torch.arange(4, dtype=torch.float64)[:, None] / 4
    return st.Case(x=rows, y=1 - rows, batch_sizes=batch_sizes, lr=0.1, epochs=epochs, seed=seed)


@comparison.test(examples=20)
@given(comparisons())
@example(points([2]))
@example(points([1, 2]))
@example(points([2, 1], epochs=2, seed=5))
def test_trains_each_size_from_the_same_weights(student, case):
    """train (E2.2) is run for every batch size from the same weights of make_model, with a generator seeded alike"""
    seen = student.run(compared, **vars(case))
    assert seen["made"], "make_model was not called."
    for epochs in seen["batches"].values():
        for batches in epochs:
            check_data(batches, case.x, case.y)
    failures = []
    for weights in seen["made"]:
        right = {size: after(two_layers(weights), epochs, case.lr)[0] for size, epochs in seen["batches"].items()}
        try:
            assert_close(seen["losses"], right, name="losses by batch size")
            return
        except AssertionError as failure:
            failures.append(failure)
    raise failures[0]


@probe
def picture(student, losses):
    """What the figure of these losses (a dict by batch size) shows, told alike for all figures that show the same.

    The line with the number of each size as (epochs after the first, losses), or None; where the first epoch is;
    whether lines have labels of their own, the legend shows each size, and each of the two axes has a label.
    """
    import re
    from types import SimpleNamespace

    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    def holds(text, number):
        return str(number) in re.findall(r"[0-9]+", text)

    figure = student.plot_comparison({size: SimpleNamespace(losses=list(some)) for size, some in losses.items()})
    if not isinstance(figure, Figure):
        return {"kind": type(figure).__name__}
    legends = figure.legends + [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    legend = [text.get_text() for one in legends for text in one.get_texts()]
    lines, words = [], []
    for axes in [axes for axes in figure.axes if axes.get_lines()]:
        for line in axes.get_lines():
            x, y = (np.asarray(values, dtype=float).tolist() for values in line.get_data())
            lines.append((str(line.get_label()), x, y))
        words.append((axes.get_xlabel() or figure.get_supxlabel(), axes.get_ylabel() or figure.get_supylabel()))
    plt.close(figure)
    own = [label for label, _, _ in lines if not label.startswith("_")]
    if not own:  # then the legend was given the names, in the order of the lines
        lines = [(name, x, y) for name, (_, x, y) in zip(legend, lines, strict=False)]
    found = {}
    for size, right in losses.items():
        mine = [(x, y, label) for label, x, y in lines if holds(label, size)]
        found[size] = next((one for one in mine if one[1] == right), mine[0] if mine else None)
    kept = [one for one in found.values() if one]
    return {
        "kind": "Figure",
        "lines": {size: one and ([x - one[0][0] for x in one[0]], one[1]) for size, one in found.items()},
        "from 0 or 1": all(one[0][:1] in ([], [0.0], [1.0]) for one in kept),
        "labels": bool(own or legend),
        "apart": len({one[2] for one in kept}) == len(kept),
        "legend": {size: any(holds(text, size) for text in legend) for size in losses},
        "axes": [all(pair[k].strip() for pair in words) for k in range(2)],
    }


@st.composite
def histories(draw):
    """Losses by batch size: different numbers for each of some sizes."""
    sizes = draw(st.lists(st.sampled_from((2, 1, 4, 12, 32, 128)), min_size=1, max_size=4, unique=True))
    epochs = draw(st.integers(1, 5))
    losses = draw(st.arrays(len(sizes) * epochs, positive=True, unique=True)).reshape(len(sizes), epochs)
    return dict(zip(sizes, losses.tolist(), strict=True))


def look_at(student, losses):
    seen = student.run(picture, losses)
    assert seen["kind"] == "Figure", f"plot_comparison returns a {seen['kind']}; a matplotlib Figure is asked for."
    return seen


TWO = {2: [1.0, 0.5], 4: [2.0, 1.5]}


@comparison.test(examples=8)
@given(histories())
@example(TWO)
@example({12: [3.0, 2.0, 1.0], 2: [1.0, 0.5, 0.25]})
def test_draws_a_line_for_each_size(student, losses):
    """the figure has a line for each size, labelled with its number, of the losses over the epochs from 0 or 1"""
    seen = look_at(student, losses)
    for size, right in losses.items():
        line = seen["lines"][size]
        assert line, f"no line has a label with the number {size}{'' if seen['labels'] else '; no line has a label'}."
        assert_close(line[1], right, name=f"the line of batch size {size}")
        assert_close(line[0], [float(k) for k in range(len(right))], name="the epochs, counted from the first")
    assert seen["from 0 or 1"], "the epochs of a line count neither from 0 nor from 1."
    assert seen["apart"], "the lines cannot be told apart: they have the same label."


@comparison.test(examples=4)
@given(histories())
@example(TWO)
def test_has_a_legend_and_labels(student, losses):
    """the figure has a legend that shows each size, and both axes have a label"""
    seen = look_at(student, losses)
    for size in losses:
        assert seen["legend"][size], f"there is no legend that shows the number {size}."
    for axis, labelled in zip("xy", seen["axes"], strict=True):
        assert labelled, f"the {axis} axis has no label."


def compare(
    make_model, x, y, batch_sizes, lr, epochs, seed=0, *, anew=False, copied=True, shared_generator=False,
    fixed=False, apart=False,
):  # fmt: skip
    """compare_batch_sizes, and what becomes of it where one thing is done in another way."""
    import copy

    model, found = make_model(), {}
    generator = torch.Generator().manual_seed(0 if fixed else seed)
    for k, size in enumerate(batch_sizes):
        if not shared_generator:
            generator = torch.Generator().manual_seed(0 if fixed else seed + apart * k)
        if anew and k:
            model = make_model()
        used = copy.deepcopy(model) if copied else model
        found[size] = fit(used, x, y, size, lr, epochs, generator)
    return found


def drawn(histories, *, labels=True, numbered=True, legend=True, axis_labels=True, first=1, last=False):
    """plot_comparison, and what becomes of it where one thing is done in another way."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    for k, (size, history) in enumerate(histories.items()):
        epochs = range(first, first + len(history.losses))
        told = {"label": f"batch size {size}" if numbered else f"run {chr(97 + k)}"} if labels else {}
        axes.plot(epochs, history.losses, **told)
    if axis_labels:
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
    if legend and labels:
        axes.legend()
    return figure


def unfair(name, hint, **changes):
    """Declare a compare_batch_sizes that does one thing in another way; minibatches is the right one."""
    wrong = {"compare_batch_sizes": partial(compare, **changes), "plot_comparison": drawn}
    comparison.misconception(name, hint=hint, minibatches=minibatches, **wrong)


unfair(
    "the model is not reset between sizes",
    "the second size goes on where the first one stopped: train a deep copy for each size",
    copied=False,
)
unfair(
    "each size has a new model, with other weights",
    "make_model() may be random: call it once, and train a deep copy for each size",
    anew=True,
)
unfair(
    "all sizes share one generator",
    "what the first size has drawn is gone: seed a new generator for each size",
    shared_generator=True,
)
unfair(
    "neither the model nor the generator is reset between sizes",
    "train a deep copy for each size, with a generator newly seeded",
    copied=False,
    shared_generator=True,
)
unfair("each size has a seed of its own", "seed the generator of every size with the same number", apart=True)
unfair("the seed is ignored", "seed each generator with the argument: torch.Generator().manual_seed(seed)", fixed=True)


def badly_drawn(name, hint, **changes):
    right = {"compare_batch_sizes": compare, "minibatches": minibatches}
    comparison.misconception(name, hint=hint, plot_comparison=partial(drawn, **changes), **right)


badly_drawn("the lines have no labels", "give each plot a label with its batch size, and call legend()", labels=False)
badly_drawn("the legend is missing", "labels show once legend() is called", legend=False)
badly_drawn("the axes have no labels", "set_xlabel and set_ylabel tell what is drawn", axis_labels=False)
badly_drawn("the labels do not hold the batch size", "put the number into the label", numbered=False)
