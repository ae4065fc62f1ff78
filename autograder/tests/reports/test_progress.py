"""The badge and the map for a student's own README."""

from xml.etree import ElementTree

import cmarkgfm
import msgspec
import pytest

from autograder.course import CourseError
from autograder.grading.result import to_json
from autograder.reports.badge import badge
from autograder.reports.progress_map import BEGIN, END, map_in
from autograder.tests.browser import barriers, browser, opened  # noqa: F401
from autograder.tests.made import IDS, a_result, a_task, an_assignment, of_a_whole_course, statuses
from autograder.tests.test_command import run

SVG = "{http://www.w3.org/2000/svg}"
HALF = statuses("pp pf oo po")
KEPT = "# Ada's course\r\n\r\n| a | table |\r\n"


def map_of(path, result=HALF):
    return map_in(path, result).decode()


def test_a_badge_tells_its_score_to_everybody_and_fetches_nothing():
    drawn = badge(HALF)
    svg = ElementTree.fromstring(drawn)
    title = svg.find(f"{SVG}title")
    assert title.text == "Gradients in PyTorch: 12 of 24 points"
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", title.get("id"))
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["gradients", "12 / 24"]
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "url(" not in drawn.replace("url(#round)", "")


@pytest.mark.parametrize(("result", "done"), [(statuses("oo"), 0), (HALF, 0.5), (statuses("pp"), 1), (a_result(), 0)])
def test_a_badge_has_a_bar_as_long_as_the_score(result, done):
    _, _, value, bar = ElementTree.fromstring(badge(result)).iter(f"{SVG}rect")
    assert float(bar.get("width")) == pytest.approx(done * float(value.get("width")), abs=0.1)


def test_a_badge_fits_its_text_and_can_be_read(browser, tmp_path):  # noqa: F811
    for result in (of_a_whole_course(lambda task: "passed"), statuses("o")):
        (tmp_path / "badge.svg").write_text(badge(result))
        (tmp_path / "page.html").write_text(
            f"<!doctype html><html lang=en><title>b</title><main><h1>b</h1>{badge(result)}</main></html>"
        )
        with opened(browser, tmp_path / "page.html") as seen:
            boxes = seen.page.locator("text, g > rect").evaluate_all(
                "(all) => all.map((o) => { const b = o.getBBox(); return {x: b.x, width: b.width}; })"
            )
            label, value, _, *texts = boxes
            for box, text in zip((label, value), texts, strict=True):
                assert box["x"] + 5 <= text["x"]
                assert text["x"] + text["width"] <= box["x"] + box["width"] - 5
            assert barriers(seen.page) == seen.requests == seen.complaints == []
        with opened(browser, tmp_path / "badge.svg") as seen:
            assert seen.requests == seen.complaints == []


def test_a_map_has_a_row_for_each_assignment_below_its_level(tmp_path):
    html = cmarkgfm.github_flavored_markdown_to_html(map_of(tmp_path / "MAP.md", of_a_whole_course(lambda _: "todo")))
    rows = ElementTree.fromstring(f"<map>{html.replace(BEGIN, '').replace(END, '')}</map>").findall(".//tbody/tr")
    told = ["".join(row.itertext()).split() for row in rows]
    assert [row[1] for row in told if row[0] == "○"] == IDS
    assert [row[0] for row in told if row[0] != "○"] == ["Beginner", "Intermediate", "Advanced", "Exercises"]


def test_a_map_tells_what_is_done_begun_and_not_begun(tmp_path):
    text = map_of(tmp_path / "MAP.md")
    assert "Gradients in PyTorch: **12 / 24 points**" in text
    signs = [line.split("|")[1].strip() for line in text.splitlines() if "Title of" in line]
    assert signs == ["✓", "◐", "○", "◐"]


def test_an_answer_that_is_there_is_linked(tmp_path):
    (tmp_path / "assignments/beginner").mkdir(parents=True)
    (tmp_path / "assignments/beginner/02.py").touch()
    text = map_of(tmp_path / "README.md")
    assert "| ◐ | [02 Title of 02](assignments/beginner/02.py) | 3 / 6 |" in text
    assert "| ✓ | 01 Title of 01 | 6 / 6 |" in text


def test_in_a_file_that_is_there_only_what_is_between_the_comments_is_replaced(tmp_path):
    path = tmp_path / "README.md"
    before, after = f"{KEPT}Write `{BEGIN}`:\r\n  ", "  \r\n\r\nThe end, without a line end"
    path.write_bytes(f"{before}{BEGIN}\r\nold map\r\n{END}{after}".encode())
    text = map_of(path)
    assert text.startswith(before + BEGIN)
    assert text.endswith(END + after)
    assert "old map" not in text
    assert "\n" not in text.replace("\r\n", "")
    path.write_bytes(text.encode())
    assert map_of(path) == text  # again, and nothing changes
    assert map_of(path, statuses("pp")) != text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"# mine\n", "has no place for the map"),
        (f"{BEGIN}\n".encode(), "must have the line"),
        (f"{END}\n{BEGIN}\n".encode(), "must have the line"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n".encode(), "must have the line"),
        ("Größe".encode("latin-1"), "is no text in UTF-8"),
    ],
    ids=["no comments", "no end", "wrong order", "twice", "another encoding"],
)
def test_a_file_without_a_place_for_the_map_stays_and_the_sentence_tells_the_cure(tmp_path, text, told):
    path = tmp_path / "README.md"
    path.write_bytes(text)
    with pytest.raises(CourseError, match=told):
        map_in(path, HALF)
    assert path.read_bytes() == text


def test_a_title_is_text(tmp_path):
    title = "a | b [c](https://example.org) <img src=x> @ada --> $x$"
    one = msgspec.structs.replace(an_assignment(a_task("01.1", "passed")), title=title)
    text = map_of(tmp_path / "MAP.md", a_result(one))
    html = cmarkgfm.github_flavored_markdown_to_html(text)
    assert "<img" not in html
    assert "<a " not in html
    assert html.count("<td") == 6


def test_the_command_writes_both_and_says_in_a_sentence_what_it_cannot(tmp_path):
    (tmp_path / "result.json").write_bytes(to_json(HALF))
    done = run("report", "result.json", "--badge", "badge.svg", "--map", "MAP.md", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "badge.svg").read_text() == badge(HALF)
    assert (tmp_path / "MAP.md").read_bytes() == map_in(tmp_path / "none.md", HALF)
    (tmp_path / "README.md").write_text("mine")
    done = run("report", "result.json", "--map", "README.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "README.md has no place for the map; put these two lines" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (tmp_path / "README.md").read_text() == "mine"


def test_nothing_is_written_that_was_not_asked_for(tmp_path):
    (tmp_path / "result.json").write_bytes(to_json(HALF))
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}\n")
    run("report", "result.json", "--badge", "badge.svg", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "badge.svg", "result.json"]
    assert (tmp_path / "README.md").read_text() == f"{BEGIN}\n{END}\n"
