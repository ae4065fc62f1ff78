"""Assignment 02 · Gradients add up"""

import torch

from autograder import Task, assert_close, assert_gradient, example, functions, given, parts
from autograder import strategies as st

LESSON = "lessons/beginner/02_gradient_accumulation.py"

gradient_history = Task(
    "02.1",
    "gradient_history",
    points=4,
    minutes=10,
    hints=(
        "What does .grad hold after the second pass where nobody cleared it, and where somebody did just before it?",
        "For each step, in this order: clear where asked, run forward and backward, write down the number. "
        "A fresh leaf has None, and None can be replaced but not zeroed.",
        "One leaf before the loop. In it: if clear: leaf.grad = None; f(leaf).backward(); append leaf.grad.item(), "
        "the number and not the tensor.",
    ),
    see=f"Three ways to clear, in {LESSON}",
)


def own_gradient(f, x):
    """The derivative of f at the float x, by autograd, on a leaf of its own."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)[0].item()


def history_of(steps, x):
    """What .grad holds after each pass: sums of own gradients since the last clearing."""
    held, history = 0.0, []
    for f, clear in steps:
        held = own_gradient(f, x) + (0.0 if clear else held)
        history.append(held)
    return history


def steps(min_size=0, max_size=5):
    """Lists of (f, clear)."""
    return st.lists(st.tuples(functions.scalar(), st.booleans()), min_size=min_size, max_size=max_size)


LINE, DOUBLE, SQUARE = (
    functions.function("line", a=1.0, b=0.0),
    functions.function("line", a=2.0, b=0.0),
    functions.function("square", a=1.0),
)


@gradient_history.test
@given(steps(), st.scalars(inexact=True))
@example([(LINE, False), (DOUBLE, False)], 1.0)
@example([(LINE, False), (DOUBLE, True), (SQUARE, False)], 1.0)
@example([(LINE, True), (DOUBLE, False)], 1.0)
@example([], 1.0)
def test_tells_what_grad_holds_after_each_pass(student, steps, x):
    """what .grad holds after each pass, cleared before those that say so, and only then"""
    assert_close(student.gradient_history(steps, x), history_of(steps, x), name="the history")


@gradient_history.test(examples=40)
@given(steps(min_size=1), st.scalars(inexact=True))
def test_ends_with_the_gradient_of_a_sum(student, steps, x):
    """at the end .grad holds the gradient of the sum of all functions since the last clearing"""
    last = max((k for k, (_, clear) in enumerate(steps) if clear), default=0)
    names = [f"what .grad holds after pass {k}" for k in range(1, 1 + len(steps))]
    history = parts(student.gradient_history(steps, x), *names)
    since = [f for f, _ in steps[last:]]
    assert_gradient(history[-1], of=lambda x: sum(f(x) for f in since), at=x, name="what .grad holds at the end")


@gradient_history.test(examples=20)
@given(steps(min_size=6, max_size=12), st.scalars(inexact=True))
def test_is_right_for_many_passes(student, steps, x):
    """the same for many passes"""
    assert_close(student.gradient_history(steps, x), history_of(steps, x), name="the history")


def fresh_leaf(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


@gradient_history.misconception(
    "the leaf is cleared after the pass instead of before it",
    hint="clear says that this pass begins with nothing in .grad; what it leaves behind stays for the next one",
)
def _(steps, x):
    leaf, history = fresh_leaf(x), []
    for f, clear in steps:
        f(leaf).backward()
        history.append(leaf.grad.item())
        if clear:
            leaf.grad = None
    return history


@gradient_history.misconception(
    "the leaf is never cleared", hint="where clear is True, .grad must be emptied before the pass"
)
def _(steps, x):
    leaf, history = fresh_leaf(x), []
    for f, _ in steps:
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


@gradient_history.misconception(
    "the leaf is always cleared", hint="where clear is False, the pass adds to what .grad holds already"
)
def _(steps, x):
    return [own_gradient(f, x) for f, _ in steps]


@gradient_history.misconception(
    "clear is taken the wrong way round", hint="True means that .grad is emptied before the pass, False that it is not"
)
def _(steps, x):
    return history_of([(f, not clear) for f, clear in steps], x)


@gradient_history.misconception(
    "the leaf is cleared between the pass and the reading",
    hint="what is to be read must still be there: clear before the pass, read after it",
)
def _(steps, x):
    leaf, history = fresh_leaf(x), []
    for f, clear in steps:
        f(leaf).backward()
        if clear:
            leaf.grad.zero_()
        history.append(leaf.grad.item())
    return history


@gradient_history.misconception(
    "tensors are kept, and read when they have gone on changing",
    hint="backward adds into the same tensor; take the number out with .item() right after each pass",
    see=f"Pitfall: a tensor that goes on changing, in {LESSON}",
)
def _(steps, x):
    leaf, kept = fresh_leaf(x), []
    for f, clear in steps:
        if clear:
            leaf.grad = None
        f(leaf).backward()
        kept.append(leaf.grad)
    return [gradient.item() for gradient in kept]


@gradient_history.misconception(
    "one tensor is kept for all passes, and read at the end",
    hint="zero_() and backward both write into the same tensor; take the number out with .item() after each pass",
    see=f"Pitfall: a tensor that goes on changing, in {LESSON}",
)
def _(steps, x):
    history = history_of(steps, x)
    return history[-1:] * len(history)


@gradient_history.misconception(
    "None is told to become zero",
    hint="the .grad of a fresh leaf is None, which has no zero_(); set it to None, or ask first whether it is None",
    see=f"A fresh leaf has nothing, not zero, in {LESSON}",
)
def _(steps, x):
    leaf, history = fresh_leaf(x), []
    for f, clear in steps:
        if clear:
            leaf.grad.zero_()
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


@gradient_history.misconception(
    "values of the functions are added up in place of gradients",
    hint="f(leaf) is the value; the gradient is in leaf.grad, after backward()",
)
def _(steps, x):
    held, history = 0.0, []
    for f, clear in steps:
        held = f(torch.tensor(x, dtype=torch.float64)).item() + (0.0 if clear else held)
        history.append(held)
    return history


@gradient_history.misconception(
    "computed in float32", hint="torch.tensor(x) makes a 32-bit number of a Python float; ask for dtype=torch.float64"
)
def _(steps, x):
    leaf, history = torch.tensor(x, requires_grad=True), []
    for f, clear in steps:
        if clear:
            leaf.grad = None
        f(leaf).backward()
        history.append(leaf.grad.item())
    return history


separate_gradients = Task(
    "02.2",
    "separate_gradients",
    points=3,
    minutes=10,
    hints=(
        "The second function's gradient lands on the first one's. How can the place be made empty in time?",
        "Read the number after each backward, and clear .grad before the next one.",
        "In a loop over the functions: f(leaf).backward(); append leaf.grad.item(); then leaf.grad = None.",
    ),
    see=f"Three ways to clear, in {LESSON}",
)


@separate_gradients.test
@given(st.lists(functions.scalar(), max_size=4), st.scalars(inexact=True))
@example([LINE, DOUBLE], 1.0)
@example([], 1.0)
def test_tells_each_gradient_by_itself(student, functions, x):
    """each function's own gradient, in order, also where there is one function or none"""
    own = [own_gradient(f, x) for f in functions]
    assert_close(student.separate_gradients(functions, x), own, name="the list of gradients")


