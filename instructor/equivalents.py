"""Mutants that no test can kill because they are right answers too, each with its reason."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment
from instructor.mutants import Mutant

FILE = Path("instructor", "equivalents.toml")


@dataclass(frozen=True)
class Equivalent:
    """A change that leaves a solution right: the line it changes, what becomes of it, and why that is right."""

    assignment: str
    source: str
    change: str
    reason: str


def read_equivalents(course: Path) -> list[Equivalent]:
    """All known equivalent mutants of the course."""
    file = course / FILE
    if not file.exists():
        return []
    return [Equivalent(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("mutant", [])]


def find(known: list[Equivalent], assignment: Assignment, mutant: Mutant) -> Equivalent | None:
    """The entry for `mutant`, if it is known to be equivalent."""
    for entry in known:
        if (entry.assignment, entry.source, entry.change) == (assignment.stem, mutant.source, mutant.change):
            return entry
    return None
