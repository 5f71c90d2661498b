"""Kinks where several entries meet: what is right of the entries together, and of one by the rest.

Each op may take either of its sides at a kink. A step that leaves every kink as it is tells no
sides apart, so along it every right gradient gives the one slope that the function has there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from math import fsum, hypot, inf, isfinite, nan, ulp
from operator import mul

from chainrule.arrays import Generator
from chainrule.checking.checked_function import BESIDE, CANNOT, COMPLEX_STEP, CheckedFunction, Flat
from chainrule.checking.sweep import SAFETY
from chainrule.checking.verdict import Verdict
from chainrule.nn import entry_name
from chainrule.words import listed

Place = tuple[str, int]

Kinked = Mapping[str, Sequence[int]]
"""The entries of each array whose slope a kink touches."""

NEAR = 2.0**-20
"""How far the entries are moved, relative to the largest of them."""

KEPT = 1e-3
"""What is smaller, relative to what the given slope is off by, leaves the kinks as they are."""

AROUND = 12
"""At so many points at random around a kink a slope is asked for."""

KEPT_AT_END = 2.0**-5
"""The same where the function ends, and its slope may go on to change, as a root's does."""

FINE = 2.0**-40
"""Values off by no more than this, relative to their size, show slopes by small steps."""

AWAY = (16.0, 128.0)
"""So many times as far as that: slopes beside a point may be read a little way from it."""

MOST_MET, MOST_PLACES = 24, 100
"""Up to so many entries are met in every place among the others: all at once, and one alone."""

ACROSS = 5
"""Along so many lines, and both ways along each, kinks are the same where they are still there."""

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
    for direction in _together(checked, given, kinked):
        left, right, error = checked.slopes_beside(direction)
        slope = _along(given, direction)
        room = error + off(direction, max(abs(left), abs(right)))
        apart = abs(slope - (left + right) / 2)
        one_slope = abs(left - right) <= max(room, KEPT * apart) and room < apart
        if one_slope and _stay(checked, direction, kinked, apart):
            where = _named(checked, direction)
            text = (
                f"wrong at {where} together: a step that moves them all leaves the kinks as they "
                f"are, and along it the slope is {right:.6g} whichever side counts, where the "
                f"given ones come to {slope:.6g}"
            )
            return Verdict("tied entries", "wrong", checked.method, slope, right, room, text)
    return None


def slopes_around(
    checked: CheckedFunction, direction: Flat, kinked: Kinked
) -> tuple[float, float, float]:
    """The lowest and the highest slope along a direction close around a kink, and their error.

    Where several kinks meet, each has a side that counts; around the point all of them are met.
    Where the function ends its slope may go on to change, as a root's does, and is off by as much;
    where too many entries may meet to meet all their sides, nothing is known.
    """
    places = _met(checked.numbers, kinked, MOST_PLACES)
    if len(places) > MOST_PLACES:
        return -inf, inf, inf
    ends: list[tuple[float, float]] = []
    off = 0.0
    for times in AWAY:
        met, rounding, whole = _met_around(checked, kinked, places, [direction], times, AROUND)
        off = max(off, rounding)
        slopes = [slope for (slope,) in met] or [0.0]
        ends.append((min(slopes), max(slopes)))
        if whole:
            break
    lowest, highest = ends[0]
    error = max(abs(low - lowest) + abs(high - highest) for low, high in ends)
    return lowest, highest, error + off


def stands_alone(checked: CheckedFunction, name: str, entry: int) -> bool:
    """Whether the slopes beside the kink of an entry stay as all others are moved: it meets none.

    Args:
        checked: The function at its point.
        name: The entry's array.
        entry: Its place there.
    """
    axis = checked.axis(name, entry)
    *here, error = checked.slopes_beside(axis)
    if abs(here[0] - here[1]) <= error + KEPT * max(map(abs, here)):  # it has none by itself
        return False
    step = _step(checked.numbers, {name: [entry]})
    for aside in _drawn(checked.numbers, ACROSS):
        aside[name][entry] = 0.0
        with suppress(CANNOT):  # a function may end right beside its point
            *there, off = checked.moved(aside, step).slopes_beside(axis)
            room = error + off + KEPT * max(map(abs, here))
            if all(abs(a - b) <= room for a, b in zip(here, there, strict=True)):
                continue
        return False
    return True


