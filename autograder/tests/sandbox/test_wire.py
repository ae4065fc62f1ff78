"""Values survive the wire; bytes that are no value are BadFrame and cost little."""

import contextlib
import math
import struct
import tracemalloc
from collections import OrderedDict

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import Unsendable, notation, wire
from autograder.sandbox.errors import BadFrame
from autograder.sandbox.framing import MAX_FRAME, nodes_within

quick = settings(max_examples=60, deadline=None, database=None, derandomize=True)

numbers = st.one_of(st.integers(), st.integers(-(2**2000), 2**2000), st.floats(), st.complex_numbers(), st.booleans())
keys = st.one_of(st.text(max_size=5), st.integers(), st.tuples(st.integers()))
plain = st.recursive(
    st.one_of(st.none(), numbers, st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4).map(OrderedDict),
    ),
    max_leaves=12,
)
dtypes = st.sampled_from(["f8", "f4", "f2", "i8", "i4", "u1", "?", "c16", ">f8", ">i4", "longdouble"])
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))


def alike(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return alike(list(a.items()), list(b.items()))
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return repr(a) == repr(b)


@quick
@given(plain)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    assert alike(wire.decode(wire.encode(value)), value)


@quick
@given(arrays)
def test_arrays_come_back_with_shape_dtype_and_bits(value):
    back = wire.decode(wire.encode(value))
    assert type(back) is np.ndarray
    assert back.shape == value.shape
    assert back.dtype == value.dtype.newbyteorder("=")
    assert back.flags.writeable
    assert np.array_equal(back, value, equal_nan=value.dtype.kind in "fc")


@pytest.mark.parametrize("dtype", notation.TORCH_NAMES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 1), (2, 3)])
def test_tensors_come_back_with_shape_dtype_and_values(dtype, shape):
    value = torch.arange(math.prod(shape)).reshape(shape).to(getattr(torch, dtype))
    back = wire.decode(wire.encode(value))
    assert (back.dtype, back.shape, back.is_leaf, back.requires_grad) == (value.dtype, value.shape, True, False)
    assert torch.equal(back, value)


def test_views_come_back_as_what_they_show():
    value = torch.arange(6.0).reshape(2, 3)
    complex_value = torch.tensor([1 + 2j])
    for view in (value.T, value[:, 1], value.expand(2, 2, 3), complex_value.conj(), complex_value.conj().imag):
        assert torch.equal(wire.decode(wire.encode(view)), view)


def test_flags_and_one_gradient_come_along():
    leaf = torch.ones(2, requires_grad=True)
    (leaf * leaf).sum().backward()
    inner = leaf * 2
    back_leaf, back_inner, back_parameter = wire.decode(wire.encode([leaf, inner, torch.nn.Parameter(torch.ones(1))]))
    assert (back_leaf.requires_grad, back_leaf.is_leaf, back_leaf.grad.tolist()) == (True, True, [2.0, 2.0])
    assert (back_inner.requires_grad, back_inner.is_leaf) == (True, False)
    assert type(back_parameter) is torch.Tensor
    assert wire.decode(wire.encode(inner, arguments=True)).is_leaf


def test_types_of_numpy_and_torch_come_back():
    for value in (torch.float32, torch.Size([2, 3]), np.float64(0.1), np.int32(3), np.bool_(True), np.longdouble(1)):
        back = wire.decode(wire.encode(value))
        assert type(back) is type(value)
        assert back == value


class Text(str):
    pass


class Subclass(np.ndarray):
    pass


def shared(depth):
    value = [1]
    for _ in range(depth):
        value = [value, value]
    return value


def cyclic():
    value = []
    value.append(value)
    return value


NO_DATA = [
    *(
        object(),
        print,
        Text("x"),
        "\ud800",
        {1},
        range(3),
        np.array(["a"]),
        np.array([object()]),
        np.datetime64("2020"),
    ),
    *(np.zeros(1).view(Subclass), torch.ones(2).to_sparse(), torch.ones(1, device="meta"), torch.nn.Linear(1, 1)),
    *(1 << 40000, "x" * (33 << 20), torch.zeros(1).expand(1 << 50), torch.zeros(1 << 50, 0), cyclic(), shared(60)),
]


@pytest.mark.parametrize("value", NO_DATA, ids=lambda value: type(value).__name__)
def test_what_is_no_data_or_too_large_is_refused(value):
    with pytest.raises(Unsendable) as problem:
        wire.encode([value])
    assert len(problem.value.what) < 1000


def test_a_tensor_inside_vmap_is_refused_in_words():
    kept = []
    torch.vmap(lambda x: kept.append(x) or x)(torch.ones(2))
    with pytest.raises(Unsendable, match="vmap"):
        wire.encode(kept[0])


