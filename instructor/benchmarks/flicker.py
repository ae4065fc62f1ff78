"""Right answers with 200 seeds, wrong ones with 50: prints each verdict that depends on the seed.

    python instructor/benchmarks/flicker.py [--seeds 200] [--wrong 50] [--first 1] [--repeats 50] [--only 01,24]

Then one submission of wrong answers is graded again and again with one seed, in another order each time, by one
process and by two: the results are equal but for times. It takes hours; `--first` goes on behind seeds that were
tried before.
"""

import argparse
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from autograder.course import assignments_in, selection
from autograder.surroundings import single_threaded


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="seeds for solutions and right answers")
    parser.add_argument("--wrong", type=int, default=50, help="seeds for wrong answers")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--repeats", type=int, default=50, help="gradings of one submission with one seed")
    parser.add_argument("--only", default="", help="assignments: 01,24")
    options = parser.parse_args()
    single_threaded()
    from autograder.grading.pool import spread
    from autograder.sandbox.workers import open_workers
    from instructor.flicker import flicker, hand_in_wrong, repeats

    warnings.simplefilter("ignore")  # wrong formulas overflow
    course, selected = Path("."), selection(options.only)
    chosen = [one for one in assignments_in(course) if selected.has_assignment(one.id)]
    seeds, wrong = (range(options.first, options.first + count) for count in (options.seeds, options.wrong))
    right_total = wrong_total = misses = 0
    # Without a thread of its own: graders are forked meanwhile.
    with open_workers("auto") as workers, Progress(console=Console(stderr=True), auto_refresh=False) as bar:
        going = bar.add_task("grading", total=len(chosen))
        for found in spread(flicker, [(course, one, seeds, wrong) for one in chosen], workers):
            bar.update(going, advance=1, refresh=True)
            print(f"{found.assignment}: {found.right} right, {found.wrong} wrong", flush=True)
            for miss in (*found.refused, *found.accepted):
                print(f"  {'refused' if miss in found.refused else 'accepted'}: {miss}", flush=True)
            right_total, wrong_total = right_total + found.right, wrong_total + found.wrong
            misses += len(found.refused) + len(found.accepted)
    print(f"{right_total} gradings of right answers, {wrong_total} of wrong ones, {misses} verdicts that are not so")
    with open_workers("auto") as workers, TemporaryDirectory() as submission:
        hand_in_wrong(course, chosen, Path(submission))
        seen = repeats(course, Path(submission), chosen, options.repeats, workers=workers)
    print(f"one submission graded {seen.total()} times: {len(seen)} different results")


if __name__ == "__main__":
    main()
