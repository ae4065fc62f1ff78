"""Assignment 19 · Gradient accumulation"""

import numpy as np
import torch

from autograder import Task, assert_close, example, given, models, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/19_gradient_accumulation_for_large_batches.py"

accumulate = Task(
    "19.1",
    "accumulate",
    points=7,
    minutes=20,
    hints=(
        "Write the loss of the whole batch as a sum over entries, divided by their number. What does a chunk bring?",
        "Clear once, before the first chunk, with None. Each chunk's sum of squares is divided by the number of all "
        "entries of y, and goes backward before the next chunk goes forward: .grad adds up.",
        "p.grad = None for all p; then for start in range(0, len(x), micro_batch), with "
        "rows = slice(start, start + micro_batch): (((model(x[rows]) - y[rows]) ** 2).sum() / …).backward().",
    ),
    see=f"Pitfall: the uneven last one, in {LESSON}",
)


@probe
def after_accumulating(student, model, x, y, micro_batch, old, frozen, idle, tells=False):
    """The gradients by name, what the model was given, and what else of it has changed; x and y.

    old: a number that lies in every .grad at first, or None. frozen: names of parameters that are frozen.
    idle: whether there is one more parameter, on which the loss does not depend.
    tells: outputs grow with the rows and the chunks that are too many, so that these show in the gradients
    """
    if idle:
        model.register_parameter("idle", torch.nn.Parameter(torch.ones(2, dtype=torch.float64)))
    for name, parameter in model.named_parameters():
        if name in frozen:
            parameter.requires_grad_(False)
        if old is not None:
            parameter.grad = torch.full_like(parameter, old)
    seen = {"most rows": 0, "most graphs": 0}
    waiting = {module: set() for module in model.modules()}  # chunks that have gone forward and not yet backward

    def note(module, inputs, output):
        seen["most rows"] = max(seen["most rows"], len(output))
        if not output.requires_grad:
            return None
        ticket = object()
        try:
            output.register_hook(lambda gradient: waiting[module].discard(ticket))
        except RuntimeError:
            return None
        waiting[module].add(ticket)
        seen["most graphs"] = max(seen["most graphs"], len(waiting[module]))
        too_many = max(len(output) - micro_batch, 0) + len(waiting[module]) - 1
        return output + too_many if tells and too_many else None

    handles = [module.register_forward_hook(note) for module in waiting]
    student.accumulate(model, x, y, micro_batch)
    for handle in handles:
        handle.remove()
    return {
        "gradients": {
            name: None if parameter.grad is None else parameter.grad.detach().clone()
            for name, parameter in model.named_parameters()
        },
        "values": {name: parameter.detach().clone() for name, parameter in model.named_parameters()},
        "flags": {name: parameter.requires_grad for name, parameter in model.named_parameters()},
        "modes": {name or "the model": module.training for name, module in model.named_modules()},
        "data": [x, y],
        **seen,
    }


def gradients_of_batch(case):
    """The gradients of the loss on the whole batch by name; None where there is none."""
    model = case.model.build()
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad and name not in case.frozen}
    loss = (model(case.x) - case.y).square().sum() / case.y.numel()
    found = torch.autograd.grad(loss, list(parameters.values()))
    gradients = {name: None for name, _ in model.named_parameters()} | dict(zip(parameters, found, strict=True))
    return gradients | ({"idle": None} if case.idle else {})


def check_gradients(student, case):
    compare_gradients(student.run(after_accumulating, **vars(case))["gradients"], case)


def compare_gradients(seen, case):
    for name, right in gradients_of_batch(case).items():
        if right is None or seen[name] is None:
            states = ["None" if gradient is None else "a tensor" for gradient in (seen[name], right)]
            assert_close(*states, name=f".grad of {name}")
    known = {name: gradient for name, gradient in gradients_of_batch(case).items() if gradient is not None}
    assert_close({name: seen[name] for name in known}, known, name="the gradients")


