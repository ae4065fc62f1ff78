"""Making the folder for Classroom 50, CLASSROOM/autograders/ASSIGNMENT/ of its configuration repository.

autograder.py    what its runner runs in a student's clone
settings.json    what to grade and with which seed; whoever finds the page's address can read it
course/          grader, tests and pyproject.toml as students have them, and no answers
"""

from pathlib import Path

from autograder.course import CourseError
from instructor.bundled import Settings, points_of, release_of

AUTOGRADER = Path(__file__).parent / "autograder.py"


def write_folder(course: Path, settings: Settings, folder: Path) -> int:
    """Write the folder; the points of what it grades. Raises CourseError where the folder is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not empty; give a folder that is, or that is not there yet.")
    points = points_of(course, settings.only)
    files = {"autograder.py": AUTOGRADER.read_bytes(), "settings.json": settings.file()}
    files |= {f"course/{name}": data for name, data in release_of(course)}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return points
