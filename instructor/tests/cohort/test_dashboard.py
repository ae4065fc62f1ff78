"""The page about a class, in a real browser: it loads nothing, runs nothing of a student's, and keeps nobody out."""

import csv
import random
import re
import sys

import pytest

from autograder.tests.browser import A4_ACROSS, LAPTOP, PHONE, barriers, browser, opened, overflow  # noqa: F401
from autograder.tests.conftest import sandboxed  # noqa: F401
from autograder.tests.made import IDS, a_result, a_task, a_test, an_assignment, of_a_whole_course, statuses
from instructor.cohort.dashboard import LINE, MOST_TOLD, told, write_dashboard
from instructor.cohort.export import rows_of, write_plain
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.store import RESULTS, Store
from instructor.command import main
from instructor.tests.cohort.made import keep
from instructor.tests.cohort.test_run import run

HOSTILE = [
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "javascript:window.ran = 1",
    "</script></style></pre><svg onload='window.ran = 1'>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt;",
    "' onmouseover='window.ran = 1",
]
CONTROLS = "\x00\x07\x1b[31m\u202e\x9f"


def tried(drawn, ability):
    """A test that is passed as often as `ability` says."""

    def test(task):
        status = drawn.choices(["passed", "failed", "error", "timeout"], [ability, 0.6 - ability / 2, 0.05, 0.02])[0]
        message = (
            "" if status == "passed" else f"{task} the gradient is wrong\n  call    f(x=0.1)\n  yours 1, expected 2"
        )
        mistake = drawn.choice(["twice", "transposed", None]) if status == "failed" else None
        return a_test(status, message, misconception=mistake, seconds=drawn.random())

    return test


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A class of six on a whole course; one has done nothing, one everything."""
    folder, drawn = tmp_path_factory.mktemp("class"), random.Random(0)
    results = {
        f"s{number:02}": of_a_whole_course(tried(drawn, number / 5), no_file=drawn.sample(IDS, 2))
        for number in range(1, 5)
    }
    results["zero"] = of_a_whole_course(lambda task: "todo")
    results["all"] = of_a_whole_course(lambda task: "passed")
    with keep(folder, results) as store:
        write_dashboard(store, [], folder / "page.html")
    return folder / "page.html"


def dashboard(folder, results, people=()):
    with keep(folder, results) as store:
        write_dashboard(store, list(people), folder / "page.html")
    return folder / "page.html"


def column(page, number):
    return page.locator(f"#students tbody tr > :nth-child({number})").all_inner_texts()


def unfold(page):
    """Open every part of the page that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize(("size", "dark"), [(LAPTOP, True), (PHONE, False)])
def test_it_asks_for_nothing_complains_of_nothing_and_keeps_nobody_out(browser, page, size, dark):  # noqa: F811
    with opened(browser, page, size=size, dark=dark) as seen:
        unfold(seen.page)
        assert barriers(seen.page) == []
        assert overflow(seen.page) == 0
        assert seen.requests == seen.complaints == []


def test_what_students_write_is_text_and_runs_nothing(browser, tmp_path):  # noqa: F811
    results, people = {}, []
    for number, text in enumerate([*HOSTILE, CONTROLS]):
        wrong = a_test("failed", f"01.1 ValueError: {text}\n  yours {text}", misconception=text, claim=text)
        broken = a_test("error", f"assignments/beginner/02.py:1 cannot be loaded: {text}")
        results[f"{number} {text.replace(chr(0), '')}"] = a_result(
            an_assignment(a_task("01.1", wrong, a_test("timeout", text, name="other", claim=text), name=text)),
            an_assignment(a_task("02.1", broken)),
        )
    people = [Person(id, first_name=id, last_name=text) for id, text in zip(results, [*HOSTILE, CONTROLS], strict=True)]
    file = dashboard(tmp_path, results, [*people, Person("absent", HOSTILE[0])])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", file.read_text(encoding="utf-8"))
    with opened(browser, file) as seen:
        page = seen.page
        unfold(page)
        page.mouse.move(400, 400)
        for text in HOSTILE:
            assert page.locator("#each pre", has_text=text).count() == 1
            assert page.locator("#each summary", has_text=text).count() == 1
            assert page.locator("#mistakes summary", has_text=text).count() == 1
            assert page.locator(".heat th", has_text=text).count() == 1
        assert page.locator("#each pre", has_text=r"\x00\x07\x1b[31m\u202e\x9f").count() == 1
        assert page.locator("img, iframe, object, embed, a:not([href^='#'])").count() == 0
        assert page.locator("script").count() == page.locator("style").count() == 1
        assert page.evaluate("[...document.querySelectorAll('*')].filter((e) => e.getAttributeNames()"
                             ".some((name) => name.startsWith('on'))).length") == 0  # fmt: skip
        assert page.evaluate("window.ran") is None
        assert seen.requests == seen.complaints == []


