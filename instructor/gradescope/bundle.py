"""Making the zip for Gradescope: the same course and settings give the same bytes.

setup.sh  run_autograder         what Gradescope runs, when it builds the image and for each submission
grade.py  notebook_answer.py     what run_autograder runs
settings.json  not_graded.json   what to grade and with which seed; what a student reads where that fails
course/                          grader, tests and pyproject.toml as students have them, and no answers
"""

import zipfile
from pathlib import Path

from autograder.course import CourseError
from autograder.reports.gradescope import not_graded
from instructor.bundled import Settings, points_of, release_of

HERE = Path(__file__).parent
SCRIPTS = (HERE / "setup.sh", HERE / "run_autograder", HERE / "grade.py", HERE.parent / "cohort/notebook_answer.py")
_EXECUTABLE = ("setup.sh", "run_autograder")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
_REGULAR = 0o100000  # of a file's mode
_UNIX = 3  # the system that a file's mode is of


def write_zip(course: Path, settings: Settings, path: Path) -> int:
    """Write the zip; the points that the assignment on Gradescope must be worth. Raises CourseError."""
    if not path.parent.is_dir():
        raise CourseError(f"{path} cannot be written: {path.parent} is no folder.")
    points = points_of(course, settings.only)
    files = {script.name: script.read_bytes() for script in SCRIPTS}
    files |= {"settings.json": settings.file(), "not_graded.json": not_graded()}
    files |= {f"course/{name}": data for name, data in release_of(course)}
    with zipfile.ZipFile(path, "w") as out:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = _UNIX
            entry.external_attr = (_REGULAR | (0o755 if name in _EXECUTABLE else 0o644)) << 16
            out.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return points
