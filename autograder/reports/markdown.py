"""A result as Markdown, for a job summary or a comment. Nothing a student wrote is live in it."""

import re

from autograder.grading.result import AssignmentResult, Result
from autograder.reports.summary import SYMBOL, WORD, broken, encouragement, score_line


def markdown(result: Result) -> str:
    """The result as one Markdown text: score, table, each failure folded."""
    lines = [f"## {score_line(result)}", "", inert(encouragement(result)), ""]
    lines += ["| assignment | points | tasks |", "|---|--:|---|", *(_row(one) for one in result.assignments), ""]
    for assignment, task, test in broken(result):
        lines += [
            f"<details><summary>{task.id} {inert(task.name)}: {WORD[test.status]}</summary>",
            "",
            f"{inert(assignment.path)}" + (f", line {task.line}" if task.line else ""),
            "",
            fenced(test.message),
            "</details>",
            "",
        ]
    provenance = result.provenance
    lines.append(f"Graded in isolation `{provenance.isolation}` with seed {provenance.seed}.")
    if provenance.notice:
        lines.append(inert(provenance.notice))
    return "\n".join(lines) + "\n"


def _row(assignment: AssignmentResult) -> str:
    tasks = " ".join(f"{task.id}&nbsp;{SYMBOL[task.status]}" for task in assignment.tasks)
    return f"| {assignment.id} {inert(assignment.title)} | {assignment.score} / {assignment.max_score} | {tasks} |"


def fenced(text: str) -> str:
    """`text` in a code fence longer than any run of backticks in it, so that it cannot end the fence."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def inert(text: str) -> str:
    """`text` on one line with everything escaped that Markdown, HTML or a mention would act on."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", " ".join(escaped.split()))
