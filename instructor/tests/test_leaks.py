"""What counts as a trace of a solution in a release."""

import json
from pathlib import Path

import pytest

from instructor.git import commit_all, git
from instructor.leaks import leaks

SOLUTION = """\
# %%
def vjp_wrt_x(A, x, v):
    # TODO 41.1 (5 min, by hand): which index of A does v meet?
    ### BEGIN SOLUTION
    meeting = A * v[:, None]
    return meeting.sum(axis=0)
    ### END SOLUTION


# %%
def vjp_wrt_A(A, x, v):
    # TODO 41.2 (5 min, by hand): one number for each entry
    ### BEGIN SOLUTION
    return np.outer(v, x)
    ### END SOLUTION


# %%
class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W):
        # TODO 41.3 (5 min): what does the backward pass need?
        ### BEGIN SOLUTION
        ctx.save_for_backward(X, W)
        return X @ W
        ### END SOLUTION

    @staticmethod
    def backward(ctx, V):
        # TODO 41.3
        ### BEGIN SOLUTION
        X, W = ctx.saved_tensors
        return V @ W.T, X.T @ V
        ### END SOLUTION
"""

ANSWER = "assignments/advanced/41_matrix.py"
SOURCE = "instructor/solutions/advanced/41_matrix.py"
TESTS = "assignments/advanced/test_41_matrix.py"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    write(tmp_path / "course" / SOURCE, SOLUTION)
    return tmp_path / "course"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.mark.parametrize(
    "line", ["    return np.outer(v, x)", "# return  np.outer(v, x)", "x = 1\n\treturn np.outer(v, x)"]
)
def test_a_line_of_an_answer_in_a_gap_file_is_a_leak(course, out, line):
    write(out / ANSWER, f"def vjp_wrt_A(A, x, v):\n{line}\n")
    (leak,) = leaks(course, out)
    assert (leak.file, leak.source, SOLUTION.split("\n")[leak.line - 1].strip()) == (
        ANSWER,
        SOURCE,
        "return np.outer(v, x)",
    )


def test_a_line_of_an_answer_in_a_notebook_is_a_leak(course, out):
    write(out / "41_matrix.ipynb", json.dumps({"cells": [{"source": "f()\nmeeting = A * v[:, None]"}]}))
    assert [leak.text for leak in leaks(course, out)] == ["meeting=A*v[:,None]"]


def test_tests_may_share_a_line_with_an_answer_but_not_hold_it_whole(course, out):
    wrong = "def wrong(A, x, v):\n    meeting = A * v[:, None]\n    return meeting.mean(axis=0)\n"
    for folder in (course, out):
        write(folder / TESTS, wrong)
    assert leaks(course, out) == []
    for folder in (course, out):
        write(folder / TESTS, wrong.replace("mean", "sum"))
    assert [leak.line for leak in leaks(course, out)] == [5, 6]


def test_what_is_declared_wrong_for_one_task_may_be_right_for_another(course, out):
    wrong = '@vjp_wrt_x.misconception("of A", hint="?")\ndef _(A, x, v):\n    return np.outer(v, x)\n'
    for folder in (course, out):
        write(folder / TESTS, wrong)
    assert leaks(course, out) == []
    write(out / TESTS, wrong.partition("\n")[2])
    assert [leak.text for leak in leaks(course, out)] == ["returnnp.outer(v,x)"]


def test_a_wrong_class_may_hold_one_gap_of_a_task_right(course, out):
    solution = SOLUTION.partition("class Linear")[2].replace(" ### BEGIN SOLUTION", "").replace(" ### END SOLUTION", "")
    solution = "class Linear" + solution
    for folder in (course, out):
        write(folder / TESTS, solution.replace("V @ W.T", "V @ W"))
    assert leaks(course, out) == []
    for folder in (course, out):
        write(folder / TESTS, solution)
    assert len(leaks(course, out)) == 4 - 1  # `return X @ W` is too short to tell


