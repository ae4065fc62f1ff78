"""What a student could leave in place of a result: none of it is believed, none of it stops the post."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.grading.result import from_json
from autograder.reports.github import hostile
from autograder.reports.github.hostile import Unreadable, read_result
from autograder.tests.reports.github import results
from autograder.tests.reports.github.results import assignment_of, assignment_with, result_of, task_of, verdict


def leave(folder: Path, told: object) -> Path:
    (folder / "result.json").write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
    return folder


@pytest.mark.parametrize("told", [results.half_done(), results.nothing_done(), results.all_done()])
def test_an_honest_result_is_read_as_the_grader_wrote_it(tmp_path, told):
    told["provenance"] |= {"notice": "weaker than a sandbox", "changed": ["conftest.py (added)"]}
    read = read_result(leave(tmp_path, told))
    written = from_json(json.dumps(told).encode())
    assert (read.score, read.max_score) == (written.score, written.max_score)
    for name in ("seed", "isolation", "notice", "changed"):
        assert getattr(read.provenance, name) == getattr(written.provenance, name)
    for ours, theirs in zip(read.assignments, written.assignments, strict=True):
        assert (ours.id, ours.title, ours.level, ours.path) == (theirs.id, theirs.title, theirs.level, theirs.path)
        for task, other in zip(ours.tasks, theirs.tasks, strict=True):
            assert (task.id, task.name, task.status, task.line) == (other.id, other.name, other.status, other.line)
            assert [test.message for test in task.tests] == [test.message for test in other.tests]


def one(task_id: str = "01.1", status: str = "failed", **changes: object) -> dict:
    return result_of(assignment_with("01", [task_of(task_id, status, **changes)]))


CONTRADICTIONS = {
    "more points than there are": result_of(assignment_of("01", "passed"), score=6),
    "fewer points than its parts": result_of(assignment_of("01", "passed"), score=4),
    "another maximum": result_of(assignment_of("01", "failed"), max_score=1),
    "an assignment with points of its own": result_of(assignment_of("01", "failed", score=5), score=5),
    "points for what failed": one(score=5),
    "points for what is to do": one("01.1", "todo", score=5),
    "no points for what passed": one("01.1", "passed", score=0),
    "half the points": one("01.1", "passed", score=2),
    "passed with a failed test": one("01.1", "passed", tests=[verdict("passed"), verdict("failed")]),
    "failed with passed tests": one("01.1", "failed", tests=[verdict("passed")]),
    "a task of another assignment": one("02.1"),
    "an assignment twice": result_of(assignment_of("01", "passed"), assignment_of("01", "passed")),
    "a task twice": result_of(assignment_with("01", [task_of("01.1", "passed"), task_of("01.1", "passed")])),
    "a path twice": result_of(
        assignment_of("01", "todo"), assignment_of("02", "todo", path="assignments/beginner/01_small.py")
    ),
}


@pytest.mark.parametrize("told", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_contradicts_itself_is_no_result(tmp_path, told):
    with pytest.raises(Unreadable, match="contradicts itself"):
        read_result(leave(tmp_path, told))


ANSWER = "assignments/beginner/01_small.py"
MALFORMED = {
    "nothing in it": {},
    "a list": [],
    "a negative score": result_of(assignment_of("01", "failed"), score=-1),
    "a broken number": result_of(assignment_of("01", "failed"), score=0.5),
    "a number as text": result_of(assignment_of("01", "failed"), score="0"),
    "a number without end": result_of(assignment_of("01", "failed"), score=10**400),
    "no assignments": result_of(),
    "a hundred and one assignments": result_of(*[assignment_of("01", "todo")] * 101),
    "too many tasks": result_of(assignment_with("01", [task_of("01.1", "todo")] * 21)),
    "too many tests": one(tests=[verdict("failed")] * 101),
    "no tests": one(tests=[]),
    "a status of its own": one("01.1", "great"),
    "line 0": one(line=0),
    "a negative line": one(line=-3),
    "line as text": one(line="1"),
    "a line beyond any file": one(line=10**9),
    "an absolute path": result_of(assignment_of("01", "todo", path="/etc/passwd")),
    "a path upwards": result_of(assignment_of("01", "todo", path="assignments/beginner/../../.github/x.py")),
    "a path elsewhere": result_of(assignment_of("01", "todo", path=".github/workflows/01_grade.py")),
    "a test's path": result_of(assignment_of("01", "todo", path="assignments/beginner/test_01_small.py")),
    "a path with a line end": result_of(assignment_of("01", "todo", path=ANSWER + "\n")),
    "two paths in one": result_of(assignment_of("01", "todo", path=f"{ANSWER}\n{ANSWER}")),
    "a path with other digits": result_of(assignment_of("01", "todo", path="assignments/beginner/٠١_small.py")),
    "an id that is a mention": result_of(assignment_of("01", "todo", id="@user")),
    "an id with a line end": result_of(assignment_with("01", [task_of("01.1\n", "todo")])),
    "a title of a megabyte": result_of(assignment_of("01", "todo", title="t" * 2**20)),
    "a message of a megabyte": one(message="m" * 2**20),
    "another seed": result_of(assignment_of("01", "todo"), provenance={"seed": 2**70, "isolation": "sandbox"}),
    "another isolation": result_of(assignment_of("01", "todo"), provenance={"seed": 0, "isolation": "@user"}),
}


@pytest.mark.parametrize("told", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_no_result(tmp_path, told):
    with pytest.raises(Unreadable, match="is not a result"):
        read_result(leave(tmp_path, told))


def test_another_schema_is_no_result(tmp_path):
    with pytest.raises(Unreadable, match="is not of the schema"):
        read_result(leave(tmp_path, result_of(assignment_of("01", "todo"), schema="mine/v1")))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null x",
        b'"\\ud800"',
        b"[" * 10**6,
        b'{"schema":' * 10**5,
        b'{"a":"\xff"}',
        b"\x00" * 100,
    ],
)
def test_what_is_no_json_is_no_result(tmp_path, data):
    with pytest.raises(Unreadable, match=r"is not (JSON|a result)"):
        read_result(leave(tmp_path, data))


def test_what_is_skipped_may_be_as_deep_and_as_odd_as_it_likes(tmp_path):
    deep = json.dumps(results.half_done())[:-1] + ', "more": ' + "[" * 10**5 + "]" * 10**5 + "}"
    with pytest.raises(Unreadable):
        read_result(leave(tmp_path, deep.encode()))
    wide = {**results.half_done(), "more": {str(number): [None] for number in range(10**5)}}
    assert read_result(leave(tmp_path, wide)).score == 15


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_but_a_sentence_comes_of_rubbish(tmp_path, told):
    with pytest.raises(Unreadable):
        read_result(leave(tmp_path, told))


@given(st.data())
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_result_with_one_thing_changed_is_whole_or_no_result(tmp_path, data):
    """Whatever is let in adds up."""
    told = results.half_done()
    place = data.draw(st.sampled_from(list(_places(told))))
    _set(told, place, data.draw(st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)))
    try:
        read = read_result(leave(tmp_path, told))
    except Unreadable:
        return
    assert 0 <= read.score <= read.max_score
    assert read.score == sum(task.score for one in read.assignments for task in one.tasks if task.status == "passed")


def _places(part, above=()):
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield (*above, key)
        yield from _places(value, (*above, key))


def _set(part, place, value):
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value


def test_no_word_of_the_file_is_in_the_reason(tmp_path):
    for told in (
        result_of(assignment_of("01", "todo"), provenance={"seed": 0, "isolation": "@user"}),
        one("01.1", "@user"),
        {**results.half_done(), "schema": "@user"},
    ):
        with pytest.raises(Unreadable) as caught:
            read_result(leave(tmp_path, told))
        assert "@user" not in str(caught.value)


def test_a_missing_file_and_a_missing_folder_are_told(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Unreadable, match=r"left no result\.json"):
            read_result(folder)


def test_a_file_that_is_none_is_not_waited_for(tmp_path):
    (tmp_path / "folder/result.json").mkdir(parents=True)
    with pytest.raises(Unreadable):
        read_result(tmp_path / "folder")


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices are POSIX")
def test_links_pipes_and_devices_are_not_read(tmp_path):
    honest = leave(tmp_path, results.all_done()) / "result.json"
    for name, make in {
        "link": lambda file: file.symlink_to(honest),
        "device": lambda file: file.symlink_to("/dev/zero"),
        "pipe": os.mkfifo,
    }.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name / "result.json")
        with pytest.raises(Unreadable):
            read_result(tmp_path / name)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    with (leave(tmp_path, b"") / "result.json").open("r+b") as file:
        file.truncate(hostile.LARGEST_RESULT + 1)  # a hole: takes no disk, and would take memory
    with pytest.raises(Unreadable, match="more than 32 MiB; does an answer print very much"):
        read_result(tmp_path)


def test_a_course_that_prints_as_much_as_it_may_is_still_read(tmp_path):
    told = results.many_failures(88)
    for assignment in told["assignments"]:
        for task in assignment["tasks"]:
            task["tests"] = [dict(test, output="x" * 65_536) for test in task["tests"] * 3]
    assert (leave(tmp_path, told) / "result.json").stat().st_size > 16 << 20
    assert read_result(tmp_path).max_score == 440
