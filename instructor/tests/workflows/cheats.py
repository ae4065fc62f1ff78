"""What a student may try against the workflow: files to push beside answers, and answers that reach for the runner.

Whatever runs outside of the sandbox leaves a mark in the folder `marks`, which the tests then look into.
"""

import json
from pathlib import Path

from autograder.grading.result import SCHEMA_NAME
from instructor.tests.workflows.classroom import FIRST

# Files that Python or pytest would run by themselves where somebody let them.
_PICKED_UP = (
    *("conftest.py", "sitecustomize.py", "usercustomize.py", "torch.py", "numpy.py", "secrets.py"),
    *(f"assignments/{name}" for name in ("conftest.py", "__init__.py")),
    *(f"assignments/beginner/{name}" for name in ("conftest.py", "sitecustomize.py", "torch.py", "hypothesis.py")),
    *(f"autograder/{name}" for name in ("sitecustomize.py", "conftest.py")),
)

_REACH = """
def _reach():
    import glob, os
    text = "artifact=forged\\nGRADE_RESULT=success\\nPATH=/forged\\n# 290 / 290 points\\n"
    names = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH")
    files = [os.environ.get(name, "") for name in names] + glob.glob("{machines}/*/temp/*/*")
    for file in [*files, *glob.glob("{machines}/*/temp/result/*"), "{machines}/forged", "{marks}/answer"]:
        try:
            with open(file, "a") as opened:
                opened.write(text)
        except Exception as error:
            print(f"::error::{{error}}")
    for command in ("::set-output name=artifact::forged", "::add-path::/forged", "::add-mask::290"):
        print(command, flush=True)
        os.write(1, f"{{command}}\\n  {{command}}\\n##[add-path]/forged\\n".encode())
        os.write(2, f"{{command}}\\n".encode())


for _ in range(1):
    try:
        _reach()
    except Exception as _error:
        print(f"::error::{{_error}}")
"""

LOUD = (
    "raise ValueError('\\n::error::owned\\n##[error]owned @teacher <b>bold</b> [link](http://evil.example) ' + '`' * 5)"
)


def picked_up(marks: Path) -> dict[str, str]:
    """Files that mark themselves where anything runs them."""
    return {name: f"open({str(marks / name.replace('/', '-'))!r}, 'w').close()\n" for name in _PICKED_UP}


def reaching(answer: str, machines: Path, marks: Path) -> str:
    """An answer that does its work, and on the way writes wherever a runner would read."""
    return f"{answer}\n{_REACH.format(machines=machines, marks=marks)}"


def loud(gap: str, task: str) -> str:
    """A gap file with one wrong answer, whose message is full of what GitHub would act on."""
    lines = gap.splitlines()
    at = next(number for number, line in enumerate(lines) if f'"TODO {task}:' in line)
    indent = len(lines[at]) - len(lines[at].lstrip())
    lines[at] = " " * indent + LOUD
    return "\n".join(lines) + "\n"


def with_tests_that_pass(tests: str) -> str:
    """A test file whose tests are there and ask for nothing."""
    return f"{tests}\n{_EMPTIED}"


_EMPTIED = """
for _task in [value for value in globals().values() if isinstance(value, Task)]:
    for _test in _task.tests:
        object.__setattr__(_test, "function", lambda student: None)
del _task, _test  # or task 24.3 were declared twice
"""


def that_passes_everything(grading: str) -> str:
    """autograder/grading/grade.py, after which every test is passed."""
    return f"{grading}\n{_PASSED}"


_PASSED = """
_honest = _task_result


def _task_result(task, answer, tests, line=None):
    passed = (msgspec.structs.replace(test, status="passed", message="") for test in tests)
    return _honest(task, answer, tuple(passed), line)
"""


def that_grades_nothing(workflow: str) -> str:
    """grade.yml, with the forged result of the same push in the place of a grade."""
    lines = workflow.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("autograder grade "))
    lines[at : at + 2] = [f'{" " * 10}cp forged.json "$RUNNER_TEMP/result/result.json"']
    return "\n".join(lines) + "\n"


def forged(points: int) -> str:
    """A result of one task in which nothing is wrong."""
    test = {"name": "t", "claim": "c", "status": "passed"}
    task = {"id": "01.1", "name": "f", "score": points, "max_score": points, "status": "passed", "line": 1}
    assignment = {"id": "01", "title": "All", "level": FIRST.level, "path": str(FIRST.answer)}
    sums = {"score": points, "max_score": points}
    told = {"versions": {}, "seed": 0, "isolation": "sandbox", "files": {}, "tests": {}}
    whole = {**assignment, **sums, "tasks": [{**task, "tests": [test]}]}
    return json.dumps({"schema": SCHEMA_NAME, **sums, "assignments": [whole], "provenance": told, "seconds": 1.0})
