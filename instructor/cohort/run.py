"""``instructor grade``: every submission graded once, each result kept as soon as it is there.

Neither torch nor nbgrader is imported here: where nothing has changed, neither is needed.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from autograder.course import Assignment, CourseError, assignments_in, selection
from autograder.grading.provenance import tests_of, versions
from autograder.grading.result import Result
from autograder.grading.together import ending_together
from autograder.sandbox.workers import Workers, level_of, open_workers
from autograder.surroundings import single_threaded
from instructor.cohort.begun import begun
from instructor.cohort.job import Job, digest_of
from instructor.cohort.overlooked import overlooked
from instructor.cohort.roster import Person, unknown
from instructor.cohort.store import RESULTS, Store
from instructor.cohort.submissions import Submission, answer_of, find, handed_in
from instructor.gaps import ReleaseError

if TYPE_CHECKING:
    from instructor.cohort.executors import Executor


@dataclass(frozen=True)
class Settings:
    """What to grade and how; `jobs` are processes of this machine, `dask` is the address of a scheduler instead."""

    course: Path
    out: Path
    seed: int = 0
    only: str = ""
    isolation: str = "auto"
    jobs: int = 1
    dask: str = ""
    regrade: bool = False
    gradebook: str = ""


@dataclass
class Run:
    """How a run goes: for a progress bar and for the last line. Of those graded, `empty` have no file that was read."""

    total: int = 0
    submissions: list[Submission] = field(default_factory=list)
    graded: list[tuple[str, int, int]] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)
    unchanged: int = 0
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


Step = Callable[[Run, str, Result | None], None]


def grade_class(submissions: Path, settings: Settings, people: list[Person], step: Step) -> Run:
    """Grade all submissions below a folder into settings.out; `step` is told of each.

    Students of the roster without a submission get a result of zeros. Raises CourseError.
    """
    chosen = _chosen(settings)
    found = find(submissions, chosen)
    run = Run(warnings=list(found.warnings))
    names = [submission.student for submission in found.submissions]
    if people:
        run.warnings += unknown(people, names)
    there = {*names, *found.unreadable}  # what cannot be read now may have been graded before: that is kept
    absent = [Submission(person.id) for person in people if person.id not in there]
    run.missing = [submission.student for submission in absent]
    run.submissions = [*found.submissions, *absent]
    run.total = len(run.submissions)
    with Store(settings.out / RESULTS) as store, ending_together():
        _grade(chosen, settings, store, run, step)
    return run


def enter_class(run: Run, settings: Settings, people: list[Person]) -> list[str]:
    """Enter every result that is kept into settings.gradebook; a sentence for each that it does not take.

    Raises CourseError where the gradebook cannot be used; the results stay in settings.out.
    """
    from instructor.cohort.gradebook import enter, opened, prepare
    from instructor.cohort.penalties import late_plugin

    chosen = _chosen(settings)
    by_name = {submission.student: submission for submission in run.submissions}
    known = {person.id: person for person in people}
    try:
        late = late_plugin(settings.course)
        problems = prepare(settings.gradebook, settings.course, [one.id for one in chosen])
        with Store(settings.out / RESULTS) as store, opened(settings.gradebook) as gradebook:
            for student, _, result in store.results():
                if (submission := by_name.get(student)) is not None:
                    times = {one.stem: when for one in chosen if (when := handed_in(submission, one)) is not None}
                    problems += enter(gradebook, known.get(student, Person(student)), result, times, late)
    except (CourseError, ReleaseError, OSError) as error:
        raise CourseError(f"{error} (What was graded is kept in {settings.out / RESULTS}.)") from None
    return problems


def _chosen(settings: Settings) -> list[Assignment]:
    selected = selection(settings.only)
    chosen = [one for one in assignments_in(settings.course) if selected.has_assignment(one.id)]
    if not chosen:
        raise CourseError(f"--only {settings.only}: this course has no such assignment; leave --only out to grade all.")
    return chosen


def _grade(
    chosen: list[Assignment],
    settings: Settings,
    store: Store,
    run: Run,
    step: Step,
) -> None:
    tests = tests_of(settings.course, chosen)
    isolation, _ = level_of(settings.isolation)
    digests: dict[str, str] = {}

    def changed() -> Iterator[Job]:
        for submission in run.submissions:
            job = Job(submission.student, {one.id: answer_of(submission, one) for one in chosen})
            run.warnings += overlooked(submission.student, submission.clone, chosen, job.answers)
            digest = digest_of(job, tests, settings.seed, settings.only, isolation, versions())
            if not settings.regrade and store.digest_of(job.student) == digest:
                run.unchanged += 1
                step(run, job.student, None)
                continue
            digests[job.student] = digest
            yield job

    jobs = changed()
    ahead, needed = begun(settings.course, chosen, jobs)
    if not ahead:  # nothing is loaded where nothing has changed
        return
    try:
        with open_workers(settings.isolation) as workers:
            results = _executor(settings, workers, tests, needed).run(chain(ahead, jobs))
            with closing(cast(Any, results)):  # graders end before the workers that they share
                for job, result in results:
                    store.put(job.student, digests.pop(job.student), result)
                    run.graded.append((job.student, result.score, result.max_score))
                    if not result.provenance.files:
                        run.empty.add(job.student)
                    step(run, job.student, result)
    except BrokenExecutor:
        raise CourseError(
            f"a grader was ended from outside, for want of memory perhaps; what was graded is kept in {store.path}. "
            "Run the same command again to go on, with --jobs 1 if it happens again."
        ) from None


def _executor(settings: Settings, workers: Workers, tests: dict[str, str], needed: frozenset[str]) -> "Executor":
    single_threaded()
    from instructor.cohort.executors import Dask, Here, Processes
    from instructor.cohort.material import material

    if settings.dask:
        course = str(settings.course.resolve())
        return Dask(settings.dask, course, settings.seed, settings.only, settings.isolation, tests)
    made = material(settings.course, settings.seed, settings.only, workers, settings.jobs, needed)
    return Here(made, workers) if settings.jobs < 2 else Processes(settings.jobs, made, workers)
