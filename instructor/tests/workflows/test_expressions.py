"""The subset of GitHub's expressions: their documented oddities, and that what is unknown is no silence."""

import pytest

from instructor.tests.workflows.expressions import Surroundings, UnknownExpression, evaluate, filled, holds

CONTEXTS = {
    "github": {"event_name": "push", "ref": "refs/heads/Main", "run_attempt": 2, "event": {"number": 7}},
    "needs": {"grade": {"result": "failure", "outputs": {"artifact": "result-1"}}},
    "inputs": {"course": "course/release"},
    "job": {"workflow_repository": ""},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event_name == 'push'", True),
        ("github.ref == 'REFS/HEADS/MAIN'", True),
        ("github.run_attempt == '2'", True),
        ("github.event.pull_request.head.sha || github.ref", "refs/heads/Main"),
        ("github.event.pull_request.head.sha == null", True),
        ("job.workflow_repository || inputs.course", "course/release"),
        ("github.event_name && 'yes'", "yes"),
        ("'' && 'yes'", ""),
        ("!(true && false) != false", True),
        ("'it''s'", "it's"),
        ("null == 0", True),
        ("'x' == 0", False),
    ],
)
def test_value(expression, value):
    assert evaluate(expression, Surroundings(CONTEXTS)) == value


@pytest.mark.parametrize(
    "expression",
    ["github.sha", "secrets.KEY", "steps.x.outputs.y", "hashFiles('a')", "1 +", "github.ref github.ref", "("],
)
def test_what_is_not_known_is_an_error(expression):
    with pytest.raises(UnknownExpression):
        evaluate(expression, Surroundings(CONTEXTS))


def test_a_text_is_filled_in_as_github_writes_values():
    text = "a-${{ github.run_attempt }}-${{ github.event.gone }}-${{ true }}"
    assert filled(text, Surroundings(CONTEXTS)) == "a-2--true"


@pytest.mark.parametrize(
    ("condition", "status", "met"),
    [
        ("needs.grade.result == 'failure'", "success", True),
        ("needs.grade.result == 'failure'", "failure", False),
        ("always() && needs.grade.result == 'failure'", "failure", True),
        ("${{ !cancelled() }}", "failure", True),
        ("${{ !cancelled() }}", "cancelled", False),
        ("success()", "neither", False),
        ("failure()", "failure", True),
    ],
)
def test_a_condition_without_a_status_function_asks_for_success(condition, status, met):
    assert holds(condition, Surroundings(CONTEXTS, status)) is met
