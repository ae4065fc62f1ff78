"""The course examines itself: ``instructor check``."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autograder.course import Assignment, Selection, assignments_in
from autograder.grading.grade import grade
from autograder.grading.pool import GRADERS, spread
from autograder.reports.summary import broken
from autograder.sandbox.environment import ONE_THREAD
from autograder.sandbox.limits import Limits
from autograder.sandbox.workers import open_workers
from instructor import concepts
from instructor.answers import known_answers
from instructor.attack import Outcome
from instructor.attack_bank import try_bank
from instructor.equivalents import read_equivalents
from instructor.examine import Findings, examine
from instructor.recognition import shortfall
from instructor.release import solution_of, stale

LESSON_LINES = (100, 250)  # 15 to 30 minutes of a student's time
STRICT = ("-W", "error", "-W", "ignore::DeprecationWarning:torch.jit._script")  # torch warns of itself there
EXAMINED = Limits(cpu=5.0, wall=20.0)  # a mutant may loop without an end; a solution's test needs under a second


@dataclass
class Check:
    """All that was found about a course. `faults` are those of no single assignment."""

    findings: list[Findings] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    lessons: dict[str, float] = field(default_factory=dict)
    attacks: list[Outcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def all_faults(self) -> list[str]:
        """Every fault, one sentence each (some with details below)."""
        examined = (fault for found in self.findings for fault in found.faults)
        return [*self.faults, *examined, *(fault for outcome in self.attacks for fault in outcome.faults)]


def check(course: Path, only: Selection, step: Callable[[str], None] = lambda what: None) -> Check:
    """Examine the course in the folder `course`; `step` is told what is done next."""
    chosen = [assignment for assignment in assignments_in(course) if only.has_assignment(assignment.id)]
    done = Check()
    chosen = [assignment for assignment in chosen if _has_solution(course, assignment, done)]
    step("the release is fresh")
    done.faults += [
        f"{file} is not what the solution gives; run: instructor release --refresh"
        for file in stale(course, only.names or None)
    ]
    step("nothing is used before it is taught")
    known = concepts.read_concepts(course)
    for assignment in chosen:
        done.faults += concepts.faults(course, assignment, known)
    step("lessons run")
    with ThreadPoolExecutor(GRADERS) as pool:
        list(pool.map(partial(_lesson, course, done), chosen))
    for level in ("sandbox", "process", "none"):
        step(f"solutions score in full in isolation {level}")
        _solutions(course, level, only, done)
    step("wrong and right answers, mutants")
    equivalents = read_equivalents(course)
    with open_workers("auto", EXAMINED) as workers:
        longest_first = sorted(chosen, key=lambda one: -len(known_answers(course, one, "wrong")))  # both end together
        jobs = [(course, assignment, equivalents) for assignment in longest_first]
        for found in spread(examine, jobs, workers):
            step(f"examined {found.assignment.id}")
            done.findings.append(found)
    done.findings.sort(key=lambda found: chosen.index(found.assignment))
    step("attacks")
    done.attacks = try_bank(course, only, step)
    if not only.names and (short := shortfall(done.findings)) is not None:
        done.faults.append(short)
    return done


def _has_solution(course: Path, assignment: Assignment, done: Check) -> bool:
    if (course / solution_of(assignment)).exists():
        return True
    done.faults.append(f"{assignment.tests} has no solution; write {solution_of(assignment)}")
    return False


@contextmanager
def _solutions_as_submission(course: Path) -> Iterator[Path]:
    """A folder laid out like a student's whose answers are the solutions."""
    with tempfile.TemporaryDirectory() as folder:
        for assignment in assignments_in(course):
            if (solution := (course / solution_of(assignment))).exists():
                answer = Path(folder, assignment.answer)
                answer.parent.mkdir(parents=True, exist_ok=True)
                answer.write_bytes(solution.read_bytes())
        yield Path(folder)


def _solutions(course: Path, level: str, only: Selection, done: Check) -> None:
    with _solutions_as_submission(course) as submission, open_workers(level) as workers:
        result = grade(course, workers, submission=submission, only=only)
    done.levels.append(level)
    for assignment, task, test in broken(result):
        done.faults.append(f"solution of {task.id} in {assignment.path} is refused, isolation {level}:\n{test.message}")


def _lesson(course: Path, done: Check, assignment: Assignment) -> None:
    """Run a lesson as a student without a display would, from another folder."""
    if assignment.lesson is None:
        return
    lesson = course.resolve() / assignment.lesson
    if not lesson.exists():
        done.faults.append(f"{assignment.lesson} does not exist")
        return
    lines = len(lesson.read_text(encoding="utf-8").splitlines())
    if not LESSON_LINES[0] <= lines <= LESSON_LINES[1]:
        done.faults.append(
            f"{assignment.lesson} has {lines} lines; a lesson has {LESSON_LINES[0]} to {LESSON_LINES[1]}"
        )
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as elsewhere:
        environment = os.environ | ONE_THREAD | {"MPLBACKEND": "agg"}
        run = subprocess.run(
            [sys.executable, *STRICT, str(lesson)], cwd=elsewhere, env=environment, capture_output=True, text=True
        )
    done.lessons[assignment.id] = time.perf_counter() - started
    if run.returncode:
        done.faults.append(f"{assignment.lesson} fails:\n{run.stderr.strip()[-2000:]}")
