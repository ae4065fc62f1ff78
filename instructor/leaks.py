"""Whether a release holds any of the solution it was made from."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from instructor.gaps import find_gaps

# Shorter lines ("return x", "total = 0") say nothing about where they come from.
_TELLING_LENGTH = 12
_ANSWER_FILE = re.compile(r"(\d\d|exercise_\d\d)_\w+\.(py|ipynb)")


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
    """What the gaps of one task hold: a tuple for each gap of its telling lines, normalized and numbered."""

    source: str
    gaps: tuple[tuple[tuple[int, str], ...], ...]


@dataclass(frozen=True)
class _Text:
    name: str
    filled_in: bool  # a file that students fill in, or its notebook
    lines: frozenset[str]  # its telling lines, normalized
    whole: str  # the same in order, a line feed before and after each

    def holds(self, answer: _Answer) -> bool:
        """Whether every gap of the task stands here filled, line upon line."""
        return all(_joined(line for _, line in gap) in self.whole for gap in answer.gaps)


def leaks(course: Path, folder: Path) -> list[Leak]:
    """Lines of the course's solutions found in the texts below `folder`.

    In the files students fill in, and in their notebooks, one line that stands only in answers is a leak.
    Any other text may share lines with an answer, as the wrong formulas in the tests do, and leaks where it
    holds a task's answer whole. What the lessons teach is public there.
    """
    answers, public = _answers(course)
    taught = public | _lines_below(course / "lessons")
    return [
        Leak(text.name, answer.source, number, line)
        for text in _texts(folder)
        for answer in answers
        if text.filled_in or text.holds(answer)
        for gap in answer.gaps
        for number, line in gap
        if line in text.lines and line not in (public if text.filled_in else taught)
    ]


def _texts(folder: Path) -> Iterator[_Text]:
    for path in sorted(folder.rglob("*")):
        if (text := _read(path)) is not None:
            inner = path.relative_to(folder)
            filled_in = bool(_ANSWER_FILE.fullmatch(path.name)) and "lessons" not in inner.parts
            lines = list(_telling_lines(text))
            yield _Text(inner.as_posix(), filled_in, frozenset(lines), _joined(lines))


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(["", *lines, ""])


def _answers(course: Path) -> tuple[list[_Answer], set[str]]:
    """The answer to each task, and the lines that solutions show outside of answers."""
    answers: list[_Answer] = []
    public: set[str] = set()
    for path in sorted((course / "instructor/solutions").glob("*/*.py")):
        source = path.relative_to(course).as_posix()
        text = path.read_text(encoding="utf-8-sig")
        shown = dict(enumerate(map(_normalized, text.split("\n")), start=1))
        tasks: dict[str, list[tuple[tuple[int, str], ...]]] = {}
        for gap in find_gaps(text, source):
            numbered = [(number, shown.pop(number)) for number in range(gap.begin + 1, gap.end)]
            if telling := tuple((number, line) for number, line in numbered if len(line) >= _TELLING_LENGTH):
                tasks.setdefault(gap.task, []).append(telling)
        answers += [_Answer(source, tuple(gaps)) for gaps in tasks.values()]
        public |= set(shown.values())
    return answers, public


def _lines_below(folder: Path) -> set[str]:
    return {line for path in folder.rglob("*.py") for line in _telling_lines(path.read_text(encoding="utf-8"))}


def _telling_lines(text: str) -> Iterator[str]:
    return (line for line in map(_normalized, text.split("\n")) if len(line) >= _TELLING_LENGTH)


def _normalized(line: str) -> str:
    """A line without indentation, comment sign, quotes around it and spaces: commented out is still a leak."""
    return re.sub(r"\s+", "", line).strip("#>\"'`,\\")


def _read(path: Path) -> str | None:
    """What a reader sees of a file: its text, a notebook's strings; None for folders and binary files."""
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None
    if path.suffix != ".ipynb":
        return text
    try:
        return "\n".join(_strings(json.loads(text)))
    except json.JSONDecodeError:
        return text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
