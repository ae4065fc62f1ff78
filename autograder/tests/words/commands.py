"""What commands say that are typed in the wrong way, or at the wrong time, and the rare ways in which right ones go."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograder import hints, lessons
from autograder.command import main
from autograder.course import assignments_in, selection
from autograder.grading.grade import grade
from autograder.grading.result import AssignmentResult
from autograder.grading.submission import Refused, answer_or_reason, read_answer
from autograder.reports.summary import SYMBOL, WORD, not_as_released, standing
from autograder.tests.conftest import GAPS_01, RIGHT_01

TEST, ANSWER = "assignments/beginner/test_01_small.py", "assignments/beginner/01_small.py"
LESSON = "lessons/beginner/01_small.py"
WRONG_01 = RIGHT_01.replace("return leaf.grad.item()", "return 2 * leaf.grad.item()")


class Desk:
    """Where a student types: a course folder, the terminal, and what the machine has."""

    def __init__(
        self, course: Path, workers: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.course, self.workers, self.monkeypatch, self.capfd = course, workers, monkeypatch, capfd

    def types(self, command: str) -> str:
        """What `autograder …`, typed in the course folder, says."""
        self.monkeypatch.chdir(self.course)
        self.monkeypatch.setattr(sys, "argv", ["autograder", *command.split()])
        self.capfd.readouterr()
        try:
            main()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = self.capfd.readouterr()
        return f"{out}{err}".rstrip() + (f"\n(exit status {status})" if status else "")

    @contextmanager
    def holding(self, path: str, text: str | bytes | None) -> Iterator[None]:
        """With another text in a file of the course, or none."""
        file = self.course / path
        before = file.read_bytes() if file.exists() else None
        _put(file, text)
        yield
        _put(file, before)

    @contextmanager
    def without(self, *modules: str) -> Iterator[None]:
        """As where these are not installed."""
        real = lessons.find_spec
        with self.monkeypatch.context() as patch:
            patch.setattr(lessons, "find_spec", lambda name: None if name in modules else real(name))
            yield


def _put(file: Path, text: str | bytes | None) -> None:
    if text is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


Told = Iterator[tuple[str, str]]


def names(desk: Desk) -> Told:
    """Naming what is not there."""
    for command in (
        "hint",
        "hint 24",
        "hint 01",
        "hint 01.7",
        "hint slop",
        "hint everything",
        "lesson",
        "lesson 24",
        "lesson E1",
        "lesson 01",
        "watch 24",
        "grade --only 24",
        "grade --only first",
        "grade --only 01.9 --isolation none",
        "grade nowhere",
        "grade --submission nowhere",
        "grade --html nowhere/page.html",
        "report result.json",
        "report nothing.json --reporter out.txt",
        "report nothing.json --classroom50 nowhere/out.json",
    ):
        with desk.holding("nothing.json", "{}"):
            yield f"autograder {command}", desk.types(command)
    with desk.holding(TEST, "x = (\n"):
        yield "autograder hint 01.1, where the tests are in the middle of a change", desk.types("hint 01.1")
    with desk.holding(TEST, "x = 1\n"):
        yield "autograder hint 01.1, where the tests declare nothing", desk.types("hint 01.1")
    text = (desk.course / TEST).read_text()
    for title, tests in {
        "cannot be loaded": text.replace("import torch\n", "import torch_of_the_course\n"),
        "declare nothing": "x = 1\n",
        "declare a task twice": text.replace('"01.2"', '"01.1"'),
        "declare a task without a test": text + '\n\nlater = Task("01.3", "later", points=1)\n',
    }.items():
        with desk.holding(TEST, tests):
            yield f"autograder grade, where the tests {title}", desk.types("grade --only 01 --isolation none")
    see = "SEE = 'First, in lessons/beginner/01_small.py and lessons/beginner/02_next.py'\n"
    exercise = "assignments/exercises/test_exercise_01_more.py"
    with desk.holding(exercise, see + (desk.course / exercise).read_text()):
        yield "autograder lesson E1, an exercise that builds on lessons", desk.types("lesson E1")


def maps(desk: Desk) -> Told:
    """A map of the course for a README that has no place for it."""
    desk.types("grade --only 01 --isolation none --json graded.json")
    begin, end = "<!-- autograder map -->\n", "<!-- end of the autograder map -->\n"
    texts = {"no place": "# Mine\n", "a place that is not closed": begin, "another encoding": b"gr\xe4dient"}
    for title, text in (texts | {"a place": f"# Mine\n\n{begin}\n{end}"}).items():
        with desk.holding("README.md", text):
            said = desk.types("report graded.json --map README.md")
            written = (desk.course / "README.md").read_bytes()
            shown = said or written.decode()
            yield f"autograder report --map, for a README with {title}", shown


def told_hints(desk: Desk) -> Told:
    """Hints, one after the other."""
    yield "autograder hint 01.1 --again, before any", desk.types("hint 01.1 --again")
    for count in ("once", "twice", "three times", "four times"):
        yield f"autograder hint 01.1, {count}", desk.types("hint 01.1")
    yield "autograder hint 01.1 --again", desk.types("hint 01.1 --again")
    yield "autograder hint 01.1 --number 7", desk.types("hint 01.1 --number 7")
    with desk.holding(TEST, (desk.course / TEST).read_text().replace('hints=("a?", "b", "c")', "hints=()")):
        yield "autograder hint 01.2, which has none", desk.types("hint 01.2")
    seen = (
        (desk.course / TEST)
        .read_text()
        .replace('hints=("a?", "b", "c")', f'hints=("a?", "b", "c"), see="A slope, in {LESSON}"')
    )
    with desk.holding(TEST, seen):
        yield "autograder hint 01.1, three times, where a lesson treats it", desk.types("hint 01.1 --number 3")
    with desk.monkeypatch.context() as patch:
        patch.setattr(hints, "FOLDER", TEST)  # a file stands where the folder should be
        yield "autograder hint 01.2, where nothing can be remembered", desk.types("hint 01.2")


def run_lessons(desk: Desk) -> Told:
    """Lessons that run, and that do not."""
    with desk.holding(LESSON, "print('1 + 1 is 2')\n"):
        yield "autograder lesson 01, which holds", desk.types("lesson 01")
        with desk.without("jupytext"):
            yield "autograder lesson 01 --open, without Jupyter", desk.types("lesson 01 --open")
        with desk.without("jupyterlab", "notebook"):
            yield "autograder lesson 01 --open, without JupyterLab", desk.types("lesson 01 --open")
        for status, title in ((0, "and Jupyter is stopped later"), (1, "and Jupyter fails")):
            with desk.monkeypatch.context() as patch:
                patch.setattr(lessons, "_run", lambda command, folder, status=status: status)
                yield f"autograder lesson 01 --open, {title}", desk.types("lesson 01 --open")
    with desk.holding(LESSON, "assert 1 + 1 == 3\n"):
        yield "autograder lesson 01, which was changed", desk.types("lesson 01")
    with desk.holding(LESSON, "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"):
        yield "autograder lesson 01, stopped by Ctrl-C", desk.types("lesson 01")


def broken_files(desk: Desk) -> Told:
    """Files that are no answers: a sentence for each, on the two tasks that they cost."""
    texts: dict[str, str | bytes | None] = {
        "no file": None,
        "an empty file": " \n",
        "another encoding": b"import torch\n# gr\xe4dient\n",
        "a file of 2 MB": "#" * (2 << 20),
        "a syntax error": "import torch\n\ndef slope(x:\n    return 2 * x\n",
        "a name that is not there": "import torch\n\nx = y + 1\n",
        "a module that is not there": "import pandas_of_the_student\n",
        "a file that exits": "import sys\nsys.exit(0)\n",
        "a file that ends its process": "import os\nos._exit(0)\n",
    }
    for title, text in texts.items():
        with desk.holding(ANSWER, text):
            yield title, first_sentence(desk)
    file = desk.course / ANSWER
    text = file.read_bytes()
    for title, make in _IN_ITS_PLACE.items():
        file.unlink()
        make(file)
        yield title, first_sentence(desk)
        file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
        file.write_bytes(text)


def beside(desk: Desk) -> Told:
    """What is told of files without grading them, of the words for a status, and of a course that was changed."""
    circle = desk.course / "circle"
    (circle / "assignments").mkdir(parents=True)
    (circle / "assignments/beginner").symlink_to("beginner")
    assignment = assignments_in(desk.course)[0]
    yield "a link in a circle", str(answer_or_reason(circle, assignment))
    with pytest.raises(Refused) as refused:
        read_answer(desk.course, assignment, at="x" * 300)
    yield "a file that cannot be opened", str(refused.value).replace("x" * 300, "x…x")
    yield "the words for a status", "\n".join(f"{SYMBOL[status]} {WORD[status]}" for status in WORD)
    result = grade(desk.course, desk.workers, only=selection("01"))
    levels = [[None, "todo"], ["todo", "todo"], ["failed", None], [None, None]]
    told = [standing(_with_statuses(result.assignments[0], statuses)) for statuses in levels]
    yield "how far an assignment is", "\n".join(told)
    for changed in (("assignments/beginner/test_01_small.py",), tuple(f"autograder/{n}.py" for n in range(9))):
        provenance = msgspec.structs.replace(result.provenance, changed=changed)
        yield f"{len(changed)} changed", str(not_as_released(msgspec.structs.replace(result, provenance=provenance)))


def _with_statuses(one: AssignmentResult, statuses: list[str | None]) -> AssignmentResult:
    """The same assignment, its tasks with these statuses; None leaves one as it is."""
    pairs = zip(one.tasks, statuses, strict=True)
    tasks = tuple(task if status is None else msgspec.structs.replace(task, status=status) for task, status in pairs)
    return msgspec.structs.replace(one, tasks=tasks)


_IN_ITS_PLACE: dict[str, Callable[[Path], None]] = {
    "a folder": lambda file: file.mkdir(),
    "a link to elsewhere": lambda file: file.symlink_to("/etc/hostname"),
    "a pipe": lambda file: os.mkfifo(file),
}


def first_sentence(desk: Desk) -> str:
    """What grading says of the first task of 01."""
    result = grade(desk.course, desk.workers, only=selection("01.1"))
    return result.assignments[0].tasks[0].tests[0].message


def grades(desk: Desk) -> Told:
    """The table, and the sentence below it."""
    for title, text in {
        "all is right": RIGHT_01,
        "nothing is begun": GAPS_01,
        "one is passed": GAPS_01.replace('raise NotImplementedError("TODO 01.1: vjp_wrt_x")', "return A.T @ v"),
        "one is wrong": WRONG_01,
    }.items():
        with desk.holding(ANSWER, text):
            yield f"autograder grade, where {title}", desk.types("grade --isolation none --only 01")
    with desk.holding(ANSWER, WRONG_01):
        desk.types("grade --isolation none --markdown told.md --html told.html")
    yield "autograder grade --markdown", (desk.course / "told.md").read_text(encoding="utf-8")
    yield "autograder grade --html, its text", _text_of((desk.course / "told.html").read_text(encoding="utf-8"))


class _Text(HTMLParser):
    """What a page says, a line for each piece; what it draws and how it looks is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in _UNREAD

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in _UNREAD

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.lines += [line for part in data.splitlines() if (line := " ".join(part.split()))]


_UNREAD = ("style", "script", "svg")


def _text_of(page: str) -> str:
    text = _Text()
    text.feed(page)
    return "\n".join(text.lines)
