"""What ends a test without a verdict on the mathematics."""

from autograder.sandbox.errors import StudentRaised


class Todo(BaseException):
    """The gap is not begun. A BaseException, so that Hypothesis neither calls again nor shrinks."""


class BuiltOnTodo(Exception):
    """The answer calls another task whose gap is still open."""

    def __init__(self, other: str, raised: StudentRaised) -> None:
        super().__init__(f"this answer uses task {other}, which is still to do; finish {other} first.")
        self.raised = raised
