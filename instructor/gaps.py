"""The gaps of a solution: where an answer is taken out, and which task it belongs to.

A gap is a region between `### BEGIN SOLUTION` and `### END SOLUTION` (nbgrader's markers) inside a
function, under a comment `# TODO 23.1 (5 min, by hand): which index of A does v meet?`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
CELL = "# %%"

_MARKER = re.compile(r"\b(BEGIN|END)[\s_-]*SOLUTION\b", re.IGNORECASE)
_TODO = re.compile(r"^\s*#+\s*TODO\s+(E?\d+\.\d+)\b")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class ReleaseError(Exception):
    """The course cannot be released; one sentence with file, line (where there is one) and cure."""

    def __init__(self, sentence: str, *, file: PurePath | str, line: int | None = None):
        self.file, self.line, self.sentence = str(file), line, sentence
        place = self.file if line is None else f"{self.file}:{line}"
        super().__init__(f"{place}: {sentence}")


@dataclass(frozen=True)
class Gap:
    """One region of a solution: its task ("23.1"), its function ("Linear.forward"), and its lines."""

    task: str
    name: str
    begin: int  # line of BEGIN SOLUTION, from 1
    end: int  # line of END SOLUTION

    @property
    def stub(self) -> str:
        """The statement that stands for the answer in the release."""
        return stub(self.task, self.name)


def stub(task: str, name: str) -> str:
    return f'raise NotImplementedError("TODO {task}: {name}")'


def number_above(lines: list[str], index: int) -> str | None:
    """The task number in the comment directly above `lines[index]`, or None."""
    for line in reversed(lines[:index]):
        if not line.lstrip().startswith("#") or line.startswith(CELL):
            return None
        if found := _TODO.match(line):
            return found[1]
    return None


def enclosing(tree: ast.AST, line: int) -> str | None:
    """The dotted name of the function around a line ("Linear.forward"), or None outside of functions."""
    names: list[str] = []
    function = False
    node: ast.AST | None = tree
    while node is not None:
        inner = [child for child in _definitions(node) if child.lineno <= line <= (child.end_lineno or 0)]
        node = inner[0] if inner else None
        if node is not None:
            names.append(node.name)
            function = function or not isinstance(node, ast.ClassDef)
    return ".".join(names) if function else None


def _definitions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITIONS):
            yield child
        else:
            yield from _definitions(child)


def find_gaps(text: str, file: PurePath | str) -> list[Gap]:
    """The gaps of a solution's text, in order.

    Raises ReleaseError for unbalanced or misspelt markers, a region outside of a function or of less than
    whole statements, a gap without a number, a number without a gap, and a number used twice for one function or in
    two places with another task between them.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        sentence = f"this is not Python ({getattr(error, 'msg', error)}); correct the solution."
        raise ReleaseError(sentence, file=file, line=getattr(error, "lineno", None)) from None
    lines = text.split("\n")
    gaps = [_gap(tree, lines, begin, end, file) for begin, end in regions(lines, file)]
    for gap in gaps:
        _the_rest_is_python(lines, gap, file)
    _every_number_has_a_gap(lines, gaps, file)
    _numbers_are_not_repeated(lines, gaps, file)
    return gaps


def regions(lines: list[str], file: PurePath | str) -> list[tuple[int, int]]:
    """Line numbers of each BEGIN and its END; raises ReleaseError where they do not pair up in one cell."""
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for number, line in enumerate(lines, start=1):
        if begin is not None and line.startswith(CELL):
            sentence = f"the solution begun here has no end in its cell; add `{END}` after the answer."
            raise ReleaseError(sentence, file=file, line=begin)
        if not _MARKER.search(line):
            continue
        if line.strip() == BEGIN and begin is None:
            begin = number
        elif line.strip() == BEGIN:
            sentence = f"a solution begins inside the one of line {begin}; end that one first with `{END}`."
            raise ReleaseError(sentence, file=file, line=number)
        elif line.strip() == END and begin is not None:
            found.append((begin, number))
            begin = None
        elif line.strip() == END:
            sentence = f"a solution ends here that never began; put `{BEGIN}` before the answer."
            raise ReleaseError(sentence, file=file, line=number)
        else:
            sentence = f"this marker has another form; write `{BEGIN}` or `{END}` alone on a line of code."
            raise ReleaseError(sentence, file=file, line=number)
    if begin is not None:
        sentence = f"the solution begun here has no end; add `{END}` after the answer."
        raise ReleaseError(sentence, file=file, line=begin)
    return found


def _gap(tree: ast.AST, lines: list[str], begin: int, end: int, file: PurePath | str) -> Gap:
    name = enclosing(tree, begin)
    if name is None:
        sentence = "a gap outside of a function keeps the file from loading; move the markers into the body."
        raise ReleaseError(sentence, file=file, line=begin)
    indent = len(lines[begin - 1]) - len(lines[begin - 1].lstrip())
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and begin < node.lineno < end and node.col_offset < indent:
            sentence = f"the gap of {name} runs past its block at line {node.lineno}; end it before that line."
            raise ReleaseError(sentence, file=file, line=begin)
    task = number_above(lines, begin - 1)
    if task is None:
        sentence = f"this gap in {name} has no number; write `# TODO 1.1 (5 min): a question` above it."
        raise ReleaseError(sentence, file=file, line=begin)
    return Gap(task, name, begin, end)


def _the_rest_is_python(lines: list[str], gap: Gap, file: PurePath | str) -> None:
    """nbgrader replaces the lines of a region by its stub; what stands around it must still parse."""
    marker = lines[gap.begin - 1]
    indent = marker[: len(marker) - len(marker.lstrip())]
    try:
        ast.parse("\n".join([*lines[: gap.begin - 1], indent + gap.stub, *lines[gap.end :]]))
    except SyntaxError:
        sentence = f"without this gap {gap.name} is not Python; take in the statement whole, with its else or except."
        raise ReleaseError(sentence, file=file, line=gap.begin) from None


def _every_number_has_a_gap(lines: list[str], gaps: list[Gap], file: PurePath | str) -> None:
    covered = {_number_line(lines, gap) for gap in gaps}
    for number, line in enumerate(lines, start=1):
        if (found := _TODO.match(line)) and number not in covered:
            sentence = (
                f"TODO {found[1]} has no gap directly under it, so its answer would be released; "
                f"put `{BEGIN}` on the line after the comment and `{END}` after the answer."
            )
            raise ReleaseError(sentence, file=file, line=number)


def _number_line(lines: list[str], gap: Gap) -> int:
    number = gap.begin - 1
    while not _TODO.match(lines[number - 1]):
        number -= 1
    return number


def _numbers_are_not_repeated(lines: list[str], gaps: list[Gap], file: PurePath | str) -> None:
    cell_starts = [number for number, line in enumerate(lines, start=1) if line.startswith(CELL)]
    last: dict[str, tuple[int, Gap]] = {}  # task -> its latest cell, and gap
    for gap in gaps:
        cell = sum(start < gap.begin for start in cell_starts)
        before_cell, before = last.get(gap.task, (cell, None))
        if before is None:
            last[gap.task] = (cell, gap)
            continue
        between = any(before.begin < other.begin < gap.begin and other.task != gap.task for other in gaps)
        if before.name == gap.name or (cell != before_cell and between):
            sentence = (
                f"TODO {gap.task} stands here and at line {_number_line(lines, before)}; "
                "give this gap its own number, or make the two one gap."
            )
            raise ReleaseError(sentence, file=file, line=_number_line(lines, gap))
        last[gap.task] = (cell, gap)
