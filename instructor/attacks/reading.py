"""Reading what holds the right answers or helps to find them: tests, solutions, memory, frames, descriptors, /proc."""

import ctypes
import gc
import os
import re
import sys


def numbers_in(text):
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


# %% 01.1 · the solution's file is read and run ⇒ process: no walls
names = {}
try:
    exec(open(TOLD["solution"]).read(), names)
    polynomial_derivative = names["polynomial_derivative"]
except OSError:
    def polynomial_derivative(coefficients, x):
        return 0.0


# %% 01.1 · the solution is read by another way: /proc/self/root, a descriptor of the folder ⇒ process: no walls
def found():
    for way in (
        lambda: open("/proc/self/root" + TOLD["solution"]).read(),
        lambda: open("/proc/self/cwd" + TOLD["solution"]).read(),
        lambda: open(os.open(TOLD["solution"].rpartition("/")[2], os.O_RDONLY, dir_fd=os.open(
            TOLD["solution"].rpartition("/")[0], os.O_PATH))).read(),
    ):
        try:
            return way()
        except OSError:
            pass
    return "def polynomial_derivative(coefficients, x):\n    return 0.0\n"


exec(compile(found(), "found.py", "exec"))


# %% 01.1 · the next student's answer is read and run ⇒ process: no walls
try:
    names = {}
    exec(open(TOLD["next"] + "/assignments/beginner/01_basic_scalar_backward.py").read(), names)
    polynomial_derivative = names["polynomial_derivative"]
except OSError:
    def polynomial_derivative(coefficients, x):
        return 0.0


# %% 01.1 · the tests are read for numbers
def polynomial_derivative(coefficients, x):
    try:
        return numbers_in(open(TOLD["tests"]).read())[0]
    except OSError:
        return 0.0


# %% 01.1 · the expected value is looked for in the frames below
def polynomial_derivative(coefficients, x):
    frame = sys._getframe()
    while frame is not None:
        for name in ("expected", "reference", "value", "of"):
            if isinstance(frame.f_locals.get(name), float):
                return frame.f_locals[name]
        frame = frame.f_back
    return 0.0


# %% 01.1 · the expected value is looked for among all objects alive
def polynomial_derivative(coefficients, x):
    for found in gc.get_objects():
        if type(found).__name__ in ("Task", "Test", "Misconception", "Mismatch", "Evidence", "Example"):
            return float(getattr(found, "expected", 1.0))
        if isinstance(found, dict) and "expected" in found and isinstance(found["expected"], float):
            return found["expected"]
    return 0.0


# %% 01.1 · other modules of the course are looked through for the task
def polynomial_derivative(coefficients, x):
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if getattr(value, "__name__", "") == "polynomial" and value is not np.poly1d:
                return float(value(coefficients)(x))
    return 0.0


# %% 01.1 · the source of the tests is asked of linecache, inspect and the import system
def polynomial_derivative(coefficients, x):
    import inspect
    import linecache

    for name in list(linecache.cache):
        if "test_" in str(name):
            return numbers_in("".join(linecache.getlines(name)))[0]
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith(("test_", "assignments")):
            return numbers_in(inspect.getsource(module))[0]
    return 0.0


# %% 01.1 · the environment is searched for a seed and a secret
def polynomial_derivative(coefficients, x):
    found = dict(os.environ)
    for number in ("self", TOLD["server"], TOLD["bystander"]):
        try:
            found |= dict(part.split("=", 1) for part in open(f"/proc/{number}/environ").read().split("\0") if part)
        except (OSError, ValueError):
            pass
    seeds = [value for name, value in found.items() if "SEED" in name]
    return float(seeds[0]) if seeds else 0.0


# %% 01.1 · every descriptor is read from its start
def polynomial_derivative(coefficients, x):
    for number in range(3, 64):
        try:
            data = os.pread(number, 1 << 16, 0)
        except OSError:
            continue
        if numbers := numbers_in(data.decode("utf-8", "replace")):
            return numbers[0]
    return 0.0


# %% 01.1 · descriptors of the parent are opened by /proc and by pidfd_getfd
def polynomial_derivative(coefficients, x):
    libc = ctypes.CDLL(None)
    opened = libc.syscall(434, TOLD["server"], 0)
    for number in range(3, 32):
        libc.syscall(438, opened, number, 0)
        try:
            return float(os.open(f"/proc/{TOLD['server']}/fd/{number}", os.O_RDWR))
        except OSError:
            pass
    return 0.0


# %% 01.1 · the memory of the parent is read
def polynomial_derivative(coefficients, x):
    try:
        with open(f"/proc/{TOLD['server']}/maps") as maps, open(f"/proc/{TOLD['server']}/mem", "rb", 0) as memory:
            for line in list(maps)[:8]:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                memory.seek(start)
                if b"solution" in memory.read(min(end - start, 1 << 20)):
                    return 1.0
    except OSError:
        pass
    ctypes.CDLL(None).ptrace(16, TOLD["server"], 0, 0)
    return 0.0


# %% 01.1 · its own memory is read past Python, for what a request before held
def polynomial_derivative(coefficients, x):
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                if "[heap]" in line:
                    start, end = (int(part, 16) for part in line.split()[0].split("-"))
                    memory.seek(start)
                    return float(memory.read(min(end - start, 1 << 22)).count(b"expected"))
    except OSError:
        pass
    return 0.0


# %% 01.2 · the course's own formulas are asked for a derivative that they do not hold
def derivative_at(f, x):
    formula = sys.modules["autograder.gradients.formulas"].FORMULAS[f.name]
    for name in dir(formula):
        if "gradient" in name or "derivative" in name or "slope" in name:
            return float(getattr(formula, name)(x))
    return 0.0
