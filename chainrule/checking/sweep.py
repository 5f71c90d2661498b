"""Central differences over many step sizes: coarser than a complex step, but for any function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from math import comb, frexp, hypot, inf, isfinite, nan, sqrt, ulp
from typing import NamedTuple

ROUNDINGS = 64
"""By how many units in the last place a function's value may be off."""

SAFETY = 10
"""By how much more than it was seen to move the slope may be off."""

ORDER = 6
"""Differences of this order are free of the curve, and show what is left: rounding."""

SPACINGS = (1.7e-3, 4.1e-4, 0.97e-4)
"""How far apart a function is asked for its rounding: a float32 must move, and a curve must not.

They are no sums of a few powers of two, or steps of a float32 would come out exact.
"""

POINTS = 9
"""So many values in a row are asked for."""

STEPS = 10
"""So many steps are taken, each about a tenth of the one before, and more beside a tiny point."""

SMALLEST = 2.0**-25
"""So small against the point is the smallest step, unless rounding is all that is left before."""

LEAST = 2.0**-42
"""So small against the point are the smallest steps that it can take without being rounded."""

EVEN = 1e-9
"""Slopes that are no further apart, relative to their size, show rounding, and no corner."""

SETTLED = 1e-3
"""A slope that moves less from step to step, against the steepest of all, has been found."""

CLEAR = 100
"""By so many times what its last digits may be off a function moves that does so clearly."""

COARSE = 1e-5
"""Values that are off by more, relative to their size, were not computed in float32."""

NARROW = 32
"""Stairs that are so many times narrower than the number, or than 1, are those of rounding."""

FAR = 2.0**38
"""Beside a larger number no step is small against 1."""

LAST = 4
"""So many of the smallest steps tell a jump from a steep rise."""


class MeasuredSlope(NamedTuple):
    """A slope that was measured without a derivative rule.

    Attributes:
        slope: The slope; of an h-sweep the central difference at the best step, and at a jump the
            slope of the side without.
        error: How far it may be off, by the method's own estimate.
        h: The best step of a sweep.
        left: The slope just below the point.
        right: The slope just above it.
        beside: How far these two may be off.
        kink: Whether the two stay apart however small the step; then `slope` lies between them.
        jump: By how much the function jumps at the point; 0 where it does not.
        scale: The steepest slope over the largest steps: what a slope of 0 is small against.
        ends: Whether the function has values to one side of the point alone.
    """

    slope: float
    error: float = 0.0
    h: float = 0.0
    left: float = nan
    right: float = nan
    beside: float = 0.0
    kink: bool = False
    jump: float = 0.0
    scale: float = 0.0
    ends: bool = False

    def in_unit(self, unit: float) -> MeasuredSlope:
        """The same where a step of 1 was so many."""
        slopes = ("slope", "error", "left", "right", "beside", "scale")
        return self._replace(
            h=self.h * unit, **{name: getattr(self, name) / unit for name in slopes}
        )


