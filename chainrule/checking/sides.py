"""The sides of a kink: the slopes close around a point are the truth where it has none of its own.

A gradient is right if it is a mixture of the sides'. Along any direction it then lies between the
lowest of their slopes and the highest; along one in which they do not differ it is that one slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import product
from math import fsum, hypot, inf, isfinite, nan, ulp
from operator import mul
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
        self._found: dict[Any, tuple[float, float, float]] = {}
        self._part = 1 / (8 * (len(meeting) or FEW))

    def along(self, direction: Flat) -> tuple[float, float, float]:
        """The lowest and the highest slope along a direction, and how far off they may be."""
        key = tuple((name, *d) for name, d in direction.items())
        if key not in self._found:
            error, ends = 0.0, list[tuple[float, float]]()
            for near, met in self._met:
                slopes, rounding = self._slopes(direction, near, met)
                found = [slope for slope in slopes if isfinite(slope)]
                ends.append((min(found, default=0.0), max(found, default=0.0)))
                error = max(error, rounding if found else inf)
            (lowest, highest), (low, high) = ends[0], ends[-1]
            self._found[key] = lowest, highest, error + abs(low - lowest) + abs(high - highest)
        return self._found[key]

    def gradients(self, places: Sequence[Place]) -> list[tuple[float, ...]]:
        """The slopes of some entries on sides enough to tell in what these differ.

        A small step may lead over a kink; then the steps to both sides tell two slopes.
        """
        near, met = self._met[0]
        met, by_entry = met[: max(2 * len(places), FEW)], []
        for axis in (self.checked.axis(*place) for place in places):
            ahead, error = self._slopes(axis, near, met)
            back = self._slopes(axis, -near, met)[0] if error else ahead
            same = [abs(a - b) <= error + SAME * abs(a) for a, b in zip(ahead, back, strict=True)]
            by_entry.append([a if one else nan for a, one in zip(ahead, same, strict=True)])
        return [at for at in zip(*by_entry, strict=True) if all(map(isfinite, at))]

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
    sides: Sides, given: Flat, kinked: Kinked, off: Callable[[Flat, float], float]
) -> Verdict | None:
    """The verdict on entries that only together are seen to be wrong; None if none are.

    Args:
        sides: The slopes around the point.
        given: The gradient to check.
        kinked: The entries that kinks touch.
        off: How far the given slope along a direction may be off, being so steep.
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
    return None


def _together(sides: Sides, given: Flat, kinked: Kinked) -> Iterator[dict[str, list[float]]]:
    """Steps that may leave kinks as they are: all alike, and the most telling one.

    Whatever mixture of the sides is given, it is that of any of them along a step in which they do
    not differ; the part of the given gradient in which they do not is the step along which a wrong
    one is furthest off.
    """
    places: Sequence[Place] = _places(kinked)
    yield sides.checked.moving(places, [1.0] * len(places))
    places = (sides.meeting if len(sides.meeting) <= MOST_AXES else places)[:MOST_AXES]
    places = [(name, i) for name, i in places if name in given]
    if not (slopes := sides.gradients(places)):
        return
    first, *others = slopes
    differ = [[a - b for a, b in zip(other, first, strict=True)] for other in others]
    size = max((hypot(*d) for d in differ), default=0.0)
    basis: list[list[float]] = []
    for d in differ:
        if (left := hypot(*(rest := _without(d, basis)))) > SAME * size:
            basis.append([r / left for r in rest])
    rest = _without([given[name][i] - s for (name, i), s in zip(places, first, strict=True)], basis)
    if steepest := max(map(abs, rest)):
        yield sides.checked.moving(places, [r / steepest for r in rest])


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
