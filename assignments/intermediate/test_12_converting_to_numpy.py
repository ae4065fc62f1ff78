"""Assignment 12 · From torch to NumPy and back"""

from types import SimpleNamespace

import numpy as np
import torch

from autograder import Task, assert_close, assert_gradient, example, given, probe
from autograder import strategies as st

LESSON = "lessons/intermediate/12_converting_to_numpy.py"

to_numpy = Task(
    "12.1",
    "to_numpy",
    points=3,
    minutes=10,
    hints=(
        "Which kinds of tensors does .numpy() refuse? And what happens to the array when the tensor changes in place?",
        "Leave the graph, carry out what a conjugated or negated view has promised, convert, and copy: .numpy() alone "
        "shares the tensor's memory.",
        "t.detach().cpu().resolve_conj()… has a short form, t.numpy(force=True); what it gives still shares memory.",
    ),
    see=f"Promises that NumPy does not keep, in {LESSON}",
)

sharing_groups = Task(
    "12.2",
    "sharing_groups",
    points=3,
    minutes=25,
    hints=(
        "t[:3] and t[3:] start at different addresses and have no entry in common. What of theirs is the same?",
        "Find for each object the stretch of memory behind it: for a tensor its untyped_storage(), for an array follow "
        ".base to its end, which is an array or a tensor. Two belong together where these stretches overlap.",
        "A stretch is (data_ptr(), data_ptr() + nbytes()) of the storage, or (ctypes.data, ctypes.data + nbytes) of "
        "the last array. Go through the objects; each joins all groups that it overlaps, and so may merge them.",
    ),
    see=f"Whose memory is it?, in {LESSON}",
)

through_numpy = Task(
    "12.3",
    "through_numpy",
    points=4,
    minutes=25,
    hints=(
        "An array carries no graph. Where does autograd let you say what goes forward and what comes back?",
        "Write a torch.autograd.Function inside through_numpy, and return its apply: forward saves x and returns a "
        "tensor of forward's result, backward gets v and returns a tensor of vjp(x, v).",
        "In forward: ctx.save_for_backward(x), then a tensor of np.array(forward(x.numpy())); in backward: "
        "(x,) = ctx.saved_tensors, and the same of vjp(…, v.numpy()).",
    ),
    see=f"A NumPy function inside autograd, in {LESSON}",
)

# 12.1


@probe
def converted(student, values, tracked, ways):
    """What comes back for a view of a tensor with these values, then the tensor, and the array once that has changed.

    ways: how the view is made, in order.
    """
    whole = values.clone().requires_grad_(tracked)
    t = whole
    for way in ways:
        if way == "transposed":
            t = t.permute(*reversed(range(t.dim())))
        elif way == "every second":
            t = t[..., ::2]
        elif way == "first":
            t = t[0]
        elif way == "expanded":
            t = t.expand(2, *t.shape)
        elif way == "conjugated":
            t = t.conj()
        else:
            t = t.imag
    flags = [t.requires_grad, t.is_conj(), t.is_neg(), whole.requires_grad]
    array = student.to_numpy(t)
    seen = {"kind": type(array).__name__, "plain": type(array) is np.ndarray}
    seen["flags"] = [flags, [t.requires_grad, t.is_conj(), t.is_neg(), whole.requires_grad]]
    seen["kept"] = [whole.detach().clone(), whole.grad]

    def numbers():
        return [array.real.astype(float), array.imag.astype(float)]

    if seen["plain"]:
        seen["dtype"], seen["shape"] = array.dtype.name, list(array.shape)
        seen["numbers"] = numbers()
        if values.dtype == torch.bool:
            whole.detach().logical_not_()
        else:
            whole.detach().add_(1)
        seen["later"] = numbers()
    return seen


def viewed(values, ways):
    """The array that is expected."""
    a = values.numpy()
    for way in ways:
        if way == "transposed":
            a = a.T
        elif way == "every second":
            a = a[..., ::2]
        elif way == "first":
            a = a[0]
        elif way == "expanded":
            a = np.broadcast_to(a, (2, *a.shape))
        else:
            a = np.conj(a) if way == "conjugated" else a.imag
    return np.asarray(a)


