"""General mistakes: named where the numbers bear them out, and otherwise not."""

import numpy as np
import pytest
from hypothesis import given

from autograder.gradients import strategies as st
from autograder.gradients.errors import Mismatch
from autograder.gradients.mistakes import GENERAL, recognise

GENERATOR = np.random.default_rng(3)
SHAPES = [(2, 3), (3, 2), (4, 4), (3, 3)]


def made(wrong, shapes=SHAPES):
    """Mismatches whose answers are `wrong` of the right ones."""
    right = [GENERATOR.integers(-150, 150, shape) / 64 for shape in shapes]
    return [Mismatch("dX", wrong(e), e, (np.ones(e.shape),), np.ones(e.shape[0])) for e in right]


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda e: 2 * e, "twice what is right"),
        (lambda e: e / 2, "half of what is right"),
        (lambda e: -e, "the sign is flipped"),
        (lambda e: 0 * e, "all zeros"),
        (lambda e: e.T, "transposed"),
        (lambda e: e.sum(0), "summed over the batch"),
        (lambda e: np.broadcast_to(e.sum(0), e.shape), "summed over the batch"),
        (lambda e: e.mean(0), "averaged over the batch"),
        (lambda e: np.cumsum(e, 0), "each one holds all those before it"),
        (lambda e: e[:-1], "the last one is missing"),
        (lambda e: np.vstack([e[:-1], 0 * e[-1:]]), "the last one is missing"),
        (lambda e: np.stack([0.25 * e, 0.75 * e]), "not summed over the axes that were broadcast"),
        (lambda e: e * e.size, "n times what is right"),
        (lambda e: e / len(e), "one n-th of what is right"),
    ],
)
def test_a_mistake_is_named(wrong, name):
    assert recognise(made(wrong))[0] == name


def test_float32_is_told_by_numbers_that_float32_holds():
    right = [np.array([0.1, 0.7, -1.3]), np.array([2.2, 3.3])]
    assert recognise([Mismatch("g", e.astype(np.float32).astype(float), e) for e in right])[0] == "rounded to float32"
    assert recognise([Mismatch("g", e * (1 + 1e-7), e) for e in right]) is None


@pytest.mark.parametrize("wrong", [lambda e: e + 1, lambda e: e**2, lambda e: 3 * e, lambda e: e[::-1] + 0.5])
def test_no_match_no_guess(wrong):
    assert recognise(made(wrong)) is None


def test_one_example_that_does_not_fit_silences_the_name():
    assert recognise(made(lambda e: 2 * e) + made(lambda e: 2 * e + 1, [(2, 2)])) is None


def test_two_numbers_are_not_enough():
    assert (
        recognise([Mismatch("g", np.array([2.0]), np.array([1.0])), Mismatch("g", np.array(6.0), np.array(3.0))])
        is None
    )


def test_twice_is_not_called_n_times_where_n_is_always_two():
    assert recognise(made(lambda e: 2 * e, [(2, 2), (2, 2)]))[0] == "twice what is right"


def test_n_times_is_not_told_where_n_is_always_the_same():
    assert recognise(made(lambda e: 3 * e, [(3, 3), (3, 3)])) is None


def test_two_relations_that_both_hold_are_not_chosen_from():
    skew = [e - e.T for e in (GENERATOR.normal(size=(4, 4)) for _ in range(3))]
    assert recognise([Mismatch("A", -e, e) for e in skew]) is None


def test_a_symmetric_answer_is_not_called_transposed():
    assert recognise(made(lambda e: e.T + 1, [(1, 1), (1, 1), (1, 1), (1, 1)])) is None


def test_only_the_wrong_part_of_several_must_fit():
    right = [(GENERATOR.normal(size=(3, 2)), GENERATOR.normal(size=2)) for _ in range(3)]
    wrong = [Mismatch("dW, db", (w, -b), (w, b)) for w, b in right]
    assert recognise(wrong)[0] == "the sign is flipped"


def test_numbers_side_by_side_are_one_sequence():
    history = [np.array(x) for x in (1.5, -2.0, 4.0, 0.25)]
    total = [np.array(x) for x in np.cumsum(history)]
    assert recognise([Mismatch("history", tuple(total), tuple(history))])[0] == "each one holds all those before it"


@pytest.mark.parametrize("claimed", [None, (np.ones(2),), np.ones((0,)), np.array(np.nan), (None, np.ones(2))])
def test_an_answer_of_another_kind_is_not_recognised(claimed):
    assert recognise([Mismatch("g", claimed, np.array([1.0, 2.0, 4.0]))]) is None


def test_nothing_is_recognised_in_nothing():
    assert recognise([]) is None


@given(st.lists(st.tuples(st.vectors((2, 4)), st.vectors((2, 4))), min_size=2, max_size=4))
def test_unrelated_answers_are_never_named_a_factor(pairs):
    mismatches = [Mismatch("g", c, e) for c, e in pairs if c.shape == e.shape and not np.array_equal(c, e)]
    named = recognise(mismatches)
    relations = {general.name: general.relation for general in GENERAL}
    assert named is None or all(relations[named[0]](m.claimed, m.expected, m) is not None for m in mismatches)
