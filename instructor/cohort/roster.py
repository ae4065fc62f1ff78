"""Who is in the class: a CSV file with the columns of nbgrader's own import: id, first_name, last_name, email.

Source of the columns: https://nbgrader.readthedocs.io/en/stable/user_guide/managing_the_database.html
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError
from instructor.cohort.submissions import student_id

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")


@dataclass(frozen=True)
class Person:
    """A student of the roster; `id` is the name of the folder with the submission."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


def read_roster(path: Path) -> list[Person]:
    """The people of a roster, in its order. Raises CourseError, with the line, where it is not one."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return _people(csv.DictReader(file), path)
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}); give the roster's CSV file.") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not UTF-8; save the roster as CSV in UTF-8.") from None
    except csv.Error as error:
        raise CourseError(f"{path} is no CSV file: {error}.") from None


def _people(rows: csv.DictReader, path: Path) -> list[Person]:
    if "id" not in (rows.fieldnames or ()):
        raise CourseError(f"{path}:1 has no column id; its first line should be: {','.join(COLUMNS)}")
    people: dict[str, Person] = {}
    for row in rows:
        if None in row:
            raise CourseError(
                f"{path}:{rows.line_num} has more fields than the first line names; "
                'put "quotes" around a name with a comma.'
            )
        told = {column: (row.get(column) or "").strip() for column in COLUMNS}
        person = Person(**told | {"id": student_id(told["id"])})
        if not person.id:
            raise CourseError(f"{path}:{rows.line_num} has an empty id; give the name of the student's folder.")
        if person.id in people:
            raise CourseError(f"{path}:{rows.line_num} names {person.id} a second time; remove one of the lines.")
        people[person.id] = person
    return list(people.values())


def unknown(people: Iterable[Person], students: Iterable[str]) -> list[str]:
    """A sentence for each student who is not on the roster."""
    known = {person.id for person in people}
    alike = {person.id.casefold(): person.id for person in people}
    told = []
    for student in students:
        if student in known:
            continue
        other = alike.get(student.casefold())
        is_other = f" If that is {other}, who is, rename the folder." if other else ""
        told.append(f"{student} is not on the roster; graded all the same.{is_other}")
    return told
