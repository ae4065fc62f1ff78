"""The zip for Gradescope: unpacked, laid out as Gradescope does it, and run.

Only setup.sh is not run here, as it would install a machine: the run has this interpreter's packages.
"""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course import CourseError, assignments_in
from instructor.bundled import Settings
from instructor.gradescope.bundle import write_zip
from instructor.leaks import leaks

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "instructor/solutions/beginner"
FIRST, SECOND = "01_basic_scalar_backward", "02_gradient_accumulation"
SEED = 918273645
SETTINGS = Settings("01,02.1", SEED)
SCRIPTS = ("setup.sh", "run_autograder")
METADATA = {"id": 1, "assignment": {"title": "Gradients", "total_points": "14.0"}, "users": [{"name": "Ada"}]}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Gradescope runs Linux")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "autograder.zip"
    assert write_zip(ROOT, SETTINGS, path) == 14
    return path


@pytest.fixture
def machine(bundle, tmp_path):
    """/autograder as Gradescope makes it, in a folder of ours."""
    with zipfile.ZipFile(bundle) as zipped:
        for entry in zipped.infolist():
            path = Path(zipped.extract(entry, tmp_path / "source"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(tmp_path / "source/run_autograder", tmp_path)
    (tmp_path / "submission_metadata.json").write_text(json.dumps(METADATA))
    for folder in ("submission", "results"):
        (tmp_path / folder).mkdir()
    return tmp_path


def run(machine, **environment):
    given = {"AUTOGRADER_ROOT": str(machine), "AUTOGRADER_PYTHON": sys.executable, **environment}
    return subprocess.run(
        [machine / "run_autograder"],
        cwd=machine,
        env=os.environ | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


def told(machine):
    return json.loads((machine / "results/results.json").read_text(encoding="utf-8"))


def points(machine):
    return {test["number"]: test["score"] for test in told(machine)["tests"]}


def notebook_of(script):
    """The cells that a student has in Jupyter, with a line of Jupyter's own."""
    cells = [nbformat.v4.new_code_cell(text) for text in ("%matplotlib inline\n", script)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


def test_the_scripts_stand_at_the_root_and_can_be_executed(bundle):
    with zipfile.ZipFile(bundle) as zipped:
        modes = {entry.filename: entry.external_attr >> 16 for entry in zipped.infolist()}
    assert [stat.filemode(modes[name]) for name in SCRIPTS] == ["-rwxr-xr-x", "-rwxr-xr-x"]
    assert {stat.filemode(mode) for name, mode in modes.items() if name not in SCRIPTS} == {"-rw-r--r--"}


def test_the_same_course_gives_the_same_bytes(bundle, tmp_path):
    write_zip(ROOT, SETTINGS, tmp_path / "again.zip")
    assert digest(tmp_path / "again.zip") == digest(bundle)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_holds_grader_and_tests_and_no_answer(machine):
    course = machine / "source/course"
    assert [one.id for one in assignments_in(course)] == [one.id for one in assignments_in(ROOT)]
    assert not [path for path in course.glob("assignments/*/*") if not path.name.startswith("test_")]
    assert not (machine / "source/instructor").exists()
    assert not (course / "instructor").exists()
    assert (course / "autograder/grading/result.schema.json").is_file()
    assert leaks(ROOT, machine / "source") == []


def test_a_repository_in_a_folder_and_a_notebook_are_graded_and_nothing_else_is_used(machine):
    submission = machine / "submission"
    clone = submission / "course-main"
    (clone / "assignments/beginner").mkdir(parents=True)
    shutil.copy(SOLUTIONS / f"{FIRST}.py", clone / "assignments/beginner")
    (submission / f"{SECOND}.ipynb").write_text(notebook_of((SOLUTIONS / f"{SECOND}.py").read_text()))
    trap = f"import pathlib\npathlib.Path({str(machine)!r}, 'trapped').touch()\n"
    for name in ("conftest.py", "sitecustomize.py", "torch.py", "grade.py", "notebook_answer.py"):
        (submission / name).write_text(trap)
    for name in ("results.json", "settings.json"):
        (submission / name).write_text('{"score": 1000, "only": "", "seed": 0}')
    done = run(machine)
    assert done.returncode == 0, done.stdout
    assert "14 / 14 points" in done.stdout
    assert "isolation sandbox" in done.stdout
    found = told(machine)
    assert points(machine) == {"01.1": 3, "01.2": 3, "01.3": 4, "02.1": 4}
    assert (found["score"], found["visibility"], found["stdout_visibility"]) == (14, "visible", "hidden")
    assert f"02 was read from {SECOND}.ipynb" in found["output"]
    assert str(SEED) not in json.dumps(found)
    assert not (machine / "trapped").exists()


def test_files_by_themselves_are_graded_and_what_is_missing_or_a_link_is_told(machine):
    submission = machine / "submission"
    shutil.copy(ROOT / f"assignments/beginner/{FIRST}.py", submission)
    (submission / f"{SECOND}.py").symlink_to(machine / "source/settings.json")
    done = run(machine)
    assert done.returncode == 0, done.stdout
    assert points(machine) == {"01.1": 0, "01.2": 0, "01.3": 0, "02.1": 0}
    outputs = [test["output"] for test in told(machine)["tests"]]
    assert outputs[0].startswith(f"to do: assignments/beginner/{FIRST}.py:")
    assert f"{SECOND}.py is a link to another place" in outputs[3]
    assert str(SEED) not in json.dumps(told(machine))


def test_a_failure_of_the_grader_gives_no_score_and_says_whose_fault_it_is_not(machine):
    (machine / "results/results.json").write_text('{"score": 14}')  # of an earlier run
    (machine / "source/settings.json").write_text("{}")
    done = run(machine)
    assert done.returncode == 1
    assert "KeyError: 'only'" in done.stdout  # for the instructor
    assert "score" not in told(machine)
    assert "tests" not in told(machine)
    assert "that is not your fault" in told(machine)["output"]
    assert "KeyError" not in told(machine)["output"]


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_a_grader_that_does_not_start_gives_no_score(machine, python):
    assert run(machine, AUTOGRADER_PYTHON=python).returncode == 1
    assert set(told(machine)) == {"output", "output_format", "visibility", "stdout_visibility"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_finds_nothing(name):
    tool = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([tool, ROOT / "instructor/gradescope" / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_torch_comes_from_its_own_index_in_the_version_that_the_course_names():
    setup = (ROOT / "instructor/gradescope/setup.sh").read_text()
    assert "--index-url https://download.pytorch.org/whl/cpu" in setup
    pattern = setup.split("grep -o -m 1 '")[1].split("'")[0]
    found = subprocess.run(["grep", "-o", "-m", "1", pattern, ROOT / "pyproject.toml"], capture_output=True, text=True)
    assert found.stdout == "torch==2.13.0\n"


def test_tasks_that_the_course_has_not_are_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="--only 99: this course has no 99"):
        write_zip(ROOT, Settings("99"), tmp_path / "autograder.zip")
    assert not (tmp_path / "autograder.zip").exists()
