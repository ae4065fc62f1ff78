"""The promise in numbers, at a few points each; instructor/benchmarks/gradient_checks.py takes 1,000."""

from pathlib import Path

import pytest

from autograder.tests.gradients import measure
from autograder.tests.gradients.known import KINKS, SMOOTH

FEW = 30


def test_the_table_has_forty_smooth_functions_with_known_gradients_and_twenty_kinks():
    assert len({known.name for known in SMOOTH}) >= 40
    assert len(KINKS) >= 20


@pytest.mark.parametrize(
    ("measured", "points"),
    [
        (measure.smooth_accepted, FEW),
        (measure.bent_accepted, FEW),
        (measure.others_accepted, FEW),
        (measure.named_accepted, FEW),
        (measure.corrupted_refused, 1),
    ],
)
def test_every_verdict_is_right(measured, points):
    row = measured(points)
    assert (row.right, row.first_miss) == (row.tried, "")


def test_every_kink_is_found():
    assert measure.kinks_found().first_miss == ""


def test_the_recorded_table_is_of_these_functions_and_without_a_miss():
    rows = [line.split("|")[1:-1] for line in Path(__file__).with_name("table.md").read_text("utf-8").splitlines()[2:]]
    recorded = {what.strip(): [int(n.replace(",", "")) for n in numbers] for what, *numbers in rows}
    assert recorded["true gradients accepted, smooth"] == [len(SMOOTH), len(SMOOTH) * 1000, len(SMOOTH) * 1000]
    assert all(tried == right for _, tried, right in recorded.values())
