"""The workflows as files: what two linters say of them, when they start, and that each number stands once."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from instructor.tests.workflows.classroom import COURSE
from instructor.tests.workflows.expressions import Surroundings, holds
from instructor.tests.workflows.runner import Event, parsed, triggered

FOLDER = COURSE / ".github/workflows"
WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def workflows(small, tmp_path_factory) -> Path:
    """All of them, the pinned grade.yml of the students' template too."""
    folder = tmp_path_factory.mktemp("all") / ".github/workflows"
    folder.mkdir(parents=True)
    for name in WORKFLOWS:
        (folder / name).write_text(text_of(name), encoding="utf-8")
    pinned = small.templates["pinned"] / ".github/workflows/grade.yml"
    (folder / "grade-of-the-template.yml").write_text(pinned.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_zizmor_finds_nothing_with_its_most_pedantic_rules(workflows):
    zizmor = shutil.which("zizmor", path=sysconfig.get_path("scripts"))
    command = [
        zizmor,
        "--offline",
        "--persona=auditor",
        "--strict-collection",
        "--no-progress",
        "--color=never",
        workflows,
    ]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, "No findings to report. Good job!"), ran.stdout + ran.stderr
    assert ran.stderr.count("completed") == len(WORKFLOWS) + 1


def test_they_are_what_github_reads(workflows):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    ran = subprocess.run([*command, *workflows.glob("*.yml")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_shellcheck_finds_nothing_in_what_bash_runs(name):
    shellcheck = shutil.which("shellcheck", path=sysconfig.get_path("scripts"))
    command = [shellcheck, "--shell=bash", "--exclude=SC1091", "-"]  # 1091: the activation script is not there yet
    steps = [step for job in parsed(text_of(name))["jobs"].values() for step in job.get("steps", ())]
    scripts = [one["run"] for one in steps if "run" in one and one.get("if") != "runner.os == 'Windows'"]
    for script in scripts:
        ran = subprocess.run(command, input=f"set -e\n{script}", capture_output=True, text=True)
        assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_job_has_a_time_limit_and_the_rights_it_names(name):
    workflow = parsed(text_of(name))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert "uses" in job or 0 < job["timeout-minutes"] <= 120


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_by_commit_and_the_same_everywhere(name):
    pinned = re.findall(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text_of(name), re.MULTILINE)
    assert len(pinned) == len(re.findall(r"\buses: (?!\$/)", text_of(name)))  # $/ is the course itself, as it runs
    everywhere = re.findall(r"uses: ([\w./-]+)@(\S+) # (\S+)", "".join(map(text_of, WORKFLOWS)))
    assert len({action for action, *_ in everywhere}) == len(set(everywhere))


@pytest.mark.parametrize("name", ["grade.yml", "grade-pinned.yml"])
def test_only_the_job_that_runs_no_answer_may_write(name):
    jobs = parsed(text_of(name))["jobs"]
    assert jobs["grade"]["permissions"] == {"contents": "read"}
    assert jobs["post"]["permissions"] == {
        "contents": "read", "statuses": "write", "checks": "write", "pull-requests": "write"
    }  # fmt: skip
    told = [step["env"] for step in jobs["grade"]["steps"] if "env" in step]
    assert "token" not in f"{told}".lower()


def test_torch_is_the_one_of_pyproject_from_its_own_cpu_index():
    (version,) = re.findall(r'"(torch==[\d.]+)"', (COURSE / "pyproject.toml").read_text(encoding="utf-8"))
    for name in ("grade.yml", "grade-pinned.yml", "release.yml"):
        assert f"pip install {version} --index-url https://download.pytorch.org/whl/cpu\n" in text_of(name)


def test_the_course_is_tested_with_the_readmes_commands():
    readme = (COURSE / "README.md").read_text(encoding="utf-8")
    tests = [step["run"] for step in parsed(text_of("course.yml"))["jobs"]["test"]["steps"] if step["name"] == "Test"]
    assert len(tests) == 2
    for command in tests:
        assert f"\n{command}\n" in readme


def test_the_oldest_python_of_pyproject_is_tested():
    (oldest,) = re.findall(r'requires-python = ">=([\d.]+)"', (COURSE / "pyproject.toml").read_text(encoding="utf-8"))
    assert parsed(text_of("course.yml"))["jobs"]["test"]["strategy"]["matrix"]["python"][0] == oldest


def starting(name, ref, *changed):
    return Event(name, "class/ada", "0" * 40, ref, {}, changed)


@pytest.mark.parametrize("mode", ["plain", "pinned"])
@pytest.mark.parametrize(
    ("event", "starts"),
    [
        (starting("push", "refs/heads/main", "assignments/beginner/01_basic_scalar_backward.py"), True),
        (starting("push", "refs/heads/try/this", "README.md", "assignments/advanced/27_batch_vjp.py"), True),
        (starting("push", "refs/heads/main", ".github/workflows/grade.yml"), True),
        (starting("push", "refs/heads/main", "README.md", "lessons/beginner/notes.py"), False),
        (starting("push", "refs/tags/v1", "assignments/beginner/01_basic_scalar_backward.py"), False),
        (starting("pull_request", "refs/pull/7/merge", "assignments/beginner/01_basic_scalar_backward.py"), True),
        (starting("pull_request", "refs/pull/7/merge", "README.md"), False),
    ],
)
def test_a_run_is_billed_only_where_an_answer_changed(small, mode, event, starts):
    text = (small.templates[mode] / ".github/workflows/grade.yml").read_text(encoding="utf-8")
    assert triggered(text, event) is starts


@pytest.mark.parametrize("name", ["grade.yml", "grade-pinned.yml"])
@pytest.mark.parametrize(
    ("graded", "status", "posts"),
    [
        ("success", "success", True),
        ("failure", "failure", True),
        ("cancelled", "neither", True),  # the job ran out of time
        ("cancelled", "cancelled", False),  # a newer push took its place
        ("skipped", "neither", False),
    ],
)
def test_the_score_or_a_failure_is_posted_and_a_superseded_run_is_silent(name, graded, status, posts):
    condition = parsed(text_of(name))["jobs"]["post"]["if"]
    assert holds(condition, Surroundings({"needs": {"grade": {"result": graded}}}, status)) is posts


@pytest.mark.parametrize(
    ("event_name", "head", "graded"),
    [
        ("push", None, True),
        ("pull_request", "class/ada", False),
        ("pull_request", "eve/ada", True),
        ("pull_request", None, True),  # the fork is gone
    ],
)
@pytest.mark.parametrize("name", ["grade.yml", "grade-pinned.yml"])
def test_a_pull_request_of_the_same_repository_is_graded_by_its_push(name, event_name, head, graded):
    payload = {"pull_request": {"head": {"repo": head and {"full_name": head}}}} if event_name != "push" else {}
    contexts = {"github": {"event_name": event_name, "event": payload, "repository": "class/ada"}}
    assert holds(parsed(text_of(name))["jobs"]["grade"]["if"], Surroundings(contexts)) is graded


@pytest.mark.parametrize("mode", ["plain", "pinned"])
def test_a_newer_push_cancels_the_run_of_the_older(small, mode):
    text = (small.templates[mode] / ".github/workflows/grade.yml").read_text(encoding="utf-8")
    assert parsed(text)["concurrency"] == {"group": "grade-${{ github.ref }}", "cancel-in-progress": True}
