"""The loss by input column: what values add from a reference, and what shuffling them costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from math import fsum, inf, isfinite, sqrt
from operator import add
from typing import Any, final

from chainrule.arrays import Generator, namespace_of
from chainrule.errors import OptionError, ShapeError, require_whole, shown
from chainrule.explanations.shares import (
    ROUNDING,
    PathIntegral,
    Share,
    pieces_of,
    secant_path_integral,
    share_cells,
)
from chainrule.nn import Layout, NetworkStudy
from chainrule.words import (
    Record,
    aligned,
    counted,
    listed,
    number,
    paragraph,
    printed,
    shortened,
    to_frame,
)

_LEAST_SPLITS = 8
"""The pieces that the way from the reference to the inputs is cut into at first.

After the first halving no amount was further off than 0.3% of all together, on numbers of prices.
"""

_MOST_SHUFFLED = 30
"""So many columns, those of the largest amounts, are shuffled."""

_LISTED = 10

_MOST_ROWS = 2000
"""So many rows, drawn by the seed, are measured on at most."""

_NUMBERS_AT_ONCE = 500_000
"""So many inputs are worked on at a time."""

_ALIKE = 0.9
"""From this correlation on two columns say nearly the same."""

_LEAST_DEVIATION = 0.2
"""A feature that hardly ever differs, such as a rare category, goes along with any other such."""


@final
@dataclass(frozen=True)
class Columns(Record):
    """The loss beyond that of a reference, shared out among the input columns.

    Attributes:
        columns: Every column, the largest amount first, whichever its sign.
        reference: What is counted from, in words.
        reference_loss: The loss there.
        loss: The loss now.
        residual: What the amounts leave unexplained of the difference.
        trusted: Whether that is at most 0.1% of it.
        shuffled: For the 30 columns of the largest amounts, how much the loss rises when the values
            are shuffled among the rows, measured, the largest first; empty for one row.
        alike: Of those, the columns that say nearly the same, shuffled together.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(2, 1, "sigmoid", weight=[[2.0, 0.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]], [0, 0, 1])
        >>> columns = ex.columns()
        >>> [(column.name, round(column.amount, 2), column.effect) for column in columns]
        [('x[0]', -0.56, 'helped'), ('x[1]', 0.0, 'did nothing')]
    """

    columns: tuple[Share, ...]
    reference: str
    reference_loss: float
    loss: float
    residual: float
    trusted: bool
    shuffled: tuple[Shuffled, ...] = ()
    alike: tuple[Shuffled, ...] = ()

    def __iter__(self) -> Iterator[Share]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, name: str) -> float:
        for column in self.columns:
            if column.name == name:
                return column.amount
        known = ", ".join(column.name for column in self.columns[:8])
        raise OptionError(f"there is no column {shown(name)}; there are {known}")

    @property
    def _rises(self) -> dict[str, Shuffled]:
        return {name: column for column in self.shuffled for name in column.names}

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each column, its shuffling beside its share, in "pandas" or "polars"."""
        rises = {name: {"rise": s.rise, "spread": s.spread} for name, s in self._rises.items()}
        rows = [column.to_dict() | rises.get(column.name, {}) for column in self.columns]
        return to_frame(rows, library)

    def _repr_html_(self) -> str:
        rises = {name: column.rise for name, column in self._rises.items()}
        rows = [(c.name, rises.get(c.name), c.amount, c.effect) for c in self.columns]
        titles = ("column", "loss if shuffled", "amount", "it")
        return printed(str(self), "the columns", titles if self.trusted else (), rows)

    def __str__(self) -> str:
        lines = [paragraph(self._sentence())]
        amounts = {column.name: column for column in self.columns} if self.trusted else {}
        rises = {n: (f"{c.rise:+.3g}", c.give_or_take) for n, c in self._rises.items()}
        rows = [
            (
                shortened(name, most=32),
                *rises.get(name, ()),
                *(share_cells(amounts[name].amount) if name in amounts else ("", "")),
            )
            for name in list(rises or amounts)[:_LISTED]
        ]
        head = ("column", *(("loss if shuffled", "") if rises else ()), "amount", "")
        lines += aligned([head, *rows]) if rows else []
        return "\n".join([*lines, *(paragraph(str(group)) for group in self.alike)])

    def _sentence(self) -> str:
        """What there was to share out, and how far the amounts add up to it."""
        if not isfinite(self.loss):
            return f"the loss is {self.loss}, of which no column has a part: ask health about it"
        change, there = self.loss - self.reference_loss, number(self.reference_loss, 4)
        adds_up = f"explained {number(change - self.residual, 4)} of {number(change, 4)}"
        if not isfinite(self.residual):
            adds_up = "no such difference is shared out"
        elif not self.trusted:
            adds_up += "; too far off to trust"
        elif not change:
            there, cancels = "the same", any(column.amount for column in self)
            adds_up = "what the columns add cancels out" if cancels else "nothing changed"
        return f"loss {number(self.loss, 4)}, and {there} with {self.reference}: {adds_up}"


