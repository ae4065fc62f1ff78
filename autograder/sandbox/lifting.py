"""From msgpack's types back to a value; every tag checks its own fields before memory is taken."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Container
from typing import Any

import numpy as np

from autograder.sandbox.errors import BadFrame
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
    MAX_VALUE,
    MODEL,
    NUMPY,
    ORDERED,
    SCALAR,
    SIZE,
    TENSOR,
    TORCH_NAMES,
    TUPLE,
    extent,
    real_torch,
    torch_dtypes,
)


class Lifting:
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
            dtype = NUMPY[_known(name, NUMPY)]
            return np.ndarray(_shape(shape, dtype.itemsize, data), dtype, bytearray(data)).copy()
        return self.lift_rare(tag, node, depth)

    def lift_rare(self, tag: Any, node: list[Any], depth: int) -> Any:
        if tag == SCALAR:
            _, name, data = node
            dtype = NUMPY[_known(name, NUMPY)]
            return np.ndarray(_shape([], dtype.itemsize, data), dtype, bytearray(data))[()]
        if tag == COMPLEX:
            _, real, imag = node
            return complex(_float(real), _float(imag))
        if tag == INTEGER and len(node) == 2 and type(node[1]) is bytes and len(node[1]) <= MAX_INTEGER:
            return int.from_bytes(node[1], "little", signed=True)
        if tag == DTYPE and len(node) == 2:
            return torch_dtypes(_need_torch())[_known(node[1], TORCH_NAMES)]
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
        if len(node) > 2 * MAX_KEYS + 1:
            raise BadFrame("too many keys")
        parts = [self.lift(item, depth + 1) for item in node[1:]]
        return (dict if node[0] == DICT else OrderedDict)(zip(parts[::2], parts[1::2], strict=True))

    def tensor(self, node: list[Any], with_grad: bool = True) -> Any:
        _, name, shape, data, tracks, leaf, grad = node
        torch = _need_torch()
        dtype = torch_dtypes(torch)[_known(name, TORCH_NAMES)]
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


def _known(name: Any, table: Container[str]) -> str:
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
    if extent(sizes) > MAX_VALUE:
        raise BadFrame("a shape too large")
    return sizes
