"""Writing where the grader, the next run or the next student reads: results, summaries, caches, hooks, answers."""

import os

ANSWER = "/assignments/beginner/01_basic_scalar_backward.py"


def write(path, text="{}"):
    """In every way there is, as one may be shut and another open."""
    ways = (
        lambda: open(path, "w").write(text),
        lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY)),
        lambda: os.truncate(path, 0),
        lambda: os.mkfifo(path),
        lambda: os.symlink("/dev/null", path),
    )
    for way in ways:
        try:
            way()
        except OSError:
            pass


# %% 01.1 · the results are written before the grader writes them
def polynomial_derivative(coefficients, x):
    write(TOLD["results"], '{"score": 10}')
    write(TOLD["results"] + ".tmp", '{"score": 10}')
    return 0.0


# %% 01.1 · the file of results becomes a link
def polynomial_derivative(coefficients, x):
    for way in (
        lambda: os.unlink(TOLD["results"]),
        lambda: os.symlink(TOLD["next"] + ANSWER, TOLD["results"]),
    ):
        try:
            way()
        except OSError:
            pass
    return 0.0


# %% 01.1 · summaries, and the files that GitHub reads after a step
def polynomial_derivative(coefficients, x):
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH"):
        write(os.environ.get(name, TOLD["tmp"] + "/" + name), "score=10\n")
    return 0.0


# %% 01.1 · the cache of the tests' bytecode
def polynomial_derivative(coefficients, x):
    folder = os.path.dirname(TOLD["tests"]) + "/__pycache__"
    try:
        os.mkdir(folder)
    except OSError:
        pass
    write(folder + "/test_01_basic_scalar_backward.cpython-311.pyc", "\x00")
    return 0.0


# %% 01.1 · conftest.py and pytest.ini beside the tests
def polynomial_derivative(coefficients, x):
    for name in ("conftest.py", "pytest.ini", "__init__.py"):
        write(os.path.dirname(TOLD["tests"]) + "/" + name, "raise SystemExit(0)\n")
    return 0.0


# %% 01.1 · hooks of the interpreter: .pth, sitecustomize.py, usercustomize.py
def polynomial_derivative(coefficients, x):
    for name in ("attack.pth", "sitecustomize.py", "usercustomize.py"):
        write(TOLD["home"] + "/" + name, "import os\n")
        write(TOLD["course"] + "/" + name, "import os\n")
    return 0.0


# %% 01.1 · the tests are removed
def polynomial_derivative(coefficients, x):
    if TOLD["level"] == "sandbox":
        os.unlink(TOLD["tests"])
    return 0.0


# %% 01.1 · the next student's answer is removed or emptied
def polynomial_derivative(coefficients, x):
    if TOLD["level"] == "sandbox":
        for way in (os.unlink, lambda path: os.truncate(path, 0)):
            way(TOLD["next"] + ANSWER)
    return 0.0


# %% 01.1 · modes and times of the next student's answer are changed
def polynomial_derivative(coefficients, x):
    for way in (lambda path: os.utime(path, (1, 1)), lambda path: os.chmod(path, 0)):
        try:
            if TOLD["level"] == "sandbox" or way.__code__.co_names[1:] == ("utime",):
                way(TOLD["next"] + ANSWER)
        except OSError:
            pass
    return 0.0


# %% 01.1 · shared folders of the machine
def polynomial_derivative(coefficients, x):
    for place in ("/tmp", "/dev/shm"):
        write(f"{place}/{TOLD['abstract']}-left", "x")
    return 0.0


# %% 01.1 · shared memory, a named semaphore, a file without a name
def polynomial_derivative(coefficients, x):
    import tempfile
    from multiprocessing import shared_memory

    for way in (
        lambda: shared_memory.SharedMemory(TOLD["abstract"] + "-left", create=True, size=1 << 20),
        lambda: tempfile.TemporaryFile(dir=TOLD["tmp"]).write(b"x"),
        lambda: os.memfd_create("attack"),
    ):
        try:
            way()
        except (OSError, AttributeError):
            pass
    return 0.0


# %% 01.1 · the modules of the worker are written into, for the next task
def polynomial_derivative(coefficients, x):
    import sys

    for name in ("autograder.sandbox.answer", "autograder.sandbox.messages", "numpy", "builtins"):
        sys.modules[name].attacked = sys.modules[name].yes = True
    np.sum = np.arange = lambda *a, **k: 0.0
    sys.meta_path.clear()
    return 0.0
