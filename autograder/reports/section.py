"""A section of a lesson as a page shows it: what stands between two headings, prose and code, as in the script.

Prose is read as CommonMark, of which paragraphs, lists, emphasis and code are known, and nothing that could be live:
no HTML, link or picture. It is told as tags of those and the texts between them, which the page escapes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.reports.told import Lesson

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LARGEST = 200_000  # bytes of a lesson's script
HEADINGS = ("# ## ", "# # ")
TAGS = ("p", "ul", "ol", "li", "em", "strong", "code", "pre")
_OF_CODE = {"code_block": "pre", "code_inline": "code"}


@dataclass(frozen=True)
class Mark:
    """A tag that begins ("em"), one that ends ("/em"), or a text, whose tag is empty."""

    tag: str
    text: str = ""


@dataclass(frozen=True)
class Piece:
    """A cell of the script: prose, or code, which is one text."""

    is_code: bool
    marks: tuple[Mark, ...]


def section_of(course: Path, lesson: Lesson) -> tuple[Piece, ...]:
    """The pieces of the section; none where the course has no such lesson, or the lesson no such section."""
    path = course / lesson.path
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ()
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ()
    heading = f"# ## {lesson.section}"
    if heading not in lines:
        return ()
    begin = lines.index(heading) + 1
    rest = range(begin, len(lines))
    end = next((number for number in rest if lines[number].startswith(HEADINGS)), len(lines))
    return tuple(_pieces(lines[begin:end]))


def prose(text: str) -> tuple[Mark, ...]:
    """Markdown as tags and texts."""
    return tuple(_marks(_markdown().parse(text)))


def _pieces(lines: list[str]) -> Iterator[Piece]:
    """The heading stands in a cell of prose; each line `# %%` begins another cell."""
    is_code, cell = False, list[str]()
    for line in [*lines, "# %%"]:
        if not line.startswith("# %%"):
            cell.append(line)
            continue
        text = "\n".join(cell).strip("\n")
        if is_code and text:
            yield Piece(True, (Mark("", text),))
        elif not is_code and (marks := prose("\n".join(one.removeprefix("#").removeprefix(" ") for one in cell))):
            yield Piece(False, marks)
        is_code, cell = "[markdown]" not in line, []


@cache
def _markdown() -> "MarkdownIt":
    """It knows what is named here and nothing else."""
    from markdown_it import MarkdownIt

    return MarkdownIt("zero").enable(["code", "list", "backticks", "emphasis"])


def _marks(tokens: "Iterable[Token]") -> Iterator[Mark]:
    for token in tokens:
        tag = _OF_CODE.get(token.type)
        if token.type == "inline":
            yield from _marks(token.children or ())
        elif tag is not None:
            yield from (Mark(tag), Mark("", token.content.rstrip("\n")), Mark(f"/{tag}"))
        elif token.nesting == 0:
            yield Mark("", token.content)
        elif token.tag in TAGS and not token.hidden:  # the paragraphs of a list without blank lines are hidden
            yield Mark(token.tag if token.nesting == 1 else f"/{token.tag}")
