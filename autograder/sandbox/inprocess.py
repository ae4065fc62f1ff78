"""Level "none": the student's code in the test's own process, so that print and pdb work.

Arguments and results go through the wire here too, so that a verdict is the same in all levels, and what a call
may have changed in the process is put back after it.
"""

from __future__ import annotations

import bdb
import operator
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import mtrand

from autograder.sandbox import messages, wire
from autograder.sandbox.answer import MODULE, Answer
from autograder.sandbox.errors import WorkerTimedOut
from autograder.sandbox.limits import Limits
from autograder.sandbox.notation import real_torch

_STUDENTS = np.random.MT19937()  # numpy's global generator while the student's code runs: swapping is cheap
_NOT_THE_STUDENTS = (KeyboardInterrupt, bdb.BdbQuit, WorkerTimedOut)


class InProcess:
    """The student's side, next to the test."""

    ahead = 1

    def __init__(self, limits: Limits, by_hand: bool) -> None:
        self.answer: Answer | None = None
        self.request = b""
        self.clock = _Clock(limits.cpu)
        if not by_hand:
            import torch  # noqa: F401  so that the first call finds it loaded, as in a worker

    def post(self, requests: Sequence[bytes]) -> None:
        (self.request,) = requests

    def reply(self) -> bytes:
        with _put_back(), self.clock.running():
            self.answer, number, reply = messages.perform(self.answer, self.request, _make)
        return wire.encode((number, *reply, "", 0))

    def begin_test(self) -> None:
        self.clock.left = self.clock.limit

    def close(self) -> None:
        if self.answer is not None and sys.modules.get(MODULE) is self.answer.module:
            del sys.modules[MODULE]
        self.answer = None


def _make(text: str, filename: str, task: str, by_hand: bool) -> Answer:
    return Answer(text, filename, task, by_hand, passes=_NOT_THE_STUDENTS)


class _Clock:
    """A bound on processor time from inside; at a pdb prompt it stands still.

    The timer goes off again and again, as a bare ``except`` of the student's may swallow it.
    """

    def __init__(self, limit: float) -> None:
        self.limit = self.left = limit
        self.on = False

    @contextmanager
    def running(self) -> Iterator[None]:
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGVTALRM, self.ring)
        signal.setitimer(signal.ITIMER_VIRTUAL, max(self.left, 0.001), 0.05)
        try:
            try:
                self.on = True
                yield
            finally:
                self.on = False
        finally:
            self.left = signal.setitimer(signal.ITIMER_VIRTUAL, 0)[0]
            signal.signal(signal.SIGVTALRM, before)

    def ring(self, number: int, frame: Any) -> None:
        if self.on:
            raise WorkerTimedOut("cpu", self.limit)


@contextmanager
def _put_back() -> Iterator[None]:
    """Generators, default dtype, grad mode, rcParams, warnings, environment and folder as they were."""
    torch = real_torch()
    state = _torch_state(torch) if torch is not None else None
    style = _Style()
    filters, showwarning = list(warnings.filters), warnings.showwarning
    environ, folder = _environ(), os.getcwd()
    drawn, generator = random.getstate(), mtrand.get_bit_generator()
    mtrand.set_bit_generator(_STUDENTS)
    try:
        yield
    finally:
        random.setstate(drawn)
        mtrand.set_bit_generator(generator)
        if warnings.filters != filters:
            warnings.filters[:] = filters  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]
        warnings.showwarning = showwarning
        if _environ() != environ:
            os.environ.clear()
            os.environ._data.update(environ)  # type: ignore[attr-defined]
            os.environ.update(dict(os.environ))
        if os.getcwd() != folder:
            os.chdir(folder)
        style.put_back()
        if state is not None:
            _restore_torch(torch, state)


class _Style:
    """matplotlib's rcParams, where it is loaded; past its own methods, which check and warn."""

    def __init__(self) -> None:
        self.params: Any = getattr(sys.modules.get("matplotlib"), "rcParams", {})
        self.before = dict(dict.items(self.params))  # dict.copy would ask its slow __getitem__

    def put_back(self) -> None:
        now = dict.values(self.params)
        if len(now) != len(self.before) or not all(map(operator.is_, self.before.values(), now)):
            dict.clear(self.params)
            dict.update(self.params, self.before)


def _environ() -> dict[Any, Any]:
    """The environment undecoded: decoding it costs more than the rest of a call."""
    return dict(os.environ._data)  # type: ignore[attr-defined]


def _torch_state(torch: Any) -> tuple[Any, ...]:
    return (
        torch.default_generator.get_state(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_anomaly_enabled(),
        torch.are_deterministic_algorithms_enabled(),
    )


def _restore_torch(torch: Any, state: tuple[Any, ...]) -> None:
    generator, dtype, grad, anomaly, deterministic = state
    torch.default_generator.set_state(generator)
    if torch.get_default_dtype() is not dtype:
        torch.set_default_dtype(dtype)
    if torch.is_grad_enabled() is not grad:
        torch.set_grad_enabled(grad)
    if torch.is_anomaly_enabled() is not anomaly:
        torch.autograd.set_detect_anomaly(anomaly)
    if torch.are_deterministic_algorithms_enabled() is not deterministic:
        torch.use_deterministic_algorithms(deterministic)
