"""The point at which a wrong gradient is compared with mistakes made on purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import fsum, hypot, inf, isfinite
from typing import NamedTuple, final

from chainrule.checking.checked_function import (
    CANNOT,
    CheckedFunction,
    Flat,
    each_number,
    of_largest,
)
from chainrule.checking.mutations import mutations
from chainrule.checking.second_point import SecondPoint
from chainrule.checking.tape_mutations import Mutation, outdated_mutations, walk_through_updated

SAME = 1e-10
"""Relative to a tensor's largest entry: so close, two wrong gradients are wrong in the same way."""

SAME_BY_DIFFERENCES = 1e-6
"""The same where the right gradient is itself only measured by differences."""


MOST_OFF = 1e-5
"""So near a factor has to be to a known one, however rounded the numbers are."""

MOST_ALIKE = 8
"""So many mistakes are tried that have the same words."""


class KnownMistake(NamedTuple):
    """A mistake made on purpose.

    Attributes:
        rank: How simple it is: of several that fit, the lowest is named.
        sentence: What was done wrong, and where.
        changed: What somebody who makes it gets at a point, for the arrays that it changes; None
            where it cannot be made.
        fitted: Whether a number in it was read off the wrong gradient.
    """

    rank: int
    sentence: str
    changed: Callable[[Comparison], Flat | None]
    fitted: bool = False

    def gradient(self, there: Comparison) -> Flat | None:
        """What somebody who makes it gets at a point."""
        changed = self.changed(there)
        return None if changed is None else {**there.right, **changed}


