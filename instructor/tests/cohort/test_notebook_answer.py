"""What a student may do to a notebook, by mistake or not: it is graded by the functions that it defines."""

import ast
import json

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import assignments_in
from autograder.grading.grade import grade_answer
from autograder.grading.loader import load_tasks
from autograder.grading.submission import Answer
from instructor.cohort.notebook_answer import LARGEST_CODE, LARGEST_NOTEBOOK, NoNotebook, text_of
from instructor.cohort.submissions import Submission, answer_of

IMPORTS = "import torch\nDTYPE = torch.float64"
VJP = '''def vjp_wrt_x(A, x, v):
    """The gradient.

    Without a loop.
"""
    return {}A.T @ v'''
SLOPE = """def slope(x):
    leaf = torch.tensor(x, dtype=DTYPE, requires_grad=True)
    (leaf**2).backward()
    return leaf.grad.item()"""
TEST = 'from autograder.grading.notebook import grade_task\ngrade_task("{}", globals())'


def marked(cell, grade_id, **marks):
    cell.metadata["nbgrader"] = {"grade_id": grade_id, "grade": False, "solution": False, "schema_version": 3, **marks}
    return cell


def answered(vjp):
    """The cells of a released notebook with both answers typed in."""
    return [
        marked(new_markdown_cell("# Prose"), "text_1", locked=True),
        new_code_cell(IMPORTS),
        marked(new_code_cell(vjp), "01_1_answer", solution=True),
        marked(new_code_cell(TEST.format("01.1")), "01_1", grade=True, locked=True, points=4),
        marked(new_code_cell(SLOPE), "01_2_answer", solution=True),
        marked(new_code_cell(TEST.format("01.2")), "01_2", grade=True, locked=True, points=6),
    ]


def added(*sources, first=True):
    def change(cells):
        new = [new_code_cell(source) for source in sources]
        return [*new, *cells] if first else [*cells, *new]

    return change


def stripped(cells):
    for cell in cells:
        cell.metadata = {}
    return cells


def edited_tests(cells):
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "def vjp_wrt_x(*_): return 0\nraise SystemExit"
            cell.metadata.nbgrader.points = 100
    return cells


def typed_as_prose(cells):
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.cell_type = "markdown"
    return cells


def in_one_cell(cells):
    return [new_code_cell("\n\n".join(cell.source for cell in cells if cell.cell_type == "code"))]


def with_line_ends(cells):
    for cell in cells:
        cell.source = cell.source.replace("\n", "\r\n")
    return cells


def without_the_rest(cells):
    return [
        cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in ("01_1", "01_2", "text_1")
    ]


NOT_PYTHON = (
    "def other(:\n    pass",
    "def a²(): pass",
    "this is prose",
    "return 3",
    "x = '''",
    "\0",
    "x = '\ud800'",
    "x = %'''",
)
BROKEN_COPIES = ("def vjp_wrt_x(A, x, v)\n    return 3", "@nothing\ndef slope(x): return 1")
MAGICS = (
    "%matplotlib inline\n!ls\nfiles = !ls\nslope?",
    "%%bash\nrm -rf /",
    "%%time\nused = 1",
    "%load_ext autoreload",
    "torch.nn.Linear??\nif True:\n    slope?",
)
LONG_TEXTS = 'def f():\n  return """\nx\n  """ + f"""\n{1}\n"""\nif True:\n    s = """\na"""\n    assert s == "\\na"'

CHANGES = {
    "nothing": lambda cells: cells,
    "the other way round": lambda cells: cells[::-1],
    "each cell twice": lambda cells: [*cells, *cells],
    "answers alone": without_the_rest,
    "metadata lost": stripped,
    "metadata of another kind": lambda cells: [cell | {"metadata": {"nbgrader": [1], "tags": 3}} for cell in cells],
    "test cells edited": edited_tests,
    "answers turned into prose": typed_as_prose,
    "all in one cell": in_one_cell,
    "line ends of Windows": with_line_ends,
    "a cell that raises": added("print(vjp_wrt_x)\nx = 1 / 0", "slope(3.0)\nundefined"),
    "a cell that ends the kernel": added("import sys\nsys.exit(3)", "exit()", "quit()"),
    "a cell that asks": added("name = input('who? ')"),
    "cells that are not Python": added(*NOT_PYTHON),
    "broken copies at the end": added(*BROKEN_COPIES, first=False),
    "magics and shell": added(*MAGICS),
    "statements of the future": added('"""Me."""\nfrom __future__ import annotations\n\ndef f(x: Unknown): ...'),
    "an import that is not there": added("import seaborn as sns\nsns.set()"),
    "prompts copied along": added(">>> 1 + 1\n2"),
    "an await": added("import asyncio\nawait asyncio.sleep(0)"),
    "texts of several lines": added(LONG_TEXTS),
}


@pytest.fixture
def score(solved, sandboxed):
    assignment = assignments_in(solved)[0]
    tasks = load_tasks(solved / assignment.tests)

    def graded(data):
        answer = Answer(str(assignment.answer), text_of(data), data)
        return grade_answer(assignment, "", tasks, answer, sandboxed, seed=0)

    return graded


