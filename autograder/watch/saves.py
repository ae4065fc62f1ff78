"""Which answers and tests change on disk, however an editor writes them.

Editors write a new file and rename it over the old one, or empty the old one and fill it, some of them twice. So
folders are watched, not files; what comes within a moment is taken together; a file that is gone or empty is given a
moment to come back; and one that holds what it held before is no news.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import LEVELS, assignment_of

STEP = 25  # ms: changes are told when nothing more has come for so long
GROUP = 300  # ms: and at the latest after so long
RETURN = 0.5  # seconds for a file that is gone or empty to come back
_LOOK = 0.01


@dataclass(frozen=True)
class Saved:
    """Assignments whose answer was saved, and assignments whose tests have changed."""

    answers: frozenset[str]
    tests: frozenset[str]


@dataclass(frozen=True)
class Blind:
    """Changes cannot be seen, for this reason."""

    reason: str


class Saves:
    """Gives `put` what changes under a course's assignments/, from a thread, while it is open."""

    def __init__(self, course: Path, put: Callable[[Saved | Blind], None]) -> None:
        self.folder, self.put = (course / "assignments").resolve(), put
        self.known: dict[Path, bytes | None] = {}  # what was in each file
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> "Saves":
        self.known = {path: _digest(path) for path in self.folder.glob("*/*.py")}
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.thread.join(2 * RETURN)  # at the end of Python it must not be in the middle of something

    def watch(self) -> None:
        """Until the end; by looking at the files again and again where the system cannot tell of changes."""
        try:
            self.listen(polling=None)
        except (OSError, RuntimeError):  # no more watches to be had, or a file system that has none
            try:
                self.listen(polling=True)
            except (OSError, RuntimeError) as error:
                self.put(Blind(str(error)))

    def listen(self, polling: bool | None) -> None:
        from watchfiles import watch

        for changes in watch(
            self.folder,
            watch_filter=None,
            debounce=GROUP,
            step=STEP,
            stop_event=self.ended,
            rust_timeout=1000,
            raise_interrupt=False,
            force_polling=polling,
            ignore_permission_denied=True,
        ):
            self.tell({Path(path) for _, path in changes})

    def tell(self, paths: set[Path]) -> None:
        """Tell of the files among these that are answers or tests, when they are whole."""
        answers, tests = set(), set()
        for path in paths:
            if path.parent.parent != self.folder or path.parent.name not in LEVELS:
                continue
            test, answer = assignment_of(path), assignment_of(path.with_name(f"test_{path.name}"))
            if (test or answer) is None or not self.is_news(path):
                continue
            if test is not None:
                tests.add(test.id)
            elif answer is not None:
                answers.add(answer.id)
        if answers or tests:
            self.put(Saved(frozenset(answers), frozenset(tests)))

    def is_news(self, path: Path) -> bool:
        """Whether a file holds something else than before, once it is there and not empty."""
        end = time.monotonic() + RETURN
        while (now := _digest(path)) is None and not self.ended.is_set() and time.monotonic() < end:
            time.sleep(_LOOK)
        before, self.known[path] = self.known.get(path, b""), now
        return now != before


def _digest(path: Path) -> bytes | None:
    """A digest of what a file holds; None for nothing, and for what is no file."""
    try:
        if not path.is_file() or not path.stat().st_size:
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None
