"""Stopping a run: Ctrl-C ends it at once and says how to go on, and no grader outlives the process it works for."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from types import FrameType

import typer

EXIT_INTERRUPTED = 128 + signal.SIGINT  # as shells tell it
_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when the one that forked it ends


@contextmanager
def stoppable(kept: Path) -> Iterator[None]:
    """Ctrl-C inside ends the graders and this command; results that are there are in the file `kept`.

    Raises typer.Exit with status 130 after one sentence on standard error.
    """
    before = signal.signal(signal.SIGINT, _stop)
    try:
        yield
    except KeyboardInterrupt:
        print(
            f"instructor: interrupted; what was graded is kept in {kept}. Run the same command again to go on.",
            file=sys.stderr,
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """End the graders first: whoever waits for one that grades a long answer would wait for long."""
    for grader in active_children():
        grader.kill()
    raise KeyboardInterrupt


@contextmanager
def ending_together() -> Iterator[None]:
    """Processes forked inside leave Ctrl-C to this one, and end with it, however it ends (on Linux)."""
    global _followed
    if not _hooked and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_follow)
        _hooked.append(True)
    before, _followed = _followed, os.getpid()
    try:
        yield
    finally:
        _followed = before


_hooked: list[bool] = []  # a hook stays for good, so there is one
_followed: int | None = None
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _follow() -> None:
    if _followed is None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != _followed:  # it has ended already
            os._exit(1)
