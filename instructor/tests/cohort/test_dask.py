"""A class on a real Dask cluster: a scheduler and two workers, each a process of its own, on loopback."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from autograder.course import CourseError
from autograder.sandbox.environment import ONE_THREAD
from autograder.tests.conftest import RIGHT_01
from instructor.cohort import executors
from instructor.cohort.executors import Dask, _grade_there
from instructor.cohort.job import Job
from instructor.cohort.run import Settings, grade_class
from instructor.tests.cohort.conftest import hand_in
from instructor.tests.cohort.test_run import kept, run


@pytest.fixture
def cluster(tmp_path):
    """(address of the scheduler, the processes of its two workers)."""
    file = tmp_path / "scheduler.json"
    environment = os.environ | ONE_THREAD

    def start(*arguments):
        command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(file), "--no-dashboard"]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        processes.callback(process.wait)
        processes.callback(process.kill)
        return process

    with ExitStack() as processes:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        workers = [start("worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1") for _ in range(2)]
        until(file.exists)
        address = json.loads(file.read_text())["address"]
        until(lambda: len(known_workers(address)) == 2)
        yield address, workers


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the cluster does not start"
        time.sleep(0.1)


def known_workers(address):
    from distributed import Client

    with Client(address, timeout="30s") as client:
        return client.ncores()


def test_a_worker_that_is_killed_in_the_middle_costs_time_only(solved, submissions, tmp_path, cluster):
    address, workers = cluster
    for number in range(8):
        hand_in(submissions, f"student{number}", RIGHT_01 + f"\n# {number}\n")

    def kill_one_when_some_are_graded(run, student, result):
        if len(run.graded) == 3:
            workers[0].kill()

    settings = Settings(solved, tmp_path / "dask", dask=address)
    done = grade_class(submissions, settings, [], kill_one_when_some_are_graded)
    assert len(done.graded) == 11
    assert workers[0].wait() != 0
    run(submissions, Settings(solved, tmp_path / "here"))
    here, there = kept(tmp_path / "here"), kept(tmp_path / "dask")
    assert here == there


def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setattr(executors, "_PATIENCE", 0.5)
    with pytest.raises(CourseError, match="no Dask scheduler answers at"):
        Dask("tcp://127.0.0.1:9", "course", 0, "", "auto", {})


def test_a_worker_with_other_tests_grades_nothing(solved):
    with pytest.raises(CourseError, match="has other tests"):
        _grade_there(Job("ada", {}), str(solved), 0, "E1", "none", {"assignments/test.py": "another digest"})
