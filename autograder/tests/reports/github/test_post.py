"""Which posts a run makes, where they go, and what the job's log and status say of it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from autograder.course import CourseError
from autograder.reports.github import texts
from autograder.tests.reports.github import results
from autograder.tests.reports.github.conftest import HEAD, MERGE
from autograder.tests.reports.github.fake_github import BOT, FakeGitHub, refuses, works
from autograder.tests.reports.github.results import assignment_with, result_of, task_of
from autograder.tests.reports.github.test_escape import hostile

# ── where a post goes ──


def test_a_push_gets_status_check_run_and_summary(workflow, github):
    assert workflow.leaves(results.half_done()).post() == 0, workflow.log
    (status,) = github.statuses
    assert (status["sha"], status["state"], status["context"]) == (HEAD, "success", "gradients")
    assert status["description"] == "15 / 40 · 3 tasks to look at"
    assert status["target_url"] == "https://github.example/owner/course/actions/runs/123/attempts/1"
    (check_run,) = github.check_runs
    assert (check_run["head_sha"], check_run["conclusion"]) == (HEAD, "neutral")
    assert "| 01 Two small tasks | 10 / 10 | 01.1&nbsp;✓ 01.2&nbsp;✓ |" in check_run["output"]["summary"]
    assert len(github.annotations[check_run["id"]]) == 3
    assert "15 / 40 points" in workflow.summary
    assert github.comments == {}
    assert workflow.log.splitlines()[1:] == [
        "gradients: status is posted",
        "gradients: check run is posted",
        "gradients: no open pull request of this branch to comment on",
    ]


def test_a_push_to_a_pull_request_of_this_repository_comments_there(workflow, github):
    github.add_pull(3, HEAD, state="closed")
    github.add_pull(4, HEAD, repository="owner/copy-of-course")
    github.add_pull(6, HEAD, branch="other")
    github.add_pull(5, MERGE)
    github.add_pull(7, HEAD)
    assert workflow.leaves(results.half_done()).post() == 0
    assert list(github.comments) == [7]
    assert github.comments[7][0]["body"].startswith(f"{texts.MARKER}\n## 15 / 40 points")


def test_a_branch_may_have_any_name(workflow, github):
    github.add_pull(7, HEAD, branch="ada/task 1&state=closed#é")
    workflow.event("push", ref="refs/heads/ada/task 1&state=closed#é")
    assert workflow.leaves(results.half_done()).post() == 0
    assert list(github.comments) == [7]


def test_a_pull_request_is_posted_to_at_its_head_not_at_the_merge(workflow, github):
    assert workflow.pull_request(7).leaves(results.half_done()).post() == 0
    assert github.statuses[0]["sha"] == github.check_runs[0]["head_sha"] == HEAD
    assert list(github.comments) == [7]
    assert not any(MERGE in path for _, path, _ in github.requests)


def test_github_enterprise_has_a_path_of_its_own(workflow):
    with FakeGitHub(prefix="/api/v3") as enterprise:
        workflow.environment["GITHUB_API_URL"] = f"{enterprise.address}/api/v3"
        assert workflow.leaves(results.half_done()).post() == 0, workflow.log
        assert len(enterprise.statuses) == len(enterprise.check_runs) == 1


def test_each_request_carries_the_token_and_the_version(workflow, github):
    github.add_pull(7, HEAD)
    workflow.leaves(results.half_done()).post()
    for headers in github.headers:
        assert headers["authorization"] == "Bearer ghs_secret"
        assert headers["x-github-api-version"] == "2022-11-28"
        assert headers["accept"] == "application/vnd.github+json"


# ── nothing twice ──


def test_the_comment_is_edited_at_each_push(workflow, github):
    github.add_pull(7, HEAD)
    workflow.leaves(results.half_done()).post()
    workflow.leaves(results.all_done()).post()
    (comment,) = github.comments[7]
    assert "10 / 10 points" in comment["body"]
    assert "15 / 40" not in comment["body"]


@pytest.mark.parametrize("login", ["student", "github-actions", "other-app[bot]"])
def test_the_marker_in_the_comment_of_another_is_not_taken_for_ours(workflow, github, login):
    github.add_pull(7, HEAD)
    body = f"{texts.MARKER}\n290 / 290 points"
    github.add_comment(7, body, login)
    workflow.leaves(results.half_done()).post()
    assert [(comment["user"]["login"], comment["body"][-5:] == body[-5:]) for comment in github.comments[7]] == [
        (login, True),
        (BOT, False),
    ]


def test_a_comment_of_the_bots_that_is_not_ours_is_left_alone(workflow, github):
    github.add_pull(7, HEAD)
    github.add_comment(7, f"a report of another workflow, which quotes {texts.MARKER}", BOT)
    workflow.leaves(results.half_done()).post()
    assert len(github.comments[7]) == 2


def test_our_comment_is_found_behind_many_others(workflow, github):
    github.add_pull(7, HEAD)
    for number in range(120):
        github.add_comment(7, f"comment {number}", "student")
    ours = github.add_comment(7, f"{texts.MARKER}\nold", BOT)
    workflow.leaves(results.half_done()).post()
    assert len(github.comments[7]) == 121
    assert "15 / 40 points" in ours["body"]


def test_a_run_again_updates_its_check_run_and_doubles_no_annotation(workflow, github):
    workflow.leaves(results.many_failures(70)).post()
    workflow.environment["GITHUB_RUN_ATTEMPT"] = "2"
    workflow.leaves(results.many_failures(70)).post()
    (check_run,) = github.check_runs
    assert len(github.annotations[check_run["id"]]) == 70
    assert check_run["details_url"].endswith("/attempts/2")


def test_a_run_again_after_broken_grading_turns_the_same_check_run_to_the_score(workflow, github):
    assert workflow.post() == 1
    assert github.check_runs[0]["conclusion"] == "failure"
    assert workflow.leaves(results.half_done()).post() == 0
    (check_run,) = github.check_runs
    assert check_run["conclusion"] == "neutral"
    assert len(github.annotations[check_run["id"]]) == 3
    assert [status["state"] for status in github.statuses] == ["error", "success"]


def test_an_annotation_that_no_longer_holds_is_not_shown_on(workflow, github):
    """GitHub takes none away, so a new check run takes the place of the old."""
    workflow.leaves(results.half_done()).post()
    workflow.leaves(results.all_done()).post()
    old, new = github.check_runs
    assert (len(github.annotations[old["id"]]), len(github.annotations[new["id"]])) == (3, 0)
    assert new["conclusion"] == "success"


def test_no_request_has_more_than_fifty_annotations(workflow, github):
    workflow.leaves(results.many_failures(300)).post()
    sent = [
        len(body["output"]["annotations"]) for _, path, body in github.requests if body and path.count("check-runs")
    ]
    assert sent == [50, 50, 50, 50]


# ── tokens that only read ──


@pytest.mark.parametrize("repository", ["someone/course", None])
def test_a_pull_request_from_a_fork_has_the_summary_only_and_is_green(workflow, github, repository):
    assert workflow.pull_request(7, repository).leaves(results.half_done()).post() == 0
    assert github.requests == []
    assert "15 / 40 points" in workflow.summary


def test_a_repository_that_is_a_fork_itself_is_posted_to(workflow, github):
    head = {"sha": HEAD, "repo": {"full_name": "Owner/Course", "fork": True}}
    workflow.event("pull_request", pull_request={"number": 7, "head": head})
    assert workflow.leaves(results.half_done()).post() == 0
    assert len(github.statuses) == 1


@pytest.mark.parametrize("who", [{"GITHUB_ACTOR": "dependabot[bot]"}, {}])
def test_a_run_of_dependabots_has_the_summary_only_and_is_green(workflow, github, who):
    workflow.environment |= who
    if not who:
        workflow.event("push", sender={"login": "dependabot[bot]"})
    assert workflow.leaves(results.half_done()).post() == 0
    assert github.requests == []
    assert "15 / 40 points" in workflow.summary


def test_a_token_that_turns_out_to_read_only_leaves_the_summary_and_is_green(workflow, github):
    github.may_write = False
    github.add_pull(7, HEAD)
    assert workflow.leaves(results.half_done()).post() == 0
    assert workflow.still.slept == []
    assert "may not post everything" in workflow.summary
    assert "15 / 40 points" in workflow.summary


def test_a_locked_discussion_costs_the_comment_only(workflow, github):
    github.add_pull(7, HEAD)
    github.faults += [works] * 5 + [refuses(403, "Unable to create comment because issue is locked.")]
    assert workflow.leaves(results.half_done()).post() == 0
    assert len(github.statuses) == len(github.check_runs) == 1
    assert "issue is locked" in workflow.summary


# ── broken infrastructure ──


@pytest.mark.parametrize("grade", ["success", "failure", "cancelled", ""])
@pytest.mark.parametrize("left", [None, b"{", {"score": 290}])
def test_broken_grading_is_red_and_not_the_students_fault(workflow, github, grade, left):
    github.add_pull(7, HEAD)
    workflow.environment["GRADE_RESULT"] = grade
    if left is not None:
        workflow.leaves(left)
    assert workflow.post() == 1
    assert (github.statuses[0]["state"], github.check_runs[0]["conclusion"]) == ("error", "failure")
    for text in (
        github.statuses[0]["description"],
        workflow.summary,
        github.check_runs[0]["output"]["summary"],
        github.comments[7][0]["body"],
    ):
        assert "not your fault" in text
    assert "not the student's fault" in github.check_runs[0]["output"]["title"]


def test_a_folder_that_is_missing_is_broken_grading(workflow, github):
    workflow.folder.rmdir()
    assert workflow.post() == 1
    assert github.statuses[0]["state"] == "error"


def test_broken_grading_on_a_fork_is_red_too(workflow, github):
    assert workflow.pull_request(7, "someone/course").post() == 1
    assert github.requests == []
    assert "not your fault" in workflow.summary


def test_a_result_that_was_written_before_the_job_failed_is_posted_and_says_so(workflow, github):
    workflow.environment["GRADE_RESULT"] = "failure"
    assert workflow.leaves(results.half_done()).post() == 0
    assert github.statuses[0]["description"].startswith("15 / 40")
    assert "failed after it had written this result" in github.check_runs[0]["output"]["summary"]


def test_where_grading_was_skipped_nothing_is_posted(workflow, github):
    workflow.environment["GRADE_RESULT"] = "skipped"
    assert workflow.post() == 0
    assert github.requests == []


# ── the log ──


@given(text=hostile)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_of_a_students_reaches_the_log(workflow, text):
    """Nor the summary as a command: a fork's run, which needs no GitHub."""
    told = result_of(assignment_with("01", [task_of("01.1", "failed", name=text, message=text)], title=text))
    assert workflow.pull_request(7, None).leaves(told).post() == 0
    assert workflow.log.splitlines() == [
        "gradients: 0 / 5 · 1 task to look at",
        "gradients: this pull request comes from a fork, and GitHub gives its runs a token that only reads: "
        "the job's summary is all",
    ]
    Path(workflow.environment["GITHUB_STEP_SUMMARY"]).unlink()