@st.composite
def batches(draw, old=(None,), idle=(False,)):
    """Cases with the arguments of after_accumulating."""
    micro_batch = draw(st.sampled_from([1, 2, 3, 4, 8]))
    options = {
        "old": draw(st.sampled_from(old)),
        "frozen": draw(st.sampled_from([[], ["bias"], ["0.bias"]])),
        "idle": draw(st.sampled_from(idle)),
    }
    model = draw(st.models("linear", "mlp", "frozen", "shared", "nested", layers=(1, 2)))
    sizes = {"n": (1, 7), "i": model.sizes[0], "o": model.sizes[-1]}
    data = draw(st.cases(sizes=sizes, as_tensor=True, x="n i", y="n o"))  # last, so that fewer rows are easily tried
    return st.Case(model=model, x=data.x, y=data.y, micro_batch=micro_batch, **options)


def line(n, micro_batch, outputs=1, old=None, frozen=(), idle=False):
    """A case of a line through n points."""
    x = torch.arange(1.0, n + 1, dtype=torch.float64)[:, None]
    y = x * x * torch.arange(1.0, outputs + 1, dtype=torch.float64)
    model = models.Model("linear", (1, outputs))
    return st.Case(model=model, x=x, y=y, micro_batch=micro_batch, old=old, frozen=list(frozen), idle=idle)


@accumulate.test(examples=25)
@given(batches())
@example(line(2, 1))
@example(line(3, 2))
@example(line(2, 2, outputs=2))
@example(line(2, 3))
@example(line(5, 2))
def test_is_the_gradient_of_the_whole_batch(student, case):
    """.grad holds the gradient of the mean over the whole batch, also where the last chunk is a short one"""
    check_gradients(student, case)


@accumulate.test(examples=20)
@given(batches(old=(0.5, -2.0), idle=(False, True)))
@example(line(2, 1, old=0.5))
@example(line(2, 1, old=0.5, frozen=["bias"]))
@example(line(2, 1, old=0.5, idle=True))
@example(line(3, 3, idle=True))
def test_old_gradients_count_for_nothing(student, case):
    """gradients from before are discarded, and frozen or unused parameters have None, not zeros"""
    check_gradients(student, case)


@accumulate.test(examples=15)
@given(batches())
@example(line(3, 1))
@example(line(5, 2))
def test_needs_memory_for_one_chunk(student, case):
    """the model never sees more than micro_batch rows, and only one chunk at a time waits for its backward"""
    seen = student.run(after_accumulating, **vars(case), tells=True)
    rows, most = seen["most rows"], case.micro_batch
    assert rows <= most, f"The model was given {rows} rows at once; micro_batch allows {most}."
    waiting = seen["most graphs"]
    assert waiting <= 1, f"{waiting} chunks had gone forward and waited for backward at one time; only one may."
    compare_gradients(seen["gradients"], case)


@accumulate.test(examples=10)
@given(batches(old=(None, 0.5)))
@example(line(1, 1))
def test_changes_nothing_else(student, case):
    """parameters, flags, modes, x and y are afterwards what they were"""
    seen, module = student.run(after_accumulating, **vars(case)), case.model.build()
    values = {name: parameter.detach() for name, parameter in module.named_parameters()}
    values |= {"idle": torch.ones(2, dtype=torch.float64)} if case.idle else {}
    flags = {name: p.requires_grad and name not in case.frozen for name, p in module.named_parameters()}
    assert_close(seen["values"], values, name="parameters", rtol=0, atol=0)
    assert_close(seen["flags"], flags, name="requires_grad")
    modes = {name or "the model": True for name, _ in module.named_modules()}
    assert_close(seen["modes"], modes, name="training")
    assert_close(seen["data"], [case.x, case.y], name="[x, y] after the call", rtol=0, atol=0)


def accumulated(model, x, y, micro_batch, *, weigh, clear="first", zeros=False, last=True, together=False):
    """accumulate, and what becomes of it where one thing is done in another way; weigh(squares, x, y, micro_batch)."""

    def empty():
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter) if zeros else None

    if clear == "first":
        empty()
    losses = []
    for start in range(0, len(x) if last else len(x) - micro_batch + 1, micro_batch):
        rows = slice(start, start + micro_batch)
        loss = weigh((model(x[rows]) - y[rows]) ** 2, x, y, micro_batch)
        if clear == "each":
            empty()
        if together:
            losses.append(loss)
        else:
            loss.backward()
    if losses:
        sum(losses).backward()


