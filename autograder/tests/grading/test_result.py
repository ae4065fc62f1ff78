"""The result as data."""

import json

import msgspec
import pytest

from autograder.grading import result as results
from autograder.grading.grade import grade
from autograder.tests.conftest import GAPS_01


def test_the_schema_that_is_shipped_is_that_of_the_types():
    assert results.SCHEMA_FILE.read_bytes() == results.schema()


def test_a_result_survives_json(course, sandboxed):
    result = grade(course, sandboxed)
    assert results.from_json(results.to_json(result)) == result


def test_the_keys_are_those_that_others_rely_on(course, sandboxed):
    data = json.loads(results.to_json(grade(course, sandboxed)))
    assert {"schema", "score", "max_score", "assignments", "provenance"} <= set(data)
    assignment = data["assignments"][0]
    assert {"id", "title", "score", "max_score", "tasks"} <= set(assignment)
    task = assignment["tasks"][0]
    assert {"id", "name", "score", "max_score", "status", "tests"} <= set(task)
    keys = {"name", "status", "message", "misconception", "counterexample", "seconds"}
    assert keys <= set(task["tests"][0])
    assert {"versions", "seed", "isolation", "files", "tests"} <= set(data["provenance"])


def test_two_gradings_are_equal_but_for_times(course, sandboxed, answer):
    answer("def vjp_wrt_x(A, x, v):\n    return A.T @ v + 1\n")
    first, second = (grade(course, sandboxed, seed=5) for _ in range(2))
    assert first.seconds > 0
    assert results.without_times(first) == results.without_times(second)


def test_another_seed_draws_other_examples(course, sandboxed, answer):
    answer("import numpy as np\n\ndef vjp_wrt_x(A, x, v):\n    print(x)\n    return A.T @ v\n")
    outputs = {grade(course, sandboxed, seed=seed).assignments[0].tasks[0].tests[0].output for seed in (0, 1, 1)}
    assert len(outputs) == 2


def test_gaps_score_nothing_and_are_to_do(course, sandboxed, answer):
    answer(GAPS_01)
    result = grade(course, sandboxed).assignments[0]
    assert result.score == 0
    assert [task.status for task in result.tasks] == ["todo", "todo"]
    assert [task.line for task in result.tasks] == [6, 11]


def test_points_are_whole_and_all_or_nothing(course, sandboxed, answer):
    answer("def slope(x):\n    return 2.0 * x\n\ndef vjp_wrt_x(A, x, v):\n    return A @ v\n")
    assert [task.score for task in grade(course, sandboxed).assignments[0].tasks] == [0, 6]


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"schema": "x", "score": "ten"}'])
def test_what_is_no_result_is_refused(data):
    with pytest.raises(msgspec.ValidationError):
        results.from_json(data)


def test_isolation_levels_agree(course, answer):
    from autograder.sandbox.workers import open_workers

    answer("import torch\n\ndef vjp_wrt_x(A, x, v):\n    return A.T @ v + 1\n\ndef slope(x):\n    return 2.0 * x\n")
    verdicts = []
    for level in ("sandbox", "process", "none"):
        with open_workers(level) as workers:
            verdicts.append(results.without_times(grade(course, workers)).assignments)
    assert verdicts[0] == verdicts[1] == verdicts[2]
