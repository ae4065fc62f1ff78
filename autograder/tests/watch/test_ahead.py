"""What is done before a save comes changes no verdict."""

import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.course import CourseError
from autograder.grading.implementations import session_of
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import COUNTS, draw, record
from autograder.grading.runner import run_task, seed_of
from autograder.grading.student import Student
from autograder.grading.submission import Answer
from autograder.tests.conftest import RIGHT_01
from autograder.watch import process
from autograder.watch.messages import Ended, Grade, Graded, Prepare, Ready, Stop, Warm
from autograder.watch.prepared import Prepared
from autograder.watch.process import Gone, GraderProcess
from autograder.watch.saves import Saved, Saves

PATIENCE = 90.0  # seconds: a machine may be busy; nothing here is timed

KINKED = '''"""Assignment 01 · A kink"""

from autograder import Task, assert_gradient, example, given
from autograder import strategies as st

size = Task("01.1", "size", points=4)


@size.test
@given(st.scalars())
@example(2.0)
def test_is_the_slope_of_the_absolute_value(student, x):
    """the slope of |x|"""
    assert_gradient(student.size(x), of=abs, at=x)
'''


def student_of(text: str, recordings=None) -> Student:
    names: dict = {}
    exec(text, names)
    return Student(lambda task: session_of(names, by_hand=task.by_hand, task=task.id), recordings)


def ahead(tasks) -> dict:
    """All examples of the tasks, drawn without an answer."""
    return {
        (seed_of(test, task, 0), count): draw(test, task, count)
        for task in tasks
        for test in task.tests
        for count in (COUNTS if test.drawn else ())
    }


def told(value):
    """Drawn arguments as plain lists."""
    parts = vars(value) if hasattr(value, "__dict__") else {"": value}
    return {key: np.asarray(part).tolist() for key, part in parts.items()}


@pytest.mark.parametrize(
    "name", ["beginner/test_01_basic_scalar_backward", "intermediate/test_17_pitfalls_and_sanity_checks"]
)
def test_examples_drawn_without_an_answer_are_those_recorded_with_the_solution(name):
    course = Path(__file__).parents[3]
    tasks = load_tasks(course / "assignments" / f"{name}.py")
    solution = course / "instructor/solutions" / f"{name.replace('test_', '')}.py"
    recorded = record(tasks, student_of(solution.read_text(encoding="utf-8")))
    drawn = ahead(tasks)
    assert drawn.keys() == recorded.keys()
    for key, examples in drawn.items():
        assert [repr(one) for one in examples] == [repr(one) for one in recorded[key]]


def test_an_example_on_a_kink_has_all_of_them_drawn_again(course):
    tests = course / "assignments/beginner/test_01_small.py"
    tests.write_text(KINKED, encoding="utf-8")
    (task,) = load_tasks(tests)
    key = seed_of(task.tests[0], task, 0), None
    drawn = ahead([task])
    assert any(float(one["x"]) == 0.0 for _, one in drawn[key]), "no example of this test sits on the kink"
    for body in ("(x > 0) - (x < 0)", "1.0", "2.0 * ((x > 0) - (x < 0))"):
        text = f"def size(x):\n    return 1.0 * ({body})\n"
        alone, replayed = (run_task(task, student_of(text, one)) for one in (None, drawn))
        assert [(result.status, result.message, result.misconception) for result in replayed] == [
            (result.status, result.message, result.misconception) for result in alone
        ]


def first(events: list):
    """The first event, when there is one; it is taken from the list."""
    end = time.monotonic() + PATIENCE
    while not events:
        assert time.monotonic() < end
        time.sleep(0.005)
    return events.pop(0)


class Asked:
    """A grader process whose replies are taken one by one."""

    def __init__(self, course: Path) -> None:
        self.replies: list = []
        self.process = GraderProcess(course, self.replies.append)

    def next(self, *kinds: type):
        """The next reply of one of these kinds."""
        end = time.monotonic() + PATIENCE
        while not any(isinstance(reply, kinds) for reply in self.replies):
            assert time.monotonic() < end, self.replies
            time.sleep(0.005)
        found = next(reply for reply in self.replies if isinstance(reply, kinds))
        self.replies.remove(found)
        return found


@pytest.fixture
def grader(course):
    asked = Asked(course)
    yield asked
    asked.process.close()


