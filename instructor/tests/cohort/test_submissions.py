"""What counts as a submission, and what is said of the rest."""

import os
import shutil
import socket
import stat
import tempfile
import unicodedata
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from autograder.course import CourseError, assignments_in
from autograder.grading.submission import Answer
from autograder.tests.conftest import GAPS_01, RIGHT_01
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.submissions import Submission, answer_of, find, handed_in
from instructor.tests.cohort.conftest import WRONG_01, hand_in
from instructor.tests.cohort.test_run import kept, run


@pytest.fixture
def assignments(solved):
    return assignments_in(solved)


def notebook(folder, student, code, name="01_small"):
    path = folder / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    cells = [nbformat.v4.new_markdown_cell("Prose"), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_clones_and_notebooks_are_found_side_by_side(submissions, assignments):
    notebook(submissions / "submitted", "berta", RIGHT_01)
    notebook(submissions, "carl", RIGHT_01)
    found = find(submissions, assignments)
    assert [one.student for one in found.submissions] == ["Müller, Jörg", "ada", "berta", "carl", "zoe"]
    assert found.warnings == []


def test_in_nbgraders_course_folder_only_what_was_submitted_counts(tmp_path, assignments):
    for step in ("source", "release"):
        notebook(tmp_path / "course", step, RIGHT_01)
    for step in ("submitted", "autograded"):
        notebook(tmp_path / "course" / step, "berta", RIGHT_01)
    found = find(tmp_path / "course", assignments)
    assert [one.student for one in found.submissions] == ["berta"]
    assert found.submissions[0].notebooks == tmp_path / "course/submitted/berta"
    assert found.warnings == []


def test_a_notebook_is_read_as_the_code_in_it(tmp_path, assignments):
    notebook(tmp_path, "berta", "def vjp_wrt_x(A, x, v):\n    return A.T @ v")
    answer = answer_of(find(tmp_path, assignments).submissions[0], assignments[0])
    assert isinstance(answer, Answer)
    assert "return A.T @ v" in answer.text


def test_what_was_not_handed_in_is_said(assignments):
    assert answer_of(Submission("nobody"), assignments[0]) == "01_small was not handed in."


def test_two_folders_of_one_student_are_one_submission_and_the_clone_counts(submissions, assignments):
    notebook(submissions / "submitted", "ada", "def vjp_wrt_x(A, x, v):\n    return x")
    found = find(submissions, assignments)
    assert [one.student for one in found.submissions] == ["Müller, Jörg", "ada", "zoe"]
    assert found.warnings[0].startswith("ada has two folders")
    assert "return A.T @ v" in answer_of(found.submissions[1], assignments[0]).text


def no_submissions(folder, elsewhere):
    """Everything that may lie beside students' folders and is none; what is said of each, by its name."""
    (folder / "a link").symlink_to(elsewhere)
    (folder / "empty").mkdir()
    (folder / "notes").mkdir()
    (folder / "notes" / "plan.txt").write_text("next week")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
    told = {
        "a link": "is a link and is not followed",
        "empty": "holds no assignments",
        "notes": "holds no assignments",
        "pipe": "is neither a file nor a folder",
        "socket": "is neither a file nor a folder",
        r"bell\x07": "has a name that cannot be printed",
        r"latin\udce9": "has a name that cannot be printed",
    }
    (folder / "bell\x07").mkdir()
    with suppress(OSError):  # not every file system takes it
        os.mkdir(os.fsencode(folder) + b"/latin\xe9")
    if not any("latin" in name for name in os.listdir(folder)):
        del told[r"latin\udce9"]
    with suppress(OSError):  # only root may, and not everywhere
        os.mknod(folder / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        told["device"] = "is neither a file nor a folder"
    return told


def test_what_is_no_submission_is_left_out_with_a_sentence_and_the_rest_is_graded(solved, tmp_path):
    """A second run, with each of them replaced by a submission, grades those and nobody again."""
    with short_folder() as folder:
        hand_in(folder, "ada", RIGHT_01)
        told = no_submissions(folder, hand_in(tmp_path, "elsewhere", RIGHT_01))
        settings = Settings(solved, tmp_path / "out")
        done = run(folder, settings)
        assert done.graded == [("ada", 20, 20)]
        assert len(done.warnings) == len(told) >= 6
        for name, sentence in told.items():
            assert any(f"/{name} {sentence}" in warning for warning in done.warnings), name

        for entry in set(folder.iterdir()) - {folder / "ada"}:
            entry.unlink() if entry.is_symlink() or not entry.is_dir() else shutil.rmtree(entry)
        for name in ("a link", "empty", "pipe"):
            hand_in(folder, name, WRONG_01)
        done = run(folder, settings)
        assert sorted(done.graded) == [("a link", 16, 20), ("empty", 16, 20), ("pipe", 16, 20)]
        assert (done.unchanged, done.warnings) == (1, [])


@contextmanager
def short_folder():
    """A new folder that everybody may enter; a socket's path has 100 letters at most."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def an_ordinary_user():
    """Root may read everything, so a test of what may not be read is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_is_told_and_costs_nobody_else(assignments):
    with short_folder() as folder:
        for student in ("ada", "berta", "carl", "dora"):
            hand_in(folder, student, RIGHT_01)
        notebook(folder, "emil", RIGHT_01)
        secret = [
            folder / "ada",
            folder / "berta/assignments/beginner/01_small.py",
            folder / "carl/assignments/beginner",
            folder / "emil/01_small/01_small.ipynb",
        ]
        modes = [path.stat().st_mode for path in secret]
        for path in secret:
            path.chmod(0)
        with an_ordinary_user():
            found = find(folder, assignments)
            told = {one.student: answer_of(one, assignments[0]) for one in found.submissions}
            times = [handed_in(one, assignments[0]) for one in found.submissions]
        assert [warning.split(";")[0] for warning in found.warnings] == [
            f"{folder}/ada cannot be read (Permission denied) and is left out"
        ]
        assert told["berta"].endswith("cannot be opened (Permission denied); check its permissions.")
        assert "Permission denied" in told["carl"]
        assert told["emil"].endswith("cannot be opened (Permission denied); check its permissions.")
        assert isinstance(told["dora"], Answer)
        assert found.unreadable == {"ada"}
        assert len(times) == 4

        for path, mode in zip(secret, modes, strict=True):
            path.chmod(mode)
        found = find(folder, assignments)
        assert found.warnings == []
        answers = [answer_of(one, assignments[0]) for one in found.submissions]
        assert len(answers) == 5
        assert all(isinstance(answer, Answer) for answer in answers)


def test_a_folder_that_cannot_be_read_any_more_does_not_turn_its_result_into_zeros(solved, tmp_path, monkeypatch):
    settings, assignments = Settings(solved, tmp_path / "out"), assignments_in(solved)
    with short_folder() as folder:
        for student in ("ada", "dora"):
            hand_in(folder, student, RIGHT_01)
        run(folder, settings, [Person("ada"), Person("dora")])
        (folder / "ada").chmod(0)
        with an_ordinary_user():
            unread = find(folder, assignments)
        (folder / "ada").chmod(0o755)
        monkeypatch.setattr("instructor.cohort.run.find", lambda *_: unread)
        done = run(folder, settings, [Person("ada"), Person("dora")])
    assert (done.graded, done.missing) == ([], [])
    assert {student: result.score for student, result in kept(tmp_path / "out").items()} == {"ada": 20, "dora": 20}


def test_a_name_in_two_forms_of_unicode_is_one_person_who_is_on_the_roster(solved, tmp_path):
    """macOS writes ö as o and two dots; a roster from a spreadsheet does not."""
    composed, decomposed = (unicodedata.normalize(form, "Jörg") for form in ("NFC", "NFD"))
    hand_in(tmp_path / "class", decomposed, RIGHT_01)
    done = run(tmp_path / "class", Settings(solved, tmp_path / "out"), [Person(composed)])
    assert (done.graded, done.missing, done.warnings) == ([(composed, 20, 20)], [], [])
    hand_in(tmp_path / "class", composed, GAPS_01)
    (warning,) = find(tmp_path / "class", assignments_in(solved)).warnings
    assert (
        warning
        == f"{composed} has two folders; used: {tmp_path}/class/{decomposed}. Not used: {tmp_path}/class/{composed}."
    )


def test_names_that_differ_in_case_are_two_persons_and_told(tmp_path, assignments):
    hand_in(tmp_path / "class", "Ada", RIGHT_01)
    hand_in(tmp_path / "class", "ada", RIGHT_01)
    found = find(tmp_path / "class", assignments)
    assert [one.student for one in found.submissions] == ["Ada", "ada"]
    assert found.warnings[0].startswith("Ada and ada differ in case only and are graded as two")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-03 12:00:00.500000 UTC", datetime(2026, 11, 3, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-03 12:00:00 Europe/Berlin\n", datetime(2026, 11, 3, 11, 0, tzinfo=UTC)),
        ("2026-11-03 12:00:00 +0100", datetime(2026, 11, 3, 11, 0, tzinfo=UTC)),
        ("2026-11-03 12:00:00", datetime(2026, 11, 3, 12, 0, tzinfo=UTC)),
        *[
            (bad, None)
            for bad in ("yesterday", "", "2026-99-03 12:00:00", "9999-12-31 23:59:59 -9999", "1" * 1000, "\xff")
        ],
        *[(f"2026-11-03 12:00:00 {zone}", None) for zone in ("/etc/passwd", "../../secret", "UTC UTC")],
    ],
)
def test_nbgraders_timestamp_is_when_a_notebook_was_handed_in(tmp_path, assignments, text, when):
    path = notebook(tmp_path, "berta", RIGHT_01)
    os.utime(path, (0, 0))
    (path.parent / "timestamp.txt").write_text(text, encoding="latin-1")
    found = handed_in(find(tmp_path, assignments).submissions[0], assignments[0])
    assert found == (when or datetime.fromtimestamp(0, UTC))


def test_a_timestamp_that_never_ends_is_not_read(tmp_path, assignments):
    path = notebook(tmp_path, "berta", RIGHT_01)
    os.mkfifo(path.parent / "timestamp.txt")
    assert handed_in(find(tmp_path, assignments).submissions[0], assignments[0]) is not None


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_notebook_that_is_no_file_is_one_sentence(tmp_path, assignments, make):
    notebook(tmp_path, "berta", RIGHT_01).unlink()
    make(tmp_path / "berta/01_small/01_small.ipynb")
    answer = answer_of(Submission("berta", notebooks=tmp_path / "berta"), assignments[0])
    assert answer.startswith("01_small/01_small.ipynb is ")
    assert "\n" not in answer


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_a_folder_without_submissions_is_one_sentence(tmp_path, assignments, make):
    make(tmp_path / "class")
    with pytest.raises(CourseError, match=r"holds no submission|is no folder"):
        find(tmp_path / "class", assignments)
