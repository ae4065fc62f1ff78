"""The machine that a job gets, and the four actions our workflows use on it, each as a small faithful equivalent.

A machine is new for each job: an empty workspace, a temporary folder, and after setup-python a Python of its own.
That is a virtual environment which sees the packages of an *image*, so that nothing is downloaded: what the
workflow's `pip install` asks for must be there, and what it builds is really built and installed.
"""

import os
import shutil
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from instructor.tests.workflows.hub import Hub

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# For an option without value pip takes the variable as what the option *sets*: 0 is "no isolation".
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


class ActionFailed(Exception):
    """What an action says when it fails its step."""


@dataclass(frozen=True)
class Image:
    """What a machine starts with: `packages` is a site-packages, `home` has the caches that an image has."""

    packages: Path
    home: Path


@dataclass
class Machine:
    """One job's machine."""

    folder: Path
    image: Image
    hub: Hub
    artifacts: dict[str, Path]  # of the run: name to a folder with its files
    environment: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for place in (self.workspace, self.temporary):
            place.mkdir(parents=True)

    @property
    def workspace(self) -> Path:
        """GITHUB_WORKSPACE."""
        return self.folder / "work"

    @property
    def temporary(self) -> Path:
        """RUNNER_TEMP."""
        return self.folder / "temp"

    def variables(self) -> dict[str, str]:
        """What a step's process finds; nothing of the test's own environment."""
        base = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.image.home),
            "LANG": "C.UTF-8",
            "RUNNER_ARCH": "X64",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temporary),
        }
        return base | OFFLINE | self.environment | {"PATH": ":".join([*self.path, SYSTEM_PATH])}

    def use(self, action: str, inputs: Mapping[str, str], context: Mapping[str, str]) -> None:
        """Do what an action does. Raises ActionFailed, and KeyError for an action or an input that is not known."""
        name, _, commit = action.partition("@")
        if len(commit) != 40:
            raise KeyError(f"{action} is not pinned by a commit")
        function, known = _ACTIONS[name]
        if unknown := set(inputs) - known:
            raise KeyError(f"{name} has no input {', '.join(sorted(unknown))} here")
        function(self, inputs, context)

    def _checkout(self, inputs: Mapping[str, str], context: Mapping[str, str]) -> None:
        if inputs.get("persist-credentials") != "false":
            raise ActionFailed("a token would be left in .git/config")
        self.hub.check_out(
            inputs.get("repository") or context["repository"],
            inputs.get("ref") or ("" if inputs.get("repository") else context["sha"]),
            self.workspace / inputs.get("path", ""),
            inputs.get("sparse-checkout", ""),
            inputs.get("sparse-checkout-cone-mode") != "false",
            tags=inputs.get("fetch-depth") == "0",
        )

    def _setup_python(self, inputs: Mapping[str, str], context: Mapping[str, str]) -> None:
        """A Python of this test's version, whatever version is asked for."""
        if "cache" in inputs and not any(self.workspace.glob(inputs["cache-dependency-path"])):
            raise ActionFailed("no file in the workspace matches cache-dependency-path")
        place = self.folder / "python"
        venv.create(place, symlinks=True)
        packages = place / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        (packages / "image.pth").write_text(f"{self.image.packages}\n")
        pip = place / "bin/pip"
        pip.write_text(f'#!/bin/sh\nexec "{place}/bin/python" -m pip "$@"\n')
        pip.chmod(0o755)
        self.path.insert(0, str(place / "bin"))

    def _upload(self, inputs: Mapping[str, str], context: Mapping[str, str]) -> None:
        source, name = Path(inputs["path"]), inputs["name"]
        if not source.is_dir() or not any(source.iterdir()):
            if inputs.get("if-no-files-found") == "error":
                raise ActionFailed(f"no files were found at {source}")
            return
        if name in self.artifacts:
            raise ActionFailed(f"an artifact named {name} exists already")
        self.artifacts[name] = self.folder / "artifact"
        shutil.copytree(source, self.artifacts[name])

    def _download(self, inputs: Mapping[str, str], context: Mapping[str, str]) -> None:
        if not inputs["name"] or not os.path.isdir(self.artifacts.get(inputs["name"], "")):
            raise ActionFailed(f"there is no artifact named {inputs['name']}")
        shutil.copytree(self.artifacts[inputs["name"]], inputs["path"], symlinks=True, dirs_exist_ok=True)


_Action = Callable[[Machine, Mapping[str, str], Mapping[str, str]], None]
_ACTIONS: dict[str, tuple[_Action, set[str]]] = {
    "actions/checkout": (
        Machine._checkout,
        {
            *("repository", "ref", "path", "persist-credentials", "fetch-depth"),
            *("sparse-checkout", "sparse-checkout-cone-mode"),
        },
    ),
    "actions/setup-python": (Machine._setup_python, {"python-version", "cache", "cache-dependency-path"}),
    "actions/upload-artifact": (Machine._upload, {"name", "path", "if-no-files-found", "retention-days"}),
    "actions/download-artifact": (Machine._download, {"name", "path"}),
}
