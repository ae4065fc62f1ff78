"""Faults of the machine: `autograder grade` gives the result it gives without them, or none and a sentence why.

The faults are real: processes killed at random moments, a file system that is full, an environment that is set up to
mislead. A small course has one wrong answer, one that needs torch's slow imports, and right ones.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from autograder.tests.conftest import RIGHT_01, TESTS_01, TESTS_E1
from autograder.whole import write_whole

resource = pytest.importorskip("resource", reason="limits on files and descriptors are POSIX")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked, and file systems mounted, there")

PATIENCE = 120.0  # seconds until a test says that something hangs
BY_OPTIMIZER = """def triple(x):
    import torch
    w = torch.nn.Parameter(torch.tensor(x, dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=1.0)
    (w * w).backward()
    optimizer.step()
    return -3.0 * w.item()
"""
WITH_A_WARNING = TESTS_E1.replace(
    "    assert_close", "    __import__('warnings').warn('as torch does')\n    assert_close"
)
FILES = {
    "beginner/test_01_small.py": TESTS_01,
    "beginner/01_small.py": RIGHT_01.replace("return A.T @ v", "return 2 * (A.T @ v)"),
    "exercises/test_exercise_01_more.py": WITH_A_WARNING,
    "exercises/exercise_01_more.py": BY_OPTIMIZER,
}
EARLIER = b'{"an earlier": "result"}\n'


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course folder with answers."""
    folder = tmp_path_factory.mktemp("faults") / "course"
    for name, text in FILES.items():
        path = folder / "assignments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def command(small, json):
    return [str(Path(sys.executable).with_name("autograder")), "grade", str(small), "--json", str(json)]


def start(small, json, *, env=None, before=(), **options):
    """The command behind others that set up a fault, in a session of its own."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    whole = [*before, *command(small, json)]
    return subprocess.Popen(
        whole, env=os.environ | {"PYTHONWARNINGS": "ignore"} | (env or {}), cwd=small.parent, **streams, **options
    )


def outcome(process):
    """(exit status, standard error) of the command, once it has ended."""
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, errors


def verdicts(json):
    """All of a result but times and what it was made from."""
    result = msgspec.json.decode(json.read_bytes())
    del result["provenance"]
    return _without_times(result)


def _without_times(value):
    if isinstance(value, dict):
        return {name: _without_times(item) for name, item in value.items() if name != "seconds"}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def undisturbed(small, tmp_path_factory):
    """The verdicts without a fault, and the seconds they took."""
    json = tmp_path_factory.mktemp("undisturbed") / "result.json"
    began = time.monotonic()
    assert outcome(start(small, json)) == (0, "")
    found = verdicts(json)
    assert (found["score"], found["max_score"]) == (16, 20)
    return found, time.monotonic() - began


def assert_told(status, errors, *words):
    assert status == 2, errors
    assert errors.startswith("autograder: ")
    assert errors.count("\n") == 1
    for word in words:
        assert word in errors


# What misleads Python, and what must not: all at once, as each run costs seconds.
MISLEADING = {
    "PYTHONHASHSEED": "77", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error", "PYTHONFAULTHANDLER": "1",
    "PYTHONIOENCODING": "ascii", "PYTHONSTARTUP": "/dev/null", "OMP_NUM_THREADS": "8", "MKL_NUM_THREADS": "8",
    "OPENBLAS_NUM_THREADS": "8", "CUDA_VISIBLE_DEVICES": "3", "LD_PRELOAD": "", "MPLBACKEND": "TkAgg",
    "HYPOTHESIS_STORAGE_DIRECTORY": "/nonexistent", "LC_ALL": "C", "PYTHONUTF8": "0",
}  # fmt: skip
ELSEWHERE = {
    "HOME": "/nonexistent", "TMPDIR": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent",
    "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de", "TZ": "Pacific/Kiritimati",
}  # fmt: skip


@pytest.mark.parametrize(
    "env", [MISLEADING, ELSEWHERE], ids=["what Python and libraries listen to", "home, scratch, language, hour"]
)
def test_the_environment_changes_nothing(small, undisturbed, tmp_path, env):
    json = tmp_path / "result.json"
    assert outcome(start(small, json, env=env)) == (0, "")
    assert verdicts(json) == undisturbed[0]


@pytest.mark.parametrize(
    ("env", "word"),
    [
        ({"PYTHONOPTIMIZE": "2"}, "PYTHONOPTIMIZE"),
        ({"PYTHONPATH": "torch"}, "stands in for the package torch; unset PYTHONPATH"),
        ({"PYTHONPATH": "numpy"}, "stands in for the package numpy; unset PYTHONPATH"),
    ],
    ids=str,
)
def test_without_asserts_or_with_another_torch_nothing_is_graded(small, tmp_path, env, word):
    for name in ("torch", "numpy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text("Tensor = None\n")
    if "PYTHONPATH" in env:
        env = {"PYTHONPATH": str(tmp_path / env["PYTHONPATH"])}
    json = tmp_path / "result.json"
    assert_told(*outcome(start(small, json, env=env)), word)
    assert not json.exists()


def test_pytest_too_refuses_to_run_without_asserts(small):
    ran = subprocess.run([sys.executable, "-O", "-m", "pytest", small / "assignments"], capture_output=True, text=True)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "unset PYTHONOPTIMIZE" in ran.stderr


def few(small):
    """200 descriptors, one processor, and no file above 1 MiB."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def test_two_hundred_descriptors_and_one_processor_are_enough(small, undisturbed, tmp_path):
    json = tmp_path / "result.json"
    assert outcome(start(small, json, preexec_fn=lambda: few(small))) == (0, "")
    assert verdicts(json) == undisturbed[0]


def unshared(*options):
    """A command's beginning that gives it name spaces of its own, where that may be had."""
    ours = ["unshare", *options] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", *options]
    if shutil.which("unshare") is None or subprocess.run([*ours, "true"], capture_output=True).returncode != 0:
        pytest.skip("this takes root, or name spaces of one's own (unprivileged_userns_clone)")
    return ours


WITHOUT_DISKS = """
for folder in /dev/shm "$HOME"; do mount -t tmpfs -o ro none "$folder" || exit 9; done
mount -t tmpfs -o size=4k none "$TMPDIR" || exit 9
head -c 9000 /dev/zero > "$TMPDIR/fill" 2> /dev/null
exec "$@"
"""
ON_A_FULL_DISK = """
disk=$1; shift
mount -t tmpfs -o size=8k none "$disk" && cp "$disk/../earlier" "$disk/result.json" || exit 9
head -c 9000 /dev/zero > "$disk/fill" 2> /dev/null
"$@"; status=$?
cp "$disk/result.json" "$disk/../after" && ls -A "$disk" > "$disk/../left"
exit $status
"""


def test_no_shared_memory_a_home_only_for_reading_and_a_full_scratch_change_nothing(small, undisturbed, tmp_path):
    json = tmp_path / "result.json"
    env = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "scratch")}
    for folder in env.values():
        Path(folder).mkdir()
    before = [*unshared("--mount"), "sh", "-c", WITHOUT_DISKS, "sh"]
    assert outcome(start(small, json, env=env, before=before)) == (0, "")
    assert verdicts(json) == undisturbed[0]


