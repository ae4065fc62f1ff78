"""Level none: what a call changes in the test's own process is put back; print and pdb work."""

import bdb
import os
import random
import sys
import warnings

import numpy as np
import pytest
import torch

ANSWER = """
import os, random, sys, warnings
import numpy as np
import torch

def disturbs():
    random.random(), np.random.rand(), torch.rand(1)
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    torch.autograd.set_detect_anomaly(True)
    warnings.simplefilter("error")
    os.environ["DOOR"] = "open"
    os.environ.pop("HOME", None)
    os.chdir("/")
    import matplotlib
    matplotlib.rcParams["lines.linewidth"] = 77

def prints():
    print("hello")

def quits():
    import bdb
    raise bdb.BdbQuit

def interrupts():
    raise KeyboardInterrupt
"""


@pytest.fixture
def session(none):
    with none.session(ANSWER, "answer.py") as session:
        yield session


def state():
    import matplotlib

    torch_state = torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(), torch.is_anomaly_enabled()
    drawn = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    return torch_state, drawn, list(warnings.filters), dict(os.environ), os.getcwd(), dict(matplotlib.rcParams)


def test_everything_is_put_back(session):
    before = state()
    session.call("disturbs")
    assert state() == before


def test_print_goes_through(session, capsys):
    session.call("prints")
    assert capsys.readouterr().out == "hello\n"


@pytest.mark.parametrize(("name", "kind"), [("quits", bdb.BdbQuit), ("interrupts", KeyboardInterrupt)])
def test_ctrl_c_and_the_debuggers_quit_are_not_the_students(session, name, kind):
    with pytest.raises(kind):
        session.call(name)


def test_the_module_is_gone_afterwards(none):
    with none.session(ANSWER, "answer.py") as session:
        session.call("prints")
        assert "answer" in sys.modules
    assert "answer" not in sys.modules
