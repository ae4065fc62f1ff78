"""Memory gathered into huge pages holds what it held, and a fork of it is as good as before."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, os
from autograder.sandbox import pages

def huge():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("AnonHugePages"))

held = [bytes([k % 251]) * 3000 for k in range(20_000)]
before = huge()
ctypes.set_errno(22)
pages.use_huge_pages()
assert ctypes.get_errno() == 0
whole = all(part == bytes([k % 251]) * 3000 for k, part in enumerate(held))
child = os.fork()
if child == 0:
    held[5] = b"changed"
    os._exit(0 if held[6] == bytes([6]) * 3000 else 1)
fine = os.waitpid(child, 0)[1] == 0 and held[5] == bytes([5]) * 3000
print(whole, fine, huge() - before > 20_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="huge pages are asked for on Linux, where workers are forked")
def test_memory_is_gathered_and_holds_what_it_held():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True", "True"]
