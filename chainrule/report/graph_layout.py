"""Where the boxes of a graph stand: in layers by depth, with few crossings and short lines."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

Edge = tuple[int, int]
Neighbours = Mapping[int, list[int]]

SWEEPS = 12
"""How often the layers are put in order, and moved, downwards and upwards."""

GAP, LINE_GAP = 24.0, 12.0
"""The room beside a box, and beside a line on its way past boxes."""


@final
@dataclass(frozen=True)
class Placed:
    """Where everything stands.

    Attributes:
        places: Of each box its middle from the left, and its layer.
        lines: Of each edge the points that it goes through, in the same way.
        width: How wide all of it is.
        layers: How many layers there are.
    """

    places: tuple[tuple[float, int], ...]
    lines: dict[Edge, tuple[tuple[float, int], ...]]
    width: float
    layers: int


def place(widths: Sequence[float], edges: Sequence[Edge]) -> Placed:
    """Place boxes below all boxes that lead to them.

    Args:
        widths: How wide each box is; an edge leads from an earlier one to a later one.
        edges: Pairs of boxes.

    Example:
        >>> placed = place([40.0, 40.0, 40.0], [(0, 2), (1, 2)])
        >>> placed.places, placed.width
        (((20.0, 0), (84.0, 0), (52.0, 1)), 104.0)

    Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system
    structures" (1981), with the barycentres of section IV.
    """
    depths = _depths(len(widths), edges)
    sizes = list(widths)
    layers: list[list[int]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for node, depth in enumerate(depths):
        layers[depth].append(node)
    ways: dict[Edge, list[int]] = {}
    before, after = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for source, target in edges:
        way = [source]
        for depth in range(depths[source] + 1, depths[target]):  # a bend in each layer passed
            layers[depth].append(len(sizes))
            way.append(len(sizes))
            sizes.append(0.0)
        ways[source, target] = [*way, target]
        for upper, lower in pairwise(ways[source, target]):
            after[upper].append(lower)
            before[lower].append(upper)
    layers = _in_order(layers, before, after)
    middles = _middles(layers, sizes, before, after)
    left = min((x - sizes[n] / 2 for n, x in middles.items()), default=0.0)
    right = max((x + sizes[n] / 2 for n, x in middles.items()), default=0.0)
    layer_of = {node: at for at, layer in enumerate(layers) for node in layer}
    spots = [(middles[n] - left, layer_of[n]) for n in range(len(sizes))]
    lines = {edge: tuple(spots[n] for n in way) for edge, way in ways.items()}
    return Placed(tuple(spots[: len(widths)]), lines, right - left, len(layers))


def _depths(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each box: just above the first that it leads to."""
    above = [0] * count  # layers from the lowest one up
    for source, target in sorted(edges, reverse=True):
        above[source] = max(above[source], above[target] + 1)
    return [max(above, default=0) - layer for layer in above]


def _in_order(layers: list[list[int]], before: Neighbours, after: Neighbours) -> list[list[int]]:
    """Each layer ordered by the mean place of its neighbours; of all orders seen the clearest."""
    best, fewest = layers, _crossings(layers, after)
    for sweep in range(SWEEPS):
        neighbours = after if sweep % 2 else before
        layers = [list(layer) for layer in layers]
        for layer in reversed(layers) if sweep % 2 else layers:
            at = {node: n for row in layers for n, node in enumerate(row)}
            layer.sort(key=lambda node: _mean([at[n] for n in neighbours[node]], at[node]))
        crossings = _crossings(layers, after)
        if crossings < fewest:
            best, fewest = layers, crossings
    return best


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(layers: list[list[int]], after: Neighbours) -> int:
    """How many pairs of lines cross each other."""
    count = 0
    for upper, lower in pairwise(layers):
        at = {node: n for n, node in enumerate(lower)}
        passed: list[int] = []
        for node in upper:
            ends = sorted(at[target] for target in after[node])
            count += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _middles(
    layers: list[list[int]], sizes: list[float], before: Neighbours, after: Neighbours
) -> dict[int, float]:
    """The middle of every box: near those of its neighbours, and clear of the boxes beside it."""
    middles: dict[int, float] = {}
    for layer in layers:
        middles |= _apart(layer, dict.fromkeys(layer, 0.0), sizes)
    for sweep in range(SWEEPS):
        neighbours = after if sweep % 2 else before
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = {
                node: _mean([middles[n] for n in neighbours[node]], middles[node]) for node in layer
            }
            middles |= _apart(layer, wanted, sizes)
    return middles


def _apart(layer: list[int], wanted: dict[int, float], sizes: list[float]) -> dict[int, float]:
    """The places nearest to those wanted, by squares, that keep the order and the room.

    Blocks of boxes that touch move as one, to the mean of what they want: the pool adjacent
    violators of isotonic regression.
    """
    offsets, blocks = [0.0], list[list[float]]()
    for left, right in pairwise(layer):
        room = GAP if sizes[left] and sizes[right] else LINE_GAP
        offsets.append(offsets[-1] + (sizes[left] + sizes[right]) / 2 + room)
    for node, offset in zip(layer, offsets, strict=True):
        blocks.append([wanted[node] - offset])
        while len(blocks) > 1 and _mean(blocks[-2], 0.0) > _mean(blocks[-1], 0.0):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    starts = [_mean(block, 0.0) for block in blocks for _ in block]
    return {node: s + offset for node, s, offset in zip(layer, starts, offsets, strict=True)}
