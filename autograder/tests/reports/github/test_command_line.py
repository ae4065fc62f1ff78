"""`autograder post` as the workflow runs it: a process of its own, with a token, and without torch."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.tests.conftest import GAPS_01
from autograder.tests.reports.github import results
from autograder.tests.reports.github.conftest import HEAD, Workflow

ROOT = Path(__file__).parents[4]
REQUIREMENTS = ROOT / "autograder/reports/github/requirements.txt"
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE))

ONLY_THESE = """
import sys
class Gate:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ALLOWED and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)
sys.meta_path.insert(0, Gate())
sys.argv[0] = "autograder"
from autograder.command import main
main()
"""


def run(program: list[str], workflow: Workflow) -> subprocess.CompletedProcess[str]:
    system = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        [sys.executable, *program], env=system | workflow.environment, capture_output=True, text=True, encoding="utf-8"
    )


def test_posting_needs_no_package_but_those_pinned_for_it(workflow, github):
    """No torch, numpy, hypothesis or pytest among them: any other import fails."""
    homes = packages_distributions().items()
    pinned = {name for name, dists in homes if set(map(canonicalize_name, dists)) & set(PINS)}
    allowed = pinned | sys.stdlib_module_names | {"autograder"}
    assert not allowed & {"torch", "numpy", "hypothesis", "pytest", "instructor"}
    program = ONLY_THESE.replace("ALLOWED", repr(allowed))
    github.add_pull(7, HEAD)
    done = run(["-c", program, "post", str(workflow.leaves(results.half_done()).folder)], workflow)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert (len(github.statuses), len(github.check_runs), len(github.comments[7])) == (1, 1, 1)
    refused = run(["-c", program, "grade", str(workflow.folder)], workflow)
    assert refused.returncode != 0, "the gate lets everything through"


def test_what_is_pinned_is_what_the_course_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["post"]]
    wanted = {one.name: one.specifier for one in asked}
    lines = (line.split("#")[0].strip() for line in REQUIREMENTS.with_suffix(".in").read_text().splitlines())
    direct = [Requirement(line) for line in lines if line]
    assert {one.name for one in direct} == {"httpx", "msgspec", "typer"}
    for one in direct:
        assert one.specifier == wanted[one.name]
        assert PINS[one.name] in one.specifier
    assert REQUIREMENTS.read_text().count("--hash=sha256:") >= 2 * len(PINS)


def test_a_real_grading_becomes_real_posts(course, answer, workflow, github):
    answer(GAPS_01.replace('raise NotImplementedError("TODO 01.2: slope")', "return 4.0 * x"))
    graded = run(["-m", "autograder", "grade", str(course), "--json", str(workflow.folder / "result.json")], workflow)
    assert graded.returncode == 0, graded.stderr
    done = run(["-m", "autograder", "post", str(workflow.folder)], workflow)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert github.statuses[0]["description"] == "10 / 20 · 1 task to look at"
    (annotation,) = github.annotations[github.check_runs[0]["id"]]
    assert (annotation["path"], annotation["start_line"]) == ("assignments/beginner/01_small.py", 11)
    assert "likely  the two comes down twice: 2x, not 2·2x" in annotation["message"]
    assert "likely  the two comes down twice: 2x, not 2·2x" in workflow.summary


def test_what_cannot_be_posted_is_one_sentence_and_exit_2(workflow):
    del workflow.environment["GITHUB_REPOSITORY"]
    done = run(["-m", "autograder", "post", str(workflow.folder)], workflow)
    assert done.returncode == 2
    assert done.stderr == ("autograder: GITHUB_REPOSITORY is not set; run `autograder post` in a GitHub workflow.\n")


def test_where_httpx_is_missing_the_cure_is_told(workflow):
    program = "import sys; sys.modules['httpx'] = None; from autograder.command import main; main()"
    done = run(["-c", program, "post", str(workflow.folder)], workflow)
    assert done.returncode == 2
    assert done.stderr == (
        "autograder: posting needs httpx; install it with: pip install -r autograder/reports/github/requirements.txt\n"
    )
