"""What a message is made of: tags, bounds, and the dtypes that may travel.

A plain value (nil, boolean, number, text, bytes) stands for itself; everything else is an array whose first item is
one of these tags.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from autograder.sandbox.framing import MAX_FRAME

MAX_DEPTH = 64
MAX_VALUE = MAX_FRAME - (1 << 20)  # leaves room for the message around a value
MAX_NODES = 500_000  # an empty list takes 1 byte on the wire and 64 in memory
MAX_INTEGER = 1024  # bytes of an int beyond 64 bits; Python writes out no more than 4300 digits
MAX_KEYS = 1024  # keys chosen to collide make a dict quadratic: 3 s of a frame of nothing else

LIST, TUPLE, DICT, ORDERED, TENSOR, ARRAY, SCALAR, COMPLEX, INTEGER, DTYPE, SIZE, FUNCTION, MODEL = range(13)

_NUMPY_NAMES = """
    bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble
    complex64 complex128 clongdouble
"""
_TORCH_NAMES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128"
NUMPY = {np.dtype(name).name: np.dtype(name) for name in _NUMPY_NAMES.split()}
SCALARS = frozenset(dtype.type for dtype in NUMPY.values())
TORCH_NAMES = tuple(_TORCH_NAMES.split())
_torch: dict[str, Any] = {}
_torch_names: dict[Any, str] = {}


def real_torch() -> Any:
    """The torch module where it is loaded, else None (the stand-in of hand tasks is no module)."""
    module = sys.modules.get("torch")
    return module if type(module) is ModuleType and "Tensor" in module.__dict__ else None


def torch_dtypes(torch: Any) -> dict[str, Any]:
    """Dtypes of tensors by name."""
    if not _torch:
        for name in TORCH_NAMES:
            _torch[name] = getattr(torch, name)
            _torch_names[_torch[name]] = name
    return _torch


def torch_name(dtype: Any, torch: Any) -> str | None:
    """The name of a tensor's dtype, None for one that does not travel."""
    if not _torch_names:
        torch_dtypes(torch)
    return _torch_names.get(dtype)


def extent(sizes: Sequence[int]) -> int:
    """Number of elements, where a side of 0 counts as 1: going through 2^60 empty rows takes time too."""
    return math.prod([size or 1 for size in sizes])
