"""Examining one assignment: is every right answer accepted, every wrong one refused and told what is wrong?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import Assignment, assignments_in
from autograder.grading.grade import broken_file, open_student
from autograder.grading.loader import load_tasks
from autograder.grading.recorded import record
from autograder.grading.runner import Effort, run_task, run_test
from autograder.grading.student import Recordings, Student, begin_task, end_task
from autograder.grading.submission import Answer, read_answer
from autograder.grading.task import Misconception, Task
from autograder.sandbox.probe import Probe
from autograder.sandbox.workers import Workers
from instructor.answers import KnownAnswer, known_answers
from instructor.concepts import see_faults
from instructor.equivalents import Equivalent, find
from instructor.made_up import junk, strangers, with_solution, zeros
from instructor.mutants import mutants
from instructor.release import solution_of

POINTS = 10
HINTS = 3
LEAST_WRONG, LEAST_RIGHT = 5, 2


@dataclass
class Findings:
    """What the examination of one assignment found. `faults` are sentences; none where all is well.

    recognised   declared mistakes that are told by their own name
    named        wrong answers written by hand that are told by the name behind their ⇒
    misnamed     both kinds, told by another name than that, or by one where none was confirmed
    """

    assignment: Assignment
    declared: int = 0
    recognised: int = 0
    wrong: int = 0
    refused: int = 0
    named: int = 0
    misnamed: int = 0
    right: int = 0
    accepted: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    faults: list[str] = field(default_factory=list)


def examine(course: Path, assignment: Assignment, equivalents: list[Equivalent], *, workers: Workers) -> Findings:
    """Examine one assignment, all but its solution's score, which `instructor.check` grades as a submission."""
    found = Findings(assignment)
    tasks = load_tasks(course / assignment.tests)
    text = (course / solution_of(assignment)).read_text(encoding="utf-8")
    found.faults += _form(assignment, tasks)
    found.faults += see_faults(course, assignments_in(course), tasks)
    _gaps(course, found, tasks, workers)
    path = str(assignment.answer)
    means = _Means(path, text, workers, record(tasks, open_student(_answer(path, text), workers)))
    for task in tasks:
        for misconception in task.misconceptions:
            _misconception(found, task, misconception, means)
        found.faults += [*zeros(task, means.solution, means.recordings), *strangers(task, means.recordings)]
        found.faults += junk(task, means.solution, means.recordings)
    _wrong(found, tasks, known_answers(course, assignment, "wrong"), means)
    _right(found, tasks, known_answers(course, assignment, "right"), means)
    _mutants(found, tasks, equivalents, means)
    return found


@dataclass(frozen=True)
class _Means:
    """What answers to one assignment are tried with: its file, its solution's text, examples drawn beforehand."""

    path: str
    solution: str
    workers: Workers
    recordings: Recordings


def _form(assignment: Assignment, tasks: list[Task]) -> Iterable[str]:
    """What can be seen without running anything: points, hints, probes that stand by themselves."""
    points = sum(task.points for task in tasks)
    if points != POINTS:
        yield f"{assignment.tests}: the tasks have {points} points, an assignment has {POINTS}"
    for task in tasks:
        if len(task.hints) != HINTS:
            yield f"{assignment.tests}: task {task.id} has {len(task.hints)} hints, a task has {HINTS}"
        if not task.misconceptions:
            yield f"{assignment.tests}: task {task.id} declares no misconception"
        for probe in _probes(task):
            if needed := probe.free_names():
                yield f"{assignment.tests}: probe {probe.name} needs {', '.join(sorted(needed))}; write it inside"


def _probes(task: Task) -> list[Probe]:
    module = vars_of(task)
    return [value for value in module.values() if isinstance(value, Probe)]


def vars_of(task: Task) -> Mapping[str, Any]:
    """The names of the test module that declares `task`."""
    function: Any = task.tests[0].function
    inner = function.hypothesis.inner_test if hasattr(function, "hypothesis") else function
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    return inner.__globals__


def _answer(path: str, text: str) -> Answer:
    return Answer(path, text, text.encode())


