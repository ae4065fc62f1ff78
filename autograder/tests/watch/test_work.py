"""Which task is in work, and what is said of it."""

from pathlib import PurePosixPath

import pytest

from autograder.course import Assignment
from autograder.declared import Declared
from autograder.grading.result import AssignmentResult, TaskResult, TestResult
from autograder.watch import words
from autograder.watch.work import Arrived, Finished, Test, Verdict, Work, not_graded

ONE, TWO = Assignment("01", "beginner", "01_one"), Assignment("02", "beginner", "02_two")
A, B, C = (
    Declared(ONE, "01.1", ("a",), 3, True, 5),
    Declared(ONE, "01.2", ("b", "B"), 1),
    Declared(TWO, "02.1", ("c",), 6),
)


def verdict(task: Declared, *statuses: str, changes: int = 0, broken: str | None = None, message: str = "m") -> Verdict:
    """How `task` was graded, each of its tests with one of these statuses."""
    tests = tuple(
        TestResult(f"t{n}", "", status, "" if status == "passed" else message) for n, status in enumerate(statuses)
    )
    found = next((status for status in statuses if status != "passed"), "passed")
    score = task.points if found == "passed" else 0
    result = TaskResult(task.id, task.name, score, task.points, found, 7, tests)
    one = task.assignment
    whole = AssignmentResult(one.id, "Title", one.level, str(one.answer), score, task.points, (result,))
    return Verdict(whole, changes, broken)


def judged(work: Work, task: Declared, *statuses: str, **how: object) -> Verdict | None:
    return work.judged(task, verdict(task, *statuses, changes=work.changes[task.assignment.id], **how))


@pytest.fixture
def work() -> Work:
    """All is known: 01.1 is passed, 01.2 is in work, 02.1 is to do."""
    work = Work([A, B, C])
    assert work.next() == Test(A)
    judged(work, A, "passed")
    assert work.next() == Test(B)
    judged(work, B, "failed", "passed")
    arrived = work.next()
    assert isinstance(arrived, Arrived)
    assert (arrived.task, arrived.passed) == (B, (A,))
    judged(work, C, "todo")
    assert work.next() is None
    return work


def test_a_save_has_the_task_in_work_graded_first_and_then_those_that_were_passed(work):
    work.changed({"01"})
    assert work.next() == Test(B)
    judged(work, B, "failed", "failed")
    assert work.next() == Test(A, aside=True)
    judged(work, A, "failed")
    assert work.next() is None
    assert work.current == B


def test_a_task_that_was_passed_and_is_no_more_comes_next(work):
    work.changed({"01"})
    judged(work, B, "failed", "failed")
    judged(work, A, "failed")
    work.leave()
    assert work.next().task == A
    work.changed({"01"})
    judged(work, A, "passed")
    judged(work, B, "failed", "failed")
    assert work.next().task == B
    work.leave()
    assert work.next().task == C


def test_nothing_is_graded_aside_in_a_file_that_cannot_be_loaded(work):
    work.changed({"01"})
    judged(work, B, "error", broken="line 3 is wrong")
    assert work.next() is None


def test_a_passed_task_hands_on_to_those_after_it_and_then_to_those_before_it(work):
    work.changed({"01"})
    judged(work, B, "passed")
    assert isinstance(arrived := work.next(), Arrived)
    assert (arrived.task, arrived.passed) == (C, ())
    work.changed({"02"})
    judged(work, C, "passed")
    assert work.next() == Test(A)
    judged(work, A, "passed")
    assert work.next() == Finished((A,))
    assert work.next() is None


def test_a_verdict_on_an_older_file_counts_for_nothing(work):
    work.changed({"01"})
    work.judged(B, verdict(B, "passed", "passed", changes=0))
    assert work.next() == Test(B)


def test_a_save_elsewhere_takes_the_work_there(work):
    work.changed({"02"})
    assert work.next() == Test(C)
    judged(work, C, "failed")
    assert isinstance(arrived := work.next(), Arrived)
    assert arrived.task == C


def test_new_tests_elsewhere_leave_the_task_in_work(work):
    work.changed((), {"02"})
    assert work.current == B
    assert work.first_unknown() == C


def test_files_that_were_not_asked_for_change_nothing(work):
    work.changed({"09"})
    assert work.next() is None
    assert work.current == B


