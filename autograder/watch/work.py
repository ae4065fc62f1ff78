"""Which task is in work, and which is to be graded next: nothing here knows of terminals, files or processes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autograder.declared import Declared
from autograder.grading.result import AssignmentResult, TaskResult, TestResult


@dataclass(frozen=True)
class Verdict:
    """How a task was graded, after so many changes of its assignment's files."""

    assignment: AssignmentResult  # with this task alone
    changes: int
    broken: str | None = None
    answer: str | None = None
    tests: str = ""

    @property
    def task(self) -> TaskResult:
        return self.assignment.tasks[0]

    @property
    def passed(self) -> bool:
        return self.task.status == "passed"

    @property
    def tests_passed(self) -> int:
        return sum(test.status == "passed" for test in self.task.tests)

    @property
    def told(self) -> TestResult | None:
        """The test that `autograder grade` tells of: the first that was not passed, once the task is begun."""
        if self.task.status == "todo":
            return None
        return next((test for test in self.task.tests if test.status != "passed"), None)

    @property
    def message(self) -> str:
        """What `autograder grade` tells of the task."""
        return self.told.message if self.told is not None else ""


def not_graded(task: Declared, changes: int, sentence: str) -> Verdict:
    """The verdict on a task whose tests could not be run at all; the next change may mend that."""
    test = TestResult("tests", "", "error", sentence)
    result = TaskResult(task.id, task.name, 0, task.points, "error", None, (test,))
    one = task.assignment
    assignment = AssignmentResult(one.id, one.stem, one.level, str(one.answer), 0, task.points, (result,))
    return Verdict(assignment, changes, sentence)


@dataclass(frozen=True)
class Test:
    """A task is to be graded. `aside`: it is not the one in work, and was passed before."""

    __test__ = False

    task: Declared
    aside: bool = False


@dataclass(frozen=True)
class Arrived:
    """A task has become the one in work. `passed` were found passed on the way to it."""

    task: Declared
    verdict: Verdict
    passed: tuple[Declared, ...]


@dataclass(frozen=True)
class Finished:
    """Every task is passed. `passed` were found so at the end."""

    passed: tuple[Declared, ...]


Step = Test | Arrived | Finished


@dataclass
class Work:
    """The tasks that were asked for, what is known of each, and the one in work.

    `route` are the tasks among which the next one in work is looked for, in order; `lost` were passed, and are no more.
    """

    tasks: Sequence[Declared]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    current: Declared | None = None
    route: list[Declared] = field(default_factory=list)
    looked_at: list[Declared] = field(default_factory=list)
    lost: list[Declared] = field(default_factory=list)
    finished: bool = False

    def __post_init__(self) -> None:
        self.route = list(self.tasks)

    def verdict(self, task: Declared) -> Verdict | None:
        """What the files as they are now deserve, where that is known."""
        verdict = self.verdicts.get(task.id)
        return verdict if verdict and verdict.changes == self.changes[task.assignment.id] else None

    def next(self) -> Step | None:
        """What comes next; None where all is known that is asked."""
        if self.current is not None:
            return Test(self.current) if self.verdict(self.current) is None else self._aside()
        while self.route:
            task = self.route[0]
            verdict = self.verdict(task)
            if verdict is None:
                self.looked_at.append(task)
                return Test(task)
            self.route.pop(0)
            if not verdict.passed:
                self.current, self.route = task, []
                return Arrived(task, verdict, self._found_passed())
        if self.finished:
            return None
        self.finished = True
        return Finished(self._found_passed())

    def _found_passed(self) -> tuple[Declared, ...]:
        """The tasks that were graded on the way and are passed."""
        looked_at, self.looked_at = dict.fromkeys(self.looked_at), []
        return tuple(task for task in looked_at if (verdict := self.verdict(task)) is not None and verdict.passed)

    def _aside(self) -> Test | None:
        """A task that was passed before its file changed, where that file can be loaded."""
        broken = {
            task.assignment.id for task in self.tasks if (verdict := self.verdict(task)) is not None and verdict.broken
        }
        for task in self.tasks:
            before = self.verdicts.get(task.id)
            if before and before.passed and self.verdict(task) is None and task.assignment.id not in broken:
                return Test(task, aside=True)
        return None

    def first_unknown(self) -> Declared | None:
        """The first task of all that is not graded as the files are now."""
        return next((task for task in self.tasks if self.verdict(task) is None), None)

    def judged(self, task: Declared, verdict: Verdict) -> Verdict | None:
        """Keep a verdict; returns the one before. Where the task in work is passed, the next is looked for."""
        before, self.verdicts[task.id] = self.verdicts.get(task.id), verdict
        if task in self.lost and verdict.passed:
            self.lost.remove(task)
        elif before is not None and before.passed and not verdict.passed and task != self.current:
            self.lost.append(task)
        if task == self.current and verdict.passed and self.verdict(task) is not None:
            self.leave()
        return before

    def leave(self) -> None:
        """Go on from the task in work: to those that were lost, to those after it, and then to those before it."""
        if self.current is None:
            return
        self._look_from(self.tasks.index(self.current) + 1)

    def changed(self, answers: Iterable[str], tests: Iterable[str] = ()) -> None:
        """Files of these assignments were saved: the task in work is one whose answer was."""
        answers = set(answers)
        self.changes.update(answers | set(tests))
        if self.current is not None and self.current.assignment.id in answers:
            return
        first = next((index for index, task in enumerate(self.tasks) if task.assignment.id in answers), None)
        if first is not None:
            self._look_from(first)
        elif self.current is None and not self.route:
            self._look_from(0)

    def _look_from(self, index: int) -> None:
        self.current, self.route = None, [*self.lost, *self.tasks[index:], *self.tasks[:index]]
        self.looked_at, self.finished = [], False

    def declared_anew(self, tasks: Sequence[Declared]) -> None:
        """The tests have changed, and these are the tasks now."""
        by_id = {task.id: task for task in tasks}
        self.tasks = tasks
        self.lost = [by_id[task.id] for task in self.lost if task.id in by_id]
        self.current = by_id.get(self.current.id) if self.current is not None else None
        if self.current is None:
            self._look_from(0)

    def results(self) -> tuple[AssignmentResult, ...]:
        """All verdicts, as results of whole assignments."""
        whole: dict[str, AssignmentResult] = {}
        for task in self.tasks:
            if (verdict := self.verdicts.get(task.id)) is not None:
                one = verdict.assignment
                whole[one.id] = _joined(whole[one.id], one) if one.id in whole else one
        return tuple(whole.values())


def _joined(first: AssignmentResult, second: AssignmentResult) -> AssignmentResult:
    return AssignmentResult(
        id=first.id,
        title=first.title,
        level=first.level,
        path=first.path,
        score=first.score + second.score,
        max_score=first.max_score + second.max_score,
        tasks=first.tasks + second.tasks,
    )
