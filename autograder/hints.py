"""Three hints a task, told one at a time: a question, the rule, almost the code.

How many a student has seen is kept in the course folder, in ``.autograder/hints.json``: it belongs to their copy of the
course, and is gone with it. git leaves that folder alone.
"""

import os
import tempfile
from pathlib import Path

import msgspec

from autograder.course import CourseError
from autograder.declared import Declared

FOLDER = ".autograder"  # in the course folder; stands in .gitignore
KINDS = ("a question", "the rule", "almost the code")


class Memory:
    """How many hints of each task were told, in a file that may be missing, broken or not writable."""

    def __init__(self, course: Path) -> None:
        self.file = course / FOLDER / "hints.json"
        self._unsaved: dict[str, int] = {}

    def told(self, task_id: str) -> int:
        """How many hints of a task were told so far."""
        return max(self._read().get(task_id, 0), self._unsaved.get(task_id, 0), 0)

    def remember(self, task_id: str, count: int) -> str | None:
        """Note that `count` hints were told. Returns why that could not be written, or None."""
        self._unsaved[task_id] = max(count, self.told(task_id))
        try:
            self.file.parent.mkdir(exist_ok=True)
            _replace(self.file, msgspec.json.encode({**self._read(), **self._unsaved}))
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _read(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=dict[str, int])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}


def _replace(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, also where two commands write at once."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def next_hint(task: Declared, memory: Memory) -> str:
    """The text of the hint that comes next; it is remembered as told."""
    if not task.hints:
        return f"{task.id} has no hints."
    told = memory.told(task.id)
    if told >= len(task.hints):
        return f"All {len(task.hints)} hints of {task.id} have been told; {again(task)} shows them.{_lesson(task)}"
    return this_hint(task, memory, told + 1)


def this_hint(task: Declared, memory: Memory, number: int) -> str:
    """The text of one hint, from 1; it is remembered, with those before it, as told. Raises CourseError."""
    if not 1 <= number <= len(task.hints):
        raise CourseError(f"{task.id} has {len(task.hints)} hints; --number is from 1 to {len(task.hints)}.")
    return hint(task, number) + _forgotten(task, number, memory.remember(task.id, number), memory)


def hint(task: Declared, number: int) -> str:
    """Hint `number` of a task, from 1, and how many are left."""
    kind = f", {KINDS[number - 1]}" if len(task.hints) == len(KINDS) else ""
    left = len(task.hints) - number
    end = f"{left} hint{'s are' if left > 1 else ' is'} left." if left else f"That was the last hint.{_lesson(task)}"
    return f"{task.id} {task.name}, hint {number} of {len(task.hints)}{kind}:\n  {task.hints[number - 1]}\n{end}"


def told_hints(task: Declared, memory: Memory) -> str:
    """The hints that were told, once more."""
    told = min(memory.told(task.id), len(task.hints))
    if not told:
        return f"No hint of {task.id} has been told yet; autograder hint {task.id} tells the first."
    return "\n".join(hint(task, number) if number == told else _short(task, number) for number in range(1, told + 1))


def again(task: Declared) -> str:
    """The command that shows the hints that were told."""
    return f"autograder hint {task.id} --again"


def _short(task: Declared, number: int) -> str:
    return hint(task, number).rpartition("\n")[0]


def _lesson(task: Declared) -> str:
    return f"\nThe lesson treats it: {task.see}" if task.see else ""


def _forgotten(task: Declared, number: int, reason: str | None, memory: Memory) -> str:
    if reason is None or number == len(task.hints):
        return ""
    return (
        f"\nThis cannot be remembered ({memory.file}: {reason}); "
        f"for the next hint write: autograder hint {task.id} --number {number + 1}"
    )
