"""Opening workers: the one entrance to the sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Protocol

from autograder.sandbox import confine
from autograder.sandbox.conversation import Line
from autograder.sandbox.errors import IsolationUnavailable, StudentRaised, WorkerDied, WorkerTimedOut
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session

LEVELS = ("auto", "sandbox", "process", "none")


class Lines(Protocol):
    """Processes that sessions can be opened to."""

    def line(self, kind: str, limits: Limits, needs: Iterable[str]) -> Line: ...

    def clone(self) -> Lines: ...

    def close(self) -> None: ...


class Workers:
    """Where sessions come from. ``isolation`` is the level in use, ``notice`` a sentence about it or None."""

    def __init__(self, isolation: str, limits: Limits, notice: str | None = None, lines: Lines | None = None) -> None:
        self.isolation, self.limits, self.notice = isolation, limits, notice
        self.lines = lines
        self.load_errors: dict[tuple[str, str], StudentRaised | WorkerDied | WorkerTimedOut | None] = {}
        self.loaded: Session | None = None  # a worker in which a file was loaded, and nothing else done

    def session(
        self,
        text: str,
        filename: str,
        *,
        by_hand: bool = False,
        task: str = "",
        needs: Iterable[str] = (),
        limits: Limits | None = None,
    ) -> Session:
        """A fresh worker for one task; the text is loaded at the first use.

        needs: slow imports to have beforehand (autograder.sandbox.late); those that come up are had anyway
        limits: other limits than those of the workers
        """
        if limits is None and not by_hand and not needs and (loaded := self._take_loaded(text, filename)) is not None:
            loaded.task = task
            return loaded
        limits = limits or self.limits

        def open_line(needs: frozenset[str]) -> Line:
            return self.open_line(by_hand, needs, limits)

        return Session(open_line, text, filename, by_hand=by_hand, task=task, limits=limits, needs=needs)

    def load_error(self, text: str, filename: str) -> StudentRaised | WorkerDied | WorkerTimedOut | None:
        """Why a file cannot be loaded where torch is at hand, or None. Computed once for each text."""
        key = text, filename
        if key not in self.load_errors:
            session = self.session(text, filename)
            try:
                self.load_errors[key] = session.loaded().error
            except (WorkerDied, WorkerTimedOut) as problem:
                self.load_errors[key] = problem
            if self.load_errors[key] is None:
                session.was_loaded_alone()
                self.loaded = session  # for the first task that asks for such a worker
            else:
                session.close()
        return self.load_errors[key]

    def _take_loaded(self, text: str, filename: str) -> Session | None:
        """The worker in which this very file was loaded, once; one of another file is let go."""
        session, self.loaded = self.loaded, None
        if session is not None and (session.text, session.filename) != (text, filename):
            session.close()
            return None
        return session

    def let_go(self) -> None:
        """End the worker that a file was loaded in and no task took: what it started must not meet another answer."""
        if self.loaded is not None:
            self.loaded.close()
        self.loaded = None

    def open_line(self, by_hand: bool, needs: frozenset[str], limits: Limits) -> Line:
        """A way to a new student's side."""
        if self.lines is not None:
            return self.lines.line("hand" if by_hand else "torch", limits, needs)
        from autograder.sandbox.inprocess import InProcess

        return InProcess(limits, by_hand)

    def clone(self) -> Workers:
        """A second set for a second grader process; make it before that process is forked."""
        lines = self.lines.clone() if self.lines is not None else None
        copy = Workers(self.isolation, self.limits, self.notice, lines)
        copy.load_errors = dict(self.load_errors)
        return copy

    def close(self) -> None:
        """Leave nothing behind."""
        self.let_go()
        if self.lines is not None:
            self.lines.close()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_workers(
    isolation: str = "auto",
    limits: Limits | None = None,
    warm: Iterable[str] = ("torch", "hand"),
    start: str | None = None,
) -> Workers:
    """Workers of the isolation asked for; their servers are started and not waited for.

    warm: kinds of server to start at once, others start when they are first needed
    start: "fork" or "spawn" instead of what suits the platform
    Raises IsolationUnavailable with a reason where ``isolation="sandbox"`` cannot be had.
    """
    level, notice = level_of(isolation, start)
    lines = None if level == "none" else _lines(level, _forks(start), tuple(warm))
    return Workers(level, limits or Limits(), notice, lines)


def level_of(isolation: str, start: str | None = None) -> tuple[str, str | None]:
    """The level that workers of this isolation have, and a sentence about it or None; nothing is started.

    Raises as ``open_workers``.
    """
    if isolation not in LEVELS:
        raise ValueError(f"isolation is one of {', '.join(LEVELS)}, not {isolation!r}")
    if start not in (None, "fork", "spawn"):
        raise ValueError(f"start is fork or spawn, not {start!r}")
    if isolation == "none":
        return "none", None
    reason = confine.unavailable_reason() if _forks(start) else "only a forked worker can be confined, on Linux"
    if reason is not None and isolation == "sandbox":
        raise IsolationUnavailable(f"the sandbox cannot be had here: {reason}")
    level = "sandbox" if reason is None and isolation != "process" else "process"
    return level, f"Isolation is 'process', not 'sandbox': {reason}." if reason and isolation == "auto" else None


def _forks(start: str | None) -> bool:
    return sys.platform == "linux" and start != "spawn"


def _lines(level: str, forks: bool, warm: tuple[str, ...]) -> Lines:
    if forks:
        from autograder.sandbox.channel import ForkedWorkers

        return ForkedWorkers.start(level, warm)
    from autograder.sandbox.spawned import SpawnedWorkers

    return SpawnedWorkers(warm)
