"""What is read off a solution's text, and the sentences for solutions that cannot be released."""

import pytest

from instructor.gaps import ReleaseError, find_gaps

SOLUTION = '''\
# %% [markdown]
# # Assignment 41 · A vector through a matrix
#
# With $y = Ax$ and a `v` from above, what reaches x, and what reaches A?

# %%
# %matplotlib inline
import numpy as np

# %% [markdown]
# ## 41.1 · What reaches x


# %%
def vjp_wrt_x(A, x, v):
    """Gradient of vᵀ(Ax) with respect to x.

    A: (m, n)   x: (n,)   v: (m,)
    Returns: (n,)
    """
    # TODO 41.1 (5 min, by hand): which index of A
    # does v meet?
    ### BEGIN SOLUTION
    meeting = A * v[:, None]
    return meeting.sum(axis=0)
    ### END SOLUTION


# %% [markdown]
# ## 41.2 · What reaches A


# %%
def vjp_wrt_A(A, x, v):
    """Gradient of vᵀ(Ax) with respect to A, (m, n)."""
    # TODO 41.2 (5 min, by hand): one number for each entry
    ### BEGIN SOLUTION
    return np.outer(v, x)
    ### END SOLUTION


# %%
def check_shapes(A, x):
    # TODO 41.2: also when they do not fit
    ### BEGIN SOLUTION
    if A.shape[1] != x.shape[0]:
        raise ValueError("shapes")
    ### END SOLUTION
    return A.shape
'''


def broken(old, new):
    assert old in SOLUTION
    return SOLUTION.replace(old, new, 1)


BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"
TODO_1 = "    # TODO 41.1 (5 min, by hand): which index of A\n    # does v meet?\n"
MEETING = "    meeting = A * v[:, None]\n"

BAD_SOLUTIONS = {
    "no begin": (broken(BEGIN, ""), END, "a solution ends here that never began"),
    "no markers at all": (
        broken(BEGIN, "").replace(END, "", 1),
        "    # TODO 41.1",
        "TODO 41.1 has no gap directly under it",
    ),
    "no end in the cell": (broken(END, ""), BEGIN, "has no end in its cell"),
    "no end in the file": (
        broken(END + "    return A.shape\n", "    return A.shape\n"),
        "    ### BEGIN SOLUTION\n    if",
        "has no end; add",
    ),
    "begun twice": (broken(END, BEGIN), BEGIN + "\n", "begins inside the one of line 23"),
    "end misspelt": (broken(END, "    ### end solution\n"), "    ### end", "this marker has another form"),
    "marker in prose": (broken("# With", "# BEGIN SOLUTION"), "# BEGIN", "this marker has another form"),
    "no number": (broken(TODO_1, ""), BEGIN, "this gap in vjp_wrt_x has no number"),
    "number out of reach": (broken(TODO_1, TODO_1 + "\n    v = v + 0\n"), BEGIN, "has no number"),
    "number used again": (broken("TODO 41.2: also", "TODO 41.1: also"), "    # TODO 41.1: also", "and at line 21"),
    "number used again in one function": (
        broken("def check_shapes", "def vjp_wrt_A"),
        "    # TODO 41.2: also",
        "and at line 36",
    ),
    "outside of a function": (
        broken("import numpy as np", "# TODO 41.3: a\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
        "### BEGIN SOLUTION\nx",
        "outside of a function",
    ),
    "past the end of a function": (
        broken(END + "    return A.shape", "x = 1\n    ### END SOLUTION"),
        "    ### BEGIN SOLUTION\n    if",
        "the gap of check_shapes runs past its block",
    ),
    "half a statement": (
        broken(END + "    return A.shape", END + "    else:\n        return A.shape"),
        "    ### BEGIN SOLUTION\n    if",
        "without this gap check_shapes is not Python",
    ),
    "not Python": (broken("import numpy as np", "import numpy np"), "import numpy np", "this is not Python"),
}


@pytest.mark.parametrize(("text", "place", "sentence"), BAD_SOLUTIONS.values(), ids=BAD_SOLUTIONS)
def test_a_bad_solution_is_told_in_one_sentence_with_its_line(text, place, sentence):
    line = text[: text.index(place)].count("\n") + 1
    with pytest.raises(ReleaseError) as error:
        find_gaps(text, "41.py")
    assert str(error.value).startswith(f"41.py:{line}: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_number_may_cover_functions_that_stand_together():
    assert [(gap.task, gap.name) for gap in find_gaps(SOLUTION, "41.py")][1:] == [
        ("41.2", "vjp_wrt_A"),
        ("41.2", "check_shapes"),
    ]
