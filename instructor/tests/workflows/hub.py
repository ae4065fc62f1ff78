"""The repositories of a GitHub on this machine: bare ones below a folder, read and written with git."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PERSON = {"NAME": "Ada", "EMAIL": "ada@example.org"}
_GIT = (
    {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    | {f"GIT_AUTHOR_{key}": value for key, value in _PERSON.items()}
    | {f"GIT_COMMITTER_{key}": value for key, value in _PERSON.items()}
)


def git(*arguments: object, at: Path) -> str:
    """What git prints. Raises CalledProcessError."""
    command = ["git", "-c", "safe.directory=*", "-C", str(at), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=os.environ | _GIT)
    if ran.returncode:
        raise subprocess.CalledProcessError(ran.returncode, command, ran.stdout, ran.stderr)
    return ran.stdout.strip()


@dataclass(frozen=True)
class Push:
    """A push to a branch: what it changed, and the commit that came of it."""

    repository: str
    ref: str
    sha: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Hub:
    """Bare repositories named OWNER/REPO below `folder`."""

    folder: Path

    def path(self, repository: str) -> Path:
        """Where a repository lies."""
        return self.folder / f"{repository}.git"

    def create(self, repository: str, template: Path) -> str:
        """A new repository from the head of another one, as from a template; its first commit."""
        path = self.path(repository)
        path.parent.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", "--initial-branch=main", path, at=self.folder)
        git("fetch", "--quiet", template, "HEAD:refs/heads/main", at=path)
        return git("rev-parse", "main", at=path)

    def text(self, repository: str, commit: str, path: str) -> str:
        """A file at a commit."""
        return git("show", f"{commit}:{path}", at=self.path(repository))

    def push(self, repository: str, files: Mapping[str, str | None], branch: str = "main") -> Push:
        """Clone, write these files (None removes one), commit, push, as a student does."""
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder, "clone")
            git("clone", "--quiet", self.path(repository), clone, at=self.folder)
            git("checkout", "--quiet", "-B", branch, at=clone)
            for name, text in files.items():
                if text is None:
                    (clone / name).unlink()
                    continue
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                (clone / name).write_text(text, encoding="utf-8")
            git("add", "--all", "--force", at=clone)
            git("commit", "--quiet", "--allow-empty", "--message", "My answers", at=clone)
            git("push", "--quiet", "origin", branch, at=clone)
            changed = git("diff", "--name-only", "HEAD~1", "HEAD", at=clone).splitlines()
            return Push(repository, f"refs/heads/{branch}", git("rev-parse", "HEAD", at=clone), tuple(changed))

    def check_out(
        self, repository: str, ref: str, into: Path, sparse: str = "", cone: bool = True, tags: bool = False
    ) -> None:
        """A clone's work tree at one commit, as actions/checkout leaves it: detached, no credentials."""
        into.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", at=into)
        git("remote", "add", "origin", self.path(repository), at=into)
        refs = ["+refs/*:refs/remotes/origin/*", *(["+refs/tags/*:refs/tags/*"] if tags else [])]
        git("fetch", "--quiet", "--no-tags", "origin", *refs, at=into)
        if sparse:
            mode = "--cone" if cone else "--no-cone"
            git("sparse-checkout", "set", mode, *sparse.split(), at=into)
        git("checkout", "--quiet", "--force", "--detach", ref or "refs/remotes/origin/heads/main", at=into)

    def fork(self, repository: str, fork: str) -> None:
        """Someone's own copy."""
        self.path(fork).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.path(repository), self.path(fork))

    def merge(self, repository: str, number: int, head: Push) -> str:
        """The commit that GitHub makes of a pull request's head and the branch it is for."""
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder, "clone")
            git("clone", "--quiet", self.path(repository), clone, at=self.folder)
            git("fetch", "--quiet", self.path(head.repository), head.sha, at=clone)
            git("merge", "--quiet", "--no-ff", "--message", "Merge", head.sha, at=clone)
            git(
                "push",
                "--quiet",
                "origin",
                f"HEAD:refs/pull/{number}/merge",
                f"{head.sha}:refs/pull/{number}/head",
                at=clone,
            )
            return git("rev-parse", "HEAD", at=clone)
