"""Requests sent ahead bring what they bring one by one, and nothing of one answer reaches another."""

import psutil
import pytest

from autograder.sandbox.errors import StudentRaised, WorkerDied, WorkerTimedOut
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import request_of

ANSWER = """
import os, time
import numpy as np
print("loading")
seen = []

def double(x):
    print("double", x)
    seen.append(x)
    return 2 * x

def calls():
    return list(seen)

def draw():
    return float(np.random.rand())

def end():
    os._exit(3)

def wait(seconds):
    time.sleep(seconds)

def spin():
    while True:
        pass

def refuse(x):
    raise ValueError(f"no {x}")

def large(n):
    return np.ones(n)
"""


def call(name, *args, seed=0):
    return request_of(name, args, {}, seed)


def test_replies_and_what_was_printed_are_the_same_ahead_and_one_by_one(workers):
    requests = (
        [call("double", float(k)) for k in range(20)] + [call("draw", seed=k) for k in range(5)] + [call("calls")]
    )
    found = []
    for ahead in (False, True):
        with workers.session(ANSWER, "answer.py", by_hand=True) as session:
            session.loaded()
            session.begin_test()
            if ahead:
                session.expect(requests)
            found.append(([session.ask(request) for request in requests], session.output))
    assert found[0] == found[1]


def test_a_request_that_is_not_expected_is_answered_all_the_same(workers):
    with workers.session(ANSWER, "answer.py", by_hand=True) as session:
        session.loaded()
        session.expect([call("double", 1.0), call("double", 2.0), call("double", 3.0)])
        assert session.call("double", (1.0,)) == 2.0
        assert session.call("double", (7.0,)) == 14.0
        assert session.call("double", (3.0,)) == 6.0


def test_what_a_call_that_is_never_made_prints_is_not_kept(apart):
    with apart.session(ANSWER, "answer.py", by_hand=True) as session:
        session.loaded()
        session.begin_test()
        session.expect([call("double", float(k)) for k in range(8)])
        for k in range(4):
            session.call("double", (float(k),))
        assert session.foreseen(3) is not None
        assert session.output == "".join(f"double {float(k)}\n" for k in range(4))
        session.begin_test()
        assert session.output == ""
        assert session.call("double", (9.0,)) == 18.0


def test_an_answer_that_raises_raises_when_its_call_is_made(workers):
    with workers.session(ANSWER, "answer.py", by_hand=True) as session:
        session.loaded()
        session.expect([call("double", 1.0), call("refuse", 2.0), call("double", 3.0)])
        assert [reply.fields[0] for reply in session.foreseen(3)] == ["value", "raised", "value"]
        assert session.call("double", (1.0,)) == 2.0
        with pytest.raises(StudentRaised, match=r"no 2\.0"):
            session.call("refuse", (2.0,))
        assert session.call("double", (3.0,)) == 6.0


def test_a_worker_that_ends_costs_the_call_that_ends_it_and_none_before(sandbox):
    with sandbox.session(ANSWER, "answer.py") as session:
        session.loaded()
        session.expect([call("double", 1.0), call("double", 2.0), call("end"), call("double", 4.0)])
        assert session.foreseen(4) is None
        assert [session.call("double", (x,)) for x in (1.0, 2.0)] == [2.0, 4.0]
        with pytest.raises(WorkerDied, match="exit code 3"):
            session.call("end")
        session.begin_test()
        assert session.call("double", (5.0,)) == 10.0


def test_a_worker_ended_by_a_call_that_is_never_made_is_replaced(sandbox):
    with sandbox.session(ANSWER, "answer.py") as session:
        session.loaded()
        session.expect([call("double", 1.0), call("double", 2.0), call("end")])
        session.foreseen(3)
        assert session.call("double", (1.0,)) == 2.0
        assert session.call("double", (8.0,)) == 16.0


def test_time_is_used_up_by_the_call_that_uses_it(sandbox):
    limits = Limits(cpu=0.3, wall=5.0)
    with sandbox.session(ANSWER, "answer.py", limits=limits) as session:
        session.loaded()
        session.expect([call("double", 1.0), call("double", 2.0), call("spin")])
        session.foreseen(3)
        assert [session.call("double", (x,)) for x in (1.0, 2.0)] == [2.0, 4.0]
        with pytest.raises(WorkerTimedOut):
            session.call("spin")


def test_more_than_the_sockets_hold_goes_through(sandbox):
    requests = [call("large", 30_000 + k) for k in range(40)]  # 240 kB back for each
    given = [request_of("double", ("x" * 200_000,), {}, 0) for _ in range(4)]
    with sandbox.session(ANSWER, "answer.py") as session:
        session.loaded()
        session.expect([*requests, *given])
        assert session.foreseen(44) is not None
        assert [session.ask(request).size for request in requests] == [30_000 + k for k in range(40)]
        assert {len(session.ask(request)) for request in given} == {400_000}


def test_a_slow_import_that_comes_up_ahead_is_had(sandbox):
    answer = """
import torch

def plain(x):
    return x

def steps(x):
    leaf = torch.tensor(x, requires_grad=True)
    optimizer = torch.optim.SGD([leaf], lr=0.5)
    leaf.square().backward()
    optimizer.step()
    return leaf.item()
"""
    requests = [call("plain", 1.0), call("plain", 2.0), *(call("steps", float(k)) for k in range(1, 9))]
    with sandbox.session(answer, "answer.py") as session:
        session.loaded()
        session.expect(requests)
        assert [session.ask(request) for request in requests] == [1.0, 2.0, *[0.0] * 8]


def test_replies_too_large_to_be_held_together_are_not_foreseen(workers):
    small, large = [call("large", 10)] * 8, [call("large", 1_000_000)] * 8
    with workers.session(ANSWER, "answer.py", by_hand=True) as session:
        session.loaded()
        session.expect(small + large)
        assert len(session.foreseen(8)) == 8
        session.pass_over(8)
        assert session.foreseen(8) is None
        assert [session.ask(request).sum() for request in large] == [1e6] * 8


def test_the_text_of_one_answer_cannot_be_sent_to_another(workers):
    with workers.session(ANSWER, "answer.py", by_hand=True) as session:
        heard = []
        session.heard = lambda request, reply: heard.append(request[0])
        session.call("double", (1.0,))
        assert heard == ["call"]
        with pytest.raises(ValueError, match="only calls"):
            session.expect([("load", "def double(x): return 0.0", "answer.py", "", False)])


def test_the_worker_that_showed_that_a_file_loads_serves_the_first_task_and_no_other(apart):
    text = ANSWER + "# served\n"
    assert apart.load_error(text, "answer.py") is None
    tried = apart.loaded
    with apart.session(text, "answer.py", task="1.1") as first, apart.session(text, "answer.py") as second:
        assert first is tried
        assert second is not tried
        first.begin_test()
        first.call("double", (1.0,))
        assert first.output == "loading\ndouble 1.0\n"
        second.begin_test()
        assert second.call("calls") == []
        first.begin_test()
        assert first.output == ""


def test_the_worker_of_one_file_never_serves_another(workers):
    assert workers.load_error(ANSWER + "# first\n", "answer.py") is None
    with workers.session("def double(x):\n    return -x\n", "answer.py") as session:
        assert session.call("double", (1.0,)) == -1.0
    assert workers.loaded is None


def test_a_worker_kept_for_a_file_ends_with_the_workers(sandbox):
    own = sandbox.clone()
    assert own.load_error(ANSWER, "answer.py") is None
    kept = psutil.Process(own.loaded.line.pid)
    own.close()
    kept.wait(20)
