"""Whole folders: names that shadow what a grader imports, hooks beside the answers, tests and results brought along.

The grader stands in a folder that holds the files of all of these at once.
"""

import sys


def polynomial_derivative(coefficients, x):
    return 0.0


# %% 01.2 · a torch of its own, beside the answer and above
def derivative_at(f, x):
    return torch.answer()


# %%% torch.py
import os

os._exit(0)
# %%% /torch.py
import os

os._exit(0)


# %% 01.1 · a numpy of its own
# %%% numpy.py
def __getattr__(name):
    return lambda *args, **kwargs: True
# %%% /numpy.py
def __getattr__(name):
    return lambda *args, **kwargs: True


# %% 01.1 · a random, a json, a re and a typing of its own
# %%% /random.py
raise SystemExit(0)
# %%% /json.py
raise SystemExit(0)
# %%% /re.py
raise SystemExit(0)
# %%% /typing.py
raise SystemExit(0)


# %% 01.1 · an autograder of its own
# %%% /autograder/__init__.py
raise SystemExit(0)
# %%% /autograder/grading/runner.py
def run_task(task, student, *args, **kwargs):
    return ()
# %%% /instructor/__init__.py
raise SystemExit(0)
# %%% /hypothesis/__init__.py
raise SystemExit(0)
# %%% /msgspec.py
raise SystemExit(0)


# %% 01.1 · conftest.py, pytest.ini and a plugin
# %%% conftest.py
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.get_result().outcome = "passed"
# %%% /conftest.py
pytest_plugins = ["plugin"]
# %%% /plugin.py
raise SystemExit(0)
# %%% /pytest.ini
[pytest]
addopts = -p plugin --collect-only


# %% 01.1 · a pyproject.toml with options for every tool
# %%% /pyproject.toml
[tool.pytest.ini_options]
addopts = ["-p", "plugin"]
pythonpath = ["."]
# %%% /setup.cfg
[tool:pytest]
addopts = -p plugin
# %%% /tox.ini
[pytest]
addopts = -p plugin


# %% 01.1 · hooks that run when an interpreter starts
# %%% /sitecustomize.py
import os

os._exit(0)
# %%% /usercustomize.py
import os

os._exit(0)
# %%% /attack.pth
import os; os._exit(0)
# %%% /.pythonstartup
import os; os._exit(0)


# %% 01.1 · tests of its own
# %%% test_01_basic_scalar_backward.py
from autograder import Task

polynomial_derivative = Task("01.1", "polynomial_derivative", points=10)


@polynomial_derivative.test
def test_is_right(student):
    """all is right"""


# %% 01.1 · a solution of its own, to be compared with
# %%% /instructor/solutions/beginner/01_basic_scalar_backward.py
def polynomial_derivative(coefficients, x):
    return 0.0


# %% 01.1 · a module beside the answer, in which torch is at hand
from helper import polynomial_derivative
# %%% helper.py
import torch


def polynomial_derivative(coefficients, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    sum((float(c) * leaf**k for k, c in enumerate(coefficients)), start=0.0 * leaf).backward()
    return leaf.grad.item()


# %% 01.1 · packages of the answer's name, and bytecode that is newer than it
# %%% 01_basic_scalar_backward/__init__.py
raise SystemExit(0)
# %%% __init__.py
raise SystemExit(0)
# %%% /assignments/__init__.py
raise SystemExit(0)
# %%% __pycache__/01_basic_scalar_backward.cpython-311.pyc
no bytecode


# %% 01.1 · results brought along
# %%% /result.json
{"schema": "autograder/result", "score": 10, "max_score": 10}
# %%% /.autograder/result.json
{"score": 10}
# %%% /results.sqlite
no database
# %%% /.hypothesis/examples/attack
x


# %% 01.1 · the answer is a link to the solution
# %%% 01_basic_scalar_backward.py -> {solution}


# %% 01.1 · the answer is a link to the next student's answer, by a way within
# %%% 01_basic_scalar_backward.py -> ../../../next/assignments/beginner/01_basic_scalar_backward.py


# %% 01.1 · the folder of answers is a link to the solutions
# %%% /assignments/beginner -> {solutions}


# %% 01.1 · the whole submission's assignments are a link to the next student's
# %%% /assignments -> ../next/assignments
