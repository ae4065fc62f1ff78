"""The command ``autograder``. Nothing heavy is imported before a command needs it."""

import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder import learning
from autograder.course import CourseError, assignments_in, selection
from autograder.imports import uncollected
from autograder.whole import write_whole

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.grading.result import AssignmentResult, Result

EXIT_UNDER, EXIT_NOT_GRADED = 1, 2

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A course that grades itself."
)


class Isolation(StrEnum):
    """Where a student's code runs."""

    auto = "auto"
    sandbox = "sandbox"
    process = "process"
    none = "none"


@app.callback()
def _several_commands() -> None:
    """Grade the course on gradients in PyTorch."""


@app.command()
def grade(
    path: Annotated[Path, typer.Argument(help="the course folder, which holds assignments/")] = Path("."),
    submission: Annotated[
        Path | None, typer.Option(help="a student's folder: answers are read from there, tests from PATH")
    ] = None,
    only: Annotated[str, typer.Option(help="assignments and tasks to grade: 01,24.2,E1")] = "",
    isolation: Annotated[Isolation, typer.Option(help="where answers run; auto takes the strongest there is")] = (
        Isolation.auto
    ),
    seed: Annotated[int, typer.Option(help="another seed draws other examples")] = 0,
    json: Annotated[Path | None, typer.Option(help="write the result to this file")] = None,
    html: Annotated[Path | None, typer.Option(help="write a page to this file")] = None,
    markdown: Annotated[Path | None, typer.Option(help="write a summary to this file")] = None,
    fail_under: Annotated[int | None, typer.Option(help="exit 1 where the score is under this many points")] = None,
) -> None:
    """Grade the answers in a course folder, as CI does."""
    from autograder.reports.table import console, show

    selected = selection(only)
    chosen = [one for one in assignments_in(path) if selected.has_assignment(one.id)]
    if not chosen:
        raise CourseError(f"--only {only}: this course has no such assignment; leave --only out to grade everything.")
    for file in (json, html, markdown):
        _check_writable(file)
    if submission is not None and not submission.is_dir():
        raise CourseError(f"--submission {submission} is no folder; give a student's clone of the course.")
    result = _graded(path, submission, isolation, only, seed, console(stderr=True), len(chosen))
    if not any(assignment.tasks for assignment in result.assignments):
        raise CourseError(f"--only {only}: this course has no such task; leave --only out to grade everything.")
    _write(result, path, json, html, markdown)
    show(result, console())
    if fail_under is not None and result.score < fail_under:
        raise typer.Exit(EXIT_UNDER)


@app.command()
def post(folder: Annotated[Path, typer.Argument(help="what the grading job left: a folder with result.json")]) -> None:
    """Post a score to GitHub; the workflow runs this, in a job that runs no student's code."""
    try:
        from autograder.reports.github.post import post as post_score
    except ModuleNotFoundError as missing:
        raise CourseError(
            f"posting needs {missing.name}; install it with: pip install -r autograder/reports/github/requirements.txt"
        ) from None
    raise typer.Exit(post_score(folder, os.environ, sys.stdout))


@app.command()
def report(
    result: Annotated[Path, typer.Argument(help="the file that `autograder grade --json` wrote")],
    gradescope: Annotated[Path | None, typer.Option(help="write Gradescope's results.json to this file")] = None,
    classroom50: Annotated[
        Path | None, typer.Option(help="write Classroom 50's result.json; run by its runner, in the student's clone")
    ] = None,
    reporter: Annotated[
        Path | None, typer.Option(help="write what GitHub Classroom's reporter takes, in base64, to this file")
    ] = None,
    badge: Annotated[Path | None, typer.Option(help="write a badge with the score, as SVG, to this file")] = None,
    map: Annotated[
        Path | None, typer.Option(help="write a map of the assignments to this Markdown file, between two comments")
    ] = None,
) -> None:
    """Write a result for another system, or for a README of your own."""
    from autograder.reports.others import write_reports

    for file in (gradescope, classroom50, reporter, badge, map):
        _check_writable(file)
    write_reports(result, gradescope=gradescope, classroom50=classroom50, reporter=reporter, badge=badge, map=map)


for _command in (learning.watch, learning.hint, learning.lesson):
    app.command()(_command)


def _graded(
    path: Path, submission: Path | None, isolation: Isolation, only: str, seed: int, progress: "Console", count: int
) -> "Result":
    """Grade; the sandbox starts to import torch in its own process while this one does."""
    from autograder.surroundings import check_surroundings, one_thread_each

    check_surroundings()
    one_thread_each()
    from autograder.sandbox.workers import open_workers

    with open_workers(isolation.value) as workers, _Progress(progress, count) as shown:
        with uncollected():
            import torch

            from autograder.grading.grade import grade as grade_course
        torch.set_num_threads(1)
        return grade_course(path, workers, submission=submission, only=selection(only), seed=seed, report=shown.step)


class _Progress:
    """A bar on standard error, where that is a terminal. It has no thread: the graders are forked meanwhile."""

    def __init__(self, out: "Console", total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=out, transient=True, auto_refresh=False, disable=not out.is_terminal)
        self._task = self._bar.add_task("grading", total=total)

    def __enter__(self) -> "_Progress":
        self._bar.start()
        self._bar.refresh()
        return self

    def step(self, assignment: "AssignmentResult") -> None:
        self._bar.update(self._task, advance=1, description=f"graded {assignment.id}", refresh=True)

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()


def _check_writable(file: Path | None) -> None:
    """Say before the work, not after it, that a report cannot be written."""
    if file is not None and not (file.parent.is_dir() and os.access(file.parent, os.W_OK)):
        raise CourseError(f"{file} cannot be written: {file.parent} is no folder that you may write to.")


def _write(result: "Result", course: Path, json: Path | None, html: Path | None, markdown: Path | None) -> None:
    if json is not None:
        from autograder.grading.result import to_json

        write_whole(json, to_json(result) + b"\n")
    if html is not None:
        from autograder.reports.page import page, way_to

        write_whole(html, page(result, way_to(course, html), course).encode())
    if markdown is not None:
        from autograder.reports.markdown import markdown as as_markdown

        write_whole(markdown, as_markdown(result).encode())


def print_anything() -> None:
    """A character that the terminal's encoding has not is escaped, and no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run the command; an error that a person can mend is one sentence and exit status 2."""
    from autograder.sandbox.errors import IsolationUnavailable, NoWorker, WorkerDied

    print_anything()
    try:
        app()
    except (CourseError, IsolationUnavailable, NoWorker, WorkerDied, OSError) as error:
        print(f"autograder: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_GRADED)
