"""Processes that grade for this one end with it, however it ends: also where it is killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when the one that forked it ends
_hooked: list[bool] = []  # a hook stays for good, so there is one
_followed: int | None = None
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


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


def _follow() -> None:
    if _followed is None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != _followed:  # it has ended already
            os._exit(1)
