"""`autograder watch` in a real terminal: real saves, real keys, and what is seen."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import psutil
import pytest

from autograder.tests.conftest import GAPS_01, RIGHT_01, TESTS_E1

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
if sys.platform != "win32":
    from autograder.tests.watch.terminal import PATIENCE, Terminal, restored

FIRST = 'raise NotImplementedError("TODO 01.1: vjp_wrt_x")'
SECOND = 'raise NotImplementedError("TODO 01.2: slope")'
WRONG = GAPS_01.replace(FIRST, "return 2.0 * (A.T @ v)")
FIRST_DONE = GAPS_01.replace(FIRST, "return A.T @ v")
SLEEPING = GAPS_01.replace(FIRST, "import time\n    time.sleep(1000.0)")
LOOPING = GAPS_01.replace(FIRST, "while True:\n        pass")
KEYS = "h hint  n next  a all  o report  q quit  ? help"


def renamed_over(path: Path, text: str) -> None:
    """How vim, PyCharm and many others save."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def truncated_and_filled(path: Path, text: str) -> None:
    """How VS Code and nano save; here with a moment between the two."""
    with path.open("w", encoding="utf-8") as file:
        file.flush()
        time.sleep(0.1)
        file.write(text[:40])
        file.flush()
        file.write(text[40:])


def deleted_and_made_anew(path: Path, text: str) -> None:
    path.unlink()
    time.sleep(0.1)
    path.write_text(text, encoding="utf-8")


def backed_up(path: Path, text: str) -> None:
    """How Emacs saves, where it renames the old file away."""
    path.replace(path.with_name(f"{path.name}~"))
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def file(answer) -> Path:
    """The file of answers to 01, with both of its gaps."""
    return answer(GAPS_01)


def graded(course: Path, only: str) -> str:
    """What `autograder grade` prints."""
    command = [sys.executable, "-m", "autograder", "grade", str(course), "--only", only]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def all_gone(family: list[psutil.Process], within: float = PATIENCE) -> bool:
    """Whether these processes end."""
    _, alive = psutil.wait_procs(family, timeout=within)
    return not alive


def test_from_the_first_gap_to_the_last(course, file):
    with Terminal(course, "1", columns=140) as terminal:
        terminal.until("Watching assignment 01, 2 tasks.", "01.1 vjp_wrt_x, 4 points, about 10 minutes, by hand")
        terminal.until(f"{file.relative_to(course)}:6, still to do", f"01.1 | {KEYS}")

        renamed_over(file, WRONG)
        terminal.until("Its test does not pass yet.", KEYS)
        message = graded(course, "01.1").split("\n\n")[1]
        assert "likely  twice the gradient by habit" in message
        assert message in terminal.shown

        truncated_and_filled(file, WRONG.replace("2.0 *", "3.0 *"))
        terminal.until("Its test still does not pass; what fails has changed.", KEYS)

        deleted_and_made_anew(file, WRONG + "def half(:\n")
        terminal.until("01_small.py:13 cannot be loaded: SyntaxError", KEYS)  # after the half that may be seen before

        backed_up(file, FIRST_DONE)
        terminal.until("01.1 vjp_wrt_x is passed: its test holds, 4 points. Well done.")
        terminal.until("01.2 slope, 6 points", f"01.2 | {KEYS}")

        renamed_over(file, RIGHT_01.replace("return leaf.grad.item()", "print('here')\n    return 1.0"))
        terminal.until("0 of 2 tests pass.", "  printed\n    here", KEYS)

        renamed_over(file, RIGHT_01)
        terminal.until("01.2 slope is passed: both tests hold, 6 points.", "That was all: 2 tasks, 10 points.")
        terminal.until(f"all passed | {KEYS}", "What comes next: autograder watch E1")
        terminal.type("q")
        assert terminal.wait() == 0
        assert restored(terminal)
        assert b"is missing" not in terminal.raw, "a file was gone for a moment only"
        assert b"is empty" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw, "the screen was cleared"
        assert b"\x1b[3J" not in terminal.raw, "what could be scrolled back to was cleared"


def test_keys_are_heeded_while_an_answer_loops_and_a_save_ends_it(course, file):
    with Terminal(course, "01") as terminal:
        terminal.until(KEYS)
        renamed_over(file, SLEEPING)
        terminal.until("testing 01.1")
        terminal.type("h")
        terminal.until("01.1 vjp_wrt_x, hint 1 of 3, a question:", "a?", "testing 01.1")
        renamed_over(file, WRONG)
        terminal.until("Its test does not pass yet.", gone="testing")
        assert b"testing 01.1, 20 s" not in terminal.raw, "it may sleep for a minute, but nobody waits for that"
        renamed_over(file, LOOPING)
        terminal.until("testing 01.1")
        family = terminal.family()
        assert len(family) >= 3, "a grader, and what starts its workers"
        terminal.type("q")
        assert terminal.wait() == 0
        assert "stopped after 10 s" not in terminal.shown
        assert all_gone(family)
        assert restored(terminal)


