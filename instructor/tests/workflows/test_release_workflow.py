"""What a tag publishes: release.yml really run, but for the course's own tests before it, and `gh`."""

import hashlib
import subprocess

from instructor.tests.workflows.hub import git


def test_a_release_has_the_template_nbgraders_release_checksums_and_notes(published):
    assert {job: done.result for job, done in published.run.jobs.items()} == {
        "test": "success", "build": "success", "publish": "success"
    }  # fmt: skip
    *asked, token = published.asked
    assert asked == [
        *("release", "create", "v1.1", "--repo", "authors/course", "--verify-tag", "--title", "v1.1"),
        *("--notes-file", "NOTES.md", "template.bundle", "template.tar.gz", "nbgrader.tar.gz", "SHA256SUMS"),
    ]
    assert token.startswith("ghs_")


def test_the_template_is_one_commit_without_the_instructors_side(published, tmp_path):
    git("clone", "--quiet", published.files / "template.bundle", tmp_path / "clone", at=tmp_path)
    assert git("rev-list", "--count", "--all", at=tmp_path / "clone") == "1"
    files = git("ls-files", at=tmp_path / "clone").splitlines()
    assert ".github/workflows/grade-pinned.yml" in files
    assert not any(path.startswith("instructor") for path in files)
    packed = subprocess.run(["tar", "-tzf", published.files / "template.tar.gz"], capture_output=True, text=True)
    assert {line for line in packed.stdout.splitlines() if not line.endswith("/")} == {
        f"gradients-v1.1/{path}" for path in files
    }


def test_the_notes_tell_what_changed_and_the_checksums_are_right(published):
    notes = (published.files / "NOTES.md").read_text()
    assert notes.startswith("Version 1.1\n")
    assert "### Changes since v1.0\n\n- A tag for this\n\n" in notes
    for line in (published.files / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((published.files / name).read_bytes()).hexdigest() == digest
        assert line in notes
