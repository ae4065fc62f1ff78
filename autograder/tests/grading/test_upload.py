"""Answers are found however they were uploaded, and nothing else is read."""

import os
import sys

import pytest

from autograder.course import assignments_in
from autograder.grading.submission import Answer, Refused
from autograder.grading.upload import LARGEST_NOTEBOOK, read_upload
from autograder.tests.conftest import RIGHT_01, RIGHT_E1

SCRIPT, NOTEBOOK = "01_small.py", "01_small.ipynb"


def read(folder, course):
    return read_upload(folder, assignments_in(course), notebook)


def notebook(data):
    """Stands for what reads notebooks, which is the instructor's."""
    if data == b"broken":
        raise Refused("is no notebook that can be read; save it again in Jupyter.")
    return data.decode() + "# from a notebook\n"


@pytest.fixture
def upload(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submission")

    def add(path, text=RIGHT_01):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return folder

    return add


@pytest.mark.parametrize(
    "path",
    [
        "assignments/beginner/01_small.py",
        "course-main/assignments/beginner/01_small.py",
        "01_small.py",
        "my answers/01_small.py",
        "beginner/01_small.py",
    ],
)
def test_a_script_is_found(path, upload, course):
    found = read(upload(path), course)
    assert found.answers["01"] == Answer("assignments/beginner/01_small.py", RIGHT_01, RIGHT_01.encode())
    assert found.answers["E1"] == "exercise_01_more.py was not handed in; upload it, or its notebook."
    assert found.notes == ()


@pytest.mark.parametrize("path", [NOTEBOOK, "01_small/01_small.ipynb", "assignments/beginner/01_small.ipynb"])
def test_a_notebook_is_found_and_said_to_be_one(path, upload, course):
    found = read(upload(path), course)
    assert found.answers["01"].text == f"{RIGHT_01}# from a notebook\n"
    assert found.answers["01"].data == RIGHT_01.encode()
    assert found.notes == (f"01 was read from {path}; lines are counted over its cells.",)


def test_of_two_the_script_counts_and_the_student_is_told(upload, course):
    upload(NOTEBOOK, "x = 1\n")
    upload("exercise_01_more.py", RIGHT_E1)
    found = read(upload(f"late/{SCRIPT}"), course)
    assert found.answers["01"].text == RIGHT_01
    assert isinstance(found.answers["E1"], Answer)
    assert found.notes == (f"01 was handed in more than once: late/{SCRIPT} was graded, and not {NOTEBOOK}.",)


def test_deeper_folders_hidden_ones_and_other_names_are_left_alone(upload, course):
    for path in ("a/b/01_small.py", ".git/01_small.py", "01_small (1).py", "test_01_small.py", "conftest.py"):
        folder = upload(path, "raise SystemExit")
    assert "01_small.py was not handed in" in read(folder, course).answers["01"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_not_followed(upload, course, tmp_path):
    (tmp_path / "seed.json").write_text("7")
    folder = upload("README.md")
    (folder / SCRIPT).symlink_to(tmp_path / "seed.json")
    os.symlink(tmp_path, folder / "inner")
    assert read(folder, course).answers["01"] == f"{SCRIPT} is a link to another place; put the file itself there."


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (SCRIPT, "#" * (1 << 20) + "#", "an answer at most 1 MB"),
        (NOTEBOOK, "#" * (LARGEST_NOTEBOOK + 1), "an answer at most 8 MB"),
        (NOTEBOOK, "broken", f"{NOTEBOOK} is no notebook that can be read"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(path, text, words, upload, course):
    assert words in read(upload(path, text), course).answers["01"]


def test_a_folder_with_the_name_of_an_answer_is_one_sentence(upload, course):
    folder = upload(f"{SCRIPT}/x.txt")
    assert read(folder, course).answers["01"] == f"{SCRIPT} is a folder; an answer is a file of that name."
