"""What an earlier test has shown is forgotten."""

import pytest

from autograder.gradients import evidence


@pytest.fixture(autouse=True)
def nothing_known():
    """No evidence of an earlier test: whether it was by hand would count here."""
    evidence.start()
