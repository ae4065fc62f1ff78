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
GRADE = [sys.executable, "-m", "autograder", "grade"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "assignments", "-k"]
FIVE = "01,04,16,24,25"
BEGINNER = "01,02,03,04,05,06,07,08,09,10"


def solved_course(folder: Path) -> Path:
    """A course folder whose answers are the solutions."""
    shutil.copytree(COURSE / "assignments", folder / "assignments")
    shutil.copy(COURSE / "pyproject.toml", folder)
    for solution in (COURSE / "instructor/solutions").glob("*/*.py"):
        shutil.copy(solution, folder / "assignments" / solution.parent.name / solution.name)
    return folder


def seconds(command: list[str], cwd: Path) -> float:
    """Wall seconds of a command that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def grading_seconds(course: Path, isolation: str) -> float:
    """Seconds of grading FIVE alone, start-up apart, as the tests' own times add up."""
    report = course / "result.json"
    subprocess.run(
        [*GRADE, "--only", FIVE, "--isolation", isolation, "--json", str(report)],
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
    commands = {
        "grade --only 01": [*GRADE, "--only", "01"],
        "grade, the beginner level": [*GRADE, "--only", BEGINNER],
        "grade, the whole course": GRADE,
        "pytest assignments -k 01": [*PYTEST, "01"],
        "pytest assignments -k 07.1": [*PYTEST, "07.1"],
        "autograder --help": [sys.executable, "-m", "autograder", "--help"],
    }
    with tempfile.TemporaryDirectory() as folder:
        course = solved_course(Path(folder))
        pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        walls = []
        for _ in range(runs + 1):
            bare = seconds([sys.executable, "-c", BARE], course)
            for name, command in commands.items():
                pairs[name].append((seconds(command, course), bare))
            walls.append((grading_seconds(course, "sandbox"), grading_seconds(course, "none")))
        print(f"{'ratio over ' + str(runs) + ' runs, the first apart':<58}   min median  max")
        for name in commands:
            told(f"{name}, solved / importing torch, pytest, hypothesis", pairs[name][1:])
        told("tests of five assignments in sandbox / in none", walls[1:])


if __name__ == "__main__":
    main()
