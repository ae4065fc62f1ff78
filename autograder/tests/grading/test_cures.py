"""The cures quote torch: each text is provoked from the pinned torch here."""

import pytest
import torch

from autograder.grading.cures import CURES, cure


def leaf(*shape):
    return torch.ones(shape, dtype=torch.float64, requires_grad=True)


class ReturnsOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return a * b

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class ReturnsAList(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, gradient):
        return [gradient * 2]


def untracked():
    torch.ones(()).backward()


def not_a_scalar():
    (leaf(2) * 2).backward()


def twice():
    y = leaf() ** 2
    y.backward()
    y.backward()


def leaf_in_place():
    x = leaf(2)
    x += 1


def view_in_place():
    leaf(2)[:1].add_(1)


def overwritten():
    y = leaf(2).exp()
    y.add_(1)
    y.sum().backward()


def unused():
    torch.autograd.grad(leaf() ** 2, leaf())


def by_untracked():
    torch.autograd.grad(leaf() ** 2, torch.ones(()))


def to_numpy():
    leaf(2).numpy()


def whole_numbers():
    torch.tensor([1, 2], requires_grad=True)


def whole_numbers_later():
    torch.tensor([1, 2]).requires_grad_()


def not_a_leaf():
    (leaf() * 2).requires_grad_(False)


def another_shape():
    (leaf(2) * 2).backward(torch.ones(3).double())


def too_few():
    ReturnsOne.apply(leaf(), leaf()).backward()


def a_list():
    ReturnsAList.apply(leaf()).backward()


def none_has_nothing():
    leaf().grad.item()


def none_in_arithmetic():
    0.1 * leaf().grad


PROVOKED = {
    untracked: "backward needs a result computed from",
    not_a_scalar: "this result has several entries",
    twice: "backward frees the graph",
    leaf_in_place: "a leaf, or a view",
    view_in_place: "or a view of one",
    overwritten: "one of them was overwritten",
    unused: "does not depend on this input",
    by_untracked: "only a tensor that tracks gradients",
    to_numpy: "t.detach().numpy()",
    whole_numbers: "floating-point numbers",
    whole_numbers_later: "floating-point numbers",
    not_a_leaf: "detach()",
    another_shape: "exactly the shape",
    too_few: "as many values as forward has inputs",
    a_list: "not in a list",
    none_has_nothing: "something is None",
    none_in_arithmetic: "None stands where",
}


@pytest.mark.parametrize(("provoke", "told"), PROVOKED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_cure_fits_the_error(provoke, told):
    with pytest.raises((RuntimeError, AttributeError, TypeError)) as error:
        provoke()
    assert told in cure(str(error.value))


def test_every_cure_was_provoked():
    messages = []
    for provoke in PROVOKED:
        with pytest.raises((RuntimeError, AttributeError, TypeError)) as error:
            provoke()
        messages.append(str(error.value))
    unseen = [text for text in CURES if not any(text.lower() in message.lower() for message in messages)]
    assert unseen == []


def test_an_error_of_another_kind_has_no_cure():
    assert cure("unsupported operand type(s) for +: 'int' and 'str'") == ""
    assert cure("list index out of range") == ""
