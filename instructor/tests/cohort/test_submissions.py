"""What counts as a submission, and what is said of the rest."""

import os

import nbformat
import pytest

from autograder.course import CourseError, assignments_in
from autograder.grading.submission import Answer
from autograder.tests.conftest import RIGHT_01
from instructor.cohort.submissions import Submission, answer_of, find
from instructor.tests.cohort.conftest import hand_in


@pytest.fixture
def assignments(solved):
    return assignments_in(solved)


def notebook(folder, student, code, name="01_small"):
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    cells = [nbformat.v4.new_markdown_cell("Prose"), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_clones_and_notebooks_are_found_side_by_side(submissions, assignments):
    notebook(submissions / "submitted", "berta", RIGHT_01)
    notebook(submissions, "carl", RIGHT_01)
    found = find(submissions, assignments)
    assert [one.student for one in found.submissions] == ["Müller, Jörg", "ada", "berta", "carl", "zoe"]
    assert found.warnings == []


def test_a_notebook_is_read_as_the_code_in_it(tmp_path, assignments):
    notebook(tmp_path, "berta", "def vjp_wrt_x(A, x, v):\n    return A.T @ v")
    answer = answer_of(find(tmp_path, assignments).submissions[0], assignments[0])
    assert isinstance(answer, Answer)
    assert "return A.T @ v" in answer.text


@pytest.mark.parametrize("data", [b"{", b"", b"[]", b"\xff\xfe", b'{"cells": 3}', b'{"nbformat": 4}'])
def test_a_broken_notebook_is_one_sentence(tmp_path, assignments, data):
    notebook(tmp_path, "berta", "x").write_bytes(data)
    answer = answer_of(find(tmp_path, assignments).submissions[0], assignments[0])
    assert isinstance(answer, str)
    assert answer.startswith("01_small.ipynb is no notebook that can be read")
    assert "\n" not in answer


def test_what_was_not_handed_in_is_said(assignments):
    assert answer_of(Submission("nobody"), assignments[0]) == "01_small was not handed in."


def test_two_folders_of_one_student_are_one_submission_and_the_clone_counts(submissions, assignments):
    notebook(submissions / "submitted", "ada", "def vjp_wrt_x(A, x, v):\n    return x")
    found = find(submissions, assignments)
    assert [one.student for one in found.submissions] == ["Müller, Jörg", "ada", "zoe"]
    assert found.warnings[0].startswith("ada has two folders")
    assert "return A.T @ v" in answer_of(found.submissions[1], assignments[0]).text


def test_links_devices_and_other_folders_are_left_out_with_a_sentence(submissions, assignments, tmp_path):
    hand_in(tmp_path, "elsewhere", RIGHT_01)
    (submissions / "mallory").symlink_to(tmp_path / "elsewhere")
    (submissions / "nothing").mkdir()
    os.mkfifo(submissions / "pipe")
    found = find(submissions, assignments)
    assert len(found.submissions) == 3
    assert len(found.warnings) == 3
    assert "is a link" in found.warnings[0]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_a_folder_without_submissions_is_one_sentence(tmp_path, assignments, make):
    make(tmp_path / "class")
    with pytest.raises(CourseError, match=r"holds no submission|is no folder"):
        find(tmp_path / "class", assignments)