@separate_gradients.test(examples=30)
@given(functions.scalar(), functions.scalar(), st.scalars(inexact=True))
def test_agrees_with_finite_differences(student, first, second, x):
    """the second gradient is the slope of the second function, whatever came before it"""
    names = "the first gradient", "the second gradient"
    gradients = parts(student.separate_gradients([first, second], x), *names)
    assert_gradient(gradients[1], of=second, at=x, name=names[1])


@separate_gradients.test(examples=20)
@given(st.lists(functions.scalar(), min_size=5, max_size=9), st.scalars(inexact=True))
def test_tells_many_gradients_by_themselves(student, functions, x):
    """the same for many functions"""
    own = [own_gradient(f, x) for f in functions]
    assert_close(student.separate_gradients(functions, x), own, name="the list of gradients")


def running_sums(values):
    return [sum(values[: k + 1]) for k in range(len(values))]


@separate_gradients.misconception(
    "running sums are returned", hint="backward adds to .grad; clear it before the next function's pass"
)
def _(functions, x):
    return running_sums([own_gradient(f, x) for f in functions])


@separate_gradients.misconception(
    "running averages are returned",
    hint="dividing a sum does not undo it: clear .grad, so that only one gradient is there",
)
def _(functions, x):
    sums = running_sums([own_gradient(f, x) for f in functions])
    return [total / (k + 1) for k, total in enumerate(sums)]


