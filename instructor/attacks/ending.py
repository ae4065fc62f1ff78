"""Ending, and what comes after the end: exits, signals, threads and processes left behind, outcomes named alike."""

import os
import signal
import sys
import threading
import time


stays = []


def stay(seconds=20):
    """A process of its own session that outlives its parent, once."""
    if stays:
        return
    stays.append(True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(seconds)
        os._exit(0)


# %% 01.1 · sys.exit(0), a success to a shell
def polynomial_derivative(coefficients, x):
    sys.exit(0)


# %% 01.1 · os._exit(0) in the call
def polynomial_derivative(coefficients, x):
    os._exit(0)


# %% 01.1 · os._exit(0) while the file is loaded
os._exit(0)


# %% 01.1 · SystemExit while the file is loaded
raise SystemExit(0)


# %% 01.1 · killed by its own hand
def polynomial_derivative(coefficients, x):
    os.kill(os.getpid(), signal.SIGKILL)


# %% 01.1 · a crash in C
def polynomial_derivative(coefficients, x):
    import ctypes

    return ctypes.string_at(0)


# %% 01.1 · KeyboardInterrupt, as if the instructor had stopped the run
def polynomial_derivative(coefficients, x):
    raise KeyboardInterrupt


# %% 01.1 · the parent is interrupted, and its whole group
def polynomial_derivative(coefficients, x):
    try:
        os.kill(TOLD["server"], signal.SIGINT)
        os.killpg(TOLD["server"], signal.SIGTERM)
    except OSError:
        pass
    return 0.0


# %% 01.1 · the process that starts workers is killed
def polynomial_derivative(coefficients, x):
    os.kill(TOLD["server"], signal.SIGKILL)
    return 0.0


# %% 01.1 · the process that starts workers is stopped, so that nothing answers
def polynomial_derivative(coefficients, x):
    if TOLD["level"] == "sandbox":  # else the grader waits for its patience to end, and starts another
        os.kill(TOLD["server"], signal.SIGSTOP)
    return 0.0


# %% 01.1 · a bystander is killed
def polynomial_derivative(coefficients, x):
    os.kill(TOLD["bystander"], signal.SIGKILL)
    return 0.0


# %% 01.1 · a bystander's limits and priority are taken away
def polynomial_derivative(coefficients, x):
    import resource

    for harm in (
        lambda: resource.prlimit(TOLD["bystander"], resource.RLIMIT_NOFILE, (1, 1)),
        lambda: os.setpriority(os.PRIO_PROCESS, TOLD["bystander"], 19),
    ):
        try:
            harm()
        except OSError:
            pass
    return 0.0


# %% 01.1 · a word is said at exit
def polynomial_derivative(coefficients, x):
    import atexit

    atexit.register(lambda: os.write(1, b'{"score": 10}'))
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, lambda *a: None)
    return 0.0


# %% 01.1 · a timer goes off later and later
def polynomial_derivative(coefficients, x):
    signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    return 0.0


# %% 01.1 · threads that are left behind and go on
def polynomial_derivative(coefficients, x):
    for _ in range(8):
        threading.Thread(target=time.sleep, args=(30,)).start()
    return 0.0


# %% 01.1 · a daemon of its own session is left behind
def polynomial_derivative(coefficients, x):
    stay()
    return 0.0


# %% 01.1 · a daemon is left behind while the file is loaded
def polynomial_derivative(coefficients, x):
    return 0.0


stay()


# %% 01.1 · a shell is left behind
def polynomial_derivative(coefficients, x):
    import subprocess

    if stays:
        return 0.0
    stays.append(True)
    subprocess.Popen(["/bin/sleep", "20"], start_new_session=True, env={"HOME": TOLD["home"]})
    return 0.0


# %% 01.1 · an exception of Hypothesis' name asks to leave this example out
def polynomial_derivative(coefficients, x):
    raise type("UnsatisfiedAssumption", (Exception,), {"__module__": "hypothesis.errors"})()


# %% 01.1 · an exception of pytest's name asks to skip the test
def polynomial_derivative(coefficients, x):
    raise type("Skipped", (BaseException,), {"__module__": "_pytest.outcomes"})("skip")


# %% 01.1 · unittest's SkipTest
def polynomial_derivative(coefficients, x):
    import unittest

    raise unittest.SkipTest("not today")


# %% 01.1 · a kink is claimed where there is none
def polynomial_derivative(coefficients, x):
    raise type("Kink", (Exception,), {"__module__": "autograder.gradients.errors"})()


# %% 01.1 · a gap that claims to be another task's
def polynomial_derivative(coefficients, x):
    raise NotImplementedError("TODO 01.2: derivative_at")


# %% 01.1 · an exception that has no end of causes and a text that fails
def polynomial_derivative(coefficients, x):
    class Endless(Exception):
        __str__ = __repr__ = lambda self: 1 / 0

    problem = Endless()
    problem.__cause__ = problem
    raise problem


# %% 01.1 · out of memory, it says
def polynomial_derivative(coefficients, x):
    raise MemoryError


# %% 01.1 · the grader's own words for an author's error
def polynomial_derivative(coefficients, x):
    raise type("AuthorError", (AssertionError,), {"__module__": "autograder.gradients.errors"})("the test is at fault")
