"""Whatever lies where an answer belongs costs its own points, is told in one sentence, and nothing else is lost."""

import os
from pathlib import Path

import pytest

from autograder.course import Assignment, Selection
from autograder.grading.grade import grade
from autograder.grading.result import AssignmentResult
from autograder.grading.submission import answer_or_reason, line_of_task
from autograder.sandbox.limits import Limits

FILE = "assignments/beginner/01_small.py"
HEAD = "import numpy as np\nimport torch\n\n"
SLOPE = "def slope(x):\n    return 2.0 * x\n\n"
VJP = "def vjp_wrt_x(A, x, v):\n    return A.T @ v\n\n"


def graded(course: Path, workers: object) -> AssignmentResult:
    """The result of 01, after asserting that E1 beside it was graded in full."""
    first, other = grade(course, workers, only=Selection()).assignments
    assert other.score == other.max_score
    return first


def costs_the_file(result: AssignmentResult, *words: str) -> None:
    assert {task.status for task in result.tasks} <= {"error", "timeout"}
    for task in result.tasks:
        message = task.tests[0].message
        assert message.count("\n") == 0
        for word in (FILE, *words):
            assert word in message


def costs_one_task(result: AssignmentResult, status: str, *words: str) -> None:
    by_id = {task.id: task for task in result.tasks}
    assert by_id["01.1"].status == "passed"
    assert by_id["01.2"].status == status
    message = next(test.message for test in by_id["01.2"].tests if test.message)
    assert len(message.splitlines()) <= 12
    assert "Traceback" not in message
    for word in words:
        assert word in message


def test_a_missing_file(course, sandboxed):
    (course / FILE).unlink()
    costs_the_file(graded(course, sandboxed), "missing", "git checkout")


def test_an_empty_file(course, sandboxed, answer):
    answer("  \n")
    costs_the_file(graded(course, sandboxed), "empty")


def test_a_file_that_is_not_utf8(course, sandboxed):
    (course / FILE).write_bytes(b"import torch\n# gr\xe4dient\n")
    costs_the_file(graded(course, sandboxed), ":2 ", "UTF-8")


@pytest.mark.parametrize("change", [lambda data: b"\xef\xbb\xbf" + data, lambda data: data.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_or_windows_line_ends_do_no_harm(course, sandboxed, change):
    path = course / FILE
    path.write_bytes(change(path.read_bytes()))
    result = graded(course, sandboxed)
    assert result.score == result.max_score


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:\n", (":1 ", "SyntaxError")),
        ("import torch\nimport pandas_of_the_student\n", (":2 ", "ModuleNotFoundError", "use only torch")),
        ("x = 1\n\ny = x / 0\n", (":3 ", "ZeroDivisionError")),
        ("import sys\nsys.exit(0)\n", (":2 ", "SystemExit", "remove the call")),
        ("import os\nos._exit(0)\n", ("the code ended its process",)),
        ("while True:\n    pass\n", ("CPU time",)),
        ("x = '\\x00'\n\0\n", ()),
    ],
)
def test_a_file_that_cannot_be_loaded(course, sandboxed, answer, text, words):
    answer(text)
    costs_the_file(graded(course, sandboxed), *words)


