"""A change of the loss shared out among the weights that moved: the path integral of the gradient.

Along the straight segment from one set of weights to another the loss changes by exactly
`∫ Σ_i (∂L/∂w_i) dw_i`. Each weight's own summand, `A_i = (end_i - start_i) · ∫₀¹ ∂L/∂w_i ds`, is
its part of the change, and the parts add up to the whole. The ledger takes it along every step of
training, blame along the way from a reference to now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from sys import float_info
from typing import Any, TypeAlias, final

from chainrule.arrays import namespace_of
from chainrule.words import Record, duration

MOST_SPLITS = 32
"""The parts that a segment is split into at most."""

TOLERANCE = 1e-3
"""How far the parts together may be from the measured change, as a share of their sizes' sum."""

STEADY = 1e-2
"""How far the parts may move when the splits are halved, all together, as a share of that sum."""

ROUNDING = 64 * float_info.epsilon
"""What rounding may do to a loss, as a share of it: smaller changes cannot be told from nothing."""

Evaluation: TypeAlias = tuple[Any, Any]
"""A loss and its flat gradient."""


@final
@dataclass(frozen=True, kw_only=True)
class PathIntegral:
    """A change of the loss along one segment, shared out.

    Attributes:
        entries: The part of each weight, `A_i`, flat, in units of loss.
        measured: `L(end) - L(start)`, from two losses.
        explained: `Σ A_i`.
        splits: How many parts the segment was split into.
        gradients: How many gradients were computed, the one at `start` left out if it was given.
        trusted: Whether the residual and what moved are both within bounds.
        end: The loss and the gradient at the end, where the next segment may start; the gradient
            is None where it was not computed there, or not kept.
    """

    entries: Any
    measured: float
    explained: float
    splits: int
    gradients: int
    trusted: bool
    end: Evaluation

    @property
    def residual(self) -> float:
        """What the entries leave unexplained, `measured - explained`."""
        return self.measured - self.explained


def path_integral(
    evaluate: Callable[[Any], Evaluation],
    start: Any,
    end: Any,
    *,
    first: Evaluation | None = None,
    of_measured: bool = False,
    keep_end: bool = True,
) -> PathIntegral:
    """Share the change of the loss from `start` to `end` out among the weights.

    Simpson's rule is `(trapezoid + 2 · midpoint) / 3`, so every doubling of the splits needs
    gradients at the new midpoints only, added to half of the sum of those before. It is doubled
    until the entries add up to the measured change within `TOLERANCE` and were moved by no more
    than `STEADY` by the last doubling; the first is compared with the trapezoid of the two ends.

    Args:
        evaluate: The loss and its gradient at flat weights, which it may write over.
        start: Flat weights, of shape `(weights,)`.
        end: Flat weights, of the same shape.
        first: Loss and gradient at `start`, if they are known.
        of_measured: Measure the residual against the change of the loss, rather than against
            `Σ |A_i|`, which is never smaller.
        keep_end: Keep the gradient at `end`, which takes the memory of the weights once more.

    Returns:
        The parts, with what they leave unexplained and whether to trust them.

    Example:
        A product's change has no single owner, and the integral shares it equally:

        >>> import chainrule.arrays as xp
        >>> area = lambda w: (w[0] * w[1], xp.asarray([float(w[1]), float(w[0])]))
        >>> shares = path_integral(area, xp.asarray([0.0, 0.0]), xp.asarray([2.0, 3.0]))
        >>> shares.entries.tolist(), shares.measured, shares.trusted
        ([3.0, 3.0], 6.0, True)

    Source: Lan, Liu, Zhou & Yosinski (2019), "LCA: Loss Change Allocation for Neural Network
    Training", equations 1-3, where the rule is a fourth-order Runge-Kutta step, which for an
    integral is Simpson's.
    """
    gradients = 1 if first else 2
    first = first or evaluate(copied(start))
    last = evaluate(copied(end))
    before, after = float(first[0]), float(last[0])
    greatest = max(abs(before), abs(after))
    rounding = ROUNDING * greatest
    # Of arrays as long as the weights as few are held as may be; NumPy writes into its own.
    total = first[1] + last[1]
    total /= 2
    last = last if keep_end else (last[0], None)
    del first
    entries = _way(start, end) * total
    splits, trusted, hopeless = 1, False, False
    while splits < MOST_SPLITS and not (trusted or hopeless):
        coarse = _shortened(entries) if 1e-20 < greatest < 1e30 else entries
        del entries
        entries = total / 2
        for part in range(splits):
            # Whole numbers alone, so that a path of fractions stays exact.
            point = _way(start, end) * (2 * part + 1) / (2 * splits)
            point += start
            entries += evaluate(point)[1]
            del point
        gradients += splits
        splits *= 2
        total /= 2
        total += entries
        entries *= 4
        entries /= 3 * splits
        entries *= _way(start, end)
        explained, size = sum_of(entries), size_of(entries)
        coarse -= entries
        moved = size_of(coarse)
        del coarse
        residual = after - before - explained
        allowed = TOLERANCE * (abs(after - before) if of_measured else size)
        trusted = abs(residual) <= allowed + rounding and moved <= STEADY * size + rounding
        hopeless = not isfinite(residual)
    return PathIntegral(
        entries=entries,
        measured=after - before,
        explained=explained,
        splits=splits,
        gradients=gradients,
        trusted=trusted,
        end=last,
    )


def _way(start: Any, end: Any) -> Any:
    """`end - start`, in float64 even of float32, which is made wide only for as long as needed."""
    if str(end.dtype) != "float32":
        return end - start
    xp = namespace_of(end)
    way = xp.astype(end, xp.float64)
    way -= start
    return way


def copied(array: Any) -> Any:
    """The same numbers in memory of their own."""
    return namespace_of(array).asarray(array, copy=True)


def _shortened(array: Any) -> Any:
    """An array to compare another with, to seven digits in half the memory if its library can."""
    xp = namespace_of(array)
    return xp.astype(array, xp.float32) if hasattr(xp, "float32") else array


def sum_of(array: Any) -> float:
    """The sum of all entries."""
    return float(namespace_of(array).sum(array))


def size_of(array: Any) -> float:
    """The sum of all entries, each without its sign."""
    return sum_of(namespace_of(array).abs(array))


@final
@dataclass(frozen=True)
class Price(Record):
    """A cost in gradients.

    Attributes:
        least: The number of gradients if every segment needs the fewest points.
        most: The number of gradients if every segment needs the most.
        seconds: The time that one gradient took; None if none was timed.

    Example:
        >>> print(Price(200, 3200))
        200 to 3,200 gradients
        >>> print(Price(200, 3200, seconds=0.01))
        200 to 3,200 gradients, about 2 s to 32 s
    """

    least: int
    most: int
    seconds: float | None = None

    def __str__(self) -> str:
        least = f"{self.least:,} to " * (self.least != self.most)
        text = f"{least}{self.most:,} gradients"
        if self.seconds is None:
            return text
        least, most = duration(self.least * self.seconds), duration(self.most * self.seconds)
        return f"{text}, about {least} to {most}"
