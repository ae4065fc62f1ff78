"""How long a class takes, as ratios of one run: ``python instructor/benchmarks/class.py [--students 40] [--short]``.

An invented class (instructor.cohort.invented) is graded by `instructor grade` in the sandbox, and some of the very same
answers by `nbgrader autograde` and by a fresh `pytest` process each, in turn with ours, so that a machine that slows
down slows all of them down. Nothing is asserted. Whole it takes an hour or more on two cores, --short some minutes.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil

from autograder.course import Assignment, Selection, assignments_in
from autograder.grading.result import Result
from autograder.sandbox.environment import ONE_THREAD
from instructor.cohort.invented import Invented, hand_in, invent, notebook
from instructor.cohort.store import RESULTS, Store
from instructor.release import build

COURSE = Path(__file__).parents[2]
ENVIRONMENT = os.environ | ONE_THREAD
SAMPLED = 2  # students whose answers nbgrader and pytest grade too, in every assignment
LARGE = 10  # times as many students, for the question how time and memory grow
GROWN = "02,09,18,24"  # the assignments of that question: one of each level, so that it takes minutes
SHORT = "01,11,16,24"  # the assignments of --short
PAIRS = 3  # runs of the large and the small class, in turn
SAMPLING = 2.0  # seconds between two looks at the memory
NBGRADER = [sys.executable, "-m", "nbgrader", "autograde"]


@dataclass
class Row:
    """One line of the table: ratios of pairs, the seconds (or MB) behind them, and what is aimed at."""

    name: str
    aim: str
    unit: str = "s"
    pairs: list[tuple[float, float]] = field(default_factory=list)

    def __str__(self) -> str:
        ratios = sorted(first / second for first, second in self.pairs)
        first, second = (statistics.median(column) for column in zip(*self.pairs, strict=True))
        spread = f"{ratios[0]:7.2f}{statistics.median(ratios):8.2f}{ratios[-1]:8.2f}"
        return f"{self.name:<66}{spread}   {self.aim:<12} ({first:.3g} {self.unit} / {second:.3g} {self.unit})"


@dataclass
class Class:
    """A class on disk: who is in it, and where the answers and results are."""

    students: list[Invented]
    assignments: list[Assignment]
    folder: Path

    @property
    def gradings(self) -> int:
        """Answers to grade."""
        return len(self.students) * len(self.assignments)


@dataclass(frozen=True)
class Graded:
    """One run of `instructor grade`: wall seconds of the command, and seconds that its graders were at work."""

    seconds: float
    grading: float


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--short", action="store_true", help=f"assignments {SHORT} only, and one pair of each")
    given = parser.parse_args()
    chosen = _assignments(SHORT if given.short else "")
    pairs = 1 if given.short else PAIRS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # a worker that was root reads nothing here, but its interpreter may lie beside
        one = _class(folder / "class", chosen, given.students)
        rows = [*_against_others(one, folder), *_grown(folder, given.students, pairs)]
    print(f"\n{given.students} students, {len(chosen)} assignments; nbgrader and pytest: {SAMPLED} students of these")
    print(f"{'ratio':<66}{'min':>7}{'median':>8}{'max':>8}   aim")
    for row in rows:
        print(row)


def _against_others(one: Class, folder: Path) -> list[Row]:
    """Ours, nbgrader's and pytest's seconds for each submission and assignment; two jobs against one; a second run."""
    nbgrader = _nbgrader_course(one, folder / "nbgrader")
    for student in one.students[:SAMPLED]:
        _testable(folder / "pytest" / student.student, one, student)
    start = _timed([*NBGRADER, "--help"], folder)
    halves = one.assignments[::2], one.assignments[1::2]
    slow: dict[str, list[float]] = {"nbgrader": [], "pytest": []}
    runs: dict[int, Graded] = {}
    for jobs, half in zip((2, 1), halves, strict=True):  # in turn: theirs, ours, theirs, ours
        for assignment in _told(f"nbgrader and pytest, before our {jobs} jobs", half):
            whole = _timed([*NBGRADER, assignment.stem, "--create"], nbgrader)
            slow["nbgrader"].append((whole - start) / SAMPLED)
            slow["pytest"] += [_pytest(folder / "pytest" / who.student, assignment) for who in one.students[:SAMPLED]]
        _say(f"ours, {jobs} jobs")
        runs[jobs] = _grade(one, folder / f"out{jobs}", jobs)
    _compare_points(one, nbgrader, folder / "out2")
    rows = []
    for jobs, aim in ((2, "≥ 20, 40"), (1, "")):
        word = "2 jobs" if jobs == 2 else "1 job"
        for other, seconds in slow.items():
            theirs = statistics.mean(seconds)
            whole, alone = runs[jobs].seconds / one.gradings, runs[jobs].grading / jobs / one.gradings
            rows.append(Row(f"{other} / ours with {word}, whole command", aim, pairs=[(theirs, whole)]))
            rows.append(Row(f"{other} / ours with {word}, without start-up", aim, pairs=[(theirs, alone)]))
    rows.append(Row("1 job / 2 jobs, whole command", "≥ 1.7", pairs=[(runs[1].seconds, runs[2].seconds)]))
    _say("ours again, nothing changed")
    again = _grade(one, folder / "out2", 2).seconds
    rows.append(Row("a second run, nothing changed / the first", "≤ 0.02", pairs=[(again, runs[2].seconds)]))
    return rows


def _grown(folder: Path, students: int, pairs: int) -> list[Row]:
    """Ten times the students on a few assignments: time for each, and memory."""
    chosen = _assignments(GROWN)
    small = _class(folder / "small", chosen, students)
    large = _class(folder / "large", chosen, students * LARGE)
    time_row = Row(f"{LARGE} × the class, time / {LARGE} × the time ({GROWN})", "0.85–1.15")
    memory_row = Row(f"{LARGE} × the class, peak memory of all processes (PSS)", "≤ 1.2", "MB")
    for k in range(pairs):
        runs = []
        for name, one in (("small", small), ("large", large)):
            _say(f"{len(one.students)} students, pair {k + 1} of {pairs}")
            with _memory() as peak:
                run = _grade(one, folder / f"{name}{k}", 2)
            runs.append((run, peak()))
            shutil.rmtree(folder / f"{name}{k}")
        (few, little), (many, much) = runs
        time_row.pairs.append((many.seconds / LARGE, few.seconds))
        memory_row.pairs.append((much, little))
    return [time_row, memory_row]


def _assignments(only: str) -> list[Assignment]:
    selected = Selection(frozenset(filter(None, only.split(","))))
    return [one for one in assignments_in(COURSE) if selected.has_assignment(one.id)]


def _class(folder: Path, assignments: list[Assignment], count: int) -> Class:
    students = list(invent(COURSE, assignments, count))
    for student in students:
        hand_in(student, assignments, folder)
    return Class(students, assignments, folder)


def _grade(one: Class, out: Path, jobs: int) -> Graded:
    """`instructor grade` in a process of its own."""
    only = ",".join(assignment.id for assignment in one.assignments)
    command = [sys.executable, "-m", "instructor", "grade", str(one.folder), "--out", str(out), "--only", only]
    seconds = _timed([*command, "--jobs", str(jobs), "--isolation", "sandbox", "--course", str(COURSE)], one.folder)
    with Store(out / RESULTS) as store:
        grading = sum(result.seconds for _, _, result in store.results())
    return Graded(seconds, grading)


def _nbgrader_course(one: Class, folder: Path) -> Path:
    """nbgrader's course folder with the release and the sampled students' notebooks."""
    _say("nbgrader's release")
    course = folder / "nbgrader"
    course.mkdir(parents=True)
    build(COURSE, folder, [one.id for one in one.assignments], gradebook=f"sqlite:///{course / 'gradebook.db'}")
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    for student in one.students[:SAMPLED]:
        for assignment in one.assignments:
            file = course / "submitted" / student.student / assignment.stem / f"{assignment.stem}.ipynb"
            file.parent.mkdir(parents=True)
            nbformat.write(notebook(student, COURSE, assignment), file)
    return course


def _compare_points(one: Class, nbgrader: Path, out: Path) -> None:
    """Say how many of the sampled answers got the same points from nbgrader as from us."""
    from nbgrader.api import Gradebook

    with Store(out / RESULTS) as store:
        ours: dict[str, Result] = {student: result for student, _, result in store.results()}
    same = total = 0
    with Gradebook(f"sqlite:///{nbgrader / 'gradebook.db'}", course_id="course") as gradebook:
        for student in one.students[:SAMPLED]:
            points = {part.id: part.score for part in ours[student.student].assignments}
            for assignment in one.assignments:
                total += 1
                same += gradebook.find_submission(assignment.stem, student.student).score == points[assignment.id]
    _say(f"the same points from nbgrader as from us for {same} of {total} answers")


def _testable(folder: Path, one: Class, student: Invented) -> None:
    """A student's clone with the course's tests and its pytest settings."""
    shutil.copytree(COURSE / "assignments", folder / "assignments")
    shutil.copy(COURSE / "pyproject.toml", folder)
    hand_in(student, one.assignments, folder.parent)


def _pytest(clone: Path, assignment: Assignment) -> float:
    command = [sys.executable, "-m", "pytest", "-q", str(assignment.tests)]
    return _timed(command, clone, failing=True)


def _timed(command: list[str], folder: Path, failing: bool = False) -> float:
    """Wall seconds of a command. Raises SystemExit where it does not succeed and need not fail (as tests do)."""
    started = time.perf_counter()
    run = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if run.returncode not in ((0, 1) if failing else (0,)):
        raise SystemExit(f"{' '.join(command)} failed:\n{(run.stderr or run.stdout)[-2000:]}")
    return seconds


@contextmanager
def _memory() -> Iterator[Callable[[], float]]:
    """Watch this process's descendants: the function given tells their largest PSS together, in MB."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLING):
            peak[0] = max(peak[0], sum(map(_pss, psutil.Process().children(recursive=True))) / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: peak[0]
    finally:
        over.set()
        thread.join()


def _pss(process: psutil.Process) -> int:
    """Bytes of memory, those shared with others divided among them; 0 where the process has ended."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def _told(what: str, assignments: list[Assignment]) -> Iterator[Assignment]:
    for k, assignment in enumerate(assignments):
        _say(f"{what}: {assignment.id} ({k + 1} of {len(assignments)})")
        yield assignment


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} … {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
