"""Scores in a real nbgrader gradebook."""

from datetime import UTC, datetime

import pytest

from autograder.course import CourseError
from autograder.grading.grade import grade
from instructor.cohort.gradebook import enter, opened, prepare
from instructor.cohort.roster import Person

SOLUTION_01 = '''# %% [markdown]
# # Assignment 01 · Small

# %%
import torch


def vjp_wrt_x(A, x, v):
    """The gradient."""
    # TODO 01.1 (5 min, by hand): which index of A does v meet?
    ### BEGIN SOLUTION
    return A.T @ v
    ### END SOLUTION


# %%
def slope(x):
    """The slope of x²."""
    # TODO 01.2 (5 min): what must x be told?
    ### BEGIN SOLUTION
    return 2.0 * x
    ### END SOLUTION
'''
SOLUTION_E1 = '''# %%
def triple(x):
    """Three times x."""
    # TODO E1.1 (5 min): how often?
    ### BEGIN SOLUTION
    return 3.0 * x
    ### END SOLUTION
'''
PEOPLE = [Person("ada", "Ada", 'King, "Countess" of Lovelace'), Person("李", "明", "李"), Person("o'hara", "Seán")]
WHEN = {"01_small": datetime(2026, 11, 1, 12, 0, tzinfo=UTC)}


@pytest.fixture
def ready(solved):
    for path, text in (("beginner/01_small.py", SOLUTION_01), ("exercises/exercise_01_more.py", SOLUTION_E1)):
        (solved / "instructor/solutions" / path).write_text(text, encoding="utf-8")
    return solved


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/gradebook.db"


@pytest.fixture
def result(ready, sandboxed):
    return grade(ready, sandboxed)


def scores(url):
    with opened(url) as gradebook:
        return {
            (submission.student.id, submission.name): (submission.score, submission.max_score, submission.timestamp)
            for assignment in gradebook.assignments
            for submission in assignment.submissions
        }


def filled(url, course, result, people=PEOPLE):
    prepare(url, course, ["01", "E1"])
    with opened(url) as gradebook:
        for person in people:
            enter(gradebook, person, result, WHEN)


def test_scores_names_and_times_are_entered(ready, url, result):
    filled(url, ready, result)
    found = scores(url)
    assert found[("ada", "01_small")] == (10.0, 10.0, datetime(2026, 11, 1, 12, 0))
    assert found[("李", "exercise_01_more")][:2] == (10.0, 10.0)
    with opened(url) as gradebook:
        assert gradebook.find_student("ada").last_name == 'King, "Countess" of Lovelace'


def test_entering_twice_changes_nothing(ready, url, result):
    filled(url, ready, result)
    before = scores(url)
    filled(url, ready, result)
    assert scores(url) == before


def test_a_grade_given_by_hand_is_not_touched(ready, url, result):
    filled(url, ready, result)
    with opened(url) as gradebook:
        (grade,) = [
            one for one in gradebook.find_submission("01_small", "ada").notebooks[0].grades if one.name == "01_1"
        ]
        grade.manual_score = 1.0
        gradebook.db.commit()
    filled(url, ready, result)
    assert scores(url)[("ada", "01_small")][0] == 7.0


@pytest.mark.parametrize("bad", ["sqlite:////nowhere/at/all.db", "postgresql://u:secret@127.0.0.1:1/x", "banana"])
def test_a_gradebook_that_cannot_be_used_is_one_sentence_without_its_password(bad):
    with pytest.raises(CourseError, match="cannot be used") as told, opened(bad):
        pass
    assert "secret" not in str(told.value)
