"""Tasks done by hand: torch is a stand-in in every level."""

import numpy as np
import pytest

from autograder.sandbox import StudentRaised

ANSWER = """
from __future__ import annotations
import torch, torch.nn.functional as F
from torch import nn, Tensor
import numpy as np

EPS = torch.tensor(1.0)
total = (torch.ones(3) * 2).sum()

class Net(nn.Module):
    def __init__(self):
        super().__init__()

@torch.no_grad()
def product(A, x: torch.Tensor | None = None) -> Tensor:
    return A @ x

@torch.jit.script
def decorated(x: "torch.Tensor", dtype=torch.float64):
    return 2 * x

def makes_a_tensor(x):
    return torch.tensor(x)

def adds_a_tensor(x):
    return x + EPS

def imports_inside():
    import torch.nn as nn
    return nn.Linear(1, 1)

def imports_by_name():
    import importlib
    return importlib.import_module("torch").ones(1)

def builds():
    return Net()

def returns_one():
    return total

def calls_a_function():
    return F.relu(1.0)

class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

def applies():
    return Square.apply(2.0)

import matplotlib.pyplot as plt

def draws():
    plt.plot([1])

def imports_another():
    import sympy
"""


@pytest.fixture
def session(workers):
    with workers.session(ANSWER, "answer.py", by_hand=True, task="24.1") as session:
        yield session


def test_what_needs_no_torch_works(session):
    assert session.call("product", (np.ones((2, 3)), np.ones(3))).tolist() == [3.0, 3.0]
    assert session.call("decorated", (np.ones(2),)).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("makes_a_tensor", (1.0,)),
        ("adds_a_tensor", (np.ones(2),)),
        ("adds_a_tensor", (1.0,)),
        ("imports_inside", ()),
        ("builds", ()),
        ("returns_one", ()),
        ("calls_a_function", ()),
        ("applies", ()),
        ("draws", ()),
    ],
)
def test_using_torch_says_that_it_is_done_by_hand(session, name, arguments):
    with pytest.raises(StudentRaised) as problem:
        session.call(name, arguments)
    assert problem.value.types[0] == "DoneByHand"
    assert problem.value.message.startswith("24.1 is done by hand, ")


def test_no_other_package_is_at_hand(session):
    with pytest.raises(StudentRaised, match="sympy is not at hand in a task done by hand"):
        session.call("imports_another")


def test_importlib_finds_the_stand_in_too(apart):
    with apart.session(ANSWER, "answer.py", by_hand=True, task="24.1") as session:
        with pytest.raises(StudentRaised, match=r"24\.1 is done by hand"):
            session.call("imports_by_name")


TRICKS = """
import importlib, sys, numpy as np

def finds_torch_loaded():
    return [name for name in sys.modules if name.split(".")[0] in ("torch", "functorch", "torchgen")]

def imports_without_finders():
    sys.meta_path[:] = [finder for finder in sys.meta_path if "Path" in str(finder) or "Builtin" in str(finder)]
    sys.path_importer_cache.clear()
    return str(importlib.import_module("torch").__version__)

def imports_sympy():
    return str(importlib.import_module("sympy").__version__)

def loads_libtorch():
    import ctypes, os
    return bool(ctypes.CDLL(os.path.join(os.path.dirname(np.__file__), "..", "torch", "lib", "libtorch_cpu.so")))
"""


def test_torch_is_not_loaded_in_the_process(apart):
    with apart.session(TRICKS, "answer.py", by_hand=True) as session:
        assert session.call("finds_torch_loaded") == []


@pytest.mark.parametrize("name", ["imports_without_finders", "imports_sympy", "loads_libtorch"])
def test_torch_is_out_of_reach(sandbox, name):
    with sandbox.session(TRICKS, "answer.py", by_hand=True) as session, pytest.raises(StudentRaised) as problem:
        session.call(name)
    assert set(problem.value.types) & {"ImportError", "OSError"}


def test_whether_a_file_loads_is_for_torch_to_say(sandbox, none):
    for workers in (sandbox, none):
        assert workers.load_error(ANSWER.replace("@torch.jit.script\n", ""), "answer.py") is None
        assert workers.load_error("import torch\ntorch.no_such_name\n", "answer.py").types[0] == "AttributeError"
