"""Pictures of wrong answers, as data: what they show, mark, leave out and say."""

import re

import numpy as np
import pytest

from autograder.gradients.errors import Compared, Wrong
from autograder.grading.comparison import comparison
from autograder.reports.page import page
from autograder.reports.picture import picture, text
from autograder.tests.made import a_result, a_task, a_test, an_assignment
from autograder.tests.reports.pictures import BATCH, LARGE, MATRIX, PICTURED, changed, compared


def panels(name):
    return {panel.name: panel for panel in picture(PICTURED[name]).panels}


def words(panel):
    """The numbers in a panel, without the indices."""
    return [told for _, _, kind, told in panel.texts if "index" not in kind]


def boxes(panel, kind):
    """How many rectangles of a class a panel has."""
    return dict(panel.paths).get(kind, "").count("M")


def test_yours_autograds_finite_differences_and_the_difference_stand_side_by_side():
    found = panels("matrix")
    assert list(found) == ["yours", "autograd", "finite differences", "difference"]
    assert words(found["yours"]) == ["0.25", "−1", "0.5", "1.5", "−2", "−0.125"]
    assert words(found["autograd"]) == words(found["finite differences"]) == ["0.25", "−1", "0.5", "1.5", "2", "−0.125"]
    assert words(found["difference"]) == ["0", "0", "0", "0", "−4", "0"]
    assert found["yours"].alt == "yours: 0.25, −1, 0.5; 1.5, −2, −0.125"


def test_a_value_that_is_no_gradient_is_beside_what_is_expected():
    plain = PICTURED["matrix"]
    plain = type(plain)(plain.of, plain.yours, plain.expected)
    assert [panel.name for panel in picture(plain).panels] == ["yours", "expected", "difference"]
    assert "The difference is yours minus what is expected." in picture(plain).notes


def test_only_what_is_wrong_is_framed():
    found = panels("matrix")
    assert boxes(found["yours"], "ring") == 1
    assert boxes(found["autograd"], "ring") == 0
    assert boxes(panels("batched")["yours"], "ring") == np.count_nonzero(BATCH[..., 2])


def test_colours_tell_sign_and_size_on_one_scale():
    found = panels("matrix")
    assert boxes(found["autograd"], "p4") == 1  # 2
    assert boxes(found["autograd"], "p3") == 1  # 1.5
    assert boxes(found["autograd"], "n2") == 1  # -1
    assert boxes(found["yours"], "n4") == 1  # -2
    assert boxes(found["difference"], "zero") == 5
    assert boxes(found["difference"], "n4") == 1


@pytest.mark.parametrize("name", ["not finite", "scalar, not finite", "curve"])
def test_what_is_not_finite_is_named_and_has_no_colour_of_a_size(name):
    found = panels(name)
    assert "NaN" in found["yours"].alt if name != "curve" else "NaN" in next(iter(found.values())).alt
    if name == "not finite":
        assert words(found["yours"])[:3] == ["NaN", "∞", "−∞"]
        assert words(found["difference"])[:3] == ["NaN", "∞", "−∞"]
        assert boxes(found["yours"], "odd") == boxes(found["yours"], "ring") == 3
        assert boxes(found["autograd"], "p4") == 1  # the scale is that of the finite numbers
    if name == "curve":
        assert "Where a line is broken, a number is not finite." in picture(PICTURED[name]).notes
        assert dict(found["difference"].paths)["yours"].count("M") == 2


def test_one_dimension_is_bars_and_a_long_one_is_curves():
    vector = panels("vector")
    assert [told for _, _, kind, told in vector["yours"].texts if "index" in kind] == ["[0]", "[1]", "[2]"]
    assert words(vector["difference"]) == ["1", "−2", "0"]
    assert [kind for _, _, kind, _ in vector["yours"].texts if "wrong" in kind] == ["start wrong"] * 2
    curve = picture(PICTURED["curve"])
    assert [panel.name for panel in curve.panels] == [
        "yours: thick line, autograd: thin line, finite differences: rings",
        "difference",
    ]
    assert [kind for kind, _ in curve.panels[0].paths] == ["axis", "yours", "right", "dots"]


def test_a_number_alone_has_no_index():
    assert [words(panel) for panel in panels("scalar").values()] == [["2"], ["1"], ["1"], ["1"]]
    assert panels("scalar")["yours"].alt == "yours: 2"


def test_more_than_two_axes_are_stacked_and_it_says_so():
    found = picture(PICTURED["batched"])
    assert "The value has shape (2, 2, 3): its first 2 axes are stacked, and label the rows." in found.notes
    labels = [told for _, _, kind, told in found.panels[0].texts if "end" in kind]
    assert labels == ["0, 0", "0, 1", "1, 0", "1, 1"]


