"""The table of named functions: what each computes, on which shapes, and whether it has kinks.

All are defined on the whole grid, depend on their input, leave it alone, keep its dtype, and work under vmap.
Dimensions are symbols: a function (n,) -> (m,) with a parameter W of `m n`.
"""

import torch
from torch import Tensor

from autograder.gradients.entries import FORMULAS, Formula, as_tensors, define, full_text, text

__all__ = ["FORMULAS", "Formula", "as_tensors", "full_text", "text"]

F = torch.nn.functional
FACTORS = (1.0, 2.0, -1.0, 0.5, -1.5, 3.0)

# () -> ()


@define("scalar", "{a}·x + {b}", choices={"a": FACTORS, "b": (0.0, 1.0, -2.0)})
def line(x: Tensor, a: float, b: float) -> Tensor:
    return a * x + b


@define("scalar", "{a}·x²", choices={"a": FACTORS})
def square(x: Tensor, a: float) -> Tensor:
    return a * x * x


@define("scalar", "x³ + {a}·x", choices={"a": FACTORS})
def cubic(x: Tensor, a: float) -> Tensor:
    return x**3 + a * x


@define("scalar", "sin({a}·x)", choices={"a": FACTORS})
def sine(x: Tensor, a: float) -> Tensor:
    return torch.sin(a * x)


@define("scalar", "{a}·cos(x)", choices={"a": FACTORS})
def cosine(x: Tensor, a: float) -> Tensor:
    return a * torch.cos(x)


@define("scalar", "{a}·exp(x/2)", choices={"a": FACTORS})
def exponential(x: Tensor, a: float) -> Tensor:
    return a * torch.exp(x / 2)


@define("scalar", "exp(−x²)·{a}", choices={"a": FACTORS})
def bell(x: Tensor, a: float) -> Tensor:
    return torch.exp(-x * x) * a


@define("scalar", "tanh({a}·x)", choices={"a": FACTORS})
def hyperbolic_tangent(x: Tensor, a: float) -> Tensor:
    return torch.tanh(a * x)


@define("scalar", "sigmoid({a}·x)", choices={"a": FACTORS})
def logistic(x: Tensor, a: float) -> Tensor:
    return torch.sigmoid(a * x)


@define("scalar", "log(1 + exp({a}·x))", choices={"a": FACTORS})
def softplus(x: Tensor, a: float) -> Tensor:
    return F.softplus(a * x)


@define("scalar", "x·sigmoid({a}·x)", choices={"a": FACTORS})
def swish(x: Tensor, a: float) -> Tensor:
    return x * torch.sigmoid(a * x)


@define("scalar", "{a}·log(1 + x²)", choices={"a": FACTORS})
def log_of_square(x: Tensor, a: float) -> Tensor:
    return a * torch.log(1 + x * x)


@define("scalar", "{a} / (1 + x²)", choices={"a": FACTORS})
def reciprocal(x: Tensor, a: float) -> Tensor:
    return a / (1 + x * x)


@define("scalar", "{a}·sqrt(1 + x²)", choices={"a": FACTORS})
def root(x: Tensor, a: float) -> Tensor:
    return a * torch.sqrt(1 + x * x)


@define("scalar", "{a}·arctan(x)", choices={"a": FACTORS})
def arctangent(x: Tensor, a: float) -> Tensor:
    return a * torch.atan(x)


@define("scalar", "{a}·|x|", choices={"a": FACTORS}, kinked=True)
def absolute(x: Tensor, a: float) -> Tensor:
    return a * torch.abs(x)


@define("scalar", "relu(x)·{a} + x", choices={"a": FACTORS}, kinked=True)
def bent_line(x: Tensor, a: float) -> Tensor:
    return torch.relu(x) * a + x


@define("scalar", "clamp(x, −1, 1) + {a}·x", choices={"a": FACTORS}, kinked=True)
def clamped(x: Tensor, a: float) -> Tensor:
    return torch.clamp(x, -1.0, 1.0) + a * x


# (n,) -> ()


@define("vector_to_scalar", "a·x", a="n")
def dot(x: Tensor, a: Tensor) -> Tensor:
    return a @ x


