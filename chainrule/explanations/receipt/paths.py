"""Ways from the loss to a weight, and the few that carry most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, final

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
    best: dict[int, list[WeightPath]] = {0: [WeightPath(("L",), (), 1)]}
    counts = {0: 1}
    for level, link in enumerate(links, start=1):
        wanted = range(link.width) if level < len(links) else (unit,)
        columns = {q: [(p, f) for p, f in link.column(q) if p in best] for q in wanted}
        counts = {q: sum(counts[p] for p, _ in column) for q, column in columns.items() if column}
        best = {q: _extended(link, best, q, columns[q], top) for q in counts}
    if last == 0 or unit not in best:
        return (), 0
    paths = tuple(
        WeightPath((*p.values, weight), (*p.factors, last), p.product * last) for p in best[unit]
    )
    return paths, counts[unit]


def _extended(
    link: Link, best: dict[int, list[WeightPath]], q: int, column: list[tuple[int, Any]], top: int
) -> list[WeightPath]:
    """The best paths to entry q, from those to the entries that depend on it.

    The `top` best paths come from at most `top` of those entries, and from the ones whose own best
    path, extended, weighs most.
    """
    heavy = nlargest(top, column, key=lambda pf: abs(best[pf[0]][0].product * pf[1]))
    extended = ((path, f) for p, f in heavy for path in best[p])
    name = value_name(link.earlier, q)
    return [
        WeightPath((*path.values, name), (*path.factors, f), path.product * f)
        for path, f in nlargest(top, extended, key=lambda pair: abs(pair[0].product * pair[1]))
    ]
