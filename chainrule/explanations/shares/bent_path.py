"""The path integral along a long way, on which the gradient may jump: split where it bends.

The gradient of a ReLU network jumps where a unit opens or shuts, and is smooth in between. A rule
for smooth functions is exact to many digits on each smooth piece and poor across a jump, so the
jumps are found first, from runs of the network without a gradient, and the way is cut there. Where
there are very many, each of them is small, and the way is halved everywhere instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isfinite
from typing import Any, TypeAlias, final

from chainrule.arrays import namespace_of
from chainrule.explanations.shares.path_integral import (
    ROUNDING,
    STEADY,
    TOLERANCE,
    Evaluation,
    PathIntegral,
    path_integral,
)

MOST_SPLITS = 1024
"""The parts that a way with very many bends is split into at most."""

MOST_GRADIENTS = MOST_SPLITS + 1
"""No piece is split any more once so many gradients were computed."""

MOST_BENDS = 64
"""Of more jumps than these each is small, and halving the whole way costs less."""

LOOKS = 8
"""The equal parts of the way in each of which a unit's change of side is looked for."""

NEAR = 1e-7
"""How near a bend is approached, as a share of the way: what is left over cannot be noticed."""

RULES: tuple[tuple[tuple[float, tuple[float, ...]], ...], ...] = (
    ((0.0, (2.0, 8 / 9, 0.45091653865847414, 0.22551049979820669)),),
    ((0.7745966692414834, (5 / 9, 0.26848808986833344, 0.1344152552437842)),),
    (
        (0.9604912687080202, (0.10465622602646727, 0.0516032829970797)),
        (0.43424374934680254, (0.4013974147759622, 0.20062852937698902)),
    ),
    (
        (0.9938319632127550, (0.01700171962994026,)),
        (0.8884592328722570, (0.09292719531512454,)),
        (0.6211029467372264, (0.17151190913639138,)),
        (0.2233866864289669, (0.2191568584015875,)),
    ),
)
"""Rules of 1, 3, 7 and 15 points on [-1, 1], each of which goes on with the points of the one
before: what each level adds, as the place and its weight in this rule and in those after it. They
are exact for polynomials of degree 1, 5, 11 and 23. Every place but 0 stands for its mirror too.

Source: Patterson, "The optimum addition of points to quadrature formulae", Mathematics of
Computation 22 (1968), table I.
"""

Look: TypeAlias = tuple[float, list[float]]
"""The loss at a point of the way, and how far each unit is from its corner, with a sign."""


def bent_path_integral(
    evaluate: Callable[[Any], Evaluation],
    look: Callable[[Any], Look],
    start: Any,
    end: Any,
) -> PathIntegral:
    """Share the change of the loss from `start` to `end` out among the weights.

    A piece of the way is done when its entries add up to its change of the loss, within its part
    of `TOLERANCE` of the whole change, and the rule has settled within `STEADY` of the entries'
    size or of its part of the whole change; else it is halved.
    How far a rule is off is guessed from how far it is from the rule before: the order of the
    error is more than half as high again, so the power 3/2 of that distance is on the safe side.

    Args:
        evaluate: The loss and its gradient at flat weights.
        look: The loss at flat weights, and the distances whose change of sign is a bend.
        start: Flat weights, of shape `(weights,)`.
        end: Flat weights, of the same shape.

    Returns:
        The parts, with what they leave unexplained and whether to trust them.

    Example:
        >>> import chainrule.arrays as xp
        >>> relu = lambda w: (max(0.0, w), xp.asarray([1.0 if w > 0 else 0.0]))
        >>> look = lambda w: (max(0.0, float(w[0])), [float(w[0])])
        >>> shared = bent_path_integral(
        ...     lambda w: relu(float(w[0])), look, xp.asarray([-1.0]), xp.asarray([2.0])
        ... )
        >>> round(float(shared.entries[0]), 6), shared.splits, shared.trusted
        (2.0, 2, True)
    """
    way = end - start
    path = _Way(lambda flat: evaluate(flat)[1], look, start, way)
    bends = path.bends()
    if len(bends) > MOST_BENDS:
        return path_integral(evaluate, start, end, most_splits=MOST_SPLITS, of_measured=True)
    edges = sorted({0.0, *(path.bend(*bend) for bend in bends), 1.0})
    pieces = [(left, right) for left, right in pairwise(edges) if right - left > NEAR][::-1]
    splits, moved, entries = 0, 0.0, namespace_of(way).zeros_like(way)
    while pieces:
        left, right = pieces.pop()
        part, off, done = path.piece(left, right)
        if done or path.gradients >= MOST_GRADIENTS:
            entries, moved, splits = entries + part, moved + off, splits + 1
        else:
            middle = (left + right) / 2
            pieces += [(middle, right), (left, middle)]
    explained, size = _sum(entries), _size(entries)
    steady = moved <= STEADY * size + path.rounding
    adds_up = abs(path.change - explained) <= TOLERANCE * abs(path.change) + path.rounding
    return PathIntegral(
        entries=entries,
        measured=path.change,
        explained=explained,
        size=size,
        moved=moved,
        splits=splits,
        gradients=path.gradients,
        trusted=adds_up and steady and isfinite(path.change),
        end=(path.loss(1.0), None),
    )


