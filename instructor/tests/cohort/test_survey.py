"""What a class did, gathered from its results."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.tests.made import a_result, a_task, a_test, an_assignment, statuses
from instructor.cohort.distribution import HEIGHT, MOST_BINS, WIDTH, histogram
from instructor.cohort.heat_map import SHADES, shade
from instructor.cohort.roster import Person
from instructor.cohort.survey import survey

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def surveyed(results, people=()):
    return survey([(student, NOON, result) for student, result in results.items()], list(people))


def task(found, id):
    return found.assignments[id.split(".")[0]].tasks[id]


def test_who_did_not_begin_a_task_does_not_count_in_its_difficulty():
    none = a_result(an_assignment(a_task("01.1", "error")), no_file=("01",))
    found = surveyed(
        {"a": statuses("p"), "b": statuses("f"), "c": statuses("o"), "d": none, "e": statuses("e"), "f": statuses("t")}
    )
    item = task(found, "01.1").item
    assert (item.passed, item.begun) == (1, 4)
    assert task(found, "01.1").marks == {"passed": 1, "failed": 1, "todo": 1, "no file": 1, "error": 1, "timeout": 1}
    assert [one.person.id for one in found.students if not one.began] == ["c", "d"]
    assert [one.person.id for one in found.students if not one.handed_in] == ["d"]


def test_the_task_itself_is_no_part_of_its_rest_score():
    found = surveyed({"a": statuses("pp"), "b": statuses("fp")})
    assert task(found, "01.1").item.discrimination is None  # with the task itself it would be 1
    assert task(found, "01.1").item.rest == 6


def test_discrimination_over_tasks_by_hand():
    # rest scores of 01.1 are the points of 01.2 and 02.1: 6, 3, 3, 0
    found = surveyed({"a": statuses("pp p"), "b": statuses("pp f"), "c": statuses("ff p"), "d": statuses("ff f")})
    assert task(found, "01.1").item.discrimination == pytest.approx(0.5**0.5)


def test_a_student_counts_once_for_a_mistake_however_many_tests_met_it():
    def mistaken(message):
        return a_test("failed", message, name=message, misconception="twice")

    first = a_result(
        an_assignment(a_task("01.1", mistaken("one"), mistaken("two")), a_task("01.2", mistaken("three"))),
    )
    found = surveyed({"a": first, "b": a_result(an_assignment(a_task("01.1", mistaken("four"))))})
    (mistake,) = found.mistakes.values()
    assert (mistake.name, mistake.students, mistake.example) == ("twice", 2, "one")
    assert mistake.tasks == {"01.1": 2, "01.2": 1}


def test_who_timed_out_and_how_long_tests_took():
    def took(seconds, status="passed"):
        return a_result(an_assignment(a_task("01.1", a_test(status, seconds=seconds))))

    times = {"a": took(0.5), "b": took(10.0, "timeout"), "c": took(1.5), "d": took(9.0, "todo")}
    found = task(surveyed(times), "01.1")
    assert [person.id for person in found.timed_out] == ["b"]
    timed = found.tests["test_it"]
    assert (timed.median, timed.longest, timed.slowest) == (1.5, 10.0, Person("b"))
    assert (timed.passed, timed.begun) == (2, 3)


def test_a_file_that_cannot_be_loaded_is_told_apart_from_a_task_that_fails():
    broken = a_test("error", "assignments/beginner/01.py:3 cannot be loaded: SyntaxError: invalid syntax")
    unread = a_test("error", "assignments/beginner/03.py:5 is not UTF-8 text; save the file again")
    result = a_result(*(an_assignment(a_task(f"0{n}.1", test)) for n, test in enumerate((broken, "error", unread), 1)))
    found = surveyed({"a": result})
    assert found.unloadable == [(Person("a"), ["01"])]
    assert [task(found, f"0{number}.1").item.begun for number in (1, 2)] == [0, 1]
    assert task(found, "01.1").marks == {"error": 1}


def test_tasks_stand_in_the_order_of_the_course_also_where_students_were_graded_on_others():
    last = a_result(an_assignment(a_task("E1.1", "passed"), level="exercises"))
    ten = a_result(an_assignment(a_task("22.10", "passed"), a_task("22.2", "passed"), level="advanced"))
    found = surveyed({"a": last, "b": ten, "c": statuses("p")})
    assert [id for one in found.assignments.values() for id in one.tasks] == ["01.1", "22.2", "22.10", "E1.1"]


def test_a_roster_chooses_whom_the_page_is_about():
    found = surveyed(
        {"ada": statuses("p"), "eve": statuses("p")}, [Person("bob", "Bob", "Ng"), Person("ada", "Ada", "King")]
    )
    assert [one.name for one in found.students] == ["Ada King"]
    assert found.left_out == ["eve"]
    assert [person.name for person in found.ungraded] == ["Bob Ng"]


@given(scores=st.lists(st.integers(0, 5000), max_size=50))
@pytest.mark.parametrize("max_score", [0, 1, 7, 16, 17, 290, 300, 4321])
def test_every_student_is_in_one_bar_of_the_histogram(max_score, scores):
    scores = [min(score, max_score) for score in scores]
    bars = histogram(scores, max_score).bars
    assert [sum(bar.low <= score <= bar.high for score in scores) for bar in bars] == [bar.count for bar in bars]
    assert sum(bar.count for bar in bars) == len(scores)
    assert (bars[0].low, bars[-1].high) == (0, max_score)
    assert len(bars) <= MOST_BINS
    assert all(before.high + 1 == after.low for before, after in pairwise(bars))
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and 0 <= bar.y <= bar.y + bar.height <= HEIGHT for bar in bars)


def test_only_no_points_and_all_points_have_the_ends_of_the_scale():
    assert [shade(score, 100) for score in (0, 1, 50, 99, 100)] == [0, 1, 5, SHADES - 1, SHADES]
    assert shade(0, 0) == 0
