"""Scores into nbgrader's gradebook, through its own API, for the assignments and cells that `instructor release` made.

SQLite or any database that SQLAlchemy reaches by a URL. A grade that a teacher has given by hand is not touched,
and entering the same results twice changes nothing.
API: https://nbgrader.readthedocs.io/en/stable/api/gradebook.html
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autograder.course import CourseError
from autograder.grading.result import AssignmentResult, Result
from instructor.cohort.roster import Person
from instructor.release import build

if TYPE_CHECKING:
    from nbgrader.api import Gradebook, SubmittedAssignment


@contextmanager
def opened(url: str) -> Iterator["Gradebook"]:
    """The gradebook at a database URL. Raises CourseError where it cannot be used."""
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    try:
        with warnings.catch_warnings(), Gradebook(url) as gradebook:
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way of adding a submission
            yield gradebook
    except SQLAlchemyError as error:
        told = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(f"the gradebook {_without_password(url)} cannot be used: {told}.") from None
    except ModuleNotFoundError as missing:
        told = f"the driver {missing.name} is missing; run: pip install {missing.name}"
        raise CourseError(f"the gradebook {_without_password(url)} cannot be used: {told}") from None


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def prepare(url: str, course: Path, wanted: list[str]) -> None:
    """Enter the assignments (ids) that the gradebook does not know, as `instructor release` makes them."""
    from autograder.course import assignments_in

    with opened(url) as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
    missing = [one.id for one in assignments_in(course) if one.id in wanted and one.stem not in known]
    if missing:
        with TemporaryDirectory() as folder:
            build(course, Path(folder), missing, gradebook=url)


def enter(gradebook: "Gradebook", person: Person, result: Result, handed_in: dict[str, datetime]) -> None:
    """Enter one student's result. `handed_in` has the time of each assignment, by its file's stem."""
    names = {key: value for key, value in vars(person).items() if key != "id" and value}
    gradebook.update_or_create_student(person.id, **names)
    for assignment in result.assignments:
        stem = Path(assignment.path).stem
        when = handed_in.get(stem)
        timestamp = {} if when is None else {"timestamp": when.isoformat()}
        submission = gradebook.update_or_create_submission(stem, person.id, **timestamp)
        _grade(submission, assignment)
    gradebook.db.commit()


def _grade(submission: "SubmittedAssignment", assignment: AssignmentResult) -> None:
    scores = {task.id.replace(".", "_"): task.score for task in assignment.tasks}
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            if grade.name in scores:
                grade.auto_score = float(scores[grade.name])
                grade.needs_manual_grade = False
