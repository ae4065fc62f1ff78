"""Work on several files side by side."""

import os
import signal
import sys

import pytest

from autograder.course import CourseError
from autograder.grading.pool import spread


def end_abruptly(number, *, workers):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def number(number, *, workers):
    return number


def test_everything_is_done_once(sandboxed):
    assert sorted(spread(number, [(k,) for k in range(5)], sandboxed)) == [0, 1, 2, 3, 4]


@pytest.mark.skipif(sys.platform != "linux", reason="no other process is used where none can be forked safely")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: no other process is used")
def test_a_grader_that_the_system_ends_is_told_in_one_sentence(sandboxed):
    with pytest.raises(CourseError, match="ended by the system"):
        list(spread(end_abruptly, [(k,) for k in range(3)], sandboxed))
