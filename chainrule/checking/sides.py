"""The sides of a kink: slopes close around a point are the truth where it has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice, pairwise, product
from math import fsum, inf, isfinite, nan, ulp
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
from chainrule.checking.mixtures import Mixture, Vector, dot
from chainrule.checking.sweep import SAFETY

Kinked = Mapping[str, Sequence[int]]
"""The entries of each array whose slope a kink touches."""

NEAR, FINER, COARSER = 2.0**-20, 2.0**-10, 2.0**14
"""How far each number is moved, relative to its size; for a complex step as much less, since no
rounding hides its slopes, and no curve shows then; where rounding hides them up to so much more."""

FARTHER = 8
"""So many times as far where the function ends: its slope may go on to change, as a root's does."""

SAME = 1e-3
"""Slopes are the same that differ by no more, relative to their size."""

MOST_PLACES = 100
"""Of up to so many entries each takes every place among the others."""

LINES, FEWEST, LINE, BESIDE, FINEST = 8, 4, 2.0**-14, 16, 2.0**-16
"""So many lines are drawn, of which so many have to tell: to both sides so far relative to each
number, and so many times less aside. Kinks no farther apart on them than the last count as one."""

MOST_CROSSED = 64
"""A line that seems to cross more kinks crosses noise, or more than can be told apart."""

