"""assert_gradient beside torch's own gradcheck on torch's own operator samples: error rates, and time as a ratio.

python instructor/benchmarks/operators.py [--every 1]
"""

import argparse
from collections import Counter, defaultdict

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.gradients import hypothesis_profile
from autograder.tests.gradients import operators
from autograder.tests.gradients.operators import Sample

CHECKERS = ("assert_gradient", "gradcheck", "gradcheck, fast mode")
RIGHT = "right"


def said_of(sample: Sample, claimed: operators.Tensors | None) -> list[tuple[str, float]]:
    """Verdict and seconds of each checker; None for the operator's own gradient."""
    torch.manual_seed(operators.SEED)  # the fast mode draws its directions
    ours = operators.gradient(sample) if claimed is None else claimed
    return [
        operators.timed(lambda: operators.ours(sample, ours)),
        operators.timed(lambda: operators.theirs(sample, claimed)),
        operators.timed(lambda: operators.theirs(sample, claimed, fast=True)),
    ]


class Tally:
    """Verdicts by claim and checker, seconds by checker, and the samples on which the checkers disagree."""

    def __init__(self) -> None:
        self.verdicts: dict[str, list[Counter[str]]] = defaultdict(lambda: [Counter() for _ in CHECKERS])
        self.seconds = [0.0] * len(CHECKERS)
        self.remarks: list[str] = []

    def add(self, sample: Sample, claim: str, said: list[tuple[str, float]]) -> None:
        for k, (verdict, seconds) in enumerate(said):
            self.verdicts[claim][k][verdict.split(":")[0]] += 1
            self.seconds[k] += seconds if claim == RIGHT else 0.0
        ours, default, _ = (verdict for verdict, _ in said)
        if claim == RIGHT and ours != "accepted":
            why = operators.EXPLAINED.get(sample.name, "unexplained" if default == "accepted" else default)
            self.remarks.append(f"{sample.name}: {ours}; {why}")
        if claim != RIGHT and ours == "accepted":
            self.remarks.append(f"{sample.name}: {claim} is accepted by assert_gradient")


def measure(every: int) -> Tally:
    """All claims about all samples. Faults are tried where gradcheck and assert_gradient accept what is right."""
    tally = Tally()
    for sample in track(list(operators.samples(every=every)), "operators", console=Console(stderr=True)):
        said = said_of(sample, None)
        tally.add(sample, RIGHT, said)
        if said[0][0] == said[1][0] == "accepted":
            for fault, claimed in operators.faulty(sample):
                tally.add(sample, fault, said_of(sample, claimed))
    return tally


def show(tally: Tally, out: Console) -> None:
    table = Table("claim", *CHECKERS, title="verdicts, and seconds for the right gradients")
    for claim, counters in tally.verdicts.items():
        cells = [", ".join(f"{count} {verdict}" for verdict, count in counter.most_common()) for counter in counters]
        table.add_row(claim, *cells)
    table.add_row("seconds", *(f"{seconds:.1f} (× {seconds / tally.seconds[0]:.1f})" for seconds in tally.seconds))
    out.print(table)
    for remark in tally.remarks:
        out.print(remark, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every so many operators")
    options = parser.parse_args()
    torch.set_num_threads(1)
    hypothesis_profile.activate()
    show(measure(options.every), Console(width=150))


if __name__ == "__main__":
    main()
