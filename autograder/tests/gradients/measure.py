"""Measures the checks against gradients known from a book: what is found, flagged, refused and accepted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autograder.gradients.checks import assert_gradient
from autograder.gradients.errors import AuthorError, Kink, Wrong
from autograder.gradients.examined import examine
from autograder.gradients.functions import KINDS, names, points
from autograder.tests.gradients.known import BENT, KINKS, SATURATED, SMOOTH, Known

SEED = 7


@dataclass(frozen=True)
class Row:
    """One line of the table: `right` verdicts of `tried`, and what went wrong first."""

    claim: str
    functions: int
    tried: int
    right: int
    first_miss: str = ""


def verdict(known: Known, claimed: np.ndarray, x: np.ndarray, v: np.ndarray) -> str:
    """What assert_gradient says of a claimed gradient: accepted, refused, kink, author."""
    try:
        assert_gradient(claimed, of=known.of, at=np.asarray(x), cotangent=np.asarray(v))
    except Kink:
        return "kink"
    except AuthorError:
        return "author"
    except Wrong:
        return "refused"
    return "accepted"


def corruptions(gradient: np.ndarray, known: Known) -> Iterator[tuple[str, np.ndarray]]:
    """Wrong gradients made of a right one; those that happen to be right are left out."""
    flat = gradient.reshape(-1)
    norm = np.linalg.norm(flat)
    made: dict[str, np.ndarray] = {
        "times 1.0009": gradient * 1.0009,
        "ones": np.ones_like(gradient),
        "zeros": np.zeros_like(gradient),
        "sign flipped": -gradient,
        "summed and spread": np.full_like(gradient, flat.sum()),
    }
    for i in range(flat.size):
        dropped = flat.copy()
        dropped[i] = 0.0
        made[f"entry {i} dropped"] = dropped.reshape(gradient.shape)
    if gradient.ndim == 2:
        made["transposed"] = gradient.T.copy()
    if flat.size > 1:
        made["rolled by one"] = np.roll(flat, 1).reshape(gradient.shape)
        made["one entry left out"] = flat[1:]
    if gradient.ndim == 1:
        made["not unbroadcast"] = np.broadcast_to(gradient / 4, (4, *gradient.shape))
    for name, claimed in made.items():
        if claimed.shape != gradient.shape or np.linalg.norm(claimed - gradient) > 1e-6 * (1 + norm):
            yield name, claimed


def kinks_found() -> Row:
    """Every known kink is reported as one."""
    missed = [name for name, of, x in KINKS if not _is_kink(of, x)]
    return Row("kinks found", len(KINKS), len(KINKS), len(KINKS) - len(missed), ", ".join(missed))


def _is_kink(of: Callable[..., torch.Tensor], x: np.ndarray) -> bool:
    try:
        examine(of, x).jacobian()
    except Kink:
        return True
    return False


def smooth_accepted(count: int) -> Row:
    """True gradients of smooth functions are accepted, and no point is taken for a kink."""
    return _tally("true gradients accepted, smooth", SMOOTH, count, "accepted", lambda known, g, x, v: [("", g)])


def bent_accepted(count: int) -> Row:
    """True gradients of functions with kinks are accepted, or the point lies on a kink."""
    return _tally("true gradients accepted off kinks", BENT, count, "accepted kink", lambda known, g, x, v: [("", g)])


def others_accepted(count: int) -> Row:
    """Other right ways to write it are accepted where values cancel or saturate."""

    def claims(known: Known, g: np.ndarray, x: np.ndarray, v: np.ndarray) -> list[tuple[str, np.ndarray]]:
        with np.errstate(over="ignore"):
            made = [(f"way {k + 1}", np.asarray(other(x, v))) for k, other in enumerate(known.others)]
        return [("", g), *made]

    several = [known for known in (*SMOOTH, *SATURATED) if known.others or known in SATURATED]
    return _tally("right alternatives accepted", several, count, "accepted", claims)


def corrupted_refused(count: int) -> Row:
    """Wrong gradients are refused, every one."""
    return _tally("wrong gradients refused", SMOOTH, count, "refused", lambda known, g, x, v: corruptions(g, known))


def named_accepted(count: int) -> Row:
    """The gradient by autograd of every named function is accepted, in float64 tensors, at drawn points."""
    from hypothesis import given, settings

    tried = right = 0
    seen: set[str] = set()
    first = ""

    def one(case: Any) -> None:
        nonlocal tried, right, first
        x = case.x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(case.f(x), x, case.v)
        tried += 1
        seen.add(case.f.name)
        try:
            assert_gradient(gradient, of=case.f, at=case.x, cotangent=case.v)
        except Kink:
            right += _has_kinks(case.f)
            return
        except (AuthorError, Wrong) as miss:
            first = first or f"{case.f!r}: {miss}"
            return
        right += 1

    for kind in KINDS:
        for name in names(kind):
            settings(max_examples=count)(given(points(kind, only=(name,)))(one))()
    return Row("named functions accepted", len(seen), tried, right, first)


def _has_kinks(f: Any) -> bool:
    from autograder.gradients.formulas import FORMULAS

    return FORMULAS[f.name].kinked


Claims = Callable[[Known, np.ndarray, np.ndarray, np.ndarray], Iterable[tuple[str, np.ndarray]]]


def _tally(claim: str, functions: list[Known], count: int, good: str, claims: Claims) -> Row:
    """Judge every claim at `count` drawn points of each function; right are verdicts named in `good`."""
    tried = right = 0
    first = ""
    for known in functions:
        generator = np.random.default_rng(SEED)
        for _ in range(count):
            x, v = known.draw(generator)
            gradient = np.asarray(known.gradient(x, v))
            for way, claimed in claims(known, gradient, x, v):
                said = verdict(known, claimed, x, v)
                tried += 1
                right += said in good
                if said not in good and not first:
                    first = f"{known.name} {way} at {x.tolist()}, v {v.tolist()}: {said}"
    return Row(claim, len(functions), tried, right, first)


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | functions | tried | right |", "|---|--:|--:|--:|"]
    lines += [f"| {row.claim} | {row.functions} | {row.tried:,} | {row.right:,} |" for row in rows]
    return "\n".join(lines) + "\n"
