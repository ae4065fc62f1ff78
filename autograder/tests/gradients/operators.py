"""torch's own operator samples as functions with a gradient, and what two checkers say of them, right and with faults.

The samples are torch's test data (torch.testing._internal.common_methods_invocations.op_db), pinned with torch itself.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from autograder.gradients.checks import assert_gradient
from autograder.gradients.errors import AuthorError, Kink, Wrong

LARGEST = 150  # entries of inputs and outputs together: gradcheck's time grows with their product
NEGLIGIBLE = 1e-9  # norm of a gradient beside inputs of size 1 to 10
SEED = 11
Tensors = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Sample:
    """An operator at a point: `of(*inputs)` is one real tensor, float64; `cotangent` is random and of its shape."""

    name: str
    of: Callable[..., torch.Tensor]
    inputs: Tensors
    cotangent: torch.Tensor


def samples(count: int = 1, every: int = 1) -> Iterator[Sample]:
    """At most `count` samples of every `every`-th differentiable operator of op_db."""
    from torch.testing._internal.common_methods_invocations import op_db

    wanted = [op for op in op_db if torch.float64 in op.dtypes and op.supports_autograd]
    for op in wanted[::every]:
        torch.manual_seed(SEED)
        found = 0
        for given in op.sample_inputs("cpu", torch.float64, requires_grad=True):
            sample = _sample(op, given)
            if sample is not None:
                yield sample
                found += 1
            if found == count:
                break


def _sample(op: Any, given: Any) -> Sample | None:
    """None for a sample without a real float64 input or output, and for one that is too large."""
    leaves, form = tree_flatten((given.input, given.args, given.kwargs))
    places = [i for i, leaf in enumerate(leaves) if _tracked(leaf)]
    if not places or not all(_dense(leaves[i]) and leaves[i].dtype == torch.float64 for i in places):
        return None

    def of(*inputs: torch.Tensor) -> torch.Tensor:
        filled = list(leaves)
        for place, value in zip(places, inputs, strict=True):
            filled[place] = value
        first, rest, named = tree_unflatten(filled, form)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)  # operators that draw, as dropout does, draw the same each time
            output = op.gradcheck_wrapper(op.op, first, *rest, **named)
        return _differentiable(given.output_process_fn_grad(output))

    inputs = tuple(leaves[i].detach() for i in places)
    try:
        output = of(*(x.clone().requires_grad_() for x in inputs))
    except _NoOutput:
        return None
    if output.dtype != torch.float64 or not 0 < output.numel() + sum(x.numel() for x in inputs) <= LARGEST:
        return None
    cotangent = torch.randn(output.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(SEED))
    return Sample(op.formatted_name, of, inputs, cotangent)


class _NoOutput(Exception):
    """The operator's output has no real part that depends on its inputs."""


def _tracked(leaf: Any) -> bool:
    return isinstance(leaf, torch.Tensor) and leaf.requires_grad


def _dense(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided


def _differentiable(output: Any) -> torch.Tensor:
    for leaf in tree_flatten(output)[0]:
        if isinstance(leaf, torch.Tensor) and leaf.is_floating_point() and _dense(leaf):
            return leaf
    raise _NoOutput


FAULTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "scaled by 1.0009": lambda g: g * 1.0009,
    "last entry dropped": lambda g: _with_largest(g, 0.0),
    "sign of one entry": lambda g: _with_largest(g, -1.0),
    "rolled by one": lambda g: g.reshape(-1).roll(1).reshape(g.shape),
    "all zero": torch.zeros_like,
}


def _with_largest(gradient: torch.Tensor, factor: float) -> torch.Tensor:
    """The gradient with its largest entry multiplied."""
    flat = gradient.clone().reshape(-1)
    flat[flat.abs().argmax()] *= factor
    return flat.reshape(gradient.shape)


def gradient(sample: Sample, at: Sequence[torch.Tensor] | None = None) -> Tensors:
    """vᵀJ by autograd at the sample's point, or at another one."""
    leaves = [x.clone().requires_grad_() for x in at or sample.inputs]
    output = (sample.of(*leaves) * sample.cotangent).sum()
    found = torch.autograd.grad(output, leaves, allow_unused=True)
    return tuple(torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True))


def stale(sample: Sample) -> Tensors:
    """The gradient at the point of the last step, a little beside this one."""
    return gradient(sample, [x * 1.01 + 0.003 for x in sample.inputs])


