"""What a watch says: of real verdicts, and of what can happen to it."""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from rich.console import Console

from autograder.course import CourseError, assignments_in
from autograder.declared import Declared
from autograder.grading.result import Result, TaskResult
from autograder.names import tasks_named
from autograder.watch import loop, words
from autograder.watch.grader import Grader, Tests
from autograder.watch.grader import _task as task_in
from autograder.watch.messages import Ready
from autograder.watch.saves import Blind
from autograder.watch.screen import Screen
from autograder.watch.work import Arrived, Finished, Verdict

Told = Iterator[tuple[str, str]]


def verdict(result: Result, status: str) -> Verdict:
    """A verdict made from a graded task: its first test as it is, and two more of another status."""
    one = result.assignments[0]
    return Verdict(msgspec.structs.replace(one, tasks=(_task(one.tasks[0], status),)), 0)


def _task(task: TaskResult, status: str) -> TaskResult:
    score = task.max_score if status == "passed" else 0
    return msgspec.structs.replace(task, status=status, score=score)


def sentences(course: Path, result: Result) -> Told:
    """The words of autograder.watch.words on the small course, one function after the other."""
    tasks = tasks_named(course, "")
    first, second, last = tasks
    failed, passed, todo = (verdict(result, status) for status in ("failed", "passed", "todo"))
    single = _with_tests(failed, "failed")
    several = _with_tests(failed, "failed", "passed", "passed")
    better, worse = _with_tests(failed, "failed", "passed", "passed"), _with_tests(failed, "failed", "failed", "passed")
    yield from {
        "watching one task": words.watching([first]),
        "watching an assignment": words.watching([first, second]),
        "watching all": words.watching(tasks),
        "the heading of a task": f"{words.heading(first)}\n{words.heading(second)}",
        "a gap": words.difference(None, todo),
        "its first try fails": words.difference(None, single),
        "its first try passes some": words.difference(None, several),
        "more tests pass": words.difference(worse, better),
        "fewer tests pass": words.difference(better, worse),
        "the same tests fail": words.difference(single, single),
        "the same of several tests fail": words.difference(several, several),
        "something else fails": words.difference(_saying(single, "x"), single),
        "passed": "\n".join(words.passed(_with_tests(passed, *["passed"] * (1 + k % 3)), k) for k in range(4)),
        "lost": words.lost(first),
        "found passed": "\n".join(words.found_passed(tasks[:count]) for count in (1, 2, 3)),
        "many found passed": words.found_passed([*tasks, last]),
        "finished with one task": words.finished([first], 4),
        "finished": words.finished(tasks, 20),
        "onward": words.onward(first.assignment, assignments_in(course))
        + words.onward(last.assignment, assignments_in(course)),
        "onward to a lesson": words.onward(_before(first).assignment, [_before(first).assignment, first.assignment]),
        "the keys": f"{words.bar('01.1', 100)}\n{words.bar('01.1', 30)}\n{words.HELP}",
        "testing": f"{words.testing(first, 0, 0, 0, 0)}\n{words.testing(first, 1, 3, 4, 2)}",
        "isolation": words.isolated("process", None) + words.isolated("sandbox", None),
        "printed": words.printed(_printing(failed, "a line\n" * 9)),
    }.items()


def _before(task: Declared) -> Declared:
    """The same task in an assignment of another number."""
    return replace(task, assignment=replace(task.assignment, id="00"))


def _with_tests(one: Verdict, *statuses: str) -> Verdict:
    task = one.task
    tests = tuple(msgspec.structs.replace(task.tests[0], status=status) for status in statuses)
    return _of(one, msgspec.structs.replace(task, tests=tests))


def _saying(one: Verdict, message: str) -> Verdict:
    return _of(
        one, msgspec.structs.replace(one.task, tests=(msgspec.structs.replace(one.task.tests[0], message=message),))
    )


def _printing(one: Verdict, output: str) -> Verdict:
    return _of(
        one, msgspec.structs.replace(one.task, tests=(msgspec.structs.replace(one.task.tests[0], output=output),))
    )


def _of(one: Verdict, task: TaskResult) -> Verdict:
    return Verdict(msgspec.structs.replace(one.assignment, tasks=(task,)), one.changes, one.broken)


def happenings(course: Path, result: Result) -> Told:
    """What can happen to a watch, without its process and its terminal."""
    watch = loop.Watch(course, "01")
    out = io.StringIO()
    watch.screen = Screen(Console(file=out, width=120, no_color=True))

    def told() -> str:
        text = out.getvalue().strip()
        out.seek(0), out.truncate()
        return text

    first = watch.work.tasks[0]
    watch.tell_below()
    yield "the last line, at first", watch.screen.below
    watch.ready, watch.keys = Ready("sandbox", None, {}, ()), SimpleNamespace(there=True)
    watch.grader = SimpleNamespace(job=None)
    watch.tell_below()
    yield "the last line, where all is passed", watch.screen.below
    watch.hint()
    yield "h, where all is passed", told()
    watch.handle(Blind("no watches left"))
    yield "files cannot be watched", told()
    test_file = course / first.assignment.tests
    text = test_file.read_text(encoding="utf-8")
    watch.declared_anew(frozenset({"01"}))
    yield "the tests have changed", told()
    test_file.write_text("x = (\n", encoding="utf-8")
    watch.declared_anew(frozenset({"01"}))
    test_file.write_text(text, encoding="utf-8")
    yield "the tests are in the middle of a change", told()
    watch.page(result)
    yield "o", told()
    watch.course = course / first.assignment.tests  # no folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", "/nowhere")
        watch.page(result)
    watch.course = course
    yield "o, where nothing can be written", told()
    watch.arrive(Arrived(first, verdict(result, "todo"), (first,)))
    yield "a task comes up", told()
    watch.arrive(Arrived(first, verdict(result, "failed"), ()))
    yield "a task comes up that fails", told()
    watch.tell(Verdict(verdict(result, "failed").assignment, 0, "assignments/beginner/01_small.py:3 cannot be loaded."))
    yield "a file that cannot be loaded", told()
    grader = object.__new__(Grader)  # without its workers
    grader.course, grader.tests = course, {}
    missing = replace(first.assignment, stem="01_gone")
    for title, ask in {
        "the tests of an assignment are gone": lambda: grader.assignment("24"),
        "the tests of an assignment are gone just now": lambda: grader.tests_of(missing),
        "a task is gone": lambda: task_in(Tests("", "", []), "01.9"),
    }.items():
        with pytest.raises(CourseError) as error:
            ask()
        yield title, str(error.value)
    watch.finish(Finished((first,)))
    yield "the end", told()
