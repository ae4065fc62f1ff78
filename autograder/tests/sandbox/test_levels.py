"""An honest answer fares alike in all levels, and so does a dishonest or a broken one."""

import numpy as np
import pytest
import torch

from autograder.gradients.functions import Function
from autograder.gradients.models import Model
from autograder.sandbox import ArgumentChanged, BadSignature, MissingName, StudentRaised, Unsendable
from autograder.sandbox.probe import probe

ANSWER = """
import collections
import dataclasses
import torch
import numpy as np

print("loaded")

def linear(x, w, b):
    return x @ w + b

def twice_called(f, x):
    return f(x), f(x)

def slope(x):
    x = x.detach().requires_grad_()
    (x ** 2).sum().backward()
    return x.grad

def draws():
    return float(torch.rand(())), float(np.random.rand()), __import__("random").random()

def forward(model, x):
    return model(x)

def evaluates(model):
    model.eval()

def adds_in_place(x):
    x += 1
    return x

def fills_grad(x):
    (x * x).sum().backward()
    return 1.0

def stops_tracking(x):
    x.requires_grad_(False)
    return 1.0

def appends(items):
    items.append(1)

def leaves_grad_off():
    torch.set_grad_enabled(False)
    return 1.0

def changes_default_dtype():
    torch.set_default_dtype(torch.float64)

def default_dtype():
    return torch.get_default_dtype()

class Own:
    def __eq__(self, other):
        return True

class Tricky(torch.Tensor):
    pass

Pair = collections.namedtuple("Pair", "first second")

def named_tuple():
    return Pair(1.0, [2.0])

def own():
    return [1, {"w": Own()}]

def subclass():
    return torch.ones(2).as_subclass(Tricky)

def huge():
    return torch.zeros(1).expand(1 << 40)

def recursion(n):
    return recursion(n + 1)

class Unreadable(Exception):
    def __str__(self):
        raise ValueError

def unreadable():
    raise Unreadable

def long_message():
    raise ValueError("a" * 10_000_000)

def leaves():
    raise SystemExit(3)

def raises():
    below()

def below():
    raise KeyError("x")

@dataclasses.dataclass
class Point:
    x: int = 0
"""


@pytest.fixture(scope="module")
def sessions():
    kept = {}
    yield kept
    for session in kept.values():
        session.close()


@pytest.fixture
def session(workers, sessions):
    if id(workers) not in sessions:
        sessions[id(workers)] = workers.session(ANSWER, "answer.py", task="24.1")
    sessions[id(workers)].begin_test()
    return sessions[id(workers)]


@probe
def counts_calls(student, n):
    calls = []
    x = torch.ones(n, requires_grad=True)
    value = student.linear(x, torch.ones(n), 1.0)
    calls.append(value.requires_grad)
    return calls, value


@probe
def uses_a_missing_name(student):
    return student.linaer(1)


@probe
def trains(student):
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    student.forward(model, torch.ones(1)).backward()
    optimizer.step()
    return True


def test_names_come_with_their_parameters(session):
    names = session.loaded().names
    assert names["linear"] == ("x", "w", "b")
    assert "torch" not in names
    assert session.loaded().error is None


def test_a_value_comes_back_with_its_flags(session):
    x, w = torch.tensor([[1.0, 2.0]]), torch.tensor([3.0, 4.0], requires_grad=True)
    value = session.call("linear", (x, w, 0.5))
    assert value.tolist() == [11.5]
    assert value.requires_grad
    assert not value.is_leaf


def test_backward_works_beside_the_student(session):
    assert session.call("slope", (torch.tensor([1.0, -2.0]),)).tolist() == [2.0, -4.0]


def test_generators_are_seeded_at_each_call(session):
    assert session.call("draws", seed=3) == session.call("draws", seed=3) != session.call("draws", seed=4)


def test_a_function_travels_as_data(session):
    f = Function("sine", {"a": 2.0})
    once = Function("once", {"of": "sine", "params": {"a": 2.0}})
    x = torch.tensor(3.0)
    assert [float(y) for y in session.call("twice_called", (f, x))] == [float(f(x))] * 2
    first, second = session.call("twice_called", (once, x))
    assert float(first) == float(f(x)) != float(second)


def test_a_model_travels_as_data(session):
    model, x = Model("mlp", (2, 3, 1), seed=5), torch.ones(2, dtype=torch.float64)
    assert torch.equal(session.call("forward", (model, x)), model.build()(x))


def test_a_probe_runs_beside_the_student(session):
    calls, value = session.probe(counts_calls, (3,))
    assert calls == [True]
    assert value == 4.0


def test_an_optimizer_of_a_probe_is_at_hand(session):
    assert session.probe(trains) is True


def test_a_changed_argument_is_noticed(session):
    leaf = torch.ones(2, requires_grad=True)
    model = Model("mlp", (2, 3, 1), seed=5)
    cases = [
        ("adds_in_place", torch.ones(2), ("x", "values")),
        ("fills_grad", leaf, ("x", "grad")),
        ("stops_tracking", leaf, ("x", "requires_grad")),
        ("appends", [0], ("items", "values")),
        ("evaluates", model, ("model", "training mode")),
    ]
    for name, argument, expected in cases:
        with pytest.raises(ArgumentChanged) as problem:
            session.call(name, (argument,))
        assert (problem.value.argument, problem.value.what) == expected


