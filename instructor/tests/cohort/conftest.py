"""A small class on the small course of the grader's tests."""

import os
import shutil
import subprocess
import sys
from contextlib import nullcontext

import pytest

from autograder.sandbox.workers import open_workers
from autograder.tests.conftest import GAPS_01, RIGHT_01, RIGHT_E1, TESTS_01, TESTS_E1, sandboxed  # noqa: F401
from instructor.cohort import run

COURSE = {
    "beginner/test_01_small.py": TESTS_01,
    "beginner/01_small.py": RIGHT_01,
    "exercises/test_exercise_01_more.py": TESTS_E1,
    "exercises/exercise_01_more.py": RIGHT_E1,
}
WRONG_01 = RIGHT_01.replace("A.T @ v", "2 * (A.T @ v)")


def hand_in(folder, student, first, exercise=RIGHT_E1):
    """A clone with these answers."""
    for path, text in (("beginner/01_small.py", first), ("exercises/exercise_01_more.py", exercise)):
        file = folder / student / "assignments" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / student


def grade_command(submissions, out, course, *options):
    """The words of `instructor grade`, in a process of its own."""
    given = [str(submissions), "--out", str(out), "--course", str(course), *map(str, options)]
    return [sys.executable, "-m", "instructor", "grade", *given]


def grade_by_command(submissions, out, course, *options, **running):
    """`instructor grade` run to its end, where no program of this interpreter's environment is on PATH."""
    environment = os.environ | {"PATH": os.defpath}
    command = grade_command(submissions, out, course, *options)
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, **running)


def small_course(folder):
    """The small course of the grader's tests, with its solutions where an instructor keeps them."""
    for path, text in COURSE.items():
        file = folder / "assignments" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if not file.name.startswith("test_"):
            solution = folder / "instructor/solutions" / path
            solution.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, solution)
    return folder


@pytest.fixture(scope="session")
def opened_once():
    with open_workers() as workers:
        yield workers


@pytest.fixture(autouse=True)
def workers_opened_once(request, monkeypatch):
    """A class graded in this process has workers that stay open for the next: they take seconds to import torch.

    A fresh one serves each task all the same. Commands open their own, and so does test_run where that is the question.
    """

    def shared(isolation):
        assert isolation == "auto"
        return nullcontext(request.getfixturevalue("opened_once"))

    monkeypatch.setattr(run, "open_workers", shared)


@pytest.fixture
def solved(tmp_path):
    """A small course of two assignments, 01 and E1."""
    return small_course(tmp_path)


@pytest.fixture
def submissions(tmp_path_factory):
    """Three clones: all right, one mistake, nothing done."""
    folder = tmp_path_factory.mktemp("submissions")
    hand_in(folder, "ada", RIGHT_01)
    hand_in(folder, "Müller, Jörg", WRONG_01)
    hand_in(folder, "zoe", GAPS_01, "def triple(x):\n    return 3.0 * x + 1e-3\n")
    return folder
