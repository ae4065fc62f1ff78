"""A real pseudo-terminal with `autograder watch` in it, and what a person sees there."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pexpect
import psutil
import pyte

PATIENCE = 90.0  # seconds: a machine may be busy; nothing here is timed


class Terminal:
    """`autograder watch`, or another program of Python's, in a terminal of `rows` × `columns`."""

    def __init__(
        self,
        course: Path,
        *arguments: str,
        program: Sequence[str] = ("-m", "autograder", "watch"),
        rows: int = 60,
        columns: int = 100,
        **environ: str,
    ) -> None:
        self.raw = b""
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.process = pexpect.spawn(
            sys.executable,
            [*program, *arguments],
            cwd=str(course),
            dimensions=(rows, columns),
            env={**os.environ, "TERM": "xterm-256color", **environ},
            timeout=PATIENCE,
        )
        self.process.delaybeforesend = None

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *exception: object) -> None:
        family = [*self.family(), *([psutil.Process(self.process.pid)] if self.process.isalive() else [])]
        self.process.close(force=True)
        for process in family:
            if process.is_running():
                process.kill()

    def family(self) -> list[psutil.Process]:
        """The processes that this one has started, and those that they have."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def read(self, seconds: float = 0.05) -> None:
        """Draw what has come, and what comes in the next moment."""
        try:
            data = self.process.read_nonblocking(1 << 16, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self.stream.feed(data)

    @property
    def shown(self) -> str:
        """The screen as text."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def last_line(self) -> str:
        return self.shown.splitlines()[-1] if self.shown else ""

    def until(self, *texts: str, gone: str = "") -> None:
        """Wait until all of the texts stand on the screen, and `gone` does not."""
        end = time.monotonic() + PATIENCE
        while not all(text in self.shown for text in texts) or (gone and gone in self.shown):
            assert time.monotonic() < end, f"{texts} did not come up:\n{self.shown}"
            assert self.process.isalive() or self.still_comes(), f"{texts} did not come up:\n{self.shown}"
            self.read()

    def still_comes(self) -> bool:
        """Whether an ended process has left something to read."""
        before = len(self.raw)
        self.read(0.5)
        return len(self.raw) > before

    def type(self, keys: str) -> None:
        self.process.send(keys)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def wait(self) -> int:
        """The exit status, when it has ended; what it wrote last is drawn."""
        end = time.monotonic() + PATIENCE
        while self.process.isalive():
            assert time.monotonic() < end, f"it did not end:\n{self.shown}"
            self.read()
        while self.still_comes():
            pass
        return self.process.exitstatus if self.process.exitstatus is not None else -self.process.signalstatus


def restored(terminal: Terminal) -> bool:
    """Whether the terminal is left as it was found: typed letters are shown, lines are edited, the cursor is seen."""
    import termios

    flags = termios.tcgetattr(terminal.process.child_fd)[3]
    shows_cursor = terminal.raw.rfind(b"\x1b[?25h") >= terminal.raw.rfind(b"\x1b[?25l")
    return bool(flags & termios.ECHO and flags & termios.ICANON) and shows_cursor