def test_a_script_that_is_not_its_own_would_not_run(browser, page, tmp_path):  # noqa: F811
    """The page's policy is a second wall behind the escaping."""
    broken = tmp_path / "broken.html"
    inserted = "<script>window.ran = 1</script><img src='https://example.org/a.png'><p style='color: red' onclick='1'>"
    broken.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{inserted}</main>"), encoding="utf-8")
    with opened(browser, broken) as seen:
        assert seen.page.evaluate("window.ran") is None
        assert sum("Content Security Policy" in said for said in seen.complaints) >= 3
        assert seen.page.locator(".heat button").count() > 0  # its own did run


def test_every_column_of_the_students_sorts_by_click_and_by_key(browser, page):  # noqa: F811
    with opened(browser, page) as seen:
        heads = seen.page.locator("#students thead th")
        for number in range(1, heads.count() + 1):
            head = heads.nth(number - 1)
            text = head.get_attribute("data-sort") == "text"
            before = head.get_attribute("aria-sort")
            head.get_by_role("button").click()
            told = [value if text else float(value) for value in column(seen.page, number)]
            went_down = not text and before != "descending"
            assert told == sorted(told, reverse=went_down)
            assert head.get_attribute("aria-sort") == ("descending" if went_down else "ascending")
            seen.page.keyboard.press("Enter" if number % 2 else "Space")  # the button has the focus
            other = [value if text else float(value) for value in column(seen.page, number)]
            assert other == sorted(told, reverse=not went_down)
            assert seen.page.locator("#students [aria-sort]").count() == 1


def test_a_missing_value_stays_last_whichever_way_a_column_is_sorted(browser, tmp_path):  # noqa: F811
    words = {"a": "pppfpf", "b": "ppffpf", "c": "pffppf", "d": "fffppf"}
    file = dashboard(tmp_path, {student: statuses(word) for student, word in words.items()})
    with opened(browser, file) as seen:
        head = seen.page.locator("#tasks thead th", has_text="discrimination").get_by_role("button")
        cells = seen.page.locator("#tasks tbody td:nth-child(6)")
        for falling in (True, False):
            head.click()
            told = cells.all_inner_texts()
            known = [float(value.replace("−", "-")) for value in told if value != "–"]
            assert known == sorted(known, reverse=falling)
            assert min(known) < 0 < max(known)
            assert told[len(known) :] == ["–"] * (len(told) - len(known)) != []


@pytest.mark.parametrize("script", [True, False])
def test_an_assignment_folds_and_unfolds_with_and_without_script(browser, page, script):  # noqa: F811
    with opened(browser, page, script=script) as seen:
        points = seen.page.locator(".heat tbody tr:first-child .w0")
        task = seen.page.locator(".heat tbody tr:first-child .g0").first
        other = seen.page.locator(".heat tbody tr:first-child .g1").first
        assert (points.is_visible(), task.is_visible()) == (False, True)
        seen.page.get_by_text("choose the assignments").click()
        box = seen.page.get_by_label("01", exact=True)
        box.focus()
        seen.page.keyboard.press("Space")
        assert (points.is_visible(), task.is_visible(), other.is_visible()) == (True, False, True)
        box.click()
        assert (points.is_visible(), task.is_visible()) == (False, True)
        assert seen.page.get_by_role("button", name="assignments only").count() == script


