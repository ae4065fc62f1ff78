"""Jobs as they are asked for, and the one at hand, which may be stopped in the middle by what Ctrl-C does.

A thread reads the requests while the main thread works. When nobody is there any more to make any, it ends the process.
"""

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from autograder.watch.messages import Grade, Prepare, Request, Stop, Warm, read_request


class Jobs:
    """Requests as they come, and the one that is being done, which may be stopped."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe
        self.waiting: queue.SimpleQueue[Grade | Prepare | Warm] = queue.SimpleQueue()
        self.at_hand = 0  # the number of the job that is being done, or 0
        self.given_up = 0  # jobs up to this number need not be done
        self.held = False
        signal.signal(signal.SIGINT, self.interrupt)

    def read(self) -> None:
        """For a thread: take requests until there is nobody to make any."""
        while (request := self.request()) is not None:
            if isinstance(request, Stop):
                self.given_up = max(self.given_up, request.number)
                _interrupt_main_thread()
            else:
                self.waiting.put(request)
        os._exit(0)

    def request(self) -> Request | None:
        try:
            return read_request(self.pipe)
        except OSError:
            return None

    def next(self) -> Grade | Prepare | Warm:
        """The next job; it has not begun."""
        return self.waiting.get()

    def begin(self, job: Grade | Prepare | Warm) -> None:
        """Have a job at hand. Raises KeyboardInterrupt where it was given up while it waited."""
        self.at_hand = job.number
        self.check()

    def done(self) -> None:
        """The job at hand is done: it is too late to stop it. Raises KeyboardInterrupt where it was stopped already."""
        self.check()
        self.at_hand = 0

    def interrupt(self, number: int, frame: Any) -> None:
        """In the main thread, when a job was given up."""
        if not self.held:
            self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt, once, where the job at hand was given up."""
        if 0 < self.at_hand <= self.given_up:
            self.at_hand = 0
            raise KeyboardInterrupt

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """A stop that comes meanwhile takes effect at the end."""
        self.held = True
        try:
            yield
        finally:
            self.held = False
        self.check()


def _interrupt_main_thread() -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # wakes it where it waits
    else:
        import _thread

        _thread.interrupt_main(signal.SIGINT)
