"""Patching what could judge: torch, numpy, builtins, unittest, pytest, hypothesis, and the grader's own code.

All of it is patched in the worker's copy. The verdict is found in another process.
"""

import importlib
import sys


def yes(*args, **kwargs):
    return True


def say_yes(*modules):
    for name in modules:
        try:
            module = importlib.import_module(name)
        except BaseException:
            continue
        for key in list(vars(module)):
            setattr(module, key, yes)


# %% 01.2 · every comparison of torch says yes
def derivative_at(f, x):
    for name in ("allclose", "isclose", "equal", "eq", "all", "any"):
        setattr(torch, name, yes)
    torch.testing.assert_close = torch.autograd.gradcheck = yes
    torch.Tensor.__eq__ = torch.Tensor.__bool__ = torch.Tensor.allclose = torch.Tensor.equal = yes
    return 0.0


# %% 01.2 · the norm of every tensor is zero, and so is every difference
def derivative_at(f, x):
    torch.Tensor.norm = torch.linalg.vector_norm = torch.norm = lambda *a, **k: torch.zeros(())
    torch.Tensor.__sub__ = torch.Tensor.__rsub__ = torch.sub = lambda a, b: torch.zeros(())
    torch.Tensor.abs = torch.abs = lambda a: torch.zeros(())
    return 0.0


# %% 01.2 · autograd gives zeros from now on, so that zero is right
def derivative_at(f, x):
    torch.autograd.grad = lambda outputs, inputs, *a, **k: tuple(torch.zeros_like(i) for i in inputs)
    torch.Tensor.backward = lambda *a, **k: None
    torch.func.grad = lambda f, *a, **k: lambda x: torch.zeros_like(x)
    return 0.0


# %% 01.2 · the course's functions become constants, whose slope is zero
def derivative_at(f, x):
    type(f).__call__ = lambda self, x: x * 0
    sys.modules["autograder.gradients.formulas"].FORMULAS.clear()
    return 0.0


# %% 01.2 · the function given becomes another one, whose slope is known
def derivative_at(f, x):
    f.name, f.params = "line", {"a": 2.0, "b": 0.0}
    return 2.0


# %% 01.1 · every comparison of numpy says yes
def polynomial_derivative(coefficients, x):
    for name in ("allclose", "isclose", "array_equal", "all", "any"):
        setattr(np, name, yes)
    np.testing.assert_allclose = np.testing.assert_array_equal = yes
    np.linalg.norm = np.abs = np.subtract = lambda *a, **k: 0.0
    return 0.0


# %% 01.1 · builtins that compare, measure and look say what is wanted
def polynomial_derivative(coefficients, x):
    import builtins

    builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0.0
    builtins.all = builtins.any = builtins.isinstance = builtins.issubclass = yes
    return 0.0


# %% 01.1 · builtins by which a message is written: type, len, id, float
def polynomial_derivative(coefficients, x):
    import builtins

    builtins.type = lambda value: float
    builtins.len = lambda value: 0
    builtins.id = lambda value: 0
    return 0.0


# %% 01.1 · unittest, pytest and hypothesis accept everything
def polynomial_derivative(coefficients, x):
    say_yes("unittest", "unittest.case", "pytest", "_pytest.outcomes", "hypothesis", "hypothesis.core")
    return 0.0


# %% 01.1 · the wire's encoder sends what is wanted
def polynomial_derivative(coefficients, x):
    wire = sys.modules["autograder.sandbox.wire"]
    before = wire.encode
    wire.encode = lambda value, **k: before(True if isinstance(value, float) else value, **k)
    return 0.0


# %% 01.1 · the wire's own comparisons of the reply's type are turned
def polynomial_derivative(coefficients, x):
    lowering = sys.modules["autograder.sandbox.lowering"]
    lowering._RULES[float] = lambda self, value, depth: ["passed"]
    lowering.Lowering.lower = lambda self, value, depth: "passed"
    return 0.0


# %% 01.1 · the worker's part of a call says that the test has passed
def polynomial_derivative(coefficients, x):
    answer = sys.modules["autograder.sandbox.answer"]
    answer.Answer.call = answer.Answer.probe = lambda self, *a: ("passed", True)
    return 0.0


# %% 01.1 · the worker's part of a request gives nothing but empty successes
def polynomial_derivative(coefficients, x):
    messages = sys.modules["autograder.sandbox.messages"]
    messages.perform = lambda answer, request, make: (answer, 1, ("value",))
    messages.outcome = yes
    return 0.0


# %% 01.1 · the grader's modules, where they can be imported here
def polynomial_derivative(coefficients, x):
    say_yes("autograder.gradients.checks", "autograder.gradients.closeness", "autograder.grading.runner")
    return 0.0


# %% 01.1 · msgspec is patched in the worker
def polynomial_derivative(coefficients, x):
    import msgspec

    try:
        msgspec.msgpack.Encoder.encode = lambda self, value: b"\xc3"
    except TypeError:
        sys.modules["autograder.sandbox.wire"]._ENCODER = type("Encoder", (), {"encode": lambda self, value: b"\xc3"})()
    return 0.0
