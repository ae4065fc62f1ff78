"""What one answer has shown spares the next one time, and changes nothing in its result."""

import msgspec
import pytest

from autograder.grading import recognise, replay, runner
from autograder.grading.grade import open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.runner import Effort, run_task, seed_of
from autograder.grading.submission import Answer
from autograder.tests.conftest import GAPS_01, RIGHT_01


def overriding(body, name="vjp_wrt_x(A, x, v)"):
    return f"{RIGHT_01}\n\ndef {name}:\n    {body}\n"


ANSWERS = {
    "right": RIGHT_01,
    "gap": GAPS_01,
    "wrong": overriding("return 2.0 * (A.T @ v)"),
    "right in other digits": overriding("return np.array([sum(A[:, j] * v) for j in range(A.shape[1])])"),
    "wrong for large inputs": overriding("return A.T @ v if np.abs(A).max(initial=0) < 2.5 else v.sum() * x"),
    "raises at times": overriding("return A.T @ v if len(v) < 4 else 1 / 0"),
    "gives a list": overriding("return (A.T @ v).tolist()"),
    "prints": overriding("print(len(x)); return A.T @ v"),
    "wrong and warns": overriding("import warnings; warnings.warn('careful'); return A @ x"),
    "wrong and prints": overriding("print(len(x)); return A @ x"),
    "changes what it is given": overriding("A *= 2; return A.T @ v / 2"),
    "ends its process": overriding("import os; os._exit(4) if len(v) == 4 else None; return A.T @ v"),
    "the other task": overriding("return 4.0 * x", "slope(x)"),
    "another right one": overriding("return v @ A"),
    "right again": RIGHT_01 + "# again\n",
}


def student_of(text, workers, recordings=None):
    return open_student(Answer("assignments/beginner/01_small.py", text, text.encode()), workers, recordings)


def results(tasks, text, workers, recordings=None, effort=Effort.FULL):
    student = student_of(text, workers, recordings)
    return [
        msgspec.structs.replace(result, seconds=0.0)
        for task in tasks
        for result in run_task(task, student, effort=effort)
    ]


@pytest.fixture
def tasks(course):
    return load_tasks(course / "assignments/beginner/test_01_small.py")


@pytest.fixture
def recordings(tasks, sandboxed):
    return record(tasks, student_of(RIGHT_01, sandboxed))


def test_results_are_those_of_each_answer_alone_in_whatever_order(tasks, recordings, sandboxed):
    alone = {name: results(tasks, text, sandboxed) for name, text in ANSWERS.items()}
    for names in (list(ANSWERS), list(reversed(ANSWERS))):
        for name in names:
            assert results(tasks, ANSWERS[name], sandboxed, recordings) == alone[name], name


@pytest.fixture
def bodies(tasks, monkeypatch):
    """The number of times that the body of 01.1's test is run."""
    count = [0]
    handle = tasks[0].tests[0].function.hypothesis
    body = handle.inner_test

    def counted(student, *args, **kwargs):
        count[0] += 1
        body(student, *args, **kwargs)

    monkeypatch.setattr(handle, "inner_test", counted)
    return count


def test_the_body_of_a_test_is_run_for_replies_that_have_not_passed_before(tasks, recordings, sandboxed, bodies):
    run = {}
    for name in ("right again", "another right one", "another right one"):
        bodies[0] = 0
        assert {result.status for result in results(tasks[:1], ANSWERS[name], sandboxed, recordings)} == {"passed"}
        run.setdefault(name, []).append(bodies[0])
    assert run["right again"] == [0]
    assert run["another right one"][1] == 0


def test_an_answer_that_is_right_in_all_but_the_last_example_fails(tasks, recordings, sandboxed):
    seed = seed_of(tasks[0].tests[0], tasks[0], 0)
    last = recordings[seed, None][-1][1]["case"]
    inputs = (last.A.tolist(), last.x.tolist(), last.v.tolist())
    text = overriding(f"return A.T @ v + ((A.tolist(), x.tolist(), v.tolist()) == {inputs})")
    assert results(tasks[:1], RIGHT_01, sandboxed, recordings)[0].status == "passed"
    assert results(tasks[:1], text, sandboxed, recordings, Effort.VERDICT)[0].status == "failed"


def test_what_a_survey_sees_fail_has_not_passed(tasks, recordings, sandboxed):
    before = {key: [set(one.passed) for one in tape.learned] for key, tape in recordings.items()}
    assert results(tasks[:1], ANSWERS["wrong"], sandboxed, recordings)[0].status == "failed"
    assert {key: [one.passed for one in tape.learned] for key, tape in recordings.items()} == before


