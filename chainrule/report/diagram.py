"""A network as the few units and lines that carry most, ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import prod
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import Architecture, Dense, weight_name
from chainrule.words import plural

MOST_UNITS = 16
"""How many units of a layer are drawn; the others are folded into one line of text."""

MOST_LINES = 80
"""How many lines between two layers are drawn."""

LISTED = 3
"""How many units of a layer the words name."""


@final
@dataclass(frozen=True)
class Unit:
    """One unit that is drawn.

    Attributes:
        index: Its place in its layer.
        label: Its name.
        share: The part of `Σ g²` that its weights and bias carry; for an input, the weights that
            read it.
    """

    index: int
    label: str
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Every field by name."""
        return {"index": self.index, "label": self.label, "share": self.share}


def diagram(
    architecture: Architecture,
    gradients: Mapping[str, Any],
    total: float,
    *,
    inputs: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> dict[str, Any]:
    """Which units and lines to draw, with the share and the sign of each.

    Args:
        architecture: The layers.
        gradients: The gradient of every parameter by name.
        total: `Σ g²` over all of them.
        inputs: The names of the inputs; empty where they are not known.
        classes: The names of the outputs; used where there is one name for each.

    Returns:
        `layers`, each with `name`, `title`, its `units` and what is `folded` (`count`, `share`);
        `lines` between neighbouring layers, each with `layer` (the one that it leads to), `source`
        and `target` (places among the units drawn), `name`, `slope`, `share`; `folded_lines`
        likewise; and the same in `words`, a sentence for each layer.

    Example:
        >>> import chainrule.arrays as xp
        >>> slopes = {"dense1.weight": xp.asarray([[3.0, -4.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> drawn = diagram(Architecture([Dense(2, 1)]), slopes, 25.0, inputs=("age", "height"))
        >>> [(line["name"], line["share"]) for line in drawn["lines"]]
        [('dense1.weight[0,1]', 0.64), ('dense1.weight[0,0]', 0.36)]
        >>> drawn["words"][1]
        'dense1 (1 identity unit) carries 100.0% of the share: dense1[0] 100.0%.'
    """
    dense = {n: layer for n, layer in architecture.layers.items() if isinstance(layer, Dense)}
    layers = [_inputs(gradients, total, inputs)]
    lines: list[dict[str, Any]] = []
    for name, layer in dense.items():
        last = name == architecture.output_name
        labels = classes if last and len(classes) == layer.out_features else ()
        layers.append(_neurons(name, layer, gradients, total, labels))
        lines += _lines(name, gradients[f"{name}.weight"], total, *layers[-2:], at=len(layers) - 1)
    shapes = architecture.layout.shapes
    count = sum(prod(shapes[f"{name}.weight"]) for name in dense)
    return {
        "layers": [_plain(layer) for layer in layers],
        "lines": lines,
        "folded_lines": count - len(lines),
        "words": [_words(layer, first=place == 0) for place, layer in enumerate(layers)],
    }


def _inputs(gradients: Mapping[str, Any], total: float, names: Sequence[str]) -> dict[str, Any]:
    g = gradients["dense1.weight"]
    squares = namespace_of(g).sum(g * g, axis=0).tolist()
    labels = names or [f"x[{i}]" for i in range(len(squares))]
    return _layer("inputs", plural(len(squares), "input"), squares, labels, total)


def _neurons(
    name: str, layer: Dense, gradients: Mapping[str, Any], total: float, names: Sequence[str]
) -> dict[str, Any]:
    g, b = gradients[f"{name}.weight"], gradients[f"{name}.bias"]
    squares = (namespace_of(g).sum(g * g, axis=1) + b * b).tolist()
    labels = names or [f"{name}[{i}]" for i in range(len(squares))]
    title = plural(len(squares), f"{layer.activation} unit")
    return _layer(name, title, squares, labels, total)


def _layer(
    name: str, title: str, squares: list[float], labels: Sequence[str], total: float
) -> dict[str, Any]:
    """A layer with the units that carry most, in their own order."""
    shares = [square / total if total else 0.0 for square in squares]
    drawn = sorted(nlargest(MOST_UNITS, range(len(shares)), key=shares.__getitem__))
    units = [Unit(i, labels[i], shares[i]) for i in drawn]
    return {
        "name": name,
        "title": title,
        "share": sum(shares),
        "units": units,
        "folded": {
            "count": len(shares) - len(drawn),
            "share": sum(shares) - sum(unit.share for unit in units),
        },
    }


def _lines(
    name: str, g: Any, total: float, before: dict[str, Any], after: dict[str, Any], *, at: int
) -> list[dict[str, Any]]:
    """The heaviest weights between the units drawn of two layers, the heaviest first."""
    rows = {unit.index: g[unit.index, :].tolist() for unit in after["units"]}
    slopes = (
        (rows[target.index][source.index], s, t)
        for t, target in enumerate(after["units"])
        for s, source in enumerate(before["units"])
    )
    return [
        {
            "layer": at,
            "source": s,
            "target": t,
            "name": weight_name(
                f"{name}.weight", (after["units"][t].index, before["units"][s].index)
            ),
            "slope": slope,
            "share": slope * slope / total if total else 0.0,
        }
        for slope, s, t in nlargest(MOST_LINES, slopes, key=lambda entry: abs(entry[0]))
    ]


def _words(layer: Mapping[str, Any], *, first: bool) -> str:
    heaviest: Iterable[Unit] = nlargest(LISTED, layer["units"], key=lambda unit: unit.share)
    listed = ", ".join(f"{unit.label} {unit.share:.1%}" for unit in heaviest)
    if first:
        return f"{layer['title']}; the weights that read them carry, of the share: {listed}."
    return (
        f"{layer['name']} ({layer['title']}) carries {layer['share']:.1%} of the share: {listed}."
    )


def _plain(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {**layer, "units": [unit.to_dict() for unit in layer["units"]]}
