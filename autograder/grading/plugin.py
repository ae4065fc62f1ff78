"""The pytest plugin: ``pytest assignments`` on a student's laptop, with the same verdicts as ``autograder grade``.

It acts only on test files of a course (``assignments/<level>/test_NN_name.py``); every other test is left alone.
torch is not imported before such a file is collected.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.course import LEVELS, CourseError, Selection, assignment_of, keyword_selection
from autograder.sandbox.environment import ONE_THREAD
from autograder.surroundings import check_asserts

if TYPE_CHECKING:
    from autograder.grading.result import TestResult
    from autograder.grading.student import Student
    from autograder.sandbox.workers import Workers

for _variable, _one in ONE_THREAD.items():
    os.environ.setdefault(_variable, _one)  # before numpy is imported: small tensors, and forking is safe

_SELECTION = pytest.StashKey[Selection | None]()
_WORKERS: "pytest.StashKey[Workers]" = pytest.StashKey()
_RESULT: "pytest.StashKey[TestResult]" = pytest.StashKey()
_TODO_COLOUR = {"yellow": True}


class NotPassed(Exception):
    """A test of the course did not pass; the text is what the student reads."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption(
        "--isolation",
        choices=["auto", "sandbox", "process", "none"],
        default="none",
        help="where answers run: none (here, so that print and pdb work), process, sandbox, or auto",
    )
    group.addoption("--seed", type=int, default=0, help="another seed draws other examples")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """``-k 24``, ``-k 24.1`` and ``-k "24 or E1"`` mean assignments and tasks; anything else is pytest's own."""
    chosen = keyword_selection(config.option.keyword) if config.option.keyword else None
    config.stash[_SELECTION] = chosen
    if chosen is not None:
        config.option.keyword = ""


def pytest_unconfigure(config: pytest.Config) -> None:
    if (workers := config.stash.get(_WORKERS, None)) is not None:
        workers.close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file whose assignment was not asked for is not even imported."""
    chosen = config.stash[_SELECTION]
    assignment = assignment_of(collection_path)
    if chosen is None or assignment is None:
        return None
    return True if not chosen.has_assignment(assignment.id) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path))
    chosen = config.stash[_SELECTION]
    if chosen is None:
        return
    kept = [item for item in items if (task := _task_of(item)) is not None and chosen.has_task(task.id)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """All is imported now; Hypothesis asks for many collections, which need not look at it each time."""
    if any(_task_of(item) is not None for item in session.items):
        try:
            check_asserts()
        except CourseError as error:
            raise pytest.UsageError(str(error)) from None
        gc.freeze()


def _place(path: Path) -> tuple[int, str]:
    """Where a test file stands in the course; other files come first, in the order they had."""
    assignment = assignment_of(path)
    return (LEVELS.index(assignment.level) + 1, assignment.stem) if assignment else (0, "")


def _task_of(item: pytest.Item) -> Any:
    return getattr(getattr(item, "function", None), "autograder_task", None)


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest) -> Iterator["Student"]:
    """The answer beside the test file, ready to be called."""
    from autograder.grading import student as students
    from autograder.grading.grade import broken_file, open_student
    from autograder.grading.submission import Refused, read_answer

    assignment = assignment_of(request.path)
    if assignment is None:
        pytest.fail(f"{request.path.name} is no test file of a course: assignments/<level>/test_NN_name.py", False)
    try:
        answer = read_answer(request.path.parents[2], assignment)
    except Refused as refused:
        pytest.fail(str(refused), pytrace=False)
    workers = _workers(request.config)
    if (broken := broken_file(answer, workers)) is not None:
        pytest.fail(broken, pytrace=False)
    opened = open_student(answer, workers)
    yield opened
    students.end_task(opened)


def _workers(config: pytest.Config) -> "Workers":
    from autograder.sandbox.workers import open_workers

    if _WORKERS not in config.stash:
        config.stash[_WORKERS] = open_workers(config.getoption("--isolation"))
    return config.stash[_WORKERS]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test of the course as ``autograder grade`` runs it."""
    task = _task_of(pyfuncitem)
    if task is None:
        return None
    from autograder.grading.runner import run_test
    from autograder.grading.student import begin_task, task_at_hand
    from autograder.sandbox.errors import NoWorker

    student: Any = pyfuncitem.funcargs["student"]
    if task_at_hand(student) is not task:
        begin_task(student, task)
    test = pyfuncitem.function.autograder_test
    try:
        result = run_test(test, task, student, pyfuncitem.config.getoption("--seed"))
    except NoWorker as problem:
        pytest.exit(str(problem), returncode=2)
    pyfuncitem.stash[_RESULT] = result
    if result.status != "passed":
        raise NotPassed(result.message or f"{task.id} is still to do")
    return True


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A gap is not a failure, and a failure is told in our words, without a traceback of ours."""
    outcome = yield
    task = _task_of(item)
    if task is None:
        return
    report = outcome.get_result()  # type: ignore[attr-defined]
    result = item.stash.get(_RESULT, None)
    report.autograder = (str(item.path), task.id, task.points, result.status if result else "error")
    if call.excinfo is None or not isinstance(call.excinfo.value, NotPassed):
        return
    if result is not None and result.status == "todo":
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"{task.id} is still to do")
    else:
        report.longrepr = str(call.excinfo.value)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    noted = getattr(report, "autograder", None)
    if noted is not None and noted[3] == "todo" and report.skipped:
        return "todo", "t", ("TODO", _TODO_COLOUR)
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A table of points, an assignment a line."""
    tasks = _points(terminalreporter)
    if not tasks:
        return
    terminalreporter.section("points")
    by_file: dict[Path, list[tuple[str, int, set[str]]]] = {}
    for (path, task_id), (points, found) in sorted(tasks.items(), key=lambda entry: (_place(entry[0][0]), entry[0][1])):
        by_file.setdefault(path, []).append((task_id, points, found))
    for path, rows in by_file.items():
        earned, most = sum(points for _, points, found in rows if found == {"passed"}), sum(row[1] for row in rows)
        marks = "  ".join(f"{task_id} {_mark(found)}" for task_id, _, found in rows)
        terminalreporter.write_line(f"{path.stem.removeprefix('test_'):<48} {earned:>3} / {most:<3} {marks}")
    _total(terminalreporter, tasks.values())


def _points(terminalreporter: Any) -> dict[tuple[Path, str], tuple[int, set[str]]]:
    """For each task that was run: its points, and the statuses of its tests."""
    tasks: dict[tuple[Path, str], tuple[int, set[str]]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            noted = getattr(report, "autograder", None)
            if noted is not None and (report.when == "call" or report.failed):
                path, task_id, points, status = noted
                tasks.setdefault((Path(path), task_id), (points, set()))[1].add(status)
    return tasks


def _mark(found: set[str]) -> str:
    if found == {"passed"}:
        return "passed"
    return next(status for status in ("todo", "timeout", "error", "failed") if status in found)


def _total(terminalreporter: Any, tasks: Any) -> None:
    earned = sum(points for points, found in tasks if found == {"passed"})
    most = sum(points for points, _ in tasks)
    to_do = sum("todo" in found for _, found in tasks)
    still = f" {to_do} task{'s' if to_do > 1 else ''} still to do" if to_do else ""
    terminalreporter.write_line(f"{'total':<48} {earned:>3} / {most:<3}{still}", bold=True)
