"""The sentences that stand in the code: what is given to an error, and all text of the modules that only hold words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

AUTOGRADER = Path(__file__).resolve().parents[2]
ERRORS = {"CourseError", "Refused", "Wrong", "WrongType", "Unsendable", "BuiltOnTodo", "DoneByHand"}
WORDED = (
    "grading/feedback.py",
    "grading/cures.py",
    "gradients/answers.py",
    "gradients/closeness.py",
    "gradients/mistakes.py",
    "hints.py",
    "lessons.py",
    "names.py",
    "reports/markdown.py",
    "reports/page.py",
    "reports/progress_map.py",
    "reports/summary.py",
    "reports/table.py",
    "watch/loop.py",
    "watch/words.py",
)
# What runs elsewhere and speaks to whoever set it up, not to a student.
ELSEWHERE = ("tests", "reports/github", "reports/classroom50.py", "grading/notebook.py", "grading/deadline.py")
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:.]? +[^\W\d_]{2,}")  # two words side by side


def sentences() -> Iterator[tuple[str, str]]:
    """(place, text) of each piece of a sentence: what stands between two fillings-in."""
    for file in sorted(AUTOGRADER.rglob("*.py")):
        name = file.relative_to(AUTOGRADER).as_posix()
        if name.startswith(ELSEWHERE):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        roots: list[ast.AST] = [tree] if name in WORDED else list(_errors(tree))
        seen = _not_told(tree)
        for root in roots:
            for node in ast.walk(root):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in seen:
                    seen.add(id(node))
                    for line in node.value.splitlines():
                        if _SENTENCE.search(line):
                            yield f"{name}:{node.lineno}", " ".join(line.split())


def _errors(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ERRORS:
            yield node


def _not_told(tree: ast.AST) -> set[int]:
    """Docstrings, regular expressions and annotations."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("compile", "sub", "search"):
            found |= {id(argument) for argument in node.args}
    return found
