"""Which seed a class is graded with: the one given, else that of the results that are there, else the public one."""

from pathlib import Path

from autograder.course import CourseError
from instructor.cohort.store import RESULTS, Store

PUBLIC_SEED = 0  # `autograder grade` has the same; its module is slow to import


def seed_of(given: int | None, out: Path) -> tuple[int, str]:
    """The seed, and a line about it, empty where there is nothing to say; `out` is the folder of the results.

    Raises CourseError where none is given and the results that are there have several.
    """
    kept = _kept(out)
    if given is None:
        return _not_given(kept, out)
    others = {seed: count for seed, count in kept.items() if seed != given}
    if not others:
        return given, ""
    return given, f"seed {given}; the results in {out} of {_told(others)} are graded anew"


def _not_given(kept: dict[int, int], out: Path) -> tuple[int, str]:
    if len(kept) > 1:
        raise CourseError(f"{out} holds results of {_told(kept)}; say which it is to be: --seed N.")
    seed = next(iter(kept), PUBLIC_SEED)
    told = f"seed {seed}, as the results in {out}" if kept else f"seed {seed}"
    if seed == PUBLIC_SEED:
        told += " (public: students see the same inputs; a grade of record needs --seed N)"
    return seed, told


def _kept(out: Path) -> dict[int, int]:
    """How many results there are of each seed; no file is made where there is none."""
    if not (out / RESULTS).is_file():
        return {}
    with Store(out / RESULTS) as store:
        return dict(sorted(store.seeds().items()))


def _told(kept: dict[int, int]) -> str:
    """ "seed 0 (2 students) and seed 77 (1 student)" """
    told = [f"seed {seed} ({count} student{'s' if count != 1 else ''})" for seed, count in kept.items()]
    return " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]
