"""A result as a map in Markdown, for the student's own README: how far each assignment is.

It stands between two comments. In a file that is there already, what is between them is replaced, and nothing else.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from autograder.course import CourseError
from autograder.grading.result import AssignmentResult, Result
from autograder.reports.github.escape import inert
from autograder.reports.summary import levels_of, standing

BEGIN, END = "<!-- autograder map -->", "<!-- end of the autograder map -->"
SIGN = {"done": "✓", "to mend": "◐", "begun": "◐", "not begun": "○"}  # a README need not tell what failed


def map_in(path: Path, result: Result) -> bytes:
    """The text of the file at `path` with the map in it, or a new text where there is none.

    Raises CourseError where the file has no place for a map, or more than one.
    """
    try:
        old = path.read_bytes()
    except FileNotFoundError:
        return f"{_marked(result, path)}\n".encode()
    try:
        text = old.decode("utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"{path} is no text in UTF-8; save it as UTF-8, or give --map another file.") from None
    return _replaced(text, _marked(result, path), path).encode()


def progress_map(result: Result, folder: Path) -> str:
    """Points, and a row for each assignment below its level; answers that are there are linked from `folder`."""
    lines = [f"Gradients in PyTorch: **{result.score} / {result.max_score} points**", ""]
    lines += ["| | assignment | points |", "|:-:|:--|--:|"]
    for level in levels_of(result):
        lines.append(f"| | **{inert(level.name.capitalize())}** | **{level.score} / {level.max_score}** |")
        lines += [_row(one, folder) for one in level.assignments]
    return "\n".join([*lines, "", "✓ done, ◐ begun, ○ not begun"])


def _row(one: AssignmentResult, folder: Path) -> str:
    title = f"{inert(one.id)} {inert(one.title)}"
    if (folder / one.path).is_file():
        title = f"[{title}]({quote(one.path)})"
    return f"| {SIGN[standing(one)]} | {title} | {one.score} / {one.max_score} |"


def _marked(result: Result, path: Path) -> str:
    return f"{BEGIN}\n\n{progress_map(result, path.parent)}\n\n{END}"


def _replaced(text: str, marked: str, path: Path) -> str:
    """`text` with the map in place of the old one; its line ends are kept."""
    places = [list(_places(text, marker)) for marker in (BEGIN, END)]
    if not any(places):
        raise CourseError(f"{path} has no place for the map; put these two lines where it should be: {BEGIN} and {END}")
    if [len(found) for found in places] != [1, 1] or places[0] > places[1]:
        raise CourseError(f"{path} must have the line {BEGIN} once, and after it the line {END} once; mend them.")
    [begin], [end] = places
    if "\r\n" in text:
        marked = marked.replace("\n", "\r\n")
    return text[:begin] + marked + text[end + len(END) :]


def _places(text: str, marker: str) -> Iterator[int]:
    """Where a marker stands on a line of its own."""
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip() == marker:
            yield at + line.index(marker)
        at += len(line)
