"""Functions with gradients known from a book, in NumPy: the table by which the checks are checked.

Each is (n,) -> (n,), (n,) -> () or a matrix of them; `gradient(x, v)` is vᵀJ, derived by hand.
`others` are further right ways to write it, which differ where values cancel or saturate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

A = np.array([[1.0, -0.5, 2.0], [0.25, 1.5, -1.0], [-2.0, 0.75, 0.5], [1.25, -1.0, -0.25]])
Q = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 0.0], [2.0, 0.25, 1.0]])
TA, TQ = torch.tensor(A), torch.tensor(Q)
Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Known:
    """A smooth function and its gradient. Inputs: the grid times `stretch`, plus `shift` (`positive`: |x|)."""

    name: str
    of: Callable[[torch.Tensor], torch.Tensor]
    gradient: Gradient
    shape: tuple[int, ...] = (3,)
    output: tuple[int, ...] | None = None
    stretch: float = 1.0
    positive: bool = False
    others: tuple[Gradient, ...] = ()

    def draw(self, generator: np.random.Generator) -> tuple[Any, Any]:
        """A point and a cotangent, both on the grid; the cotangent has no zeros."""
        x = generator.integers(-192, 193, self.shape) / 64 * self.stretch
        v = generator.choice([-1, 1], self.out) * generator.integers(1, 193, self.out) / 64
        return (np.abs(x) + 1 / 64 if self.positive else x), v

    @property
    def out(self) -> tuple[int, ...]:
        return self.shape if self.output is None else self.output


def entrywise(name: str, of: Any, slope: Any, *others: Any, **options: Any) -> Known:
    """f applied to each entry: vᵀJ = v f′(x)."""
    further = tuple(lambda x, v, other=other: v * other(x) for other in others)
    return Known(name, of, lambda x, v: v * slope(x), others=further, **options)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax_by_rows(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    s = softmax(x)
    return np.array([sum(v[i] * s[i] * ((i == j) - s[j]) for i in range(len(x))) for j in range(len(x))])


def softmax_by_pairs(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Each exponential over its own sum of exponentials of differences: no shift, no division of large values."""
    s = 1 / np.exp(x[None, :] - x[:, None]).sum(axis=1)
    return s * v - s * (s @ v)


