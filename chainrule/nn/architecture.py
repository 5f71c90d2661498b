"""Which layers follow one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from math import prod
from typing import Any, TypeVar

from chainrule.arrays import Generator, ListArray
from chainrule.errors import KindError, ShapeError, iterates, shown
from chainrule.nn.layers import ACTIVATIONS, Dense, Dropout, Layer, layer_from_dict, named
from chainrule.nn.layout import Layout
from chainrule.words import plural

T = TypeVar("T")

_MANY_ALIKE = 5
"""From how many layers of one kind on, one after the other, they are counted instead of listed."""


class Architecture:
    """A row of layers, each fed by the one before.

    Layers are named by kind and number from 1: `dense1`, `dropout1`, `dense2`. Their arrays are
    named `dense1.weight`, `dense1.bias`.

    Args:
        layers: The layers from input to output; the last one is a Dense layer.

    Raises:
        ShapeError: If the list is empty, ends in another kind of layer, or two sizes do not fit.
        KindError: If the list holds something else than layers.

    Example:
        >>> Architecture([Dense(2, 3, "relu"), Dense(3, 1)]).layout.shapes["dense2.weight"]
        (1, 3)
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        several = iterates(layers)
        given: list[Any] = list(layers) if several else [layers]
        if wrong := [each for each in given if not (several and isinstance(each, Layer))]:
            raise KindError(
                f"a network is a list of layers; found {shown(wrong[0])}: write it as "
                "[Dense(4, 16, 'relu'), Dense(16, 3)]; cr.from_torch makes one of a PyTorch module"
            )
        self.layers: dict[str, Layer] = {}
        numbers: Counter[str] = Counter()
        for layer in given:
            numbers[layer.kind] += 1
            self.layers[f"{layer.kind}{numbers[layer.kind]}"] = layer
        self._check_sizes()
        dense = [layer for layer in given if isinstance(layer, Dense)]
        self.input: Dense = dense[0]
        self.output: Dense = dense[-1]
        self.output_name = f"dense{len(dense)}"
        self.layout = Layout(self._by_name(lambda layer: layer.shapes()))

    @property
    def threshold(self) -> float:
        """Above it, an output that is alone or answers a question of its own says yes."""
        return 0.5 if ACTIVATIONS.link(self.output.activation) == "sigmoid" else 0.0

    def _check_sizes(self) -> None:
        if not self.layers:
            raise ShapeError("a network needs at least one layer; the list is empty")
        before: tuple[str, int | None] | None = None
        for name, layer in self.layers.items():
            if layer.in_features is None:
                continue
            if before and before[1] != layer.in_features:
                raise ShapeError(
                    f"{name} takes {layer.in_features} inputs but {before[0]} before it gives "
                    f"{before[1]}; make the two sizes equal"
                )
            before = name, layer.out_features
        if not isinstance(layer, Dense):
            raise ShapeError(f"a network ends in a Dense layer; this one ends in {layer!r}")

    @property
    def dropouts(self) -> dict[str, tuple[float, int]]:
        """Rate and width of each dropout layer, by name."""
        dropouts = {}
        width = self.input.in_features
        for name, layer in self.layers.items():
            if isinstance(layer, Dropout):
                dropouts[name] = (layer.rate, width)
            width = layer.out_features or width
        return dropouts

    def initial(self, seed: int) -> dict[str, ListArray]:
        """The arrays to start learning from, drawn from a generator with that seed."""
        generator = Generator(seed)
        return self._by_name(lambda layer: layer.initial(generator))

    def _by_name(self, own: Callable[[Layer], dict[str, T]]) -> dict[str, T]:
        """What each layer has by short names, all together by full ones."""
        return {
            f"{name}.{short}": each
            for name, layer in self.layers.items()
            for short, each in own(layer).items()
        }

    def require_columns(self, x: Any) -> None:
        """Refuse what is not a table with one column per input.

        Raises:
            ShapeError: If x is none.
        """
        columns = self.input.in_features
        if len(x.shape) != 2 or x.shape[1] != columns:
            raise ShapeError(
                f"the network takes {plural(columns, 'input')}, so x must have shape "
                f"(rows, {columns}); found {tuple(x.shape)}"
            )

    def require_examples(self, x: Any) -> None:
        """Refuse a table without rows, or with other columns than one per input.

        Raises:
            ShapeError: If x is such a table.
        """
        if x.shape[0] == 0:
            raise ShapeError("there are no examples: x has 0 rows; give at least one")
        self.require_columns(x)

    def scores(
        self,
        parameters: Mapping[str, Any],
        x: Any,
        masks: Mapping[str, Any] | None = None,
        *,
        first: str | None = None,
    ) -> Any:
        """The last layer's weighted sums `z`, of shape `(batch, out_features)`.

        Args:
            parameters: Every array of the layout, by name; arrays or tensors.
            x: The batch, of shape `(batch, in_features)`.
            masks: The mask of each dropout layer by name while learning; None in prediction.
            first: The layer that x comes into; the first of all if left out.

        Raises:
            ShapeError: If x is not a table with one column per input.
        """
        names = list(self.layers)
        start = names.index(first) if first else 0
        if not start:
            self.require_columns(x)
        for name in names[start:]:
            layer = self.layers[name]
            own = {short: parameters[f"{name}.{short}"] for short in layer.shapes()}
            if not isinstance(layer, Dense):
                passed = layer.forward(own, x, masks.get(name) if masks else None)
                x = passed if passed is x else named(passed, f"{name}.a")
                continue
            z = named(layer.scores(own, x), f"{name}.z")
            if name != self.output_name:
                x = named(ACTIVATIONS[layer.activation](z), f"{name}.a")
        return z

    def outputs(self, parameters: Mapping[str, Any], x: Any) -> Any:
        """The last layer's activations `a` in prediction, of shape `(batch, out_features)`."""
        return self.activate(self.scores(parameters, x))

    def activate(self, z: Any) -> Any:
        """The output activation of weighted sums `z` of the last layer."""
        return named(ACTIVATIONS[self.output.activation](z), f"{self.output_name}.a")

    def describe(self) -> str:
        """The layers in one line.

        Example:
            >>> Architecture([Dense(2, 3, "relu"), Dropout(0.5), Dense(3, 1)]).describe()
            '2 inputs → 3 relu → dropout 0.5 → 1 identity'
            >>> Architecture([Dense(6, 6, "tanh")] * 30 + [Dense(6, 1)]).describe()
            '6 inputs → 6 tanh (30 times) → 1 identity'
        """
        layers = []
        for record in self.to_dict():
            dense = record["kind"] == Dense.kind
            what = ("out_features", "activation") if dense else ("kind", "rate")
            layers.append(" ".join(str(record[name]) for name in what))
        parts = [plural(self.input.in_features, "input")]
        for layer, alike in groupby(layers):
            count = len(list(alike))
            parts += [layer] * count if count < _MANY_ALIKE else [f"{layer} ({count} times)"]
        return " → ".join(parts)

    def as_table(self) -> list[list[str]]:
        """Headings, and below them each layer's name, sizes, activation or rate, and weights."""
        rows = [["layer", "sizes", "what it does", "weights"]]
        for name, layer in self.layers.items():
            record, shapes = layer.to_dict(), layer.shapes().values()
            sizes = (str(record[key]) for key in ("in_features", "out_features") if key in record)
            kind = record.get("activation") or f"rate {record.get('rate')}"
            rows.append([name, " → ".join(sizes), kind, f"{sum(map(prod, shapes)):,}"])
        return rows

    def to_dict(self) -> list[dict[str, Any]]:
        """What it takes to make the architecture again."""
        return [layer.to_dict() for layer in self.layers.values()]

    @classmethod
    def from_dict(cls, records: Sequence[Mapping[str, Any]]) -> Architecture:
        """Make the architecture that `to_dict` described."""
        return cls([layer_from_dict(record) for record in records])
