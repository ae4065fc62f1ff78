"""Where submissions are graded: processes of this machine, or a Dask cluster. Few are under way at a time."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from typing import Any, Protocol

from autograder.course import CourseError
from autograder.grading.result import Result
from autograder.sandbox.errors import NoWorker
from autograder.sandbox.workers import Workers, open_workers
from instructor.cohort.job import Job
from instructor.cohort.material import Material, graded, material

_PATIENCE = 10.0  # seconds for a Dask scheduler to answer
AHEAD = 2  # jobs waiting for each process: enough to keep it busy, few enough to be forgotten


class Executor(Protocol):
    """Grades jobs, in any order."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Each job with its result, as they are ready."""
        ...


class Here:
    """In this process, one after the other."""

    def __init__(self, made: Material, workers: Workers) -> None:
        self._made, self._workers = made, workers

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Each job with its result."""
        for job in jobs:
            yield job, graded(job, self._made, self._workers)


class Processes:
    """In processes forked from this one, which has loaded tests and examples already."""

    def __init__(self, count: int, made: Material, workers: Workers) -> None:
        self._count = count
        self._clones = [workers.clone() for _ in range(count)]
        context = get_context("fork")
        self._pool = ProcessPoolExecutor(count, context, _begin, (made, self._clones, context.Value("i", 0)))

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Each job with its result, as they are ready."""
        waiting = iter(jobs)
        running: dict[Future[Result], Job] = {}
        try:
            while True:
                for job in islice(waiting, self._count * AHEAD - len(running)):
                    running[self._pool.submit(_grade_here, job)] = job
                if not running:
                    return
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            for clone in self._clones:
                clone.close()


_made: Material
_workers: Workers


def _begin(made: Material, clones: list[Workers], turn: Any) -> None:
    global _made, _workers
    _made = made
    with turn.get_lock():
        _workers = clones[turn.value]
        turn.value += 1


def _grade_here(job: Job) -> Result:
    return graded(job, _made, _workers)


class Dask:
    """On the workers of a Dask cluster, which have this package and the same course folder's files installed.

    A worker that is lost costs time only: Dask gives its submissions to another.
    """

    def __init__(self, address: str, course: str, seed: int, only: str, isolation: str, tests: dict[str, str]) -> None:
        from distributed import Client

        try:
            self._client = Client(address, timeout=_PATIENCE)
        except (OSError, TimeoutError) as error:
            raise CourseError(f"no Dask scheduler answers at {address} ({error}); start one: dask scheduler") from None
        self._arguments = (course, seed, only, isolation, tests)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Each job with its result, as they are ready."""
        from distributed import as_completed

        waiting = iter(jobs)
        most = AHEAD * max(1, len(self._client.ncores()))
        known = {}

        def submit(job: Job) -> Any:
            future = self._client.submit(_grade_there, job, *self._arguments, pure=False, retries=3)
            known[future.key] = job
            return future

        running = as_completed([submit(job) for job in islice(waiting, most)])
        try:
            for future in running:
                result = future.result()
                for job in islice(waiting, 1):
                    running.add(submit(job))
                yield known.pop(future.key), result
        finally:
            self._client.close()


_there: dict[tuple[object, ...], tuple[Material, Workers]] = {}


def _grade_there(job: Job, course: str, seed: int, only: str, isolation: str, tests: dict[str, str]) -> Result:
    """Grade on a Dask worker, whose process keeps tests and examples for the next submission.

    Raises CourseError where the worker has other tests than those that are asked for.
    """
    key = (course, seed, only, isolation, *sorted(tests.items()))
    if key not in _there:
        import torch

        torch.set_num_threads(1)
        workers = open_workers(isolation)
        _there[key] = material(course, seed, only, workers), workers
    made, workers = _there[key]
    if made.tests != tests:
        raise CourseError(f"the Dask worker's {course} has other tests; bring the same course to every worker.")
    try:
        return graded(job, made, workers)
    except NoWorker as problem:  # no Exception, which Dask would bring back
        raise CourseError(f"a Dask worker: {problem}") from None
