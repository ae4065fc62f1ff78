"""The page about all that a watch knows: written beside the course's answers, opened where there is a screen for it."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autograder.grading.result import Result
from autograder.hints import FOLDER

NAME = "report.html"


def write_page(result: Result, course: Path) -> Path:
    """Write the page to the course's .autograder/, or to a new folder of its own where that cannot be written."""
    from autograder.reports.page import page, way_to

    for folder in (course / FOLDER, None):
        try:
            path = _folder(folder) / NAME
            path.write_text(page(result, way_to(course, path), course), encoding="utf-8")
            return path
        except OSError:
            if folder is None:
                raise
    raise AssertionError


def _folder(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="autograder-"))
    wanted.mkdir(exist_ok=True)
    return wanted


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a browser that opens is one that this person sees: not so over SSH, nor without a display."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_page(path: Path) -> None:
    """Open a page in the browser, which writes nothing into this terminal and is not waited for."""
    null = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-P", "-m", "webbrowser", path.resolve().as_uri()],
        stdin=null, stdout=null, stderr=null, start_new_session=sys.platform != "win32",
    )  # fmt: skip
