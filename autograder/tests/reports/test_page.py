"""The page of a result in a real browser: what comes first, on a phone and a laptop, by day and by night."""

import re
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from autograder.grading.result import to_json
from autograder.reports.page import lesson_of, page, way_to
from autograder.reports.picture import CELL
from autograder.reports.table import console, show
from autograder.tests.browser import PHONE, barriers, browser, opened, overflow  # noqa: F401
from autograder.tests.made import IDS, a_result, a_task, a_test, an_assignment, of_a_whole_course, statuses
from autograder.tests.reports.pictures import LARGE, PICTURED, compared
from autograder.watch.work import Verdict

LAPTOP, A4 = (1280, 800), (720, 1040)
MESSAGE = """{task} the gradient with respect to x is wrong
  claim   row i, column j is the slope of output i along input j
  call    full_jacobian(f=tanh(Wx+b), x=[0.0, 1.0], v=[1.0])
  with    tanh(Wx+b) where W=[[1.0, 2.0]], b=[0.5]
  [0, 1]: yours 2.0, expected 1.0
  autograd and finite differences agree on what is expected
  likely  twice the gradient by habit: no factor 2 here
  lesson  A slope by hand, in lessons/beginner/01_basic_scalar_backward.py
  again   pytest assignments -k {task}"""
LESSON = f"""# %% [markdown]
# ## Before
# no
# %% [markdown]
# ## A slope by hand
# Rise over run, as in `f(x)`.
#
# Another <b>paragraph</b> of *two*:
# - one
# - [two](javascript:window.ran)

# %%
slope = (f(1.0) - f(0.0)) / 1.0{" # long" * 40}

# %% [markdown]
# ## After
# no
"""
HOSTILE = [
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "javascript:window.ran = 1",
    "</pre></details></style></svg><svg onload='window.ran = 1'>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt;",
    "' onmouseover='window.ran = 1",
]
CONTROLS = "\x00\x07\x1b[31m\u202e\u2066\x9f"
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
CHANNELS = "(one) => getComputedStyle(one).fill.match(/[0-9.]+/g).map(Number)"


def failed(task, **others):
    return a_test("failed", MESSAGE.format(task=task), output="printed\n" * 3, **others)


