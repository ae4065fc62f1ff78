"""A GitHub of our own: releases, students' repositories made from their templates, and what GitHub shows of a run."""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import assignments_in
from instructor.students import Pin, write_template
from instructor.tests.workflows.api import Posted
from instructor.tests.workflows.hub import Hub, Push
from instructor.tests.workflows.runner import Event, Run, Runner

COURSE = Path(__file__).resolve().parents[3]
MODES = ("plain", "pinned")
SMALL = ("01", "24", "E1")
FIRST, MATRIX, SGD = (one for one in assignments_in(COURSE) if one.id in SMALL)


@dataclass(frozen=True)
class Classroom:
    """A hub with a release of the course, and the students' template of each mode, pinned to that release."""

    hub: Hub
    release: str
    templates: Mapping[str, Path]


def classroom(folder: Path, plain: Path, release: str) -> Classroom:
    """Publish the plain template as the release, and pin another to it."""
    hub = Hub(folder)
    pin = Pin(release, hub.create(release, plain))
    made = Classroom(hub, release, {"plain": plain})
    ids = [one.id for one in assignments_in(plain)]
    return Classroom(hub, release, {**made.templates, "pinned": written(made, folder / "pinned", ids, pin)})


def written(made: Classroom, folder: Path, ids: Collection[str], pin: Pin | None) -> Path:
    """A template as `instructor release` writes it, with the gaps of one that was made: nbgrader need not run again."""
    chosen = [one for one in assignments_in(COURSE) if one.id in ids]
    for one in chosen:
        (folder / one.answer).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made.templates["plain"] / one.answer, folder / one.answer)
    write_template(COURSE, folder, chosen, pin)
    return folder


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


def enrolled(room: Classroom, mode: str, name: str, runner: Runner) -> Student:
    """A new student, with a repository made from the template."""
    repository = f"class/{name}-{mode}"
    room.hub.create(repository, room.templates[mode])
    return Student(repository, room.hub, runner)


def half_done_by(ada: Student, right: str, wrong: str) -> Run:
    """A push with one right and one wrong answer, on a branch that has an open pull request."""
    push = ada.hub.push(ada.repository, {str(FIRST.answer): right, str(MATRIX.answer): wrong})
    head = {"sha": push.sha, "repo": {"full_name": ada.repository}}
    ada.runner.api.pulls.append({"number": 7, "state": "open", "head": head})
    return ada.runner.start(pushed(push))


@dataclass(frozen=True)
class Shown:
    """What GitHub shows of a run: the status that counts, the check run, the comments, the job's summary."""

    state: str | None
    description: str
    conclusion: str | None
    check: str
    annotations: list[dict[str, Any]]
    comments: list[str]
    summary: str

    @property
    def row(self) -> tuple[object, ...]:
        """For a table of runs."""
        return self.state, self.description, self.conclusion, len(self.annotations), len(self.comments)


def shown(student: Student, run: Run) -> Shown:
    """Gather it; no step's output may have held a command, and no token may have been refused anything."""
    posted = student.posted
    status = posted.status(run.event.sha) or {"state": None, "description": ""}
    check = posted.checks[-1] if posted.checks else {"conclusion": None, "output": {"summary": ""}, "annotations": []}
    told = Shown(
        *(status["state"], status["description"], check["conclusion"]),
        *(check["output"]["summary"], list(check["annotations"]), [one["body"] for one in posted.comments]),
        run.jobs["post"].summary,
    )
    assert [line for job in run.jobs.values() for line in job.commands] == []
    assert posted.refused == []
    return told
