"""nbgrader's own route, end to end: release, notebooks with answers, autograde, feedback; our points are the same.

Two assignments of the course, real commands, a real kernel for each notebook.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

import instructor
from instructor.cohort.gradebook import opened
from instructor.tests.cohort.conftest import grade_by_command

COURSE = Path(instructor.__file__).parents[1]
FIRST, BY_HAND = "01_basic_scalar_backward", "23_vector_backward_linear_case_1"
RIGHT = {
    FIRST: {
        "01_1": "return float(sum(k * c * x ** (k - 1) for k, c in enumerate(coefficients) if k))",
        "01_2": """leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)[0].item()""",
        "01_3": """leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = g(leaf)
    y.retain_grad()
    f(y).backward()
    return leaf.grad.item(), y.grad.item()""",
    },
    # A warning or a print to standard error is no mistake, though nbgrader takes it for one.
    BY_HAND: {
        "23_1": """import sys, warnings
    print("looking at", A.shape, file=sys.stderr)
    warnings.warn("not needed")
    return v @ A""",
        "23_2": "return v[:, None] * x[None, :]",
        "23_3": "return (A + A.T) @ x",
    },
}
WRONG = {
    FIRST: {
        "01_1": "return float(sum(k * c * x**k for k, c in enumerate(coefficients)))",
        "01_2": "return f(torch.tensor(x, dtype=torch.float64)).item()",
        "01_3": "return undefined_name",
    },
    BY_HAND: {"23_1": "return A @ v", "23_2": "return np.outer(x, v)", "23_3": "return 2 * A @ x"},
}
HALF = {FIRST: {"01_1": RIGHT[FIRST]["01_1"], "01_3": "return 1 / 0"}, BY_HAND: {"23_2": RIGHT[BY_HAND]["23_2"]}}
CLASS = {"right": RIGHT, "wrong": WRONG, "half": HALF, "untouched": {FIRST: {}}}
POINTS = {
    ("right", FIRST): 10.0, ("wrong", FIRST): 0.0, ("half", FIRST): 3.0, ("untouched", FIRST): 0.0,
    ("right", BY_HAND): 10.0, ("wrong", BY_HAND): 0.0, ("half", BY_HAND): 3.0,
}  # fmt: skip


def run(*command, cwd):
    """A command that must succeed, with this interpreter's programs first on PATH, as nbgrader wants it."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def hand_in(released, folder, answers):
    """The student's copy of a released assignment, with answers typed where the gaps were."""
    shutil.copytree(released, folder)
    path = folder / f"{folder.name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        task = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("_answer")
        if task in answers:
            kept = [line for line in cell.source.split("\n") if "raise NotImplementedError" not in line]
            cell.source = "\n".join([*kept, f"    {answers[task]}"])
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """nbgrader's course folder after autograde and feedback, its gradebooks, and one that `instructor grade` filled.

    nbgrader starts a kernel for each notebook, one after the other: two assignments are graded at once, each into a
    gradebook of its own.
    """
    made = tmp_path_factory.mktemp("made")
    course = made / "course"
    course.mkdir()
    options = ["--out", made / "out", "--only", "01,23", "--gradebook", f"sqlite:///{course}/gradebook.db"]
    run(sys.executable, "-m", "instructor", "release", *map(str, options), cwd=COURSE)
    shutil.copytree(made / "out/nbgrader", course, dirs_exist_ok=True)
    # A busy machine takes longer than the 30 s that nbgrader gives a cell.
    (course / "nbgrader_config.py").write_text("c.Execute.timeout = 240\n")
    for student, assignment in POINTS:
        folder = course / "submitted" / student / assignment
        hand_in(course / "release" / assignment, folder, CLASS[student][assignment])
    shutil.copy(course / "gradebook.db", course / "second.db")
    theirs, ours = (f"sqlite:///{course}/gradebook.db", f"sqlite:///{course}/second.db"), f"sqlite:///{made}/ours.db"

    def grade_first():
        run("nbgrader", "autograde", FIRST, "--db", theirs[0], cwd=course)
        run("nbgrader", "generate_feedback", FIRST, "--db", theirs[0], cwd=course)

    def grade_second_and_ours():
        run("nbgrader", "autograde", BY_HAND, "--db", theirs[1], cwd=course)
        options = ["--only", "01,23", "--gradebook", ours]
        done = grade_by_command(course / "submitted", made / "out2", COURSE, *options)
        assert (done.returncode, done.stderr) == (0, "")

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(grade_first), pool.submit(grade_second_and_ours)]:
            each.result()
    return course, theirs, ours


def submissions(urls):
    for url in urls:
        with opened(url) as gradebook:
            for assignment in gradebook.assignments:
                yield from assignment.submissions


def cells(*urls):
    return {
        (submission.student.id, grade.name): (grade.score, grade.max_score)
        for submission in submissions(urls)
        for notebook in submission.notebooks
        for grade in notebook.grades
    }


def test_nbgrader_gives_the_points_that_the_answers_deserve(graded):
    _, theirs, _ = graded
    assert [{(one.student.id, one.name): one.score for one in submissions([url])} for url in theirs] == [
        {place: points for place, points in POINTS.items() if place[1] == assignment} for assignment in (FIRST, BY_HAND)
    ]


def test_ours_are_the_same_cell_by_cell(graded):
    _, urls, ours = graded
    theirs = cells(*urls)
    assert len(theirs) == len(POINTS) * 3
    missing = {("untouched", task): (0.0, points) for task, points in (("23_1", 3.0), ("23_2", 3.0), ("23_3", 4.0))}
    assert cells(ours) == theirs | missing  # who handed in nothing has zeros with us, and no row with nbgrader


def test_no_cell_of_the_course_writes_to_standard_error(graded):
    course, *_ = graded
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(course.glob("autograded/*/*/*.ipynb"))]
    assert len(notebooks) == len(POINTS)
    tests = [
        cell for notebook in notebooks for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert len(tests) == len(POINTS) * 3
    outputs = [output for notebook in notebooks for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_feedback_says_what_is_wrong(graded):
    course, *_ = graded
    pages = {page.parent.parent.name: page.read_text() for page in course.glob("feedback/*/*/*.html")}
    assert sorted(pages) == sorted(CLASS)
    assert "the gradient with respect to x is wrong" in pages["wrong"]
    assert "01.2 is still to do" in pages["untouched"]
