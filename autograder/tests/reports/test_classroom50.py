"""Classroom 50's result.json, against a schema written from its rules.

https://github.com/foundation50/classroom50/wiki/Advanced-Autograding, "The result.json contract"
"""

import json
import subprocess
from datetime import UTC, datetime

import jsonschema
import pytest

from autograder.course import CourseError
from autograder.reports.classroom50 import committed_at, result_file, submission_of
from autograder.tests.reports.conftest import KINDS, RUNNER

TEXT = {"type": "string", "minLength": 1}
POINTS = {"type": "integer", "minimum": 0}
WHEN = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"}
RULES = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release"),
        *("review", "datetime", "score", "max-score", "tests"),
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **dict.fromkeys(("classroom", "assignment", "owner", "commit", "release", "review"), TEXT),
        "assignment_type": {"enum": ["individual", "group", "team"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        **dict.fromkeys(("datetime", "graded_at"), WHEN),
        "score": POINTS,
        "max-score": POINTS,
        "submitted_by": {
            "type": "object",
            "additionalProperties": False,
            "required": ["username"],
            "properties": {"username": TEXT, "id": {"type": ["integer", "null"]}},
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {"test-name": TEXT, "passed": {"type": "boolean"}, "score": POINTS, "max-score": POINTS},
            },
        },
    },
}


def valid(data):
    """The file's content, where it keeps all the rules, those too that a schema cannot tell."""
    told = json.loads(data)
    jsonschema.Draft202012Validator(RULES).validate(told)
    assert told["score"] == sum(test["score"] for test in told["tests"]) <= told["max-score"]
    assert told["max-score"] == sum(test["max-score"] for test in told["tests"])
    assert all(test["score"] <= test["max-score"] for test in told["tests"])
    return told


@pytest.mark.parametrize("mode", ["individual", "group", "team"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_submission_gives_a_valid_file(kind, mode, result_of, clone):
    result = result_of(kind)
    told = valid(result_file(result, submission_of(RUNNER | {"ASSIGNMENT_TYPE": mode}, clone)))
    assert (told["score"], told["max-score"]) == (result.score, result.max_score)
    assert told["assignment_type"] == mode
    tasks = [task for one in result.assignments for task in one.tasks]
    assert [test["passed"] for test in told["tests"]] == [task.status == "passed" for task in tasks]


def test_it_says_whose_work_it_is_and_when_it_was_handed_in(result_of, clone):
    told = json.loads(result_file(result_of("passed"), submission_of(RUNNER, clone)))
    assert (told["classroom"], told["assignment"], told["owner"]) == ("cs", "gradients", "ada")
    assert told["submission"] == RUNNER["SUBMISSION_TAG"]
    assert [told[name] for name in ("commit", "release", "review")] == [
        RUNNER[name] for name in ("COMMIT_URL", "RELEASE_URL", "REVIEW_URL")
    ]
    assert told["datetime"] == "2026-11-02T09:30:00Z"


def test_a_failed_task_tells_what_is_wrong(result_of, clone):
    test, *_ = json.loads(result_file(result_of("failed"), submission_of(RUNNER, clone)))["tests"]
    assert test["test-name"] == "01.1 vjp_wrt_x"
    assert "twice the gradient by habit" in test["output"]


def test_older_names_of_variables_are_understood(clone):
    given = {name: value for name, value in RUNNER.items() if name not in ("OWNER", "ASSIGNMENT_TYPE", "REVIEW_URL")}
    submission = submission_of(given | {"USERNAME": "bob", "MODE": " GROUP "}, clone)
    assert (submission.owner, submission.kind) == ("bob", "group")
    assert submission.review_url == RUNNER["COMMIT_URL"]
    assert submission_of({**given, "USERNAME": "bob"}, clone).kind == "individual"


@pytest.mark.parametrize("name", ["CLASSROOM", "ASSIGNMENT", "OWNER", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"])
@pytest.mark.parametrize("value", [None, " "])
def test_a_missing_variable_is_one_sentence(name, value, clone):
    given = {other: told for other, told in RUNNER.items() if other != name} | ({name: value} if value else {})
    with pytest.raises(CourseError, match=f"sets {name}, and here that is not set"):
        submission_of(given, clone)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SUBMISSION_TAG", "main", "begin with submit/"),
        ("ASSIGNMENT_TYPE", "pair", "knows individual, group, team"),
        ("GITHUB_SHA", "--output=x", "whole name of a commit"),
        ("GITHUB_SHA", "0" * 40, "git cannot tell when 0000"),
    ],
)
def test_a_variable_that_makes_no_sense_is_one_sentence(name, value, words, clone):
    with pytest.raises(CourseError, match=words) as told:
        submission_of(RUNNER | {name: value}, clone)
    assert len(str(told.value).splitlines()) == 1


def test_without_a_repository_there_is_no_date(tmp_path):
    with pytest.raises(CourseError, match="git cannot tell when HEAD was made"):
        committed_at(tmp_path, "HEAD")


def test_the_commit_that_is_graded_gives_the_date(clone):
    head = subprocess.run(["git", "-C", str(clone), "rev-parse", "HEAD"], capture_output=True, text=True).stdout
    assert committed_at(clone, head.strip()) == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