@pytest.fixture
def browser(tmp_path) -> Path:
    """A browser that notes what it was to open."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {opened(program)}\n')
    program.chmod(0o755)
    return program


def opened(browser: Path) -> Path:
    """Where the browser has noted what it was to open."""
    return browser.with_name("opened")


def test_the_keys_for_the_next_task_for_all_and_for_a_report(course, file, browser):
    renamed_over(file, WRONG)
    here = {"DISPLAY": ":7", "BROWSER": f"{browser} %s", "SSH_CONNECTION": "", "SSH_TTY": ""}
    with Terminal(course, columns=300, **here) as terminal:  # the folder of a test may have a long name
        terminal.until("01.1 the gradient", KEYS)
        terminal.type("n")
        terminal.until("01.2 slope, 6 points", "still to do", f"01.2 | {KEYS}")
        terminal.type("a")
        terminal.until("10 / 20 points", "01.1 ✗ failed", "01.2 · to do", "E1.1 ✓ passed")
        terminal.type("o")
        terminal.until(f"The report is {course}/.autograder/report.html")
        page = course / ".autograder/report.html"
        assert "10 / 20" in page.read_text(encoding="utf-8")
        end = time.monotonic() + PATIENCE
        while not opened(browser).exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert opened(browser).read_text().strip() == page.as_uri()
        terminal.type("?")
        terminal.until("n  goes on to the next task that is not passed")
        terminal.type("n")
        terminal.until(f"01.1 | {KEYS}")
        renamed_over(file, RIGHT_01)
        terminal.until("01.2 is passed.", "That was all: 3 tasks, 20 points.")


def test_a_narrow_terminal_that_is_resized_without_colour_over_ssh(course, file, browser):
    over_ssh = {"SSH_CONNECTION": "1", "DISPLAY": ":7", "BROWSER": f"{browser} %s"}
    with Terminal(course, "01", columns=34, NO_COLOR="1", **over_ssh) as terminal:
        terminal.until("01.1 | h n a o q ?")
        terminal.resize(20, 70)
        terminal.until(f"01.1 | {KEYS}")
        renamed_over(file, WRONG)
        terminal.until("does not pass yet", "twice the gradient by habit", KEYS)
        terminal.resize(20, 24)
        terminal.until("01.1 | h n a o q ?")
        assert terminal.last_line == "01.1 | h n a o q ?"
        terminal.type("o")
        terminal.until("The report is /")
        assert "/.autograder/report.html" in "".join(line.strip() for line in terminal.shown.splitlines())
        terminal.type("q")
        assert terminal.wait() == 0
        time.sleep(1.0)
        assert not opened(browser).exists()
        assert not re.search(rb"\x1b\[[0-9;]*\b(3[0-9]|4[0-9]|9[0-7]|10[0-7])[;m]", terminal.raw), "colours"


def test_asleep_and_at_the_end_the_terminal_is_as_it_was(course, file):
    with Terminal(course, "01") as terminal:
        terminal.until(KEYS)
        assert not restored(terminal)
        family = terminal.family()
        terminal.type("\x1a")  # Ctrl-Z
        end = time.monotonic() + PATIENCE
        while psutil.Process(terminal.process.pid).status() != psutil.STATUS_STOPPED and time.monotonic() < end:
            terminal.read()
        while terminal.still_comes():
            pass
        assert psutil.Process(terminal.process.pid).status() == psutil.STATUS_STOPPED
        assert restored(terminal)
        renamed_over(file, WRONG)
        os.kill(terminal.process.pid, signal.SIGCONT)  # fg
        terminal.until("Its test does not pass yet.", KEYS)
        terminal.type("h")
        terminal.until("hint 1 of 3")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
        assert restored(terminal)
        assert all_gone(family)


def test_a_dumb_terminal_is_told_its_keys_and_ctrl_c_is_one(course, file):
    with Terminal(course, "01", TERM="dumb") as terminal:
        terminal.until(f"keys | {KEYS}")
        terminal.type("\x03")
        assert terminal.wait() == 0
        assert restored(terminal)


CRASH = """
import sys
from pathlib import Path
from autograder.watch.loop import Watch

def crash(self, key):
    raise RuntimeError("the key is " + key)

