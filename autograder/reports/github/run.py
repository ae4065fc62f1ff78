"""The workflow run that posts: which commit, which pull request, and whether its token may write.

The names of the variables are GitHub's: https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.course import CourseError

LARGEST_EVENT = 64 << 20  # bytes; GitHub's payloads have at most 25 MB
DEPENDABOT = "dependabot[bot]"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?")
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)


@dataclass(frozen=True)
class Run:
    """One run of the posting job.

    repository     "owner/name"
    commit         where the posts go: the head of the pull request, or what was pushed
    pull_request   the number, where a pull request started the run; else None
    branch         the name, where a push to it or the like started the run; else None
    read_only      why the token cannot write, in one sentence; None where it can, as far as is known
    repository_page, page   the addresses of the repository's page and of the run's
    grade          how the grading job ended: success, failure, cancelled, skipped; "" where that is not told
    summary        the file of the job's summary, if there is one
    """

    repository: str
    commit: str
    pull_request: int | None
    branch: str | None
    read_only: str | None
    repository_page: str
    page: str
    api: str
    token: str
    grade: str
    summary: Path | None


class _Repository(msgspec.Struct):
    full_name: str


class _Head(msgspec.Struct):
    sha: str
    repo: _Repository | None = None


class _PullRequest(msgspec.Struct):
    number: int
    head: _Head


class _Account(msgspec.Struct):
    login: str = ""


class Event(msgspec.Struct):
    """What this module reads of an event's payload."""

    pull_request: _PullRequest | None = None
    ref: str | None = None
    sender: _Account | None = None


def run_of(environment: Mapping[str, str]) -> Run:
    """The run that the variables and the event's file describe.

    Raises CourseError where one is missing or is not what GitHub sets.
    """
    repository = _variable(environment, "GITHUB_REPOSITORY", _REPOSITORY)
    event = _event(environment)
    pulled = event.pull_request
    commit = pulled.head.sha if pulled else _variable(environment, "GITHUB_SHA", _COMMIT)
    server = _variable(environment, "GITHUB_SERVER_URL", _ADDRESS).rstrip("/")
    attempt = _variable(environment, "GITHUB_RUN_ATTEMPT", _NUMBER)
    number = _variable(environment, "GITHUB_RUN_ID", _NUMBER)
    return Run(
        repository=repository,
        commit=commit,
        pull_request=pulled.number if pulled else None,
        branch=ref.removeprefix("refs/heads/") if (ref := event.ref or "").startswith("refs/heads/") else None,
        read_only=_why_read_only(event, repository, environment.get("GITHUB_ACTOR", "")),
        repository_page=f"{server}/{repository}",
        page=f"{server}/{repository}/actions/runs/{number}/attempts/{attempt}",
        api=_variable(environment, "GITHUB_API_URL", _ADDRESS).rstrip("/"),
        token=_variable(environment, "GITHUB_TOKEN", re.compile(r"[!-~]+")),
        grade=environment.get("GRADE_RESULT", ""),
        summary=Path(environment["GITHUB_STEP_SUMMARY"]) if environment.get("GITHUB_STEP_SUMMARY") else None,
    )


def _variable(environment: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = environment.get(name, "")
    if not value:
        cure = (
            "give the step `env: GITHUB_TOKEN: ${{ github.token }}`"
            if name == "GITHUB_TOKEN"
            else "run `autograder post` in a GitHub workflow"
        )
        raise CourseError(f"{name} is not set; {cure}.")
    if not form.fullmatch(value):
        raise CourseError(f"{name} is not what GitHub sets; run `autograder post` in a GitHub workflow.")
    return value


def _event(environment: Mapping[str, str]) -> Event:
    name = environment.get("GITHUB_EVENT_PATH", "")
    if not name:
        raise CourseError("GITHUB_EVENT_PATH is not set; run `autograder post` in a GitHub workflow.")
    try:
        with Path(name).open("rb") as file:
            data = file.read(LARGEST_EVENT + 1)
        event = msgspec.json.decode(data, type=Event)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CourseError("GITHUB_EVENT_PATH holds no event; run `autograder post` in a GitHub workflow.") from None
    if event.pull_request and not _COMMIT.fullmatch(event.pull_request.head.sha):
        raise CourseError("GITHUB_EVENT_PATH names no commit; run `autograder post` in a GitHub workflow.")
    return event


def _why_read_only(event: Event, repository: str, actor: str) -> str | None:
    """Why GitHub gives this run a token that only reads, as its documentation of events says.

    `fork` in the payload does not tell: a student's whole repository may be a fork of the template.
    """
    if actor == DEPENDABOT or (event.sender and event.sender.login == DEPENDABOT):
        return "Dependabot started this run, and GitHub gives it a token that only reads"
    if event.pull_request:
        source = event.pull_request.head.repo
        if source is None or source.full_name.lower() != repository.lower():
            return "this pull request comes from a fork, and GitHub gives its runs a token that only reads"
    return None
