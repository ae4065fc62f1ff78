"""Assignments and tasks as people name them: 24, 1, 01, E1, e1, 24.2."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.course import Assignment, CourseError, assignments_in
from autograder.declared import Declared, declared_in, tasks_of

_NAME = re.compile(r"(?:(?P<exercise>e)0?(?P<letter>[1-9])|0*(?P<number>\d{1,2}))(?:\.0*(?P<task>\d+))?", re.IGNORECASE)


def written_out(name: str) -> str | None:
    """The name as the course writes it, "01" for "1" and "E1.2" for "e1.2"; None where it is no such name."""
    found = _NAME.fullmatch(name.strip())
    if found is None:
        return None
    assignment = f"E{found['letter']}" if found["exercise"] else f"{int(found['number']):02}"
    return f"{assignment}.{found['task']}" if found["task"] else assignment


def assignment_named(course: Path, name: str) -> Assignment:
    """The assignment that "24" or "24.2" belongs to. Raises CourseError, with what there is, where there is none."""
    assignments = assignments_in(course)
    known = {assignment.id: assignment for assignment in assignments}
    full = written_out(name)
    if full is None:
        raise CourseError(_no_name(course, assignments, name))
    if (found := known.get(full.split(".")[0])) is None:
        raise CourseError(f"this course has no assignment {full.split('.')[0]}; it has {_ranges(list(known))}.")
    return found


def task_named(course: Path, name: str) -> Declared:
    """The task named "24.2", or by an assignment that has but one. Raises CourseError, with near misses."""
    assignment = assignment_named(course, name)
    tasks = tasks_of(course, assignment)
    full = written_out(name)
    for task in tasks:
        if task.id == full:
            return task
    if full == assignment.id and len(tasks) == 1:
        return tasks[0]
    ids = _listed([task.id for task in tasks])
    if full == assignment.id:
        raise CourseError(f"{full} has {len(tasks)} tasks; name one of them: {ids}.")
    raise CourseError(f"this course has no task {full}; assignment {assignment.id} has {ids}.")


def tasks_named(course: Path, text: str) -> list[Declared]:
    """The tasks that "24", "24.2,E1" or "" (all) select, in the order of the course. Raises CourseError."""
    names = [name for name in re.split(r"[\s,]+", text) if name]
    if not names:
        return declared_in(course, assignments_in(course))
    whole = {assignment_named(course, name).id for name in names if "." not in name}
    single = {task_named(course, name).id for name in names if "." in name}
    wanted = [one for one in assignments_in(course) if one.id in whole | {task.split(".")[0] for task in single}]
    return [task for task in declared_in(course, wanted) if task.assignment.id in whole or task.id in single]


def _no_name(course: Path, assignments: Sequence[Assignment], name: str) -> str:
    """A sentence about text that is no number: perhaps it is the name of a function that a task asks for."""
    by_name = {called: task.id for task in declared_in(course, assignments) for called in task.names}
    near = difflib.get_close_matches(name, by_name, n=2)
    guess = f"did you mean {' or '.join(f'{by_name[one]} ({one})' for one in near)}?" if near else ""
    return f"{name!r} is no assignment or task; {guess or 'write its number: 24, 24.2 or E1.'}"


def _ranges(ids: list[str]) -> str:
    """The ids in few words: "01 to 27, E1 and E2"."""
    numbers, exercises = [one for one in ids if one.isdigit()], [one for one in ids if not one.isdigit()]
    whole = len(numbers) > 2 and int(numbers[-1]) - int(numbers[0]) == len(numbers) - 1
    return _listed([f"{numbers[0]} to {numbers[-1]}", *exercises] if whole else [*numbers, *exercises])


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
