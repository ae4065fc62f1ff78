"""One HTML page about a class, which needs no network, and no script to be read.

The class is surveyed in one pass; then the page is written piece by piece, and each student's messages are read
again when their turn comes. So memory holds one result, whatever the size of the class.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean, median

from markupsafe import Markup

from autograder.course import CourseError
from autograder.grading.result import Result, TaskResult, TestResult
from autograder.reports.pages import allowed, pages_of, source
from autograder.reports.summary import broken
from instructor.cohort.distribution import HEIGHT, WIDTH, histogram
from instructor.cohort.heat_map import GLYPH, LETTER, SAID, cells, folding, look
from instructor.cohort.roster import Person
from instructor.cohort.store import Store
from instructor.cohort.survey import MistakeSurvey, Student, Survey, TaskSurvey, TestSurvey, is_unloadable, survey

PAGE = "dashboard.html"  # in the folder with the results, where no other file is asked for
SLOWEST = 8  # tests by their median, and as many by their longest
MOST_NAMED = 20  # people in a sentence
LEADING = 3  # mistakes in a sentence, where several are as common
COMMONEST = 20  # mistakes; the others are folded
ENOUGH = 5  # students who began a task before its numbers are taken for a reason to look at it
MANY_TASKS = 40  # beyond these a narrow window begins with assignments folded
MOST_TOLD = 20_000  # characters of messages for one student; a long evening's mistakes are under that
LINE = 110  # characters
_TOLD_ELSEWHERE = ("  claim ", "  again ", "  lesson ", "  likely ", "  autograd and finite differences agree")
_PAGES = pages_of("instructor.cohort")


@dataclass(frozen=True)
class Failure:
    """A task that was tried and is not passed: what its first failed test told, and what the others are about."""

    task: TaskResult
    message: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a student was told: of files that could not be read or loaded, of tasks, and how many tasks are left out."""

    files: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    left_out: int = 0


def write_dashboard(store: Store, people: list[Person], path: Path) -> Survey:
    """Write the page about all results in `store` (with a roster: of its people) to `path`; return what is on it."""
    found = survey(store.results(), people)
    students = sorted(found.students, key=lambda one: (-one.score, one.name.casefold(), one.person.id))
    style, script = _style(found), Markup(source(_PAGES, "dashboard.js"))
    stream = _PAGES.get_template("dashboard.html").stream(
        **_words(),
        **_figures(found, students),
        survey=found,
        students=students,
        place={one.person.id: number for number, one in enumerate(students)},
        cells=lambda student: cells(student, found.assignments.values()),
        told=lambda student: told(result) if (result := store.result_of(student.person.id)) else Told(),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{allowed(style)}'; script-src '{allowed(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    stream.enable_buffering(500)
    try:
        with open(path, "wb") as file:
            stream.dump(file, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error.strerror}); give another --html.") from None
    return found


def _words() -> dict[str, object]:
    sizes = {"most_named": MOST_NAMED, "most_leading": LEADING, "commonest": COMMONEST, "many_tasks": MANY_TASKS}
    return sizes | {"glyph": GLYPH, "said": SAID, "letter": LETTER, "look": look}


def _figures(found: Survey, students: list[Student]) -> dict[str, object]:
    scores = [one.score for one in students]
    handed_in = [one.score for one in students if one.handed_in]
    max_score = max((one.max_score for one in students), default=0)
    tasks = [task for assignment in found.assignments.values() for task in assignment.tasks.values()]
    mistakes = sorted(found.mistakes.values(), key=lambda one: (-one.students, one.name))
    return {
        "max_score": max_score,
        "mean": fmean(scores) if scores else None,
        "median": median(scores) if scores else None,
        "mean_handed_in": fmean(handed_in) if handed_in else None,
        "handed_in": len(handed_in),
        "idle": [one for one in students if one.handed_in and not one.began],
        "empty_handed": [one for one in students if not one.handed_in],
        "complete": [one for one in students if one.score == one.max_score],
        "histogram": histogram(scores, max_score),
        "drawing": (WIDTH, HEIGHT),
        "tasks": tasks,
        "hardest": _hardest(tasks),
        "odd": [one for one in tasks if one.item.is_odd],
        "mistakes": mistakes,
        "leading": _leading(mistakes),
        "timed_out": sorted((one for one in tasks if one.timed_out), key=lambda one: -len(one.timed_out)),
        "slowest": _slowest([test for task in tasks for test in task.tests.values() if test.seconds]),
        "graded": _from_to(*found.graded) if found.graded else "",
        "uneven": len({tuple(one.marks) for one in students}) > 1,
    }


def _from_to(first: datetime, last: datetime) -> str:
    """Two times of day and their dates, in UTC, in the resolution of a minute."""
    end = last.strftime("%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M")
    return f"{first:%Y-%m-%d %H:%M} to {end} UTC"


def _hardest(tasks: list[TaskSurvey]) -> list[TaskSurvey]:
    judged = [one for one in tasks if one.item.begun >= ENOUGH and one.item.passed < one.item.begun]
    return sorted(judged, key=lambda one: one.item.difficulty or 0.0)[:3]


def _leading(mistakes: list[MistakeSurvey]) -> list[MistakeSurvey]:
    """The mistakes that most students have; none where that is one student each."""
    most = mistakes[0].students if mistakes else 0
    return [one for one in mistakes if one.students == most] if most > 1 else []


def _slowest(tests: list[TestSurvey]) -> list[TestSurvey]:
    """The tests that are slow for most, and those that were slowest for anybody."""
    by_median = sorted(tests, key=lambda one: -one.median)
    by_longest = sorted(tests, key=lambda one: -one.longest)
    chosen = by_median[:SLOWEST] + [one for one in by_longest[:SLOWEST] if one not in by_median[:SLOWEST]]
    return sorted(chosen, key=lambda one: -one.median)


def told(result: Result) -> Told:
    """What a student was told of all that is not passed, shortened, as far as there is room."""
    files, tests = [], dict[str, tuple[TaskResult, list[TestResult]]]()
    for assignment, task, test in broken(result):
        if assignment.path not in result.provenance.files or is_unloadable(assignment):
            files.append(_cut(test.message, 2 * LINE))
        else:
            tests.setdefault(task.id, (task, []))[1].append(test)
    failures, room = [], MOST_TOLD
    for task, (first, *others) in tests.values():
        failure = Failure(task, shortened(first), tuple(_cut(test.claim or test.name) for test in others))
        room -= len(failure.message) + sum(map(len, failure.others))
        if room < 0:
            break
        failures.append(failure)
    return Told(tuple(files), tuple(failures), len(tests) - len(failures))


def shortened(test: TestResult) -> str:
    """A test's message without what the page tells elsewhere: the claim, the cure of a named mistake."""
    first, *rest = test.message.split("\n")
    lines = [line for line in rest if not line.startswith(_TOLD_ELSEWHERE)]
    if test.misconception is not None:
        lines.append(f"  likely  {test.misconception}")
    return "\n".join([_cut(first, 2 * LINE), *map(_cut, lines)])


def _cut(line: str, longest: int = LINE) -> str:
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _style(found: Survey) -> Markup:
    """The page's style, with the rules that fold an assignment's tasks."""
    return Markup(source(_PAGES, "dashboard.css") + folding(len(found.assignments)))
