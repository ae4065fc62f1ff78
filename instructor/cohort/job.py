"""One submission's grading as a job: the answers that go in as text, and a digest of all that its result depends on."""

import hashlib
from dataclasses import dataclass

import msgspec

from autograder.course import selection
from autograder.grading.submission import Answer


@dataclass(frozen=True)
class Job:
    """A student's answers, by the id of the assignment: the file, or one sentence why it cannot be read."""

    student: str
    answers: dict[str, Answer | str]


def digest_of(job: Job, tests: dict[str, str], seed: int, only: str, isolation: str, versions: dict[str, str]) -> str:
    """A digest of all that the job's result depends on: answers, tests, seed, tasks chosen, isolation, versions."""
    told = {
        name: hashlib.sha256(answer.data).hexdigest() if isinstance(answer, Answer) else answer
        for name, answer in sorted(job.answers.items())
    }
    chosen = sorted(selection(only).names)
    made_from = [told, sorted(tests.items()), seed, chosen, isolation, versions]
    return hashlib.sha256(msgspec.json.encode(made_from)).hexdigest()
