"""What classes, probabilities and values are measured by: reliability, ROC curve, quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, fsum, nan
from typing import final

_BINS = 10


@final
@dataclass(frozen=True)
class Bin:
    """Answers given with about the same confidence.

    Attributes:
        low: Confidences from here, and above it in all bins but the first.
        high: To here.
        rows: How many answers, or the sum of their weights.
        confidence: Their mean confidence.
        right: The share of them that is right.
    """

    low: float
    high: float
    rows: float
    confidence: float
    right: float


def reliability(
    confidences: Sequence[float], right: Sequence[bool], weights: Sequence[float] | None = None
) -> tuple[Bin, ...]:
    """Answers by their confidence in ten bins of equal width, empty ones left out.

    Args:
        confidences: The probability of each answer, from 0 to 1, of shape `(rows,)`.
        right: Whether it is right.
        weights: How much it counts; 1 if left out.

    Example:
        >>> [(b.rows, b.confidence, b.right) for b in reliability([0.5, 0.95, 0.85], [0, 1, 1])]
        [(1, 0.5, 0.0), (1, 0.85, 1.0), (1, 0.95, 1.0)]
    """
    bins: list[list[tuple[float, bool, float]]] = [[] for _ in range(_BINS)]
    weights = [1] * len(right) if weights is None else weights
    for confidence, hit, weight in zip(confidences, right, weights, strict=True):
        place = min(max(ceil(confidence * _BINS) - 1, 0), _BINS - 1)
        bins[place].append((confidence, hit, weight))
    return tuple(
        Bin(
            place / _BINS,
            (place + 1) / _BINS,
            tidy(rows),
            fsum(weight * confidence for confidence, _, weight in held) / rows,
            sum(weight for _, hit, weight in held if hit) / rows,
        )
        for place, held in enumerate(bins)
        if (rows := sum(weight for *_, weight in held))
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: how far confidence and being right lie apart.

    Formula:
        Σ rows / all rows · |confidence − right|

    Example:
        >>> calibration_error(reliability([0.9, 0.9], [True, False]))
        0.4

    Source: Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks" (2017), eq. 3.
    """
    rows = sum(held.rows for held in bins)
    return fsum(held.rows * abs(held.confidence - held.right) for held in bins) / rows


def roc_curve(
    scores: Sequence[float], yes: Sequence[bool], weights: Sequence[float] | None = None
) -> list[tuple[float, float]]:
    """False and true positive rate at each threshold, from the highest score down.

    Args:
        scores: Higher for a yes, of shape `(rows,)`.
        yes: Whether it is one.
        weights: How much it counts; 1 if left out.

    Returns:
        Points from (0, 0) to (1, 1); none where all rows are of one kind.

    Example:
        >>> roc_curve([0.9, 0.8, 0.1], [True, False, True])
        [(0.0, 0.0), (0.0, 0.5), (1.0, 0.5), (1.0, 1.0)]
    """
    weights = [1] * len(yes) if weights is None else weights
    all_yes = sum(weight for truth, weight in zip(yes, weights, strict=True) if truth)
    all_no = sum(weight for truth, weight in zip(yes, weights, strict=True) if not truth)
    if not all_yes or not all_no:
        return []
    points, hits, alarms = [(0.0, 0.0)], 0.0, 0.0
    ranked = sorted(zip(scores, yes, weights, strict=True), key=lambda pair: -pair[0])
    for _, equal in groupby(ranked, key=lambda pair: pair[0]):
        for _, truth, weight in equal:
            hits, alarms = (hits + weight, alarms) if truth else (hits, alarms + weight)
        points.append((alarms / all_no, hits / all_yes))
    return points


def area_under(curve: Sequence[tuple[float, float]]) -> float:
    """The area under a ROC curve: how often a yes scores above a no, ties counted half.

    Example:
        >>> area_under(roc_curve([0.1, 0.4, 0.35, 0.8], [False, False, True, True]))
        0.75

    Source: Fawcett, "An introduction to ROC analysis" (2006), algorithm 2.
    """
    if not curve:
        return nan
    return fsum((right - left) * (low + high) / 2 for (left, low), (right, high) in pairwise(curve))


def quantile(ordered: Sequence[tuple[float, float]], share: float) -> float:
    """The value below which a share of them lies, on a line between neighbours.

    Args:
        ordered: The values, the smallest first, each beside its weight above 0; one of twice the
            smallest weight stands there twice.
        share: From 0 to 1.

    Example:
        >>> quantile([(1.0, 1), (2.0, 1), (4.0, 1)], 0.5), quantile([(1.0, 1), (2.0, 3)], 0.25)
        (2.0, 1.75)
    """
    once = min(weight for _, weight in ordered)
    place = share * (fsum(weight for _, weight in ordered) - once)
    end, before = 0.0, ordered[0][0]
    for value, weight in ordered:
        if place < end:
            return value + (place - end) / once * (value - before)
        end, before = end + weight, value
        if place <= end - once:
            return value
    return before


def tidy(count: float) -> float:
    """A sum of weights as people read it: whole, or to four decimals."""
    return int(count) if float(count).is_integer() else round(count, 4)
