"""What the two processes of a watch say to each other: msgpack in frames, as to the sandbox.

Every job has a number, and every job is answered once: by Graded, Failed or Ended.
"""

from typing import BinaryIO

import msgspec

from autograder.grading.result import AssignmentResult, Isolation
from autograder.sandbox.framing import HEADER, frame


class Grade(msgspec.Struct, frozen=True, tag=True):
    """Grade one task, from the files as they are now."""

    number: int
    assignment: str
    task: str


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Open workers and draw examples for one task, ahead of the next save."""

    number: int
    assignment: str
    task: str


class Warm(msgspec.Struct, frozen=True, tag=True):
    """Do one of the slow imports that some answers need (autograder.sandbox.late), before one asks for it."""

    number: int
    need: str


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Give a job up; it is answered by Ended, unless it was done already."""

    number: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The grader is there: everything is imported."""

    isolation: Isolation
    notice: str | None
    versions: dict[str, str]
    needs: tuple[str, ...]


class Tested(msgspec.Struct, frozen=True, tag=True):
    """A test of the task at hand is done."""

    number: int
    done: int
    total: int


class Graded(msgspec.Struct, frozen=True, tag=True):
    """The result of a task, as an assignment of this one task.

    broken         why the answer's file could not be read or loaded, or None
    answer, tests  sha256 of the files it was made from; `answer` is None where it could not be read
    """

    number: int
    result: AssignmentResult
    broken: str | None
    answer: str | None
    tests: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The job could not be done: the course's own tests do not load, say. The sentence is for a person."""

    number: int
    sentence: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The job ended without a result: there is none to give, or it was stopped."""

    number: int


Request = Grade | Prepare | Warm | Stop
Reply = Ready | Tested | Graded | Failed | Ended


def write(pipe: BinaryIO, message: Request | Reply) -> None:
    """Send a message whole. Raises OSError where nobody reads any more."""
    pipe.write(frame(msgspec.msgpack.encode(message)))
    pipe.flush()


def read_request(pipe: BinaryIO) -> Request | None:
    """The next request, or None at the end."""
    data = _read(pipe)
    return None if data is None else msgspec.msgpack.decode(data, type=Request)


def read_reply(pipe: BinaryIO) -> Reply | None:
    """The next reply, or None at the end."""
    data = _read(pipe)
    return None if data is None else msgspec.msgpack.decode(data, type=Reply)


def _read(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (size,) = HEADER.unpack(head)
    data = pipe.read(size)
    return data if len(data) == size else None
