"""Hostile messages for the sandbox's wire, and what the grader does with one: the body of a fuzz run.

A message may cost its test and nothing else: it is taken for a value, or refused by an exception that is declared.
"""

import random
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import torch

from autograder.gradients import answers, wording
from autograder.sandbox import notation, wire
from autograder.sandbox.channel import Forked
from autograder.sandbox.errors import (
    ArgumentChanged,
    BadFrame,
    StudentRaised,
    Unsendable,
    WorkerDied,
    WorkerTimedOut,
)
from autograder.sandbox.framing import HEADER, frame
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session

MEMORY = 512 << 20  # bytes that any message may take: 16 times the largest frame
SECONDS = 30  # that it may take on a busy machine
_ENDS = (StudentRaised, ArgumentChanged, Unsendable, WorkerDied)
_LOADED = wire.encode((1, "loaded", [], "", 0))
_pack: Callable[[Any], bytes] = msgspec.msgpack.encode


def value(data: bytes) -> None:
    """A value that came back: decoded, shown to the student, looked through for a mistake, sent again."""
    try:
        found = wire.decode(data)
    except BadFrame:
        return
    wording.literal(found)
    wording.kind(found)
    answers.bare(found)
    with suppress(Unsendable):  # other bounds hold on the way to the student, and msgpack's own numbers are longer
        again = wire.encode(found)
        if len(data) == len(again):
            wire.decode(again)


def reply(data: bytes) -> None:
    """A whole reply, to the load of a file (with the number 1), or to a call (with the number 2)."""
    for line in (_Line([data]), _Line([_LOADED, data])):
        with Session(line.open, "", "answer.py") as session, suppress(*_ENDS):
            session.call("f")


def stream(data: bytes) -> None:
    """Bytes on the line itself: a frame, several, half of one. The line is closed behind them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        with suppress(BlockingIOError):
            theirs.send(data)
        theirs.close()
        with suppress(BadFrame, WorkerDied, WorkerTimedOut):
            line = _Listening(ours)
            while True:
                line.receive(SECONDS)


class _Line:
    """A line with the replies that were laid down for it, and no more."""

    ahead = 1

    def __init__(self, replies: list[bytes]) -> None:
        self.replies = list(replies)

    def open(self, needs: frozenset[str]) -> "_Line":
        """This line, whichever is asked for."""
        return self

    def post(self, requests: Sequence[bytes]) -> None:
        """Nobody reads them."""

    def reply(self) -> bytes:
        if not self.replies:
            raise WorkerDied("there is no more")
        return self.replies.pop(0)

    def begin_test(self) -> None:
        """Nothing to count."""

    def close(self) -> None:
        """Nothing to end."""


class _Listening(Forked):
    """The grader's end of a worker's line, without the worker: its end is seen by the line being closed."""

    def greet(self) -> None:
        """There is nobody to greet."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(None, sock, 1, Limits(cpu=float("inf")))  # type: ignore[arg-type]

    def cpu(self) -> float:
        return 0.0

    def dead(self) -> None:
        raise WorkerDied("the line is closed")


WAYS = (value, reply, stream)


def try_message(data: bytes) -> None:
    """The first byte chooses the way, the rest is the message. Raises whatever is not declared."""
    if data:
        WAYS[data[0] % len(WAYS)](data[1:])


def seeds() -> list[bytes]:
    """Messages that are right, of every kind of value and reply, and some that are hostile."""
    leaf = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    (leaf * leaf).sum().backward()
    plain: list[Any] = [None, True, -1, 2**70, 0.5, "text ∂", b"bytes", 1j, [1, (2.0, "x")], {"a": [1], (1, 2): None}]
    numbers = [dtype.type(1) for dtype in notation.NUMPY.values()]
    arrays = [np.zeros((2, 1), dtype) for dtype in notation.NUMPY.values()] + [np.ones(()), np.zeros((0, 3))]
    tensors = [torch.zeros(2, dtype=dtype) for dtype in notation.torch_dtypes(torch).values()]
    values = [wire.encode(one) for one in [*plain, *numbers, *arrays, *tensors, leaf, leaf * 2, torch.Size([2])]]
    told = ("raised", ("ValueError", "Exception"), "message\x1b", 3, "x = 1")
    replies: list[Any] = [("value", values[-1]), ("loaded", [("f", ("x", "v")), ("y", None)]), told]
    replies += [("missing", "f", ("g",)), ("signature", "no", ("3 positional",), ("x",), 3, "def"), ("wants", "optim")]
    replies += [("changed", "x", "values"), ("changed", 0, "grad"), ("unsendable", "it is a set")]
    whole = [wire.encode((number, *one, "printed\n", 0)) for one in replies for number in (1, 2)]
    framed = [frame(one) for one in (*values[:3], *whole[:3])] + [frame(whole[0]) + frame(b""), HEADER.pack(2**31)]
    return [bytes([way]) + one for way, ones in enumerate((values, whole, framed)) for one in ones]


_LENGTHS = (0, 1, 2, 31, 32, 64, 255, 1024, 65535, 1 << 31, (1 << 32) - 1)
_NUMBERS = (0, 1, -1, 2**31, 2**62, 2**63, 2**64 - 1, -(2**63), float("nan"), float("inf"), 1e-320)


