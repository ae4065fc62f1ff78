"""What is posted, word for word, within GitHub's limits. Sizes are bytes, never fewer than characters."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from autograder.grading.result import AssignmentResult, Result, TaskResult, TestResult
from autograder.reports.github.endpoints import Annotation, Conclusion, State
from autograder.reports.github.escape import inert, unlinked
from autograder.reports.github.run import Run
from autograder.reports.markdown import Place, failures, head, provenance
from autograder.reports.summary import WORD, broken, unfinished

MOST_DESCRIPTION = 140  # characters of a status
MOST_TITLE = 255  # characters of a check run's or an annotation's title
MOST_SUMMARY = 65_535  # of a check run
MOST_COMMENT = 65_536
MOST_JOB_SUMMARY = (1 << 20) - (16 << 10)  # 1 MiB for a step, with room for what is said after the posts
MOST_ANNOTATIONS = 200  # four requests; a course has 88 tasks
MOST_MESSAGE = 4_000  # bytes of one failure's text; an honest one has 12 lines, an annotation may have 64 KB
MOST_FAILURES = 1_000  # texts; a course has 250 tests

MARKER = "<!-- gradients-in-pytorch: the score, edited at each push -->"


@dataclass(frozen=True)
class Posts:
    """Everything that a run posts. `body` is cut for each place by `within`."""

    state: State
    description: str
    conclusion: Conclusion
    title: str
    lines: list[str]
    foot: str
    annotations: list[Annotation]

    def text(self, most: int) -> str:
        """The Markdown in at most `most` bytes."""
        return within(most, self.lines, self.foot)


def graded(result: Result, run: Run) -> Posts:
    """The posts of a result.

    A wrong answer is no red cross: the state says that grading worked, and the number how far the student is. Red is
    kept for the day on which something is broken that is not the student's.
    """
    numbers = f"{result.score} / {result.max_score}"
    open_tasks = [task for _, task in unfinished(result)]
    wrong = sum(task.status != "todo" for task in open_tasks)
    standing = _standing(result, wrong, bool(open_tasks))
    place = _linked_place(run)
    told = ((where, task, _short(test)) for where, task, test in islice(broken(result), MOST_FAILURES))
    annotations = _annotations(result)
    foot = [f"{_commit(run)} · [log]({run.page}) · {provenance(result)}"]
    if len(annotations) > MOST_ANNOTATIONS:
        foot.append(f"{len(annotations) - MOST_ANNOTATIONS} more tasks are not marked in the files.")
    if run.grade not in ("success", ""):
        foot.append("The grading job failed after it had written this result; its log says why.")
    return Posts(
        state="success",
        description=cut(f"{numbers}{standing}", MOST_DESCRIPTION),
        conclusion="neutral" if open_tasks else "success",
        title=cut(f"{numbers} points{standing}", MOST_TITLE),
        lines=[*head(result, place), *failures(told, place)],
        foot="\n\n".join(foot),
        annotations=annotations[:MOST_ANNOTATIONS],
    )


def not_graded(reason: str, run: Run) -> Posts:
    """The posts where there is no result: red, and clear about whose fault it is not."""
    told = {
        "cancelled": "the grading job was stopped before its end, by hand, by a newer push or by its time limit",
        "failure": "the grading job failed",
    }
    why = "; ".join(part for part in (told.get(run.grade), inert(reason)) if part)
    lines = [
        "## Grading did not work. This is not your fault.",
        "",
        f"Your answers were not judged, and no points are lost: {why}.",
        "",
        f"**You** can push again, or open [this run]({run.page}) and choose *Re-run all jobs*. If that does not help, "
        "show the page to your teacher.",
        "",
        "**Teacher:** the log of the grading job says what broke. Common causes: no runner was free, a download failed "
        "(torch's index, PyPI), the workflow or `autograder/` was edited, the time limit was reached.",
        "",
    ]
    return Posts(
        state="error",
        description="Grading did not work; this is not your fault",
        conclusion="failure",
        title="Grading did not work; this is not the student's fault",
        lines=lines,
        foot=_commit(run),
        annotations=[],
    )


def within(most: int, blocks: Iterable[str], foot: str) -> str:
    """The blocks and the foot in at most `most` bytes: what does not fit is left out at the end, and counted."""
    blocks = list(blocks)
    kept: list[str] = []
    left = most - len(foot.encode()) - 200  # the sentence below, and line ends
    for block in blocks:
        left -= len(block.encode()) + 1
        if left < 0:
            missing = len(blocks) - len(kept)
            kept.append(f"\n{missing} more parts do not fit here; `autograder grade --html report.html` tells all.\n")
            break
        kept.append(block)
    return "\n".join([*kept, foot]) + "\n"


def cut(text: str, most: int) -> str:
    """`text` in at most `most` bytes, ended at a line's end where that loses little, with a sentence that says so."""
    data = text.encode()
    if len(data) <= most:
        return text
    ending = "…" if most < 1000 else "\n… the rest of this text is cut"
    kept = data[: most - len(ending.encode())].decode(errors="ignore")
    last_line = kept.rfind("\n")
    if last_line > len(kept) * 3 // 4:
        kept = kept[:last_line]
    return kept.rstrip() + ending


def _standing(result: Result, wrong: int, is_open: bool) -> str:
    if not is_open:
        return " · all passed"
    if wrong:
        return f" · {wrong} task{'' if wrong == 1 else 's'} to look at"
    return "" if result.score else " · a fresh start"


def _short(test: TestResult) -> TestResult:
    return TestResult(test.name, test.claim, test.status, cut(test.message, MOST_MESSAGE))


def _commit(run: Run) -> str:
    return f"Commit [{run.commit[:10]}]({run.repository_page}/commit/{run.commit})"


def _linked_place(run: Run) -> Place:
    """A place as a link to the line at this commit. The path is one that `hostile` let in."""

    def place(path: str, line: int | None) -> str:
        where = path if line is None else f"{path}:{line}"
        return f"[`{where}`]({run.repository_page}/blob/{run.commit}/{path}{'' if line is None else f'#L{line}'})"

    return place


def _annotations(result: Result) -> list[Annotation]:
    """One for each task that failed, at its gap; what one line would be told twice is told once."""
    found: dict[tuple[str, int, str], Annotation] = {}
    for assignment, task in unfinished(result):
        if task.status != "todo":
            one = _annotation(assignment, task)
            found.setdefault((one.path, one.start_line, one.message or ""), one)
    return list(found.values())


def _annotation(assignment: AssignmentResult, task: TaskResult) -> Annotation:
    told = next(test for test in task.tests if test.status not in ("passed", "todo"))
    line = task.line or 1
    return Annotation(
        path=assignment.path,
        start_line=line,
        end_line=line,
        annotation_level="warning",
        message=unlinked(cut(told.message, MOST_MESSAGE)) or WORD[task.status],
        title=cut(unlinked(f"{task.id} {task.name}: {WORD[task.status]}"), MOST_TITLE),
    )
