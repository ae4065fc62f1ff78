"""Assignment 26 · Pitfalls of backward with a vector"""

from contextlib import suppress
from types import SimpleNamespace

import torch

from autograder import Task, assert_close, assert_gradient, example, functions, given, probe
from autograder import strategies as st

LESSON = "lessons/advanced/26_pitfalls_of_vector_backward.py"

checked_backward = Task(
    "26.1",
    "checked_backward",
    points=4,
    minutes=20,
    hints=(
        "Which of the four can be seen in y and v before anything goes backward?",
        "requires_grad, numel() and shape tell three of them. The fourth is known only to torch: catch its "
        "RuntimeError, look at the text, and raise what is about something else again as it was.",
        "Three ifs that raise ValueError, the last with both shapes in an f-string; then try: y.backward(v), "
        'except RuntimeError as error: if "a second time" in str(error) raise ValueError, otherwise a plain raise.',
    ),
    see=f"Which error is it?, in {LESSON}",
)

SQUARE, SUM, LEAF = "y = x * x", "y = x + x", "y = x, the leaf"
DETACHED, UNTRACKED = "y = x.detach() * 2", "y = x * x under no_grad"
USED_PART, OVERWRITTEN = "y = part + 1, and part is used", "y = part + 1, and part is overwritten"
NO_V = "no v"


@probe
def after_each_call(student, program, x, vs, tracks=False, leftover=False):
    """After each call with one of vs: how it ended, if both shapes are told, and .grad of x and of that v."""
    import re

    leaf = x.clone().requires_grad_()
    if program == "y = x * x":
        y = leaf * leaf
    elif program == "y = x + x":
        y = leaf + leaf
    elif program == "y = x, the leaf":
        y = leaf
    elif program == "y = x.detach() * 2":
        y = leaf.detach() * 2
    elif program == "y = x * x under no_grad":
        with torch.no_grad():
            y = leaf * leaf
    elif program == "y = part + 1, and part is used":
        part = leaf * leaf
        y = part + 1
        part.sum().backward()
    elif program == "y = part + 1, and part is overwritten":
        part = leaf.exp()
        y = part + 1
        part.detach().add_(1)
    leaf.grad = torch.ones_like(x) if leftover else None

    def after(numbers, shape):
        for start in range(len(numbers) - len(shape) + 1):
            if numbers[start : start + len(shape)] == list(shape):
                return numbers[start + len(shape) :]
        return None

    def both_in(text, one, other):
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        rests = [(after(numbers, first), second) for first, second in ((one, other), (other, one))]
        return any(rest is not None and after(rest, second) is not None for rest, second in rests)

    told = []
    for v in vs:
        v = None if isinstance(v, str) else v.clone().requires_grad_(tracks)
        ended, shapes = "returns", None
        try:
            student.checked_backward(y) if v is None else student.checked_backward(y, v)
        except ValueError as error:
            ended = "raises ValueError"
            shapes = v is None or both_in(str(error), y.shape, v.shape)
        except NotImplementedError:
            raise  # a gap that is not begun, and a RuntimeError too
        except RuntimeError:
            ended = "raises RuntimeError"
        told.append(
            {
                "ended": ended,
                "shapes": shapes,
                "x.grad": None if leaf.grad is None else leaf.grad.detach().clone(),
                "v.grad": None if v is None or v.grad is None else v.grad.detach().clone(),
            }
        )
    return told


REFUSED = ("can be implicitly created only for scalar", "Mismatch in shape", "does not require grad", "a second time")


def as_torch_does(y, v=None):
    """backward itself; the errors that are to be refused are made ValueErrors."""
    try:
        y.backward(v)
    except RuntimeError as error:
        if any(text in str(error) for text in REFUSED):
            raise ValueError(str(error)) from None
        raise


TORCH = SimpleNamespace(checked_backward=as_torch_does)


