"""Requests to a student's side and their replies, in order; those that are expected are sent ahead.

What a test gets is the same either way: a reply is given out, with what was printed meanwhile, when its request is
made. A reply whose request is never made is left aside. Sent ahead, neither side waits for the other at each call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from autograder.sandbox import wire
from autograder.sandbox.errors import BadFrame, WorkerDied, WorkerTimedOut

Request = tuple[Any, ...]  # a verb and its fields: "call", a name, the arguments as bytes, …
AHEAD_BYTES = 1 << 16  # of requests under way
KEPT_BYTES = 1 << 24  # of replies that arrive before they are asked for


class Reply(NamedTuple):
    """What came back: status and fields; and what was printed, with the number of characters dropped.

    size is the number of bytes that it came as.
    """

    fields: Request
    output: str
    dropped: int
    size: int


class Line(Protocol):
    """A way to a student's side; `ahead` is how many requests may be under way."""

    ahead: int

    def post(self, requests: Sequence[bytes]) -> None:
        """Send requests, at most `ahead`."""

    def reply(self) -> bytes:
        """Wait for the reply to the oldest request without one. Raises BadFrame, WorkerDied, WorkerTimedOut."""

    def begin_test(self) -> None:
        """Count time anew."""

    def close(self) -> None:
        """Leave nothing behind."""


class Conversation:
    """All that is said over one line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.number = 0
        self.expected: deque[Request] = deque()
        self.posted: deque[tuple[int, Request]] = deque()
        self.arrived: deque[tuple[Request, Reply]] = deque()
        self.lost: BaseException | None = None
        self.most = 1  # requests sent ahead: few at first, as most failures show at once

    def ask(self, request: Request) -> Reply:
        """The reply to a request, which may have been sent ahead. Raises BadFrame, WorkerDied, WorkerTimedOut."""
        if self.next() != request:
            self.expect(())
            self.expected.append(request)
        if not self.arrived:
            self._arrive()
        return self.arrived.popleft()[1]

    def next(self) -> Request | None:
        """The request that is expected next."""
        if self.arrived:
            return self.arrived[0][0]
        if self.posted:
            return self.posted[0][1]
        return self.expected[0] if self.expected else None

    def expect(self, requests: Iterable[Request]) -> None:
        """These requests will probably be made next, in this order; earlier expectations are given up.

        Waits for replies that are still to come. Raises as ``ask``.
        """
        self.arrived.clear()
        while self.posted or self.lost is not None:
            self._arrive()
            self.arrived.clear()
        self.expected = deque(requests)
        self.most = 1

    def pending(self) -> list[Request]:
        """All requests that are expected, sent or not."""
        return [request for request, _ in self.arrived] + [request for _, request in self.posted] + [*self.expected]

    def foreseen(self, count: int) -> list[Reply] | None:
        """The replies to the next `count` expected requests, which stay expected.

        None where one is not to be had, or where they are too large to be held together.
        """
        try:
            while len(self.arrived) < count:
                if not self.posted and not self.expected:
                    return None
                if sum(reply.size for _, reply in self.arrived) > KEPT_BYTES:
                    return None
                self._arrive()
        except (BadFrame, WorkerDied, WorkerTimedOut) as lost:
            self.lost = lost  # told when the request is made
            return None
        return [self.arrived[k][1] for k in range(count)]

    def _arrive(self) -> None:
        """Wait for one more reply."""
        if self.lost is not None:
            raise self.lost
        if not self.posted:
            self._post()
        number, request = self.posted.popleft()
        self.arrived.append((request, _checked(self.line.reply(), number)))

    def _post(self) -> None:
        """Send what is expected next: at each turn twice as many as before."""
        batch: list[bytes] = []
        size = 0
        while self.expected and len(batch) < min(self.most, self.line.ahead) and (size < AHEAD_BYTES or not batch):
            request = self.expected.popleft()
            self.number += 1
            batch.append(wire.encode((self.number, *request)))
            size += len(batch[-1])
            self.posted.append((self.number, request))
        self.most *= 2
        self.line.post(batch)


def _checked(data: bytes, number: int) -> Reply:
    """A reply's parts, each of its kind. Raises BadFrame."""
    reply = wire.decode(data)
    if type(reply) is not tuple or len(reply) < 4:
        raise BadFrame("a reply of no known form")
    told, *fields, output, dropped = reply
    if type(told) is not int or type(fields[0]) is not str or type(output) is not str or type(dropped) is not int:
        raise BadFrame("a reply of no known form")
    if told != number or dropped < 0:
        raise BadFrame("a reply to another question")
    return Reply(tuple(fields), output, dropped, len(data))
