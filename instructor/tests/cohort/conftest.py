"""A small class on the small course of the grader's tests."""

import shutil

import pytest

from autograder.tests.conftest import GAPS_01, RIGHT_01, RIGHT_E1, course, sandboxed  # noqa: F401

WRONG_01 = RIGHT_01.replace("A.T @ v", "2 * (A.T @ v)")


def hand_in(folder, student, first, exercise=RIGHT_E1):
    """A clone with these answers."""
    for path, text in (("beginner/01_small.py", first), ("exercises/exercise_01_more.py", exercise)):
        file = folder / student / "assignments" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / student


@pytest.fixture
def solved(course):  # noqa: F811
    """The small course with its solutions where an instructor keeps them."""
    for level, name in (("beginner", "01_small"), ("exercises", "exercise_01_more")):
        target = course / "instructor/solutions" / level
        target.mkdir(parents=True)
        shutil.copy(course / "assignments" / level / f"{name}.py", target)
    return course


@pytest.fixture
def submissions(tmp_path_factory):
    """Three clones: all right, one mistake, nothing done."""
    folder = tmp_path_factory.mktemp("submissions")
    hand_in(folder, "ada", RIGHT_01)
    hand_in(folder, "Müller, Jörg", WRONG_01)
    hand_in(folder, "zoe", GAPS_01, "def triple(x):\n    return 3.0 * x + 1e-3\n")
    return folder
