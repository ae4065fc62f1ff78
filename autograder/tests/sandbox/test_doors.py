"""Every door that a deny-list leaves open is shut, for root and for an ordinary user, and open without the walls."""

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sandbox.confine import library_is_closed, unavailable_reason

pytestmark = pytest.mark.skipif(
    unavailable_reason() is not None and not (sys.platform == "linux" and "CI" in os.environ),
    reason=f"no sandbox here: {unavailable_reason()}",
)

PLACE = Path(__file__).with_name("doors.py")
_spec = importlib.util.spec_from_file_location("doors", PLACE)
doors = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(doors)


def as_user(user):
    """The start of a command that runs the rest as this user."""
    root = os.geteuid() == 0
    if user == "root" or not root:
        if user == "root" and not root:
            pytest.skip("the tests do not run as root")
        return []
    if shutil.which("setpriv") is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("setpriv is missing; it comes with util-linux")
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # Python lies in root's home
    return command + (reading if library_is_closed() else [])


@functools.cache
def outcomes(user, level, kind="hand"):
    done = subprocess.run(
        [*as_user(user), sys.executable, str(PLACE), level, kind], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("user", ["root", "ordinary"])
@pytest.mark.parametrize("door", doors.NAMES)
def test_is_shut(user, door):
    assert outcomes(user, "sandbox")[door].startswith("refused")


@pytest.mark.parametrize("user", ["root", "ordinary"])
@pytest.mark.parametrize("door", [name for name in doors.NAMES if name not in doors.SHUT_ANYWAY])
def test_is_open_without_walls_so_that_the_test_above_means_something(user, door):
    if user == "root" and door in doors.SHUT_BY_A_CHANGE_OF_USER and not library_is_closed():
        return  # the ordinary user shows that it is a door
    assert not outcomes(user, "process")[door].startswith("refused")


def test_all_but_torch_is_shut_for_workers_with_torch():
    user = "root" if os.geteuid() == 0 else "ordinary"
    found = outcomes(user, "sandbox", "torch")
    assert [door for door, what in found.items() if not what.startswith("refused")] == ["reads_torch"]