def layer_norm_gradient(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    deviation = np.sqrt(x.var() + 1e-5)
    z = (x - x.mean()) / deviation
    return (v - v.mean() - z * (v * z).mean()) / deviation


def one_hot(i: int, n: int) -> np.ndarray:
    return np.eye(n)[i]


SMOOTH = [
    entrywise("square", lambda x: x**2, lambda x: 2 * x, lambda x: x + x),
    entrywise("cube", lambda x: x**3, lambda x: 3 * x**2, lambda x: 3 * x * x),
    entrywise("negative", lambda x: -x, lambda x: -np.ones_like(x)),
    entrywise(
        "polynomial", lambda x: 2 * x**4 - x**3 + 5, lambda x: 8 * x**3 - 3 * x**2, lambda x: x * x * (8 * x - 3)
    ),
    entrywise("exp", torch.exp, np.exp),
    entrywise("exp2", torch.exp2, lambda x: np.log(2) * 2.0**x, lambda x: np.exp(x * np.log(2)) * np.log(2)),
    entrywise("expm1", torch.expm1, np.exp, lambda x: np.expm1(x) + 1),
    entrywise("log", torch.log, lambda x: 1 / x, positive=True),
    entrywise("log2", torch.log2, lambda x: 1 / (x * np.log(2)), positive=True),
    entrywise("log1p", torch.log1p, lambda x: 1 / (1 + x), positive=True),
    entrywise("sqrt", torch.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: 0.5 * np.sqrt(1 / x), positive=True),
    entrywise("rsqrt", torch.rsqrt, lambda x: -0.5 * x**-1.5, lambda x: -0.5 / (x * np.sqrt(x)), positive=True),
    entrywise("reciprocal", torch.reciprocal, lambda x: -1 / x**2, lambda x: -((1 / x) ** 2), positive=True),
    entrywise("power 1.5", lambda x: x**1.5, lambda x: 1.5 * np.sqrt(x), positive=True),
    entrywise("sin", torch.sin, np.cos, lambda x: 1 - 2 * np.sin(x / 2) ** 2),
    entrywise("cos", torch.cos, lambda x: -np.sin(x), lambda x: -2 * np.sin(x / 2) * np.cos(x / 2)),
    entrywise(
        "tan(x/3)",
        lambda x: torch.tan(x / 3),
        lambda x: (1 + np.tan(x / 3) ** 2) / 3,
        lambda x: 1 / np.cos(x / 3) ** 2 / 3,
    ),
    entrywise("arcsin(x/4)", lambda x: torch.asin(x / 4), lambda x: 1 / np.sqrt(16 - x**2)),
    entrywise("arccos(x/4)", lambda x: torch.acos(x / 4), lambda x: -1 / np.sqrt((4 - x) * (4 + x))),
    entrywise("arctan", torch.atan, lambda x: 1 / (1 + x**2), lambda x: np.cos(np.arctan(x)) ** 2),
    entrywise("sinh", torch.sinh, np.cosh, lambda x: (np.exp(x) + np.exp(-x)) / 2),
    entrywise("cosh", torch.cosh, np.sinh, lambda x: (np.exp(x) - np.exp(-x)) / 2),
    entrywise("tanh", torch.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: 1 / np.cosh(x) ** 2),
    entrywise("arcsinh", torch.asinh, lambda x: 1 / np.sqrt(1 + x**2)),
    entrywise("sigmoid", torch.sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), lambda x: sigmoid(x) * sigmoid(-x)),
    entrywise("log sigmoid", torch.nn.functional.logsigmoid, lambda x: sigmoid(-x), lambda x: 1 - sigmoid(x)),
    entrywise("softplus", torch.nn.functional.softplus, sigmoid, lambda x: 0.5 + np.tanh(x / 2) / 2),
    entrywise("softsign without kink", lambda x: x / torch.sqrt(1 + x**2), lambda x: (1 + x**2) ** -1.5),
    entrywise("swish", torch.nn.functional.silu, lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    entrywise("log cosh", lambda x: torch.log(torch.cosh(x)), np.tanh, lambda x: 1 - 2 / (1 + np.exp(2 * x))),
    entrywise("bell", lambda x: torch.exp(-(x**2)), lambda x: -2 * x * np.exp(-(x**2))),
    entrywise("erf", torch.erf, lambda x: 2 / np.sqrt(np.pi) * np.exp(-(x**2))),
    entrywise(
        "sinc without hole", lambda x: torch.sin(x) / x, lambda x: (x * np.cos(x) - np.sin(x)) / x**2, positive=True
    ),
    entrywise("0-dim cube", lambda x: x**3, lambda x: 3 * x**2, shape=()),
    entrywise("one entry", torch.exp, np.exp, shape=(1,)),
    Known(
        "linear", lambda x: TA @ x, lambda x, v: A.T @ v, output=(4,), others=(lambda x, v: np.einsum("ij,i->j", A, v),)
    ),
    Known("sum", torch.sum, lambda x, v: v * np.ones(3), output=()),
    Known("mean", torch.mean, lambda x, v: v * np.full(3, 1 / 3), output=()),
    Known("product", torch.prod, lambda x, v: v * np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]]), output=()),
    Known("quadratic form", lambda x: x @ TQ @ x, lambda x, v: v * (Q + Q.T) @ x, output=()),
    Known("smooth norm", lambda x: torch.sqrt(1 + x @ x), lambda x, v: v * x / np.sqrt(1 + x @ x), output=()),
    Known(
        "variance",
        lambda x: x.var(correction=0),
        lambda x, v: v * 2 * (x - x.mean()) / 3,
        output=(),
        others=(lambda x, v: v * (2 * x / 3 - 2 * x.sum() / 9),),
    ),
    Known(
        "log-sum-exp",
        lambda x: torch.logsumexp(x, 0),
        lambda x, v: v * softmax(x),
        output=(),
        others=(lambda x, v: v * np.exp(x) / np.exp(x).sum(), lambda x, v: v / np.exp(x[None] - x[:, None]).sum(1)),
    ),
    Known(
        "softmax",
        lambda x: torch.softmax(x, 0),
        lambda x, v: softmax(x) * (v - softmax(x) @ v),
        others=(
            softmax_by_rows,
            softmax_by_pairs,
            lambda x, v: (np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))) @ v,
        ),
    ),
    Known("log softmax", lambda x: torch.log_softmax(x, 0), lambda x, v: v - softmax(x) * v.sum()),
    Known(
        "cross entropy",
        lambda x: torch.logsumexp(x, 0) - x[1],
        lambda x, v: v * (softmax(x) - one_hot(1, 3)),
        output=(),
    ),
    Known("layer norm", lambda x: torch.nn.functional.layer_norm(x, (3,)), layer_norm_gradient),
    Known("cumulative sum", lambda x: torch.cumsum(x, 0), lambda x, v: np.cumsum(v[::-1])[::-1]),
    Known(
        "differences",
        lambda x: x[1:] - x[:-1],
        lambda x, v: np.concatenate([[0], v]) - np.concatenate([v, [0]]),
        output=(2,),
    ),
    Known("reversed", lambda x: x.flip(0) * x, lambda x, v: (v + v[::-1]) * x[::-1]),
    Known("broadcast", lambda x: x.expand(4, 3) * TA, lambda x, v: (v * A).sum(0), output=(4, 3)),
    Known(
        "tanh layer",
        lambda x: torch.tanh(TA @ x),
        lambda x, v: A.T @ (v * (1 - np.tanh(A @ x) ** 2)),
        output=(4,),
        others=(lambda x, v: (v / np.cosh(A @ x) ** 2) @ A,),
    ),
    Known("matrix product", lambda x: x @ TQ, lambda x, v: v @ Q.T, shape=(2, 3), others=(lambda x, v: (Q @ v.T).T,)),
    Known("square matrix product", lambda x: x @ TQ, lambda x, v: v @ Q.T, shape=(3, 3)),
    Known("XᵀX", lambda x: x.mT @ x, lambda x, v: x @ (v + v.T), shape=(2, 3), output=(3, 3)),
    Known(
        "trace of XQX", lambda x: torch.trace(x @ TQ @ x), lambda x, v: v * (Q @ x + x @ Q).T, shape=(3, 3), output=()
    ),
    Known(
        "row softmax",
        lambda x: torch.softmax(x, 1),
        lambda x, v: np.stack([softmax(a) * (b - softmax(a) @ b) for a, b in zip(x, v, strict=True)]),
        shape=(2, 3),
    ),
    Known("bias over a batch", lambda x: torch.zeros(4, 3, dtype=x.dtype) + x, lambda x, v: v.sum(0), output=(4, 3)),
]

