"""A GitHub of our own: the release repository, students' repositories from the template, images, the API."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.course import assignments_in
from instructor.release import solution_of
from instructor.tests.workflows.api import Api, Posted, serving
from instructor.tests.workflows.hub import Hub, Push, git
from instructor.tests.workflows.machine import Image
from instructor.tests.workflows.runner import Event, Run, Runner

COURSE = Path(__file__).resolve().parents[3]
RELEASE = "course/release"
MODES = ("plain", "pinned")


@dataclass(frozen=True)
class Classroom:
    """The hub with the release in it, and the template of each mode."""

    hub: Hub
    templates: Mapping[str, Path]
    release: str  # commit


@pytest.fixture(scope="session")
def classroom(tmp_path_factory) -> Classroom:
    """The release as `instructor release` makes it, published, and the template pinned to it."""
    folder = tmp_path_factory.mktemp("classroom")
    hub = Hub(folder)
    templates = {"plain": made_template(folder / "plain")}
    commit = hub.create(RELEASE, templates["plain"])
    templates["pinned"] = made_template(folder / "pinned", f"{RELEASE}@{commit}")
    return Classroom(hub, templates, commit)


def made_template(out: Path, pinned: str = "") -> Path:
    """STAND-IN."""
    import jinja2

    template = out / "template"
    template.mkdir(parents=True)
    for name in ("autograder", "assignments"):
        shutil.copytree(COURSE / name, template / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "tests"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(COURSE / name, template)
    (template / ".github/workflows").mkdir(parents=True)
    for name in ("grade.yml", "grade-pinned.yml"):
        shutil.copy(COURSE / ".github/workflows" / name, template / ".github/workflows")
    if pinned:
        repository, commit = pinned.split("@")
        text = (COURSE / "instructor/template/grade.yml.j2").read_text()
        text = jinja2.Template(text, keep_trailing_newline=True).render(repository=repository, commit=commit)
        (template / ".github/workflows/grade.yml").write_text(text)
    git("init", "--quiet", "--initial-branch=main", at=template)
    git("add", "--all", at=template)
    git("commit", "--quiet", "--message", "The course", at=template)
    return template


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> dict[str, Image]:
    """What the machines start with: for grading all that this test has, for posting what its own list installs."""
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


@dataclass
class Student:
    """One student's repository, its runs, and what it shows."""

    repository: str
    hub: Hub
    runner: Runner

    def push(self, files: Mapping[str, str | None], branch: str = "main") -> Run:
        """Commit these files and push; the run that follows."""
        return self.runner.start(pushed(self.hub.push(self.repository, files, branch)))

    @property
    def posted(self) -> Posted:
        """What GitHub shows of the repository."""
        return self.runner.api.posted(self.repository)


def pushed(push: Push, actor: str = "ada") -> Event:
    """The event of a push."""
    payload = {"ref": push.ref, "after": push.sha, "sender": {"login": actor}}
    return Event("push", push.repository, push.sha, push.ref, payload, push.changed, actor)


@pytest.fixture
def student(classroom, images, api, tmp_path) -> Callable[[str], Student]:
    """A new student of a mode, with a repository made from its template."""

    def enrolled(mode: str) -> Student:
        repository = f"class/{tmp_path.name}-{mode}"
        classroom.hub.create(repository, classroom.templates[mode])
        return Student(repository, classroom.hub, Runner(classroom.hub, api, images, tmp_path / "machines"))

    return enrolled


@pytest.fixture(scope="session")
def solved() -> dict[str, str]:
    """The answer files of the whole course, filled in."""
    return {str(one.answer): (COURSE / solution_of(one)).read_text(encoding="utf-8") for one in assignments_in(COURSE)}
