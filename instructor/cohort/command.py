"""What ``instructor grade`` shows: a line a student, a bar with the time left, and how it ended."""

from dataclasses import replace
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.grading.result import Result
from autograder.reports.summary import score_line
from autograder.reports.table import console
from instructor.cohort.roster import read_roster
from instructor.cohort.run import Run, Settings, enter_class, grade_class
from instructor.cohort.seed import seed_of
from instructor.cohort.store import RESULTS


def grade_and_show(submissions: Path, roster: Path | None, seed: int | None, settings: Settings) -> None:
    """Grade a class, tell of it, and enter it into the gradebook; a `seed` counts before that of the settings.

    Raises CourseError where that cannot be done.
    """
    people = read_roster(roster) if roster is not None else []
    out = console()
    chosen, told = seed_of(seed, settings.out)
    settings = replace(settings, seed=chosen)
    if told:
        out.print(escape(told), soft_wrap=True)
    with _Bar(console(stderr=True)) as bar:

        def step(run: Run, student: str, result: Result | None) -> None:
            if result is not None:
                out.print(f"{escape(student):<32} {score_line(result):>18}", highlight=False)
            bar.step(run)

        run = grade_class(submissions, settings, people, step)
    _ended(run, settings, out)
    if settings.gradebook:
        from instructor.cohort.gradebook import shown

        for problem in enter_class(run, settings, people):
            out.print(f"note: {escape(problem)}", soft_wrap=True)
        out.print(f"entered into the gradebook {shown(settings.gradebook)}", soft_wrap=True, markup=False)


def _ended(run: Run, settings: Settings, out: Console) -> None:
    for warning in run.warnings:
        out.print(f"note: {escape(warning)}", soft_wrap=True)
    if run.missing:
        out.print(f"no submission, 0 points: {escape(', '.join(run.missing))}", soft_wrap=True)
    told = f"{len(run.graded)} graded, {run.unchanged} unchanged"
    if run.graded:
        scores = {student: score for student, score, _ in run.graded}
        told += f"; mean of those graded {fmean(scores.values()):.1f} of {run.graded[0][2]} points"
        handed_in = [score for student, score in scores.items() if student not in run.empty]
        if handed_in and len(handed_in) < len(scores):
            others = len(scores) - len(handed_in)
            told += f", {fmean(handed_in):.1f} without the {others} who handed in nothing"
    out.print(f"{told}. Results: {settings.out / RESULTS}", soft_wrap=True)


class _Bar:
    """A bar on standard error, where that is a terminal. It has no thread: graders are forked meanwhile."""

    def __init__(self, out: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=out, transient=True, auto_refresh=False, disable=not out.is_terminal)
        self._task = self._bar.add_task("drawing examples", total=None)

    def __enter__(self) -> "_Bar":
        self._bar.start()
        self._bar.refresh()
        return self

    def step(self, run: Run) -> None:
        """One more submission is done."""
        done = len(run.graded) + run.unchanged
        self._bar.update(self._task, completed=done, total=run.total, description="grading", refresh=True)

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()
