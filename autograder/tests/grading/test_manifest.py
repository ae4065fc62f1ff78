"""What a student's copy of the course has changed is told, and no more."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from autograder.course import selection
from autograder.grading.grade import grade
from autograder.grading.manifest import LONGEST_NAME, MANIFEST, MOST_NAMED, changed, manifest_of
from autograder.grading.result import from_json, to_json, without_times
from autograder.reports.markdown import markdown
from autograder.reports.page import page
from autograder.reports.summary import not_as_released

ROOT = Path(__file__).resolve().parents[3]
TEST = "assignments/beginner/test_01_small.py"
ANSWER = "assignments/beginner/01_small.py"
MODULE = "autograder/grading/grade.py"
FILES = {
    MODULE: "points = 4\n",
    "autograder/grading/result.schema.json": "{}\n",
    ".github/workflows/grade.yml": "on: push\n",
    "pyproject.toml": "[project]\n",
    "README.md": "Read me.\n",
    "lessons/beginner/01_small.py": "x = 1\n",
}


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def released(course):
    """A course as students get it: with a manifest."""
    for name, text in FILES.items():
        write(course / name, text)
    write(course / MANIFEST, manifest_of(course))
    return course


def test_what_a_student_should_not_change_is_in_the_manifest(released):
    assert sorted(msgspec.json.decode((released / MANIFEST).read_bytes())["files"]) == [
        ".github/workflows/grade.yml",
        TEST,
        "assignments/exercises/test_exercise_01_more.py",
        MODULE,
        "autograder/grading/result.schema.json",
        "pyproject.toml",
    ]


def test_nothing_is_told_of_a_course_as_it_was_released(released):
    assert changed(released) == ()


def test_nothing_is_told_where_there_is_no_manifest(released):
    (released / MANIFEST).unlink()
    write(released / MODULE, "points = 100\n")
    assert changed(released) == ()


def test_the_courses_own_repository_has_none():
    assert changed(ROOT) == ()


@pytest.mark.parametrize("name", [ANSWER, "lessons/beginner/01_small.py", "README.md"])
def test_answers_and_lessons_are_the_students(released, name):
    write(released / name, "mine = True\n")
    assert changed(released) == ()


def test_line_ends_are_no_change(released):
    for name in [*FILES, TEST, str(MANIFEST)]:
        write(released / name, (released / name).read_bytes().replace(b"\n", b"\r\n"))
    assert changed(released) == ()


@pytest.mark.parametrize("name", [TEST, MODULE, ".github/workflows/grade.yml", "pyproject.toml"])
def test_an_edited_file_is_named(released, name):
    write(released / name, (released / name).read_bytes() + b" ")
    assert changed(released) == (name,)


def test_a_missing_file_is_named(released):
    (released / TEST).unlink()
    assert changed(released) == (f"{TEST} (missing)",)


@pytest.mark.parametrize(
    "name",
    [
        "conftest.py",
        "pytest.ini",
        ".pytest.toml",
        "setup.cfg",
        "tox.ini",
        "sitecustomize.py",
        "assignments/conftest.py",
        "assignments/beginner/conftest.py",
        "assignments/beginner/__init__.py",
        "assignments/beginner/pytest.ini",
        "assignments/beginner/.pytest.ini",
        "assignments/beginner/pyproject.toml",
        "assignments/beginner/test_99_easy.py",
        "assignments/more/deeper/easy_test.py",
        "autograder/torch.py",
        ".github/workflows/mine.yml",
    ],
)
def test_an_added_file_that_is_picked_up_is_named(released, name):
    write(released / name, "")
    assert changed(released) == (f"{name} (added)",)


@pytest.mark.parametrize(
    "name",
    [
        "notes.md",
        "scratch.py",
        "assignments/beginner/scratch.py",
        "assignments/beginner/__pycache__/test_01_small.cpython-311.pyc",
        "assignments/.ipynb_checkpoints/conftest.py",
        "autograder/grading/__pycache__/grade.cpython-311.pyc",
        "autograder/.DS_Store",
        "build/lib/autograder/grading/grade.py",
        ".venv/lib/conftest.py",
    ],
)
def test_what_tools_and_students_leave_beside_is_not_named(released, name):
    write(released / name, "")
    assert changed(released) == ()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": "another", "files": {}}', b"\xff", "[" * 100_000, '{"files": {"a": 1}}']
)
def test_a_manifest_that_is_none_is_named(released, text):
    write(released / MANIFEST, text)
    assert changed(released) == (str(MANIFEST),)


def test_names_in_a_manifest_lead_nowhere(released):
    names = ["../secret", "/dev/zero", "a\0b", "x" * 5000, "autograder", f"{TEST}/below"]
    write(released.parent / "secret", "")
    files = msgspec.json.decode((released / MANIFEST).read_bytes())["files"] | dict.fromkeys(names, "0" * 64)
    write(released / MANIFEST, msgspec.json.encode({"schema": "gradients-in-pytorch/manifest/v1", "files": files}))
    told = changed(released)
    assert len(told) == len(names)
    assert all(name.endswith(" (missing)") for name in told)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_links_and_pipes_are_not_read(released):
    (released / TEST).unlink()
    (released / TEST).symlink_to("/dev/zero")
    (released / MODULE).unlink()
    os.mkfifo(released / MODULE)
    (released / "autograder/more").symlink_to(released)
    assert changed(released) == (TEST, MODULE)


def test_a_file_of_another_size_by_far_is_not_read(released):
    with open(released / MODULE, "wb") as file:
        file.truncate(1 << 40)
    assert changed(released) == (MODULE,)


def test_names_are_told_on_one_line_of_bearable_length(released):
    names = [
        "assignments/a\n::error::/conftest.py",
        "assignments/\x1b[31m/conftest.py",
        f"autograder/{'long/' * 60}x.py",
    ]
    for name in names:
        write(released / name, "")
    told = changed(released)
    assert len(told) == len(names)
    assert all(name.isprintable() and len(name) < LONGEST_NAME + 10 for name in told)
    if sys.platform == "linux":  # where any bytes are a name
        write(Path(os.fsdecode(os.fsencode(released) + b"/autograder/\xff.py")), "")
        assert "autograder/\\udcff.py (added)" in changed(released)


def test_many_are_counted(released):
    for number in range(MOST_NAMED + 3):
        write(released / f"autograder/{number:03}.py", "")
    told = changed(released)
    assert told[0] == "autograder/000.py (added)"
    assert (len(told), told[-1]) == (MOST_NAMED + 1, "and 3 more")


def graded(course, workers):
    return grade(course, workers, only=selection("E1"))


def test_the_result_says_it_and_survives_json(released, sandboxed):
    write(released / MODULE, "points = 100\n")
    write(released / "assignments/conftest.py", "")
    first, second = (graded(released, sandboxed) for _ in range(2))
    assert first.provenance.changed == ("assignments/conftest.py (added)", MODULE)
    assert from_json(to_json(first)) == first
    assert without_times(first) == without_times(second)
    assert first.score == first.max_score
    data = msgspec.json.decode(to_json(first))
    del data["provenance"]["changed"]  # as in a result of before there were manifests
    assert from_json(msgspec.json.encode(data)).provenance.changed == ()


def test_terminal_markdown_and_page_say_it_in_one_line_and_the_status_stays_0(released):
    write(released / "assignments/[bold]@all.md/conftest.py", "")
    program = Path(sys.executable).with_name("autograder")
    command = [program, "grade", "--only", "E1", "--isolation", "none", "--markdown", "r.md", "--html", "r.html"]
    done = subprocess.run(command, cwd=released, capture_output=True, text=True, encoding="utf-8")
    line = (
        "Not as released: assignments/[bold]@all.md/conftest.py (added). "
        "The grade of record is made with the course's own files."
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"<p>{line.replace(chr(39), chr(38) + '#39;')}</p>" in (released / "r.html").read_text(encoding="utf-8")
    assert line in done.stdout.splitlines()
    (told,) = re.findall("Not as released.*", (released / "r.md").read_text(encoding="utf-8"))
    assert "conftest" in told
    assert "@all" not in told


def test_nothing_is_said_where_nothing_is_changed(released, sandboxed):
    result = graded(released, sandboxed)
    assert not_as_released(result) is None
    assert "Not as released" not in markdown(result)
    assert "Not as released" not in page(result)


def test_a_line_of_many_stays_a_line_to_be_read(released, sandboxed):
    result = graded(released, sandboxed)
    many = tuple(f"autograder/{number}.py" for number in range(20))
    line = not_as_released(
        msgspec.structs.replace(result, provenance=msgspec.structs.replace(result.provenance, changed=many))
    )
    assert line.startswith("Not as released: autograder/0.py, ")
    assert "autograder/7.py and others. " in line