@define("vector_to_scalar", "Σ aᵢ xᵢ²", a="n")
def weighted_squares(x: Tensor, a: Tensor) -> Tensor:
    return (a * x * x).sum()


@define("vector_to_scalar", "xᵀAx", A="n n")
def quadratic(x: Tensor, A: Tensor) -> Tensor:
    return x @ A @ x


@define("vector_to_scalar", "Σ aᵢ sin(xᵢ)", a="n")
def sum_of_sines(x: Tensor, a: Tensor) -> Tensor:
    return (a * torch.sin(x)).sum()


@define("vector_to_scalar", "∏ (1 + xᵢ²)")
def product(x: Tensor) -> Tensor:
    return torch.prod(1 + x * x)


@define("vector_to_scalar", "log Σ exp(xᵢ + aᵢ)", a="n")
def log_sum_exp(x: Tensor, a: Tensor) -> Tensor:
    return torch.logsumexp(x + a, dim=0)


@define("vector_to_scalar", "sqrt(1 + Σ xᵢ²)")
def rounded_norm(x: Tensor) -> Tensor:
    return torch.sqrt(1 + (x * x).sum())


@define("vector_to_scalar", "mean((Ax − y)²)", A="m n", y="m")
def mean_squared_error(x: Tensor, A: Tensor, y: Tensor) -> Tensor:
    return ((A @ x - y) ** 2).mean()


@define("vector_to_scalar", "−log softmax(x)₀", sizes={"n": (2, 4)})
def cross_entropy(x: Tensor) -> Tensor:
    return torch.logsumexp(x, dim=0) - x[0]


@define("vector_to_scalar", "tanh(a·x) + x₀", a="n")
def neuron(x: Tensor, a: Tensor) -> Tensor:
    return torch.tanh(a @ x) + x[0]


@define("vector_to_scalar", "variance of x", sizes={"n": (2, 4)})
def variance(x: Tensor) -> Tensor:
    return ((x - x.mean()) ** 2).mean()


@define("vector_to_scalar", "Σ aᵢ |xᵢ|", a="n", kinked=True)
def weighted_absolute(x: Tensor, a: Tensor) -> Tensor:
    return (a * x.abs()).sum()


@define("vector_to_scalar", "max(x) + a·x", a="n", kinked=True)
def maximum(x: Tensor, a: Tensor) -> Tensor:
    return x.amax() + a @ x


# (n,) -> (m,)


@define("vector_to_vector", "Ax", A="m n")
def linear(x: Tensor, A: Tensor) -> Tensor:
    return A @ x