@final
class _Way:
    """The way from one set of weights to another, and what was seen at its points.

    Attributes:
        gradients: How many gradients were computed.
        change: By how much the loss changes from the start of the way to its end.
        rounding: What rounding may do to that change.
    """

    def __init__(
        self,
        gradient: Callable[[Any], Any],
        look: Callable[[Any], Look],
        start: Any,
        way: Any,
    ) -> None:
        self._gradient = gradient
        self._look = look
        self._start = start
        self._way = way
        self._seen: dict[float, Look] = {}
        self.gradients = 0
        before, after = self.loss(0.0), self.loss(1.0)
        self.change = after - before
        self.rounding = ROUNDING * max(abs(before), abs(after))

    def loss(self, s: float) -> float:
        """The loss at a point, 0 for the start and 1 for the end."""
        return self._at(s)[0]

    def piece(self, left: float, right: float) -> tuple[Any, float, bool]:
        """The entries of a piece, how far they may be off in all, and whether that is near enough.

        Every rule's sum is kept beside the others', so that no gradient is kept and none is
        computed twice; the last rule is only asked where the one before does not suffice.
        """
        middle, half = (left + right) / 2, (right - left) / 2
        # A short piece is allowed more than its length's share: there are few errors to add up.
        share = abs(self.change) * (right - left) ** 0.5 / 2
        change = self.loss(right) - self.loss(left)
        entries, off, done = None, 0.0, False
        for sums in self._sums(middle, half):
            coarse, entries = entries, self._way * (half * sums)
            if coarse is None:
                continue
            size, moved = _size(entries), _size(entries - coarse)
            off = size * (moved / size) ** 1.5 if moved < size else moved
            residual = abs(change - _sum(entries))
            done = (
                residual <= TOLERANCE * share + self.rounding
                and off <= STEADY * max(size, share) + self.rounding
            )
            if done or not isfinite(residual):
                return entries, off, True
        return entries, off, done

    def _sums(self, middle: float, half: float) -> Iterator[Any]:
        """The sums of gradients that each rule in turn gives, for a piece of length 2."""
        sums: list[Any] = [0.0] * len(RULES)
        for level, added in enumerate(RULES):
            for place, weights in added:
                for side in (place, -place) if place else (0.0,):
                    gradient = self._gradient(self._start + self._way * (middle + side * half))
                    self.gradients += 1
                    for rule, weight in enumerate(weights, level):
                        sums[rule] = sums[rule] + gradient * weight
            yield sums[level]
            sums[level] = None

    def bends(self) -> list[tuple[float, float, int]]:
        """Between which points of the way which unit changes sides."""
        points = [k / LOOKS for k in range(LOOKS + 1)]
        return [
            (left, right, unit)
            for left, right in pairwise(points)
            for unit, (before, after) in enumerate(
                zip(self._at(left)[1], self._at(right)[1], strict=True)
            )
            if (before < 0) != (after < 0)
        ]

    def bend(self, left: float, right: float, unit: int) -> float:
        """Where a unit changes sides, by false position; an end that stays is given half weight.

        Source: Dowell & Jarratt, "A modified regula falsi method for computing the root of an
        equation", BIT 11 (1971): the Illinois method.
        """
        for s in sorted(s for s in self._seen if left < s < right):  # seen for another unit
            side = self._at(s)[1][unit] < 0
            left, right = (s, right) if side == (self._at(left)[1][unit] < 0) else (left, s)
        low, high = self._at(left)[1][unit], self._at(right)[1][unit]
        s, stayed = left, 0
        while right - left > NEAR:
            nearer = (left * high - right * low) / (high - low)
            if abs(nearer - s) < NEAR or not left < nearer < right:
                return nearer
            s = nearer
            distance = self._at(s)[1][unit]
            if distance == 0:
                return s
            if (distance < 0) == (low < 0):
                left, low, high = s, distance, high / 2 if stayed == 1 else high
                stayed = 1
            else:
                right, high, low = s, distance, low / 2 if stayed == -1 else low
                stayed = -1
        return s

    def _at(self, s: float) -> Look:
        if s not in self._seen:
            self._seen[s] = self._look(self._start + self._way * s)
        return self._seen[s]


def _sum(array: Any) -> float:
    return float(namespace_of(array).sum(array))


def _size(array: Any) -> float:
    return _sum(namespace_of(array).abs(array))
