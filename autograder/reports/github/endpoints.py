"""The endpoints of GitHub's REST API that posting needs, each a small function with types.

Paths and fields: https://docs.github.com/rest; the tests check each request against GitHub's own OpenAPI description.
"""

from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from autograder.reports.github.client import PER_PAGE, Client

State = Literal["success", "error"]
Conclusion = Literal["success", "neutral", "failure"]


class Account(msgspec.Struct, frozen=True):
    """A person or a bot."""

    login: str


class CommitStatus(msgspec.Struct, frozen=True):
    """A status as GitHub answers it; its creator is the one that this token speaks for."""

    creator: Account | None = None


class Annotation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A remark at a line of a file. Lines are from 1."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    message: str | None
    title: str | None = None


class Output(msgspec.Struct, frozen=True):
    """What a check run shows. `summary` is Markdown; at most 50 annotations a request."""

    title: str
    summary: str
    annotations: list[Annotation]


class CheckRun(msgspec.Struct, frozen=True):
    """A check run as GitHub answers it."""

    id: int
    external_id: str | None = None


class _CheckRuns(msgspec.Struct, frozen=True):
    check_runs: list[CheckRun]


class _Repository(msgspec.Struct, frozen=True):
    full_name: str


class _Head(msgspec.Struct, frozen=True):
    sha: str
    repo: _Repository | None = None


class PullRequest(msgspec.Struct, frozen=True):
    """A pull request as GitHub answers it."""

    number: int
    head: _Head


class Comment(msgspec.Struct, frozen=True):
    """A comment on a pull request."""

    id: int
    body: str = ""
    user: Account | None = None


def set_status(client: Client, commit: str, state: State, context: str, description: str, page: str) -> CommitStatus:
    """Set the commit's status of this context; the last one set counts."""
    body = {"state": state, "context": context, "description": description, "target_url": page}
    return client.request("POST", f"/statuses/{commit}", CommitStatus, body)


def check_runs(client: Client, commit: str, name: str) -> list[CheckRun]:
    """The latest check runs of that name at the commit."""
    query = urlencode({"check_name": name, "filter": "latest", "per_page": PER_PAGE})
    return client.request("GET", f"/commits/{commit}/check-runs?{query}", _CheckRuns).check_runs


def create_check_run(
    client: Client, commit: str, name: str, external_id: str, conclusion: Conclusion, output: Output, page: str
) -> CheckRun:
    """Make a completed check run."""
    body = {"name": name, "head_sha": commit, "external_id": external_id, **_completed(conclusion, output, page)}
    return client.request("POST", "/check-runs", CheckRun, body)


def update_check_run(client: Client, number: int, conclusion: Conclusion, output: Output, page: str) -> CheckRun:
    """Change what a check run shows; its annotations are *added* to those it has."""
    return client.request("PATCH", f"/check-runs/{number}", CheckRun, _completed(conclusion, output, page))


def annotations(client: Client, number: int) -> Iterator[Annotation]:
    """The annotations that a check run has."""
    return client.pages(f"/check-runs/{number}/annotations", Annotation)


def open_pull_requests(client: Client, owner: str, branch: str) -> Iterator[PullRequest]:
    """The open pull requests from a branch of this name of the owner's, whichever the repository.

    Not those "associated with a commit": of a commit in the default branch, GitHub lists there the merged ones only,
    and a class may keep a pull request for feedback open from that very branch.
    """
    return client.pages("/pulls", PullRequest, state="open", head=f"{owner}:{branch}")


def comments(client: Client, number: int) -> Iterator[Comment]:
    """The comments on a pull request, the oldest first."""
    return client.pages(f"/issues/{number}/comments", Comment)


def create_comment(client: Client, number: int, body: str) -> Comment:
    """Write a comment on a pull request."""
    return client.request("POST", f"/issues/{number}/comments", Comment, {"body": body})


def edit_comment(client: Client, comment: int, body: str) -> Comment:
    """Replace a comment's text."""
    return client.request("PATCH", f"/issues/comments/{comment}", Comment, {"body": body})


def _completed(conclusion: Conclusion, output: Output, page: str) -> dict[str, Any]:
    return {"status": "completed", "conclusion": conclusion, "details_url": page, "output": output}
