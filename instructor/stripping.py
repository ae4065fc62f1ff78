"""nbgrader takes the solutions out: a real `generate_assignment` in a temporary course folder."""

import ast
import logging
import os
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor, SaveCells
from traitlets.config import Config

from instructor.gaps import ReleaseError, enclosing, number_above, stub

# nbgrader has one stub for all gaps; this one is replaced in each by the number and name of its own.
_PLACEHOLDER = 'raise NotImplementedError("a gap without its number yet")'


class NumberedStubs(NbGraderPreprocessor):
    """After ClearSolutions: gives each gap the number of the TODO above it and the name of its function."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if cell.cell_type == "code" and _PLACEHOLDER in cell.source:
            cell.source = _numbered(cell.source)
        return cell, resources


def _numbered(source: str) -> str:
    tree = ast.parse(source)
    lines = source.split("\n")
    for index, line in enumerate(lines):
        if line.strip() == _PLACEHOLDER:
            task, name = number_above(lines, index), enclosing(tree, index + 1)
            if task is None or name is None:
                raise ValueError(f"no number or no function for the gap in: {source}")
            lines[index] = line.replace(_PLACEHOLDER, stub(task, name))
    return "\n".join(lines)


def generate(folder: Path, names: list[str], *, gradebook: str | None = None) -> None:
    """Make `folder/release/<name>` of `folder/source/<name>` for each name, by nbgrader.

    `gradebook` is the URL of the database that learns of the assignments; without one nbgrader keeps no
    record, which changes nothing in what it writes and saves its 3 s of setting a database up.
    Raises ReleaseError with nbgrader's log where it refuses. The working folder and PATH are changed
    meanwhile (the former by nbgrader itself), hence not for use in threads.
    """
    with _quiet(), own_programs_first():
        api = NbGraderAPI(config=_config(folder, gradebook))
        for name in names:
            result = api.generate_assignment(name, force=True, create=True)
            if not result["success"]:
                log = (result.get("log") or "") + (result.get("error") or "")
                raise ReleaseError(f"nbgrader could not release it; its log says:\n{log}", file=name)


def released(folder: Path, name: str) -> NotebookNode:
    """The notebook that `generate` made."""
    return nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)


def _config(folder: Path, gradebook: str | None) -> Config:
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "course"
    config.Exchange.root = str(folder / "exchange")
    config.ClearSolutions.code_stub = {"python": _PLACEHOLDER}
    steps = list(GenerateAssignment.preprocessors.default())
    steps.insert(steps.index(ClearSolutions) + 1, NumberedStubs)
    if gradebook is None:
        steps.remove(SaveCells)
        config.GenerateAssignment.no_database = True
    else:
        config.CourseDirectory.db_url = gradebook
    config.GenerateAssignment.preprocessors = steps
    return config


@contextmanager
def own_programs_first() -> Iterator[None]:
    """nbgrader calls `alembic` by name: the one of this interpreter, also where its bin is not on PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join(filter(None, [sysconfig.get_path("scripts"), before]))
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _quiet() -> Iterator[None]:
    """nbgrader's log goes into its result; here nothing of it reaches the terminal."""
    log = logging.getLogger("traitlets")
    propagate, log.propagate = log.propagate, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            log.propagate = propagate