class Known(NamedTuple):
    """What else is known of a function whose gradient is wrong.

    Attributes:
        before: Earlier points by name, whose values somebody may have kept.
        row_counts: How many examples a function without a tape holds, if that can be seen.
        partial: The same function with some of its examples, by what was done with the others,
            and a factor on its slope.
    """

    before: Mapping[str, Flat] = {}
    row_counts: Sequence[int] = ()
    partial: Mapping[str, tuple[CheckedFunction, float]] = {}


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """A wrong gradient and the right one at one point.

    Args:
        checked: The function at its point.
        given: The gradient that was given there.
        right: The right one.
        own: The one by chainrule's walk; None if the function has no tape, or the given gradient is
            just that one, so that the mistake is in a rule which every walk uses.
        rounding: What rounding may do to each entry; empty for nothing.
        touched: The entries at kinks, which are left out of every comparison.
        known: What else is known of the function.

    Attributes:
        factors: The factors that people forget here, once they have been looked for.
    """

    checked: CheckedFunction
    given: Flat
    right: Flat
    own: Flat | None
    rounding: Flat = field(default_factory=dict)
    touched: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    factors: list[tuple[float, str]] = field(init=False, default_factory=list)
    _walks: dict[str, Flat] = field(init=False, default_factory=dict)
    _slopes: dict[int, Flat] = field(init=False, default_factory=dict)

    @property
    def same(self) -> float:
        """How far two gradients may differ, relative to their size, that are wrong alike."""
        return SAME if self.checked.recorded else SAME_BY_DIFFERENCES

    def at(self, point: SecondPoint) -> Comparison | None:
        """The same at a second point; None where the function takes another way there."""
        there, own = point.checked, None
        try:
            if there.recorded:
                own = there.walk()
            gradient = own or there.slopes()
        except CANNOT:
            return None
        if len(there.tape) != len(self.checked.tape) or not all(
            isfinite(g) for numbers in gradient.values() for g in numbers
        ):
            return None
        right = {name: gradient[name] for name in self.given}
        given = point.given or right
        parts = self.known.partial.items()
        known = self.known._replace(partial={s: (f.at(there.numbers), k) for s, (f, k) in parts})
        rounding = of_largest(given, self.rounded_share)
        beside = replace(self, rounding=rounding, touched={}, known=known)
        return replace(beside, checked=there, given=given, right=right, own=own)

    @cached_property
    def rounded_share(self) -> dict[str, float]:
        """By what share of its largest number rounding may change an array of the gradient."""
        return {
            name: max(self.rounding.get(name, ()), default=0.0) / largest
            for name, numbers in self.given.items()
            if 0 < (largest := max(map(abs, numbers), default=0.0)) < inf
        }

    @property
    def same_factor(self) -> float:
        """How far a factor may be from one that people forget, being read off rounded numbers."""
        rounded = max(self.rounded_share.values(), default=0.0)
        return max(10 * self.same, min(rounded, MOST_OFF))

    @cached_property
    def mutations(self) -> dict[str, Mutation]:
        """Every walk that goes wrong on purpose, by its sentence, numbered where several share one.

        Values of long expressions have the same words in every step of a recurrence.
        """
        if self.own is None:
            return {}
        walks = (*mutations(self.checked), *outdated_mutations(self.checked, self.known.before))
        by_key: dict[str, Mutation] = {}
        alike: Counter[str] = Counter()
        for mutation in walks:
            alike[mutation.sentence] += 1
            if (count := alike[mutation.sentence]) <= MOST_ALIKE:
                by_key[f"{mutation.sentence} ({count})"] = mutation
        return by_key

    def walked(self, key: str) -> Flat | None:
        """The gradient by the walk that makes that mistake, if it comes through."""
        mutation = self.mutations.get(key)
        if mutation is None:
            return None
        if key not in self._walks:
            try:
                everything = self.checked.walk(mutation.pull)
            except CANNOT:  # where it passes back a shape that the next op does not take
                return None
            names = mutation.only or tuple(self.right)
            self._walks[key] = {
                name: everything[name] if name in names else self.right[name] for name in self.right
            }
        return self._walks[key]

    def share(self, key: str) -> Flat | None:
        """What is lost by that walk."""
        walked = self.walked(key)
        return None if walked is None else difference(self.right, walked)

    def with_some_examples(self, sentence: str) -> Flat | None:
        """The gradient of the function with some of its examples."""
        if sentence not in self.known.partial:
            return None
        function, factor = self.known.partial[sentence]
        if id(function) not in self._slopes:
            self._slopes[id(function)] = function.slopes()
        return scaled(self._slopes[id(function)], factor)

    def through_updated(self, rate: float, weights: Collection[str]) -> Flat:
        """The gradient by a walk back through weights that were updated already."""
        return walk_through_updated(self.checked, self.given, rate, weights)

    def agrees(self, one: Flat, other: Flat, name: str) -> bool:
        """Whether two gradients of an array are the same one but for rounding."""
        count = len(one[name])
        rounding = self.rounding.get(name) or [0.0] * count
        touched = self.touched.get(name) or [False] * count
        largest = max(map(abs, other[name]), default=0.0)
        return all(
            t or abs(a - b) <= 4 * r + self.same * largest
            for a, b, r, t in zip(one[name], other[name], rounding, touched, strict=True)
        )


def ratio(one: Flat, other: Flat, names: Sequence[str]) -> float:
    """The factor between two gradients, by least squares; 1 if the other is zero."""
    pairs = [(a, b) for name in names for a, b in zip(one[name], other[name], strict=True)]
    size = hypot(*(b for _, b in pairs))  # its square may be too large for a float, or too small
    return fsum(a * (b / size) for a, b in pairs) / size if size else 1.0


def scaled(gradient: Flat, factor: float) -> Flat:
    """Every number times a factor."""
    return {name: [factor * g for g in numbers] for name, numbers in gradient.items()}


def combined(one: Flat, other: Flat, factor: float) -> dict[str, list[float]]:
    """One gradient and so many times another, for the arrays of the first."""
    return each_number(lambda a, b: a + factor * b, one, other)


def difference(one: Flat, other: Flat) -> dict[str, list[float]]:
    """One gradient less another, for the arrays of the first."""
    return combined(one, other, -1.0)