def half_done(task):
    """The first assignments are right, some tests of the next are wrong in each way there is, others are to do."""
    number = IDS.index(task.split(".")[0])
    pictures = list(PICTURED.values())
    if number < 6 or (task.endswith(".1") and number < 9):
        return "passed"
    if number < 6 + len(pictures):
        return failed(task, comparison=pictures[number - 6])
    return a_test(["todo", "error", "timeout"][number % 3], f"{task} NameError: name 'y' is not defined")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The page of a whole course in which every kind of picture is."""
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(page(of_a_whole_course(half_done), "course"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """The page of a few assignments in which everything is that a page can have."""
    result, file = of_a_whole_course(half_done), tmp_path_factory.mktemp("some") / "page.html"
    chosen = [one for one in result.assignments if one.id in ("01", "07", "08", "11", "12", "17", "18", "19", "E1")]
    file.write_text(page(a_result(*chosen), "course"), encoding="utf-8")
    return file


def written(result, folder, to_course=None):
    (folder / "page.html").write_text(page(result, to_course), encoding="utf-8")
    return folder / "page.html"


@pytest.mark.parametrize(("size", "dark"), [(PHONE, True), (LAPTOP, False)])
def test_it_asks_for_nothing_keeps_nobody_out_and_fits_its_window(browser, whole, some, size, dark):  # noqa: F811
    for file in (whole, some):
        with opened(browser, file, size=size, dark=dark) as seen:
            assert overflow(seen.page) == 0
            seen.page.evaluate(UNFOLD)
            assert overflow(seen.page) == 0
            assert seen.page.locator("figure svg").count() >= (3 * len(PICTURED) - 1 if file is whole else 9)
            assert seen.requests == seen.complaints == []
            if file is some:  # it looks at every element, and one of a kind will do
                assert barriers(seen.page) == []


def test_score_next_and_what_failed_come_first_and_need_no_script(browser, whole):  # noqa: F811
    with opened(browser, whole, size=PHONE, script=False) as seen:
        first = seen.page.locator("details.task").first
        places = [seen.page.locator("h1"), seen.page.locator(".next"), first, seen.page.locator(".map").first]
        tops = [place.bounding_box()["y"] for place in places]
        assert tops == sorted(tops)
        assert tops[2] < PHONE[1] / 2  # in sight, before anything is touched
        assert " ".join(seen.page.locator("h1").inner_text().split()) == "63 / 261 points"
        assert first.locator(".headline").first.is_visible()
        assert first.locator("svg").first.is_visible()
        assert not seen.page.locator("details.task").nth(1).locator(".headline").first.is_visible()
        assert seen.page.locator("script, link, img, iframe, object").count() == 0


def test_the_map_leads_to_each_assignment_and_a_task_to_what_failed(browser, whole):  # noqa: F811
    with opened(browser, whole) as seen:
        tiles = [" ".join(tile.split()) for tile in seen.page.locator(".map a").all_text_contents()]
        assert [tile.split()[0] for tile in tiles] == IDS
        assert tiles[0] == "01 ✓ Title of 01 9 / 9 points, done"
        assert tiles[6] == "07 ✗ Title of 07 3 / 9 points, to mend"
        assert tiles[18] == "19 Title of 19 0 / 9 points, not begun"
        for link in seen.page.locator("a[href^='#']").all():
            assert seen.page.locator(f"[id='{link.get_attribute('href')[1:]}']").count() == 1
        seen.page.locator("article a", has_text="07.2 gap").click()
        fold = seen.page.locator("[id='t07.2']")
        assert fold.is_visible()
        assert fold.bounding_box()["y"] < LAPTOP[1]
        assert [h.split()[0] for h in seen.page.locator("main > section > h2").all_inner_texts()[1:]] == [
            "Beginner", "Intermediate", "Advanced", "Exercises",
        ]  # fmt: skip


def test_a_task_folds_and_unfolds_by_key(browser, whole):  # noqa: F811
    with opened(browser, whole) as seen:
        fold = seen.page.locator("details.task").nth(1)
        seen.page.locator("details.task summary").first.focus()
        for _ in range(40):
            seen.page.keyboard.press("Tab")
            if seen.page.evaluate("document.activeElement.closest('details.task')?.id") == fold.get_attribute("id"):
                break
        seen.page.keyboard.press("Enter")
        assert fold.locator(".headline").first.is_visible()
        seen.page.keyboard.press("Space")
        assert not fold.locator(".headline").first.is_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_every_number_in_a_picture_can_be_read(browser, whole, dark):  # noqa: F811
    """axe-core does not look into drawings."""
    with opened(browser, whole, dark=dark) as seen:
        seen.page.evaluate(UNFOLD)
        cell = luminance(seen.page.locator("svg text:not([class])").first.evaluate(CHANNELS))
        shades = [f"{sign}{size}" for sign in "pn" for size in range(1, 5)]
        shown = {}
        for shade in [*shades, "zero", "odd"]:
            found = seen.page.locator(f"svg path.{shade}").first.evaluate(CHANNELS)
            shown[shade] = tuple(found)
            ratio = contrast(cell, luminance(found))
            assert ratio >= 4.5, f"{shade}: {ratio:.2f}"
        assert len(set(shown.values())) == len(shown)


WIDE = [-0.0625, -10.375, 1.26e-10, -1.9e300, 8.0e-308, -np.inf]
NARROW = """(all) => all.map((one) => [one.textContent, one.getBBox(), one.ownerSVGElement.viewBox.baseVal])
    .filter(([_, box, whole]) => box.x < 0 || box.x + box.width > whole.width || box.width > BOX)
    .map(([text, box, whole]) => `${text}: ${box.x} to ${box.x + box.width} of ${whole.width}`)"""


def test_a_number_stays_within_its_cell_and_its_picture(browser, tmp_path):  # noqa: F811
    shapes = [np.reshape(WIDE, (2, 3)), WIDE, np.resize(WIDE[:3], 20), np.resize(WIDE[3:], 20)]
    tests = [
        a_test("failed", f"01.1 {k}", comparison=compared(one, np.zeros_like(one))) for k, one in enumerate(shapes)
    ]
    with opened(browser, written(a_result(an_assignment(a_task("01.1", *tests))), tmp_path)) as seen:
        seen.page.evaluate(UNFOLD)
        assert seen.page.locator("svg text:not([class])").count() == 4 * 6
        assert seen.page.locator("svg text:not([class])").evaluate_all(NARROW.replace("BOX", str(CELL[0] - 2))) == []
        assert seen.page.locator("svg text[class]").evaluate_all(NARROW.replace("BOX", "Infinity")) == []


def luminance(channels):
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels[:3]]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def hostile(number, text):
    """An assignment in which a student's text stands wherever one can."""
    id = f"{number:02}"
    message = MESSAGE.format(task=f"{id}.1").replace("[1.0]", text).replace("twice", text)
    raised = f"{id}.2 {text}: {text}  (your line 3: {text})\n  claim   {text}\n  {text}"
    wrong = a_test("failed", message, output=text, claim=text, name=text, comparison=compared([2.0], [1.0], text))
    tests = a_test("error", raised, claim=text), a_test("failed", text, claim=text)
    return an_assignment(a_task(f"{id}.1", wrong, name=text), a_task(f"{id}.2", *tests, name=text))


