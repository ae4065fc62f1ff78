"""What a student's process has imported before the student's code is seen."""

from __future__ import annotations

import importlib
import io
import sys
import warnings

# What students' files import most. The rest of the standard library can be read when it is asked for, but not the
# shared libraries of the system that some of it needs (hashlib, sqlite3 ...), so those are here too.
_LIBRARY = """
    abc argparse array ast base64 binascii bisect builtins calendar cmath codecs collections
    collections.abc colorsys concurrent.futures contextlib contextvars copy copyreg csv ctypes
    dataclasses datetime decimal difflib dis enum errno fractions functools gc getpass glob gzip hashlib
    heapq importlib importlib.resources inspect io itertools json keyword linecache locale logging math
    numbers operator os pathlib pdb pickle platform pprint queue random re reprlib secrets shutil signal
    sqlite3 stat statistics string struct subprocess sys sysconfig tempfile textwrap threading time
    timeit token tokenize traceback types typing unicodedata uuid warnings weakref zipfile zlib zoneinfo
    bz2 lzma hmac fnmatch
"""
_NUMPY = "numpy numpy.linalg numpy.random numpy.fft"
_TORCH = """
    torch torch.nn torch.nn.functional torch.autograd torch.autograd.functional
    torch.autograd.forward_ad torch.func torch.utils.data torch.nn.utils torch.nn.utils.parametrize
    torch.nn.init torch.linalg autograder.gradients.functions autograder.gradients.models
    autograder.gradients.formulas
"""
LIBRARY = tuple(_LIBRARY.split())
KINDS = {"hand": tuple(_NUMPY.split()), "torch": (*_NUMPY.split(), *_TORCH.split())}


def preload(kind: str, library: bool = True) -> None:
    """Import what files for this kind of worker need. Raises ImportError where torch or numpy is missing."""
    for name in (*(LIBRARY if library else ()), *KINDS[kind]):
        _import(name, needed=name.partition(".")[0] in ("torch", "numpy"))
    if kind == "torch":
        sys.modules["torch"].set_num_threads(1)
    else:
        from autograder.sandbox import standin

        standin.install()


def _import(name: str, needed: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(name)
        except ImportError:
            if needed:
                raise


def _optim() -> None:
    """torch._dynamo comes in at the first use of an optimizer or of jacrev, and wants a folder to write to."""
    _import("torch._dynamo", needed=False)
    _import("torch.optim", needed=True)
    _import("torch.optim.lr_scheduler", needed=True)
    _import("torch.utils.checkpoint", needed=True)


def _pyplot() -> None:
    """pyplot looks for fonts when the first figure is drawn."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1], label="x")
    axes.set_title("x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)


def _forward() -> None:
    """Forward mode compiles its rules at the first use."""
    _import("torch._decomp.decompositions_for_jvp", needed=False)


def _symbolic() -> None:
    """backward(v) and grad_outputs import sympy at their first use."""
    _import("torch.fx.experimental.symbolic_shapes", needed=False)


NEEDS = {"optim": _optim, "pyplot": _pyplot, "forward": _forward, "symbolic": _symbolic}
