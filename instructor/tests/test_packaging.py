"""The students' pyproject.toml cannot drift from the course's."""

import tomllib
from pathlib import Path

import pytest

from autograder.course import CourseError
from instructor.packaging import required_version, students_pyproject

COURSE = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
STUDENTS = students_pyproject(COURSE)
COURSES_TABLES, STUDENTS_TABLES = tomllib.loads(COURSE), tomllib.loads(STUDENTS)


def test_name_dependencies_and_build_are_the_courses():
    ours, theirs = COURSES_TABLES["project"], STUDENTS_TABLES["project"]
    same = set(ours) - {"optional-dependencies", "scripts"}
    assert {"name", "version", "requires-python", "dependencies", "license", "entry-points"} <= same
    assert {key: theirs.get(key) for key in same} == {key: ours[key] for key in same}
    assert STUDENTS_TABLES["build-system"] == COURSES_TABLES["build-system"]


def test_each_dependency_keeps_its_reason():
    block = COURSE[COURSE.index("dependencies = [") : COURSE.index("\n]", COURSE.index("dependencies = ["))]
    assert block.count("#") >= len(STUDENTS_TABLES["project"]["dependencies"])
    assert block in STUDENTS


def test_the_command_is_the_students_and_the_instructors_is_not_there():
    assert STUDENTS_TABLES["project"]["scripts"] == {"autograder": "autograder.command:main"}
    assert not {"instructor", "dev"} & set(STUDENTS_TABLES["project"].get("optional-dependencies", {}))
    assert "instructor" not in STUDENTS


def test_the_package_is_the_autograder_with_its_files():
    setuptools = STUDENTS_TABLES["tool"]["setuptools"]
    assert setuptools["packages"]["find"] == {"include": ["autograder*"], "namespaces": False}
    assert setuptools["package-data"] == {
        "autograder": COURSES_TABLES["tool"]["setuptools"]["package-data"]["autograder"]
    }


def test_pytest_alone_means_pytest_assignments_with_the_courses_settings():
    ours = COURSES_TABLES["tool"]["pytest"]["ini_options"]
    assert STUDENTS_TABLES["tool"]["pytest"]["ini_options"] == ours | {"testpaths": ["assignments"]}
    assert set(STUDENTS_TABLES["tool"]) == {"setuptools", "pytest"}


@pytest.mark.parametrize(
    "added",
    [
        '[tool.new]\nx = "instructor"\n',
        '[dependency-groups]\nx = ["instructor"]\n',
    ],
)
def test_what_is_not_known_to_be_the_students_stays_behind(added):
    assert students_pyproject(COURSE + "\n" + added) == STUDENTS


def test_packages_and_scripts_of_others_stay_behind():
    more = COURSE.replace("[project.scripts]\n", '[project.scripts]\nautograding = "autograding:main"\n')
    more = more.replace(
        "[tool.setuptools.package-data]\n", '[tool.setuptools.package-data]\nautograding = ["*.toml"]\n'
    )
    assert more.count("autograding") == 3
    assert students_pyproject(more) == STUDENTS


def test_another_extra_goes_along():
    more = COURSE.replace("dev = [\n", 'pages = [\n    "axe", # why\n]\ndev = [\n', 1)
    assert 'pages = [\n    "axe", # why\n]\n' in students_pyproject(more)


def test_line_ends_do_not_matter():
    assert students_pyproject(COURSE.replace("\n", "\r\n")) == STUDENTS


def test_the_version_of_torch_is_read_and_must_be_pinned():
    assert f"torch=={required_version(COURSE, 'torch')}" in COURSES_TABLES["project"]["dependencies"]
    with pytest.raises(CourseError, match="pins no version of numpy"):
        required_version(COURSE, "numpy")
