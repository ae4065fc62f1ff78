"""Runs a workflow of a repository as GitHub does, as far as ours go; what is not known here fails the test.

run = Runner(hub, api, images, folder).start(event)
run.jobs["grade"].result, run.jobs["post"].summary, run.jobs["post"].log
"""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ruamel.yaml import YAML

from instructor.tests.workflows.api import Api
from instructor.tests.workflows.commands import Files, commands_in, values_in
from instructor.tests.workflows.expressions import Surroundings, filled, holds
from instructor.tests.workflows.hub import Hub
from instructor.tests.workflows.machine import ActionFailed, Image, Machine

HANG = 300  # seconds for a step
RUN_NUMBER = 4711
_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]}
_OF_A_JOB = {"name", "needs", "if", "runs-on", "timeout-minutes", "permissions", "outputs", "steps", "env"}
_OF_A_CALL = {"name", "if", "permissions", "uses", "with"}
_OF_A_STEP = {"name", "id", "if", "uses", "with", "run", "env", "shell", "continue-on-error", "working-directory"}
_LEVELS = ("none", "read", "write")


@dataclass(frozen=True)
class Event:
    """What started a run. `changed` are the paths that the push or the pull request changed."""

    name: str
    repository: str
    sha: str
    ref: str
    payload: dict[str, Any]
    changed: tuple[str, ...]
    actor: str = "ada"
    read_only: bool = False  # GitHub's token for forks and Dependabot


@dataclass
class Job:
    """How a job ended (success, failure, cancelled or skipped), all that it left, and what its scripts were told."""

    result: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """One run: its jobs by id, those of a called workflow under their own ids."""

    event: Event
    attempt: int = 1
    jobs: dict[str, Job] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)

    @property
    def green(self) -> bool:
        """Whether the run shows as passed."""
        return all(job.result in ("success", "skipped") for job in self.jobs.values())


@dataclass(frozen=True)
class _Source:
    """Where a workflow's text comes from, and what was passed to it."""

    text: str
    repository: str
    commit: str
    inputs: dict[str, Any] = field(default_factory=dict)
    most: Mapping[str, str] | None = None  # permissions that the caller gives; None: the repository's own workflow


Tampering = Callable[[str, str, Machine], None]  # told the job, the step that comes next, and its machine


