"""A result, a workflow's environment, a GitHub without errors of time: what the tests of posting share."""

import io
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autograder.reports.github.post import post
from autograder.reports.github.retry import Clock
from autograder.tests.reports.github import description
from autograder.tests.reports.github.fake_github import FakeGitHub

HEAD = "0123456789abcdef0123456789abcdef01234567"
MERGE = "f" * 40
INSTALL = "npm ci --ignore-scripts --prefix autograder/tests/reports/github"
LISTENING = re.compile(r"is listening on (http://127\.0\.0\.1:\d+)")


def missing(what: str, cure: str) -> None:
    """Skip on a laptop, fail in CI: there everything is installed, or nothing is tested."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is missing; install it with: {cure}")


@pytest.fixture(scope="session")
def npm() -> Path:
    """The folder of the npm packages."""
    if shutil.which("node") is None:
        missing("node", "your system's package manager (20 or newer)")
    if not (description.NODE_MODULES / "@octokit/openapi").is_dir():
        missing("GitHub's description", INSTALL)
    return description.NODE_MODULES


@dataclass
class StillClock:
    """A clock that only sleeping moves; `slept` holds each sleep's seconds."""

    date: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def clock(self, chance: float = 0.5) -> Clock:
        return Clock(
            now=lambda: sum(self.slept), date=lambda: self.date, sleep=self.slept.append, chance=lambda: chance
        )


@dataclass
class Workflow:
    """A runner's environment, and a folder with what the grading job left."""

    folder: Path
    environment: dict[str, str]
    still: StillClock = field(default_factory=StillClock)
    log: str = ""

    def leaves(self, result: dict[str, Any] | bytes) -> "Workflow":
        data = result if isinstance(result, bytes) else json.dumps(result).encode()
        (self.folder / "result.json").write_bytes(data)
        return self

    def event(self, name: str, **payload: Any) -> "Workflow":
        Path(self.environment["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload))
        self.environment["GITHUB_EVENT_NAME"] = name
        return self

    def pull_request(self, number: int = 7, repository: str | None = "owner/course") -> "Workflow":
        """Started by a pull request, at a merge commit, as GitHub does."""
        self.environment["GITHUB_SHA"] = MERGE
        source = None if repository is None else {"full_name": repository, "fork": repository != "owner/course"}
        return self.event("pull_request", pull_request={"number": number, "head": {"sha": HEAD, "repo": source}})

    def post(self) -> int:
        out = io.StringIO()
        try:
            return post(self.folder, self.environment, out, self.still.clock())
        finally:
            self.log = out.getvalue()

    @property
    def summary(self) -> str:
        return Path(self.environment["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """A run that a push started, whose GitHub nobody answers for yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "artifact"
    folder.mkdir()
    environment = {
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "owner/course",
        "GITHUB_TOKEN": "ghs_secret",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_SHA": HEAD,
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GRADE_RESULT": "success",
    }
    return Workflow(folder, environment).event("push", ref="refs/heads/main", sender={"login": "student"})


@pytest.fixture
def github(workflow: Workflow) -> Iterator[FakeGitHub]:
    """The small GitHub, at the address that the workflow's environment tells."""
    with FakeGitHub() as server:
        workflow.environment["GITHUB_API_URL"] = server.address
        yield server


@pytest.fixture(scope="session")
def prism(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, FakeGitHub], str]]:
    """Start a server that holds each request and each answer to a description; the address of it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(product: str, upstream: FakeGitHub) -> str:
        folder = tmp_path_factory.mktemp("prism")
        (folder / "description.json").write_text(json.dumps(description.used(product)))
        server = npm / "@stoplight/prism-cli/dist/index.js"
        command = ["node", str(server), "proxy", str(folder / "description.json"), upstream.address]
        with (folder / "log").open("wb") as log:
            running.append(
                subprocess.Popen([*command, "--errors", "--port", "0"], stdout=log, stderr=subprocess.STDOUT)
            )
        until = time.monotonic() + 120
        while not (found := LISTENING.search(told := (folder / "log").read_text(errors="replace"))):
            if time.monotonic() > until or running[-1].poll() is not None:
                pytest.fail(f"prism did not start: {told[-2000:]}")
            time.sleep(0.1)
        return found[1]

    yield start
    for process in running:
        process.terminate()
        process.wait(20)
