"""Examples that were recorded are those that Hypothesis draws."""

import numpy as np
import pytest

from autograder.grading.implementations import session_of
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.runner import Effort, run_task, seed_of
from autograder.grading.student import Student
from autograder.tests.conftest import RIGHT_01


def student_of(text, recordings=None):
    names: dict = {}
    exec(text, names)
    return Student(lambda task: session_of(names, by_hand=task.by_hand, task=task.id), recordings)


@pytest.fixture
def tasks(course):
    return load_tasks(course / "assignments/beginner/test_01_small.py")


def told(value):
    """Drawn arguments as plain lists."""
    return (
        {key: np.asarray(part).tolist() for key, part in vars(value).items()} if hasattr(value, "__dict__") else value
    )


def test_a_second_recording_is_the_same(tasks):
    first, second = (record(tasks, student_of(RIGHT_01)) for _ in range(2))
    for recordings in (first, second):
        for key, tape in recordings.items():
            recordings[key] = [{name: told(value) for name, value in drawn.items()} for _, drawn in tape]
    assert first == second


WRONG = [
    "return 2.0 * (A.T @ v)",
    "return A.T @ v if len(x) < 4 else v[:1] * x",
    "return A.T @ v if A.sum() < 9 else x",
    "return A.T @ v",
]


@pytest.mark.parametrize("body", WRONG)
def test_the_verdicts_are_those_of_examples_drawn_anew(tasks, body):
    text = f"{RIGHT_01}\n\ndef vjp_wrt_x(A, x, v):\n    {body}\n"
    recordings = record(tasks, student_of(RIGHT_01))
    found = []
    for student in (student_of(text), student_of(text, recordings)):
        results = run_task(tasks[0], student, effort=Effort.NAMED)
        found.append([(result.name, result.status, result.misconception) for result in results])
    assert found[0] == found[1]


def test_the_number_of_examples_is_that_of_the_test(tasks):
    recordings = record(tasks, student_of(RIGHT_01))
    seed = seed_of(tasks[0].tests[0], tasks[0], 0)
    assert len(recordings[seed, None]) == 50


def test_a_test_that_the_solution_fails_is_not_recorded(tasks):
    recordings = record(tasks, student_of(f"{RIGHT_01}\n\ndef vjp_wrt_x(A, x, v):\n    return x\n"))
    assert seed_of(tasks[0].tests[0], tasks[0], 0) not in {seed for seed, _ in recordings}
    assert recordings


def test_an_answer_that_is_right_only_when_asked_again_is_refused(tasks):
    text = f"{RIGHT_01}\n\ncalls = []\n\ndef vjp_wrt_x(A, x, v):\n    calls.append(1)\n"
    text += "    return A.T @ v + (len(calls) == 1)\n"
    recordings = record(tasks, student_of(RIGHT_01))
    for student in (student_of(text), student_of(text, recordings)):
        result = run_task(tasks[0], student, effort=Effort.FULL)[0]
        assert result.status == "failed"
        assert "differs from one call to the next" in result.message
