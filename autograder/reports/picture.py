"""A wrong answer beside the right one as small pictures of one scale: heat maps, bars, or curves.

Everything is a few rectangles, lines and numbers, so a picture has a few KB, 12 at most. Colours tell sign and size,
numbers tell both again: no colour is needed to read it. Classes, not colours, are written, and the page's style gives
them theirs, by day and by night.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product

from autograder.grading.result import Comparison, Number, Numbers

SHADES = 4
ROUNDING = 1e-9  # of the largest number: a difference below it is told as one of rounding
MOST_BARS = 12  # entries; beyond that they are a curve
LONGEST = 7  # characters of a number
CELL, LINE = (54, 26), 22  # width and height of a cell, height of a bar's row
MARGIN, BAR, NUMBER = 28, 60, 66  # widths: of the index before a row, of its bar, of the number behind it
CURVE = (336, 130)
Texts = list[tuple[float, float, str, str]]


@dataclass(frozen=True)
class Panel:
    """One drawing: what it shows, the same as text, its size, paths by class, and texts by place and class."""

    name: str
    alt: str
    width: int
    height: int
    paths: tuple[tuple[str, str], ...]
    texts: tuple[tuple[float, float, str, str], ...]


@dataclass(frozen=True)
class Picture:
    """The panels of one wrong answer, and what must be said about them."""

    of: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Grid:
    """What a panel shows: rows of numbers, which of them are marked as wrong, and the size of the darkest."""

    name: str
    numbers: Numbers
    rows: tuple[tuple[float, ...], ...]
    most: float
    tiny: float = 0.0
    marked: frozenset[tuple[int, int]] = frozenset()


def picture(compared: Comparison) -> Picture:
    """Yours, the expected, finite differences' (where there are some) and the difference."""
    right = "expected" if compared.measured is None else "autograd"
    named = [("yours", compared.yours), (right, compared.expected)]
    if compared.measured is not None:
        named.append(("finite differences", compared.measured))
    most = _most(row for _, numbers in named for row in floats(numbers))
    grids = [_Grid(name, numbers, floats(numbers), most) for name, numbers in named]
    notes = _cut(compared.expected)
    if compared.yours.shape == compared.expected.shape:
        difference = _difference(grids[0], grids[1])
        grids[0] = _Grid("yours", compared.yours, grids[0].rows, most, marked=difference.marked)
        grids.append(difference)
        notes.insert(0, f"The difference is yours minus {'what is expected' if right == 'expected' else right}.")
        if _overflows(grids[0], grids[1], difference):
            notes.append("Where both numbers are finite and their difference is ∞ or −∞, no float is so large.")
    else:
        notes.insert(0, f"Your shape is {_shape(compared.yours)}, and {_shape(compared.expected)} is expected.")
    if _is_curve(compared.expected) and len(compared.yours.shape) == 1:
        if not all(math.isfinite(value) for grid in grids for value in grid.rows[0]):
            notes.append("Where a line is broken, a number is not finite.")
        return Picture(compared.of, tuple(_curves(grids)), tuple(notes))
    return Picture(compared.of, tuple(_panel(grid) for grid in grids), tuple(notes))


def floats(numbers: Numbers) -> tuple[tuple[float, ...], ...]:
    """The numbers that can be shown, as floats."""
    return tuple(tuple(float(value) for value in row) for row in numbers.rows)


def text(value: Number) -> str:
    """A number in at most seven characters, with a minus that is as wide as a plus: exact where that is enough.

    Else it has three digits, or fewer beside an exponent.
    """
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    value = float(f"{value:.7g}")  # so that a hair's breadth of rounding does not tip the last digit
    short = f"{value:.7g}"
    if len(short) > LONGEST:
        short = f"{value:.0f}" if 1e3 <= abs(value) < 1e5 else f"{value:.3g}"
    if "e" in short:
        mantissa, exponent = f"{value:.1e}".split("e")
        short = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
        short = (
            short
            if len(short) <= LONGEST
            else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
        )
    return short.removeprefix("-" if not value else "").replace("-", "−")