@separate_gradients.misconception(
    "each gradient is the average of all", hint="an average cannot tell whose gradient is whose: clear after each pass"
)
def _(functions, x):
    return [sum(own_gradient(f, x) for f in functions) / len(functions)] * len(functions) if functions else []


@separate_gradients.misconception(
    "each gradient is divided by the number of functions",
    hint="nobody asked for an average: each gradient stands for itself",
)
def _(functions, x):
    return [own_gradient(f, x) / len(functions) for f in functions]


@separate_gradients.misconception(
    "each gradient is that of the sum",
    hint="either all passes were run before the first reading, or a kept tensor went on changing: use .item() at once",
    see=f"Pitfall: a tensor that goes on changing, in {LESSON}",
)
def _(functions, x):
    return [sum(own_gradient(f, x) for f in functions)] * len(functions)


@separate_gradients.misconception(
    "one tensor is kept for all, and shows the last gradient",
    hint="zero_() and backward write into the same tensor; take the number out with .item() before it is cleared",
    see=f"Pitfall: a tensor that goes on changing, in {LESSON}",
)
def _(functions, x):
    return [own_gradient(functions[-1], x)] * len(functions) if functions else []


@separate_gradients.misconception(
    "the gradients are cleared before they are read",
    hint="zero_() empties the very tensor that .grad is; read the number with .item() first, then clear",
    see=f"Pitfall: a tensor that goes on changing, in {LESSON}",
)
def _(functions, x):
    return [0.0] * len(functions)


@separate_gradients.misconception("the order is reversed", hint="the first gradient belongs to the first function")
def _(functions, x):
    return [own_gradient(f, x) for f in reversed(functions)]


@separate_gradients.misconception(
    "the values of the functions are returned", hint="f(leaf) is the value; the gradient is in leaf.grad"
)
def _(functions, x):
    return [f(torch.tensor(x, dtype=torch.float64)).item() for f in functions]


@separate_gradients.misconception(
    "computed in float32", hint="torch.tensor(x) makes a 32-bit number of a Python float; ask for dtype=torch.float64"
)
def _(functions, x):
    leaf, gradients = torch.tensor(x, requires_grad=True), []
    for f in functions:
        leaf.grad = None
        f(leaf).backward()
        gradients.append(leaf.grad.item())
    return gradients


predict_grad = Task(
    "02.3",
    "predict_grad",
    points=3,
    by_hand=True,
    minutes=10,
    hints=(
        "Make a table with two columns, None and a number. What does each of the three events write into either?",
        "A fresh leaf has None. backward adds, and on None it puts its own gradient there; none gives None; "
        "zero gives 0.0, but leaves None as it is.",
        "grad = None; for each event: if it is a backward, own gradient plus grad where grad is not None; "
        "if zero and grad is not None, 0.0; if none, None. Ask `is None`: 0.0 counts as false too.",
    ),
    see=f"Keeping the books, in {LESSON}",
)


def grad_after(events):
    """What .grad of a fresh leaf holds after these events, by torch itself."""
    leaf = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
    module = torch.nn.ParameterList([leaf])
    for event, *own in events:
        if event == "backward":
            (own[0] * leaf).backward()
        else:
            module.zero_grad(set_to_none=event == "none")
    return None if leaf.grad is None else leaf.grad.item()


EVENT = st.one_of(st.tuples(st.just("backward"), st.scalars()), st.just(("zero",)), st.just(("none",)))


