"""Fuzzes what the grader makes of a worker's bytes, guided by coverage: atheris (libFuzzer), from seeds of every kind.

    python instructor/benchmarks/fuzz_wire.py [--seconds 600] [--corpus FOLDER]

Prints how many messages were tried, and the lines of the decoder that none of those kept has reached. A message that
ends in an exception that is not declared, takes 512 MiB or 30 seconds ends the run with status 1 and is kept as
crash-…, oom-… or timeout-… in the corpus, which a later run begins with. Takes `pip install atheris`: Linux, up to
Python 3.13.
"""

import argparse
import hashlib
import os
import random
import re
import resource
import subprocess
import sys
import warnings
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

MODULES = ("conversation", "framing", "lifting", "lowering", "messages", "notation", "wire")
LARGEST = 1 << 16  # bytes of a message; larger ones are tried in the sandbox's own tests


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=Path(".autograder/fuzz"))
    parser.add_argument("--part", choices=["fuzz", "cover"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.part == "fuzz":
        fuzz(options.corpus, options.seconds)
    elif options.part == "cover":
        cover(options.corpus)
    else:
        sys.exit(both(options.corpus, options.seconds))


def both(corpus: Path, seconds: int) -> int:
    """Run the fuzzer in a process of its own, as it ends that; then look at what the kept messages reach."""
    corpus.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, f"--corpus={corpus}", f"--seconds={seconds}"]
    ran = subprocess.run([*command, "--part=fuzz"], stderr=subprocess.PIPE, text=True, errors="replace")
    tried = re.findall(r"^#(\d+)", ran.stderr, re.MULTILINE)
    speed = re.findall(r"exec/s: (\d+) rss: (\d+)Mb", ran.stderr)
    found = sorted(path.name for path in corpus.glob("*-*"))
    print(f"{tried[-1] if tried else 0} messages in {seconds} s ({speed[-1][0] if speed else 0} a second)", end="")
    print(f", {sum(1 for _ in corpus.iterdir())} kept in {corpus}, {speed[-1][1] if speed else 0} MiB at the end")
    print(f"found: {', '.join(found) or 'nothing'}")
    if ran.returncode:
        print(ran.stderr[-4000:])
    subprocess.run([*command, "--part=cover"], check=True)
    return int(bool(ran.returncode or found))


def fuzz(corpus: Path, seconds: int) -> None:
    """Never returns: libFuzzer ends the process."""
    import torch  # before the modules that are watched, and not watched itself

    torch.set_num_threads(1)
    import atheris

    import autograder.gradients.answers
    import autograder.sandbox.confine  # noqa: F401

    with atheris.instrument_imports(include=[f"autograder.sandbox.{name}" for name in MODULES]):
        from autograder.sandbox import conversation, framing, lifting, lowering, messages, notation, wire  # noqa: F401
    from instructor.fuzzing import MEMORY, SECONDS, message, seeds, try_message

    known = seeds()
    for one in known:
        (corpus / hashlib.sha1(one, usedforsecurity=False).hexdigest()).write_bytes(one)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        draw = random.Random(seed)
        changed = message(draw, [data]) if draw.random() < 0.5 else atheris.Mutate(data, len(data) + 64)
        return changed[:most]

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    flags = [
        f"-max_total_time={seconds}",
        f"-max_len={LARGEST}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={used + (MEMORY >> 20)}",
        f"-artifact_prefix={corpus}{os.sep}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], try_message, custom_mutator=mutate)
    atheris.Fuzz()


def cover(corpus: Path) -> None:
    """Print the lines of the decoder that no kept message reaches."""
    from autograder import sandbox
    from instructor.fuzzing import try_message

    folder = Path(str(sandbox.__file__)).parent
    files = {str(folder / f"{name}.py"): set[int]() for name in MODULES}

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        files[frame.f_code.co_filename].add(frame.f_lineno)
        return trace

    kept = [path.read_bytes() for path in sorted(corpus.iterdir())]
    sys.settrace(trace)
    for one in kept:
        try_message(one)
    sys.settrace(None)
    for file, reached in files.items():
        lines = _lines(compile(Path(file).read_text(encoding="utf-8"), file, "exec"))
        missed = sorted(lines - reached)
        print(f"{Path(file).name}: {len(lines) - len(missed)} of {len(lines)} lines reached; not {missed}")


def _lines(code: CodeType, inside: bool = False) -> set[int]:
    """Lines of functions: those of a module are run when it is imported."""
    own = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno} if inside else set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            own |= _lines(constant, inside or ("<" not in constant.co_name and constant.co_name[0].islower()))
    return own


if __name__ == "__main__":
    main()
