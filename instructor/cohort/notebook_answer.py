"""A student's notebook as the text of an answer file: what its code cells define, whatever else was done to them.

As in a kernel, a cell that fails takes nothing else with it: each statement is tried by itself, and what a failed
definition would have defined says why when it is called. Cells may be moved, added or doubled, and their metadata lost;
the course's own test cells are left out. Nothing of the student's is run here.
"""

import ast
import keyword
import re
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.grading.submission import LARGEST_ANSWER

LARGEST_NOTEBOOK = 8 * LARGEST_ANSWER  # bytes; a notebook holds its outputs too
LARGEST_CODE = 1 << 18  # characters; a long answer has 10,000, and to parse a million takes seconds and a gigabyte
MOST_FOR_IPYTHON = 2_000_000  # characters of cells, times their lines for IPython: it reads a cell anew for each

_CELL = "# %%"
_TEST_CALL = re.compile(r"\bgrade_task\b")
_FOR_IPYTHON = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]", re.MULTILINE)
_HELP = re.compile(r"^([ \t]*)[\w.]+\?{1,2}[ \t]*$", re.MULTILINE)
_TIMED = re.compile(r"%%(?:time|timeit|capture|prun)\b.*\n")
_DEFINES = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+([^\W\d]\w*)", re.MULTILINE)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SIMPLE = (
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Assert, ast.Raise, ast.Pass),
    *(ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal),
)


class NoNotebook(Exception):
    """The bytes are no notebook with code that can be read; the text says why, to follow the file's name."""


def text_of(data: bytes) -> str:
    """The answer's text. Raises NoNotebook."""
    future: list[str] = []
    parts = [_loaded(number, source, future) for number, source in enumerate(_code_cells(data), start=1)]
    return "".join([*dict.fromkeys(future), *parts])


def _code_cells(data: bytes) -> list[str]:
    """The sources of the code cells, in order, without the test cells that still say so."""
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cells = list(nbformat.reads(data.decode("utf-8-sig"), as_version=4).cells)
    except Exception as error:  # nbformat and its readers raise many kinds
        told = (str(error).splitlines() or [""])[0][:100]
        raise NoNotebook(
            f"is no notebook that can be read ({type(error).__name__}: {told}); save it again in Jupyter."
        ) from None
    sources = [_lines_ended(cell["source"]) for cell in cells if _is_answer(cell)]
    if sum(map(len, sources)) > LARGEST_CODE:
        raise NoNotebook(f"has more than {LARGEST_CODE:,} characters of code; remove what is not your answer.")
    if sum(len(source) * len(_FOR_IPYTHON.findall(source)) for source in sources) > MOST_FOR_IPYTHON:
        raise NoNotebook("has too many lines that are for IPython (%magic, !shell); remove what is not your answer.")
    return sources


def _is_answer(cell: Any) -> bool:
    """Whether a cell holds code of the student's; a solution cell does even where its type was changed."""
    if not isinstance(cell, dict) or not isinstance(cell.get("source"), str):
        return False
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    return not marks.get("grade") and (cell.get("cell_type") == "code" or bool(marks.get("solution")))


