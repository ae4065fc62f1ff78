"""The bank of attacks under ``instructor/attacks``: answers that try for points without the work, or for harm.

Each file is a family: its first lines say what the family tries, code above the first cell goes before each attack.
A cell is one attack, and its code is appended to the solution, in the place of one task's functions:
``# %% 01.1 · what it tries``. Behind ``⇒`` stands the known limit under which it may score after all, for one level
only in ``⇒ process: the limit``. A line ``# %%% name`` begins a file that lies in the submission beside the answer
(``/name`` in its top folder), ``# %%% name -> target`` a link. The text may use ``TOLD`` (instructor.world) and
``TABLE``, the right answers to the public seed's examples. The folder ``long`` goes on with families of the same names:
the same ways in other tasks, too many for each check. The first lines of both files go before each of its attacks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.course import CourseError, assignments_in
from autograder.grading.result import Result
from autograder.grading.runner import PUBLIC_SEED, seed_of
from autograder.grading.submission import Answer, answer_or_reason
from autograder.grading.task import Task
from autograder.sandbox.limits import Limits
from autograder.sandbox.workers import Workers, open_workers
from instructor import world
from instructor.cohort.job import Job
from instructor.cohort.material import Material, graded, material
from instructor.release import solution_of
from instructor.world import World

LEVELS = ("sandbox", "process")
WALLS = frozenset({world.FILES, world.LIMITS, world.PROCESSES, world.NETWORK})
PROMISED = {"sandbox": WALLS, "process": frozenset[str]()}  # what an attack cannot harm in each level
BOUNDS = Limits(cpu=0.5, wall=4.0, memory=512 << 20)  # bombs go off early
PATIENCE = Limits(memory=512 << 20)  # for honest answers, and attacks that are expected to score
BATCH = 8  # the solution is graded after so many attacks, and after each that did harm
OTHER_SEED = 20260923
DIFFERENCES = "the answer's own finite differences"
TABLE = "a table of the public seed's answers"
CONDUCT = "forged conduct"
NO_WALLS = "no walls"
KNOWN_LIMITS = {
    DIFFERENCES: "values computed without autograd are what a task by hand asks for; how they came about is not seen",
    TABLE: "the public examples can be had by anyone; with another seed (--seed) the same answer scores 0",
    CONDUCT: "what an answer did, but for its values, is told by a probe that runs beside it and can be talked over",
    NO_WALLS: "without the sandbox's walls an answer reads files and starts programs: a grade of record needs them",
}

_CELL = re.compile(r"^# %% (E?\d+\.\d+) · (.+)$", re.MULTILINE)
_FILE = re.compile(r"^# %%% (\S+)(?: -> (\S+))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """One attack. `code` follows the solution in the answer's file.

    limits are the known limits by level under which it may score; files lie beside it (path: text, or "-> target")
    """

    family: str
    task: str
    about: str
    code: str
    limits: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of an attack in a level: points, a status, harm by kind, and the next student's points if short.

    with_other_seed are its points where the examples are others, asked only of a table.
    """

    attack: Attack
    level: str
    score: int
    status: str
    harm: dict[str, str] = field(default_factory=dict)
    next_student: str = ""
    with_other_seed: int | None = None

    @property
    def limit(self) -> str:
        """The known limit under which it scored, or nothing."""
        return self.attack.limits.get(self.level, "") if self.score else ""

    @property
    def faults(self) -> Iterator[str]:
        """One sentence for each thing that must not be."""
        what = f"attack on {self.attack.task}, {self.attack.family}, “{self.attack.about}”, isolation {self.level}"
        if self.score and not self.limit:
            yield f"{what}: it scores {self.score}"
        if self.attack.limits.get(self.level) and not self.score:
            yield f"{what}: it is listed as a known limit, and scores nothing; take the limit off"
        if self.with_other_seed:
            yield f"{what}: it scores {self.with_other_seed} with another seed, too"
        for kind, told in self.harm.items():
            if kind in PROMISED[self.level]:
                yield f"{what}: {kind} {told}"
        if self.next_student:
            yield f"{what} or one shortly before: the next student's solution is refused: {self.next_student}"


def attacks_in(folder: Path, within: str = "") -> list[Attack]:
    """All attacks in the files of `folder`, or in those of its folder `within` that go on with the same families.

    Raises CourseError for a limit that is not known.
    """
    found = []
    for file in sorted((folder / within).glob("*.py")):
        prelude, *pieces = _CELL.split(file.read_text(encoding="utf-8"))
        if within:
            prelude = _CELL.split((folder / file.name).read_text(encoding="utf-8"))[0] + prelude
        for task, header, code in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            about, _, limit = header.partition("⇒")
            own, *parts = _FILE.split(code)
            files = {
                name: f"-> {target}" if target else text
                for name, target, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
            }
            limits = _limits_of(limit.strip(), file)
            found.append(Attack(file.stem, task, about.strip(), f"{prelude}\n\n{own.strip()}\n", limits, files))
    return found


def _limits_of(told: str, file: Path) -> dict[str, str]:
    level, colon, limit = told.rpartition(":")
    limit = limit.strip()
    if limit and limit not in KNOWN_LIMITS:
        raise CourseError(f"{file}: {limit!r} is no known limit; they are: {'; '.join(KNOWN_LIMITS)}.")
    return {name: limit for name in LEVELS if limit and (not colon or name == level.strip())}


