"""The grader's end on Linux: starting servers, asking them for workers, talking to a worker within its limits.

No threads, so that a grader may fork; everything waits by poll on sockets.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from autograder.sandbox import wire
from autograder.sandbox.environment import environment
from autograder.sandbox.errors import BadFrame, Killed, NoWorker, WorkerDied, WorkerTimedOut
from autograder.sandbox.framing import HEADER, MAX_FRAME, frame
from autograder.sandbox.limits import Limits

START = 180.0  # seconds for a server to import torch on a busy machine
_TICK = os.sysconf("SC_CLK_TCK")


class ServerGone(Killed):
    """The server itself is no more, killed for want of memory perhaps; another can be started."""


class Server:
    """A server of one kind, started at once and not waited for."""

    def __init__(self, control: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self.control, self.process = control, process
        self.owner = os.getpid()
        self.number = 0

    @classmethod
    def start(cls, kind: str, level: str) -> Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-m", "autograder.sandbox.server", kind, level, str(theirs.fileno())]
        process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        theirs.close()
        return cls(ours, process)

    def clone(self) -> Server:
        """A second server forked from this one, which may still be importing."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.tell("clone", passing=[theirs.fileno()])
        return Server(ours, None)

    def tell(self, *message: Any, passing: Iterable[int] = ()) -> None:
        try:
            socket.send_fds(self.control, [msgspec.msgpack.encode((self.number, *message))], list(passing))
        except OSError:
            raise ServerGone("the process that starts workers is gone") from None

    def ask(self, seconds: float, *message: Any, passing: Iterable[int] = ()) -> Any:
        """Send a message and wait for its answer; an answer to one given up (by Ctrl-C) is left aside."""
        self.number += 1
        self.tell(*message, passing=passing)
        self.control.settimeout(seconds)
        while True:
            try:
                data = self.control.recv(1 << 16)
            except TimeoutError:
                raise NoWorker("the process that starts workers does not answer") from None
            except OSError:
                data = b""
            if not data:
                raise ServerGone("the process that starts workers is gone")
            number, reply = msgspec.msgpack.decode(data)
            if number in (0, self.number):
                return reply

    def worker(self, limits: Limits, needs: Iterable[str]) -> Forked:
        """A new worker, confined and ready. Raises ServerGone, NoWorker."""
        ours, theirs = socket.socketpair()
        settings = {"memory": limits.memory, "output": limits.output}
        with theirs:
            reply = self.ask(START, "fork", settings, sorted(needs), passing=[theirs.fileno()])
        if not isinstance(reply, int):
            raise NoWorker(f"the process that starts workers cannot start: {reply}")
        return Forked(self, ours, reply, limits)

    def close(self) -> None:
        with contextlib.suppress(WorkerDied):
            if self.process is None or os.getpid() == self.owner:
                self.tell("end")
        self.control.close()
        if self.process is not None and os.getpid() == self.owner:
            self.process.kill()
            self.process.wait()


