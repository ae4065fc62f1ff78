"""What a class did, gathered in one pass over its results. One result at a time is in memory; what is kept of a
student is a line of marks.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Literal

from autograder.course import LEVELS
from autograder.grading.result import AssignmentResult, Result, Status, TaskResult, TestResult
from instructor.cohort.item_analysis import Item
from instructor.cohort.roster import Person

Mark = Status | Literal["no file"]
NOT_BEGUN: tuple[Mark, ...] = ("todo", "no file")


@dataclass(frozen=True)
class Student:
    """A line of marks: `scores` has (points, of) by the assignment's id, `marks` what became of each task."""

    person: Person
    score: int
    max_score: int
    scores: dict[str, tuple[int, int]]
    marks: dict[str, Mark]

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name

    @property
    def share(self) -> float:
        """The share of all points, in [0, 1]."""
        return self.score / self.max_score if self.max_score else 0.0

    @property
    def counts(self) -> Counter[Mark]:
        """How many tasks have each mark."""
        return Counter(self.marks.values())

    @property
    def handed_in(self) -> bool:
        """Whether any file could be read."""
        return set(self.marks.values()) != {"no file"}

    @property
    def began(self) -> bool:
        """Whether any task was tried."""
        return any(mark not in NOT_BEGUN for mark in self.marks.values())


@dataclass
class TestSurvey:
    """One test over the students who began its task; `seconds` has a time for each whose answer it called."""

    __test__ = False

    task: str
    claim: str
    begun: int = 0
    passed: int = 0
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    longest: float = 0.0
    slowest: Person | None = None

    def add(self, test: TestResult, person: Person) -> None:
        """One more student."""
        self.begun += 1
        self.passed += test.status == "passed"
        if test.seconds > 0:
            self.seconds.append(test.seconds)
        if test.seconds > self.longest:
            self.slowest, self.longest = person, test.seconds

    @property
    def median(self) -> float:
        """The median in seconds, 0 where no answer was called."""
        return median(self.seconds) if self.seconds else 0.0


@dataclass
class TaskSurvey:
    """One task over the class, its tests by name; `timed_out` are the students for whom it did."""

    id: str
    name: str
    points: int
    item: Item = field(default_factory=Item)
    marks: Counter[Mark] = field(default_factory=Counter)
    tests: dict[str, TestSurvey] = field(default_factory=dict)
    timed_out: list[Person] = field(default_factory=list)

    def add(self, task: TaskResult, mark: Mark, person: Person, total: int, *, loaded: bool) -> None:
        """One more student, who has `total` points in all; a file that is not `loaded` tells nothing of the task."""
        self.marks[mark] += 1
        if mark in NOT_BEGUN or not loaded:
            return
        self.item.add(mark == "passed", total - task.score)
        if mark == "timeout":
            self.timed_out.append(person)
        for test in task.tests:
            self.tests.setdefault(test.name, TestSurvey(task.id, test.claim or test.name)).add(test, person)


@dataclass
class AssignmentSurvey:
    """One assignment over the class: its tasks by id."""

    id: str
    title: str
    level: str
    max_score: int
    tasks: dict[str, TaskSurvey] = field(default_factory=dict)


@dataclass
class MistakeSurvey:
    """A misconception by its name: the students who have it, in all and by task, and what the first of them is told."""

    name: str
    students: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    example: str = ""


@dataclass
class Survey:
    """A class: students in the order they were added, assignments by id, and what is to be told besides.

    graded        when the first and the last of them were graded
    unloadable    the students with a file that cannot be loaded, and which assignments
    left_out      graded but not on the roster
    ungraded      on the roster but without a result
    """

    students: list[Student] = field(default_factory=list)
    assignments: dict[str, AssignmentSurvey] = field(default_factory=dict)
    mistakes: dict[str, MistakeSurvey] = field(default_factory=dict)
    unloadable: list[tuple[Person, list[str]]] = field(default_factory=list)
    seeds: set[int] = field(default_factory=set)
    isolations: set[str] = field(default_factory=set)
    graded: tuple[datetime, datetime] | None = None
    left_out: list[str] = field(default_factory=list)
    ungraded: list[Person] = field(default_factory=list)

    def add(self, person: Person, graded_at: datetime, result: Result) -> None:
        """Take up one student's result."""
        first, last = self.graded or (graded_at, graded_at)
        self.graded = min(first, graded_at), max(last, graded_at)
        read = result.provenance.files
        marks: dict[str, Mark] = {}
        for assignment in result.assignments:
            seen, loaded = self._assignment(assignment), not is_unloadable(assignment)
            for task in assignment.tasks:
                mark = marks[task.id] = task.status if assignment.path in read else "no file"
                seen.tasks[task.id].add(task, mark, person, result.score, loaded=loaded)
        self._add_mistakes(result)
        if broken := [one.id for one in result.assignments if is_unloadable(one)]:
            self.unloadable.append((person, broken))
        scores = {one.id: (one.score, one.max_score) for one in result.assignments}
        self.students.append(Student(person, result.score, result.max_score, scores, marks))
        self.seeds.add(result.provenance.seed)
        self.isolations.add(result.provenance.isolation)

    def _assignment(self, found: AssignmentResult) -> AssignmentSurvey:
        seen = self.assignments.get(found.id)
        if seen is None:
            seen = self.assignments[found.id] = AssignmentSurvey(found.id, found.title, found.level, found.max_score)
        seen.max_score = max(seen.max_score, found.max_score)
        for task in found.tasks:
            seen.tasks.setdefault(task.id, TaskSurvey(task.id, task.name, task.max_score))
        return seen

    def _add_mistakes(self, result: Result) -> None:
        """Count each misconception of this student once, and once for each task."""
        found: dict[str, set[str]] = {}
        for assignment in result.assignments:
            for task in assignment.tasks:
                for test in task.tests:
                    if test.misconception is not None:
                        seen = self.mistakes.setdefault(test.misconception, MistakeSurvey(test.misconception))
                        seen.example = seen.example or test.message
                        found.setdefault(test.misconception, set()).add(task.id)
        for name, tasks in found.items():
            self.mistakes[name].students += 1
            self.mistakes[name].tasks.update(sorted(tasks))


def is_unloadable(assignment: AssignmentResult) -> bool:
    """Whether the student's file could be read and not loaded, so that no task of it was tried."""
    first = next((test.message for task in assignment.tasks for test in task.tests), "")
    return first.startswith(assignment.path) and " cannot be loaded: " in first


def survey(results: Iterable[tuple[str, datetime, Result]], people: list[Person]) -> Survey:
    """All results, one by one; with a roster only those of its people, as in every export."""
    made, known, seen = Survey(), {person.id: person for person in people}, set()
    for student, graded_at, result in results:
        if people and student not in known:
            made.left_out.append(student)
            continue
        seen.add(student)
        made.add(known.get(student, Person(student)), graded_at, result)
    made.ungraded = [person for person in people if person.id not in seen]
    in_order = sorted(made.assignments.values(), key=_place)
    made.assignments = {one.id: one for one in in_order}
    for one in in_order:
        one.tasks = dict(sorted(one.tasks.items(), key=lambda pair: _number(pair[0])))
    return made


def _place(assignment: AssignmentSurvey) -> tuple[int, str]:
    level = assignment.level
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS)), assignment.id


def _number(task: str) -> tuple[int, str]:
    number = task.rpartition(".")[2]
    return (int(number) if number.isdecimal() else 0), task
