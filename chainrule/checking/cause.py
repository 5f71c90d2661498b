"""Why a given gradient is wrong: named only where a deliberate mistake gives the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, partial
from itertools import product
from math import isclose, isfinite
from typing import NamedTuple, final

from chainrule.autodiff import Tensor
from chainrule.checking.check import ENTRYWISE, TINY
from chainrule.checking.checked_function import Flat
from chainrule.checking.comparison import Comparison, KnownMistake, combined, difference, ratio
from chainrule.checking.plain_mistakes import (
    FITTED,
    average_sizes,
    described,
    phrase,
    plain_mistakes,
    plausible,
    rounded,
)
from chainrule.checking.second_point import SecondPoint
from chainrule.checking.tape_mutations import EDGE, GROUP, PLACE, SHARED_EDGE, Mutation
from chainrule.checking.verdict import Verdict

MOST_STEPS = 4_000_000
"""Mistakes are tried in walks of up to so many steps together: each of them costs a walk."""

EVIDENCE = 2
"""A cause is named from so many independent numbers on; one number fits by chance."""

LARGEST_DIVISOR = 100
"""Fractions of whole numbers up to this are met by chance."""

COMMON_FACTORS = (-1.0, 0.5, 2.0)
"""So much of one number comes about in too many ways for any of them to be named."""

MOST_TIES = 4
"""Where more causes fit than this, none is named."""

EDGE_SIGN, EDGE_FACTOR = 38, 70
"""The ranks of a share that arrives with a wrong sign, which a factor of -1 that is left out is as
well, or of a mean that is not divided by the examples; and of one that arrives twice."""


class Cause(NamedTuple):
    """What is said about a wrong gradient: its cause, if it is known, and the words for it."""

    name: str | None
    words: str


UNKNOWN = Cause(None, "cause unknown")


def named(sentences: Sequence[str]) -> Cause:
    """A known cause, or those that the numbers cannot tell apart."""
    cause = sentences[0]
    if len(sentences) > 1:
        numbered = [f"({k}) {sentence}" for k, sentence in enumerate(sentences, 1)]
        cause = f"one of these, which the numbers do not tell apart: {', or '.join(numbered)}"
    return Cause(cause, f"cause: {cause}")


def with_causes(verdicts: Sequence[Verdict], causes: Mapping[str, Cause]) -> list[Verdict]:
    """Verdicts, the wrong ones with their causes.

    Args:
        verdicts: The verdicts.
        causes: What is said about them, by the name of each; unknown where that is left out.
    """
    return [
        replace(v, cause=cause.name, sentence=f"{v.sentence}; {cause.words}")
        if v.outcome == "wrong" and (cause := causes.get(v.name, UNKNOWN))
        else v
        for v in verdicts
    ]


@final
class CauseFinder:
    """Holds a wrong gradient against what the known mistakes give.

    Args:
        here: The wrong gradient and the right one at the point that was asked for.
        second: Gives a second point. Where the gradient was given as a function, a cause has to
            fit there as well; where not, mistakes that are one and the same thing in other words
            still stay together there, and those that coincide by round numbers do not.
    """

    def __init__(self, here: Comparison, second: Callable[[], SecondPoint | None]) -> None:
        self.here = here
        self._second = second
        self.large = sum(map(len, here.given.values())) > ENTRYWISE

    def causes(self, wrong: Sequence[str]) -> dict[str, Cause]:
        """What is said about each wrong array.

        One mistake that explains the whole gradient goes before several that explain an array each.
        A mistake that would change an array found right is none; and what explains only some of the
        wrong arrays, at one point, may do so by chance.

        Args:
            wrong: The arrays found wrong.
        """
        wrong = [n for n in wrong if not self.here.agrees(self.here.right, self.here.given, n)]
        if not wrong:
            return {}
        whole: list[KnownMistake] = []
        partial: dict[str, list[KnownMistake]] = {name: [] for name in wrong}
        for mistake in self._mistakes(wrong):
            for name in self._explained(mistake, self.here, wrong):
                partial[name].append(mistake)
            if all(partial[name] and partial[name][-1] is mistake for name in wrong):
                whole.append(mistake)
                if self.large:
                    break
        if whole and (cause := self._named(whole, wrong)):
            return dict.fromkeys(wrong, cause)
        said = {name: self._named(fitting, [name]) for name, fitting in partial.items()}
        if not self.elsewhere and not all(cause and cause.name for cause in said.values()):
            said = dict.fromkeys(wrong)
        return {name: cause or self._unexplained(name) for name, cause in said.items()}

    def _mistakes(self, wrong: Sequence[str]) -> Iterator[KnownMistake]:
        yield from plain_mistakes(self.here, wrong)
        own, given = self.here.own, self.here.given
        if own is None or all(self.here.agrees(own, given, name) for name in wrong):
            return  # where the given gradient is that of our own walk, a rule itself is wrong
        reach, steps = self._reach(), len(self.here.checked.tape)
        for number, (key, mutation) in enumerate(self.here.mutations.items()):
            if number * steps > MOST_STEPS:
                return
            if self.large and not self._may_explain(mutation, reach, wrong):
                continue
            yield KnownMistake(
                mutation.rank, mutation.sentence, partial(Comparison.walked, key=key)
            )
            if mutation.scalable:
                yield from self._scaled_shares(key, mutation, wrong)
        yield from self._updated_early(wrong)

    def _reach(self) -> dict[int, frozenset[str]]:
        """The arrays that each value on the tape was made from."""
        reach: dict[int, frozenset[str]] = {}
        for tensor in self.here.checked.tape:
            inputs = tensor.origin.inputs if tensor.origin else ()
            names = [reach.get(x.serial, frozenset()) for x in inputs if type(x) is Tensor]
            own = {tensor.name} if tensor.origin is None and tensor.name else set()
            reach[tensor.serial] = frozenset().union(own, *names)
        return reach

    def _may_explain(
        self, mutation: Mutation, reach: Mapping[int, frozenset[str]], wrong: Sequence[str]
    ) -> bool:
        """Whether a walk that goes wrong there changes these arrays and no others."""
        if mutation.only:
            return set(mutation.only) == set(wrong)
        if mutation.places is None:
            return True
        touched = frozenset().union(*(reach[place.serial] for place in mutation.places))
        return touched & self.here.given.keys() == set(wrong)

    def _scaled_shares(
        self, key: str, cut: Mutation, wrong: Sequence[str]
    ) -> Iterator[KnownMistake]:
        """A share that was lost by the cut may as well have been doubled, negated, not divided."""
        share = self.here.share(key)
        if share is None:
            return
        factor = 1 + ratio(difference(self.here.given, self.here.right), share, wrong)
        if abs(factor) < self.here.same:
            return

        def scaled_share(there: Comparison) -> Flat | None:
            own = there.share(key)
            return None if own is None else combined(there.right, own, factor - 1)

        if said := phrase(factor, self.here, one_slip=True):
            what = cut.scalable
            if not cut.of_a_term:
                what = f"what comes along {what}"
            negated = isclose(factor, -1, rel_tol=10 * self.here.same)
            averaged = cut.of_a_term and any(
                isclose(factor, size, rel_tol=self.here.same_factor)
                for rows, outputs, _ in average_sizes(self.here)
                for size in (rows, rows * outputs, 1 / rows)
            )
            rank = EDGE_SIGN if negated or averaged else EDGE_FACTOR
            yield KnownMistake(rank, f"{what} {said}", scaled_share)

    def _updated_early(self, wrong: Sequence[str]) -> Iterator[KnownMistake]:
        """A layer, or each, is updated before the way back goes through it.

        The learning rate is read off the last wrong array, which only one updated layer has
        reached, and then has to explain all the others.
        """
        given, right = self.here.given, self.here.right
        last = [name for name in given if name in wrong][-1]
        weights = [name for name, shape in self.here.checked.shapes.items() if len(shape) == 2]
        for updated in (weights, *([name] for name in weights)):
            first_try = self.here.through_updated(1.0, updated)
            moved = difference({last: first_try[last]}, right)
            rate = ratio(difference({last: given[last]}, right), moved, [last])
            if not any(moved[last]) or not plausible(rate):
                continue
            rate = rounded(rate)
            alone = "" if updated is weights else f" ({updated[0]} alone)"
            sentence = (
                f"the way back goes through weights that were updated already{alone}, with a "
                f"learning rate of {rate:.6g}"
            )
            changed = partial(Comparison.through_updated, rate=rate, weights=updated)
            yield KnownMistake(FITTED, sentence, changed, fitted=True)

    def _explained(self, mistake: KnownMistake, at: Comparison, wrong: Sequence[str]) -> list[str]:
        """The wrong arrays that a mistake explains; none if it changes another one than these."""
        gradient = mistake.gradient(at)
        if gradient is None or not all(isfinite(x) for name in at.given for x in gradient[name]):
            return []
        explained = []
        for name in at.given:
            if at.agrees(gradient, at.right, name):
                continue
            if name not in wrong or not at.agrees(gradient, at.given, name):
                return []
            explained.append(name)
        return explained

    def _named(self, fitting: Sequence[KnownMistake], names: Sequence[str]) -> Cause | None:
        """The simplest of the mistakes that fit, and those that tie with it."""
        if not fitting:
            return None
        there = self.elsewhere
        equations = independent_numbers(names, self.here, *([there] if there else []))
        if there is not None:
            fitting = [m for m in fitting if self._fits(m, there, names)]
        elif different := one_round_step_off(self.here, names):
            equations = 1 if different == 1 or all(m.rank >= EDGE for m in fitting) else equations
        fitting = [m for m in fitting if not m.fitted or independent_numbers(names, self.here) > 1]
        if not fitting:
            return UNKNOWN if there is not None else None
        if equations < EVIDENCE and not self._is_telling():
            return Cause(None, self._one_number(names))
        ties = self._apart(sorted(fitting, key=lambda mistake: mistake.rank))
        sentences = list(dict.fromkeys(mistake.sentence for mistake in ties))
        if len(sentences) > MOST_TIES:
            # Of one mistake at one place, with any array, only that is told.
            sentences = list(dict.fromkeys(s.partition(": from ")[0] for s in sentences))
        if len(sentences) > MOST_TIES:
            return Cause(None, "cause unknown: too many known mistakes give these very numbers")
        return named(sentences)

    def _is_telling(self) -> bool:
        """Whether one wrong number of many digits, met by no chance, stands beside right ones."""
        right: list[tuple[float, float]] = []
        wrong: list[tuple[float, float]] = []
        for name, numbers in self.here.given.items():
            for pair in zip(numbers, self.here.right[name], strict=True):
                (right if isclose(*pair, rel_tol=10 * self.here.same) else wrong).append(pair)
        if len(wrong) != 1 or not any(map(any, right)) or any(map(is_round, wrong[0])):
            return False
        given, expected = wrong[0]
        return not any(isclose(given, k * expected, rel_tol=1e-6) for k in COMMON_FACTORS)

    def _fits(self, mistake: KnownMistake, there: Comparison, names: Sequence[str]) -> bool:
        gradient = mistake.gradient(there)
        return gradient is not None and all(
            there.agrees(gradient, there.given, name) for name in names
        )

    def _apart(self, fitting: Sequence[KnownMistake]) -> list[KnownMistake]:
        """Of mistakes that are one and the same thing at any point, the simplest stays."""
        there = None if len(fitting) == 1 or self.large else self.nearby
        if there is None:
            return list(fitting[:1])
        distinct: list[tuple[KnownMistake, Flat]] = []
        for mistake in fitting:
            gradient = mistake.gradient(there)
            if gradient is not None and not any(
                all(there.agrees(gradient, known, name) for name in gradient)
                for simpler, known in distinct
                if not _both_told(simpler.rank, mistake.rank)
            ):
                distinct.append((mistake, gradient))
        return [mistake for mistake, _ in distinct] or list(fitting[:1])

    def _one_number(self, names: Sequence[str]) -> str:
        said = described(self.here, names[0])
        return f"cause unknown, since one wrong number proves none: {said}"

    def _unexplained(self, name: str) -> Cause:
        if independent_numbers([name], self.here) < EVIDENCE and self.elsewhere is None:
            return Cause(None, self._one_number([name]))
        return UNKNOWN

    @cached_property
    def nearby(self) -> Comparison | None:
        """The right gradient at the second point, and the given one if it could be asked for."""
        self.asked = False
        if (point := self._second()) is None:
            return None
        self.asked = point.given is not None
        return self.here.at(point)

    @property
    def elsewhere(self) -> Comparison | None:
        """The wrong gradient at the second point, if it could be asked for there."""
        return self.nearby if self.nearby and self.asked else None


def _both_told(simpler: int, other: int) -> bool:
    """Whether two names for one and the same thing are both told.

    What nothing came back through, a factor may have made 0 that is 0 at these inputs.
    """
    if EDGE in (simpler, other):
        return other in (SHARED_EDGE, PLACE)
    return PLACE <= simpler == other < GROUP


def is_round(number: float) -> bool:
    """Whether a number is a fraction of small whole numbers, or of few decimal digits."""
    if not isfinite(number):
        return False
    fraction = float(Fraction(number).limit_denominator(LARGEST_DIVISOR))
    return any(
        isclose(number, short, rel_tol=1e-12) for short in (fraction, float(f"{number:.5g}"))
    )


def one_round_step_off(at: Comparison, names: Sequence[str]) -> int:
    """How many different numbers are wrong by the same round number; 0 if more than two are.

    Of all the ops of a function, a mistake at one of them is then easily met by chance; and one
    number, wherever it stands, proves none.
    """
    wrong = {
        (f"{given:.9g}", f"{abs(given - right):.6g}")
        for name in names
        for given, right in zip(at.given[name], at.right[name], strict=True)
        if not isclose(given, right, rel_tol=10 * at.same, abs_tol=TINY)
    }
    steps = {float(step) for _, step in wrong}
    alike = len(wrong) <= EVIDENCE and len(steps) == 1 and all(map(is_round, steps))
    return len(wrong) if alike else 0


def independent_numbers(names: Sequence[str], *points: Comparison) -> int:
    """How many numbers were given wrong that are not wrong by what another one is wrong by.

    The gradients of one neuron's weights and bias are sums over the examples of multiples of one
    number. A factor that all of them share is as many numbers as there are examples, and not as
    many as there are weights; numbers of one size are one, and what comes back elsewhere is none,
    nor what is the same at a second point.
    """
    sizes: dict[tuple[str, int, str, int], set[str]] = {}
    seen: set[tuple[str, str]] = set()
    for at, name in product(points, names):
        shape = at.checked.shapes[name]
        width = max(1, len(at.given[name]) // shape[0]) if shape else 1
        largest = max(map(abs, (*at.right[name], *at.given[name])), default=0.0)
        for i, (given, right) in enumerate(zip(at.given[name], at.right[name], strict=True)):
            pair = f"{given:.6g}", f"{right:.6g}"
            if abs(given - right) > 10 * at.same * largest and pair not in seen:
                seen.add(pair)
                share = f"{given / right:.6g}" if right else f"{given:.6g}"
                unit = (name.rpartition(".")[0] or name, i // width, share, id(at))
                sizes.setdefault(unit, set()).add(f"{abs(given):.6g}")
    examples = max((rows for rows, *_ in average_sizes(points[0])), default=1)
    return sum(min(len(numbers), examples) for numbers in sizes.values())
