"""`instructor export`, run as a person runs it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.tests.made import statuses
from instructor.command import main
from instructor.tests.cohort.made import keep

ROOT = Path(__file__).parents[2]


def export(*arguments, cwd=ROOT):
    command = [sys.executable, "-m", "instructor", "export", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120)


def test_an_autograder_for_gradescope_is_written_and_its_points_are_told(tmp_path):
    done = export("--gradescope", tmp_path / "a.zip", "--only", "01,02.1", "--seed", 11)
    assert done.returncode == 0, done.stderr
    assert "a.zip; give the assignment on Gradescope 14 autograder points" in done.stdout
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        assert json.loads(zipped.read("settings.json")) == {"only": "01,02.1", "seed": 11}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say what to write: --canvas FILE or --csv FILE of RESULTS; --gradescope ZIP or --classroom50 DIR."),
        (["--csv", "a.csv"], "say whose scores: instructor export RESULTS"),
        (["nowhere", "--canvas", "a.csv"], "nowhere has no results.db; grade the class first"),
        (["--gradescope", "a.zip", "--only", "99"], "--only 99: this course has no 99"),
        (["--gradescope", "nowhere/a.zip"], "nowhere/a.zip"),
        (["--classroom50", "."], "is not empty"),
    ],
)
def test_what_cannot_be_written_is_one_sentence_and_exit_2(arguments, words, tmp_path):
    (tmp_path / "mine").touch()
    done = export(*arguments, "--course", ROOT, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


NAMELESS = "note: no roster is given, so names are the ids of the folders; --roster CSV gives names."


@pytest.mark.parametrize(
    ("roster", "notes"),
    [
        (None, [NAMELESS]),
        ("id\nada\nbob\nzoe\n", []),
        ("id\nada\n", ["note: graded, but not on the roster and so left out: bob, zoe."]),
        (
            "id\nbob\nerin\nzoe\n",
            [
                "note: graded, but not on the roster and so left out: ada.",
                "note: on the roster, but not graded and so left out: erin.",
            ],
        ),
    ],
)
def test_who_is_left_out_of_the_scores_is_told(tmp_path, monkeypatch, capsys, roster, notes):
    keep(tmp_path / "out", {student: statuses("p") for student in ("ada", "bob", "zoe")}).close()
    words = ["export", tmp_path / "out", "--canvas", tmp_path / "canvas.csv", "--csv", tmp_path / "plain.csv"]
    if roster is not None:
        (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        words += ["--roster", tmp_path / "roster.csv"]
    monkeypatch.setattr(sys, "argv", ["instructor", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    told = capsys.readouterr().out.splitlines()
    assert told == [f"wrote {tmp_path}/canvas.csv", f"wrote {tmp_path}/plain.csv", *notes]
