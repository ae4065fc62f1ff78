"""A commit is made of files alone: nothing that a person has set up for git changes its hash, or hinders it."""

import os
import subprocess
from pathlib import Path

import pytest

from autograder.course import CourseError
from instructor.git import AUTHOR, blobs, commit_all, git, head

FILES = {
    "a.py": b"x = 1\n",
    "b.txt": b"one\r\ntwo\n",
    "build/ignored.py": b"y = 2\n",
    ".gitignore": b"build/\n",
    "with space/c.md": b"\xc3\xa9\n",
}
HOOK = "#!/bin/sh\necho changed > a.py; git add a.py; exit 1\n"


def without_git_variables() -> dict[str, str]:
    """This process's environment, less what git would read of it."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}


def files(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def unhelpful(tmp_path, monkeypatch):
    """A person whose git is set up to the hilt, and who stands in a repository with variables of git's set."""
    home = tmp_path / "home"
    for folder in ("hooks", "templates/hooks", ".config/git", "etc"):
        (home / folder).mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "prepare-commit-msg"):
        for folder in ("hooks", "templates/hooks"):
            (home / folder / name).write_text(HOOK)
            (home / folder / name).chmod(0o755)
    (home / ".config/git/attributes").write_text("* text eol=crlf filter=shout\n")
    (home / ".config/git/ignore").write_text("*.py\n")
    (home / "attributes").write_text("* text eol=crlf filter=shout\n")
    (home / "message").write_text("A template\n")
    config = f"""
[user]
    useConfigOnly = true
[commit]
    gpgSign = true
    template = {home}/message
[gpg]
    program = false
[core]
    autocrlf = true
    eol = crlf
    hooksPath = {home}/hooks
    excludesFile = {home}/.config/git/ignore
    attributesFile = {home}/attributes
    fsmonitor = false
[filter "shout"]
    clean = tr a-z A-Z
    required = true
[init]
    defaultBranch = trunk
    templateDir = {home}/templates
    defaultObjectFormat = sha256
[i18n]
    commitEncoding = UTF-16
"""
    (home / ".gitconfig").write_text(config)
    (home / "etc/gitconfig").write_text(config)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "GIT_CONFIG_SYSTEM": home / "etc/gitconfig",
        "GIT_DIR": home / "elsewhere",
        "GIT_INDEX_FILE": home / "index",
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_TEMPLATE_DIR": home / "templates",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.autocrlf",
        "GIT_CONFIG_VALUE_0": "true",
        "TZ": "Asia/Tokyo",
        "LANG": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, str(value))
    return home


def test_the_same_files_give_the_same_commit_whatever_git_is_told(tmp_path, unhelpful, monkeypatch):
    theirs = files(tmp_path / "theirs")
    (theirs / "a.py").chmod(0o755)  # as every file is on some disks
    theirs = commit_all(theirs, "The course")
    assert not (unhelpful / "elsewhere").exists()
    with monkeypatch.context() as plain:
        for name in without_git_variables().keys() ^ os.environ.keys():
            plain.delenv(name)
        plain.setenv("HOME", str(tmp_path))
        before = os.umask(0o077)
        try:
            ours = commit_all(files(tmp_path / "ours"), "The course")
        finally:
            os.umask(before)
    assert ours == theirs
    assert len(ours) == 40


def test_the_commit_is_one_on_main_of_all_files_byte_for_byte_by_a_fixed_author(tmp_path, unhelpful):
    folder = files(tmp_path / "repository")
    commit = commit_all(folder, "The course")
    assert git(folder, "rev-list", "--all").decode().split() == [commit] == [head(folder)]
    assert git(folder, "symbolic-ref", "HEAD") == b"refs/heads/main\n"
    assert {blob.names: blob.data for blob in blobs(folder)} == {(name,): data for name, data in FILES.items()}
    told = git(folder, "log", "-1", "--format=%an|%ae|%cn|%ce|%aI|%cI|%G?|%B").decode().strip()
    name, email = AUTHOR
    assert told == "|".join([name, email] * 2 + ["2026-01-01T00:00:00+00:00"] * 2 + ["N", "The course"])
    assert not (folder / ".git/hooks").exists()


def test_a_person_finds_nothing_to_commit(tmp_path):
    folder = files(tmp_path / "repository")
    commit_all(folder, "The course")
    (tmp_path / "gitconfig").write_text("")
    settings = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=folder, env=without_git_variables() | settings, capture_output=True
    )
    assert (status.returncode, status.stdout, status.stderr) == (0, b"", b"")


def test_what_git_refuses_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match=r"git rev-parse failed in .*: .*not a git repository") as error:
        head(tmp_path)
    assert len(str(error.value).splitlines()) == 1


def test_a_machine_without_git_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="git is not installed"):
        commit_all(tmp_path, "The course")
