"""What the system asks of a watch, as events in order with all the others."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_HEEDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGWINCH", "SIGTSTP")  # where the platform has them


@dataclass(frozen=True)
class Signalled:
    """A signal has come."""

    number: int

    @property
    def name(self) -> str:
        return signal.Signals(self.number).name


@contextlib.contextmanager
def signals(put: Callable[[Signalled], None]) -> Iterator[None]:
    """Give `put` each signal that comes; a second Ctrl-C ends the program at once, as ever."""

    def heed(number: int, frame: object) -> None:
        if number == signal.SIGINT:
            signal.signal(number, signal.default_int_handler)
        put(Signalled(number))

    heeded = [getattr(signal, name) for name in _HEEDED if hasattr(signal, name)]
    before = {number: signal.signal(number, heed) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
