"""Percent scripts to notebooks with nbgrader's metadata, and back.

Cell metadata follow nbgrader's schema 3: https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
"""

from collections.abc import Mapping
from typing import Any

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from instructor.gaps import BEGIN, Gap

# A magic-like line is code of the course: neither commented out nor in.
_PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What nbgrader adds for itself, and a student's file does not need.
_NBGRADER_KEYS = ("nbgrader", "deletable", "editable")


def to_notebook(text: str, gaps: list[Gap], points: Mapping[str, int]) -> NotebookNode:
    """The instructor's notebook of a solution.

    Cells with a gap become nbgrader's solution cells, markdown is locked, and each task gets a test cell,
    worth `points[task]`, after the last cell that holds a gap of it. Ids are made of the grade ids, so
    that the same text gives the same bytes.
    """
    source = jupytext.reads(text, fmt=_PERCENT)
    held = _tasks_by_cell(source.cells, gaps)
    last_cell = {task: index for index, tasks in enumerate(held) for task in tasks}
    cells: list[NotebookNode] = []
    used: dict[str, int] = {}
    for index, cell in enumerate(source.cells):
        if held[index]:
            grade_id = _unique("_".join(map(_grade_id, held[index])) + "_answer", used)
            cells.append(_marked(cell, grade_id, solution=True))
        elif cell.cell_type == "markdown":
            cells.append(_marked(cell, _unique("text", used), locked=True))
        else:
            cell["id"] = _unique("code", used)
            cells.append(cell)
        cells.extend(_test_cell(task, points[task]) for task in held[index] if last_cell[task] == index)
    return new_notebook(cells=cells, metadata={"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}})


def to_script(notebook: NotebookNode) -> str:
    """The students' percent script of a released notebook: no test cells, no header, no metadata of nbgrader."""
    cells = []
    for cell in notebook.cells:
        if not cell.metadata.get("nbgrader", {}).get("grade", False):
            metadata = {key: value for key, value in cell.metadata.items() if key not in _NBGRADER_KEYS}
            cells.append(NotebookNode(cell, metadata=NotebookNode(metadata)))
    bare = new_notebook(cells=cells, metadata={"jupytext": {"notebook_metadata_filter": "-all"}})
    text = jupytext.writes(bare, fmt=_PERCENT)
    starts_with_docstring = cells and cells[0].cell_type == "code" and cells[0].source.startswith('"""')
    return text.removeprefix("# %%\n") if starts_with_docstring else text


def _tasks_by_cell(cells: list[NotebookNode], gaps: list[Gap]) -> list[list[str]]:
    """The tasks of each cell, in order and once; gaps come in the order of the text."""
    remaining = iter(gaps)
    held = []
    for cell in cells:
        count = cell.source.count(BEGIN)
        held.append(list(dict.fromkeys(next(remaining).task for _ in range(count))))
    return held


def _grade_id(task: str) -> str:
    return task.replace(".", "_")


def _unique(stem: str, used: dict[str, int]) -> str:
    """`stem` for answers seen once, else with a number; texts and free code are always numbered."""
    used[stem] = used.get(stem, 0) + 1
    if stem in ("text", "code") or used[stem] > 1:
        return f"{stem}_{used[stem]}"
    return stem


def _marked(cell: NotebookNode, grade_id: str, **flags: Any) -> NotebookNode:
    cell["id"] = grade_id
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": False,
        "locked": False,
        "solution": False,
        "task": False,
        **flags,
    }
    return cell


def _test_cell(task: str, points: int) -> NotebookNode:
    call = f'from autograder.grading.notebook import grade_task\ngrade_task("{task}", globals())'
    return _marked(new_code_cell(call), _grade_id(task), grade=True, locked=True, points=points)
