"""What a test has shown: kinks counted, and a test that a zero answer passes is the author's error."""

import numpy as np
import pytest
import torch

from autograder.gradients import evidence
from autograder.gradients.checks import assert_close, assert_gradient
from autograder.gradients.errors import AuthorError, Kink, WrongType


def test_a_test_whose_reference_is_negligible_is_vacuous():
    evidence.start()
    assert_gradient(np.zeros(2), of=lambda x: torch.softmax(x, 0).sum(), at=np.ones(2))
    with pytest.raises(AuthorError, match="vacuous"):
        evidence.judge()


def test_one_gradient_that_is_not_zero_is_enough():
    evidence.start()
    for x in (0.0, 2.0):
        assert_gradient(2 * x, of=lambda x: x * x, at=x)
    assert evidence.judge().informative == 1


def test_a_test_without_gradients_is_not_judged():
    evidence.start()
    assert_close(0.0, 0.0)
    assert evidence.judge().judged == 0


def test_a_wrong_answer_is_evidence_too():
    evidence.start()
    with pytest.raises(AssertionError):
        assert_gradient(0.0, of=lambda x: x * x, at=2.0)
    assert evidence.judge().informative == 1


def test_kinks_are_counted():
    counted = evidence.start()
    with pytest.raises(Kink):
        assert_gradient(0.0, of=torch.relu, at=0.0)
    assert counted.kinks == 1


def test_a_0_dim_array_is_a_float_by_hand_only():
    evidence.start(by_hand=True)
    assert_gradient(np.array(4.0), of=lambda x: x * x, at=2.0)
    evidence.start(by_hand=False)
    with pytest.raises(WrongType):
        assert_gradient(np.array(4.0), of=lambda x: x * x, at=2.0)


@pytest.fixture(autouse=True)
def _forget():
    yield
    evidence.start()
