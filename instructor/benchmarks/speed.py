"""How long grading takes, as ratios of one run: ``python instructor/benchmarks/speed.py [RUNS]``.

Whole commands are run in turn, so that a machine that slows down slows all of them down. Nothing is asserted.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COURSE = Path(__file__).parents[2]
RUNS = 7
BARE = "import torch, pytest, hypothesis"


def solved_course(folder: Path) -> Path:
    """A course folder whose answers are the solutions."""
    shutil.copytree(COURSE / "assignments", folder / "assignments")
    for solution in (COURSE / "instructor/solutions").glob("*/*.py"):
        shutil.copy(solution, folder / "assignments" / solution.parent.name / solution.name)
    return folder


def seconds(command: list[str], cwd: Path) -> float:
    """Wall seconds of a command that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def grading_seconds(course: Path, isolation: str) -> float:
    """Seconds of grading alone, start-up apart, as the tests' own times add up."""
    report = course / "result.json"
    subprocess.run(
        [sys.executable, "-m", "autograder", "grade", "--isolation", isolation, "--json", str(report)],
        cwd=course, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    result = json.loads(report.read_text())
    tests = [test for one in result["assignments"] for task in one["tasks"] for test in task["tests"]]
    if any(test["status"] != "passed" for test in tests):
        raise SystemExit(f"a solution does not pass in isolation {isolation}; run instructor check first")
    return sum(test["seconds"] for test in tests)


def told(name: str, pairs: list[tuple[float, float]]) -> None:
    """Print the ratio of each pair as min, median and max."""
    ratios = sorted(first / second for first, second in pairs)
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{name:<58} {ratios[0]:5.2f} {statistics.median(ratios):5.2f} {ratios[-1]:5.2f}"
        f"   ({first:.2f} s / {second:.2f} s)"
    )


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    grade = [sys.executable, "-m", "autograder", "grade"]
    with tempfile.TemporaryDirectory() as folder:
        course = solved_course(Path(folder))
        bare, one, whole, plain_help = [], [], [], []
        sandboxed = []
        for _ in range(runs + 1):
            bare.append(seconds([sys.executable, "-c", BARE], course))
            one.append(seconds([*grade, "--only", "01"], course))
            whole.append(seconds(grade, course))
            plain_help.append(seconds([sys.executable, "-m", "autograder", "--help"], course))
            sandboxed.append((grading_seconds(course, "sandbox"), grading_seconds(course, "none")))
        print(f"{'ratio over ' + str(runs) + ' runs, the first apart':<58}   min median  max")
        told("grade --only 01, solved / importing torch, pytest, hypothesis", list(zip(one, bare, strict=True))[1:])
        told("grade, all solved / importing torch, pytest, hypothesis", list(zip(whole, bare, strict=True))[1:])
        told("tests in sandbox / tests in none, all solved", sandboxed[1:])
        told("autograder --help / importing torch, pytest, hypothesis", list(zip(plain_help, bare, strict=True))[1:])


if __name__ == "__main__":
    main()