def test_what_a_lesson_teaches_is_no_leak(course, out):
    for folder in (course, out):
        write(folder / "lessons/advanced/41_matrix.py", "def outer(v, x):\n    return np.outer(v, x)\n")
    assert leaks(course, out) == []


# A line of an answer, planted

LINE = "    return np.outer(v, x)\n"
COLOURED = "\x1b[0;32m---->  3\x1b[0m     \x1b[38;5;28;01mreturn\x1b[39;00m np\x1b[38;5;241m.\x1b[39mouter(v, x)\n"


def output(**kind):
    return json.dumps({"cells": [{"cell_type": "code", "source": [], "outputs": [kind]}]})


PLANTED = {
    "a text": ("README.md", f"The answer:\n\n{LINE}"),
    "a diff": ("notes.diff", f"@@ -1 +1 @@\n-    raise\n+{LINE}"),
    "a page": ("page.html", "<pre><b>return</b> np.outer(v,&#32;x)</pre>"),
    "another encoding": ("notes.txt", LINE.encode("utf-16")),
    "a file that is not all text": ("core", b"\xff\x00\n" + LINE.encode() + b"\n\x80"),
    "a renamed file": ("old.py.txt", f"def vjp_wrt_A(A, x, v):\n{LINE}"),
    "the module of another task": ("autograder/course.py", f"def of(A, x, v):\n{LINE}"),
    "what a cell printed": ("41.ipynb", output(output_type="stream", text=["A\n", LINE])),
    "what a cell gave back": ("41.ipynb", output(data={"text/plain": LINE})),
    "what a cell showed": ("41.ipynb", output(data={"text/html": "<pre>return np<i>.</i>outer(v, x)</pre>"})),
    "a cell's traceback": ("41.ipynb", output(output_type="error", traceback=["Error", f"in f()\n{COLOURED}"])),
    "JSON without an ending": ("outputs", output(text=LINE)),
}


def plant(folder: Path, place: str) -> None:
    name, content = PLANTED[place]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("place", PLANTED)
def test_is_found_in_a_file(course, out, place):
    plant(out, place)
    assert [(leak.file, leak.line) for leak in leaks(course, out)] == [(PLANTED[place][0], 14)]


@pytest.mark.parametrize("place", PLANTED)
def test_is_found_in_a_blob_of_a_commit_before(course, out, place):
    plant(out / "template", place)
    commit_all(out / "template", "one")
    (out / "template" / PLANTED[place][0]).unlink()
    git(out / "template", "commit", "--all", "--message", "two")
    (leak,) = leaks(course, out)
    assert leak.file.startswith(f"template/{PLANTED[place][0]} (blob ")
    assert leak.line == 14


def test_is_found_in_a_blob_of_another_branch_under_the_name_it_has_there(course, out):
    write(out / "README.md", "Nothing here.\n")
    commit_all(out, "one")
    git(out, "checkout", "--quiet", "-b", "other")
    write(out / ANSWER, LINE)
    git(out, "add", ".")
    git(out, "commit", "--message", "two")
    git(out, "checkout", "--quiet", "main")
    (leak,) = leaks(course, out)
    assert leak.file.startswith(f"{ANSWER} (blob ")


def test_is_found_in_a_blob_that_no_commit_holds(course, out):
    write(out / "README.md", "Nothing here.\n")
    commit_all(out, "one")
    git(out, "hash-object", "-w", "--stdin", given=LINE.encode())
    (leak,) = leaks(course, out)
    assert leak.file.startswith("? (blob ")


def test_is_found_in_a_renamed_answer_file_that_tests_make_look_public(course, out):
    for folder in (course, out):
        write(folder / TESTS, f'@a.misconception("b")\ndef _(A, x, v):\n{LINE}')
    assert leaks(course, out) == []
    write(out / "advanced/41_by_another_name.py", f"def vjp_wrt_A(A, x, v):\n    print(A)\n{LINE}")
    assert [leak.file for leak in leaks(course, out)] == ["advanced/41_by_another_name.py"]
