"""The sides of a kink: the slopes close around a point are the truth where it has none of its own.

A gradient is right if it is a mixture of the sides'. Along any direction it then lies between the
lowest of their slopes and the highest; along one in which they do not differ it is that one slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from itertools import pairwise, product
from math import fsum, hypot, inf, isfinite, nan, ulp
from operator import add, mul, neg, sub
from statistics import median
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.checking.checked_function import (
    CANNOT,
    COMPLEX_STEP,
    CheckedFunction,
    Flat,
    Place,
    each_number,
    products,
)
from chainrule.checking.kinks import Corners, mixture_at
from chainrule.checking.mixtures import Mixture, Vector, beyond, dot
from chainrule.checking.sweep import SAFETY
from chainrule.checking.verdict import Verdict
from chainrule.nn import entry_name
from chainrule.words import listed

Kinked = Mapping[str, Sequence[int]]
"""The entries of each array whose slope a kink touches."""

NEAR, FINER, COARSER = 2.0**-20, 2.0**-10, 2.0**14
"""How far each number is moved, relative to its size; for a complex step as much less, since no
rounding hides its slopes, and no curve shows then; where rounding hides them up to so much more."""

FARTHER = 8
"""So many times as far where the function ends: its slope may go on to change, as a root's does."""

SAME, ALIKE = 1e-3, 2.0**-5
"""Slopes are the same that differ by no more, relative to their size; or to what a given one is off
by."""

MOST_PLACES, MOST_AXES = 100, 24
"""Of up to so many entries each takes every place among the others; the step that tells what is
wrong of several together is looked for among so many."""

LINES, FEWEST, LINE, BESIDE, FINEST = 8, 4, 2.0**-14, 16, 2.0**-16
"""So many lines are drawn, of which so many have to tell: to both sides so far relative to each
number, and so many times less aside. Kinks no farther apart on them than the last count as one."""

FEW, MANY = 12, 48
"""So often all numbers are moved at random alone, and beside entries that meet: the side that a
given slope is of may be a narrow one."""

MOST_NAMED = 3
"""So many entries are named."""


