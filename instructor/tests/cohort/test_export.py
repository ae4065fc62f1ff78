"""Tables for other systems."""

import csv

import pytest

from instructor.cohort.export import defused, rows_of, write_canvas
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS, Store
from instructor.tests.cohort.test_gradebook import ready  # noqa: F401
from instructor.tests.cohort.test_run import run

PEOPLE = [Person("zoe", "Zoë", "=HYPERLINK()", lms_user_id="77"), Person("ada", "Ada", 'King, "Countess"')]


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def graded(ready, submissions, tmp_path):  # noqa: F811
    run(submissions, Settings(ready, tmp_path / "out"))
    return tmp_path / "out"


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