def h_sweep(
    value: Callable[[float], float],
    rounding: float | None = None,
    size: float = 1.0,
    least: float = LEAST,
) -> MeasuredSlope:
    """Find a slope by central differences, `(f(h) - f(-h)) / 2h`, at the best of many steps.

    A large step is off because of the curve, a small one because of rounding; between the two the
    result stands still, and there the step is taken. The error is estimated by how much the result
    moves when the step grows or shrinks tenfold, plus what rounding can do at that step.

    Args:
        value: The function along the direction; `value(0)` is the point itself.
        rounding: By how much its values may be off, if by more than a few last digits; see
            `rounding_of`. What is not known would look like a slope that goes on to move.
        size: How large the numbers are that move: beside tiny ones the steps are smaller.
        least: The smallest step that they can take; the steps go down to it as long as the slopes
            go on to change.

    Example:
        >>> cube = h_sweep(lambda t: (2.0 + t) ** 3)
        >>> abs(cube.slope - 12) < cube.error < 1e-6
        True

    Source: Press et al., "Numerical Recipes" (3rd edition, 2007), section 5.7.
    """
    steps, at_random = _all_steps(value, rounding or 0.0, size, least)
    scale = max((s.steepest for s in steps[:3] if isfinite(s.steepest)), default=0.0)
    if sides := _jumps(steps):
        return _beside_the_jump(steps, sides, scale)
    if at_random or not isfinite(steps[-1].slope):
        return MeasuredSlope(nan, inf, scale=scale)  # waves may be too narrow for every step
    corner = _last_corner(steps)
    gap = steps[corner].gap / 2 if corner >= 0 else inf
    kink = all(step.gap + step.rounding > gap for step in steps[corner + 1 :]) and corner >= 0
    errors = _errors(steps, [step.slope for step in steps])
    if rounding is not None or len(steps) > STEPS:
        errors = _with_drift(errors, steps, [step.slope for step in steps])
    smooth = [k for k, s in enumerate(steps) if k > corner and not inf > s.gap - s.rounding >= gap]
    k = _least(errors, range(len(steps)) if kink else smooth)
    left, right = (_one_sided(steps, side) for side in ("left", "right"))
    beside = left.slope, right.slope, max(left.error, right.error)
    ends = not isfinite(value(steps[-1].h) - value(-steps[-1].h))
    best = steps[k]
    return MeasuredSlope(best.slope, errors[k], best.h, *beside, kink, scale=scale, ends=ends)


def _all_steps(
    value: Callable[[float], float], rounding: float, size: float, least: float
) -> tuple[list[_AtStep], bool]:
    """What all step sizes give, and whether the function moves at random alone."""
    steps = _differences(value, rounding, size, least)
    if rounding > 0 and _stand_still(steps, rounding):  # it was no rounding, but a curve
        rounding = steps[-1].steepest * least * (ulp(1.0) / LEAST)  # that of the point itself
        steps = _differences(value, rounding, size, least)
    if (grain := _grain(steps)) > rounding:
        steps = [s._replace(rounding=max(s.rounding, 2 * grain / s.h)) for s in steps]
    moves = [step.steepest * step.h for step in steps]
    off = max(rounding, sorted(moves[-2 * LAST :])[LAST - 1])
    return steps, COARSE * abs(value(0.0)) < off and 0 < max(moves) <= SAFETY * off


def _least(errors: Sequence[float], places: Iterable[int]) -> int:
    """At which of some places the error is least; NaN is none."""
    return min(places, key=lambda k: errors[k] if isfinite(errors[k]) else inf)


def unseen_slope(value: Callable[[float], float], number: float, slope: float) -> float:
    """How far from a measured slope the right one may be, its values being rounded.

    The function may bend within a number that is tiny, or within 1 beside one so large that no step
    is as small; or stand on stairs, where its values are rounded to them.

    Args:
        value: The function along one number.
        number: The number.
        slope: The slope as measured.
    """
    last_digit, size = ulp(value(0.0)), abs(number)
    bend, clear = min(size or 1.0, 1.0) / 8, CLEAR * ROUNDINGS * last_digit
    measured = size > 1 or abs(value(bend) - value(-bend)) > clear  # by steps as small as that
    off = 0.0 if measured else clear
    if FAR < size < 1 / ulp(1.0):  # larger ones have no fractions that it could look at
        unit = 2.0 ** frexp(size)[1]
        off = max(SAFETY * last_digit, 5 * rounding_of(lambda t: value(t * unit)))
    stairs = 0.0 if slope else _slope_of_stairs(value, max(size, 1.0))
    return max(off / bend, stairs)