DTYPES = (
    torch.float64,
    torch.complex128,
    torch.float32,
    torch.complex64,
    torch.int64,
    torch.bool,
    torch.float16,
    torch.uint8,
)
SHAPES = ((3,), (), (2, 3), (1,), (2, 1, 3), (0,), (2, 0))


def of_dtype(numbers, dtype, shape):
    """Twice as many numbers as the shape has entries, as a tensor."""
    real, imag = numbers.reshape(2, *shape)
    if dtype.is_complex:
        return torch.complex(real, imag).to(dtype)
    return (real > 0) if dtype == torch.bool else real.abs().to(dtype) if dtype == torch.uint8 else real.to(dtype)


@st.composite
def views(draw, dtypes=DTYPES, plain=False):
    """Cases of values, whether they track, and the ways of a view of them."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(st.sampled_from(SHAPES))
    values = of_dtype(draw(st.tensors(2 * int(np.prod(shape)), inexact=True)), dtype, shape)
    ways, a = [], values.numpy()
    for code in () if plain else draw(st.lists(st.integers(0, 5), max_size=3)):
        options = ["expanded", *(["conjugated", "conjugated", "imaginary part"] if np.iscomplexobj(a) else [])]
        options += ["transposed", "every second"] if a.ndim else []
        options += ["first"] if a.ndim and len(a) else []
        ways.append(options[code % len(options)])
        a = viewed(values, ways)
    tracked = (dtype.is_floating_point or dtype.is_complex) and draw(st.booleans())
    return st.Case(values=values, tracked=tracked, ways=ways)


def view_of(values, *ways, tracked=False, dtype=torch.float64):
    """A case of these values."""
    return st.Case(values=torch.tensor(values, dtype=dtype), tracked=tracked, ways=list(ways))


def seen_of(student, case):
    """What `converted` tells, once an array has come back."""
    seen = student.run(converted, case.values, case.tracked, case.ways)
    assert seen["plain"], f"What came back is a {seen['kind']}; an np.ndarray is expected."
    return seen


@to_numpy.test(examples=40)
@given(views())
@example(view_of([1.0, 2.0]))
@example(view_of([1.0, 2.0], tracked=True))
@example(view_of(2.0))
@example(view_of([1.0, 2.0], dtype=torch.float32))
@example(view_of([1, 2], dtype=torch.int64))
@example(view_of([1.0 + 2.0j], "conjugated", dtype=torch.complex128))
@example(view_of([1.0 + 2.0j], "conjugated", "imaginary part", dtype=torch.complex128))
@example(view_of([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "transposed", "every second", tracked=True))
def test_keeps_entries_shape_and_dtype(student, case):
    """an array of the same entries, shape and dtype, whatever the tensor is a view of, tracked or not"""
    seen, right = seen_of(student, case), viewed(case.values, case.ways)
    assert_close(seen["dtype"], right.dtype.name, name="the dtype")
    assert tuple(seen["shape"]) == right.shape, (
        f"The array has shape {tuple(seen['shape'])}; {right.shape} is expected."
    )
    numbers = [np.asarray(part, dtype=np.float64) for part in (right.real, right.imag)]
    assert_close(seen["numbers"], numbers, name="[real, imaginary part]", rtol=0, atol=0)


@to_numpy.test(examples=30)
@given(views())
@example(view_of([1.0, 2.0]))
@example(view_of([[1.0, 2.0], [3.0, 4.0]], "transposed"))
@example(view_of(2.0, tracked=True))
def test_is_an_independent_copy(student, case):
    """the array keeps its entries when the tensor changes in place"""
    seen = seen_of(student, case)
    follows = not all(map(np.array_equal, seen["numbers"], seen["later"]))
    assert not follows, "The tensor was changed in place, and the array changed with it: they share memory."


@to_numpy.test(examples=20)
@given(views())
@example(view_of([1.0], tracked=True))
def test_leaves_the_tensor_alone(student, case):
    """the tensor keeps its entries and flags"""
    seen = seen_of(student, case)
    names = ("requires_grad", "is_conj()", "is_neg()", "requires_grad of the tensor it is a view of")
    before, after = (dict(zip(names, flags, strict=True)) for flags in seen["flags"])
    assert_close(after, before, name="after the call: ")
    assert_close(seen["kept"], [case.values, None], name="[the tensor, its .grad] after the call", rtol=0, atol=0)


to_numpy.misconception(
    "the array shares the tensor's memory",
    hint="force=True makes .numpy() possible, and still shares memory wherever it can; add .copy()",
    to_numpy=lambda t: t.numpy(force=True),
)
to_numpy.misconception(
    "the array shares the tensor's memory, and conjugated or negated views fail",
    hint="add .copy(), and carry out what such views have promised: resolve_conj() and resolve_neg()",
    to_numpy=lambda t: t.detach().numpy(),
)
to_numpy.misconception(
    "fails where the tensor tracks gradients, and on conjugated or negated views",
    hint="an array can carry no graph: detach() first; resolve_conj() and resolve_neg() for the views",
    to_numpy=lambda t: t.numpy().copy(),
)
to_numpy.misconception(
    "fails where the tensor tracks gradients",
    hint="an array can carry no graph: detach() first",
    to_numpy=lambda t: t.resolve_conj().resolve_neg().numpy().copy(),
)
to_numpy.misconception(
    "fails on conjugated and negated views",
    hint="such a view only promises to turn signs; resolve_conj() and resolve_neg() turn them",
    to_numpy=lambda t: t.detach().numpy().copy(),
)
to_numpy.misconception(
    "fails on negated views",
    hint="the imaginary part of a conjugate is a negated view: resolve_neg() carries it out",
    to_numpy=lambda t: t.detach().resolve_conj().numpy().copy(),
)
to_numpy.misconception(
    "fails on conjugated views",
    hint="the conjugate of a complex tensor is a promise: resolve_conj() carries it out",
    to_numpy=lambda t: t.detach().resolve_neg().numpy().copy(),
)
to_numpy.misconception(
    "the promise of a conjugated or negated view is dropped",
    hint="carry it out with resolve_conj() and resolve_neg(); the memory alone holds the numbers before the turn",
    to_numpy=lambda t: (t.conj() if t.is_conj() else torch._neg_view(t) if t.is_neg() else t).numpy(force=True).copy(),
)
to_numpy.misconception(
    "copied only where the tensor is not contiguous",
    hint="contiguous() returns the tensor itself where it is contiguous already, and the memory is shared",
    to_numpy=lambda t: t.contiguous().numpy(force=True),
)
to_numpy.misconception(
    "the dtype is lost on the way through lists",
    hint="tolist() gives Python numbers, and np.array makes them float64, complex128 or int64",
    to_numpy=lambda t: np.array(t.tolist()),
)
to_numpy.misconception(
    "everything becomes float64",
    hint="the dtype is kept: no double(), no astype(np.float64)",
    to_numpy=lambda t: t.numpy(force=True).astype(np.float64),
)
to_numpy.misconception(
    "the array is flat",
    hint="the shape is kept: no flatten(), no ravel()",
    to_numpy=lambda t: t.numpy(force=True).flatten(),
)
to_numpy.misconception(
    "a tensor of shape () becomes a number",
    hint="an array of shape () is an array too: no item()",
    to_numpy=lambda t: t.numpy(force=True).copy() if t.dim() else t.item(),
)


@to_numpy.misconception(
    "the tensor is switched off for good",
    hint="requires_grad_(False) and detach_() change the tensor itself; detach() leaves it alone",
)
def _(t):
    return t.requires_grad_(False).numpy(force=True).copy()


# 12.2


@probe
def grouped(student, roots, chains):
    """The groups of objects, and what the objects are afterwards.

    roots: "tensor", "tracked tensor" or "array", which all hold the numbers 1 to 8. An object is the number of its
    root, and the ways that lead to it from there.
    """
    made = []
    for kind in roots:
        numbers = np.arange(1.0, 9.0)
        made.append(numbers if kind == "array" else torch.tensor(numbers, requires_grad=kind == "tracked tensor"))
    objects = []
    for root, ways in chains:
        thing = made[root]
        for way in ways:
            if way == "first half":
                thing = thing[: len(thing) // 2]
            elif way == "second half":
                thing = thing[len(thing) // 2 :]
            elif way == "[::2]":
                thing = thing[::2]
            elif way == "[1::2]":
                thing = thing[1::2]
            elif way == "[:, None]":
                thing = thing[:, None]
            elif way == "reversed":
                thing = thing[::-1]
            elif way == "detach()":
                thing = thing.detach()
            elif way == "as integers":
                thing = thing.view(np.int64) if isinstance(thing, np.ndarray) else thing.detach().view(torch.int64)
            elif way == "numpy()":
                thing = thing.detach().numpy()
            elif way == "from_numpy":
                thing = torch.from_numpy(thing)
            elif way == "copied":
                thing = thing.copy() if isinstance(thing, np.ndarray) else thing.clone()
            else:
                thing = torch.tensor(thing.tolist(), dtype=torch.float64)
        objects.append(thing)
    told = student.sharing_groups(list(objects))
    plain = isinstance(told, (list, tuple)) and all(isinstance(group, (list, tuple)) for group in told)
    groups = [[int(k) for k in group] for group in told] if plain else type(told).__name__
    tracks = [isinstance(thing, torch.Tensor) and thing.requires_grad for thing in objects]
    return {"groups": groups, "entries": [thing.tolist() for thing in objects], "tracks": tracks}


@st.composite
def collections(draw, max_objects=6):
    """Cases of roots and chains, and the groups that are expected."""
    roots = draw(st.lists(st.sampled_from(["tensor", "array", "tracked tensor"]), min_size=1, max_size=3))
    chains, memory, from_parts = [], [], set()
    for number in range(draw(st.integers(1, max_objects))):
        root = draw(st.integers(0, len(roots) - 1))
        tensor, size, backwards, owner = roots[root] != "array", 8, False, root
        ways = []
        for code in draw(st.lists(st.integers(0, 23), max_size=3)):
            options = ["first half", "second half", "[::2]", "[1::2]"] if size > 1 else []
            options += ["[:, None]", "as integers", *(["detach()", "numpy()"] if tensor else ["reversed"])]
            options += ["from_numpy"] if not tensor and not backwards else []
            ways.append(options[code % len(options)])
            size = size // 2 if ways[-1] in ("first half", "second half", "[::2]", "[1::2]") else size
            tensor = ways[-1] == "from_numpy" or (tensor and ways[-1] != "numpy()")
            backwards = not backwards if ways[-1] == "reversed" else backwards
        if draw(st.integers(0, 4)) == 0:
            ways.append(draw(st.sampled_from(["copied", "torch.tensor"])))
            owner = ("own", number)
        elif "from_numpy" in ways:
            from_parts.add(root)
        chains.append((root, ways))
        memory.append(owner)
    linked = {owner for owner, (_, ways) in zip(memory, chains, strict=True) if "from_numpy" not in ways}
    for root in sorted(from_parts - linked):
        chains.append((root, []))
        memory.append(root)
    return collection(
        roots, *chains, groups=[[k for k, m in enumerate(memory) if m == o] for o in dict.fromkeys(memory)]
    )


def collection(roots, *chains, groups):
    """A case of these objects."""
    return st.Case(roots=roots, chains=list(chains), groups=groups)


@sharing_groups.test(examples=60)
@given(collections())
@example(collection([], groups=[]))
@example(collection(["tensor"], (0, []), (0, ["second half"]), groups=[[0, 1]]))
@example(collection(["tensor"], (0, ["first half"]), (0, ["second half"]), groups=[[0, 1]]))
@example(collection(["array"], (0, ["[::2]"]), (0, ["[1::2]"]), groups=[[0, 1]]))
@example(collection(["tensor"], (0, []), (0, ["copied"]), groups=[[0], [1]]))
@example(collection(["array"], (0, []), (0, ["second half", "from_numpy"]), groups=[[0, 1]]))
@example(collection(["tensor"], (0, ["first half", "numpy()"]), (0, ["second half", "numpy()"]), groups=[[0, 1]]))
@example(collection(["tracked tensor"], (0, ["first half", "numpy()"]), (0, ["second half"]), groups=[[0, 1]]))
@example(
    collection(
        ["array"],
        (0, ["first half", "from_numpy"]),
        (0, ["second half", "from_numpy"]),
        (0, ["[::2]"]),
        groups=[[0, 1, 2]],
    )
)
@example(collection(["tensor", "array"], (0, []), (1, []), (0, []), groups=[[0, 2], [1]]))
def test_groups_by_memory(student, case):
    """the groups, each ascending, by their first index: views of one storage or array belong together"""
    groups = student.run(grouped, case.roots, case.chains)["groups"]
    assert isinstance(groups, list), f"What came back is no list of lists of int (it is a {groups})."
    assert groups == case.groups, f"The groups are {groups}; {case.groups} is expected."


@sharing_groups.test(examples=20)
@given(collections(max_objects=4))
@example(collection(["tensor"], (0, []), (0, ["second half"]), groups=[[0, 1]]))
def test_leaves_the_objects_alone(student, case):
    """all tensors and arrays hold the numbers that they held before, and track as before"""
    nobody = SimpleNamespace(sharing_groups=lambda objects: [])
    seen, right = student.run(grouped, case.roots, case.chains), grouped(nobody, case.roots, case.chains)
    assert seen["entries"] == right["entries"], f"The objects hold {seen['entries']}; before it was {right['entries']}."
    assert_close(seen["tracks"], right["tracks"], name="requires_grad")


def as_array(thing):
    return thing if isinstance(thing, np.ndarray) else thing.detach().numpy()


def by_pairs(alike, first_only=False):
    """sharing_groups by a relation of two arrays; first_only: only the first of a group is compared."""

    def sharing_groups(objects):
        arrays, groups = [as_array(thing) for thing in objects], []
        for k, array in enumerate(arrays):
            linked = [g for g in groups if any(alike(arrays[j], array) for j in (g[:1] if first_only else g))]
            if first_only and linked:
                linked[0].append(k)
            else:
                groups = [g for g in groups if g not in linked] + [sorted(sum(linked, [k]))]
        return sorted(groups)

    return sharing_groups


def by_key(key):
    """sharing_groups by what `key` gives for an object."""

    def sharing_groups(objects):
        groups = {}
        for k, thing in enumerate(objects):
            groups.setdefault(key(thing), []).append(k)
        return list(groups.values())

    return sharing_groups


def first_address(thing):
    return thing.ctypes.data if isinstance(thing, np.ndarray) else thing.data_ptr()


def owner_of(array):
    """The end of the chain of bases."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