def _along(numbers: Flat, direction: Flat) -> float:
    """What an array of slopes gives along a direction."""
    return fsum(
        g * s for name, d in direction.items() for g, s in zip(numbers[name], d, strict=True) if s
    )


def _together(
    checked: CheckedFunction, given: Flat, kinked: Kinked
) -> Iterator[dict[str, list[float]]]:
    """Steps that may leave kinks as they are: all alike, in proportion, and the most telling one.

    Around a kink its sides are met one by one, each with slopes of its own. Whatever mixture of
    them is given, it is that of any of them along a step in which they do not differ; the part of
    the given gradient in which they do not is the step along which a wrong one is furthest off.
    """
    places, numbers = _places(kinked), checked.numbers
    largest = max(abs(numbers[name][i]) for name, i in places) or 1.0
    yield _moving(given, places, [1.0] * len(places))
    yield _moving(given, places, [numbers[name][i] / largest for name, i in places])
    places = _met({name: numbers[name] for name in given}, kinked, MOST_MET)[:MOST_MET]
    axes = [checked.axis(name, i) for name, i in places]
    slopes, *_ = _met_around(checked, kinked, places, axes)
    if not slopes:
        return
    first, *others = slopes
    differ = [[a - b for a, b in zip(other, first, strict=True)] for other in others]
    size = max((hypot(*d) for d in differ), default=0.0)
    basis: list[list[float]] = []
    for d in differ:
        if (left := hypot(*(rest := _without(d, basis)))) > KEPT * size:
            basis.append([r / left for r in rest])
    off = [given[name][i] - slope for (name, i), slope in zip(places, first, strict=True)]
    rest = _without(off, basis)
    if steepest := max(map(abs, rest)):
        yield _moving(given, places, [r / steepest for r in rest])


def _without(numbers: list[float], basis: Sequence[list[float]]) -> list[float]:
    """What is left of some numbers when their parts along a basis are taken off."""
    for unit in (*basis, *basis):  # once more for what rounding left
        part = fsum(map(mul, numbers, unit))
        numbers = [x - part * u for x, u in zip(numbers, unit, strict=True)]
    return numbers


def _met(numbers: Flat, kinked: Kinked, most: int) -> list[Place]:
    """The entries that may meet at the kinks: of many, those on one, and those that equal them."""
    everything = _places({name: range(len(values)) for name, values in numbers.items()})
    sizes = {abs(numbers[name][i]) for name, i in _places(kinked)}
    equal = [place for place in everything if abs(numbers[place[0]][place[1]]) in sizes]
    return everything if len(everything) <= most else equal


def _orders(
    numbers: Flat, places: Sequence[Place], below: float
) -> Iterator[dict[str, list[float]]]:
    """Steps that move all entries apart, each of them in every place among the others.

    Args:
        numbers: The point.
        places: The entries.
        below: The part of them that moves down; 0 moves all of them to one side, and then to the
            other, where the function may end.
    """
    count = len(places)
    drawn = Generator(1).random(count)
    for shift, sign in product(range(count), (1.0, -1.0)):
        ramp = [((k + shift) % count + drawn[k] / 2) / count - below for k in range(count)]
        yield _moving(numbers, places, [sign * r for r in ramp])


def _drawn(numbers: Flat, count: int) -> Iterator[dict[str, list[float]]]:
    """Steps that move all entries at random."""
    places = _places({name: range(len(values)) for name, values in numbers.items()})
    generator = Generator(0)
    for _ in range(count):
        yield _moving(numbers, places, [2 * u - 1 for u in generator.random(len(places))])


