"""What ``instructor export`` writes, and what it says of it."""

from pathlib import Path

from instructor.cohort.export import rows_of, write_canvas, write_plain
from instructor.cohort.roster import read_roster
from instructor.cohort.store import RESULTS, Store


def write_scores(results: Path, roster: Path | None, *, canvas: Path | None, csv: Path | None) -> None:
    """The scores of a class as tables. Raises CourseError."""
    people = read_roster(roster) if roster is not None else []
    with Store(results / RESULTS) as store:
        for path, write in ((canvas, write_canvas), (csv, write_plain)):
            if path is not None:
                write(rows_of(store, people), path)
                print(f"wrote {path}")


def write_autograders(course: Path, only: str, seed: int, *, gradescope: Path | None, classroom50: Path | None) -> None:
    """Autograders that run elsewhere, each with the course in it. Raises CourseError."""
    if gradescope is None and classroom50 is None:
        return
    from instructor.bundled import Settings
    from instructor.classroom50.bundle import write_folder
    from instructor.gradescope.bundle import write_zip

    settings = Settings(only, seed)
    if gradescope is not None:
        points = write_zip(course, settings, gradescope)
        print(f"wrote {gradescope}; give the assignment on Gradescope {points} autograder points")
    if classroom50 is not None:
        points = write_folder(course, settings, classroom50)
        print(f"wrote {classroom50}, worth {points} points; it belongs at CLASSROOM/autograders/ASSIGNMENT/")
