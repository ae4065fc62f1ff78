"""The process of a watch that grades: started as ``python -m autograder.watch.grader COURSE``, told by its stdin.

Its main thread does one job after the other. A second thread reads requests, so that a job can be stopped in the
middle, by what Ctrl-C does; when the other process is gone, it ends this one, and with it all of its workers.
"""

import hashlib
import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from autograder.grading.student import Recordings, Student
    from autograder.grading.submission import Answer
    from autograder.grading.task import Task

import autograder
from autograder.course import Assignment, CourseError, assignments_in, title_of
from autograder.grading.result import Isolation, TestResult
from autograder.imports import uncollected
from autograder.sandbox.errors import NoWorker, WorkerDied, WorkerTimedOut
from autograder.sandbox.preload import NEEDS
from autograder.sandbox.session import Session
from autograder.sandbox.workers import Workers, open_workers
from autograder.watch.jobs import Jobs
from autograder.watch.messages import (
    Ended,
    Failed,
    Grade,
    Graded,
    Prepare,
    Ready,
    Reply,
    Tested,
    Warm,
    write,
)
from autograder.watch.prepared import Prepared, forks


@dataclass(frozen=True)
class Tests:
    """The tests of one assignment, as loaded from a file with this sha256."""

    sha256: str
    title: str
    tasks: "list[Task]"


