"""What a watch says, worded in one place. Plain characters only: not every terminal has more."""

from collections.abc import Sequence

from autograder.course import Assignment
from autograder.declared import Declared
from autograder.grading.result import Isolation
from autograder.watch.work import Verdict

KEYS = (("h", "hint"), ("n", "next"), ("a", "all"), ("o", "report"), ("q", "quit"), ("?", "help"))
HELP = """\
  h  tells the next hint of the task in work: a question, then the rule, then almost the code
  n  goes on to the next task that is not passed
  a  tests all that you asked for, and shows the points
  o  writes a page about all that you asked for, and opens it
  q  quits; so does Ctrl-C
Save a file of answers, and its first task that is not passed comes up."""
MOST_PRINTED, MOST_CHARACTERS = 5, 200
FREELY = ("Well done.", "Nice work.", "That is right.", "Good, that holds.")


def watching(tasks: Sequence[Declared]) -> str:
    """The first line."""
    files = list(dict.fromkeys(task.assignment.id for task in tasks))
    what = f"assignment {files[0]}" if len(files) == 1 else f"{len(files)} assignments"
    what = f"task {tasks[0].id}" if len(tasks) == 1 else f"{what}, {len(tasks)} tasks"
    return f"Watching {what}. Save your file, and it is tested."


def heading(task: Declared) -> str:
    """A task in one line: "24.2 unbroadcast, 3 points, about 15 minutes, by hand"."""
    points = f"{task.points} point{'s' if task.points > 1 else ''}"
    return f"{task.id} {task.name}, {points}, about {task.minutes} minutes{', by hand' if task.by_hand else ''}"


def place(verdict: Verdict) -> str:
    """Where the gap is: a path with a line, which many terminals and editors open."""
    path, line = verdict.assignment.path, verdict.task.line
    return path if line is None else f"{path}:{line}"


def printed(verdict: Verdict) -> str:
    """The last lines that the answer printed in the test that is told, for the inputs that are told."""
    if verdict.told is None or not verdict.told.output.strip():
        return ""
    lines = verdict.told.output.rstrip().splitlines()
    return "\n".join(["  printed", *(f"    {line[:MOST_CHARACTERS]}" for line in lines[-MOST_PRINTED:])])


def found_passed(tasks: Sequence[Declared]) -> str:
    """What was found passed on the way to a task; empty where nothing was."""
    if len(tasks) > 3:
        return f"{len(tasks)} tasks are passed, from {tasks[0].id} to {tasks[-1].id}."
    ids = [task.id for task in tasks]
    return f"{_listed(ids)} {'is' if len(ids) == 1 else 'are'} passed." if ids else ""


def difference(before: Verdict | None, now: Verdict) -> str:
    """How a task stands, and what has changed since the last time that it was shown: "2 of 3 tests now pass"."""
    passed, total = now.tests_passed, len(now.task.tests)
    if now.task.status == "todo":
        return f"{now.task.id} {now.task.name} is still to do."
    verb = "passes" if passed == 1 else "pass"
    if before is None or before.task.status == "todo":
        return "Its test does not pass yet." if total == 1 else f"{passed} of {total} tests {verb}."
    if more := passed - before.tests_passed:
        return f"{passed} of {total} tests now {verb}, {abs(more)} {'more' if more > 0 else 'fewer'} than before."
    still = "Its test still does not pass" if total == 1 else f"Still {passed} of {total} tests {verb}"
    return f"{still}; what fails {'is the same' if now.message == before.message else 'has changed'}."


def passed(verdict: Verdict, so_far: int) -> str:
    """A task is done; `so_far` tasks were passed before it in this watch."""
    tests, points = len(verdict.task.tests), verdict.task.score
    how = {1: "its test holds", 2: "both tests hold"}.get(tests, f"all {tests} tests hold")
    worth = f"{points} point{'s' if points > 1 else ''}"
    return f"{verdict.task.id} {verdict.task.name} is passed: {how}, {worth}. {FREELY[so_far % len(FREELY)]}"


def lost(task: Declared) -> str:
    """A task was passed before, and is not after this save."""
    return f"{task.id} {task.name} was passed before this save and is not any more; n takes you there."


def finished(tasks: Sequence[Declared], score: int) -> str:
    """Everything that was asked for is passed."""
    what = f"task {tasks[0].id}" if len(tasks) == 1 else f"{len(tasks)} tasks"
    return f"That was all: {what}, {score} point{'s' if score > 1 else ''}. Congratulations!"


def onward(last: Assignment, assignments: Sequence[Assignment]) -> str:
    """What comes after the last assignment that was asked for; empty after the last of the course."""
    at = next(index for index, one in enumerate(assignments) if one.id == last.id)
    if at + 1 == len(assignments):
        return ""
    coming = assignments[at + 1]
    lesson = f"autograder lesson {coming.id}, and then " if coming.lesson else ""
    return f"What comes next: {lesson}autograder watch {coming.id}"


def bar(where: str, width: int) -> str:
    """Where the work is, and the keys, in as many words as the terminal has room for."""
    full = f"{where} | " + "  ".join(f"{key} {word}" for key, word in KEYS)
    return full if len(full) < width else f"{where} | " + " ".join(key for key, _ in KEYS)


def testing(task: Declared, done: int, total: int, seconds: int, left: int) -> str:
    """What is being done, since when where that is long, and how many tasks are still to be done with this one."""
    count = f", {done} of {total} tests done" if total else ""
    since = f", {seconds} s" if seconds else ""
    more = f", {left} tasks left" if left > 1 else ""
    return f"testing {task.id}{count}{since}{more}"


def isolated(isolation: Isolation, notice: str | None) -> str:
    """A sentence about where answers run, where that is not the sandbox."""
    return notice or ("" if isolation == "sandbox" else f"Isolation is '{isolation}'.")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
