"""Grading until the time is used up: what was graded counts, and nobody is given a 0 for a slow machine."""

import signal
import sys
import time
from contextlib import suppress

import pytest

from autograder.course import CourseError, assignments_in, selection
from autograder.grading import deadline
from autograder.grading.deadline import OutOfTime, alarm, grade_in_time
from autograder.grading.grade import grade
from autograder.grading.result import without_times
from autograder.grading.submission import answer_or_reason
from autograder.tests.conftest import GAPS_01, RIGHT_01

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="alarms are POSIX's; Gradescope runs Linux")

LONG = 1000.0  # seconds; the alarm does not ring by itself
HANGS = RIGHT_01.replace("return A.T @ v", "while True: pass")


def graded(course, workers, only=""):
    chosen = [one for one in assignments_in(course) if selection(only).has_assignment(one.id)]
    answers = {one.id: answer_or_reason(course, one) for one in chosen}
    return grade_in_time(course, chosen, answers, workers, only=selection(only), seed=3, seconds=LONG)


@pytest.mark.parametrize(
    ("text", "only"),
    [(RIGHT_01.replace("A.T @", "print(x) or A @"), ""), (GAPS_01, "01.2"), ("def f(:\n", ""), (None, "01")],
)
def test_in_time_the_result_is_that_of_grade(text, only, course, answer, sandboxed):
    answer(text) if text else answer("").unlink()
    expected = without_times(grade(course, sandboxed, only=selection(only), seed=3))
    assert without_times(graded(course, sandboxed, only)) == expected


@pytest.fixture
def rings_at(monkeypatch):
    """Let the alarm ring when a task is about to be graded."""

    def at(task_id):
        before = deadline.grade_answer

        def grade_answer(assignment, title, tasks, answer, workers, *, seed):
            if tasks[0].id == task_id and not isinstance(answer, str):
                signal.raise_signal(signal.SIGALRM)
            return before(assignment, title, tasks, answer, workers, seed=seed)

        monkeypatch.setattr(deadline, "grade_answer", grade_answer)

    return at


def test_where_an_answer_hangs_what_was_graded_counts(course, answer, sandboxed, rings_at):
    answer(HANGS)
    rings_at("E1.1")
    result = graded(course, sandboxed)
    assert (result.score, result.max_score) == (6, 20)
    assert [task.status for task in result.assignments[0].tasks] == ["timeout", "passed"]
    left = result.assignments[1].tasks[0]
    assert (left.status, left.score) == ("error", 0)
    assert left.tests[0].message.startswith("not graded: the 16.7 minutes for all tasks were used up")
    assert set(result.provenance.files) == {
        "assignments/beginner/01_small.py",
        "assignments/exercises/exercise_01_more.py",
    }


def test_where_no_answer_hangs_nobody_gets_a_score(course, sandboxed, rings_at):
    rings_at("01.2")
    with pytest.raises(CourseError, match="took more than 1000 s though no answer timed out"):
        graded(course, sandboxed)


def waits_though_it_rings():
    with suppress(OutOfTime):
        time.sleep(60)
    time.sleep(60)


def test_an_alarm_that_nobody_heard_rings_again(monkeypatch):
    monkeypatch.setattr(deadline, "_AGAIN", 0.05)
    with pytest.raises(OutOfTime), alarm(0.05):
        waits_though_it_rings()


@pytest.mark.parametrize("seconds", [0.05, 0.0, -3.0])
def test_the_alarm_ends_a_wait_and_is_put_back(seconds):
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(OutOfTime), alarm(seconds):
        time.sleep(60)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
