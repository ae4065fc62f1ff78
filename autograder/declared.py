"""Tasks as a test file declares them, read from its syntax tree: a hint is told without importing torch.

Test files are the course's own. Where one computes what is read here (a hint from a function, say), it is
loaded instead, which takes a second or two.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import Assignment, CourseError


@dataclass(frozen=True)
class Declared:
    """A task before anything is loaded: its names, points, minutes and three hints; `see` names a lesson's section."""

    assignment: Assignment
    id: str
    names: tuple[str, ...]
    points: int
    by_hand: bool = False
    minutes: int = 10
    hints: tuple[str, ...] = ()
    see: str = ""

    @property
    def name(self) -> str:
        """What the student writes, as results call it."""
        return ", ".join(self.names)


def declared_in(course: Path, assignments: Iterable[Assignment]) -> list[Declared]:
    """The tasks of these assignments, in order."""
    return [task for assignment in assignments for task in tasks_of(course, assignment)]


def tasks_of(course: Path, assignment: Assignment) -> tuple[Declared, ...]:
    """The tasks of one assignment. Raises CourseError where its test file cannot be read or declares none."""
    path = course / assignment.tests
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise CourseError(
            f"{assignment.tests}:{error.lineno or 1} cannot be read: {error.msg}; {_back(assignment)}"
        ) from None
    except (OSError, ValueError) as error:
        raise CourseError(f"{assignment.tests} cannot be read: {error}; {_back(assignment)}") from None
    try:
        found = tuple(_read(tree, assignment))
    except _NotLiteral:
        found = _loaded(path, assignment)
    if not found:
        raise CourseError(f"{assignment.tests} declares no Task; {_back(assignment)}")
    return found


def _back(assignment: Assignment) -> str:
    return f"bring it back with: git checkout -- {assignment.tests}"


def _loaded(path: Path, assignment: Assignment) -> tuple[Declared, ...]:
    from autograder.grading.loader import load_tasks

    return tuple(
        Declared(assignment, task.id, task.names, task.points, task.by_hand, task.minutes, task.hints, task.see)
        for task in load_tasks(path)
    )


class _NotLiteral(Exception):
    """The value is computed when the module runs."""


def _read(tree: ast.Module, assignment: Assignment) -> Iterable[Declared]:
    """Each ``name = Task(…)`` at the top of the module, with the constants that stand above it."""
    constants: dict[str, Any] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign):
            continue
        value, target = statement.value, statement.targets[0]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Task":
            yield _task(value, constants, assignment)
        elif isinstance(target, ast.Name) and isinstance(value, ast.Constant | ast.JoinedStr):
            try:
                constants[target.id] = _value(value, constants)
            except _NotLiteral:
                constants.pop(target.id, None)


def _task(call: ast.Call, constants: dict[str, Any], assignment: Assignment) -> Declared:
    task_id, *names = (_value(argument, constants) for argument in call.args)
    given = {keyword.arg or "": _value(keyword.value, constants) for keyword in call.keywords}
    if "hints" in given:
        given["hints"] = tuple(given["hints"])
    try:
        return Declared(assignment, task_id, tuple(names), **given)
    except TypeError:
        raise _NotLiteral from None  # arguments that this reader does not know


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in constants:
            return constants[node.id]
        case ast.Tuple() | ast.List():
            return [_value(element, constants) for element in node.elts]
        case ast.JoinedStr():
            return "".join(str(_value(part, constants)) for part in node.values)
        case ast.FormattedValue(conversion=-1, format_spec=None):
            return _value(node.value, constants)
    raise _NotLiteral