def start_of_memory(thing):
    owner = owner_of(thing)
    return owner.ctypes.data if isinstance(owner, np.ndarray) else owner.untyped_storage().data_ptr()


sharing_groups.misconception(
    "first addresses are compared, and a shifted view is missed",
    hint="a slice may start anywhere in the memory of its owner: ask for the storage, or follow .base",
    sharing_groups=by_key(first_address),
)
sharing_groups.misconception(
    "only the starts of the memory are compared",
    hint="the storage of torch.from_numpy(a[3:]) begins in the middle of a: see whether stretches overlap, from start "
    "to end",
    sharing_groups=by_key(start_of_memory),
)
sharing_groups.misconception(
    "values are compared, not memory",
    hint="a copy has equal values and memory of its own, two slices have other values and one memory",
    sharing_groups=by_pairs(np.array_equal),
)
for rest, only in (("", False), (", and only the first of a group is asked", True)):
    sharing_groups.misconception(
        f"disjoint slices are missed{rest}",
        hint="t[:3] and t[3:] have no entry in common and are views of one storage: compare what they are views of",
        sharing_groups=by_pairs(np.shares_memory, first_only=only),
    )
    sharing_groups.misconception(
        f"slices that lie apart are missed{rest}",
        hint="t[:3] and t[3:] lie apart and are views of one storage: compare the memory of what they are views of",
        sharing_groups=by_pairs(np.may_share_memory, first_only=only),
    )
