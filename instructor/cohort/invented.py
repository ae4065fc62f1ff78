"""A class of invented students, for measuring and for looking at: each hands in a mix of answers whose kind is known.

Most answers are right (the solution or an unusual right one), some are wrong, some are half finished: the first
tasks done, the rest still gaps. The same seed gives the same class.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.course import Assignment
from instructor.answers import known_answers
from instructor.gaps import Gap, find_gaps
from instructor.notebooks import to_notebook
from instructor.release import declared_tasks, solution_of

KINDS = {"right": 55, "wrong": 27, "half": 18}  # in a hundred answers


@dataclass(frozen=True)
class Work:
    """An answer to one assignment: the text of a file, and what stands at its end in place of one task's functions."""

    kind: str
    text: str
    task: str = ""
    instead: str = ""

    @property
    def script(self) -> str:
        """The answer as one file."""
        return f"{self.text}\n\n{self.instead}" if self.instead else self.text


@dataclass(frozen=True)
class Invented:
    """One student, with the work on each assignment by its id."""

    student: str
    works: dict[str, Work]

    def script(self, assignment: Assignment) -> str:
        """The answer file; its last line names the student, so that no two are equal."""
        return f"{self.works[assignment.id].script}\n# {self.student}\n"


def invent(course: Path, assignments: list[Assignment], count: int, seed: int = 0) -> Iterator[Invented]:
    """`count` students of a course, one at a time, named student000, student001, …"""
    choices = {one.id: _choices(course, one) for one in assignments}
    for number in range(count):
        student = f"student{number:03}"
        drawn = random.Random(f"{seed}/{student}")
        kinds = {one.id: drawn.choices(list(KINDS), list(KINDS.values()))[0] for one in assignments}
        yield Invented(student, {id: drawn.choice(choices[id][kind]) for id, kind in kinds.items()})


def hand_in(one: Invented, assignments: list[Assignment], folder: Path) -> None:
    """Write a student's answers below `folder`, as a clone of the course has them."""
    for assignment in assignments:
        file = folder / one.student / assignment.answer
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(one.script(assignment), encoding="utf-8")


def notebook(one: Invented, course: Path, assignment: Assignment) -> NotebookNode:
    """The same answer as a student's notebook of nbgrader's release."""
    work = one.works[assignment.id]
    points = dict(declared_tasks(course / assignment.tests))
    made = to_notebook(work.text, find_gaps(work.text, assignment.answer.name), points)
    if work.instead:
        ids = [cell["id"] for cell in made.cells]
        made.cells.insert(ids.index(work.task.replace(".", "_")), new_code_cell(work.instead, id="instead"))
    return made


def _choices(course: Path, assignment: Assignment) -> dict[str, list[Work]]:
    """What there is to choose from, by kind; what the course has none of is taken from the solution."""
    solution = (course / solution_of(assignment)).read_text(encoding="utf-8")
    given = {
        kind: [
            Work(kind, solution, answer.task, answer.text.removeprefix(solution).strip())
            for answer in known_answers(course, assignment, kind)
        ]
        for kind in ("right", "wrong")
    }
    right = [Work("right", solution), *given["right"]]
    half = [Work("half", text) for text in half_finished(solution, assignment.answer.name)]
    return {"right": right, "wrong": given["wrong"] or right, "half": half}


def half_finished(solution: str, file: str) -> list[str]:
    """A solution's text with its last task open, its last two, … and all of them, each as it is released."""
    gaps = find_gaps(solution, file)
    tasks = list(dict.fromkeys(gap.task for gap in gaps))
    return [_opened(solution, [gap for gap in gaps if gap.task in tasks[done:]]) for done in range(len(tasks))]


def _opened(solution: str, gaps: list[Gap]) -> str:
    """The text with these gaps not begun; their markers stay, which are comments."""
    lines = solution.split("\n")
    for gap in reversed(gaps):
        marker = lines[gap.begin - 1]
        lines[gap.begin : gap.end - 1] = [marker[: len(marker) - len(marker.lstrip())] + gap.stub]
    return "\n".join(lines)
