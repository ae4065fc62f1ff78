"""The command ``instructor``. Nothing heavy is imported before a command needs it."""

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from autograder.command import print_anything
from autograder.course import CourseError, selection
from autograder.imports import without_addresses
from autograder.surroundings import check_surroundings, one_thread_each, single_threaded

EXIT_SHORT, EXIT_NOT_DONE = 1, 2

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="The instructor's side."
)
CoursePath = Annotated[Path, typer.Option(help="the course folder")]


@app.callback()
def _several_commands() -> None:
    """Make releases and examine the course."""


@app.command()
def check(
    only: Annotated[str, typer.Option(help="assignments to examine: 01,24")] = "",
    course: CoursePath = Path("."),
) -> None:
    """Prove that right answers are accepted, wrong ones refused and named, and all that is generated is fresh."""
    single_threaded()
    from autograder.reports.table import console
    from instructor.check import check as examine_course
    from instructor.check_table import show

    warnings.simplefilter("ignore")  # wrong formulas overflow and divide by zero
    progress = console(stderr=True)
    done = examine_course(course, selection(only), lambda what: progress.print(f"… {what}"))
    show(done, console())
    if done.all_faults:
        raise typer.Exit(EXIT_SHORT)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="the students' clones, or nbgrader's submitted/, or both")],
    out: Annotated[Path, typer.Option(help="where results are kept; an interrupted run goes on from there")],
    roster: Annotated[Path | None, typer.Option(help="CSV with id,first_name,last_name,email")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="the seed of record; it makes every property test a hidden one "
            "(default: that of the results in --out, else 0, which is public)"
        ),
    ] = None,
    only: Annotated[str, typer.Option(help="assignments and tasks to grade: 01,24.2,E1")] = "",
    isolation: Annotated[str, typer.Option(help="auto, sandbox, process or none")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, help="processes on this machine")] = 2,
    dask: Annotated[str, typer.Option(help="address of a Dask scheduler to use instead: tcp://host:8786")] = "",
    regrade: Annotated[bool, typer.Option("--regrade", help="grade unchanged submissions again")] = False,
    gradebook: Annotated[str, typer.Option(help="URL of nbgrader's database: sqlite:///gradebook.db")] = "",
    course: CoursePath = Path("."),
) -> None:
    """Grade a whole class; results land one by one and an interrupted run can be taken up again."""
    from instructor.cohort.stopping import stoppable
    from instructor.cohort.store import RESULTS

    with stoppable(out / RESULTS):
        check_surroundings()
        one_thread_each()
        from instructor.cohort.command import grade_and_show
        from instructor.cohort.run import Settings

        settings = Settings(
            course, out, only=only, isolation=isolation, jobs=jobs, dask=dask, regrade=regrade, gradebook=gradebook
        )
        grade_and_show(submissions, roster, seed, settings)


@app.command()
def release(
    out: Annotated[Path | None, typer.Option(help="write the students' template and nbgrader's release here")] = None,
    course: Annotated[str, typer.Option(help="OWNER/REPO@SHA: the release whose grader the template calls")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="write the answer files of this course anew")] = False,
    only: Annotated[str, typer.Option(help="assignments to release: 01,24")] = "",
    gradebook: Annotated[str, typer.Option(help="URL of nbgrader's database, to enter the assignments into")] = "",
    folder: Annotated[Path, typer.Option(help="the course folder")] = Path("."),
) -> None:
    """Generate what students get from the solutions: a template repository, and nbgrader's release."""
    from instructor.release import publish
    from instructor.release import refresh as refresh_course
    from instructor.students import pin_of

    if out is None and not refresh:
        raise CourseError("say where the release goes: instructor release --out DIR (or --refresh for this course).")
    if course and out is None:
        raise CourseError("--course is written into a template; say where that goes, too: --out DIR.")
    pin = pin_of(course) if course else None
    names = selection(only).names or None
    if refresh:
        for file in refresh_course(folder, names):
            print(file)
    if out is not None:
        commit = publish(folder, out, names, pin)
        print(f"{out / 'template'}  the students' template, commit {commit}")
        print(f"{out / 'nbgrader'}  a course folder for nbgrader: its release, and the tests")
        if gradebook:
            from instructor.cohort.gradebook import prepare, shown

            for problem in prepare(gradebook, folder, names):
                print(f"note: {problem}")
            print(f"{shown(gradebook)}  knows the assignments")


@app.command()
def export(
    results: Annotated[Path | None, typer.Argument(help="what `instructor grade --out` wrote; for the scores")] = None,
    canvas: Annotated[Path | None, typer.Option(help="write Canvas' gradebook CSV to this file")] = None,
    csv: Annotated[Path | None, typer.Option(help="write a plain CSV to this file")] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV with id,first_name,last_name,email,lms_user_id")] = None,
    gradescope: Annotated[Path | None, typer.Option(help="write an autograder for Gradescope to this zip")] = None,
    classroom50: Annotated[Path | None, typer.Option(help="write one for Classroom 50 to this folder")] = None,
    only: Annotated[str, typer.Option(help="what such an autograder grades: 01,24.2,E1")] = "",
    seed: Annotated[int, typer.Option(help="its seed, which students on Gradescope do not see")] = 0,
    course: CoursePath = Path("."),
) -> None:
    """Write the scores of a class for other systems, or an autograder that runs there."""
    from instructor.export import write_autograders, write_scores

    if not any((canvas, csv, gradescope, classroom50)):
        raise CourseError(
            "say what to write: --canvas FILE or --csv FILE of RESULTS; --gradescope ZIP or --classroom50 DIR."
        )
    if canvas or csv:
        if results is None:
            raise CourseError("say whose scores: instructor export RESULTS, the folder of `instructor grade --out`.")
        _check_graded(results)
        write_scores(results, roster, canvas=canvas, csv=csv)
    write_autograders(course, only, seed, gradescope=gradescope, classroom50=classroom50)


@app.command()
def dashboard(
    results: Annotated[Path, typer.Argument(help="the folder that `instructor grade --out` wrote")],
    html: Annotated[Path | None, typer.Option(help="write the page to this file [RESULTS/dashboard.html]")] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV with id,first_name,last_name,email")] = None,
) -> None:
    """Make one page about a class: scores, heat map, hard tasks, common mistakes, each student."""
    from instructor.cohort.dashboard import PAGE, write_dashboard
    from instructor.cohort.roster import read_roster
    from instructor.cohort.store import RESULTS, Store

    _check_graded(results)
    people = read_roster(roster) if roster is not None else []
    path = html or results / PAGE
    with Store(results / RESULTS) as store:
        found = write_dashboard(store, people, path)
    print(f"wrote {path}: students {len(found.students)}, {path.stat().st_size / 2**20:.1f} MB")


def _check_graded(results: Path) -> None:
    from instructor.cohort.store import RESULTS

    if not (results / RESULTS).is_file():
        raise CourseError(f"{results} has no {RESULTS}; grade the class first: instructor grade … --out {results}")


def main() -> None:
    """Run the command; an error that a person can mend is one sentence and exit status 2."""
    from autograder.sandbox.errors import IsolationUnavailable, NoWorker, WorkerDied
    from instructor.gaps import ReleaseError

    print_anything()
    without_addresses()
    try:
        app()
    except (CourseError, IsolationUnavailable, NoWorker, ReleaseError, WorkerDied, OSError) as error:
        print(f"instructor: {error}", file=sys.stderr)
        sys.exit(EXIT_NOT_DONE)
