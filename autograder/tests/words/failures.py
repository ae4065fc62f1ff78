# ruff: noqa: E501 (a case is a line: a title, a test, an answer)
"""Answers that fail, each in a way of its own, and the test that each of them meets: the messages of `grade` are theirs.

A case is a title, a test's body and an answer's: `f` is the student's function in both.
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One answer that fails. Both bodies are indented by nothing; `drawn` is what stands in @given, if anything."""

    title: str
    test: str
    answer: str
    drawn: str = ""
    by_hand: bool = False
    declared: str = ""


SLOPE = "assert_gradient(student.f(x), of=lambda x: x**2, at=x)"
ARRAY = "assert_gradient(student.f(x), of=lambda x: (x**2).sum(), at=x)"
MEAN = "assert_gradient(student.f(x), of=lambda x: (x**2).mean(), at=x)"
TENSOR = "assert_close(student.f(torch.ones(2).double()), 2 * torch.ones(2).double(), name='the result')"
DICT = "assert_close(student.f(), OrderedDict(w=1.0, b=2.0), name='the result')"
PATH = "assert_trajectory(student.f(), [1.0, 0.5, 0.25], name='the path of w')"
NUMBER = "assert_close(student.f(1.0), 2.0, name='the result')"
SCALAR, VECTOR = "st.scalars()", "st.vectors((2, 3))"

VALUES = (
    Case("a wrong number", SLOPE, "def f(x): return 2.0 * x + 0.37", SCALAR),
    Case("a wrong array", ARRAY, "def f(x): return 2.0 * x + 0.37 * x**2", VECTOR, by_hand=True),
    Case(
        "a declared misconception, with a hint and a lesson",
        SLOPE,
        "def f(x): return x * x",
        SCALAR,
        declared="the value is returned, not the slope",
    ),
    Case("a general mistake", ARRAY, "def f(x): return -2.0 * x", VECTOR, by_hand=True),
    Case("a sum for a mean", MEAN, "def f(x): return 2.0 * x", VECTOR, by_hand=True),
    Case("a mean for a sum", ARRAY, "def f(x): return 2.0 * x / len(x)", VECTOR, by_hand=True),
    Case("many wrong entries", "assert_close(student.f(), np.zeros(9), name='the result')", "def f(): return np.ones(9)"),
    Case("a Jacobian", "assert_jacobian(student.f(x), of=lambda x: x**2, at=x)", "def f(x): return np.eye(len(x))", VECTOR),
    Case(
        "not linear in v",
        "assert_vjp(lambda v: student.f(x, v), of=lambda x: x**2, at=x, cotangent=np.ones(len(x)))",
        "def f(x, v): return 2 * x",
        VECTOR,
    ),
    Case("the wrong shape", ARRAY, "def f(x): return 2.0 * x[:-1]", VECTOR),
    Case("the wrong dtype of an array", ARRAY, "def f(x): return (2.0 * x).astype('float32')", VECTOR),
    Case("the wrong dtype of a tensor", TENSOR, "def f(x): return 2 * x.float()"),
    Case("a return is missing", SLOPE, "def f(x): 2.0 * x", SCALAR),
    Case("a list for an array", ARRAY, "def f(x): return list(2.0 * x)", VECTOR),
    Case("an array for a tensor", TENSOR, "def f(x): return 2 * x.numpy()"),
    Case("a tensor for a float", SLOPE, "def f(x): return torch.tensor(2.0 * x)", SCALAR),
    Case("float32 for a float", SLOPE, "def f(x): return np.float32(2.0 * x)", SCALAR),
    Case("no number", ARRAY, "def f(x): return 2.0 * x * np.nan", VECTOR),
    Case("an infinite number", SLOPE, "def f(x): return float('inf')", SCALAR),
    Case("one value for two", "parts(student.f(), 'dw', 'db')", "def f(): return 1.0"),
    Case("three values for two", "parts(student.f(), 'dw', 'db')", "def f(): return 1.0, 2.0, 3.0"),
    Case("a single value in a tuple", "parts(student.f(), 'dw', 'db')", "def f(): return (1.0,)"),
    Case("no dict", DICT, "def f(): return [1.0, 2.0]"),
    Case("other keys", DICT, "def f(): return {'w': 1.0, 'bias': 2.0}"),
    Case("keys in another order", DICT, "def f(): return {'b': 2.0, 'w': 1.0}"),
    Case("a wrong value in a dict", DICT, "def f(): return {'w': 1.0, 'b': 3.0}"),
    Case("too short a list", "assert_close(student.f(), [1.0, 2.0], name='the list of losses')", "def f(): return [1.0]"),
    Case("no list", "assert_close(student.f(), [1.0, 2.0], name='the list of losses')", "def f(): return 1.0"),
    Case("a wrong whole number", "assert_close(student.f(), 3, name='the count')", "def f(): return 2"),
    Case("a number for a truth value", "assert_close(student.f(), True, name='the flag')", "def f(): return 1"),
    Case("a float for a whole number", "assert_close(student.f(), 3, name='the count')", "def f(): return 3.0"),
    Case("a number for a text", "assert_close(student.f(), 'ok', name='the verdict')", "def f(): return 1"),
    Case("something where nothing belongs", "assert_close(student.f(), None, name='the gradient')", "def f(): return 0.0"),
    Case("whole numbers that differ", "assert_close(student.f(), np.arange(3), name='the list of indices')", "def f(): return np.arange(3)[::-1]"),
    Case("a list for an array of whole numbers", "assert_close(student.f(), np.arange(3), name='the list of indices')", "def f(): return [0, 1, 2]"),
    Case("a list for a tensor of whole numbers", "assert_close(student.f(), torch.arange(3), name='the list of indices')", "def f(): return [0, 1, 2]"),
    Case("a path that departs", PATH, "def f(): return [1.0, 0.5, 0.3]"),
    Case("a path that departs at once", PATH, "def f(): return [1.1, 0.5, 0.25]"),
    Case("a path of two numbers that departs", "assert_trajectory(student.f(), [[1.0, 0.0], [0.5, 0.25]], name='the path of [w, b]')", "def f(): return [[1.0, 0.0], [0.5, 0.5]]"),
    Case("a look beside the answer", "assert_close(student.run(look, 'NAME', 1.0), 2.0, name='what is seen')", "def f(x): return x"),
    Case("too short a path", PATH, "def f(): return [1.0, 0.5]"),
    Case("no path", PATH, "def f(): return 0.25"),
    Case("no error where one is asked for", "assert_raises(ValueError, student.f, 1.0)", "def f(x): return x"),
    Case("a claim in words", "assert student.f(2.0) > 0, 'The result must be positive.'", "def f(x): return -x"),
    Case("a claim without words", "assert student.f(2.0) > 0", "def f(x): return -x"),
    Case("an answer that differs each time", SLOPE, "COUNT = [0]\ndef f(x):\n    COUNT[0] += 1\n    return 2.0 * x + (COUNT[0] == 2)", SCALAR),
)  # fmt: skip

