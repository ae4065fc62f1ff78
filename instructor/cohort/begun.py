"""Which assignments the submissions to be graded have begun, told by the gaps that are left: examples that are drawn
ahead take as long as grading one right answer, so it is done for those.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.submission import Answer, answer_or_reason
from instructor.cohort.job import Job

MOST_AHEAD = 32 << 20  # bytes of answers that are looked at and kept for it: those of a hundred clones
_GAP = re.compile(r"raise NotImplementedError\(.(TODO [^:\n]+)")


def gaps_in(text: str) -> set[str]:
    """The gaps that nobody has filled, as "TODO 24.1"."""
    return set(_GAP.findall(text))


def begun(course: Path, chosen: list[Assignment], jobs: Iterator[Job]) -> tuple[list[Job], frozenset[str]]:
    """The jobs that were looked at, and the ids of assignments begun in any of `jobs`, the others among them.

    It is all assignments where that is known before all jobs are looked at, or where they are too large to be kept.
    """
    released = {one.id: _gaps_of(answer_or_reason(course, one)) for one in chosen}
    ahead: list[Job] = []
    found: set[str] = set()
    size = 0
    while len(found) < len(chosen) and size < MOST_AHEAD:
        if (job := next(jobs, None)) is None:
            return ahead, frozenset(found)
        ahead.append(job)
        for id, answer in job.answers.items():
            if isinstance(answer, Answer):
                size += len(answer.data) + len(answer.text)
                if not (released[id] and released[id] <= gaps_in(answer.text)):
                    found.add(id)
    return ahead, frozenset(released)


def _gaps_of(answer: Answer | str) -> set[str]:
    return gaps_in(answer.text) if isinstance(answer, Answer) else set()
