"""A dead, hung or flooding worker costs the test at hand, never the run."""

import time

import psutil
import pytest

from autograder.sandbox import Limits, StudentRaised, WorkerDied, WorkerTimedOut

ANSWER = """
import os, sys, time, threading

def fine():
    return 1

def spins():
    while True:
        pass

def spins_stubbornly():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

def sleeps():
    time.sleep(100)

def spins_a_while(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 1

def exits():
    os._exit(3)

def crashes():
    import ctypes
    ctypes.string_at(0)

def hoards():
    kept = []
    while True:
        kept.append(bytearray(16 << 20))

def prints(times):
    for _ in range(times):
        print("x" * 1_000_000)
    return 1

def prints_a_little():
    print("hello")
    print("to you", file=sys.stderr)

def leaves_a_thread():
    threading.Thread(target=spins, daemon=True).start()
    return 1

def closes_all():
    os.closerange(0, 100)
    return 1

def reads_input():
    return input()

def ignores_signals():
    import signal
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    spins()
"""


CPU = Limits(cpu=0.3, wall=60)
WALL = Limits(cpu=60, wall=0.4)
MEMORY = Limits(memory=256 << 20)


def opened(workers, limits=None):
    return workers.session(ANSWER, "answer.py", by_hand=True, limits=limits)


@pytest.fixture
def session(apart):
    with opened(apart) as session:
        yield session
        session.begin_test()
        assert session.call("fine") == 1


@pytest.mark.parametrize("name", ["spins", "spins_stubbornly", "ignores_signals"])
def test_a_loop_without_end_is_ended_by_its_processor_time(apart, name):
    with opened(apart, CPU) as session:
        with pytest.raises(WorkerTimedOut) as problem:
            session.call(name)
        assert (problem.value.kind, problem.value.seconds) == ("cpu", 0.3)
        session.begin_test()
        assert session.call("fine") == 1


def test_a_loop_without_end_is_ended_in_the_tests_own_process_too(none):
    with opened(none, CPU) as session:
        with pytest.raises(WorkerTimedOut):
            session.call("spins")
        session.begin_test()
        assert session.call("fine") == 1


def test_a_sleep_is_ended_by_the_wall_clock(apart):
    with opened(apart, WALL) as session:
        with pytest.raises(WorkerTimedOut) as problem:
            session.call("sleeps")
        assert (problem.value.kind, problem.value.seconds) == ("wall", 0.4)


def test_time_is_counted_per_test_over_its_calls(apart):
    with opened(apart, Limits(cpu=0.5)) as session:
        for _ in range(2):
            session.begin_test()
            assert session.call("spins_a_while", (0.3,)) == 1
        with pytest.raises(WorkerTimedOut):
            session.call("spins_a_while", (0.3,))


def test_a_thread_left_behind_counts(apart):
    with opened(apart, CPU) as session:
        session.call("leaves_a_thread")
        with pytest.raises(WorkerTimedOut) as problem:
            session.call("sleeps")
        assert problem.value.kind == "cpu"


@pytest.mark.parametrize(
    ("name", "words"), [("exits", "exit code 3"), ("crashes", "signal 11"), ("closes_all", "line|exit code")]
)
def test_a_death_is_told_in_words(session, name, words):
    with pytest.raises(WorkerDied, match=words):
        session.call(name)


def test_memory_is_bounded(apart):
    with opened(apart, MEMORY) as session, pytest.raises((StudentRaised, WorkerDied), match=r"[Mm]emory"):
        session.call("hoards")


def test_a_gigabyte_of_print_is_kept_to_the_bound(sandbox):
    with opened(sandbox) as session:
        assert session.call("prints", (1000,)) == 1
        assert len(session.output) == Limits().output
        assert session.output_dropped > 900_000_000


def test_what_is_printed_is_kept_per_test(session):
    session.call("prints_a_little")
    assert session.output == "hello\nto you\n"
    session.begin_test()
    assert session.output == ""


def test_nobody_answers_a_prompt(session):
    with pytest.raises(StudentRaised, match="EOFError"):
        session.call("reads_input")


def test_a_worker_that_timed_out_is_gone(sandbox):
    with opened(sandbox, WALL) as session:
        session.loaded()
        number = session.line.pid
        with pytest.raises(WorkerTimedOut):
            session.call("sleeps")
        assert gone(number)


def gone(number):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not psutil.pid_exists(number):
            return True
        time.sleep(0.01)
    return False


def test_a_file_that_ends_its_process_while_loading_is_told(apart):
    problem = apart.load_error("import os\nos._exit(3)\n", "answer.py")
    assert isinstance(problem, WorkerDied)
    assert "exit code 3" in problem.reason
