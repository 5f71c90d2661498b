"""Slopes ranked and rolled up: totals first, the few entries that carry them, and any doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite, isnan, prod
from typing import Any, final, overload

from chainrule.arrays import namespace_of
from chainrule.errors import require_known, require_place, require_whole
from chainrule.explanations.what_if.slopes import Direction, direction, off_the_line
from chainrule.nn import (
    as_rows,
    entries,
    find_weight,
    place_of,
    row_sums,
    sums_by_layer,
    sums_by_neuron,
    weight_name,
)
from chainrule.words import Record, Records, axes, draw_spreads, plural, to_frame

SHOWN = 10
"""How many weights a cell of a notebook shows."""


@final
@dataclass(frozen=True)
class WeightSlope(Record):
    """One weight in a ranking.

    Attributes:
        name: Such as `dense1.weight[3,2]`.
        value: The weight itself.
        slope: `dL/dw`.
        share: `g² / Σ g²`, its part of the loss drop of one small plain gradient step, 0 to 1.
        nudge: What was added to it to measure, None if it was not measured.
        predicted: The change of the loss that its slope alone predicts for that nudge.
        measured: The change when the model was run again.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> steepest = ex.measured(top=1)[0]
        >>> steepest.name, steepest.direction, round(steepest.slope, 3), round(steepest.share, 3)
        ('dense1.bias[0]', 'decrease', 0.512, 0.743)
        >>> round(steepest.nudge, 3), round(steepest.predicted, 5), round(steepest.measured, 5)
        (-0.01, -0.00512, -0.00511)
    """

    also = ("direction",)

    name: str
    value: float
    slope: float
    share: float
    nudge: float | None = None
    predicted: float | None = None
    measured: float | None = None

    @property
    def direction(self) -> Direction:
        """Which way to move it so that the loss falls."""
        return direction(self.slope)

    def bends(self, loss: float) -> bool:
        """Whether the measured change of a loss is not the predicted one, to 10% and rounding."""
        if self.predicted is None or self.measured is None:
            return False
        return off_the_line(self.measured, self.predicted, loss)


def listed_slopes(some: Iterable[WeightSlope]) -> Records[WeightSlope]:
    """Weights as a list that prints as a table."""
    return Records(some, "weights, the steepest first")


@final
class Ranking:
    """Every weight, the steepest slope first; worked out as far as it is read.

    Args:
        parameters: The weights by name.
        gradients: Their gradients by name.

    Attributes:
        total: `Σ g²`, the loss drop of one small plain gradient step per unit of learning rate.

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
        self._squares = {name: row_sums(g * g) for name, g in gradients.items()}
        self.total = sum(map(sum, self._squares.values()))

    @property
    def steepest(self) -> float:
        """`max |g|`, above 0 also where its square is too small for a number."""
        return max((size for size, *_ in self._steepest), default=0.0)

    def __len__(self) -> int:
        return sum(prod(g.shape) for g in self.gradients.values())

    @overload
    def __getitem__(self, place: int | str) -> WeightSlope: ...

    @overload
    def __getitem__(self, place: slice) -> Records[WeightSlope]: ...

    def __getitem__(self, place: int | str | slice) -> WeightSlope | Records[WeightSlope]:
        if isinstance(place, str):
            return self.weight(*find_weight(place, {n: g.shape for n, g in self.gradients.items()}))
        require_place("weight", place, len(self))
        places = range(len(self))[place]
        if isinstance(places, int):
            return self.top(places + 1)[places]
        steepest = self.top(max(places, default=-1) + 1)
        return listed_slopes(steepest[one] for one in places)

    def __iter__(self) -> Iterator[WeightSlope]:
        return iter(self.top(len(self)))

    def top(self, count: int) -> Records[WeightSlope]:
        """The `count` steepest; ties in order of name and index, what is not a number last.

        Raises:
            OptionError: If `count` is no whole number, or below 0.
        """
        require_whole("the number of weights to list", count, least=0)
        ranked = sorted((size for size, *_ in self._steepest), reverse=True)
        # The k rows with the steepest entries hold k entries at least as steep as the k-th row's,
        # so no smaller entry is among the first k.
        known = count <= len(ranked) and isfinite(self.total)
        least = ranked[count - 1] if known else 0.0
        tables = self._tables
        steep = [
            (-abs(slope), order, name, place)
            for size, order, name, row in self._steepest
            if not size < least
            for place, slope in enumerate(tables[name][row].tolist(), row * tables[name].shape[1])
            if not abs(slope) < least
        ]
        steep.sort(key=lambda entry: (entry[0] != entry[0], entry[0], entry[1], entry[3]))
        shapes = {name: g.shape for name, g in self.gradients.items()}
        return listed_slopes(
            self.weight(name, place_of(place, shapes[name])) for *_, name, place in steep[:count]
        )

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return {name: as_rows(g) for name, g in self.gradients.items()}

    @cached_property
    def _steepest(self) -> list[tuple[float, int, str, int]]:
        """The size of every row's steepest entry, with the row's place."""
        steepest = []
        for order, (name, rows) in enumerate(self._tables.items()):
            xp = namespace_of(rows)
            sizes = xp.maximum(xp.max(rows, axis=1), -xp.min(rows, axis=1)).tolist()
            steepest += [(size, order, name, row) for row, size in enumerate(sizes)]
        return steepest

    def weight(self, parameter: str, index: tuple[int, ...]) -> WeightSlope:
        """One weight's entry."""
        slope = float(self.gradients[parameter][index])
        value = float(self.parameters[parameter][index])
        return WeightSlope(weight_name(parameter, index), value, slope, self._share(slope * slope))

    def plot(self, ax: Any = None, *, what: str = "values") -> Any:
        """The weights of each layer, or how the gradient flows, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.
            what: "values" of the weights, or the sizes of their "slopes".

        Returns:
            Matplotlib's Axes: of each layer least, quartiles and largest.

        Raises:
            OptionError: If `what` is neither.
            MissingExtraError: If matplotlib is not installed.
        """
        require_known("plot of weights", ("values", "slopes"), what)
        slopes, layers = what == "slopes", dict[str, list[float]]()
        for name, array in (self.gradients if slopes else self.parameters).items():
            sizes = namespace_of(array).abs(array) if slopes else array
            layers.setdefault(name.partition(".")[0], []).extend(entries(sizes))
        title = "gradient flow: how steep each layer is" if slopes else "weights by layer"
        unit = "|dL/dw| (loss per unit of weight)" if slopes else "value of the weight"
        ax = axes(ax, title=title, x="layer, and how many weights it has", y=unit)
        draw_spreads(ax, layers, log=slopes)
        return ax

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each weight, the steepest first, in a data frame of "pandas" or "polars"."""
        return to_frame(self, library)

    def by_layer(self) -> dict[str, float]:
        """The share of each layer, what a name says before its first dot; they add up to 1."""
        squares = sums_by_layer((name, sum(rows)) for name, rows in self._squares.items())
        return {layer: self._share(square) for layer, square in squares.items()}

    def by_neuron(self) -> dict[str, float]:
        """The share of each neuron, its weights and its bias together; they add up to 1."""
        squares = sums_by_neuron(self._squares.items())
        return {neuron: self._share(square) for neuron, square in squares.items()}

    def _repr_html_(self) -> str:
        return self.top(SHOWN)._repr_html_()

    def __repr__(self) -> str:
        return f"<ranking of {len(self)} weights; ask for [0], .top(10) or .by_layer()>"

    def _share(self, square: float) -> float:
        return square / self.total if self.total else 0.0


def notes(
    loss: float, weights: Ranking, kinks: Sequence[str], shown: Sequence[WeightSlope]
) -> list[str]:
    """Sentences on what cannot be trusted; none if everything can.

    Args:
        loss: The loss that is explained.
        weights: All of them, with their slopes.
        kinks: Where the run passes exactly over a corner.
        shown: The weights that are shown, with what was measured.

    Example:
        >>> notes(float("nan"), Ranking({}, {}), [], [])
        ['the loss is nan: trust no number here; of a network, health says where it was born']
    """
    if not isfinite(loss):
        return [
            f"the loss is {loss}: trust no number here; of a network, health says where it was born"
        ]
    if isnan(weights.total) or not isfinite(weights.steepest):
        return ["a gradient is not a finite number: shares and ranking cannot be trusted"]
    notes = []
    if weights.steepest == 0:
        notes.append("every slope is 0, so slopes say nothing here: no small change matters")
    elif not 0 < weights.total < inf:
        size = "small" if weights.total == 0 else "large"
        notes.append(
            f"shares cannot be trusted: the squares of the slopes are too {size} for numbers"
        )
    if kinks:
        listed = "; ".join(kinks[:3]) + "; …" * (len(kinks) > 3)
        notes.append(f"exactly on a corner, where a slope is that of one side only: {listed}")
    if bent := [weight.name for weight in shown if weight.bends(loss)]:
        listed = ", ".join(bent[:3]) + (", …" if len(bent) > 3 else "")
        count = plural(len(bent), "weight")
        notes.append(
            f"the slope is off by more than 10% for a small nudge of {count} ({listed}): "
            "go by what was measured"
        )
    return notes
