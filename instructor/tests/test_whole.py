"""A release's folder is whole or as it was."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import CourseError
from instructor.git import commit_all, git
from instructor.whole import RECORD, whole, write_record


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def fill(out: Path, text: str) -> None:
    """Write a release that says `text`."""
    with whole(out) as folder:
        write(folder / "nbgrader/release/41.ipynb", text)
        write(folder / "template/README.md", text)
        write_record(folder, commit_all(folder / "template", "The course"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def out(tmp_path):
    """An earlier release."""
    fill(tmp_path / "out", "earlier")
    return tmp_path / "out"


def test_a_new_folder_is_made_with_those_above_it_and_nothing_beside_it(tmp_path):
    out = tmp_path / "a/b/out"
    fill(out, "new")
    assert (out / "template/README.md").read_text() == "new"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path):
    fill(tmp_path, "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nbgrader", RECORD, "template"]


def test_an_earlier_release_is_replaced(out):
    write(out.parent / "beside.txt", "stays")
    fill(out, "new")
    assert (out / "nbgrader/release/41.ipynb").read_text() == "new"
    assert sorted(path.name for path in out.parent.iterdir()) == ["beside.txt", "out"]


def test_a_link_to_an_earlier_release_stays_a_link(out):
    link = out.parent / "link"
    link.symlink_to(out, target_is_directory=True)
    fill(link, "new")
    assert link.is_symlink()
    assert (out / "template/README.md").read_text() == "new"


def half(out: Path, error: type[BaseException]) -> None:
    with whole(out) as folder:
        write(folder / "half", "")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_folder_as_it_was(out, error):
    before = contents(out)
    with pytest.raises(error):
        half(out, error)
    assert contents(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_what_goes_wrong_leaves_no_folder_where_there_was_none(tmp_path):
    with pytest.raises(RuntimeError):
        half(tmp_path / "out", RuntimeError)
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_brings_the_earlier_release_back(out, monkeypatch):
    before = contents(out)
    rename = Path.rename

    def refused(self, target):
        if self.name == "new":
            raise OSError("the disk says no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="the disk says no"):
        fill(out, "new")
    assert contents(out) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from instructor.whole import whole
with whole(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX; run this on Linux or macOS")
def test_a_kill_leaves_the_folder_as_it_was_and_the_next_release_works(out):
    before = contents(out)
    done = subprocess.run([sys.executable, "-c", KILLED, str(out)])
    assert done.returncode == -signal.SIGKILL
    assert contents(out) == before
    fill(out, "new")
    assert (out / "template/README.md").read_text() == "new"


# What is not ours is not touched


def refused(out: Path, words: str) -> None:
    before = contents(out) if out.is_dir() else out.read_bytes()
    with pytest.raises(CourseError, match=words) as error:
        fill(out, "new")
    assert len(str(error.value).splitlines()) == 1
    assert (contents(out) if out.is_dir() else out.read_bytes()) == before


@pytest.mark.parametrize("record", [None, "", "{}", "[1]", "\0"])
def test_a_folder_that_is_no_release_is_refused(tmp_path, record):
    write(tmp_path / "out/nbgrader/thesis.tex", "mine")
    if record is not None:
        write(tmp_path / "out" / RECORD, record)
    refused(tmp_path / "out", "is not empty and no earlier release; give another folder")


def test_a_file_is_refused(tmp_path):
    write(tmp_path / "out", "mine")
    refused(tmp_path / "out", "is a file; give the name of a folder")


@pytest.mark.parametrize("name", ["nbgrader/submitted/ada/41.ipynb", "nbgrader/gradebook.db", "template/notes.md", "x"])
def test_a_release_to_which_something_was_added_is_refused(out, name):
    write(out / name, "mine")
    refused(out, f"{re.escape(name)} is not of the earlier release there; move it away")


def test_a_release_that_was_edited_is_refused(out):
    write(out / "template/README.md", "mine")
    refused(out, "README.md is not of the earlier release")


def test_a_release_with_a_link_in_it_is_refused(out):
    (out / "nbgrader/more").symlink_to(out.parent, target_is_directory=True)
    refused(out, "more is not of the earlier release")


def test_a_template_with_further_commits_is_refused(out):
    git(out / "template", "commit", "--allow-empty", "--message", "mine")
    refused(out, "template has commits of its own")


def test_a_template_with_another_branch_is_refused(out):
    git(out / "template", "checkout", "--quiet", "--orphan", "mine")
    git(out / "template", "commit", "--allow-empty", "--message", "mine")
    git(out / "template", "checkout", "--quiet", "main")
    refused(out, "template has commits of its own")


def test_the_folder_one_stands_in_is_refused(out, monkeypatch):
    monkeypatch.chdir(out / "template")
    refused(out, "run this from another folder")
