"""Whether the files that make a grade are as they were released: ``autograder/manifest.json``, in a student's template.

The manifest holds the sha256 of the tests, of all files of the autograder, of the workflows, and of pyproject.toml.
Answers are the student's to write and lessons to play with, so neither is in it. Line ends do not count: git may have
put other ones. It informs, it guards nothing: who can change a test can change the manifest too.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import msgspec

from autograder.sandbox.messages import shown

MANIFEST = PurePosixPath("autograder/manifest.json")
SCHEMA: Final = "gradients-in-pytorch/manifest/v1"

MOST_NAMED = 50
LONGEST_NAME = 200  # characters
_LARGEST = 4 << 20  # bytes; the largest file of a course has 40 KB
# What pytest reads by itself: https://docs.pytest.org/en/stable/reference/customize.html
_PYTEST_SETTINGS = r"\.?pytest\.(ini|toml)|pyproject\.toml|tox\.ini|setup\.cfg|conftest\.py"
# Below assignments/ it also collects tests, and imports packages.
_COLLECTED = re.compile(rf"{_PYTEST_SETTINGS}|test_.*\.py|.*_test\.py|__init__\.py")
# In the main folder pip and Python look for some files, too.
_AT_THE_ROOT = re.compile(rf"{_PYTEST_SETTINGS}|setup\.py|sitecustomize\.py|usercustomize\.py")


class Manifest(msgspec.Struct, frozen=True):
    """The sha256 of each file that a student has no reason to change, by path relative to the course folder."""

    schema: Literal["gradients-in-pytorch/manifest/v1"]
    files: dict[str, str]


def manifest_of(course: Path) -> bytes:
    """The manifest of the files that are now in the folder `course`, as JSON."""
    files = {path: digest((course / path).read_bytes()) for path in sorted(kept_files(course))}
    return msgspec.json.format(msgspec.json.encode(Manifest(SCHEMA, files)), indent=1) + b"\n"


def digest(data: bytes) -> str:
    """The sha256 of a file, in hex, as if all its line ends were those of Unix."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def kept_files(course: Path) -> set[str]:
    """The files in `course` that make a grade, or would where there was none in their place."""
    top = {entry.name for entry in os.scandir(course) if not entry.is_dir()}
    tests = {path for path in _below(course, "assignments") if _COLLECTED.fullmatch(PurePosixPath(path).name)}
    files = {*_below(course, "autograder"), *_below(course, ".github/workflows")}
    return {name for name in top if _AT_THE_ROOT.fullmatch(name)} | tests | files - {str(MANIFEST)}


def _below(course: Path, folder: str) -> Iterator[str]:
    """The files below a folder; hidden ones and Python's caches, which tools leave behind, are passed over."""
    for place, folders, files in os.walk(course / folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in files:
            if not name.startswith(".") or _COLLECTED.fullmatch(name):
                yield (Path(place) / name).relative_to(course).as_posix()


def changed(course: Path) -> tuple[str, ...]:
    """What in `course` is not as its manifest says, sorted: "a/b.py", "a/b.py (missing)", "a/b.py (added)".

    Empty where there is no manifest, as in the course's own repository. At most MOST_NAMED are named, and after them
    how many more there are.
    """
    if not os.path.lexists(course / MANIFEST):
        return ()
    try:
        manifest = msgspec.json.decode(_regular(course / MANIFEST) or b"", type=Manifest)
    except (msgspec.DecodeError, RecursionError):
        return (str(MANIFEST),)
    found = sorted(_departures(course, manifest.files))
    more = len(found) - MOST_NAMED
    return (*found[:MOST_NAMED], f"and {more} more") if more > 0 else tuple(found)


def _departures(course: Path, files: dict[str, str]) -> Iterator[str]:
    now = kept_files(course)
    for path, expected in files.items():
        data = _regular(course / path)
        if data is None or digest(data) != expected:
            yield _told(path) if path in now else f"{_told(path)} (missing)"
    for path in now - files.keys():
        yield f"{_told(path)} (added)"


def _told(path: str) -> str:
    """A path on one line, of bearable length."""
    told = shown(path)
    return told if len(told) <= LONGEST_NAME else f"{told[: LONGEST_NAME - 1]}…"


def _regular(path: Path) -> bytes | None:
    """The content of an ordinary file; None where there is none, or it is a link, a device, too large, unreadable."""
    try:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= _LARGEST:
            return path.read_bytes()
    except (OSError, ValueError):
        pass
    return None
