"""One class, graded once: every system is told the same totals."""

import csv
import json
import shutil
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from autograder.grading.result import to_json
from autograder.reports.classroom50 import Submission, result_file
from autograder.reports.gradescope import results
from autograder.reports.markdown import markdown
from autograder.reports.page import page
from autograder.reports.reporter import payload
from autograder.tests.conftest import RIGHT_01
from autograder.tests.grading.test_plugin import run_pytest
from autograder.tests.reports.test_reporter import decoded, share, summed
from instructor.cohort.export import rows_of, write_canvas, write_plain
from instructor.cohort.gradebook import opened
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS, Store
from instructor.tests.cohort.conftest import hand_in
from instructor.tests.cohort.test_gradebook import prepared, ready  # noqa: F401
from instructor.tests.cohort.test_run import kept, run

TOTALS = {"Müller, Jörg": 16, "ada": 20, "lost": 10, "mixed": 6, "zoe": 0}
MIXED = RIGHT_01.replace("A.T @ v", "1 / 0")  # with an exercise that does not load
WHEN = datetime(2026, 11, 2, tzinfo=UTC)
SUBMISSION = Submission("class", "gradients", "individual", "ada", "submit/1", "commit", "release", "review", WHEN)


@pytest.fixture
def out(ready, submissions, tmp_path, prepared):  # noqa: F811
    """A class of five: all right, one mistake, an error beside a broken file, a file missing, nothing done."""
    hand_in(submissions, "mixed", MIXED, "def triple(:\n")
    (hand_in(submissions, "lost", RIGHT_01) / "assignments/beginner/01_small.py").unlink()
    shutil.copy(prepared("sqlite"), tmp_path / "gradebook.db")
    run(submissions, Settings(ready, tmp_path / "out", gradebook=f"sqlite:///{tmp_path}/gradebook.db"))
    return tmp_path / "out"


def test_all_totals_agree(out, ready, submissions, tmp_path):  # noqa: F811
    with Store(out / RESULTS) as store:
        write_plain(rows_of(store, []), tmp_path / "plain.csv")
        write_canvas(rows_of(store, []), tmp_path / "canvas.csv")
    with opened(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        book = {student.id: student.score for student in gradebook.students}
    plain = {row[0]: int(row[-1]) for row in table(tmp_path / "plain.csv")[1:]}
    canvas = {row[3]: sum(map(float, row[5:])) for row in table(tmp_path / "canvas.csv")[2:]}
    assert plain == TOTALS
    assert canvas == TOTALS
    assert book == TOTALS
    found = kept(out)
    assert set(found) == set(TOTALS)
    for student, result in found.items():
        assert set(totals_of(result).values()) == {TOTALS[student]}, student
    compare_junit(submissions / "mixed", ready, found["mixed"])


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def totals_of(result):
    """The total of a result as each system reads it; points that could be had are compared on the way."""
    gradescope, classroom50 = json.loads(results(result)), json.loads(result_file(result, SUBMISSION))
    reporter, whole = decoded(payload(result)), json.loads(to_json(result))
    assert {
        whole["max_score"],
        sum(test["max_score"] for test in gradescope["tests"]),
        classroom50["max-score"],
        sum(test["max-score"] for test in classroom50["tests"]),
        reporter["max_score"],
    } == {20}
    return {
        "result": whole["score"],
        "its assignments": sum(one["score"] for one in whole["assignments"]),
        "its tasks": sum(task["score"] for one in whole["assignments"] for task in one["tasks"]),
        "Gradescope": gradescope["score"],
        "Gradescope's tests": sum(test["score"] for test in gradescope["tests"]),
        "Classroom 50": classroom50["score"],
        "Classroom 50's tests": sum(test["score"] for test in classroom50["tests"]),
        "reporter, by tests passed": round(share(reporter), 9),
        "reporter, by scores": summed(reporter),
        "Markdown": int(markdown(result).removeprefix("## ").split(" / 20 points")[0]),
        "page": int(page(result).split("</h1>")[0].split(" / 20 points")[0].split()[-1].split(">")[-1]),
    }


def compare_junit(clone, course, result):
    """pytest's own count of what passed, in the clone with the course's tests, is the result's."""
    for tests in (course / "assignments").glob("*/test_*.py"):
        shutil.copy(tests, clone / tests.relative_to(course))
    run_pytest(clone, "assignments", "--junitxml=junit.xml")
    (suite,) = ElementTree.parse(clone / "junit.xml").getroot()
    tests = [test for one in result.assignments for task in one.tasks for test in task.tests]
    passed = [case for case in suite.iter("testcase") if not {child.tag for child in case} & {"failure", "error"}]
    assert int(suite.get("tests")) == len(tests) == 4
    assert {case.get("name") for case in passed} == {test.name for test in tests if test.status == "passed"}