@predict_grad.test
@given(st.lists(EVENT, max_size=8))
@example([])
@example([("zero",)])
@example([("backward", 0.0)])
@example([("backward", 1.0), ("backward", 2.0)])
@example([("backward", 1.0), ("zero",)])
@example([("backward", 1.0), ("none",)])
@example([("backward", 1.0), ("zero",), ("backward", 2.0)])
@example([("backward", 1.0), ("none",), ("backward", 2.0)])
@example([("backward", 1.0), ("none",), ("zero",)])
@example([("backward", 1.0), ("zero",), ("zero",)])
@example([("backward", 1.0), ("none",), ("none",)])
def test_tells_what_grad_holds(student, events):
    """what .grad holds at the end: None where nothing is there, which is not 0.0"""
    assert_close(student.predict_grad(events), grad_after(events), name="what .grad holds")


def add(grad, own):
    return own if grad is None else grad + own


def books(events, *, start=None, zero_of_none=None, zero=0.0, none=None, backward=add):
    """What is predicted with these rules, one or more of them wrong."""
    grad = start
    for event, *own in events:
        if event == "backward":
            grad = backward(grad, own[0])
        elif event == "zero":
            grad = zero_of_none if grad is None else zero
        else:
            grad = none
    return grad


NOTHING = f"A fresh leaf has nothing, not zero, in {LESSON}"


@predict_grad.misconception(
    "a fresh leaf starts at 0 rather than None",
    hint="before the first backward nobody has asked for a gradient, and .grad is None",
    see=NOTHING,
)
def _(events):
    return books(events, start=0.0)


@predict_grad.misconception(
    "zero is treated as None", hint="zero fills the gradient that is there with 0.0; it does not remove it", see=NOTHING
)
def _(events):
    return books(events, zero=None)


@predict_grad.misconception(
    "zero makes a number of None",
    hint="where .grad is None there is nothing to fill with 0: it stays None",
    see=NOTHING,
)
def _(events):
    return books(events, zero_of_none=0.0)


@predict_grad.misconception(
    "None is treated as zero", hint="none removes the gradient: what is left is None, not 0.0", see=NOTHING
)
def _(events):
    return books(events, none=0.0)


@predict_grad.misconception(
    "None never occurs: whatever is empty counts as 0",
    hint="a fresh leaf has None, and so has one that was set to None; 0.0 is a gradient that somebody worked out",
    see=NOTHING,
)
def _(events):
    return books(events, start=0.0, none=0.0)


@predict_grad.misconception(
    "a gradient of 0.0 is taken for None",
    hint="0.0 counts as false in Python: ask `grad is None`, not `if grad` or `grad or …`",
    see=NOTHING,
)
def _(events):
    return books(events) or None


@predict_grad.misconception(
    "a backward pass replaces what was there",
    hint="backward adds to .grad",
    see=f"Two passes, one gradient, in {LESSON}",
)
def _(events):
    return books(events, backward=lambda grad, own: own)


@predict_grad.misconception(
    "both clearings write 0.0, even where there was None",
    hint="none leaves None behind; zero fills a number with 0.0, and leaves None as it is",
    see=NOTHING,
)
def _(events):
    return books(events, zero_of_none=0.0, none=0.0)


@predict_grad.misconception("the clearings are left out", hint="zero and none undo all that was added up before them")
def _(events):
    return books([event for event in events if event[0] == "backward"])


@predict_grad.misconception(
    "only none clears", hint="after zero there is 0.0 where a number was, and the next pass starts from there"
)
def _(events):
    return books([event for event in events if event[0] != "zero"])


@predict_grad.misconception("only zero clears", hint="none puts None into .grad, whatever was there")
def _(events):
    return books([event for event in events if event[0] != "none"])


@predict_grad.misconception(
    "a backward pass on None brings nothing",
    hint="on None, backward puts its own gradient there",
)
def _(events):
    return books(events, backward=lambda grad, own: None if grad is None else grad + own)


@predict_grad.misconception(
    "a number is added to None",
    hint="None + 1.0 is a TypeError: where grad is None, the own gradient takes its place",
)
def _(events):
    return books(events, backward=lambda grad, own: grad + own)
