"""Difficulty and discrimination, against values worked out by hand and against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructor.cohort.item_analysis import Item

STUDENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 290)), max_size=40)


def item(students):
    made = Item()
    for passed, rest in students:
        made.add(passed, rest)
    return made


# Four students, rest scores 4, 2, 2, 0; the first two pass: means 3 and 1, standard deviation √2, p = ½.
BY_HAND = [(True, 4), (True, 2), (False, 2), (False, 0)]


def test_by_hand():
    assert item(BY_HAND).difficulty == 0.5
    assert item(BY_HAND).discrimination == pytest.approx((3 - 1) / math.sqrt(2) * math.sqrt(0.5 * 0.5), abs=1e-15)


@pytest.mark.parametrize(
    ("students", "expected"),
    [
        ([(True, 9), (False, 1)], 1.0),
        ([(True, 1), (False, 9), (False, 9)], -1.0),
        ([(True, 5), (True, 1), (False, 5), (False, 1)], 0.0),
        # one of three passes, rest scores 3, 0, 0: mean 1, M₁ = 3, M₀ = 0, s = √2: 3/√2 · √(2/9) = 1
        ([(True, 3), (False, 0), (False, 0)], 1.0),
        # rest scores 2, 1, 0 and the middle one passes: M₁ = M₀
        ([(False, 2), (True, 1), (False, 0)], 0.0),
        # rest scores 0, 1, 2, 3, the last three pass: M₁ = 2, M₀ = 0, s = √5/2, p = ¾: 4/√5 · √3/4 = √(3/5)
        ([(False, 0), (True, 1), (True, 2), (True, 3)], math.sqrt(3 / 5)),
    ],
)
def test_known_values(students, expected):
    assert item(students).discrimination == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    "students",
    [[], [(True, 7)], [(True, 7), (True, 3)], [(False, 7), (False, 3)], [(True, 7), (False, 7)]],
    ids=["nobody began", "one began", "all passed", "none passed", "all rest scores equal"],
)
def test_a_discrimination_without_meaning_is_none(students):
    assert item(students).discrimination is None


def test_a_difficulty_without_students_is_none():
    assert Item().difficulty is None


@given(STUDENTS)
def test_both_are_in_range_and_never_nan(students):
    made = item(students)
    assert made.difficulty is None or 0.0 <= made.difficulty <= 1.0
    assert made.discrimination is None or -1.0 <= made.discrimination <= 1.0


@given(STUDENTS.flatmap(lambda students: st.tuples(st.just(students), st.permutations(students))))
def test_the_order_of_students_changes_nothing(orders):
    assert item(orders[0]) == item(orders[1])


@given(STUDENTS)
def test_it_is_pearsons_correlation(students):
    made = item(students)
    if made.discrimination is not None:
        passed, rest = np.array(students, dtype=float).T
        assert made.discrimination == pytest.approx(np.corrcoef(passed, rest)[0, 1], abs=1e-9)


@given(STUDENTS, st.integers(1, 5), st.integers(0, 100))
def test_the_unit_of_points_changes_nothing(students, factor, shift):
    other = item([(passed, factor * rest + shift) for passed, rest in students])
    assert other.discrimination == pytest.approx(item(students).discrimination, abs=1e-9)


def test_a_task_is_odd_where_the_better_pass_less_often_by_more_than_chance():
    against = [(False, 10 + k) for k in range(10)] + [(True, k) for k in range(10)]
    assert item(against).is_odd
    assert not item(against[8:11]).is_odd  # -0.97, of three students
    assert not item([(not passed, rest) for passed, rest in against]).is_odd
    assert not Item().is_odd
