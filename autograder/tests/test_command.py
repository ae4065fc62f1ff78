"""The command line, run as a person runs it."""

import errno
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.tests.conftest import GAPS_01


def run(
    *arguments: object, cwd: Path | None = None, preexec_fn: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """`autograder ARGUMENTS` in a process of its own."""
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, encoding="utf-8", preexec_fn=preexec_fn)


HELP = """
import sys
from autograder.command import app
try:
    app(["--help"])
except SystemExit:
    pass
print("torch" in sys.modules, "numpy" in sys.modules)
"""


def test_help_imports_no_torch():
    told = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[-1] == "False False"


def test_importing_the_package_imports_no_torch():
    program = "import sys, autograder, autograder.gradients, autograder.sandbox; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_grade_writes_every_report_and_tells_where_to_go_on(course, answer):
    answer(GAPS_01)
    files = [course / name for name in ("r.json", "r.html", "r.md")]
    done = run("grade", "--json", files[0], "--html", files[1], "--markdown", files[2], cwd=course)
    assert done.returncode == 0, done.stderr
    assert "10 / 20 points" in done.stdout
    assert "assignments/beginner/01_small.py:6 (01.1 vjp_wrt_x)" in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(files[0].read_text())["score"] == 10
    assert "10 / 20 points" in files[1].read_text()
    assert "10 / 20 points" in files[2].read_text()


def test_the_sandbox_is_what_a_grade_uses_here(course):
    done = run("grade", course, "--only", "E1", "--json", course / "r.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((course / "r.json").read_text())["provenance"]["isolation"] == "sandbox"


def without_landlock():
    """For the child process: from here on the system call does not exist, as on an older kernel."""
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "landlock_create_ruleset")
    rules.load()


@pytest.mark.skipif(sys.platform != "linux", reason="kernels with Landlock and seccomp are Linux")
def test_without_the_kernels_help_a_grade_says_so_in_a_line_and_a_sandbox_cannot_be_had(course):
    done = run("grade", course, "--only", "E1", "--json", course / "r.json", preexec_fn=without_landlock)
    assert done.returncode == 0, done.stderr
    told = json.loads((course / "r.json").read_text())["provenance"]
    assert told["isolation"] == "process"
    assert told["notice"] in done.stdout.splitlines()
    refused = run("grade", course, "--isolation", "sandbox", preexec_fn=without_landlock)
    assert refused.returncode == 2
    assert refused.stderr.startswith("autograder: the sandbox cannot be had here: ")
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_terminal_that_knows_ascii_only_is_no_reason_to_stop(course, answer, monkeypatch):
    answer(f"{GAPS_01}\n\ndef slope(x):\n    raise ValueError('∂')\n")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run("grade", course, "--only", "01.2")
    assert done.returncode == 0, done.stderr
    assert "ValueError: \\u2202" in done.stdout


@pytest.mark.parametrize(("points", "status"), [(20, 0), (21, 1)])
def test_fail_under(course, points, status):
    assert run("grade", course, "--isolation", "none", "--fail-under", points).returncode == status


def test_of_a_submission_the_answers_are_read_and_nothing_else(course, tmp_path_factory):
    submission = tmp_path_factory.mktemp("submission")
    beginner = submission / "assignments/beginner"
    beginner.mkdir(parents=True)
    (beginner / "01_small.py").write_text(
        GAPS_01.replace('raise NotImplementedError("TODO 01.1: vjp_wrt_x")', "return A")
    )
    for name in ("test_01_small.py", "conftest.py", "torch.py"):
        (beginner / name).write_text(f"raise SystemExit('{name} was run')")
    (submission / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = 'nonsense'\n")
    done = run("grade", course, "--submission", submission, "--json", course / "r.json", cwd=submission)
    assert done.returncode == 0, done.stderr
    result = json.loads((course / "r.json").read_text())
    told = {task["id"]: task["status"] for assignment in result["assignments"] for task in assignment["tasks"]}
    assert told == {"01.1": "failed", "01.2": "todo", "E1.1": "error"}
    assert "assignments/exercises/exercise_01_more.py is missing" in done.stdout
    tests = result["provenance"]["tests"]["assignments/beginner/test_01_small.py"]
    assert tests == hashlib.sha256((course / "assignments/beginner/test_01_small.py").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "holds no assignments"),
        ([".", "--submission", "nowhere"], "--submission nowhere is no folder"),
        ([".", "--only", "banana"], "write 24, 24.2 or E1"),
        ([".", "--only", "27"], "no such assignment"),
        ([".", "--only", "01.9"], "no such task"),
        ([".", "--json", "missing/r.json"], "cannot be written"),
    ],
)
def test_what_cannot_be_graded_is_one_sentence_and_exit_2(course, arguments, words):
    done = run("grade", *arguments, cwd=course)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