@final
class Sides:
    """The slopes close around a point, where each of several kinks takes one of its sides.

    Args:
        checked: The function at its point.
        meeting: The entries that may meet at a kink.

    Attributes:
        complete: Whether each of them takes every place among the others.
    """

    def __init__(self, checked: CheckedFunction, meeting: Sequence[Place]) -> None:
        self.checked = checked
        self.complete = bool(meeting)
        self.meeting = meeting
        sizes = [abs(w) for ws in checked.numbers.values() for w in ws if w]
        at_zero = min(1.0, *sizes) if sizes else 1.0
        self._size = {n: [abs(w) or at_zero for w in ws] for n, ws in checked.numbers.items()}
        self._found: dict[Any, list[tuple[list[float], float]]] = {}
        self._part = 1 / (8 * (len(meeting) or FEW))

    def along(self, direction: Flat) -> tuple[float, float, float]:
        """The lowest and the highest slope along a direction, and how far off they may be."""
        error, ends = 0.0, list[tuple[float, float]]()
        for slopes, rounding in self._on_each(direction):
            found = [slope for slope in slopes if isfinite(slope)]
            ends.append((min(found, default=0.0), max(found, default=0.0)))
            error = max(error, rounding if found else inf)
        (lowest, highest), (low, high) = ends[0], ends[-1]
        return lowest, highest, error + abs(low - lowest) + abs(high - highest)

    def ends(self, direction: Flat) -> list[int]:
        """Which two sides have the lowest slope and the highest, if these are not the same."""
        slopes, error = self._on_each(direction)[0]
        found = [(slope, side) for side, slope in enumerate(slopes) if isfinite(slope)]
        (lowest, low), (highest, high) = min(found, default=(0.0, 0)), max(found, default=(0.0, 0))
        same = highest - lowest <= error + SAME * max(abs(lowest), abs(highest))
        return [] if same else [low, high]

    def gradients(self, places: Sequence[Place], among: Sequence[int]) -> list[tuple[float, ...]]:
        """The slopes of some entries on some sides."""
        near, every = self._met[0]
        axes = [self.checked.axis(*place) for place in places]
        return self._told(axes, near, [every[side] for side in among if side < len(every)])

    def toward(self, places: Sequence[Place], d: Vector) -> list[Vector]:
        """The slopes of some entries a step along a direction and against it, and a little aside.

        Of kinks that all bend one way these are the highest along it, and the lowest.
        """
        drawn, axes = Generator(3), [self.checked.axis(*place) for place in places]
        least = min(self._size[name][i] for name, i in places)
        step = self.checked.moving(places, [least * part for part in d])
        aside = each_number(
            lambda z: FINER * min(z, least) * (drawn.random(1)[0] - 0.5), self._size
        )
        ahead = {n: list(map(add, off, step[n])) if n in step else off for n, off in aside.items()}
        back = each_number(neg, ahead)
        return [slopes for way in (ahead, back) if (slopes := self._off(way, axes))]

    def _off(self, step: Flat, directions: Sequence[Flat]) -> Vector:
        """The slopes along some directions a small step off; nothing where they are not told."""
        there = self.checked.moved(step, LINE)
        told = self._told(directions, LINE * FINEST, [(there, there.value({}))])
        return told[0] if told else ()

    def mixture(self, places: Sequence[Place], most: float) -> Mixture | None:
        """All gradients that are right, as seen from lines that pass the point close by.

        Each crosses every kink once; where its slopes change there by the same numbers on all of
        them, these are its share. None where they do not, as in a sorted list.

        Args:
            places: The entries that are looked at.
            most: By how much slopes differ that are the same.
        """
        middle, shares, told = list[float](), list[Vector](), 0
        for number in range(LINES):
            gradients = self._on_line(places, f"line {number}", most)
            if not gradients:
                continue
            told += 1
            halfway = [(a + b) / 2 for a, b in zip(gradients[0], gradients[-1], strict=True)]
            changes: list[Vector] = [[*map(sub, b, a)] for a, b in pairwise(gradients)]
            middle, shares = middle or halfway, shares or changes
            if not (_same(middle, halfway, most) and _same_shares(shares, changes, most)):
                return None
        halves = [[s / 2 for s in share] for share in shares]
        return Mixture(middle, halves) if told >= FEWEST else None

    def _on_line(self, places: Sequence[Place], name: str, most: float) -> list[Vector]:
        """The gradients between the kinks that a line crosses; none where they are not told.

        Nor where a line through the point itself, which crosses all of them, has others at its
        ends.
        """
        drawn = Generator(2).spawn(name)
        *looks, way, aside = (
            each_number(lambda _: 2 * drawn.random(1)[0] - 1, self._size) for _ in range(4)
        )
        way, aside = (each_number(mul, self._size, d) for d in (way, aside))

        def told(t: float, directions: Sequence[Flat], far: float = 1 / BESIDE) -> Vector:
            step = each_number(lambda on, off: t * on + far * off, way, aside)
            return self._off(step, directions)

        def kinks(start: float, first: Vector, end: float, last: Vector) -> list[float]:
            """Where the slopes along two directions change; they may hide a kink from one."""
            if _same(first, last, most):
                return []
            for part in (0.5, 0.25, 0.75) if end - start > FINEST else ():
                middle = start + part * (end - start)
                if between := told(middle, looks):  # nothing on a kink itself
                    before = kinks(start, first, middle, between)
                    return before + kinks(middle, between, end, last)
            return [(start + end) / 2]

        first, last = told(-1.0, looks), told(1.0, looks)
        if not (first and last):
            return []
        stops = [-1.0, *kinks(-1.0, first, 1.0, last), 1.0]
        axes = [self.checked.axis(*place) for place in places]
        gradients = [told((start + end) / 2, axes) for start, end in pairwise(stops)]
        ends = [told(t, axes, 0.0) for t in (-1.0, 1.0)]
        told_all = all(gradients) and all(ends)
        same = told_all and all(map(partial(_same, most=most), ends, (gradients[0], gradients[-1])))
        return gradients if same else []

    def _told(
        self,
        directions: Sequence[Flat],
        near: float,
        met: Sequence[tuple[CheckedFunction, float]],
    ) -> list[tuple[float, ...]]:
        """The slopes along some directions at some points, where steps both ways tell the same.

        A small step may lead over a kink; then the steps to both sides tell two slopes.
        """
        by_entry = []
        for axis in directions:
            ahead, error = self._slopes(axis, near, met)
            back = self._slopes(axis, -near, met)[0] if error else ahead
            same = [abs(a - b) <= error + SAME * abs(a) for a, b in zip(ahead, back, strict=True)]
            by_entry.append([a if one else nan for a, one in zip(ahead, same, strict=True)])
        return [at for at in zip(*by_entry, strict=True) if all(map(isfinite, at))]

    def _on_each(self, direction: Flat) -> list[tuple[list[float], float]]:
        """The slopes along a direction on every side, and their rounding, so far off each time."""
        key = tuple((name, *d) for name, d in direction.items())
        if key not in self._found:
            self._found[key] = [self._slopes(direction, near, met) for near, met in self._met]
        return self._found[key]

    def _slopes(
        self, direction: Flat, near: float, met: Sequence[tuple[CheckedFunction, float]]
    ) -> tuple[list[float], float]:
        """The slope on each of some sides, NaN where it has none, and their rounding."""
        checked = self.checked
        if checked.method == COMPLEX_STEP:
            return [_complex_step(there, direction) for there, _ in met], 0.0
        sizes = products(self._size, each_number(lambda step: float(step != 0), direction))
        h = near * min(sizes) * self._part
        slopes = [(there.value(direction, h) - middle) / h for there, middle in met]
        return slopes, SAFETY * self._rounding[0] / abs(h)

    @cached_property
    def _met(self) -> list[tuple[float, list[tuple[CheckedFunction, float]]]]:
        """How far off, and the function with its value on every side there."""
        asides, ends = self._moves
        near = NEAR * (FINER if self.checked.method == COMPLEX_STEP else self._rounding[1])
        met = []
        for step in (near, FARTHER * near)[: 1 + ends]:
            beside = [self.checked.moved(aside, step) for aside in asides]
            met.append((step, [(there, there.value({})) for there in beside]))
        return met

    @cached_property
    def _rounding(self) -> tuple[float, float]:
        """By how much values are off, and how many times as large it makes the steps.

        Second differences over so small steps show rounding and no curve. It may hide a part of a
        slope as small as those that are taken for the same, and no more.
        """
        checked, moved, off = self.checked, 0.0, []
        for aside in self._moves[0][:FEW]:
            below, middle, above = (
                checked.value(aside, NEAR * (1 + part)) for part in (-self._part, 0.0, self._part)
            )
            if isfinite(below + middle + above):
                off.append(abs(above - middle - (middle - below)))
                moved = max(moved, abs(middle - checked.value()))
        rounding = max(median(off or [0.0]), checked.grain, ulp(checked.value()))
        hidden = SAFETY * rounding / self._part
        return rounding, min(max(1.0, hidden / (SAME * moved)) if moved else COARSER, COARSER)

    @cached_property
    def _moves(self) -> tuple[list[dict[str, list[float]]], bool]:
        """The steps to all sides, and whether the function ends here.

        An entry beside which it does is moved to its other side alone.
        """
        asides = [*self._asides()]
        if all(isfinite(self.checked.value(aside, NEAR)) for aside in asides[-FEW:]):
            return asides, False
        inward = {n: [self._inward(n, i) for i in range(len(s))] for n, s in self._size.items()}
        return [each_number(_turned, aside, inward) for aside in asides], True

    def _asides(self) -> Iterator[dict[str, list[float]]]:
        """Steps that move all numbers apart, each of those that meet in every place among these."""
        generator, count = Generator(1), len(self.meeting)
        jitter, twice = generator.random(count), [generator.random(count) for _ in range(2)]
        orders = [sorted(range(count), key=drawn.__getitem__) for drawn in twice]
        for order, shift in [*product(orders, range(count)), *[([], 0)] * (MANY if count else FEW)]:
            drawn = {name: generator.random(len(sizes)) for name, sizes in self._size.items()}
            aside = each_number(lambda size, u: size * (2 * u - 1), self._size, drawn)
            for k, (name, i) in enumerate(self.meeting if order else ()):
                place = (order[(k + shift) % count] + jitter[k] / 2) / count - 0.5
                aside[name][i] = place * self._size[name][i]
            yield aside

    def _inward(self, name: str, i: int) -> int:
        """To which side alone an entry can be moved; 0 if to both or none."""
        axis, step = self.checked.axis(name, i), NEAR * self._size[name][i]
        up, down = (isfinite(self.checked.value(axis, at)) for at in (step, -step))
        return up - down