sharing_groups.misconception(
    "each is compared with the first of a group only",
    hint="an object may link two groups that were apart before: compare with all in a group, and merge the groups",
    sharing_groups=lambda objects: by_pairs_of_regions(objects),
)


def region(thing):
    owner = owner_of(thing)
    if isinstance(owner, np.ndarray):
        return owner.ctypes.data, owner.ctypes.data + owner.nbytes
    return owner.untyped_storage().data_ptr(), owner.untyped_storage().data_ptr() + owner.untyped_storage().nbytes()


def by_pairs_of_regions(objects):
    """Regions compared with the first of each group."""
    regions, groups = [region(thing) for thing in objects], []
    for k, (begin, end) in enumerate(regions):
        for group in groups:
            if begin < regions[group[0]][1] and regions[group[0]][0] < end:
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


sharing_groups.misconception(
    "an array and a tensor are never put together",
    hint="numpy() and from_numpy() share memory: compare addresses, over both kinds",
    sharing_groups=by_key(
        lambda thing: (
            ("array", id(owner_of(thing)))
            if isinstance(thing, np.ndarray)
            else ("tensor", thing.untyped_storage().data_ptr())
        )
    ),
)
sharing_groups.misconception(
    "only the very same object is put together",
    hint="a view is another object with the same memory",
    sharing_groups=by_key(id),
)


