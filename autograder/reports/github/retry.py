"""Trying again: only what can be repeated without harm, never without end.

GitHub's rules: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

ATTEMPTS = 6  # of one operation
LONGEST_PAUSE = 30.0  # seconds, where GitHub does not say how long to wait
TOTAL = 300.0  # seconds for all operations of a run; the job around it has minutes

T = TypeVar("T")


class TryAgain(Exception):
    """This attempt failed, and a later one may not. `wait` is how many seconds GitHub asks for, if it does."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class GaveUp(Exception):
    """No attempt worked, or none that may work is left in the time; the text says what the last one met."""


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that a test need not wait. `now` never goes back, `date` is Unix time; both in seconds."""

    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Patience:
    """The time that is left for all operations together."""

    def __init__(self, clock: Clock, total: float = TOTAL) -> None:
        self.clock = clock
        self._end = clock.now() + total

    def left(self) -> float:
        """Seconds until the end, 0 once it is past."""
        return max(0.0, self._end - self.clock.now())

    def until_done(self, operation: Callable[[], T]) -> T:
        """What `operation` returns, tried again while it raises TryAgain.

        An operation finds out by itself what an earlier attempt has already done. Raises GaveUp.
        """
        for attempt in range(ATTEMPTS):
            try:
                return operation()
            except TryAgain as failed:
                wait = self._pause(attempt) if failed.wait is None else failed.wait + self.clock.chance()
                if attempt + 1 == ATTEMPTS or wait >= self.left():
                    raise GaveUp(str(failed)) from failed
                self.clock.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, attempt: int) -> float:
        """1, 2, 4 … seconds, each times ½ to 1½, so that a class does not return all at once."""
        return min(2.0**attempt, LONGEST_PAUSE) * (0.5 + self.clock.chance())
