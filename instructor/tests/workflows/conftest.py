"""What the tests of the workflows share, made once: a release, images, the API, and two runs to go on from."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.course import assignments_in
from instructor.release import solution_of
from instructor.tests.workflows.api import Api, serving
from instructor.tests.workflows.cheats import loud
from instructor.tests.workflows.classroom import (
    COURSE,
    FIRST,
    MATRIX,
    SMALL,
    Classroom,
    Shown,
    Student,
    classroom,
    enrolled,
    half_done_by,
    shown,
    written,
)
from instructor.tests.workflows.hub import Hub, git
from instructor.tests.workflows.machine import Image, Machine
from instructor.tests.workflows.runner import Event, Run, Runner

COURSE_FOLDERS = ("assignments", "autograder", "instructor", "lessons", ".github")


@dataclass(frozen=True)
class Published:
    """What a tag led to: the run of release.yml, the files it made, and what it asked `gh` for."""

    run: Run
    files: Path
    asked: list[str]


@pytest.fixture(scope="session")
def published(images, api, tmp_path_factory) -> Published:
    """The course in a repository of its own, tagged v1.0 and v1.1, and the release of the second."""
    folder = tmp_path_factory.mktemp("published")
    hub, asked = Hub(folder), folder / "asked"
    commit = _tagged(hub, "authors/course", folder / "source")

    def with_gh(job: str, step: str, machine: Machine) -> None:
        gh = machine.folder / "bin/gh"
        gh.parent.mkdir(exist_ok=True)
        gh.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" \"$GH_TOKEN\" > '{asked}'\n")
        gh.chmod(0o755)
        machine.path = [str(gh.parent), *(one for one in machine.path if one != str(gh.parent))]

    of_jobs = {"build": images["grade"], "publish": images["post"]}
    runner = Runner(hub, api, of_jobs, folder / "machines", with_gh, assumed=frozenset({"test"}))
    event = Event("push", "authors/course", commit, "refs/tags/v1.1", {}, ())
    run = runner.start(event, ".github/workflows/release.yml")
    assert run.green, "\n".join(line for job in run.jobs.values() for line in job.log)
    return Published(run, run.artifacts["release"], asked.read_text().splitlines())


def _tagged(hub: Hub, repository: str, source: Path) -> str:
    """Publish the course with two tags; the commit of the second."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules", "*.egg-info", ".hypothesis")
    for name in COURSE_FOLDERS:
        shutil.copytree(COURSE / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(COURSE / name, source)
    git("init", "--quiet", "--initial-branch=main", at=source)
    for number, message in enumerate(("The course", "A tag for this")):
        git("add", "--all", at=source)
        git("commit", "--quiet", "--allow-empty", "--message", message, at=source)
        git("tag", "--annotate", "--message", f"Version 1.{number}", f"v1.{number}", at=source)
    hub.path(repository).parent.mkdir()
    git("clone", "--quiet", "--bare", source, hub.path(repository), at=hub.folder)
    return git("rev-parse", "HEAD", at=source)


@pytest.fixture(scope="session")
def whole(published, tmp_path_factory) -> Classroom:
    """The whole course, from the files of its release."""
    folder = tmp_path_factory.mktemp("whole")
    git("clone", "--quiet", published.files / "template.bundle", folder / "plain", at=folder)
    return classroom(folder, folder / "plain", "course/release")


@pytest.fixture(scope="session")
def small(whole, tmp_path_factory) -> Classroom:
    """A course of three assignments, where their number does not matter."""
    folder = tmp_path_factory.mktemp("small")
    return classroom(folder, written(whole, folder / "plain", SMALL, None), "course/small")


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> dict[str, Image]:
    """What the machines start with: for grading all that this test has, for posting what its own list installs."""
    if sys.platform != "linux":
        pytest.skip("the jobs of these workflows run on Linux")
    folder = tmp_path_factory.mktemp("images")
    with_torch = Image(Path(sysconfig.get_path("purelib")), folder / "home")
    with_torch.home.mkdir()
    python = folder / "python"
    subprocess.run([sys.executable, "-m", "venv", python], check=True)
    wanted = COURSE / "autograder/reports/github/requirements.txt"
    command = [python / "bin/pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", wanted]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode and "CI" not in os.environ:
        pytest.skip(f"what posting needs cannot be installed; connect to the network: {installed.stderr[-300:]}")
    assert installed.returncode == 0, installed.stderr
    (packages,) = python.glob("lib/python*/site-packages")
    return {"grade": with_torch, "post": Image(packages, with_torch.home)}


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """The recording server."""
    with serving() as made:
        yield made


@dataclass(frozen=True)
class HalfDone:
    """A student's run of 10 / 30 points with a failure, on a branch with a pull request, and what it showed."""

    student: Student
    run: Run
    told: Shown


def _half_done(mode: str, small: Classroom, images, api: Api, solved: dict[str, str], folder: Path) -> HalfDone:
    ada = enrolled(small, mode, "half", Runner(small.hub, api, images, folder))
    gap = (small.templates[mode] / MATRIX.answer).read_text(encoding="utf-8")
    run = half_done_by(ada, solved[str(FIRST.answer)], loud(gap, "24.1"))
    return HalfDone(ada, run, shown(ada, run))


@pytest.fixture(scope="session")
def half_done_plain(small, images, api, solved, tmp_path_factory) -> HalfDone:
    """With the student's own copy."""
    return _half_done("plain", small, images, api, solved, tmp_path_factory.mktemp("half"))


@pytest.fixture(scope="session")
def half_done_pinned(small, images, api, solved, tmp_path_factory) -> HalfDone:
    """With the release."""
    return _half_done("pinned", small, images, api, solved, tmp_path_factory.mktemp("half"))


@pytest.fixture
def student(images, api, tmp_path) -> Callable[[Classroom, str], Student]:
    """A new student of a class and mode."""

    def new(room: Classroom, mode: str) -> Student:
        return enrolled(room, mode, tmp_path.name, Runner(room.hub, api, images, tmp_path / "machines"))

    return new


@pytest.fixture
def look(record_property) -> Callable[[Student, Run], Shown]:
    """What GitHub shows of a run, which a report of the tests can be asked for too."""

    def looked(ada: Student, run: Run) -> Shown:
        told = shown(ada, run)
        record_property("posted", [{name: job.result for name, job in run.jobs.items()}, *told.row])
        return told

    return looked


@pytest.fixture(scope="session")
def solved() -> dict[str, str]:
    """The answer files of the whole course, filled in, by path."""
    return {str(one.answer): (COURSE / solution_of(one)).read_text(encoding="utf-8") for one in assignments_in(COURSE)}