@sharing_groups.misconception(
    "numbers are written into the objects, and not taken back",
    hint="others use these numbers; addresses tell as much, and nothing has to be written",
)
def _(objects):
    arrays = [as_array(thing) for thing in objects]
    groups, left = [], list(range(len(arrays)))
    while left:
        arrays[left[0]][...] = 1000 + left[0]
        group = [k for k in left if (arrays[k] == 1000 + left[0]).any()]
        groups.append(group)
        left = [k for k in left if k not in group]
    return groups


# 12.3


@probe
def seen_through(student, name, x, v, tracked):
    """y, the gradient at x when v arrives, by autograd and as backward returns it, and what the NumPy functions got."""
    given = []

    def ruled(name):
        def squares(x):
            return x * x

        def squares_vjp(x, v):
            return 2 * x * v

        def first_times(x):
            return x * x[0]

        def first_times_vjp(x, v):
            gradient = v * x[0]
            gradient[0] += (v * x).sum(axis=0)
            return gradient

        return {
            "squares": (squares, squares_vjp),
            "x times its first": (first_times, first_times_vjp),
            "running sums": (lambda x: np.cumsum(x, axis=0), lambda x, v: np.cumsum(v[::-1], axis=0)[::-1]),
            "reversed": (lambda x: x[::-1], lambda x, v: v[::-1]),
            "flat": (lambda x: x.reshape(-1), lambda x, v: v.reshape(x.shape)),
            "three copies": (lambda x: np.broadcast_to(x, (3, *x.shape)), lambda x, v: v.sum(axis=0)),
            "sum of squares": (lambda x: np.sum(x**2), lambda x, v: 2 * x * v),
            "a Python float": (lambda x: float(np.sum(x**3)), lambda x, v: 3 * x**2 * v),
            "the sum": (lambda x: x.sum(), lambda x, v: np.broadcast_to(v, x.shape)),
        }[name]

    def watched(function):
        def watching(*arrays):
            kinds = [isinstance(array, torch.Tensor) for array in arrays]
            given.append(isinstance(arrays[0], np.ndarray) and not any(kinds))
            result = function(*arrays)
            return result if given[-1] else 2 * result  # so that a tensor shows in the values

        return watching

    functions = [student.through_numpy(*map(watched, ruled(one))) for one in name.split(" after ")[::-1]]
    leaf = x.clone().requires_grad_(tracked)
    y = leaf
    for function in functions:
        y = function(y)
    seen = {"y": y, "in the graph": isinstance(y, torch.Tensor) and y.grad_fn is not None, "arrays": all(given)}
    seen["tracks"] = isinstance(y, torch.Tensor) and y.requires_grad
    if tracked and seen["in the graph"]:
        if isinstance(y.grad_fn, torch.autograd.function.BackwardCFunction) and len(functions) == 1:
            with torch.no_grad():
                raw = y.grad_fn.apply(v.clone())
            seen["raw"] = raw[0] if isinstance(raw, tuple) else raw
        functions[0](leaf + 1)  # a second use, whose x must not get into the first one's backward
        seen["gradient"] = torch.autograd.grad(y, leaf, v, retain_graph=True)[0]
        seen["arrays"] = all(given)
    seen["x"] = leaf.detach()
    return seen


