"""Naming assignments and tasks."""

from pathlib import Path

import pytest

from autograder.course import CourseError, assignment_of, assignments_in, keyword_selection, selection


@pytest.mark.parametrize(
    ("text", "assignment", "task", "expected"),
    [
        ("", "24", "24.1", True),
        ("24", "24", "24.1", True),
        ("24.1", "24", "24.1", True),
        ("24.1", "24", "24.2", False),
        ("01", "E1", "E1.1", False),
        ("e1", "E1", "E1.1", True),
        ("01,24.2", "24", "24.2", True),
        ("01, 24.2", "01", "01.3", True),
    ],
)
def test_a_selection_has_what_was_asked_for(text, assignment, task, expected):
    assert selection(text).has_task(task) is expected
    assert selection(text).has_assignment(assignment) or not expected


@pytest.mark.parametrize("text", ["banana", "1", "24.", "24.x"])
def test_a_name_that_is_none_is_refused_with_the_cure(text):
    with pytest.raises(CourseError, match=r"write 24, 24\.2 or E1"):
        selection(text)


@pytest.mark.parametrize("keyword", ["24", "24.1", "E1", "24 or 25.1"])
def test_a_keyword_of_numbers_is_ours(keyword):
    assert keyword_selection(keyword) is not None


@pytest.mark.parametrize("keyword", ["vjp", "24 and slow", "not 24", "test_24"])
def test_any_other_keyword_is_pytests(keyword):
    assert keyword_selection(keyword) is None


def test_the_order_is_that_of_the_course(course):
    assert [assignment.id for assignment in assignments_in(course)] == ["01", "E1"]


def test_a_folder_without_assignments_is_refused(tmp_path):
    with pytest.raises(CourseError, match="holds no assignments"):
        assignments_in(tmp_path)


@pytest.mark.parametrize("name", ["test_helper.py", "test_1_x.py", "01_x.py", "test_exercise_x.py"])
def test_other_files_are_no_assignments(name):
    assert assignment_of(Path("assignments/beginner", name)) is None