@define("vector_to_vector", "Wx + b", W="m n", b="m")
def affine(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return W @ x + b


@define("vector_to_vector", "tanh(Wx + b)", W="m n", b="m")
def tanh_layer(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(W @ x + b)


@define("vector_to_vector", "sin(Wx)", W="m n")
def sine_layer(x: Tensor, W: Tensor) -> Tensor:
    return torch.sin(W @ x)


@define("vector_to_vector", "V tanh(Wx)", V="m h", W="h n")
def two_layers(x: Tensor, V: Tensor, W: Tensor) -> Tensor:
    return V @ torch.tanh(W @ x)


@define("vector_to_vector", "(Ax)²", A="m n")
def squared_linear(x: Tensor, A: Tensor) -> Tensor:
    return (A @ x) ** 2


@define("vector_to_vector", "softmax(x)", output="n", sizes={"n": (2, 4)})
def softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=0)


@define("vector_to_vector", "log softmax(x)", output="n", sizes={"n": (2, 4)})
def log_softmax(x: Tensor) -> Tensor:
    return torch.log_softmax(x, dim=0)


@define("vector_to_vector", "softmax(Ax)", A="m n", sizes={"m": (2, 4)})
def softmax_layer(x: Tensor, A: Tensor) -> Tensor:
    return torch.softmax(A @ x, dim=0)


@define("vector_to_vector", "a x² (entry by entry)", output="n", a="n")
def scaled_squares(x: Tensor, a: Tensor) -> Tensor:
    return a * x * x


@define("vector_to_vector", "x₁² + … + xᵢ²", output="n")
def running_squares(x: Tensor) -> Tensor:
    return torch.cumsum(x * x, dim=0)


@define("vector_to_vector", "x / sqrt(1 + |x|²)", output="n")
def normalised(x: Tensor) -> Tensor:
    return x / torch.sqrt(1 + (x * x).sum())


@define("vector_to_vector", "x · reversed x", output="n")
def mirrored_product(x: Tensor) -> Tensor:
    return x * x.flip(0) + x


@define("vector_to_vector", "[Σx, Σx², Σx³]", output="3")
def moments(x: Tensor) -> Tensor:
    return torch.stack([x.sum(), (x * x).sum(), (x**3).sum()])


@define("vector_to_vector", "all xᵢ xⱼ, row by row", output="4", sizes={"n": (2, 2)})
def pairwise_products(x: Tensor) -> Tensor:
    return torch.outer(x, x).reshape(-1)


@define("vector_to_vector", "relu(Wx + b)", W="m n", b="m", kinked=True)
def relu_layer(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.relu(W @ x + b)


@define("vector_to_vector", "sorted x, times a", output="n", a="n", kinked=True)
def sorted_entries(x: Tensor, a: Tensor) -> Tensor:
    return torch.sort(x).values * a


# (r, c) -> () and (r, c) -> matrices


@define("matrix_to_scalar", "Σ A X²", A="r c")
def weighted_matrix_squares(x: Tensor, A: Tensor) -> Tensor:
    return (A * x * x).sum()


@define("matrix_to_scalar", "uᵀXw", u="r", w="c")
def bilinear(x: Tensor, u: Tensor, w: Tensor) -> Tensor:
    return u @ x @ w


@define("matrix_to_scalar", "log Σ exp(X + A)", A="r c")
def matrix_log_sum_exp(x: Tensor, A: Tensor) -> Tensor:
    return torch.logsumexp((x + A).reshape(-1), dim=0)


@define("matrix_to_matrix", "XA", output="r k", A="c k")
def times_matrix(x: Tensor, A: Tensor) -> Tensor:
    return x @ A


@define("matrix_to_matrix", "XᵀX", output="c c")
def gram(x: Tensor) -> Tensor:
    return x.mT @ x


@define("matrix_to_matrix", "tanh(X)ᵀ A", output="c k", A="r k")
def transposed_tanh(x: Tensor, A: Tensor) -> Tensor:
    return torch.tanh(x).mT @ A


@define("matrix_to_matrix", "softmax of the columns of X, times A", A="r c", sizes={"r": (2, 4)})
def column_softmax(x: Tensor, A: Tensor) -> Tensor:
    return torch.softmax(x, dim=0) * A


# (B, n) -> (B, m), each row by itself


@define("batched", "XW + b", W="n m", b="m")
def batch_affine(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return x @ W + b


@define("batched", "tanh(XW + b)", W="n m", b="m")
def batch_tanh(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ W + b)


@define("batched", "(XW)²", W="n m")
def batch_squares(x: Tensor, W: Tensor) -> Tensor:
    return (x @ W) ** 2


@define("batched", "tanh(XW) U", W="n h", U="h m")
def batch_two_layers(x: Tensor, W: Tensor, U: Tensor) -> Tensor:
    return torch.tanh(x @ W) @ U


@define("batched", "softmax of each row of XW", W="n m", sizes={"m": (2, 4)})
def batch_softmax(x: Tensor, W: Tensor) -> Tensor:
    return torch.softmax(x @ W, dim=1)


@define("batched", "each row over sqrt(1 + its squares)", output="B n")
def batch_normalised(x: Tensor) -> Tensor:
    return x / torch.sqrt(1 + (x * x).sum(dim=1, keepdim=True))


@define("batched", "[Σ, Σ of squares] of each row", output="B 2")
def batch_moments(x: Tensor) -> Tensor:
    return torch.stack([x.sum(dim=1), (x * x).sum(dim=1)], dim=1)


@define("batched", "relu(XW + b)", W="n m", b="m", kinked=True)
def batch_relu(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.relu(x @ W + b)
