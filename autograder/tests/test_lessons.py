"""A lesson is run as a student runs it, and opened as a notebook in a real Jupyter."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath

import httpx
import pytest

from autograder import lessons

COURSE = Path(__file__).parents[2]
LESSON = "lessons/beginner/01_basic_scalar_backward.py"
PATIENCE = 60.0  # seconds: a machine may be busy; nothing here is timed


@pytest.fixture
def copied(tmp_path) -> Path:
    """A copy of the course's lessons and tests."""
    for folder in ("lessons", "assignments"):
        shutil.copytree(COURSE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("figures", "*.ipynb"))
    return tmp_path


def lesson(*arguments: object, course: Path, status: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
    """`autograder lesson`, without a display; it must end with `status`."""
    command = [sys.executable, "-m", "autograder", "lesson", *map(str, arguments), "--course", str(course)]
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={**env, **environ})
    assert done.returncode == status, done.stderr
    return done


def test_a_lesson_runs_with_its_output_and_its_pictures(copied):
    told = lesson("1.2", course=copied, MPLBACKEND="agg").stdout
    assert f"No display, so the picture went to {copied}/lessons/figures/01_tangent.png" in told
    assert told.splitlines()[-1].startswith(f"{LESSON} ran to its end: all that it claims is so.")
    assert (copied / "lessons/figures/01_tangent.png").stat().st_size > 1000


WAITING = """
import os, time
print("first")
while not os.path.exists("go_on"):
    time.sleep(0.01)
print("second")
"""


def test_output_comes_as_it_is_made(copied):
    (copied / LESSON).write_text(WAITING)
    command = [sys.executable, "-m", "autograder", "lesson", "01", "--course", str(copied)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        readable = select.select([process.stdout], [], [], PATIENCE)[0] if os.name == "posix" else True
        (copied / "go_on").touch()
        assert readable, "it is kept back"
        assert process.stdout.readline() == "first\n"
        assert process.stdout.read().startswith("second\n")
    assert process.returncode == 0


def test_a_claim_that_does_not_hold_is_shown_by_python_and_told_in_a_sentence(copied):
    (copied / LESSON).write_text("assert 1 + 1 == 3\n")
    told = lesson("01", course=copied, status=2).stderr.splitlines()
    assert "AssertionError" in told
    assert told[-1] == (
        f"autograder: {LESSON} ended with the error above; what you have changed in it shows: git diff {LESSON}"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the lesson: autograder lesson 24"),
        (
            ("E1",),
            "E1 has no lesson of its own; what it needs is in lessons 04 and 16: "
            "autograder lesson 04 or autograder lesson 16.",
        ),
        (("e2.1",), "E2 has no lesson of its own; what it needs is in lesson 05: autograder lesson 05."),
        (("77",), "this course has no assignment 77; it has 01 to 27, E1 and E2."),
    ],
)
def test_what_is_no_lesson_is_one_sentence(arguments, told):
    assert lesson(*arguments, course=COURSE, status=2).stderr == f"autograder: {told}\n"


def test_a_lesson_that_is_gone_can_be_brought_back(copied):
    (copied / LESSON).unlink()
    told = lesson("01", course=copied, status=2).stderr
    assert told == f"autograder: {LESSON} is missing; bring it back with: git checkout -- {LESSON}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to a single process on Windows")
def test_the_notebook_is_opened_in_jupyter_and_runs_and_what_is_written_in_it_stays(copied, tmp_path):
    notebook = (copied / LESSON).with_suffix(".ipynb")
    with ThreadPoolExecutor(1) as pool:  # while Jupyter starts
        first_cell = pool.submit(executed_as_soon_as_it_is_there, notebook)
        address = opened_in_jupyter(copied, tmp_path)
        assert first_cell.result().startswith("# Lesson 01 · One number, one derivative\n\n```text\nGoal ")
    assert address.endswith(f"/{notebook.name}")
    executed = notebook.read_text(encoding="utf-8")
    assert '"image/png"' in executed
    assert '"output_type": "error"' not in executed
    assert lessons.make_notebook(copied, PurePosixPath(LESSON)) == (notebook, False)
    assert notebook.read_text(encoding="utf-8") == executed


def executed_as_soon_as_it_is_there(notebook: Path) -> str:
    """Run a notebook that is being made; what stood in its first cell."""
    end = time.monotonic() + PATIENCE
    while True:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            made = json.loads(notebook.read_text(encoding="utf-8"))
            break
        assert time.monotonic() < end, "no notebook was made"
        time.sleep(0.05)
    run = [sys.executable, "-m", "jupyter", "execute", "--inplace", notebook.name]
    subprocess.run(run, cwd=notebook.parent, check=True, capture_output=True, timeout=PATIENCE)
    return "".join(made["cells"][0]["source"])


STOPPED_TWICE = """
import os, signal, sys
from autograder.lessons import _run

stop = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"
assert _run([sys.executable, "-c", stop], os.curdir) == 0
os.kill(os.getpid(), signal.SIGINT)
print("ended as it should")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to a single process on Windows")
def test_the_second_ctrl_c_that_jupyter_asks_for_does_not_end_what_has_ended_already():
    run = subprocess.run([sys.executable, "-c", STOPPED_TWICE], capture_output=True, text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout) == (0, "ended as it should\n"), run.stderr


def opened_in_jupyter(course: Path, folder: Path) -> str:
    """Run `autograder lesson 01 --open` with a browser that only notes the address; stop it as Ctrl-C does.

    Returns the address, which answered.
    """
    browser, noted = folder / "browser", folder / "noted"
    browser.write_text(f'#!/bin/sh\necho "$1" > {noted}\n')
    browser.chmod(0o755)
    noted.unlink(missing_ok=True)
    (folder / "jupyter").mkdir(exist_ok=True)
    settings = {"ServerApp": {"allow_root": True, "open_browser": True, "browser": f"{browser} %s"}}
    (folder / "jupyter/jupyter_server_config.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "autograder", "lesson", "01", "--open", "--course", str(course)]
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "jupyter"), "JUPYTER_NO_CONFIG": ""}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True
    )
    try:
        end = time.monotonic() + PATIENCE
        while not noted.exists() or not noted.read_text().strip():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end, "no browser was opened"
            time.sleep(0.05)
        page = Path(noted.read_text().strip().removeprefix("file://"))
        (address,) = re.findall(r'href="(http[^"]+)"', page.read_text())
        address = address.replace("&amp;", "&")
        assert httpx.get(address, follow_redirects=True).status_code == 200
    finally:
        for _ in range(2):  # Jupyter asks once whether it is meant
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
        try:
            told = process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, told
    assert f"What you wrote is kept in {Path(LESSON).with_suffix('.ipynb')}" in told
    return address.partition("?")[0]


WITHOUT = """
import sys
from autograder import lessons
from autograder.command import main
found = lessons.find_spec
lessons.find_spec = lambda name: None if name in {missing!r} else found(name)
sys.argv[1:] = ["lesson", "01", "--open", "--course", {course!r}]
main()
"""


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (
            ["jupytext"],
            f'a notebook needs Jupyter: pip install -e ".[notebook]", or open {LESSON} in VS Code, '
            "which shows its cells.",
        ),
        (["jupyterlab", "notebook"], 'here, Jupyter is needed: pip install -e ".[notebook]", or open it in VS Code.'),
    ],
)
def test_without_jupyter_a_sentence_tells_how_to_get_it(copied, missing, told):
    program = WITHOUT.format(missing=missing, course=str(copied))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(told)
    assert len(done.stderr.strip().splitlines()) == 1
