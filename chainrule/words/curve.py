"""A curve drawn in text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from chainrule.words.phrases import number
from chainrule.words.wrapping import screen

_WIDTH, _HEIGHT, _MARGIN = 61, 12, 13
"""Columns and lines of the drawing, and columns of the scale on its left."""


def draw_curve(
    curve: Sequence[tuple[float, float]],
    *,
    at: float,
    loss: float,
    slope: float,
    best: float | None = None,
) -> list[str]:
    """The curve as `*`, its tangent as `.`, the place where they touch as `O`, the lowest as `v`.

    Args:
        curve: Pairs of place and value, in rising order; values that are not finite are left out.
        at: Where the tangent touches; that may lie beside the curve.
        loss: The value there.
        slope: Its slope.
        best: The place to mark as the lowest.

    Returns:
        Lines, with the scale on the left and below.

    Example:
        >>> curve = [(x / 8, x * x / 64) for x in range(-8, 9)]
        >>> lines = draw_curve(curve, at=0.5, loss=0.25, slope=1.0)
        >>> len(lines), lines[-1].split()
        (14, ['-1', '1'])
    """
    points = [(x, y) for x, y in curve if isfinite(y)]
    if len(points) < 2:
        return ["no curve: the loss is not finite along this weight"]
    (left, _), (right, _) = points[0], points[-1]
    low, high = min(y for _, y in points), max(y for _, y in points)
    columns = min(_WIDTH, screen() - _MARGIN)
    sheet = [[" "] * columns for _ in range(_HEIGHT)]

    def put(x: float, y: float, mark: str) -> None:
        if low <= y <= high and left <= x <= right:
            column = round((x - left) / (right - left) * (columns - 1))
            line = round((high - y) / ((high - low) or 1) * (_HEIGHT - 1))
            sheet[line][column] = mark

    places = [left + (right - left) * i / (columns - 1) for i in range(columns)]
    if isfinite(slope):
        for x in places:
            put(x, loss + slope * (x - at), ".")
    for x in places:
        put(x, _interpolated(points, x), "*")
    put(at, loss, "O")
    if best is not None:
        put(best, _interpolated(points, best), "v")
    names = [number(high, 4), *[""] * (_HEIGHT - 2), number(low, 4)]
    lines = [f"{name:>11} |{''.join(row)}".rstrip() for name, row in zip(names, sheet, strict=True)]
    first, last = number(left, 4), number(right, 4)
    margin = " " * 12
    scale = f"{margin} {first}{last.rjust(columns - len(first))}"
    return [*lines, f"{margin}+{'-' * columns}", scale]


def _interpolated(points: Sequence[tuple[float, float]], x: float) -> float:
    """The curve's value between two of its points."""
    for (a, at_a), (b, at_b) in pairwise(points):
        if x <= b:
            return at_a + (at_b - at_a) * (x - a) / (b - a)
    return points[-1][1]
