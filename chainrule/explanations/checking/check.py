"""Check a gradient, tensor by tensor, down to the entry that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, hypot, inf, isfinite, ulp
from typing import NamedTuple, final

from chainrule.arrays.random import Generator
from chainrule.explanations.checking.kinks import Corners
from chainrule.explanations.checking.subject import SWEEP, Flat, Opaque, Subject
from chainrule.explanations.checking.verdict import Verdict, shared_digits
from chainrule.nn import entry_name

ENTRYWISE = 500
"""Networks of up to so many weights are checked entry by entry."""


TINY = 2.0**-500
"""Gradients below this are zero for every purpose; the squared step of a complex step is, too."""


class Measured(NamedTuple):
    """A slope along a direction: as given, as found, and how far apart the two may lie.

    At a kink there are two slopes, and what was found lies between them.
    """

    given: float
    found: float
    tolerance: float
    kink: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the two agree; NaN agrees with nothing."""
        return abs(self.given - self.found) <= self.tolerance

    @property
    def excess(self) -> float:
        """The error in units of the tolerance."""
        error = abs(self.given - self.found)
        if error == 0:
            return 0.0
        return error / self.tolerance if self.tolerance and isfinite(error) else inf


@final
class Checker:
    """Compares a given gradient with slopes that are measured without any derivative rule.

    Args:
        subject: The function at its point.
        given: The gradient to check.
        noise: What rounding may do to each entry.
        corners: The kinks, and the entries that they touch.
        entrywise: Look at every entry; otherwise along one random direction per tensor, and into
            halves of a tensor only where that fails.
        seed: Decides the directions.

    Attributes:
        alone: The tensors in which one entry of many is wrong, as no mistake in a walk makes it.
        measured: The slopes of single entries that were found on the way, by name and index.
    """

    def __init__(
        self,
        subject: Subject | Opaque,
        given: Flat,
        noise: Flat,
        corners: Corners,
        *,
        entrywise: bool,
        seed: int = 0,
    ) -> None:
        self.subject = subject
        self.given = given
        self.noise = noise
        self.corners = corners
        self.entrywise = entrywise
        self.seed = seed
        self.alone: set[str] = set()
        self.measured: dict[str, dict[int, float]] = {name: {} for name in given}

    def verdicts(self) -> list[Verdict]:
        """One verdict per tensor, and another for the part of it that stands on a kink."""
        found = []
        for name, numbers in self.given.items():
            if broken := self._not_finite(name):
                found.append(broken)
                continue
            touched = self.corners.touched.get(name, [False] * len(numbers))
            if smooth := [i for i, t in enumerate(touched) if not t]:
                found.extend(self._smooth(name, smooth))
            if kinked := [i for i, t in enumerate(touched) if t]:
                found.append(self._kinked(name, kinked))
        return found

    def _not_finite(self, name: str) -> Verdict | None:
        for i, g in enumerate(self.given[name]):
            if not isfinite(g):
                entry = self._entry(name, i)
                text = f"wrong: {entry} is {g}, which is no slope"
                return Verdict(name, "wrong", "inspection", g, 0.0, 0.0, text, entry=entry)
        return None

    def _smooth(self, name: str, entries: list[int]) -> list[Verdict]:
        groups = [[i] for i in entries] if self.entrywise else [entries]
        measured = [(self._measure(name, group), group) for group in groups]
        if self.entrywise:
            self.measured[name] = {group[0]: m.found for m, group in measured}
        kinked = [i for m, group in measured if m.kink for i in group]
        at_kinks = [self._kinked(name, kinked)] if kinked else []
        measured = [(m, group) for m, group in measured if not m.kink]
        if not measured:
            return at_kinks
        worst, group = max(measured, key=lambda pair: pair[0].excess)
        wrong = sum(not m.agrees for m, _ in measured)
        if not wrong:
            return [self._agreed(name, [m for m, _ in measured], entries), *at_kinks]
        if not self.entrywise:
            return [self._bisected(name, entries)]
        extent = f"in {wrong} of {len(entries)} entries"
        return [self._wrong(name, worst, group, extent), *at_kinks]

    def _agreed(self, name: str, measured: list[Measured], entries: list[int]) -> Verdict:
        sizes = [self.given[name][i] for i in entries]
        scale = max(map(abs, sizes)) if self.entrywise else hypot(*sizes)
        digits, worst = min(
            ((shared_digits(m.given, m.found, scale), m) for m in measured),
            key=lambda pair: (pair[0], -pair[1].excess),
        )
        given, found, tolerance, _ = worst
        method = self.subject.method
        how = "entry by entry" if self.entrywise else "along a random direction"
        text = f"agrees to {digits} digits by {method}, {how}"
        return Verdict(name, "agrees", method, given, found, tolerance, text, scale=scale)

    def _measure(self, name: str, entries: Sequence[int]) -> Measured:
        direction = self._direction(name, entries)
        given = fsum(self.given[name][i] * direction[i] for i in entries)
        slope = self.subject.slope({name: direction})
        noise = hypot(*(self.noise[name][i] * direction[i] for i in entries))
        tolerance = slope.error + noise + 4 * ulp(given) + TINY
        return Measured(given, slope.value, tolerance, slope.kink)

    def _direction(self, name: str, entries: Sequence[int]) -> list[float]:
        """Along one entry its own axis; along several a random mixture of about equal parts."""
        direction = [0.0] * len(self.given[name])
        if len(entries) == 1:
            direction[entries[0]] = 1.0
            return direction
        drawn = Generator(self.seed).spawn(name).random(len(direction))
        for i in entries:
            direction[i] = 0.5 + drawn[i] if drawn[i] < 0.5 else -drawn[i]
        return direction

    def _bisected(self, name: str, entries: list[int]) -> Verdict:
        """Halve a failing tensor until one wrong entry is left: log2(n) runs."""
        part = entries
        while len(part) > 1:
            middle = len(part) // 2
            first, second = part[:middle], part[middle:]
            part = second if self._measure(name, first).agrees else first
        measured = self._measure(name, part)
        if measured.agrees:
            whole = self._measure(name, entries)
            return self._wrong(name, whole, entries, "in parts too small to be seen alone")
        others = [i for i in entries if i != part[0]]
        alone = bool(others) and self._measure(name, others).agrees
        if alone:
            self.alone.add(name)
        extent = "in this entry alone" if alone else "and other entries are wrong as well"
        return self._wrong(name, measured, part, extent)

    def _wrong(self, name: str, measured: Measured, group: list[int], extent: str) -> Verdict:
        given, found, tolerance, _ = measured
        entry = self._entry(name, group[0]) if len(group) == 1 else None
        apart = abs(given - found)
        percent = 100 * apart / abs(found) if found else 0.0
        by = f"off by {percent:.3g} %" if 0 < percent < 1000 else f"off by {apart:.3g}"
        text = (
            f"wrong at {entry or name}: {given:.9g} was given and {self.subject.method} finds "
            f"{found:.9g}, {by}, {extent}"
        )
        return Verdict(
            name, "wrong", self.subject.method, given, found, tolerance, text, entry=entry
        )

    def _kinked(self, name: str, entries: list[int]) -> Verdict:
        """Both slopes of the entry where the given one lies furthest from them."""
        groups = [[i] for i in entries] if self.entrywise else [entries]
        sides = []
        for group in groups:
            direction = self._direction(name, group)
            left, right = self.subject.slopes_beside({name: direction})
            given = fsum(self.given[name][i] * direction[i] for i in group)
            gap = max(left, right, given) - min(left, right, given)
            allowed = self._room(name, direction, left, right)
            beyond = max(min(left, right) - given, given - max(left, right)) - allowed
            sides.append((max(beyond, 0.0), gap, left, right, given, group))
        beyond, gap, left, right, given, group = max(sides)
        where = self._entry(name, group[0]) if len(group) == 1 else f"{len(group)} entries"
        at = "; ".join(map(str, self.corners.kinks)) or "the slope jumps here"
        two = f"{left:.6g} on the left and {right:.6g} on the right, and {given:.6g} was given"
        outcome, text = "kink", f"{where} touched by a kink: {at}. The slope is {two}"
        if beyond:
            outcome, text = "wrong", f"wrong at {where}, beside both slopes: {two}"
        else:
            text += ": neither right nor wrong"
        return Verdict(f"{name}, kinks", outcome, self.subject.method, given, right, gap, text)

    def _room(self, name: str, direction: Sequence[float], left: float, right: float) -> float:
        """How far beside both measured slopes a right one may lie: kinks may pull either way."""
        measuring = 1e-6 * max(abs(left), abs(right)) + TINY
        room = self.corners.room.get(name)
        if room is None:
            return abs(right - left) + measuring
        noise = self.noise[name]
        return measuring + fsum(
            (r + n) * abs(s) for r, n, s in zip(room, noise, direction, strict=True) if s
        )

    def _entry(self, name: str, index: int) -> str:
        return entry_name(name, self.subject.shapes[name], index)


