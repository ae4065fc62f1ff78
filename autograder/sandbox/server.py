"""The warm server: a process that imports what students' files need and forks a worker for each task.

Started as ``python -I -m autograder.sandbox.server KIND LEVEL DESCRIPTOR`` with a clean environment. It obeys one
socket (SOCK_SEQPACKET, so that a message is a datagram) and ends when that is closed.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

import msgspec

from autograder.imports import uncollected
from autograder.sandbox import confine, pages, preload, worker  # all of a worker's code, before it is confined

MAX_MESSAGE = 1 << 16
FEW, MANY = 16, 256  # forks after which it pays to gather the memory, and to gather it again
_ENDING = 2.0  # seconds to wait for a worker whose socket is closed


class Server:
    """Forks workers, reaps them, and tells how they ended."""

    def __init__(self, kind: str, level: str, control: socket.socket) -> None:
        self.kind, self.level, self.control = kind, level, control
        self.endings: dict[int, int] = {}
        self.workers: set[int] = set()
        self.walls: dict[str, Any] = {}
        self.had: set[str] = set()
        self.forks = 0
        self.number = 0
        self.library_is_closed = False

    def prepare(self) -> None:
        """Imports, walls, and memory set up so that a fork copies little."""
        with uncollected():
            preload.preload(self.kind)
        if self.level == "sandbox":
            self.walls = {"reading": confine.prepare_reading(self.kind), "calls": confine.prepare_calls()}
        self.library_is_closed = confine.library_is_closed()

    def serve(self) -> NoReturn:
        """Obey until the socket is closed."""
        woken = self.listen()
        while True:
            ready, _, _ = select.select([self.control.fileno(), woken], [], [])
            if woken in ready:
                os.read(woken, 4096)
                self.reap()
            if self.control.fileno() in ready:
                self.obey()

    def listen(self) -> int:
        woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        return woken

    def obey(self) -> None:
        try:
            data, passed, _, _ = socket.recv_fds(self.control, MAX_MESSAGE, 1)
        except OSError:
            data, passed = b"", []
        if not data:
            self.end()
        self.number, verb, *rest = msgspec.msgpack.decode(data)
        if verb == "fork":
            self.fork(passed[0], *rest)
        elif verb == "clone":
            self.clone(passed[0])
        elif verb == "kill":
            self.kill(*rest)
        elif verb == "ending":
            self.say(self.ending(*rest))
        elif verb == "end":
            self.end()

    def say(self, reply: Any) -> None:
        try:
            self.control.send(msgspec.msgpack.encode((self.number, reply)))
        except OSError:
            self.end()

    def fork(self, passed: int, settings: dict[str, Any], needs: list[str]) -> None:
        for need in sorted(set(needs) - self.had):
            with uncollected():
                preload.NEEDS[need]()
            self.had.add(need)
            self.forks = 0
        self.forks += 1
        if self.forks % MANY == FEW:
            pages.use_huge_pages()
        server = os.getpid()
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            worker.live(self.walls, {**settings, "socket": passed, "library_is_closed": self.library_is_closed}, server)
        os.close(passed)
        self.workers.add(child)
        self.say(child)

    def clone(self, passed: int) -> None:
        """A second server from this one, with a socket of its own."""
        if os.fork():
            os.close(passed)
            return
        self.control.close()
        self.control = socket.socket(fileno=passed)
        self.endings, self.workers = {}, set()
        self.serve()

    def reap(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            if child in self.workers:
                self.workers.discard(child)
                self.endings = {**dict(list(self.endings.items())[-99:]), child: status}

    def kill(self, child: int) -> None:
        """With its group, for what it may have started at level "process". A reaped number is another's."""
        self.reap()
        if child in self.workers:
            for end in (os.kill, os.killpg):
                try:
                    end(child, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue

    def ending(self, child: int) -> int | None:
        """The wait status of a worker that has closed its socket; None if it lives on, and is killed."""
        end = time.monotonic() + _ENDING
        while time.monotonic() < end:
            self.reap()
            if child in self.endings:
                return self.endings.pop(child)
            time.sleep(0.002)
        self.kill(child)
        return None

    def end(self) -> NoReturn:
        for child in self.workers:
            self.kill(child)
        os._exit(0)


def main() -> NoReturn:
    kind, level, descriptor = sys.argv[1:4]
    server = Server(kind, level, socket.socket(fileno=int(descriptor)))
    try:
        server.prepare()
    except BaseException as problem:
        server.say(f"{type(problem).__name__}: {problem}"[:2000])
        os._exit(1)
    server.serve()


if __name__ == "__main__":
    main()
