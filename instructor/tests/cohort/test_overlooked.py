"""A notebook in a clone is not graded, and its student is told of."""

import pytest

from autograder.course import assignments_in
from autograder.grading.submission import Answer
from autograder.tests.conftest import GAPS_01, RIGHT_01
from instructor.cohort.run import Settings
from instructor.cohort.submissions import answer_of, find
from instructor.tests.cohort.conftest import WRONG_01, hand_in
from instructor.tests.cohort.test_run import kept, run
from instructor.tests.cohort.test_submissions import notebook

ANSWER = "assignments/beginner/01_small.py"
PLACE = "SUBMISSIONS/bob/01_small/01_small.ipynb"


@pytest.fixture(params=["assignments/beginner", ".", "assignments"])
def with_notebook(request, tmp_path):
    """(submissions with one clone, where its notebook lies in it)."""
    hand_in(tmp_path / "class", "bob", GAPS_01)
    place = tmp_path / "class/bob" / request.param
    notebook(tmp_path, "elsewhere", RIGHT_01).rename(place / "01_small.ipynb")
    return tmp_path / "class", (place / "01_small.ipynb").relative_to(tmp_path / "class/bob").as_posix()


def test_beside_a_file_with_gaps_it_is_a_warning(solved, tmp_path, with_notebook):
    folder, name = with_notebook
    done = run(folder, Settings(solved, tmp_path / "out"))
    told = [
        f"bob has {name}, but in a clone the .py file is graded, and it has gaps left: save the notebook as .py, or "
        f"take the .py file away and put the notebook at {PLACE}."
    ]
    assert done.warnings == told
    assert run(folder, Settings(solved, tmp_path / "out")).warnings == told  # also where nothing is graded again
    hand_in(folder, "bob", WRONG_01)
    assert run(folder, Settings(solved, tmp_path / "out")).warnings == []


def test_in_place_of_a_file_that_is_missing_it_is_in_the_sentence_and_a_warning(solved, tmp_path, with_notebook):
    folder, name = with_notebook
    (folder / "bob" / ANSWER).unlink()
    done = run(folder, Settings(solved, tmp_path / "out"))
    message = kept(tmp_path / "out")["bob"].assignments[0].tasks[0].tests[0].message
    assert message == (
        f"{ANSWER} is missing; there is a notebook {name}, but in a clone the .py file is graded: save it as .py, or "
        f"hand the notebook in as {PLACE}"
    )
    assert done.warnings == [
        f"bob has {name} and no .py file; in a clone that is graded: save the notebook as .py, or put it at {PLACE}."
    ]


def test_what_the_sentence_says_helps(solved, tmp_path):
    hand_in(tmp_path / "class", "bob", GAPS_01)
    assignments = assignments_in(solved)
    (tmp_path / "class/bob" / ANSWER).unlink()
    missing = answer_of(find(tmp_path / "class", assignments).submissions[0], assignments[0])
    assert missing == f"{ANSWER} is missing; bring it back with: git checkout -- {ANSWER}"
    notebook(tmp_path / "class", "bob", RIGHT_01)
    answer = answer_of(find(tmp_path / "class", assignments).submissions[0], assignments[0])
    assert isinstance(answer, Answer)
    assert "A.T @ v" in answer.text
    assert run(tmp_path / "class", Settings(solved, tmp_path / "out")).warnings == []
