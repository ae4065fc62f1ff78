"""What the README shows is what happens."""

import re
from pathlib import Path

from autograder.course import Assignment, selection
from autograder.grading.grade import grade
from autograder.reports.summary import broken
from autograder.sandbox.workers import open_workers

COURSE = Path(__file__).resolve().parents[2]
FIRST = Assignment("01", "beginner", "01_basic_scalar_backward")


def test_shows_a_failure_as_a_student_reads_it(tmp_path):
    answer = tmp_path / FIRST.answer
    answer.parent.mkdir(parents=True)
    gap = 'raise NotImplementedError("TODO 01.1: polynomial_derivative")'
    wrong = "return sum((k * c * x**k for k, c in enumerate(coefficients)), 0.0)"
    answer.write_text((COURSE / FIRST.answer).read_text(encoding="utf-8").replace(gap, wrong), encoding="utf-8")
    with open_workers("auto") as workers:
        result = grade(COURSE, workers, submission=tmp_path, only=selection("01.1"))
    (message,) = [test.message for _, _, test in broken(result)]
    shown = re.search(r"```text\n(.+?)```", (COURSE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [line.removeprefix("   ") for line in shown[1].rstrip().splitlines()] == message.splitlines()
