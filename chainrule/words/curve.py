"""Curves and points drawn in text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isfinite

from chainrule.words.phrases import quantity
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
    (left, _), (right, _), columns = points[0], points[-1], _columns()
    places = [left + (right - left) * i / (columns - 1) for i in range(columns)]
    marks = [
        (".", [(x, loss + slope * (x - at)) for x in places]),
        ("*", [(x, _interpolated(points, x)) for x in places]),
        ("O", [(at, loss)]),
    ]
    if best is not None:
        marks.append(("v", [(best, _interpolated(points, best))]))
    return draw_in_text(marks, points)


def draw_in_text(
    marks: Iterable[tuple[str, Iterable[Sequence[float]]]], reach: Iterable[Sequence[float]]
) -> list[str]:
    """Marks on a sheet, later ones on top, with the scale on the left and below.

    Args:
        marks: What is put where; what lies beside the sheet, or nowhere, is left out.
        reach: The points between which the sheet goes.
    """
    (left, right), (low, high) = ((min(ends), max(ends)) for ends in zip(*reach, strict=True))
    columns = _columns()
    sheet = [[" "] * columns for _ in range(_HEIGHT)]
    for mark, points in marks:
        for x, y in points:
            if low <= y <= high and left <= x <= right:
                column = round((x - left) / ((right - left) or 1) * (columns - 1))
                line = round((high - y) / ((high - low) or 1) * (_HEIGHT - 1))
                sheet[line][column] = mark
    names = [quantity(high), *[""] * (_HEIGHT - 2), quantity(low)]
    lines = [f"{name:>11} |{''.join(row)}".rstrip() for name, row in zip(names, sheet, strict=True)]
    first, last = quantity(left), quantity(right)
    scale = f"{'':13}{first}{last:>{columns - len(first)}}"
    return [*lines, f"{'':12}+{'-' * columns}", scale]


def _columns() -> int:
    return min(_WIDTH, screen() - _MARGIN)


def _interpolated(points: Sequence[tuple[float, float]], x: float) -> float:
    """The curve's value between two of its points."""
    for (a, at_a), (b, at_b) in pairwise(points):
        if x <= b:
            return at_a + (at_b - at_a) * (x - a) / (b - a)
    return points[-1][1]