IN_TORCH = {
    "squares": lambda x: x * x,
    "x times its first": lambda x: x * x[0],
    "running sums": lambda x: x.cumsum(0),
    "reversed": lambda x: x.flip(0),
    "flat": lambda x: x.reshape(-1),
    "three copies": lambda x: x.expand(3, *x.shape),
    "sum of squares": lambda x: (x**2).sum(),
    "a Python float": lambda x: (x**3).sum(),
    "the sum": lambda x: x.sum(),
}
KEEPING_SHAPE = ("squares", "x times its first", "running sums", "reversed")
FOR_NUMBERS = ("squares", "sum of squares", "a Python float", "three copies", "flat", "the sum")


def in_torch(name):
    """The function of this name, or of two names with `after` between them, of tensors."""
    steps = [IN_TORCH[one] for one in name.split(" after ")[::-1]]

    def of(x):
        for step in steps:
            x = step(x)
        return x

    return of


@st.composite
def uses(draw, twice=False, **options):
    """Cases of a function's name, x, and a v that fits."""
    shape = draw(st.sampled_from([(3,), (2,), (1,), (2, 3), (3, 1)] + ([] if twice else [()])))
    name = draw(st.sampled_from(tuple(IN_TORCH) if shape else FOR_NUMBERS))
    if twice:
        name = f"{name} after {draw(st.sampled_from(KEEPING_SHAPE))}"
    x = draw(st.tensors(*shape, **options))
    return use(name, x, draw(st.tensors(*in_torch(name)(x).shape, nonzero=True)))


