"""A result as Markdown, for a job summary, a check or a comment. Nothing a student wrote is live in it."""

from collections.abc import Callable, Iterable, Iterator

from autograder.grading.result import AssignmentResult, Result, TaskResult, TestResult
from autograder.reports.github.escape import code, fenced, inert
from autograder.reports.summary import SYMBOL, WORD, broken, encouragement, not_as_released, score_line

Place = Callable[[str, int | None], str]
"""How a line of an answer's file is shown: its path, relative to the course folder, and the line if it is known."""


def code_place(path: str, line: int | None) -> str:
    """A place as code, to be copied: `path:12`."""
    return code(path if line is None else f"{path}:{line}")


def markdown(result: Result) -> str:
    """The result as one Markdown text: score, table, each failure folded."""
    return "\n".join([*head(result), *(failure(*one) for one in broken(result)), provenance(result)]) + "\n"


def head(result: Result, place: Place = code_place) -> list[str]:
    """Score, one sentence, and the table; what is not begun is folded away, where something is."""
    begun = [one for one in result.assignments if _begun(one)]
    rest = [one for one in result.assignments if not _begun(one)]
    lines = [f"## {score_line(result)}", "", encouragement(result, lambda where, task: _gap(where, task, place)), ""]
    if begun:
        lines += [*table(begun), ""]
    if rest:
        count = f"{len(rest)} assignment{'' if len(rest) == 1 else 's'}"
        lines += [*_folded(f"{count} not begun", "\n".join(table(rest))), ""]
    return lines


def table(assignments: Iterable[AssignmentResult]) -> Iterator[str]:
    """A row an assignment, with its points and a glyph for each task."""
    yield "| assignment | points | tasks |"
    yield "|:--|--:|:--|"
    for one in assignments:
        tasks = " ".join(f"{task.id}&nbsp;{SYMBOL[task.status]}" for task in one.tasks)
        yield f"| {one.id} {inert(one.title)} | {one.score} / {one.max_score} | {tasks} |"


def failure(assignment: AssignmentResult, task: TaskResult, test: TestResult, place: Place = code_place) -> str:
    """One failed test, folded: where its gap stands, and what the student reads."""
    summary = f"<b>{task.id}</b> {inert(task.name)}: {WORD[test.status]}"
    return "\n".join([*_folded(summary, f"{place(assignment.path, task.line)}\n\n{fenced(test.message)}"), ""])


def provenance(result: Result) -> str:
    """How it was graded, in a sentence or two."""
    told = result.provenance
    notes = "".join(f" {inert(note)}" for note in (told.notice, not_as_released(result)) if note)
    return f"Graded in isolation `{told.isolation}` with seed {told.seed}.{notes}"


def _begun(assignment: AssignmentResult) -> bool:
    return any(task.status != "todo" for task in assignment.tasks)


def _gap(assignment: AssignmentResult, task: TaskResult, place: Place) -> str:
    return f"{place(assignment.path, task.line)} ({task.id} {code(task.name)})"


def _folded(summary: str, text: str) -> list[str]:
    return [f"<details><summary>{summary}</summary>", "", text, "", "</details>"]