def test_what_github_answers_is_no_command_either(workflow, github):
    github.faults += [refuses(422, "::error::x\n::set-output name=a::b ##[group]")]
    workflow.leaves(results.half_done()).post()
    assert "was answered with 422: : :error: :x : :set-output name=a: :b # #[group]" in workflow.log
    assert "::" not in workflow.log


def test_the_token_is_never_told(workflow, github):
    github.faults += [refuses(401, "Bad credentials")] * 3
    assert workflow.leaves(results.half_done()).post() == 1
    assert "ghs_secret" not in workflow.log + workflow.summary


def test_the_summary_keeps_to_a_mebibyte(workflow, github):
    github.may_write = False
    tasks = [
        [task_of(f"{n:02}.{k}", "failed", message=f"{n} {k} " + "m" * 4_000) for k in range(1, 21)] for n in range(30)
    ]
    assignments = [assignment_with(f"{n:02}", many) for n, many in enumerate(tasks)]
    assert workflow.leaves(result_of(*assignments)).post() == 0
    assert 900_000 < len(workflow.summary.encode()) <= 1 << 20


# ── an environment that is none ──


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "owner/course/../../other"),
        ("GITHUB_SHA", "main"),
        ("GITHUB_TOKEN", ""),
        ("GITHUB_TOKEN", "two\nlines"),
        ("GITHUB_API_URL", "file:///etc"),
        ("GITHUB_API_URL", "https://user@api.github.com"),
        ("GITHUB_RUN_ID", "../1"),
        ("GITHUB_EVENT_PATH", "/nowhere/event.json"),
        ("GITHUB_EVENT_PATH", ""),
    ],
)
def test_an_environment_that_is_no_workflows_is_told_in_one_sentence(workflow, name, value):
    workflow.environment[name] = value
    with pytest.raises(CourseError, match=rf"^{name} .*[.]$"):
        workflow.leaves(results.half_done()).post()


@pytest.mark.parametrize("event", [b"", b"[]", b'{"pull_request": {"number": 1, "head": {"sha": "../../x"}}}'])
def test_an_event_that_is_none_is_told_in_one_sentence(workflow, event):
    Path(workflow.environment["GITHUB_EVENT_PATH"]).write_bytes(event)
    with pytest.raises(CourseError, match="GITHUB_EVENT_PATH"):
        workflow.leaves(results.half_done()).post()


def test_events_of_other_kinds_are_posted_at_their_commit(workflow, github):
    for name, payload in {"workflow_dispatch": {"inputs": None}, "schedule": {"schedule": "0 0 * * *"}}.items():
        workflow.event(name, **payload)
        assert workflow.leaves(results.half_done()).post() == 0
    assert {status["sha"] for status in github.statuses} == {HEAD}


def test_without_a_summary_file_the_posts_are_made_all_the_same(workflow, github):
    workflow.environment["GITHUB_STEP_SUMMARY"] = str(workflow.folder)
    assert workflow.leaves(results.half_done()).post() == 0
    assert "the job's summary cannot be written" in workflow.log
    del workflow.environment["GITHUB_STEP_SUMMARY"]
    assert workflow.post() == 0
    assert len(github.statuses) == 2
