"""What a result is made from: versions, tests, answers, by their sha256. Needs neither torch nor a worker."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import cast

from autograder.course import Assignment
from autograder.grading.result import Isolation, Provenance
from autograder.grading.submission import Answer
from autograder.sandbox.workers import Workers

PACKAGES = ("torch", "numpy", "hypothesis", "matplotlib", "gradients-in-pytorch")


def tests_of(course: Path, chosen: list[Assignment]) -> dict[str, str]:
    """The sha256 of the tests of these assignments, by path."""
    return {
        str(assignment.tests): hashlib.sha256((course / assignment.tests).read_bytes()).hexdigest()
        for assignment in chosen
    }


def provenance(answers: dict[str, Answer | str], tests: dict[str, str], seed: int, workers: Workers) -> Provenance:
    """What a result is made from; `answers` and `tests` are by path."""
    files = {
        path: hashlib.sha256(answer.data).hexdigest() for path, answer in answers.items() if isinstance(answer, Answer)
    }
    isolation = cast(Isolation, workers.isolation)
    return Provenance(versions(), seed, isolation, files, tests, workers.notice)


@cache
def versions() -> dict[str, str]:
    """The versions that a grade may depend on."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}
