"""The distribution of the scores of a class: its mean and median, and a histogram."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

MOST_BINS = 16
WIDTH, HEIGHT = 480, 170  # of the drawing, in units of its own; the page scales it
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 22, 24  # room for the counts above and the points below
_GAP = 2


@dataclass(frozen=True)
class Bar:
    """`count` students have `low` to `high` points, both included; the rest is where its rectangle is drawn."""

    low: int
    high: int
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The x of its middle."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Histogram:
    """Bars of equal width over all points that can be had; each but the last stands for `step` points."""

    bars: tuple[Bar, ...]
    max_score: int
    step: int

    def x(self, points: float) -> float:
        """Where a number of points stands among the bars."""
        places = min(points / self.step, len(self.bars))
        return round(_LEFT + places * (WIDTH - _LEFT - _RIGHT) / len(self.bars), 1)

    @property
    def base(self) -> int:
        """The y of the axis."""
        return HEIGHT - _BOTTOM


def bin_width(max_score: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … points that makes few enough bins."""
    widths = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return next(width for width in widths if width * MOST_BINS >= max_score)


def histogram(scores: Sequence[int], max_score: int) -> Histogram:
    """How many students have how many points, from 0 to `max_score`; the last bar includes the full score."""
    width = bin_width(max_score)
    last = max(0, -(-max_score // width) - 1)
    counts = Counter(min(score // width, last) for score in scores)
    most = max(counts.values(), default=1)
    room = (WIDTH - _LEFT - _RIGHT) / (last + 1)
    inside = HEIGHT - _TOP - _BOTTOM
    bars = []
    for number in range(last + 1):
        height = round(inside * counts[number] / most, 1)
        high = max_score if number == last else (number + 1) * width - 1
        bars.append(
            Bar(
                number * width, high, counts[number],
                round(_LEFT + number * room + _GAP / 2, 1), round(_TOP + inside - height, 1),
                round(room - _GAP, 1), height,
            )
        )  # fmt: skip
    return Histogram(tuple(bars), max_score, width)
