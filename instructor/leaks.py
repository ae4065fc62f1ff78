"""Whether a release holds any of the solutions it was made from: in its files, or in any blob of its repositories."""

import ast
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from instructor.gaps import find_gaps
from instructor.git import blobs

# Shorter lines ("return x", "total = 0") say nothing about where they come from.
_TELLING_LENGTH = 12
_ANSWER_FILE = re.compile(r"(\d\d|exercise_\d\d)_\w+\.(py|ipynb)")
# What students may read besides the solutions' prose: a line that stands there is not a solution's alone.
_PUBLIC = ("lessons/**/*.py", "lessons/**/*.md", "assignments/**/test_*.py", "autograder/**/*.py")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TAG = re.compile(r"<[^<>]*>")
_Body = tuple[str, ...]


@dataclass(frozen=True)
class Leak:
    """A line of a solution (`source`, with its line number) that stands in a released file (`file`)."""

    file: str
    source: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file} holds line {self.line} of {self.source}: {self.text}"


@dataclass(frozen=True)
class _Answer:
    """The answer to one task: its telling lines, normalized and numbered, and the bodies of its functions."""

    source: str
    lines: tuple[tuple[int, str], ...]
    bodies: frozenset[_Body]


@dataclass(frozen=True)
class _Text:
    name: str
    filled_in: bool  # a file that students fill in, or its notebook
    text: str
    lines: frozenset[str]  # its telling lines, normalized

    @cached_property
    def bodies(self) -> frozenset[_Body]:
        """Of the functions in it that are not declared to be wrong; few texts are asked for them."""
        return frozenset(map(_body, _functions(self.text)))


def leaks(course: Path, folder: Path) -> list[Leak]:
    """Lines of the course's solutions found in the texts below `folder`, and in all blobs of repositories there.

    In the files students fill in, and in their notebooks, a line of an answer that no solution shows outside of its
    answers is a leak. Anywhere else it is one where nothing that students may read shows it either: no lesson, no
    test, no module of the autograder. The tests declare wrong formulas, which share lines with right ones; they leak
    where one of their functions is an answer from end to end, as is any other text's.
    """
    answers, shown = _answers(course)
    taught = shown | _lines_of(course, _PUBLIC[:2])
    public = taught | _lines_of(course, _PUBLIC[2:])
    return [
        Leak(text.name, answer.source, number, line)
        for text in _texts(folder)
        for answer in answers
        for number, line in answer.lines
        if line in text.lines
        and line not in (shown if text.filled_in else taught)
        and (text.filled_in or line not in public or answer.bodies <= text.bodies)
    ]


def _answers(course: Path) -> tuple[list[_Answer], set[str]]:
    """The answer to each task, and the lines that solutions show outside of answers."""
    answers: list[_Answer] = []
    shown: set[str] = set()
    for path in sorted((course / "instructor/solutions").glob("*/*.py")):
        source = path.relative_to(course).as_posix()
        text = path.read_text(encoding="utf-8-sig")
        outside = dict(enumerate(map(_normalized, text.split("\n")), start=1))
        functions = _functions(text)
        lines: dict[str, list[tuple[int, str]]] = {}
        bodies: dict[str, set[_Body]] = {}
        for gap in find_gaps(text, source):
            numbered = [(number, outside.pop(number)) for number in range(gap.begin + 1, gap.end)]
            lines.setdefault(gap.task, []).extend(pair for pair in numbered if len(pair[1]) >= _TELLING_LENGTH)
            around = [one for one in functions if one.lineno <= gap.begin <= (one.end_lineno or 0)]
            bodies.setdefault(gap.task, set()).add(_body(max(around, key=lambda one: one.lineno)))
        answers += [_Answer(source, tuple(lines[task]), frozenset(bodies[task])) for task in lines]
        shown |= set(outside.values())
    return answers, shown


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(text: str) -> list[_Function]:
    """The functions in a Python text that are not declared as a task's mistake; none where it is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, _Function) and not _declared_wrong(node)]


def _declared_wrong(function: _Function) -> bool:
    calls = (decorator.func for decorator in function.decorator_list if isinstance(decorator, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr == "misconception" for called in calls)


def _body(function: _Function) -> _Body:
    """The statements of a function without its docstring, whatever their layout."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return tuple(ast.dump(statement) for statement in statements)


def _texts(folder: Path) -> Iterator[_Text]:
    """Every text below `folder` once: files, and what its repositories keep, under the names it has there."""
    seen: set[tuple[bytes, bool]] = set()
    for inner, place, data in _contents(folder):
        filled_in = bool(_ANSWER_FILE.fullmatch(inner.name)) and "lessons" not in inner.parts
        if (data, filled_in) not in seen:
            seen.add((data, filled_in))
            text = _decoded(data)
            yield _Text(place, filled_in, text, frozenset(_telling_lines(text)))


def _contents(folder: Path) -> Iterator[tuple[PurePosixPath, str, bytes]]:
    """The path below `folder`, how to call it, and the content of every file, and then of every blob."""
    paths = [(path, PurePosixPath(path.relative_to(folder).as_posix())) for path in sorted(folder.rglob("*"))]
    for path, inner in paths:
        if path.is_file() and ".git" not in inner.parts:
            yield inner, str(inner), path.read_bytes()
    for path, inner in paths:
        if path.name == ".git":
            for blob in blobs(path.parent):
                for name in blob.names or ("?",):
                    yield inner.parent / name, f"{inner.parent / name} (blob {blob.id[:12]})", blob.data


def _decoded(data: bytes) -> str:
    """What a reader sees of a file: its text, or the strings of a notebook (its outputs too) or other JSON."""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return "\n".join(_strings(json.loads(text)))
    except (json.JSONDecodeError, RecursionError):
        return text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _lines_of(course: Path, patterns: Iterable[str]) -> set[str]:
    paths = {path for pattern in patterns for path in course.glob(pattern)}
    released = [path for path in paths if "tests" not in path.relative_to(course).parts]
    return {line for path in released for line in _telling_lines(path.read_text(encoding="utf-8-sig"))}


def _telling_lines(text: str) -> Iterator[str]:
    """The lines of a text that say where they come from; of a coloured, numbered or marked up one, the code in it."""
    for line in _COLOURS.sub("", text).splitlines():
        plain = _normalized(line)
        if len(plain) >= _TELLING_LENGTH:
            yield plain
            yield plain.lstrip("0123456789|:")  # a traceback's or a listing's number
        if "<" in line or "&" in line:
            yield _normalized(html.unescape(_TAG.sub("", line)))


def _normalized(line: str) -> str:
    """A line without indentation, signs of a comment, quotation or list around it, and spaces."""
    return re.sub(r"\s+", "", line).strip("#>\"'`,\\+-*|")
