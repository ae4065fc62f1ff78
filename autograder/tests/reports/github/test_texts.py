"""What is posted keeps to GitHub's limits, says when something is cut, and stays whole Markdown."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading.result import from_json
from autograder.reports.github import texts
from autograder.reports.github.escape import GAP
from autograder.reports.github.run import Run
from autograder.reports.markdown import markdown
from autograder.tests.reports.github import results
from autograder.tests.reports.github.conftest import HEAD
from autograder.tests.reports.github.rendered import LIVE_TEXT, page
from autograder.tests.reports.github.results import assignment_with, result_of, task_of, verdict
from autograder.tests.reports.github.test_escape import hostile

RUN = Run(
    repository="owner/course",
    commit=HEAD,
    pull_request=None,
    branch="main",
    read_only=None,
    repository_page="https://github.example/owner/course",
    page="https://github.example/owner/course/actions/runs/1/attempts/1",
    api="https://api.github.example",
    token="",
    grade="success",
    summary=None,
)
OURS = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "b", "pre", "code", "a", "span"}


def posts(told: dict) -> texts.Posts:
    return texts.graded(from_json(json.dumps(told).encode()), RUN)


@pytest.mark.parametrize(
    ("told", "description", "conclusion"),
    [
        (results.nothing_done(), "0 / 15 · a fresh start", "neutral"),
        (results.half_done(), "15 / 40 · 3 tasks to look at", "neutral"),
        (results.many_failures(1), "0 / 5 · 1 task to look at", "neutral"),
        (results.all_done(), "10 / 10 · all passed", "success"),
    ],
)
def test_no_score_is_a_red_cross(told, description, conclusion):
    made = posts(told)
    assert (made.state, made.description, made.conclusion) == ("success", description, conclusion)
    assert {one.annotation_level for one in made.annotations} <= {"warning"}


def test_a_fresh_start_is_told_where_to_begin():
    body = posts(results.nothing_done()).text(texts.MOST_COMMENT)
    link = f"https://github.example/owner/course/blob/{HEAD}/assignments/beginner/01_small.py#L12"
    assert f"A fresh start; the next gap is [`assignments/beginner/01_small.py:12`]({link})" in body
    assert "✗" not in body


def test_what_is_broken_is_red_and_nobody_s_fault_but_ours():
    made = texts.not_graded("the grading job left no result.json", RUN)
    assert (made.state, made.conclusion) == ("error", "failure")
    assert "not your fault" in made.description
    body = made.text(texts.MOST_COMMENT)
    assert "not your fault" in body
    assert "Re-run all jobs" in body
    assert "**Teacher:**" in body


def test_each_failing_gap_has_one_annotation_at_its_line():
    made = posts(results.half_done()).annotations
    assert [(one.path, one.start_line, one.title) for one in made] == [
        ("assignments/beginner/02_small.py", 12, "02.2 vjp_wrt_x: failed"),
        ("assignments/intermediate/11_small.py", 12, "11.1 vjp_wrt_x: error"),
        ("assignments/intermediate/11_small.py", 12, "11.2 vjp_wrt_x: timed out"),
    ]
    assert made[0].message == results.MESSAGE.format(id="02.2")


def test_a_task_is_told_in_one_fold_and_the_first_is_open():
    several = [verdict("failed", "first"), verdict("error", "second"), verdict("failed", "first")]
    task = task_of("01.1", "error", tests=several)
    body = posts(result_of(assignment_with("01", [task, task_of("01.2", "failed")]))).text(texts.MOST_COMMENT)
    folds = [attributes for tag, attributes in page(body).elements if tag == "details"]
    assert folds == [{"open": None}, {}]
    assert body.count("\nfirst\n") == body.count("\nsecond\n") == 1


def test_the_glyphs_are_explained_and_levels_are_summed_up():
    body = posts(results.half_done()).text(texts.MOST_COMMENT)
    assert "✓ passed, ✗ failed, ! error, ∞ timed out" in body
    assert "beginner 15 / 20 · intermediate 0 / 10 · advanced 0 / 10" in body


def test_what_is_not_as_released_is_told():
    told = results.half_done()
    told["provenance"]["changed"] = ["assignments/beginner/test_01_small.py", "conftest.py (added)"]
    text = page(posts(told).text(texts.MOST_COMMENT)).text.replace(GAP, "")
    assert "Not as released: assignments/beginner/test_01_small.py, conftest.py (added)." in text


def test_a_file_that_does_not_load_is_annotated_once():
    broken = [task_of(f"01.{n}", "error", line=3, message="01_small.py:3 has no colon") for n in (1, 2, 3)]
    made = posts(result_of(assignment_with("01", broken))).annotations
    assert [(one.start_line, one.message) for one in made] == [(3, "01_small.py:3 has no colon")]


def test_a_gap_whose_line_is_not_known_is_annotated_at_the_first():
    assert posts(result_of(assignment_with("01", [task_of("01.1", "error", line=None)]))).annotations[0].start_line == 1


def test_annotations_without_end_are_cut_with_a_sentence():
    made = posts(results.many_failures(300))
    assert len(made.annotations) == texts.MOST_ANNOTATIONS
    assert "100 more tasks are not marked in the files" in made.text(texts.MOST_SUMMARY)
    assert "not marked" not in posts(results.many_failures(200)).text(texts.MOST_SUMMARY)


@pytest.mark.parametrize("message", ["é" * 9_000, "`" * 9_000, "a line\n" * 900, "@user " * 900])
def test_a_body_keeps_to_its_limit_and_ends_between_two_blocks(message):
    assignments = [
        assignment_with(n, [task_of(f"{n}.{k}", "failed", message=f"{n} {k} {message}") for k in range(1, 21)])
        for n in (f"{number:02}" for number in range(1, 30))
    ]
    made = posts(result_of(*assignments))
    for most in (texts.MOST_SUMMARY, texts.MOST_COMMENT, texts.MOST_JOB_SUMMARY):
        body = made.text(most)
        assert most * 8 // 10 < len(body.encode()) <= most
        assert body.count("<details") == body.count("</details>")
        read = page(body)
        assert read.text.rstrip().endswith("380 more tasks are not marked in the files.")
        assert re.search(r"\d+ more parts do not fit here", read.filtered)


def test_a_body_that_fits_is_not_cut():
    made = posts(results.half_done())
    assert made.text(texts.MOST_SUMMARY) == made.text(10**6)
    assert "do not fit" not in made.text(10**6)


@given(st.text(), st.integers(min_value=50, max_value=3000))
@settings(deadline=None)
def test_a_cut_text_keeps_to_its_bytes_and_says_so(text, most):
    for given_text in (text, text * 100, f"{text}\n" * 100):
        kept = texts.cut(given_text, most)
        assert len(kept.encode()) <= most
        assert kept == given_text or "…" in kept


def test_a_cut_text_ends_at_a_line():
    kept = texts.cut("\n".join(f"line {number} of many" for number in range(1000)), 4000)
    *lines, last = kept.split("\n")
    assert last == "… the rest of this text is cut"
    assert all(re.fullmatch(r"line \d+ of many", line) for line in lines)


def test_titles_and_messages_keep_to_their_limits():
    made = posts(result_of(assignment_with("01", [task_of("01.1", "failed", name="n" * 200, message="@é" * 50_000)])))
    assert len(made.annotations[0].title or "") <= texts.MOST_TITLE
    assert len((made.annotations[0].message or "").encode()) <= 64 << 10
    assert len(made.title) <= texts.MOST_TITLE
    assert len(made.description) <= texts.MOST_DESCRIPTION


@given(title=hostile, name=hostile, message=hostile, notice=hostile, changed=st.lists(hostile, max_size=3))
@settings(deadline=None, max_examples=200)
def test_nothing_of_a_students_is_live_in_any_post(title, name, message, notice, changed):
    told = result_of(assignment_with("01", [task_of("01.1", "failed", name=name, message=message)], title=title))
    told["provenance"] |= {"notice": notice, "changed": changed}
    told = json.loads(json.dumps(told, ensure_ascii=True))
    made = posts(told)
    plain = markdown(from_json(json.dumps(told).encode()))
    for body in (made.text(texts.MOST_COMMENT), plain):
        read = page(body)
        assert read.tags <= OURS
        assert all(link.startswith("https://github.example/owner/course/") for link in read.links)
        assert [tag for tag, _ in read.elements].count("details") == 1
        assert not LIVE_TEXT.search(read.filtered), read.filtered
    for text in (made.annotations[0].title or "", made.annotations[0].message or ""):
        assert not re.search(r"@\w|#\d|[a-z]://|www\.", text)
    for text in (made.title, made.description):
        assert text == "0 / 5" + (" points" if "points" in text else "") + " · 1 task to look at"


def test_the_mark_of_a_parted_word_is_not_in_honest_texts():
    """What a student copies from a post is what stands there."""
    made = posts(results.half_done())
    assert GAP not in made.text(texts.MOST_COMMENT)
    assert all(GAP not in (one.message or "") + (one.title or "") for one in made.annotations)
