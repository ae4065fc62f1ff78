"""What a worker may write into its line: the grader takes it for a value or kills the worker."""

import time

import pytest

from autograder.sandbox import Limits, WorkerDied, WorkerTimedOut

ANSWER = """
import os, struct, sys, threading

def line():
    return max(number for number in range(3, 100) if is_open(number))

def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False

def frame(data):
    return struct.pack("<I", len(data)) + data

def writes(data):
    os.write(line(), data)
    return 1

def writes_for_ever():
    while True:
        os.write(line(), frame(b"x" * 60000))

def floods_after():
    def flood():
        while True:
            os.write(line(), frame(b"x" * 60000))
    threading.Thread(target=flood, daemon=True).start()
    return 1

def patches():
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "") == "autograder.sandbox.wire":
            module.encode = lambda *args, **kwargs: b"forged"
    return 1

def fine():
    return 1
"""


def framed(data):
    return len(data).to_bytes(4, "little") + data


# The tag of a tuple, then number, status and so on, as msgpack.
FORGED = {
    "rubbish": b"\xff" * 100,
    "a frame of rubbish": framed(b"\xc1" * 10),
    "an empty frame": framed(b""),
    "4 GiB announced": b"\xff\xff\xff\xff",
    "33 MiB announced": (33 << 20).to_bytes(4, "little"),
    "another number": framed(b"\x96\x01\x63\xa5value\xc4\x01\xc0\xa0\x00"),
    "no tuple": framed(b"\xc0"),
    "an extension": framed(b"\xc7\x01\x05x"),
    "deep": framed(b"\x91" * 5000),
}


def call_both(session, name, *arguments):
    session.call(name, arguments)
    time.sleep(0.2)
    session.call("fine")


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_frame_costs_the_call_and_no_more(sandbox, name):
    with sandbox.session(ANSWER, "answer.py", by_hand=True, limits=Limits(cpu=2, wall=4)) as session:
        with pytest.raises(WorkerDied):
            call_both(session, "writes", FORGED[name])
        session.begin_test()
        assert session.call("fine") == 1


@pytest.mark.parametrize("name", ["writes_for_ever", "floods_after", "patches"])
def test_a_flood_costs_the_call_and_no_more(sandbox, name):
    with sandbox.session(ANSWER, "answer.py", by_hand=True, limits=Limits(cpu=2, wall=4)) as session:
        with pytest.raises((WorkerDied, WorkerTimedOut)):
            call_both(session, name)
        session.begin_test()
        assert session.call("fine") == 1
