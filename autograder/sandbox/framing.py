"""Frames: a length and that many bytes of msgpack; and how much msgpack may unfold to."""

from __future__ import annotations

import struct

MAX_FRAME = 32 << 20
HEADER = struct.Struct("<I")
_UNSCANNED = 1 << 14  # up to here the unfolding is harmless whatever the frame holds

_ONE_BYTE = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}  # size of the length of bin and str
_FIXED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xCA: 4, 0xCB: 8}
_NEVER = frozenset((0xC1, *range(0xC7, 0xCA), *range(0xD4, 0xD9), *range(0x80, 0x90), 0xDE, 0xDF))


def frame(data: bytes) -> bytes:
    """The data with its length before it. Raises ValueError beyond 32 MiB."""
    if len(data) > MAX_FRAME:
        raise ValueError("a frame holds at most 32 MiB")
    return HEADER.pack(len(data)) + data


def nodes_within(data: bytes, most: int) -> bool:
    """Whether a msgpack message has at most so many values: text and bytes are skipped, not read.

    False too for what is never sent: extension types, and maps, whose keys may be chosen to collide.
    """
    if len(data) <= _UNSCANNED:
        return True
    at, nodes, end = 0, 0, len(data)
    while at < end and nodes <= most:
        nodes += 1
        first = data[at]
        at += 1
        if first in _ONE_BYTE:
            width = _ONE_BYTE[first]
            at += width + int.from_bytes(data[at : at + width], "big")
        elif 0xA0 <= first < 0xC0:
            at += first & 0x1F
        elif first in _FIXED:
            at += _FIXED[first]
        elif first in (0xDC, 0xDD):
            at += 2 if first == 0xDC else 4
        elif first in _NEVER:
            return False
    return nodes <= most