def _passes(task: Task, text: str, means: _Means, effort: Effort = Effort.VERDICT) -> tuple[bool, str, str]:
    """Whether an answer's text passes `task`; if not, the message of the first failure and the mistake named."""
    answer = _answer(means.path, text)
    if (broken := broken_file(answer, means.workers)) is not None:
        return False, broken, ""
    results = run_task(task, open_student(answer, means.workers, means.recordings), effort=effort)
    failed = [result for result in results if result.status != "passed"]
    names = {result.misconception for result in failed if result.misconception}
    return not failed, failed[0].message if failed else "", ", ".join(sorted(names))


def _gaps(course: Path, found: Findings, tasks: list[Task], workers: Workers) -> None:
    answer = read_answer(course, found.assignment)
    for task in tasks:
        student = open_student(answer, workers)
        begin_task(student, task)
        for test in task.tests:  # each by itself: `pytest assignments` does not stop at the first either
            status = run_test(test, task, student).status
            if status != "todo":
                found.faults.append(
                    f"{answer.path}: {task.id} {test.name} of the gap as released is {status}, not todo"
                )
        end_task(student)


def _misconception(found: Findings, task: Task, misconception: Misconception, means: _Means) -> None:
    """A declared mistake must lose points and be recognised by its name."""
    found.declared += 1
    student = Student(
        lambda task: with_solution(means.solution, misconception.wrong, misconception.file), means.recordings
    )
    results = run_task(task, student, effort=Effort.NAMED)
    failed = [result for result in results if result.status != "passed"]
    named = {result.misconception for result in failed}
    if not failed:
        found.faults.append(f"{task.id}: the misconception “{misconception.name}” passes")
    elif misconception.name in named:
        found.recognised += 1
    else:
        other = next(iter(named - {None}), "none")
        found.misnamed += other != "none"
        shown = failed[0].message
        found.faults.append(f"{task.id}: “{misconception.name}” is not recognised (named: {other})\n{shown}")


def _wrong(found: Findings, tasks: list[Task], answers: list[KnownAnswer], means: _Means) -> None:
    found.wrong = len(answers)
    if len(answers) < LEAST_WRONG:
        found.faults.append(
            f"{found.assignment.id} has {len(answers)} wrong answers; at least {LEAST_WRONG} are asked for"
        )
    for answer, task in _with_tasks(found, tasks, answers):
        passed, _, named = _passes(task, answer.text, means, Effort.NAMED)
        found.refused += not passed
        found.named += bool(named) and named == answer.named
        found.misnamed += bool(named) and named != answer.named
        if passed:
            found.faults.append(f"{answer.task}: the wrong answer “{answer.about}” passes")
        elif named != answer.named:
            asked = answer.named or "no mistake (if the name is right, write ⇒ and the name behind its description)"
            found.faults.append(
                f"{answer.task}: the wrong answer “{answer.about}” is named “{named or 'nothing'}”; asked for: {asked}"
            )


def _right(found: Findings, tasks: list[Task], answers: list[KnownAnswer], means: _Means) -> None:
    found.right = len(answers)
    if len(answers) < LEAST_RIGHT:
        found.faults.append(
            f"{found.assignment.id} has {len(answers)} right answers; at least {LEAST_RIGHT} are asked for"
        )
    for answer, task in _with_tasks(found, tasks, answers):
        passed, message, _ = _passes(task, answer.text, means, Effort.FULL)
        found.accepted += passed
        if not passed:
            found.faults.append(f"{answer.task}: the right answer “{answer.about}” is refused:\n{message}")


def _with_tasks(found: Findings, tasks: list[Task], answers: list[KnownAnswer]) -> Iterable[tuple[KnownAnswer, Task]]:
    by_id = {task.id: task for task in tasks}
    for answer in answers:
        if answer.task in by_id:
            yield answer, by_id[answer.task]
        else:
            found.faults.append(f"“{answer.about}” is about task {answer.task}, which {found.assignment.id} has not")


def _mutants(found: Findings, tasks: list[Task], equivalents: list[Equivalent], means: _Means) -> None:
    by_id = {task.id: task for task in tasks}
    for mutant in mutants(means.solution):
        found.mutants += 1
        if not _passes(by_id[mutant.task], mutant.text, means)[0]:
            found.killed += 1
        elif find(equivalents, found.assignment, mutant) is not None:
            found.equivalent += 1
        else:
            file = solution_of(found.assignment)
            found.faults.append(f"{file}:{mutant.line} a mutant survives: {mutant.change}\n    {mutant.source}")