def hostile(draw: random.Random, depth: int = 0) -> bytes:
    """One msgpack value: of our tags with fields that lie, or of no kind that is ever sent."""
    choice = draw.randrange(12) if depth < 6 else draw.randrange(5)
    if choice < 2:
        return _pack(draw.choice(_NUMBERS))
    if choice == 2:
        return _pack(draw.choice(("float64", "bool", "object", "", "\0" * 9, "complex64", "longdouble", "bfloat16")))
    if choice == 3:
        return _pack(draw.choice((None, True, False, draw.randbytes(draw.choice((0, 1, 8, 16, 64))))))
    if choice == 4:
        return bytes([draw.choice((0xDC, 0xDD, 0xDE, 0xDF, 0xC6, 0xDB, 0xC9, 0xC1, 0xD8))]) + draw.choice(
            _LENGTHS
        ).to_bytes(4, "big")
    if choice == 5:
        return _pack(msgspec.msgpack.Ext(draw.randrange(-128, 128), draw.randbytes(draw.randrange(20))))
    if choice == 6:
        return draw.choice((b"\x91", b"\x92\0")) * draw.choice((10, 64, 70, 1000, 5000)) + b"\xc0"
    if choice == 7:
        return b"\x81" + hostile(draw, depth + 1) + hostile(draw, depth + 1)
    return _tagged(draw, depth)


def _tagged(draw: random.Random, depth: int) -> bytes:
    tag = draw.randrange(-1, 14)
    sizes = [draw.choice((0, 1, 2, 3, 1 << 31, 1 << 61, -1)) for _ in range(draw.choice((0, 1, 2, 2, 3, 33)))]
    if tag in (notation.ARRAY, notation.TENSOR) and draw.random() < 0.8:
        names = list(notation.NUMPY) if tag == notation.ARRAY else list(notation.TORCH_NAMES)
        name = draw.choice(names)
        if draw.random() < 0.5:
            sizes = [draw.choice((0, 1, 2, 3)) for _ in range(draw.randrange(3))]
        itemsize = np.dtype(name if name in notation.NUMPY else "i2").itemsize
        count = int(np.prod([max(size, 0) for size in sizes], dtype=object)) if sizes else 1
        data = draw.randbytes(min(count * itemsize, 1 << 12))
        fields = [_pack(tag), _pack(name), _pack(sizes), _pack(data)]
        if tag == notation.TENSOR:
            inner = hostile(draw, depth + 1) if draw.random() < 0.3 else _pack(None)
            fields += [_pack(draw.random() < 0.5), _pack(draw.random() < 0.7), inner]
    else:
        fields = [_pack(tag), *(hostile(draw, depth + 1) for _ in range(draw.randrange(6)))]
    return bytes([0x90 + len(fields)]) + b"".join(fields)


def mutated(draw: random.Random, data: bytes) -> bytes:
    """A message with some of its bytes replaced by hostile ones, taken out or doubled."""
    changed = bytearray(data or b"\0")
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(changed)) if changed else 0
        until = at + draw.choice((0, 1, 1, 2, 8))
        changed[at:until] = draw.choice((b"", draw.randbytes(1), hostile(draw), bytes(changed[at : at + 20])))
    return bytes(changed)


def message(draw: random.Random, known: list[bytes]) -> bytes:
    """Bytes at random, a hostile value, a hostile reply, or a change of a known message."""
    match draw.randrange(6):
        case 0:
            return draw.randbytes(draw.choice((1, 5, 40, 300)))
        case 1:
            return b"\0" + hostile(draw)
        case 2:
            fields = [
                _pack(1),
                _pack(draw.choice((1, 2))),
                _pack(draw.choice(("value", "raised", "loaded", "missing", "changed"))),
            ]
            fields += [hostile(draw) for _ in range(draw.randrange(5))]
            fields += [_pack("printed"), _pack(0)]
            return b"\1" + bytes([0x90 + len(fields)]) + b"".join(fields)
        case 3:
            return b"\2" + HEADER.pack(draw.choice((0, 1, 9, 2**25, 2**25 + 1, 2**32 - 1))) + hostile(draw)
        case _:
            return mutated(draw, draw.choice(known))


def largest() -> list[bytes]:
    """Messages of the largest sizes that are let in, each of the kind of value that takes most for its bytes."""
    nodes, room = notation.MAX_NODES - 20, notation.MAX_VALUE
    one = [notation.TENSOR, "float64", [], bytes(8)]
    tensor = _pack([*one, True, False, [*one, False, True, None]])
    scalar = _pack([notation.SCALAR, "longdouble", bytes(np.dtype("longdouble").itemsize)])
    keys = _pack([notation.DICT, *(part for k in range(notation.MAX_KEYS) for part in ([1, k, [1]], None))])
    many = {
        b"\x91\0": 2, b"\x91\1": 2, b"\x91\3": 2, b"\x92\x0a\x02": 3, b"\xcb" + bytes(8): 1, tensor: 16, scalar: 4,
        keys: 6 * notation.MAX_KEYS,
    }  # fmt: skip
    values = [_list(one, min(nodes // count, room // len(one))) for one, count in many.items()]
    values += [_pack(bytes(room)), _pack("\0" * room), _pack([notation.ARRAY, "uint8", [room], bytes(room)])]
    values += [_pack([notation.TENSOR, "uint8", [room], bytes(room), False, True, None]), _list(b"\xc0", nodes)]
    texts = [("raised", ("\0" * room,), "", None, ""), ("raised", ("E",), "\0" * room, None, "")]
    told = [(2, *text, "", 0) for text in texts] + [(2, "value", b"", "\0" * room, 0)]
    replies = [_pack(_tuples(one)) for one in [*told, *((2, "value", one, "", 0) for one in values[-4:])]]
    return [b"\0" + one for one in values] + [b"\1" + one for one in replies] + [b"\2" + frame(bytes(1 << 25))]


def _tuples(value: Any) -> Any:
    return [notation.TUPLE, *map(_tuples, value)] if isinstance(value, tuple) else value


def _list(item: bytes, count: int) -> bytes:
    return b"\xdd" + (count + 1).to_bytes(4, "big") + b"\0" + item * count
