"""``pytest assignments``, as a student runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.tests.conftest import GAPS_01, write_course


def run_pytest(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`pytest ARGUMENTS` in the course folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=course, encoding="utf-8")


def test_right_answers_pass_and_points_are_told(course):
    done = run_pytest(course, "assignments")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    assert "20 / 20" in done.stdout


def test_fresh_gaps_are_to_do_and_no_failure(course, answer):
    answer(GAPS_01)
    done = run_pytest(course, "assignments")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 3 todo" in done.stdout
    assert "2 tasks still to do" in done.stdout
    assert "10 / 20" in done.stdout


def test_a_failure_is_told_in_our_words_within_12_lines(course, answer):
    answer("import torch\n\ndef vjp_wrt_x(A, x, v):\n    return A.T @ v + 1\n\ndef slope(x):\n    return 2.0 * x\n")
    done = run_pytest(course, "assignments", "-k", "01")
    assert done.returncode == 1
    failure = done.stdout.split("test_is_the_vector_jacobian_product _")[1].split("= points =")[0]
    assert "call    vjp_wrt_x(A=[[0.0]], x=[0.0], v=[1.0])" in failure
    assert len(failure.strip().splitlines()) <= 13
    assert "Traceback" not in done.stdout
    assert "hypothesis" not in failure.lower()


SELECTIONS = {
    "assignments -k 01": 3,
    "assignments -k 01.2": 2,
    "assignments -k E1": 1,
    "assignments -k '01.1 or E1'": 2,
    "assignments/beginner": 3,
    "assignments/exercises": 1,
    "assignments -k 'triple or slope'": 1,  # names of tests, for pytest: test_is_the_slope_of_the_square
    "assignments -k three_times": 1,
    "assignments -k banana": 0,
}
# In one process, as importing torch takes longer than all of them.
RUNS = """
import shlex, sys
import pytest
for words in sys.argv[1:]:
    print("pytest", words, flush=True)
    pytest.main(["-p", "no:cacheprovider", "--import-mode=importlib", *shlex.split(words)])
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, str]:
    """What pytest says of the small course, by its arguments."""
    course = write_course(tmp_path_factory.mktemp("course"))
    command = [sys.executable, "-c", RUNS, *SELECTIONS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=course, encoding="utf-8")
    runs = re.split(r"^pytest (assignments.*)$", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(runs[::2], runs[1::2], strict=True))


@pytest.mark.parametrize(("arguments", "passed"), SELECTIONS.items())
def test_selecting(told, arguments, passed):
    last = told[arguments].strip().splitlines()[-1]
    assert re.search(rf"= {passed} passed\b" if passed else "= 4 deselected in ", last), told[arguments]


def test_prints_of_the_answer_are_seen_with_s(course, answer):
    answer("import torch\n\ndef slope(x):\n    print('here', x)\n    return 2.0 * x\n")
    assert "here 0.0" in run_pytest(course, "assignments", "-k", "01.2", "-s").stdout


def test_the_verdicts_are_those_of_grade(course, answer):
    from autograder.grading.grade import grade
    from autograder.sandbox.workers import open_workers

    answer("import torch\n\ndef vjp_wrt_x(A, x, v):\n    return A @ v\n\ndef slope(x):\n    return 2.0 * x\n")
    done = run_pytest(course, "assignments", "-k", "01.1")
    with open_workers("none") as workers:
        message = grade(course, workers).assignments[0].tasks[0].tests[0].message
    assert message
    assert message in done.stdout


PLAIN = '''

@slope.test
def test_with_words(student):
    """it says why"""
    assert student.slope(1.0) == 5.0, "At 1 the slope is off."


@slope.test
def test_without_words(student):
    """it says nothing"""
    assert student.slope(1.0) == 5.0
'''


def test_a_plain_assert_is_told_as_grade_tells_it(course):
    with open(course / "assignments/beginner/test_01_small.py", "a", encoding="utf-8") as file:
        file.write(PLAIN)
    done = run_pytest(course, "assignments", "-k", "01.2")
    assert "01.2 At 1 the slope is off.\n  claim   it says why" in done.stdout
    assert "01.2 the claim does not hold\n  claim   it says nothing" in done.stdout


def test_other_tests_in_the_same_session_are_left_alone(course):
    (course / "test_other.py").write_text("def test_01():\n    assert True\n")
    assert "1 passed" in run_pytest(course, "test_other.py").stdout


def test_a_file_that_cannot_be_loaded_is_one_sentence(course, answer):
    answer("def f(:\n")
    done = run_pytest(course, "assignments", "-k", "01")
    assert "assignments/beginner/01_small.py:1 cannot be loaded: SyntaxError" in done.stdout
    assert "Traceback" not in done.stdout
