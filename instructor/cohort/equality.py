"""Does a class get the verdicts of ``autograder grade``? Known answers graded both ways, compared test by test.

As a class: examples drawn once, and what was learned from one answer used for the next (autograder.grading.replay).
By itself: every example drawn for this answer alone, as ``autograder grade`` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from autograder.course import Assignment, Selection, title_of
from autograder.grading.grade import grade_answer, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.result import AssignmentResult, TestResult
from autograder.grading.runner import PUBLIC_SEED
from autograder.grading.submission import Answer
from autograder.sandbox.workers import Workers
from instructor.answers import known_answers
from instructor.cohort.invented import half_finished
from instructor.release import solution_of


@dataclass(frozen=True)
class Known:
    """An answer to compare with: its kind ("right", "wrong" or "half"), the task it is about, what it does."""

    kind: str
    task: str
    about: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A sentence about it; `of_verdicts` where it is no matter of words: another status, another score.

    An answer that remembers earlier calls may return another number on another way to the same verdict.
    """

    told: str
    of_verdicts: bool


@dataclass
class Comparison:
    """What came of one assignment. `different` tells of each test whose results are not the same."""

    assignment: str
    answers: int = 0
    tests: int = 0
    failed: int = 0
    named: int = 0
    different: list[Difference] = field(default_factory=list)


def all_known(course: Path, assignment: Assignment) -> list[Known]:
    """The solution, its half-finished forms, and every right and wrong answer to an assignment."""
    solution = (course / solution_of(assignment)).read_text(encoding="utf-8")
    given = [
        Known(kind, answer.task, answer.about, answer.text)
        for kind in ("wrong", "right")
        for answer in known_answers(course, assignment, kind)
    ]
    half = half_finished(solution, assignment.answer.name)
    return [
        *given,
        *(Known("half", "", f"half finished, {k} tasks done", text) for k, text in enumerate(half)),
        Known("right", "", "the solution", solution),
    ]


def compare(
    course: Path,
    assignment: Assignment,
    answers: list[Known],
    only: Selection,
    seed: int = PUBLIC_SEED,
    *,
    workers: Workers,
) -> Comparison:
    """Grade `answers` both ways; as a class twice, so that everything learned is used, in the opposite order."""
    found = Comparison(assignment.id, len(answers))
    tasks = [task for task in load_tasks(course / assignment.tests) if only.has_task(task.id)]
    title = title_of(course / assignment.tests)
    solution = (course / solution_of(assignment)).read_text(encoding="utf-8")
    recordings = record(tasks, open_student(_answer(assignment, solution), workers), seed)

    def graded(known: Known, as_a_class: bool) -> AssignmentResult:
        workers.load_errors.clear()
        answer = _answer(assignment, known.text)
        shared = recordings if as_a_class else None
        return grade_answer(assignment, title, tasks, answer, workers, seed=seed, recordings=shared)

    first = [graded(known, as_a_class=True) for known in answers]
    again = [graded(known, as_a_class=True) for known in reversed(answers)][::-1]
    for known, *of_class in zip(answers, first, again, strict=True):
        alone = graded(known, as_a_class=False)
        found.tests += sum(1 for _ in _tests(alone))
        found.failed += sum(test.status not in ("passed", "todo") for _, test in _tests(alone))
        found.named += sum(test.misconception is not None for _, test in _tests(alone))
        for result in of_class:
            who = f"{known.task or assignment.id} “{known.about}”"
            found.different += [replace(one, told=f"{who}: {one.told}") for one in unlike(alone, result)]
    return found


def unlike(alone: AssignmentResult, of_class: AssignmentResult) -> list[Difference]:
    """Every test whose results differ in anything but time, and every task with another score."""
    found = []
    for (task, mine), (_, other) in zip(_tests(alone), _tests(of_class), strict=True):
        fields = [name for name in mine.__struct_fields__ if getattr(mine, name) != getattr(other, name)]
        if fields:
            shown = "; ".join(f"{name} {getattr(mine, name)!r} and {getattr(other, name)!r}" for name in fields)
            told = f"{task} {mine.name} differs, by itself and in a class: {shown}"
            found.append(Difference(told, "status" in fields))
    for one, another in zip(alone.tasks, of_class.tasks, strict=True):
        if (one.score, one.status, one.line) != (another.score, another.status, another.line):
            told = f"{one.id} has {one.score} points by itself and {another.score} in a class"
            found.append(Difference(told, of_verdicts=True))
    return found


def _tests(result: AssignmentResult) -> Iterator[tuple[str, TestResult]]:
    for task in result.tasks:
        for test in task.tests:
            yield task.id, msgspec.structs.replace(test, seconds=0.0)


def _answer(assignment: Assignment, text: str) -> Answer:
    return Answer(str(assignment.answer), text, text.encode())
