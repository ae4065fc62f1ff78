"""A result in the terminal: a table with colours where there is a terminal, plain text where there is none."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.grading.result import AssignmentResult, Result, Status
from autograder.reports.summary import SYMBOL, WORD, encouragement, first_of_each_task, not_as_released, score_line

BAR_CELLS = 10
MESSAGES_SHOWN = 3
PLAIN_WIDTH = 130  # columns, where there is no terminal to ask
COLOUR: dict[Status, str] = {"passed": "green", "failed": "red", "todo": "yellow", "error": "red", "timeout": "magenta"}
ASCII_SYMBOL: dict[Status, str] = {"passed": "+", "failed": "x", "todo": ".", "error": "!", "timeout": "t"}


def console(*, stderr: bool = False) -> Console:
    """The console of a command; without a terminal it has a fixed width and no colour."""
    found = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH, no_color=True)


def show(result: Result, out: Console) -> None:
    """Write the table, the first failures in full, the total and where to go on."""
    out.print(_table(result, plain=not out.is_terminal, unicode="utf" in (out.encoding or "").lower()))
    told = list(first_of_each_task(result))
    for test in told[:MESSAGES_SHOWN]:
        out.print()
        out.print(Text(test.message), soft_wrap=True)
    if len(told) > MESSAGES_SHOWN:
        out.print(f"\n{len(told) - MESSAGES_SHOWN} more tasks failed; --html FILE or --markdown FILE tells all.")
    out.print(
        f"\n[bold]{score_line(result)}[/bold]  in {result.seconds:.1f} s, isolation {result.provenance.isolation}"
    )
    if result.provenance.notice:
        out.print(escape(result.provenance.notice), soft_wrap=True)
    if changed := not_as_released(result):
        out.print(escape(changed), soft_wrap=True)
    out.print(escape(encouragement(result)), soft_wrap=True)


def _table(result: Result, *, plain: bool, unicode: bool) -> Table:
    table = Table(box=None, pad_edge=False, show_header=not plain, header_style="bold")
    table.add_column("assignment", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("tasks")
    for assignment in result.assignments:
        table.add_row(
            Text(f"{assignment.id} {assignment.title}"),
            _bar(assignment, unicode),
            f"{assignment.score} / {assignment.max_score}",
            _tasks(assignment, unicode),
        )
    return table


def _bar(assignment: AssignmentResult, unicode: bool) -> Text:
    full, empty = ("█", "░") if unicode else ("#", "-")
    cells = round(BAR_CELLS * assignment.score / assignment.max_score) if assignment.max_score else 0
    return Text(full * cells, style="green").append(empty * (BAR_CELLS - cells), style="dim")


def _tasks(assignment: AssignmentResult, unicode: bool) -> Text:
    symbols = SYMBOL if unicode else ASCII_SYMBOL
    text = Text()
    for task in assignment.tasks:
        text.append(f"{task.id} {symbols[task.status]} {WORD[task.status]}", style=COLOUR[task.status]).append("  ")
    return text