SATURATED = [
    entrywise(
        "tanh(8x)",
        lambda x: torch.tanh(8 * x),
        lambda x: 8 * (1 - np.tanh(8 * x) ** 2),
        lambda x: 8 / np.cosh(8 * x) ** 2,
        lambda x: 32 / (np.exp(8 * x) + np.exp(-8 * x)) ** 2,
        lambda x: 8 * (1 - np.tanh(8 * x)) * (1 + np.tanh(8 * x)),
    ),
    entrywise(
        "sigmoid(20x)",
        lambda x: torch.sigmoid(20 * x),
        lambda x: 20 * sigmoid(20 * x) * (1 - sigmoid(20 * x)),
        lambda x: 20 * sigmoid(20 * x) * sigmoid(-20 * x),
        lambda x: 5 / np.cosh(10 * x) ** 2,
    ),
    entrywise(
        "log sigmoid(20x)",
        lambda x: torch.nn.functional.logsigmoid(20 * x),
        lambda x: 20 * sigmoid(-20 * x),
        lambda x: 20 * (1 - sigmoid(20 * x)),
        lambda x: 10 - 10 * np.tanh(10 * x),
    ),
    entrywise("erf(4x)", lambda x: torch.erf(4 * x), lambda x: 8 / np.sqrt(np.pi) * np.exp(-16 * x**2)),
    entrywise(
        "sin², x = 100",
        lambda x: torch.sin(x) ** 2,
        lambda x: np.sin(2 * x),
        lambda x: 2 * np.sin(x) * np.cos(x),
        stretch=33.0,
    ),
    Known(
        "softmax, |x| ≤ 150",
        lambda x: torch.softmax(x, 0),
        lambda x, v: softmax(x) * (v - softmax(x) @ v),
        stretch=50.0,
        others=(
            softmax_by_rows,
            softmax_by_pairs,
            lambda x, v: (np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))) @ v,
        ),
    ),
    Known(
        "log-sum-exp, |x| ≤ 150",
        lambda x: torch.logsumexp(x, 0),
        lambda x, v: v * softmax(x),
        output=(),
        stretch=50.0,
        others=(lambda x, v: v / np.exp(x[None] - x[:, None]).sum(1), lambda x, v: v * np.exp(x) / np.exp(x).sum()),
    ),
    Known(
        "log softmax, |x| ≤ 150",
        lambda x: torch.log_softmax(x, 0),
        lambda x, v: v - softmax(x) * v.sum(),
        stretch=50.0,
        others=(lambda x, v: np.array([v[j] * (1 - s) - s * (v.sum() - v[j]) for j, s in enumerate(softmax(x))]),),
    ),
    Known(
        "cross entropy, |x| ≤ 30",
        lambda x: torch.logsumexp(x, 0) - x[1],
        lambda x, v: v * (softmax(x) - one_hot(1, 3)),
        output=(),
        stretch=10.0,
        others=(lambda x, v: v * np.where(one_hot(1, 3) == 1, -(np.delete(softmax(x), 1).sum()), softmax(x)),),
    ),
    Known(
        "variance far from zero",
        lambda x: (x + 1000).var(correction=0),
        lambda x, v: v * 2 * (x - x.mean()) / 3,
        output=(),
        others=(lambda x, v: v * (2 * (x + 1000) / 3 - 2 * (x + 1000).sum() / 9),),
    ),
]

