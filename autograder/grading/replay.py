"""Recorded examples, run against one more answer.

What a test says of an example depends on the drawn inputs and on what the answer's calls give back, and on nothing
else. So the calls that one answer's pass needed are expected of the next answer and sent ahead of the test; and where
they give back, byte for byte, what has passed before, the example passes again without the test being run.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from autograder.gradients import evidence
from autograder.grading import student as students
from autograder.grading.recognise import Outcomes
from autograder.grading.student import Drawn, Student
from autograder.sandbox import wire
from autograder.sandbox.conversation import Reply, Request
from autograder.sandbox.errors import Unsendable, WorkerDied, WorkerTimedOut
from autograder.sandbox.session import Session

Body = Callable[..., None]  # of a test: takes the student and what was drawn
VARIANTS = 12  # of a right answer's last digits, each a digest kept for each example


@dataclass
class Learned:
    """What answers that passed have shown of one example.

    requests   the calls that the test makes, up to where they depend on what came back; None where none has passed.
               One that hands on a number which came back is not among them: sent ahead, it would tell the answer
    passed     digests of the replies to all of a test's calls, where it passed
    shown      what the test shows of its reference (evidence.Evidence), the same for every answer
    """

    requests: tuple[Request, ...] | None = None
    passed: set[bytes] = field(default_factory=set)
    shown: evidence.Evidence = field(default_factory=evidence.Evidence)

    def learn(
        self, requests: tuple[Request, ...], replies: bytes | None, shown: evidence.Evidence, independent: int
    ) -> None:
        """Take in the calls of an answer that has passed, and the digest of what it gave back.

        independent is the number of calls before the first that hands on what came back.
        """
        if self.requests is None:
            self.requests, self.shown = requests[:independent], evidence.without_agreements(shown)
        if self.requests != requests:
            same = [mine == other for mine, other in zip(self.requests, requests, strict=False)]
            self.requests = self.requests[: [*same, False].index(False)]
        if self.requests == requests and replies is not None and len(self.passed) < VARIANTS:
            self.passed.add(replies)


class Digest:
    """Of what came back, reply after reply, without what was printed; None where one cannot be encoded again."""

    def __init__(self) -> None:
        self._told: Any = hashlib.blake2b(digest_size=16)

    def add(self, reply: Reply) -> None:
        """Take in one more."""
        try:
            if self._told is not None:
                self._told.update(wire.encode(reply.fields))
        except Unsendable:
            self._told = None

    def digest(self) -> bytes | None:
        """All that was taken in."""
        return self._told.digest() if self._told is not None else None


class Numbers:
    """Counts the calls before the first that hands on a number, 8 bytes wide, which came back and was not sent before.

    Bytes are compared, wherever they lie: where equal ones mean something else, a call is merely not sent ahead.
    """

    def __init__(self) -> None:
        self.independent = 0
        self._sent: set[bytes] = set()
        self._back: set[bytes] = set()
        self._found = False

    def add(self, request: Request, reply: Reply) -> None:
        """Take in one more call and what came back."""
        sent = _eights(request)
        self._found = self._found or bool(sent & self._back)
        self.independent += not self._found
        self._sent |= sent
        self._back = (self._back | _eights(reply.fields)) - self._sent


def _eights(fields: tuple[Any, ...]) -> set[bytes]:
    return {data[k : k + 8] for data in fields if isinstance(data, bytes) for k in range(len(data) - 7)}


class Tape(list[Drawn]):
    """The examples of one test, in the order in which they are drawn, and what was learned of each.

    outcomes is what misconceptions give in the calls that the test makes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.learned: list[Learned] = []
        self.outcomes: Outcomes = {}

    def add(self, example: Drawn, learned: Learned) -> None:
        """Add an example at the end."""
        self.append(example)
        self.learned.append(learned)

    def requests_from(self, k: int) -> Iterator[Request]:
        """The calls that the test will make from example `k` on, as far as they are known."""
        for learned in self.learned[k:]:
            if learned.requests is None:
                return
            yield from learned.requests


def replay(body: Body, student: Student, examples: Sequence[Drawn]) -> None:
    """Run the body of a test on recorded examples. Raises what it raises on the first that fails."""
    session = students.session_of(student)
    if not isinstance(examples, Tape) or not isinstance(session, Session):
        for args, kwargs in examples:
            body(student, *args, **kwargs)
        return
    for k, (args, kwargs) in enumerate(examples):
        learned = examples.learned[k]
        if learned.requests and not session.expects(learned.requests[0]):
            with suppress(WorkerDied, WorkerTimedOut):  # which the test's first call tells
                session.loaded()
                session.expect(examples.requests_from(k))
        if students.is_surveying(student):  # where a failure is kept and not raised
            body(student, *args, **kwargs)
        elif not _passes_again(learned, session):
            run_and_learn(body, student, args, kwargs, learned)


def run_and_learn(
    body: Body, student: Student, args: tuple[Any, ...], kwargs: dict[str, Any], learned: Learned | None = None
) -> Learned:
    """Run the body of a test on one example, and learn from it where it passes."""
    learned = learned or Learned()
    session = students.session_of(student)
    requests: list[Request] = []
    replies, numbers = Digest(), Numbers()
    first = learned.requests is None

    def hear(request: Request, reply: Reply) -> None:
        requests.append(request)
        replies.add(reply)
        if first:
            numbers.add(request, reply)

    session.heard = hear
    try:
        with evidence.apart() as shown:
            body(student, *args, **kwargs)
    finally:
        session.heard = None
    learned.learn(tuple(requests), replies.digest(), shown, numbers.independent)
    return learned


def _passes_again(learned: Learned, session: Session) -> bool:
    """Whether the answer gives back what has passed before; its calls are taken as made then."""
    if not learned.passed or not learned.requests:
        return False
    replies = session.foreseen(len(learned.requests))
    if replies is None:
        return False
    digest = Digest()
    for reply in replies:
        digest.add(reply)
    if digest.digest() not in learned.passed:
        return False
    session.pass_over(len(replies))
    evidence.add(learned.shown)
    return True
