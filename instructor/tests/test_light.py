"""What only reads results imports nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["cohort.export", "cohort.dashboard", "cohort.roster", "cohort.submissions"])
def test_reads_results_without_torch(module):
    code = f"import sys, instructor.{module}; print(sorted({{'torch', 'hypothesis'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_reading_a_notebook_makes_no_grammar_of_web_addresses():
    code = (
        "from autograder.imports import without_addresses as quick; quick(); import sys, nbformat; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert {"jsonschema", "rfc3987_syntax", "lark"} & set(done.stdout.split()) == {"jsonschema", "rfc3987_syntax"}