def test_all_fold_at_once_and_a_narrow_window_begins_so(browser, page):  # noqa: F811
    with opened(browser, page) as seen:
        row = seen.page.locator(".heat tbody tr").first
        seen_cells = (
            "(row, kind) => [...row.querySelectorAll(`[class*=' ${kind}']`)].filter((o) => o.offsetWidth).length"
        )
        assert [row.evaluate(seen_cells, kind) for kind in "gw"] == [29 * 3, 0]
        seen.page.get_by_role("button", name="assignments only").click()
        assert [row.evaluate(seen_cells, kind) for kind in "gw"] == [0, 29]
        assert seen.page.evaluate("document.querySelector('.heat').closest('.scroll').scrollWidth <= innerWidth")
    with opened(browser, page, size=PHONE) as seen:
        assert not seen.page.locator(".heat .g0").first.is_visible()
        seen.page.get_by_role("button", name="every task").click()
        assert seen.page.locator(".heat .g0").first.is_visible()


def test_names_and_heads_stay_in_sight_where_the_map_is_scrolled(browser, page):  # noqa: F811
    with opened(browser, page, size=PHONE) as seen:
        seen.page.get_by_role("button", name="every task").click()
        region = seen.page.get_by_role("region", name="Heat map, students by tasks")
        region.evaluate("(one) => { one.style.maxHeight = '150px'; one.scrollTo(900, 120); }")
        left, top = region.evaluate("(one) => [one.getBoundingClientRect().left, one.getBoundingClientRect().top]")
        assert region.evaluate("(one) => one.scrollLeft") > 500
        assert region.locator("tbody th").last.bounding_box()["x"] == pytest.approx(left, abs=2)
        assert region.locator("thead th").last.bounding_box()["y"] == pytest.approx(top, abs=2)


@pytest.mark.parametrize("fold", ["every task", "assignments only"])
def test_on_paper_the_whole_map_is_there(browser, page, fold):  # noqa: F811
    with opened(browser, page, size=A4_ACROSS) as seen:
        seen.page.get_by_role("button", name=fold).click()
        seen.page.emulate_media(media="print")
        assert overflow(seen.page) == 0
        heat = seen.page.locator(".heat")
        box = heat.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= A4_ACROSS[0]
        assert heat.evaluate("(one) => getComputedStyle(one.closest('.scroll')).overflow") == "visible"
        assert heat.locator("th").evaluate_all("(all) => all.every((o) => getComputedStyle(o).position === 'static')")
        cut = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"
        assert heat.locator("td").evaluate_all(cut) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_name_leads_to_what_the_student_was_told(browser, tmp_path, script):  # noqa: F811
    wrong = a_test("failed", "01.1 the gradient is wrong\n  claim   it holds\n  yours 1, expected 2\n  again   pytest")
    results = {"ada": a_result(an_assignment(a_task("01.1", wrong), a_task("01.2", "passed"))), "bob": statuses("pp")}
    with opened(browser, dashboard(tmp_path, results, [Person("ada", "Ada"), Person("bob")]), script=script) as seen:
        message = seen.page.locator("#each pre")
        assert not message.is_visible()
        seen.page.locator("#students").get_by_role("link", name="Ada").click()
        assert message.is_visible()
        assert message.inner_text() == "01.1 the gradient is wrong\n  yours 1, expected 2"
        assert seen.page.locator("#each .points").first.text_content().split() == ["01", "6/6"]  # bob
        assert seen.page.locator("#each .points").last.text_content().split() == ["01", "3/6"]


def test_long_messages_are_cut_and_what_is_left_out_is_counted():
    long = [a_test("failed", f"01.{k} wrong\n  call    {'x' * 300}", name=f"t{k}") for k in range(1, 400)]
    result = a_result(an_assignment(*(a_task(f"01.{k}", test) for k, test in enumerate(long, 1))))
    said = told(result)
    assert {len(failure.message.splitlines()[1]) for failure in said.failures} == {LINE}
    assert sum(len(failure.message) for failure in said.failures) <= MOST_TOLD
    assert len(said.failures) + said.left_out == 399
    assert said.left_out > 100


