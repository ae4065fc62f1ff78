"""The README's picture, made anew: ``python -m instructor.picture`` writes .github/output.svg.

It is what a student sees who has done some of the course, with one mistake in it.
"""

import io
import shutil
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from autograder.course import assignments_in, selection
from autograder.grading.grade import grade
from autograder.reports.table import show
from autograder.sandbox.workers import open_workers
from instructor.release import solution_of

COURSE = Path(__file__).parents[1]
PICTURE = COURSE / ".github/output.svg"
COLUMNS = 110
LEVEL = "22,23,24,25,26,27"
SOLVED = ("22", "23", "26")
MISTAKEN, RIGHT, WRONG = "24", "return V @ W.T, X.T @ V, V.sum(axis=0)", "return V @ W.T, V.T @ X, V.sum(axis=0)"
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        (36, 41, 47),
        (179, 38, 30),
        (10, 107, 75),
        (122, 89, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (87, 96, 106),
    ],
)


def main() -> None:
    """Grade a half-done course and write what the terminal shows."""
    with tempfile.TemporaryDirectory() as folder, open_workers("auto") as workers:
        submission = Path(folder)
        shutil.copytree(COURSE / "assignments", submission / "assignments")
        for assignment in assignments_in(COURSE):
            text = (COURSE / solution_of(assignment)).read_text(encoding="utf-8")
            if assignment.id in SOLVED:
                (submission / assignment.answer).write_text(text, encoding="utf-8")
            if assignment.id == MISTAKEN:
                (submission / assignment.answer).write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
        result = grade(COURSE, workers, submission=submission, only=selection(LEVEL))
    out = Console(record=True, width=COLUMNS, force_terminal=True, highlight=False, file=io.StringIO())
    show(result, out)
    PICTURE.write_text(out.export_svg(title=f"autograder grade --only {LEVEL}", theme=LIGHT), encoding="utf-8")


if __name__ == "__main__":
    main()
