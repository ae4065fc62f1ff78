"""No module of ours evaluates, unpickles or renders unescaped what it is given, but where a reason stands here.

The syntax trees of all modules are searched, and the text of all templates. Answers, attacks and lessons are looked at
by others, and run in the sandbox.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from instructor.tests.courses import COURSE

_STUDENT = "runs a student's text: in a worker, or beside the test at level none"
_SOLUTION = "runs a solution, which is the course's own, to compare with it"
_OWN_STYLE = "the package's own style or script, with numbers put in"
ALLOWED = {
    ("autograder/sandbox/answer.py", "exec"): _STUDENT,
    ("autograder/grading/loader.py", "spec_from_file_location"): "a course's test modules, never a student's",
    ("autograder/__init__.py", "import_module"): "names of a table that stands beside it",
    ("autograder/gradients/__init__.py", "import_module"): "names of a table that stands beside it",
    ("autograder/sandbox/__init__.py", "import_module"): "names of a table that stands beside it",
    ("autograder/sandbox/preload.py", "import_module"): "names of a table that stands beside it",
    ("autograder/sandbox/standin.py", "__import__"): "the import statement of a student's file, in a worker",
    ("autograder/reports/page.py", "Markup"): _OWN_STYLE,
    ("instructor/attack.py", "exec"): _SOLUTION,
    ("instructor/made_up.py", "exec"): _SOLUTION,
    ("instructor/cohort/dashboard.py", "Markup"): _OWN_STYLE,
    ("instructor/cohort/heat_map.py", "Markup"): "numbers and names of classes, one by one",
    ("instructor/students.py", "Environment without autoescape"): "the README and workflow of a template, no student's",
    ("instructor/cohort/material.py", "pickle"): "examples that a process of our own drew, with the solution's answers",
}
LEFT_OUT = re.compile(r"/(\.venv|tests|solutions|wrong|right|attacks|node_modules|__pycache__)/")
CALLS = {"eval", "exec", "__import__", "import_module", "spec_from_file_location", "run_path", "run_module"}
CALLS |= {"Markup", "literal_eval", "breakpoint"}
ATTRIBUTES = {"torch.load", "np.load", "numpy.load", "os.system", "os.popen", "yaml.load", "jit.load"}
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code", "runpy"}
FOLDERS = ("autograder", "instructor", "lessons", ".github")


def modules() -> list[Path]:
    paths = (path for folder in ("autograder", "instructor") for path in (COURSE / folder).rglob("*.py"))
    return [path for path in sorted(paths) if not LEFT_OUT.search(path.as_posix())]


def dangers(source: str) -> Iterator[str]:
    """The name of each thing in a module's text that may run or open what it is given."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name for alias in names if (name := alias.name.partition(".")[0]) in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in MODULES:
                    yield module.partition(".")[0]
                yield from (one.name for one in names if f"{module.rpartition('.')[2]}.{one.name}" in ATTRIBUTES)
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(attr=name, value=value)):
                whole = f"{ast.unparse(value).rpartition('.')[2]}.{name}"
                if whole in ATTRIBUTES or (name in CALLS and not (name == "eval" and not node.args)):
                    yield name
        if isinstance(node, ast.Call):
            for word in node.keywords:
                value = getattr(word.value, "value", None)
                if (word.arg, value) in {("shell", True), ("autoescape", False), ("allow_pickle", True)}:
                    yield f"{word.arg}={value}"
            makes_pages = ast.unparse(node.func).rpartition(".")[2] == "Environment"
            if makes_pages and not any(word.arg == "autoescape" for word in node.keywords):
                yield "Environment without autoescape"


def test_our_modules_do_so_only_where_a_reason_stands():
    found = {
        (path.relative_to(COURSE).as_posix(), danger)
        for path in modules()
        for danger in dangers(path.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)
    assert len(modules()) > 100


@pytest.mark.parametrize(
    ("source", "danger"),
    [
        ("import pickle", "pickle"),
        ("from cloudpickle import loads", "cloudpickle"),
        ("from os import system", "system"),
        ("import os\nos.system(x)", "system"),
        ("import torch as t, torch\ntorch.load(x)", "load"),
        ("eval(x)", "eval"),
        ("builtins.exec(x)", "exec"),
        ("importlib.import_module(x)", "import_module"),
        ("subprocess.run(x, shell=True)", "shell=True"),
        ("markupsafe.Markup(x)", "Markup"),
        ("jinja2.Environment(loader=x)", "Environment without autoescape"),
        ("jinja2.Environment(autoescape=False)", "autoescape=False"),
        ("np.load(x, allow_pickle=True)", "allow_pickle=True"),
    ],
)
def test_each_of_them_is_seen(source, danger):
    assert danger in set(dangers(source))


@pytest.mark.parametrize("source", ["model.eval()", "subprocess.run(x)", "json.load(x)"])
def test_what_is_harmless_is_not(source):
    assert not set(dangers(source))


def test_no_template_renders_anything_unescaped():
    found = (path for folder in FOLDERS for form in ("templates/*", "*.j2") for path in (COURSE / folder).rglob(form))
    templates = [path for path in found if not LEFT_OUT.search(path.as_posix())]
    assert len(templates) > 3
    for path in templates:
        unescaped = re.findall(r"\|\s*safe\b|autoescape\s+false|Markup", path.read_text(encoding="utf-8"))
        assert not unescaped, path
