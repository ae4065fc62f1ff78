"""The release of two invented assignments: functions, and a class with several gaps."""

import contextlib
import re
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from instructor.leaks import leaks
from instructor.notebooks import to_notebook, to_script
from instructor.release import ReleaseError, build, refresh, stale
from instructor.stripping import generate
from instructor.tests.courses import (
    ANSWER_41,
    ANSWER_E9,
    COURSE,
    FUNCTIONS,
    SOLUTION_41,
    TESTS_41,
    make_course,
    tasks_of,
    write,
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def release(course, tmp_path_factory):
    return build(course, tmp_path_factory.mktemp("out"), tasks_of=tasks_of)


@pytest.fixture(scope="module")
def notebook_41(release):
    return nbformat.read(release.out / "nbgrader/release/41_matrix/41_matrix.ipynb", as_version=4)


@pytest.fixture
def own_course(tmp_path):
    return make_course(tmp_path / "own")


def script(release, path):
    return (release.out / path).read_text(encoding="utf-8")


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The students' script


def test_a_gap_holds_its_number_and_the_name_of_its_function(release):
    text = script(release, ANSWER_41)
    assert '    # does v meet?\n    raise NotImplementedError("TODO 41.1: vjp_wrt_x")\n\n\n# %%' in text


def test_a_method_is_named_with_its_class(release):
    text = script(release, ANSWER_E9)
    assert re.findall('TODO E9.*?"', text) == ['TODO E9.1: Scale.forward"', 'TODO E9.2: Scale.backward"']


def test_the_script_is_the_solution_but_for_its_gaps(release):
    without_answers = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "GAP", FUNCTIONS, flags=re.DOTALL)
    without_stubs = re.sub(r"raise NotImplementedError\(.*\)", "GAP", script(release, ANSWER_41))
    assert without_stubs == without_answers


def test_a_module_docstring_stays_on_top(release):
    assert script(release, ANSWER_E9).startswith('"""Assignment E9 · A scaler.\n\nFill the gaps')


def test_the_script_loads_and_its_gaps_say_todo(release):
    names = {}
    exec(compile(script(release, ANSWER_41), "answer", "exec"), names)
    with pytest.raises(NotImplementedError, match=r"TODO 41\.2: vjp_wrt_A"):
        names["vjp_wrt_A"](None, None, None)


def test_going_to_a_notebook_and_back_changes_no_byte_of_a_script(release):
    for path in release.scripts:
        text = script(release, path)
        assert to_script(to_notebook(text, [], {})) == text


# nbgrader's release


def test_each_task_has_one_test_cell_with_its_points_after_its_last_gap(notebook_41):
    marked = [cell.metadata.get("nbgrader", {}) for cell in notebook_41.cells]
    assert [
        (mark.get("grade_id"), mark.get("grade"), mark.get("solution"), mark.get("locked"), mark.get("points"))
        for mark in marked
    ] == [
        ("text_1", False, False, True, None),
        (None, None, None, None, None),
        ("text_2", False, False, True, None),
        ("41_1_answer", False, True, False, None),
        ("41_1", True, False, True, 4),
        ("text_3", False, False, True, None),
        ("41_2_answer", False, True, False, None),
        ("41_2_answer_2", False, True, False, None),
        ("41_2", True, False, True, 6),
    ]


def test_a_cell_of_two_tasks_is_named_after_both_and_followed_by_both_tests(release):
    notebook = nbformat.read(release.out / "nbgrader/release/exercise_09_scaler/exercise_09_scaler.ipynb", as_version=4)
    assert [cell.id for cell in notebook.cells] == ["code_1", "E9_1_E9_2_answer", "E9_1", "E9_2", "text_1"]


def test_a_test_cell_grades_its_task(notebook_41):
    cell = next(cell for cell in notebook_41.cells if cell.id == "41_1")
    assert cell.source == 'from autograder.grading.notebook import grade_task\ngrade_task("41.1", globals())'


def test_cell_ids_are_the_grade_ids(notebook_41):
    assert all(cell.id == cell.metadata.nbgrader.grade_id for cell in notebook_41.cells if "nbgrader" in cell.metadata)


def test_the_notebook_is_valid_has_a_kernel_and_no_outputs(notebook_41):
    nbformat.validate(notebook_41)
    assert notebook_41.metadata.kernelspec.name == "python3"
    assert not any(cell.outputs for cell in notebook_41.cells if cell.cell_type == "code")


def test_the_tests_lie_beside_the_notebook(release, course):
    beside = release.out / "nbgrader/release/41_matrix/test_41_matrix.py"
    assert beside.read_bytes() == (course / TESTS_41).read_bytes()


def test_nbgrader_has_the_tests_and_no_solution_to_put_in_the_place_of_a_submissions_own(release, course):
    source = contents(release.out / "nbgrader/source")
    assert sorted(source) == ["41_matrix/test_41_matrix.py", "exercise_09_scaler/test_exercise_09_scaler.py"]
    assert source["41_matrix/test_41_matrix.py"] == (course / TESTS_41).read_bytes()


def test_building_again_in_the_same_place_changes_no_byte(release, course):
    before = contents(release.out)
    again = build(course, release.out, tasks_of=tasks_of)
    assert contents(again.out) == before


def test_one_assignment_can_be_built_alone(course, tmp_path):
    alone = build(course, tmp_path, {"E9.2"}, tasks_of=tasks_of)
    assert [path.as_posix() for path in alone.scripts] == [ANSWER_E9]
    assert not (tmp_path / "nbgrader/release/41_matrix").exists()


def test_a_comment_that_looks_like_a_magic_stays_a_comment(notebook_41):
    assert notebook_41.cells[1].source == "# %matplotlib inline\nimport numpy as np"


