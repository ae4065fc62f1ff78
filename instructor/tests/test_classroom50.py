"""Classroom 50's entry point, run as its runner runs it: in a student's clone, with the runner's environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import CourseError, assignments_in
from autograder.grading.manifest import MANIFEST
from autograder.tests.conftest import RIGHT_01, TESTS_01, TESTS_E1
from autograder.tests.reports.conftest import RUNNER, clone  # noqa: F401
from autograder.tests.reports.test_classroom50 import valid
from instructor.bundled import Settings
from instructor.classroom50.bundle import AUTOGRADER, write_folder
from instructor.leaks import leaks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bundle(tmp_path):
    """The folder that the runner unpacks, with the small course."""

    def made(only=""):
        folder = tmp_path / "bundle"
        for name, text in (("beginner/test_01_small.py", TESTS_01), ("exercises/test_exercise_01_more.py", TESTS_E1)):
            path = folder / "course/assignments" / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
        shutil.copy(AUTOGRADER, folder)
        (folder / "settings.json").write_bytes(Settings(only, 5).file())
        return folder

    return made


@pytest.fixture
def submission(clone, tmp_path):  # noqa: F811
    """A student's clone, with these texts in it."""

    def made(**texts):
        folder = tmp_path / "clone"
        shutil.copytree(clone, folder)
        for level, name in (("beginner", "01_small"), ("exercises", "exercise_01_more")):
            path = folder / "assignments" / level / f"{name}.py"
            path.parent.mkdir(parents=True)
            if level in texts:
                path.write_text(texts[level], encoding="utf-8")
        return folder

    return made


def run(bundle, submission, **environment):
    given = {name: value for name, value in (RUNNER | environment).items() if value is not None}
    inherited = {name: value for name, value in os.environ.items() if name not in RUNNER}
    command = [sys.executable, str(bundle / "autograder.py")]
    return subprocess.run(
        command, cwd=submission, env=inherited | given, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


TRAP = "import pathlib\npathlib.Path(__file__).parent.joinpath('trapped').touch()\nraise SystemExit('trapped')\n"


def test_a_clone_is_graded_with_the_bundles_tests_and_the_exit_status_is_0_whatever_the_score(bundle, submission):
    folder = submission(beginner=RIGHT_01.replace("A.T @ v", "print('::error::x') or A @ v"))
    for name in ("autograder.py", "torch.py", "conftest.py", "sitecustomize.py", "pip.py"):
        (folder / name).write_text(TRAP)
    (folder / "elsewhere").write_text("mine")
    if sys.platform != "win32":  # where links need a privilege
        (folder / "result.json").symlink_to("elsewhere")
    done = run(bundle(), folder, ASSIGNMENT_TYPE="group")
    assert (done.returncode, done.stderr) == (0, "")
    told = valid((folder / "result.json").read_bytes())
    assert (told["score"], told["max-score"], told["assignment_type"]) == (6, 20, "group")
    assert [test["passed"] for test in told["tests"]] == [False, True, False]
    assert "exercise_01_more.py is missing" in told["tests"][2]["output"]
    assert (folder / "elsewhere").read_text() == "mine"
    assert not (folder / "trapped").exists()


def test_a_chosen_task_is_graded_and_nothing_in_the_log_is_a_command_to_github_actions(bundle, submission):
    folder = submission(beginner=RIGHT_01.replace("return A.T @ v", "raise ValueError('::error::x')"))
    done = run(bundle("01.1"), folder)
    told = valid((folder / "result.json").read_bytes())
    assert [(test["test-name"], test["score"]) for test in told["tests"]] == [("01.1 vjp_wrt_x", 0)]
    first, *lines, last = done.stdout.strip().splitlines()
    command, token = first.rsplit("::", 1)
    assert (command, last) == ("::stop-commands", f"::{token}::")
    assert len(token) == 32
    assert "0 / 4 points" in done.stdout
    assert not any(token in line for line in lines)


@pytest.mark.parametrize(
    ("environment", "break_it", "words"),
    [
        ({"RELEASE_URL": None}, None, "Classroom 50's runner sets RELEASE_URL, and here that is not set"),
        ({}, "course", "holds no assignments"),
        ({}, "settings.json", "settings.json"),
    ],
)
def test_what_is_no_fault_of_the_students_is_one_sentence_and_no_result(
    environment, break_it, words, bundle, submission
):
    folder, made = submission(exercises="def triple(x):\n    return 3 * x\n"), bundle("E1")
    (folder / "result.json").write_text('{"score": 10}')
    if break_it is not None:
        (made / break_it).rename(made / "gone")
    done = run(made, folder, **environment)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "result.json").exists()


def test_the_folder_holds_grader_and_tests_and_no_answer(tmp_path):
    assert write_folder(ROOT, Settings("01"), tmp_path / "out") == 10
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"autograder.py", "settings.json", "course"}
    assert [one.id for one in assignments_in(tmp_path / "out/course")] == [one.id for one in assignments_in(ROOT)]
    assert not (tmp_path / "out/course" / MANIFEST).exists()  # a student's copy may differ, and is not used
    assert leaks(ROOT, tmp_path / "out") == []
    with pytest.raises(CourseError, match="out is not empty"):
        write_folder(ROOT, Settings("01"), tmp_path / "out")
