"""Importing much at once without the garbage collector looking through it again and again."""

import gc
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
