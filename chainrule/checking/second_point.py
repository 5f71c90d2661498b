"""A second point close by: there part what agrees, or coincides, at the first by round numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import NamedTuple

from chainrule.arrays import Generator
from chainrule.checking.checked_function import CANNOT, CheckedFunction, Flat
from chainrule.checking.verdict import Verdict

DISTANCES = (2.0**-4, -(2.0**-4), 2.0**-8, -(2.0**-8))
"""How far to go, relative to each number or to 1; the first at which everything is defined."""

TINY = 2.0**-10
"""Where no number of an array is larger, its largest stands for 1: its unit is as small."""

GivenAt = Callable[[Flat], Flat]
"""From the numbers of another point to the given gradient there."""


class SecondPoint(NamedTuple):
    """The function at a second point, and the given gradient there.

    Attributes:
        checked: The function.
        given: The gradient; None where it cannot be asked for, or does not look at the point and
            gives the same numbers: those were worked out for the first one alone.
    """

    checked: CheckedFunction
    given: Flat | None


def second_point(
    checked: CheckedFunction, given: Flat, given_at: GivenAt | None
) -> SecondPoint | None:
    """The nearest of some points at which everything is defined; None where there is none.

    Args:
        checked: The function at its point.
        given: The given gradient at the first point.
        given_at: The given gradient at other points, where it was given as a function.
    """
    point = None
    for distance in DISTANCES:
        try:
            there = checked.at(numbers_nearby(checked.numbers, distance))
            if not isfinite(there.value()):
                continue
            point = point or SecondPoint(there, None)
            if given_at is None:
                return point
            numbers = given_at(there.numbers)
        except CANNOT:
            continue
        telling = numbers != given and numbers.keys() == given.keys()
        finite = all(isfinite(g) for gs in numbers.values() for g in gs)
        return SecondPoint(there, numbers if telling and finite else None)
    return point


def wrong_there(
    point: SecondPoint | None, verdicts_at: Callable[[CheckedFunction, Flat], list[Verdict]]
) -> list[Verdict]:
    """One verdict on a gradient that is right at the first point alone; none if it is right there.

    Args:
        point: The second point.
        verdicts_at: The verdicts on a gradient of a function at a point.
    """
    if point is None or point.given is None:
        return []
    for verdict in verdicts_at(point.checked, point.given):
        if verdict.outcome == "wrong":
            text = (
                f"wrong at a second point: {verdict.entry or verdict.name} is given as "
                f"{verdict.given:.9g} there, and {verdict.method} finds {verdict.found:.9g}; at "
                "the first point the numbers agree by chance"
            )
            return [replace(verdict, name="a little way off", sentence=text, cause=None)]
    return []


def numbers_nearby(numbers: Flat, distance: float = DISTANCES[0]) -> dict[str, list[float]]:
    """Other numbers close by, none of them round, and no two moved alike."""
    generator = Generator(1)

    def unit(ws: list[float]) -> float:
        largest = max(map(abs, ws), default=0.0)
        return largest if 0 < largest < TINY else 1.0

    return {
        name: [
            w + distance * max(least, abs(w)) * (0.5 + u / 2) * (1 if u < 0.5 else -1)
            for w, u in zip(ws, generator.random(len(ws)), strict=True)
        ]
        for name, ws in numbers.items()
        for least in [unit(ws)]
    }