def try_attacks(course: Path, attacks: list[Attack], level: str) -> list[Outcome]:
    """Grade each attack as a class is graded, and after every few the solution with the same workers."""
    if not attacks:
        return []
    numbers = {attack.task.partition(".")[0] for attack in attacks}
    assignments = [one for one in assignments_in(course) if one.id in numbers]
    only = ",".join(sorted({attack.task for attack in attacks}))
    with world.world(course, assignments) as made, open_workers(level, BOUNDS) as workers:
        bench = _Bench(made, workers, material(made.course, PUBLIC_SEED, only, workers), only)
        outcomes = []
        for task in sorted({attack.task for attack in attacks}):
            bench.begin(task)
            on_task = [attack for attack in attacks if attack.task == task]
            for number, attack in enumerate(on_task, 1):
                outcomes.append(bench.outcome(attack, look_on=number % BATCH == 0 or number == len(on_task)))
    return outcomes


class _Bench:
    """Where attacks are graded: a world, workers, and what a class is graded with."""

    def __init__(self, made: World, workers: Workers, of_class: Material, only: str) -> None:
        self.world, self.workers, self.of_class, self.only = made, workers, of_class, only
        self.others: Material | None = None

    def begin(self, task: str) -> None:
        """One task after the other; the solution comes first, so that nothing is new for what is compared."""
        self.made = _narrowed(self.of_class, task)
        (self.assignment,) = self.made.assignments
        (self.task,) = self.made.tasks[self.assignment.id]
        self.solution = (self.world.course / solution_of(self.assignment)).read_text(encoding="utf-8")
        self.table = _table(self.task, self.made, self.solution)
        if told := self.next_student():
            raise CourseError(f"{self.task.id}: the solution is refused before any attack: {told}")
        self.before = world.look(self.world)

    def outcome(self, attack: Attack, look_on: bool) -> Outcome:
        """Grade an attack, look for harm, and grade the next student where there is harm or `look_on`."""
        answer = self.answer(attack)
        self.before = replace(self.before, processes=world.running())
        limits = PATIENCE if attack.limits.get(self.workers.isolation) else BOUNDS
        result = self.grade("mallory", answer, limits=limits)
        (task,) = result.assignments[0].tasks
        harmed = world.harm(self.world, self.before)
        if harmed:
            self.before = world.look(self.world)
        told = self.next_student() if look_on or harmed else ""
        other = None
        if attack.limits.get(self.workers.isolation) == TABLE:
            other = self.with_other_seed(answer)
        return Outcome(attack, self.workers.isolation, task.score, task.status, harmed, told, other)

    def answer(self, attack: Attack) -> Answer:
        told = {**self.world.told(), "solution": str(self.world.course / solution_of(self.assignment))}
        told |= {"tests": str(self.world.course / self.assignment.tests), "level": self.workers.isolation}
        told |= {"server": self.server()}
        table = f"TABLE = {self.table!r}\n" if "TABLE" in attack.code else ""
        text = f"{self.solution}\n\nTOLD = {told!r}\n{table}{attack.code}"
        return Answer(str(self.assignment.answer), text, text.encode())

    def server(self) -> int:
        """The process that starts workers; where it is the grader itself, the bystander stands for it."""
        kind = "hand" if self.task.by_hand else "torch"
        servers = getattr(self.workers.lines, "servers", {})
        return servers[kind].process.pid if kind in servers else self.world.bystander.pid

    def grade(
        self, student: str, answer: Answer | str, made: Material | None = None, limits: Limits = PATIENCE
    ) -> Result:
        self.workers.limits = limits
        return graded(Job(student, {self.assignment.id: answer}), made or self.made, self.workers)

    def next_student(self) -> str:
        """Why the next student's solution is refused, or nothing."""
        answer = answer_or_reason(self.world.submission("next"), self.assignment)
        (task,) = self.grade("next", answer).assignments[0].tasks
        if task.score == task.max_score:
            return ""
        return next((test.message for test in task.tests if test.status != "passed"), task.status)

    def with_other_seed(self, answer: Answer) -> int:
        if self.others is None:
            self.others = material(self.world.course, OTHER_SEED, self.only, self.workers)
        return self.grade("mallory", answer, _narrowed(self.others, self.task.id)).score


def _narrowed(made: Material, task: str) -> Material:
    """The same for one task only."""
    (one,) = [one for one in made.assignments if task in {known.id for known in made.tasks[one.id]}]
    return replace(made, assignments=[one], tasks={one.id: [known for known in made.tasks[one.id] if known.id == task]})


def _table(task: Task, made: Material, solution: str) -> dict[str, Any]:
    """The solution's answers to the examples of a task whose tests hand on what they draw, by the text of these."""
    names: dict[str, Any] = {"__name__": "solution"}
    exec(compile(solution, "solution.py", "exec"), names)
    table = {}
    for test in task.tests:
        for (seed, _), examples in made.recordings.items():
            for args, kwargs in examples if seed == seed_of(test, task, made.seed) else ():
                try:
                    value = names[task.names[0]](*args, **kwargs)
                except Exception:
                    return {}
                if not isinstance(value, float):
                    return {}
                table[repr([*args, *kwargs.values()])] = value
    return table
