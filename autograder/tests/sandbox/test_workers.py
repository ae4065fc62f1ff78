"""Opening, cloning and closing workers; nothing is left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from autograder.sandbox import IsolationUnavailable, Limits, confine, open_workers

ANSWER = "def f(x):\n    return 2 * x\n\ndef spins():\n    while True:\n        pass\n"

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


def test_auto_takes_the_sandbox_where_it_can_be_had(sandbox):
    with open_workers("auto", warm=()) as workers:
        assert (workers.isolation, workers.notice) == ("sandbox", None)


def test_without_the_kernels_help_auto_is_process_and_says_so(monkeypatch):
    monkeypatch.setattr(confine, "unavailable_reason", lambda: "this kernel has no Landlock")
    with open_workers("auto", warm=("hand",)) as workers:
        assert workers.isolation == "process"
        assert workers.notice == "Isolation is 'process', not 'sandbox': this kernel has no Landlock."
        with workers.session(ANSWER, "answer.py", by_hand=True) as session:
            assert session.call("f", (2,)) == 4


def test_without_the_kernels_help_sandbox_is_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr(confine, "unavailable_reason", lambda: "this kernel has no Landlock")
    with pytest.raises(IsolationUnavailable, match="this kernel has no Landlock"):
        open_workers("sandbox")


def test_a_spawned_worker_cannot_be_sandboxed():
    with pytest.raises(IsolationUnavailable):
        open_workers("sandbox", start="spawn")


def test_without_the_package_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(confine.importlib.util, "find_spec", lambda name: None)
    assert confine.unavailable_reason() == "the package landlock is not installed"


def test_on_another_platform_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "parts of Linux" in confine.unavailable_reason()


@pytest.mark.parametrize("isolation", ["", "Sandbox", "docker"])
def test_an_unknown_level_is_refused(isolation):
    with pytest.raises(ValueError, match="isolation is one of"):
        open_workers(isolation)


def test_each_task_has_a_fresh_worker(sandbox):
    text = "kept = []\ndef f():\n    kept.append(1)\n    return len(kept)\n"
    for _ in range(2):
        with sandbox.session(text, "answer.py", by_hand=True) as session:
            assert [session.call("f"), session.call("f")] == [1, 2]


def ended(processes):
    """Whether all of them end soon; an orphan may stay a zombie until init looks."""
    end = time.monotonic() + 10
    while any(map(runs, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@linux
def test_a_clone_serves_a_forked_grader():
    with open_workers("process", Limits(cpu=5), warm=("hand",)) as workers, workers.clone() as second:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            with second.session(ANSWER, "answer.py", by_hand=True) as session:
                os.write(write, str(session.call("f", (21,))).encode())
            os._exit(0)
        with workers.session(ANSWER, "answer.py", by_hand=True) as session:
            assert session.call("f", (3,)) == 6
        assert os.read(read, 100) == b"42"
        os.waitpid(child, 0)
        with workers.session(ANSWER, "answer.py", by_hand=True) as session:
            assert session.call("f", (4,)) == 8


def test_closing_is_quick_and_leaves_nothing(sandbox):
    before = set(psutil.Process().children(recursive=True))
    workers = open_workers("process", warm=("hand",))
    clone = workers.clone()
    sessions = [each.session(ANSWER, "answer.py", by_hand=True) for each in (workers, clone)]
    for session in sessions:
        session.loaded()  # a session that nobody keeps lets its worker go
    started = set(psutil.Process().children(recursive=True)) - before
    assert len(started) >= 4
    since = time.monotonic()
    clone.close()
    workers.close()
    assert time.monotonic() - since < 1
    assert ended(started)


@linux
def test_a_server_that_was_killed_takes_its_workers_along_and_is_started_again():
    with open_workers("process", warm=("hand",)) as workers:
        first = workers.session(ANSWER, "answer.py", by_hand=True)
        first.loaded()
        left = [psutil.Process(first.line.pid)]
        workers.lines.servers["hand"].process.kill()
        workers.lines.servers["hand"].process.wait()
        assert ended(left)
        with workers.session(ANSWER, "answer.py", by_hand=True) as session:
            assert session.call("f", (2,)) == 4


SCRIPT = """
import sys, time
from autograder.sandbox import open_workers
workers = open_workers(sys.argv[1], warm=("hand",), start=sys.argv[2] or None)
session = workers.session(sys.argv[3], "answer.py", by_hand=True)
session.loaded()
print("ready", flush=True)
session.call("spins")
"""


@pytest.mark.parametrize(("level", "start"), [("process", "fork"), ("auto", ""), ("process", "spawn")])
def test_a_killed_grader_leaves_nothing_behind(level, start):
    if start == "fork" and sys.platform != "linux":
        pytest.skip("forks on Linux only")
    grader = subprocess.Popen([sys.executable, "-c", SCRIPT, level, start, ANSWER], stdout=subprocess.PIPE)
    assert grader.stdout.readline() == b"ready\n"
    time.sleep(0.2)
    left = psutil.Process(grader.pid).children(recursive=True)
    assert left
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert ended(left)


def test_importing_the_sandbox_imports_no_torch():
    code = (
        "import sys, autograder.sandbox.workers, autograder.sandbox.wire, autograder.sandbox.channel, "
        "autograder.sandbox.inprocess, autograder.sandbox.spawned; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
