"""`autograder report`, run as a person runs it."""

import json
import subprocess
import sys

import pytest

from autograder.grading.result import to_json
from autograder.reports.others import put
from autograder.tests.reports.conftest import RUNNER
from autograder.tests.reports.test_classroom50 import valid
from autograder.tests.reports.test_reporter import decoded
from autograder.tests.test_command import run


@pytest.fixture
def result_file(tmp_path, result_of):
    path = tmp_path / "result.json"
    path.write_bytes(to_json(result_of("failed")))
    return path


def test_each_report_is_written(result_file, tmp_path, clone, monkeypatch):
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    files = {name: tmp_path / name for name in ("gradescope", "classroom50", "reporter")}
    options = [word for name, path in files.items() for word in (f"--{name}", path)]
    done = run("report", result_file, *options, cwd=clone)
    assert done.returncode == 0, done.stderr
    assert json.loads(files["gradescope"].read_text())["score"] == 16
    assert valid(files["classroom50"].read_bytes())["score"] == 16
    assert decoded(files["reporter"].read_text().strip())["max_score"] == 20


def test_no_torch_is_imported_for_it(result_file, tmp_path):
    program = (
        "import sys\nfrom autograder.command import app\n"
        f"sys.argv = ['autograder', 'report', {str(result_file)!r}, '--gradescope', {str(tmp_path / 'g')!r},"
        f" '--reporter', {str(tmp_path / 'r')!r}]\n"
        "try:\n    app()\nexcept SystemExit:\n    print('torch' in sys.modules, 'numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False False\n", done.stderr
    assert (tmp_path / "g").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["result.json"], "say what to write"),
        (["nowhere.json", "--gradescope", "g.json"], "No such file"),
        (["half.json", "--gradescope", "g.json"], "half.json is no result of `autograder grade --json`"),
        (["result.json", "--gradescope", "missing/g.json"], "missing/g.json cannot be written"),
        (["result.json", "--classroom50", "c.json"], "CLASSROOM, ASSIGNMENT, SUBMISSION_TAG, COMMIT_URL"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(arguments, words, result_file, tmp_path):
    (tmp_path / "half.json").write_bytes(result_file.read_bytes()[:100])
    done = run("report", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "result.json").symlink_to(tmp_path / "elsewhere")
    put(tmp_path / "result.json", b"ours")
    assert (tmp_path / "elsewhere").read_text() == "mine"
    assert (tmp_path / "result.json").read_bytes() == b"ours"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "result.json"]
