"""One submission in, one result out."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from autograder.course import Assignment, Selection, assignments_in, title_of
from autograder.grading import feedback
from autograder.grading.loader import load_tasks
from autograder.grading.manifest import changed
from autograder.grading.pool import spread
from autograder.grading.provenance import provenance, tests_of
from autograder.grading.result import (
    SCHEMA_NAME,
    AssignmentResult,
    Provenance,
    Result,
    Status,
    TaskResult,
    TestResult,
    task_status,
)
from autograder.grading.runner import PUBLIC_SEED, run_task, untested
from autograder.grading.student import Recordings, Student
from autograder.grading.submission import Answer, answer_or_reason, line_of_task
from autograder.grading.task import Task
from autograder.sandbox.workers import Workers

Reporter = Callable[[AssignmentResult], None]


def grade(
    course: Path,
    workers: Workers,
    *,
    submission: Path | None = None,
    only: Selection | None = None,
    seed: int = PUBLIC_SEED,
    report: Reporter | None = None,
) -> Result:
    """Grade the answers in `submission` (default: `course` itself) with the tests of `course`.

    `report` is called with each assignment's result as it is ready. Raises CourseError where `course` is none.
    """
    started = time.perf_counter()
    submission, only = submission or course, only or Selection()
    chosen = [assignment for assignment in assignments_in(course) if only.has_assignment(assignment.id)]
    graded: dict[str, AssignmentResult] = {}
    jobs = [(course, submission, assignment, only, seed) for assignment in chosen]
    for result in spread(_in_grader, jobs, workers):
        graded[result.id] = result
        if report is not None:
            report(result)
    results = tuple(graded[assignment.id] for assignment in chosen)
    return Result(
        schema=SCHEMA_NAME,
        score=sum(result.score for result in results),
        max_score=sum(result.max_score for result in results),
        assignments=results,
        provenance=_provenance(course, submission, chosen, seed, workers),
        seconds=time.perf_counter() - started,
    )


def grade_assignment(
    course: Path, submission: Path, assignment: Assignment, workers: Workers, *, only: Selection, seed: int
) -> AssignmentResult:
    """Grade one assignment of a submission."""
    tasks = [task for task in load_tasks(course / assignment.tests) if only.has_task(task.id)]
    title = title_of(course / assignment.tests)
    return grade_answer(assignment, title, tasks, answer_or_reason(submission, assignment), workers, seed=seed)


def grade_answer(
    assignment: Assignment,
    title: str,
    tasks: list[Task],
    answer: Answer | str,
    workers: Workers,
    *,
    seed: int,
    recordings: Recordings | None = None,
    student: Student | None = None,
    report: Callable[[TestResult], None] | None = None,
) -> AssignmentResult:
    """Grade one answer with the assignment's tasks; a sentence in its place tells why it could not be read.

    `student` is the answer where it is open already; `report` is called with each test's result as it is ready.
    """
    broken = answer if isinstance(answer, str) else broken_file(answer, workers)
    if isinstance(answer, str) or broken is not None:
        line = _line_told(broken or "", assignment)
        read = None if isinstance(answer, str) else answer
        results = [_task_result(task, read, _all(task, "error", broken or ""), line) for task in tasks]
    else:
        results = [
            _task_result(
                task, answer, run_task(task, student or open_student(answer, workers, recordings), seed, report=report)
            )
            for task in tasks
        ]
    workers.let_go()
    return AssignmentResult(
        id=assignment.id,
        title=title,
        level=assignment.level,
        path=str(assignment.answer),
        score=sum(result.score for result in results),
        max_score=sum(result.max_score for result in results),
        tasks=tuple(results),
    )


def open_student(answer: Answer, workers: Workers, recordings: Recordings | None = None) -> Student:
    """The fixture for one answer file."""

    def session(task: Task) -> Any:
        return workers.session(answer.text, answer.path, by_hand=task.by_hand, task=task.id)

    return Student(session, recordings)


def broken_file(answer: Answer, workers: Workers) -> str | None:
    """One sentence with file and line where the answer's file cannot be loaded, else None."""
    error = workers.load_error(answer.text, answer.path)
    return feedback.load_failure(answer.path, error) if error is not None else None


def _line_told(broken: str, assignment: Assignment) -> int | None:
    """The line that the sentence about a broken file names."""
    found = re.match(rf"{re.escape(str(assignment.answer))}:(\d+) ", broken)
    return int(found[1]) if found else None


def _task_result(
    task: Task, answer: Answer | None, tests: tuple[TestResult, ...], line: int | None = None
) -> TaskResult:
    status = task_status(tests)
    if line is None and answer is not None:
        line = line_of_task(answer.text, task.id, task.names)
    return TaskResult(
        id=task.id,
        name=", ".join(task.names),
        score=task.points if status == "passed" else 0,
        max_score=task.points,
        status=status,
        line=line,
        tests=tests,
    )


def _all(task: Task, status: Status, message: str) -> tuple[TestResult, ...]:
    return tuple(untested(test, status, message) for test in task.tests)


def _in_grader(
    course: Path, submission: Path, assignment: Assignment, only: Selection, seed: int, *, workers: Workers
) -> AssignmentResult:
    return grade_assignment(course, submission, assignment, workers, only=only, seed=seed)


def _provenance(course: Path, submission: Path, chosen: list[Assignment], seed: int, workers: Workers) -> Provenance:
    answers = {str(assignment.answer): answer_or_reason(submission, assignment) for assignment in chosen}
    made_from = provenance(answers, tests_of(course, chosen), seed, workers)
    return msgspec.structs.replace(made_from, changed=changed(course))