class Forked:
    """A worker's line: requests and replies through one socket, time read from outside."""

    ahead = 64

    def __init__(self, server: Server, sock: socket.socket, pid: int, limits: Limits) -> None:
        self.server, self.sock, self.pid, self.limits = server, sock, pid, limits
        sock.setblocking(False)
        self.waiting = select.poll()
        self.received = bytearray()
        self.unsent = bytearray()
        self.unanswered = 0
        self.slice = min(0.2, limits.cpu / 10, limits.wall / 10)
        self.greet()
        self.begin_test()

    def greet(self) -> None:
        """Wait for the worker's word that its walls stand."""
        self.begin_test(cpu=0.0)
        try:
            greeting = wire.decode(self.receive(START))
        except Killed:
            raise
        except (WorkerDied, WorkerTimedOut) as problem:
            raise NoWorker(f"the code's process could not be confined: {problem}") from None
        if greeting != (0, "ready"):
            self.close()
            raise NoWorker(f"the code's process could not be confined: {greeting!r:.200}")

    def begin_test(self, cpu: float | None = None) -> None:
        self.cpu_before = self.cpu() if cpu is None else cpu
        self.waited = 0.0
        self.looked = 0.0

    def post(self, requests: Sequence[bytes]) -> None:
        """Send requests without waiting for the replies; the worker answers them one after the other."""
        if self.received and not self.unanswered:
            raise BadFrame("an answer to no question")
        self.unanswered += len(requests)
        for request in requests:
            self.unsent += frame(request)
        self.flush()

    def reply(self) -> bytes:
        """The reply to the oldest request that has none yet."""
        since = time.monotonic()
        try:
            return self.receive(self.limits.wall)
        finally:
            self.unanswered -= 1
            self.waited += time.monotonic() - since

    def flush(self) -> None:
        """Send as much as the worker takes now. Where it is gone, its last replies are still there to be read."""
        try:
            while self.unsent:
                del self.unsent[: self.sock.send(self.unsent)]
        except BlockingIOError:
            return
        except OSError:
            self.unsent.clear()

    def receive(self, wall: float) -> bytes:
        since = time.monotonic()
        received = self.received
        needed = HEADER.size
        size = None
        while True:
            if size is None and len(received) >= HEADER.size:
                (size,) = HEADER.unpack_from(received)
                if size > MAX_FRAME:
                    raise BadFrame("a frame of more than 32 MiB")
                needed = HEADER.size + size
            if size is not None and len(received) >= needed:
                data = bytes(received[HEADER.size : needed])
                del received[:needed]
                return data
            self.wait(select.POLLIN | (select.POLLOUT if self.unsent else 0), since, wall)
            self.flush()
            self.take(max(needed - len(received), 1 << 16))

    def take(self, most: int) -> None:
        try:
            part = self.sock.recv(min(most, 1 << 20))
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self.dead()
        self.received += part

    def wait(self, event: int, since: float, wall: float) -> None:
        """Until the socket is ready; raises WorkerTimedOut where the test's time is used up."""
        self.waiting.register(self.sock, event)
        while True:
            ready = self.waiting.poll(self.slice * 1000)
            waited = self.waited + time.monotonic() - since
            if not ready or waited - self.looked > self.slice:
                self.looked = waited
                if self.cpu() - self.cpu_before > self.limits.cpu:
                    raise WorkerTimedOut("cpu", self.limits.cpu)
            if waited > wall:
                raise WorkerTimedOut("wall", self.limits.wall)
            if ready:
                return

    def cpu(self) -> float:
        """Seconds of processor time the worker has used, all its threads together."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICK

    def dead(self) -> None:
        status = self.server.ask(10.0, "ending", self.pid)
        killed = status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        raise (Killed if killed else WorkerDied)(ending(status))

    def close(self) -> None:
        self.sock.close()
        with contextlib.suppress(WorkerDied):
            self.server.tell("kill", self.pid)


def ending(status: int | None) -> str:
    """A sentence about a worker's end from its wait status."""
    if status is None:
        return "the code's process closed its line to the grader"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        names = {signal.SIGSEGV: "crashed", signal.SIGABRT: "aborted", signal.SIGKILL: "was killed"}
        return f"the code's process {names.get(number, 'was ended')} (signal {number})"  # type: ignore[call-overload]
    return f"the code ended its process with exit code {os.waitstatus_to_exitcode(status)}"


class ForkedWorkers:
    """Servers by kind, and lines to their workers."""

    def __init__(self, level: str, servers: dict[str, Server]) -> None:
        self.level, self.servers = level, servers

    @classmethod
    def start(cls, level: str, warm: Iterable[str]) -> ForkedWorkers:
        return cls(level, {kind: Server.start(kind, level) for kind in warm})

    def line(self, kind: str, limits: Limits, needs: Iterable[str]) -> Forked:
        if kind not in self.servers:
            self.servers[kind] = Server.start(kind, self.level)
        try:
            return self.servers[kind].worker(limits, needs)
        except ServerGone:
            self.servers[kind].close()
            self.servers[kind] = Server.start(kind, self.level)
        except Killed:
            pass
        try:
            return self.servers[kind].worker(limits, needs)
        except Killed:
            raise NoWorker("the process that starts workers ends again and again; is there memory left?") from None

    def clone(self) -> ForkedWorkers:
        return ForkedWorkers(self.level, {kind: server.clone() for kind, server in self.servers.items()})

    def close(self) -> None:
        for server in self.servers.values():
            server.close()
        self.servers = {}
