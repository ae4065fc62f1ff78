"""Results as the grader writes them, small and large, and as nobody should."""

from typing import Any

LEVELS = {"E": "exercises", "0": "beginner", "1": "intermediate", "2": "advanced"}
MESSAGE = """{id} the gradient with respect to x is wrong
  claim   the gradient of v·(Ax) with respect to x
  call    vjp_wrt_x(A=[[1.0, 2.0]], x=[0.0, 0.0], v=[1.0])
  index (1,): yours 4.0, expected 2.0
  autograd and finite differences agree on what is expected
  likely  twice the gradient by habit: no factor 2 here
  again   pytest assignments -k {id}"""


def verdict(status: str, message: str | None = None, task: str = "01.1") -> dict[str, Any]:
    told = "" if status in ("passed", "todo") else MESSAGE.format(id=task)
    return {
        "name": "test_it",
        "claim": "a claim",
        "status": status,
        "message": told if message is None else message,
        "misconception": None,
        "counterexample": None,
        "output": "",
        "seconds": 0.1,
    }


def task_of(id: str, status: str, /, points: int = 5, line: int | None = 12, **changes: Any) -> dict[str, Any]:
    task = {
        "id": id,
        "name": "vjp_wrt_x",
        "score": points if status == "passed" else 0,
        "max_score": points,
        "status": status,
        "line": line,
        "tests": [verdict(status, changes.pop("message", None), id)],
    }
    return task | changes


def assignment_of(id: str, /, *statuses: str, **changes: Any) -> dict[str, Any]:
    tasks = [task_of(f"{id}.{number}", status) for number, status in enumerate(statuses, 1)]
    return assignment_with(id, tasks, **changes)


def assignment_with(id: str, tasks: list[dict[str, Any]], /, **changes: Any) -> dict[str, Any]:
    stem = f"exercise_0{id[1]}_more" if id.startswith("E") else f"{id}_small"
    level = LEVELS.get(id[0], "beginner")
    told = {
        "id": id,
        "title": "Two small tasks",
        "level": level,
        "path": f"assignments/{level}/{stem}.py",
        "score": sum(task["score"] for task in tasks),
        "max_score": sum(task["max_score"] for task in tasks),
        "tasks": tasks,
    }
    return told | changes


def result_of(*assignments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = {
        "schema": "gradients-in-pytorch/result/v1",
        "score": sum(one["score"] for one in assignments),
        "max_score": sum(one["max_score"] for one in assignments),
        "assignments": list(assignments),
        "provenance": {
            "versions": {"python": "3.11.7"},
            "seed": 0,
            "isolation": "sandbox",
            "files": {},
            "tests": {},
            "notice": None,
            "changed": [],
        },
        "seconds": 1.0,
    }
    return told | changes


def half_done() -> dict[str, Any]:
    """15 of 40 points: passed, failed, an error, a time-out, and much to do."""
    return result_of(
        assignment_of("01", "passed", "passed"),
        assignment_of("02", "passed", "failed"),
        assignment_of("11", "error", "timeout"),
        assignment_of("24", "todo", "todo"),
    )


def nothing_done() -> dict[str, Any]:
    return result_of(assignment_of("01", "todo", "todo"), assignment_of("E1", "todo"))


def all_done() -> dict[str, Any]:
    return result_of(assignment_of("01", "passed", "passed"))


def many_failures(count: int) -> dict[str, Any]:
    """`count` failing tasks, each at a line of its own."""
    numbered = [f"{number:02}" for number in range(1, 100)]
    assignments = []
    for number in numbered:
        size = min(20, count - 20 * len(assignments))
        if size <= 0:
            break
        tasks = [task_of(f"{number}.{task}", "failed", line=task) for task in range(1, size + 1)]
        level = "beginner"
        assignments.append(assignment_with(number, tasks, level=level, path=f"assignments/{level}/{number}_small.py"))
    return result_of(*assignments)
