"""What a student reads when an answer is wrong."""

import pytest

from autograder.course import selection
from autograder.grading.grade import grade

HEAD = "import numpy as np\nimport torch\n\n"
SLOPE = "def slope(x):\n    return 2.0 * x\n\n"


def first_failure(course, workers, text):
    (course / "assignments/beginner/01_small.py").write_text(text)
    result = grade(course, workers, only=selection("01"))
    return next(test for task in result.assignments[0].tasks for test in task.tests if test.message)


def wrong_vjp(course, workers, body):
    return first_failure(course, workers, f"{HEAD}def vjp_wrt_x(A, x, v):\n    {body}\n\n{SLOPE}")


def test_a_failure_tells_call_numbers_and_how_to_run_it_again(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return A.T @ v + 1.0")
    lines = test.message.splitlines()
    assert len(lines) <= 12
    assert lines[0].startswith("01.1 ")
    assert "vjp_wrt_x(A=[[" in test.counterexample
    assert any("yours 1.0, expected 0.0" in line for line in lines)
    assert lines[-1].strip() == "again   pytest assignments -k 01.1"


def test_the_inputs_shown_are_the_smallest_that_fail(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return A.T @ v + 1.0")
    assert test.counterexample == "vjp_wrt_x(A=[[0.0]], x=[0.0], v=[1.0])"


def test_a_declared_misconception_is_named(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return 2.0 * A.T @ v")
    assert test.misconception == "twice the gradient by habit"
    assert "twice the gradient by habit: no factor 2 here" in test.message


def test_a_general_mistake_is_named(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return -(A.T @ v)")
    assert "sign" in test.misconception


def test_another_wrong_answer_is_not_guessed_at(course, sandboxed):
    assert wrong_vjp(course, sandboxed, "return A.T @ v + 0.37 * x**2").misconception is None


def test_a_mistake_on_some_inputs_only_is_not_taken_for_one_on_all(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "return (2.0 if x[0] > 1 else 1.0) * A.T @ v")
    assert test.misconception is None


def wrong_slope(course, workers, body):
    right = "def vjp_wrt_x(A, x, v):\n    return A.T @ v\n\n"
    return first_failure(course, workers, f"{HEAD}{right}def slope(x):\n    {body}\n")


def test_a_mistake_that_another_test_of_the_task_contradicts_is_not_named(course, sandboxed):
    assert wrong_slope(course, sandboxed, "return 4.0 * x").misconception == "the two comes down twice"
    assert wrong_slope(course, sandboxed, "return 4.0 * x if x else 5.0").misconception is None


RAISING = """

@slope.misconception("sizes that do not fit")
def _(x):
    return (torch.zeros(2) @ torch.zeros(3)).item()


@slope.misconception("every x is refused")
def _(x):
    raise ValueError("not this x")
"""


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("return (torch.zeros(4) @ torch.zeros(5)).item()", "sizes that do not fit"),
        ("return torch.ones(1, requires_grad=True).numpy()[0]", None),
        ("raise RuntimeError('no')", None),
        ("raise ValueError(f'{x} is not what I was made for')", "every x is refused"),
        ("return float('two')", None),
    ],
)
def test_an_exception_is_a_mistakes_where_it_says_the_same_or_both_raise_on_purpose(course, sandboxed, body, named):
    with (course / "assignments/beginner/test_01_small.py").open("a") as tests:
        tests.write(RAISING)
    assert wrong_slope(course, sandboxed, body).misconception == named


def test_a_named_mistake_prints_no_warning_of_its_own(course, sandboxed, capfd):
    test = wrong_vjp(course, sandboxed, "return 2.0 * A.T @ v + np.log(-1.0)")
    assert test.message
    assert "Warning" not in capfd.readouterr().err


def test_an_answer_that_changes_from_call_to_call_is_told_so(course, sandboxed):
    text = "COUNT = [0]\n\ndef vjp_wrt_x(A, x, v):\n    COUNT[0] += 1\n    return A.T @ v + (COUNT[0] % 7 == 3)\n\n"
    test = first_failure(course, sandboxed, HEAD + text + SLOPE)
    assert test.status == "failed"
    assert "the answer differs from one call to the next on the same inputs" in test.message


def test_what_the_answer_printed_is_kept(course, sandboxed):
    test = wrong_vjp(course, sandboxed, "print('shape', A.shape); return -A.T @ v")
    assert "shape (1, 1)" in test.output


def test_a_task_built_on_an_open_gap_says_so(course, sandboxed):
    gap = 'def vjp_wrt_x(A, x, v):\n    raise NotImplementedError("TODO 01.1: vjp_wrt_x")\n\n'
    text = HEAD + gap + "def slope(x):\n    return vjp_wrt_x(1, x, 1)\n"
    test = first_failure(course, sandboxed, text)
    assert "uses task 01.1, which is still to do" in test.message


def test_a_renamed_function_is_recognised_by_its_name(course, sandboxed):
    test = first_failure(course, sandboxed, f"{HEAD}def vjp_wrtx(A, x, v):\n    return A.T @ v\n\n{SLOPE}")
    told = "01.1 vjp_wrt_x is not defined in your file, but vjp_wrtx is; did you mean vjp_wrt_x?"
    assert test.message.splitlines()[0] == told


def test_an_exception_is_told_with_the_students_own_line_and_nothing_of_the_graders(course, sandboxed):
    body = "return halved(A.T @ v)\n\n\ndef halved(x):\n    return x / (len(x) - len(x)) + undefined"
    test = wrong_vjp(course, sandboxed, body)
    told = "01.1 NameError: name 'undefined' is not defined  (your line 9: return x / (len(x) - len(x)) + undefined)"
    assert test.message.splitlines()[0] == told
    assert "Traceback" not in test.message
    assert "autograder" not in test.message


LOOKING = """

from autograder import probe

line = Task("01.3", "line", points=1, hints=("a?", "b", "c"))


@probe
def drawn(student, x):
    w = student.line(x, lambda size: [0.0] * size)
    return w.detach()["slope"][0] + 0.0


@line.test
def test_a_line(student):
    \"\"\"a line has a slope\"\"\"
    assert student.run(drawn, 1.0) == 0.0
"""
CANNOT = "01.3 the test cannot use what line gave: "
OF_A_KIND = "cure    the docstring of line says what must come back, and of what kind"


@pytest.mark.parametrize(
    ("body", "told", "cured"),
    [
        ("return [1.0]", f"{CANNOT}it looked for .detach in a list, which has none", OF_A_KIND),
        ("pass", f"{CANNOT}it looked for .detach in None, which has none", "cure    something is None here"),
        ("return made({})", f"{CANNOT}KeyError: 'slope'", OF_A_KIND),
        ("return made({'slope': []})", f"{CANNOT}IndexError: list index out of range", OF_A_KIND),
        (
            "return made({'slope': 'text'})",
            f'{CANNOT}TypeError: can only concatenate str (not "float") to str',
            OF_A_KIND,
        ),
        ("return x.w", "01.3 AttributeError: 'float' object has no attribute 'w'  (your line 8: return x.w)", ""),
        (
            "return zeros(None)",
            "01.3 TypeError: can't multiply sequence by non-int of type 'NoneType'  (your line 8: ",
            "",
        ),
        ("pass  # and x alone is taken", "01.3 TypeError: line() takes 1 positional argument but 2 were given", ""),
    ],
)
def test_a_look_of_the_tests_own_that_fails_is_told_as_one_and_the_students_line_as_ever(
    course, sandboxed, body, told, cured
):
    with (course / "assignments/beginner/test_01_small.py").open("a") as tests:
        tests.write(LOOKING)
    made = "\n\nclass made:\n    def __init__(self, value):\n        self.detach = lambda: value\n"
    right = "def vjp_wrt_x(A, x, v):\n    return A.T @ v\n\n"
    taken = "x" if "alone" in body else "x, zeros"
    text = f"import torch\n{right}\n\ndef line({taken}):\n    {body}\n\n\ndef slope(x):\n    return 2.0 * x\n{made}"
    test = first_failure(course, sandboxed, text)
    assert test.status == "error"
    assert test.message.splitlines()[0].startswith(told)
    assert cured in test.message
