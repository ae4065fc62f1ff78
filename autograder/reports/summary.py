"""What every report says of a result, worded once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.grading.result import AssignmentResult, Result, Status, TaskResult, TestResult

SYMBOL: dict[Status, str] = {"passed": "✓", "failed": "✗", "todo": "·", "error": "!", "timeout": "⧖"}
WORD: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "todo": "to do",
    "error": "error",
    "timeout": "timed out",
}
NAMES_SHOWN = 8


def score_line(result: Result) -> str:
    """The total in one line: "87 / 290 points"."""
    return f"{result.score} / {result.max_score} points"


def unfinished(result: Result) -> Iterator[tuple[AssignmentResult, TaskResult]]:
    """The tasks that are not passed, in the order of the course."""
    for assignment in result.assignments:
        for task in assignment.tasks:
            if task.status != "passed":
                yield assignment, task


def broken(result: Result) -> Iterator[tuple[AssignmentResult, TaskResult, TestResult]]:
    """The tests that were tried and did not pass, each message once."""
    told: set[str] = set()
    for assignment, task in unfinished(result):
        for test in task.tests:
            if test.status not in ("passed", "todo") and test.message not in told:
                told.add(test.message)
                yield assignment, task, test


def first_of_each_task(result: Result) -> Iterator[TestResult]:
    """For each task that was tried and is not passed, the first test that was not passed: tests are in teaching order.

    A message that was told of another task already is not told again.
    """
    told: set[str] = set()
    for _, task, test in broken(result):
        if task.id not in told and is_tried(task):
            told.add(task.id)
            yield test


def plain_gap(assignment: AssignmentResult, task: TaskResult) -> str:
    """Where a task's gap is, as plain text: "assignments/…/24_….py:12 (24.1 linear_backward)"."""
    place = assignment.path if task.line is None else f"{assignment.path}:{task.line}"
    return f"{place} ({task.id} {task.name})"


def encouragement(result: Result, gap: Callable[[AssignmentResult, TaskResult], str] = plain_gap) -> str:
    """One sentence for the whole: where the student stands, and what is next."""
    open_tasks = list(unfinished(result))
    if not open_tasks:
        return "All that was graded is passed."
    if all(task.status == "todo" for _, task in open_tasks):
        begun = "Nothing is wrong so far" if result.score else "A fresh start"
        return f"{begun}; the next gap is {gap(*open_tasks[0])}"
    return f"The next place to look is {gap(*open_tasks[0])}"


def not_as_released(result: Result) -> str | None:
    """One line of what the student's copy of the course has changed, or None: "Not as released: a/b.py, …"."""
    changed = result.provenance.changed
    if not changed:
        return None
    names = ", ".join(changed[:NAMES_SHOWN]) + (" and others" if len(changed) > NAMES_SHOWN else "")
    return f"Not as released: {names}. The grade of record is made with the course's own files."


@dataclass(frozen=True)
class Level:
    """The assignments of one level that were graded, and their points together."""

    name: str
    assignments: tuple[AssignmentResult, ...]

    @property
    def score(self) -> int:
        return sum(one.score for one in self.assignments)

    @property
    def max_score(self) -> int:
        return sum(one.max_score for one in self.assignments)


def levels_of(result: Result) -> list[Level]:
    """The levels of the assignments that were graded, in the order of the course."""
    found: dict[str, list[AssignmentResult]] = {}
    for assignment in result.assignments:
        found.setdefault(assignment.level, []).append(assignment)
    return [Level(name, tuple(assignments)) for name, assignments in found.items()]


def is_tried(task: TaskResult) -> bool:
    """Whether a task was begun and is not passed."""
    return task.status not in ("passed", "todo")


def standing(assignment: AssignmentResult) -> str:
    """How far an assignment is: "done", "to mend", "not begun" or "begun"."""
    if all(task.status == "passed" for task in assignment.tasks):
        return "done"
    if any(is_tried(task) for task in assignment.tasks):
        return "to mend"
    return "not begun" if all(task.status == "todo" for task in assignment.tasks) else "begun"
