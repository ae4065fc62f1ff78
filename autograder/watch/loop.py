"""The watch itself: events come in from keys, files, the grader and the system; lines go out."""

import contextlib
import os
import queue
import signal
import time
from pathlib import Path
from typing import Any

from autograder.course import CourseError, assignments_in
from autograder.grading.result import SCHEMA_NAME, Provenance, Result
from autograder.hints import Memory, next_hint
from autograder.names import tasks_named
from autograder.reports.table import console
from autograder.watch import words
from autograder.watch.keys import Keys
from autograder.watch.messages import Ended, Failed, Grade, Graded, Prepare, Ready, Tested, Warm
from autograder.watch.pages import has_browser, open_page, write_page
from autograder.watch.process import Gone, GraderProcess
from autograder.watch.saves import Blind, Saved, Saves
from autograder.watch.screen import Screen
from autograder.watch.signals import Signalled, signals
from autograder.watch.work import Arrived, Finished, Test, Verdict, Work, not_graded

PATIENCE = 30.0  # seconds for the grader to give up a job, before it is replaced: an import is waited for
TICK = 1.0  # seconds: a test that takes long is told its time


class Watch:
    """One run of `autograder watch`."""

    def __init__(self, course: Path, selection: str) -> None:
        self.course, self.selection = course, selection
        self.work = Work(tasks_named(course, selection))
        self.memory = Memory(course)
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.screen = Screen(console())
        self.keys = Keys(self.events.put)
        self.ready: Ready | None = None
        self.shown: dict[str, Verdict] = {}
        self.to_warm: list[str] = []
        self.prepared_for: str | None = None
        self.wants_all = self.wants_page = False
        self.job_task: Test | None = None
        self.job_changes = 0
        self.progress = (0, 0)
        self.since = 0.0
        self.stopped_at = 0.0
        self.passed = 0
        self.status: int | None = None

    def run(self) -> int:
        """Watch until a key or a signal ends it; the exit status."""
        with signals(self.events.put):
            self.grader = GraderProcess(self.course, self.events.put)
            with contextlib.closing(self.grader), Saves(self.course, self.events.put), self.screen, self.keys:
                self.screen.say(words.watching(self.work.tasks))
                if self.keys.there and self.screen.console.is_dumb_terminal:  # which has no last line to show them in
                    self.screen.say(words.bar("keys", self.screen.width))
                return self.loop()

    def loop(self) -> int:
        """One event after the other, until one of them sets the status."""
        while self.status is None:
            self.advance()
            self.tell_below()
            self.handle(self.wait())
            self.lose_patience()
        return self.status

    def wait(self) -> Any:
        """The next event, or None after a moment."""
        try:
            return self.events.get(timeout=TICK)
        except queue.Empty:
            return None

    def handle(self, event: Any) -> None:
        match event:
            case str():
                self.pressed(event)
            case Saved():
                self.saved(event)
            case Signalled():
                self.signalled(event)
            case Gone():
                self.job_task, self.ready, self.prepared_for = None, None, None
                self.grader.again(event)
            case Blind():
                self.screen.say(f"Changes of files cannot be seen here: {event.reason}.", "yellow")
            case Ready() | Tested() | Graded() | Failed() | Ended():
                self.replied(event)

    # What comes next

    def advance(self) -> None:
        """Say what has become known, and begin what is to be done next, where nothing is being done."""
        while self.grader.job is None:
            match self.work.next():
                case Test() as test:
                    return self.grade(test)
                case Arrived() as arrived:
                    self.arrive(arrived)
                case Finished() as finished:
                    self.finish(finished)
                case None:
                    if not self.pages():
                        return self.ahead()

    def grade(self, test: Test) -> None:
        self.job_task, self.progress, self.since = test, (0, 0), time.monotonic()
        self.job_changes = self.work.changes[test.task.assignment.id]
        self.grader.ask(Grade, test.task.assignment.id, test.task.id)

    def pages(self) -> bool:
        """Do what a and o ask for, when everything is graded. False where there is nothing to do."""
        if not (self.wants_all or self.wants_page):
            return False
        if (unknown := self.work.first_unknown()) is not None:
            self.grade(Test(unknown, aside=True))
            return True
        result = self.result()
        if self.wants_all:
            self.screen.show(result)
        if self.wants_page:
            self.page(result)
        self.wants_all = self.wants_page = False
        return True

    def ahead(self) -> None:
        """While nobody waits: the examples that the next save needs, and imports that it may need."""
        task = self.work.current
        if self.ready is None or task is None:
            return
        if self.prepared_for != task.id:
            self.prepared_for = task.id
            self.grader.ask(Prepare, task.assignment.id, task.id)
        elif self.to_warm:
            self.grader.ask(Warm, self.to_warm.pop(0))

    # What has happened

    def replied(self, reply: Ready | Tested | Graded | Failed | Ended) -> None:
        """The grader has answered."""
        if isinstance(reply, Ready):
            self.ready, self.to_warm, self.since = reply, list(reply.needs), time.monotonic()
            if (told := words.isolated(reply.isolation, reply.notice)) and self.grader.starts == 1:
                self.screen.say(told, "dim")
            return
        if isinstance(reply, Tested):
            if self.grader.job is not None and reply.number == self.grader.job.number:
                self.progress = reply.done, reply.total
            return
        if (job := self.grader.ended_by(reply)) is None:
            return
        test, self.job_task = self.job_task, None
        if isinstance(job, Grade) or self.grader.stopping:
            self.prepared_for = None
        if test is not None and self.job_changes == self.work.changes[test.task.assignment.id]:
            if isinstance(reply, Graded):
                verdict = Verdict(reply.result, self.job_changes, reply.broken, reply.answer, reply.tests)
                self.judged(test, verdict)
            elif isinstance(reply, Failed):
                self.judged(test, not_graded(test.task, self.job_changes, reply.sentence))

    def judged(self, test: Test, verdict: Verdict) -> None:
        """A task was graded: say so where it is the one in work, or where it was passed and is no more."""
        current = test.task == self.work.current
        before = self.work.judged(test.task, verdict)
        if current and verdict.passed:
            self.screen.say_status(f"{_now()}  {words.passed(verdict, self.passed)}", "passed")
            self.passed += 1
        elif current and not _alike(before, verdict):
            self.tell(verdict)
        elif test.aside and before is not None and before.passed and not (verdict.passed or verdict.broken):
            self.screen.say_status(words.lost(test.task), "failed")

    def tell(self, verdict: Verdict) -> None:
        """The verdict on the task in work, and how it differs from the one before."""
        if verdict.broken is not None:
            self.screen.console.print()
            self.screen.say(f"{_now()}  {verdict.broken}", "yellow", whole_lines=True)
            return
        self.screen.say_status(
            f"{_now()}  {words.difference(self.shown.get(verdict.task.id), verdict)}", verdict.task.status
        )
        self.shown[verdict.task.id] = verdict
        self.tell_failure(verdict)

    def tell_failure(self, verdict: Verdict) -> None:
        """What `autograder grade` tells, and what the answer printed for the smallest inputs, its last lines."""
        if verdict.message:
            self.screen.say(verdict.message, whole_lines=True)
        if printed := words.printed(verdict):
            self.screen.say(printed, "dim")

    def arrive(self, arrived: Arrived) -> None:
        """A task comes up: what it is, where its gap is, how it stands."""
        if told := words.found_passed(arrived.passed):
            self.screen.say_status(told, "passed")
        self.screen.console.print()
        self.screen.say(words.heading(arrived.task), "bold")
        verdict = arrived.verdict
        self.screen.say(f"  {words.place(verdict)}{', still to do' if verdict.task.status == 'todo' else ''}")
        if verdict.task.status != "todo":
            self.tell(verdict)

    def finish(self, finished: Finished) -> None:
        if told := words.found_passed(finished.passed):
            self.screen.say_status(told, "passed")
        score = sum(result.score for result in self.work.results())
        self.screen.say_status(words.finished(self.work.tasks, score), "passed")
        if told := words.onward(self.work.tasks[-1].assignment, assignments_in(self.course)):
            self.screen.say(told)

    def saved(self, saved: Saved) -> None:
        """Files have changed: what is being done with them is not worth finishing."""
        tests = self.declared_anew(saved.tests)
        self.work.changed(saved.answers, tests)
        job = self.grader.job
        in_vain = isinstance(job, Grade) and job.assignment in saved.answers | tests
        elsewhere = self.job_task is not None and self.job_task.task != self.work.current
        if isinstance(job, Prepare | Warm) or in_vain or elsewhere:
            self.stop()

    def declared_anew(self, changed: frozenset[str]) -> frozenset[str]:
        """The course's tests have changed, by `git pull` perhaps; some may be new, or gone.

        Returns those that can be used: in the middle of a change they may make no sense.
        """
        if not changed:
            return changed
        try:
            tasks = tasks_named(self.course, self.selection)
        except CourseError as error:
            self.screen.console.print()
            self.screen.say(str(error), "yellow", whole_lines=True)
            return frozenset()
        if changed & {task.assignment.id for task in (*tasks, *self.work.tasks)}:
            self.screen.console.print()
            self.screen.say("The tests have changed and are loaded anew.", "dim")
        self.work.declared_anew(tasks)
        return changed

    def pressed(self, key: str) -> None:
        """A key was typed."""
        match key.lower():
            case "q" | "\x03":
                self.status = 0
            case "h":
                self.hint()
            case "n":
                if self.work.current is not None:
                    self.work.leave()
                    self.stop()
            case "a":
                self.wants_all = True
                self.make_way()
            case "o":
                self.wants_page = True
                self.make_way()
            case "?":
                self.screen.console.print()
                self.screen.say(words.HELP)

    def hint(self) -> None:
        self.screen.console.print()
        task = self.work.current
        self.screen.say(next_hint(task, self.memory) if task else "There is no task in work to give a hint for.")

    def make_way(self) -> None:
        """What is done ahead can wait."""
        if self.job_task is None:
            self.stop()

    def stop(self) -> None:
        """Have the job at hand given up."""
        if self.grader.job is not None and not self.grader.stopping:
            self.stopped_at = time.monotonic()
            self.grader.stop()

    def lose_patience(self) -> None:
        """Replace a grader that does not give up what it is doing."""
        if self.grader.job is not None and self.grader.stopping and time.monotonic() - self.stopped_at > PATIENCE:
            self.grader.abandon()

    def signalled(self, signalled: Signalled) -> None:
        """End, redraw, or sleep until the shell brings this back."""
        match signalled.name:
            case "SIGINT":
                self.status = 0
            case "SIGWINCH":
                self.screen.draw()
            case "SIGTSTP":
                self.screen.pause()
                self.keys.give_back()
                signal.raise_signal(signal.SIGSTOP)
                self.keys.take()
                self.screen.resume()
            case _:
                self.status = 128 + signalled.number

    # What is shown

    def tell_below(self) -> None:
        """The last line: what is being done, or the keys."""
        if self.ready is None:
            told = "starting: torch is being loaded"
        elif self.job_task is not None:
            seconds = int(time.monotonic() - self.since)
            unknown = sum(self.work.verdict(task) is None for task in self.work.tasks)
            left = unknown if self.wants_all or self.wants_page else 0
            told = words.testing(self.job_task.task, *self.progress, seconds, left)
        else:
            told = words.bar(self.work.current.id if self.work.current else "all passed", self.screen.width)
        self.screen.say_below(told if self.keys.there or self.job_task or not self.ready else "")

    def result(self) -> Result:
        """All verdicts as one result, equal to that of `autograder grade`."""
        assert self.ready is not None
        graded = self.work.results()
        verdicts = self.work.verdicts.values()
        files = {one.assignment.path: one.answer for one in verdicts if one.answer}
        tests = {str(task.assignment.tests): self.work.verdicts[task.id].tests for task in self.work.tasks}
        return Result(
            schema=SCHEMA_NAME,
            score=sum(one.score for one in graded),
            max_score=sum(one.max_score for one in graded),
            assignments=graded,
            provenance=Provenance(self.ready.versions, 0, self.ready.isolation, files, tests, self.ready.notice),
            seconds=sum(test.seconds for one in graded for task in one.tasks for test in task.tests),
        )

    def page(self, result: Result) -> None:
        """Write the report, say where it is, and open it where that can be seen."""
        self.screen.console.print()
        try:
            path = write_page(result, self.course)
        except OSError as error:
            self.screen.say(f"The report cannot be written: {error}", "yellow")
            return
        self.screen.say(f"The report is {path.resolve()}", whole_lines=True)
        if has_browser(os.environ):
            open_page(path)


def watch(course: Path, selection: str) -> int:
    """Watch a course folder; the exit status. Raises CourseError where there is nothing to watch."""
    return Watch(course.resolve(), selection).run()


def _alike(before: Verdict | None, now: Verdict) -> bool:
    """Whether nothing is to be told anew: the same files, graded alike. An editor may write a file twice."""
    return before is not None and (before.answer, before.tests, before.message, before.broken) == (
        now.answer, now.tests, now.message, now.broken,
    )  # fmt: skip


def _now() -> str:
    return time.strftime("%H:%M:%S")
