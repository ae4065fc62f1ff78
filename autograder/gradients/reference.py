"""The right answer, twice: by reverse-mode autograd and by central differences; forward mode for the laws.

Nothing here uses torch.func, whose first use of jacrev imports torch._dynamo (about a second).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from autograder.gradients.errors import AuthorError

STEP = 6e-6  # about the cube root of float64 epsilon: truncation and round-off of a central difference balance
LOOP_LIMIT = 24  # up to so many points a Python loop beats the set-up of one vmap call (130 µs)
CHUNK = 512  # rows evaluated at once, so that a large input takes a bounded amount of memory

TorchFunction = Callable[..., torch.Tensor]


def leaf(value: Any) -> torch.Tensor:
    """A detached float64 copy of an array, tensor or float, of the same shape."""
    if isinstance(value, torch.Tensor):
        if value.is_complex() or not value.is_floating_point():
            raise AuthorError(f"`at` must hold real floating-point values, not {value.dtype}")
        return value.detach().to(torch.float64, copy=True)
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise AuthorError(f"`at` must hold real floating-point values, not {array.dtype}")
    return torch.tensor(array, dtype=torch.float64)


def leaves(at: Any) -> tuple[torch.Tensor, ...]:
    """`at` (one value, or a tuple of several) as float64 leaves."""
    return tuple(leaf(value) for value in (at if isinstance(at, tuple) else (at,)))


def value(of: TorchFunction, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    """of(*inputs) without a graph. A function that differentiates inside gets leaves that track."""
    try:
        with torch.no_grad():
            return of(*inputs)
    except RuntimeError:
        with torch.enable_grad():
            return of(*(x.clone().requires_grad_() for x in inputs)).detach()


def forward(of: TorchFunction, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The output with its graph, and the tracked copies of the inputs it hangs on."""
    tracked = [x.clone().requires_grad_() for x in inputs]
    with torch.enable_grad():
        output = of(*tracked)
    if not isinstance(output, torch.Tensor):
        raise AuthorError(f"`of` must return one tensor, not {type(output).__name__}")
    if not output.dtype.is_floating_point:
        raise AuthorError(f"`of` must return real floating-point values, not {output.dtype}")
    if not output.requires_grad and output.numel() and any(x.numel() for x in tracked):
        raise AuthorError("`of` does not depend on `at`, or detaches it: there is no gradient to ask for")
    return output, tracked


def pullback(output: torch.Tensor, tracked: Sequence[torch.Tensor], cotangent: torch.Tensor) -> tuple[np.ndarray, ...]:
    """vᵀJ for each input, float64, of the input's shape; the graph is kept for further cotangents."""
    if not output.requires_grad:
        return tuple(np.zeros(tuple(x.shape)) for x in tracked)
    # The gradient of v·y is vᵀJ; torch's own grad_outputs would import sympy at its first use (0.5 s).
    weighted = (output * cotangent.to(output.dtype)).sum()
    rows = torch.autograd.grad(weighted, tracked, retain_graph=True, allow_unused=True)
    pairs = zip(rows, tracked, strict=True)
    return tuple(np.zeros(tuple(x.shape)) if row is None else row.numpy() for row, x in pairs)


def jacobian(output: torch.Tensor, tracked: Sequence[torch.Tensor]) -> tuple[np.ndarray, ...]:
    """The whole Jacobian for each input: output shape followed by input shape."""
    count = output.numel()
    parts = []
    for i in range(count):
        one_hot = torch.zeros(count, dtype=output.dtype)
        one_hot[i] = 1.0
        parts.append(pullback(output, tracked, one_hot.reshape(output.shape)))
    shape = tuple(output.shape)
    return tuple(
        np.stack([part[k] for part in parts]).reshape(shape + tuple(x.shape))
        if parts
        else np.zeros(shape + tuple(x.shape))
        for k, x in enumerate(tracked)
    )


