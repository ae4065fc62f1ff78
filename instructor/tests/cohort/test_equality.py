"""A class gets the verdicts of `autograder grade`: a sample of the course's known answers, and what would show it.

All of them: python instructor/benchmarks/equal_verdicts.py
"""

import random
import warnings
from pathlib import Path

import msgspec
import pytest

from autograder.course import assignments_in, selection
from autograder.grading.grade import grade_answer, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.submission import Answer
from autograder.sandbox.limits import Limits
from instructor.cohort.equality import Difference, all_known, compare, unlike

COURSE = Path(__file__).parents[3]
SAMPLED = 5  # tasks of the course
SEED = 20  # of the sample


def sample():
    """Tasks of the course, each with a wrong, a right and a half-finished answer."""
    drawn = random.Random(SEED)
    for assignment in drawn.sample(assignments_in(COURSE), SAMPLED):
        known = all_known(COURSE, assignment)
        task = drawn.choice(sorted({one.task for one in known if one.kind == "wrong"}))
        about = {kind: [one for one in known if one.kind == kind and one.task in (task, "")] for kind in KINDS}
        yield assignment, task, [drawn.choice(about[kind]) for kind in KINDS]


KINDS = ("wrong", "right", "half")


@pytest.mark.parametrize(("assignment", "task", "answers"), list(sample()), ids=lambda part: getattr(part, "id", None))
def test_results_in_a_class_are_those_of_each_answer_by_itself(assignment, task, answers, sandboxed, monkeypatch):
    monkeypatch.setattr(sandboxed, "limits", Limits())  # those of tests are tight for an answer that trains
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wrong formulas overflow and divide by zero
        found = compare(COURSE, assignment, answers, selection(task), workers=sandboxed)
    assert (found.answers, found.different) == (3, [])
    assert found.tests >= 3


def test_a_result_that_differs_is_told(solved, sandboxed):
    (assignment, *_) = assignments_in(solved)
    tasks = load_tasks(solved / assignment.tests)
    text = (solved / assignment.answer).read_text(encoding="utf-8")
    answer = Answer(str(assignment.answer), text, text.encode())
    recordings = record(tasks, open_student(answer, sandboxed))
    alone = grade_answer(assignment, "", tasks, answer, sandboxed, seed=0)
    of_class = grade_answer(assignment, "", tasks, answer, sandboxed, seed=0, recordings=recordings)
    assert unlike(alone, of_class) == []
    first = of_class.tasks[0]
    test = msgspec.structs.replace(first.tests[0], message="another text", seconds=9.0)
    changed = msgspec.structs.replace(first, tests=(test, *first.tests[1:]), score=0)
    (told, points) = unlike(alone, msgspec.structs.replace(of_class, tasks=(changed, *of_class.tasks[1:])))
    assert "message '' and 'another text'" in told.told
    assert not told.of_verdicts
    assert points == Difference("01.1 has 4 points by itself and 0 in a class", of_verdicts=True)
