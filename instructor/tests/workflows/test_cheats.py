"""What cheating the workflow gains: with the pinned release nothing, with the student's own copy what is said here."""

import pytest

from instructor.tests.workflows import cheats
from instructor.tests.workflows.classroom import FIRST, MATRIX

GRADE = ".github/workflows/grade.yml"
GRADING = "autograder/grading/grade.py"


@pytest.fixture
def marks(tmp_path):
    """Where code that runs outside of the sandbox can leave a mark."""
    folder = tmp_path / "marks"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def wrong_matrix(small):
    """An answer to 24 that is wrong and says so in many ways."""
    return cheats.loud((small.templates["plain"] / MATRIX.answer).read_text(encoding="utf-8"), "24.1")


def harmless(solved, marks, tmp_path):
    """Files that are picked up where somebody lets them, and an honest answer that reaches for the runner."""
    first = cheats.reaching(solved[str(FIRST.answer)], tmp_path / "machines", marks)
    return {**cheats.picked_up(marks), str(FIRST.answer): first}


def assert_untouched(run, marks, tmp_path):
    """Nothing ran outside of the sandbox, and nothing that the runner reads was written or said."""
    assert list(marks.iterdir()) == []
    assert not (tmp_path / "machines/forged").exists()
    assert run.jobs["grade"].summary == ""
    assert run.jobs["grade"].outputs == {"artifact": "result-1"}
    assert "forged" not in f"{run.jobs['grade'].environment} {run.jobs['post'].environment}"
    assert "forged" not in run.jobs["post"].summary


def test_files_that_python_picks_up_and_an_answer_that_reaches_for_the_runner_gain_nothing_in_plain_mode(
    student, small, solved, marks, tmp_path, look
):
    ada = student(small, "plain")
    run = ada.push(harmless(solved, marks, tmp_path))
    told = look(ada, run)
    assert run.green
    assert told.description == "10 / 30"
    assert_untouched(run, marks, tmp_path)


def test_in_pinned_mode_every_cheat_together_scores_as_the_honest_answers_among_them(
    student, small, solved, wrong_matrix, marks, tmp_path, look
):
    ada = student(small, "pinned")
    template = small.templates["pinned"]
    called = (small.templates["plain"] / ".github/workflows/grade-pinned.yml").read_text(encoding="utf-8")
    caller = (template / GRADE).read_text(encoding="utf-8")
    run = ada.push(
        {
            **harmless(solved, marks, tmp_path),
            str(MATRIX.answer): wrong_matrix,
            str(MATRIX.tests): cheats.with_tests_that_pass((template / MATRIX.tests).read_text(encoding="utf-8")),
            GRADING: cheats.that_passes_everything((template / GRADING).read_text(encoding="utf-8")),
            "setup.py": f"open({str(marks / 'setup')!r}, 'w').close()\nfrom setuptools import setup\nsetup()\n",
            ".github/workflows/grade-pinned.yml": called.replace("contents: read", "contents: write"),
            "forged.json": cheats.forged(290),
            GRADE: f"env:\n  PYTHONPATH: {ada.hub.folder}\n  PIP_TARGET: /forged\n  GRADE_RESULT: success\n{caller}",
        }
    )
    told = look(ada, run)
    assert run.green
    assert told.description == "10 / 30 · 1 task to look at"
    assert [one["path"] for one in told.annotations] == [str(MATRIX.answer)]
    assert_untouched(run, marks, tmp_path)


def test_in_plain_mode_an_edited_test_gives_points_and_is_named(student, small, wrong_matrix, look):
    ada = student(small, "plain")
    tests = (small.templates["plain"] / MATRIX.tests).read_text(encoding="utf-8")
    run = ada.push({str(MATRIX.answer): wrong_matrix, str(MATRIX.tests): cheats.with_tests_that_pass(tests)})
    told = look(ada, run)
    assert told.description == "10 / 30"
    assert any(line.startswith(f"Not as released: {MATRIX.tests}. ") for line in run.jobs["grade"].log)


def test_in_plain_mode_an_edited_autograder_gives_points_and_is_named(student, small, wrong_matrix, look):
    ada = student(small, "plain")
    grading = (small.templates["plain"] / GRADING).read_text(encoding="utf-8")
    run = ada.push({str(MATRIX.answer): wrong_matrix, GRADING: cheats.that_passes_everything(grading)})
    told = look(ada, run)
    assert told.description == "30 / 30 · all passed"
    assert any(line.startswith(f"Not as released: {GRADING}. ") for line in run.jobs["grade"].log)


def test_a_workflow_of_the_students_own_posts_what_it_likes_also_in_the_place_of_the_pinned_one(student, small, look):
    """Which is why no score from a student's repository is the grade of record."""
    ada = student(small, "pinned")
    own = cheats.that_grades_nothing((small.templates["plain"] / GRADE).read_text(encoding="utf-8"))
    run = ada.push({GRADE: own, "forged.json": cheats.forged(290)})
    told = look(ada, run)
    assert told.description == "290 / 290 · all passed"
