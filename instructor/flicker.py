"""Does a verdict depend on luck? Solutions and right answers with many seeds, wrong answers too, and repeats."""

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from autograder.course import Assignment, Selection
from autograder.grading.grade import broken_file, grade_assignment, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.pool import spread
from autograder.grading.recorded import FOR_A_VERDICT, record
from autograder.grading.result import AssignmentResult
from autograder.grading.runner import Effort, run_task
from autograder.grading.student import Recordings
from autograder.grading.submission import Answer
from autograder.grading.task import Task
from autograder.sandbox.workers import Workers
from instructor.answers import KnownAnswer, known_answers
from instructor.release import solution_of


@dataclass
class Flicker:
    """Gradings of one assignment: how many of right and of wrong answers, and each verdict that was not so."""

    assignment: str
    right: int = 0
    wrong: int = 0
    refused: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


def flicker(course: Path, assignment: Assignment, seeds: range, wrong_seeds: range, *, workers: Workers) -> Flicker:
    """Grade the solution and the right answers with `seeds`, the wrong ones with `wrong_seeds`."""
    found = Flicker(assignment.id)
    tasks = {task.id: task for task in load_tasks(course / assignment.tests)}
    solution = (course / solution_of(assignment)).read_text(encoding="utf-8")
    own = [KnownAnswer(task, "the solution", solution) for task in tasks]
    right, wrong = ([*known_answers(course, assignment, kind)] for kind in ("right", "wrong"))
    for seed in sorted({*seeds, *wrong_seeds}):
        student = open_student(_answer(assignment, solution), workers)
        recordings = record(list(tasks.values()), student, seed, FOR_A_VERDICT)
        for answer in [*own, *right] if seed in seeds else ():
            found.right += 1
            if not _passes(tasks[answer.task], answer, assignment, seed, recordings, workers):
                found.refused.append(f"{answer.task} {answer.about}, seed {seed}")
        for answer in wrong if seed in wrong_seeds else ():
            found.wrong += 1
            if _passes(tasks[answer.task], answer, assignment, seed, recordings, workers):
                found.accepted.append(f"{answer.task} {answer.about}, seed {seed}")
    return found


def hand_in_wrong(course: Path, chosen: list[Assignment], submission: Path) -> None:
    """Make a submission of one wrong answer to each assignment, each time another one of those that are known."""
    for k, one in enumerate(chosen):
        wrong = known_answers(course, one, "wrong")
        path = submission / one.answer
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wrong[7 * k % len(wrong)].text, encoding="utf-8")


def repeats(
    course: Path, submission: Path, chosen: list[Assignment], times: int, *, workers: Workers, seed: int = 1
) -> Counter[bytes]:
    """How often each result came, but for times, of one submission graded again and again.

    Each time in another order, by turns in this process and in two that are forked from it.
    """
    shuffled = random.Random(seed)
    seen: Counter[bytes] = Counter()
    for turn in range(times):
        jobs = [(course, submission, one, seed) for one in shuffled.sample(chosen, len(chosen))]
        graded = spread(_graded, jobs, workers) if turn % 2 else (_graded(*job, workers=workers) for job in jobs)
        results = sorted(graded, key=lambda result: result.id)
        seen[msgspec.json.encode(_without_times(msgspec.to_builtins(results)))] += 1
    return seen


def _graded(course: Path, submission: Path, one: Assignment, seed: int, *, workers: Workers) -> AssignmentResult:
    return grade_assignment(course, submission, one, workers, only=Selection(), seed=seed)


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_times(item) for name, item in value.items() if name != "seconds"}
    return [_without_times(item) for item in value] if isinstance(value, list | tuple) else value


def _answer(assignment: Assignment, text: str) -> Answer:
    return Answer(str(assignment.answer), text, text.encode())


def _passes(
    task: Task, known: KnownAnswer, assignment: Assignment, seed: int, recordings: Recordings, workers: Workers
) -> bool:
    answer = _answer(assignment, known.text)
    if broken_file(answer, workers) is not None:
        return False
    results = run_task(task, open_student(answer, workers, recordings), seed, effort=Effort.VERDICT)
    return all(result.status == "passed" for result in results)