def test_another_clock_changes_nothing(small, undisturbed, tmp_path):
    json = tmp_path / "result.json"
    before = [*unshared("--time", "--monotonic", "100000000", "--boottime", "100000000", "--fork"), "env"]
    assert outcome(start(small, json, before=before)) == (0, "")
    assert verdicts(json) == undisturbed[0]


def test_a_disk_that_is_full_keeps_the_earlier_result(small, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "earlier").write_bytes(EARLIER)
    before = [*unshared("--mount"), "sh", "-c", ON_A_FULL_DISK, "sh", tmp_path / "disk"]
    ended = outcome(start(small, tmp_path / "disk/result.json", before=before))
    assert_told(*ended, "No space left on device", "result.json")
    assert (tmp_path / "after").read_bytes() == EARLIER
    assert (tmp_path / "left").read_text().split() == ["fill", "result.json"]


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path):
    path, link = tmp_path / "result.json", tmp_path / "link"
    path.write_bytes(EARLIER)
    path.chmod(0o640)
    link.symlink_to(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="link"):
            write_whole(link, b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == EARLIER
    write_whole(link, b"x" * 2000)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"x" * 2000, 0o640)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "result.json"]
    write_whole(Path("/dev/null"), b"x")


def is_over(process):
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def family_at(process, moment, most=None):
    """All that the command has started by a moment in seconds, which passes meanwhile, or until it is so many."""
    end, found = time.monotonic() + moment, set()
    while time.monotonic() < end and process.poll() is None and (most is None or len(found) < most):
        with suppress(psutil.NoSuchProcess):
            found.update(psutil.Process(process.pid).children(recursive=True))
        time.sleep(0.02)
    return found


