"""From the solutions to what students get: nbgrader's release, and the percent scripts made of it.

publish(course, out)              # out/template, a repository of one commit, and out/nbgrader; whole or not at all
release = build(course, out)      # out/nbgrader/release/<stem>/..., out/assignments/<level>/<stem>.py
refresh(course)                   # writes course/assignments anew; returns the files that changed
stale(course)                     # the files that refresh would change or that have no solution
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from autograder.course import LEVELS, Assignment, CourseError, Selection, assignments_in
from instructor.gaps import Gap, ReleaseError, find_gaps

if TYPE_CHECKING:
    from instructor.students import Pin

__all__ = ["Release", "ReleaseError", "build", "publish", "refresh", "solution_of", "stale"]

TasksOf = Callable[[Path], Sequence[tuple[str, int]]]
_ANSWER_FILE = re.compile(r"(\d\d|exercise_\d\d)_\w+\.py")


@dataclass(frozen=True)
class Release:
    """What was written below `out`; paths are relative to it."""

    out: Path
    assignments: tuple[Assignment, ...]
    notebooks: tuple[PurePosixPath, ...]
    scripts: tuple[PurePosixPath, ...]


def declared_tasks(test_file: Path) -> list[tuple[str, int]]:
    """The (id, points) of each Task that a test module declares."""
    from autograder.grading.loader import load_tasks

    return [(task.id, task.points) for task in load_tasks(test_file)]


def solution_of(assignment: Assignment) -> PurePosixPath:
    """The source of an assignment, relative to the course folder."""
    return PurePosixPath("instructor/solutions", assignment.level, f"{assignment.stem}.py")


def publish(
    course: Path,
    out: Path,
    only: Collection[str] | None = None,
    pin: "Pin | None" = None,
    *,
    tasks_of: TasksOf = declared_tasks,
) -> str:
    """Write the students' template to out/template and nbgrader's course folder to out/nbgrader; the template's commit.

    The same course gives the same commit. `out` is whole at the end, or as it was where this raises: ReleaseError and
    CourseError as `build` does, and CourseError where `out` holds anything but an earlier release, where the course
    lacks a file that students need, or where an answer would be told.
    """
    from instructor.leaks import leaks
    from instructor.students import write_template
    from instructor.whole import whole, write_record

    with whole(out) as folder:
        made = build(course, folder, only, tasks_of=tasks_of)
        (folder / "template").mkdir()
        (folder / "assignments").rename(folder / "template/assignments")
        commit = write_template(course, folder / "template", made.assignments, pin)
        if found := leaks(course, folder):
            raise CourseError("the release would tell answers: " + "; ".join(map(str, found)))
        write_record(folder, commit)
    return commit


def build(
    course: Path,
    out: Path,
    only: Collection[str] | None = None,
    *,
    tasks_of: TasksOf = declared_tasks,
    gradebook: str | None = None,
) -> Release:
    """Write nbgrader's release and the students' scripts of the course's assignments below `out`.

    `only` are ids of assignments ("24", "E1"; "24.2" means 24), None all of them. `gradebook` is the URL
    of a database that nbgrader shall enter the assignments into: with `sqlite:///<out>/nbgrader/gradebook.db`,
    `nbgrader autograde` can be run in out/nbgrader. The same course gives the same bytes.
    Raises ReleaseError for a solution that cannot be released or does not fit its tests, and CourseError
    for tests that cannot be loaded.
    """
    from instructor.notebooks import to_script
    from instructor.stripping import released

    assignments = _chosen(course, only)
    with _generated(course, assignments, tasks_of, gradebook) as folder:
        notebooks, scripts = [], []
        for assignment in assignments:
            target = PurePosixPath("nbgrader/release", assignment.stem)
            if (out / target).is_dir():
                shutil.rmtree(out / target)
            shutil.copytree(folder / "release" / assignment.stem, out / target)
            notebooks.append(target / f"{assignment.stem}.ipynb")
            # `nbgrader autograde` puts these in the place of a submission's own.
            _copy(course / assignment.tests, out / "nbgrader/source" / assignment.stem / assignment.tests.name)
            _write(out / assignment.answer, to_script(released(folder, assignment.stem)))
            scripts.append(assignment.answer)
    return Release(out, tuple(assignments), tuple(notebooks), tuple(scripts))


def refresh(course: Path, only: Collection[str] | None = None, *, tasks_of: TasksOf = declared_tasks) -> list[str]:
    """Write the gaps in course/assignments anew; the files that changed, relative to the course folder.

    A file whose text is fresh is not touched. A file without a solution stays (`stale` names it).
    """
    changed = _departing(course, only, tasks_of)
    for path, text in changed.items():
        _write(course / path, text)
    return sorted(changed)


def stale(course: Path, only: Collection[str] | None = None, *, tasks_of: TasksOf = declared_tasks) -> list[str]:
    """The files in course/assignments that differ from a fresh release, are missing, or have no solution."""
    found = set(_departing(course, only, tasks_of))
    if only is None:
        known = {course / assignment.answer for assignment in assignments_in(course)}
        for level in LEVELS:
            for path in (course / "assignments" / level).glob("*.py"):
                if _ANSWER_FILE.fullmatch(path.name) and path not in known:
                    found.add(path.relative_to(course).as_posix())
    return sorted(found)


def _departing(course: Path, only: Collection[str] | None, tasks_of: TasksOf) -> dict[str, str]:
    """Fresh texts of the gap files that are not so in the course, by path."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = build(course, Path(folder), only, tasks_of=tasks_of)
        texts = {path.as_posix(): (fresh.out / path).read_text(encoding="utf-8") for path in fresh.scripts}
    return {path: text for path, text in texts.items() if _read(course / path) != text}


