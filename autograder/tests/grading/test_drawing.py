"""The examples that are drawn depend on the seed and on nothing else."""

import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from autograder.course import selection
from autograder.grading.grade import grade
from autograder.sandbox.workers import open_workers

course, submission, only = sys.argv[1:]
with open_workers("none") as workers:
    grade(Path(course), workers, submission=Path(submission), only=selection(only))
"""
RECORDS = """import sys


def vjp_wrt_x(A, x, v):
    print(A.tolist(), x.tolist(), v.tolist(), file=sys.stderr)
    return A.T @ v
"""
LITERALS = "\nLR = 137.25\nTEXT = 'a student wrote this'\nSTEPS = [11, 17, 4242]\n"


@pytest.fixture(scope="module")
def wheel_site(tmp_path_factory) -> Path:
    """The package installed from a wheel, in a folder of its own."""
    root = Path(__file__).parents[3]
    if not (root / "pyproject.toml").exists():
        pytest.fail("this test builds a wheel of the project and must run in its folder")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns("tests", "solutions", ".*", "__pycache__")
    for name in ("autograder", "instructor"):
        shutil.copytree(root / name, source / name, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--target", folder / "site", source], check=True, capture_output=True)
    return folder / "site"


def digest(course: Path, only: str, site: Path | None = None) -> str:
    """sha256 of all that 01.1 was called with, drawn in a process of its own."""
    prefix = f"import sys; sys.path.insert(0, {str(site)!r})\n" if site else ""
    command = [sys.executable, "-c", prefix + PROGRAM, course, course, only]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr.count("\n") >= 50
    return hashlib.sha256(run.stderr.encode()).hexdigest()


def both(course: Path, one: tuple[Path | str, ...], other: tuple[Path | str, ...]) -> list[str]:
    """Two digests, drawn at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda how: digest(course, *how), (one, other)))


def test_examples_are_the_same_alone_in_a_full_run_beside_any_file_and_from_a_wheel(course, answer, wheel_site):
    answer(RECORDS)
    alone, whole = both(course, ("01.1",), ("01",))
    assert whole == alone
    (course / "local_module.py").write_text(LITERALS)
    answer(RECORDS + LITERALS)
    assert both(course, ("01.1",), ("01.1", wheel_site)) == [alone, alone]