Point = tuple[str, Callable[[torch.Tensor], torch.Tensor], np.ndarray]
KINKS: list[Point] = [
    ("relu at 0", torch.relu, np.array([1.0, 0.0])),
    ("abs at 0", torch.abs, np.array([0.0, -2.0])),
    ("clamp at its end", lambda x: torch.clamp(x, -1, 1), np.array([1.0, 0.5])),
    ("hardtanh at −1", torch.nn.functional.hardtanh, np.array([-1.0, 0.5])),
    ("relu6 at 6", torch.nn.functional.relu6, np.array(6.0)),
    ("leaky relu at 0", torch.nn.functional.leaky_relu, np.array([0.0])),
    ("hardshrink at its step", torch.nn.functional.hardshrink, np.array([0.5, 2.0])),
    ("softsign of |x| at 0", torch.nn.functional.softshrink, np.array([-0.5])),
    ("floor at a whole number", torch.floor, np.array([2.0, 0.5])),
    ("round at a half", torch.round, np.array([0.5])),
    ("sign at 0", torch.sign, np.array([0.0])),
    ("max with a tie", torch.amax, np.array([1.0, 1.0, 0.0])),
    ("maximum of two, equal", lambda x: torch.maximum(x[0], x[1]), np.array([2.0, 2.0])),
    ("sort with a tie", lambda x: torch.sort(x).values, np.array([1.0, -1.0, 1.0])),
    ("median with a tie", torch.median, np.array([1.0, 1.0, 2.0])),
    ("sqrt at 0", torch.sqrt, np.array([1.0, 0.0])),
    ("sqrt of a square at 0", lambda x: torch.sqrt(x**2), np.array([0.0])),
    ("norm at 0", torch.linalg.vector_norm, np.zeros(3)),
    ("l1 loss at 0", lambda x: (x - 1).abs().mean(), np.array([1.0, 3.0])),
    ("|x| − |y| of a sum", lambda x: (x[0] + x[1]).abs() - (x[0] - x[1]).abs(), np.zeros(2)),
    ("where with a jump", lambda x: torch.where(x > 0.5, x, -x), np.array([0.5])),
    ("relu inside a layer", lambda x: torch.relu(TA @ x) @ TA, np.array([0.5, 1.0, 0.0])),
]

BENT = [
    entrywise("relu", torch.relu, lambda x: (x > 0) * 1.0),
    entrywise("abs", torch.abs, np.sign),
    entrywise("clamp", lambda x: torch.clamp(x, -1, 1), lambda x: (np.abs(x) < 1) * 1.0),
    entrywise("hardtanh", torch.nn.functional.hardtanh, lambda x: (np.abs(x) < 1) * 1.0),
    entrywise("leaky relu", torch.nn.functional.leaky_relu, lambda x: np.where(x > 0, 1.0, 0.01)),
    entrywise("elu", torch.nn.functional.elu, lambda x: np.where(x > 0, 1.0, np.exp(x))),
    Known("max", torch.amax, lambda x, v: v * one_hot(int(x.argmax()), 3), output=()),
    Known("sort", lambda x: torch.sort(x).values, lambda x, v: v[np.argsort(np.argsort(x))]),
    Known("l1 norm", lambda x: x.abs().sum(), lambda x, v: v * np.sign(x), output=()),
]
