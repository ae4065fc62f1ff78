"""Posting one run's score: the job's summary, a commit status, a check run, and a comment on the pull request.

Each post is found before it is made, so that a run that is repeated, or an answer that was lost, makes nothing twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from autograder.reports.github import endpoints, texts
from autograder.reports.github.client import Client, Refused
from autograder.reports.github.escape import inert, loggable
from autograder.reports.github.hostile import Unreadable, read_result
from autograder.reports.github.retry import Clock, GaveUp, Patience
from autograder.reports.github.run import Run, run_of
from autograder.reports.github.texts import Posts

CONTEXT = "gradients"  # the commit status
CHECK = "gradients by task"  # the check run; another name, or one list would show two equal ones
EXTERNAL_ID = "gradients-in-pytorch"
ANNOTATIONS_A_REQUEST = 50
ACTIONS_BOT = "github-actions[bot]"  # whom a workflow's own token speaks for
EXIT_POSTED, EXIT_BROKEN = 0, 1


@dataclass
class _Notes:
    """What is to be said after the posts: refused for want of rights, and failed."""

    forbidden: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def post(folder: Path, environment: Mapping[str, str], out: TextIO, clock: Clock | None = None) -> int:
    """Post what the grading job left in `folder`; the exit status is 0 where all was posted that may be.

    Raises CourseError where the environment is not a workflow's.
    """
    run = run_of(environment)
    if run.grade == "skipped":
        _say(out, "nothing was graded, so nothing is posted")
        return EXIT_POSTED
    try:
        result = read_result(folder)
        posts, status = texts.graded(result, run), EXIT_POSTED
    except Unreadable as reason:
        posts, status = texts.not_graded(str(reason), run), EXIT_BROKEN
    _append(run.summary, posts.text(texts.MOST_JOB_SUMMARY), out)
    _say(out, posts.description)
    if run.read_only:
        _say(out, f"{run.read_only}: the job's summary is all")
        return status
    notes = _Notes()
    with Client(run, patience := Patience(clock or Clock())) as client:
        _post_all(client, patience, run, posts, notes, out)
    return _told(run, notes, out) or status


def _post_all(client: Client, patience: Patience, run: Run, posts: Posts, notes: _Notes, out: TextIO) -> None:
    """Status, check run and comments; one that fails does not keep the others from being tried."""
    bot = ACTIONS_BOT

    def status() -> str:
        nonlocal bot
        made = endpoints.set_status(client, run.commit, posts.state, CONTEXT, posts.description, run.page)
        bot = made.creator.login if made.creator else ACTIONS_BOT
        return "status is posted"

    for name, operation in (
        ("status", status),
        ("check run", lambda: _check_run(client, run, posts)),
        ("comment", lambda: _comment(client, run, posts, bot)),
    ):
        _tried(name, operation, patience, notes, out)


def _tried(name: str, operation: Callable[[], str], patience: Patience, notes: _Notes, out: TextIO) -> None:
    try:
        told = patience.until_done(operation)
    except Refused as refused:
        (notes.forbidden if refused.status == 403 else notes.failed).append(f"{name}: {refused}")
    except GaveUp as gave_up:
        notes.failed.append(f"{name}: {gave_up}")
    else:
        _say(out, told)


def _check_run(client: Client, run: Run, posts: Posts) -> str:
    """Update the check run that is there, or make one.

    GitHub adds annotations to those a check run has and takes none away. So only the missing ones are sent, and where
    it has one that does not belong, a new check run takes the place of the old.
    """
    summary = posts.text(texts.MOST_SUMMARY)
    found = [one for one in endpoints.check_runs(client, run.commit, CHECK) if one.external_id == EXTERNAL_ID]
    had = {_same(one) for one in endpoints.annotations(client, found[0].id)} if found else set()
    if found and had <= {_same(one) for one in posts.annotations}:
        number = found[0].id
        batches = _batches([one for one in posts.annotations if _same(one) not in had])
    else:
        first, *batches = _batches(posts.annotations)
        output = endpoints.Output(posts.title, summary, first)
        made = endpoints.create_check_run(client, run.commit, CHECK, EXTERNAL_ID, posts.conclusion, output, run.page)
        number = made.id
    for batch in batches:
        output = endpoints.Output(posts.title, summary, batch)
        endpoints.update_check_run(client, number, posts.conclusion, output, run.page)
    return "check run is posted"


def _batches(annotations: list[endpoints.Annotation]) -> list[list[endpoints.Annotation]]:
    """The annotations in parts that one request takes; at least one part, be it empty."""
    starts = range(0, max(1, len(annotations)), ANNOTATIONS_A_REQUEST)
    return [annotations[start : start + ANNOTATIONS_A_REQUEST] for start in starts]


def _same(one: endpoints.Annotation) -> tuple[str, int, str, str]:
    """What makes two annotations one, whatever became of spaces on the way."""
    return one.path, one.start_line, " ".join((one.title or "").split()), " ".join((one.message or "").split())


def _comment(client: Client, run: Run, posts: Posts, bot: str) -> str:
    """Edit the bot's own comment on each pull request that this commit heads, or write it."""
    body = f"{texts.MARKER}\n{posts.text(texts.MOST_COMMENT - len(texts.MARKER) - 1)}"
    numbers = _pull_requests(client, run)
    for number in numbers:
        mine = (
            comment.id
            for comment in endpoints.comments(client, number)
            if comment.user and comment.user.login == bot and comment.body.startswith(texts.MARKER)
        )
        if (comment := next(mine, None)) is not None:
            endpoints.edit_comment(client, comment, body)
        else:
            endpoints.create_comment(client, number, body)
    told = " and ".join(str(number) for number in numbers)
    return (
        f"comment on pull request {told} is posted" if numbers else "no open pull request of this branch to comment on"
    )


def _pull_requests(client: Client, run: Run) -> list[int]:
    """The pull request that started the run, or the open ones of this repository whose head is this very commit."""
    if run.pull_request is not None:
        return [run.pull_request]
    if run.branch is None:
        return []
    return [
        one.number
        for one in endpoints.open_pull_requests(client, run.repository.split("/")[0], run.branch)
        if one.head.sha == run.commit
        and one.head.repo is not None
        and one.head.repo.full_name.lower() == run.repository.lower()
    ]


def _told(run: Run, notes: _Notes, out: TextIO) -> int:
    """Say in log and summary what was not posted; the exit status."""
    told = []
    if notes.forbidden:
        told.append("This run's token may not post everything, so the score stands here:")
        told += notes.forbidden
    if notes.failed:
        told.append("Something could not be posted. This is not your fault; re-run the job, or push again later:")
        told += notes.failed
    for line in told:
        _say(out, line)
    if told:
        _append(run.summary, "\n" + "".join(f"- {inert(line)}\n" for line in told), out)
    return EXIT_BROKEN if notes.failed else EXIT_POSTED


def _append(summary: Path | None, text: str, out: TextIO) -> None:
    """Add to the job's summary; where that cannot be written, the posts are made all the same."""
    if summary is None:
        return
    try:
        with summary.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        _say(out, f"the job's summary cannot be written ({error.strerror})")


def _say(out: TextIO, line: str) -> None:
    print(f"gradients: {loggable(line)}", file=out, flush=True)
