"""Disks that are full, databases that are locked, gradebooks of another nbgrader: a sentence each, and nothing is lost.

The faults are real: a small file system or a limit on the size of files, a lock held by another process, a database
that an old nbgrader made. After each the cause is removed, and the same run goes on and ends as if nothing had been.
"""

import os
import re
import resource
import shlex
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.course import CourseError
from autograder.tests.conftest import RIGHT_01
from instructor.cohort import store
from instructor.cohort.gradebook import enter, opened
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS
from instructor.tests.cohort.conftest import WRONG_01, hand_in, small_course
from instructor.tests.cohort.test_gradebook import grade_of, postgresql, prepared, scores, with_solutions  # noqa: F401
from instructor.tests.cohort.test_run import kept, run

CLASS = {f"student{number:02}": 20 if number % 2 else 16 for number in range(16)}
HOLD = """import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
input()
"""
OLDER = Path(__file__).with_name("nbgrader_0_5_6.sql")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Submissions of which every second has a mistake."""
    folder = tmp_path_factory.mktemp("many")
    for number, student in enumerate(CLASS):
        hand_in(folder, student, (RIGHT_01 if number % 2 else WRONG_01) + f"\n# {number}\n")
    return folder


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory, many):
    """(course, folder with the results of the submissions)."""
    course = with_solutions(small_course(tmp_path_factory.mktemp("course")))
    out = tmp_path_factory.mktemp("out")
    run(many, Settings(course, out))
    return course, out


@pytest.fixture
def graded(graded_once, tmp_path):
    """The same, to be used up by a test."""
    course, out = graded_once
    shutil.copytree(out, tmp_path / "out")
    return course, tmp_path / "out"


@contextmanager
def small_file_system(folder, size):
    """A file system in memory of `size` bytes at `folder`; yields what makes it large."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    if subprocess.run([*mount, f"size={size}", "none", folder], capture_output=True).returncode != 0:
        pytest.skip("mounting a file system takes root; the limit on files' size is tested in its place")
    try:
        yield lambda: subprocess.run([*mount, "remount,size=64m", "none", folder], check=True)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def small_files(folder, size):
    """No file may grow beyond `size` bytes, as with a quota; yields what takes the limit away."""
    folder.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def written(out):
    """(student, digest, when it was graded) of all results."""
    with sqlite3.connect(out / RESULTS) as connection:
        return set(connection.execute("SELECT student, digest, graded_at FROM results"))


@pytest.mark.parametrize("full", [small_file_system, small_files])
def test_a_disk_that_is_full_keeps_what_was_graded_and_the_next_run_goes_on(solved, many, tmp_path, full):
    settings = Settings(solved, tmp_path / "small" / "out")
    with full(tmp_path / "small", 160_000) as make_room:
        with pytest.raises(CourseError, match=r"results\.db cannot be written.*make room and run the same command"):
            run(many, settings)
        before = written(settings.out)
        assert 0 < len(before) < len(CLASS)
        make_room()
        done = run(many, settings)
        assert before <= written(settings.out)
        assert done.unchanged == len(before)
        assert {student: result.score for student, result in kept(settings.out).items()} == CLASS


@pytest.mark.parametrize("full", [small_file_system, small_files])
def test_a_disk_that_is_full_for_the_gradebook_loses_no_result(graded, many, tmp_path, prepared, full):  # noqa: F811
    course, out = graded
    size = prepared("sqlite").stat().st_size
    url = f"sqlite:///{tmp_path}/small/gradebook.db"
    settings = Settings(course, out, gradebook=url)
    with full(tmp_path / "small", size + 12_000) as make_room:
        shutil.copy(prepared("sqlite"), tmp_path / "small")
        with pytest.raises(
            CourseError, match=r"the gradebook .* cannot be used: .*make room.* is kept in .*results\.db"
        ):
            run(many, settings)
        assert len(written(out)) == len(CLASS)
        make_room()
        assert run(many, settings).unchanged == len(CLASS)
        assert totals(url) == CLASS


def totals(url):
    found = dict.fromkeys(CLASS, 0)
    for (student, _), (score, _, _) in scores(url).items():
        found[student] += score
    return found


