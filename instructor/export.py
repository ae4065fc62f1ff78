"""What ``instructor export`` writes, and what it says of it."""

from collections.abc import Iterator
from pathlib import Path

from instructor.cohort.export import rows_of, write_canvas, write_plain
from instructor.cohort.roster import Person, read_roster
from instructor.cohort.store import RESULTS, Store


def write_scores(results: Path, roster: Path | None, *, canvas: Path | None, csv: Path | None) -> None:
    """The scores of a class as tables. Raises CourseError."""
    people = read_roster(roster) if roster is not None else []
    with Store(results / RESULTS) as store:
        students = store.students()
        for path, write in ((canvas, write_canvas), (csv, write_plain)):
            if path is not None:
                write(rows_of(store, people), path)
                print(f"wrote {path}")
    for note in _notes(people, students):
        print(f"note: {note}")


def _notes(people: list[Person], students: list[str]) -> Iterator[str]:
    """A sentence for each thing that a table of these people does not hold."""
    if not people:
        yield "no roster is given, so names are the ids of the folders; --roster CSV gives names."
        return
    known, graded = {person.id for person in people}, set(students)
    if left_out := [student for student in students if student not in known]:
        yield f"graded, but not on the roster and so left out: {', '.join(left_out)}."
    if ungraded := [person.id for person in people if person.id not in graded]:
        yield f"on the roster, but not graded and so left out: {', '.join(ungraded)}."


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
