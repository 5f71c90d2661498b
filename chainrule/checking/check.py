"""Check a gradient, tensor by tensor, down to the entry that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import fsum, hypot, inf, isfinite, isnan, nan, ulp
from operator import add
from typing import final

from chainrule.arrays import Generator
from chainrule.checking.checked_function import (
    COMPLEX_STEP,
    SWEEP,
    CheckedFunction,
    Flat,
    Place,
    each_number,
    products,
)
from chainrule.checking.kinks import Corners, crossed
from chainrule.checking.precision import Precision, common_factor
from chainrule.checking.sides import SAME, Kinked, Sides, meeting
from chainrule.checking.sweep import MeasuredSlope
from chainrule.checking.tied import tied_verdict
from chainrule.checking.verdict import LEAST_DIGITS, Measured, TwoSlopes, Verdict, shared_digits
from chainrule.nn import entry_name
from chainrule.words import counted, plural

ENTRYWISE = 500
"""Networks of up to so many weights are checked entry by entry."""

TINY = 2.0**-500
"""Gradients below this are zero for every purpose; the squared step of a complex step is, too."""

SAME_SLOPE = 1e-6
"""What the slopes a little below and a little above a point differ by, relative to their size, is
the curve between them, and no kink."""

LAST_DIGITS = 2.0**-48
"""What the terms of a slope along a direction may be off by, relative to their size."""

MOST_SWEEPS = 8
"""So many entries that a complex step finds wrong are swept for a corner that no op declares."""

MOST_DRAWS = 4
"""Along so many directions the slopes of entries add up that meet at no kink."""

MOST_PARTS, MOST_LOOKED_AT = 300, 100
"""So many parts of an array on kinks are looked at for one that is wrong by itself, and every entry
of up to so many."""


@final
@dataclass(frozen=True, eq=False)
class Checker:
    """Compares a given gradient with slopes that are measured without any derivative rule.

    Args:
        checked: The function at its point.
        given: The gradient to check.
        exact: What rounding may do to each entry of a gradient given as precisely as can be.
        corners: The kinks, and the entries that they touch.
        entrywise: Look at every entry; otherwise along one random direction per tensor, and into
            halves of a tensor only where that fails.
        precision: How precisely the gradient was given.
        hidden: Look for corners and jumps that no op declares, such as those of a condition or of a
            sorted list.

    Attributes:
        alone: The tensors in which one entry of many is wrong, as no mistake in a walk makes it.
        measured: The slopes of single entries that were measured on the way, by name and index.
        kinked: The entries found on a kink, by name.
        sides: The slopes around kinks, by the entries that may meet there.
    """

    checked: CheckedFunction
    given: Flat
    exact: Flat
    corners: Corners
    entrywise: bool
    precision: Precision | None
    hidden: bool
    alone: set[str] = field(init=False, default_factory=set)
    measured: dict[str, dict[int, float]] = field(init=False, default_factory=dict)
    kinked: dict[str, list[int]] = field(init=False, default_factory=dict)
    sides: dict[tuple[Place, ...], Sides] = field(init=False, default_factory=dict)

    @cached_property
    def rounding(self) -> Flat:
        """What rounding may do to each entry, that of writing the gradient down included."""
        if self.precision is None:
            return self.exact
        return each_number(add, self.exact, {**self.exact, **self.precision.allowance})

    @cached_property
    def leeway(self) -> Flat:
        """The same, as far as nobody can tell."""
        more = self.precision.unsure - 1 if self.precision else 0.0
        return each_number(
            lambda exact, both: both + more * (both - exact) if both < inf else both,
            self.exact,
            self.rounding,
        )

    def verdicts(self) -> list[Verdict]:
        """One per tensor, one for its part on a kink; if none is wrong, one for what is tied."""
        verdicts = [v for name in counted(list(self.given)) for v in self._of(name)]
        if all(v.outcome != "wrong" for v in verdicts):
            kinked = self.kinked
            if not kinked and self.entrywise and self.hidden and self._meet(1):
                kinked = {n: self._apart(n, touched=False) for n in self.given}
            around = kinked and (self._sides(kinked), self.given, kinked, self._room)
            tied = around and tied_verdict(*around, self.corners, hidden=self.hidden)
            verdicts += [tied] if tied else []
        return verdicts

    def _of(self, name: str) -> Iterator[Verdict]:
        if broken := self._not_finite(name):
            yield broken
            return
        if smooth := self._apart(name, touched=False):
            yield from self._smooth(name, smooth)
        if kinked := self._apart(name, touched=True):
            yield self._kinked(name, kinked)

    def _apart(self, name: str, *, touched: bool) -> list[int]:
        """The entries of an array that a declared corner touches, or does not."""
        marks = self.corners.touched.get(name, [False] * len(self.given[name]))
        return [i for i, mark in enumerate(marks) if bool(mark) == touched]

    @cached_property
    def _first_measured(self) -> dict[str, list[Measured]]:
        """Every entry that no declared corner touches, measured by itself."""
        return {
            name: [self._measure(name, [i]) for i in self._apart(name, touched=False)]
            for name in self.given
            if all(map(isfinite, self.given[name]))
        }

    @cached_property
    def _mixed(self) -> bool:
        """Whether entries meet at a kink that no op declares, or may, beside one or alone."""
        return self.hidden and (
            any(self._apart(name, touched=True) for name in self.given)
            or any(m.kink for measured in self._first_measured.values() for m in measured)
            or self._meet(MOST_DRAWS)
        )

    def _meet(self, draws: int, size: float | None = None) -> bool:
        """Whether the slopes of entries do not add up along directions: they meet at a kink.

        So do those of a median of equal numbers, which none of them moves alone.

        Args:
            draws: Along so many directions; that of the median may do for all of them by chance.
            size: How large the entries are; all of them, if left out.
        """
        every = {(n, m.entries[0]): m for n, ms in self._first_measured.items() for m in ms}
        if size is not None:
            numbers = self.checked.numbers
            every = {(n, i): m for (n, i), m in every.items() if abs(numbers[n][i]) == size}
        own = {(n, i): m.own_error - self.exact[n][i] for (n, i), m in every.items()}
        for draw in range(draws if len(every) > 1 else 0):
            steps = [2 * u - 1 for u in Generator(draw).random(len(every))]
            swept = self.checked.swept(self.checked.moving([*every], steps))
            parts = [m.slope * step for m, step in zip(every.values(), steps, strict=True)]
            errors = [error * step for error, step in zip(own.values(), steps, strict=True)]
            off = swept.error + hypot(*errors) + TINY
            if swept.kink or not abs(swept.slope - fsum(parts)) <= off:
                return True
        return False

    def _met_together(self, name: str, m: Measured) -> Measured:
        """What seems wrong of an entry that several sides meet at is on a kink."""
        if m.agrees or m.kink or m.jump or not self._mixed:
            return m
        (i,) = m.entries
        sides = self._sides({name: [i]})
        if not sides.complete:
            return m._replace(kink=self._meet(MOST_DRAWS, abs(self.checked.numbers[name][i])))
        axis = self.checked.axis(name, i)
        if sides.differ(axis, m.own_error):
            return m._replace(kink=True)
        return m.nearer(*sides.along(axis))  # another than at the point if kinks undo each other

    def _sides(self, kinked: Kinked | None = None) -> Sides:
        """The slopes around some kinks; wherever chance leads if none are given, or too many."""
        met = () if kinked is None else meeting(self.checked.numbers, kinked)
        if met not in self.sides:
            self.sides[met] = Sides(self.checked, met)
        return self.sides[met]

    def _alone(self, name: str, entry: int) -> bool:
        """Whether the two slopes beside an entry are all that it has, whatever the others do."""
        axis = self.checked.axis(name, entry)
        left, right, error = self.checked.slopes_beside(axis)
        lowest, highest, off = self._sides().along(axis)
        steepest = max(abs(left), abs(right))
        room = error + off + SAME * steepest
        within = min(left, right) - room <= lowest and highest <= max(left, right) + room
        return within and abs(left - right) > error + SAME * steepest

    def _not_finite(self, name: str) -> Verdict | None:
        for i, g in enumerate(self.given[name]):
            if not isfinite(g):
                entry = self._entry(name, [i])
                text = f"wrong: {entry} is {g}, which is not a slope"
                return Verdict(name, "wrong", "inspection", g, nan, 0.0, text, entry=entry)
        return None

    def _smooth(self, name: str, entries: list[int]) -> list[Verdict]:
        measured = self._first_measured[name] if self.entrywise else [self._measure(name, entries)]
        if self.entrywise:
            measured = self._looked_closer(name, measured)
            measured = [self._met_together(name, m) for m in measured]
            self.measured[name] = {m.entries[0]: m.slope for m in measured}
        broken = [m for m in measured if m.jump]
        apart = [self._jumped(name, max(broken, key=lambda m: m.excess))] if broken else []
        if kinked := [i for m in measured if m.kink for i in m.entries]:
            apart.append(self._kinked(name, kinked))
        measured = [m for m in measured if not m.kink and not m.jump]
        if not measured:
            return apart
        wrong = [m for m in measured if not (m.agrees or isnan(m.slope))]
        if not wrong:
            return [self._agreed(name, measured, entries), *apart]
        worst = max(wrong, key=lambda m: m.excess)
        unsure = self.precision.unsure if self.precision else 1.0
        if all(m.may_agree(unsure) for m in wrong):
            return [self._doubtful(name, worst, common_factor(measured)), *apart]
        if not self.entrywise:
            return self._bisected(name, entries)
        extent = f"in {len(wrong)} of {len(entries)} entries" if len(entries) > 1 else ""
        return [self._wrong(name, worst, extent), *apart]

    def _doubtful(self, name: str, worst: Measured, factor: float | None) -> Verdict:
        """What a right gradient may be off by as well."""
        method = self.checked.method
        text = (
            f"cannot tell: {worst.given:.9g} was given and {method} finds {worst.slope:.9g}, and "
            "rounding in float32 may part them so far where large numbers cancel: give it in "
            "float64 to know"
        )
        if factor is not None:
            text += (
                f"; all its numbers are {factor:.7g} times what is found, which looks more like a "
                "factor than like rounding"
            )
        return worst.verdict(name, "unclear", method, text)

    def _looked_closer(self, name: str, measured: list[Measured]) -> list[Measured]:
        """Sweep what seems wrong or cannot be told: a condition may have a corner here, or a jump.

        A complex step stays within one branch of it.
        """
        scale = max(map(abs, self.given[name]))
        looks, closer = MOST_SWEEPS if self.hidden and self.checked.recorded else 0, []
        for m in measured:
            if looks and not (m.agrees and m.promises(scale)):
                looks -= 1
                direction = self._direction(name, m.entries)
                sweep = self.checked.sweep(direction)
                beside = crossed(self.checked, direction, sweep.h) if sweep.kink else None
                if sweep.jump or sweep.ends or (sweep.kink and not beside):
                    off = sweep.error + m.allowed + 4 * ulp(m.given) + TINY
                    m = m._replace(
                        slope=sweep.slope, tolerance=off, kink=sweep.kink, jump=sweep.jump
                    )
            closer.append(m)
        return closer

    def _jumped(self, name: str, measured: Measured) -> Verdict:
        where = self._entry(name, measured.entries) or name
        given, slope = measured.given, measured.slope
        text = f"the function jumps at {where}, by {abs(measured.jump):.6g}, and has no slope there"
        if isfinite(measured.tolerance):
            text += f"; on the side that does not jump it is {slope:.6g}, and {given:.6g} was given"
        outcome, said = ("jump", "") if measured.agrees else ("wrong", f"wrong at {where}: ")
        return measured.verdict(f"{name}, jump", outcome, SWEEP, f"{said}{text}")

    def _agreed(self, name: str, measured: list[Measured], entries: list[int]) -> Verdict:
        sizes = [self.given[name][i] for i in entries]
        scale = max(map(abs, sizes)) if self.entrywise else hypot(*sizes)
        digits, worst = min(
            ((shared_digits(m.given, m.slope, scale), m) for m in measured),
            key=lambda pair: (pair[0], -pair[1].excess),
        )
        method, precision = self.checked.method, self.precision
        how = f"by {method}, {'entry by entry' if self.entrywise else 'along a random direction'}"
        off = max(m.own_error for m in measured)
        blunt = [m for m in measured if not m.tells] if precision else []
        coarse = [m for m in measured if not m.promises(scale)]
        agrees = worst.verdict(name, "agrees", method, "", scale=scale, own_error=off)
        if precision and not blunt and digits < precision.digits:
            return replace(agrees, sentence=f"agrees to {precision.words} {how}")
        if coarse or (precision and precision.asked and blunt):
            worst = max(coarse or blunt, key=lambda m: m.own_error)
            asked = f" {precision.words}" if precision and precision.asked and not coarse else ""
            found = (
                f"{method} finds {worst.slope:.6g}, and rounding alone may move them apart by "
                f"{worst.own_error:.1g}"
            )
            found = self.checked.no_slope if isnan(worst.slope) else found
            text = f"cannot tell{asked}: {worst.given:.6g} was given and {found}"
            return worst.verdict(name, "unclear", method, text, scale=scale, own_error=off)
        if digits == 0 or not scale:
            return replace(agrees, sentence=f"agrees: 0 to within {worst.tolerance:.1g} {how}")
        text = f"agrees to {plural(digits, 'digit')} {how}; it can promise {agrees.promised}"
        return replace(agrees, sentence=text)

    def _measure(self, name: str, entries: Sequence[int]) -> Measured:
        direction = self._direction(name, entries)
        given = fsum(products(self.given, direction))
        slope = self.checked.slope(direction)
        rounding, allowed = (
            hypot(*products({name: off}, direction))
            for off in (self.exact[name], self._allowed(name))
        )
        tolerance = slope.error + rounding + 4 * ulp(given) + TINY + allowed
        if len(entries) == 1 and abs(given - slope.slope) > tolerance:
            tolerance += self.checked.unseen(name, entries[0], slope)
        return Measured(
            given, slope.slope, tolerance, slope.kink, slope.jump, slope.scale, allowed, entries
        )

    def _direction(self, name: str, entries: Sequence[int]) -> dict[str, list[float]]:
        """Along one entry its own axis; along several a random mixture of about equal parts."""
        if len(entries) == 1:
            return self.checked.axis(name, entries[0])
        drawn = Generator(0).spawn(name).random(len(self.given[name]))
        steps = [0.5 + drawn[i] if drawn[i] < 0.5 else -drawn[i] for i in entries]
        return self.checked.moving([(name, i) for i in entries], steps)

    def _bisected(self, name: str, entries: list[int]) -> list[Verdict]:
        """The wrong entry of a failing tensor, and those that stand on corners of conditions.

        A complex step stays within one branch of a condition, and the other one is right as well.
        """
        kinked: list[int] = []
        smooth = entries
        while not (measured := self._narrowed(name, smooth)).agrees and measured.kink:
            kinked += measured.entries
            smooth = [i for i in smooth if i not in kinked]
            if len(kinked) == MOST_SWEEPS or not smooth:
                return [self._kinked(name, entries)]
        if measured.jump:
            return [self._jumped(name, measured)]
        apart = [self._kinked(name, kinked)] if kinked else []
        if measured.agrees:
            return [self._agreed(name, [measured], smooth), *apart]
        if len(measured.entries) > 1:
            return [self._wrong(name, measured, "in parts too small to be seen alone"), *apart]
        others = [i for i in smooth if i not in measured.entries]
        other = self._narrowed(name, others) if others else measured
        if alone := other.agrees and not kinked:
            self.alone.add(name)
        several = not (other.agrees or other.kink or other.jump)
        extent = "and other entries are wrong as well" if several else ""
        return [self._wrong(name, measured, "in this entry alone" if alone else extent), *apart]

    def _narrowed(self, name: str, entries: list[int]) -> Measured:
        """Halve what fails until one wrong entry is left, in log2(n) runs; or all of it."""
        whole = self._measure(name, entries)
        part = [] if whole.agrees else entries
        while len(part) > 1:
            middle = len(part) // 2
            first, second = part[:middle], part[middle:]
            part = second if self._measure(name, first).agrees else first
        if not part or (measured := self._measure(name, part)).agrees:
            return whole
        return self._looked_closer(name, [measured])[0]

    def _wrong(self, name: str, measured: Measured, extent: str) -> Verdict:
        given, slope, method = measured.given, measured.slope, self.checked.method
        entry = self._entry(name, measured.entries)
        apart = abs(given - slope)
        percent = 100 * apart / abs(slope) if slope else 0.0
        by = f"off by {percent:.3g}%" if 0 < percent < 999.5 else f"off by {apart:.3g}"
        if (digits := shared_digits(given, slope)) >= LEAST_DIGITS:
            by += f" (digits={digits} would let it pass)"
        text = f"wrong at {entry or name}: {given:.9g} was given and {method} finds {slope:.9g}"
        said = ", ".join(filter(None, (text, by, extent)))
        return measured.verdict(name, "wrong", method, said, entry=entry)

    def _kinked(self, name: str, entries: list[int]) -> Verdict:
        """Both slopes of the entry where the given one lies furthest from them."""
        self.kinked.setdefault(name, []).extend(entries)
        alone = self._one_by_one(name, entries) if self.entrywise else []
        sides = alone or [self._worst_part(name, entries)]
        beyond, gap, error, left, right, given, group, said, _ = max(sides)
        curve = self.checked.method == COMPLEX_STEP
        undone = all(s.gap <= SAME_SLOPE * abs(s.given) + curve * s.error for s in sides)
        where, slope = self._entry(name, group), "The slope"
        if where is None:  # of those that no op declares it is not known which ones they are
            declared = set(group) <= {*self._apart(name, touched=True)}
            where = f"{'' if declared else 'some of the '}{len(group)} entries"
            slope = "Along a random direction the slope"
        at = self.corners.told or "the slope changes at once here"
        two = f"{said}, and {given:.6g} was given"
        outcome, text = "kink", f"{where} touched by a kink: {at}. {slope} is {two}"
        if beyond:
            outcome, text = "wrong", f"wrong at {where}, not between the two slopes: {two}"
        elif error == inf:
            outcome = "unclear"
            text = f"cannot tell at {where}: more entries meet at a kink than can be tried together"
        elif undone:
            outcome, text = "agrees", f"agrees with the same slope on both sides of a kink: {at}"
        elif not curve and error > 10.0**-LEAST_DIGITS * max(abs(left), abs(right), abs(given)):
            outcome = "unclear"
            text = f"cannot tell at {where}: the slopes beside it change with every smaller step"
        else:
            text += ": neither right nor wrong"
        return Verdict(f"{name}, kinks", outcome, self.checked.method, given, right, gap, text)

    def _one_by_one(self, name: str, entries: Sequence[int]) -> list[TwoSlopes]:
        """The same of each entry; narrow sides are looked for until one is seen to be wrong."""
        beside = sorted((self._beside(name, [i]) for i in entries), reverse=True)
        for k, seen in enumerate(beside):
            if seen.beyond:
                beside[k] = self._beside(name, seen.entries, narrow=True)
                if beside[k].beyond:
                    return [beside[k]]
        return beside

    def _beside(self, name: str, entries: list[int], *, narrow: bool = False) -> TwoSlopes:
        direction = self._direction(name, entries)
        left, right, error = self.checked.slopes_beside(direction)
        given = fsum(products(self.given, direction))
        gap = max(left, right, given) - min(left, right, given)
        known = self.corners.between(name, direction[name])
        slopes = left, right, *(known or ())
        steepest = max(abs(left), abs(right))
        off = error + self._room(direction, steepest)
        beyond = max(min(slopes) - given, given - max(slopes)) - off
        said = f"{left:.6g} on the left and {right:.6g} on the right"
        if beyond > 0 and len(entries) == 1 and (self.hidden or not known):
            sides = self._sides({name: entries})
            if sides.complete:
                near = (
                    sides.widest(direction, SAME * steepest) if narrow else sides.along(direction)
                )
                lowest, highest, error = near
                off += error + SAME_SLOPE * max(abs(lowest), abs(highest))
                off += self.checked.unseen(name, entries[0], MeasuredSlope(given))
                beyond = max(min(lowest, *slopes) - given, given - max(highest, *slopes)) - off
                if beyond <= 0:
                    lowest, highest = min(lowest, *slopes), max(highest, *slopes)
                    said = f"from {lowest:.6g} to {highest:.6g} close around it"
            elif not (known or self._alone(name, *entries)):
                beyond, error = 0.0, inf
        whole = len(entries) == 1 or known is not None
        return TwoSlopes(max(beyond, 0.0), gap, error, left, right, given, entries, said, whole)

    def _worst_part(self, name: str, entries: list[int]) -> TwoSlopes:
        """The same of a part that is wrong by itself, if one is.

        Along a direction each of several kinks that no op declares may take either side, so that
        slopes beyond both may be right: halves are looked at, down to one entry.
        """
        suspects = self.corners.suspects(name, entries, self.given[name])
        beside = self._one_by_one(name, suspects)
        if beside and (furthest := max(beside)).beyond:
            return furthest
        waiting, parts, looked = [entries], list[TwoSlopes](), 0
        while waiting:
            part = self._beside(name, group := waiting.pop())
            looked += 1
            if looked > MOST_PARTS:
                return part._replace(beyond=0.0, error=inf)
            few = len(group) <= MOST_LOOKED_AT  # others pass where they are right all together
            if not part.whole and (part.beyond or few):
                middle = len(group) // 2
                waiting += [group[middle:], group[:middle]]
            elif part.beyond:
                return part
            else:
                parts.append(part)
        return max(parts, key=lambda part: (part.error == inf, part.gap))

    def _room(self, direction: Flat, steepest: float) -> float:
        """How far off a slope at kinks may be: across hidden ones rounding is overestimated."""
        off = SAME_SLOPE * steepest + TINY
        for name, d in direction.items():
            measured = self.corners.between(name, d) or not self.checked.recorded
            rounding = self.leeway[name] if measured else self._allowed(name)
            sizes = [
                n + LAST_DIGITS * abs(g) for n, g in zip(rounding, self.given[name], strict=True)
            ]
            off += fsum(n * abs(s) for n, s in zip(sizes, d, strict=True) if s)
        return off

    def _allowed(self, name: str) -> list[float]:
        nothing = [0.0] * len(self.given[name])
        return self.precision.allowance.get(name, nothing) if self.precision else nothing

    def _entry(self, name: str, entries: Sequence[int]) -> str | None:
        """The name of an entry; None of several."""
        return entry_name(name, self.checked.shapes[name], *entries) if len(entries) == 1 else None
