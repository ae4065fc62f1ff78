"""Tables for other systems; all of them, the gradebook and the results agree."""

import csv

import pytest

from instructor.cohort.export import defused, rows_of, write_canvas, write_plain
from instructor.cohort.gradebook import opened
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS, Store
from instructor.tests.cohort.test_gradebook import ready  # noqa: F401
from instructor.tests.cohort.test_run import EVERYBODY, kept, run

PEOPLE = [Person("zoe", "Zoë", "=HYPERLINK()", lms_user_id="77"), Person("ada", "Ada", 'King, "Countess"')]


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def graded(ready, submissions, tmp_path):  # noqa: F811
    run(submissions, Settings(ready, tmp_path / "out", gradebook=f"sqlite:///{tmp_path}/gradebook.db"))
    return tmp_path / "out"


def test_all_totals_agree(graded, tmp_path):
    with Store(graded / RESULTS) as store:
        write_plain(rows_of(store, []), tmp_path / "plain.csv")
        write_canvas(rows_of(store, []), tmp_path / "canvas.csv")
    results = {student: result.score for student, result in kept(graded).items()}
    assert sorted(results) == EVERYBODY
    plain = {row[0]: int(row[-1]) for row in table(tmp_path / "plain.csv")[1:]}
    canvas = {row[3]: sum(float(cell) for cell in row[5:]) for row in table(tmp_path / "canvas.csv")[2:]}
    with opened(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        book = {student.id: student.score for student in gradebook.students}
    assert results == plain == canvas == book
    assert len(set(results.values())) == 3


def test_a_roster_gives_names_and_order_and_no_formula(graded, tmp_path):
    with Store(graded / RESULTS) as store:
        write_canvas(rows_of(store, PEOPLE), tmp_path / "canvas.csv")
    header, possible, first, second = table(tmp_path / "canvas.csv")
    assert header[:6] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01 Two small tasks"]
    assert possible == ["    Points Possible", "", "", "", "", "10.00", "10.00"]
    assert first[:4] == ["'=HYPERLINK(), Zoë", "", "77", "zoe"]
    assert second[0] == 'King, "Countess", Ada'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_cell_that_looks_like_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"
    assert defused(f"a{text}") == f"a{text}"
