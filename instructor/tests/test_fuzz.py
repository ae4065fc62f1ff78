"""Any bytes of a worker cost its test and no more: a short form of instructor/benchmarks/fuzz_wire.py.

They are tried in a process with a bound on its memory, which is ended where it hangs.
"""

import subprocess
import sys

import pytest

PATIENCE = 600.0  # seconds until the test says that something hangs
TRY = """
import random, resource, sys, warnings
import torch
from instructor.fuzzing import MEMORY, largest, message, seeds, try_message
torch.set_num_threads(1)
warnings.simplefilter("ignore")  # of numbers that overflow
known = seeds()
for one in known:
    try_message(one)
count = sys.argv[1]
messages = largest() if count == "largest" else [message(random.Random(k), known) for k in range(int(count))]
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
for k, one in enumerate(messages):
    try:
        try_message(one)
    except BaseException:
        print("message", k, len(one), one[:200], file=sys.stderr)
        raise
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory and the line to a forked worker are Linux'")
@pytest.mark.parametrize("which", ["largest", "5000"])
def test_a_message_ends_as_a_value_or_as_a_declared_exception(which):
    ran = subprocess.run([sys.executable, "-c", TRY, which], capture_output=True, text=True, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr
