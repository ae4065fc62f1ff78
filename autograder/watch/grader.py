"""The process of a watch that grades: started as ``python -m autograder.watch.grader COURSE``, told by its stdin.

Its main thread does one job after the other. A second thread reads requests, so that a job can be stopped in the
middle, by what Ctrl-C does; when the other process is gone, it ends this one, and with it all of its workers.
"""

import hashlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from autograder.grading.student import Recordings, Student
    from autograder.grading.submission import Answer
    from autograder.grading.task import Task

from autograder.course import Assignment, CourseError, assignments_in, title_of
from autograder.grading.result import Isolation, TestResult
from autograder.imports import uncollected
from autograder.sandbox.errors import WorkerDied, WorkerTimedOut
from autograder.sandbox.preload import NEEDS
from autograder.sandbox.session import Session
from autograder.sandbox.workers import Workers, open_workers
from autograder.watch.messages import (
    Draw,
    Ended,
    Failed,
    Grade,
    Graded,
    Ready,
    Reply,
    Request,
    Stop,
    Tested,
    Warm,
    read_request,
    write,
)


@dataclass(frozen=True)
class Tests:
    """The tests of one assignment, as loaded from a file with this sha256."""

    sha256: str
    title: str
    tasks: "list[Task]"


class Grader:
    """Does jobs. Tests are loaded once; the examples of one task are kept from save to save."""

    def __init__(self, course: Path, workers: Workers, jobs: "Jobs", out: BinaryIO) -> None:
        self.course, self.workers, self.jobs, self.out = course, workers, jobs, out
        self.tests: dict[str, Tests] = {}
        self.drawn_for: tuple[str, str] | None = None
        self.drawn: Recordings = {}

    def serve(self) -> None:
        """Do one job after the other, and answer each once."""
        while True:
            job = self.jobs.next()
            try:
                reply = self.do(job)
                self.jobs.done()
            except KeyboardInterrupt:
                reply = Ended(job.number)
            self.say(reply)

    def do(self, job: Grade | Draw | Warm) -> Reply:
        """The answer to a job."""
        try:
            match job:
                case Grade():
                    return self.grade(job)
                case Draw():
                    self.draw(job)
                case Warm():
                    self.warm(job.need)
        except CourseError as error:
            return Failed(job.number, str(error))
        except (WorkerDied, OSError) as problem:  # no memory for another process, perhaps
            return Failed(job.number, f"this could not be graded: {problem}")
        return Ended(job.number)

    def say(self, reply: Reply) -> None:
        """Write a message whole: nothing interrupts it in the middle."""
        with self.jobs.uninterrupted():
            write(self.out, reply)

    def grade(self, job: Grade) -> Graded:
        """Grade one task as `autograder grade` does. Raises CourseError."""
        from autograder.grading.grade import PUBLIC_SEED, answer_or_reason, grade_answer

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
        broken = None if done else result.tasks[0].tests[0].message
        sha256 = None if isinstance(answer, str) else hashlib.sha256(answer.data).hexdigest()
        return Graded(job.number, result, broken, sha256, tests.sha256)

    def open(self, answer: "Answer", task: "Task", drawn: "Recordings") -> "Student":
        """The answer in a worker of its own. A task that needs torch has loaded the file already: no second worker
        is needed to see whether it can be.
        """
        from autograder.grading.grade import open_student
        from autograder.grading.student import Student

        key = answer.text, answer.path
        if task.by_hand:
            self.workers.load_errors = {one: error for one, error in self.workers.load_errors.items() if one == key}
            return open_student(answer, self.workers, drawn)
        session = self.workers.session(answer.text, answer.path, task=task.id)
        try:
            error: Any = session.loaded().error
        except (WorkerDied, WorkerTimedOut) as problem:
            error = problem
        self.workers.load_errors = {key: error}
        if error is not None:
            session.close()

        def opened(task: "Task") -> Session:
            return session

        return Student(opened, drawn)

    def draw(self, job: Draw) -> None:
        """Draw what the tests of a task have not drawn yet; what was drawn is kept where this is stopped."""
        from autograder.grading.recorded import COUNTS, draw
        from autograder.grading.runner import PUBLIC_SEED, seed_of

        tests = self.tests_of(self.assignment(job.assignment))
        task = _task(tests, job.task)
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
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise CourseError(f"{assignment.tests} cannot be read: {error.strerror}.") from None
        known = self.tests.get(assignment.id)
        if known is None or known.sha256 != sha256:
            known = self.tests[assignment.id] = Tests(sha256, title_of(path), load_tasks(path))
        return known


def _task(tests: Tests, task_id: str) -> "Task":
    for task in tests.tasks:
        if task.id == task_id:
            return task
    raise CourseError(f"there is no task {task_id} any more.")


class Jobs:
    """Requests as they come, and the one that is being done, which may be stopped."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe
        self.waiting: queue.SimpleQueue[Grade | Draw | Warm] = queue.SimpleQueue()
        self.at_hand = 0  # the number of the job that is being done, or 0
        self.given_up = 0  # jobs up to this number need not be done
        self.held = False
        signal.signal(signal.SIGINT, self.interrupt)

    def read(self) -> None:
        """For a thread: take requests until there is nobody to make any."""
        while (request := self.request()) is not None:
            if isinstance(request, Stop):
                self.given_up = max(self.given_up, request.number)
                _interrupt_main_thread()
            else:
                self.waiting.put(request)
        os._exit(0)

    def request(self) -> Request | None:
        try:
            return read_request(self.pipe)
        except OSError:
            return None

    def next(self) -> Grade | Draw | Warm:
        """The next job, from now on at hand."""
        job = self.waiting.get()
        self.at_hand = job.number
        return job

    def done(self) -> None:
        """The job at hand is done: it is too late to stop it. Raises KeyboardInterrupt where it was stopped already."""
        self.check()
        self.at_hand = 0

    def interrupt(self, number: int, frame: Any) -> None:
        """In the main thread, when a job was given up."""
        if not self.held:
            self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt, once, where the job at hand was given up."""
        if 0 < self.at_hand <= self.given_up:
            self.at_hand = 0
            raise KeyboardInterrupt

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """A stop that comes meanwhile takes effect at the end."""
        self.held = True
        try:
            yield
        finally:
            self.held = False
        self.check()


def _interrupt_main_thread() -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # wakes it where it waits
    else:
        import _thread

        _thread.interrupt_main(signal.SIGINT)


def _needs(workers: Workers) -> tuple[str, ...]:
    """The imports that can be had beforehand: where workers are forked, by the process that forks them."""
    if sys.platform != "linux":
        return ()
    from autograder.sandbox.channel import ForkedWorkers

    return tuple(NEEDS) if isinstance(workers.lines, ForkedWorkers) else ()


def main() -> None:
    """Import all there is to import, then serve. Nothing that a library prints gets among the messages."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    jobs = Jobs(requests)
    threading.Thread(target=jobs.read, daemon=True).start()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # before numpy is imported: small tensors
    with open_workers() as workers:
        with uncollected():
            import torch

            from autograder.grading.grade import versions
        torch.set_num_threads(1)
        grader = Grader(Path(sys.argv[1]), workers, jobs, replies)
        grader.say(Ready(cast(Isolation, workers.isolation), workers.notice, versions(), _needs(workers)))
        grader.serve()


if __name__ == "__main__":
    main()
