"""The wire: values to bytes and back, as data only.

msgpack by msgspec. A plain value stands for itself; everything else is an array whose first item is a tag, so a
message holds nothing but nil, booleans, numbers, text, bytes and arrays. Nothing is ever unpickled or evaluated.
Every length, depth and shape is checked before memory is taken for it.
"""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import numpy as np

from autograder.sandbox.errors import BadFrame, Unsendable
from autograder.sandbox.framing import MAX_FRAME, nodes_within

MAX_DEPTH = 64
MAX_VALUE = MAX_FRAME - (1 << 20)  # leaves room for the message around a value
MAX_NODES = 1_000_000  # an empty list takes 1 byte on the wire and 64 in memory
MAX_INTEGER = 4096  # bytes of an int beyond 64 bits

LIST, TUPLE, DICT, ORDERED, TENSOR, ARRAY, SCALAR, COMPLEX, INTEGER, DTYPE, SIZE, FUNCTION, MODEL = range(13)

_NUMPY_NAMES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "longdouble",
    "complex64",
    "complex128",
    "clongdouble",
]
_NUMPY = {np.dtype(name).name: np.dtype(name) for name in _NUMPY_NAMES}
_SCALARS = frozenset(dtype.type for dtype in _NUMPY.values())
_TORCH_NAMES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
_TORCH: dict[str, Any] = {}
_TORCH_BACK: dict[Any, str] = {}
_DECODER = msgspec.msgpack.Decoder()
_ENCODER = msgspec.msgpack.Encoder()


class Received(NamedTuple):
    """A decoded value, and the modules built for it as (module, its wire form)."""

    value: Any
    modules: list[tuple[Any, list[Any]]]


def encode(value: Any, *, arguments: bool = False, built: dict[int, list[Any]] | None = None) -> bytes:
    """Bytes of a value. Raises Unsendable for anything that is not data.

    arguments: for the way to the student, where tensors that track gradients arrive as leaves, and a Function or
        a Model may be sent
    built: wire forms by id() of modules that were built from a Model, which are sent as that Model
    """
    lowering = _Lowering(arguments, built or {})
    try:
        return _ENCODER.encode(lowering.lower(value, 0))
    except Unsendable as problem:
        trail = "".join(reversed(problem.trail))
        problem.what = f"it holds {problem.what} at {trail}" if trail else f"it is {problem.what}"
        problem.args = (problem.what,)
        raise
    except UnicodeEncodeError:
        raise Unsendable("it holds text that is not valid Unicode") from None


def decode(data: bytes, *, specs: bool = False) -> Any:
    """The value of some bytes. Raises BadFrame for bytes that ``encode`` would not have made.

    specs: accept Function and Model (towards the student, never from there) and build the models
    """
    return receive(data, specs=specs).value


def receive(data: bytes, *, specs: bool = False) -> Received:
    """As ``decode``, with the modules that were built."""
    if len(data) > MAX_FRAME or not nodes_within(data, MAX_NODES):
        raise BadFrame("too large")
    lifting = _Lifting(specs)
    try:
        return Received(lifting.lift(_DECODER.decode(data), 0), lifting.modules)
    except (msgspec.DecodeError, RecursionError, ValueError, TypeError, OverflowError, RuntimeError) as problem:
        raise BadFrame(f"{type(problem).__name__}: {problem}") from None


def real_torch() -> Any:
    """The torch module where it is loaded, else None (the stand-in of hand tasks is no module)."""
    module = sys.modules.get("torch")
    return module if type(module) is ModuleType and "Tensor" in module.__dict__ else None


def _torch_dtypes(torch: Any) -> dict[str, Any]:
    if not _TORCH:
        for name in _TORCH_NAMES:
            _TORCH[name] = getattr(torch, name)
            _TORCH_BACK[_TORCH[name]] = name
    return _TORCH


