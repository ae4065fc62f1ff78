"""From a value to msgpack's types; whatever is not data is refused with a word on what and where it is."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.errors import Unsendable
from autograder.sandbox.notation import (
    ARRAY,
    COMPLEX,
    DICT,
    DTYPE,
    FUNCTION,
    INTEGER,
    LIST,
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_KEYS,
    MAX_NODES,
    MAX_VALUE,
    MODEL,
    NUMPY,
    ORDERED,
    SCALAR,
    SCALARS,
    SIZE,
    TENSOR,
    TUPLE,
    extent,
    real_torch,
    torch_name,
)


class Lowering:
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
        if kind in SCALARS:
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
                name = torch_name(value, torch)
                if name is not None:
                    return [DTYPE, name]
        spec = _spec_of(value, kind) if self.arguments else None
        if spec is not None:
            return [spec[0], *(self.lower(part, depth + 1) for part in spec[1:])]
        if issubclass(kind, tuple):  # a named tuple is a tuple; its own __iter__ is not asked
            return self.sequence(TUPLE, tuple.__iter__(value), depth)
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
        if len(value) > MAX_KEYS:
            raise Unsendable(f"a dict of more than {MAX_KEYS:,} keys")
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
            raise Unsendable("a whole number of more than 2,400 digits")
        return [INTEGER, value.to_bytes(size, "little", signed=True)]

    def text(self, value: Any) -> Any:
        self.take(len(value))
        return value

    def array(self, value: np.ndarray) -> list[Any]:
        dtype = value.dtype
        if dtype.name not in NUMPY:
            raise Unsendable(f"an array of dtype {str(dtype)[:40]}")
        self.take(extent(value.shape) * dtype.itemsize)
        if not dtype.isnative:
            value = value.astype(dtype.newbyteorder("="))
        return [ARRAY, dtype.name, list(value.shape), value.tobytes()]

    def scalar(self, value: np.generic) -> list[Any]:
        return [SCALAR, value.dtype.name, value.tobytes()]

    def tensor(self, value: Any, torch: Any, depth: int, with_grad: bool = True) -> list[Any]:
        name = torch_name(value.dtype, torch)
        if value.layout is not torch.strided or value.device.type != "cpu" or name is None:
            kind = f"{value.layout}, {value.device.type}, {value.dtype}".replace("torch.", "")
            raise Unsendable(f"a tensor of another kind ({kind})")
        sizes = list(value.shape)
        self.take(extent(sizes) * value.element_size())
        leaf = value.is_leaf
        grad = value.grad if with_grad and (leaf or value.retains_grad) else None
        if grad is not None:
            grad = self.tensor(grad, torch, depth, with_grad=False)
        return [TENSOR, name, sizes, _bytes(value, torch), value.requires_grad, leaf or self.arguments, grad]


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


_RULES: dict[type, Callable[[Lowering, Any, int], Any]] = {
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
