"""Small models as data: a kind, sizes and a seed, built alike beside the tests and beside the student's code.

    Model("mlp", (2, 3, 1), seed=5).build()     # nn.Module in float64, parameters on the grid k/64

Importing this module imports neither torch nor hypothesis: a worker has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from torch import nn

    from autograder.gradients.drawing import Size

KINDS = ("linear", "mlp", "mlp_batchnorm", "shared", "frozen", "named", "nested", "transfer")


@dataclass(frozen=True)
class Model:
    """A model to build. options: `activation` ("tanh" or "relu"), `bias` (True), `double` (True).

    kind
        linear         one nn.Linear(sizes[0], sizes[-1])
        mlp            Sequential of Linear and activations, none after the last
        mlp_batchnorm  the same with BatchNorm1d before each activation; buffers hold grid values too
        shared         an mlp of equal hidden sizes in which the second layer's weight is also the third's
        frozen         an mlp whose first layer does not require gradients
        named          an mlp with names: linear1, act1, …, output
        nested         a module of `backbone` (an mlp) and `head` (a Linear)
        transfer       `body` (layer1, norm, act, drop, layer10, and layer2, whose weight is layer10's) and
                       `classifier` (hidden, norm, act, out); all hidden sizes are sizes[1]. More options:
                       `dropout` (0.0), `frozen` (names of parameters that do not require gradients)
    """

    kind: str
    sizes: tuple[int, ...]
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no model is of kind {self.kind!r}; there is {', '.join(KINDS)}")
        object.__setattr__(self, "sizes", tuple(self.sizes))

    def build(self) -> nn.Module:
        """The nn.Module, float64, in train mode, always with the same values."""
        import torch

        with torch.random.fork_rng(devices=[]):  # torch's own initial values must not use up random numbers
            module = _BUILDERS[self.kind](self.sizes, dict(self.options))
        module = module.double() if self.options.get("double", True) else module.float()
        generator = torch.Generator().manual_seed(self.seed)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(_grid_values(parameter.shape, generator, -96, 96))
            for name, buffer in module.named_buffers():
                if buffer.is_floating_point():
                    low = 32 if name.endswith("running_var") else -64
                    buffer.copy_(_grid_values(buffer.shape, generator, low, 96))
        return module

    @property
    def text(self) -> str:
        """`mlp 2→3→1`."""
        return f"{self.kind} {'→'.join(map(str, self.sizes))}"

    def __hash__(self) -> int:
        return hash((self.kind, self.sizes, self.seed, repr(sorted(self.options.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        return Model, (self.kind, self.sizes, self.seed, dict(self.options))


def drawn(
    *kinds: str,
    inputs: Size = (1, 3),
    hidden: Size = (1, 3),
    outputs: Size = (1, 2),
    layers: Size = (1, 3),
    **options: Any,
) -> SearchStrategy:
    """Models of these kinds (any by default); `layers` counts the Linear ones of an mlp."""
    from autograder.gradients.drawing_models import DrawnModel

    return DrawnModel(kinds or KINDS, inputs, hidden, outputs, layers, options)


def _grid_values(shape: Any, generator: Any, low: int, high: int) -> Any:
    import torch

    return torch.randint(low, high + 1, tuple(shape), generator=generator) / 64


def _layers(sizes: tuple[int, ...], options: Mapping[str, Any], batchnorm: bool = False) -> dict[str, Any]:
    """Linear layers and activations by name: linear1, act1, …, output."""
    from torch import nn

    activation = {"tanh": nn.Tanh, "relu": nn.ReLU}[options.get("activation", "tanh")]
    made: dict[str, Any] = {}
    for k, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
        last = k == len(sizes) - 1
        made["output" if last else f"linear{k}"] = nn.Linear(inputs, outputs, bias=options.get("bias", True))
        if not last:
            if batchnorm:
                made[f"norm{k}"] = nn.BatchNorm1d(outputs)
            made[f"act{k}"] = activation()
    return made


def _linear(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    return nn.Linear(sizes[0], sizes[-1], bias=options.get("bias", True))


def _mlp(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    return nn.Sequential(*_layers(sizes, options).values())


def _mlp_batchnorm(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    return nn.Sequential(*_layers(sizes, options, batchnorm=True).values())


def _shared(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    if len(sizes) < 5 or sizes[1] != sizes[2] or sizes[2] != sizes[3]:
        raise ValueError("a shared model needs sizes (inputs, hidden, hidden, hidden, outputs)")
    layers = _layers(sizes, options)
    layers["linear3"].weight = layers["linear2"].weight
    return nn.Sequential(*layers.values())


def _frozen(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    module = _mlp(sizes, options)
    module[0].requires_grad_(False)
    return module


def _named(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    return _sequence(_layers(sizes, options))


def _nested(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    layers = _layers(sizes, options)
    head = layers.pop("output")
    return _sequence({"backbone": nn.Sequential(*layers.values()), "head": head})


def _transfer(sizes: tuple[int, ...], options: Mapping[str, Any]) -> Any:
    from torch import nn

    activation = {"tanh": nn.Tanh, "relu": nn.ReLU}[options.get("activation", "tanh")]
    inputs, hidden, outputs = sizes[0], sizes[1], sizes[-1]
    body: dict[str, Any] = {
        "layer1": nn.Linear(inputs, hidden),
        "norm": nn.BatchNorm1d(hidden),
        "act": activation(),
        "drop": nn.Dropout(options.get("dropout", 0.0)),
        "layer10": nn.Linear(hidden, hidden),
        "layer2": nn.Linear(hidden, hidden),
    }
    body["layer2"].weight = body["layer10"].weight
    classifier: dict[str, Any] = {
        "hidden": nn.Linear(hidden, hidden),
        "norm": nn.BatchNorm1d(hidden),
        "act": activation(),
        "out": nn.Linear(hidden, outputs),
    }
    module = _sequence({"body": _sequence(body), "classifier": _sequence(classifier)})
    for name in options.get("frozen", ()):
        module.get_parameter(name).requires_grad_(False)
    return module


def _sequence(layers: Mapping[str, Any]) -> Any:
    """A Sequential of named layers."""
    from collections import OrderedDict

    from torch import nn

    return nn.Sequential(OrderedDict(layers))


_BUILDERS: dict[str, Callable[[tuple[int, ...], Mapping[str, Any]], Any]] = {
    "linear": _linear,
    "mlp": _mlp,
    "mlp_batchnorm": _mlp_batchnorm,
    "shared": _shared,
    "frozen": _frozen,
    "named": _named,
    "nested": _nested,
    "transfer": _transfer,
}
