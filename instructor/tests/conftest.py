"""What several tests of the instructor's side start from."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.gradients import hypothesis_profile
from instructor.tests.courses import COURSE, make_course

hypothesis_profile.activate()  # as in the autograder's tests


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """What `instructor release --out DIR` makes of this very course."""
    out = tmp_path_factory.mktemp("release") / "out"
    command = [sys.executable, "-m", "instructor", "release", "--out", str(out), "--folder", str(COURSE)]
    done = subprocess.run(command, cwd=out.parent, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert str(out / "template") in done.stdout
    return out


@pytest.fixture
def small_course(tmp_path) -> Path:
    """A course of two invented assignments with all that a template is made from."""
    course = make_course(tmp_path / "small")
    for name in (
        "LICENSE",
        ".gitignore",
        "pyproject.toml",
        "instructor/template/README.md.j2",
        "instructor/template/grade.yml.j2",
        ".github/workflows/grade.yml",
        ".github/workflows/grade-pinned.yml",
    ):
        target = course / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((COURSE / name).read_bytes())
    for name, text in {
        "README.md": "The course's own.\n",
        ".github/workflows/course.yml": "on: push\n",
        ".github/workflows/release.yml": "on: push\n",
        "lessons/GETTING_STARTED.md": "Start.\n",
        "lessons/advanced/41_matrix.py": "x = 1\n",
        "lessons/figures/41.png": "a picture\n",
        "autograder/__init__.py": "points = 4\n",
        "autograder/reports/templates/page.html": "<p>é</p>\n",
        "autograder/reports/requirements.txt": "httpx\n",
        "autograder/tests/test_it.py": "def test(): pass\n",
        "autograder/__pycache__/it.pyc": "\0",
        "autograder/.mypy_cache/it.json": "{}\n",
        "instructor/hidden/test_41_matrix.py": "hidden = 'from students'\n",
        "notes.txt": "mine\n",
    }.items():
        target = course / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    return course
