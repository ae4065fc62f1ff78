"""Does a verdict depend on luck? Solutions and right answers with many seeds, wrong answers too, and repeats."""

from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.grade import broken_file, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
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
        recordings = record(list(tasks.values()), open_student(_answer(assignment, solution), workers), seed)
        for answer in [*own, *right] if seed in seeds else ():
            found.right += 1
            if not _passes(tasks[answer.task], answer, assignment, seed, recordings, workers):
                found.refused.append(f"{answer.task} {answer.about}, seed {seed}")
        for answer in wrong if seed in wrong_seeds else ():
            found.wrong += 1
            if _passes(tasks[answer.task], answer, assignment, seed, recordings, workers):
                found.accepted.append(f"{answer.task} {answer.about}, seed {seed}")
    return found


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
