"""Examples are the same whatever else is loaded."""

import subprocess
import sys

import pytest

DRAW = """
import sys
from hypothesis import given, strategies as st
{before}
from autograder.gradients import hypothesis_profile
hypothesis_profile.activate()
{after}
drawn = []
@given(st.integers(), st.floats(), st.text())
def test(a, b, c):
    drawn.append(repr((a, b, c)))
test()
import hashlib
print(hashlib.sha256(repr(drawn).encode()).hexdigest())
"""
LOAD = "sys.path.insert(0, {folder!r}); import answer_of_a_student"


def digest(before="", after=""):
    code = DRAW.format(before=before, after=after)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("when", ["before", "after"])
def test_literals_of_a_students_file_do_not_change_the_examples(tmp_path, when):
    literals = "\n".join(f"C{i} = {i * 1_000_003}; S{i} = 'secret {i}'; F{i} = {i}.0625e7" for i in range(40))
    (tmp_path / "answer_of_a_student.py").write_text(literals)
    assert digest(**{when: LOAD.format(folder=str(tmp_path))}) == digest()
