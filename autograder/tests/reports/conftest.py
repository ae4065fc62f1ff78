"""Results of every kind of submission, made by the real grader on the small course."""

import os
import subprocess
from collections.abc import Callable

import pytest

from autograder.course import assignments_in
from autograder.grading.grade import grade
from autograder.grading.result import Result
from autograder.tests.conftest import GAPS_01, RIGHT_01, RIGHT_E1, TESTS_01, TESTS_E1

ANSWERS = {
    "passed": RIGHT_01,
    "failed": RIGHT_01.replace("A.T @ v", "2 * (A.T @ v)"),
    "todo": GAPS_01,
    "error": RIGHT_01.replace("return A.T @ v", "raise ValueError('\\x1b[31m::error::no\\n::set-output::a')"),
    "timeout": RIGHT_01.replace("return A.T @ v", "while True: pass"),
    "missing": None,
    "broken": "def vjp_wrt_x(:\n",
}
KINDS = tuple(ANSWERS)
STATUS = {"missing": "error", "broken": "error"}  # of a task; the others are called as they are

URL = "https://github.com/class/cs-gradients-ada"
RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "gradients",
    "OWNER": "ada",
    "ASSIGNMENT_TYPE": "individual",
    "SUBMISSION_TAG": "submit/2026-11-02T09-30-00Z-a1b2c3d",
    "COMMIT_URL": f"{URL}/commit/a1b2c3d",
    "RELEASE_URL": f"{URL}/releases/tag/submit%2F2026-11-02T09-30-00Z-a1b2c3d",
    "REVIEW_URL": f"{URL}/compare/0000000...a1b2c3d",
}
COMMITTED = "2026-11-02T11:30:00+02:00"


@pytest.fixture(scope="session")
def result_of(tmp_path_factory, sandboxed) -> Callable[[str], Result]:
    """The result of a submission whose answer to 01 is of a kind; its E1 is right."""
    known: dict[str, Result] = {}

    def result(kind: str) -> Result:
        if kind not in known:
            course = tmp_path_factory.mktemp(kind)
            texts = {
                "beginner/test_01_small.py": TESTS_01,
                "exercises/test_exercise_01_more.py": TESTS_E1,
                "exercises/exercise_01_more.py": RIGHT_E1,
                "beginner/01_small.py": ANSWERS[kind],
            }
            for name, text in texts.items():
                path = course / "assignments" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if text is not None:
                    path.write_text(text, encoding="utf-8")
            assert len(assignments_in(course)) == 2
            known[kind] = grade(course, sandboxed)
        return known[kind]

    return result


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A repository of one commit, made in another time zone, whose author's date is another."""
    folder = tmp_path_factory.mktemp("clone")
    dates = {"GIT_COMMITTER_DATE": COMMITTED, "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z"}
    names = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "-m", "work"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, env=os.environ | names | dates)
    return folder