def use(name, x, v):
    """A case of a function's name, x and v, tensors or numbers."""
    x, v = (torch.as_tensor(value, dtype=torch.float64) for value in (x, v))
    return st.Case(name=name, x=x, v=v)


def look(student, case, tracked=True):
    """What the probe saw of a function whose values are right."""
    seen = student.run(seen_through, case.name, case.x, case.v, tracked)
    assert seen["arrays"], "forward and vjp must be given NumPy arrays, no tensors."
    assert_close(seen["y"], in_torch(case.name)(case.x), name="y")
    assert_close(seen["x"], case.x, name="x after the call", rtol=0, atol=0)
    return seen


def check_gradients(student, case):
    seen = look(student, case)
    assert seen["in the graph"], "y is not in the graph of x: it has no grad_fn."
    for key, name in (("raw", "what backward returns"), ("gradient", "the gradient at x")):
        if key in seen:
            assert_gradient(seen[key], of=in_torch(case.name), at=case.x, cotangent=case.v, name=name)


@through_numpy.test(examples=40)
@given(uses())
@example(use("squares", [1.0], [1.0]))
@example(use("squares", [1.0, 2.0], [1.0, 3.0]))
@example(use("sum of squares", [1.0, 2.0], 3.0))
@example(use("x times its first", [1.0, 2.0], [1.0, 3.0]))
@example(use("reversed", [1.0, 2.0], [1.0, 3.0]))
@example(use("squares", 2.0, 3.0))
def test_backward_is_the_vjp(student, case):
    """vjp(x, v) arrives at x, for the v that arrives at y; backward itself returns it in the shape of x"""
    check_gradients(student, case)


@through_numpy.test(examples=30)
@given(uses(inexact=True))
@example(use("a Python float", [0.1, 2.0], 1.0))
def test_keeps_double_precision(student, case):
    """y and gradients are float64, also where forward returns a single number"""
    check_gradients(student, case)


@through_numpy.test(examples=30)
@given(uses(twice=True))
@example(use("squares after running sums", [1.0, 2.0], [1.0, 3.0]))
def test_works_in_a_chain(student, case):
    """two such functions in a chain: each keeps its own x and gets its own v"""
    check_gradients(student, case)


@through_numpy.test(examples=20)
@given(uses())
@example(use("squares", [1.0, 2.0], [1.0, 3.0]))
def test_of_a_constant_is_a_constant(student, case):
    """where x does not track, y has the same values and does not track"""
    assert_close(look(student, case, tracked=False)["tracks"], False, name="requires_grad of y")


def tensor_of(result):
    return torch.tensor(np.array(result))


