"""The students' template: what is in it, what is not, and that its README's commands work in a clone of it."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from ruamel.yaml import YAML

from autograder.course import Assignment, CourseError, assignments_in
from autograder.grading.manifest import MANIFEST, changed
from instructor.command import release
from instructor.git import blobs, git
from instructor.leaks import leaks
from instructor.release import publish, solution_of
from instructor.students import Pin, write_template
from instructor.tests.courses import ANSWER_41, COURSE, TESTS_41, tasks_of, write

SHA = "0123456789abcdef0123456789abcdef01234567"
PIN = Pin("course/release", SHA)
FIRST = Assignment("01", "beginner", "01_basic_scalar_backward")
TASK = re.compile(r"\b(?:\d\d|E\d)\.\d\b")


@pytest.fixture(scope="session")
def template(released) -> Path:
    return released / "template"


# What is in the template of this course


def test_it_is_one_commit_of_all_its_files(template):
    assert len(git(template, "rev-list", "--all").split()) == 1
    assert git(template, "status", "--porcelain", "--ignored") == b""


def test_it_has_what_a_student_needs_and_no_more(template):
    names = git(template, "ls-files").decode().splitlines()
    tops = {".github", ".gitignore", "LICENSE", "README.md", "assignments", "autograder", "lessons", "pyproject.toml"}
    assert {name.split("/")[0] for name in names} == tops
    for one in assignments_in(COURSE):
        assert {str(one.answer), str(one.tests)} <= set(names)
        assert one.lesson is None or str(one.lesson) in names
    for ending in ("py", "json", "html", "txt"):
        package = {path.relative_to(COURSE) for path in COURSE.glob(f"autograder/**/*.{ending}")}
        assert package
        assert {path.as_posix() for path in package if not {"tests", ".mypy_cache"} & set(path.parts)} <= set(names)
    assert not [name for name in names if re.search(r"(^|/)(instructor|hidden|tests|figures|__pycache__)/", name)]
    assert [name for name in names if name.startswith(".github")] == [
        ".github/workflows/grade-pinned.yml",
        ".github/workflows/grade.yml",
    ]


def test_workflows_lessons_tests_and_autograder_are_the_courses(template):
    names = git(template, "ls-files").decode().splitlines()
    made = {"README.md", "pyproject.toml", str(MANIFEST)}
    for name in sorted(set(names) - made):
        assert (template / name).read_bytes() == (COURSE / name).read_bytes(), name


def test_no_blob_and_nothing_for_nbgrader_holds_a_line_that_only_solutions_hold(released):
    assert leaks(COURSE, released) == []


def test_an_answer_planted_in_a_copy_of_it_is_found_each_time(released, tmp_path):
    line = "stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)"
    solution = "instructor/solutions/advanced/24_vector_backward_linear_case_2.py"
    assert line in read(COURSE / solution)
    out = shutil.copytree(released, tmp_path / "out")
    template, notebook = out / "template", next((out / "nbgrader/release").glob("24_*/*.ipynb"))
    shown = nbformat.v4.new_output("stream", text=f"the answer:\n    {line}\n")
    held = nbformat.read(notebook, as_version=4)
    held.cells[-1].outputs = [shown]
    nbformat.write(held, notebook)
    write(template / "assignments/advanced/24.txt", f"    {line}\n")
    write(template / "lessons/notes.md", f"{line}\n")
    git(template, "add", "--all")
    git(template, "commit", "--message", "two")
    (template / "lessons/notes.md").unlink()
    found = {leak.file.partition(" (blob ")[0] for leak in leaks(COURSE, out) if leak.source == solution}
    assert found == {
        notebook.relative_to(out).as_posix(),
        "template/assignments/advanced/24.txt",
        "template/lessons/notes.md",
    }


def test_nothing_holds_a_mark_of_a_solution_or_a_path_of_this_machine(template):
    machine = [path for path in (COURSE, Path.home(), Path(sys.prefix), template.parents[2]) if len(path.parts) > 1]
    told = [*(str(path).encode() for path in machine), b"BEGIN SOLUTION", b"END SOLUTION"]
    held = {blob.names[0]: blob.data for blob in blobs(template)}
    held |= {path.name: path.read_bytes() for path in (template / ".git").iterdir() if path.is_file()}
    held |= {path.name: path.read_bytes() for path in (template.parent / "nbgrader").rglob("*") if path.is_file()}
    assert len(held) > 150
    assert [(name, text) for name, data in held.items() for text in told if text in data] == []


def test_it_says_of_itself_that_nothing_is_changed_also_with_the_line_ends_of_windows(template, tmp_path):
    assert changed(template) == ()
    clone(template, tmp_path, "--config", "core.autocrlf=true")
    assert b"\r\n" in (tmp_path / FIRST.tests).read_bytes()
    assert changed(tmp_path) == ()
    write(tmp_path / FIRST.tests, "")
    assert changed(tmp_path) == (str(FIRST.tests),)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def clone(template: Path, place: Path, *options: str) -> None:
    command = ["git", "clone", "--quiet", *options, str(template), str(place)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# A student's machine


@dataclass(frozen=True)
class Machine:
    """A clone with a virtual environment of its own, in which the clone's own package is installed."""

    clone: Path
    python: Path

    def run(self, *command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A command with an empty environment, but for what a shell with the activated environment has."""
        kept = {key: os.environ[key] for key in ("SYSTEMROOT", "TEMP", "LANG", "CI") if key in os.environ}
        path = os.pathsep.join([str(self.python.parent), os.environ["PATH"]])
        environment = kept | {"HOME": str(self.clone.parent), "PATH": path, "PYTHONUTF8": "1"}
        return subprocess.run(
            [str(part) for part in command], cwd=cwd or self.clone, env=environment,
            capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip


@pytest.fixture(scope="module")
def machine(template, tmp_path_factory) -> Machine:
    """Packages are those of this test's environment, its editable installation of the course excepted."""
    place = tmp_path_factory.mktemp("student") / "course"
    clone(template, place)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / ".venv"], check=True)
    folder = place / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    here = Machine(place, folder / Path(sys.executable).name)
    own = here.run(here.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    Path(own, "packages.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")  # its .pth files are not run
    pip = [sys.executable, "-m", "pip", "--python", here.python, "install", "--quiet", "--no-deps"]
    done = here.run(*pip, "--no-build-isolation", "--no-index", "--editable", place)
    assert done.returncode == 0, done.stderr
    return here


def test_nothing_of_this_tree_can_be_imported_there(machine, tmp_path):
    told = machine.run(machine.python, "-c", "import autograder; print(autograder.__file__)", cwd=tmp_path)
    assert Path(told.stdout.strip()) == machine.clone / "autograder/__init__.py"
    missing = machine.run(machine.python, "-c", "import instructor", cwd=tmp_path)
    assert "No module named 'instructor'" in missing.stderr


def test_autograder_grade_gives_no_points_to_gaps_and_calls_them_to_do(machine):
    done = machine.run(machine.python.with_name("autograder"), "grade")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"0 / {10 * len(assignments_in(COURSE))} points" in done.stdout
    table = done.stdout.partition("\n\n")[0]
    assert table.count(" to do") == len(TASK.findall(table)) > 80
    assert not re.search("failed|error|timed out|Not as released", done.stdout)


def test_pytest_assignments_passes_and_says_how_many_are_to_do(machine):
    done = machine.run(machine.python, "-P", "-m", "pytest", "assignments")
    assert (done.returncode, done.stderr) == (0, "")
    (total,) = re.findall(r"^total .*", done.stdout, re.MULTILINE)
    tasks = set(re.findall(r"(\S+\.\d) todo", done.stdout))
    assert total.split()[:4] == ["total", "0", "/", str(10 * len(assignments_in(COURSE)))]
    assert total.endswith(f" {len(tasks)} tasks still to do")


def test_pytest_alone_takes_the_assignments_too(machine):
    done = machine.run(machine.python, "-P", "-m", "pytest", "--collect-only", "-q", "-k", "01")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{FIRST.tests}::")


def test_a_right_answer_scores_and_a_changed_test_is_named(machine):
    write(machine.clone / FIRST.answer, read(COURSE / solution_of(FIRST)))
    write(machine.clone / FIRST.tests, read(COURSE / FIRST.tests) + "\n")
    done = machine.run(machine.python.with_name("autograder"), "grade", "--only", FIRST.id)
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 / 10 points" in done.stdout
    assert f"Not as released: {FIRST.tests}. " in done.stdout
    (cure,) = re.findall(r"^git checkout \$\((.*)\) -- FILE$", read(machine.clone / "README.md"), re.MULTILINE)
    first = machine.run(*cure.split()).stdout.strip()
    assert machine.run("git", "checkout", first, "--", str(FIRST.tests)).returncode == 0
    assert changed(machine.clone) == ()


# README


def test_the_readme_has_the_courses_commands_its_torch_and_its_failure(template):
    ours, theirs = (read(folder / "README.md") for folder in (COURSE, template))
    commands = re.compile(r"^(?:python3 -m venv|py -m venv).*", re.MULTILINE)
    assert commands.findall(theirs) == [line for line in commands.findall(ours) if "[dev]" not in line]
    assert "\n```sh\npytest assignments\n```\n" in theirs
    failure = re.search(r"```text\n(.+?)```", ours, re.DOTALL)[1]
    assert re.sub("^   ", "", failure, flags=re.MULTILINE).rstrip() in theirs
    assert "instructor " in theirs
    assert "instructor/" not in theirs


def test_links_of_the_readme_lead_to_files(template):
    links = re.findall(r"\]\((?!https:)([^)]+)\)", read(template / "README.md"))
    assert links
    assert all((template / link).is_file() for link in links)


# Nbgrader's course folder


def test_nbgrader_lists_what_was_released(released):
    names = sorted(path.name for path in (released / "nbgrader/release").iterdir())
    assert names == sorted(one.stem for one in assignments_in(COURSE))
    assert sorted(path.name for path in (released / "nbgrader/source").iterdir()) == names


# A small course: two modes, equal commits, refusals


def made(course: Path, folder: Path, pin: Pin | None = None) -> str:
    """A template of the small course, whose gaps are taken as given."""
    assignments = assignments_in(course)
    for one in assignments:
        write(folder / one.answer, "raise NotImplementedError\n")
    return write_template(course, folder, assignments, pin)


def names_in(folder: Path) -> set[str]:
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {path.as_posix() for path in found if ".git" not in path.parts}


def test_what_is_the_instructors_or_a_tools_or_mine_stays_behind(small_course, tmp_path):
    made(small_course, tmp_path / "template")
    assert names_in(tmp_path / "template") == {
        ".github/workflows/grade.yml",
        ".github/workflows/grade-pinned.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "assignments/advanced/41_matrix.py",
        "assignments/advanced/test_41_matrix.py",
        "assignments/exercises/exercise_09_scaler.py",
        "assignments/exercises/test_exercise_09_scaler.py",
        "autograder/__init__.py",
        "autograder/manifest.json",
        "autograder/reports/requirements.txt",
        "autograder/reports/templates/page.html",
        "lessons/GETTING_STARTED.md",
        "lessons/advanced/41_matrix.py",
    }
    assert not [blob for blob in blobs(tmp_path / "template") if b"from students" in blob.data]


def test_the_same_course_gives_the_same_commit_whatever_its_line_ends_and_another_another(small_course, tmp_path):
    first = made(small_course, tmp_path / "first")
    for path in small_course.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write(small_course / "autograder/tests/test_more.py", "more = True\n")
    assert made(small_course, tmp_path / "second") == first
    write(small_course / "autograder/__init__.py", "points = 5\n")
    assert made(small_course, tmp_path / "third") != first


def test_plain_the_template_grades_itself(small_course, tmp_path):
    made(small_course, tmp_path)
    for name in ("grade.yml", "grade-pinned.yml"):
        path = Path(".github/workflows", name)
        assert (tmp_path / path).read_bytes() == (COURSE / path).read_bytes()
    assert "with the tests and the autograder in this repository" in read(tmp_path / "README.md")


def test_pinned_it_calls_the_release_with_what_that_needs(small_course, tmp_path):
    made(small_course, tmp_path, PIN)
    assert sorted(path.name for path in (tmp_path / ".github/workflows").iterdir()) == ["grade.yml"]
    workflow = YAML(typ="safe").load(tmp_path / ".github/workflows/grade.yml")
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert workflow["jobs"]["grade"] is job
    assert job["uses"] == f"course/release/.github/workflows/grade-pinned.yml@{SHA}"
    called = YAML(typ="safe").load(COURSE / ".github/workflows/grade-pinned.yml")
    needed = {key: value for inner in called["jobs"].values() for key, value in inner["permissions"].items()}
    assert job["permissions"] == needed
    assert job["with"] == {"course": "course/release", "commit": SHA}
    assert set(called["on"]["workflow_call"]["inputs"]) == set(job["with"])
    readme = read(tmp_path / "README.md")
    assert "\n[course/release](https://github.com/course/release) at commit `0123456789`." in readme
    assert "with the tests and the autograder in this repository" not in readme


def test_options_that_need_others_say_so():
    with pytest.raises(CourseError, match="say where the release goes"):
        release()
    with pytest.raises(CourseError, match="say where that goes, too: --out DIR"):
        release(course=f"course/release@{SHA}", refresh=True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--out", "out", "--course", "course/release@main"], "--course course/release@main: write OWNER/REPO@SHA"),
        (["--out", "mine"], "is not empty and no earlier release"),
    ],
)
def test_what_cannot_be_released_is_one_sentence_and_exit_2(options, sentence, tmp_path):
    write(tmp_path / "mine/thesis.tex", "mine")
    command = [sys.executable, "-m", "instructor", "release", *options, "--folder", str(COURSE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_releasing_again_gives_the_same_bytes_and_an_answer_told_leaves_them(small_course, tmp_path):
    out = tmp_path / "out"
    commit = publish(small_course, out, tasks_of=tasks_of)
    before = {name: (out / name).read_bytes() for name in names_in(out)}
    assert "template/assignments/advanced/41_matrix.py" in before
    assert not [name for name in before if name.startswith("assignments")]
    assert not [name for name, data in before.items() if b"from students" in data]  # instructor/hidden
    assert publish(small_course, out, tasks_of=tasks_of) == commit
    assert {name: (out / name).read_bytes() for name in names_in(out)} == before
    readme = small_course / "instructor/template/README.md.j2"
    write(readme, read(readme) + "\n    meeting = A * v[:, None]\n")
    with pytest.raises(CourseError, match=r"the release would tell answers: template/README\.md holds line 24 of "):
        publish(small_course, out, tasks_of=tasks_of)
    assert {name: (out / name).read_bytes() for name in names_in(out)} == before


def test_one_assignment_can_be_released_alone(small_course, tmp_path):
    publish(small_course, tmp_path / "out", {"41"}, PIN, tasks_of=tasks_of)
    found = {path.name for path in (tmp_path / "out/template/assignments").rglob("*.py")}
    assert found == {Path(ANSWER_41).name, Path(TESTS_41).name}


@pytest.mark.parametrize("name", ["LICENSE", "instructor/template/README.md.j2", "pyproject.toml"])
def test_a_file_that_a_template_needs_and_the_course_lacks_is_named(small_course, tmp_path, name):
    (small_course / name).unlink()
    with pytest.raises(CourseError, match=f"{re.escape(name)} is missing, and a template needs it"):
        made(small_course, tmp_path)