@quick
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_bad_frame(data):
    decode_or_refuse(data)


nodes = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1 << 40), st.text(max_size=8), st.binary(max_size=16)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=7),
        st.tuples(st.integers(0, 13), inner, inner, inner).map(list),
        st.tuples(st.just(notation.TENSOR), st.just("float64"), inner, inner, inner, inner, inner).map(list),
        st.tuples(st.just(notation.ARRAY), st.just("float64"), inner, inner).map(list),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
    ),
    max_leaves=20,
)


@settings(quick, max_examples=150)
@given(nodes)
def test_any_message_is_a_value_or_a_bad_frame(node):
    decode_or_refuse(msgspec.msgpack.encode(node))


@quick
@given(plain, st.integers(0, 400), st.integers(0, 255))
def test_a_value_with_one_byte_changed_is_a_value_or_a_bad_frame(value, at, byte):
    data = bytearray(wire.encode(value))
    data[at % len(data)] = byte
    decode_or_refuse(bytes(data))


def decode_or_refuse(data):
    with contextlib.suppress(BadFrame):
        wire.decode(data)


def colliding(count):
    """So many pairs of whole numbers that make tuples of one hash, which is known: Python's xxHash of a tuple."""
    word, prime1, prime2, prime5 = 1 << 64, 11400714785074694791, 14029467366897019727, 2870177450012600261
    undo, pairs, first = pow(prime2, -1, word), [], 0
    while len(pairs) < count:
        mixed = (prime5 + first * prime2) % word
        mixed = (mixed << 31 | mixed >> 33) % word * prime1 % word
        second = (1 - mixed) * undo % word
        if second < (1 << 61) - 1:  # a number that is its own hash
            pairs.append((first, second))
        first += 1
    return pairs


def test_the_pairs_collide():
    assert len(set(map(hash, colliding(50)))) == 1


HOSTILE = {
    "array of 2^32 items": b"\xdd\xff\xff\xff\xff",
    "bytes of 2^32": b"\xc6\xff\xff\xff\xff",
    "deep nesting": b"\x91" * 100_000,
    "empty lists": b"\xdd" + struct.pack(">I", 2_000_000) + b"\x90" * 2_000_000,
    "empty maps": b"\xdd" + struct.pack(">I", 2_000_000) + b"\x80" * 2_000_000,
    "huge shape": msgspec.msgpack.encode([notation.TENSOR, "float64", [1 << 40, 1 << 40], b"", False, True, None]),
    "huge empty shape": msgspec.msgpack.encode([notation.TENSOR, "float64", [0, 1 << 61], b"", False, True, None]),
    "shape of too many sides": msgspec.msgpack.encode([notation.ARRAY, "uint8", [1] * 33, b"x"]),
    "negative shape": msgspec.msgpack.encode([notation.ARRAY, "uint8", [-1, -1], b"x"]),
    "object dtype": msgspec.msgpack.encode([notation.ARRAY, "object", [1], b"12345678"]),
    "integer that tracks": msgspec.msgpack.encode([notation.TENSOR, "int64", [], b"12345678", True, True, None]),
    "gradient of another shape": msgspec.msgpack.encode(
        [notation.TENSOR, "uint8", [1], b"x", False, True, [notation.TENSOR, "uint8", [2], b"xx", False, True, None]]
    ),
    "function": msgspec.msgpack.encode([notation.FUNCTION, "sine", [notation.DICT]]),
    "model": msgspec.msgpack.encode([notation.MODEL, "mlp", [notation.TUPLE, 2, 1], 0, [notation.DICT]]),
    "keys that collide": msgspec.msgpack.encode(
        [notation.DICT] + [x for k in range(100_000) for x in (k * ((1 << 61) - 1) % (1 << 63), None)]
    ),
    "keys of a map that collide": b"\xdf"
    + struct.pack(">I", 50_000)
    + b"".join(b"\x92" + msgspec.msgpack.encode(a) + msgspec.msgpack.encode(b) + b"\xc0" for a, b in colliding(50_000)),
    "list as key": msgspec.msgpack.encode([notation.DICT, [notation.LIST], 1]),
    "extension": msgspec.msgpack.encode(msgspec.msgpack.Ext(1, b"x")),
    "too long": b"\xc6" + struct.pack(">I", MAX_FRAME) + b"x" * MAX_FRAME,
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_is_refused_before_memory_is_taken(name):
    data = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame):
            wire.decode(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 << 20


def test_a_large_honest_value_is_no_hostile_frame():
    value = [np.zeros(1 << 20), list(range(100_000)), "x" * 1000]
    data = wire.encode(value)
    assert nodes_within(data, notation.MAX_NODES)
    assert len(wire.decode(data)[1]) == 100_000
