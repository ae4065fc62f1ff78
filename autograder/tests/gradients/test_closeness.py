"""assert_close and assert_trajectory on nested values."""

import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest
import torch

from autograder.gradients import answers
from autograder.gradients.checks import assert_close, assert_trajectory
from autograder.gradients.errors import Wrong, WrongType

ONE = torch.ones(2, dtype=torch.float64)


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (1.0 + 1e-12, 1.0),
        (np.float64(1.0), 1.0),
        ([1.0, 2.0], (1.0, 2.0)),
        ((ONE, 1.0), [ONE, 1.0]),
        ({"b": 1.0, "a": ONE}, {"a": ONE, "b": 1.0}),
        ([1e6, 1e-9], [1e6, 0.0]),
        (np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0])),
        (float("inf"), float("inf")),
        (torch.tensor([1, 2]), torch.tensor([1, 2])),
        (torch.tensor([0.1]), torch.tensor([0.1000001])),
        (None, None),
        ("ok", "ok"),
        (3, 3),
        (np.int64(3), 3),
        (True, True),
        ([], ()),
        ({}, {}),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (torch.float64, torch.float64),
        ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]),
    ],
)
def test_equal_up_to_rounding(claimed, expected):
    assert_close(claimed, expected)


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (1.0 + 1e-7, 1.0),
        ([1.0, 2.0, 3.0], [1.0, 2.0]),
        ([1.0, 2.1], [1.0, 2.0]),
        ({"a": 1.0}, {"b": 1.0}),
        (OrderedDict(b=1.0, a=1.0), OrderedDict(a=1.0, b=1.0)),
        (ONE.float(), ONE),
        (torch.ones(3).double(), ONE),
        (float("nan"), 1.0),
        (1.0, float("nan")),
        (float("inf"), float("-inf")),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
        (torch.tensor([1, 3]), torch.tensor([1, 2])),
        (torch.tensor([1], dtype=torch.int32), torch.tensor([1])),
        (torch.tensor([0.1]), torch.tensor([0.1001])),
        (False, True),
        (4, 3),
        ("no", "ok"),
    ],
)
def test_different_values_are_wrong(claimed, expected):
    with pytest.raises(Wrong) as caught:
        assert_close(claimed, expected)
    assert type(caught.value) is Wrong


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (True, 1.0),
        (torch.tensor(1.0), 1.0),
        (1.0, torch.tensor(1.0)),
        (None, 1.0),
        (1.0, 1),
        (True, 1),
        (1, True),
        ("1.0", 1.0),
        (1.0, [1.0]),
        ([("a", 1.0)], {"a": 1.0}),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        ([True], [1.0]),
        ({"a": None}, {"a": ONE}),
    ],
)
def test_another_type_is_a_wrong_type(claimed, expected):
    with pytest.raises(WrongType):
        assert_close(claimed, expected)


def test_a_value_where_none_is_expected_is_wrong_and_no_wrong_type():
    with pytest.raises(Wrong, match="x must be None") as caught:
        assert_close(1.0, None, name="x")
    assert not isinstance(caught.value, WrongType)


def test_the_wrong_place_is_named():
    with pytest.raises(Wrong) as caught:
        assert_close({"w": [ONE, ONE * 2]}, {"w": [ONE, ONE]}, name="gradients")
    assert caught.value.headline == "gradients['w'][1] is wrong"
    assert caught.value.lines[0] == "[0]: yours 2.0, expected 1.0"


def test_floats_side_by_side_are_one_vector_and_named_one_by_one():
    with pytest.raises(Wrong) as caught:
        assert_close([1.0, 2.5], [1.0, 2.0], name="losses")
    assert caught.value.lines == ("losses[1]: yours 2.5, expected 2.0",)


def test_tolerances_of_zero_ask_for_equality():
    with pytest.raises(Wrong):
        assert_close(1.0 + 1e-15, 1.0, rtol=0, atol=0)


def test_a_nan_claimed_never_hides_behind_a_tolerance():
    with pytest.raises(Wrong):
        assert_close(np.array([np.nan]), np.array([1.0]), rtol=float("inf"))


def test_a_trajectory_is_compared_as_a_whole():
    steps = [{"w": ONE * 10.0**-k} for k in range(9)]
    claimed = [{"w": step["w"] + 1e-11} for step in steps]
    assert_trajectory(claimed, steps, name="weights")


def test_the_first_step_that_departs_is_named():
    steps = [ONE * k for k in range(5)]
    claimed = [step if k < 2 else step * 1.5 for k, step in enumerate(steps)]
    with pytest.raises(Wrong) as caught:
        assert_trajectory(claimed, steps, name="the path of w")
    assert caught.value.headline == "the path of w departs at step 2"
    assert caught.value.lines[0] == "[0]: yours 3.0, expected 2.0"


@pytest.mark.parametrize("claimed", [None, "abc", 1.0, {0: ONE}])
def test_a_trajectory_is_a_list(claimed):
    with pytest.raises(WrongType):
        assert_trajectory(claimed, [ONE], name="path")


@pytest.mark.parametrize(
    "claimed", [[ONE], [ONE, None], [ONE, ONE * torch.nan], [ONE, ONE.float()], [ONE, torch.ones(3).double()]]
)
def test_a_trajectory_with_a_bad_step_is_wrong(claimed):
    with pytest.raises(Wrong):
        assert_trajectory(claimed, [ONE, ONE], name="path")


def test_values_whose_squares_overflow_are_compared():
    large = torch.tensor([1e200, 3e200], dtype=torch.float64)
    assert_close(large.clone(), large)
    with pytest.raises(Wrong):
        assert_close(large * 2, large)


@pytest.mark.parametrize("claimed", [[0, 1.0], [[1, 2.0]], [{"a": 1}], [(1, np.array(2.0))]])
def test_a_whole_number_is_as_good_a_state_as_a_float(claimed):
    def floats(state):
        match state:
            case list() | tuple():
                return [floats(part) for part in state]
            case dict():
                return {key: floats(part) for key, part in state.items()}
        return float(state)

    assert_trajectory(claimed, floats(claimed), name="path")
    with pytest.raises(Wrong, match="departs at step 0"):
        assert_trajectory(claimed, [_shifted(floats(claimed[0])), *floats(claimed[1:])], name="path")


def _shifted(state):
    match state:
        case list():
            return [_shifted(part) for part in state]
        case dict():
            return {key: _shifted(part) for key, part in state.items()}
    return state + 1e-3


def test_a_long_history_is_kept_for_recognising_a_mistake_and_a_hostile_one_is_not():
    assert len(answers.bare([1.0] * 3000)) == 3000
    assert answers.bare(np.zeros(2_000_000, np.uint8)) is None
    hostile = [0.0] * 130_000
    for _ in range(60):
        hostile = [hostile]
    tracemalloc.start()
    try:
        assert answers.bare(hostile) is None
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 << 20
