"""A run that is interrupted, politely or not: it leaves no process behind, and the next one goes on from there."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import suppress

import psutil
import pytest

from autograder.tests.conftest import RIGHT_01
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS
from instructor.tests.cohort.conftest import WRONG_01, grade_command, hand_in
from instructor.tests.cohort.test_run import kept, run

PATIENCE = 120.0  # seconds until a test says that something hangs
STOPS = 30.0  # seconds that a stop may take on a busy machine; an answer that sleeps holds its grader for 60
SLEEPS = RIGHT_01.replace("return A.T @ v", "import time; time.sleep(1000)")
KILLS = 5
STUDENTS = 30


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Submissions, all different, of which every second has a mistake."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(STUDENTS):
        answer = (RIGHT_01 if number % 2 else WRONG_01) + f"\n# {number}\n"
        hand_in(folder, f"student{number:02}", answer)
    return folder


@pytest.fixture
def started(solved, many, tmp_path):
    """A function that starts the command, in a session of its own, and ends what is left of it with the test."""
    processes = []

    def start(jobs, submissions=many):
        command = grade_command(submissions, tmp_path / "out", solved, "--jobs", jobs)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        processes.append(subprocess.Popen(command, **options))
        return processes[-1]

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # graders too, should they have outlived the command
        process.communicate()


def rows(out):
    """(student, digest, when it was graded) of all results, read while another process writes."""
    try:
        with sqlite3.connect(f"file:{out / RESULTS}?mode=ro", uri=True, timeout=5) as connection:
            return set(connection.execute("SELECT student, digest, graded_at FROM results"))
    except sqlite3.OperationalError:  # there is none yet
        return set()


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "this takes too long"
        time.sleep(0.005)


def is_over(process):
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def students_in(output):
    return [line.split()[0] for line in output.splitlines() if line.startswith("student")]


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_the_command_and_all_it_started_and_the_next_run_grades_the_rest(started, many, tmp_path, jobs):
    """Ctrl-C comes when every grader waits for an answer that sleeps."""
    out, submissions = tmp_path / "out", tmp_path / "class"
    everybody = [f"student{number:02}" for number in range(12)]
    for student in everybody:
        shutil.copytree(many / student, submissions / student)
    for student in everybody[4:6]:
        hand_in(submissions, student, SLEEPS)
    process = started(jobs, submissions)
    until(lambda: len(rows(out)) >= 3)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2 + (jobs == 2) * 6  # servers; graders and theirs
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does to all that it runs
    output, errors = process.communicate(timeout=STOPS)
    assert process.returncode == 130
    assert errors == (
        f"instructor: interrupted; what was graded is kept in {out / RESULTS}. Run the same command again to go on.\n"
    )
    until(lambda: all(map(is_over, family)))
    before = rows(out)
    assert 3 <= len(before) <= 10
    assert set(students_in(output)) <= {student for student, _, _ in before}

    for student in everybody[4:6]:
        hand_in(submissions, student, RIGHT_01)
    again = started(jobs, submissions)
    output, errors = again.communicate(timeout=PATIENCE)
    assert (again.returncode, errors) == (0, "")
    assert before < rows(out)
    assert sorted([*students_in(output), *(student for student, _, _ in before)]) == everybody


def test_killed_at_random_moments_nothing_is_lost_and_nothing_is_done_twice(started, solved, many, tmp_path):
    """SIGKILL to the command alone: what it started ends by itself. A kept result is never written again."""
    moments = random.Random(5)
    out = tmp_path / "out"
    found, kills = set(), 0
    while kills < KILLS:
        process = started(moments.choice([1, 2]))
        if moments.random() < 0.3:  # while it begins
            time.sleep(moments.uniform(0.0, 3.0))
        else:
            more = len(found) + moments.randrange(1, 6)
            until(lambda more=more: len(rows(out)) >= more)
            time.sleep(moments.uniform(0.0, 0.15))
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        kills += 1
        until(lambda family=family: all(map(is_over, family)))
        now = rows(out)
        assert found <= now
        found = now
    assert 0 < len(found) < STUDENTS

    last = started(2)
    output, errors = last.communicate(timeout=PATIENCE)
    assert (last.returncode, errors) == (0, "")
    assert found < rows(out)
    assert len(students_in(output)) == STUDENTS - len(found)
    run(many, Settings(solved, tmp_path / "undisturbed"))
    assert kept(out) == kept(tmp_path / "undisturbed")
    assert len(kept(out)) == STUDENTS
    print(f"{kills} kills, {len(found)} results kept by then, {STUDENTS} in the end, equal to an undisturbed run")
