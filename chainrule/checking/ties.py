"""Kinks where several entries meet: what is right of the entries together, and of one by the rest.

Each op may take either of its sides at a kink. A step that leaves every kink as it is tells no
sides apart, so along it every right gradient gives the one slope that the function has there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from math import fsum, inf

from chainrule.arrays import Generator
from chainrule.checking.checked_function import CANNOT, COMPLEX_STEP, CheckedFunction, Flat
from chainrule.checking.verdict import Verdict
from chainrule.nn import entry_name
from chainrule.words import listed

Place = tuple[str, int]

Kinked = Mapping[str, Sequence[int]]
"""The entries of each array whose slope a kink touches."""

NEAR = 2.0**-16
"""How far the entries are moved, relative to the largest of them."""

KEPT = 1e-3
"""By less of its size the gap between both slopes changes where the kinks are still the same."""

MOST_GROUPS = 8
"""So many groups of equal entries, and so many pairs, are moved together, each by itself."""

AROUND = 12
"""So many points around a kink are asked for their slopes."""

MOST_NAMED = 3
"""So many entries are named."""


def tied_verdict(
    checked: CheckedFunction, given: Flat, kinked: Kinked, off: Callable[[Flat, float], float]
) -> Verdict | None:
    """The verdict on entries that only together are seen to be wrong; None if none are.

    Args:
        checked: The function at its point.
        given: The gradient to check.
        kinked: The entries that kinks touch.
        off: How far the given slope along a direction may be off, being so steep.
    """
    for direction in _together({name: checked.numbers[name] for name in given}, kinked):
        left, right, error = checked.slopes_beside(direction)
        slope = _along(given, direction)
        room = error + off(direction, max(abs(left), abs(right)))
        one_slope = abs(left - right) <= room < abs(slope - (left + right) / 2)
        if one_slope and _stay(checked, direction, kinked):
            where = _named(checked, direction)
            text = (
                f"wrong at {where} together: a step that moves them all leaves the kinks as they "
                f"are, and along it the slope is {right:.6g} whichever side counts, where the "
                f"given ones come to {slope:.6g}"
            )
            return Verdict("tied entries", "wrong", checked.method, slope, right, room, text)
    return None


def slopes_around(checked: CheckedFunction, direction: Flat, kinked: Kinked) -> tuple[float, float]:
    """The lowest and the highest slope along a direction at points close around a kink.

    Where several kinks meet, each has a side that counts; around the point all of them are met.
    """
    slopes: list[float] = []
    step = _step(checked.numbers, kinked)
    for aside in _asides(checked.numbers):
        with suppress(CANNOT):  # a function may end right beside its point
            left, right, error = checked.moved(aside, step).slopes_beside(direction)
            if abs(left - right) <= error + KEPT * max(abs(left), abs(right)):
                slopes += left, right
    return min(slopes, default=0.0), max(slopes, default=0.0)


def _along(numbers: Flat, direction: Flat) -> float:
    """What an array of slopes gives along a direction."""
    return fsum(
        g * s for name, d in direction.items() for g, s in zip(numbers[name], d, strict=True) if s
    )


def _together(numbers: Flat, kinked: Kinked) -> Iterator[dict[str, list[float]]]:
    """Steps that may leave kinks as they are: equal entries moved alike, and all in proportion.

    What equals an entry on a kink may be tied with it, though its own slope shows one side alone.
    """
    places = _places(kinked)
    groups: dict[float, list[Place]] = {abs(numbers[name][i]): [] for name, i in places}
    for name, values in numbers.items():
        for i, value in enumerate(values):
            if (size := abs(value)) in groups:
                groups[size].append((name, i))
    tied = list(groups.values())[:MOST_GROUPS]
    pairs = [list(pair) for group in tied for pair in pairwise(group)][:MOST_GROUPS]
    largest = max(groups, default=0.0) or 1.0
    tried = []
    for group in (places, *tied, *pairs):
        moved = [numbers[name][i] / largest for name, i in group]
        for steps in ([1.0] * len(group), moved):
            direction = _moving(numbers, group, steps)
            if len(group) > 1 and any(steps) and direction not in tried:
                tried.append(direction)
                yield direction


def _stay(checked: CheckedFunction, direction: Flat, kinked: Kinked) -> bool:
    """Whether the kinks are still there a step to either side: then a cross-step bends as much."""
    step = _step(checked.numbers, kinked)
    part = min(step / NEAR, 1.0) if checked.method == COMPLEX_STEP else 1.0  # far below the step
    aside = _asides(checked.numbers)[-1]
    across = {name: [part * s for s in steps] for name, steps in aside.items()}
    try:
        sides = [checked.moved(direction, d).slopes_beside(across) for d in (0.0, -step, step)]
    except CANNOT:
        return False
    (gap, error), *others = [(right - left, error) for left, right, error in sides]
    same = (abs(other - gap) <= KEPT * abs(gap) + error + off for other, off in others)
    return 4 * error < abs(gap) < inf and all(same)


def _asides(numbers: Flat) -> list[dict[str, list[float]]]:
    """Steps that move all entries apart: in their order, against it, and at random.

    Those that no kink touches move too: alone, an entry tied with two others moves no median.
    """
    places = _places({name: range(len(values)) for name, values in numbers.items()})
    ramp = [(k + 1) / len(places) for k in range(len(places))]
    generator = Generator(0)
    drawn = [[2 * u - 1 for u in generator.random(len(places))] for _ in range(AROUND)]
    return [_moving(numbers, places, steps) for steps in (ramp, ramp[::-1], *drawn)]


def _moving(
    numbers: Flat, places: Sequence[Place], steps: Sequence[float]
) -> dict[str, list[float]]:
    """The direction that moves some entries alone."""
    direction = {name: [0.0] * len(numbers[name]) for name, _ in places}
    for (name, i), step in zip(places, steps, strict=True):
        direction[name][i] = step
    return direction


def _places(kinked: Kinked) -> list[Place]:
    return [(name, i) for name, entries in kinked.items() for i in entries]


def _step(numbers: Flat, kinked: Kinked) -> float:
    return NEAR * (max(abs(numbers[name][i]) for name, i in _places(kinked)) or 1.0)


def _named(checked: CheckedFunction, direction: Flat) -> str:
    names = [
        entry_name(name, checked.shapes[name], i)
        for name, d in direction.items()
        for i, s in enumerate(d)
        if s
    ]
    return listed(names, most=MOST_NAMED)