FEW, MANY, MANY_MORE = 12, 48, 256
"""So often all numbers are moved at random alone, and beside entries that meet: the side that a
given slope is of may be a narrow one. So often before one is blamed, if no lines tell of those."""


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
        self._gradients: dict[Any, list[tuple[float, ...]]] = {}
        self._more_met: list[tuple[CheckedFunction, float]] = []
        self._stretches: dict[int, list[float]] = {}
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

    def widest(self, direction: Flat, most: float) -> tuple[float, float, float]:
        """The same, with those on narrow sides, which steps at random seldom lead to.

        A line that passes close by crosses every kink, and so a good part of all their sides. Where
        the kinks are seen to have a share each, all that they add up to counts as well: there may
        be a side for each sum, too narrow to be met. Where rounding hides them, more steps at
        random have to do.

        Args:
            direction: The direction.
            most: By how much slopes differ that are the same.
        """
        lowest, highest, error = self.along(direction)
        lines = [*islice(self._on_lines([direction], most), FEWEST)]
        slopes = [slope for line in lines for (slope,) in line] if lines else self._more(direction)
        if mixture := _shares(lines, most):
            slopes += [mixture.farthest([sign])[0] for sign in (1.0, -1.0)]
        if not slopes or (min(slopes) >= lowest - most and max(slopes) <= highest + most):
            return lowest, highest, error
        return min(lowest, *slopes), max(highest, *slopes), error + most

    def _more(self, direction: Flat) -> list[float]:
        """The slopes along a direction on many more sides."""
        if not self._more_met:
            near, drawn = self._met[0][0], Generator(5)
            for _ in range(MANY_MORE):
                aside = each_number(mul, self._size, self._drawn(drawn))
                there = self.checked.moved(aside, near)
                self._more_met.append((there, there.value({})))
        return [*filter(isfinite, self._slopes(direction, self._met[0][0], self._more_met)[0])]

    def differ(self, direction: Flat, off: float) -> bool:
        """Whether the slopes along a direction are further apart than so much; few may tell that.

        Args:
            direction: The direction.
            off: How far off a slope along it may be, beside what these may be off themselves.
        """

        def apart(lowest: float, highest: float, error: float) -> bool:
            return highest - lowest > error + off + SAME * max(abs(lowest), abs(highest))

        (near, met), *farther = self._met
        slopes, error = self._slopes(direction, near, met[: 0 if farther else FEW])
        found = [slope for slope in slopes if isfinite(slope)] or [0.0]
        if apart(min(found), max(found), error) or apart(*self.along(direction)):
            return True
        most = off + SAME * max(map(abs, found))
        return apart(*self.widest(direction, most))

    def ends(self, direction: Flat) -> list[int]:
        """Which two sides have the lowest slope and the highest, if these are not the same."""
        slopes, error = self._on_each(direction)[0]
        found = [(slope, side) for side, slope in enumerate(slopes) if isfinite(slope)]
        (lowest, low), (highest, high) = min(found, default=(0.0, 0)), max(found, default=(0.0, 0))
        same = highest - lowest <= error + SAME * max(abs(lowest), abs(highest))
        return [] if same else [low, high]

    def gradients(self, places: Sequence[Place], among: Sequence[int]) -> list[tuple[float, ...]]:
        """The slopes of some entries on some sides."""
        key = (*places, *among)
        if key not in self._gradients:
            near, every = self._met[0]
            axes = [self.checked.axis(*place) for place in places]
            met = [every[side] for side in among if side < len(every)]
            self._gradients[key] = self._told(axes, near, met)
        return self._gradients[key]

    def toward(self, places: Sequence[Place], d: Vector, most: float) -> list[Vector]:
        """The slopes of some entries a step along a direction and against it, and a little aside.

        Of kinks that all bend one way these are the highest along it, and the lowest.

        Args:
            places: The entries.
            d: The direction, by a step for each of them.
            most: How far off the slopes may be.
        """
        drawn, axes = Generator(3), [self.checked.axis(*place) for place in places]
        least = min(self._size[name][i] for name, i in places)
        step = self.checked.moving(places, [least * part for part in d])
        aside = each_number(
            lambda z: FINER * min(z, least) * (drawn.random(1)[0] - 0.5), self._size
        )
        ahead = {n: list(map(add, off, step[n])) if n in step else off for n, off in aside.items()}
        back = each_number(neg, ahead)
        return [slopes for way in (ahead, back) if (slopes := self._off(way, axes, most))]

    def _off(self, step: Flat, directions: Sequence[Flat], most: float) -> Vector:
        """The slopes along some directions a small step off; nothing where they are not told.

        Nor where rounding may move them by more than slopes differ that are the same: so small a
        step may then change no number at all, and it would look as if there were no slope.
        """
        line = LINE * FINER if self.checked.method == COMPLEX_STEP else LINE
        near = line * FINEST
        if any(self._rounding_error(d, near, self._rounding_on_lines) > most for d in directions):
            return ()
        there = self.checked.moved(step, line)
        told = self._told(directions, near, [(there, there.value({}))])
        return told[0] if told else ()

    def mixture(self, places: Sequence[Place], most: float) -> Mixture | None:
        """All gradients that are right, as seen from lines that pass the point close by.

        Each crosses every kink once; where its slopes change there by the same numbers on all of
        them, these are its share. None where they do not, as in a sorted list.

        Args:
            places: The entries that are looked at.
            most: By how much slopes differ that are the same.
        """
        axes = [self.checked.axis(*place) for place in places]
        return _shares([*self._on_lines(axes, most)], most)

    def _on_lines(self, directions: Sequence[Flat], most: float) -> Iterator[list[Vector]]:
        """The slopes along some directions between the kinks that each of some lines crosses.

        Without the lines on which they are not told, and those beside which a line through the
        point itself, which crosses all of the kinks, has others at its ends.
        """
        for line in range(LINES):
            stops = self._stops(line)
            slopes = [self._at(line, (a + b) / 2, directions, most) for a, b in pairwise(stops)]
            if not (slopes and all(slopes)):
                continue
            ends = [self._at(line, t, directions, most, far=0.0) for t in (-1.0, 1.0)]
            told = zip(ends, (slopes[0], slopes[-1]), strict=True)
            if all(end and _same(end, seen, most) for end, seen in told):
                yield slopes

    def _stops(self, line: int) -> list[float]:
        """The ends of a line, and where it crosses kinks; nothing if that is not told.

        One direction to look along may hide a kink.
        """
        if line not in self._stretches:
            drawn = Generator(2).spawn(f"looks {line}")
            looks = [self._drawn(drawn) for _ in range(2)]
            self._stretches[line] = _stretches(lambda t, off: self._at(line, t, looks, off))
        return self._stretches[line]

    def _at(
        self,
        line: int,
        t: float,
        directions: Sequence[Flat],
        most: float,
        far: float = 1 / BESIDE,
    ) -> Vector:
        """The slopes along some directions at a place on a line, which passes so far aside."""
        drawn = Generator(2).spawn(f"line {line}")
        way, aside = (each_number(mul, self._size, self._drawn(drawn)) for _ in range(2))
        return self._off(each_number(lambda w, a: t * w + far * a, way, aside), directions, most)

    def _drawn(self, drawn: Generator) -> Flat:
        return each_number(lambda _: 2 * drawn.random(1)[0] - 1, self._size)

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
        h = self._step(direction, near)
        slopes = [(there.value(direction, h) - middle) / h for there, middle in met]
        return slopes, self._rounding_error(direction, near, self._rounding[0])

    def _step(self, direction: Flat, near: float) -> float:
        """How far to step along a direction for a slope, so far off the point."""
        sizes = products(self._size, each_number(lambda step: float(step != 0), direction))
        return near * min(sizes) * self._part

    def _rounding_error(self, direction: Flat, near: float, rounding: float) -> float:
        """How far off a slope along a direction may be for the rounding of values."""
        if self.checked.method == COMPLEX_STEP:
            return 0.0
        return SAFETY * rounding / abs(self._step(direction, near))

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
    def _rounding_on_lines(self) -> float:
        """By how much values are off where lines pass, by steps as small as those for slopes there.

        Beside zeros rounding is as small as the numbers are, so that it is larger there.
        """
        checked, off = self.checked, [self._rounding[0]]
        for aside in self._moves[0][:FEW]:
            below, middle, above = (
                checked.value(aside, LINE * (1 + part * FINEST)) for part in (-1.0, 0.0, 1.0)
            )
            if isfinite(below + middle + above):
                off.append(abs(above - middle - (middle - below)))
        return max(off)

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
    everything = places_of({name: range(len(values)) for name, values in numbers.items()})
    if len(everything) > MOST_PLACES:
        sizes = {abs(numbers[name][i]) for name, i in places_of(kinked)}
        everything = [(name, i) for name, i in everything if abs(numbers[name][i]) in sizes]
    return tuple(everything) if len(everything) <= MOST_PLACES else ()


