"""Grade one submission on Gradescope; `run_autograder` runs this file, which lies in the zip beside it.

    ROOT/source/        this file, notebook_answer.py, settings.json and course/, as they were in the zip
    ROOT/submission/    what the student uploaded
    ROOT/results/       where results.json goes; what is printed is for instructors only

Layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/. The default machine has half a processor and
768 MB for all: grading is done in one process, and answers get less memory than elsewhere.
"""

import json
import sys
import time
from pathlib import Path

from notebook_answer import NoNotebook, text_of

from autograder.course import CourseError, assignments_in, selection
from autograder.grading.submission import Refused
from autograder.grading.upload import read_upload
from autograder.reports.gradescope import results
from autograder.reports.others import put
from autograder.reports.summary import score_line
from autograder.sandbox.limits import Limits
from autograder.sandbox.workers import open_workers

MEMORY = 128 << 20  # bytes for an answer, above the idle worker; the rest of the machine's is the grader's


def main(root: Path, until: float) -> None:
    """Grade ROOT/submission until a time, in seconds since 1970, and write ROOT/results/results.json."""
    course = root / "source/course"
    settings = json.loads((root / "source/settings.json").read_text(encoding="utf-8"))
    only = selection(settings["only"])
    assignments = [one for one in assignments_in(course) if only.has_assignment(one.id)]
    upload = read_upload(root / "submission", assignments, code_of_notebook)
    with open_workers("auto", Limits(memory=MEMORY)) as workers:
        import torch

        from autograder.grading.deadline import grade_in_time

        torch.set_num_threads(1)
        left = until - time.time()
        result = grade_in_time(
            course, assignments, upload.answers, workers, only=only, seed=settings["seed"], seconds=left
        )
    print(f"{score_line(result)} in {result.seconds:.0f} s, isolation {result.provenance.isolation}")
    print(result.provenance.notice or "")
    put(root / "results/results.json", results(result, upload.notes))


def code_of_notebook(data: bytes) -> str:
    """A notebook's answer as a script. Raises Refused."""
    try:
        return text_of(data)
    except NoNotebook as problem:
        raise Refused(str(problem)) from None


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), float(sys.argv[2]))
    except CourseError as error:
        sys.exit(f"grade: {error}")
