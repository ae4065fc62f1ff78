"""What honest answers use works behind the walls."""

import re

import pytest

ANSWER = """
import concurrent.futures, io, math, threading
import numpy as np
import torch
from torch import nn

def einsum(): return torch.einsum("ij,jk->ik", torch.ones(3, 3), torch.ones(3, 3))
def large_product(): return (torch.randn(300, 300, dtype=torch.float64) @ torch.randn(300, 300).double()).shape
def convolution(): return nn.Conv2d(3, 8, 3)(torch.randn(2, 3, 16, 16)).shape
def decomposition(): return torch.linalg.svd(torch.randn(9, 9))[1].shape, np.linalg.svd(np.random.randn(9, 9))[1]
def transform(): return torch.fft.fft(torch.randn(100)).abs(), np.fft.fft(np.ones(8))
def vmap(): return torch.vmap(lambda x: x.sin().sum())(torch.randn(3, 2))
def grad(): return torch.func.grad(lambda x: (x**2).sum())(torch.ones(3))
def jacrev(): return torch.func.jacrev(lambda x: x**2)(torch.ones(3))
def hessian(): return torch.func.hessian(lambda x: (x**3).sum())(torch.ones(3))
def functional(): return torch.autograd.functional.jacobian(lambda x: x**2, torch.ones(3))
def forward_mode():
    import torch.autograd.forward_ad as forward
    with forward.dual_level():
        return forward.unpack_dual(torch.sin(forward.make_dual(torch.ones(2), torch.ones(2)))).tangent
def optimizer():
    model = nn.Linear(2, 1)
    adam = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.StepLR(adam, 1)
    model(torch.ones(4, 2)).sum().backward()
    adam.step()
    schedule.step()
    return adam.param_groups[0]["lr"]
def recurrent(): return nn.LSTM(3, 4)(torch.randn(2, 1, 3))[0].shape
def gradcheck(): return torch.autograd.gradcheck(torch.sin, torch.ones(2, dtype=torch.float64, requires_grad=True))
def checkpoint():
    from torch.utils.checkpoint import checkpoint
    x = torch.ones(2, requires_grad=True)
    checkpoint(torch.sin, x, use_reentrant=False).sum().backward()
    return x.grad
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        return 2 * ctx.saved_tensors[0] * g
def own_function():
    x = torch.ones(3, requires_grad=True)
    Square.apply(x).sum().backward()
    return x.grad
def loader():
    data = torch.utils.data.TensorDataset(torch.arange(5))
    return [len(batch[0]) for batch in torch.utils.data.DataLoader(data, batch_size=2, shuffle=True)]
def saved():
    file = io.BytesIO()
    torch.save({"a": torch.ones(2)}, file)
    file.seek(0)
    return torch.load(file)["a"]
def threads():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(math.sqrt, [1, 4]))
def generators(): return float(np.random.default_rng().normal()), torch.randn(2)
def library():
    import csv, decimal, fractions, hashlib, logging, sqlite3, statistics, wave
    logging.warning("x")
    return str(fractions.Fraction(1, 3)), str(decimal.Decimal(1) / 3), hashlib.sha256(b"x").hexdigest()
def warning():
    import warnings
    warnings.warn("x")
def picture():
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    axes.set_title("$x^2$")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return len(file.getvalue()) > 1000
def sleeps():
    import time
    time.sleep(0.001)
    return time.perf_counter() > 0
def anomaly():
    with torch.autograd.set_detect_anomaly(True):
        x = torch.ones(2, requires_grad=True)
        (x * 2).sum().backward()
    return x.grad
def shown():
    print(torch.randn(3, 3), nn.Linear(1, 2))
    return repr(torch.ones(2))
def hints():
    import typing
    return list(typing.get_type_hints(shown))
def norm():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    return layer(torch.ones(2)).shape
def traced():
    import torch.fx
    return torch.fx.symbolic_trace(nn.ReLU()).code
"""
NAMES = re.findall(r"^def (\w+)\(\)", ANSWER, re.MULTILINE)


@pytest.fixture(scope="module")
def session(sandbox):
    with sandbox.session(ANSWER, "answer.py") as session:
        session.loaded()
        yield session


@pytest.mark.parametrize("name", NAMES)
def test_works(session, name):
    session.begin_test()
    session.call(name)