def _slope_of_stairs(value: Callable[[float], float], size: float) -> float:
    """How steep at least three narrow stairs are together; 0 where there are none."""
    spacing = size / (8 * NARROW)
    while spacing > LEAST * size:
        values = [value(k * spacing) for k in range(-NARROW // 2, NARROW // 2 + 1)]
        if len(set(values)) == 1:
            break
        if sum(len(list(stair)) > 1 for _, stair in groupby(values)) > 2:
            return 2 * (max(values) - min(values)) / (NARROW * spacing)
        spacing /= 4
    return 0.0


def rounding_of(value: Callable[[float], float]) -> float:
    """By how much a function's values are off, read from the values themselves.

    Equally spaced values of a smooth function have differences of the sixth order near 0; what is
    left is rounding, and for a function that computes in float32 inside it is that of float32. Each
    side is asked alone, and the point left out, so that a corner there or close by does no harm.

    Args:
        value: The function along a direction.

    Returns:
        The standard deviation of a value; 0 if nothing moves.

    Example:
        >>> 1e-17 < rounding_of(lambda t: (0.7 + t) ** 3) < 1e-15
        True

    Source: Moré & Wild, "Estimating computational noise", SIAM Journal on Scientific Computing 33
    (2011), section 3.
    """
    spread = sqrt(comb(2 * ORDER, ORDER))
    moving: list[float] = []
    still: list[float] = []
    for spacing in (side * spacing for spacing in SPACINGS for side in (1, -1)):
        values = differences = [value(i * spacing) for i in range(1, POINTS + 1)]
        for _ in range(ORDER):
            differences = [b - a for a, b in pairwise(differences)]
        estimate = hypot(*differences) / spread / sqrt(len(differences))
        if isfinite(estimate):
            (moving if len(set(values)) == len(values) else still).append(estimate)
    telling = sorted(moving or filter(None, still))
    return telling[min(2, len(telling) // 2)] if telling else 0.0  # the least two may be luck


class _AtStep(NamedTuple):
    """What one step size gives."""

    h: float
    left: float
    right: float
    rounding: float

    @property
    def slope(self) -> float:
        return (self.left + self.right) / 2

    @property
    def gap(self) -> float:
        return abs(self.right - self.left)

    @property
    def steepest(self) -> float:
        return max(abs(self.left), abs(self.right))


def _differences(
    value: Callable[[float], float], rounding: float, size: float, least: float
) -> list[_AtStep]:
    middle, clear, unsettled = value(0.0), True, True
    steps: list[_AtStep] = []
    while len(steps) < STEPS or (clear and (steps[-1].h > SMALLEST * size or unsettled)):
        k = len(steps) + 1
        h = 2.0 ** (-7 * k // 2)  # about a tenth of the one before; powers of two divide exactly
        above, below = value(h), value(-h)
        last_digits = ROUNDINGS * ulp(
            max(map(abs, filter(isfinite, (above, below, middle))), default=nan)
        )
        off = max(last_digits, SAFETY * rounding) / h
        steps.append(_AtStep(h, (middle - below) / h, (above - middle) / h, off))
        clear = not steps[-1].steepest * h <= CLEAR * last_digits < inf  # no number yet: it goes on
        unsettled = h > least and not _settled(steps)
    (first, moved), (_, less) = ((s, abs(middle) + s.steepest * s.h) for s in steps[:2])
    grown = max(1.0, moved / less) if less else 1.0  # the rounding was seen at the smaller steps
    return _mirrored([first._replace(rounding=first.rounding * grown), *steps[1:]])


def _settled(steps: list[_AtStep]) -> bool:
    """Whether the slopes of the smallest steps are the same to both sides."""
    most = SETTLED * max((s.steepest for s in steps if isfinite(s.steepest)), default=0.0)
    return all(
        abs(larger.left - smaller.left) <= most and abs(larger.right - smaller.right) <= most
        for larger, smaller in pairwise(steps[-LAST:])
    )


def _grain(steps: list[_AtStep]) -> float:
    """The least that the function moves by, where the smallest steps do not move it at all."""
    moving = [step for step in steps if step.steepest > 0]
    if not moving or moving[-1] is steps[-1] or moving[-1].h > 1e-5:
        return 0.0
    return moving[-1].h * moving[-1].steepest


def _errors(steps: list[_AtStep], slopes: list[float]) -> list[float]:
    """How far off each slope may be: by its unrest, and by what that cannot show.

    Unrest is how far it moves to the neighbouring steps, little on a plateau and only there. It
    does not show rounding, nor a curve that hides in the rounding of the next step.
    """
    errors = []
    for k, step in enumerate(steps):
        near = [slopes[i] for i in (k - 1, k + 1) if 0 <= i < len(steps)]
        hidden = step.rounding + (steps[k + 1].rounding / 4 if k + 1 < len(steps) else 0.0)
        errors.append(SAFETY * max(abs(slopes[k] - slope) for slope in near) + hidden)
    return errors


def _one_sided(steps: list[_AtStep], side: str) -> MeasuredSlope:
    """The slope to one side: how far a step is off, in proportion to its size, is taken off it."""
    slopes = [float(getattr(step, side)) for step in steps]
    freed = [
        slope + (slope - before) / (larger.h / step.h - 1)
        for (before, slope), (larger, step) in zip(pairwise(slopes), pairwise(steps), strict=True)
    ]
    errors = _with_drift(_errors(steps[1:], freed), steps[1:], freed)
    k = _least(errors, range(len(freed)))
    return MeasuredSlope(freed[k], errors[k], steps[k + 1].h)


def _stand_still(steps: list[_AtStep], rounding: float) -> bool:
    """Whether the smallest steps agree a hundred times better than such rounding lets them.

    Where nothing moves at all they agree as well, and that tells nothing.
    """
    last = steps[-LAST:]
    return last[-1].steepest > 0 and all(
        100 * abs(larger.slope - smaller.slope) < rounding / larger.h
        for larger, smaller in pairwise(last)
    )


def _with_drift(errors: list[float], steps: list[_AtStep], slopes: list[float]) -> list[float]:
    """With how far each slope moves on to the smaller steps, beyond what rounding can do to them.

    What bends within the larger steps alone, a narrow wave on a parabola, leaves the slope at rest
    there, and beside the right one.
    """
    off = [step.rounding for step in steps]
    moves = [
        [abs(slopes[i] - slopes[k]) - off[i] - off[k] for i in range(k + 1, len(steps))]
        for k in range(len(steps))
    ]
    return [
        error + max((0.0, *filter(isfinite, further)))
        for error, further in zip(errors, moves, strict=True)
    ]


def _last_corner(steps: list[_AtStep]) -> int:
    """The smallest step at which the one-sided slopes stay apart; -1 if they come together.

    On a curve the gap shrinks as the step does. Where it does not, a corner lies within the step.
    """
    return max(
        (
            k
            for k, step in enumerate(steps)
            if step.h < 1e-3
            and inf
            > step.gap
            > max(100 * step.rounding, steps[k - 1].gap / 2, EVEN * step.steepest)
        ),
        default=-1,
    )


def _mirrored(steps: list[_AtStep]) -> list[_AtStep]:
    """The steps of a function that ends at the point, as if it went on there as it came."""
    left, right = (isfinite(side) for side in (steps[-1].left, steps[-1].right))
    if left != right:
        return [s._replace(right=s.left) if left else s._replace(left=s.right) for s in steps]
    return steps


def _jumps(steps: list[_AtStep]) -> dict[str, float]:
    """On which sides the function rises by the same amount however small the step, and by how much.

    Even the rise of a square root at 0 falls to a third from one step to the next.
    """
    jumps = {}
    for side in ("left", "right"):
        rises = [step.h * getattr(step, side) for step in steps[-LAST:]]
        sizes = [abs(rise) for rise in rises]
        clear = min(sizes) > 100 * max(step.h * step.rounding for step in steps[-LAST:])
        if clear and min(rises) * max(rises) > 0 and min(sizes) > 0.9 * max(sizes):
            jumps[side] = rises[-1]
    return jumps


def _beside_the_jump(steps: list[_AtStep], sides: dict[str, float], scale: float) -> MeasuredSlope:
    """The slope of the side that does not jump, by differences to that side alone."""
    jump = max(sides.values(), key=abs)
    calm = [side for side in ("left", "right") if side not in sides]
    last = steps[-1]
    side = _one_sided(steps, calm[0]) if calm else MeasuredSlope(last.slope, inf, last.h)
    return side._replace(left=last.left, right=last.right, jump=jump, scale=scale)
