"""Scores into nbgrader's gradebook, through its own API, for the assignments and cells that `instructor release` made.

SQLite or any database that SQLAlchemy reaches by a URL. A grade that a teacher has given by hand is not touched,
and entering the same results twice changes nothing.
API: https://nbgrader.readthedocs.io/en/stable/api/gradebook.html
"""

import logging
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autograder.course import CourseError, Selection, assignments_in
from autograder.grading.result import AssignmentResult, Result
from instructor.cohort.penalties import penalise
from instructor.cohort.roster import Person
from instructor.release import build, declared_tasks
from instructor.stripping import own_programs_first

if TYPE_CHECKING:
    from nbgrader.api import Grade, Gradebook, SubmittedAssignment
    from nbgrader.plugins import BasePlugin
    from sqlalchemy.engine import URL

_DRIVERS = {"psycopg": "'psycopg[binary]'", "MySQLdb": "mysqlclient"}  # module: what pip calls it, where that differs


@contextmanager
def opened(url: str) -> Iterator["Gradebook"]:
    """The gradebook at a database URL. Raises CourseError where it cannot be used."""
    from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    try:
        with warnings.catch_warnings(), _silent(), own_programs_first():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way of adding a submission
            _check_schema(_address(url))
            with Gradebook(located(url)) as gradebook:
                yield gradebook
    except (SQLAlchemyError, InvalidEntry, MissingEntry) as error:
        raise _unusable(url, error) from None
    except ImportError as missing:
        driver = missing.name or "sqlalchemy"
        told = f"the driver {driver} is missing; run: pip install {_DRIVERS.get(driver, driver)}"
        raise CourseError(f"the gradebook {shown(url)} cannot be used: {told}") from None


def located(url: str) -> str:
    """`url`, with the path of an SQLite file from the root: nbgrader changes its working folder."""
    return _address(url).render_as_string(hide_password=False)


def shown(url: str) -> str:
    """`url` without its password."""
    return _address(url).render_as_string(hide_password=True)


def _address(url: str) -> "URL":
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except ArgumentError:
        raise CourseError(f"the gradebook {url} cannot be used: write a URL like sqlite:///gradebook.db") from None
    if address.get_backend_name() != "sqlite" or (address.database or "").startswith("file:"):
        return address
    if address.database in (None, "", ":memory:"):
        raise CourseError(f"the gradebook {url} would be gone at once; name a file: sqlite:///gradebook.db")
    return address.set(database=str(Path(address.database).absolute()))


def _check_schema(address: "URL") -> None:
    """Raises CourseError for a database that another nbgrader made, before anything in it is changed."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            noted = text("SELECT version_num FROM alembic_version")
            version = connection.execute(noted).scalar() if "alembic_version" in tables else None
    finally:
        engine.dispose()
    revisions = [one.revision for one in ScriptDirectory(ALEMBIC_DIR).walk_revisions()]  # the newest first
    if not tables or version == revisions[0]:
        return
    place = address.render_as_string(hide_password=True)
    if "assignment" not in tables:
        raise CourseError(f"the gradebook {place} is the database of another program; name one of its own.")
    if version is not None and version not in revisions:
        raise CourseError(f"the gradebook {place} is of a newer nbgrader; run: pip install --upgrade nbgrader")
    raise CourseError(
        f"the gradebook {place} is of an older nbgrader; make a copy of it, run: nbgrader db upgrade --db '{place}', "
        "and then the same command again."
    )


@contextmanager
def _silent() -> Iterator[None]:
    """What nbgrader logs of an error with a traceback is told here in one sentence."""
    log = logging.getLogger("tornado.application")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _unusable(url: str, error: Exception) -> CourseError:
    cause = _cause(error)
    lines = str(getattr(cause, "orig", None) or cause).strip().splitlines()
    told = lines[0] if lines else type(cause).__name__
    if "locked" in told:
        told += ": another program writes to it; wait until that has ended, or close it"
    elif any(sign in told.lower() for sign in ("is full", "no space left", "disk i/o", "could not extend")):
        told += ": make room"
    return CourseError(f"the gradebook {shown(url)} cannot be used: {told}. Then run the same command again.")


def _cause(error: Exception) -> BaseException:
    """The database's error behind one of nbgrader's own."""
    from sqlalchemy.exc import SQLAlchemyError

    return error.__context__ if isinstance(error.__context__, SQLAlchemyError) else error


def prepare(url: str, course: Path, wanted: Collection[str] | None = None) -> list[str]:
    """Enter the assignments (ids; None: all) that the gradebook does not know, as `instructor release` makes them.

    A sentence for each that it knows with other cells or points than the course has.
    """
    selected = Selection(frozenset(wanted or ()))
    chosen = [one for one in assignments_in(course) if selected.has_assignment(one.id)]
    with opened(url) as gradebook:
        known = {
            assignment.name: {
                cell.name: cell.max_score for notebook in assignment.notebooks for cell in notebook.grade_cells
            }
            for assignment in gradebook.assignments
        }
    if missing := [one.id for one in chosen if one.stem not in known]:
        with TemporaryDirectory() as folder:
            build(course, Path(folder), missing, gradebook=located(url))
    departing = [one.stem for one in chosen if one.stem in known and known[one.stem] != _cells(course / one.tests)]
    return [
        f"the gradebook's {stem} has other tasks or points than the course; what it has no cell for is not entered. "
        "Release the assignment into it again, or give a new gradebook."
        for stem in departing
    ]


def _cells(tests: Path) -> dict[str, float]:
    """The cells of an assignment in the gradebook, with their points."""
    return {task.replace(".", "_"): float(points) for task, points in declared_tasks(tests)}


def enter(
    gradebook: "Gradebook",
    person: Person,
    result: Result,
    handed_in: dict[str, datetime],
    late: "BasePlugin | None" = None,
) -> list[str]:
    """Enter one student's result; a sentence where the gradebook does not take this student.

    handed_in   the time of each assignment, by its file's stem
    late        nbgrader's plugin that says what lateness costs
    """
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import DataError, IntegrityError

    try:
        _enter(gradebook, person, result, handed_in, late)
    except (InvalidEntry, DataError, IntegrityError) as error:
        cause = _cause(error)
        if not isinstance(cause, DataError | IntegrityError):
            raise
        gradebook.db.rollback()
        told = str(cause.orig).strip().splitlines()[0]
        return [f"{person.id} is not entered into the gradebook, which says: {told}."]
    return []


def _enter(
    gradebook: "Gradebook",
    person: Person,
    result: Result,
    handed_in: dict[str, datetime],
    late: "BasePlugin | None",
) -> None:
    names = {key: value for key, value in vars(person).items() if key != "id" and value}
    gradebook.update_or_create_student(person.id, **names)
    for assignment in result.assignments:
        stem = Path(assignment.path).stem
        when = handed_in.get(stem)
        timestamp = {} if when is None else {"timestamp": when.isoformat()}
        submission = gradebook.update_or_create_submission(stem, person.id, **timestamp)
        _grade(submission, assignment)
        if late is not None:
            penalise(submission, late, gradebook.db)
    gradebook.db.commit()


def _grade(submission: "SubmittedAssignment", assignment: AssignmentResult) -> None:
    scores = {task.id.replace(".", "_"): float(task.score) for task in assignment.tasks}
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            if grade.name in scores:
                _score(grade, scores[grade.name])


def _score(grade: "Grade", score: float) -> None:
    """As nbgrader does: a teacher's grade stays, and asks to be looked at where the answer's score has changed."""
    if grade.auto_score != score:
        grade.auto_score = score
        grade.needs_manual_grade = grade.manual_score is not None
