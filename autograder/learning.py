"""The commands of a student at work: ``autograder watch``, ``hint`` and ``lesson``."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.course import CourseError

Course = Annotated[Path, typer.Option("--course", help="the course folder, which holds assignments/")]


def watch(
    selection: Annotated[list[str] | None, typer.Argument(help="what to work on: 24, 24.2, E1; or everything")] = None,
    course: Course = Path("."),
) -> None:
    """Test an answer each time it is saved, task after task."""
    from autograder.watch.loop import watch as watch_course

    raise typer.Exit(watch_course(course, " ".join(selection or ())))


def hint(
    task: Annotated[str, typer.Argument(help="the number of a task: 24.2")] = "",
    again: Annotated[bool, typer.Option("--again", help="show those that were told")] = False,
    number: Annotated[int | None, typer.Option(help="show this one: 1, 2 or 3")] = None,
    course: Course = Path("."),
) -> None:
    """Tell the next of a task's three hints: a question, the rule, almost the code."""
    from autograder import hints
    from autograder.names import task_named

    if not task:
        raise CourseError("name the task that you want a hint for: autograder hint 24.2")
    found, memory = task_named(course, task), hints.Memory(course)
    if number is not None:
        told = hints.this_hint(found, memory, number)
    else:
        told = hints.told_hints(found, memory) if again else hints.next_hint(found, memory)
    print(told)


def lesson(
    lesson: Annotated[str, typer.Argument(help="the number of a lesson, or of a task that it leads to: 24, 24.2")] = "",
    notebook: Annotated[bool, typer.Option("--open", help="make a notebook of it, and open that in Jupyter")] = False,
    course: Course = Path("."),
) -> None:
    """Run a lesson, or open it as a notebook."""
    from autograder import lessons
    from autograder.names import assignment_named

    if not lesson:
        raise CourseError("name the lesson: autograder lesson 24")
    assignment = assignment_named(course, lesson)
    path = lessons.lesson_of(course, assignment)
    print(lessons.open_lesson(course, path) if notebook else lessons.run_lesson(course, path), flush=True)
