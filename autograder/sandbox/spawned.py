"""Level "process" where nothing forks safely (macOS, Windows): a spawned worker for each task, one kept spare.

The worker is this module run as ``python -I -m autograder.sandbox.spawned KIND``, with its line on
stdin and stdout. Time and memory are read from outside.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import IO, NoReturn

import psutil

from autograder.sandbox import preload, wire, worker
from autograder.sandbox.environment import environment
from autograder.sandbox.errors import BadFrame, Killed, NoWorker, WorkerDied, WorkerTimedOut
from autograder.sandbox.framing import HEADER, MAX_FRAME, frame
from autograder.sandbox.limits import Limits

START = 180.0  # seconds for a worker to import torch on a busy machine
_POSIX = os.name == "posix"
_SIGKILL = 9  # Windows has no name for it


class Spawned:
    """A worker's line through two pipes, each with a thread, as pipes cannot be waited for on Windows."""

    ahead = 1

    def __init__(self, kind: str) -> None:
        self.limits = Limits()
        command = [sys.executable, "-I", "-m", "autograder.sandbox.spawned", kind]
        self.process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=_POSIX,
        )
        self.outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.incoming: queue.SimpleQueue[bytes | BadFrame | None] = queue.SimpleQueue()
        for target, pipe in ((self.pump_out, self.process.stdin), (self.pump_in, self.process.stdout)):
            threading.Thread(target=target, args=(pipe,), daemon=True).start()
        self.idle = 0
        self.begin_test()

    def pump_out(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), pipe:
            while (data := self.outgoing.get()) is not None:
                pipe.write(data)
                pipe.flush()

    def pump_in(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), pipe:
            while len(head := pipe.read(HEADER.size)) == HEADER.size:
                (size,) = HEADER.unpack(head)
                if size > MAX_FRAME:
                    self.incoming.put(BadFrame("a frame of more than 32 MiB"))
                    break
                self.incoming.put(pipe.read(size))
                if self.incoming.qsize() > 4:
                    break  # a flood: the grader asks one question at a time
        self.incoming.put(None)

    def ready(self, limits: Limits, needs: Iterable[str]) -> None:
        """Wait until everything is imported; the student's time has not begun."""
        self.limits = limits
        self.outgoing.put(frame(wire.encode((limits.memory, limits.output, *sorted(needs)))))
        try:
            greeting = wire.decode(self.receive(START, None))
        except WorkerDied as problem:
            raise NoWorker(f"the process for the code cannot start: {problem.reason}") from None
        if greeting != (0, "ready"):
            self.close()
            raise NoWorker("the process for the code cannot start")
        self.idle = self.resident()
        self.begin_test()

    def begin_test(self) -> None:
        self.cpu_before = self.cpu()
        self.waited = 0.0

    def post(self, requests: Sequence[bytes]) -> None:
        if not self.incoming.empty():
            raise BadFrame("an answer to no question")
        for request in requests:
            self.outgoing.put(frame(request))

    def reply(self) -> bytes:
        since = time.monotonic()
        try:
            return self.receive(self.limits.wall - self.waited, self.limits)
        finally:
            self.waited += time.monotonic() - since

    def receive(self, wall: float, limits: Limits | None) -> bytes:
        end = time.monotonic() + wall
        step = min(0.2, self.limits.cpu / 10, self.limits.wall / 10)
        while True:
            try:
                data = self.incoming.get(timeout=step)
            except queue.Empty:
                self.check(end, limits)
                continue
            if data is None:
                self.dead()
            elif isinstance(data, BadFrame):
                raise data
            else:
                return data

    def check(self, end: float, limits: Limits | None) -> None:
        if time.monotonic() > end:
            raise WorkerTimedOut("wall", self.limits.wall)
        if limits is None:
            return
        if self.cpu() - self.cpu_before > limits.cpu:
            raise WorkerTimedOut("cpu", limits.cpu)
        if self.resident() - self.idle > limits.memory:
            raise WorkerDied(f"the code used more than {limits.memory >> 20} MiB of memory")

    def cpu(self) -> float:
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.process.pid).cpu_times()
            return times.user + times.system
        return 0.0

    def resident(self) -> int:
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self.process.pid).memory_info().rss
        return 0

    def dead(self) -> NoReturn:
        try:
            code = self.process.wait(2)
        except subprocess.TimeoutExpired:
            raise WorkerDied("the code's process closed its line to the grader") from None
        if code < 0:
            kind = Killed if code == -_SIGKILL else WorkerDied
            raise kind(f"the code's process was ended by signal {-code}")
        raise WorkerDied(f"the code ended its process with exit code {code}")

    def close(self) -> None:
        self.outgoing.put(None)
        if _POSIX:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


class SpawnedWorkers:
    """Lines to spawned workers, with a spare of each kind in use."""

    def __init__(self, warm: Iterable[str]) -> None:
        self.spares = {kind: Spawned(kind) for kind in warm}

    def line(self, kind: str, limits: Limits, needs: Iterable[str]) -> Spawned:
        line = self.spares.pop(kind, None) or Spawned(kind)
        line.ready(limits, needs)
        self.spares[kind] = Spawned(kind)
        return line

    def clone(self) -> SpawnedWorkers:
        return SpawnedWorkers(())

    def close(self) -> None:
        for spare in self.spares.values():
            spare.close()
        self.spares = {}


def _bound_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows: the grader looks on from outside
    now = psutil.Process().memory_info().vms
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))


def _listen(requests: queue.SimpleQueue[bytes]) -> None:
    """In a thread, so that a worker whose grader is gone ends whatever the student's code is doing."""
    try:
        while True:
            requests.put(worker.read_frame())
    finally:
        os._exit(0)


def main() -> NoReturn:
    worker.speak_through(os.dup(0), os.dup(1))
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    preload.preload(sys.argv[1], library=False)
    memory, output, *needs = wire.decode(requests.get())
    for need in needs:
        preload.NEEDS[need]()
    os.environ.clear()
    _bound_memory(memory)
    worker.write_frame(wire.encode((0, "ready")))
    worker.answer_requests(output, requests.get)


if __name__ == "__main__":
    main()
