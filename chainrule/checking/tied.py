"""Entries that several kinks may touch at once: judged together, where each by itself looks right.

A gradient is right if it is a mixture of the sides'. Along any direction it then lies between the
lowest of their slopes and the highest; along one in which they do not differ it is that one slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import fsum, hypot
from operator import mul

from chainrule.checking.checked_function import COMPLEX_STEP, CheckedFunction, Flat, Place, products
from chainrule.checking.kinks import Corners, mixture_at
from chainrule.checking.mixtures import Mixture, Vector, beyond, dot
from chainrule.checking.sides import FEW, SAME, Kinked, Sides, places_of
from chainrule.checking.verdict import Verdict
from chainrule.nn import entry_name
from chainrule.words import listed

ALIKE = 2.0**-5
"""Slopes count as the same if they differ by so small a part of what a given one is off by."""

MOST_AXES = 24
"""The step that tells what is wrong of several together is looked for among so many."""

MOST_NAMED = 3
"""So many entries are named."""


def tied_verdict(
    sides: Sides,
    given: Flat,
    kinked: Kinked,
    off: Callable[[Flat, float], float],
    corners: Corners,
    *,
    hidden: bool,
) -> Verdict | None:
    """The verdict on entries that only together are seen to be wrong; None if none are.

    Args:
        sides: The slopes around the point.
        given: The gradient to check.
        kinked: The entries that kinks touch.
        off: How far the given slope along a direction may be off, being so steep.
        corners: The kinks that ops declare.
        hidden: Whether there may be others.
    """
    checked = sides.checked

    def beyond_alike(slope: float, lowest: float, highest: float, room: float) -> bool:
        apart = max(lowest - slope, slope - highest)
        return apart > room and highest - lowest <= ALIKE * apart

    for direction in _together(sides, given, kinked):
        left, right, beside = checked.slopes_beside(direction)
        lowest, highest, around = sides.along(direction)
        lowest, highest = min(lowest, left, right), max(highest, left, right)
        slope = fsum(products(given, direction))
        room = beside + around + off(direction, max(abs(lowest), abs(highest)))
        if not beyond_alike(slope, lowest, highest, room):
            continue
        others = _others(sides, direction, corners, SAME * max(abs(lowest), abs(highest)))
        if beyond_alike(slope, min(lowest, *others), max(highest, *others), room):
            said = "every side of the kinks has the slope"
            return _verdict(checked, direction, slope, right, room, said)
    return _beyond_all(sides, given, kinked, off, corners, hidden=hidden)


def _others(sides: Sides, direction: Flat, corners: Corners, most: float) -> list[float]:
    """Slopes along a direction that are right as well: on narrow sides, by rules, of conditions.

    Kinks that undo each other, as in relu(x) - relu(-x) at 0, leave one slope; yet the rule of each
    may let through what it likes there, and a condition leads to the one or the other line of code.
    """
    checked = sides.checked
    others = [*sides.widest(direction, most)[:2]]
    if checked.method == COMPLEX_STEP:
        others.append(checked.complex_step(direction))
    moved = [(name, i) for name, d in direction.items() for i, step in enumerate(d) if step]
    if corners.kinks and (rules := mixture_at(checked, corners.shifts, moved)):
        steps = [direction[name][i] for name, i in moved]
        ways = steps, [-step for step in steps]
        others += [dot(rules.farthest(way), steps) for way in ways]
    return others


def _beyond_all(
    sides: Sides,
    given: Flat,
    kinked: Kinked,
    off: Callable[[Flat, float], float],
    corners: Corners,
    *,
    hidden: bool,
) -> Verdict | None:
    """The verdict on some entries whose slopes no mixture of the sides gives."""
    checked, places = sides.checked, _looked_at(sides, given, kinked)
    here = [given[name][i] for name, i in places]
    met: list[Vector] = [*sides.gradients(places, range(max(2 * len(places), FEW)))]
    if not met or len(places) == 1:
        return None
    if checked.method == COMPLEX_STEP:  # what the code's own conditions lead to is right as well
        met.append([checked.complex_step(checked.axis(*place)) for place in places])
    most = SAME * max(abs(x) for gradient in (here, *met) for x in gradient)
    room = len(places) * most + off(checked.moving(places, [1.0] * len(places)), 0.0)
    ways: list[Mixture | None] = []

    def farthest(d: Vector) -> Vector:
        return max((*met, *(way.farthest(d) for way in ways if way)), key=partial(dot, d))

    for _ in places:
        if not (steps := beyond(here, farthest, room)):
            return None
        highest, more = dot(farthest(steps), steps), sides.toward(places, steps, most)
        if not any(dot(gradient, steps) > highest + room for gradient in more):
            break
        met += more
    if corners.kinks:
        ways.append(mixture_at(checked, corners.shifts, places))
    if hidden or not corners.kinks:
        ways.append(sides.mixture(places, most))
    room += most * sum(len(way.halves) for way in ways if way)  # by as much they may be off
    if None in ways or not (steps := beyond(here, farthest, room)):
        return None
    steps = [step if abs(step) > SAME else 0.0 for step in steps]
    slope, highest = dot(here, steps), dot(farthest(steps), steps)
    said = "no side of the kinks has a slope above"
    return _verdict(checked, checked.moving(places, steps), slope, highest, room, said)


def _verdict(
    checked: CheckedFunction, direction: Flat, slope: float, right: float, room: float, said: str
) -> Verdict:
    """That the slope along a direction comes to too much, or to too little."""
    names = [
        entry_name(name, checked.shapes[name], i)
        for name, d in direction.items()
        for i, step in enumerate(d)
        if step
    ]
    together, moved = (" together", "them all") if len(names) > 1 else ("", "it")
    text = f"wrong at {listed(names, most=MOST_NAMED)}{together}: along a step that moves {moved} "
    text += f"{said} {0.0 if abs(right) <= room else right:.6g}, and the given gradient comes to "
    text += f"{slope:.6g}"
    return Verdict("tied entries", "wrong", checked.method, slope, right, room, text)


def _together(sides: Sides, given: Flat, kinked: Kinked) -> Iterator[dict[str, list[float]]]:
    """Steps that may leave kinks as they are: all alike, and the most telling one.

    Whatever mixture of the sides is given, it is that of any of them along a step in which they do
    not differ; the part of the given gradient in which they do not is the step along which a wrong
    one is furthest off. Narrow sides may not be among those that it was found with; then it is
    found again, with them.
    """
    places: Sequence[Place] = places_of(kinked)
    yield sides.checked.moving(places, [1.0] * len(places))
    places = _looked_at(sides, given, kinked)
    here, slopes = [given[name][i] for name, i in places], list[tuple[float, ...]]()
    among: Sequence[int] = range(max(2 * len(places), FEW))
    for _ in places:
        slopes += sides.gradients(places, among)
        rest = _where_alike(here, slopes)
        if not (steepest := max(map(abs, rest), default=0.0)):
            return
        direction = sides.checked.moving(places, [r / steepest for r in rest])
        yield direction
        largest = max(map(abs, (*here, *slopes[0])))
        if steepest <= SAME * largest or not (among := sides.ends(direction)):
            return


def _looked_at(sides: Sides, given: Flat, kinked: Kinked) -> list[Place]:
    """All entries that may meet, or of many some that kinks touch."""
    places = sides.meeting if len(sides.meeting) <= MOST_AXES else places_of(kinked)
    return [(name, i) for name, i in places[:MOST_AXES] if name in given]


def _where_alike(given: Sequence[float], slopes: Sequence[tuple[float, ...]]) -> list[float]:
    """What a gradient is off by where some others do not differ; nothing if there are none."""
    if not slopes:
        return []
    first, *others = slopes
    differ = [[a - b for a, b in zip(other, first, strict=True)] for other in others]
    size = max((hypot(*d) for d in differ), default=0.0)
    basis: list[list[float]] = []
    for d in differ:
        if (left := hypot(*(rest := _without(d, basis)))) > SAME * size:
            basis.append([r / left for r in rest])
    return _without([g - s for g, s in zip(given, first, strict=True)], basis)


def _without(numbers: list[float], basis: Sequence[list[float]]) -> list[float]:
    """What is left of some numbers when their parts along a basis are taken off."""
    for unit in (*basis, *basis):  # once more for what rounding left
        part = fsum(map(mul, numbers, unit))
        numbers = [x - part * u for x, u in zip(numbers, unit, strict=True)]
    return numbers
