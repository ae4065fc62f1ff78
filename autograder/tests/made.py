"""Results that nobody handed in, to make pages of: what is not said is right and unremarkable."""

from autograder.grading.result import (
    SCHEMA_NAME,
    AssignmentResult,
    Provenance,
    Result,
    Status,
    TaskResult,
    TestResult,
    task_status,
)

LEVELS = ["beginner"] * 10 + ["intermediate"] * 11 + ["advanced"] * 6 + ["exercises"] * 2
IDS = [f"{number:02}" for number in range(1, 28)] + ["E1", "E2"]


def a_test(
    status: Status = "passed",
    message="",
    *,
    name="test_it",
    misconception=None,
    seconds=0.25,
    claim="it holds",
    output="",
    comparison=None,
):
    """One test's result."""
    seconds = 0.0 if status == "todo" else seconds
    return TestResult(name, claim, status, message, misconception, None, output, seconds, comparison)


def a_task(id, *tests, points=3, name="gap"):
    """A task with these tests, or one of this status."""
    tests = tuple(a_test(one) if isinstance(one, str) else one for one in tests)
    status = task_status(tests)
    return TaskResult(id, name, points if status == "passed" else 0, points, status, 1, tests)


def an_assignment(*tasks, level="beginner"):
    """The assignment that these tasks belong to."""
    id = tasks[0].id.split(".")[0]
    score, most = sum(task.score for task in tasks), sum(task.max_score for task in tasks)
    return AssignmentResult(id, f"Title of {id}", level, f"assignments/{level}/{id}.py", score, most, tasks)


def a_result(*assignments, no_file=(), seed=0):
    """A student's result; of the assignments in `no_file` nothing could be read."""
    files = {one.path: "0" * 64 for one in assignments if one.id not in no_file}
    score, most = sum(one.score for one in assignments), sum(one.max_score for one in assignments)
    return Result(SCHEMA_NAME, score, most, assignments, Provenance({}, seed, "sandbox", files, {}))


def of_a_whole_course(test, no_file=()):
    """A student's result on 29 assignments of three tasks each; `test` makes a task's test, or its status."""
    tasks = [[a_task(f"{id}.{k}", test(f"{id}.{k}")) for k in (1, 2, 3)] for id in IDS]
    pairs = zip(tasks, LEVELS, strict=True)
    return a_result(*(an_assignment(*three, level=level) for three, level in pairs), no_file=no_file)


def statuses(text):
    """A result of one assignment a word: "pf pp" is 01.1 passed, 01.2 failed, and 02 passed."""
    kinds: dict[str, Status] = {"p": "passed", "f": "failed", "o": "todo", "e": "error", "t": "timeout"}
    return a_result(
        *(
            an_assignment(*(a_task(f"{number:02}.{k}", kinds[letter]) for k, letter in enumerate(word, 1)))
            for number, word in enumerate(text.split(), 1)
        )
    )
