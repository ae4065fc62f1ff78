"""Sections of lessons, read for a page: all of the course's own, and what somebody else may put in one."""

import re
import time
from pathlib import Path

import pytest

from autograder.reports.section import TAGS, Mark, prose, section_of
from autograder.reports.told import Lesson

COURSE = Path(__file__).parents[3]
ITEM = re.compile(r"# (?:-|\d+\.) ")


def headings():
    paths = (path.relative_to(COURSE).as_posix() for path in sorted((COURSE / "lessons").glob("*/[0-9]*.py")))
    return [
        Lesson(line.removeprefix("# ## "), path)
        for path in paths
        for line in (COURSE / path).read_text(encoding="utf-8").splitlines()
        if line.startswith("# ## ")
    ]


def outside_code(marks):
    """The texts that are no code."""
    inside = 0
    for mark in marks:
        inside += {"code": 1, "pre": 1, "/code": -1, "/pre": -1}.get(mark.tag, 0)
        if not mark.tag and not inside:
            yield mark.text


def told(text):
    return "".join(f"<{mark.tag}>" if mark.tag else mark.text for mark in prose(text))


def test_no_mark_is_left_over_in_any_section_of_any_lesson():
    lessons = headings()
    assert len(lessons) > 150
    for lesson in lessons:
        pieces = section_of(COURSE, lesson)
        assert pieces, lesson
        for text in (text for piece in pieces if not piece.is_code for text in outside_code(piece.marks)):
            assert not re.search(r"\*\w|\w\*|`|__|\]\(|^\s*- ", text), (lesson, text)


def test_every_line_of_a_list_is_an_item_in_every_lesson():
    """A line with an item's sign in prose would be one too: none of them is."""
    items = 0
    for path in sorted((COURSE / "lessons").glob("*/[0-9]*.py")):
        text = path.read_text(encoding="utf-8")
        lessons = [
            Lesson(heading, path.relative_to(COURSE).as_posix()) for heading in re.findall("^# ## (.*)$", text, re.M)
        ]
        pieces = [piece for lesson in lessons for piece in section_of(COURSE, lesson)]
        found = sum(mark == Mark("li") for piece in pieces for mark in piece.marks)
        assert found == sum(ITEM.match(line) is not None for line in text.splitlines()), path
        items += found
    assert items > 40


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("a *word* and **two** of `code`", "<p>a <em>word</em> and <strong>two</strong> of <code>code</code></p>"),
        ("one:\n- a\n  b\n- c\n\nafter", "<p>one:</p><ul><li>a\nb</li><li>c</li></ul><p>after</p>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("so:\n\n    y = *x*  # 2 * 3\n\nor", "<p>so:</p><pre>y = *x*  # 2 * 3</pre><p>or</p>"),
        ("`__init__` and 2 * 3 * 4", "<p><code>__init__</code> and 2 * 3 * 4</p>"),
    ],
)
def test_paragraphs_lists_emphasis_and_code(text, marks):
    assert told(text) == marks


@pytest.mark.parametrize(
    "text",
    [
        "<script>ran = 1</script>",
        "[a](javascript:ran)",
        "![a](https://example.org/a.png)",
        "<https://example.org>",
        "https://example.org",
        "&lt;b&gt; &#60;",
        "[a]: https://example.org",
        "# heading",
        "> quoted",
        "| a | b |\n|---|---|",
        "---",
    ],
)
def test_nothing_else_is_read(text):
    assert told(text) == f"<p>{text}</p>"


@pytest.mark.parametrize("text", ["*" * 100_000, "*a " * 50_000, "- " * 50_000, "`a" * 50_000, "1. a\n  " * 20_000])
def test_a_hostile_lesson_is_read_in_bounded_time(text):
    started = time.monotonic()
    assert {mark.tag.lstrip("/") for mark in prose(text)} <= {"", *TAGS}
    assert time.monotonic() - started < 60  # a hang, where nesting is not bounded
