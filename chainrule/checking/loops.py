"""Results that one line of code made in every step of a loop: there a slip in it is made, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.autodiff import Tensor
from chainrule.checking.expressions import label, picked_from

DEPTH = 2
"""So many sums and products inside one another are compared to tell that one line made both."""


def made_alike(nodes: Iterable[Tensor]) -> list[list[Tensor]]:
    """Of some results, those that were made by the same ops from the same named values.

    Example:
        >>> from chainrule import ops
        >>> w, h = Tensor(0.5, name="w"), 0.0
        >>> made = [h := ops.tanh(w * x + h) for x in (1.0, 2.0, 3.0)]
        >>> [len(group) for group in made_alike([*made, ops.tanh(w)])]
        [3]
    """
    groups: dict[Any, list[Tensor]] = {}
    for node in nodes:
        if origin := node.origin:
            line = origin.primitive, tuple(_written(x, DEPTH) for x in origin.inputs)
            groups.setdefault(line, []).append(node)
    return [group for group in groups.values() if len(group) > 1]


def words_for(alike: list[Tensor]) -> str:
    """The words for results that one line made: those of the first, and how many more there are."""
    return f"{label(alike[0])} and {len(alike) - 1} more like it"


def _written(x: Any, depth: int) -> Any:
    """What was written for a value: sums and products of named ones; the rest may be a number."""
    if type(x) is not Tensor:
        return None
    if x.origin is None:
        return x.serial
    if picked := picked_from(x):
        source, entries, shape = picked
        return _written(source, depth), tuple(entries), shape
    op = x.origin.primitive
    if depth == 0 or not (op.signs or op.traits.multilinear):
        return None
    return op, tuple(_written(i, depth - 1) for i in x.origin.inputs)