def check_calls(student, program, x, vs, *, shapes=False, **options):
    """Each call ends as with torch and leaves the same gradients; `shapes`: refusals tell both shapes."""
    seen = student.run(after_each_call, program, x, list(vs), **options)
    expected = after_each_call(TORCH, program, x, list(vs), **options)
    for k, (told, right, v) in enumerate(zip(seen, expected, vs, strict=True), start=1):
        with_v = "without v" if v is NO_V else f"with a v of shape {tuple(v.shape)}"
        call = f"call {k}, {with_v}, for a y of shape {tuple(x.shape)}"
        assert_close(told["ended"], right["ended"], name=call)
        assert not shapes or told["shapes"] in (None, True), (
            f"The message does not tell both shapes, {tuple(v.shape)} and {tuple(x.shape)}."
        )
        for grad in ("x.grad", "v.grad"):
            assert (told[grad] is None) == (right[grad] is None), (
                f"After {call}, {grad} is {'None' if told[grad] is None else 'filled'}, "
                f"and with y.backward it is {'None' if right[grad] is None else 'filled'}."
            )
            assert_close(told[grad], right[grad], name=f"{grad} after {call}")


def filled(*shape, value=1.0):
    """A tensor of this shape, each entry the value."""
    return torch.full(shape, value, dtype=torch.float64)


def with_v(x, **options):
    """Lists of one v for x, of the same shape."""
    return st.tensors(*x.shape, nonzero=True, **options).map(lambda v: [v])


ANY_SHAPE = st.one_of([st.shaped_arrays(max_dims=3, min_size=1, as_tensor=True), st.tensors(0)])
ONE_ELEMENT = st.sampled_from([(), (1,), (1, 1), (1, 1, 1)]).flatmap(lambda shape: st.tensors(*shape))
TRACKED = st.sampled_from([SQUARE, SUM, LEAF])


@checked_backward.test
@given(ANY_SHAPE.flatmap(lambda x: st.tuples(st.just(x), with_v(x))), TRACKED, st.booleans(), st.booleans())
@example((filled(2), [filled(2, value=2.0)]), SQUARE, False, False)
@example((filled(2), [filled(2, value=2.0)]), SQUARE, False, True)
@example((filled(2), [filled(2, value=2.0)]), SQUARE, True, False)
@example((filled(1, 1), [filled(1, 1, value=2.0)]), SQUARE, False, False)
@example((filled(2), [filled(2, value=2.0)]), LEAF, False, False)
@example((filled(2), [filled(2, value=2.0)]), LEAF, False, True)
def test_goes_backward_as_torch_does(student, pair, program, tracks, leftover):
    """with a v of y's shape, x.grad grows by vᵀJ, and v gets no gradient, even where it requires one"""
    check_calls(student, program, *pair, tracks=tracks, leftover=leftover)


@checked_backward.test(examples=15)
@given(ONE_ELEMENT, TRACKED)
@example(filled(1, 1), SQUARE)
@example(filled(), SQUARE)
@example(filled(), LEAF)
def test_one_element_needs_no_v(student, x, program):
    """y with one element goes backward without a v, in any shape: (), (1,), (1, 1)"""
    check_calls(student, program, x, [NO_V])


@checked_backward.test(examples=15)
@given(ANY_SHAPE, TRACKED, st.booleans())
@example(filled(2), SQUARE, False)
@example(filled(0), SQUARE, False)
@example(filled(1, 2), SQUARE, True)
def test_refuses_a_missing_v(student, x, program, leftover):
    """several elements, or none, without a v: ValueError, and no gradient changes"""
    check_calls(student, program, x, [NO_V], leftover=leftover)


def other_shapes(shape):
    """Shapes that are not this one, and mostly could be stretched to it, or it to them, or hold as many entries."""
    count = torch.Size(shape).numel()
    near = {(), (1,), (*shape, 1), (1, *shape), shape[1:], shape[:-1], shape[::-1], (count,), (*shape[:-1], count + 1)}
    if shape:
        near |= {(*shape[:-1], 1), (1, *shape[1:])}
    return sorted(near - {tuple(shape)})


def with_another_shape(x):
    """x, and a list of one v of another shape."""
    shapes = st.sampled_from(other_shapes(tuple(x.shape)))
    return shapes.flatmap(lambda shape: st.tuples(st.just(x), st.tensors(*shape, nonzero=True).map(lambda v: [v])))


