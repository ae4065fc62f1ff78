"""What torch and matplotlib import only at a first use works in a confined worker all the same."""

import pytest
import torch  # noqa: F401  the grader has it loaded, or it could not read tensors

from autograder.sandbox.workers import open_workers

TEXT = """
import torch

X = torch.arange(3.0, dtype=torch.float64)


def func_grad():
    return torch.func.grad(lambda x: (x * x).sum())(X)


def cotangent():
    x = X.clone().requires_grad_()
    (x * x).backward(torch.ones_like(x))
    return x.grad


def forward_mode():
    return torch.func.jvp(lambda x: x * x, (X,), (torch.ones_like(X),))[1]


def optimizer():
    x = X.clone().requires_grad_()
    optimizer = torch.optim.SGD([x], lr=1.0, maximize=True)
    (x * x).sum().backward()
    optimizer.step()
    return x.detach() - X


def swallowed():
    try:
        return func_grad()
    except BaseException:
        return None


def picture():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    line, = axes.plot(X, 2 * X)
    return torch.as_tensor(line.get_ydata())
"""


@pytest.fixture(scope="module", params=["sandbox", "process", "none"])
def session(request):
    with open_workers(request.param) as workers, workers.session(TEXT, "late.py") as session:
        yield session


@pytest.mark.parametrize("name", ["func_grad", "cotangent", "forward_mode", "optimizer", "swallowed", "picture"])
def test_a_late_import_is_had(session, name):
    assert session.call(name).tolist() == [0.0, 2.0, 4.0]


def test_each_is_imported_once_for_all_workers_of_a_server():
    with open_workers("process") as workers:
        for name in ("cotangent", "cotangent"):
            with workers.session(TEXT, "late.py") as session:
                session.call(name)
                asked = session.needs
        assert asked == frozenset()
