"""What is posted for a student's push: both jobs of both modes are really run, for work not begun, begun and done."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from autograder.reports.github.texts import MARKER
from instructor.tests.workflows.classroom import COURSE, FIRST, MATRIX, MODES
from instructor.tests.workflows.runner import Event


def live(markdown):
    """What of a Markdown text GitHub acts on: all but code, where it sees no mention, link or HTML."""
    blocks = MarkdownIt("commonmark").enable("table").parse(markdown)
    parts = [part for block in blocks for part in (block.children or [block])]
    code = ("fence", "code_block", "code_inline")
    return " ".join(f"{part.content} {part.attrs}" for part in parts if part.type not in code)


NOTES = {"assignments/notes.txt": "I have begun.\n"}


@pytest.mark.parametrize("mode", MODES)
def test_nothing_done_yet_is_an_encouraging_0_and_no_red_cross(student, small, mode, look):
    ada = student(small, mode)
    run = ada.push(NOTES)
    told = look(ada, run)
    assert run.green
    assert (told.state, told.description) == ("success", "0 / 30 · a fresh start")
    assert (told.conclusion, told.annotations, told.comments) == ("neutral", [], [])
    assert told.summary.startswith("## 0 / 30 points\n\nA fresh start; the next gap is")
    assert "in isolation `sandbox` with seed 0" in told.summary


@pytest.mark.parametrize(
    ("mode", "course", "points"), [("plain", "small", 30), ("pinned", "small", 30), ("pinned", "whole", 290)]
)
def test_all_done_is_full_marks(request, student, solved, mode, course, points, look):
    room = request.getfixturevalue(course)
    ada = student(room, mode)
    template = room.templates[mode]
    run = ada.push({path: text for path, text in solved.items() if (template / path).exists()})
    told = look(ada, run)
    assert run.green
    assert (told.state, told.description) == ("success", f"{points} / {points} · all passed")
    assert (told.conclusion, told.annotations) == ("success", [])


@pytest.mark.parametrize("mode", MODES)
def test_half_done_is_told_at_the_gap_that_failed_and_nothing_of_a_students_text_is_live(request, mode):
    half = request.getfixturevalue(f"half_done_{mode}")
    run, told = half.run, half.told
    assert run.green
    assert (told.state, told.description) == ("success", "10 / 30 · 1 task to look at")
    assert told.conclusion == "neutral"
    ((path, line, level),) = [(one["path"], one["start_line"], one["annotation_level"]) for one in told.annotations]
    assert (path, level) == (str(MATRIX.answer), "warning")
    pushed_text = half.student.hub.text(half.student.repository, run.event.sha, path)
    assert "TODO 24.1" in pushed_text.splitlines()[line - 1]
    assert len(told.comments) == 1
    assert told.comments[0].startswith(f"{MARKER}\n## 10 / 30 points")
    for text in (told.summary, told.comments[0], told.check):
        assert "owned @teacher" in text
        assert not re.search(r"owned|teacher|bold|evil", live(text))


def test_posting_again_edits_what_is_there_and_finds_the_result_of_the_first_attempt(half_done_pinned):
    ada, run = half_done_pinned.student, half_done_pinned.run
    again = ada.runner.again(run, "post")
    assert again.green
    assert again.jobs["post"].steps["Fetch the result"] == "success"
    (check,) = ada.posted.checks
    (comment,) = ada.posted.comments
    assert len(check["annotations"]) == 1
    assert "/attempts/2" in check["details_url"]
    assert "/attempts/2" in comment["body"]


def test_on_a_pull_request_from_a_fork_the_jobs_summary_is_all_and_green(student, small, solved, look):
    ada = student(small, "plain")
    fork = f"eve/{ada.repository.split('/')[1]}"
    ada.hub.fork(ada.repository, fork)
    head = ada.hub.push(fork, {str(FIRST.answer): solved[str(FIRST.answer)]})
    merge = ada.hub.merge(ada.repository, 7, head)
    pull = {"number": 7, "head": {"sha": head.sha, "repo": {"full_name": fork}}}
    event = Event(
        *("pull_request", ada.repository, merge, "refs/pull/7/merge", {"number": 7, "pull_request": pull}),
        head.changed, actor="eve", read_only=True,
    )  # fmt: skip
    run = ada.runner.start(event)
    told = look(ada, run)
    assert run.green
    assert run.jobs["post"].summary.startswith("## 10 / 30 points")
    assert told.state is None
    assert ada.posted.checks == ada.posted.comments == ada.posted.refused == []


def test_a_run_of_dependabots_is_green_and_posts_nothing_more(half_done_plain):
    ada, run = half_done_plain.student, half_done_plain.run
    before = len(ada.posted.statuses[run.event.sha])
    again = ada.runner.again(replace(run, event=replace(run.event, actor="dependabot[bot]", read_only=True)), "post")
    assert again.green
    assert "Dependabot started this run" in "".join(again.jobs["post"].log)
    assert again.jobs["post"].summary.startswith("## 10 / 30 points")
    assert len(ada.posted.statuses[run.event.sha]) == before
    assert ada.posted.refused == []


def test_a_pull_request_of_the_students_own_branch_starts_no_job(student, small):
    ada = student(small, "pinned")
    head = ada.hub.push(ada.repository, NOTES, branch="try")
    merge = ada.hub.merge(ada.repository, 3, head)
    pull = {"number": 3, "head": {"sha": head.sha, "repo": {"full_name": ada.repository}}}
    run = ada.runner.start(
        Event("pull_request", ada.repository, merge, "refs/pull/3/merge", {"pull_request": pull}, head.changed)
    )
    assert {name: job.result for name, job in run.jobs.items()} == {"grade": "skipped", "post": "skipped"}


def test_the_grading_job_has_no_token_and_the_posting_job_no_torch(half_done_pinned, images):
    run = half_done_pinned.run
    assert "ghs_" not in f"{run.jobs['grade'].environment} {run.jobs['grade'].log}"
    assert not (images["post"].packages / "torch").exists()
    assert (images["post"].packages / "httpx").exists()


def test_what_is_pinned_is_this_very_release(whole):
    text = (whole.templates["pinned"] / ".github/workflows/grade.yml").read_text(encoding="utf-8")
    commit = whole.hub.text(whole.release, "main", ".github/workflows/grade-pinned.yml")
    assert commit == (COURSE / ".github/workflows/grade-pinned.yml").read_text(encoding="utf-8").strip()
    assert f"uses: {whole.release}/.github/workflows/grade-pinned.yml@" in text