def columns(
    study: NetworkStudy,
    *,
    inputs: Sequence[str] = (),
    reference: Any = None,
    repeats: int,
    seed: int,
) -> Columns:
    """Share the loss out among the input columns, and measure it with each of them shuffled.

    `A_j = ∫ (∂L/∂x_j) dx_j` along the straight line from the reference to the inputs, so that
    `Σ_j A_j = L(x) - L(reference)`; the features of one column of a table are added up.

    Args:
        study: The network and the examples.
        inputs: For each input the column that it belongs to; their numbers if left out.
        reference: An example to count from, with one number per input; the mean of the examples,
            or zeros if there is one alone.
        repeats: How often each column is shuffled; 0 for not at all.
        seed: Decides how.

    Raises:
        ShapeError: If the reference has another size than the inputs.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.0, 2.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> x, t = xp.asarray([[1.0, 1.0]]), xp.asarray([[0.0]])
        >>> loss = LOSSES["mean_squared_error"]
        >>> study = NetworkStudy(Architecture([Dense(2, 1)]), loss, weights, x, t)
        >>> found = columns(study, repeats=0, seed=0)
        >>> [(column.name, round(column.amount, 9)) for column in found.columns], found.residual
        ([('x[1]', 6.0), ('x[0]', 3.0)], 0.0)

    Source: Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks" (2017), with the
    loss in place of the output.
    """
    require_whole("repeats", repeats, least=0)
    x = study.x
    xp = namespace_of(x)
    start, words = _start(xp, x, reference, study.weights)
    ways = [(share, _way(study.only(places), start)) for places, share in row_parts(study)]

    def whole(of_part: Callable[[PathIntegral], Any]) -> Any:
        return reduce(add, (share * of_part(way) for share, way in ways))

    amounts = whole(lambda way: xp.sum(xp.reshape(way.entries, (-1, x.shape[1])), axis=0)).tolist()
    names = tuple(inputs) or tuple(f"x[{n}]" for n in range(len(amounts)))
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    loss, measured = whole(lambda way: float(way.end[0])), whole(lambda way: way.measured)
    rounding = ROUNDING * max(abs(loss), abs(loss - measured))
    measured = _effect(measured, rounding)
    by_column = {n: _effect(sum(amounts[p] for p in own), rounding) for n, own in places.items()}
    largest = sorted(by_column, key=lambda name: -abs(by_column[name]))
    some = {name: places[name] for name in largest[:_MOST_SHUFFLED]}
    repeats *= isfinite(loss)
    shuffled, alike = shuffled_columns(study, some, repeats=repeats, seed=seed)
    return Columns(
        columns=tuple(Share(name, by_column[name]) for name in largest),
        reference=words,
        reference_loss=loss - measured,
        loss=loss,
        residual=whole(lambda way: way.residual),
        trusted=all(way.trusted for _, way in ways),
        shuffled=shuffled,
        alike=alike,
    )


def _effect(amount: float, rounding: float) -> float:
    """An amount, but 0 where rounding alone may be as large."""
    return 0.0 if abs(amount) <= rounding < inf else amount


def _way(study: NetworkStudy, start: Any) -> PathIntegral:
    """What the examples' inputs add to the loss on the way from the reference."""
    ends = {"x": start + namespace_of(start).zeros_like(study.x)}, {"x": study.x}
    piece = pieces_of(lambda inputs: replace(study, **inputs).losses(), *ends)
    layout = Layout({"x": study.x.shape})
    return secant_path_integral(piece, *ends, layout, least_splits=_LEAST_SPLITS)


def _start(xp: Any, x: Any, reference: Any, weights: Sequence[float] | None) -> tuple[Any, str]:
    """Where the way begins, in one row for all examples, and how a sentence says it."""
    if reference is None and x.shape[0] == 1:
        return xp.zeros_like(x), "every input zero"
    if reference is None:
        counts = xp.ones_like(x[:, 0]) if weights is None else xp.asarray(weights, dtype=x.dtype)
        return xp.reshape(counts @ x / xp.sum(counts), (1, -1)), "the mean row's inputs"
    asked = f"the reference has a finite number for each input, {x.shape[1]} in all"
    try:
        numbers = reference.tolist() if hasattr(reference, "tolist") else list(reference)
        row = xp.reshape(xp.asarray(numbers, dtype=x.dtype), (1, -1))
        if not all(map(isfinite, row[0].tolist())):
            raise ValueError  # NumPy takes None for nan
    except (TypeError, ValueError, OverflowError):
        raise ShapeError(f"{asked}; found {shown(reference)}: give them in a list") from None
    if row.shape[1] != x.shape[1]:
        raise ShapeError(f"{asked}; found {row.shape[1]}")
    return row, "the given row's inputs"


