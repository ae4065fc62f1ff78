"""From save to verdict in `autograder watch`, beside its tests alone: ``python instructor/benchmarks/watch.py [RUNS]``.

For five tasks, a file is saved in turn with a gap that is not begun, a wrong answer and a right one, RUNS times. Each
save is timed until the verdict's last line is read from the watch. When the watch is idle again, the same answer is
tested by the same tests in a process where all is imported and loaded: one worker, the file loaded, Hypothesis drawing;
that is the bare time. Differences and ratios are of such pairs, in one run. Nothing is asserted.
"""

import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.submission import Answer
from autograder.names import assignment_named
from autograder.sandbox.workers import Workers, open_workers
from autograder.surroundings import one_thread_each
from instructor.answers import known_answers
from instructor.release import solution_of

COURSE = Path(__file__).parents[2]
RUNS = 5
SETTLED = 6.0  # seconds after a verdict in which a student reads it, and the next examples are drawn
TASKS = {"cheap": "02.2", "torch": "24.3", "by hand": "24.1", "an optimizer": "18.1", "plotting": "05.3"}
LAST_LINE = {"not begun": "still to do", "wrong": "  again   pytest", "right": "Congratulations"}


def answers(task: str, assignment: Assignment) -> dict[str, str]:
    """The text of a file with this task not begun, wrong and right."""
    gaps = (COURSE / assignment.answer).read_text(encoding="utf-8")
    wrong = next(known.text for known in known_answers(COURSE, assignment, "wrong") if known.task == task)
    return {
        "not begun": gaps,
        "wrong": wrong,
        "right": (COURSE / solution_of(assignment)).read_text(encoding="utf-8"),
    }


class Watched:
    """A watch of one task in a folder of its own, read line by line."""

    def __init__(self, task: str, assignment: Assignment) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / assignment.answer
        shutil.copytree(COURSE / "assignments", Path(self.folder.name) / "assignments")
        command = [sys.executable, "-m", "autograder", "watch", task, "--course", self.folder.name]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self.read, daemon=True).start()
        self.until(str(assignment.answer), 120.0)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, text: str, most: float) -> None:
        """Wait for a line with this text."""
        end = time.monotonic() + most
        while text not in self.lines.get(timeout=max(end - time.monotonic(), 0.001)):
            pass

    def seconds(self, text: str, last_line: str) -> float:
        """Save as most editors do, and wait for the verdict."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        started = time.perf_counter()
        beside.replace(self.path)
        self.until(last_line, 60.0)
        return time.perf_counter() - started

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def bare(task_id: str, assignment: Assignment, workers: Workers) -> Callable[[str], float]:
    """A function from an answer's text to the seconds that its tests take."""
    from autograder.grading.grade import open_student
    from autograder.grading.loader import load_tasks
    from autograder.grading.runner import run_task

    task = next(task for task in load_tasks(COURSE / assignment.tests) if task.id == task_id)

    def seconds(text: str) -> float:
        answer = Answer(str(assignment.answer), text, text.encode())
        started = time.perf_counter()
        run_task(task, open_student(answer, workers))
        return time.perf_counter() - started

    return seconds


def measure(kind: str, task: str, workers: Workers, runs: int) -> None:
    """Print three lines about a task."""
    assignment = assignment_named(COURSE, task)
    texts = answers(task, assignment)
    tests = bare(task, assignment, workers)
    watched = Watched(task, assignment)
    pairs: dict[str, list[tuple[float, float]]] = {state: [] for state in texts}
    try:
        for _ in range(runs + 1):
            for state in ("wrong", "right", "not begun"):
                saved = watched.seconds(texts[state], LAST_LINE[state])
                time.sleep(SETTLED)
                pairs[state].append((saved, tests(texts[state])))
    finally:
        watched.close()
    for state, found in pairs.items():
        saved, alone = (statistics.median(column) for column in zip(*found[1:], strict=True))
        more = sorted(first - second for first, second in found[1:])
        ratio = statistics.median(first / second for first, second in found[1:])
        print(
            f"{kind + ' (' + task + ')':<22}{state:<12}{saved:7.2f}{alone:9.2f}{statistics.median(more):+9.2f}"
            f"{more[-1]:+9.2f}{ratio:8.2f}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    one_thread_each()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print(f"median seconds of {runs} saves, the first apart")
    print(f"{'':<34}{'verdict':>7}{'tests':>9}{'beyond':>9}{'at most':>9}{'ratio':>8}")
    with open_workers("auto") as workers:
        import torch

        torch.set_num_threads(1)
        for kind, task in TASKS.items():
            measure(kind, task, workers, runs)


if __name__ == "__main__":
    main()
