"""Assignments and tasks are found by the names that people write, and told where there are none."""

from pathlib import Path

import pytest

from autograder.course import CourseError, assignments_in
from autograder.declared import tasks_of
from autograder.grading.loader import load_tasks
from autograder.names import assignment_named, task_named, tasks_named, written_out

COURSE = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("1", "01"), ("01", "01"), ("001", "01"), ("27", "27"), ("E1", "E1"), ("e1", "E1"), ("E01", "E1")),
        *(("1.2", "01.2"), ("24.02", "24.2"), (" e2.10 ", "E2.10"), ("banana", None), ("1.2.3", None), ("", None)),
    ],
)
def test_names_as_people_write_them(written, meant):
    assert written_out(written) == meant


def test_an_assignment_is_named_by_its_number_or_by_a_task_of_it():
    assert [assignment_named(COURSE, name).stem[:10] for name in ("1", "01.2", "e1")] == [
        "01_basic_s",
        "01_basic_s",
        "exercise_0",
    ]


def test_a_selection_is_in_the_order_of_the_course():
    assert [task.id for task in tasks_named(COURSE, "e2.1, 24.2 24.1,2")] == [
        *("02.1", "02.2", "02.3", "24.1", "24.2", "E2.1")
    ]
    assert len(tasks_named(COURSE, "")) == sum(len(tasks_of(COURSE, one)) for one in assignments_in(COURSE))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("99", "this course has no assignment 99; it has 01 to 27, E1 and E2."),
        ("24.9", "this course has no task 24.9; assignment 24 has 24.1, 24.2 and 24.3."),
        ("24", "24 has 3 tasks; name one of them: 24.1, 24.2 and 24.3."),
        ("unbroadcst", "'unbroadcst' is no assignment or task; did you mean 24.2 (unbroadcast)?"),
        ("what?", "'what?' is no assignment or task; write its number: 24, 24.2 or E1."),
    ],
)
def test_what_is_not_there_is_told_with_what_is(name, told):
    with pytest.raises(CourseError) as error:
        task_named(COURSE, name)
    assert str(error.value) == told


def test_an_assignment_of_one_task_names_that_task(course):
    assert task_named(course, "e1").id == "E1.1"


def test_tasks_are_read_as_they_are_when_loaded():
    for assignment in assignments_in(COURSE):
        loaded = load_tasks(COURSE / assignment.tests)
        read = tasks_of(COURSE, assignment)
        assert [(one.id, one.names, one.points, one.by_hand, one.minutes, one.hints, one.see) for one in read] == [
            (one.id, one.names, one.points, one.by_hand, one.minutes, one.hints, one.see) for one in loaded
        ]


def test_what_a_test_file_computes_is_loaded(course):
    tests = course / "assignments/beginner/test_01_small.py"
    tests.write_text(tests.read_text(encoding="utf-8").replace('("a?", "b", "c")', '"what? which how".split()'))
    assert task_named(course, "01.2").hints == ("what?", "which", "how")


@pytest.mark.parametrize(
    ("text", "told"),
    [("x = (", ":1 cannot be read: "), ("x = 1", " declares no Task; bring it back with: git checkout")],
)
def test_a_test_file_that_says_nothing_is_told_with_its_name(course, text, told):
    (course / "assignments/beginner/test_01_small.py").write_text(text)
    with pytest.raises(CourseError) as error:
        task_named(course, "01.1")
    assert str(error.value).startswith(f"assignments/beginner/test_01_small.py{told}")
