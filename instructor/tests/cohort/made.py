"""Results that nobody handed in, kept as those of a class."""

from pathlib import Path

from autograder.grading.result import Result
from instructor.cohort.store import RESULTS, Store


def keep(folder: Path, results: dict[str, Result]) -> Store:
    """The results of a class, as `instructor grade` keeps them."""
    store = Store(folder / RESULTS)
    for student, result in results.items():
        store.put(student, "digest", result)
    return store
