"""A reference at one point, judged before any answer is: smooth there, finite, and right about itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autograder.gradients import reference, wording
from autograder.gradients.errors import AuthorError
from autograder.gradients.kinks import check_continuous, check_smooth
from autograder.gradients.reference import Slopes, TorchFunction

RELATIVE = 1e-9  # norm-wise: float64 round-off with room for a few thousand operations
ABSOLUTE = 1e-12  # the same for values that cancel, per unit of their size
FD_RELATIVE = 1e-5  # a central difference at the usual step is right to seven digits or better
FD_ABSOLUTE = 1e-9  # its round-off, eps / step = 4e-11 per unit of the function's value
OTHER_SHRINKS = (8.0, 64.0, 0.125)  # steps to try before the reference is called wrong


@dataclass(frozen=True)
class Examined:
    """`of` at a smooth point: its output with graph, the slopes around it, and the size of its values.

    `size` is what the values that cancel inside `of` may measure: 1 + |x| + |y| + |J||x|, largest entries.
    """

    of: TorchFunction
    inputs: tuple[torch.Tensor, ...]
    output: torch.Tensor
    tracked: tuple[torch.Tensor, ...]
    base: np.ndarray
    found: Slopes
    size: float

    @property
    def jacobian_by_differences(self) -> np.ndarray:
        """(N, m): slopes of each output along each input entry."""
        return self.found.central[: sum(x.numel() for x in self.inputs)]

    def gradient(self, cotangent: torch.Tensor) -> tuple[np.ndarray, ...]:
        """vᵀJ by autograd, for each input, after finite differences have agreed."""
        parts = reference.pullback(self.output, self.tracked, cotangent)
        v = cotangent.numpy().reshape(-1)
        self._agreeing(_flat(parts)[:, None], v[:, None])
        return parts

    def gradient_by_differences(self, cotangent: torch.Tensor) -> tuple[np.ndarray, ...]:
        """vᵀJ by the central differences that have agreed with autograd, for each input."""
        v = cotangent.numpy().reshape(-1)
        found = self._agreeing(_flat(reference.pullback(self.output, self.tracked, cotangent))[:, None], v[:, None])
        return self._parts(found.central @ v)

    def each_jacobian_by_differences(self) -> tuple[np.ndarray, ...]:
        """The Jacobian by central differences, for each input: output shape followed by input shape."""
        whole = self._parts(self.jacobian_by_differences)
        shape = tuple(self.output.shape)
        return tuple(
            np.moveaxis(part, -1, 0).reshape(shape + tuple(x.shape)) for part, x in zip(whole, self.inputs, strict=True)
        )

    def _parts(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Rows for all entries of the inputs (and for the oblique direction) as one array for each input."""
        ends = np.cumsum([x.numel() for x in self.inputs])
        pairs = zip(self.inputs, np.split(rows, ends), strict=False)
        return tuple(part.reshape(tuple(x.shape) + rows.shape[1:]) for x, part in pairs)

    def jacobian(self) -> tuple[np.ndarray, ...]:
        """The Jacobian by autograd, for each input, after finite differences have agreed."""
        parts = reference.jacobian(self.output, self.tracked)
        m = self.base.size
        whole = np.concatenate([part.reshape(m, x.numel()) for part, x in zip(parts, self.inputs, strict=True)], axis=1)
        self._agreeing(whole.T, np.eye(m))
        return parts

    def check_transpose(self, v: torch.Tensor) -> None:
        """Raise AuthorError unless ⟨v, Ju⟩ = ⟨Jᵀv, u⟩, with Ju from forward mode where `of` has it."""
        if not v.numel() or not any(x.numel() for x in self.inputs):
            return
        u = [torch.cos(torch.arange(x.numel(), dtype=torch.float64)).reshape(x.shape) for x in self.inputs]
        ju = reference.pushforward(self.of, self.inputs, u)
        if ju is None:
            return
        gradient = _flat(reference.pullback(self.output, self.tracked, v))
        terms = (v.numpy() * ju).reshape(-1), gradient * _flat([x.numpy() for x in u])
        bound = RELATIVE * sum(np.abs(part).sum() for part in terms) + ABSOLUTE * self.scale(v.numpy())
        if not abs(terms[0].sum() - terms[1].sum()) <= bound:
            raise AuthorError("forward and reverse mode disagree about the reference")

    def scale(self, v: np.ndarray) -> float:
        """The size of the values that cancel in vᵀJ, for absolute tolerances."""
        spread = np.abs(self.jacobian_by_differences) @ np.abs(v.reshape(-1))
        return float(np.linalg.norm(v) * self.size + np.linalg.norm(spread))

    def _agreeing(self, gradients: np.ndarray, cotangents: np.ndarray) -> Slopes:
        """The slopes with which autograd (N, c) agrees for the c cotangents (m, c). AuthorError where none do."""
        if not np.isfinite(gradients).all():
            raise AuthorError("autograd's gradient of the reference is not finite at a smooth point")
        found = self.found
        if self._agree(found, gradients, cotangents):
            return found
        check_continuous(self.of, self.inputs, self.base, found)
        for shrink in OTHER_SHRINKS:
            other = reference.slopes(self.of, self.inputs, self.base, shrink=shrink)
            if self._agree(other, gradients, cotangents):
                return other
        claimed, measured = found.directions @ gradients, found.central @ cotangents
        raise AuthorError(
            "autograd and finite differences disagree about the reference: "
            f"{wording.literal(claimed.T[0], 80, 6)} and {wording.literal(measured.T[0], 80, 6)} "
            f"at {', '.join(wording.literal(x, 80) for x in self.inputs)}"
        )

    def _agree(self, found: Slopes, gradients: np.ndarray, cotangents: np.ndarray) -> bool:
        claimed, measured = found.directions @ gradients, found.central @ cotangents
        absolute = FD_ABSOLUTE * (1 + np.linalg.norm(cotangents)) * self.size
        return bool(np.linalg.norm(claimed - measured) <= FD_RELATIVE * np.linalg.norm(claimed) + absolute)


def examine(of: TorchFunction, at: Any) -> Examined:
    """Evaluate `of` at a point. Raises Kink where it has no gradient there, AuthorError where it has no value."""
    inputs = reference.leaves(at)
    output, tracked = reference.forward(of, inputs)
    base = output.detach().to(torch.float64).numpy().reshape(-1)
    if not np.isfinite(base).all():
        raise AuthorError(f"`of` is not finite at {', '.join(wording.literal(x, 80) for x in inputs)}")
    found = reference.slopes(of, inputs, base)
    check_smooth(of, inputs, base, found)
    x = _flat([x.numpy() for x in inputs])
    reach = np.abs(x) @ np.abs(found.central[: x.size])
    size = 1.0 + sum(float(part.max(initial=0.0)) for part in (np.abs(x), np.abs(base), reach))
    return Examined(of, inputs, output, tuple(tracked), base, found, size)


def _flat(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)
