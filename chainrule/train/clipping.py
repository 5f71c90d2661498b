"""Gradient clipping: a gradient that is too long keeps its direction and loses its length."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any, TypeAlias

from chainrule.engines import leaves, rebuild
from chainrule.errors import require_above_zero

Array: TypeAlias = Any

SMALLEST = 2.0**-126
"""What a gradient of zeros is measured in: the smallest full number of a float32."""


def global_norm(xp: Any, gradients: Iterable[Array], /) -> Array:
    """The length of all gradients together, as if they were one vector.

    `√(Σ g²)` over every entry of every array, measured in units of the largest entry, so that no
    square overflows.

    Args:
        xp: The array namespace of the gradients.
        gradients: At least one array, any shapes.

    Returns:
        The norm, a 0-d array.

    Example:
        >>> import chainrule.arrays as xp
        >>> float(global_norm(xp, [xp.asarray([3.0, 0.0]), xp.asarray([[4.0]])]))
        5.0
    """
    parts = list(gradients)
    largest = reduce(xp.maximum, [xp.max(xp.abs(g)) for g in parts])
    unit = xp.maximum(largest, SMALLEST)
    squares = [xp.sum((g / unit) * (g / unit)) for g in parts]
    return unit * xp.sqrt(reduce(add, squares))


def clip_by_norm(gradient: Array, max_norm: float, /) -> tuple[Array, Array]:
    """The gradient, shortened to a length where it is longer.

    `g · max_norm / max(‖g‖, max_norm)`: the factor is exactly 1 where it is shorter, divides by no
    zero and hands a NaN on; a norm that overflowed to infinity gives 0.

    Args:
        gradient: One array of any shape, or a tuple of arrays that are one gradient.
        max_norm: The greatest length allowed.

    Returns:
        The clipped gradient, and the length that it had before, a 0-d array.

    Raises:
        OptionError: A greatest length that is not above 0.

    Example:
        >>> import chainrule.arrays as xp
        >>> clipped, norm = clip_by_norm(xp.asarray([6.0, 8.0]), 5.0)
        >>> clipped.tolist(), float(norm)
        ([3.0, 4.0], 10.0)

    Source: Pascanu, Mikolov & Bengio (2013), algorithm 1.
    """
    require_above_zero("clip_norm", max_norm)
    parts = list(leaves(gradient))
    xp = parts[0].__array_namespace__()
    norm = global_norm(xp, parts)
    scale = max_norm / xp.maximum(norm, max_norm)
    return rebuild(gradient, lambda part: part * scale), norm
