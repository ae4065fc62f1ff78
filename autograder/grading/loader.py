"""Loading the tests of a course: its test modules are ours and trusted, unlike the answers beside them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from autograder.course import CourseError
from autograder.grading.task import Task
from autograder.surroundings import check_asserts


def load_tests(test_file: Path) -> ModuleType:
    """Import one test module by its path, under a name of its own; nothing is added to sys.path.

    Raises CourseError where it cannot be imported, or its assert statements are left out.
    """
    check_asserts()
    name = f"autograder_tests.{test_file.parent.name}.{test_file.stem}"
    spec = importlib.util.spec_from_file_location(name, test_file)
    if spec is None or spec.loader is None:
        raise CourseError(f"{test_file} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CourseError(f"{test_file} cannot be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = written
        del sys.modules[name]
    return module


def tasks_in(module: ModuleType) -> list[Task]:
    """The tasks a test module declares, in order."""
    return [value for value in vars(module).values() if isinstance(value, Task)]


def load_tasks(test_file: Path) -> list[Task]:
    """The tasks of one test file. Raises CourseError where it has none or two with one number."""
    tasks = tasks_in(load_tests(test_file))
    if not tasks:
        raise CourseError(f"{test_file} declares no Task.")
    ids = [task.id for task in tasks]
    if len(set(ids)) != len(ids):
        raise CourseError(f"{test_file} declares a task twice: {', '.join(ids)}.")
    if untested := [task.id for task in tasks if not task.tests]:
        raise CourseError(f"{test_file}: task {untested[0]} has no test.")
    return tasks
