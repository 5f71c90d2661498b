"""Try a gradient function at a second point: what is right by round numbers alone fails there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any

from chainrule.arrays import Generator
from chainrule.checking.subject import CANNOT, Flat, Opaque, Subject
from chainrule.checking.verdict import Verdict
from chainrule.errors import ChainruleError

DISTANCES = (2.0**-4, -(2.0**-4), 2.0**-8, -(2.0**-8))
"""How far to go, relative to each number or to 1; the first at which everything is defined."""


def second_point(
    checked: Subject | Opaque,
    gradient: Callable[[Flat], Flat],
    given: Flat,
    judge: Callable[[Any, Flat], list[Verdict]],
) -> list[Verdict]:
    """One verdict on a gradient function a little way off; none where nothing can be learned.

    A function that gives the same numbers there does not look at the point: it hands over numbers
    that were worked out for this one, and they are not asked to be more.

    Args:
        checked: The function at its point, where the gradient agrees.
        gradient: Gives the gradient for numbers by name.
        given: What it gave at the point.
        judge: The verdicts on a gradient of a function at a point.
    """
    direction = _away(checked.numbers)
    for distance in DISTANCES:
        there = checked.moved(direction, distance)
        try:
            if not isfinite(there.value()):
                continue
            numbers = gradient(there.numbers)
        except (*CANNOT, ChainruleError):
            continue
        if numbers == given or not all(isfinite(g) for gs in numbers.values() for g in gs):
            return []
        wrong = [v for v in judge(there, numbers) if v.outcome == "wrong"]
        return [_only_here(wrong[0])] if wrong else []
    return []


def _only_here(verdict: Verdict) -> Verdict:
    text = (
        f"wrong at a second point: {verdict.entry or verdict.name} is given as "
        f"{verdict.given:.9g} there, and {verdict.method} finds {verdict.found:.9g}; at the first "
        "point the numbers agree by chance"
    )
    return replace(verdict, name="a little way off", sentence=text, cause=None)


def _away(numbers: Flat) -> dict[str, list[float]]:
    """A step of which no two entries are alike, as large as the numbers or as 1."""
    generator = Generator(1)
    return {
        name: [
            max(1.0, abs(w)) * (0.5 + u / 2) * (1 if u < 0.5 else -1)
            for w, u in zip(ws, generator.random(len(ws)), strict=True)
        ]
        for name, ws in numbers.items()
    }