def faulty(sample: Sample) -> Iterator[tuple[str, Tensors]]:
    """Wrong gradients, each with its fault in the largest of the inputs' gradients; those that stay right are left out.

    A fault that changes the gradient by less than 1e-4 of its norm is none, and neither is one of a gradient that
    vanishes (a product of a hundred numbers below 1): a test with no other example is called vacuous.
    """
    right = gradient(sample)
    if max(float(part.norm()) for part in right) < NEGLIGIBLE:
        return
    which = max(range(len(right)), key=lambda i: float(right[i].norm()))
    made = {name: _replaced(right, which, fault(right[which])) for name, fault in FAULTS.items() if right[which].any()}
    with contextlib.suppress(RuntimeError):
        made["stale"] = stale(sample)
    for name, claimed in made.items():
        apart = max(float((a - b).norm()) for a, b in zip(claimed, right, strict=True))
        if np.isfinite(apart) and apart > 1e-4 * max(float(g.norm()) for g in right):
            yield name, claimed


def _replaced(parts: Tensors, which: int, part: torch.Tensor) -> Tensors:
    return tuple(part if i == which else other for i, other in enumerate(parts))


def ours(sample: Sample, claimed: Tensors) -> str:
    """What assert_gradient says of a claimed gradient: "accepted", "refused", "kink", or the author's error."""
    try:
        with _quiet():
            assert_gradient(claimed, of=_positional(sample), at=sample.inputs, cotangent=sample.cotangent)
    except Kink:
        return "kink"
    except AuthorError as error:
        return f"author's error: {error}"
    except Wrong:
        return "refused"
    return "accepted"


def _positional(sample: Sample) -> Callable[..., torch.Tensor]:
    return lambda *inputs: sample.of(*inputs)


def theirs(sample: Sample, claimed: Tensors | None = None, *, fast: bool = False) -> str:
    """What torch's gradcheck says of an operator whose backward gives autograd's gradient with the claim's fault.

    The claim is for one cotangent; a function linear in it is made of the ratio to what is right.
    """
    of = sample.of if claimed is None else _with_backward(sample, claimed)
    leaves = tuple(x.clone().requires_grad_() for x in sample.inputs)
    try:
        with _quiet():
            torch.autograd.gradcheck(of, leaves, fast_mode=fast, check_undefined_grad=False, nondet_tol=1e-12)
    except RuntimeError as error:  # GradcheckError, and what an operator raises beside its domain
        return f"refused: {str(error).splitlines()[0]}"
    return "accepted"


def _with_backward(sample: Sample, claimed: Tensors) -> Callable[..., torch.Tensor]:
    """The operator with the fault put into every cotangent's gradient: entry by entry, times what the claim is off."""
    right = gradient(sample)
    factors = [torch.where(g == 0, torch.ones_like(g), c / g) for c, g in zip(claimed, right, strict=True)]
    added = [torch.where(g == 0, c, torch.zeros_like(g)) for c, g in zip(claimed, right, strict=True)]

    class Faulty(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: torch.Tensor) -> torch.Tensor:
            ctx.inputs = [x.detach() for x in inputs]
            return sample.of(*inputs).detach().clone()

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor) -> Any:
            leaves = [x.clone().requires_grad_() for x in ctx.inputs]
            with torch.enable_grad():
                output = (sample.of(*leaves) * cotangents[0]).sum()
            found = torch.autograd.grad(output, leaves, allow_unused=True)
            return tuple(
                torch.zeros_like(x) if g is None else g * factor + more * cotangents[0].sum()
                for x, g, factor, more in zip(leaves, found, factors, added, strict=True)
            )

    return Faulty.apply


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def timed(check: Callable[[], str]) -> tuple[str, float]:
    """A verdict, and the seconds it took."""
    started = time.perf_counter()
    said = check()
    return said, time.perf_counter() - started


# Samples that gradcheck accepts and assert_gradient calls a kink, so that another point would be drawn.
EXPLAINED = {
    "as_strided": "it reads the memory beside its argument, so it is no function of the argument's values",
    "as_strided_copy": "it reads the memory beside its argument, so it is no function of the argument's values",
    "as_strided_scatter": "it reads the memory beside its argument, so it is no function of the argument's values",
    "torch_ops_aten__safe_softmax_default": "the sample holds -inf, where there are no slopes",
    "round_decimals_3": "one entry lies within a step of 6e-6 from a jump",
    "nn_functional_cosine_embedding_loss": "the target, 1 or -1, is one of the inputs, and the loss jumps beside both",
    "nn_functional_hinge_embedding_loss": "the target, 1 or -1, is one of the inputs, and the loss jumps beside both",
    "linalg_norm_subgradients_at_zero": "a norm at zero: its slopes are -1 and 1",
}
