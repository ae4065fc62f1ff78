"""Who is in the class: a CSV file with the columns of nbgrader's own import: id, first_name, last_name, email.

Source of the columns: https://nbgrader.readthedocs.io/en/stable/user_guide/managing_the_database.html
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError

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
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not UTF-8; save the roster as CSV in UTF-8.") from None
    except csv.Error as error:
        raise CourseError(f"{path} is no CSV file: {error}.") from None


def _people(rows: csv.DictReader, path: Path) -> list[Person]:
    if "id" not in (rows.fieldnames or ()):
        raise CourseError(f"{path}:1 has no column id; its first line should be: {','.join(COLUMNS)}")
    people: dict[str, Person] = {}
    for row in rows:
        person = Person(**{column: (row.get(column) or "").strip() for column in COLUMNS})
        if not person.id:
            raise CourseError(f"{path}:{rows.line_num} has an empty id; give the name of the student's folder.")
        if person.id in people:
            raise CourseError(f"{path}:{rows.line_num} names {person.id} a second time; remove one of the lines.")
        people[person.id] = person
    return list(people.values())


def unknown(people: Iterable[Person], students: Iterable[str]) -> list[str]:
    """The students who are not on the roster."""
    known = {person.id for person in people}
    return [student for student in students if student not in known]
