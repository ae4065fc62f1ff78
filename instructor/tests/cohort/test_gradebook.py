"""Scores in a real nbgrader gradebook: in SQLite, and in a PostgreSQL that the test starts."""

import os
import shutil
from datetime import UTC, datetime
from functools import cache
from itertools import count

import pytest

from autograder.course import CourseError
from autograder.grading.grade import grade
from instructor.cohort.gradebook import enter, opened, prepare
from instructor.cohort.penalties import late_plugin
from instructor.cohort.roster import Person
from instructor.tests.cohort.conftest import GAPS_01, RIGHT_01, grade_by_command, hand_in, small_course
from instructor.tests.cohort.postgresql import new_database, server

SOLUTION_01 = '''# %% [markdown]
# # Assignment 01 · Small

# %%
import torch


def vjp_wrt_x(A, x, v):
    """The gradient."""
    # TODO 01.1 (5 min, by hand): which index of A does v meet?
    ### BEGIN SOLUTION
    return A.T @ v
    ### END SOLUTION


# %%
def slope(x):
    """The slope of x²."""
    # TODO 01.2 (5 min): what must x be told?
    ### BEGIN SOLUTION
    return 2.0 * x
    ### END SOLUTION
'''
SOLUTION_E1 = '''# %%
def triple(x):
    """Three times x."""
    # TODO E1.1 (5 min): how often?
    ### BEGIN SOLUTION
    return 3.0 * x
    ### END SOLUTION
'''
PEOPLE = [Person("ada", "Ada", 'King, "Countess" of Lovelace'), Person("李", "明", "李"), Person("o'hara", "Seán")]
ROSTER = """id,first_name,last_name,email
ada,Ada,"King, ""Countess"" of Lovelace",
李,明,李,li@b.c
"Müller, Jörg",Jörg,Müller,
"""
IN_TIME, DUE, LATE = (datetime(2026, 11, day, 12, 0, tzinfo=UTC) for day in (1, 2, 3))
WHEN = {"01_small": IN_TIME}
numbers = count()


@pytest.fixture
def ready(solved):
    return with_solutions(solved)


def with_solutions(folder):
    for path, text in (("beginner/01_small.py", SOLUTION_01), ("exercises/exercise_01_more.py", SOLUTION_E1)):
        (folder / "instructor/solutions" / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def postgresql():
    with server() as folder:
        yield folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, request):
    """A function from the kind of database to one with the small course's assignments, made once, to be copied."""
    course = with_solutions(small_course(tmp_path_factory.mktemp("course")))

    @cache
    def make(kind):
        folder = tmp_path_factory.mktemp("gradebook")
        url = f"sqlite:///{folder}/gradebook.db"
        if kind == "postgresql":
            url = new_database(request.getfixturevalue("postgresql"), "prepared")
        assert prepare(url, course, ["01", "E1"]) == []
        return "prepared" if kind == "postgresql" else folder / "gradebook.db"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path, monkeypatch, prepared):
    """A gradebook with the small course's assignments; a file is relative to the folder, as a teacher writes it."""
    if request.param == "postgresql":
        made = prepared("postgresql")
        return new_database(request.getfixturevalue("postgresql"), f"gradebook{next(numbers)}", made)
    shutil.copy(prepared("sqlite"), tmp_path / "gradebook.db")
    monkeypatch.chdir(tmp_path)
    return "sqlite:///gradebook.db"


@pytest.fixture(scope="session")
def result(tmp_path_factory, sandboxed):
    """What right answers to the small course come to."""
    return grade(with_solutions(small_course(tmp_path_factory.mktemp("course"))), sandboxed)


def scores(url):
    with opened(url) as gradebook:
        return {
            (submission.student.id, submission.name): (submission.score, submission.max_score, submission.timestamp)
            for assignment in gradebook.assignments
            for submission in assignment.submissions
        }


def rows(url):
    """Everything in the database."""
    from sqlalchemy import MetaData, select

    with opened(url) as gradebook:
        tables = MetaData()
        tables.reflect(gradebook.engine)
        return {table.name: sorted(map(repr, gradebook.db.execute(select(table)))) for table in tables.sorted_tables}


def grade_of(gradebook, student, cell="01_1"):
    return gradebook.find_grade(cell, "01_small", "01_small", student)


def filled(url, result, people=PEOPLE):
    with opened(url) as gradebook:
        for person in people:
            assert enter(gradebook, person, result, WHEN) == []