def _lines_ended(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _loaded(number: int, source: str, future: list[str]) -> str:
    """A cell's statements, each tried by itself; what must stand at a file's head goes into `future`."""
    try:
        source, tree = _parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return f"{_CELL}\n{_broken(number, source, problem)}\n"
    lines = source.split("\n")
    parts = [_CELL]
    after = 0  # lines of the source that are written
    for first, last, statements in _groups(tree):
        parts += lines[after : first - 1]
        after = last
        if any(isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in statements):
            future.append("\n".join(lines[first - 1 : last]) + "\n")
        elif not _is_test_call(lines[first - 1 : last], statements):
            parts += _tried(lines, first, last, statements)
    return "\n".join([*parts, *lines[after:]]) + "\n"


def _is_test_call(lines: list[str], statements: list[ast.stmt]) -> bool:
    """Whether this is what a test cell of the course says, without the metadata to tell."""
    return all(isinstance(one, _SIMPLE) for one in statements) and bool(_TEST_CALL.search("\n".join(lines)))


def _parsed(source: str) -> tuple[str, ast.Module]:
    """The source as Python and its tree; lines for IPython become what IPython makes of them. Raises SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" and its like are the student's matter
        source = _TIMED.sub("\n", source, count=1) if source.startswith("%%") else source
        try:
            compile(source, "cell", "exec", dont_inherit=True)
        except SyntaxError as problem:
            transformed = _without_ipython(source)
            if transformed.rstrip("\n") == source.rstrip("\n"):
                raise problem from None
            compile(transformed, "cell", "exec", dont_inherit=True)
            source = transformed
        return source, ast.parse(source)


def _without_ipython(source: str) -> str:
    """What IPython makes of lines that are for it; `source` as it is where IPython fails."""
    from IPython.core.inputtransformer2 import HelpEnd, TransformerManager

    manager = TransformerManager()
    manager.token_transformers.remove(HelpEnd)  # its time grows with the square of a line
    try:
        return str(manager.transform_cell(_HELP.sub(r"\1pass", source)))
    except Exception:  # it raises many kinds for what it cannot read
        return source


def _groups(tree: ast.Module) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """(first line, last line, statements) of the top level, from 1; statements that share a line come together."""
    group: list[ast.stmt] = []
    first = last = 0
    for statement in tree.body:
        begin = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
        if group and begin > last:
            yield first, last, group
            group = []
        first = first if group else begin
        last = statement.end_lineno or begin
        group.append(statement)
    if group:
        yield first, last, group


def _tried(lines: list[str], first: int, last: int, statements: list[ast.stmt]) -> list[str]:
    """The lines of a group of statements, such that their failure ends nothing else."""
    own = lines[first - 1 : last]
    if all(map(_cannot_fail, statements)):
        return own
    if all(isinstance(one, _SIMPLE) for one in statements):
        return [f"try: {own[0]}", *own[1:], "except (Exception, SystemExit): pass"]
    inside = _inside_strings(statements)
    indented = [line if number in inside else f"    {line}".rstrip() for number, line in enumerate(own, start=first)]
    names = [one.name for one in statements if isinstance(one, _DEFINITIONS)]
    if not names:
        return ["try:", *indented, "except (Exception, SystemExit): pass"]
    caught = "except (Exception, SystemExit) as _raised:"
    return ["try:", *indented, caught, *(line for name in names for line in _in_place_of(name))]


def _in_place_of(name: str) -> list[str]:
    """Where a definition failed and there is no earlier one, a function that says why."""
    return [
        f"    try: {name}",
        "    except NameError:",
        f"        def {name}(*_, _raised=_raised, **__): raise _raised",
    ]


def _cannot_fail(statement: ast.stmt) -> bool:
    """Whether running it is sure to work: a plain function, a text."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.FunctionDef) or statement.decorator_list or statement.returns:
        return False
    given = statement.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return not (given.defaults or any(given.kw_defaults) or any(one.annotation for one in every))


def _inside_strings(statements: list[ast.stmt]) -> set[int]:
    """The lines, from 1, that begin within a text of several lines: indenting them would change it."""
    return {
        number
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.JoinedStr | ast.Constant) and (node.end_lineno or 0) > node.lineno
        for number in range(node.lineno + 1, (node.end_lineno or 0) + 1)
    }


def _broken(number: int, source: str, problem: Exception) -> str:
    """In place of a cell that is not Python: functions of its names that say so when they are called."""
    line = f", line {problem.lineno}" if isinstance(problem, SyntaxError) and problem.lineno else ""
    too_deep = isinstance(problem, RecursionError | MemoryError)
    what = "it is nested too deeply" if too_deep else getattr(problem, "msg", None) or str(problem)
    told = ascii(f"code cell {number} of the notebook{line}: {what[:200]}")
    found = dict.fromkeys(_DEFINES.findall(source))
    names = [name for name in found if name.isidentifier() and not keyword.iskeyword(name)]
    parts = [f"try: raise SyntaxError({told})", "except SyntaxError as _raised:"]
    return "\n".join([*parts, *(line for name in names for line in _in_place_of(name)), "    pass"])
