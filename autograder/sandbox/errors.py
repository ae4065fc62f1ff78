"""What can come back from a student's code instead of a value."""

from __future__ import annotations


class IsolationUnavailable(Exception):
    """The isolation asked for cannot be had here; ``str()`` is the reason in one sentence."""


class BadFrame(Exception):
    """Bytes from a worker that are no value of the wire format."""


class StudentRaised(Exception):
    """The student's code raised. All fields are data; the exception object itself stayed where it was.

    types: class names of the exception's mro, the most specific first
    message: its text, at most 2000 characters
    line: the last line of the student's file on the traceback, or None
    code: the text of that line, or ""
    """

    def __init__(self, types: tuple[str, ...], message: str, line: int | None = None, code: str = "") -> None:
        super().__init__(types, message, line, code)
        self.types = tuple(types)
        self.message = message
        self.line = line
        self.code = code

    def __str__(self) -> str:
        return f"{self.types[0]}: {self.message}" if self.message else self.types[0]


class MissingName(StudentRaised):
    """The student's file defines no such name; ``similar`` holds names of the file that look like it."""

    def __init__(self, name: str, similar: tuple[str, ...] = ()) -> None:
        super().__init__(("AttributeError", "Exception"), f"the file defines no {name}")
        self.args = (name, similar)
        self.name = name
        self.similar = tuple(similar)


class BadSignature(StudentRaised):
    """The student's function or class does not take the arguments of its contract.

    expected_args: the arguments it was called with, e.g. ``("3 positional",)`` or keyword names
    parameters: the names of the parameters that it has
    """

    def __init__(
        self,
        message: str,
        expected_args: tuple[str, ...],
        parameters: tuple[str, ...],
        line: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(("TypeError", "Exception"), message, line, code)
        self.args = (message, expected_args, parameters, line, code)
        self.expected_args = tuple(expected_args)
        self.parameters = tuple(parameters)


class ArgumentChanged(Exception):
    """The student's code changed what it was given.

    argument: the parameter's name, or its index where there is no name
    what: "values", "requires_grad", "grad", "training mode" or "grad mode"
    """

    def __init__(self, argument: str | int, what: str) -> None:
        super().__init__(argument, what)
        self.argument = argument
        self.what = what

    def __str__(self) -> str:
        return f"the call changed the {self.what} of its argument {self.argument}"


class Unsendable(Exception):
    """A value that is not data; ``what`` is a sentence saying what it is and where in the value it stands."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.trail: list[str] = []


class WorkerDied(BaseException):
    """The process of the student's code is gone. BaseException: Hypothesis must not call again or shrink."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Killed(WorkerDied):
    """It was killed, alone or with the process that starts workers: by the system perhaps, so it is tried once more."""


class NoWorker(BaseException):
    """No process for a student's code can be had: no fault of any answer's, so grading cannot go on.

    ``str()`` is one sentence.
    """


class WorkerTimedOut(BaseException):
    """The test used up its time; ``kind`` is "cpu" or "wall", ``seconds`` the limit."""

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(kind, seconds)
        self.kind = kind
        self.seconds = seconds

    def __str__(self) -> str:
        return f"more than {self.seconds:g} seconds of {'computing' if self.kind == 'cpu' else 'waiting'}"


class Wants(Exception):
    """The worker wants its server to do a slow import first (autograder.sandbox.late); sessions see to it."""

    def __init__(self, need: str) -> None:
        super().__init__(need)
        self.need = need
