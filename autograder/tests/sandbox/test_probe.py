"""A probe is its source, and knows which names it would miss."""

import math

from autograder.sandbox.probe import probe


@probe
def complete(student, n):
    values = [np.ones(k) for k in range(n)]  # noqa: F821
    return sum(map(len, values)), torch.ones(n), student.f(values)  # noqa: F821


Shape, DEFAULT = int, 1


@probe
def incomplete(student, n: Shape = DEFAULT):
    def inner():
        return math.sqrt(n) + OTHER  # noqa: F821

    return inner()


def test_the_source_has_no_decorator():
    assert complete.source.startswith("def complete(student, n):\n")
    assert complete.name == "complete"


def test_a_complete_probe_misses_nothing():
    assert complete.free_names() == frozenset()


def test_the_missing_names_are_found_wherever_they_stand():
    assert incomplete.free_names() == {"math", "OTHER", "DEFAULT", "Shape"}
