"""No verdict hangs on luck: a short form of instructor/benchmarks/flicker.py."""

import sys
import warnings

import pytest

from autograder.course import assignments_in
from autograder.sandbox.workers import open_workers
from autograder.tests.conftest import RIGHT_01, TESTS_01
from instructor.flicker import flicker, hand_in_wrong, repeats
from instructor.tests.courses import COURSE, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it takes workers that are forked to be quick enough")
SEEDS = range(7001, 7003)  # others than those of the long run


@pytest.fixture(scope="module")
def workers():
    with open_workers("auto") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong formulas overflow
        yield opened


@pytest.mark.parametrize("number", ["01", "23"])
def test_right_answers_pass_and_wrong_ones_do_not_whatever_the_seed(workers, number):
    one = next(one for one in assignments_in(COURSE) if one.id == number)
    found = flicker(COURSE, one, SEEDS, SEEDS[:1], workers=workers)
    assert (found.refused, found.accepted) == ([], [])
    assert found.right >= 2 * len(SEEDS)
    assert found.wrong >= 5


def test_a_verdict_that_hangs_on_the_inputs_drawn_is_found(tmp_path, workers):
    solution = "instructor/solutions/beginner/01_small.py"
    rarely = "# %% 01.2 · differs at {} only\ndef slope(x):\n    return 2.0 * x if x != {} else 5.0\n"
    write(tmp_path / solution, RIGHT_01)
    write(tmp_path / "assignments/beginner/test_01_small.py", TESTS_01)
    write(tmp_path / solution.replace("solutions", "wrong"), rarely.format(1234.5, 1234.5) + rarely.format(0.0, 0.0))
    write(tmp_path / solution.replace("solutions", "right"), rarely.format(0.0, 0.0))
    (one,) = assignments_in(tmp_path)
    found = flicker(tmp_path, one, range(1, 3), range(1, 2), workers=workers)
    assert found.accepted == ["01.2 differs at 1234.5 only, seed 1"]
    assert found.refused == ["01.2 differs at 0.0 only, seed 1", "01.2 differs at 0.0 only, seed 2"]
    assert (found.right, found.wrong) == (6, 2)


def test_the_same_submission_has_the_same_result_in_any_order_on_one_process_or_two(tmp_path, workers):
    chosen = [one for one in assignments_in(COURSE) if one.id in ("01", "08", "23")]
    hand_in_wrong(COURSE, chosen, tmp_path)
    seen = repeats(COURSE, tmp_path, chosen, 3, workers=workers)
    assert list(seen.values()) == [3]
    assert b'"failed"' in next(iter(seen))
