"""Kinks are reported, never passed in silence; curves, however strong, are not kinks."""

import numpy as np
import pytest
import torch

from autograder.gradients.checks import assert_gradient, assert_jacobian, assert_vjp
from autograder.gradients.errors import Kink, Wrong
from autograder.tests.gradients.known import KINKS


@pytest.mark.parametrize(("of", "x"), [kink[1:] for kink in KINKS], ids=[kink[0] for kink in KINKS])
def test_a_kink_is_reported_by_every_check_whatever_the_answer(of, x):
    v = torch.ones_like(of(torch.tensor(x)))
    with pytest.raises(Kink):
        assert_gradient(None, of=of, at=x, cotangent=v)
    with pytest.raises(Kink):
        assert_vjp(lambda v: None, of=of, at=torch.tensor(x), cotangent=v)
    with pytest.raises(Kink):
        assert_jacobian(None, of=of, at=x)


@pytest.mark.parametrize(("of", "x"), [kink[1:] for kink in KINKS], ids=[kink[0] for kink in KINKS])
def test_away_from_a_kink_the_answer_is_judged(of, x):
    away = x + 0.13 * np.arange(1, x.size + 1).reshape(x.shape)
    with pytest.raises(Wrong):
        assert_gradient(np.full(x.shape, 77.0), of=of, at=away, cotangent=torch.ones_like(of(torch.tensor(away))))


@pytest.mark.parametrize("x", [6.1e-5, -6.1e-5, 1e-3])
def test_beside_a_kink_the_slope_of_that_side_is_right(x):
    assert_gradient(float(x > 0), of=torch.relu, at=x)


@pytest.mark.parametrize(
    ("of", "slope", "x"),
    [
        (lambda x: x.abs() ** 3, 0.0, 0.0),
        (lambda x: torch.nn.functional.huber_loss(x, torch.zeros_like(x)), 1.0, 1.0),
        (lambda x: torch.tanh(200 * x), 200.0, 0.0),
        (lambda x: torch.exp(10 * x), 10 * np.exp(25.0), 2.5),
        (lambda x: 1e8 * x**2, 2e8, 1.0),
        (lambda x: 1e-6 * x**2, 2e-6, 1.0),
        (lambda x: x**9, 9 * 3.0**8, 3.0),
    ],
)
def test_a_curve_is_no_kink(of, slope, x):
    assert_gradient(float(slope), of=of, at=x)


def test_a_kink_in_an_output_that_the_cotangent_ignores_is_a_kink():
    with pytest.raises(Kink):
        assert_gradient(np.zeros(2), of=torch.relu, at=np.array([0.0, 1.0]), cotangent=np.array([0.0, 1.0]))
