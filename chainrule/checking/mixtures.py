"""Mixtures of gradients: on one of its sides each kink adds a share that it lacks on the other.

Every right gradient is their middle and a part from -1 to 1 of half of each share. What lies beyond
is wrong, though none of its entries may be by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from operator import mul
from typing import NamedTuple

Vector = Sequence[float]
"""The slopes of some entries."""

MOST_STEPS = 500
"""After so many steps towards a gradient it counts as met."""


class Mixture(NamedTuple):
    """All gradients that are right, each kink taking any part of its share.

    Attributes:
        middle: The one in which each takes half.
        halves: Half of each share.
    """

    middle: Vector
    halves: Sequence[Vector]

    def farthest(self, d: Vector) -> list[float]:
        """The one with the highest slope along a direction."""
        signed = [half if dot(half, d) > 0 else [-h for h in half] for half in self.halves]
        return [fsum(parts) for parts in zip(self.middle, *signed, strict=True)]


def dot(one: Vector, other: Vector) -> float:
    """The sum of the products of two lists of numbers."""
    return fsum(map(mul, one, other))


def beyond(given: Vector, farthest: Callable[[Vector], Vector], room: float) -> list[float] | None:
    """A direction along which a gradient is steeper than all that are right; None if there is none.

    Args:
        given: The gradient.
        farthest: The right one that is the steepest along a direction.
        room: How far off slopes may be, along a direction whose largest step is 1.

    Source: Gilbert, "An iterative procedure for computing the minimum of a quadratic form on a
    convex set", SIAM Journal on Control 4 (1966).
    """
    nearest = farthest([0.0] * len(given))
    for _ in range(MOST_STEPS):
        d = [g - x for g, x in zip(given, nearest, strict=True)]
        if (largest := max(map(abs, d))) <= room / len(d):
            return None
        d = [step / largest for step in d]
        end = farthest(d)
        if dot(d, given) - dot(d, end) > room:
            return d
        way = [e - x for e, x in zip(end, nearest, strict=True)]
        if not (length := dot(way, way)):
            return None
        part = min(1.0, largest * dot(d, way) / length)
        nearest = [x + part * step for x, step in zip(nearest, way, strict=True)]
    return None
