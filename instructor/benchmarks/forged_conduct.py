"""The attacks that forge conduct in every task where that is known to score: prints what came of them in each level.

    python instructor/benchmarks/forged_conduct.py [--only 03,07]

`instructor check` tries one or two for each way; these are the same ways in other tasks (`instructor/attacks/long`).
Each must score (one that does not is no known limit any more, and belongs into the check's list) and do no harm.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from autograder.course import selection
from autograder.surroundings import single_threaded


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="assignments or tasks: 03,07.1")
    options = parser.parse_args()
    single_threaded()
    from instructor.attack_bank import LONG, attack_table, try_bank

    outcomes = try_bank(Path("."), selection(options.only), lambda what: print(what, file=sys.stderr), LONG)
    Console().print(attack_table(outcomes))
    tasks = {outcome.attack.task for outcome in outcomes}
    print(f"{len(outcomes)} gradings of attacks on {len(tasks)} tasks")
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
