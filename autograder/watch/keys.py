"""Single keys from the terminal, on every platform; the terminal is put back as it was found."""

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any

if sys.platform == "win32":
    import msvcrt
else:
    import termios
    import tty

_LOOK = 0.05  # seconds between two looks for a key on Windows, which has no way to wait for one


class Keys:
    """Gives `put` each key that is typed, from a thread, while it is open.

    Without a terminal in front of this process (a pipe, a job in the background) there are none.
    """

    def __init__(self, put: Callable[[str], None]) -> None:
        self.put = put
        self.there = _is_ours()
        self.before: list[Any] | None = None
        self.ended = threading.Event()

    def __enter__(self) -> "Keys":
        self.take()
        if self.there:
            threading.Thread(target=self.read, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.give_back()

    if sys.platform == "win32":

        def take(self) -> None:
            """Nothing to do: the console is asked for keys one by one."""

        def give_back(self) -> None:
            """Nothing to do."""

        def read(self) -> None:
            while not self.ended.is_set():
                if not msvcrt.kbhit():
                    self.ended.wait(_LOOK)
                    continue
                key = msvcrt.getwch()
                if key in "\x00\xe0":
                    msvcrt.getwch()  # an arrow or a function key, which comes in two
                else:
                    self.put(key)

    else:

        def take(self) -> None:
            """Have keys come one by one, unseen; Ctrl-C and Ctrl-Z still make signals."""
            if self.there and self.before is None:
                self.before = termios.tcgetattr(sys.stdin)
                tty.setcbreak(sys.stdin, termios.TCSADRAIN)

        def give_back(self) -> None:
            """The terminal as it was found. What was typed and not read is not left to the shell."""
            if self.before is not None:
                before, self.before = self.before, None
                with contextlib.suppress(termios.error):  # the terminal is gone: the window closed, the line cut
                    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)

        def read(self) -> None:
            descriptor = sys.stdin.fileno()
            while not self.ended.is_set():
                try:
                    if self.before is None or not select.select([descriptor], [], [], 0.2)[0]:
                        self.ended.wait(0.0 if self.before is not None else 0.2)
                        continue
                    data = os.read(descriptor, 64)
                except (OSError, ValueError):
                    return
                if not data:
                    return
                if not data.startswith(b"\x1b"):  # an arrow or a function key, which comes in several bytes
                    for key in data.decode(errors="ignore"):
                        self.put(key)


def _is_ours() -> bool:
    """Whether a person can type here: stdin is a terminal, and this process stands in front of it."""
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return False
        return sys.platform == "win32" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
