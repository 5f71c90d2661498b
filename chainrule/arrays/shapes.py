"""Shapes: which sizes fit together, which axis is meant, and in what order entries lie.

Data is row-major: the last axis varies fastest, as in C and in NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import index, mul
from typing import Any

from chainrule.errors import KindError, ShapeError, shown

Shape = tuple[int, ...]
Axes = int | tuple[int, ...] | None


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that all of these stretch to, aligned at the last axis.

    Raises:
        ShapeError: If two sizes of one axis differ and neither is 1.

    Example:
        >>> broadcast_shapes((3, 1), (4,))
        (3, 4)
    """
    different = set(shapes) - {()}
    if len(different) < 2:
        return different.pop() if different else ()
    result: list[int] = []
    for shape in shapes:
        result[:0] = [1] * (len(shape) - len(result))
        for axis in range(-len(shape), 0):
            size, known = shape[axis], result[axis]
            if size != known and 1 not in (size, known):
                raise ShapeError(
                    f"cannot broadcast {' with '.join(map(str, shapes))}: counted from the last, "
                    f"axis {axis} has sizes {known} and {size}; sizes must be equal or 1"
                )
            result[axis] = size if known == 1 else known
    return tuple(result)


def expand(data: list[Any], shape: Shape, target: Shape) -> list[Any]:
    """The entries of an array stretched to a shape that it broadcasts to.

    Args:
        data: The entries in row-major order.
        shape: The array's shape.
        target: The larger shape; `broadcast_shapes(shape, target)` is `target`.

    Example:
        >>> expand([1, 2], (2, 1), (2, 3))
        [1, 1, 1, 2, 2, 2]
    """
    lead = len(target) - len(shape)
    block = 1
    for axis in reversed(range(len(shape))):
        size, wanted = shape[axis], target[lead + axis]
        if size != wanted and data:
            data = _repeated(data, block, wanted)
        block *= wanted
    return data * math.prod(target[:lead])


def _repeated(data: list[Any], block: int, times: int) -> list[Any]:
    """Every block of entries several times in a row."""
    result: list[Any] = []
    if block == 1 and len(data) >= times:  # few writes of all entries, and no tuples between
        result = [None] * (len(data) * times)
        for place in range(times):
            result[place::times] = data
        return result
    for start in range(0, len(data), block):
        result += data[start : start + block] * times
    return result


def as_shape(sizes: Any) -> Shape:
    """The sizes of axes, one of which may be -1.

    Raises:
        KindError: If they are no whole numbers.

    Example:
        >>> as_shape([2, -1])
        (2, -1)
    """
    try:
        return tuple(map(index, sizes))
    except TypeError:
        raise KindError(f"a shape is whole numbers; found {shown(sizes)}") from None


def normalize_axis(axis: int, ndim: int) -> int:
    """An axis counted from the front.

    Raises:
        ShapeError: If the array has no such axis.
        KindError: If it is no whole number.

    Example:
        >>> normalize_axis(-1, 3)
        2
    """
    try:
        axis = index(axis)
    except TypeError:
        raise KindError(f"an axis is a whole number; found {shown(axis)}") from None
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"axis {axis} was asked of an array with {ndim} axes: "
            + (f"use {-ndim} to {ndim - 1}" if ndim else "a single number has no axis")
        )
    return axis % ndim


def normalize_axes(axis: Axes, ndim: int) -> Shape:
    """The axes that a reduction runs over, in order; None means all.

    Raises:
        ShapeError: If an axis does not exist or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple | list):
        return (normalize_axis(axis, ndim),)
    axes = sorted(normalize_axis(one, ndim) for one in axis)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis {axis} names one axis twice: name each axis once")
    return tuple(axes)


def reduced_shape(shape: Shape, axes: Shape, keepdims: bool) -> Shape:
    """The shape that is left after a reduction over some axes."""
    if keepdims:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def strides(shape: Shape) -> Shape:
    """How far apart neighbours along each axis lie in the data.

    Example:
        >>> strides((2, 3, 4))
        (12, 4, 1)
    """
    return tuple(accumulate(reversed(shape[1:]), mul, initial=1))[::-1] if shape else ()


def offsets(choices: Sequence[Iterable[int]], steps: Sequence[int]) -> list[int]:
    """Where the entries lie that some choices along each axis pick.

    Args:
        choices: The chosen positions along each axis.
        steps: The stride of each axis.

    Example:
        >>> offsets([(0, 1), (2, 0)], (3, 1))
        [2, 0, 5, 3]
    """
    offsets = [0]
    for positions, step in zip(choices, steps, strict=True):
        moves = [position * step for position in positions]
        offsets = [offset + move for offset in offsets for move in moves]
    return offsets


def nested(data: list[Any], shape: Shape) -> Any:
    """Row-major entries as nested lists, or the bare entry where there is no axis.

    Example:
        >>> nested([1, 2, 3, 4], (2, 2))
        [[1, 2], [3, 4]]
    """
    if not shape:
        return data[0]
    level = list(data)
    for axis in range(len(shape) - 1, 0, -1):
        size, count = shape[axis], math.prod(shape[:axis])
        level = [level[i * size : (i + 1) * size] for i in range(count)]
    return level


def lines(data: list[Any], shape: Shape, axis: int) -> list[list[Any]]:
    """The entries along one axis, once for every position on the other axes.

    Example:
        >>> lines([1, 2, 3, 4, 5, 6], (2, 3), 0)
        [[1, 4], [2, 5], [3, 6]]
    """
    size = shape[axis]
    if len(shape) == 1:
        return [data]
    inner = math.prod(shape[axis + 1 :])
    block = size * inner
    if not block:
        return [[] for _ in range(math.prod(shape[:axis]) * inner)]
    starts = range(0, len(data), block)
    if inner == 1:
        return [data[start : start + size] for start in starts]
    return [data[start + j : start + block : inner] for start in starts for j in range(inner)]


def from_lines(rows: list[list[Any]], inner: int) -> list[Any]:
    """The entries of lines along an axis in row-major order; the reverse of `lines`.

    Args:
        rows: Equally long lines.
        inner: How many entries lie between neighbours on that axis.

    Example:
        >>> from_lines([[1, 4], [2, 5], [3, 6]], 3)
        [1, 2, 3, 4, 5, 6]
    """
    if inner == 1:
        return [entry for row in rows for entry in row]
    blocks = (rows[i : i + inner] for i in range(0, len(rows), inner)) if inner else ()
    return [entry for block in blocks for across in zip(*block, strict=True) for entry in across]