@dataclass
class Runner:
    """GitHub's machines. `images` are by job. `tamper` is called before each step, to break something."""

    hub: Hub
    api: Api
    images: Mapping[str, Image]
    folder: Path
    tamper: Tampering = lambda job, step, machine: None
    step_prefix: Mapping[str, str] = field(default_factory=dict)  # a line before a step's script, by the step's name
    assumed: frozenset[str] = frozenset()  # jobs that are not run, and count as done

    def start(self, event: Event, path: str = ".github/workflows/grade.yml", *, cancelled: bool = False) -> Run:
        """Run a workflow of the event's own repository, at its commit, where its triggers say so."""
        text = self.hub.text(event.repository, event.sha, path)
        run = Run(event)
        if triggered(text, event):
            self._run(run, _Source(text, event.repository, event.sha), cancelled)
        return run

    def again(self, run: Run, job: str) -> Run:
        """Run one job again, with what the others left, as "Re-run failed jobs" does."""
        text = self.hub.text(run.event.repository, run.event.sha, ".github/workflows/grade.yml")
        kept = {name: done for name, done in run.jobs.items() if name != job}
        new = replace(run, attempt=run.attempt + 1, jobs=kept)
        self._run(new, _Source(text, run.event.repository, run.event.sha), False)
        return new

    def _run(self, run: Run, source: _Source, cancelled: bool) -> None:
        workflow = parsed(source.text)
        for name, job in workflow["jobs"].items():
            if name in self.assumed:
                run.jobs[name] = Job("success")
            if name in run.jobs and ("uses" not in job or name in self.assumed):
                continue
            needs = [run.jobs[other] for other in _listed(job.get("needs"))]
            surroundings = Surroundings(
                self._contexts(run, source, needs=dict(zip(_listed(job.get("needs")), needs, strict=True))),
                "cancelled" if cancelled else _together(needs),
            )
            if not holds(str(job.get("if", "success()")), surroundings):
                run.jobs[name] = Job()
            elif "uses" in job:
                self._call(run, job, surroundings, cancelled)
            else:
                run.jobs[name] = self._job(run, source, name, job, workflow, surroundings)

    def _call(self, run: Run, job: dict[str, Any], surroundings: Surroundings, cancelled: bool) -> None:
        """Run a reusable workflow. Of the caller it sees the event and its inputs; no variable is passed on."""
        _known(job, _OF_A_CALL)
        called = re.fullmatch(r"([\w.-]+/[\w.-]+)/(\.github/workflows/[\w.-]+)@([0-9a-f]{40})", job["uses"])
        assert called is not None, job["uses"]
        repository, path, commit = called.groups()
        text = self.hub.text(repository, commit, path)
        inputs = {name: filled(str(value), surroundings) for name, value in job.get("with", {}).items()}
        declared = parsed(text)["on"]["workflow_call"]["inputs"]
        assert set(inputs) == set(declared), (inputs, declared)
        self._run(run, _Source(text, repository, commit, inputs, job["permissions"]), cancelled)

    def _job(
        self, run: Run, source: _Source, name: str, job: dict[str, Any], workflow: dict[str, Any], around: Surroundings
    ) -> Job:
        _known(job, _OF_A_JOB)
        permissions = job.get("permissions", workflow["permissions"])
        if source.most is not None:
            for what, level in permissions.items():  # GitHub does not start a run that asks for more
                assert _LEVELS.index(level) <= _LEVELS.index(source.most.get(what, "none")), (name, what)
        if run.event.read_only:
            permissions = dict.fromkeys(permissions, "read")
        self.folder.mkdir(exist_ok=True)
        machine = Machine(Path(mkdtemp(dir=self.folder)), self.images[name], self.hub, run.artifacts)
        machine.environment.update(self._variables(run, machine) | _env(workflow, around) | _env(job, around))
        contexts = dict(around.contexts) | {"runner": {"temp": str(machine.temporary), "os": "Linux"}}
        contexts["github"] = contexts["github"] | {"token": self.api.token(run.event.repository, permissions)}
        done = Job("success")
        for step in job["steps"]:
            self._step(name, step, machine, Surroundings(contexts, done.result), done)
        done.outputs = {key: filled(value, Surroundings(contexts)) for key, value in job.get("outputs", {}).items()}
        done.environment |= machine.variables()
        return done

    def _step(self, job: str, step: dict[str, Any], machine: Machine, around: Surroundings, done: Job) -> None:
        _known(step, _OF_A_STEP)
        name = step["name"]
        if not holds(str(step.get("if", "success()")), around):
            done.steps[name] = "skipped"
            return
        self.tamper(job, name, machine)
        files = Files.made_in(machine.temporary)
        done.log.append(f"▶ {name}")
        if "uses" in step:
            inputs = {key: filled(_plain(value), around) for key, value in step.get("with", {}).items()}
            try:
                machine.use(step["uses"], inputs, around.contexts["github"])
                failed = False
            except ActionFailed as reason:
                done.log.append(f"Error: {reason}")
                failed = True
        else:
            failed = self._script(name, step, machine, around, files, done)
        machine.environment.update(values_in(files.env))
        machine.path[:0] = files.path.read_text(encoding="utf-8").split()
        done.summary += files.summary.read_text(encoding="utf-8")
        done.steps[name] = "failure" if failed else "success"
        if failed and not step.get("continue-on-error", False):
            done.result = "failure"

    def _script(
        self, name: str, step: dict[str, Any], machine: Machine, around: Surroundings, files: Files, done: Job
    ) -> bool:
        """Run a step's script; whether it failed."""
        assert "${{" not in step["run"], "an expression in a script is an injection"
        script = machine.temporary / "script.sh"
        script.write_text(f"{self.step_prefix.get(name, '')}\n{step['run']}", encoding="utf-8")
        environment = machine.variables() | _env(step, around)
        environment |= {"GITHUB_ENV": str(files.env), "GITHUB_OUTPUT": str(files.output)}
        environment |= {"GITHUB_PATH": str(files.path), "GITHUB_STEP_SUMMARY": str(files.summary)}
        done.environment |= environment
        ran = subprocess.run(
            [*_SHELLS[step.get("shell")], str(script)],
            cwd=machine.workspace / step.get("working-directory", ""),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HANG,
        )
        output = ran.stdout.decode("utf-8", "replace").splitlines()
        done.log += output
        done.commands += commands_in(output)
        return ran.returncode != 0

    def _contexts(self, run: Run, source: _Source, needs: Mapping[str, Job]) -> dict[str, Any]:
        event = run.event
        return {
            "github": {
                "event_name": event.name,
                "event": event.payload,
                "repository": event.repository,
                "sha": event.sha,
                "ref": event.ref,
                "run_attempt": run.attempt,
            },
            "inputs": source.inputs,
            "job": {"workflow_repository": source.repository, "workflow_sha": source.commit},
            "needs": {name: {"result": job.result, "outputs": job.outputs} for name, job in needs.items()},
        }

    def _variables(self, run: Run, machine: Machine) -> dict[str, str]:
        event = run.event
        file = machine.folder / "event.json"
        file.write_text(json.dumps(event.payload), encoding="utf-8")
        return {
            "GITHUB_ACTOR": event.actor,
            "GITHUB_API_URL": self.api.address,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(file),
            "GITHUB_REF": event.ref,
            "GITHUB_REF_NAME": event.ref.split("/", 2)[2],
            "GITHUB_REPOSITORY": event.repository,
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_RUN_ID": str(RUN_NUMBER),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": event.sha,
        }


def parsed(text: str) -> dict[str, Any]:
    """A workflow as YAML 1.2, in which `on` is a text."""
    return YAML(typ="safe", pure=True).load(text)


def triggered(text: str, event: Event) -> bool:
    """Whether the workflow's triggers ask for a run."""
    on = parsed(text)["on"]
    if event.name not in on:
        return False
    filters = on[event.name]
    kind, _, name = event.ref.removeprefix("refs/").partition("/")
    _known(filters, {"branches", "tags", "paths"})
    if event.name == "push":
        named = filters.get({"heads": "branches", "tags": "tags"}[kind])
        if named is None and {"branches", "tags"} & set(filters):
            return False
        if named is not None and not any(_matches(pattern, name) for pattern in named):
            return False
        if kind == "tags":
            return True  # no path filter is asked for a tag
    return "paths" not in filters or any(_matches(one, path) for one in filters["paths"] for path in event.changed)


def _matches(pattern: str, path: str) -> bool:
    parts = re.split(r"(\*\*|\*)", pattern)
    expression = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, path) is not None


def _together(needs: list[Job]) -> str:
    """How the jobs before have fared: what success() and failure() ask."""
    results = {job.result for job in needs}
    if "failure" in results:
        return "failure"
    return "success" if results <= {"success"} else "neither"


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _env(of: Mapping[str, Any], around: Surroundings) -> dict[str, str]:
    return {name: filled(_plain(value), around) for name, value in of.get("env", {}).items()}


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known(found: Mapping[str, Any], keys: set[str]) -> None:
    assert set(found) <= keys, f"this runner does not know {sorted(set(found) - keys)}"
