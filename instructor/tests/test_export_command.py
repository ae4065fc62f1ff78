"""`instructor export`, run as a person runs it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