@pytest.fixture(scope="module")
def release_in_a_bare_shell(course, tmp_path_factory):
    """A build with a gradebook, where neither PATH nor HOME helps and a root logger prints all it gets."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "home").mkdir()
    program = """if True:
        import logging, os, sys
        from pathlib import Path
        from instructor.release import build
        logging.basicConfig()
        before = os.getcwd(), dict(os.environ)
        course, out = map(Path, sys.argv[1:])
        points = [("41.1", 4), ("41.2", 6)]
        build(course, out, {"41"}, tasks_of=lambda path: points, gradebook="sqlite:///" + os.path.abspath("grades.db"))
        assert before == (os.getcwd(), dict(os.environ))
    """
    ran = subprocess.run(
        [sys.executable, "-c", program, str(course), str(folder / "out")],
        env={"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(COURSE)},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return folder, ran


def test_nothing_is_printed_and_the_surroundings_are_left_alone(release_in_a_bare_shell):
    folder, ran = release_in_a_bare_shell
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list((folder / "home").iterdir()) == []


def test_nbgrader_enters_the_tasks_into_the_gradebook_it_is_given(release_in_a_bare_shell):
    folder, _ = release_in_a_bare_shell
    with contextlib.closing(Gradebook(f"sqlite:///{folder / 'grades.db'}")) as gradebook:
        cells = gradebook.find_notebook("41_matrix", "41_matrix").grade_cells
        assert {cell.name: cell.max_score for cell in cells} == {"41_1": 4, "41_2": 6}


def test_a_gradebook_changes_no_byte_of_the_release(release_in_a_bare_shell, release):
    folder, _ = release_in_a_bare_shell
    recorded = contents(folder / "out")
    assert len(recorded) == 4
    assert recorded == {name: data for name, data in contents(release.out).items() if name in recorded}


# Fresh and stale


def test_refreshing_twice_changes_nothing_the_second_time(own_course):
    assert refresh(own_course, tasks_of=tasks_of) == [ANSWER_41, ANSWER_E9]
    before = contents(own_course)
    assert refresh(own_course, tasks_of=tasks_of) == []
    assert contents(own_course) == before


def test_stale_names_what_was_edited_is_missing_or_has_no_solution(own_course):
    assert stale(own_course, tasks_of=tasks_of) == [ANSWER_41, ANSWER_E9]
    refresh(own_course, tasks_of=tasks_of)
    assert stale(own_course, tasks_of=tasks_of) == []
    write(own_course / ANSWER_E9, (own_course / ANSWER_E9).read_text(encoding="utf-8") + "\n")
    write(own_course / "assignments/beginner/07_forgotten.py", "")
    assert stale(own_course, tasks_of=tasks_of) == ["assignments/beginner/07_forgotten.py", ANSWER_E9]


# Leaks


def test_the_release_leaks_nothing(course, release):
    assert leaks(course, release.out) == []


# What cannot be released


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ('"41.2"', '"41.3"', f"{SOLUTION_41}:37", "TODO 41.2 (vjp_wrt_A) has no task"),
        ("\n\n\ndef", '\nthird = Task("41.3", points=1)\n\n\ndef', f"{TESTS_41}:5", "task 41.3 has no gap"),
        ("points=6", "points=0", f"{TESTS_41}:4", "worth 0 points"),
    ],
)
def test_tasks_and_gaps_that_do_not_match_are_told_with_file_and_line(own_course, old, new, place, sentence):
    text = (own_course / TESTS_41).read_text(encoding="utf-8")
    assert old in text
    write(own_course / TESTS_41, text.replace(old, new))
    with pytest.raises(ReleaseError, match=re.escape(sentence)) as error:
        stale(own_course, tasks_of=tasks_of)
    assert str(error.value).startswith(f"{place}: ")


def test_tests_without_a_solution_are_told(own_course):
    (own_course / SOLUTION_41).unlink()
    with pytest.raises(ReleaseError, match="has no solution; write it here") as error:
        stale(own_course, tasks_of=tasks_of)
    assert error.value.file == SOLUTION_41


def test_a_solution_without_tests_is_told(own_course):
    (own_course / TESTS_41).unlink()
    with pytest.raises(ReleaseError, match=f"add {TESTS_41}") as error:
        stale(own_course, tasks_of=tasks_of)
    assert error.value.file == SOLUTION_41


def test_a_solution_that_is_not_utf8_is_told(own_course):
    (own_course / SOLUTION_41).write_bytes(FUNCTIONS.encode("utf-16"))
    with pytest.raises(ReleaseError, match="byte 0 is not UTF-8"):
        stale(own_course, tasks_of=tasks_of)


def test_an_unknown_assignment_is_told(course, tmp_path):
    with pytest.raises(ReleaseError, match="this course has no 42; it has 41, E9"):
        build(course, tmp_path, {"42"}, tasks_of=tasks_of)


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_and_byte_order_mark_of_a_solution_do_not_matter(own_course, release, change):
    (own_course / SOLUTION_41).write_bytes(change(FUNCTIONS).encode("utf-8"))
    refresh(own_course, {"41"}, tasks_of=tasks_of)
    assert (own_course / ANSWER_41).read_bytes() == (release.out / ANSWER_41).read_bytes()


def test_nbgraders_refusal_comes_with_its_log(tmp_path):
    unmarked = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("### BEGIN SOLUTION\n### END SOLUTION")])
    (tmp_path / "source/99_bad").mkdir(parents=True)
    nbformat.write(unmarked, tmp_path / "source/99_bad/99_bad.ipynb")
    with pytest.raises(ReleaseError, match="Solution region detected in a non-solution cell") as error:
        generate(tmp_path, ["99_bad"])
    assert error.value.file == "99_bad"