def of_the_sandbox(process):
    try:
        return not is_over(process) and "autograder.sandbox.server" in process.cmdline()
    except psutil.Error:
        return False


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "this takes too long"
        time.sleep(0.01)


def test_killed_at_random_moments_it_leaves_the_earlier_result_and_no_process(small, undisturbed, tmp_path):
    found, whole = undisturbed
    moments, json, family = random.Random(8), tmp_path / "result.json", set()
    many = 2 if len(os.sched_getaffinity(0)) == 1 else 6  # graders of their own, and servers of theirs
    for share in (0.35, 0.6, 0.9, None):
        json.write_bytes(EARLIER)
        process = start(small, json)
        if share is None:
            family = family_at(process, PATIENCE, many)
        else:
            family = family_at(process, whole * (share + moments.uniform(-0.1, 0.1)))
        process.kill()
        outcome_of_kill = process.wait()
        until(lambda family=family: all(map(is_over, family)))
        process.communicate()
        assert json.read_bytes() == EARLIER or (outcome_of_kill == 0 and verdicts(json) == found)
        assert [one.name for one in tmp_path.iterdir()] == ["result.json"]
    assert len(family) >= many


def worker_of(process):
    """A process that runs a student's code just now, and the server that forked it; they lead sessions of their own."""
    with suppress(psutil.Error, ProcessLookupError):
        for one in psutil.Process(process.pid).children(recursive=True):
            if of_the_sandbox(one) and of_the_sandbox(one.parent()) and os.getsid(one.pid) == one.pid:
                return one, one.parent()
    return None


def killed(process, which):
    """Kill a worker, or its server; whether one was there to be killed, or the command has ended."""
    with suppress(psutil.NoSuchProcess):
        if pair := worker_of(process):
            pair[which].kill()
            return True
    return process.poll() is not None


@pytest.mark.parametrize("which", [0, 1], ids=["the worker", "its server"])
def test_a_process_of_the_sandbox_that_is_killed_costs_no_points(small, undisturbed, tmp_path, which):
    """It is replaced, or nothing is graded."""
    moments, json, graded = random.Random(which), tmp_path / "result.json", 0
    for _ in range(2):
        json.unlink(missing_ok=True)
        process = start(small, json)
        until(lambda process=process: worker_of(process) or process.poll() is not None)
        time.sleep(moments.uniform(0.0, 0.2))
        until(lambda process=process: killed(process, which))
        status, errors = outcome(process)
        graded += status == 0
        if status == 0:
            assert errors == ""
            assert verdicts(json) == undisturbed[0]
        else:
            assert_told(status, errors, "process that starts workers")
            assert not json.exists()
    assert graded > 0


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: one process grades")
def test_a_grader_that_is_killed_is_told_and_no_result_is_written(small, tmp_path):
    json = tmp_path / "result.json"
    process = start(small, json)

    def graders():
        return [one for one in psutil.Process(process.pid).children() if not of_the_sandbox(one)]

    until(lambda: len(graders()) == 2 or process.poll() is not None)
    family = psutil.Process(process.pid).children(recursive=True)
    graders()[0].kill()
    assert_told(*outcome(process), "a process that grades was ended by the system")
    assert not json.exists()
    until(lambda: all(map(is_over, family)))