@checked_backward.test(examples=40)
@given(st.shaped_arrays(max_dims=2, min_size=1, as_tensor=True).flatmap(with_another_shape), TRACKED)
@example((filled(2), [filled(3)]), SQUARE)
@example((filled(2), [filled(1)]), SQUARE)
@example((filled(2), [filled()]), SQUARE)
@example((filled(2), [filled(2, 1)]), SQUARE)
@example((filled(2, 1), [filled(2)]), SQUARE)
@example((filled(2, 3), [filled(3, 2)]), SQUARE)
@example((filled(1, 1), [filled()]), SQUARE)
def test_refuses_another_shape(student, pair, program):
    """a v of another shape, even one that could be stretched: ValueError, with both shapes in its message"""
    check_calls(student, program, *pair, shapes=True)


@checked_backward.test(examples=15)
@given(
    st.shaped_arrays(max_dims=2, min_size=1, as_tensor=True).flatmap(lambda x: st.tuples(st.just(x), with_v(x))),
    st.sampled_from([DETACHED, UNTRACKED]),
    st.booleans(),
)
@example((filled(2), [filled(2)]), DETACHED, False)
@example((filled(), [NO_V]), UNTRACKED, False)
def test_refuses_a_tensor_without_a_graph(student, pair, program, tracks):
    """a y that does not require a gradient: ValueError, with a v or without"""
    check_calls(student, program, *pair, tracks=tracks)


@st.composite
def calls(draw):
    """x, and the v of each of some calls on one y: missing, fitting, or of another shape."""
    x = draw(st.shaped_arrays(max_dims=2, min_size=1, max_size=2, as_tensor=True))
    fitting = st.tensors(*x.shape, nonzero=True)
    other = st.sampled_from(other_shapes(tuple(x.shape))).flatmap(lambda shape: st.tensors(*shape, nonzero=True))
    return x, draw(st.lists(st.one_of([fitting, fitting, st.just(NO_V), other]), min_size=1, max_size=3))


@checked_backward.test(examples=40)
@given(calls(), st.sampled_from([SQUARE, SUM, LEAF, USED_PART, OVERWRITTEN]))
@example((filled(2), [filled(2), filled(2)]), SQUARE)
@example((filled(), [NO_V, NO_V]), SQUARE)
@example((filled(2), [filled(2), filled(2)]), SUM)
@example((filled(2), [filled(2)]), USED_PART)
@example((filled(2), [filled(2)]), OVERWRITTEN)
@example((filled(2), [filled(3), filled(2)]), SQUARE)
def test_refuses_a_used_graph_where_torch_does(student, pair, program):
    """one call after another: ValueError where torch refuses the graph as used, and only there"""
    check_calls(student, program, *pair)


def refuse(y, v, *, graph=True, missing=True, shape=True):
    """Raise ValueError for those of the mistakes that can be seen in y and v."""
    if graph and not y.requires_grad:
        raise ValueError("y has no graph")
    if missing and v is None and y.numel() != 1:
        raise ValueError("v is missing")
    if shape and v is not None and v.shape != y.shape:
        raise ValueError(f"{tuple(v.shape)} is not {tuple(y.shape)}")


def unless_used(go):
    """Do it; the error about a used graph is made a ValueError."""
    try:
        go()
    except RuntimeError as error:
        if "a second time" not in str(error):
            raise
        raise ValueError("the graph is used") from None


SHAPES = f"A v of another shape, in {LESSON}"


@checked_backward.misconception(
    "a v that could be stretched is accepted",
    hint="compare the shapes themselves: v must have exactly the shape of y",
    see=SHAPES,
)
def _(y, v=None):
    refuse(y, v, shape=False)
    if v is not None and v.shape != y.shape:
        try:
            v = torch.broadcast_to(v, y.shape)
        except RuntimeError:
            refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "v · y is summed and sent backward, so that v or y is stretched",
    hint="v * y stretches both to a common shape without a word; compare the shapes first",
    see=SHAPES,
)
def _(y, v=None):
    refuse(y, v, shape=False)
    try:
        total = y if v is None else (v * y).sum()
    except RuntimeError:
        refuse(y, v)
    unless_used(total.backward)


