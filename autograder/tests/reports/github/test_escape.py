"""Nothing of a student's is live: rendered by GitHub's own Markdown and by another's, and looked at."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.reports.github.escape import GAP, REPLACED, code, fenced, inert, loggable, one_line, unlinked, visible
from autograder.tests.reports.github.rendered import LIVE_TEXT, Remark, page

NASTY = [
    "@user", "@org/team", "#12", "GH-12", "JIRA-12", "owner/course#3", "owner/course@0123456789abcdef",
    "0123456789abcdef", "http://evil.example", "https://evil.example/#1", "www.evil.example", "a@evil.example",
    "mailto:a@evil.example", "ftp://evil.example", "xmpp:a@evil.example", "javascript:alert(1)", "://", "//", ":",
    ".", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href=//evil.example>", "<!--", "-->", "<",
    ">", "</", "</details>", "</summary>", "</td>", "</code>", "</pre>", "<http://evil.example>", "<a@evil.example>",
    "![x](http://evil.example/x.png)", "[x](http://evil.example)", "[x]", "[x]: http://evil.example", "[^1]",
    "[^1]: x", "[x][", "][y]", "](", "![", "```", "````", "~~~", "`", "``", "|", "|---|", "\\", "\\`", "\\|", "*",
    "**", "_", "~~", "\n", "\n\n", "\r", "\r\n", "\t", "    ", "- ", "+ ", "1. ", "1)", "# ", "> ", "> [!NOTE]",
    "***", "---", "===", "[ ]", "&#64;user", "&commat;user", "&lt;script&gt;", "&amp;", "&", ";", "$x$", "$$",
    "$`x`$", ":smile:", "::error::x", "::set-output name=x::y", "##[error]x", "##[", "::", "\u202e", "\u2066",
    "\u200b", "\u200d", "\ufeff", "\u2028", "\x85", "\x00", "\x1b[31m", "\x0b", "\x0c", "\x7f", "\U000e0041",
    "\ue000", "é", "∂", "𝟙", "x", "word", "a b", "7", "2026",
]  # fmt: skip
hostile = st.lists(st.sampled_from(NASTY) | st.text(max_size=3) | st.text(alphabet="`~|\\@#:<&[]()!", max_size=6)).map(
    "".join
)
checked = settings(deadline=None, max_examples=300)
NO_TAGS = {"p", "span"}


@pytest.fixture(scope="module")
def remark(npm: Path) -> Iterator[Remark]:
    read = Remark(npm)
    yield read
    read.close()


def assert_dead(markdown: str, allowed: set[str]) -> str:
    """No element but `allowed` and no live text; the text that is shown."""
    read = page(markdown)
    assert read.tags <= allowed, read.elements
    assert read.comments == []
    assert not LIVE_TEXT.search(read.filtered), read.filtered
    return read.text.replace(GAP, "")


@given(hostile)
@checked
@example("a&#64;b.example")
def test_inert_text_is_shown_as_it_is_and_nothing_in_it_is_live(text):
    assert assert_dead(inert(text), NO_TAGS).strip("\n") == one_line(text)


@given(hostile, hostile)
@checked
def test_inert_text_stays_in_its_cell(one, other):
    table = f"| a | b |\n|---|---|\n| {inert(one)} | {inert(other)} |\n"
    shown = assert_dead(table, {"table", "thead", "tbody", "tr", "th", "td", "span"})
    assert [tag for tag, _ in page(table).elements].count("td") == 2
    assert [line for line in shown.split("\n") if line][2:] == [one for one in (one_line(one), one_line(other)) if one]


@given(hostile)
@checked
def test_inert_text_stays_in_its_summary(text):
    block = f"<details><summary><b>01.1</b> {inert(text)}: failed</summary>\n\nbody\n\n</details>\n"
    shown = assert_dead(block, {"details", "summary", "b", "p", "span"})
    assert shown.split("\n")[0] == f"01.1 {one_line(text)}: failed"


@given(hostile)
@checked
@example("```\n\n````\n@user")
def test_a_fence_cannot_be_ended_from_inside(text):
    markdown = f"<details><summary>s</summary>\n\n{fenced(text)}\n\n</details>\n\nafter\n"
    read = page(markdown)
    assert [tag for tag, _ in read.elements] == ["details", "summary", "pre", "code", "p"]
    assert read.filtered.split() == ["s", "after"]
    assert visible(text).strip("\n") in read.text


@given(hostile)
@checked
def test_code_cannot_be_ended_from_inside(text):
    shown = assert_dead(f"see {code(text)} there", {"p", "code"})
    assert shown.startswith("see ")
    assert shown.endswith(" there\n")
    assert page(f"| a |\n|---|\n| {code(text)} |\n").text.count("\n") == page("| a |\n|---|\n| b |\n").text.count("\n")


@given(hostile)
@settings(checked, max_examples=150)
def test_another_reader_with_githubs_mentions_finds_nothing_live_either(remark, text):
    live = {"link", "image", "html", "linkReference", "imageReference", "footnoteReference", "definition"}
    for markdown in (f"word {inert(text)} word", f"| a |\n|---|\n| {inert(text)} |", fenced(text), f"w {code(text)} w"):
        found = [node for node in remark.nodes(markdown) if node[0] in live and node[1] not in ("<span>", "</span>")]
        assert found == [], markdown


def test_the_two_readers_see_what_is_live(remark):
    """Else the tests above would prove nothing."""
    for text in ("@user", "&#64;user", "#12", "GH-12", "owner/course#3", "0123456789abcdef", "http://evil.example"):
        assert "link" in [kind for kind, _ in remark.nodes(f"word {text} word")], text
    for text in ("http://evil.example", "www.evil.example", "a&#64;evil.example", "[x](http://evil.example)"):
        assert "a" in page(text).tags, text
    for text in ("@user", "&#64;user", "#12", "GH-12", "0123456789abcdef", ":smile:"):
        assert LIVE_TEXT.search(page(text).filtered), text
    assert "img" in page("![x](y)").tags
    assert "script" in page("<script>x</script>").tags


@given(hostile)
@checked
def test_text_for_places_without_markdown_has_no_mention_and_no_address(text):
    shown = unlinked(text)
    assert not re.search(r"@\w|#\w|[a-z]://|\bwww\.|mailto:\S", shown.replace("mailto:" + GAP, ""), re.IGNORECASE)
    assert shown.replace(GAP, "") == visible(text)


@given(hostile)
@checked
def test_what_is_not_seen_is_replaced(text):
    shown = visible(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", shown)
    assert visible(shown) == shown


def test_two_dollars_are_no_formula():
    read = page(inert("$x$ costs $5"))
    assert [tag for tag, _ in read.elements].count("span") == 3
    assert "$" not in re.sub("<span>&#36;</span>", "", inert("$x$ costs $5"))


def test_accents_formulas_and_indentation_are_left_alone():
    text = "é ∂f/∂x = vᵀJ\n    x = 𝟙\n\ty"
    assert visible(text) == text
    assert visible("a\u202eb\x1b[0m") == f"a{REPLACED}b{REPLACED}[0m"


@given(hostile)
@checked
@example("::::error::x###[[group]")
def test_no_line_of_the_log_is_a_command(text):
    """The runner takes ``::name`` at a line's start, and ``##[name]`` anywhere in it."""
    line = loggable(text)
    assert len(line.splitlines()) <= 1
    assert "::" not in line
    assert "##[" not in line