def _met_around(
    checked: CheckedFunction,
    kinked: Kinked,
    places: Sequence[Place],
    directions: Sequence[Flat],
    times: float = 1.0,
    drawn: int = 0,
) -> tuple[list[list[float]], float, bool]:
    """The slopes along some directions on the sides of a kink, met one by one by small steps.

    And how far rounding may put them off, and whether the function has values on all sides.
    """
    step = times * _step(checked.numbers, kinked)
    h = step / (8 * len(places))
    rounding = max(checked.value_rounding, ulp(checked.value()))

    def small(there: CheckedFunction) -> list[float]:
        if checked.method == COMPLEX_STEP:
            return [there.complex_step(d) for d in directions]
        middle = there.value()
        return [(there.value(d, h) - middle) / h for d in directions]

    asides = [*_orders(checked.numbers, places, 0.5), *_drawn(checked.numbers, drawn)]
    slopes = [*_at_each(checked, asides, step, small)]
    if not (whole := len(slopes) == len(asides)):
        to_one = [*_orders(checked.numbers, places, 0.0)]
        slopes += _at_each(checked, to_one, step, small)
        asides += to_one
    if checked.method == COMPLEX_STEP:
        return slopes, 0.0, whole
    steepest = max((abs(slope) for at_one in slopes for slope in at_one), default=0.0)
    error = SAFETY * rounding / h
    if rounding > FINE * abs(checked.value()) and error > KEPT * steepest:

        def swept(there: CheckedFunction) -> list[float]:
            return [there.swept(d).slope for d in directions]

        return [*_at_each(checked, asides, step, swept)], 0.0, whole
    return slopes, error, whole


def _at_each(
    checked: CheckedFunction,
    asides: Sequence[Flat],
    step: float,
    slopes: Callable[[CheckedFunction], list[float]],
) -> Iterator[list[float]]:
    """The slopes a step aside, wherever the function has them."""
    for aside in asides:
        with suppress(CANNOT):  # a function may end right beside its point
            found = slopes(checked.moved(aside, step))
            if all(map(isfinite, found)):
                yield found


def _stay(checked: CheckedFunction, direction: Flat, kinked: Kinked, apart: float) -> bool:
    """Whether the kinks are still there a step to either side: the slopes across it are the same.

    Args:
        checked: The function at its point.
        direction: The step.
        kinked: The entries that kinks touch.
        apart: How far the given slope along the step is off, which kinks that it leaves would let
            slopes change by.
    """
    step, part, h, lines = _step(checked.numbers, kinked), 1.0, 0.0, 0
    if checked.method == COMPLEX_STEP:  # far below the step
        part = min(step / NEAR, 1.0) / 16
    elif checked.value_rounding <= FINE * abs(checked.value()):
        h = step / 16
    for aside in _drawn(checked.numbers, 2 * ACROSS):
        across = {name: [part * s for s in steps] for name, steps in aside.items()}
        at_each = [_sides(checked.moved(direction, at), across, h) for at in (0.0, -step, step)]
        (*here, error), *others = at_each
        moves = [abs(a - b) for *there, _ in others for a, b in zip(here, there, strict=True)]
        seen = [move for move in moves if isfinite(move)]
        kept = KEPT if len(seen) == len(moves) else KEPT_AT_END
        if seen and not (max(seen) <= kept * part * apart and 4 * error < part * apart):
            return False
        lines += bool(seen)
        if lines == ACROSS:
            return True
    return False


def _sides(there: CheckedFunction, across: Flat, h: float) -> tuple[float, float, float]:
    """The slopes beside a point, and their error; no number on a side without values.

    A curved kink is left, if only by so little that a step `h` does not see it.
    """
    if h:
        below, middle, above = (there.value(across, at) for at in (-h, 0.0, h))
        return (middle - below) / h, (above - middle) / h, SAFETY * ulp(middle) / h
    below, above = (there.value(across, side * BESIDE) for side in (-1, 1))
    with suppress(CANNOT):
        left, right, error = there.slopes_beside(across)
        return left if isfinite(below) else nan, right if isfinite(above) else nan, error
    return nan, nan, 0.0


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