def test_what_a_student_wrote_is_text_and_runs_nothing(browser, tmp_path):  # noqa: F811
    texts = [*HOSTILE, CONTROLS, "x" * 5000, "\N{HEBREW LETTER ALEF}" * 50]
    file = written(a_result(*(hostile(*one) for one in enumerate(texts, 1))), tmp_path, "course")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", file.read_text("utf-8"))
    with opened(browser, file, size=PHONE) as seen:
        page = seen.page
        page.evaluate(UNFOLD)
        page.mouse.move(200, 300)
        for text in texts:
            told = text[:60] if text != CONTROLS else r"\x00\x07\x1b[31m\u202e\u2066\x9f"
            assert page.locator(".headline", has_text=told).count() >= 2
            assert page.locator("summary", has_text=told).count() >= 2
            assert page.locator("pre", has_text=told).count() >= 2
        assert overflow(page) == 0
        links = page.locator("a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
        assert all(link.startswith(("#", "course/lessons/")) for link in links)
        assert page.locator("script, img, iframe, object, embed, link").count() == 0
        assert page.locator("style").count() == 1
        handlers = "[...document.querySelectorAll('*')].filter((e) => e.getAttributeNames().some((n) => /^on/.test(n)))"
        assert page.evaluate(f"{handlers}.length") == 0
        assert page.evaluate("window.ran") is None
        assert seen.requests == seen.complaints == []


def test_a_script_or_style_that_is_not_its_own_would_not_run(browser, whole, tmp_path):  # noqa: F811
    """The page's policy is a second wall behind the escaping."""
    inserted = "<script>window.ran = 1</script><img src='https://example.org/a.png'><p style='color: red' onclick='1'>"
    file = tmp_path / "broken.html"
    file.write_text(whole.read_text("utf-8").replace("</main>", f"{inserted}</main>"), encoding="utf-8")
    with opened(browser, file) as seen:
        assert seen.page.evaluate("window.ran") is None
        assert sum("Content Security Policy" in said for said in seen.complaints) >= 3


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (11, "more messages of this task are in the JSON of the result"),
        (1, "This page has no room for one more picture"),
    ],
)
def test_a_whole_course_in_which_all_is_wrong_stays_under_a_megabyte(lines, missing):
    """However much there is to tell: five tests a task, the longest messages or all pictures, all to be escaped."""
    picture = compared(-LARGE[:6, :5], LARGE[:6, :5])
    more = "\n".join(f"  {'<' * 218}" for _ in range(lines))

    def task(id):
        tests = [
            a_test("failed", f"{id} {k}\n{more}", output="&" * 65536, comparison=picture, name=f"t{k}", claim="c" * 110)
            for k in range(5)
        ]
        return a_task(id, *tests)

    result = a_result(*(an_assignment(*(task(f"{id}.{k}") for k in (1, 2, 3))) for id in IDS))
    assert len(to_json(result)) > 20_000_000
    shown = page(result)
    assert len(shown.encode()) < 1_000_000
    assert missing in shown
    assert shown.count('class="headline"') >= 3 * 29  # of each task something is told
    assert shown.count("what your code printed</summary>") >= 2


