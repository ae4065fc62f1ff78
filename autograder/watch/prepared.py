"""Workers opened before a save arrives, with the slow imports that the file will come to need.

Where workers are forked this saves a moment. Where each is a new process that imports torch (macOS, Windows) it saves
seconds.
"""

import sys
from collections.abc import Callable
from typing import Any

from autograder.grading.submission import Answer
from autograder.sandbox.errors import StudentRaised, WorkerDied, WorkerTimedOut
from autograder.sandbox.session import Line, Session
from autograder.sandbox.workers import Workers

_WORDS = {"pyplot": ("matplotlib",), "optim": ("optim", "jacrev", "checkpoint")}
Problem = StudentRaised | WorkerDied | WorkerTimedOut | None


def forks(workers: Workers) -> bool:
    """Whether workers are forked by a process that has done all imports, rather than do them anew each."""
    if sys.platform != "linux":
        return False
    from autograder.sandbox.channel import ForkedWorkers

    return isinstance(workers.lines, ForkedWorkers)


class Prepared:
    """At most one open worker of each kind, and what files are known to need."""

    def __init__(self, workers: Workers) -> None:
        self.workers, self.forks = workers, forks(workers)
        self.needs: dict[str, frozenset[str]] = {}
        self.open: dict[bool, tuple[frozenset[str], Line]] = {}  # by whether it is for tasks by hand

    def prepare(self, path: str, by_hand: bool) -> None:
        """Open a worker for the next session with the file `path`, where there is none. Raises WorkerDied."""
        needs = frozenset() if by_hand else self.needs.get(path, frozenset())
        if by_hand in self.open and not needs <= self.open[by_hand][0]:
            self.open.pop(by_hand)[1].close()
        if by_hand not in self.open:
            self.open[by_hand] = needs, self.workers.open_line(by_hand, needs, self.workers.limits)

    def loaded(self, answer: Answer, by_hand: bool, task: str) -> tuple[Session, Problem]:
        """A session with the file loaded, and why that failed, or None."""
        session, was_prepared = self._session(answer, by_hand, task)
        try:
            return session, session.loaded().error
        except (WorkerDied, WorkerTimedOut) as problem:
            if isinstance(problem, WorkerTimedOut) or not was_prepared:
                return session, problem
        session.close()  # perhaps it was gone before it saw the file: a new one tells
        try:
            return session, session.loaded().error
        except (WorkerDied, WorkerTimedOut) as problem:
            return session, problem

    def learn(self, path: str, needs: frozenset[str] = frozenset(), text: str = "") -> None:
        """Remember the imports that a file came to need, and those that its text, or its tests', speaks of.

        A forked worker asks for them; a spawned one does them without a word.
        """
        words = {} if self.forks else _WORDS
        spoken = {need for need, ones in words.items() if any(word in text for word in ones)}
        self.needs[path] = self.needs.get(path, frozenset()) | needs | spoken

    def _session(self, answer: Answer, by_hand: bool, task: str) -> tuple[Session, bool]:
        needs = frozenset() if by_hand else self.needs.get(answer.path, frozenset())
        session: Session = self.workers.session(answer.text, answer.path, by_hand=by_hand, task=task, needs=needs)
        open_anew: Callable[[frozenset[str]], Line] = session.open_line

        def open_line(needs: frozenset[str]) -> Line:
            had: Any = self.open.get(by_hand)
            return self.open.pop(by_hand)[1] if had and needs <= had[0] else open_anew(needs)

        session.open_line = open_line  # type: ignore[method-assign]
        return session, by_hand in self.open
