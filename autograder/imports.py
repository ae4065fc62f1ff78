"""Importing much without waiting for what is not needed: the garbage collector, a grammar of web addresses."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """What is imported inside is taken for permanent: the collector neither runs meanwhile nor looks at it later.

    Importing torch is a quarter faster for it, and each later collection by far (Hypothesis asks for many).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def without_addresses() -> None:
    """Before jsonschema is imported, as everything does that reads notebooks: it is told that this is not installed.

    It would make grammars of web addresses, which takes nearly as long as importing torch; the formats of notebooks,
    which it checks for us, ask for none.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
