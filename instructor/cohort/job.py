"""One submission's grading as a job: its answers go in as text, its result comes out, whatever process does it."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.course import Assignment, assignments_in, selection, title_of
from autograder.grading.grade import grade_answer, open_student, provenance, tests_of
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.result import SCHEMA_NAME, Result
from autograder.grading.student import Recordings
from autograder.grading.submission import Answer
from autograder.grading.task import Task
from autograder.sandbox.workers import Workers
from instructor.release import solution_of


@dataclass(frozen=True)
class Job:
    """A student's answers, by the id of the assignment: the file, or one sentence why it cannot be read."""

    student: str
    answers: dict[str, Answer | str]


@dataclass(frozen=True)
class Material:
    """What is needed again for each submission: tests loaded, examples drawn."""

    assignments: list[Assignment]
    tasks: dict[str, list[Task]]
    titles: dict[str, str]
    tests: dict[str, str]
    recordings: Recordings
    seed: int


def material(course: str | Path, seed: int, only: str, workers: Workers) -> Material:
    """Load the tests of the course's assignments and draw their examples, with the solutions."""
    course, selected = Path(course), selection(only)
    chosen = [one for one in assignments_in(course) if selected.has_assignment(one.id)]
    tasks: dict[str, list[Task]] = {}
    recordings: Recordings = {}
    for one in chosen:
        tasks[one.id] = [task for task in load_tasks(course / one.tests) if selected.has_task(task.id)]
        solution = course / solution_of(one)
        if solution.exists():
            text = solution.read_text(encoding="utf-8")
            answer = Answer(str(one.answer), text, text.encode())
            recordings |= record(tasks[one.id], open_student(answer, workers), seed)
    titles = {one.id: title_of(course / one.tests) for one in chosen}
    return Material(chosen, tasks, titles, tests_of(course, chosen), recordings, seed)


def graded(job: Job, made: Material, workers: Workers) -> Result:
    """The result of one submission, as `autograder grade` would give it."""
    started = time.perf_counter()
    results = tuple(
        grade_answer(
            one, made.titles[one.id], made.tasks[one.id], job.answers[one.id], workers,
            seed=made.seed, recordings=made.recordings,
        )
        for one in made.assignments
    )  # fmt: skip
    answers = {str(one.answer): job.answers[one.id] for one in made.assignments}
    workers.load_errors.clear()  # one student's files are of no use to the next
    return Result(
        schema=SCHEMA_NAME,
        score=sum(result.score for result in results),
        max_score=sum(result.max_score for result in results),
        assignments=results,
        provenance=provenance(answers, made.tests, made.seed, workers),
        seconds=time.perf_counter() - started,
    )


def digest_of(job: Job, tests: dict[str, str], seed: int, only: str, isolation: str, versions: dict[str, str]) -> str:
    """A digest of all that the job's result depends on: answers, tests, seed, tasks chosen, isolation, versions."""
    told = {
        name: hashlib.sha256(answer.data).hexdigest() if isinstance(answer, Answer) else answer
        for name, answer in sorted(job.answers.items())
    }
    chosen = sorted(selection(only).names)
    made_from = [told, sorted(tests.items()), seed, chosen, isolation, versions]
    return hashlib.sha256(msgspec.json.encode(made_from)).hexdigest()
