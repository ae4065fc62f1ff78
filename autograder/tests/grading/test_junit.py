"""``pytest assignments --junitxml=FILE``: what other systems read of a run."""

from xml.etree import ElementTree

import pytest

from autograder.grading.grade import grade
from autograder.tests.conftest import GAPS_01
from autograder.tests.grading.test_plugin import run_pytest

# Each word of the message is one that XML, or a reader of it, could stumble over.
ANSWER = """import torch


def vjp_wrt_x(A, x, v):
    raise ValueError("\\x00\\x1b[31m ]]> <failure/> & \\ud800")


def slope(x):
    # TODO 01.2 (5 min): what must x be told?
    raise NotImplementedError("TODO 01.2: slope")
"""


@pytest.fixture
def suite(course, answer):
    def run(text):
        answer(text)
        done = run_pytest(course, "assignments", f"--junitxml={course}/junit.xml")
        (found,) = ElementTree.parse(course / "junit.xml").getroot()
        return done, found

    return run


def counts(suite):
    return {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}


def test_failures_gaps_and_passes_are_told_apart_in_the_students_words(suite, course, sandboxed):
    done, found = suite(ANSWER)
    assert done.returncode == 1
    assert counts(found) == {"tests": 4, "failures": 1, "errors": 0, "skipped": 2}
    cases = {case.get("name"): [child.tag for child in case] for case in found.iter("testcase")}
    tests = [test for one in grade(course, sandboxed).assignments for task in one.tasks for test in task.tests]
    tags = {"passed": [], "todo": ["skipped"], "error": ["failure"]}
    assert cases == {test.name: tags[test.status] for test in tests}
    (failure,) = found.iter("failure")
    told = f"{failure.get('message')}\n{failure.text}"
    for word in ("01.1 ValueError: ", "]]> <failure/> &", "(your line 5:"):
        assert word in told
    for word in ("Traceback", "autograder/", "hypothesis", "NotPassed", "pytest_pyfunc_call"):
        assert word not in told


def test_a_gap_is_skipped_with_its_number(suite):
    done, found = suite(GAPS_01)
    assert done.returncode == 0
    assert counts(found) == {"tests": 4, "failures": 0, "errors": 0, "skipped": 3}
    assert {skipped.get("message") for skipped in found.iter("skipped")} == {
        "01.1 is still to do",
        "01.2 is still to do",
    }


def test_a_file_that_cannot_be_loaded_is_told_in_one_sentence(suite):
    _, found = suite("def f(:\n")
    assert counts(found)["errors"] == 3
    for error in found.iter("error"):
        assert "assignments/beginner/01_small.py:1 cannot be loaded: SyntaxError" in error.text
        assert "Traceback" not in error.text
