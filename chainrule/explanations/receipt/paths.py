"""Ways from the loss to a weight, and the few that carry most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, NamedTuple, final

from chainrule.autodiff import Tensor
from chainrule.explanations.receipt.chain import Link, value_name
from chainrule.words import number, record


@final
@dataclass(frozen=True)
class WeightPath:
    """One way from the loss to the weight.

    Attributes:
        values: The values it passes, from the loss to the weight.
        factors: The local derivatives between them.
        product: Their product.
    """

    values: tuple[str, ...]
    factors: tuple[Any, ...]
    product: Any

    def _repr_html_(self) -> str:
        return record(str(self))

    def __str__(self) -> str:
        units = [value for value in self.values[1:-1] if value.rpartition("[")[0].endswith(".z")]
        way = " ← ".join(["L", *(unit.replace(".z", "") for unit in units)])
        return f"{number(self.product, 4):>12}  {way}"


def heaviest_paths(
    links: Sequence[Link], unit: int, weight: str, last: Any, top: int
) -> tuple[tuple[WeightPath, ...], int]:
    """The paths whose products are largest in size, largest first, and how many there are in all.

    The best paths to a value run along the best paths to the values after it, so each level keeps
    only the `top` best for every entry. Paths with a factor 0 carry nothing and are not counted.

    Args:
        links: The links from the loss down to the weight's own layer.
        unit: The weight's neuron.
        weight: The weight's name.
        last: The derivative between the neuron and the weight.
        top: How many paths to keep.
    """
    best = {0: [_Way(1, 0, None, None)]}
    counts = {0: 1}
    for level, link in enumerate(links, start=1):
        wanted = range(link.width) if level < len(links) else (unit,)
        columns = {q: [(p, f) for p, f in link.column(q) if p in best] for q in wanted}
        counts = {q: sum(counts[p] for p, _ in column) for q, column in columns.items() if column}
        best = {q: _extended(best, q, columns[q], top) for q in counts}
    if last == 0 or unit not in best:
        return (), 0
    names = [link.earlier for link in reversed(links)]
    return tuple(_written(way, names, weight, last) for way in best[unit]), counts[unit]


class _Way(NamedTuple):
    """A path as far as one entry: its product, its last factor, and the path before that."""

    product: Any
    entry: int
    factor: Any
    before: _Way | None


def _extended(
    best: dict[int, list[_Way]], q: int, column: list[tuple[int, Any]], top: int
) -> list[_Way]:
    """The best paths to entry q, from those to the entries that depend on it.

    The `top` best paths come from at most `top` of those entries, and from the ones whose own best
    path, extended, weighs most.
    """
    heavy = nlargest(top, column, key=lambda pf: abs(best[pf[0]][0].product * pf[1]))
    extended = [_Way(way.product * f, q, f, way) for p, f in heavy for way in best[p]]
    return nlargest(top, extended, key=lambda way: abs(way.product))


def _written(way: _Way, earlier: Sequence[Tensor], weight: str, last: Any) -> WeightPath:
    """A path with its values by name, from the loss to the weight."""
    values, factors, product = [weight], [last], way.product * last
    for tensor in earlier:
        values.append(value_name(tensor, way.entry))
        factors.append(way.factor)
        assert way.before is not None
        way = way.before
    return WeightPath(("L", *reversed(values)), tuple(reversed(factors)), product)