def right(squares, x, y, micro_batch):
    return squares.sum() / y.numel()


def unscaled(squares, x, y, micro_batch):
    return squares.mean()


def by_chunks(squares, x, y, micro_batch):
    return squares.mean() / -(-len(x) // micro_batch)


def slip(name, hint, weigh=right, see="", **options):
    """Declare accumulated with these options as a mistake."""

    def wrong(model, x, y, micro_batch):
        accumulated(model, x, y, micro_batch, weigh=weigh, **options)

    accumulate.misconception(name, hint=hint, see=see, accumulate=wrong)


slip(
    "the chunks' gradients are not scaled",
    "the means of k chunks add up to k times the mean: each chunk counts for its share of the batch",
    unscaled,
)
slip(
    "each chunk is divided by the number of chunks",
    "a last chunk with fewer rows would count as much as a full one: weigh each by its rows",
    by_chunks,
)
slip(
    "each chunk is weighed as a full one",
    "micro_batch / n is right for full chunks only: the last one may have fewer rows",
    lambda squares, x, y, micro_batch: squares.mean() * micro_batch / len(x),
)
CLEARED = f"Clear once, before the first, in {LESSON}"
slip(
    "the gradients are cleared at each chunk",
    "then only the last chunk is left: clear once, before the loop",
    see=CLEARED,
    clear="each",
)
slip(
    "the gradients are cleared at each chunk, and not scaled",
    "then only the last chunk's mean is left: clear once, before the loop, and weigh each chunk",
    unscaled,
    CLEARED,
    clear="each",
)
slip(
    "the gradients from before are added to",
    ".grad may hold something when you get the model: put None there before the first chunk",
    see=CLEARED,
    clear="never",
)
slip(
    "the gradients start as zeros",
    "a parameter that gets no gradient must have None in the end: clear with None",
    see=CLEARED,
    zeros=True,
)
slip(
    "the last chunk is lost where it is a short one",
    "range(0, n, micro_batch) also starts a chunk that is not full; n // micro_batch counts full ones only",
    last=False,
)
slip(
    "a sum stands where the mean belongs",
    "divide by the number of all entries of y",
    lambda squares, x, y, micro_batch: squares.sum(),
)
slip(
    "the mean is over rows only",
    "a row may hold several entries: divide by y.numel(), not by the number of rows",
    lambda squares, x, y, micro_batch: squares.sum() / len(x),
)
slip(
    "all chunks go backward together at the end",
    "until then all of their graphs are kept, as for the whole batch: backward() inside the loop",
    see=f"Pitfall: one backward at the end, in {LESSON}",
    together=True,
)


@accumulate.misconception(
    "the whole batch goes through the model at once",
    hint="that is what does not fit: give it micro_batch rows at a time",
)
def _(model, x, y, micro_batch):
    accumulated(model, x, y, len(x), weigh=right)


@accumulate.misconception(
    "frozen parameters keep their gradients from before",
    hint="nothing of before counts: put None into .grad of all parameters, frozen or not",
    see=CLEARED,
)
def _(model, x, y, micro_batch):
    for parameter in model.parameters():
        parameter.grad = None if parameter.requires_grad else parameter.grad
    accumulated(model, x, y, micro_batch, weigh=right, clear="never")


@accumulate.misconception(
    "the gradients from before are filled with zeros",
    hint="a parameter that gets no gradient must have None in the end: let go of the old ones",
    see=CLEARED,
)
def _(model, x, y, micro_batch):
    for parameter in model.parameters():
        parameter.grad = None if parameter.grad is None else torch.zeros_like(parameter)
    accumulated(model, x, y, micro_batch, weigh=right, clear="never")


@accumulate.misconception("a step is taken, too", hint="only .grad is asked for: the parameters stay as they are")
def _(model, x, y, micro_batch):
    accumulated(model, x, y, micro_batch, weigh=right)
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.data -= 0.01 * parameter.grad


@accumulate.misconception(
    "the model is left in eval mode", hint="nothing asks for another mode: the model stays in the one it is in"
)
def _(model, x, y, micro_batch):
    model.eval()
    accumulated(model, x, y, micro_batch, weigh=right)


chunk_weights = Task(
    "19.2",
    "chunk_weights",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "The mean of a chunk, times its number of rows, is a sum. What must all the sums together be divided by?",
        "A chunk's weight is its own number of rows divided by n. Full chunks come first; a rest, if any, comes last.",
        "starts = np.arange(0, n, micro_batch); the rows of a chunk are np.minimum(micro_batch, n - starts); "
        "then divide by …",
    ),
    see=f"Pitfall: the uneven last one, in {LESSON}",
)


