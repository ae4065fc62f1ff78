"""What a runner takes from a step: the files it hands it, and workflow commands in its output.

Both as the runner itself reads them (github.com/actions/runner: ActionCommand.cs, FileCommandManager.cs).
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# A line is a command where it begins so, blanks aside, or holds the older form anywhere.
_COMMAND = re.compile(r"\s*::(?P<name>[\w-]+)(?: [^:]*)?::(?P<data>.*)")
_OLD_COMMAND = re.compile(r"##\[(?P<name>[\w-]+)(?: [^\]]*)?\](?P<data>.*)")
_KNOWN = """
    add-mask add-matcher add-path debug echo endgroup error group notice remove-matcher save-state set-env set-output
    stop-commands warning
"""
_PAUSE = "stop-commands"


def commands_in(output: Iterable[str]) -> list[str]:
    """The lines that a runner would obey; those between stop-commands and its token are only text."""
    obeyed, token = [], None
    for line in output:
        found = _COMMAND.match(line) or _OLD_COMMAND.search(line)
        if found is None:
            continue
        if token is not None:
            token = None if found["name"] == token else token
        elif found["name"] == _PAUSE:
            token = found["data"].strip()
        elif found["name"] in _KNOWN.split():
            obeyed.append(line)
    return obeyed


@dataclass(frozen=True)
class Files:
    """The files of one step, empty at its start, with names that cannot be guessed."""

    env: Path
    output: Path
    path: Path
    summary: Path

    @classmethod
    def made_in(cls, temporary: Path) -> "Files":
        """New ones in the runner's temporary folder."""
        folder, suffix = temporary / "_runner_file_commands", secrets.token_hex(8)
        folder.mkdir(exist_ok=True)
        names = ("set_env", "set_output", "add_path", "step_summary")
        made = cls(*(folder / f"{name}_{suffix}" for name in names))
        for file in (made.env, made.output, made.path, made.summary):
            file.touch()
        return made


def values_in(file: Path) -> dict[str, str]:
    """NAME=VALUE lines, and NAME<<END … END for values of several lines."""
    values: dict[str, str] = {}
    lines = iter(file.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if found := re.fullmatch(r"([^=<]+)<<(.+)", line):
            text: list[str] = []
            for inner in lines:
                if inner == found[2]:
                    break
                text.append(inner)
            values[found[1]] = "\n".join(text)
        elif line:
            name, _, value = line.partition("=")
            values[name] = value
    return values
