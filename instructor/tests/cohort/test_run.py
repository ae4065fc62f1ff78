"""Grading a class: the same verdicts as grading one by one, and nothing lost or done twice."""

import pytest

from autograder.course import CourseError
from autograder.grading.grade import grade
from autograder.grading.result import without_times
from autograder.sandbox.workers import open_workers
from autograder.tests.conftest import RIGHT_01
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings, enter_class, grade_class
from instructor.cohort.store import RESULTS, Store
from instructor.tests.cohort.conftest import hand_in

EVERYBODY = ["Müller, Jörg", "ada", "zoe"]


def run(submissions, settings, people=()):
    done = grade_class(submissions, settings, list(people), lambda run, student, result: None)
    if settings.gradebook:
        assert enter_class(done, settings, list(people)) == []
    return done


def kept(out):
    with Store(out / RESULTS) as store:
        return {student: without_times(result) for student, _, result in store.results()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_are_those_of_grading_one_by_one(solved, submissions, tmp_path, sandboxed, jobs, monkeypatch):
    monkeypatch.setattr("instructor.cohort.run.open_workers", open_workers)
    done = run(submissions, Settings(solved, tmp_path / "out", jobs=jobs))
    assert sorted(name for name, _, _ in done.graded) == EVERYBODY
    for student, result in kept(tmp_path / "out").items():
        alone = without_times(grade(solved, sandboxed, submission=submissions / student))
        assert result.assignments == alone.assignments
        assert result.provenance == alone.provenance


def test_another_seed_is_recorded_and_draws_other_examples(solved, submissions, tmp_path):
    run(submissions, Settings(solved, tmp_path / "one", seed=7))
    assert {result.provenance.seed for result in kept(tmp_path / "one").values()} == {7}


def test_a_second_run_grades_what_has_changed_and_no_more(solved, submissions, tmp_path):
    settings = Settings(solved, tmp_path / "out")
    run(submissions, settings)
    hand_in(submissions, "zoe", RIGHT_01)
    done = run(submissions, settings)
    assert done.graded == [("zoe", 20, 20)]
    assert done.unchanged == 2
    assert len(run(submissions, Settings(solved, tmp_path / "out", regrade=True)).graded) == 3


def test_other_tasks_of_the_same_assignment_are_not_taken_for_those_kept(solved, submissions, tmp_path):
    one_task = run(submissions, Settings(solved, tmp_path / "out", only="01.2"))
    assert ("ada", 6, 6) in one_task.graded
    assert ("ada", 10, 10) in run(submissions, Settings(solved, tmp_path / "out", only="01")).graded


def test_changed_tests_grade_everybody_again(solved, submissions, tmp_path):
    settings = Settings(solved, tmp_path / "out")
    run(submissions, settings)
    with open(solved / "assignments/beginner/test_01_small.py", "a") as file:
        file.write("\n# changed\n")
    assert len(run(submissions, settings).graded) == 3


def test_students_of_the_roster_who_handed_in_nothing_get_zeros(solved, submissions, tmp_path):
    done = run(submissions, Settings(solved, tmp_path / "out"), [Person("ada"), Person("nobody")])
    assert done.missing == ["nobody"]
    assert ("nobody", 0, 20) in done.graded
    assert "zoe is not on the roster; graded all the same." in done.warnings


def test_results_that_cannot_be_kept_are_one_sentence(solved, submissions, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / RESULTS).write_bytes(b"this is no database, and long enough to be looked at" * 100)
    with pytest.raises(CourseError, match=r"results\.db cannot be used"):
        run(submissions, Settings(solved, tmp_path / "out"))
