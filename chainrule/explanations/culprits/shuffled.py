"""What the loss becomes when a column says nothing, measured: its values are shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import fsum, sqrt
from typing import Any, final

from chainrule.arrays import Generator, namespace_of
from chainrule.nn import NetworkStudy
from chainrule.words import Record, counted, listed, number

_MOST_ROWS = 2000
"""So many rows, drawn by the seed, are measured on at most."""

_NUMBERS_AT_ONCE = 2_000_000
"""So many inputs are worked on at a time."""

_ALIKE = 0.9
"""From this correlation on two columns say nearly the same."""

_LEAST_DEVIATION = 0.2
"""A feature that hardly ever differs, such as a rare category, goes along with any other such."""


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

    def __str__(self) -> str:
        return (
            f"{listed(self.names)} say nearly the same (correlation {self.correlation:.2f}): what "
            "one of them adds cannot be seen while the others stay as they are. Shuffled together "
            f"the loss rises by {number(self.rise, 3)} ± {number(self.spread, 2)}."
        )


def shuffled_columns(
    study: NetworkStudy, places: Mapping[str, Sequence[int]], *, repeats: int, seed: int
) -> tuple[tuple[Shuffled, ...], tuple[Shuffled, ...]]:
    """The rise of the loss for each column, the largest first, and for columns that are alike.

    Args:
        study: The network and the examples, two at least.
        places: For each column the places of its features among the inputs.
        repeats: How often each is shuffled.
        seed: Decides the rows, if there are more than 2,000, and the shuffles.

    Source: Breiman, "Random forests" (2001), section 10; Strobl et al., "Conditional variable
    importance for random forests" (2008), on columns that go together.
    """
    generator = Generator(seed)
    count = study.x.shape[0]
    if count > _MOST_ROWS:
        study = study.only(sorted(generator.permutation(count)[:_MOST_ROWS]))
    orders = [generator.permutation(study.x.shape[0]) for _ in range(repeats)]
    loss = _loss_shuffled(study, (), range(study.x.shape[0]))

    def rise(names: tuple[str, ...], correlation: float | None = None) -> Shuffled:
        features = [place for name in names for place in places[name]]
        rises = [_loss_shuffled(study, features, order) - loss for order in orders]
        mean = sum(rises) / repeats
        spread = sqrt(sum((value - mean) ** 2 for value in rises) / max(repeats - 1, 1))
        return Shuffled(names, mean, spread, correlation)

    alone = sorted(
        (rise((name,)) for name in counted(list(places))), key=lambda column: -column.rise
    )
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
    xp = namespace_of(x)
    lengths = xp.std(x, axis=0).tolist()
    features = {
        name: [place for place in own if lengths[place] >= _LEAST_DEVIATION]
        for name, own in places.items()
    }
    used = [place for own in features.values() for place in own]
    if not used:
        return
    varied = xp.take(x, xp.asarray(used), axis=1)
    varied = varied - xp.mean(varied, axis=0)
    products = (xp.matmul(xp.matrix_transpose(varied), varied) / x.shape[0]).tolist()
    row_of = {place: row for row, place in enumerate(used)}
    groups: list[tuple[set[str], float]] = []
    for one, other in combinations(features, 2):
        strongest = max(
            (
                abs(products[row_of[a]][row_of[b]]) / (lengths[a] * lengths[b])
                for a in features[one]
                for b in features[other]
            ),
            default=0.0,
        )
        if strongest >= _ALIKE:
            joined, correlation = {one, other}, min(strongest, 1.0)
            for group in [group for group in groups if group[0] & joined]:
                groups.remove(group)
                joined, correlation = joined | group[0], max(correlation, group[1])
            groups.append((joined, correlation))
    for names, correlation in groups:
        yield tuple(name for name in places if name in names), correlation
