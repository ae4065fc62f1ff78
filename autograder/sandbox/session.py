"""A session: one task's calls into one student's file, in whichever isolation level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.sandbox import messages, wire
from autograder.sandbox.conversation import Conversation, Line, Reply, Request
from autograder.sandbox.errors import (
    ArgumentChanged,
    BadFrame,
    Killed,
    StudentRaised,
    Unsendable,
    Wants,
    WorkerDied,
    WorkerTimedOut,
)
from autograder.sandbox.limits import Limits
from autograder.sandbox.probe import Probe


@dataclass(frozen=True)
class Loaded:
    """What a file defines: public names, each with its parameters' names (None for what is not called)."""

    names: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    error: StudentRaised | None = None


CALLS = frozenset({"call", "probe"})  # the verbs of requests other than "load"


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
        self.replied = 0  # bytes, in this test
        self.told = "", 0  # what loading printed, where the file was loaded before the first test
        self.line: Line | None = None
        self.talk: Conversation | None = None
        self.names: Loaded | None = None
        self.parameters: dict[str, tuple[str, ...] | None] = {}  # of what was last loaded, also when that is closed
        self.revived = False
        self.heard: Callable[[Request, Reply], None] | None = None  # is told of each call made and its reply

    def begin_test(self) -> None:
        """Give the next test its full time and output."""
        self.expect(())
        (self.output, self.output_dropped), self.told = self.told, ("", 0)
        self.replied = 0
        if self.line is not None:
            self.line.begin_test()

    def was_loaded_alone(self) -> None:
        """Keep what loading printed for the first test, as if the file were loaded there."""
        self.told = self.output, self.output_dropped

    def expect(self, requests: Iterable[Request]) -> None:
        """These calls (as in ``heard``) will probably be made next, in this order, and may be sent ahead.

        What was expected before is given up. Of no effect before the file is loaded. Raises ValueError for a
        request that is no call: what was made of one answer must not bring its text to another.
        """
        requests = list(requests)
        if any(request[0] not in CALLS for request in requests):
            raise ValueError("only calls can be expected")
        if self.talk is None:
            return
        try:
            self.talk.expect(requests)
        except (BadFrame, WorkerDied, WorkerTimedOut):  # by a request that was never made
            self.close()

    def expects(self, request: Request) -> bool:
        """Whether this request, the very object, is expected next."""
        return self.talk is not None and self.talk.next() is request

    def foreseen(self, count: int) -> list[Reply] | None:
        """The replies to the next `count` requests that are expected; None where one of them is not to be had."""
        return self.talk.foreseen(count) if self.talk is not None else None

    def pass_over(self, count: int) -> None:
        """Take the next `count` requests, whose replies are there, as made."""
        assert self.talk is not None
        for _ in range(count):
            self._keep(self.talk.arrived.popleft()[1])

    def loaded(self) -> Loaded:
        """Load the file, once. Raises WorkerDied, WorkerTimedOut."""
        if self.line is None or self.names is None:
            self.names = self._load()
            self.parameters = self.names.names or self.parameters
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
        return self.ask(request_of(name, args, kwargs or {}, seed, may_change))

    def probe(
        self, probe: Probe, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None, *, seed: int = 0
    ) -> Any:
        """The value of ``probe(student, *args, **kwargs)``; raises as ``call``."""
        return self.ask(request_of(probe, args, kwargs or {}, seed))

    def ask(self, request: Request) -> Any:
        """The value of a call; raises as ``call``."""
        self._ready()
        return self._ask(*request)

    def close(self) -> None:
        """End the student's side; the session may be used again and then loads the file anew."""
        if self.line is not None:
            self.line.close()
            self.line = self.talk = self.names = None

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
        self._open()
        try:
            names = self._ask("load", self.text, self.filename, self.task, self.by_hand)
            if self.line is not None:
                self.line.begin_test()  # loading has had a test's time of its own
            return Loaded(names)
        except StudentRaised as error:
            return Loaded({}, error)
        except Unsendable as problem:
            self.close()
            return Loaded({}, StudentRaised(("UnicodeError", "Exception"), problem.what))

    def _open(self) -> None:
        self.line = self.open_line(self.needs)
        self.talk = Conversation(self.line)

    def _ask(self, *request: Any) -> Any:
        """Ask; and ask a new worker where the first one wants a slow import or, once, where it was killed."""
        still: list[Request] = []
        try:
            return self._exchange(request)
        except Wants as wants:
            if wants.need in self.needs or self.by_hand:
                raise WorkerDied(f"the code's process wants an import that it has ({wants.need})") from None
            self.needs |= {wants.need}
            still = self.talk.pending() if self.talk is not None else []
            self.close()
        except Killed:
            if self.revived:
                raise
            self.revived = True
        if request[0] == "load":
            self._open()
        elif (error := self.loaded().error) is not None:
            raise error
        if request[0] in CALLS:
            self.expect([request, *still])
        return self._ask(*request)

    def _exchange(self, request: Request) -> Any:
        if self.talk is not None and self.talk.next() not in (None, request):
            self.expect(())  # which may cost the worker: then the file is loaded anew
            self._ready()
        assert self.talk is not None
        try:
            reply = self.talk.ask(request)
            self._keep(reply)
            if self.heard is not None and request[0] in CALLS and reply.fields[0] != "wants":
                self.heard(request, reply)
            return messages.names_of(reply.fields) if request[0] == "load" else messages.outcome(reply.fields)
        except BadFrame as problem:
            self.close()
            raise WorkerDied(f"the code's process sent something that is no answer ({problem})") from None
        except (StudentRaised, ArgumentChanged, Unsendable, Wants):
            raise
        except BaseException:  # also Ctrl-C: a reply that still comes would be taken for another's
            self.close()
            raise

    def _keep(self, reply: Reply) -> None:
        self.replied += reply.size
        if not reply.output and not reply.dropped:
            return
        most = self.limits.output
        whole = (self.output + messages.shown(reply.output, keep="\n\t", most=most)).encode()
        kept = whole[:most].decode(errors="ignore")
        self.output_dropped += reply.dropped + max(len(reply.output) - most, 0) + len(whole) - len(kept.encode())
        self.output = kept


def request_of(
    target: str | Probe, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int, may_change: Iterable[str] = ()
) -> Request:
    """A call as data. Raises TypeError where an argument cannot be sent."""
    try:
        sent = wire.encode(tuple(args), arguments=True), wire.encode(dict(kwargs), arguments=True)
    except Unsendable as problem:
        raise TypeError(f"an argument of the test cannot be sent: {problem.what}") from None
    if isinstance(target, Probe):
        return "probe", target.name, target.source, *sent, seed
    return "call", target, *sent, seed, tuple(may_change)
