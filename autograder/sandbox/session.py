"""A session: one task's calls into one student's file, in whichever isolation level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from autograder.sandbox import messages, wire
from autograder.sandbox.errors import ArgumentChanged, BadFrame, Killed, StudentRaised, Unsendable, Wants, WorkerDied
from autograder.sandbox.limits import Limits
from autograder.sandbox.probe import Probe


@dataclass(frozen=True)
class Loaded:
    """What a file defines: public names, each with its parameters' names (None for what is not called)."""

    names: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    error: StudentRaised | None = None


class Line(Protocol):
    """A way to a student's side."""

    def ask(self, request: bytes) -> bytes:
        """Send a request, wait for the reply. Raises WorkerDied, WorkerTimedOut."""

    def begin_test(self) -> None:
        """Count time anew."""

    def close(self) -> None:
        """Leave nothing behind."""


class Session:
    """Calls into one file. The student's side is opened and the file loaded at the first use."""

    def __init__(
        self,
        open_line: Callable[[frozenset[str]], Line],
        text: str,
        filename: str,
        *,
        by_hand: bool = False,
        task: str = "",
        limits: Limits | None = None,
        needs: Iterable[str] = (),
    ) -> None:
        self.open_line = open_line
        self.text, self.filename, self.by_hand, self.task = text, filename, by_hand, task
        self.limits = limits or Limits()
        self.needs = frozenset() if by_hand else frozenset(needs)
        self.output = ""
        self.output_dropped = 0
        self.line: Line | None = None
        self.number = 0
        self.names: Loaded | None = None
        self.revived = False

    def begin_test(self) -> None:
        """Give the next test its full time and output."""
        self.output, self.output_dropped = "", 0
        if self.line is not None:
            self.line.begin_test()

    def loaded(self) -> Loaded:
        """Load the file, once. Raises WorkerDied, WorkerTimedOut."""
        if self.line is None or self.names is None:
            self.names = self._load()
        return self.names

    def call(
        self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None, *, seed: int = 0,
        may_change: Iterable[str] = (),
    ) -> Any:  # fmt: skip
        """The value of the student's ``name(*args, **kwargs)``.

        may_change: kinds of change to the arguments that are allowed, of ArgumentChanged's ``what``
        Raises StudentRaised, MissingName, BadSignature, ArgumentChanged, Unsendable, WorkerDied, WorkerTimedOut;
        TypeError where an argument of the test's own cannot be sent.
        """
        sent = _sent(args, kwargs or {})
        self._ready()
        return self._ask("call", name, *sent, seed, tuple(may_change))

    def probe(
        self, probe: Probe, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None, *, seed: int = 0
    ) -> Any:
        """The value of ``probe(student, *args, **kwargs)``; raises as ``call``."""
        sent = _sent(args, kwargs or {})
        self._ready()
        return self._ask("probe", probe.name, probe.source, *sent, seed)

    def close(self) -> None:
        """End the student's side; the session may be used again and then loads the file anew."""
        if self.line is not None:
            self.line.close()
            self.line = self.names = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ready(self) -> None:
        loaded = self.loaded()
        if loaded.error is not None:
            raise loaded.error.with_traceback(None)

    def _load(self) -> Loaded:
        if len(self.text) > messages.MAX_TEXT:
            size = messages.MAX_TEXT >> 20
            return Loaded({}, StudentRaised(("ValueError", "Exception"), f"the file is larger than {size} MiB"))
        self.line = self.open_line(self.needs)
        try:
            names = self._ask("load", self.text, self.filename, self.task, self.by_hand)
            self.line.begin_test()  # loading has had a test's time of its own
            return Loaded(names)
        except StudentRaised as error:
            return Loaded({}, error)
        except Unsendable as problem:
            self.close()
            return Loaded({}, StudentRaised(("UnicodeError", "Exception"), problem.what))

    def _ask(self, verb: str, *fields: Any) -> Any:
        """Ask; and ask a new worker where the first one wants a slow import or, once, where it was killed."""
        try:
            return self._exchange(verb, *fields)
        except Wants as wants:
            if wants.need in self.needs or self.by_hand:
                raise WorkerDied(f"the code's process wants an import that it has ({wants.need})") from None
            self.needs |= {wants.need}
            self.close()
        except Killed:
            if self.revived:
                raise
            self.revived = True
        if verb == "load":
            self.line = self.open_line(self.needs)
        elif (error := self.loaded().error) is not None:
            raise error
        return self._ask(verb, *fields)

    def _exchange(self, verb: str, *fields: Any) -> Any:
        assert self.line is not None
        self.number += 1
        request = wire.encode((self.number, verb, *fields))
        try:
            reply = self._reply(self.line.ask(request))
            return messages.names_of(reply) if verb == "load" else messages.outcome(reply)
        except BadFrame as problem:
            self.close()
            raise WorkerDied(f"the code's process sent something that is no answer ({problem})") from None
        except (StudentRaised, ArgumentChanged, Unsendable, Wants):
            raise
        except BaseException:  # also Ctrl-C: a reply that still comes would be taken for another's
            self.close()
            raise

    def _reply(self, data: bytes) -> tuple[Any, ...]:
        reply = wire.decode(data)
        if type(reply) is not tuple or len(reply) < 4:
            raise BadFrame("a reply of no known form")
        number, *rest, output, dropped = reply
        if type(number) is not int or type(rest[0]) is not str or type(output) is not str or type(dropped) is not int:
            raise BadFrame("a reply of no known form")
        if number != self.number or dropped < 0:
            raise BadFrame("a reply to another question")
        self._keep(output, dropped)
        return tuple(rest)

    def _keep(self, output: str, dropped: int) -> None:
        if not output and not dropped:
            return
        most = self.limits.output
        whole = (self.output + messages.shown(output, keep="\n\t", most=most)).encode()
        kept = whole[:most].decode(errors="ignore")
        self.output_dropped += dropped + max(len(output) - most, 0) + len(whole) - len(kept.encode())
        self.output = kept


def _sent(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bytes, bytes]:
    try:
        return wire.encode(tuple(args), arguments=True), wire.encode(dict(kwargs), arguments=True)
    except Unsendable as problem:
        raise TypeError(f"an argument of the test cannot be sent: {problem.what}") from None