@final
@dataclass(frozen=True)
class Shuffled(Record):
    """The loss with a column's values shuffled among the rows.

    Attributes:
        names: The column, or several that say nearly the same and were shuffled together.
        rise: How much the loss rose, the mean of the repeats: about 0 where nothing depends on it.
        spread: The standard deviation among the repeats; 0 for one.
        correlation: The largest between a feature of one column and of another; None for one.
    """

    names: tuple[str, ...]
    rise: float
    spread: float
    correlation: float | None = None

    @property
    def give_or_take(self) -> str:
        """The spread behind a sign; nothing where the rise is not finite."""
        return f"± {self.spread:.2g}" if isfinite(self.spread) else ""

    def __str__(self) -> str:
        alike = f"correlation {'up to ' * (len(self.names) > 2)}{self.correlation:.2f}"
        return (
            f"{listed(self.names, flowing=True)} say nearly the same ({alike}): what "
            "one of them adds cannot be seen while the others stay as they are. Shuffled together "
            f"the loss rises by {f'{number(self.rise, 3)} {self.give_or_take}'.rstrip()}."
        )


def shuffled_columns(
    study: NetworkStudy, places: Mapping[str, Sequence[int]], *, repeats: int, seed: int
) -> tuple[tuple[Shuffled, ...], tuple[Shuffled, ...]]:
    """The rise of the loss for each column, the largest first, and for columns that are alike.

    Args:
        study: The network and the examples; with fewer than two nothing is shuffled.
        places: For each column the places of its features among the inputs.
        repeats: How often each is shuffled.
        seed: Decides the rows, if there are more than 2,000, and the shuffles.

    Source: Breiman, "Random forests" (2001), section 10; Strobl et al., "Conditional variable
    importance for random forests" (2008), on columns that go together.
    """
    generator, count = Generator(seed), study.x.shape[0]
    if not repeats or count < 2:
        return (), ()
    if count > _MOST_ROWS:
        study = study.only(sorted(generator.permutation(count)[:_MOST_ROWS]))
    orders = [generator.permutation(study.x.shape[0]) for _ in range(repeats)]
    loss = _loss_shuffled(study, (), range(study.x.shape[0]))

    def rise(names: tuple[str, ...], correlation: float | None = None) -> Shuffled:
        features = [place for name in names for place in places[name]]
        losses = [_loss_shuffled(study, features, order) for order in orders]
        rises = [_effect(then - loss, ROUNDING * abs(loss)) for then in losses]
        mean = sum(rises) / repeats
        apart = [value - mean for value in rises]
        spread = sqrt(sum(d * d for d in apart) / max(repeats - 1, 1))
        return Shuffled(names, mean, spread, correlation)

    alone = sorted((rise((name,)) for name in counted(list(places))), key=lambda c: -c.rise)
    alike = (rise(names, correlation) for names, correlation in _alike(study.x, places))
    return tuple(alone), tuple(alike)


def row_parts(study: NetworkStudy) -> Iterator[tuple[range, float]]:
    """The places of the examples part by part, each with its share of the weight.

    So a wide table is never held several times over.
    """
    count, width = study.x.shape
    weights = study.weights or (1.0,) * count
    whole, at_once = fsum(weights), max(1, _NUMBERS_AT_ONCE // width)
    for first in range(0, count, at_once):
        places = range(first, min(first + at_once, count))
        yield places, fsum(weights[place] for place in places) / whole


def _loss_shuffled(study: NetworkStudy, features: Sequence[int], order: Sequence[int]) -> float:
    """The loss with some inputs taken from other rows."""
    xp, width = namespace_of(study.x), study.x.shape[1]
    own = set(features)
    here = xp.asarray([place in own for place in range(width)])
    loss = 0.0
    for places, share in row_parts(study):
        part = study.only(places)
        other = xp.take(study.x, xp.asarray([order[place] for place in places]), axis=0)
        loss += share * float(replace(part, x=xp.where(here, other, part.x)).loss())
    return loss


def _alike(x: Any, places: Mapping[str, Sequence[int]]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Columns with features that go along with each other, joined where they share one."""
    xp, spreads = namespace_of(x), namespace_of(x).std(x, axis=0).tolist()
    owners = {
        place: name
        for name, own in places.items()
        for place in own
        if spreads[place] >= _LEAST_DEVIATION
    }
    if not owners:
        return
    varied = xp.take(x, xp.asarray(list(owners)), axis=1)
    varied = (varied - xp.mean(varied, axis=0)) / xp.std(varied, axis=0)
    strengths = xp.abs(xp.matmul(xp.matrix_transpose(varied), varied) / x.shape[0]).tolist()
    groups: list[tuple[set[str], float]] = []
    for (row, one), (column, other) in combinations(enumerate(owners.values()), 2):
        if one != other and strengths[row][column] >= _ALIKE:
            joined, correlation = {one, other}, min(strengths[row][column], 1.0)
            for group in [group for group in groups if group[0] & joined]:
                groups.remove(group)
                joined, correlation = joined | group[0], max(correlation, group[1])
            groups.append((joined, correlation))
    for names, correlation in groups:
        yield tuple(name for name in places if name in names), correlation