@pytest.mark.parametrize(("size", "kept"), [(1 << 16, 2), (1 << 21, 0)])  # floats of 8 bytes
def test_large_values_are_not_kept_to_recognise_a_mistake_by(tasks, sandboxed, monkeypatch, size, kept):
    surveys = []
    monkeypatch.setattr(runner, "Survey", lambda *parts: surveys.append(parts) or recognise.Survey(*parts))
    text = overriding(f"return torch.zeros({size}, dtype=torch.float64)", "slope(x)")
    assert results(tasks[1:2], text, sandboxed)[0].status == "error"
    assert len(surveys) == kept


def test_a_file_is_not_loaded_again_for_the_words_of_a_failure(tasks, sandboxed):
    student = student_of(overriding("import os; os._exit(4)"), sandboxed)
    opened = []
    open_session = student._open

    def counted(task):
        session = open_session(task)
        open_line = session.open_line
        session.open_line = lambda needs: opened.append(task.id) or open_line(needs)
        return session

    student._open = counted
    (result,) = run_task(tasks[0], student)
    assert "vjp_wrt_x(A=" in result.counterexample
    assert opened == ["01.1"]


def test_a_bounded_number_of_right_values_is_remembered(tasks, recordings, sandboxed, monkeypatch):
    monkeypatch.setattr(replay, "VARIANTS", 3)
    for k in range(6):
        text = overriding(f"return A.T @ v * (1 + {k}e-15)")
        assert results(tasks[:1], text, sandboxed, recordings)[0].status == "passed"
    seed = seed_of(tasks[0].tests[0], tasks[0], 0)
    assert max(len(one.passed) for one in recordings[seed, None].learned) == 3


def test_a_misconception_is_asked_once_for_each_call(tasks, recordings, sandboxed, monkeypatch):
    asked = []
    made = recognise.session_of
    monkeypatch.setattr(recognise, "session_of", lambda names, **where: asked.append(names) or made(names, **where))
    first = results(tasks[:1], ANSWERS["wrong"], sandboxed, recordings)
    assert (first[0].misconception, len(asked)) == ("twice the gradient by habit", 1)
    assert results(tasks[:1], ANSWERS["wrong"] + "# again\n", sandboxed, recordings) == first
    assert len(asked) == 1


def test_outcomes_of_misconceptions_do_not_pile_up(tasks, recordings, sandboxed, monkeypatch):
    monkeypatch.setattr(recognise, "KEPT", 5)
    results(tasks[:1], ANSWERS["wrong"], sandboxed, recordings)
    assert max(len(tape.outcomes) for tape in recordings.values()) == 5


DEPENDENT = '''"""Assignment 01 · What is called next depends on what came back"""

from autograder import Task, assert_close, given
from autograder import strategies as st

double = Task("01.1", "double", "half", points=10, hints=("a?", "b", "c"))


@double.test
@given(st.scalars(inexact=True))
def test_half_of_double_is_the_same(student, x):
    """half of double is the same"""
    there = student.double(x)
    assert_close(student.half(there), x)
    assert_close(there, 2 * x)

'''


def test_calls_that_depend_on_what_came_back_are_made_with_what_came_back(course, sandboxed):
    file = course / "assignments/beginner/test_01_small.py"
    file.write_text(DEPENDENT)
    tasks = load_tasks(file)
    answers = [
        "def double(x):\n    return 2 * x\n\ndef half(x):\n    return x / 2\n",
        "def double(x):\n    return x * (2 + 1e-13)\n\ndef half(x):\n    return x / 2\n",
        "def double(x):\n    return x + 1\n\ndef half(x):\n    return x - 1\n",
        "def double(x):\n    return 2 * x\n\ndef half(x):\n    return x / 2 if x < 4 else x\n",
        "def double(x):\n    return None\n\ndef half(x):\n    return x / 2\n",
    ]
    recordings = record(tasks, student_of(answers[0], sandboxed))
    for text in [*answers, *reversed(answers)]:
        assert results(tasks, text, sandboxed, recordings) == results(tasks, text, sandboxed)


def test_a_call_that_hands_on_what_came_back_is_never_sent_ahead(course, sandboxed):
    """The worker could read the right answer to the call before in it."""
    file = course / "assignments/beginner/test_01_small.py"
    file.write_text(DEPENDENT)
    tasks = load_tasks(file)
    solution = "def double(x):\n    return 2 * x\n\ndef half(x):\n    return x / 2\n"
    (tape,) = [found for (_, count), found in record(tasks, student_of(solution, sandboxed)).items() if count is None]
    asked = [
        ([request[1] for request in one.requests], kwargs["x"])
        for one, (_, kwargs) in zip(tape.learned, tape, strict=True)
    ]
    assert len(asked) > 20
    assert {tuple(names) for names, x in asked if x} == {("double",)}