def meeting(numbers: Flat, kinked: Kinked) -> tuple[Place, ...]:
    """The entries that may meet at some kinks: of many, those on one, and those that equal them.

    None, where even these are too many for all their sides to be met.
    """
    everything = _places({name: range(len(values)) for name, values in numbers.items()})
    if len(everything) > MOST_PLACES:
        sizes = {abs(numbers[name][i]) for name, i in _places(kinked)}
        everything = [(name, i) for name, i in everything if abs(numbers[name][i]) in sizes]
    return tuple(everything) if len(everything) <= MOST_PLACES else ()


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
    for direction in _together(sides, given, kinked):
        left, right, beside = checked.slopes_beside(direction)
        lowest, highest, around = sides.along(direction)
        lowest, highest = min(lowest, left, right), max(highest, left, right)
        slope = fsum(products(given, direction))
        room = beside + around + off(direction, max(abs(lowest), abs(highest)))
        apart = max(lowest - slope, slope - highest)
        if apart > room and highest - lowest <= ALIKE * apart:
            where = _named(checked, direction)
            text = (
                f"wrong at {where} together: a step that moves them all leaves the kinks as they "
                f"are, and along it the slope is {right:.6g} whichever side counts, where the "
                f"given ones come to {slope:.6g}"
            )
            return Verdict("tied entries", "wrong", checked.method, slope, right, room, text)
    places = _looked_at(sides, given, kinked)
    if len(places) == 1:
        return None
    room = off(checked.moving(places, [1.0] * len(places)), 0.0)
    return _beyond_all(sides, given, places, room, corners, hidden=hidden)