def test_every_job_is_answered_once_also_where_it_is_stopped(course, answer, grader):
    answer(RIGHT_01.replace("return A.T @ v", "import time\n    time.sleep(1000.0)"))
    ready = grader.next(Ready)
    assert ready.isolation in ("sandbox", "process")
    begun = time.monotonic()
    grader.process.send(Stop(grader.process.number + 1))  # it may come before its job begins
    grader.process.ask(Grade, "01", "01.1")
    assert grader.process.ended_by(grader.next(Ended)) is not None
    for task, seconds in (("01.1", 0.0), ("01.1", 0.3), ("01.2", 0.02), ("01.2", 0.2)):
        grader.process.ask(Grade, "01", task)
        time.sleep(seconds)
        grader.process.stop()
        reply = grader.next(Graded, Ended)
        assert grader.process.ended_by(reply) is not None
    assert time.monotonic() - begun < 50, "an answer may sleep for a minute, but nobody waits for that"
    grader.process.ask(Prepare, "01", "01.2")
    assert grader.process.ended_by(grader.next(Ended)) is not None
    for need in set(ready.needs) & {"forward"}:
        grader.process.ask(Warm, need)
        assert grader.process.ended_by(grader.next(Ended)) is not None
    grader.process.ask(Grade, "01", "01.2")
    reply = grader.next(Graded)
    assert [(test.status, test.message) for test in reply.result.tasks[0].tests] == [("passed", "")] * 2
    time.sleep(0.2)
    assert not [reply for reply in grader.replies if isinstance(reply, Graded | Ended)]


@pytest.fixture
def opened(sandboxed, monkeypatch) -> list:
    """The workers opened in this test, as the lines to them."""
    lines: list = []
    open_line = sandboxed.open_line

    def counted(*arguments):
        lines.append(open_line(*arguments))
        return lines[-1]

    monkeypatch.setattr(sandboxed, "open_line", counted)
    return lines


def test_a_worker_that_was_prepared_is_used_and_one_that_is_gone_is_replaced(sandboxed, opened):
    prepared = Prepared(sandboxed)
    answer = Answer("assignments/beginner/01_small.py", RIGHT_01, b"")
    prepared.prepare(answer.path, by_hand=False)
    prepared.prepare(answer.path, by_hand=False)
    assert len(opened) == 1
    session, problem = prepared.loaded(answer, by_hand=False, task="01.2")
    assert problem is None
    assert len(opened) == 1
    assert session.call("slope", (3.0,)) == 6.0
    session.close()
    prepared.prepare(answer.path, by_hand=False)
    line = opened[-1]
    psutil.Process(line.pid if hasattr(line, "pid") else line.process.pid).kill()
    session, problem = prepared.loaded(answer, by_hand=False, task="01.2")
    assert problem is None
    assert session.call("slope", (4.0,)) == 8.0
    assert len(opened) == 3
    session.close()


def test_what_a_file_came_to_need_is_had_the_next_time(sandboxed, opened):
    prepared = Prepared(sandboxed)
    answer = Answer("assignments/beginner/01_small.py", "import matplotlib.pyplot as plt\n", b"")
    session, problem = prepared.loaded(answer, by_hand=False, task="01.2")
    assert problem is None
    prepared.learn(answer.path, session.needs, answer.text)
    session.close()
    before = len(opened)
    prepared.prepare(answer.path, by_hand=False)
    session, problem = prepared.loaded(answer, by_hand=False, task="01.2")
    assert problem is None
    assert len(opened) == before + 1
    session.close()


def test_a_grader_that_never_starts_is_told_with_its_last_words(course, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no room for torch' >&2\nexit 3\n")
    broken.chmod(0o755)
    if sys.platform != "win32":
        monkeypatch.setattr(process.sys, "executable", str(broken))
    gone: list = []
    lost = GraderProcess(course, gone.append)
    try:
        for _ in range(process.MOST_STARTS - 1):
            lost.again(first(gone))
        ended = first(gone)
        assert isinstance(ended, Gone)
        with pytest.raises(CourseError) as error:
            lost.again(ended)
        assert str(error.value) == "the process that grades ends again and again: no room for torch"
    finally:
        lost.close()


def test_what_a_file_holds_is_news_and_nothing_else(course):
    heard, begun = [], []
    file, tests = (course / "assignments/beginner" / name for name in ("01_small.py", "test_01_small.py"))

    def put(saved: Saved) -> None:
        begun.append(saved)
        if (of_01 := Saved(saved.answers - {"E1"}, saved.tests)) != Saved(frozenset(), frozenset()):
            heard.append(of_01)

    with Saves(course, put):
        end = time.monotonic() + PATIENCE
        while not begun:  # the system needs a moment to begin
            assert time.monotonic() < end
            (course / "assignments/exercises/exercise_01_more.py").write_text(f"a = {time.monotonic()}\n")
            time.sleep(0.05)
        (course / "assignments/beginner/.01_small.py.swp").write_text("x")
        (course / "assignments/beginner/notes.py").write_text("x")
        (course / "assignments/beginner/__pycache__").mkdir()
        file.touch()
        file.write_bytes(file.read_bytes())
        file.write_text("a = 1\n")
        assert first(heard) == Saved(frozenset({"01"}), frozenset())
        tests.write_text("b = 1\n")
        assert first(heard) == Saved(frozenset(), frozenset({"01"}))
        file.unlink()
        assert first(heard) == Saved(frozenset({"01"}), frozenset())
        file.write_text("")
        time.sleep(1.0)
        assert not heard
        file.write_text("a = 1\n")
        assert first(heard) == Saved(frozenset({"01"}), frozenset())