@checked_backward.misconception(
    "v · y is summed and sent backward, so that v gets a gradient too",
    hint="v counts as given numbers: y.backward(v) leaves v alone",
    see=f"A v that depends on x, in {LESSON}",
)
def _(y, v=None):
    refuse(y, v)
    unless_used((y if v is None else (v * y).sum()).backward)


@checked_backward.misconception(
    "only the numbers of entries are compared", hint="(2, 3) and (3, 2) hold as many entries: compare the shapes"
)
def _(y, v=None):
    refuse(y, v, shape=False)
    if v is not None and v.numel() != y.numel():
        refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "a v with as many entries is brought into y's shape",
    hint="(2, 3) and (3, 2) hold as many entries, and in another order: refuse what has another shape",
    see=SHAPES,
)
def _(y, v=None):
    refuse(y, v, shape=False)
    if v is not None and v.numel() != y.numel():
        refuse(y, v)
    unless_used(lambda: y.backward(v if v is None else v.reshape(y.shape)))


@checked_backward.misconception(
    "one element is refused unless its shape is ()",
    hint="torch needs no v for one element of any shape: ask y.numel(), not the number of axes",
    see=f"No v for several numbers, in {LESSON}",
)
def _(y, v=None):
    if v is None and y.dim() > 0:
        raise ValueError("v is missing")
    refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "one element is refused without v, whatever its shape",
    hint="one element needs no v: ask y.numel() before you refuse",
    see=f"No v for several numbers, in {LESSON}",
)
def _(y, v=None):
    if v is None:
        raise ValueError("v is missing")
    refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "no element is taken for one", hint="an empty y needs a v too: compare y.numel() with 1, by != and not by >"
)
def _(y, v=None):
    refuse(y, v, missing=y.numel() > 1)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "ones stand in for a missing v",
    hint="v of ones gives the gradient of the sum, which nobody asked for: refuse where v is missing",
    see=f"A v of ones is not the Jacobian, in {LESSON}",
)
def _(y, v=None):
    refuse(y, v, missing=False)
    unless_used(lambda: y.backward(torch.ones_like(y) if v is None else v))


@checked_backward.misconception(
    "v is left out where y has one element", hint="a v that is given counts, for one element too"
)
def _(y, v=None):
    refuse(y, v)
    unless_used(lambda: y.backward(None if y.numel() == 1 else v))


@checked_backward.misconception(
    "torch's own RuntimeError comes through",
    hint="check y and v yourself before torch does, and raise ValueError with the cure",
)
def _(y, v=None):
    y.backward(v)


@checked_backward.misconception(
    "a used graph is not refused with a ValueError",
    hint="only torch knows that a graph is used: catch its RuntimeError, and raise ValueError from it",
    see=f"A used graph, in {LESSON}",
)
def _(y, v=None):
    refuse(y, v)
    y.backward(v)


@checked_backward.misconception(
    "every RuntimeError becomes a ValueError",
    hint="something else may have gone wrong on the way: look at the text, and raise again what is no used graph",
)
def _(y, v=None):
    refuse(y, v)
    try:
        y.backward(v)
    except RuntimeError as error:
        raise ValueError(str(error)) from None


@checked_backward.misconception(
    "the graph is kept alive",
    hint="retain_graph=True was not asked for: like backward, this frees the graph",
    see=f"A used graph, in {LESSON}",
)
def _(y, v=None):
    refuse(y, v)
    unless_used(lambda: y.backward(v, retain_graph=True))


