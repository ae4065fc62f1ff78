"""Values as a student would type them."""

import numpy as np
import pytest
import torch

from autograder.gradients import wording
from autograder.gradients.functions import function

LAYER = function("tanh_layer", W=[[1.0, 2.0]], b=[0.5])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (np.float64(0.5), "0.5"),
        (2, "2"),
        (True, "True"),
        (None, "None"),
        ("a", "'a'"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (np.array([[0.5, 1.0]]), "[[0.5, 1.0]]"),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), "[1.0, 2.0]"),
        (torch.tensor([1.0]), "[1.0] (float32)"),
        (torch.tensor(3.0, dtype=torch.float64), "3.0"),
        (np.zeros((0, 3)), "empty[0, 3]"),
        (np.zeros(0), "[]"),
        ((1.0,), "(1.0,)"),
        ({"w": [1.0]}, "{'w': [1.0]}"),
        (LAYER, "tanh(Wx + b)"),
        (torch.tensor([True, False]), "[True, False]"),
    ],
)
def test_values_are_written_as_literals(value, text):
    assert wording.literal(value) == text


def test_a_call_reads_like_a_call():
    arguments = {"f": LAYER, "x": np.array([1.0, 2.0]), "v": np.array([1.0])}
    assert wording.call("vjp", arguments) == "vjp(f=tanh(Wx + b), x=[1.0, 2.0], v=[1.0])"
    assert wording.call("vjp", [1.0, None]) == "vjp(1.0, None)"


def test_the_arrays_inside_functions_are_told_apart():
    assert wording.details({"f": LAYER, "x": 1.0}) == "f = tanh(Wx + b) where W=[[1.0, 2.0]], b=[0.5]"
    assert wording.details({"f": function("square", a=2.0)}) is None


def test_long_values_are_cut_and_cost_no_time():
    text = wording.literal(torch.zeros(3000, 3000))
    assert len(text) <= wording.CLIP
    assert text.endswith("…")
    assert wording.call("f", {"x": np.zeros(10**6)}).endswith("…)")


def test_two_numbers_are_shown_with_the_digits_that_tell_them_apart():
    assert wording.pair(1.0, 1.00000001) == ("1.0", "1.00000001")
    assert wording.pair(1 / 3, 2 / 3) == ("0.333333", "0.666667")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (1.0, "a float"),
        (1, "an int"),
        ([1], "a list of 1"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (torch.zeros(2), "a tensor of shape (2,)"),
    ],
)
def test_kinds_have_plain_names(value, text):
    assert wording.kind(value) == text
