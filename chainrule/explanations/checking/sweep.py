"""Central differences over many step sizes: coarser than a complex step, but for any function."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, ulp
from typing import NamedTuple

ROUNDINGS = 64
"""By how many units in the last place a function's value may be off."""

SAFETY = 10
"""By how much more than it was seen to move the slope may be off."""


class Sweep(NamedTuple):
    """The slope that an h-sweep found.

    Attributes:
        slope: The central difference at the best step.
        error: How far the slope may be off, by the sweep's own estimate.
        h: The best step.
        left: The slope just below the point.
        right: The slope just above it.
        kink: Whether the two stay apart however small the step; then `slope` lies between them.
    """

    slope: float
    error: float
    h: float
    left: float
    right: float
    kink: bool


def h_sweep(value: Callable[[float], float]) -> Sweep:
    """Find a slope by central differences, `(f(h) - f(-h)) / 2h`, at the best of many steps.

    A large step errs by the curve, a small one by rounding; between the two the result stands
    still, and there the step is taken. The error is estimated by how much the result moves when the
    step grows or shrinks tenfold, plus what rounding can do at that step.

    Args:
        value: The function along the direction; `value(0)` is the point itself.

    Example:
        >>> found = h_sweep(lambda t: (2.0 + t) ** 3)
        >>> abs(found.slope - 12) < found.error < 1e-7
        True

    Source: Press et al., "Numerical Recipes" (3rd edition, 2007), section 5.7.
    """
    steps = _differences(value)
    jump = _last_jump(steps)
    after = steps[jump + 1 :]
    gap = steps[jump].gap / 2 if jump >= 0 else inf
    kink = jump >= 0 and all(step.gap + step.rounding > gap for step in after)
    candidates = [
        (SAFETY * _unrest(steps, k) + step.rounding, step)
        for k, step in enumerate(steps)
        if kink or (k > jump and not step.gap - step.rounding >= gap)  # NaN stays in
    ]
    error, best = min(candidates, key=lambda pair: pair[0] if isfinite(pair[0]) else inf)
    return Sweep(best.slope, error, best.h, best.left, best.right, kink)


class _Step(NamedTuple):
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


def _differences(value: Callable[[float], float]) -> list[_Step]:
    middle = value(0.0)
    steps = []
    for k in range(1, 11):
        h = 2.0 ** (-7 * k // 2)  # about a tenth of the one before; powers of two divide exactly
        above, below = value(h), value(-h)
        rounding = ROUNDINGS * ulp(max(abs(above), abs(below), abs(middle))) / h
        steps.append(_Step(h, (middle - below) / h, (above - middle) / h, rounding))
    return steps


def _unrest(steps: list[_Step], k: int) -> float:
    """How far the slope moves to the neighbouring steps: little on a plateau, and only there."""
    near = [steps[i].slope for i in (k - 1, k + 1) if 0 <= i < len(steps)]
    return max(abs(steps[k].slope - slope) for slope in near)


def _last_jump(steps: list[_Step]) -> int:
    """The smallest step at which the one-sided slopes stay apart; -1 if they come together.

    On a curve the gap shrinks as the step does. Where it does not, a corner lies within the step.
    """
    return max(
        (
            k
            for k, step in enumerate(steps)
            if step.h < 1e-3 and step.gap > 100 * step.rounding and step.gap > steps[k - 1].gap / 2
        ),
        default=-1,
    )
