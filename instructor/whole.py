"""A release's folder is written as a whole or stays as it was, and nothing that a person put there is lost."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import msgspec

from autograder.course import CourseError
from instructor.git import git

RECORD = "release.json"
SCHEMA: Final = "gradients-in-pytorch/release/v1"


class Record(msgspec.Struct, frozen=True):
    """What a release consists of: the commit of template/, and the sha256 of each file outside of template/.git."""

    schema: Literal["gradients-in-pytorch/release/v1"]
    commit: str
    files: dict[str, str]


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """An empty folder that takes the place of `out` at the end, or is removed where the block raises.

    Raises CourseError where `out` holds anything but a release as it was written. The new folder lies beside `out`
    until then, so that two renames are all that a kill can come between; it then leaves the old one in a folder
    named `.<out>-…`.
    """
    out = out.resolve()
    _check(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent, ignore_cleanup_errors=True) as beside:
        new, before = Path(beside, "new"), Path(beside, "before")
        new.mkdir()
        yield new
        try:
            if out.exists():
                out.rename(before)
            new.rename(out)
        except BaseException:
            if before.exists() and not out.exists():
                before.rename(out)
            raise


def write_record(folder: Path, commit: str) -> None:
    """Note what `folder` holds, so that a later release may take its place."""
    record = Record(SCHEMA, commit, {name: _digest(folder / name) for name in _files(folder)})
    (folder / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")


def _check(out: Path) -> None:
    """Raise CourseError where `out` is not free, nor a release to which nothing was added."""
    if not out.exists():
        return
    if not out.is_dir():
        raise CourseError(f"{out} is a file; give the name of a folder.")
    if Path.cwd().is_relative_to(out):
        raise CourseError(f"{out} would be taken from under your feet; run this from another folder.")
    if not any(out.iterdir()):
        return
    record = _record(out)
    if record is None:
        raise CourseError(f"{out} is not empty and no earlier release; give another folder, or empty this one.")
    for name in _files(out):
        if record.files.get(name) != _digest(out / name):
            raise CourseError(
                f"{out / name} is not of the earlier release there; move it away, or give another folder."
            )
    if git(out / "template", "rev-list", "--all").decode().split() != [record.commit]:
        raise CourseError(f"{out / 'template'} has commits of its own; move it away, or give another folder.")


def _record(out: Path) -> Record | None:
    try:
        return msgspec.json.decode((out / RECORD).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def _files(folder: Path) -> list[str]:
    """All that is not a folder, sorted, but the record and what git keeps for itself in template/."""
    found = []
    for place, folders, files in os.walk(folder):
        inner = Path(place).relative_to(folder)
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [(inner / name).as_posix() for name in (*files, *links)]
        if inner == Path("template") and ".git" in folders:
            folders.remove(".git")
    return sorted(set(found) - {RECORD})


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "no ordinary file"
    return hashlib.sha256(path.read_bytes()).hexdigest()
