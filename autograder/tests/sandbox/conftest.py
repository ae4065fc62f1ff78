"""Workers of each isolation level, opened once for all tests of the sandbox."""

import os
import sys

import pytest

from autograder.sandbox import Limits, open_workers
from autograder.sandbox.confine import unavailable_reason

LIMITS = Limits(cpu=10.0, wall=60.0, memory=1 << 30)
CONFINABLE = unavailable_reason() is None


def opened(isolation, **options):
    with open_workers(isolation, limits=LIMITS, warm=(), **options) as workers:
        yield workers


@pytest.fixture(scope="session")
def sandbox():
    if not CONFINABLE:
        needed = sys.platform == "linux" and "CI" in os.environ  # there these tests must not be left out in silence
        (pytest.fail if needed else pytest.skip)(f"no sandbox here: {unavailable_reason()}")
    yield from opened("sandbox")


@pytest.fixture(scope="session")
def process():
    yield from opened("process")


@pytest.fixture(scope="session")
def spawned():
    yield from opened("process", start="spawn")


@pytest.fixture(scope="session")
def none():
    yield from opened("none")


@pytest.fixture(params=["none", "process", "sandbox", "spawned"])
def workers(request):
    """Each level in turn; "spawned" is level process as on platforms without a safe fork."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["process", "sandbox", "spawned"])
def apart(request):
    """The levels with a process of their own."""
    return request.getfixturevalue(request.param)
