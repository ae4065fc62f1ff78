"""What one test may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds for the student's code, counted anew for each test.

    cpu: seconds of processor time, read from outside
    wall: seconds of the grader's clock spent waiting for the student's code (a sleep costs no CPU)
    memory: bytes above the idle worker
    output: bytes of printed text that are kept; the rest is counted and dropped
    """

    cpu: float = 10.0
    wall: float = 60.0
    memory: int = 2 << 30
    output: int = 64 << 10