Watch.pressed = crash
Watch(Path.cwd(), "01").run()
"""


def test_a_fault_of_our_own_leaves_the_terminal_as_it_was(course, file):
    with Terminal(course, program=["-c", CRASH]) as terminal:
        terminal.until(KEYS)
        family = terminal.family()
        terminal.type("x")
        assert terminal.wait() == 1
        assert "RuntimeError: the key is x" in terminal.shown
        assert restored(terminal)
        assert all_gone(family)


def test_a_watch_that_is_killed_leaves_no_process(course, file):
    """Not even for the minute for which an answer may sleep."""
    renamed_over(file, SLEEPING)
    with Terminal(course, "01") as terminal:
        terminal.until("testing 01.1, 1 s")
        family = terminal.family()
        assert len(family) >= 4
        os.kill(terminal.process.pid, signal.SIGKILL)
        assert all_gone(family, within=30.0)


def test_a_grader_that_is_killed_is_started_anew(course, file):
    with Terminal(course, "01") as terminal:
        terminal.until(KEYS)
        (grader,) = [one for one in terminal.family() if "autograder.watch.grader" in one.cmdline()]
        grader.kill()
        terminal.until("starting")
        renamed_over(file, FIRST_DONE)
        terminal.until("01.1 vjp_wrt_x is passed", f"01.2 | {KEYS}")


def test_what_else_is_saved(course, file):
    tests = course / "assignments/beginner/test_01_small.py"
    exercise = course / "assignments/exercises/exercise_01_more.py"
    renamed_over(file, FIRST_DONE)
    with Terminal(course, rows=90) as terminal:
        terminal.until("01.1 is passed.", f"01.2 | {KEYS}")
        exercise.write_text("def triple(x):\n    return 2.0 * x\n")
        terminal.until("E1.1 triple, 10 points", "Its test does not pass yet.", f"E1.1 | {KEYS}")
        renamed_over(file, GAPS_01.replace(SECOND, "return 2 * x"))
        terminal.until("01.1 vjp_wrt_x, 4 points", f"01.1 | {KEYS}")
        renamed_over(file, FIRST_DONE.replace(SECOND, "return 2 * x"))
        terminal.until("01.2 is passed.", f"E1.1 | {KEYS}")
        terminal.type("n")
        terminal.until(f"E1.1 | {KEYS}")
        text = TESTS_E1 + "\n\nbroken = ("
        exercise.with_name(f"test_{exercise.name}").write_text(text, encoding="utf-8")
        terminal.until("test_exercise_01_more.py:16 cannot be read: '(' was never closed; bring it", KEYS)
        exercise.with_name(f"test_{exercise.name}").write_text(f"{TESTS_E1}\n", encoding="utf-8")
        terminal.until("The tests have changed and are loaded anew.", KEYS)
        assert terminal.shown.count("cannot be read") == 1, "it is told once"
        text = tests.read_text(encoding="utf-8")
        more = 'cube = Task("01.3", "cube", points=2)\n\n\n@cube.test\ndef test_is_the_cube(student):\n'
        tests.write_text(f"{text}\n\n{more}    assert student.cube(2.0) == 8.0\n", encoding="utf-8")
        while terminal.shown.count("The tests have changed and are loaded anew.") < 2:
            terminal.read()
        exercise.write_text("def triple(x):\n    return 3.0 * x\n")
        terminal.until("E1.1 triple is passed", "01.3 cube, 2 points", "cube is not defined in your file")
        lost = GAPS_01.replace(SECOND, "return 2 * x") + "\n\ndef cube(x):\n    return x\n"
        renamed_over(file, lost)
        terminal.until("01.1 vjp_wrt_x was passed before this save and is not any more; n takes you there.", KEYS)
        terminal.type("n")
        terminal.until(f"01.1 | {KEYS}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("7",), "this course has no assignment 07; it has 01 and E1."),
        (("01", "e1.5"), "this course has no task E1.5; assignment E1 has E1.1."),
        (("--course", "assignments"), "assignments holds no assignments; give the folder that contains assignments/"),
    ],
)
def test_what_cannot_be_watched_is_one_sentence(course, arguments, told):
    command = [sys.executable, "-m", "autograder", "watch", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=course)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def lines_until(text: str, pipe: IO[str]) -> list[str]:
    """Lines as they come, up to one with this text."""
    lines: list[str] = []
    for line in pipe:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text} did not come: {lines}")


def test_without_a_terminal_there_are_plain_lines_and_no_keys(course, file):
    command = [sys.executable, "-m", "autograder", "watch", "01", "--course", str(course)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        lines = lines_until("still to do", process.stdout)
        assert lines[0] == "Watching assignment 01, 2 tasks. Save your file, and it is tested.\n"
        assert lines[-1] == "  assignments/beginner/01_small.py:6, still to do\n"
        renamed_over(file, RIGHT_01)
        lines += lines_until("Congratulations", process.stdout)
        process.send_signal(signal.SIGINT)
        lines += process.stdout
    assert process.returncode == 0
    assert "\x1b" not in "".join(lines)
    assert "h hint" not in "".join(lines)