def _beyond_all(
    sides: Sides,
    given: Flat,
    places: Sequence[Place],
    room: float,
    corners: Corners,
    *,
    hidden: bool,
) -> Verdict | None:
    """The verdict on some entries whose slopes no mixture of the sides gives."""
    checked, here = sides.checked, [given[name][i] for name, i in places]
    met: list[Vector] = [*sides.gradients(places, range(max(2 * len(places), FEW)))]
    if not met:
        return None
    most = SAME * max(abs(x) for gradient in (here, *met) for x in gradient)
    room, ways = room + len(places) * most, list[Mixture | None]()

    def farthest(d: Vector) -> Vector:
        return max((*met, *(way.farthest(d) for way in ways if way)), key=partial(dot, d))

    for _ in places:
        if not (steps := beyond(here, farthest, room)):
            return None
        highest, more = dot(farthest(steps), steps), sides.toward(places, steps)
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
    direction = checked.moving(places, steps)
    text = (
        f"wrong at {_named(checked, direction)} together: along a step that moves them all the "
        f"slope is {highest:.6g} at most, whichever sides count, and the given ones come to "
        f"{slope:.6g}"
    )
    return Verdict("tied entries", "wrong", checked.method, slope, highest, room, text)


def _together(sides: Sides, given: Flat, kinked: Kinked) -> Iterator[dict[str, list[float]]]:
    """Steps that may leave kinks as they are: all alike, and the most telling one.

    Whatever mixture of the sides is given, it is that of any of them along a step in which they do
    not differ; the part of the given gradient in which they do not is the step along which a wrong
    one is furthest off. Narrow sides may not be among those that it was found with; then it is
    found again, with them.
    """
    places: Sequence[Place] = _places(kinked)
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
    places = sides.meeting if len(sides.meeting) <= MOST_AXES else _places(kinked)
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


def _same(one: Vector, other: Vector, most: float) -> bool:
    """Whether two gradients, or two shares, are the same."""
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def _same_shares(some: Sequence[Vector], others: Sequence[Vector], most: float) -> bool:
    """Whether two lines meet the same shares, to whichever side they cross the kinks."""
    left = [*others]
    for share in some:
        turned = [-x for x in share]
        same = (
            k
            for k, other in enumerate(left)
            if _same(share, other, most) or _same(turned, other, most)
        )
        if (found := next(same, None)) is None:
            return False
        left.pop(found)
    return not left


def _turned(step: float, inward: int) -> float:
    """A step, to that side alone if there is one."""
    return inward * abs(step) if inward else step


def _complex_step(there: CheckedFunction, direction: Flat) -> float:
    with suppress(CANNOT):  # a function may end right beside its point
        return there.complex_step(direction)
    return nan


def _without(numbers: list[float], basis: Sequence[list[float]]) -> list[float]:
    """What is left of some numbers when their parts along a basis are taken off."""
    for unit in (*basis, *basis):  # once more for what rounding left
        part = fsum(map(mul, numbers, unit))
        numbers = [x - part * u for x, u in zip(numbers, unit, strict=True)]
    return numbers


def _places(kinked: Kinked) -> list[Place]:
    return [(name, i) for name, entries in kinked.items() for i in entries]


def _named(checked: CheckedFunction, direction: Flat) -> str:
    names = [
        entry_name(name, checked.shapes[name], i)
        for name, d in direction.items()
        for i, s in enumerate(d)
        if s
    ]
    return listed(names, most=MOST_NAMED)