@checked_backward.misconception(
    "a leaf is taken for a tensor without a graph",
    hint="a leaf has no grad_fn, but where it requires a gradient backward works: ask requires_grad",
    see=f"No graph, in {LESSON}",
)
def _(y, v=None):
    if y.grad_fn is None:
        raise ValueError("y has no graph")
    refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "a tensor without a graph is not refused with a ValueError",
    hint="y.requires_grad tells beforehand whether there is a graph",
    see=f"No graph, in {LESSON}",
)
def _(y, v=None):
    refuse(y, v, graph=False)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "a v that tracks gradients is refused", hint="torch takes its numbers; that it tracks is no mistake"
)
def _(y, v=None):
    refuse(y, v)
    if v is not None and v.requires_grad:
        raise ValueError("v tracks gradients")
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "the message tells no shapes", hint='put both into it, for instance with f"{tuple(v.shape)} … {tuple(y.shape)}"'
)
def _(y, v=None):
    if v is not None and v.shape != y.shape:
        raise ValueError("v has the wrong shape")
    refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "the message tells only the shape of v", hint="whoever reads it needs to know both: that of v, and that of y"
)
def _(y, v=None):
    if v is not None and v.shape != y.shape:
        raise ValueError(f"v has the wrong shape {tuple(v.shape)}")
    refuse(y, v)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "only the numbers of axes are compared", hint="(2,) and (3,) have one axis each: compare the shapes"
)
def _(y, v=None):
    refuse(y, v, shape=v is not None and v.dim() != y.dim())
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "len() stands for the number of entries", hint="len() counts along the first axis only: ask y.numel()"
)
def _(y, v=None):
    if v is None and y.dim() and len(y) != 1:
        raise ValueError("v is missing")
    refuse(y, v, missing=False)
    unless_used(lambda: y.backward(v))


@checked_backward.misconception(
    "mistakes are passed over without a word", hint="a message that is printed stops nobody: raise ValueError with it"
)
def _(y, v=None):
    with suppress(RuntimeError):
        y.backward(v)


several_vjps = Task(
    "26.2",
    "several_vjps",
    points=3,
    minutes=10,
    hints=(
        "Where does each pass write its result, and what was there already?",
        "backward adds to .grad. torch.autograd.grad hands its result back and adds it to nothing; it takes v and "
        "retain_graph too.",
        "In the loop: torch.autograd.grad(y, leaf, v, retain_graph=True)[0] is the row of v; torch.stack the rows.",
    ),
    see=f"Rows pile up, in {LESSON}",
)

LAYERS = ("affine", "tanh_layer", "sine_layer", "squared_linear")


def several_vs(**options):
    """Cases of f at x, and vs, whose rows fit f(x)."""
    return functions.points("vector_to_vector", **options).flatmap(
        lambda case: st.builds(
            st.Case, f=st.just(case.f), x=st.just(case.x), vs=st.tensors((1, 4), len(case.v), nonzero=True)
        )
    )


def jacobian_of(case):
    """The Jacobian of case.f at case.x, by autograd."""
    return torch.autograd.functional.jacobian(case.f, case.x)


def check_rows(student, case):
    claimed = student.several_vjps(functions.once(case.f), case.x, case.vs)
    assert_close(claimed, case.vs @ jacobian_of(case), name="the table of products")


SQUARES = functions.function("scaled_squares", a=(1.0, 1.0))
TWO_ROWS = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)


@several_vjps.test
@given(several_vs())
@example(st.Case(f=SQUARES, x=filled(2), vs=TWO_ROWS))
def test_a_row_for_each_v(student, case):
    """row i is vᵀJ for v = vs[i], and f is called once"""
    check_rows(student, case)


@several_vjps.test(examples=15)
@given(several_vs(only=LAYERS, sizes={"m": 1}))
@example(st.Case(f=functions.function("affine", W=((1.0, 2.0),), b=(0.5,)), x=filled(2), vs=filled(2, 1)))
def test_of_one_output(student, case):
    """f with one output: vs is (k, 1), the answer (k, n)"""
    check_rows(student, case)


@several_vjps.test(examples=15)
@given(several_vs(only=LAYERS, sizes={"n": 1}))
@example(st.Case(f=functions.function("affine", W=((1.0,), (2.0,)), b=(0.5, 0.5)), x=filled(1), vs=TWO_ROWS))
def test_of_one_input(student, case):
    """f with one input: the answer is (k, 1)"""
    check_rows(student, case)