def _stretches(told: Callable[[float, float], Vector]) -> list[float]:
    """The ends of a line from -1 to 1, and where slopes change on it; nothing if it is not told.

    Args:
        told: Some slopes at a place on the line, if they are not off by more than so much.
    """
    stops = [-1.0]
    first, last = told(-1.0, inf), told(1.0, inf)
    if not (first and last):
        return []
    most = SAME * max(map(abs, (*first, *last)))

    def cross(start: float, before: Vector, end: float, after: Vector) -> None:
        if _same(before, after, most) or len(stops) > MOST_CROSSED:
            return
        for part in (0.5, 0.25, 0.75) if end - start > FINEST else ():
            middle = start + part * (end - start)
            if between := told(middle, most):  # nothing on a kink itself
                cross(start, before, middle, between)
                cross(middle, between, end, after)
                return
        stops.append((start + end) / 2)

    cross(-1.0, first, 1.0, last)
    return [*stops, 1.0] if len(stops) <= MOST_CROSSED else []


def _shares(lines: Sequence[list[Vector]], most: float) -> Mixture | None:
    """All gradients that kinks give which change the slopes by the same numbers on all lines."""
    told, looks = list[tuple[Vector, list[Vector]]](), Generator(4)
    count = len(lines[0][0]) if lines else 0
    probes = [[2 * u - 1 for u in looks.random(count)] for _ in range(FEW)]
    for slopes in lines:
        middle = [(a + b) / 2 for a, b in zip(slopes[0], slopes[-1], strict=True)]
        shares: list[Vector] = [[*map(sub, b, a)] for a, b in pairwise(slopes)]
        widths = [fsum(abs(dot(share, way)) for share in shares) for way in probes]
        told.append(([*middle, *widths], [[x / 2 for x in share] for share in shares]))
    if len(told) < FEWEST:
        return None
    (first, halves), *others = told
    same = all(_same(first, seen, len(halves) * most) for seen, _ in others)
    return Mixture(first[:count], halves) if same else None


def _same(one: Vector, other: Vector, most: float) -> bool:
    """Whether two gradients are the same."""
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def _turned(step: float, inward: int) -> float:
    """A step, to that side alone if there is one."""
    return inward * abs(step) if inward else step


def _complex_step(there: CheckedFunction, direction: Flat) -> float:
    with suppress(CANNOT):  # a function may end right beside its point
        return there.complex_step(direction)
    return nan


def places_of(kinked: Kinked) -> list[Place]:
    """The entries of some arrays, each with its array's name."""
    return [(name, i) for name, entries in kinked.items() for i in entries]
