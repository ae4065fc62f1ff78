"""How many wrong answers are told what is wrong is measured, and a name that nobody confirmed is no right one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from autograder.course import Assignment
from autograder.grading.grade import open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.sandbox.workers import open_workers
from instructor.answers import KnownAnswer
from instructor.examine import Findings, _answer, _Means, _misconception, _wrong
from instructor.recognition import recognition_table, shortfall, told

FIRST = Assignment("01", "beginner", "01_first")
SECOND = Assignment("02", "beginner", "02_second")
TESTS = '''"""Assignment 01 · First"""

from autograder import Task, assert_close, given
from autograder import strategies as st

double = Task("01.1", "double", points=10, hints=("a?", "b", "c"))


@double.test
@given(st.scalars())
def test_is_twice_x(student, x):
    """twice x"""
    assert_close(student.double(x), 2.0 * x)


@double.misconception("x is squared")
def _(x):
    return x * x


@double.misconception("x is squared, too")
def _(x):
    return x**2
'''
RIGHT = "def double(x):\n    return 2.0 * x\n"


def test_shares_are_counted_over_all_wrong_answers():
    findings = [
        Findings(FIRST, declared=10, recognised=10, wrong=10, named=6),
        Findings(SECOND, declared=5, recognised=4, wrong=15, named=9, misnamed=1),
    ]
    assert told(findings) == (
        "of 40 wrong answers 30 are told what is wrong (75.0%), 29 of them by the right name (96.6%) "
        "and 1 by a wrong one; of the 25 written by hand alone 15 by the right name (60.0%)"
    )
    out = Console(width=120, record=True, file=io.StringIO())
    out.print(recognition_table(findings))
    assert out.export_text().splitlines()[-1].split() == ["all", "40", "15", "25", "30", "75.0%", "29", "1", "10"]


@pytest.mark.parametrize(("named", "falls_short"), [(7, False), (6, True)])
def test_a_course_that_names_too_few_falls_short(named, falls_short):
    found = Findings(FIRST, declared=10, recognised=10, wrong=10, named=named)
    assert (shortfall([found]) is not None) is falls_short


@pytest.fixture(scope="module")
def examined(tmp_path_factory) -> Findings:
    """A small course: the second declaration is hidden by the first; a ⇒ that is right, one that is not, and none."""
    file = tmp_path_factory.mktemp("course") / "test_01_first.py"
    Path(file).write_text(TESTS, encoding="utf-8")
    tasks = load_tasks(file)
    found = Findings(FIRST)
    written = [
        KnownAnswer("01.1", "squares", "def double(x):\n    return x * x\n", "x is squared"),
        KnownAnswer("01.1", "squares", "def double(x):\n    return x * x\n", "x is halved"),
        KnownAnswer("01.1", "squares", "def double(x):\n    return x * x\n"),
        KnownAnswer("01.1", "adds", "def double(x):\n    return x + 2.5\n"),
        KnownAnswer("01.1", "adds", "def double(x):\n    return x + 2.5\n", "x is squared"),
    ]
    with open_workers("process") as workers:
        recordings = record(tasks, open_student(_answer("01_first.py", RIGHT), workers))
        means = _Means("01_first.py", RIGHT, workers, recordings)
        for misconception in tasks[0].misconceptions:
            _misconception(found, tasks[0], misconception, means)
        _wrong(found, tasks, written, means)
    return found


def test_only_a_confirmed_name_is_a_right_one(examined):
    assert (examined.wrong, examined.refused, examined.named) == (5, 5, 1)


def test_every_other_name_is_a_wrong_one(examined):
    assert (examined.declared, examined.recognised) == (2, 1)
    assert examined.misnamed == 3  # the hidden declaration, the wrong ⇒, and the name that nobody confirmed


def test_each_wrong_or_missing_name_is_a_fault(examined):
    told_of = [fault for fault in examined.faults if "named" in fault]
    assert len(told_of) == 4
    assert any("“x is squared, too” is not recognised (named: x is squared)" in fault for fault in told_of)
