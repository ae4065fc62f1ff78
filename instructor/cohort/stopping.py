"""Stopping a run: Ctrl-C ends it at once and says how to go on."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from types import FrameType

import typer

EXIT_INTERRUPTED = 128 + signal.SIGINT  # as shells tell it


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
