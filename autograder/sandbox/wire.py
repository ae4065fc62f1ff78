"""The wire: values to bytes and back, as data only.

msgpack by msgspec. A plain value stands for itself; everything else is an array whose first item is a tag, so a
message holds nothing but nil, booleans, numbers, text, bytes and arrays. Nothing is ever unpickled or evaluated.
Every length, depth and shape is checked before memory is taken for it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from autograder.sandbox.errors import BadFrame, Unsendable
from autograder.sandbox.framing import MAX_FRAME, nodes_within
from autograder.sandbox.lifting import Lifting
from autograder.sandbox.lowering import Lowering
from autograder.sandbox.notation import MAX_NODES

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
    lowering = Lowering(arguments, built or {})
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
        raise BadFrame("too large, or of a kind that is never sent")
    lifting = Lifting(specs)
    try:
        return Received(lifting.lift(_DECODER.decode(data), 0), lifting.modules)
    except (msgspec.DecodeError, RecursionError, ValueError, TypeError, OverflowError, RuntimeError) as problem:
        raise BadFrame(f"{type(problem).__name__}: {problem}") from None
