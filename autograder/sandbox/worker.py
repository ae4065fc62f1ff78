"""One worker: a forked process that confines itself, then answers requests about one student's file."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from autograder.sandbox import confine, late, messages, wire
from autograder.sandbox.answer import Answer
from autograder.sandbox.framing import HEADER, MAX_FRAME

_line = {"in": -1, "out": -1}


class Printed(io.TextIOBase):
    """stdout and stderr of a student: text is kept up to a bound, the rest only counted."""

    def __init__(self, most: int) -> None:
        self.most, self.kept, self.parts, self.dropped = most, 0, [], 0  # type: ignore[var-annotated]

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = self.most - self.kept
        if room > 0 and text:
            self.parts.append(text[:room])
            self.kept += len(self.parts[-1])
        self.dropped += max(len(text) - max(room, 0), 0)
        return len(text)

    def take(self) -> tuple[str, int]:
        """What was written since the last call: (text, number of characters dropped)."""
        text, dropped = "".join(self.parts), self.dropped
        self.parts, self.kept, self.dropped = [], 0, 0
        return text.encode("utf-8", "replace").decode("utf-8"), dropped


def live(walls: dict[str, Any], settings: dict[str, Any], server: int) -> NoReturn:
    """The whole life of a worker. Never returns."""
    speak_through(settings["socket"], settings["socket"])
    try:
        _confine(walls, settings, server)
    except BaseException as problem:
        write_frame(wire.encode((0, "failed", f"{type(problem).__name__}: {problem}")))
        os._exit(1)
    write_frame(wire.encode((0, "ready")))
    late.install()
    answer_requests(settings["output"], read_frame)


def answer_requests(output: int, read: Callable[[], bytes]) -> NoReturn:
    """Answer request after request; what is printed meanwhile goes along with the replies."""
    printed = Printed(output)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), printed, printed
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, printed, printed  # type: ignore[misc, assignment]
    answer: Answer | None = None
    try:
        while True:
            answer, number, reply = messages.perform(answer, read(), Answer)
            write_frame(wire.encode((number, *reply, *printed.take())))
    finally:
        os._exit(1)


def other_descriptors(socket: int) -> list[int]:
    """All that are open but the socket and 0 to 2, which are /dev/null as in the server."""
    return [number for number in map(int, os.listdir("/proc/self/fd")) if number > 2 and number != socket]


def speak_through(incoming: int, outgoing: int) -> None:
    """Use these descriptors as the line to the grader."""
    _line["in"], _line["out"] = incoming, outgoing


def _confine(walls: dict[str, Any], settings: dict[str, Any], server: int) -> None:
    os.setsid()
    os.environ.clear()
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    confine.set_limits(settings["memory"])
    confine.drop_root(settings["library_is_closed"])
    confine.die_with_parent(server)
    others = other_descriptors(settings["socket"])
    if walls:
        walls["reading"].apply()
    for number in others:
        with contextlib.suppress(OSError):
            os.close(number)
    if walls:
        confine.apply_calls(walls["calls"])


def read_frame() -> bytes:
    (size,) = HEADER.unpack(_exactly(HEADER.size))
    if size > MAX_FRAME:
        os._exit(1)
    return _exactly(size)


def _exactly(size: int) -> bytes:
    data = os.read(_line["in"], size)
    if len(data) < size:
        rest = bytearray(data)
        while len(rest) < size:
            part = os.read(_line["in"], size - len(rest))
            if not part:
                os._exit(0)  # the grader is gone or has closed this session
            rest += part
        data = bytes(rest)
    return data


def write_frame(data: bytes) -> None:
    view = memoryview(HEADER.pack(len(data)) + data)
    while view:
        view = view[os.write(_line["out"], view) :]