def written(cells):
    """The bytes of a notebook; nbformat's own writer would mend some of what is broken here."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_right_answers_score_whatever_was_done_to_the_cells(score, change):
    assert score(written(change(answered(VJP.format(""))))).score == 10


@pytest.mark.parametrize("change", [stripped, edited_tests, added(*BROKEN_COPIES, first=False)])
def test_wrong_answers_do_not(score, change):
    wrong = score(written(change(answered(VJP.format("2 * ")))))
    assert [task.score for task in wrong.tasks] == [0, 6]


def test_a_test_cell_is_left_out_without_its_metadata_too_and_an_answer_that_names_it_is_not():
    text = text_of(written([*stripped(answered(VJP.format(""))), new_code_cell("def f():\n    grade_task")]))
    assert text.count("grade_task") == 1
    assert "def vjp_wrt_x" in text


def test_a_text_of_several_lines_keeps_its_spaces_where_its_statement_is_indented():
    text = text_of(written([new_code_cell('if True:\n    s = """\na\n  b"""\n    t = f"""\n{s}"""')]))
    constants = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert "\na\n  b" in constants
    assert "\n" in constants


def test_an_older_format_of_notebooks_is_read(score):
    cells = [cell for cell in answered(VJP.format("")) if cell.cell_type == "code"]
    older = nbformat.convert(new_notebook(cells=cells), 3)  # the one of IPython before 2015
    assert score(json.dumps(older).encode()).score == 10


def test_a_removed_answer_costs_its_own_points(score):
    cells = answered(VJP.format(""))
    del cells[2]
    result = score(written(cells))
    assert [task.score for task in result.tasks] == [0, 6]
    assert "vjp_wrt_x" in result.tasks[0].tests[0].message


def test_a_cell_that_is_not_python_says_so_in_the_task_that_it_was_to_answer(score):
    result = score(written(answered(VJP.format("("))))
    assert [task.score for task in result.tasks] == [0, 6]
    assert "code cell 2 of the notebook, line " in result.tasks[0].tests[0].message


def test_a_definition_that_fails_says_why(score):
    result = score(written(answered("@missing\n" + VJP.format(""))))
    assert [task.score for task in result.tasks] == [0, 6]
    assert "name 'missing' is not defined" in result.tasks[0].tests[0].message


def test_gaps_that_are_left_are_to_do(score):
    gap = 'def vjp_wrt_x(A, x, v):\n    raise NotImplementedError("TODO 01.1: vjp_wrt_x")'
    assert [task.status for task in score(written(answered(gap))).tasks] == ["todo", "passed"]


WHOLE = written(answered(VJP.format("")))
BROKEN = {
    "empty": b"",
    "nothing but a brace": b"{",
    "cut off": WHOLE[: len(WHOLE) // 2],
    "cut off at its end": WHOLE[:-1],
    "no notebook": b"[]",
    "no cells": b'{"nbformat": 4}',
    "cells of another kind": b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "a format of the future": WHOLE.replace(b'"nbformat": 4', b'"nbformat": 99'),
    "no format": WHOLE.replace(b'"nbformat": 4', b'"nbformat": null'),
    "not UTF-8": b"\xff\xfe",
    "nested": b"[" * 100_000,
    "too much code": written([new_code_cell("1\n" * (LARGEST_CODE // 2 + 1))]),
    "too much for IPython": written([new_code_cell("x = !ls\n" * 501)]),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_notebook_that_cannot_be_read_is_one_sentence_with_a_cure(data):
    with pytest.raises(NoNotebook) as told:
        text_of(data)
    assert "\n" not in str(told.value)
    assert str(told.value).endswith((" in Jupyter.", " not your answer."))


def test_code_that_is_nested_too_deeply_is_a_cell_that_is_not_python():
    for deep in ("-" * 100_000 + "1", "x" + ".a" * 100_000, "(" * 1000, "x" + "(1)" * 50_000):
        assert "raise SyntaxError" in text_of(written([new_code_cell(deep)]))


def test_a_line_that_asks_for_help_takes_no_longer_than_another_of_its_length():
    assert "raise SyntaxError" in text_of(written([new_code_cell("a" * (LARGEST_CODE - 10) + " b?")]))


FRAGMENTS = (
    "x",
    "=",
    "%",
    "%%",
    "!",
    "?",
    "'''",
    '"',
    "(",
    ")",
    "\n",
    "    ",
    " ",
    "\\",
    "def f",
    ":",
    ">>> ",
    "In [1]: ",
    "#",
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example("x = %'''")
@example("\\\n%%")
def test_whatever_a_cell_holds_its_notebook_is_python(source):
    ast.parse(text_of(written([new_code_cell(source)])))


def test_a_huge_notebook_is_not_read(tmp_path, solved):
    assignment = assignments_in(solved)[0]
    path = tmp_path / "ada" / assignment.stem / f"{assignment.stem}.ipynb"
    path.parent.mkdir(parents=True)
    with open(path, "wb") as file:
        file.truncate(LARGEST_NOTEBOOK + 1)
    told = answer_of(Submission("ada", notebooks=tmp_path / "ada"), assignment)
    assert told == "01_small.ipynb has 8.0 MB; clear its outputs and hand it in again."
