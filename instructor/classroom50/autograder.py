#!/usr/bin/env python3
"""Classroom 50's entry point: grades a student's clone with the course beside this file and writes result.json.

It belongs into CLASSROOM/autograders/ASSIGNMENT/ of the classroom's configuration repository, with settings.json and
course/ beside it. The runner starts it in the student's clone and tells the rest in the environment:
https://github.com/foundation50/classroom50/wiki/Advanced-Autograding. Where the course is not installed, it goes into
a virtual environment. Exit status 0 whatever the score; 1, with one sentence, where nothing could be graded.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import venv
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE / "course"
PACKAGE = "gradients-in-pytorch"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


class Failed(Exception):
    """Nothing can be graded; the text is one sentence."""


def main() -> int:
    """Grade the working directory; the exit status."""
    clone = Path.cwd()
    try:
        (clone / "result.json").unlink(missing_ok=True)  # what stands there is not ours
        settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
        python = sys.executable if is_installed() else install()
        grade(python, clone, settings)
    except (Failed, OSError, ValueError) as problem:
        print(" ".join(str(problem).split()), file=sys.stderr)
        return 1
    return 0


def grade(python: str, clone: Path, settings: dict[str, str | int]) -> None:
    """Grade, show the result in the log, and write result.json."""
    autograder = [python, "-I", "-m", "autograder"]  # -I: nothing is imported from the clone
    chosen = ["--only", str(settings["only"]), "--seed", str(settings["seed"])]
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        show(run([*autograder, "grade", str(COURSE), "--submission", str(clone), *chosen, "--json", str(result)]))
        run([*autograder, "report", str(result), "--classroom50", str(clone / "result.json")])


def is_installed() -> bool:
    """Whether this Python has the course's package."""
    try:
        metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return False
    return True


def install() -> str:
    """Make a virtual environment with torch's CPU build and the course; its Python."""
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("RUNNER_TEMP") or None))
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    text = (COURSE / "pyproject.toml").read_text(encoding="utf-8")
    torch = text[text.index("torch==") :].partition('"')[0]
    for what in ([torch, "--index-url", TORCH_INDEX], [str(COURSE)]):
        run([python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what])
    return python


def run(command: list[str]) -> str:
    """What a command prints. Raises Failed with its last line of complaint."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        complaint = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise Failed(f"{PACKAGE} could not grade this submission, for no fault of the student's: {complaint}")
    return done.stdout


def show(text: str) -> None:
    """Print what may hold a student's text, in which the runner of GitHub Actions must find no commands."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}\n{text}\n::{token}::", flush=True)


if __name__ == "__main__":
    sys.exit(main())
