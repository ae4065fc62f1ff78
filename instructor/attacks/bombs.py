"""Bombs: processes, threads, memory, descriptors, disk, output, depth, and time."""

import os
import sys


# %% 01.1 · processes, each of which starts two
def polynomial_derivative(coefficients, x):
    for _ in range(5):  # bounded, for levels that let them start
        try:
            os.fork()
        except OSError:
            pass
    import time

    time.sleep(30)


# %% 01.1 · processes outside of the group
started = []


def polynomial_derivative(coefficients, x):
    while len(started) < 5:
        started.append(True)
        if os.fork() == 0:
            os.setsid()
            import time

            time.sleep(20)
            os._exit(0)
    return 0.0


# %% 01.1 · threads
def polynomial_derivative(coefficients, x):
    import threading
    import time

    while True:
        threading.Thread(target=time.sleep, args=(30,)).start()


# %% 01.1 · memory, touched
def polynomial_derivative(coefficients, x):
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


# %% 01.1 · memory that is asked for and not touched
def polynomial_derivative(coefficients, x):
    return np.empty(1 << 50)


# %% 01.1 · an integer that takes a while
def polynomial_derivative(coefficients, x):
    return 9 ** (9**9)


# %% 01.1 · memory while the file is loaded
kept = []
while True:
    kept.append(bytearray(64 << 20))


# %% 01.1 · descriptors
def polynomial_derivative(coefficients, x):
    kept = []
    while True:
        kept.append(os.dup(1) if len(kept) % 2 else open("/proc/cpuinfo"))


# %% 01.1 · the disk
def polynomial_derivative(coefficients, x):
    with open(TOLD["tmp"] + "/disk", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    return 0.0


# %% 01.1 · output
def polynomial_derivative(coefficients, x):
    while True:
        print("10 of 10 " * 10_000)


# %% 01.1 · output past Python
def polynomial_derivative(coefficients, x):
    for _ in range(1000):
        for number in (1, 2):
            os.write(number, b"10 of 10 " * 10_000)
    return 0.0


# %% 01.1 · a value of a gigabyte
def polynomial_derivative(coefficients, x):
    return np.zeros(1 << 24) if x else np.broadcast_to(0.0, (1 << 20, 1 << 10))


# %% 01.1 · a value of a million parts
def polynomial_derivative(coefficients, x):
    return [0.0] * 10_000_000


# %% 01.1 · no end of depth
def polynomial_derivative(coefficients, x):
    sys.setrecursionlimit(1 << 30)
    return polynomial_derivative(coefficients, x)


# %% 01.1 · a regular expression that goes back and back
def polynomial_derivative(coefficients, x):
    import re

    return float(bool(re.match(r"(a*)*b", "a" * 64)))


# %% 01.1 · no end of work in C, which no signal of Python's stops
def polynomial_derivative(coefficients, x):
    return float(sum(range(1 << 60)))


# %% 01.1 · thousands of names and parameters
for k in range(20_000):
    globals()[f"name{k}"] = eval(f"lambda {', '.join(f'p{j}' for j in range(50))}: 0") if k < 200 else k


def polynomial_derivative(coefficients, x):
    return 0.0