def _chosen(course: Path, only: Collection[str] | None) -> list[Assignment]:
    assignments = assignments_in(course)
    if only is not None:
        return _named(assignments, frozenset(only))
    tests = {assignment.stem for assignment in assignments}
    for path in sorted((course / "instructor/solutions").glob("*/*.py")):
        if path.stem not in tests:
            sentence = f"no test module belongs to this solution; add assignments/{path.parent.name}/test_{path.name}."
            raise ReleaseError(sentence, file=path.relative_to(course).as_posix())
    return assignments


def _named(assignments: list[Assignment], names: frozenset[str]) -> list[Assignment]:
    """The assignments that a person named; raises ReleaseError for a name that the course has not."""
    selection = Selection(names)
    known = {assignment.id for assignment in assignments}
    for name in sorted(selection.names):
        if name.split(".")[0] not in known:
            raise ReleaseError(f"this course has no {name}; it has {', '.join(sorted(known))}.", file="--only")
    return [assignment for assignment in assignments if selection.has_assignment(assignment.id)]


@contextmanager
def _generated(course: Path, assignments: list[Assignment], tasks_of: TasksOf, gradebook: str | None) -> Iterator[Path]:
    """A temporary nbgrader course whose release holds the assignments."""
    import nbformat

    from instructor.notebooks import to_notebook
    from instructor.stripping import generate

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        for assignment in assignments:
            text, gaps = _solution(course, assignment)
            points = _points(course, assignment, gaps, tasks_of)
            source = folder / "source" / assignment.stem
            _copy(course / assignment.tests, source / assignment.tests.name)
            nbformat.write(to_notebook(text, gaps, points), source / f"{assignment.stem}.ipynb")
        generate(folder, [assignment.stem for assignment in assignments], gradebook=gradebook)
        yield folder


def _solution(course: Path, assignment: Assignment) -> tuple[str, list[Gap]]:
    path = solution_of(assignment)
    try:
        text = (course / path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        sentence = f"{assignment.tests} has no solution; write it here."
        raise ReleaseError(sentence, file=path) from None
    except UnicodeDecodeError as error:
        raise ReleaseError(f"byte {error.start} is not UTF-8; save the file as UTF-8.", file=path) from None
    return text, find_gaps(text, path)


def _points(course: Path, assignment: Assignment, gaps: list[Gap], tasks_of: TasksOf) -> dict[str, int]:
    """The points of each task; raises ReleaseError where tasks and gaps are not one to one."""
    points = dict(tasks_of(course / assignment.tests))
    for gap in gaps:
        if gap.task not in points:
            sentence = f"TODO {gap.task} ({gap.name}) has no task; declare Task({gap.task!r}) in {assignment.tests}."
            raise ReleaseError(sentence, file=solution_of(assignment), line=gap.begin)
    for task, worth in points.items():
        if task not in {gap.task for gap in gaps}:
            sentence = (
                f"task {task} has no gap; mark its answer under `# TODO {task} (...)` in {solution_of(assignment)}."
            )
            raise ReleaseError(sentence, file=assignment.tests, line=_line_of(course / assignment.tests, task))
        if not isinstance(worth, int) or worth < 1:
            sentence = f"task {task} is worth {worth!r} points; give it a whole number from 1."
            raise ReleaseError(sentence, file=assignment.tests, line=_line_of(course / assignment.tests, task))
    return points


def _line_of(test_file: Path, task: str) -> int | None:
    lines = test_file.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if re.search(f"[\"']{task}[\"']", line)), None)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _read(path: Path) -> str | None:
    """The text of a file as git would commit it (line ends as \\n), or None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