def sweep_verdict(subject: Subject, given: Flat, noise: Flat, corners: Corners) -> Verdict:
    """Check the whole gradient once more without complex numbers, by central differences."""
    from chainrule.explanations.checking.kinks import crossed

    direction = {}
    for name, gradient in given.items():
        signs = Generator(0).spawn(f"sweep {name}").random(len(gradient))
        direction[name] = [
            0.0 if touched else (1.0 if u < 0.5 else -1.0) / subject.size**0.5
            for u, touched in zip(signs, corners.touched[name], strict=True)
        ]
    sweep = subject.sweep(direction)
    products = [
        (g * s, n * s)
        for name, d in direction.items()
        for g, n, s in zip(given[name], noise[name], d, strict=True)
    ]
    along = fsum(p for p, _ in products)
    tolerance = sweep.error + hypot(*(n for _, n in products))
    measured = Measured(along, sweep.slope, tolerance)
    scale = hypot(*(p for p, _ in products))
    outcome, step = "agrees", f"step {sweep.h:.0e}"
    text = f"agrees to {shared_digits(along, sweep.slope, scale)} digits by {SWEEP}, {step}"
    if not measured.agrees:
        outcome = "wrong"
        text = (
            f"wrong: {along:.9g} along a random direction, and the {SWEEP} finds {sweep.slope:.9g}"
        )
        if isfinite(along) and (across := crossed(subject, direction, sweep.h)):
            outcome = "kink"
            text = (
                f"the h-sweep cannot tell: within its {step} {across}, so it mixes two slopes; "
                "a complex step moves nowhere and does not cross it"
            )
    return Verdict("all together", outcome, SWEEP, along, sweep.slope, tolerance, text, scale=scale)
