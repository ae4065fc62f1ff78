"""A lesson run as ``python lessons/…`` runs it, or opened as a notebook in Jupyter.

Lessons are percent scripts, which VS Code and PyCharm show in cells as they are. A notebook is made by jupytext, and
shown by JupyterLab: both come with the extra ``notebook``, as nothing else of the course needs them.
"""

import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from autograder.course import Assignment, CourseError
from autograder.declared import tasks_of
from autograder.imports import without_addresses

_LESSON = re.compile(r"lessons/\w+/(\d\d)_\w+\.py")
_PERCENT = {"extension": ".py", "format_name": "percent"}
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_INTERRUPTED = (-signal.SIGINT, 128 + signal.SIGINT, 0xC000013A)  # by Ctrl-C, the last on Windows
INSTALL = 'pip install -e ".[notebook]"'


def lesson_of(course: Path, assignment: Assignment) -> PurePosixPath:
    """The lesson of an assignment, relative to the course. Raises CourseError where it has none, or it is missing."""
    if assignment.lesson is None:
        lessons = _lessons_behind(course, assignment)
        commands = " or ".join(f"autograder lesson {number}" for number in lessons)
        told = f"; what it needs is in {'lessons' if len(lessons) > 1 else 'lesson'} {' and '.join(lessons)}"
        raise CourseError(f"{assignment.id} has no lesson of its own{f'{told}: {commands}' if lessons else ''}.")
    if not (course / assignment.lesson).is_file():
        path = assignment.lesson
        raise CourseError(f"{path} is missing; bring it back with: git checkout -- {path}")
    return assignment.lesson


def _lessons_behind(course: Path, assignment: Assignment) -> list[str]:
    """The lessons that the tests of an exercise point to, as numbers."""
    text = (course / assignment.tests).read_text(encoding="utf-8")
    sees = " ".join(task.see for task in tasks_of(course, assignment))
    return sorted(set(_LESSON.findall(f"{text} {sees}")))


def run_lesson(course: Path, lesson: PurePosixPath) -> str:
    """Run a lesson in the course folder, its output as it comes; a sentence about how it went.

    Raises CourseError where it did not run to its end.
    """
    status = _run([sys.executable, "-u", str(Path(*lesson.parts))], course)
    if status in _INTERRUPTED:
        raise CourseError(f"{lesson} was stopped.")
    if status:
        raise CourseError(f"{lesson} ended with the error above; what you have changed in it shows: git diff {lesson}")
    return f"{lesson} ran to its end: all that it claims is so. Read it in your editor, and change a number."


def open_lesson(course: Path, lesson: PurePosixPath) -> str:
    """Make a lesson's notebook, and show it until Jupyter is stopped; a sentence about where it is.

    Raises CourseError where Jupyter is missing or fails.
    """
    notebook, made = make_notebook(course, lesson)
    shown = notebook.relative_to(course).as_posix()
    print(f"{shown} is made." if made else f"{shown} is there already; for a fresh one, delete it.", flush=True)
    status = open_notebook(notebook)
    if status and status not in _INTERRUPTED:
        raise CourseError(f"Jupyter ended with the error above; {shown} can be opened in VS Code as well.")
    return f"What you wrote is kept in {shown}"


def make_notebook(course: Path, lesson: PurePosixPath) -> tuple[Path, bool]:
    """The notebook beside a lesson, where the pictures' helper is found, and whether it was made just now.

    One that is there already stays as it is, with what the student wrote in it. Raises CourseError without jupytext.
    """
    notebook = course / lesson.with_suffix(".ipynb")
    if notebook.exists():
        return notebook, False
    if find_spec("jupytext") is None:
        raise CourseError(f"a notebook needs Jupyter: {INSTALL}, or open {lesson} in VS Code, which shows its cells.")
    without_addresses()
    import jupytext

    read = jupytext.reads((course / lesson).read_text(encoding="utf-8"), fmt=_PERCENT)
    read.metadata = {"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}}
    for cell in read.cells[:1]:
        if cell.cell_type == "code" and cell.source.startswith('"""'):  # a heading, and no string to be evaluated
            title, _, rest = cell.source.strip('"').partition("\n")
            cell.cell_type, cell.source = "markdown", f"# {title.rstrip('.')}\n\n```text\n{rest.strip()}\n```"
            cell.pop("outputs", None), cell.pop("execution_count", None)
    notebook.write_text(jupytext.writes(read, fmt="ipynb"), encoding="utf-8")
    return notebook, True


def open_notebook(notebook: Path) -> int:
    """Show a notebook in JupyterLab, or in Jupyter Notebook, until it is stopped. Raises CourseError without them."""
    for program in ("jupyterlab", "notebook"):
        if find_spec(program) is not None:
            return _run([sys.executable, "-m", program, notebook.name], notebook.parent)
    raise CourseError(f"to show {notebook.name} here, Jupyter is needed: {INSTALL}, or open it in VS Code.")


def _run(command: list[str], folder: Path) -> int:
    """Run a program in the foreground: what is typed, Ctrl-C as well, is for it, and this waits until it has ended."""
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))  # SIG_IGN would be inherited
    try:
        return subprocess.Popen(command, cwd=folder).wait()
    finally:  # Jupyter is stopped by two: the second may come when it has ended already, and we are about to
        signal.signal(signal.SIGINT, signal.SIG_IGN if stopped else before)