SIDE_EFFECTS = (
    Case("an argument is changed", ARRAY, "def f(x):\n    x *= 2\n    return x", VECTOR),
    Case("a flag is changed", TENSOR, "def f(x): return 2 * x.requires_grad_()"),
    Case("a .grad is changed", TENSOR, "def f(x):\n    x.grad = torch.ones_like(x)\n    return 2 * x"),
    Case("a mode is changed", "student.f(models.Model('mlp', (1, 2, 1)))", "def f(model): model.eval()"),
    Case("recording is left switched off", TENSOR, "def f(x):\n    torch.set_grad_enabled(False)\n    return 2 * x"),
    Case("a function that should be called once is called twice", "assert_gradient(student.f(functions.once(x), 1.0), of=x, at=1.0)", "def f(g, x):\n    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)\n    g(x)\n    return torch.autograd.grad(g(x), x)[0].item()", "functions.scalar()"),
)  # fmt: skip

ERRORS = (
    Case("an exception in the student's line", NUMBER, "def f(x):\n    steps = []\n    return steps[0]"),
    Case("an exception without a text", NUMBER, "def f(x):\n    raise ValueError"),
    Case("a function that is missing", "student.unbroadcast(1.0)", "def another(x): return 2.0 * x"),
    Case("a function of a similar name", "student.vjp_wrt_x(1.0)", "def vjp_wrt_X(x): return x"),
    Case("another signature", NUMBER, "def f(): return 2.0"),
    Case("a name that is no function", NUMBER, "f = 2.0"),
    Case("sys.exit", NUMBER, "def f(x):\n    import sys\n    sys.exit(1)"),
    Case("torch in a task by hand", NUMBER, "def f(x): return torch.tensor(2.0 * x).item()", by_hand=True),
    Case("a file is opened", NUMBER, "def f(x): return open('notes.txt', 'w')"),
    Case("NotImplementedError of one's own", NUMBER, "def f(x): raise NotImplementedError('later')"),
    Case("a gap", NUMBER, "def f(x): raise NotImplementedError('TODO {id}: f')"),
    Case("built on another gap", NUMBER, "def f(x): raise NotImplementedError('TODO 09.9: g')"),
    Case("a loop without an end", NUMBER, "def f(x):\n    while True: pass"),
    Case("the process ends", NUMBER, "def f(x):\n    import os\n    os._exit(3)"),
    Case("too much memory", NUMBER, "def f(x): return len(bytearray(1 << 29))"),
    Case("no end of recursion", NUMBER, "def f(x): return f(x)"),
    Case("a look that meets another kind of value", "student.run(look_closer, 'NAME', 1.0)", "def f(x): return [x]"),
)

WAITING = (Case("a long sleep", NUMBER, "def f(x):\n    import time\n    time.sleep(60)"),)

