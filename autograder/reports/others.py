"""A result's file in, files for others out: Gradescope, Classroom 50, GitHub Classroom's reporter, a README."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from autograder.course import CourseError
from autograder.grading.result import Result, from_json


def write_reports(
    path: Path,
    *,
    gradescope: Path | None = None,
    classroom50: Path | None = None,
    reporter: Path | None = None,
    badge: Path | None = None,
    map: Path | None = None,
) -> None:
    """Write the reports that are asked for. Raises CourseError where there is nothing to write or to read."""
    wanted: list[tuple[Path | None, Callable[[Result], bytes]]] = [
        (gradescope, _gradescope),
        (classroom50, _classroom50),
        (reporter, _reporter),
        (badge, _badge),
        (map, lambda result: _map(result, map)),
    ]
    if not any(target for target, _ in wanted):
        raise CourseError(
            "say what to write: --badge FILE, --map FILE, --gradescope FILE, --classroom50 FILE or --reporter FILE."
        )
    result = read_result(path)
    for target, made in wanted:
        if target is not None:
            put(target, made(result))


def read_result(path: Path) -> Result:
    """The result in a file. Raises CourseError where it holds none."""
    try:
        return from_json(path.read_bytes())
    except (msgspec.DecodeError, RecursionError) as error:
        raise CourseError(f"{path} is no result of `autograder grade --json` ({error}); grade again.") from None


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; a link in its place is replaced and not followed."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(data)
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _gradescope(result: Result) -> bytes:
    from autograder.reports.gradescope import results

    return results(result)


def _classroom50(result: Result) -> bytes:
    from autograder.reports.classroom50 import result_file, submission_of

    return result_file(result, submission_of(os.environ, Path.cwd()))


def _reporter(result: Result) -> bytes:
    from autograder.reports.reporter import payload

    return f"{payload(result)}\n".encode("ascii")


def _badge(result: Result) -> bytes:
    from autograder.reports.badge import badge

    return badge(result).encode()


def _map(result: Result, file: Path | None) -> bytes:
    from autograder.reports.progress_map import map_in

    assert file is not None
    return map_in(file, result)