def function_with(backward, convert=tensor_of, convert_back=tensor_of):
    """through_numpy with a backward(vjp, x, v, y) of arrays."""

    def through_numpy(forward, vjp):
        class Through(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = convert(forward(x.detach().numpy()))
                ctx.save_for_backward(x, y)
                return y

            @staticmethod
            def backward(ctx, v):
                x, y = (tensor.detach().numpy() for tensor in ctx.saved_tensors)
                return convert_back(backward(vjp, x, v.numpy(), y))

        return Through.apply

    return through_numpy


def ordinary(vjp, x, v, y):
    return vjp(x, v)


through_numpy.misconception(
    "the incoming gradient is ignored",
    hint="backward gets v, what arrives at y: hand it on to vjp(x, v), in place of ones",
    through_numpy=function_with(lambda vjp, x, v, y: vjp(x, np.ones_like(y))),
)
through_numpy.misconception(
    "the incoming gradient multiplies what vjp gives for ones",
    hint="v belongs into vjp, which may sum over it or turn it round: vjp(x, v)",
    through_numpy=function_with(lambda vjp, x, v, y: v * vjp(x, np.ones_like(y))),
)
through_numpy.misconception(
    "the incoming gradient counts twice",
    hint="vjp(x, v) has v in it already",
    through_numpy=function_with(lambda vjp, x, v, y: v * vjp(x, v)),
)
through_numpy.misconception(
    "the incoming gradient is handed on as it is",
    hint="backward returns vjp(x, v), not v",
    through_numpy=function_with(lambda vjp, x, v, y: v),
)
through_numpy.misconception(
    "vjp is given y in place of x",
    hint="save the x that went into forward",
    through_numpy=function_with(lambda vjp, x, v, y: vjp(y, v)),
)
through_numpy.misconception(
    "vjp is given v and x in the wrong order",
    hint="the order is vjp(x, v)",
    through_numpy=function_with(lambda vjp, x, v, y: vjp(v, x)),
)
through_numpy.misconception(
    "a single number becomes float32",
    hint="torch makes float32 of a Python float; say dtype=x.dtype, or make an array of it first",
    through_numpy=function_with(
        ordinary,
        convert=lambda y: torch.tensor(np.ascontiguousarray(y) if isinstance(y, np.ndarray) and y.ndim else y),
    ),
)
through_numpy.misconception(
    "a single number is refused, and arrays that run backwards are too",
    hint="torch.from_numpy takes arrays only, with no negative strides: np.array(…) makes one of anything",
    through_numpy=function_with(ordinary, convert=torch.from_numpy, convert_back=torch.from_numpy),
)
through_numpy.misconception(
    "arrays that run backwards are refused",
    hint="torch takes no negative strides: copy the array first, np.array(…)",
    through_numpy=function_with(
        ordinary,
        convert=lambda y: torch.as_tensor(y, dtype=torch.float64),
        convert_back=lambda g: torch.as_tensor(g, dtype=torch.float64),
    ),
)
through_numpy.misconception(
    "arrays that run backwards are refused, and a single number becomes float32",
    hint="np.array(…) makes an ordinary float64 array of anything; make a tensor of that",
    through_numpy=function_with(ordinary, convert=torch.tensor, convert_back=torch.tensor),
)
through_numpy.misconception(
    "the graph is broken",
    hint="an array carries no graph; a torch.autograd.Function tells autograd what goes forward and what comes back",
    through_numpy=lambda forward, vjp: lambda x: tensor_of(forward(x.detach().numpy())),
)
through_numpy.misconception(
    "the graph is broken, and y is a new leaf",
    hint="requires_grad_() on y makes a new leaf with no way back to x; write a torch.autograd.Function",
    through_numpy=lambda forward, vjp: lambda x: tensor_of(forward(x.detach().numpy())).requires_grad_(),
)
through_numpy.misconception(
    "x is not detached, and fails where it tracks",
    hint="numpy() refuses a tensor that tracks: x.detach().numpy()",
    through_numpy=lambda forward, vjp: lambda x: tensor_of(forward(x.numpy())),
)


@through_numpy.misconception(
    "all uses share one x, and the last one wins",
    hint="keep x on ctx, which every use has for itself: ctx.save_for_backward(x)",
)
def _(forward, vjp):
    last = []

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            last[:] = [x.detach().numpy().copy()]
            return tensor_of(forward(last[0]))

        @staticmethod
        def backward(ctx, v):
            return tensor_of(vjp(last[0], v.numpy()))

    return Through.apply


@through_numpy.misconception(
    "the gradient comes back with an axis too many",
    hint="autograd sums such an axis away without a word; backward returns an array of exactly the shape of x",
)
def _(forward, vjp):
    return function_with(lambda vjp, x, v, y: np.array(vjp(x, v))[None])(forward, vjp)