def test_a_change_that_is_allowed_is_none(session):
    assert session.call("adds_in_place", (torch.ones(2),), may_change={"values"}).tolist() == [2.0, 2.0]


def test_what_was_given_stays_as_it_was(session):
    given = torch.ones(2)
    with pytest.raises(ArgumentChanged):
        session.call("adds_in_place", (given,))
    assert given.tolist() == [1.0, 1.0]


def test_grad_mode_left_off_is_noticed_and_put_back(session):
    with pytest.raises(ArgumentChanged, match="grad mode"):
        session.call("leaves_grad_off")
    assert session.call("slope", (torch.ones(1),)).tolist() == [2.0]


def test_default_dtype_is_put_back(session):
    session.call("changes_default_dtype")
    assert session.call("default_dtype") is torch.float32


def test_a_named_tuple_comes_back_as_a_tuple(session):
    assert session.call("named_tuple") == (1.0, [2.0])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("own", "it holds an Own object at [1]['w']"),
        ("subclass", "it is a Tricky, a subclass of Tensor"),
        ("huge", "it is larger than 31 MiB"),
    ],
)
def test_what_is_no_data_is_described(session, name, sentence):
    with pytest.raises(Unsendable) as problem:
        session.call(name)
    assert problem.value.what == sentence


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "begins"),
    [
        ("recursion", (0,), "RecursionError", "maximum recursion depth"),
        ("unreadable", (), "Unreadable", "(its message could not be read"),
        ("long_message", (), "ValueError", "aaa"),
        ("leaves", (), "SystemExit", "3"),
    ],
)
def test_an_exception_comes_back_as_data(session, name, arguments, kind, begins):
    with pytest.raises(StudentRaised) as problem:
        session.call(name, arguments)
    assert problem.value.types[0] == kind
    assert problem.value.message.startswith(begins)
    assert len(problem.value.message) <= 2000


def test_the_last_line_of_the_students_file_is_named(session):
    with pytest.raises(StudentRaised) as problem:
        session.call("raises")
    assert problem.value.code == 'raise KeyError("x")'
    assert ANSWER.splitlines()[problem.value.line - 1].strip() == 'raise KeyError("x")'


def test_a_missing_name_comes_with_similar_ones(session):
    for missing in (lambda: session.call("linaer", (1,)), lambda: session.probe(uses_a_missing_name)):
        with pytest.raises(MissingName) as problem:
            missing()
        assert problem.value.name == "linaer"
        assert problem.value.similar[0] == "linear"


def test_a_wrong_signature_is_told_before_the_call(session):
    with pytest.raises(BadSignature) as problem:
        session.call("slope", (1, 2))
    assert problem.value.parameters == ("x",)
    assert problem.value.expected_args == ("2 positional",)
    assert problem.value.code == "def slope(x):"


UNLOADABLE = [
    ("x = 1\n1 / 0\n", "ZeroDivisionError", 2),
    ("x = 1\ndef f(:\n", "SyntaxError", 2),
    ("import sys\nsys.exit(3)\n", "SystemExit", 2),
    ("import a_package_that_is_not_there\n", "ModuleNotFoundError", 1),
    ("x = '\0'\n", "SyntaxError", None),
    ("raise GeneratorExit\n", "GeneratorExit", 1),
    ("#" * (5 << 20), "ValueError", None),
]


@pytest.mark.parametrize("level", ["none", "process", "sandbox", "spawned"])
def test_a_file_that_cannot_be_loaded_says_why(request, level):
    workers = request.getfixturevalue(level)
    for text, kind, line in UNLOADABLE[:1] if level == "spawned" else UNLOADABLE:
        problem = workers.load_error(text, "answer.py")
        assert (problem.types[0], line in (None, problem.line)) == (kind, True)


def test_a_call_into_a_file_that_cannot_be_loaded_says_why(sandbox, none):
    for workers in (sandbox, none):
        with workers.session("1 / 0\n", "answer.py") as session, pytest.raises(StudentRaised, match="division"):
            session.call("f")


def test_a_file_that_loads_has_no_error(workers):
    assert workers.load_error(ANSWER, "answer.py") is None


def test_an_argument_that_cannot_be_sent_is_the_authors_error(session):
    with pytest.raises(TypeError, match="an argument of the test"):
        session.call("linear", (object(), 1, 2))


def test_arrays_keep_their_type(workers):
    with workers.session("def same(x): return x", "answer.py", by_hand=True) as session:
        for value in (np.float64(2), np.arange(6.0).reshape(2, 3), np.zeros((0, 2)), np.array(1.5)):
            back = session.call("same", (value,))
            assert type(back) is type(value)
            assert np.array_equal(back, value)
            assert np.shape(back) == np.shape(value)
