"""Models as data: the same values on both sides, in every kind."""

import pickle

import pytest
import torch
from hypothesis import given, settings

from autograder.gradients import strategies as st
from autograder.gradients.models import KINDS, Model


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_built_alike_twice_in_double_and_uses_up_no_random_numbers(kind):
    @settings(max_examples=8)
    @given(st.models(kind))
    def check(model):
        before = torch.random.get_rng_state()
        one, two = model.build(), pickle.loads(pickle.dumps(model)).build()
        assert torch.equal(before, torch.random.get_rng_state())
        states = zip(one.state_dict().items(), two.state_dict().items(), strict=True)
        assert all(a == b and torch.equal(x, y) for (a, x), (b, y) in states)
        y = one(torch.ones(3, model.sizes[0], dtype=torch.float64))
        assert (y.dtype, y.shape) == (torch.float64, (3, model.sizes[-1]))
        assert all((p * 64).frac().eq(0).all() for p in one.parameters())

    check()


def test_seeds_make_different_values():
    one, two = (Model("linear", (3, 2), seed).build().weight for seed in (0, 1))
    assert not torch.equal(one, two)


def test_special_kinds_are_what_they_say():
    shared = Model("shared", (2, 3, 3, 3, 1)).build()
    assert len(list(shared.parameters())) < len(list(shared.named_parameters(remove_duplicate=False)))
    assert not Model("frozen", (2, 3, 1)).build()[0].weight.requires_grad
    assert list(dict(Model("named", (2, 3, 1)).build().named_children())) == ["linear1", "act1", "output"]
    assert list(dict(Model("nested", (2, 3, 1)).build().named_children())) == ["backbone", "head"]


def test_options_choose_activation_bias_and_dtype():
    model = Model("mlp", (2, 3, 1), options={"activation": "relu", "bias": False, "double": False}).build()
    assert isinstance(model[1], torch.nn.ReLU)
    assert model[0].bias is None
    assert model[0].weight.dtype == torch.float32


def test_an_unknown_kind_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="there is linear, mlp"):
        Model("cnn", (1,))
