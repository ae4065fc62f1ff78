"""Work on several files side by side: processes forked from this one, each with workers of its own."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing import active_children, get_context
from typing import Any, TypeVar

from autograder.course import CourseError
from autograder.grading.together import ending_together
from autograder.sandbox.workers import Workers

GRADERS = 2  # the course is made for two cores
Outcome = TypeVar("Outcome")


def spread(
    function: Callable[..., Outcome], jobs: list[tuple[Any, ...]], workers: Workers, graders: int = GRADERS
) -> Iterator[Outcome]:
    """``function(*job, workers=…)`` for each job, as they finish.

    On up to `graders` processes where that helps and the platform forks safely, else here, in order. `function` must be
    a module's own, so that it can be named to another process.
    """
    graders = min(graders, len(jobs))
    turn = _turn() if graders > 1 and _forks(workers) and _processors() > 1 else None
    if turn is None:
        for job in jobs:
            yield function(*job, workers=workers)
        return
    clones = [workers.clone() for _ in range(graders)]
    pool = ProcessPoolExecutor(graders, get_context("fork"), initializer=_become_grader, initargs=(clones, turn))
    try:
        with ending_together():  # they are all forked at the first submission
            waiting = [pool.submit(_with_own_workers, function, job) for job in jobs]
        for done in as_completed(waiting):
            yield done.result()
    except BrokenExecutor:
        raise CourseError(
            "a process that grades was ended by the system, most likely for want of memory (1 GB is enough); "
            "close other programs, or grade a part with --only."
        ) from None
    except BaseException:  # Ctrl-C too: whoever waits for an answer that sleeps would wait for long
        for grader in active_children():
            grader.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for clone in clones:
            clone.close()


def _turn() -> Any:
    """A number that graders share, or None where the system has no semaphores (without /dev/shm)."""
    try:
        return get_context("fork").Value("i", 0)
    except OSError:
        return None


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _forks(workers: Workers) -> bool:
    """Whether this process may fork: where the workers themselves do."""
    if sys.platform != "linux":
        return False
    from autograder.sandbox.channel import ForkedWorkers

    return isinstance(workers.lines, ForkedWorkers)


_own_workers: Workers


def _become_grader(clones: list[Workers], turn: Any) -> None:
    global _own_workers
    with turn.get_lock():
        _own_workers = clones[turn.value]
        turn.value += 1


def _with_own_workers(function: Callable[..., Outcome], job: tuple[Any, ...]) -> Outcome:
    return function(*job, workers=_own_workers)