@pytest.mark.parametrize(("written", "told"), [(3_000, 3_000), (4_000, 4_000), (5_000, 4_000)])
def test_what_was_printed_is_shown_whole_or_said_to_be_cut(written, told):
    failing = a_test("failed", MESSAGE.format(task="01.1"), output="~" * written)
    shown = page(a_result(an_assignment(a_task("01.1", failing))))
    assert max(map(len, re.findall("~+", shown))) == told
    assert ("The first 4000 characters; the JSON of the result has more." in shown) is (told < written)


def test_a_lessons_section_is_on_the_page_and_its_file_is_a_link_from_there(browser, tmp_path):  # noqa: F811
    course, file = tmp_path / "my course", tmp_path / "out/page.html"
    lesson = course / "lessons/beginner/01_basic_scalar_backward.py"
    for folder in (lesson.parent, file.parent):
        folder.mkdir(parents=True)
    lesson.write_text(LESSON, encoding="utf-8")
    result = a_result(an_assignment(a_task("01.1", failed("01.1")), a_task("01.2", failed("01.2"))))
    file.write_text(page(result, way_to(course, file), course), encoding="utf-8")
    with opened(browser, file, size=PHONE) as seen:
        named = seen.page.locator("main").get_by_role("link", name="A slope by hand").first
        seen.page.locator(named.get_attribute("href")).wait_for()
        section = seen.page.locator("article", has=seen.page.get_by_role("heading", name="A slope by hand"))
        assert section.count() == 1  # though two tasks name it
        assert section.locator("p").all_inner_texts()[1:] == [
            "Rise over run, as in f(x).",
            "Another <b>paragraph</b> of two:",
        ]
        assert section.locator("em").all_inner_texts() == ["two"]
        assert section.locator("li").all_inner_texts() == ["one", "[two](javascript:window.ran)"]
        assert section.locator("code").all_inner_texts() == ["f(x)"]
        assert section.locator("pre").all_inner_texts() == ["slope = (f(1.0) - f(0.0)) / 1.0" + " # long" * 40]
        assert section.locator("pre").evaluate(
            "(one) => one.scrollWidth <= one.clientWidth"
        )  # no comment is out of sight
        path = section.get_by_role("link").evaluate("(one) => one.href")
        assert unquote(urlsplit(path).path) == str(lesson)
        assert overflow(seen.page) == 0
        assert barriers(seen.page) == seen.requests == seen.complaints == []


def test_without_lessons_there_are_no_links_to_them(tmp_path):
    result = statuses_with(failed("01.1"))
    assert way_to(tmp_path, tmp_path / "page.html") is None
    for text in (page(result), page(result, None, tmp_path)):
        assert "A slope by hand, in lessons/beginner/01_basic_scalar_backward.py" in " ".join(text.split())
        assert 'href="lessons' not in text
        assert "From the lessons" not in text


@pytest.mark.parametrize("text", ["", "# ## Another heading\n", "# ## A slope by hand", "#" * 300_000, "\udcff"])
def test_a_lesson_without_the_section_is_only_named(tmp_path, text):
    lesson = tmp_path / "lessons/beginner/01_basic_scalar_backward.py"
    lesson.parent.mkdir(parents=True)
    lesson.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "From the lessons" not in page(statuses_with(failed("01.1")), "..", tmp_path)


def statuses_with(test):
    return a_result(an_assignment(a_task("01.1", test)))


