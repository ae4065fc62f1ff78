"""A result as one HTML page: for a student who opens it on a phone. It asks for nothing and has no script.

The score, what is next and what failed come first; then the map of the course, and each assignment with its tasks.
Everything a student wrote is text, and there is room for so much of it that a whole course stays under a megabyte.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from autograder.grading.result import AssignmentResult, Result, Status, TaskResult, TestResult
from autograder.reports import told as messages
from autograder.reports.pages import allowed, pages_of, size, source
from autograder.reports.picture import Picture, picture
from autograder.reports.section import Piece, section_of
from autograder.reports.summary import (
    SYMBOL,
    WORD,
    is_tried,
    levels_of,
    not_as_released,
    score_line,
    standing,
    unfinished,
)

MOST_PRINTED = 4_000  # characters of what one test printed
MOST_OF_A_HEADLINE = 200  # characters, where there is no more room
MARK = {"done": "✓", "to mend": "✗", "begun": "…", "not begun": ""}
_PAGES = pages_of("autograder.reports")


@dataclass
class Room:
    """What the page has left: bytes for messages, for what was printed and for lessons, and numbers for pictures."""

    messages: int = 250_000
    printed: int = 60_000
    pictured: int = 4_000  # each takes about 90 bytes
    lessons: int = 120_000

    def take(self, what: str, wanted: int) -> bool:
        """Whether there is room for so much; it is taken then."""
        left = getattr(self, what) - wanted
        if left < 0:
            return False
        setattr(self, what, left)
        return True


@dataclass(frozen=True)
class Shown:
    """A test that was tried and not passed, as the page tells it."""

    status: Status
    claim: str
    told: messages.Told
    picture: Picture | None
    unpictured: bool
    output: str
    output_cut: bool


@dataclass(frozen=True)
class Failure:
    """A task that was tried and is not passed; or several, where one reason is told of all (a file does not load)."""

    assignment: AssignmentResult
    tasks: list[TaskResult]
    status: Status
    tests: list[Shown] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True)
class Next:
    """The task to go on with; `fold` is the id of the failure that tells of it."""

    id: str
    name: str
    line: int | None
    is_tried: bool
    fold: str


def page(result: Result, to_course: str | None = None, course: Path | None = None) -> str:
    """The whole page. `to_course` leads from it to the course folder, for links to lessons: "..", or an address.

    From `course`, the folder itself, the sections of lessons are taken that treat what failed.
    """
    room = Room()
    failures = list(_failures(result, room))
    sections = _sections(failures, course, room) if course is not None else {}
    folds = {task.id: failure.tasks[0].id for failure in failures for task in failure.tasks}
    tried = [task for one in result.assignments for task in one.tasks if is_tried(task)]
    style = Markup(source(_PAGES, "result.css"))
    return _PAGES.get_template("result.html").render(
        result=result,
        symbol=SYMBOL,
        word=WORD,
        mark=MARK,
        score=score_line(result),
        changed=not_as_released(result),
        counts=_counts(result),
        next=_next(result, folds),
        failures=failures,
        folds=folds,
        tried=len(tried),
        levels=levels_of(result),
        standing=standing,
        to_course=to_course,
        sections=sections,
        section_ids={lesson: f"lesson{number}" for number, lesson in enumerate(sections, 1)},
        lesson_of=lesson_of,
        style=style,
        policy=f"default-src 'none'; style-src '{allowed(style)}'; base-uri 'none'; form-action 'none'",
    )


def way_to(course: Path, file: Path) -> str | None:
    """The relative address of the course folder as seen from a page; None where it has no lessons to lead to."""
    if not (course / "lessons").is_dir():
        return None
    try:
        relative = os.path.relpath(course.resolve(), file.resolve().parent)
    except ValueError:  # another drive
        return course.resolve().as_uri()
    return quote(Path(relative).as_posix())


def lesson_of(assignment: AssignmentResult) -> str:
    """The path of the lesson, relative to the course folder; empty for the exercises, which have none."""
    answer = PurePosixPath(assignment.path)
    return "" if answer.parts[1:2] == ("exercises",) else quote(f"lessons/{answer.parent.name}/{answer.name}")


def _counts(result: Result) -> dict[Status, int]:
    """How many tasks have each status, those that some have."""
    found = Counter(task.status for one in result.assignments for task in one.tasks)
    return {status: found[status] for status in SYMBOL if found[status]}


def _next(result: Result, folds: dict[str, str]) -> tuple[AssignmentResult, Next] | None:
    """What to do next: mend what was tried first, then the first open gap."""
    rest = sorted(unfinished(result), key=lambda one: not is_tried(one[1]))  # stable: else in the order of the course
    if not rest:
        return None
    assignment, task = rest[0]
    return assignment, Next(task.id, task.name, task.line, is_tried(task), folds.get(task.id, ""))


def _sections(failures: list[Failure], course: Path, room: Room) -> dict[messages.Lesson, tuple[Piece, ...]]:
    """The sections that messages name, as far as the course has them and the page has room for them."""
    named = dict.fromkeys(test.told.lesson for failure in failures for test in failure.tests if test.told.lesson)
    found = {lesson: section_of(course, lesson) for lesson in named}
    length = {
        lesson: sum(size(mark.text) + len(f"<{mark.tag}>") for piece in pieces for mark in piece.marks)
        for lesson, pieces in found.items()
    }
    return {lesson: pieces for lesson, pieces in found.items() if pieces and room.take("lessons", length[lesson])}


def _failures(result: Result, room: Room) -> Iterator[Failure]:
    """What failed, in the order of the course."""
    for assignment in result.assignments:
        tried = [task for task in assignment.tasks if is_tried(task)]
        for _, group in groupby(tried, key=_whole_reason):
            tasks = list(group)
            yield _failure(assignment, tasks, room)


def _whole_reason(task: TaskResult) -> str:
    """The one message of all tests of a task, which tasks may share; else the task's id."""
    told = {test.message for test in task.tests}
    return told.pop() if len(told) == 1 and len(task.tests) > 0 else task.id


def _failure(assignment: AssignmentResult, tasks: list[TaskResult], room: Room) -> Failure:
    first, broken = tasks[0], list(dict.fromkeys(_broken(tasks[0])))
    if not room.take("messages", size(broken[0].message)):
        broken[0] = TestResult(broken[0].name, "", first.status, broken[0].message[:MOST_OF_A_HEADLINE] + "…")
    shown = [_shown(broken[0], first.id, room)]
    shown += [_shown(test, first.id, room) for test in broken[1:] if room.take("messages", size(test.message))]
    return Failure(assignment, tasks, first.status, shown, len(broken) - len(shown))


def _broken(task: TaskResult) -> Iterator[TestResult]:
    """The tests that were not passed, in their order, which is that of teaching; each message once."""
    told = set()
    for test in task.tests:
        if test.status not in ("passed", "todo") and test.message not in told:
            told.add(test.message)
            yield test


def _shown(test: TestResult, task: str, room: Room) -> Shown:
    found = messages.told(test.message, task)
    compared = test.comparison
    grids = (compared.yours, compared.expected, compared.measured, compared.expected) if compared else ()
    numbers = sum(len(row) for grid in grids if grid is not None for row in grid.rows)
    drawn = picture(compared) if compared is not None and room.take("pictured", numbers + 10) else None
    output = test.output[:MOST_PRINTED]
    if not room.take("printed", size(output)):
        output = ""
    return Shown(
        test.status,
        test.claim,
        found,
        drawn,
        compared is not None and drawn is None,
        output,
        len(output) < len(test.output),
    )
