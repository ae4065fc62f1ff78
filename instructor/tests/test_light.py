"""What only reads results imports nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["cohort.export", "cohort.dashboard", "cohort.roster", "cohort.submissions"])
def test_reads_results_without_torch(module):
    code = f"import sys, instructor.{module}; print(sorted({{'torch', 'hypothesis'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