def test_the_command_enters_names_times_and_penalties_and_a_second_time_nothing(ready, url, tmp_path):
    """Two runs of the command, and then nbgrader's own step for lateness, which finds nothing to change either."""
    submissions = tmp_path / "class"
    for student, answer, when in (("ada", RIGHT_01, IN_TIME), ("Müller, Jörg", RIGHT_01, LATE), ("李", GAPS_01, LATE)):
        folder = hand_in(submissions, student, answer)
        for file in folder.rglob("*.py"):
            os.utime(file, (when.timestamp(), when.timestamp()))
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (ready / "nbgrader_config.py").write_text('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with opened(url) as gradebook:
        gradebook.update_or_create_assignment("01_small", duedate=DUE.replace(tzinfo=None))
    options = ["--roster", tmp_path / "roster.csv", "--gradebook", url]

    first = grade_by_command(submissions, tmp_path / "out", ready, *options, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "3 graded" in first.stdout
    assert first.stderr == ""
    assert scores(url) == {
        ("ada", "01_small"): (10.0, 10.0, naive(IN_TIME)),
        ("ada", "exercise_01_more"): (10.0, 10.0, naive(IN_TIME)),
        ("Müller, Jörg", "01_small"): (10.0, 10.0, naive(LATE)),
        ("Müller, Jörg", "exercise_01_more"): (10.0, 10.0, naive(LATE)),
        ("李", "01_small"): (0.0, 10.0, naive(LATE)),
        ("李", "exercise_01_more"): (10.0, 10.0, naive(LATE)),
    }
    with opened(url) as gradebook:
        assert gradebook.find_student("ada").last_name == 'King, "Countess" of Lovelace'
        assert gradebook.find_student("李").last_name == "李"
        penalties = {
            one.student.id: one.late_submission_penalty for one in gradebook.assignment_submissions("01_small")
        }
        assert penalties == {"ada": 0.0, "Müller, Jörg": 10.0, "李": 0.0}
        grade_of(gradebook, "ada").manual_score = 1.0
        gradebook.db.commit()
    before = rows(url)
    assert sum(map(len, before.values())) > 30

    again = grade_by_command(submissions, tmp_path / "out", ready, *options, "--regrade", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert rows(url) == before
    assert scores(url)["ada", "01_small"][0] == 7.0
    penalised_by_nbgrader(url, ready, ["ada", "Müller, Jörg", "李"])
    assert rows(url) == before


def naive(time):
    return time.replace(tzinfo=None)


def penalised_by_nbgrader(url, course, students):
    """The step of `nbgrader autograde` that gives penalties."""
    from nbformat.v4 import new_notebook
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    for student in students:
        place = {"notebook": "01_small", "assignment": "01_small", "student": student, "db_url": url}
        AssignLatePenalties(config=config).preprocess(new_notebook(), {"nbgrader": place})


def test_entering_twice_changes_nothing(ready, url, result):
    filled(url, result)
    before = rows(url)
    filled(url, result)
    assert rows(url) == before


def test_a_grade_given_by_hand_stays_and_asks_to_be_looked_at_when_the_answer_is_another(ready, url, result, sandboxed):
    filled(url, result)
    with opened(url) as gradebook:
        grade_of(gradebook, "ada").manual_score = 1.0
        gradebook.db.commit()
    (ready / "assignments/beginner/01_small.py").write_text(GAPS_01, encoding="utf-8")
    filled(url, grade(ready, sandboxed))
    assert scores(url)["ada", "01_small"][0] == 1.0
    with opened(url) as gradebook:
        touched, other = grade_of(gradebook, "ada"), grade_of(gradebook, "李")
        assert (touched.manual_score, touched.auto_score, touched.needs_manual_grade) == (1.0, 0.0, True)
        assert (other.manual_score, other.auto_score, other.needs_manual_grade) == (None, 0.0, False)


def test_a_penalty_goes_when_the_due_date_moves(ready, url, result, tmp_path):
    (ready / "nbgrader_config.py").write_text('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    prepare(url, ready, ["01", "E1"])
    found = []
    for due in (datetime(2026, 10, 1), datetime(2026, 12, 1)):
        with opened(url) as gradebook:
            gradebook.update_or_create_assignment("01_small", duedate=due)
            enter(gradebook, PEOPLE[0], result, WHEN, late_plugin(ready))
            found.append(gradebook.find_submission("01_small", "ada").late_submission_penalty)
    assert found == [10.0, 0.0]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite takes texts of any length
def test_a_student_whom_the_database_does_not_take_is_told_and_the_next_is_entered(ready, url, result):
    with opened(url) as gradebook:
        (told,) = enter(gradebook, Person("x" * 200), result, WHEN)
        assert enter(gradebook, Person("ada"), result, WHEN) == []
    assert told.startswith("xxx")
    assert "is not entered into the gradebook, which says: value too long" in told
    assert {student for student, _ in scores(url)} == {"ada"}


def test_a_new_file_given_by_a_relative_path_lies_in_the_folder_of_the_command(ready, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert prepare("sqlite:///fresh.db", ready, ["E1"]) == []
    with opened(f"sqlite:///{tmp_path}/fresh.db") as gradebook:
        assert [assignment.name for assignment in gradebook.assignments] == ["exercise_01_more"]


def test_cells_that_differ_from_the_courses_are_told(ready, url):
    assert prepare(url, ready, ["01"]) == []
    with opened(url) as gradebook:
        gradebook.find_grade_cell("01_1", "01_small", "01_small").max_score = 3
        gradebook.db.commit()
    (told,) = prepare(url, ready, ["01"])
    assert told.startswith("the gradebook's 01_small has other tasks or points than the course")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("c.LateSubmissionPlugin.penalty_method = ", "cannot be loaded"),
        ("c.AssignLatePenalties.plugin_class = 3", "cannot be used"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_sentence(tmp_path, config, told):
    (tmp_path / "nbgrader_config.py").write_text(config)
    with pytest.raises(CourseError, match=told):
        late_plugin(tmp_path)


@pytest.mark.parametrize(
    "bad",
    [
        *("sqlite:////nowhere/at/all.db", "postgresql+psycopg://u:secret@127.0.0.1:1/x", "banana", "sqlite://"),
        *("oracle://u:secret@h/x", "postgresql+psycopg2://u:secret@h/x", "nodialect://u:secret@h/x"),
    ],
)
def test_a_gradebook_that_cannot_be_used_is_one_sentence_without_its_password(bad):
    with pytest.raises(CourseError, match=r"cannot be used|would be gone") as told, opened(bad):
        pass
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)
