"""GitHub in trouble: what is tried again, how often, after how long, and what is not. No test waits."""

import email.utils
from dataclasses import replace

import httpx
import pytest

from autograder.reports.github import endpoints
from autograder.reports.github.client import LARGEST_RESPONSE, Client, Refused
from autograder.reports.github.retry import ATTEMPTS, TOTAL, Clock, GaveUp, Patience, TryAgain
from autograder.reports.github.run import run_of
from autograder.tests.reports.github import results
from autograder.tests.reports.github.conftest import HEAD, StillClock, Workflow
from autograder.tests.reports.github.fake_github import (
    FakeGitHub,
    done_but_cut_off,
    drips,
    hangs_up,
    never_ends,
    refuses,
    says,
    sleeps,
    works,
)


@pytest.fixture
def trial(workflow: Workflow, github: FakeGitHub):
    """Set a status with the faults given; what was raised or None, and how long each pause was."""

    def set_status(*faults, timeout=5.0, clock=None):
        github.faults += faults
        still = StillClock()
        patience = Patience(clock or still.clock())
        with Client(run_of(workflow.environment), patience, httpx.Timeout(timeout)) as client:
            try:
                patience.until_done(
                    lambda: endpoints.set_status(client, HEAD, "success", "gradients", "1 / 2", "http://r")
                )
            except (Refused, GaveUp) as error:
                return error, still.slept
        return None, still.slept

    return set_status


def test_500_and_then_an_answer_is_one_pause(trial, github):
    assert trial(refuses(500)) == (None, [1.0])
    assert len(github.requests) == 2


@pytest.mark.parametrize(
    "fault", [refuses(502), refuses(503), hangs_up, done_but_cut_off, says(b"<html>"), says(b"[]")]
)
def test_each_passing_trouble_is_tried_again(trial, github, fault):
    assert trial(fault, fault) == (None, [1.0, 2.0])
    assert len(github.requests) == 3


def test_trouble_that_does_not_pass_ends_after_some_attempts_with_pauses_that_grow(trial, github):
    error, slept = trial(*[refuses(500, "Server Error")] * 20)
    assert isinstance(error, GaveUp)
    assert str(error) == f"POST /repos/owner/course/statuses/{HEAD} was answered with 500: Server Error"
    assert len(github.requests) == ATTEMPTS
    assert slept == [1.0, 2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 451])
def test_a_refusal_is_not_asked_again(trial, github, status):
    error, slept = trial(refuses(status, "Validation Failed"))
    assert isinstance(error, Refused)
    assert error.status == status
    assert (len(github.requests), slept) == (1, [])


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (refuses(403, Retry_After="17"), 17.5),
        (refuses(429, Retry_After="17"), 17.5),
        (refuses(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="1800000042"), 42.5),
        (refuses(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="1700000000"), 0.5),
        (refuses(429, Retry_After=email.utils.formatdate(1_800_000_009)), 9.5),
        (refuses(403, "You have exceeded a secondary rate limit"), 60.5),
        (refuses(429), 60.5),
        (refuses(429, Retry_After="soon"), 60.5),
        (refuses(503, Retry_After="5"), 5.5),
    ],
)
def test_a_limit_of_rate_is_waited_for_as_long_as_github_asks(trial, github, fault, pause):
    """Half a second more, here, so that a whole class does not come back at the same moment."""
    assert trial(fault) == (None, [pause])
    assert len(github.requests) == 2


def test_a_wait_longer_than_the_whole_time_is_not_begun(trial, github):
    error, slept = trial(refuses(403, Retry_After="3600"))
    assert isinstance(error, GaveUp)
    assert (len(github.requests), slept) == (1, [])


def test_all_waits_together_are_bounded(trial, github):
    error, slept = trial(*[refuses(429, Retry_After="99")] * 20)
    assert isinstance(error, GaveUp)
    assert sum(slept) < TOTAL
    assert len(github.requests) == 4


def test_a_slow_answer_is_given_up_and_tried_again(trial, github):
    assert trial(sleeps(60.0), timeout=3.0) == (None, [1.0])
    assert len(github.requests) == 2


