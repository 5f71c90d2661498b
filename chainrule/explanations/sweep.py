"""Central differences over many step sizes: coarser than a complex step, but for any function."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, ulp
from typing import NamedTuple


class Sweep(NamedTuple):
    """The slope that an h-sweep found.

    Attributes:
        slope: The central difference at the best step.
        error: How far the slope may be off, by the sweep's own estimate.
        h: The best step.
        left: The slope just below the point.
        right: The slope just above it.
        kink: Whether the two stay apart however small the step.
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
    still, and there the step is taken. The error is estimated by how much the result moved when
    the step shrank to a tenth, plus what rounding can do at that step.

    Args:
        value: The function along the direction; `value(0)` is the point itself.

    Example:
        >>> found = h_sweep(lambda t: (2.0 + t) ** 3)
        >>> abs(found.slope - 12) < found.error < 1e-7
        True

    Source: Press et al., "Numerical Recipes" (3rd edition, 2007), section 5.7.
    """
    middle = value(0.0)
    best = Sweep(float("nan"), float("inf"), 0.0, float("nan"), float("nan"), False)
    slopes: list[float] = []
    gaps: list[tuple[float, float, float]] = []
    for k in range(1, 11):
        h = 2.0 ** (-3.5 * k // 1)  # powers of two, about a tenth each, which divide exactly
        above, below = value(h), value(-h)
        slope, right, left = (above - below) / (2 * h), (above - middle) / h, (middle - below) / h
        rounding = 4 * ulp(max(abs(above), abs(below), abs(middle))) / h
        moved = abs(slope - slopes[-1]) if slopes else float("inf")
        slopes.append(slope)
        gaps.append((abs(right - left), rounding, h))
        if moved + rounding < best.error:
            best = Sweep(slope, moved + rounding, h, left, right, False)
    if not isfinite(best.slope):
        return best
    return best._replace(kink=_stays_open(gaps))


def _stays_open(gaps: list[tuple[float, float, float]]) -> bool:
    """Whether the one-sided slopes stay apart: on a curve the gap shrinks as the step does."""
    trusted = [(gap, h) for gap, rounding, h in gaps if gap > 100 * rounding]
    if len(trusted) < 2 or trusted[-1][1] > 1e-4:
        return False
    (before, _), (last, _) = trusted[-2:]
    return last > before / 2 and all(gap + rounding > last / 2 for gap, rounding, _ in gaps[3:])