class Grader:
    """Does jobs. Tests are loaded once; the examples of one task are kept from save to save."""

    def __init__(self, course: Path, workers: Workers, jobs: Jobs, out: BinaryIO) -> None:
        self.course, self.workers, self.jobs, self.out = course, workers, jobs, out
        self.tests: dict[str, Tests] = {}
        self.drawn_for: tuple[str, str] | None = None
        self.drawn: Recordings = {}
        self.prepared = Prepared(workers)
        self.session: Session | None = None

    def serve(self) -> None:
        """Do one job after the other, and answer each once."""
        while True:
            job = self.jobs.next()
            try:
                self.jobs.begin(job)
                reply = self.do(job)
                self.jobs.done()
            except KeyboardInterrupt:
                reply = Ended(job.number)
            self.say(reply)

    def do(self, job: Grade | Prepare | Warm) -> Reply:
        """The answer to a job."""
        try:
            match job:
                case Grade():
                    return self.grade(job)
                case Prepare():
                    self.prepare(job)
                case Warm():
                    self.warm(job.need)
        except CourseError as error:
            return Failed(job.number, str(error))
        except (Exception, NoWorker, WorkerDied) as problem:  # no memory for another process, perhaps
            return Failed(job.number, f"this could not be graded: {type(problem).__name__}: {problem}")
        return Ended(job.number)

    def say(self, reply: Reply) -> None:
        """Write a message whole: nothing interrupts it in the middle."""
        with self.jobs.uninterrupted():
            write(self.out, reply)

    def grade(self, job: Grade) -> Graded:
        """Grade one task as `autograder grade` does. Raises CourseError."""
        from autograder.grading.grade import PUBLIC_SEED, grade_answer
        from autograder.grading.submission import answer_or_reason

        assignment = self.assignment(job.assignment)
        tests = self.tests_of(assignment)
        task = _task(tests, job.task)
        answer = answer_or_reason(self.course, assignment)
        student = None if isinstance(answer, str) else self.open(answer, task, self.recordings(task, tests))
        done: list[TestResult] = []

        def report(result: TestResult) -> None:
            done.append(result)
            self.say(Tested(job.number, len(done), len(task.tests)))

        result = grade_answer(
            assignment, tests.title, [task], answer, self.workers, seed=PUBLIC_SEED, student=student, report=report
        )
        if not isinstance(answer, str) and self.session is not None:
            self.prepared.learn(answer.path, self.session.needs, answer.text)
        broken = None if done else result.tasks[0].tests[0].message
        sha256 = None if isinstance(answer, str) else hashlib.sha256(answer.data).hexdigest()
        return Graded(job.number, result, broken, sha256, tests.sha256)

    def open(self, answer: "Answer", task: "Task", drawn: "Recordings") -> "Student":
        """The answer, loaded. Whether a file can be loaded is seen where torch is; a task that needs torch stays there,
        and one done by hand has a second worker.
        """
        from autograder.grading.student import Student

        session, problem = self.prepared.loaded(answer, False, "" if task.by_hand else task.id)
        self.workers.load_errors = {(answer.text, answer.path): problem}
        if problem is not None or task.by_hand:
            self.prepared.learn(answer.path, session.needs, answer.text)
            session.close()
        if problem is None and task.by_hand:
            session, _ = self.prepared.loaded(answer, True, task.id)
        self.session = session

        def opened(task: "Task") -> Session:
            return session

        return Student(opened, drawn)

    def prepare(self, job: Prepare) -> None:
        """Open workers for the next save, and draw what the tests have not drawn yet.

        What was drawn is kept where this is stopped.
        """
        from autograder.grading.recorded import COUNTS, draw
        from autograder.grading.runner import PUBLIC_SEED, seed_of

        assignment = self.assignment(job.assignment)
        tests = self.tests_of(assignment)
        task = _task(tests, job.task)
        with self.jobs.uninterrupted():  # the next save waits for this one rather than for another
            for by_hand in (False, True)[: 1 + task.by_hand]:
                self.prepared.prepare(str(assignment.answer), by_hand)
        drawn = self.recordings(task, tests)
        for count in COUNTS:
            for test in task.tests:
                key = seed_of(test, task, PUBLIC_SEED), count
                if test.drawn and key not in drawn:
                    with suppress(Exception):  # what cannot be drawn is told when the test is run
                        drawn[key] = draw(test, task, count)

    def recordings(self, task: "Task", tests: Tests) -> "Recordings":
        """The examples drawn for a task; those of another are forgotten."""
        if self.drawn_for != (task.id, tests.sha256):
            self.drawn_for, self.drawn = (task.id, tests.sha256), {}
        return self.drawn

    def warm(self, need: str) -> None:
        """Have an import done by the process that forks workers."""
        with self.workers.session("", "", needs=[need]) as session, suppress(WorkerTimedOut):
            session.loaded()

    def assignment(self, number: str) -> Assignment:
        for assignment in assignments_in(self.course):
            if assignment.id == number:
                return assignment
        raise CourseError(f"the tests of assignment {number} are gone.")

    def tests_of(self, assignment: Assignment) -> Tests:
        """The tests, loaded anew where their file has changed. Raises CourseError."""
        from autograder.grading.loader import load_tasks

        path = self.course / assignment.tests
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CourseError(f"{assignment.tests} cannot be read: {error.strerror}.") from None
        known, sha256 = self.tests.get(assignment.id), hashlib.sha256(data).hexdigest()
        if known is None or known.sha256 != sha256:
            with self.jobs.uninterrupted():  # for what it imports
                known = self.tests[assignment.id] = Tests(sha256, title_of(path), load_tasks(path))
            self.prepared.learn(str(assignment.answer), text=data.decode(errors="replace"))
        return known


def _task(tests: Tests, task_id: str) -> "Task":
    for task in tests.tasks:
        if task.id == task_id:
            return task
    raise CourseError(f"there is no task {task_id} any more.")


def main() -> None:
    """Import all there is to import, then serve. Nothing that a library prints gets among the messages."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    jobs = Jobs(requests)
    threading.Thread(target=jobs.read, daemon=True).start()
    with open_workers() as workers:
        with uncollected():  # no import is left for later: one that is stopped in the middle leaves half a package
            import numpy.random  # noqa: F401
            import torch

            from autograder.grading import grade, recorded  # noqa: F401
            from autograder.grading.provenance import versions

            for name in autograder.__all__:
                getattr(autograder, name)
        torch.set_num_threads(1)
        grader = Grader(Path(sys.argv[1]), workers, jobs, replies)
        needs = tuple(NEEDS) if forks(workers) else ()  # which the process that forks can have beforehand
        grader.say(Ready(cast(Isolation, workers.isolation), workers.notice, versions(), needs))
        grader.serve()


if __name__ == "__main__":
    main()
