"""Which answers and tests change on disk, however an editor writes them.

Editors write a new file and rename it over the old one, or empty the old one and fill it, some of them twice. So
folders are watched, not files; what comes within a moment is taken together; and a file that is gone or empty is given
a moment to come back.
"""

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
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> "Saves":
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
            if (assignment := assignment_of(path)) is not None:
                tests.add(assignment.id)
            elif (assignment := assignment_of(path.with_name(f"test_{path.name}"))) is not None:
                answers.add(assignment.id)
            else:
                continue
            self.wait_for(path)
        if answers or tests:
            self.put(Saved(frozenset(answers), frozenset(tests)))

    def wait_for(self, path: Path) -> None:
        """Wait a moment for a file that is gone or empty to be there again."""
        end = time.monotonic() + RETURN
        while not self.ended.is_set() and time.monotonic() < end:
            try:
                if path.stat().st_size:
                    return
            except OSError:
                pass
            time.sleep(_LOOK)
