"""Nothing is used before it is taught: the concepts of the course, lesson by lesson, and where torch's names occur.

``instructor/concepts.toml`` lists for each lesson what it introduces: a name, the section that teaches it, and the
words of torch that need it. A word counts as torch's where it is an attribute or method (``x.backward``,
``torch.no_grad``) or a keyword (``retain_graph=True``) that torch has and Python and NumPy have not.
"""

import ast
import builtins
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.task import Task
from instructor.release import solution_of

FILE = "instructor/concepts.toml"
_HEADING = re.compile(r"^# ## (.+)$", re.MULTILINE)
_NOT_TORCH = {"np", "plt", "math", "time", "random", "figure", "axes", "ax", "fig", "self", "itertools", "copy"}
_KEYWORDS = {
    "allow_unused",
    "create_graph",
    "grad_outputs",
    "in_dims",
    "inputs",
    "is_grads_batched",
    "momentum",
    "nesterov",
    "out_dims",
    "remove_duplicate",
    "requires_grad",
    "retain_graph",
    "set_to_none",
    "weight_decay",
}


@dataclass(frozen=True)
class Concept:
    """What a lesson introduces, where in it, and the words of torch that need it."""

    lesson: str
    name: str
    section: str
    words: tuple[str, ...] = ()


def read_concepts(course: Path) -> list[Concept]:
    """The course's concepts, in the order of the file."""
    path = course / FILE
    if not path.exists():
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("concept", [])
    return [Concept(e["lesson"], e["name"], e["section"], tuple(e.get("words", ()))) for e in entries]


def sections_of(course: Path, assignment: Assignment) -> list[str]:
    """The headings of an assignment's lesson; none where there is no lesson."""
    if assignment.lesson is None or not (course / assignment.lesson).exists():
        return []
    return _HEADING.findall((course / assignment.lesson).read_text(encoding="utf-8"))


def faults(course: Path, assignment: Assignment, concepts: list[Concept]) -> Iterator[str]:
    """What a lesson and its assignment's solution use before it is taught, and what the list has wrong of them."""
    if assignment.lesson is not None and (course / assignment.lesson).exists():
        yield from _listed(course, assignment, concepts)
        yield from _too_early(course, assignment.lesson.as_posix(), assignment, concepts)
    yield from _too_early(course, solution_of(assignment).as_posix(), assignment, concepts)


def see_faults(course: Path, assignments: list[Assignment], tasks: list[Task]) -> Iterator[str]:
    """The references of tasks and misconceptions to sections that no lesson has: "Section, in lessons/…/NN.py"."""
    known = {f"{section}, in {one.lesson}" for one in assignments if one.lesson for section in sections_of(course, one)}
    for task in tasks:
        for see in {task.see, *(misconception.see for misconception in task.misconceptions)} - {""}:
            if see not in known:
                yield f"task {task.id} sends to “{see}”, and no lesson has that section"


def _listed(course: Path, assignment: Assignment, concepts: list[Concept]) -> Iterator[str]:
    mine = [concept for concept in concepts if concept.lesson == assignment.id]
    if not mine:
        yield f"{FILE} has no concept of lesson {assignment.id}; list what it introduces"
        return
    sections = sections_of(course, assignment)
    for concept in mine:
        if concept.section not in sections:
            yield f"{FILE}: lesson {assignment.id} has no section “{concept.section}” ({concept.name})"


def _too_early(course: Path, path: str, assignment: Assignment, concepts: list[Concept]) -> Iterator[str]:
    taught: dict[str, str] = {}
    for concept in concepts:
        for word in concept.words:
            taught[word] = min(taught.get(word, concept.lesson), concept.lesson, key=_place)
    for word, line in torch_words((course / path).read_text(encoding="utf-8")).items():
        if word not in taught:
            yield f"{path}:{line} uses {word}, which no lesson introduces; add it to {FILE}"
        elif _place(taught[word]) > _place(assignment.id):
            yield f"{path}:{line} uses {word}, which lesson {taught[word]} introduces"


def _place(lesson: str) -> tuple[bool, str]:
    """Where a lesson stands in the course: the exercises come last."""
    return lesson.startswith("E"), lesson


def torch_words(text: str) -> dict[str, int]:
    """The words of torch that a script uses, each with the first line that does."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in _vocabulary() and _root(node) not in _NOT_TORCH:
            words = [node.attr]
        elif isinstance(node, ast.Call):
            words = [keyword.arg for keyword in node.keywords if keyword.arg in _KEYWORDS]
        else:
            continue
        for word in words:
            found[word] = min(found.get(word, node.lineno), node.lineno)
    return dict(sorted(found.items(), key=lambda entry: entry[1]))


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _vocabulary() -> frozenset[str]:
    import matplotlib.axes
    import numpy as np
    import torch

    owners = [torch, torch.Tensor, torch.nn, torch.nn.Module, torch.nn.functional, torch.optim, torch.optim.Optimizer]
    owners += [torch.autograd, torch.autograd.graph, torch.autograd.Function, torch.func, torch.amp, torch.nn.init]
    words = {word for owner in owners for word in dir(owner) if not word.startswith("_")}
    plain = [matplotlib.axes.Axes, np, np.ndarray, builtins, str, list, dict, set, float, int, property, Path]
    return frozenset(words - {word for owner in plain for word in dir(owner)})