class _Lowering:
    """One value on its way to msgpack's types, with what it has cost so far."""

    def __init__(self, arguments: bool, built: dict[int, list[Any]]) -> None:
        self.arguments = arguments
        self.built = built
        self.nodes = 0
        self.room = MAX_VALUE

    def lower(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self.take(8)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unsendable(f"more than {MAX_NODES:,} values")
        if kind is float or kind is bool or value is None:
            return value
        if depth > MAX_DEPTH:
            raise Unsendable(f"nested deeper than {MAX_DEPTH} levels")
        rule = _RULES.get(kind)
        if rule is not None:
            return rule(self, value, depth)
        return self.lower_rare(value, kind, depth)

    def lower_rare(self, value: Any, kind: type, depth: int) -> Any:
        if kind in _SCALARS:
            return self.scalar(value)
        if id(value) in self.built:
            return self.built[id(value)]
        torch = real_torch()
        if torch is not None:
            if kind is torch.Tensor or kind is torch.nn.Parameter:
                return self.tensor(value, torch, depth)
            if kind is torch.Size:
                return [SIZE, *map(int, value)]
            if kind is torch.dtype:
                _torch_dtypes(torch)
                if value in _TORCH_BACK:
                    return [DTYPE, _TORCH_BACK[value]]
        spec = _spec_of(value, kind) if self.arguments else None
        if spec is not None:
            return [spec[0], *(self.lower(part, depth + 1) for part in spec[1:])]
        raise Unsendable(describe(value))

    def take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise Unsendable(f"larger than {MAX_VALUE >> 20} MiB")

    def sequence(self, tag: int, value: Any, depth: int) -> list[Any]:
        out: list[Any] = [tag]
        lower = self.lower
        try:
            for item in value:
                out.append(lower(item, depth + 1))
        except Unsendable as problem:
            problem.trail.append(f"[{len(out) - 1}]")
            raise
        return out

    def mapping(self, tag: int, value: Any, depth: int) -> list[Any]:
        out: list[Any] = [tag]
        for key, item in value.items():
            try:
                out.append(self.lower(key, depth + 1))
                out.append(self.lower(item, depth + 1))
            except Unsendable as problem:
                shown = repr(key)[:40] if type(key) in (str, int, float, bool) else f"a key ({describe(key)})"
                problem.trail.append(f"[{shown}]")
                raise
        return out

    def integer(self, value: int) -> Any:
        if -(1 << 63) <= value < 1 << 64:
            return value
        size = value.bit_length() // 8 + 1
        if size > MAX_INTEGER:
            raise Unsendable("a whole number of more than 9,000 digits")
        return [INTEGER, value.to_bytes(size, "little", signed=True)]

    def text(self, value: Any) -> Any:
        self.take(len(value))
        return value

    def array(self, value: np.ndarray) -> list[Any]:
        dtype = value.dtype
        if dtype.name not in _NUMPY:
            raise Unsendable(f"an array of dtype {str(dtype)[:40]}")
        self.take(_extent(value.shape) * dtype.itemsize)
        if not dtype.isnative:
            value = value.astype(dtype.newbyteorder("="))
        return [ARRAY, dtype.name, list(value.shape), value.tobytes()]

    def scalar(self, value: np.generic) -> list[Any]:
        return [SCALAR, value.dtype.name, value.tobytes()]

    def tensor(self, value: Any, torch: Any, depth: int, with_grad: bool = True) -> list[Any]:
        name = _TORCH_BACK.get(value.dtype) or (_torch_dtypes(torch) and _TORCH_BACK.get(value.dtype))
        if value.layout is not torch.strided or value.device.type != "cpu" or name is None:
            kind = f"{value.layout}, {value.device.type}, {value.dtype}".replace("torch.", "")
            raise Unsendable(f"a tensor of another kind ({kind})")
        sizes = list(value.shape)
        self.take(_extent(sizes) * value.element_size())
        leaf = value.is_leaf
        grad = value.grad if with_grad and (leaf or value.retains_grad) else None
        if grad is not None:
            grad = self.tensor(grad, torch, depth, with_grad=False)
        return [TENSOR, name, sizes, _bytes(value, torch), value.requires_grad, leaf or self.arguments, grad]


def _extent(sizes: Sequence[int]) -> int:
    """Number of elements, where a side of 0 counts as 1: going through 2^60 empty rows takes time too."""
    return math.prod([size or 1 for size in sizes])


def _bytes(value: Any, torch: Any) -> bytes:
    try:
        plain = value.detach()
        if plain.is_complex():
            plain = plain.resolve_conj()
        if plain.is_neg():
            plain = plain.resolve_neg()
        if plain.dtype is torch.bfloat16:
            plain = plain.contiguous().view(torch.int16)
        return plain.numpy().tobytes()
    except (RuntimeError, TypeError, ValueError):
        raise Unsendable("a tensor whose values cannot be read (is it still inside vmap or grad?)") from None


_RULES: dict[type, Callable[[_Lowering, Any, int], Any]] = {
    int: lambda self, value, depth: self.integer(value),
    str: lambda self, value, depth: self.text(value),
    bytes: lambda self, value, depth: self.text(value),
    list: lambda self, value, depth: self.sequence(LIST, value, depth),
    tuple: lambda self, value, depth: self.sequence(TUPLE, value, depth),
    dict: lambda self, value, depth: self.mapping(DICT, value, depth),
    OrderedDict: lambda self, value, depth: self.mapping(ORDERED, value, depth),
    np.ndarray: lambda self, value, depth: self.array(value),
    np.float64: lambda self, value, depth: self.scalar(value),
    complex: lambda self, value, depth: [COMPLEX, value.real, value.imag],
}


def _spec_of(value: Any, kind: type) -> tuple[Any, ...] | None:
    """(tag, fields) of a Function or a Model of ours; exact types, so that a student's look-alike is none."""
    functions = sys.modules.get("autograder.gradients.functions")
    if functions is not None and kind is functions.Function:
        return FUNCTION, value.name, dict(value.params)
    models = sys.modules.get("autograder.gradients.models")
    if models is not None and kind is models.Model:
        return MODEL, value.kind, value.sizes, value.seed, dict(value.options)
    return None


def describe(value: Any) -> str:
    """ "a Foo object": what a value is, in words, without running any of its code."""
    kind = type(value)
    names = {"function": "a function", "module": "a module", "generator": "a generator", "type": "a class"}
    name = str(type.__getattribute__(kind, "__name__"))[:60]
    torch = real_torch()
    if torch is not None and issubclass(kind, torch.Tensor):
        return f"a {name}, a subclass of Tensor"
    if issubclass(kind, np.ndarray):
        return f"a {name}, a subclass of ndarray"
    return names.get(name) or f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name} object"


