"""Every request is held to GitHub's own description by a server that is not ours; so are the small GitHub's answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from autograder.tests.reports.github import description, results
from autograder.tests.reports.github.conftest import HEAD, Workflow
from autograder.tests.reports.github.fake_github import BOT, FakeGitHub

PRODUCTS = ("api.github.com", "ghes-3.19")


@dataclass(frozen=True)
class Held:
    """A description between the poster and the small GitHub: what breaks it does not arrive."""

    github: FakeGitHub
    address: str


@pytest.fixture(scope="module", params=PRODUCTS)
def description_between(
    request: pytest.FixtureRequest, npm: Path, prism: Callable[[str, FakeGitHub], str]
) -> Iterator[Held]:
    with FakeGitHub(partial(description.example, request.param)) as github:
        yield Held(github, prism(request.param, github))


@pytest.fixture
def held(description_between: Held, workflow: Workflow) -> Held:
    description_between.github.forget()
    workflow.environment["GITHUB_API_URL"] = description_between.address
    return description_between


def endpoints_used(github: FakeGitHub) -> set[tuple[str, str]]:
    """The endpoints, as the description names them, of the requests that arrived."""
    import re

    found = set()
    for method, path, _ in github.requests:
        for template in description.USED:
            form = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(form, path) and method.lower() in description.USED[template]:
                found.add((method, template))
    return found


def test_all_endpoints_and_all_posts_keep_to_the_description(held, workflow):
    """120 failures and a comment, twice over: each endpoint is used, and each request found valid."""
    held.github.add_pull(7, HEAD)
    workflow.leaves(results.many_failures(120))
    assert workflow.post() == 0, workflow.log
    workflow.environment["GITHUB_RUN_ATTEMPT"] = "2"
    assert workflow.post() == 0, workflow.log
    assert endpoints_used(held.github) == {
        (method.upper(), path) for path, methods in description.USED.items() for method in methods
    }
    assert len(held.github.check_runs) == 1
    assert [len(many) for many in held.github.annotations.values()] == [120]
    assert [comment["user"]["login"] for comment in held.github.comments[7]] == [BOT]
    assert held.github.statuses[-1]["target_url"] == ("https://github.example/owner/course/actions/runs/123/attempts/2")


@pytest.mark.parametrize("left", [results.nothing_done(), results.half_done(), results.all_done(), b"no result"])
def test_every_kind_of_result_keeps_to_the_description(held, workflow, left):
    held.github.add_pull(7, HEAD)
    assert workflow.leaves(left).post() == (left == b"no result"), workflow.log
    assert workflow.log.count("is posted") == 3


def test_the_server_between_refuses_what_the_description_does_not_allow(held):
    """Else the tests above would prove nothing."""
    address = f"{held.address}/repos/owner/course"
    output = {"title": "t", "summary": "s"}
    annotation = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}
    check_run = {"name": "n", "head_sha": HEAD, "status": "completed", "conclusion": "neutral"}
    for path, body in [
        (f"statuses/{HEAD}", {"state": "great"}),
        ("check-runs", {**check_run, "output": {"title": "t"}}),
        ("check-runs", {**check_run, "output": {**output, "annotations": [annotation] * 51}}),
        ("check-runs", {**check_run, "output": {**output, "annotations": [{**annotation, "start_line": "1"}]}}),
        ("check-runs", {**check_run, "output": {**output, "summary": "s" * 65_536}}),
        ("issues/7/comments", {"text": "no body"}),
    ]:
        assert httpx.post(f"{address}/{path}", json=body, timeout=30).status_code == 422, (path, body)
    assert httpx.get(f"{address}/issues/seven/comments", timeout=30).status_code == 422
    assert httpx.post(f"{address}/issues/comments", json={}, timeout=30).status_code in (404, 405)
    assert held.github.requests == []


def test_a_malformed_answer_of_the_small_github_is_seen_too(held):
    kept, held.github.example = held.github.example, lambda path, method, status: {}
    try:
        answer = httpx.post(f"{held.address}/repos/owner/course/issues/7/comments", json={"body": "b"}, timeout=30)
    finally:
        held.github.example = kept
    assert answer.status_code == 500
    assert "response body" in answer.text.lower()