def pushforward(
    of: TorchFunction, inputs: Sequence[torch.Tensor], directions: Sequence[torch.Tensor]
) -> np.ndarray | None:
    """Ju by forward mode; None where an operation of `of` has no forward derivative.

    forward_ad.make_dual itself first compiles decompositions for a few operations, which takes a second;
    torch is pinned exactly, so the two functions beneath it may be called.
    """
    try:
        with forward_ad.dual_level():
            duals = [torch._VF._make_dual(x, u, level=0) for x, u in zip(inputs, directions, strict=True)]
            primal, tangent = torch._VF._unpack_dual(of(*duals), level=0)
            return (torch.zeros_like(primal) if tangent is None else tangent).detach().numpy()
    except (NotImplementedError, RuntimeError):
        return None


@dataclass(frozen=True)
class Slopes:
    """One-sided slopes of every output along K directions: `right` and `left` are (K, m) arrays.

    The first N directions are the entries of the inputs; where N > 1 a last one is oblique,
    because a kink may lie where no coordinate axis crosses it. `steps` is (K,), `directions` is (K, N).
    """

    right: np.ndarray
    left: np.ndarray
    steps: np.ndarray
    directions: np.ndarray

    @property
    def central(self) -> np.ndarray:
        """Central differences, (K, m)."""
        return (self.right + self.left) / 2


def slopes(
    of: TorchFunction,
    inputs: Sequence[torch.Tensor],
    base: np.ndarray,
    *,
    shrink: float = 1.0,
    only: np.ndarray | None = None,
) -> Slopes:
    """Differences to both sides of the point, step 6e-6 · max(1, |x|) / shrink, in few calls of `of`.

    base: of(*inputs), flat. only: indices of the directions wanted, all of them by default.
    """
    point = np.concatenate([x.numpy().reshape(-1) for x in inputs]) if inputs else np.zeros(0)
    directions = _directions(point.size)
    size = np.maximum(1.0, np.abs(point))
    steps = STEP / shrink * (np.append(size, size.max()) if point.size > 1 else size)
    if only is not None:
        directions, steps = directions[only], steps[only]
    moves = steps[:, None] * directions
    outputs = _evaluate(of, inputs, np.concatenate([point + moves, point - moves]), base.size)
    right, left = outputs[: len(steps)], outputs[len(steps) :]
    with np.errstate(invalid="ignore", over="ignore"):
        return Slopes((right - base) / steps[:, None], (base - left) / steps[:, None], steps, directions)


@lru_cache(maxsize=64)
def _directions(count: int) -> np.ndarray:
    """The coordinate directions, and one oblique direction whose entries are all different."""
    if count < 2:
        return np.eye(count)
    oblique = 0.5 + np.modf(np.arange(1, count + 1) * 0.6180339887498949)[0] / 2
    oblique[1::2] *= -1
    return np.vstack([np.eye(count), oblique])


def _evaluate(of: TorchFunction, inputs: Sequence[torch.Tensor], points: np.ndarray, outputs: int) -> np.ndarray:
    """`of` at each row of `points` (P, N) -> (P, outputs); one vmap call where there are many."""
    shapes = [x.shape for x in inputs]
    counts = [x.numel() for x in inputs]

    def at_flat(flat: torch.Tensor) -> torch.Tensor:
        parts = flat.split(counts) if len(counts) > 1 else (flat,)
        return value(of, [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])

    rows = torch.from_numpy(points)
    if len(rows) > LOOP_LIMIT:
        try:
            chunks = [torch.vmap(at_flat)(chunk).reshape(len(chunk), outputs) for chunk in rows.split(CHUNK)]
            return torch.cat(chunks).detach().to(torch.float64).numpy()
        except Exception:  # anything that has no batching rule, or looks at values: one point at a time
            pass
    results = np.empty((len(points), outputs))
    for i, row in enumerate(rows):
        results[i] = at_flat(row).detach().numpy().reshape(-1)
    return results
