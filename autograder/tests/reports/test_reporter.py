"""What GitHub Classroom's reporter makes of a result: both of its totals are the score."""

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.reports.reporter import payload
from autograder.tests.reports.conftest import KINDS

MOST_OF_A_VARIABLE = 131_072  # bytes with its name and a null: MAX_ARG_STRLEN of Linux


def decoded(text):
    return json.loads(base64.b64decode(text, validate=True))


def share(results):
    """getTestScore in src/helpers/test-helpers.js of classroom-resources/autograding-grading-reporter."""
    passed = sum(test["status"] == "pass" for test in results["tests"])
    return passed / len(results["tests"]) * (results["max_score"] or 0)


def summed(results):
    """totalPoints in src/notify-classroom.js there."""
    return sum(test["score"] for test in results["tests"]) if results["max_score"] else 0


@pytest.mark.parametrize("kind", KINDS)
def test_both_totals_are_the_score(kind, result_of):
    result = result_of(kind)
    told = decoded(payload(result))
    assert (summed(told), told["max_score"]) == (result.score, result.max_score)
    assert share(told) == pytest.approx(result.score, rel=1e-12)


@st.composite
def tasks(draw):
    points = draw(st.lists(st.integers(1, 12), min_size=1, max_size=12))
    return [(most, draw(st.booleans())) for most in points]


@given(tasks())
def test_both_totals_are_the_score_whatever_the_points(result_of, drawn):
    result = with_tasks(result_of("failed"), drawn)
    told = decoded(payload(result))
    assert summed(told) == result.score
    assert share(told) == pytest.approx(result.score, rel=1e-12)
    assert len({test["score"] for test in told["tests"] if test["status"] == "pass"}) <= 1


def with_tasks(result, drawn, message=""):
    """The result with other tasks: (points, whether passed) of each."""
    model = result.assignments[0].tasks[0]
    made = tuple(
        msgspec.structs.replace(
            model,
            id=f"01.{number}",
            score=most if passed else 0,
            max_score=most,
            status="passed" if passed else "error",
            tests=tuple(msgspec.structs.replace(test, message=message) for test in model.tests),
        )
        for number, (most, passed) in enumerate(drawn)
    )
    score, most = sum(task.score for task in made), sum(task.max_score for task in made)
    one = msgspec.structs.replace(result.assignments[0], tasks=made, score=score, max_score=most)
    return msgspec.structs.replace(result, assignments=(one,), score=score, max_score=most)


def test_a_task_of_six_points_beside_one_of_four_is_three_equal_parts(result_of):
    told = decoded(payload(with_tasks(result_of("failed"), [(4, False), (6, True)])))
    assert [(test["name"], test["status"], test["score"]) for test in told["tests"]] == [
        ("01.0 vjp_wrt_x (1 of 2)", "error", 0),
        ("01.0 vjp_wrt_x (2 of 2)", "fail", 0),
        ("01.1 vjp_wrt_x (1 of 3)", "pass", 2),
        ("01.1 vjp_wrt_x (2 of 3)", "pass", 2),
        ("01.1 vjp_wrt_x (3 of 3)", "pass", 2),
    ]


def test_keys_and_types_are_those_that_the_reporter_reads(result_of):
    told = decoded(payload(result_of("failed")))
    assert {"version": 3, "status": "fail", "message": ""}.items() <= told.items()
    for test in told["tests"]:
        assert {name: type(value) for name, value in test.items()} == {
            "name": str,
            "status": str,
            "score": int,
            "message": str,
            "test_code": str,
            "filename": str,
            "line_no": int,
            "duration": float,
            "task_id": int,
        }
    assert decoded(payload(result_of("passed")))["status"] == "pass"


def test_the_runner_of_github_actions_finds_no_command_in_it(result_of):
    told = decoded(payload(result_of("error")))
    assert "ValueError" in told["tests"][0]["message"]
    for text in (text for test in told["tests"] for text in test.values() if isinstance(text, str)):
        assert "::" not in text
        assert "##[" not in text
        assert text.isprintable()


def test_it_fits_into_an_environment_variable(result_of):
    result = with_tasks(result_of("failed"), [(1, False)] * 290, message="much is wrong here " * 100)
    assert len(f"COURSE_RESULTS={payload(result)}\0") <= MOST_OF_A_VARIABLE
    assert "much is wrong" in decoded(payload(result))["tests"][0]["message"]
