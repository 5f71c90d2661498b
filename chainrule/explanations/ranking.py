"""Slopes ranked and rolled up: totals first, then the few entries that carry them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.explanations.slope import Direction, direction
from chainrule.explanations.wording import weight_name


@final
@dataclass(frozen=True)
class WeightSlope:
    """One weight in a ranking.

    Attributes:
        name: Such as `dense1.weight[3,2]`.
        value: The weight itself.
        slope: `dL/dw`.
        share: `g² / Σ g²`, its part of the loss drop of one small plain gradient step, 0 to 1.
    """

    name: str
    value: float
    slope: float
    share: float

    @property
    def direction(self) -> Direction:
        """Which way to move it so that the loss falls."""
        return direction(self.slope)

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return {
            "name": self.name,
            "value": self.value,
            "slope": self.slope,
            "share": self.share,
            "direction": self.direction,
        }


@final
class Ranking:
    """Every weight, the steepest slope first; worked out as far as it is read.

    Args:
        parameters: The weights by name.
        gradients: Their gradients by name.

    Example:
        >>> import chainrule.arrays as xp
        >>> w = {"dense1.weight": xp.asarray([[1.0, 2.0]]), "dense1.bias": xp.asarray([0.5])}
        >>> g = {"dense1.weight": xp.asarray([[3.0, -4.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> ranking = Ranking(w, g)
        >>> ranking[0].name, ranking[0].share, ranking.by_layer()
        ('dense1.weight[0,1]', 0.64, {'dense1': 1.0})
    """

    def __init__(self, parameters: Mapping[str, Any], gradients: Mapping[str, Any]) -> None:
        self.parameters = dict(parameters)
        self.gradients = dict(gradients)
        self._squares = {name: _number(_sum(g * g)) for name, g in gradients.items()}
        self.total = sum(self._squares.values())

    def __len__(self) -> int:
        return sum(_size(g) for g in self.gradients.values())

    def __getitem__(self, place: int) -> WeightSlope:
        place = range(len(self))[place]
        return self.top(place + 1)[place]

    def __iter__(self) -> Iterator[WeightSlope]:
        return iter(self.top(len(self)))

    def top(self, count: int) -> list[WeightSlope]:
        """The `count` steepest; ties in order of name and index.

        An entry among the first k stands in a row that is among the first k by its steepest entry,
        so only k rows are looked at more closely.
        """
        found: list[tuple[float, int, int, str, tuple[int, ...]]] = []
        for order, (name, g) in enumerate(self.gradients.items()):
            xp = namespace_of(g)
            rows = g if len(g.shape) == 2 else xp.reshape(g, (1, -1))
            size = xp.abs(rows)
            steepest = xp.max(size, axis=1).tolist()
            for row in sorted(range(len(steepest)), key=lambda r: (-steepest[r], r))[:count]:
                for column, value in enumerate(size[row].tolist()):
                    index = (row, column) if len(g.shape) == 2 else (column,)
                    found.append((-value, order, row * rows.shape[1] + column, name, index))
        found.sort(key=lambda entry: (entry[0] != entry[0], *entry[:3]))
        return [self.weight(name, index) for *_, name, index in found[:count]]

    def weight(self, parameter: str, index: tuple[int, ...]) -> WeightSlope:
        """One weight's entry."""
        slope = float(self.gradients[parameter][index])
        share = slope * slope / self.total if self.total else 0.0
        value = float(self.parameters[parameter][index])
        return WeightSlope(weight_name(parameter, index), value, slope, share)

    def by_layer(self) -> dict[str, float]:
        """The share of each layer, weights and biases together; they add up to 1."""
        shares: dict[str, float] = {}
        for name, square in self._squares.items():
            layer = name.partition(".")[0]
            shares[layer] = shares.get(layer, 0.0) + (square / self.total if self.total else 0.0)
        return shares

    def by_neuron(self) -> dict[str, float]:
        """The share of each neuron, its weights and its bias together; they add up to 1."""
        shares: dict[str, float] = {}
        for name, g in self.gradients.items():
            xp = namespace_of(g)
            squares = xp.sum(g * g, axis=1) if len(g.shape) == 2 else g * g
            layer = name.partition(".")[0]
            for neuron, square in enumerate(squares.tolist()):
                key = f"{layer}[{neuron}]"
                shares[key] = shares.get(key, 0.0) + (square / self.total if self.total else 0.0)
        return shares


def _sum(array: Any) -> Any:
    return namespace_of(array).sum(array)


def _number(value: Any) -> float:
    return float(value)


def _size(array: Any) -> int:
    size = 1
    for n in array.shape:
        size *= n
    return size
