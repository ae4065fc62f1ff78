"""What loads torch, and what must not; what never loads torch._dynamo."""

import subprocess
import sys

LIGHT = """
import sys
import autograder, autograder.gradients
from autograder.gradients import errors, evidence, functions, hypothesis_profile, models, strategies, wording
functions.Function("square", {"a": 1.0}); models.Model("linear", (1, 1)); strategies.linear_maps()
assert "torch" not in sys.modules
"""

CHECKS = """
import sys, torch, numpy as np
from autograder.gradients.checks import assert_gradient, assert_jacobian, assert_vjp
x = np.ones(40)
assert_gradient(2 * x, of=lambda x: x * x, at=x, cotangent=x)
assert_vjp(lambda v: 2 * v, of=lambda x: x * x, at=x, cotangent=x)
assert_jacobian(np.eye(40) * 2, of=lambda x: x * x, at=x)
slow = {"torch._dynamo", "torch._inductor", "torch._decomp.decompositions_for_jvp"}
assert not slow & set(sys.modules), slow & set(sys.modules)
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_strategies_functions_and_models_load_without_torch():
    assert run(LIGHT).stderr == ""


def test_checks_load_nothing_slow():
    assert run(CHECKS).stderr == ""
