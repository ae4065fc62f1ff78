"""What grading needs again for each submission, made once; and one submission graded with it, in whatever process."""

import gc
import pickle
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment, Selection, assignments_in, selection, title_of
from autograder.grading.grade import grade_answer, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.pool import spread
from autograder.grading.provenance import provenance, tests_of
from autograder.grading.recorded import record
from autograder.grading.result import SCHEMA_NAME, Result
from autograder.grading.student import Recordings
from autograder.grading.submission import Answer
from autograder.grading.task import Task
from autograder.sandbox.workers import Workers
from instructor.cohort.job import Job
from instructor.release import solution_of


@dataclass(frozen=True)
class Material:
    """What is needed again for each submission: tests loaded, examples drawn."""

    assignments: list[Assignment]
    tasks: dict[str, list[Task]]
    titles: dict[str, str]
    tests: dict[str, str]
    recordings: Recordings
    seed: int


def material(
    course: str | Path, seed: int, only: str, workers: Workers, jobs: int = 1, needed: frozenset[str] | None = None
) -> Material:
    """Load the tests of the course's assignments and draw their examples, with the solutions; on two processes
    where there are to be several `jobs`.

    needed: ids of the assignments whose examples are drawn ahead, all by default; others are drawn for each answer
    """
    course, selected = Path(course), selection(only)
    chosen = [one for one in assignments_in(course) if selected.has_assignment(one.id)]
    tasks = {one.id: [task for task in load_tasks(course / one.tests) if selected.has_task(task.id)] for one in chosen}
    recordings: Recordings = {}
    drawn = [one for one in chosen if needed is None or one.id in needed]
    apart = spread(_recorded_apart, [(course, one, selected, seed) for one in drawn], workers) if jobs > 1 else ()
    done: set[str] = set()
    for id, data in apart:
        if data is not None:
            done.add(id)
            recordings |= pickle.loads(data)  # from a process of our own, which runs no student's code
    for one in drawn:
        if one.id not in done:
            recordings |= _recorded(course, one, tasks[one.id], seed, workers)
    gc.freeze()  # it is there for good: the collector need not look through it again and again
    titles = {one.id: title_of(course / one.tests) for one in chosen}
    return Material(chosen, tasks, titles, tests_of(course, chosen), recordings, seed)


def _recorded(course: Path, assignment: Assignment, tasks: list[Task], seed: int, workers: Workers) -> Recordings:
    """The examples of one assignment's tests; none where there is no solution to record them with."""
    solution = course / solution_of(assignment)
    if not solution.exists():
        return {}
    text = solution.read_text(encoding="utf-8")
    answer = Answer(str(assignment.answer), text, text.encode())
    return record(tasks, open_student(answer, workers), seed)


def _recorded_apart(
    course: Path, assignment: Assignment, selected: Selection, seed: int, *, workers: Workers
) -> tuple[str, bytes | None]:
    """The same in a process of its own: the assignment's id, and the examples pickled; None where they cannot be."""
    tasks = [task for task in load_tasks(course / assignment.tests) if selected.has_task(task.id)]
    recordings = _recorded(course, assignment, tasks, seed, workers)
    try:
        return assignment.id, pickle.dumps(recordings)
    except (pickle.PicklingError, AttributeError, TypeError):  # a test may draw what has no name
        return assignment.id, None


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
