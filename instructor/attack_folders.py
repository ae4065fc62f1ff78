"""Attacks that are whole folders, graded by the command ``instructor grade``, from a folder full of hostile files."""

import shutil
import subprocess
import sys
from pathlib import Path

from autograder.course import Assignment, CourseError, assignments_in
from autograder.grading.result import Result, TaskResult
from instructor import world
from instructor.attack import Attack, Outcome
from instructor.cohort.store import RESULTS, Store
from instructor.release import solution_of
from instructor.world import World

LONGEST = 300.0  # seconds for one run of the command


def try_folders(course: Path, attacks: list[Attack], level: str) -> list[Outcome]:
    """Grade the attacks that bring files along as one class, with an honest student among them."""
    if not attacks:
        return []
    tasks = {attack.task for attack in attacks}
    assignments = [one for one in assignments_in(course) if one.id in {task.partition(".")[0] for task in tasks}]
    with world.world(course, assignments) as made:
        desk = made.root / "desk"
        by_student = {}
        for number, attack in enumerate(attacks):
            (one,) = [one for one in assignments if one.id == attack.task.partition(".")[0]]
            student = f"mallory{number:02}"
            by_student[student] = attack
            _lay_out(made, made.submission(student), attack, one)
            _write_files(made, desk, attack, one, links=False)
        before = world.look(made)
        results = _graded(made, desk, level, sorted(tasks))
        harmed = world.harm(made, before)
    told = _next_student(results, tasks)
    return [
        Outcome(attack, level, *_of_task(results.get(student), attack.task), harmed, told)
        for student, attack in by_student.items()
    ]


def _lay_out(made: World, folder: Path, attack: Attack, one: Assignment) -> None:
    """The submission: the answer, and what lies beside it."""
    answer = folder / one.answer
    answer.parent.mkdir(parents=True)
    solution = (made.course / solution_of(one)).read_text(encoding="utf-8")
    answer.write_text(f"{solution}\n\nTOLD = {made.told()!r}\n{attack.code}", encoding="utf-8")
    _write_files(made, folder, attack, one, links=True)


def _write_files(made: World, folder: Path, attack: Attack, one: Assignment, *, links: bool) -> None:
    """The attack's files: "/name" in the folder, others beside the answer."""
    for name, text in attack.files.items():
        path = folder / name[1:] if name.startswith("/") else folder / one.answer.parent / name
        if not text.startswith("-> "):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif links:
            solution = made.course / solution_of(one)
            _replace_by_link(path, text[3:].format(solution=solution, solutions=solution.parent))


def _replace_by_link(path: Path, target: str) -> None:
    """A link in the place of a file, or of a folder and all that was in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


def _graded(made: World, desk: Path, level: str, tasks: list[str]) -> dict[str, Result]:
    """The results by student. Raises CourseError where the command fails."""
    desk.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("instructor")), "grade", str(made.root / "submissions")]
    command += ["--out", str(made.root.with_name(made.root.name + "-out")), "--course", str(made.course)]
    command += ["--only", ",".join(tasks), "--isolation", level, "--jobs", "1"]
    out = made.root.with_name(made.root.name + "-out")
    try:
        done = subprocess.run(command, cwd=desk, capture_output=True, text=True, timeout=LONGEST)
        if done.returncode:
            raise CourseError(f"attacks by folders, isolation {level}: instructor grade fails: {done.stderr[-500:]}")
        store = Store(out / RESULTS)
        try:
            return {student: result for student, _, result in store.results()}
        finally:
            store.close()
    finally:
        for entry in out.glob("*"):
            entry.unlink()
        out.rmdir()


def _tasks(result: Result | None) -> list[TaskResult]:
    return [task for one in result.assignments for task in one.tasks] if result is not None else []


def _of_task(result: Result | None, task: str) -> tuple[int, str]:
    """Points and status; a submission that was not taken has none."""
    found = [one for one in _tasks(result) if one.id == task]
    return (found[0].score, found[0].status) if found else (0, "error")


def _next_student(results: dict[str, Result], tasks: set[str]) -> str:
    """Why the honest student's solution is refused, or nothing."""
    found = {task.id: task for task in _tasks(results.get("next"))}
    if missing := sorted(tasks - found.keys()):
        return f"{', '.join(missing)} was not graded"
    refused = [task for task in found.values() if task.id in tasks and task.score < task.max_score]
    return f"{refused[0].id} is {refused[0].status}" if refused else ""