def test_a_file_that_is_missing_is_told_once_and_as_no_mistake(browser, tmp_path):  # noqa: F811
    missing = [a_task(f"01.{k}", a_test("error", "01_a was not handed in.")) for k in (1, 2)]
    results = {"ada": a_result(an_assignment(*missing), an_assignment(a_task("02.1", "passed")), no_file=["01"])}
    with opened(browser, dashboard(tmp_path, results)) as seen:
        seen.page.locator("#students a").click()
        assert seen.page.locator("#each li", has_text="01_a was not handed in.").count() == 1
        assert seen.page.locator("#each pre").count() == 0
        assert seen.page.locator(".heat tbody .m").count() == 3  # two tasks, and their assignment


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({}, "No result is here yet"),
        ({"ada": statuses("pf")}, "1 student, 1 assignment, 2 tasks, 6 points"),
        ({"ada": statuses("pp"), "bob": statuses("pp")}, "Everything right: ada, bob."),
        ({"ada": statuses("oo"), "bob": statuses("oo")}, "Handed in, but nothing begun: ada, bob."),
        ({"ada": statuses("p"), "bob": statuses("pp")}, "Not everybody was graded on the same tasks"),
    ],
    ids=["empty", "one student", "all right", "nothing begun", "other tasks"],
)
def test_unusual_classes_have_a_page_that_makes_sense(browser, tmp_path, results, told):  # noqa: F811
    with opened(browser, dashboard(tmp_path, results)) as seen:
        assert told in " ".join(seen.page.locator("body").inner_text().split())
        assert "nan" not in seen.page.content().lower()
        assert barriers(seen.page) == seen.requests == seen.complaints == []


def test_who_handed_in_nothing_is_told_apart_from_who_began_nothing(browser, tmp_path):  # noqa: F811
    nothing = a_result(an_assignment(a_task("01.1", a_test("error", "01 was not handed in."))), no_file=["01"])
    results = {"ada": statuses("p"), "bob": statuses("o"), "erin": nothing}
    with opened(browser, dashboard(tmp_path, results)) as seen:
        told = " ".join(seen.page.locator("#scores").inner_text().split())
    assert "Nothing handed in: erin. Handed in, but nothing begun: bob." in told
    assert "nothing begun 1 " in told.lower()


@pytest.mark.parametrize(
    ("mistakes", "told"),
    [
        ("a b", None),
        ("a a b", "The commonest mistake, 2 students: a."),
        ("a a b b c", "The commonest mistakes, 2 students each: a; b."),
        ("a a b b c c d d e e", "The commonest mistakes, 2 students each: a; b; c and 2 more."),
    ],
)
def test_the_commonest_mistake_is_that_of_several_and_none_that_is_as_common_is_kept_back(
    browser,  # noqa: F811
    tmp_path,
    mistakes,
    told,
):
    def mistaken(name):
        return a_result(an_assignment(a_task("01.1", a_test("failed", "wrong", misconception=name))))

    results = {f"s{number}": mistaken(name) for number, name in enumerate(mistakes.split())}
    with opened(browser, dashboard(tmp_path, results)) as seen:
        lines = seen.page.locator("#scores li").all_inner_texts()
    assert [" ".join(line.split()) for line in lines if "ommonest" in line] == ([told] if told else [])


def test_the_totals_are_those_of_the_export(browser, solved, submissions, tmp_path, monkeypatch):  # noqa: F811
    out = tmp_path / "out"
    run(submissions, Settings(solved, out, only="01"))
    monkeypatch.setattr(sys, "argv", ["instructor", "dashboard", str(out)])
    assert status_of_main() in (0, None)
    with Store(out / RESULTS) as store:
        write_plain(rows_of(store, []), tmp_path / "plain.csv")
    with open(tmp_path / "plain.csv", encoding="utf-8", newline="") as file:
        exported = {row[0]: row[-1] for row in list(csv.reader(file))[1:]}
    with opened(browser, out / "dashboard.html") as seen:
        assert dict(zip(column(seen.page, 2), column(seen.page, 3), strict=True)) == exported
        assert seen.page.get_by_text("1 assignment, 2 tasks, 10 points").count() == 1
        mean = sum(map(int, exported.values())) / len(exported)
        assert f"{mean:.1f} of 10" in seen.page.locator(".tiles").inner_text()
    assert len(exported) == 3


def status_of_main():
    """Run the command in this process and tell its exit status."""
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{folder}"], "has no results.db; grade the class first"),
        (["{folder}/kept", "--html", "{folder}/nowhere/page.html"], "page.html cannot be written"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, told):
    keep(tmp_path / "kept", {"ada": statuses("p")}).close()
    arguments = [argument.format(folder=tmp_path) for argument in arguments]
    monkeypatch.setattr(sys, "argv", ["instructor", "dashboard", *arguments])
    assert status_of_main() == 2
    assert told in capsys.readouterr().err