def _difference(yours: _Grid, right: _Grid) -> _Grid:
    rows = tuple(tuple(a - b for a, b in zip(*pair, strict=True)) for pair in zip(yours.rows, right.rows, strict=True))
    rows = tuple(
        tuple(0.0 if a == b or (a != a and b != b) else d for d, a, b in zip(*three, strict=True))
        for three in zip(rows, yours.rows, right.rows, strict=True)
    )
    tiny = ROUNDING * _most(right.rows)
    if all(abs(value) <= tiny for row in rows for value in row):
        tiny = 0.0
    marked = frozenset((r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if not abs(value) <= tiny)
    return _Grid("difference", right.numbers, rows, _most(rows), tiny, marked)


def _overflows(yours: _Grid, right: _Grid, difference: _Grid) -> bool:
    """Whether two finite numbers are so far apart that no float tells how far."""
    each = zip(*(chain.from_iterable(grid.rows) for grid in (yours, right, difference)), strict=True)
    return any(math.isfinite(a) and math.isfinite(b) and not math.isfinite(d) for a, b, d in each)


def _most(rows: Iterable[Sequence[float]]) -> float:
    return max((abs(value) for row in rows for value in row if math.isfinite(value)), default=0.0)


def _shade(value: float, grid: _Grid) -> str:
    """The class of a number: p1 to p4, n1 to n4, zero, or odd where it is not finite."""
    if not math.isfinite(value):
        return "odd"
    if abs(value) <= grid.tiny or not value:
        return "zero"
    size = min(SHADES, max(1, math.ceil(SHADES * (abs(value) / grid.most) - 1e-9)))
    return f"{'p' if value > 0 else 'n'}{size}"


def _told(value: float, grid: _Grid) -> str:
    return "≈0" if value and abs(value) <= grid.tiny else text(value)


def _panel(grid: _Grid) -> Panel:
    if not grid.rows or not grid.rows[0]:
        empty = f"empty, {_shape(grid.numbers)}"
        return Panel(grid.name, f"{grid.name}: {empty}", 120, 30, (), ((4, 19, "index start", empty),))
    alt = "; ".join(", ".join(_told(value, grid) for value in row) for row in grid.rows)
    draw = _heat if len(grid.numbers.shape) > 1 else _bars
    width, height, paths, texts = draw(grid)
    return Panel(grid.name, f"{grid.name}: {alt}", width, height, tuple(paths.items()), tuple(texts))


def _heat(grid: _Grid) -> tuple[int, int, dict[str, str], Texts]:
    """A cell for each number; those of one colour are one path, and wrong ones have a frame."""
    labels = _row_labels(grid.numbers)
    left, top = max(18, 8 + 6 * max(map(len, labels))), 18
    paths: dict[str, str] = {}
    frames = ""
    texts: Texts = []
    for c in range(len(grid.rows[0])):
        texts.append((left + c * CELL[0] + CELL[0] / 2, 12, "index", str(grid.numbers.start[1] + c)))
    for r, row in enumerate(grid.rows):
        y = top + r * CELL[1]
        texts.append((left - 5, y + 17, "index end", labels[r]))
        for c, value in enumerate(row):
            x = left + c * CELL[0]
            shade = _shade(value, grid)
            paths[shade] = paths.get(shade, "") + _box(x, y, CELL[0] - 2, CELL[1] - 2)
            texts.append((x + CELL[0] / 2 - 1, y + 16, "", _told(value, grid)))
            if (r, c) in grid.marked and grid.name == "yours":
                frames += _box(x + 1, y + 1, CELL[0] - 4, CELL[1] - 4)
    if frames:
        paths["ring"] = frames
    return left + len(grid.rows[0]) * CELL[0], top + len(grid.rows) * CELL[1], paths, texts


def _bars(grid: _Grid) -> tuple[int, int, dict[str, str], Texts]:
    """A row for each number, with a bar from zero, which stands in the middle; a 0-dim value has no index."""
    [row] = grid.rows
    left = MARGIN if grid.numbers.shape else 4
    most = grid.most or 1.0
    paths: dict[str, str] = {}
    texts: Texts = []

    def at(value: float) -> float:
        return left + BAR * (value / most + 1) / 2

    for i, value in enumerate(row):
        y = i * LINE
        shade = _shade(value, grid)
        if shade == "odd":
            paths[shade] = paths.get(shade, "") + _box(left, y + 4, BAR, LINE - 8)
        elif shade != "zero":
            x, end = sorted((at(0.0), at(value)))
            paths[shade] = paths.get(shade, "") + _box(x, y + 4, max(end - x, 1.5), LINE - 8)
        if grid.numbers.shape:
            texts.append((left - 5, y + 15, "index end", f"[{grid.numbers.start[1] + i}]"))
        kind = "start wrong" if (0, i) in grid.marked and grid.name == "yours" else "start"
        texts.append((left + BAR + 7, y + 15, kind, _told(value, grid)))
    height = len(row) * LINE
    paths["axis"] = f"M{_n(at(0.0))} 1v{height - 2}"
    return left + BAR + NUMBER, height, paths, texts


def _curves(grids: Sequence[_Grid]) -> list[Panel]:
    """All curves in one panel, and the difference in a panel of its own."""
    difference = grids[-1] if grids[-1].name == "difference" else None
    curves = [grid for grid in grids if grid is not difference]
    panels = [_curve_panel(curves, _curves_name(curves))]
    if difference is not None:
        panels.append(_curve_panel([difference], difference.name))
    return panels


def _curves_name(curves: Sequence[_Grid]) -> str:
    looks = {"yours": "yours: thick line"} | {curves[1].name: f"{curves[1].name}: thin line"}
    return ", ".join(looks.get(grid.name, f"{grid.name}: rings") for grid in curves)


def _curve_panel(grids: Sequence[_Grid], name: str) -> Panel:
    width, height = CURVE
    values = [value for grid in grids for value in grid.rows[0] if math.isfinite(value)]
    low, high = min([0.0, *values]), max([0.0, *values])
    high = high if high > low else low + 1.0
    size = max(-low, high)  # of which shares are subtracted: high - low may be too large for a float
    left, right, top, bottom = 56, width - 8, 8, height - 18
    most = max(len(grid.rows[0]) for grid in grids)

    def at(i: int, value: float) -> tuple[float, float]:
        x = left + (right - left) * i / max(most - 1, 1)
        return x, bottom - (bottom - top) * (value / size - low / size) / (high / size - low / size)

    paths = [("axis", f"M{left} {_n(at(0, 0.0)[1])}H{right}")]
    for grid in grids:
        kind = {"yours": "yours", "finite differences": "dots"}.get(grid.name, "right")
        kind = "yours" if len(grids) == 1 else kind
        paths.append((kind, (_dots if kind == "dots" else _polyline)(grid.rows[0], at)))
    first = grids[0].numbers.start[1]
    texts: Texts = [
        (left - 5, top + 6, "index end", text(high)),
        (left - 5, bottom + 2, "index end", text(low)),
        (left, height - 4, "index", str(first)),
        (right - 4, height - 4, "index", str(first + most - 1)),
    ]
    alt = ". ".join(f"{grid.name}: {', '.join(_told(value, grid) for value in grid.rows[0])}" for grid in grids)
    return Panel(name, alt, width, height, tuple(paths), tuple(texts))


def _polyline(row: Sequence[float], at: Callable[[int, float], tuple[float, float]]) -> str:
    """Line after line; what is not finite is a gap."""
    path, pen_down = "", False
    for i, value in enumerate(row):
        if math.isfinite(value):
            x, y = at(i, value)
            path += f"{'L' if pen_down else 'M'}{_n(x)} {_n(y)}"
        pen_down = math.isfinite(value)
    return path


def _dots(row: Sequence[float], at: Callable[[int, float], tuple[float, float]]) -> str:
    places = (at(i, value) for i, value in enumerate(row) if math.isfinite(value))
    return "".join(f"M{_n(x - 2)} {_n(y)}a2 2 0 1 0 4 0a2 2 0 1 0-4 0" for x, y in places)


def _is_curve(numbers: Numbers) -> bool:
    return len(numbers.shape) == 1 and len(numbers.rows[0]) > MOST_BARS


def _row_labels(numbers: Numbers) -> list[str]:
    """The index of each row: "3", or "1, 0" where leading axes are stacked."""
    if len(numbers.shape) == 2:
        return [str(numbers.start[0] + r) for r in range(len(numbers.rows))]
    indices = product(*(range(size) for size in numbers.shape[:-1]))
    shown = (", ".join(map(str, index)) for k, index in enumerate(indices) if k >= numbers.start[0])
    return [label for label, _ in zip(shown, numbers.rows, strict=False)]


def _cut(numbers: Numbers) -> list[str]:
    """What the picture leaves out, and how it stacks more than two axes."""
    if not numbers.shape or 0 in numbers.shape:
        return []
    notes = []
    if len(numbers.shape) > 2:
        axes = len(numbers.shape) - 1
        notes.append(f"The value has shape {_shape(numbers)}: its first {axes} axes are stacked, and label the rows.")
    rows, columns = math.prod(numbers.shape[:-1]), numbers.shape[-1]
    for what, start, shown, all_of_them in (
        ("rows", numbers.start[0], len(numbers.rows), rows),
        ("entries" if len(numbers.shape) == 1 else "columns", numbers.start[1], len(numbers.rows[0]), columns),
    ):
        if shown < all_of_them:
            notes.append(f"Cut: of {all_of_them} {what}, {start} to {start + shown - 1} are shown.")
    return notes


def _shape(numbers: Numbers) -> str:
    return f"({', '.join(map(str, numbers.shape))}{',' if len(numbers.shape) == 1 else ''})"


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}z"


def _n(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{round(value, 1):g}"
