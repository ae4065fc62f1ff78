"""Running git so that nothing a person has set up for it matters: no configuration, hook, template or attribute."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError

# A commit is made from its files alone: the same files give the same hash, whoever makes it and whenever.
AUTHOR = ("The authors of the course", "authors@course.invalid")
DATE = "2026-01-01T00:00:00+0000"

_NOTHING = "/dev/null"  # git for Windows knows it by this name too
_SETTINGS = (
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.fileMode=false",
    "core.logAllRefUpdates=false",
    "core.hooksPath=" + _NOTHING,
    "core.attributesFile=" + _NOTHING,
    "core.excludesFile=" + _NOTHING,
    "gc.auto=0",
    "maintenance.auto=false",
    "safe.directory=*",
)


@dataclass(frozen=True)
class Blob:
    """One file's content in a repository, and the names it has in any commit; none where no commit holds it."""

    id: str
    names: tuple[str, ...]
    data: bytes


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What `git ARGUMENTS` prints in `folder`, fed with `given`. Raises CourseError where it fails or is missing."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=folder, env=_environment(), input=given, capture_output=True
        )
    except FileNotFoundError:
        raise CourseError("git is not installed; install it and run this command again.") from None
    if done.returncode:
        told = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it gave no reason"])[-1]
        raise CourseError(f"git {arguments[0]} failed in {folder}: {told}")
    return done.stdout


def _environment() -> dict[str, str]:
    name, email = AUTHOR
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": _NOTHING,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_DEFAULT_HASH": "sha1",  # the only kind that GitHub takes
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "GIT_COMMITTER_DATE": DATE,
        "LC_ALL": "C",
    }


def commit_all(folder: Path, message: str) -> str:
    """Make `folder` a repository of one commit, on the branch main, of every file in it; the commit's hash."""
    git(folder, "init", "--quiet", "--template=")
    git(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    git(folder, "add", "--all", "--force", ".")
    git(folder, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", message)
    return head(folder)


def head(folder: Path) -> str:
    """The hash of the commit that a repository stands at."""
    return git(folder, "rev-parse", "--verify", "HEAD").decode().strip()


def blobs(folder: Path) -> Iterator[Blob]:
    """Every blob of a repository: those of every commit, of every branch and tag, and those that none refers to."""
    names = _names(folder)
    listed = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
    ids = [line.split()[1] for line in listed.decode().splitlines() if line.startswith("blob ")]
    stream = git(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in ids).encode())
    at = 0
    for one in ids:
        end_of_head = stream.index(b"\n", at)
        size = int(stream[at:end_of_head].split()[2])
        at = end_of_head + 1 + size + 1  # content, and the line end after it
        yield Blob(one, tuple(sorted(names.get(one, ()))), stream[at - size - 1 : at - 1])


def _names(folder: Path) -> dict[str, set[str]]:
    """The paths of each blob in all commits."""
    names: dict[str, set[str]] = {}
    for commit in git(folder, "rev-list", "--all").decode().split():
        for entry in git(folder, "ls-tree", "-r", "-z", commit).decode("utf-8", "replace").split("\0"):
            if found := re.fullmatch(r"\d+ blob ([0-9a-f]+)\t(.+)", entry, re.DOTALL):
                names.setdefault(found[1], set()).add(found[2])
    return names
