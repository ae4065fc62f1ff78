"""Is this the gradient? The ladder of checks that test authors call, for values that came from a student.

Every check takes `of`, a differentiable torch function, and `at`, its input (or a tuple of several): float64
arrays or floats in tasks done by hand, tensors elsewhere. The answer must be of the same kind.
The reference is judged first (Kink, AuthorError), then the answer (WrongType, Wrong):
type, shape, dtype, finite values, then norm-wise ‖claimed − reference‖ ≤ 1e-9 ‖reference‖ + 1e-12 · scale,
where scale is the size of the values that cancel. The reference has by then agreed with central differences,
so an answer that agrees with it is not compared with them again.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autograder.gradients import answers, evidence, reference, wording
from autograder.gradients.closeness import assert_close, assert_trajectory
from autograder.gradients.errors import MAX_LINES, AuthorError, Compared, Mismatch, Wrong
from autograder.gradients.examined import ABSOLUTE, RELATIVE, Examined, examine
from autograder.gradients.reference import TorchFunction

__all__ = ["assert_close", "assert_gradient", "assert_jacobian", "assert_trajectory", "assert_vjp"]

SHOWN = 3  # entries shown of a wrong answer
AGREE = "autograd and finite differences agree on what is expected"
PATTERN = torch.tensor([1.0, -0.5, 2.0, 0.25, -1.25, 0.75, -2.0], dtype=torch.float64)  # any short literals
Names = str | Sequence[str] | None


def assert_gradient(
    claimed: Any, *, of: TorchFunction, at: Any, cotangent: Any = None, name: Names = None, scale: float = 0.0
) -> None:
    """The claimed gradient of vᵀ of(at) with respect to `at` is right.

    claimed: of the kind, shape and dtype of `at`; where `at` is a tuple, a tuple or list of as many.
    cotangent: v, of the output's shape; may be left out where the output is 0-dim.
    name: what to call the answer (one name for each input); `the gradient with respect to x` by default.
    scale: size of values that cancel, where it is larger than inputs and outputs let one see.
    Raises Kink, AuthorError, WrongType, Wrong.
    """
    examined = examine(of, at)
    v = _cotangent(cotangent, examined)
    expected = examined.gradient(v)
    question = _Question(of, at, v, name, "the gradient", _differences(examined, v))
    _judge(claimed, expected, question, examined.scale(v.numpy()) + scale)


def assert_vjp(
    vjp_of: Callable[[Any], Any],
    *,
    of: TorchFunction,
    at: Any,
    cotangent: Any,
    name: Names = None,
    scale: float = 0.0,
) -> None:
    """vjp_of(v) is vᵀJ at the given cotangent, at another one, and at zero.

    The reference obeys ⟨v, Ju⟩ = ⟨Jᵀv, u⟩ with Ju from forward mode, so an answer equal to it does;
    the second cotangent is w − 1.5 v, so an answer equal to the reference at both is linear in v.
    vjp_of is called three times, with values of the kind of `cotangent`. Raises as assert_gradient.
    """
    examined = examine(of, at)
    v = _cotangent(cotangent, examined)
    examined.check_transpose(v)
    w = PATTERN[torch.arange(v.numel()) % len(PATTERN)].reshape(v.shape)
    for other in (v, w - 1.5 * v):
        question = _Question(of, at, other, name, "vᵀJ", _differences(examined, other), given=other is not v)
        claimed = vjp_of(_like(other, cotangent))
        _judge(claimed, examined.gradient(other), question, examined.scale(other.numpy()) + scale)
    zero = torch.zeros_like(v)
    question = _Question(of, at, zero, name, "vᵀJ", lambda: nothing, given=True)
    nothing = tuple(np.zeros(tuple(x.shape)) for x in examined.inputs)
    _judge(vjp_of(_like(zero, cotangent)), nothing, question, examined.scale(v.numpy()) + scale, counted=False)


def assert_jacobian(claimed: Any, *, of: TorchFunction, at: Any, name: Names = None, scale: float = 0.0) -> None:
    """The claimed Jacobian is right: output shape followed by input shape, (m, n) for (n,) -> (m,).

    claimed: of the kind and dtype of `at`; where `at` is a tuple, a tuple or list of as many.
    Raises Kink, AuthorError, WrongType, Wrong.
    """
    examined = examine(of, at)
    expected = examined.jacobian()
    rows = float(np.linalg.norm(examined.jacobian_by_differences))
    question = _Question(of, at, None, name, "the Jacobian", examined.each_jacobian_by_differences)
    _judge(claimed, expected, question, examined.size + rows + scale)


@dataclass(frozen=True)
class _Question:
    """What was asked for: said to the student where the answer is wrong."""

    of: TorchFunction
    at: Any
    cotangent: torch.Tensor | None
    name: Names
    what: str
    differences: Callable[[], tuple[np.ndarray, ...]]  # what is expected, by central differences
    given: bool = False  # whether the lines must say which cotangent was used

    @property
    def inputs(self) -> tuple[Any, ...]:
        return self.at if isinstance(self.at, tuple) else (self.at,)

    def labels(self) -> tuple[str, ...]:
        """One name for each input: `the gradient with respect to x`."""
        if isinstance(self.name, str):
            return (self.name,) * len(self.inputs) if len(self.inputs) == 1 else self._numbered(self.name)
        if self.name is not None:
            return tuple(self.name)
        return tuple(f"{self.what} with respect to {x}" for x in self._parameters())

    def _numbered(self, name: str) -> tuple[str, ...]:
        return tuple(f"{name} with respect to {x}" for x in self._parameters())

    def _parameters(self) -> tuple[str, ...]:
        count = len(self.inputs)
        try:
            names = tuple(inspect.signature(self.of).parameters)
        except (TypeError, ValueError):
            names = ()
        return names[:count] if len(names) >= count else tuple(f"input {k + 1}" for k in range(count))

    def mismatch(self, claimed: Any, expected: tuple[np.ndarray, ...], name: str) -> Mismatch:
        at = tuple(x.numpy() for x in reference.leaves(self.at))
        v = None if self.cotangent is None else self.cotangent.numpy()
        right: Any = expected if isinstance(self.at, tuple) else expected[0]
        return Mismatch(name, answers.bare(claimed), right, at, v)

    def compared(self, k: int, claimed: Any, expected: tuple[np.ndarray, ...]) -> Compared | None:
        """The answer for input k beside what is expected; None where it is no array, or differs in type alone."""
        array = answers.bare(claimed)
        if not isinstance(array, np.ndarray) or np.array_equal(array, expected[k]):
            return None
        return Compared(self.labels()[k], array, expected[k], self.differences()[k])


def _differences(examined: Examined, cotangent: torch.Tensor) -> Callable[[], tuple[np.ndarray, ...]]:
    return lambda: examined.gradient_by_differences(cotangent)


def _judge(
    claimed: Any, expected: tuple[np.ndarray, ...], question: _Question, scale: float, counted: bool = True
) -> None:
    """Raise Wrong or WrongType where `claimed` is not `expected`."""
    tolerances = [_tolerance(e, x, scale) for e, x in zip(expected, question.inputs, strict=True)]
    if counted:
        norms = [float(np.linalg.norm(e)) for e in expected]
        k = int(np.argmax(np.array(norms) - np.array(tolerances)))
        evidence.saw_reference(norms[k], tolerances[k])
    labels = question.labels()
    judged: tuple[int, Any] | None = None
    try:
        several = isinstance(question.at, tuple)
        claims = answers.several(claimed, labels, question.what) if several else (claimed,)
        for k, (mine, right, like, label, tolerance) in enumerate(
            zip(claims, expected, question.inputs, labels, tolerances, strict=True)
        ):
            judged = k, mine
            array = answers.as_like(mine, like, label, shape=right.shape, expected=right)
            with np.errstate(over="ignore"):  # an answer of 1e300 is as far from right as can be
                distance = np.linalg.norm(array - right)
            if not distance <= tolerance:
                raise Wrong(f"{label} is wrong", _lines(array, right, tolerance))
    except Wrong as wrong:
        lines = wrong.lines
        if question.given and question.cotangent is not None:
            lines = (*lines[: MAX_LINES - 1], f"with v = {wording.literal(question.cotangent, 60)}")
        mismatch = question.mismatch(claimed, expected, ", ".join(labels))
        raise type(wrong)(wrong.headline, lines, mismatch, judged and question.compared(*judged, expected)) from None
    evidence.saw_agreement(lambda: question.mismatch(claimed, expected, ", ".join(labels)))


def _tolerance(expected: np.ndarray, like: Any, scale: float) -> float:
    """Norm-wise, and absolute for values that cancel; wider for an answer in a shorter dtype than float64."""
    relative, absolute = RELATIVE, ABSOLUTE
    if isinstance(like, torch.Tensor) and like.dtype != torch.float64:
        eps = torch.finfo(like.dtype).eps
        relative, absolute = max(relative, 32 * eps), max(absolute, 32 * eps)
    return float(relative * np.linalg.norm(expected) + absolute * scale)


def _lines(claimed: np.ndarray, expected: np.ndarray, tolerance: float) -> tuple[str, ...]:
    """Index, yours, expected for the first entries that are wrong, how many there are, and who agrees."""
    difference = np.abs(claimed - expected)
    wrong = np.argwhere(difference > min(tolerance / np.sqrt(max(difference.size, 1)), difference.max() / 2))
    shown = [
        wording.compared("", tuple(int(i) for i in where), float(claimed[tuple(where)]), float(expected[tuple(where)]))
        for where in wrong[:SHOWN]
    ]
    if len(wrong) > SHOWN:
        shown.append(f"{len(wrong)} of {difference.size} entries are wrong")
    return (*shown, AGREE)


def _cotangent(cotangent: Any, examined: Examined) -> torch.Tensor:
    """v as a float64 tensor of the output's shape."""
    shape = tuple(examined.output.shape)
    if cotangent is None:
        if shape:
            raise AuthorError(f"the output has shape {shape}: a cotangent of that shape is needed")
        return torch.ones((), dtype=torch.float64)
    v = reference.leaf(cotangent)
    if tuple(v.shape) != shape:
        raise AuthorError(f"the cotangent has shape {tuple(v.shape)}, the output {shape}")
    return v


def _like(v: torch.Tensor, given: Any) -> Any:
    """v as the kind of value that `given` is; a copy, so that nobody can change it."""
    if isinstance(given, torch.Tensor):
        return v.to(given.dtype, copy=True)
    return v.numpy().copy() if isinstance(given, np.ndarray) else float(v)