def test_an_answer_that_drips_ends_with_the_time(trial, github):
    times = iter([0.0, 0.0, 1.0, 2.0, 3.0, *[TOTAL + 1.0] * 1000])
    hurried = replace(StillClock().clock(), now=lambda: next(times))
    error, _ = trial(drips, clock=hurried)
    assert isinstance(error, GaveUp)
    assert "too slowly" in str(error)
    assert len(github.requests) == 1


def test_an_answer_without_end_is_refused_at_a_bound(trial, github):
    error, slept = trial(never_ends)
    assert isinstance(error, Refused)
    assert f"more than {LARGEST_RESPONSE >> 20} MiB" in str(error)
    assert LARGEST_RESPONSE // 2 < github.endless < 2 * LARGEST_RESPONSE
    assert (len(github.requests), slept) == (1, [])


def test_nobody_listens(trial, github, workflow):
    workflow.environment["GITHUB_API_URL"] = "http://127.0.0.1:9"
    error, slept = trial()
    assert isinstance(error, GaveUp)
    assert "did not get through (ConnectError)" in str(error)
    assert len(slept) == ATTEMPTS - 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_method_and_body(trial, github, status):
    moved = f"{github.address}/repos/owner/course/statuses/{HEAD}?moved"
    assert trial(refuses(status, Location=moved)) == (None, [])
    assert [(method, body["state"]) for method, _, body in github.requests] == [("POST", "success")] * 2


def test_a_redirect_to_another_host_gets_no_request_and_no_token(trial, github):
    with FakeGitHub() as elsewhere:
        error, slept = trial(refuses(307, Location=f"{elsewhere.address}/repos/owner/course/statuses/{HEAD}"))
        assert elsewhere.requests == []
    assert isinstance(error, Refused)
    assert slept == []


def test_redirects_in_a_circle_end(trial, github):
    here = f"{github.address}/repos/owner/course/statuses/{HEAD}"
    error, _ = trial(*[refuses(307, Location=here)] * 20)
    assert isinstance(error, Refused)
    assert len(github.requests) == 4


def test_pauses_of_two_runs_differ():
    pauses = [Patience(Clock())._pause(3) for _ in range(20)]
    assert len(set(pauses)) > 10
    assert all(4.0 <= pause <= 12.0 for pause in pauses)


def test_what_is_no_trouble_of_githubs_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        Patience(StillClock().clock()).until_done(lambda: 1 // 0)
    with pytest.raises(GaveUp, match="once more"):
        Patience(StillClock().clock()).until_done(lambda: (_ for _ in ()).throw(TryAgain("once more")))


# ── nothing twice ──


@pytest.mark.parametrize("spoilt", range(7))
def test_a_lost_answer_makes_no_second_post(workflow, github, spoilt):
    """Each request in turn is carried out, and its answer lost: one check run, each annotation once, one comment."""
    github.add_pull(7, HEAD)
    github.faults += [works] * spoilt + [done_but_cut_off]
    assert workflow.leaves(results.many_failures(60)).post() == 0, workflow.log
    assert len(github.check_runs) == 1
    assert [len(many) for many in github.annotations.values()] == [60]
    assert len(github.comments[7]) == 1
    assert workflow.still.slept == [1.0]


def test_one_post_that_fails_does_not_keep_the_others_from_being_made(workflow, github):
    github.add_pull(7, HEAD)
    github.faults += [refuses(422, "No commit found")]
    assert workflow.leaves(results.half_done()).post() == 1
    assert (len(github.statuses), len(github.check_runs), len(github.comments[7])) == (0, 1, 1)
    assert "This is not your fault" in workflow.summary
    assert "status&#58; POST" in workflow.summary


def test_when_nothing_gets_through_the_score_stands_in_the_summary_and_the_job_is_red(workflow):
    assert workflow.leaves(results.half_done()).post() == 1
    assert "15 / 40 points" in workflow.summary
    assert "not your fault" in workflow.summary
    assert "ghs_secret" not in workflow.log + workflow.summary
