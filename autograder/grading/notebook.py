"""Grading from a notebook's cell, for nbgrader: ``grade_task("24.1", globals())`` gives the points of the task.

The property tests lie beside the notebook as ``test_NN_name.py``.
"""

import sys
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.grading.implementations import session_of
from autograder.grading.loader import load_tasks
from autograder.grading.runner import PUBLIC_SEED, run_task
from autograder.grading.student import Student
from autograder.grading.task import Task


def grade_task(task_id: str, namespace: Mapping[str, Any], *, folder: Path = Path("."), seed: int = PUBLIC_SEED) -> int:
    """Test the functions in `namespace` and return the points of the task, whole or 0.

    What is wrong is printed: nbgrader takes the number as the cell's score. It would take a warning on standard
    error for a failure, so what comes there meanwhile goes to standard output.
    Raises CourseError where no test file beside the notebook has the task.
    """
    with redirect_stderr(sys.stdout):
        task = _find(task_id, folder)
        student = Student(lambda task: session_of(namespace, by_hand=task.by_hand, task=task.id))
        results = run_task(task, student, seed)
    for result in results:
        if result.message:
            print(result.message)
    if any(result.status == "todo" for result in results):
        print(f"{task.id} is still to do")
    return task.points if all(result.status == "passed" for result in results) else 0


def _find(task_id: str, folder: Path) -> Task:
    found = [
        (file, task) for file in sorted(folder.glob("test_*.py")) for task in load_tasks(file) if task.id == task_id
    ]
    if not found:
        raise CourseError(f"no test file in {folder.resolve()} has task {task_id}; put it beside the notebook.")
    if len(found) > 1:
        files = ", ".join(file.name for file, _ in found)
        raise CourseError(f"{files} all have task {task_id}; remove those that are not the course's.")
    return found[0][1]
