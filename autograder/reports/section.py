"""A section of a lesson as a page shows it: what stands between two headings, prose and code, as in the script."""

from dataclasses import dataclass
from pathlib import Path

from autograder.reports.told import Lesson

LARGEST = 200_000  # bytes of a lesson's script
HEADINGS = ("# ## ", "# # ")


@dataclass(frozen=True)
class Piece:
    """A paragraph, as text and code by turns (between `marks`), or a block of code, which is one text."""

    is_code: bool
    texts: tuple[str, ...]


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


def _pieces(lines: list[str]) -> list[Piece]:
    """The heading stands in a cell of prose; each line `# %%` begins another cell."""
    pieces, is_code, cell = [], False, list[str]()
    for line in [*lines, "# %%"]:
        if not line.startswith("# %%"):
            cell.append(line)
            continue
        text = "\n".join(cell).strip("\n")
        if is_code and text:
            pieces.append(Piece(True, (text,)))
        elif not is_code:
            paragraphs = "\n".join(one.removeprefix("#").removeprefix(" ") for one in cell).split("\n\n")
            pieces += [Piece(False, tuple(one.strip().split("`"))) for one in paragraphs if one.strip()]
        is_code, cell = "[markdown]" not in line, []
    return pieces