def test_an_exercise_has_no_lesson():
    assert lesson_of(an_assignment(a_task("E1.1", "passed"), level="exercises")) == ""
    assert lesson_of(an_assignment(a_task("01.1", "passed"))) == "lessons/beginner/01.py"


@pytest.mark.parametrize(
    ("result", "told", "untold"),
    [
        (statuses("pp"), ["6 / 6 points", "All that was graded is passed."], ["What failed", "Look here"]),
        (statuses("oo oo"), ["0 / 12 points", "A fresh start. Next: 01.1 gap", "4 to do"], ["What failed", "failed"]),
        (statuses("po"), ["Nothing is wrong so far. Next: 01.2 gap"], ["What failed"]),
        (statuses("op f"), ["Look here next: 02.1 gap", "1 task", "1 to do"], ["Next: 01.1"]),
        (a_result(an_assignment(a_task("24.2", "passed"), level="advanced")), ["1 assignment", "3 / 3"], ["Beginner"]),
    ],
    ids=["all right", "fresh", "begun", "what failed comes before what is to do", "one task alone"],
)
def test_every_result_has_a_page_that_makes_sense(browser, tmp_path, result, told, untold):  # noqa: F811
    with opened(browser, written(result, tmp_path), size=PHONE) as seen:
        body = " ".join(seen.page.locator("body").inner_text().split())
        assert all(words in body for words in told)
        assert not any(words in body for words in untold)
        assert overflow(seen.page) == 0


def test_a_file_that_does_not_load_is_told_once(browser, tmp_path):  # noqa: F811
    reason = "assignments/beginner/01.py:3 cannot be loaded: SyntaxError: invalid syntax; mend that line."
    tests = a_test("error", reason), a_test("error", reason, name="other")
    result = a_result(an_assignment(a_task("01.1", *tests), a_task("01.2", *tests), a_task("01.3", *tests)))
    with opened(browser, written(result, tmp_path)) as seen:
        assert seen.page.get_by_text(reason).locator("visible=true").count() == 1
        assert "3 tasks" in seen.page.locator("#failed").inner_text()
        for id in ("01.1", "01.2", "01.3"):
            assert seen.page.locator("article a", has_text=id).get_attribute("href") == "#t01.1"


def test_where_the_students_code_raised_is_shown_with_its_line(browser, tmp_path):  # noqa: F811
    raised = a_test(
        "error", "01.1 ZeroDivisionError: division by zero  (your line 12: return 1 / (x - x))\n  claim   c"
    )
    with opened(browser, written(statuses_with(raised), tmp_path)) as seen:
        assert seen.page.locator(".headline").inner_text() == "ZeroDivisionError: division by zero"
        assert seen.page.get_by_text("assignments/beginner/01.py:12").count() == 1
        assert seen.page.locator("pre", has_text="return 1 / (x - x)").count() == 1


def test_on_paper_all_is_there_and_nothing_is_cut(browser, whole):  # noqa: F811
    with opened(browser, whole, size=A4) as seen:
        seen.page.emulate_media(media="print")
        assert overflow(seen.page) == 0
        shown = seen.page.locator("details.task .headline").evaluate_all("(all) => all.map((o) => o.checkVisibility())")
        assert shown
        assert all(shown)
        cut = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
        assert seen.page.locator("pre").evaluate_all(cut) == 0


def test_the_first_test_that_is_not_passed_is_told_first_whatever_came_of_the_others(browser, tmp_path):  # noqa: F811
    """Tests are in the order of teaching: a plain failure may say more than the error after it."""
    tests = "passed", a_test("failed", "01.1 missing: weight"), a_test("error", "01.1 RuntimeError: dtype", name="b")
    result = a_result(an_assignment(a_task("01.1", *tests)))
    with opened(browser, written(result, tmp_path)) as seen:
        assert seen.page.locator(".headline").all_text_contents() == ["missing: weight", "RuntimeError: dtype"]
    with (out := console()).capture() as caught:
        show(result, out)
    assert "missing: weight" in caught.get()
    assert "RuntimeError" not in caught.get()
    assert Verdict(result.assignments[0], 1).message == "01.1 missing: weight"
