"""Gradescope's results.json. The rules are those of its documents:
https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import json
import unicodedata

import msgspec
import pytest

from autograder.reports.gradescope import MOST_OF_A_TASK, MOST_OF_ALL, cut, not_graded, results
from autograder.tests.reports.conftest import KINDS, STATUS

FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "tests"}
OF_A_TEST = {"number", "name", "score", "max_score", "status", "output", "output_format", "visibility"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_task_is_listed_and_the_total_is_the_results(kind, result_of):
    result = result_of(kind)
    told = json.loads(results(result))
    tasks = [task for one in result.assignments for task in one.tasks]
    assert [test["number"] for test in told["tests"]] == [task.id for task in tasks]
    assert [test["score"] for test in told["tests"]] == [task.score for task in tasks]
    assert told["score"] == sum(test["score"] for test in told["tests"]) == result.score
    assert sum(test["max_score"] for test in told["tests"]) == result.max_score
    passed = [test["status"] == "passed" for test in told["tests"]]
    assert passed == [task.status == "passed" for task in tasks]
    assert {task.status for task in tasks[:1]} == {STATUS.get(kind, kind)}


@pytest.mark.parametrize("kind", KINDS)
def test_keys_and_words_are_those_that_gradescope_knows(kind, result_of):
    told = json.loads(results(result_of(kind)))
    assert set(told) == TOP
    assert told["output_format"] in FORMATS
    assert told["visibility"] in VISIBLE
    assert told["stdout_visibility"] == "hidden"
    assert isinstance(told["execution_time"], float)
    for test in told["tests"]:
        assert set(test) == OF_A_TEST
        assert test["status"] in {"passed", "failed"}
        assert test["output_format"] in FORMATS
        assert test["visibility"] == "visible"  # a hidden test would hide the total


def test_a_failure_is_told_in_the_students_words_and_where(result_of):
    told = json.loads(results(result_of("failed")))["tests"][0]["output"]
    assert told.startswith("failed: assignments/beginner/01_small.py:")
    assert "likely  twice the gradient by habit" in told


def test_a_gap_says_where_it_is_and_the_whole_where_to_go_on(result_of):
    told = json.loads(results(result_of("todo"), ["01 was read from a notebook."]))
    assert told["tests"][0]["output"] == "to do: assignments/beginner/01_small.py:6"
    score, next_gap, note = told["output"].splitlines()
    assert (score, note) == ("10 / 20 points", "01 was read from a notebook.")
    assert "assignments/beginner/01_small.py:6 (01.1 vjp_wrt_x)" in next_gap


def test_nothing_unseen_is_written(result_of):
    for kind in KINDS:
        for text in strings(json.loads(results(result_of(kind), ["\x00\x1b[31m\u202e"]))):
            assert not [char for char in text if unicodedata.category(char) in {"Cc", "Cf"} and char != "\n"]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def test_sizes_are_bounded(result_of):
    result = result_of("failed")
    task = result.assignments[0].tasks[0]
    long = msgspec.structs.replace(task.tests[0], message="a line\n" * 100_000)
    task = msgspec.structs.replace(task, tests=(long,))
    one = msgspec.structs.replace(result.assignments[0], tasks=(task,))
    told = json.loads(results(msgspec.structs.replace(result, assignments=(one,)), ["a note"] * 10_000))
    assert len(told["tests"][0]["output"]) <= MOST_OF_A_TASK
    assert told["tests"][0]["output"].endswith("a line\n…")
    assert len(told["output"]) <= MOST_OF_ALL


@pytest.mark.parametrize(
    ("text", "most", "kept"), [("abc", 3, "abc"), ("ab\ncd\nef", 7, "ab\n…"), ("abcdef", 5, "abc\n…")]
)
def test_a_text_is_cut_at_the_end_of_a_line(text, most, kept):
    assert cut(text, most) == kept


def test_without_a_result_there_is_a_reason_and_no_score():
    told = json.loads(not_graded())
    assert "not your fault" in told["output"]
    assert "score" not in told
    assert "tests" not in told
