"""Named functions: data on the wire, differentiable, batched where they say so, and honest about their shapes."""

import pickle

import pytest
import torch
from hypothesis import given, settings

from autograder.gradients import functions
from autograder.gradients.checks import assert_gradient
from autograder.gradients.errors import Wrong
from autograder.gradients.formulas import FORMULAS
from autograder.gradients.functions import KINDS, Function, function, names, once, points

ALL = [(kind, name) for kind in KINDS for name in names(kind)]


def test_there_are_at_least_forty_smooth_ones_and_some_of_every_kind():
    assert len(names(kinked=False)) >= 40
    assert all(len(names(kind)) >= 3 for kind in KINDS)


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_function_keeps_its_promises(kind, name):
    @settings(max_examples=5)
    @given(points(kind, only=(name,)))
    def check(case):
        before = case.x.clone()
        y = case.f(case.x)
        assert (y.shape, y.dtype) == (case.v.shape, torch.float64)
        assert torch.equal(case.f(case.x), y)
        assert torch.equal(case.x, before)
        assert torch.allclose(torch.vmap(case.f)(torch.stack([case.x, case.x]))[1], y)
        assert case.f(case.x.float()).dtype == torch.float32
        again = pickle.loads(pickle.dumps(case.f))
        assert again == case.f
        assert hash(again) == hash(case.f)
        assert torch.equal(again(case.x), y)
        assert case.f.text in case.f.full_text
        assert "{" not in case.f.text

    check()


@pytest.mark.parametrize("name", names("batched"))
def test_batched_functions_do_not_mix_samples(name):
    @settings(max_examples=5)
    @given(points("batched", only=(name,), sizes={"B": 3}))
    def check(case):
        rows = torch.cat([case.f(row[None]) for row in case.x])
        assert torch.allclose(rows, case.f(case.x), atol=1e-12)

    check()


def test_kinked_functions_are_drawn_only_where_asked():
    kinked = {name for name, formula in FORMULAS.items() if formula.kinked}
    assert not kinked & _drawn(functions.drawn("vector_to_vector"))
    assert kinked & _drawn(functions.drawn("vector_to_vector", kinked=True))


def _drawn(strategy):
    seen = set()
    settings(max_examples=120)(given(strategy)(lambda f: seen.add(f.name)))()
    return seen


def test_sizes_are_kept():
    @given(points("vector_to_vector", sizes={"n": 3, "m": 2}))
    def check(case):
        assert case.x.shape == (3,)

    check()


def test_the_text_is_the_formula_with_its_numbers():
    assert function("cubic", a=-1.5).text == "x³ − 1.5·x"
    layer = function("tanh_layer", W=[[1.0, 2.0]], b=[0.5])
    assert layer.text == "tanh(Wx + b)"
    assert layer.full_text == "tanh(Wx + b) where W=[[1.0, 2.0]], b=[0.5]"


def test_lists_and_arrays_make_equal_functions():
    assert function("dot", a=[1.0, 2.0]) == Function("dot", {"a": torch.tensor([1.0, 2.0])}) != function("dot", a=[1.0])


def test_an_unknown_name_is_told_with_a_similar_one():
    with pytest.raises(KeyError, match="there is square"):
        function("squre")


def test_once_is_right_the_first_time_and_another_function_after():
    f, x = function("square", a=2.0), torch.tensor(3.0, dtype=torch.float64)
    g = once(f)
    assert (g(x).item(), g(x).item(), g(x).item()) == (18.0, 4.75, 4.75)
    assert pickle.loads(pickle.dumps(g))(x).item() == 18.0
    assert g.text == f.text


def test_of_once_a_second_call_tells_the_shape_alone():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    f, g = once(function("linear", A=[[1.0, 2.0]])), once(function("linear", A=[[-5.0, 0.5]]))
    assert f(x) != g(x)
    assert torch.equal(f(x), g(x))


def test_calling_f_for_every_row_shows_in_the_values():
    f = function("linear", A=[[1.0, 2.0], [3.0, 4.0]])
    x, counted = torch.ones(2, dtype=torch.float64, requires_grad=True), once(f)
    rows = [torch.autograd.grad(counted(x)[i], x)[0] for i in range(2)]
    with pytest.raises(Wrong):
        assert_gradient(rows[1], of=lambda x: f(x)[1], at=x.detach())
