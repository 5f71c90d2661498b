"""Why a given gradient is wrong: found only where a deliberate mistake gives the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import fsum, isclose
from typing import NamedTuple, final

from chainrule import ops
from chainrule.explanations.checking.mutations import Mutation, mutations
from chainrule.explanations.checking.stale import stale_mutations, updated_weights
from chainrule.explanations.checking.subject import Flat, Subject

SAME = 1e-10
"""Relative to a tensor's largest entry: so close, two wrong gradients are wrong in the same way."""

MOST_EDGES = 2000
"""Longer tapes are not mutated edge by edge, since each edge costs a walk."""


EVIDENCE = 4
"""A mistake with a free number in it, such as a λ, has to explain at least so many entries."""


class _Match(NamedTuple):
    """Numbers that may be the given ones; `fitted` if one number was read off the given ones."""

    sentence: str
    gradient: Flat
    fitted: bool = False


@final
class CauseFinder:
    """Compares a wrong gradient with what the known mistakes give.

    Args:
        subject: The function at its point.
        given: The wrong gradient.
        gradient: The right one, measured where it could be.
        own: The one by chainrule's walk. Where the given one is just that, no walk tells anything,
            since the mistake is in a rule that all of them use.
        noise: What rounding may do to each entry.
        touched: The entries at kinks, which are left out of every comparison.
        before: Earlier points by what people call them ("the initial weights"), whose values
            somebody may have kept by mistake.
    """

    def __init__(
        self,
        subject: Subject,
        given: Flat,
        gradient: Flat,
        own: Flat,
        noise: Flat,
        touched: Mapping[str, Sequence[bool]],
        before: Mapping[str, Flat] | None = None,
    ) -> None:
        self.subject = subject
        self.given = given
        self.gradient = gradient
        self.own = own
        self.noise = noise
        self.touched = touched
        self.before = before or {}

    def causes(self, wrong: Sequence[str]) -> dict[str, str]:
        """The cause for each wrong tensor that has a known one.

        One mistake that explains the whole gradient is preferred to several that explain a tensor
        each.
        """
        found: dict[str, str] = {}
        wrong = [name for name in wrong if not self._same(self.gradient, [name])]
        if not wrong:
            return found
        for candidate in self._candidates(wrong):
            if candidate.fitted and self._changed(candidate.gradient) < EVIDENCE:
                continue
            if self._same(candidate.gradient, list(self.given)):
                return dict.fromkeys(wrong, candidate.sentence)
            for name in wrong:
                if name not in found and self._same(candidate.gradient, [name]):
                    found[name] = candidate.sentence
        return found

    def _candidates(self, wrong: Sequence[str]) -> Iterator[_Match]:
        yield from self._factors(wrong)
        yield from self._penalty(wrong)
        if len(self.subject.tape) > MOST_EDGES or self._same(self.own, wrong):
            return
        for mutation in (*mutations(self.subject), *stale_mutations(self.subject, self.before)):
            walked = self.subject.walk(mutation.pull)
            if mutation.scalable:
                yield from self._shares(mutation, walked, wrong)
            else:
                yield _Match(mutation.sentence, walked)
        if updated := updated_weights(self.subject, self.given, self.gradient, wrong):
            yield _Match(*updated, fitted=True)

    def _factors(self, wrong: Sequence[str]) -> Iterator[_Match]:
        """The whole gradient, or one tensor's, times a factor that people forget."""
        factor = ratio(self.given, self.gradient, list(self.given))
        if phrase := self._phrase(factor):
            yield _Match(f"every gradient {phrase}", _scaled(self.gradient, factor))
        for name in wrong:
            factor = ratio(self.given, self.gradient, [name])
            if phrase := self._phrase(factor):
                alone = _scaled({name: self.gradient[name]}, factor)
                yield _Match(f"the gradient of {name} {phrase}", {**self.gradient, **alone})

    def _penalty(self, wrong: Sequence[str]) -> Iterator[_Match]:
        apart = _difference(self.given, self.gradient)
        amount = ratio(apart, self.subject.numbers, wrong)
        added = {
            name: [
                g + amount * w
                for g, w in zip(self.gradient[name], self.subject.numbers[name], strict=True)
            ]
            for name in wrong
        }
        if amount <= 0:
            return
        sentence = f"it holds a penalty with λ = {amount / 2:.6g}, which this loss leaves out"
        yield _Match(sentence, {**self.gradient, **added}, fitted=True)

    def _shares(self, cut: Mutation, walked: Flat, wrong: Sequence[str]) -> Iterator[_Match]:
        """A share that was lost by the cut may as well have been doubled, negated, not divided."""
        share = _difference(self.gradient, walked)
        for scope in (list(self.given), *([name] for name in wrong)):
            factor = 1 + ratio(_difference(self.given, self.gradient), share, scope)
            if phrase := self._phrase(factor):
                sentence = f"what comes along {cut.sentence} {phrase}"
                yield _Match(sentence, _difference(walked, _scaled(share, -factor)))

    def _phrase(self, factor: float) -> str | None:
        """What people do to end up with a factor; None if it is 1 or nothing known."""
        if abs(factor) < SAME:
            return "is missing"
        for sign, also in ((1, ""), (-1, " and has the wrong sign")):
            known = [text for k, text in self._known_factors() if isclose(sign * factor, k)]
            if known:
                return " or ".join(dict.fromkeys(known)) + also
        return "has the wrong sign" if isclose(factor, -1) else None

    def _known_factors(self) -> Iterator[tuple[float, str]]:
        found = [(2.0, "is counted twice"), (0.5, "is half of what it should be")]
        for n, outputs in self._sizes():
            found += [
                (1.0 * n, f"is not divided by the {n} examples"),
                (1.0 / n, f"is divided by the {n} examples once too often"),
            ]
            if outputs > 1:
                both = f"is not divided by the {n} examples and {outputs} outputs"
                found += [
                    (1.0 * outputs, f"is not divided by the {outputs} outputs"),
                    (1.0 / outputs, f"is divided by the {outputs} outputs once too often"),
                    (1.0 * n * outputs, both),
                ]
        return ((factor, text) for factor, text in found if factor != 1)

    def _sizes(self) -> Iterator[tuple[int, int]]:
        """Over how many examples and outputs each average of losses on the tape is taken."""
        for tensor in self.subject.tape:
            if tensor.origin and tensor.origin.primitive is ops.mean:
                made = tensor.origin.inputs[0].origin
                if made and len(made.inputs[0].shape) == 2:
                    examples, outputs = made.inputs[0].shape
                    yield examples, 1 if made.primitive is ops.softmax_cross_entropy else outputs

    def _changed(self, candidate: Flat) -> int:
        """How many entries a mistake moves."""
        return sum(
            c != g
            for name, numbers in candidate.items()
            for c, g in zip(numbers, self.gradient[name], strict=True)
        )

    def _same(self, candidate: Flat, names: Sequence[str]) -> bool:
        for name in names:
            largest = max(map(abs, candidate[name]))
            for c, g, noise, touched in zip(
                candidate[name], self.given[name], self.noise[name], self.touched[name], strict=True
            ):
                if not touched and not abs(c - g) <= 4 * noise + SAME * largest:
                    return False
        return True


def ratio(one: Flat, other: Flat, names: Sequence[str]) -> float:
    """The factor between two gradients, by least squares; 1 if the other is zero."""
    pairs = [(a, b) for name in names for a, b in zip(one[name], other[name], strict=True)]
    square = fsum(b * b for _, b in pairs)
    return fsum(a * b for a, b in pairs) / square if square else 1.0


def _scaled(gradient: Flat, factor: float) -> Flat:
    return {name: [factor * g for g in numbers] for name, numbers in gradient.items()}


def _difference(one: Flat, other: Flat) -> dict[str, list[float]]:
    return {
        name: [a - b for a, b in zip(numbers, other[name], strict=True)]
        for name, numbers in one.items()
    }
