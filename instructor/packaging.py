"""The students' pyproject.toml, made from the course's: its dependencies and their reasons, less the instructor's."""

import re
from collections.abc import Callable
from typing import Any

import tomlkit

from autograder.course import CourseError

_INSTRUCTORS_EXTRAS = ("instructor", "dev", "fuzz")
_STUDENTS_TOOLS = ("setuptools", "pytest")


def students_pyproject(text: str) -> str:
    """The course's pyproject.toml for a repository without `instructor/`, where `pytest` means `pytest assignments`.

    Whatever is not named here (a linter's settings, a new tool's) is the instructor's and stays behind.
    """
    document: Any = tomlkit.parse(text.replace("\r\n", "\n"))
    _keep(document, lambda key, _: key in ("build-system", "project", "tool"))
    _keep(document["tool"], lambda key, _: key in _STUDENTS_TOOLS)
    project = document["project"]
    for table in (project.get("scripts", {}), *project.get("entry-points", {}).values()):
        _keep(table, lambda _, module: _is_autograders(module))
    _keep(project.get("optional-dependencies", {}), lambda key, _: key not in _INSTRUCTORS_EXTRAS)
    _keep(project, lambda key, value: key != "optional-dependencies" or bool(value))
    setuptools = document["tool"]["setuptools"]
    _keep(setuptools["package-data"], lambda package, _: _is_autograders(package))
    setuptools["packages"]["find"]["include"] = [
        pattern for pattern in setuptools["packages"]["find"]["include"] if _is_autograders(pattern)
    ]
    document["tool"]["pytest"]["ini_options"]["testpaths"] = ["assignments"]
    return f"{tomlkit.dumps(document).rstrip()}\n"


def required_version(pyproject: str, package: str) -> str:
    """The version that a pyproject.toml pins a package to. Raises CourseError where it is not pinned."""
    for requirement in tomlkit.parse(pyproject)["project"]["dependencies"]:  # type: ignore[index, union-attr]
        if found := re.match(rf"{package}==([^\s;,]+)", str(requirement)):
            return found[1]
    raise CourseError(f"pyproject.toml pins no version of {package}; write {package}==… in its dependencies.")


def _is_autograders(name: str) -> bool:
    return re.match(r"autograder\b", name) is not None


def _keep(table: Any, wanted: Callable[[str, Any], bool]) -> None:
    for key in [key for key, value in table.items() if not wanted(key, value)]:
        del table[key]