def test_what_was_left_comes_up_again_when_there_is_nothing_else(work):
    work.leave()
    assert work.next().task == C
    work.leave()
    assert work.next().task == B


def test_the_end_is_told_once_and_a_save_begins_anew(work):
    for task in (B, C):
        work.changed({task.assignment.id})
        judged(work, task, "passed")
    judged(work, A, "passed")
    assert isinstance(work.next(), Finished)
    assert work.next() is None
    work.changed({"01"})
    assert work.next() == Test(A)


def test_a_task_that_is_no_longer_declared_is_not_in_work(work):
    work.declared_anew([A, C])
    assert work.current is None
    assert work.next().task == C


def test_results_are_those_of_whole_assignments(work):
    first, second = work.results()
    assert (first.id, first.score, first.max_score, [task.id for task in first.tasks]) == ("01", 3, 4, ["01.1", "01.2"])
    assert (second.id, second.score) == ("02", 0)


def test_tests_that_cannot_be_loaded_are_a_verdict_that_a_change_takes_back(work):
    work.changed((), {"01"})
    work.judged(B, not_graded(B, 1, "the tests are broken"))
    assert work.next() is None
    work.changed((), {"01"})
    assert work.next() == Test(B)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (None, ("failed", "passed", "failed"), "1 of 3 tests passes."),
        (("todo",), ("failed", "passed", "passed"), "2 of 3 tests pass."),
        (("failed", "passed", "failed"), ("failed", "passed", "passed"), "2 of 3 tests now pass, 1 more than before."),
        (("failed", "passed", "passed"), ("failed", "failed", "failed"), "0 of 3 tests now pass, 2 fewer than before."),
        (("failed", "passed"), ("failed", "passed"), "Still 1 of 2 tests passes; what fails is the same."),
        (None, ("failed",), "Its test does not pass yet."),
        (("failed",), ("timeout",), "Its test still does not pass; what fails is the same."),
        (("failed",), ("todo",), "01.1 a is still to do."),
    ],
)
def test_the_difference_to_the_last_run(before, now, told):
    assert words.difference(verdict(A, *before) if before else None, verdict(A, *now)) == told


def test_another_failure_with_as_many_tests_passed_is_told():
    told = words.difference(verdict(A, "failed", "passed"), verdict(A, "failed", "passed", message="other"))
    assert told == "Still 1 of 2 tests passes; what fails has changed."


def test_the_failure_told_is_the_one_that_grade_tells():
    tests = [
        TestResult("t", "", "failed", "first", output="x\n" * 9 + "y" * 999),
        TestResult("u", "", "error", "second", output="another"),
    ]
    told = verdict(A, "error", "error")
    result = TaskResult("01.1", "a", 0, 3, "error", 7, tuple(tests))
    told = Verdict(AssignmentResult("01", "", "beginner", "p.py", 0, 3, (result,)), 0)
    assert told.message == "first"
    assert words.printed(told).splitlines() == ["  printed", *["    x"] * 4, "    " + "y" * 200]


def test_what_is_said_of_a_task():
    assert words.heading(A) == "01.1 a, 3 points, about 5 minutes, by hand"
    assert words.heading(B) == "01.2 b, B, 1 point, about 10 minutes"
    assert words.place(verdict(A, "todo")) == f"{PurePosixPath('assignments/beginner/01_one.py')}:7"
    assert words.passed(verdict(A, "passed"), 0) == "01.1 a is passed: its test holds, 3 points. Well done."
    assert (
        words.passed(verdict(B, "passed", "passed"), 1) == "01.2 b, B is passed: both tests hold, 1 point. Nice work."
    )
    assert words.found_passed([A]) == "01.1 is passed."
    assert words.found_passed([A, B, C, C]) == "4 tasks are passed, from 01.1 to 02.1."
    assert words.finished([A, B], 4) == "That was all: 2 tasks, 4 points. Congratulations!"
    assert words.onward(ONE, [ONE, TWO]) == "What comes next: autograder lesson 02, and then autograder watch 02"
    assert words.onward(TWO, [ONE, TWO]) == ""
    assert words.bar("01.1", 80) == "01.1 | h hint  n next  a all  o report  q quit  ? help"
    assert words.bar("all passed", 30) == "all passed | h n a o q ?"
    assert words.testing(A, 1, 3, 4, 2) == "testing 01.1, 1 of 3 tests done, 4 s, 2 tasks left"