def test_a_large_array_is_cut_around_the_worst_entry_and_it_says_so():
    found = picture(PICTURED["large"])
    assert "Cut: of 40 rows, 30 to 35 are shown." in found.notes
    assert "Cut: of 30 columns, 8 to 12 are shown." in found.notes
    assert "1" in words(found.panels[0])  # entry 1000, in row 33 and column 10
    assert boxes(found.panels[0], "ring") == 1
    end = picture(compared(changed(LARGE, _1199=1.0), LARGE))
    assert "Cut: of 40 rows, 34 to 39 are shown." in end.notes


@pytest.mark.parametrize(("name", "told"), [("shape", "(3, 2)"), ("empty", "(0, 3)")])
def test_another_shape_has_no_difference_and_both_shapes_are_told(name, told):
    found = picture(PICTURED[name])
    assert [panel.name for panel in found.panels] == ["yours", "autograd", "finite differences"]
    assert found.notes[0] == f"Your shape is {told}, and (2, 3) is expected."


def test_rounding_is_told_from_a_difference():
    almost = changed(MATRIX * (1 + 1e-14), _5=1.0)
    assert words(picture(compared(almost, MATRIX)).panels[-1])[:2] == ["≈0", "≈0"]
    alone = picture(compared(MATRIX * (1 + 1e-11), MATRIX))
    assert "≈0" not in words(alone.panels[-1])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.1875, "0.1875"),
        (0.18749999999, "0.1875"),
        (-1.125, "−1.125"),
        (-0.0625, "−0.0625"),
        (-10.0625, "−10.1"),
        (1000.5, "1000.5"),
        (123456.0, "123456"),
        (1 / 3, "0.333"),
        (-2 / 3, "−0.667"),
        (1.7e308, "1.7e308"),
        (5e-324, "5e−324"),
        (-1.5, "−1.5"),
        (12345.0, "12345"),
        (1.23e-9, "1.2e−9"),
        (-1.26e-12, "−1e−12"),
        (3e20, "3e20"),
        (-1.9e300, "−2e300"),
        ("nan", "NaN"),
    ],
)
def test_numbers_are_short(value, told):
    assert text(value) == told
    assert len(text(value)) <= 7


EXTREME = [1.7e308, -1.7e308, 5e-324, -5e-324, 0.0, 1.0, np.inf, -np.inf, np.nan]


def coordinates(found):
    """All that is drawn: no text, which may say NaN."""
    for panel in found.panels:
        yield from (str(place) for x, y, *_ in panel.texts for place in (x, y, panel.width, panel.height))
        yield from (line for _, line in panel.paths)


@pytest.mark.parametrize("form", [(), (1,), (9,), (3, 3), (27,), (2, 3, 3)], ids=str)
@pytest.mark.parametrize("shift", range(9))
def test_nothing_is_drawn_at_a_place_that_is_none(form, shift):
    """Each extreme beside each other one, as a number, as bars, in cells and on a curve."""
    yours, expected = (np.resize(np.roll(EXTREME, -k), form) for k in (shift, 2 * shift + 1))
    for right in (expected, np.resize([1.7e308, -1.7e308], form), np.zeros(form)):
        for measured in (None, right):
            with np.errstate(over="ignore", invalid="ignore"):
                found = picture(comparison(Wrong("x", compared=Compared("x", yours, right, measured))))
            drawn = " ".join(coordinates(found))
            assert not re.search("nan|inf", drawn, re.I), drawn


@pytest.mark.parametrize("size", [3, 20])
def test_what_is_too_far_apart_for_a_float_is_drawn_at_the_ends_and_said(size):
    far = np.resize([1.7e308, -1.7e308], size)
    found = picture(compared(-far, far))
    assert "Where both numbers are finite and their difference is ∞ or −∞, no float is so large." in found.notes
    assert "∞" in found.panels[-1].alt
    if size == 3:
        assert dict(found.panels[0].paths)["p4"] == "M58 26h30v14h-30z"  # from the middle to the end
        assert dict(found.panels[0].paths)["n4"].startswith("M28 4h30v14h-30z")
    assert not any("no float" in note for note in picture(compared(far / 4, far)).notes)


def test_each_picture_is_small():
    worst = compared(-LARGE[:6, :5] * 1e250, LARGE[:6, :5])
    for compares in [*PICTURED.values(), worst]:
        test = a_test("failed", "01.1 wrong", comparison=compares)
        drawn = page(a_result(an_assignment(a_task("01.1", test))))
        figure = drawn[drawn.index("<figure") : drawn.index("</figure>")]
        assert len(figure.encode()) < 12_000
