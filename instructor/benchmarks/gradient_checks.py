"""The gradient checks at 1,000 drawn points a function: prints the table, and the cost of one check.

    python instructor/benchmarks/gradient_checks.py [--points 1000] [--record]

`--record` writes the table beside the tests, where a test holds it against the functions there are.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from autograder.gradients import hypothesis_profile
from autograder.gradients.checks import assert_gradient, assert_jacobian, assert_vjp
from autograder.tests.gradients import measure

RECORD = Path(measure.__file__).with_name("table.md")


def rows(points: int) -> list[measure.Row]:
    """Every measurement of the table; wrong gradients are many a point, so they take a fiftieth of the points."""
    return [
        measure.kinks_found(),
        measure.smooth_accepted(points),
        measure.bent_accepted(points),
        measure.others_accepted(points),
        measure.corrupted_refused(max(1, points // 50)),
        measure.named_accepted(points),
    ]


def milliseconds(check: Callable[[], None], count: int = 200) -> float:
    """The median time of one check."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        check()
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def costs() -> dict[str, float]:
    """Milliseconds of each check on small inputs, and of one evaluation with backward for comparison."""
    A, x, v = np.arange(12.0).reshape(3, 4), np.ones(4), np.ones(3)
    T = torch.tensor(A)

    def bare() -> None:
        leaf = torch.tensor(x, requires_grad=True)
        torch.autograd.grad(torch.tanh(T @ leaf), leaf, torch.tensor(v))

    def of(x: torch.Tensor) -> torch.Tensor:
        return T @ x

    return {
        "one forward and backward": milliseconds(bare),
        "assert_gradient": milliseconds(lambda: assert_gradient(v @ A, of=of, at=x, cotangent=v)),
        "assert_vjp": milliseconds(lambda: assert_vjp(lambda v: v @ A, of=of, at=x, cotangent=v)),
        "assert_jacobian": milliseconds(lambda: assert_jacobian(A, of=of, at=x)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1000, help="drawn points for each function")
    parser.add_argument("--record", action="store_true", help="write the table beside the tests")
    options = parser.parse_args()
    torch.set_num_threads(1)
    hypothesis_profile.activate()
    start = time.perf_counter()
    measured = rows(options.points)
    print(measure.table(measured))
    for row in measured:
        if row.first_miss:
            print(f"{row.claim}: {row.first_miss}")
    print(f"{time.perf_counter() - start:.0f} s")
    whole = costs()
    for name, cost in whole.items():
        print(f"{name:26} {cost:6.2f} ms   × {cost / whole['one forward and backward']:.1f}")
    if options.record:
        RECORD.write_text(measure.table(measured), "utf-8")


if __name__ == "__main__":
    main()