def rows_of(f, x, vs):
    """vᵀJ for each row v of vs, from one call of f."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in vs])


@several_vjps.misconception(
    "the rows pile up, as in the broken one", hint="backward adds to .grad; torch.autograd.grad adds to nothing"
)
def _(f, x, vs):
    return rows_of(f, x, vs).cumsum(dim=0)


@several_vjps.misconception(
    "the rows are one tensor, which went on growing",
    hint="backward adds into the tensor that .grad is: set .grad to None before each row, or use autograd.grad",
)
def _(f, x, vs):
    return rows_of(f, x, vs).sum(dim=0).repeat(len(vs), 1)


@several_vjps.misconception(
    "the rows are one tensor, which shows the last row",
    hint="zero_() and backward write into the same tensor: set .grad to None, or keep a clone",
)
def _(f, x, vs):
    return rows_of(f, x, vs)[-1].repeat(len(vs), 1)


@several_vjps.misconception(
    "the graph is freed after the first row",
    hint="all rows walk the same graph: retain_graph=True keeps it for the next",
    see=f"A used graph, in {LESSON}",
)
def _(f, x, vs):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, v)[0] for v in vs])


@several_vjps.misconception(
    "f is called again for each row", hint="call f once before the loop; retain_graph=True keeps its graph"
)
def _(f, x, vs):
    leaf = x.clone().requires_grad_()
    return torch.stack([torch.autograd.grad(f(leaf), leaf, v)[0] for v in vs])


@several_vjps.misconception(
    "f is called once, and then again for each row", hint="keep what the first call returned, with its graph"
)
def _(f, x, vs):
    leaf = x.clone().requires_grad_()
    f(leaf)
    return torch.stack([torch.autograd.grad(f(leaf), leaf, v)[0] for v in vs])


@several_vjps.misconception(
    "the rows are summed into one", hint="one pass with the sum of all v gives the sum of all rows; each needs its own"
)
def _(f, x, vs):
    return rows_of(f, x, vs).sum(dim=0)


@several_vjps.misconception("the products are transposed", hint="a row for each v, a column for each input: (k, n)")
def _(f, x, vs):
    return rows_of(f, x, vs).T


@several_vjps.misconception("v is left out: ones stand in its place", hint="pass each row of vs as v")
def _(f, x, vs):
    return rows_of(f, x, torch.ones_like(vs))


@several_vjps.misconception(
    "the Jacobian is returned, whatever vs is", hint="rows of J come from one-hot v; here each v is given"
)
def _(f, x, vs):
    return rows_of(f, x, torch.eye(vs.shape[1], dtype=vs.dtype))


@several_vjps.misconception(
    "a single row or column has lost its axis", hint="k = 1 makes shape (1, n) and n = 1 (k, 1); do not squeeze"
)
def _(f, x, vs):
    return rows_of(f, x, vs).squeeze()


@several_vjps.misconception(
    "there are as many rows as outputs", hint="a row for each v: len(vs) of them, whatever the number of outputs"
)
def _(f, x, vs):
    rows = rows_of(f, x, vs)
    return torch.stack([rows[k] for k in range(vs.shape[1])])


self_weighted_gradient = Task(
    "26.3",
    "self_weighted_gradient",
    points=3,
    minutes=10,
    hints=(
        "total depends on leaf through f and through the weights. Which of the two should backward not see?",
        "Weights that are constants have no graph: compute them from x, which does not track, or detach them. "
        "Then they are a v.",
        "y = f(leaf); y.backward(v), where v is weights_of(x), or weights_of(leaf).detach(); return leaf.grad.",
    ),
    see=f"A v that depends on x, in {LESSON}",
)


def weighted(**sizes):
    """Cases of f at x, and weights_of from the same n to the same m."""
    return functions.points("vector_to_vector", only=LAYERS, sizes=sizes or None).flatmap(
        lambda case: st.builds(
            st.Case,
            f=st.just(case.f),
            weights_of=functions.vector_to_vector(only=LAYERS, sizes={"n": len(case.x), "m": len(case.v)}),
            x=st.just(case.x),
        )
    )


def check_weighted(student, case):
    claimed = student.self_weighted_gradient(case.f, case.weights_of, case.x)
    weights = case.weights_of(case.x)
    assert_gradient(claimed, of=case.f, at=case.x, cotangent=weights, name="the gradient")


DOUBLED = functions.function("affine", W=((2.0,),), b=(0.0,))
PLUS_ONE = functions.function("affine", W=((1.0,),), b=(1.0,))


@self_weighted_gradient.test
@given(weighted())
@example(st.Case(f=DOUBLED, weights_of=PLUS_ONE, x=filled(1, value=2.0)))
def test_takes_the_weights_for_constants(student, case):
    """the gradient of Σ wᵢ fᵢ(x), the weights w being what weights_of(x) is, and constant"""
    check_weighted(student, case)


@self_weighted_gradient.test(examples=15)
@given(weighted(m=1, n=(2, 4)))
def test_of_one_weight(student, case):
    """one output with one weight, of several inputs"""
    check_weighted(student, case)


@self_weighted_gradient.test(examples=15)
@given(weighted(n=1, m=(2, 4)))
def test_of_a_weight_for_each_output(student, case):
    """several outputs with a weight each, of one input: the answer is (1,)"""
    check_weighted(student, case)


def vjp_of(f, x, v):
    """vᵀJ of f at x, for a v that counts as numbers."""
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf, v.detach())[0]


@self_weighted_gradient.misconception(
    "the weights are differentiated too, as in the broken one",
    hint="constants have no graph: detach the weights, or hand them to backward as v",
)
def _(f, weights_of, x):
    return vjp_of(f, x, weights_of(x)) + vjp_of(weights_of, x, f(x))


@self_weighted_gradient.misconception(
    "f is taken for the constant, and the weights are differentiated",
    hint="the other way round: it is the weights that are constant",
)
def _(f, weights_of, x):
    return vjp_of(weights_of, x, f(x))


@self_weighted_gradient.misconception(
    "the weights are dropped", hint="constant does not mean 1: the weights still weigh, as v"
)
def _(f, weights_of, x):
    return vjp_of(f, x, torch.ones_like(f(x)))


@self_weighted_gradient.misconception(
    "the gradient of the sum of the weights is returned", hint="f is to be differentiated, with the weights as v"
)
def _(f, weights_of, x):
    return vjp_of(weights_of, x, torch.ones_like(f(x)))


@self_weighted_gradient.misconception("f itself stands for the weights", hint="the weights are weights_of(x), not f(x)")
def _(f, weights_of, x):
    return vjp_of(f, x, f(x))


@self_weighted_gradient.misconception(
    "the weights are squared", hint="a v that is the weights is enough; do not multiply f by them as well"
)
def _(f, weights_of, x):
    return vjp_of(f, x, weights_of(x) ** 2)


@self_weighted_gradient.misconception(
    "the mean stands for the sum", hint="Σ wᵢ fᵢ is not divided by the number of outputs"
)
def _(f, weights_of, x):
    weights = weights_of(x)
    return vjp_of(f, x, weights / len(weights))


@self_weighted_gradient.misconception(
    "the weights are scaled to sum to 1", hint="they count as they are; nothing divides them by their sum"
)
def _(f, weights_of, x):
    weights = weights_of(x)
    return vjp_of(f, x, weights / weights.sum())


@self_weighted_gradient.misconception(
    "the weights are taken at f(x)", hint="weights_of maps x, and not f(x), to the weights"
)
def _(f, weights_of, x):
    return vjp_of(f, x, weights_of(f(x)))


@self_weighted_gradient.misconception(
    "the rows of the Jacobian are weighted, and not added up",
    hint="Σ wᵢ fᵢ(x) is one number, so its gradient has an entry for each input: add the rows up",
)
def _(f, weights_of, x):
    rows = torch.autograd.functional.jacobian(f, x)
    return weights_of(x)[:, None] * rows


@self_weighted_gradient.misconception(
    "the whole product is detached", hint="only the weights are constants; f(leaf) must keep its graph"
)
def _(f, weights_of, x):
    leaf = x.clone().requires_grad_()
    (weights_of(leaf) * f(leaf)).detach().sum().backward()
    return leaf.grad
