"""The promise on functions that others wrote: every ninth of torch's operators; all of them in the benchmark.

python instructor/benchmarks/operators.py
"""

import pytest

from autograder.tests.gradients import operators

EVERY = 9


@pytest.fixture(scope="module")
def samples():
    found = list(operators.samples(every=EVERY))
    assert len(found) >= 40
    return found


def test_no_gradient_is_refused_that_gradcheck_accepts(samples):
    verdicts = {sample.name: operators.ours(sample, operators.gradient(sample)) for sample in samples}
    others = [sample for sample in samples if verdicts[sample.name] != "accepted"]
    refused = [sample.name for sample in others if operators.theirs(sample) == "accepted"]
    assert set(refused) <= set(operators.EXPLAINED)


def test_no_faulty_gradient_is_accepted(samples):
    tried = [(sample, *fault) for sample in samples for fault in operators.faulty(sample)]
    assert len(tried) > 4 * len(samples)
    accepted = [
        (sample.name, fault) for sample, fault, claimed in tried if operators.ours(sample, claimed) == "accepted"
    ]
    assert accepted == []


def test_the_faults_reach_gradcheck_too(samples):
    """So that the benchmark compares like with like: what it is given is refused where the fault is large."""
    sample = next(sample for sample in samples if operators.theirs(sample) == "accepted")
    said = {fault: operators.theirs(sample, claimed) for fault, claimed in operators.faulty(sample)}
    assert said["all zero"].startswith("refused: Jacobian mismatch")
    assert operators.theirs(sample, operators.gradient(sample)) == "accepted"
