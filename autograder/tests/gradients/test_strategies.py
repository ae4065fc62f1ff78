"""What is drawn: grid values, simple when shrunk, in the shapes asked for."""

import numpy as np
import pytest
import torch
from hypothesis import find, given, settings

from autograder.gradients import strategies as st
from autograder.gradients.drawing import grid


def drawn(strategy, count=60):
    values = []
    settings(max_examples=count)(given(strategy)(lambda value: values.append(value)))()
    return values


def test_values_lie_on_the_grid_and_cover_it():
    values = np.concatenate(drawn(st.vectors(8)))
    assert np.array_equal(values * 64, np.round(values * 64))
    assert np.abs(values).max() <= 3.0
    assert len(np.unique(values)) > 200


def test_simple_values_come_first():
    assert grid()[:9].tolist() == [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5]


def test_shrunk_examples_read_well():
    case = find(st.linear_maps(), lambda case: (case.A @ case.x).sum() > 1.5)
    assert sorted([*case.A.flat, *case.x]) == [1.0, 2.0]
    assert case.v.tolist() == [1.0]


def test_sizes_run_from_one_to_four():
    shapes = {x.shape for x in drawn(st.matrices())}
    assert {(1, 1), (4, 4)} <= shapes
    assert max(max(shape) for shape in shapes) == 4


def test_empty_and_0_dim_where_asked():
    shapes = {x.shape for x in drawn(st.shaped_arrays())}
    assert () in shapes
    assert (0,) in shapes
    assert any(len(shape) == 3 for shape in shapes)


def test_arrays_of_a_case_fit_each_other():
    for case in drawn(st.linear_layers()):
        assert (case.X @ case.W + case.b).shape == case.V.shape


def test_fields_have_options_of_their_own():
    for case in drawn(st.cases(x=st.field("n", unique=True), n=st.integers(7, 9), A="n 2", sizes={"n": (2, 6)})):
        assert len(set(case.x.tolist())) == len(case.x)
        assert case.A.shape == (len(case.x), 2)
        assert case.n in (7, 8, 9)


@pytest.mark.parametrize(
    ("option", "holds"),
    [
        ({"nonzero": True}, lambda x: (x != 0).all()),
        ({"positive": True}, lambda x: (x > 0).all()),
        ({"unique": True}, lambda x: len(np.unique(x)) == len(x)),
        ({"limit": 0.5}, lambda x: (np.abs(x) <= 0.5).all()),
        ({"inexact": True}, lambda x: (x.astype(np.float32) != x).all()),
    ],
)
def test_options_hold(option, holds):
    assert all(holds(x) for x in drawn(st.vectors(6, **option)))


def test_unique_works_to_the_last_value():
    assert len(set(drawn(st.vectors(257, unique=True, limit=2.0), 2)[0].tolist())) == 257


def test_more_unique_values_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="258 different values are asked for; the grid has 257"):
        drawn(st.vectors(258, unique=True, limit=2.0))


def test_tensors_and_arrays_are_float64():
    (x, y) = drawn(st.tuples(st.tensors(2), st.arrays(2)), 1)[0]
    assert (type(x), x.dtype, y.dtype) == (torch.Tensor, torch.float64, np.float64)


def test_scalars_are_floats_or_0_dim_tensors():
    assert {type(x) for x in drawn(st.scalars())} == {float}
    assert {x.shape for x in drawn(st.scalars(as_tensor=True))} == {torch.Size([])}


def test_cotangents_have_no_zeros_and_the_shape_asked_for():
    assert all(v.shape == (2, 3) and v.all() for v in drawn(st.cotangents((2, 3))))


def test_a_dimension_that_no_array_has_is_an_error():
    with pytest.raises(ValueError, match="no array has the dimension k"):
        st.cases(x="n", sizes={"k": 3})


def test_drawn_arrays_are_not_shared():
    first, second = drawn(st.vectors(3), 2)[:2]
    first[:] = 9.0
    assert 9.0 not in second
    assert 9.0 not in grid()
