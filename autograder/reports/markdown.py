"""A result as Markdown, for a job summary, a check or a comment. Nothing a student wrote is live in it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

from autograder.grading.result import AssignmentResult, Result, Status, TaskResult, TestResult
from autograder.reports.github.escape import code, fenced, inert
from autograder.reports.summary import SYMBOL, WORD, broken, encouragement, levels_of, not_as_released, score_line

GLYPH: dict[Status, str] = {**SYMBOL, "todo": "○", "timeout": "∞"}  # a dot looks like a comma here, ⧖ is in few fonts
MOST_OF_A_TASK = 10  # messages shown

Broken = tuple[AssignmentResult, TaskResult, TestResult]
Place = Callable[[str, int | None], str]
"""How a line of an answer's file is shown: its path, relative to the course folder, and the line if it is known."""


def code_place(path: str, line: int | None) -> str:
    """A place as code, to be copied: `path:12`."""
    return code(path if line is None else f"{path}:{line}")


def markdown(result: Result) -> str:
    """The result as one Markdown text: score, table, each failure folded."""
    return "\n".join([*head(result), *failures(broken(result)), provenance(result)]) + "\n"


def head(result: Result, place: Place = code_place) -> list[str]:
    """Score, one sentence, and the table; what is not begun is folded away."""
    begun = [one for one in result.assignments if _begun(one)]
    rest = [one for one in result.assignments if not _begun(one)]
    lines = [f"## {score_line(result)}", "", encouragement(result, lambda where, task: _gap(where, task, place)), ""]
    if levels := _levels(result):
        lines += [levels, ""]
    if begun:
        lines += [*table(begun), "", _legend(begun), ""]
    if rest:
        count = f"{len(rest)} assignment{'' if len(rest) == 1 else 's'}"
        lines.append(_folded(f"{count} not begun", "\n".join(table(rest))))
    return lines


def table(assignments: Iterable[AssignmentResult]) -> Iterator[str]:
    """A row an assignment, with its points and a glyph for each task."""
    yield "| assignment | points | tasks |"
    yield "|:--|--:|:--|"
    for one in assignments:
        tasks = " ".join(f"{task.id}&nbsp;{GLYPH[task.status]}" for task in one.tasks)
        yield f"| {one.id} {inert(one.title)} | {one.score} / {one.max_score} | {tasks} |"


def failures(found: Iterable[Broken], place: Place = code_place) -> Iterator[str]:
    """A fold for each task of `found`, the first one open: where its gap stands, and what the student reads."""
    for number, (_, tests) in enumerate(groupby(found, key=lambda one: one[1].id)):
        several = list(islice(tests, MOST_OF_A_TASK))
        assignment, task, _ = several[0]
        summary = f"<b>{task.id}</b> {inert(task.name)}: {WORD[task.status]}"
        messages = [fenced(test.message) for _, _, test in several]
        yield _folded(summary, "\n\n".join([place(assignment.path, task.line), *messages]), is_open=number == 0)


def provenance(result: Result) -> str:
    """How it was graded, in a sentence or two."""
    told = result.provenance
    notes = "".join(f" {inert(note)}" for note in (told.notice, not_as_released(result)) if note)
    return f"Graded in isolation `{told.isolation}` with seed {told.seed}.{notes}"


def _begun(assignment: AssignmentResult) -> bool:
    return any(task.status != "todo" for task in assignment.tasks)


def _gap(assignment: AssignmentResult, task: TaskResult, place: Place) -> str:
    return f"{place(assignment.path, task.line)} ({task.id} {code(task.name)})"


def _levels(result: Result) -> str:
    """The points of each level in one line; nothing where there is only one."""
    levels = levels_of(result)
    told = " · ".join(f"{inert(level.name)} {level.score} / {level.max_score}" for level in levels)
    return told if len(levels) > 1 else ""


def _legend(assignments: list[AssignmentResult]) -> str:
    used = {task.status for one in assignments for task in one.tasks}
    return ", ".join(f"{GLYPH[status]} {WORD[status]}" for status in GLYPH if status in used)


def _folded(summary: str, text: str, *, is_open: bool = False) -> str:
    """A fold, with the blank lines around its text that Markdown wants."""
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{text}\n\n</details>\n"