@contextmanager
def locked(path):
    """Another process is in the middle of writing to the database."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"held\n"
        yield
    finally:
        process.communicate(b"\n")


def test_results_that_another_process_writes_to_are_told_and_kept(graded, many, tmp_path, monkeypatch):
    course, out = graded
    monkeypatch.setattr(store, "_PATIENCE", 0.2)
    shutil.copytree(many, tmp_path / "class")
    hand_in(tmp_path / "class", "student00", RIGHT_01)
    settings = Settings(course, out)
    before = written(out)
    with locked(out / RESULTS), pytest.raises(CourseError, match=r"results\.db is in use by another run; wait"):
        run(tmp_path / "class", settings)
    assert written(out) == before
    assert run(tmp_path / "class", settings).graded == [("student00", 20, 20)]
    assert {student: result.score for student, result in kept(out).items()} == CLASS | {"student00": 20}


def test_a_gradebook_that_another_process_writes_to_loses_no_result(graded, many, tmp_path, prepared):  # noqa: F811
    course, out = graded
    shutil.copy(prepared("sqlite"), tmp_path / "gradebook.db")
    url = f"sqlite:///{tmp_path}/gradebook.db?timeout=0.2"
    settings = Settings(course, out, gradebook=url)
    told = r"database is locked: another program writes to it; .* is kept in .*results\.db"
    with locked(tmp_path / "gradebook.db"), pytest.raises(CourseError, match=told):
        run(many, settings)
    assert len(written(out)) == len(CLASS)
    assert scores(url) == {}
    assert run(many, settings).unchanged == len(CLASS)
    assert totals(url) == CLASS


def test_a_lock_that_comes_in_the_middle_is_told_without_nbgraders_traceback(graded, tmp_path, prepared, caplog):  # noqa: F811
    shutil.copy(prepared("sqlite"), tmp_path / "gradebook.db")
    result = next(iter(kept(graded[1]).values()))
    with (
        pytest.raises(CourseError, match=r"cannot be used: database is locked: another program writes to it"),
        opened(f"sqlite:///{tmp_path}/gradebook.db?timeout=0.2") as gradebook,
        locked(tmp_path / "gradebook.db"),
    ):
        enter(gradebook, Person("ada"), result, {})
    assert caplog.text == ""


def test_a_gradebook_of_an_older_nbgrader_is_told_and_its_cure_works(graded, many, tmp_path):
    course, out = graded
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        connection.executescript(OLDER.read_text())
    untouched = (tmp_path / "gradebook.db").read_bytes()
    url = f"sqlite:///{tmp_path}/gradebook.db"
    settings = Settings(course, out, gradebook=url)
    with pytest.raises(CourseError, match="is of an older nbgrader; make a copy of it, run:") as told:
        run(many, settings)
    assert (tmp_path / "gradebook.db").read_bytes() == untouched
    assert len(written(out)) == len(CLASS)

    cure = shlex.split(re.search(r"run: (nbgrader .*?),", str(told.value))[1])
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    subprocess.run(cure, check=True, env=os.environ | {"PATH": path}, cwd=tmp_path, capture_output=True)
    assert run(many, settings).unchanged == len(CLASS)
    with opened(url) as gradebook:
        by_hand = grade_of(gradebook, "student01")
        assert (by_hand.manual_score, by_hand.auto_score) == (1.5, 4.0)
    assert totals(url) == CLASS | {"student01": CLASS["student01"] - 4 + 1.5}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE alembic_version SET version_num = 'ffffffffffff'",
            "is of a newer nbgrader; run: pip install --upgrade",
        ),
        ("DROP TABLE alembic_version", "is of an older nbgrader"),
        ("DROP TABLE alembic_version; DROP TABLE assignment", "is the database of another program"),
    ],
)
def test_a_database_of_another_program_is_left_alone(tmp_path, prepared, statement, told):  # noqa: F811
    shutil.copy(prepared("sqlite"), tmp_path / "gradebook.db")
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        connection.executescript(statement)
    before = (tmp_path / "gradebook.db").read_bytes()
    with pytest.raises(CourseError, match=told), opened(f"sqlite:///{tmp_path}/gradebook.db"):
        pass
    assert (tmp_path / "gradebook.db").read_bytes() == before
