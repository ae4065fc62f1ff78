"""Every message a student can meet, as it reads today: words.txt beside this, which somebody has read aloud.

Each one is provoked, not copied. Where the wording is meant to change, take the new one and read it:

    ACCEPT_WORDS=1 pytest autograder/tests/test_words.py && git diff autograder/tests/words.txt

A second test looks for sentences in the code that no message here shows.
"""

import difflib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from autograder.course import selection
from autograder.gradients.mistakes import GENERAL
from autograder.grading.cures import cure
from autograder.grading.grade import grade
from autograder.reports.table import show
from autograder.sandbox.limits import Limits
from autograder.sandbox.workers import Workers, open_workers
from autograder.tests.grading.test_cures import PROVOKED
from autograder.tests.words import commands, failures, templates, watching

WORDS = Path(__file__).with_name("words.txt")
ACCEPT = "ACCEPT_WORDS"
QUICK = Limits(cpu=2.0, wall=30.0, memory=256 << 20)
IMPATIENT = Limits(cpu=5.0, wall=3.0)
VOLATILE = (
    (r"\d\d:\d\d:\d\d", "HH:MM:SS"),
    (r"in \d+\.\d s", "in N s"),
    (r"(The report is) .*", r"\1 PAGE"),
    (r"^\d+ more tasks", "N more tasks"),
    (r"autograder-\w{8}", "autograder-XXXXXXXX"),
    (r"\n *[~^]+(?=\n)", ""),  # below a line of a traceback, as each version of Python has it
    (r"isolation (sandbox|process)", "isolation LEVEL"),
)
COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "COLUMNS")
# Sentences that no student's doing brings about here, and why.
NOT_PROVOKED = {
    "posting needs": "GitHub's workflow reads it",
    "autograder/reports/github/requirements.txt": "GitHub's workflow reads it",
    "a finite number": "every check tells what is expected",
    "must be an ordinary dense tensor": "no such tensor leaves the process of the answer",
    "is not a Python file": "a test file's name ends in .py",
    "a process that grades was ended by the system": "test_pool ends one",
    "the process that grades ends again and again": "test_ahead lets three end",
    "the assert statements of tests": "Python is run in another way",
    "stands in for the package": "Python is run in another way",
    "unset PYTHONPATH": "Python is run in another way",
}


def failing(folder: Path, workers: Workers) -> Iterator[tuple[str, str]]:
    """The message of each answer that fails."""
    cases = failures.write_course(folder)
    numbers = sorted({task.split(".")[0] for task in cases})
    with open_workers("auto", IMPATIENT, warm=["torch"]) as impatient:
        waited = grade(folder, impatient, only=selection(numbers[-1]))
    result = grade(folder, workers, only=selection(",".join(numbers[:-1])))
    for assignment in (*result.assignments, *waited.assignments):
        for task in assignment.tasks:
            status = task.status.replace("todo", "to do")
            yield f"{cases[task.id].title} ({status})", unnumbered(task.tests[0].message)
    out = io.StringIO()
    show(result, Console(file=out, width=130))
    yield "what is left to tell below the table", "\n".join(re.findall(r"^\d+ more tasks.*$", out.getvalue(), re.M))


def unnumbered(message: str) -> str:
    """Without the numbers that change when a case is put before it."""
    message = re.sub(r"\b0[1-9]\.\d+\b(?= )|(?<=-k )0[1-9]\.\d+", "01.1", message)
    return re.sub(r"your line \d+", "your line N", re.sub(r"\bf\d{3}\b", "f", message))


def cures() -> Iterator[tuple[str, str]]:
    """torch's own words, and ours below them."""
    for provoke in PROVOKED:
        with pytest.raises((RuntimeError, AttributeError, TypeError)) as error:
            provoke()
        first = str(error.value).splitlines()[0]
        yield f"torch: {provoke.__name__.replace('_', ' ')}", f"{first}\n  cure    {cure(str(error.value))}"


@pytest.fixture
def told(tmp_path, course, monkeypatch, capfd) -> dict[str, str]:
    """All messages by what provokes them; what differs from run to run is replaced."""
    for variable in COLOURS:
        monkeypatch.delenv(variable, raising=False)
    with open_workers("auto", QUICK) as workers:
        if workers.isolation != "sandbox":
            (pytest.fail if os.environ.get("CI") else pytest.skip)(
                f"the words are those of the sandbox: {workers.notice}"
            )
        desk = commands.Desk(course, workers, monkeypatch, capfd)
        found = [*failing(tmp_path / "failing", workers), *cures(), *typed(desk)]
        with desk.holding(commands.ANSWER, commands.WRONG_01):
            result = grade(course, workers, only=selection("01.2"))
    found += [(f"likely: {one.name}", "\n".join(filter(None, (one.hint, one.hint_by_hand)))) for one in GENERAL]
    found += [*watching.sentences(course, result), *watching.happenings(course, result)]
    told = {title: steady(text, course) for title, text in found}
    titles = [title for title, _ in found]
    assert not [title for title in told if titles.count(title) > 1], "two messages have one title"
    return told


def typed(desk: commands.Desk) -> Iterator[tuple[str, str]]:
    """What commands say."""
    for command in (
        commands.names,
        commands.maps,
        commands.told_hints,
        commands.run_lessons,
        commands.broken_files,
        commands.beside,
        commands.grades,
    ):
        yield from command(desk)


def steady(text: str, course: Path) -> str:
    text = text.replace(str(course.resolve()), "COURSE").replace(str(course), "COURSE")
    for pattern, instead in VOLATILE:
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def test_every_message_reads_as_it_was_read(told):
    now = "\n\n".join(f"== {title}\n{text}" for title, text in told.items()) + "\n"
    if os.environ.get(ACCEPT):
        WORDS.write_text(now, encoding="utf-8")
    known = WORDS.read_text(encoding="utf-8") if WORDS.exists() else ""
    if changed := list(
        difflib.unified_diff(known.splitlines(), now.splitlines(), "words.txt", "now", n=3, lineterm="")
    ):
        how = f"read the new words; where they are better: {ACCEPT}=1 pytest autograder/tests/{Path(__file__).name}"
        pytest.fail("\n".join([how, *changed]), pytrace=False)


def test_every_sentence_of_the_code_is_among_the_messages():
    known = " ".join(WORDS.read_text(encoding="utf-8").split())
    unseen = [(place, text) for place, text in templates.sentences() if text not in known]
    idle = [one for one in NOT_PROVOKED if not any(one in text for _, text in unseen)]
    assert idle == [], "no sentence needs these excuses any more"
    untold = [f"{place}: {text}" for place, text in unseen if not any(one in text for one in NOT_PROVOKED)]
    if untold:
        how = "provoke these in autograder/tests/words, or say in NOT_PROVOKED why not:"
        pytest.fail("\n".join([how, *untold]), pytrace=False)
