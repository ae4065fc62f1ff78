"""Scores of a class as tables for other systems: plain CSV, and the CSV that Canvas imports.

Canvas: a header, a row of points possible, a row a student; two decimals. A cell that a spreadsheet would take for a
formula is defused.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from autograder.grading.result import AssignmentResult, Result
from instructor.cohort.roster import Person
from instructor.cohort.store import Store

Row = tuple[Person, Result]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows_of(store: Store, people: list[Person]) -> Iterator[Row]:
    """Each person with a result, one at a time; those of a roster in its order, where there is one."""
    if not people:
        yield from ((Person(student), result) for student, _, result in store.results())
        return
    for person in people:
        if (result := store.result_of(person.id)) is not None:
            yield person, result


def defused(text: str) -> str:
    """`text` as a cell that no spreadsheet evaluates."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_plain(rows: Iterable[Row], path: Path) -> None:
    """id, last_name, first_name, email, a column for each assignment, total."""
    _write(path, rows, _plain_head, _plain_row)


def write_canvas(rows: Iterable[Row], path: Path) -> None:
    """Canvas' gradebook: students are found by their SIS user id, which is the roster's lms_user_id, or the id."""
    _write(path, rows, _canvas_head, _canvas_row)


def _write(
    path: Path,
    rows: Iterable[Row],
    head: Callable[[Iterable[AssignmentResult]], list[list[str]]],
    row: Callable[[Person, Result], list[str]],
) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        for number, (person, result) in enumerate(rows):
            if number == 0:
                out.writerows(head(result.assignments))
            out.writerow(row(person, result))


def _plain_head(assignments: Iterable[AssignmentResult]) -> list[list[str]]:
    return [["id", "last_name", "first_name", "email", *(one.id for one in assignments), "total"]]


def _plain_row(person: Person, result: Result) -> list[str]:
    told = [defused(text) for text in (person.id, person.last_name, person.first_name, person.email)]
    return [*told, *(str(one.score) for one in result.assignments), str(result.score)]


def _canvas_head(assignments: Iterable[AssignmentResult]) -> list[list[str]]:
    chosen = list(assignments)
    names = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    titles = [defused(f"{one.id} {one.title}") for one in chosen]
    possible = ["    Points Possible", "", "", "", "", *(f"{one.max_score:.2f}" for one in chosen)]
    return [[*names, *titles], possible]


def _canvas_row(person: Person, result: Result) -> list[str]:
    name = f"{person.last_name}, {person.first_name}".strip(", ") or person.id
    told = [defused(text) for text in (name, "", person.lms_user_id or person.id, person.id, "")]
    return [*told, *(f"{one.score:.2f}" for one in result.assignments)]