class _Lifting:
    """One value on its way back from msgpack's types; every tag checks its own fields."""

    def __init__(self, specs: bool) -> None:
        self.specs = specs
        self.modules: list[tuple[Any, list[Any]]] = []

    def lift(self, node: Any, depth: int) -> Any:
        kind = type(node)
        if kind is not list:
            if kind in _PLAIN:
                return node
            raise BadFrame(f"a {kind.__name__}")
        if depth > MAX_DEPTH + 2:
            raise BadFrame("nested too deeply")
        tag = node[0] if node else None
        if tag == LIST:
            return [self.lift(item, depth + 1) for item in node[1:]]
        if tag == TUPLE:
            return tuple([self.lift(item, depth + 1) for item in node[1:]])
        if tag in (DICT, ORDERED):
            return self.mapping(node, depth)
        if tag == TENSOR:
            return self.tensor(node)
        if tag == ARRAY:
            _, name, shape, data = node
            dtype = _NUMPY[_known(name, _NUMPY)]
            return np.ndarray(_shape(shape, dtype.itemsize, data), dtype, bytearray(data)).copy()
        return self.lift_rare(tag, node, depth)

    def lift_rare(self, tag: Any, node: list[Any], depth: int) -> Any:
        if tag == SCALAR:
            _, name, data = node
            dtype = _NUMPY[_known(name, _NUMPY)]
            return np.ndarray(_shape([], dtype.itemsize, data), dtype, bytearray(data))[()]
        if tag == COMPLEX:
            _, real, imag = node
            return complex(_float(real), _float(imag))
        if tag == INTEGER and len(node) == 2 and type(node[1]) is bytes and len(node[1]) <= MAX_INTEGER:
            return int.from_bytes(node[1], "little", signed=True)
        if tag == DTYPE and len(node) == 2:
            return _torch_dtypes(_need_torch())[_known(node[1], _TORCH)]
        if tag == SIZE:
            return _need_torch().Size(_counts(node[1:]))
        if self.specs and tag == FUNCTION:
            return self.function(node, depth)
        if self.specs and tag == MODEL:
            return self.model(node, depth)
        raise BadFrame(f"tag {str(tag)[:20]}")

    def mapping(self, node: list[Any], depth: int) -> Any:
        if len(node) % 2 == 0:
            raise BadFrame("a key without a value")
        parts = [self.lift(item, depth + 1) for item in node[1:]]
        return (dict if node[0] == DICT else OrderedDict)(zip(parts[::2], parts[1::2], strict=True))

    def tensor(self, node: list[Any], with_grad: bool = True) -> Any:
        _, name, shape, data, tracks, leaf, grad = node
        torch = _need_torch()
        dtype = _torch_dtypes(torch)[_known(name, _TORCH)]
        sizes = _shape(shape, dtype.itemsize, data)
        if type(tracks) is not bool or type(leaf) is not bool:
            raise BadFrame("a flag that is no boolean")
        if data:
            value = torch.frombuffer(bytearray(data), dtype=dtype)
            if len(sizes) != 1:
                value = value.view(sizes)
        else:
            value = torch.empty(sizes, dtype=dtype)
        if tracks:
            value.requires_grad_()
            if not leaf:
                with torch.enable_grad():
                    value = value.clone()
        if grad is not None:
            self.give_grad(value, grad, with_grad)
        return value

    def give_grad(self, value: Any, node: Any, allowed: bool) -> None:
        if not allowed or type(node) is not list or not node or node[0] != TENSOR:
            raise BadFrame("a gradient that is no tensor")
        grad = self.tensor(node, with_grad=False)
        if not value.is_leaf:
            value.retain_grad()
        value.grad = grad

    def function(self, node: list[Any], depth: int) -> Any:
        from autograder.gradients import functions

        _, name, params = (self.lift(item, depth + 1) if at else item for at, item in enumerate(node))
        return functions.Function(name, params)

    def model(self, node: list[Any], depth: int) -> Any:
        from autograder.gradients import models

        _, *fields = (self.lift(item, depth + 1) if at else item for at, item in enumerate(node))
        module = models.Model(*fields).build()
        self.modules.append((module, node))
        return module


_PLAIN = frozenset({float, int, bool, str, bytes, type(None)})


def _need_torch() -> Any:
    torch = real_torch()
    if torch is None:
        raise BadFrame("a tensor where torch is not loaded")
    return torch


def _known(name: Any, table: dict[str, Any]) -> str:
    if type(name) is not str or name not in table:
        raise BadFrame(f"dtype {str(name)[:40]}")
    return name


def _float(value: Any) -> float:
    if type(value) is not float:
        raise BadFrame("a part of a complex number that is no float")
    return value


def _counts(sizes: Any) -> list[int]:
    if type(sizes) is not list or len(sizes) > 32:
        raise BadFrame("a shape of more than 32 dimensions")
    if any(type(size) is not int or not 0 <= size < 1 << 62 for size in sizes):
        raise BadFrame("a shape of no whole numbers")
    return sizes


def _shape(sizes: Any, itemsize: int, data: Any) -> list[int]:
    if type(data) is not bytes or math.prod(_counts(sizes)) * itemsize != len(data):
        raise BadFrame("a shape that does not fit its bytes")
    if _extent(sizes) > MAX_VALUE:
        raise BadFrame("a shape too large")
    return sizes