def test_a_link_to_elsewhere(course, sandboxed, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "right.py"
    elsewhere.write_text((course / FILE).read_text())
    (course / FILE).unlink()
    (course / FILE).symlink_to(elsewhere)
    costs_the_file(graded(course, sandboxed), "link")


def test_links_in_a_circle(tmp_path):
    (tmp_path / "assignments").mkdir()
    (tmp_path / "assignments/beginner").symlink_to("beginner")
    assert "link" in answer_or_reason(tmp_path, Assignment("01", "beginner", "01_small"))


def test_a_megabyte_of_line_ends_is_read_at_once():
    assert line_of_task("x = 1\n" + "\n" * 1_000_000, "01.1", ("f",)) is None
    assert line_of_task("\n\n  async def f(x):\n", "01.1", ("f",)) == 3


def test_a_folder_where_the_file_belongs(course, sandboxed):
    (course / FILE).unlink()
    (course / FILE).mkdir()
    costs_the_file(graded(course, sandboxed), "folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no pipes in the file system")
def test_a_pipe_where_the_file_belongs(course, sandboxed):
    (course / FILE).unlink()
    os.mkfifo(course / FILE)
    costs_the_file(graded(course, sandboxed), "no ordinary file")


def test_a_file_of_50_mb(course, sandboxed, answer):
    answer("#" * 50 * 2**20)
    costs_the_file(graded(course, sandboxed), "50.0 MB")


WRONG_SLOPES = {
    "renamed": (
        "def slopes(x):\n    return 2.0 * x\n",
        "error",
        ("slope is not defined", "but slopes is; did you mean slope?"),
    ),
    "another signature": ("def slope(x, y):\n    return 2.0 * x\n", "error", ("TypeError", "line")),
    "None": ("def slope(x):\n    2.0 * x\n", "error", ("None came back",)),
    "wrong type": ("def slope(x):\n    return '4'\n", "error", ("str came back",)),
    "wrong shape": ("def slope(x):\n    return np.array([2.0 * x])\n", "error", ("shape (1,)",)),
    "wrong dtype": ("def slope(x):\n    return torch.tensor(2.0 * x, dtype=torch.float32)\n", "error", ("tensor",)),
    "NaN": ("def slope(x):\n    return float('nan')\n", "failed", ("NaN",)),
    "a large tensor": ("def slope(x):\n    return torch.zeros(10**7)\n", "error", ("it is larger than 31 MiB",)),
    "an object with its own equality": (
        "class Same:\n    def __eq__(self, other):\n        return True\n\ndef slope(x):\n    return Same()\n",
        "error",
        ("Same",),
    ),
    "a float with its own equality": (
        "class Same(float):\n    def __eq__(self, other):\n        return True\n\ndef slope(x):\n    return Same(7)\n",
        "error",
        (),
    ),
    "a tensor subclass": (
        "class Mine(torch.Tensor):\n    pass\n\ndef slope(x):\n    return torch.zeros(()).as_subclass(Mine)\n",
        "error",
        ("Mine",),
    ),
    "a recursion without end": ("def slope(x):\n    return slope(x)\n", "error", ("RecursionError",)),
    # At 0, which the second test of the task asks for, it ends: each test waits for its limit.
    "a loop without end": ("def slope(x):\n    while x:\n        pass\n    return x\n", "timeout", ("CPU time",)),
    "a call that ends the process": ("import os\ndef slope(x):\n    os._exit(0)\n", "error", ("ended",)),
    "an exception": ("def slope(x):\n    return [][3]\n", "error", ("IndexError", "your line 8: return [][3]")),
    "a kill": ("import os, signal\ndef slope(x):\n    os.kill(os.getpid(), 9)\n", "error", ()),
    "too much memory": ("def slope(x):\n    return float(len(bytearray(3 << 30)))\n", "error", ("MemoryError",)),
}


@pytest.mark.parametrize("name", WRONG_SLOPES)
def test_a_function_that_does_not_do_what_it_should(course, sandboxed, answer, name):
    text, status, words = WRONG_SLOPES[name]
    answer(HEAD + VJP + text)
    costs_one_task(graded(course, sandboxed), status, *words)


def test_a_huge_tensor(course, sandboxed, answer, monkeypatch):
    monkeypatch.setattr(sandboxed, "limits", Limits())  # 400 MB take a busy machine longer than a test's limits
    answer(HEAD + VJP + "def slope(x):\n    return torch.zeros(10**8)\n")
    costs_one_task(graded(course, sandboxed), "error", "it is larger than 31 MiB")


def test_a_sleep_without_end(course, sandboxed, answer, monkeypatch):
    monkeypatch.setattr(sandboxed, "limits", Limits(wall=4.0))
    answer(HEAD + VJP + "import time\ndef slope(x):\n    if x:\n        time.sleep(99)\n    return x\n")
    costs_one_task(graded(course, sandboxed), "timeout", "stopped after 4 s of waiting")


def test_a_flood_of_output_is_kept_to_its_bound(course, sandboxed, answer):
    answer(HEAD + VJP + "def slope(x):\n    print('x' * (1 << 30))\n    return 3.0 * x\n")
    result = graded(course, sandboxed)
    assert result.tasks[1].status in ("failed", "timeout", "error")
    assert all(len(test.output) <= 64 << 10 for task in result.tasks for test in task.tests)


def test_an_argument_that_is_changed_is_refused(course, sandboxed, answer):
    answer(HEAD + "def vjp_wrt_x(A, x, v):\n    g = A.T @ v\n    v *= 0\n    return g\n\n" + SLOPE)
    task = graded(course, sandboxed).tasks[0]
    assert task.status == "failed"
    assert "the values of the argument v were changed" in task.tests[0].message


def test_torch_is_of_no_help_by_hand(course, sandboxed, answer):
    answer(HEAD + "def vjp_wrt_x(A, x, v):\n    return (torch.tensor(A).T @ torch.tensor(v)).numpy()\n\n" + SLOPE)
    task = graded(course, sandboxed).tasks[0]
    assert task.status == "error"
    assert "01.1 is done by hand" in task.tests[0].message


def test_a_file_that_ends_its_process_in_a_call_and_when_it_is_loaded_again(course, sandboxed, answer, tmp_path):
    once = "import time\nif time.time_ns() // 1_000_000 % 2:\n    import os; os._exit(3)\n"
    text = HEAD + VJP + "def slope(x):\n    import os; os._exit(4)\n"
    for _ in range(4):  # whether the file loads depends on the clock
        answer(once + text)
        result = graded(course, sandboxed)
        assert {task.status for task in result.tasks} <= {"error", "passed"}


def test_nothing_that_an_answer_names_or_says_reaches_the_terminal_as_it_is(course, sandboxed, answer):
    evil = "x\\n::error::y\\x1b[31m"
    text = f'def slope(x):\n    raise type("{evil}", (Exception,), {{}})("{evil}")\n'
    answer(HEAD + VJP + text)
    costs_one_task(graded(course, sandboxed), "error", "x\\n::error::y\\x1b[31m: x")
