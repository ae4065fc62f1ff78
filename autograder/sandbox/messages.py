"""Requests to a student's side and what its replies mean.

A request is (number, verb, ...), a reply (number, status, ..., output). The reply is checked field by field:
whatever else arrives is BadFrame.
"""

from __future__ import annotations

from typing import Any

from autograder.sandbox import late, wire
from autograder.sandbox.answer import MAX_MESSAGE, Answer
from autograder.sandbox.errors import (
    ArgumentChanged,
    BadFrame,
    BadSignature,
    MissingName,
    StudentRaised,
    Unsendable,
    Wants,
)

MAX_TEXT = 4 << 20  # bytes of a student's file
MAX_LINE = 1 << 24  # a file of MAX_TEXT bytes has fewer lines


def perform(answer: Answer | None, request: bytes, make: Any) -> tuple[Answer | None, int, tuple[Any, ...]]:
    """Carry out a request beside the student's code: (the answer, number, reply without its output)."""
    number, verb, *rest = wire.decode(request)
    if verb == "load":
        answer = make(*rest)
        reply = answer.load()
    elif answer is None:
        raise BadFrame("a call before the file was loaded")
    else:
        reply = (answer.call if verb == "call" else answer.probe)(*rest)
    need = late.wanted()
    return answer, number, reply if need is None else ("wants", need)


def outcome(reply: tuple[Any, ...]) -> Any:
    """The value of a reply without number and output, or the exception that it stands for, raised."""
    status, *fields = reply
    if status == "value" and _is(fields, bytes):
        return wire.decode(fields[0])
    if status == "raised" and _is(fields, tuple, str, int | None, str) and fields[0]:
        raise StudentRaised(_names(fields[0]), *_told(*fields[1:]))
    if status == "missing" and _is(fields, str, tuple):
        raise MissingName(_cut(fields[0]), _names(fields[1]))
    if status == "signature" and _is(fields, str, tuple, tuple, int | None, str):
        message, line, code = _told(fields[0], *fields[3:])
        raise BadSignature(message, _names(fields[1]), _names(fields[2]), line, code)
    if status == "changed" and _is(fields, str | int, str):
        raise ArgumentChanged(*(_cut(field) if isinstance(field, str) else field for field in fields))
    if status == "wants" and _is(fields, str) and fields[0] in late.NEED_OF.values():
        raise Wants(*fields)
    if status == "unsendable" and _is(fields, str):
        raise Unsendable(_cut(fields[0]))
    raise BadFrame("a reply of no known form")


def names_of(reply: tuple[Any, ...]) -> dict[str, tuple[str, ...] | None]:
    """Public names and their parameters from a reply to "load"; raises what ``outcome`` raises."""
    if reply[0] != "loaded":
        outcome(reply)
        raise BadFrame("a value where a list of names belongs")
    names: dict[str, tuple[str, ...] | None] = {}
    for pair in _one(reply[1:], list):
        if type(pair) is not tuple or len(pair) != 2:
            raise BadFrame("a reply of no known form")
        name, parameters = pair
        names[_one((name,), str)] = None if parameters is None else _names(_one((parameters,), tuple))
    return names


def shown(text: str, keep: str = "", most: int | None = None) -> str:
    """`text` with control characters, line ends and marks of direction told instead of done: "\\x1b[31m".

    Of a worker's text only the first `most` characters are taken: told, each takes up to 60 bytes of memory.
    """
    text = text[:most]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def _cut(text: str, keep: str = "") -> str:
    """A worker's text, of which an honest one has no more."""
    return shown(text, keep, MAX_MESSAGE)


def _told(message: str, line: int | None, code: str) -> tuple[str, int | None, str]:
    """What is told of an exception, with a line that a file can have."""
    return _cut(message, keep="\n"), line if line is not None and 0 < line < MAX_LINE else None, _cut(code)


def _is(fields: list[Any], *kinds: Any) -> bool:
    return len(fields) == len(kinds) and all(map(isinstance, fields, kinds))


def _one(fields: tuple[Any, ...], kind: type) -> Any:
    if len(fields) != 1 or not isinstance(fields[0], kind):
        raise BadFrame("a reply of no known form")
    return fields[0]


def _names(names: tuple[Any, ...]) -> tuple[str, ...]:
    if not all(type(name) is str for name in names):
        raise BadFrame("a name that is no text")
    return tuple(map(_cut, names))
