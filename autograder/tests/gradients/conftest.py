"""The profile that grading uses, here too: drawn alike every time, and no deadline."""

import pytest

from autograder.gradients import evidence, hypothesis_profile

hypothesis_profile.activate()


@pytest.fixture(autouse=True)
def nothing_known():
    """No evidence of an earlier test: whether it was by hand would count here."""
    evidence.start()
