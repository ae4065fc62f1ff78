"""Examples are drawn ahead for assignments that somebody has begun, and results are those with all of them."""

import pytest

from autograder.course import assignments_in
from autograder.grading.submission import Answer
from autograder.tests.conftest import GAPS_01, RIGHT_01
from instructor.cohort import begun as module
from instructor.cohort import material
from instructor.cohort.begun import begun, gaps_in
from instructor.cohort.job import Job
from instructor.cohort.run import Settings
from instructor.tests.cohort.conftest import WRONG_01, hand_in
from instructor.tests.cohort.test_run import kept
from instructor.tests.cohort.test_run import run as graded

GAPS_E1 = 'def triple(x):\n    raise NotImplementedError("TODO E1.1: triple")\n'


@pytest.fixture
def released(solved):
    """The small course, whose own answers are gaps; its solutions stay where an instructor keeps them."""
    (solved / "assignments/beginner/01_small.py").write_text(GAPS_01, encoding="utf-8")
    (solved / "assignments/exercises/exercise_01_more.py").write_text(GAPS_E1, encoding="utf-8")
    return solved


@pytest.fixture
def drawn(monkeypatch):
    """The assignments of each run whose examples were drawn ahead."""
    seen, recorded = [], material._recorded
    monkeypatch.setattr(material, "_recorded", lambda *given: seen.append(given[1].id) or recorded(*given))
    return seen


def job(student, first, second="E1 was not handed in."):
    answers = {"01": first, "E1": second}
    return Job(
        student, {id: text if " was " in text else Answer(id, text, text.encode()) for id, text in answers.items()}
    )


def test_the_gaps_that_are_left():
    assert gaps_in(GAPS_01) == {"TODO 01.1", "TODO 01.2"}
    assert gaps_in(RIGHT_01) == set()


@pytest.mark.parametrize(
    ("jobs", "ids"),
    [
        ([job("a", GAPS_01, GAPS_E1), job("b", "01 was not handed in.")], set()),
        ([job("a", GAPS_01), job("b", GAPS_01.replace("TODO 01.2", "done"))], {"01"}),
        ([job("a", GAPS_01, "x = 1"), job("b", RIGHT_01)], {"01", "E1"}),
    ],
)
def test_an_assignment_is_begun_where_a_gap_is_gone(released, jobs, ids):
    waiting = iter(jobs)
    ahead, found = begun(released, assignments_in(released), waiting)
    assert [*ahead, *waiting] == jobs
    assert found == ids


def test_what_is_not_looked_at_may_have_begun_everything(released, monkeypatch):
    monkeypatch.setattr(module, "MOST_AHEAD", 1)
    jobs = iter([job("a", GAPS_01), job("b", GAPS_01)])
    ahead, found = begun(released, assignments_in(released), jobs)
    assert (len(ahead), len(list(jobs)), found) == (1, 1, {"01", "E1"})


def test_where_one_has_changed_examples_are_drawn_for_what_was_begun_and_results_are_equal(
    released, tmp_path, drawn, monkeypatch
):
    folder, settings = tmp_path / "class", Settings(released, tmp_path / "out")
    hand_in(folder, "ada", RIGHT_01)
    hand_in(folder, "bob", GAPS_01, GAPS_E1)
    assert [name for name, _, _ in graded(folder, settings).graded] == ["ada", "bob"]
    assert drawn == ["01", "E1"]
    drawn.clear()
    hand_in(folder, "bob", WRONG_01, GAPS_E1)
    assert graded(folder, settings).graded == [("bob", 6, 20)]
    assert drawn == ["01"]

    monkeypatch.setattr(module, "MOST_AHEAD", 1)
    drawn.clear()
    (folder / "ada").rename(folder / "zoe")  # bob is looked at first, and nobody after
    graded(folder, Settings(released, tmp_path / "all"))
    assert drawn == ["01", "E1"]
    assert kept(tmp_path / "all")["bob"] == kept(tmp_path / "out")["bob"]