def rows_of_chunks(n, micro_batch):
    """The numbers of rows in the chunks, as torch splits."""
    return np.array([len(chunk) for chunk in torch.empty(n).split(micro_batch)], dtype=float)


@chunk_weights.test(examples=30)
@given(st.integers(1, 24), st.integers(1, 9))
@example(1, 1)
@example(2, 1)
@example(3, 2)
@example(4, 2)
@example(5, 3)
@example(1, 2)
@example(12, 5)
def test_is_the_share_of_rows(student, n, micro_batch):
    """each chunk's rows divided by n, in order; no entry for an empty chunk"""
    assert_close(student.chunk_weights(n, micro_batch), rows_of_chunks(n, micro_batch) / n, name="the array of weights")


@chunk_weights.test(examples=25)
@given(st.vectors((1, 9), inexact=True), st.integers(1, 10))
def test_weighs_means_into_the_mean(student, values, micro_batch):
    """the chunks' means, weighed and added, are the mean of the whole batch"""
    means = [float(values[k : k + micro_batch].mean()) for k in range(0, len(values), micro_batch)]
    weights = student.chunk_weights(len(values), micro_batch)
    assert_close(weights, rows_of_chunks(len(values), micro_batch) / len(values), name="the array of weights")
    assert_close(float(weights @ np.array(means)), float(values.mean()), name="the weighed sum of the chunks' means")


def slip_of_weights(name, hint, weights_of):
    """Declare weights made of the rows of the chunks as a mistake: weights_of(rows, n, micro_batch)."""

    def wrong(n, micro_batch):
        return weights_of(rows_of_chunks(n, micro_batch), n, micro_batch)

    chunk_weights.misconception(name, hint=hint, chunk_weights=wrong)


slip_of_weights(
    "all chunks weigh the same",
    "a short last chunk has fewer rows, and counts for less: its rows divided by n",
    lambda rows, n, m: np.full(len(rows), 1 / len(rows)),
)
slip_of_weights(
    "all chunks weigh as full ones", "then the weights add up to more than 1: the last chunk may have fewer rows",
    lambda rows, n, m: np.full(len(rows), m / n),
)  # fmt: skip
slip_of_weights("the numbers of rows are returned", "weights add up to 1: divide by n", lambda rows, n, m: rows)
slip_of_weights(
    "the rows are divided by micro_batch", "that tells how full a chunk is; its share of the batch is rows / n",
    lambda rows, n, m: rows / m,
)  # fmt: skip
slip_of_weights(
    "the last chunk is lost where it is a short one", "n // micro_batch counts full chunks only: the rest is one more",
    lambda rows, n, m: np.full(n // m, m / n),
)  # fmt: skip
slip_of_weights(
    "there is an empty chunk at the end", "where n is a multiple of micro_batch there is no rest, and no chunk for it",
    lambda rows, n, m: np.append(np.full(n // m, m / n), n % m / n),
)  # fmt: skip
slip_of_weights(
    "the short chunk comes first", "the rest is what remains after the full ones", lambda rows, n, m: rows[::-1] / n
)
slip_of_weights(
    "each weight is that of a single row", "1 / n is for one row: a chunk counts for as many as it has",
    lambda rows, n, m: np.full(len(rows), 1 / n),
)  # fmt: skip
slip_of_weights(
    "the rest is spread over the chunks", "the chunks are full ones, and then one with the rest",
    lambda rows, n, m: np.array([len(part) / n for part in np.array_split(np.arange(n), len(rows))]),
)  # fmt: skip