NOT_DATA = (
    Case("an object", NUMBER, "def f(x): return object()"),
    Case("an object in a list", NUMBER, "def f(x): return [1.0, {'loss': lambda: x}]"),
    Case("a module", NUMBER, "def f(x): return torch.nn.Linear(1, 1)"),
    Case("an array of objects", NUMBER, "def f(x): return np.array([None, x])"),
    Case("a sparse tensor", NUMBER, "def f(x): return torch.eye(2).to_sparse()"),
    Case("a tensor inside vmap", NUMBER, "KEPT = []\ndef f(x):\n    torch.func.vmap(lambda t: (KEPT.append(t), t)[1])(torch.ones(2))\n    return KEPT[0]"),
    Case("a million values", NUMBER, "def f(x): return [1.0] * 3_000_000"),
    Case("a value without an end", NUMBER, "def f(x):\n    value = []\n    for _ in range(500): value = [value]\n    return value"),
    Case("too large a value", NUMBER, "def f(x): return torch.ones(1).expand(1 << 30)"),
    Case("too large a dict", NUMBER, "def f(x): return dict.fromkeys(range(200_000))"),
    Case("too large a whole number", NUMBER, "def f(x): return 1 << 9000"),
    Case("text that is none", NUMBER, "def f(x): return '\\ud800'"),
)  # fmt: skip

COURSES_FAULTS = (
    Case("an example on a kink", "assert_gradient(student.f(0.0), of=lambda x: x.abs(), at=0.0)", "def f(x): return 1.0"),
    Case("a test that zeros would pass", "assert_gradient(student.f(x), of=lambda x: 0 * x, at=x)", "def f(x): return 0.0", SCALAR),
    Case("an error in the test", "student.f(1.0); 1 / 0", "def f(x): return 1.0"),
)  # fmt: skip

GROUPS = {
    "wrong values": VALUES,
    "what a call leaves behind": SIDE_EFFECTS,
    "errors": ERRORS,
    "what is no value": NOT_DATA,
    "a fault of the course's": COURSES_FAULTS,
    "waiting": WAITING,
}

_TESTS_HEAD = '''"""Assignment {number} · {title}"""

from collections import OrderedDict

import numpy as np
import torch

from autograder import (
    Task, assert_close, assert_gradient, assert_jacobian, assert_raises, assert_trajectory, assert_vjp,
    functions, given, models, parts, probe,
)
from autograder import strategies as st


@probe
def look(student, name, x):
    return getattr(student, name)(x)


@probe
def look_closer(student, name, x):
    return getattr(student, name)(x).detach()

'''
_TASK = """
{f}_task = Task("{id}", "{f}", points=1, by_hand={by_hand}, hints=("a?", "b", "c"), see="A section, in lessons/beginner/01.py")


@{f}_task.test{given}
def test_{f}(student{x}):
    \"\"\"what the task is about\"\"\"
    {test}
"""
_DECLARED = """

@{f}_task.misconception("{declared}", hint="a hint that leads on")
{answer}
"""
_LOADED = "import numpy as np\nimport torch\n\n"


def write_course(folder: Path) -> dict[str, Case]:
    """A course whose answers all fail: an assignment for each group. Returns the case of each task."""
    cases = {}
    for number, (title, group) in enumerate(GROUPS.items(), start=1):
        tests, answers = _TESTS_HEAD.format(number=f"{number:02}", title=title), _LOADED
        for k, case in enumerate(group, start=1):
            cases[f"{number:02}.{k}"] = case
            test, answer = _written(case, f"{number:02}.{k}", f"f{number}{k:02}")
            tests, answers = tests + test, f"{answers}{answer}\n\n"
        stem = f"{number:02}_{title.replace(' ', '_').replace(chr(39), '')}"
        path = folder / "assignments" / "beginner"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"test_{stem}.py").write_text(tests, encoding="utf-8")
        (path / f"{stem}.py").write_text(answers, encoding="utf-8")
    return cases


def _written(case: Case, task: str, name: str) -> tuple[str, str]:
    """The text of a case's test, and of its answer."""
    called = re.search(r"student\.(?!f\b|run\b)(\w+)", case.test)
    renamed = called[1] if called else name
    fills = {
        "id": task,
        "f": renamed,
        "by_hand": case.by_hand,
        "given": f"\n@given({case.drawn})" if case.drawn else "",
        "x": ", x" if case.drawn else "",
        "test": case.test.replace("student.f(", f"student.{renamed}(")
        .replace("student.f,", f"student.{renamed},")
        .replace("NAME", renamed),
    }
    answer = case.answer.replace("{id}", task)
    for old in ("def f(", "f = ", "return f("):
        answer = answer.replace(old, old.replace("f(", f"{name}(").replace("f =", f"{name} ="), 1)
    test = _TASK.format(**fills)
    if case.declared:
        test += _DECLARED.format(f=renamed, declared=case.declared, answer=answer)
    return test, answer
