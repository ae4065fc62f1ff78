"""The heat map of a class: what became of each task of each student, as cells of a table that tell it by colour and
by sign, and the rules of style that fold an assignment's tasks to one column of points.
"""

from collections.abc import Iterable

from markupsafe import Markup

from autograder.reports.summary import SYMBOL, WORD
from instructor.cohort.survey import NOT_BEGUN, AssignmentSurvey, Mark, Student

GLYPH: dict[Mark, str] = {mark: SYMBOL[mark] for mark in WORD}
GLYPH |= {"timeout": "t", "no file": "–"}  # as in every common font
SAID: dict[Mark, str] = {mark: WORD[mark] for mark in WORD}
SAID |= {"no file": "no file"}
LETTER: dict[Mark, str] = {"passed": "p", "failed": "f", "error": "e", "timeout": "x", "todo": "o", "no file": "m"}
SHADES = 10  # of an assignment's cell, from no points to all


def look(student: Student, assignment: AssignmentSurvey) -> str:
    """The class of an assignment's cell: a shade of its points where anything of it was tried."""
    marks = {student.marks[task] for task in assignment.tasks if task in student.marks}
    for mark in NOT_BEGUN:
        if marks == {mark}:
            return LETTER[mark]
    return f"a{shade(*student.scores[assignment.id])}"


def cells(student: Student, assignments: Iterable[AssignmentSurvey]) -> Markup:
    """A student's row in the heat map: for each assignment its points, then its tasks; empty what was not graded.

    The classes tell what to hide: w7 is the column of points of the eighth assignment, g7 are those of its tasks.
    End tags are left out, as HTML allows: there are 50,000 cells for 400 students.
    """
    row = []
    for number, assignment in enumerate(assignments):
        row.append(_points_cell(student, assignment, f"w{number} k"))
        kind = f"g{number} k"
        for task in assignment.tasks:
            mark = student.marks.get(task)
            row.append(f'<td class="{kind}">' if mark is None else f'<td class="{LETTER[mark]} {kind}">{GLYPH[mark]}')
            kind = f"g{number}"
    return Markup("".join(row))


def _points_cell(student: Student, assignment: AssignmentSurvey, kind: str) -> str:
    if assignment.id not in student.scores:
        return f'<td class="{kind}">'
    shown_as = look(student, assignment)
    told = {LETTER[mark]: GLYPH[mark] for mark in NOT_BEGUN}.get(shown_as, student.scores[assignment.id][0])
    return f'<td class="{shown_as} {kind}">{told}'


def shade(score: int, max_score: int) -> int:
    """The shade of a cell: 0 for no points, SHADES for all, and neither for anything between."""
    if score <= 0 or score >= max_score:
        return SHADES if score > 0 else 0
    return min(max(round(SHADES * score / max_score), 1), SHADES - 1)


def folding(count: int) -> str:
    """CSS for `count` assignments: the checkbox fold7 shows the tasks of the eighth, or its points."""
    rules = [f"#map:has(#fold{n}:checked) .w{n},#map:has(#fold{n}:not(:checked)) .g{n}" for n in range(count)]
    return ",\n".join(rules) + "{display:none}" if rules else ""
