"""How models are drawn; apart from models.py, which a worker imports and which needs no Hypothesis."""

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import SearchStrategy

from autograder.gradients.drawing import Size, bounds
from autograder.gradients.models import Model


class DrawnModel(SearchStrategy):
    """Models of some kinds, with sizes within limits."""

    def __init__(
        self,
        kinds: tuple[str, ...],
        inputs: Size,
        hidden: Size,
        outputs: Size,
        layers: Size,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.kinds, self.options = kinds, dict(options)
        self.inputs, self.hidden, self.outputs, self.layers = map(bounds, (inputs, hidden, outputs, layers))

    def __repr__(self) -> str:
        return f"models({', '.join(self.kinds)})"

    def do_draw(self, data: Any) -> Model:
        kind = self.kinds[data.draw_integer(0, len(self.kinds) - 1)]
        depth = _DEPTHS.get(kind) or max(_size(data, self.layers), _FEWEST.get(kind, 1))
        hidden = [_size(data, self.hidden) for _ in range(depth - 1)]
        if kind == "shared":
            hidden = [hidden[0]] * len(hidden)
        sizes = (_size(data, self.inputs), *hidden, _size(data, self.outputs))
        options = dict(self.options)
        if "activation" not in options and depth > 1:
            options["activation"] = ("tanh", "relu")[data.draw_integer(0, 1)]
        return Model(kind, sizes, data.draw_integer(0, 255), options)


_DEPTHS = {"linear": 1, "shared": 4, "transfer": 2}
_FEWEST = {"mlp_batchnorm": 2, "frozen": 2, "nested": 2}


def _size(data: Any, limits: tuple[int, int]) -> int:
    return data.draw_integer(*limits) if limits[0] < limits[1] else limits[0]
