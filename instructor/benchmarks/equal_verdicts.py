"""Every known answer of the course, graded in a class and by itself: the same result, test by test?

    python instructor/benchmarks/equal_verdicts.py [--only 01,24] [--seed N] [--isolation sandbox]

Status and points are compared (the verdict), and message, misconception, counterexample and output (the words), which
an answer that remembers earlier calls can make differ. Exit status 1 where a verdict differs. For the whole course it
takes about half an hour on two cores.
"""

import argparse
import sys
import warnings
from pathlib import Path

from autograder.course import assignments_in, selection
from autograder.surroundings import single_threaded

COURSE = Path(__file__).parents[2]


def main() -> None:
    """Compare, and print a line for each assignment as it is done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="assignments: 01,24")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--isolation", default="sandbox")
    given = parser.parse_args()
    single_threaded()
    from autograder.grading.pool import spread
    from autograder.sandbox.workers import open_workers
    from instructor.cohort.equality import all_known, compare

    warnings.simplefilter("ignore")  # wrong formulas overflow and divide by zero
    only = selection(given.only)
    chosen = [one for one in assignments_in(COURSE) if only.has_assignment(one.id)]
    jobs = [(COURSE, one, all_known(COURSE, one), only, given.seed) for one in chosen]
    print("assignment  answers  tests  of them failed  named  other verdict  other words", flush=True)
    total = [0] * 6
    with open_workers(given.isolation) as workers:
        for found in spread(compare, jobs, workers):
            verdicts = sum(one.of_verdicts for one in found.different)
            words = len(found.different) - verdicts
            counts = [found.answers, found.tests, found.failed, found.named, verdicts, words]
            total = [a + b for a, b in zip(total, counts, strict=True)]
            _told(found.assignment, counts)
            for one in found.different:
                print(f"    {one.told}", flush=True)
    _told("all", total)
    sys.exit(1 if total[-2] else 0)


def _told(name: str, counts: list[int]) -> None:
    answers, tests, failed, named, verdicts, words = counts
    print(f"{name:<10}{answers:>9}{tests:>7}{failed:>16}{named:>7}{verdicts:>15}{words:>13}", flush=True)


if __name__ == "__main__":
    main()
