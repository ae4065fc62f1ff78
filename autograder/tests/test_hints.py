"""Hints come one at a time, and are remembered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import hints
from autograder.hints import Memory, next_hint
from autograder.names import task_named

COURSE = Path(__file__).parents[2]


def hint(*arguments: object, course: Path, says: str = "stdout", status: int = 0) -> str:
    """What `autograder hint` prints; it must end with `status`."""
    command = [sys.executable, "-m", "autograder", "hint", *map(str, arguments), "--course", str(course)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == status, done.stderr
    return getattr(done, says)


def test_three_hints_one_at_a_time_and_how_many_are_left(course):
    assert hint("1.1", course=course) == "01.1 vjp_wrt_x, hint 1 of 3, a question:\n  a?\n2 hints are left.\n"
    assert hint("01.1", course=course) == "01.1 vjp_wrt_x, hint 2 of 3, the rule:\n  b\n1 hint is left.\n"
    assert hint("01.1", "--again", course=course).splitlines() == [
        "01.1 vjp_wrt_x, hint 1 of 3, a question:",
        "  a?",
        "01.1 vjp_wrt_x, hint 2 of 3, the rule:",
        "  b",
        "1 hint is left.",
    ]
    assert hint("01.1", course=course).splitlines()[1:] == ["  c", "That was the last hint."]
    assert hint("01.1", course=course).startswith("All 3 hints of 01.1 have been told; autograder hint 01.1 --again")
    assert hint("01.2", course=course).splitlines()[0] == "01.2 slope, hint 1 of 3, a question:"
    assert json.loads((course / ".autograder/hints.json").read_text()) == {"01.1": 3, "01.2": 1}


def test_before_the_first_there_is_nothing_to_show_again(course):
    assert hint("01.1", "--again", course=course).startswith("No hint of 01.1 has been told yet")
    assert not (course / ".autograder").exists()


def test_a_hint_by_its_number_is_remembered_with_those_before_it(course):
    assert hint("01.1", "--number", 2, course=course).splitlines()[0].endswith("the rule:")
    assert hint("01.1", "--number", 1, course=course).splitlines()[0].endswith("a question:")
    assert hint("01.1", course=course).splitlines()[0].endswith("almost the code:")


def test_the_last_hint_points_to_the_lesson():
    told = hints.hint(task_named(COURSE, "24.2"), 3)
    assert told.endswith(
        "The lesson treats it: Broadcasting forward is summing backward, "
        "in lessons/advanced/24_vector_backward_linear_case_2.py"
    )


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"01.1": "two"}', '{"01.1": -7}', "\udcff", '{"01.1": 1e99}'])
def test_a_broken_memory_is_begun_anew(course, content):
    (course / ".autograder").mkdir()
    (course / ".autograder/hints.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    task = task_named(course, "01.1")
    assert "hint 1 of 3" in next_hint(task, Memory(course))
    assert "hint 2 of 3" in next_hint(task, Memory(course))


def test_more_hints_told_than_there_are_now_is_no_error(course):
    (course / ".autograder").mkdir()
    (course / ".autograder/hints.json").write_text('{"01.1": 5}')
    assert "have been told" in hint("01.1", course=course)
    assert "  c\nThat was the last hint." in hint("01.1", "--again", course=course)


def test_where_nothing_can_be_written_the_hint_is_told_and_how_to_get_the_next(course):
    (course / ".autograder").write_text("a file stands where the folder should")  # root could write to any folder
    told = hint("01.1", course=course)
    assert told.splitlines()[1:3] == ["  a?", "2 hints are left."]
    assert "cannot be remembered" in told
    assert told.rstrip().endswith("autograder hint 01.1 --number 2")
    assert hint("01.1", "--number", 2, course=course).splitlines()[1] == "  b"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="only a user who is not root is kept out")
def test_a_folder_that_may_only_be_read(course):
    course.chmod(0o555)
    try:
        assert "cannot be remembered" in hint("01.1", course=course)
    finally:
        course.chmod(0o755)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the task that you want a hint for: autograder hint 24.2"),
        (("01.7",), "this course has no task 01.7; assignment 01 has 01.1 and 01.2."),
        (("01.1", "--number", "4"), "01.1 has 3 hints; --number is from 1 to 3."),
        (("slop",), "'slop' is no assignment or task; did you mean 01.2 (slope)?"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(course, arguments, told):
    assert hint(*arguments, course=course, says="stderr", status=2) == f"autograder: {told}\n"


def test_a_hint_imports_no_torch():
    program = "import sys; from autograder.command import main; sys.argv[1:] = ['hint', '24.2', '--again']; main()"
    ending = "; print([name for name in ('torch', 'numpy', 'hypothesis') if name in sys.modules])"
    quiet = f"import atexit; atexit.register(lambda: exec({ending[2:]!r})); {program}"
    done = subprocess.run([sys.executable, "-c", quiet], capture_output=True, text=True, cwd=COURSE)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
