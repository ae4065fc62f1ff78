"""The other process, seen from the terminal's: started, asked, stopped, and started anew where it was lost."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from autograder.course import CourseError
from autograder.sandbox.environment import ONE_THREAD
from autograder.watch.messages import Grade, Prepare, Ready, Reply, Stop, Tested, Warm, write
from autograder.watch.messages import read_reply as read

MOST_STARTS = 3  # in a row, without a single result
_ENDING = 2.0  # seconds for a process whose stdin is closed


class Gone(msgspec.Struct, frozen=True):
    """The process has ended. `start` says which, as there may be another by now."""

    start: int


class GraderProcess:
    """Does one job at a time; `put` is given each of its replies, by a thread."""

    def __init__(self, course: Path, put: Callable[[Reply | Gone], None]) -> None:
        self.course, self.put = course, put
        self.number = 0
        self.job: Grade | Prepare | Warm | None = None
        self.stopping = False
        self.starts = 0
        self.fruitless = 0
        self.start()

    def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C in the terminal is not for it."""
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, closed with the process
        own: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        command = [sys.executable, "-P", "-m", "autograder.watch.grader", str(self.course)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=os.environ | ONE_THREAD,
            **own,
        )
        self.starts += 1
        threading.Thread(target=self.listen, args=(self.process.stdout, self.starts), daemon=True).start()

    def listen(self, pipe: BinaryIO, start: int) -> None:
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            while (reply := read(pipe)) is not None:
                self.put(reply)
        self.put(Gone(start))

    def ask(self, kind: type[Grade] | type[Prepare] | type[Warm], *fields: str) -> None:
        """Begin a job; there must be none at hand."""
        self.number += 1
        self.job, self.stopping = kind(self.number, *fields), False
        self.send(self.job)

    def stop(self) -> None:
        """Have the job at hand given up, if there is one. It is at hand until that is answered."""
        if self.job is not None and not self.stopping:
            self.stopping = True
            self.send(Stop(self.job.number))

    def send(self, message: Grade | Prepare | Warm | Stop) -> None:
        with contextlib.suppress(OSError):  # the process is gone, which its listener tells
            write(self.process.stdin, message)  # type: ignore[arg-type]

    def ended_by(self, reply: Reply) -> Grade | Prepare | Warm | None:
        """The job that a reply ends, which is no longer at hand then; None where it ends none."""
        if isinstance(reply, Ready | Tested) or self.job is None or reply.number != self.job.number:
            return None
        self.fruitless = 0
        job, self.job = self.job, None
        return job

    def again(self, gone: Gone) -> None:
        """Start another where this one has ended, with the job at hand lost.

        Raises CourseError where none will live.
        """
        if gone.start != self.starts:
            return
        self.job = None
        self.fruitless += 1
        told = self.last_words()
        self.close()
        if self.fruitless >= MOST_STARTS:
            raise CourseError(f"the process that grades ends again and again: {told}")
        self.start()

    def last_words(self) -> str:
        """The last line that the process wrote on stderr."""
        self.errors.seek(0)
        lines = self.errors.read()[-4096:].decode(errors="replace").strip().splitlines()
        return "".join(char for char in lines[-1] if char.isprintable()) if lines else "it said nothing."

    def abandon(self) -> None:
        """End the process where it does not obey; its listener tells that it is gone."""
        self.process.kill()

    def close(self) -> None:
        """Leave no process behind: the grader ends when its stdin is closed, and its workers with it."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        try:
            self.process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
