"""Notebooks in a clone, where answers are .py files: a student who wrote there is told of, as nothing is graded."""

import os
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.submission import Answer
from instructor.cohort.begun import gaps_in


def notebook_in(clone: Path, assignment: Assignment) -> str | None:
    """Where a notebook of this assignment's name lies in a clone, as a path below it; None where there is none."""
    places = (assignment.answer.parent, Path(), assignment.answer.parents[1], Path(assignment.stem))
    names = ((place / f"{assignment.stem}.ipynb").as_posix() for place in places)
    return next((name for name in names if os.path.lexists(clone / name)), None)


def missing_beside(notebook: str, student: str, assignment: Assignment) -> str:
    """One sentence in place of an answer that is missing where there is a notebook."""
    return (
        f"{assignment.answer} is missing; there is a notebook {notebook}, but in a clone the .py file is graded: "
        f"save it as .py, or hand the notebook in as {_place(student, assignment)}"
    )


def overlooked(
    student: str, clone: Path | None, assignments: list[Assignment], answers: dict[str, Answer | str]
) -> Iterator[str]:
    """A sentence where there are notebooks of assignments whose answer has a gap left, or is not there."""
    missing: list[tuple[str, Assignment]] = []
    unfinished: list[tuple[str, Assignment]] = []
    for one in assignments if clone is not None else ():
        assert clone is not None
        answer = answers[one.id]
        is_there = os.path.lexists(clone / one.answer)
        if is_there and not (isinstance(answer, Answer) and gaps_in(answer.text)):
            continue
        if not is_there and isinstance(answer, Answer):  # handed in as a notebook, and graded
            continue
        if (notebook := notebook_in(clone, one)) is not None:
            (unfinished if is_there else missing).append((notebook, one))
    if missing:
        yield (
            f"{student} has {_names(missing)} and no .py file; in a clone that is graded: save the notebook as .py, "
            f"or put it at {_place(student, missing[0][1])}."
        )
    if unfinished:
        yield (
            f"{student} has {_names(unfinished)}, but in a clone the .py file is graded, and it has gaps left: save "
            f"the notebook as .py, or take the .py file away and put the notebook "
            f"at {_place(student, unfinished[0][1])}."
        )


def _place(student: str, assignment: Assignment) -> str:
    return f"SUBMISSIONS/{student}/{assignment.stem}/{assignment.stem}.ipynb"


def _names(found: list[tuple[str, Assignment]]) -> str:
    return ", ".join(notebook for notebook, _ in found)
