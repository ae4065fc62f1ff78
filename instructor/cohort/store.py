"""Results of a class in one SQLite file: one transaction a submission, so that a killed run loses nothing.

A submission is known by the digest of all that its result depends on; one with the same digest is not graded again.
"""

import errno
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from autograder.course import CourseError
from autograder.grading.result import Result, from_json, to_json

RESULTS = "results.db"  # in the folder that a class is graded into

_TABLE = """
CREATE TABLE IF NOT EXISTS results (
    student TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    graded_at TEXT NOT NULL,
    score INTEGER NOT NULL,
    max_score INTEGER NOT NULL,
    result BLOB NOT NULL
)
"""
_PATIENCE = 10.0  # seconds to wait for another process that writes


class _Seed(msgspec.Struct):
    seed: int


class _Seeded(msgspec.Struct):
    """What is read of a result for its seed; all else is skipped."""

    provenance: _Seed


class Store:
    """The results in one file. Every method raises CourseError where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_PATIENCE)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(_TABLE)
            self._connection.commit()

    def put(self, student: str, digest: str, result: Result) -> None:
        """Keep a student's result in place of an earlier one."""
        row = (student, digest, datetime.now(UTC).isoformat(timespec="seconds"), result.score, result.max_score)
        with self._usable(), self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)", (*row, to_json(result))
            )

    def digest_of(self, student: str) -> str | None:
        """What the student's result was made from, or None where there is no result."""
        with self._usable():
            row = self._connection.execute("SELECT digest FROM results WHERE student = ?", (student,)).fetchone()
        return row[0] if row else None

    def result_of(self, student: str) -> Result | None:
        """A student's result, or None where there is none."""
        with self._usable():
            row = self._connection.execute("SELECT result FROM results WHERE student = ?", (student,)).fetchone()
        return from_json(row[0]) if row else None

    def results(self) -> Iterator[tuple[str, datetime, Result]]:
        """(student, when it was graded, result) of all, by student; one at a time is in memory."""
        with self._usable():
            rows = self._connection.execute("SELECT student, graded_at, result FROM results ORDER BY student")
        while True:
            with self._usable():
                row = rows.fetchone()
            if row is None:
                return
            student, graded_at, result = row
            yield student, datetime.fromisoformat(graded_at), from_json(result)

    def students(self) -> list[str]:
        """The students with a result."""
        with self._usable():
            return [student for (student,) in self._connection.execute("SELECT student FROM results ORDER BY student")]

    def seeds(self) -> Counter[int]:
        """How many results there are of each seed."""
        with self._usable():
            results = (result for (result,) in self._connection.execute("SELECT result FROM results"))
            return Counter(msgspec.json.decode(result, type=_Seeded).provenance.seed for result in results)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
            raise _unusable(self.path, error) from None


def _unusable(path: Path, error: Exception) -> CourseError:
    name = getattr(error, "sqlite_errorname", "")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return CourseError(
            f"{path} is in use by another run; wait until that has ended and run the same command again, "
            "or give another --out."
        )
    if full or name == "SQLITE_FULL":
        return CourseError(f"{path} cannot be written: the disk is full; make room and run the same command again.")
    if name.startswith("SQLITE_IOERR"):
        return CourseError(
            f"{path} cannot be written ({error}): the disk may be full, or a quota reached; "
            "make room and run the same command again."
        )
    return CourseError(f"{path} cannot be used ({error}); give another --out, or move that file away.")
