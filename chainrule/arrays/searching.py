"""Which entries there are and where: positions of what is not zero, places in order, sets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from chainrule.arrays.door import functions_of
from chainrule.arrays.kinds import bool_, int64
from chainrule.arrays.list_array import ListArray, cast
from chainrule.arrays.reductions import sum as total
from chainrule.arrays.shapes import Axes, offsets, strides
from chainrule.errors import ShapeError


class UniqueAll(NamedTuple):
    """Different entries, where each stood first, which one each entry is, how often each stood."""

    values: ListArray
    indices: ListArray
    inverse_indices: ListArray
    counts: ListArray


class UniqueCounts(NamedTuple):
    """Different entries, and how often each stood."""

    values: ListArray
    counts: ListArray


class UniqueInverse(NamedTuple):
    """Different entries, and which of them each entry is."""

    values: ListArray
    inverse_indices: ListArray


def nonzero(x: ListArray, /) -> tuple[ListArray, ...]:
    """The positions of the entries that are not zero, one array for each axis.

    Example:
        >>> from chainrule.arrays import asarray
        >>> [axis.tolist() for axis in nonzero(asarray([[0, 5], [7, 0]]))]
        [[0, 1], [1, 0]]
    """
    if not x.shape:
        raise ShapeError("nonzero was asked of a single number, which has no axis to count along")
    marked = [i for i, truth in enumerate(cast(x, bool_).data) if truth]
    steps = strides(x.shape)
    return tuple(
        ListArray([i // step % size for i in marked], (len(marked),), int64)
        for step, size in zip(steps, x.shape, strict=True)
    )


def count_nonzero(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """How many entries along some axes are not zero.

    Example:
        >>> from chainrule.arrays import asarray
        >>> count_nonzero(asarray([[0, 5], [7, 1]]), axis=1).tolist()
        [1, 2]
    """
    return total(cast(x, bool_), axis=axis, keepdims=keepdims)


def searchsorted(
    x1: ListArray, x2: Any, /, *, side: str = "left", sorter: ListArray | None = None
) -> ListArray:
    """Where each number of x2 would be put into x1 to keep it in order.

    Args:
        x1: Numbers in one line, in rising order, or in the order that `sorter` gives.
        x2: The numbers to put in.
        side: Of equals, `"left"` stands before them and `"right"` after them.
        sorter: Positions that put x1 in order.

    Example:
        >>> from chainrule.arrays import asarray
        >>> searchsorted(asarray([1, 3, 3]), asarray([3, 4])).tolist()
        [1, 3]
    """
    line = x1.data if sorter is None else [x1.data[i] for i in sorter.data]
    bisect = bisect_left if side == "left" else bisect_right
    return ListArray([bisect(line, number) for number in x2.data], x2.shape, int64)


def unique_all(x: ListArray, /) -> UniqueAll:
    """The different entries in order, with everything about where they stood.

    A NaN is different from every other.

    Example:
        >>> from chainrule.arrays import asarray
        >>> [part.tolist() for part in unique_all(asarray([3, 1, 3]))]
        [[1, 3], [1, 0], [1, 0, 1], [1, 2]]
    """
    order = x.dtype.lines["argsort"](x.data)
    firsts: list[int] = []
    counts: list[int] = []
    inverse = [0] * len(x.data)
    for i in order:
        if not firsts or x.data[firsts[-1]] != x.data[i]:
            firsts.append(i)
            counts.append(0)
        counts[-1] += 1
        inverse[i] = len(firsts) - 1
    size = (len(firsts),)
    return UniqueAll(
        ListArray([x.data[i] for i in firsts], size, x.dtype),
        ListArray(firsts, size, int64),
        ListArray(inverse, x.shape, int64),
        ListArray(counts, size, int64),
    )


def unique_values(x: ListArray, /) -> ListArray:
    """The different entries in order."""
    return unique_all(x).values


def unique_counts(x: ListArray, /) -> UniqueCounts:
    """The different entries in order, and how often each stood there."""
    every = unique_all(x)
    return UniqueCounts(every.values, every.counts)


def unique_inverse(x: ListArray, /) -> UniqueInverse:
    """The different entries in order, and which of them each entry is."""
    every = unique_all(x)
    return UniqueInverse(every.values, every.inverse_indices)


def tril(x: ListArray, /, *, k: int = 0) -> ListArray:
    """The lower triangle of a matrix, up to its k-th diagonal, and zeros above it.

    Example:
        >>> from chainrule.arrays import ones
        >>> tril(ones((2, 2))).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    return _triangle(x, lambda i, j: j - i <= k)


def triu(x: ListArray, /, *, k: int = 0) -> ListArray:
    """The upper triangle of a matrix, from its k-th diagonal on, and zeros below it."""
    return _triangle(x, lambda i, j: j - i >= k)


def _triangle(x: ListArray, kept: Any) -> ListArray:
    if x.ndim < 2:
        raise ShapeError(f"a triangle was asked of shape {x.shape}: it needs two axes")
    rows, columns = x.shape[-2:]
    zero = x.dtype.convert(0)
    data = [
        number if kept(place // columns % rows, place % columns) else zero
        for place, number in enumerate(x.data)
    ]
    return ListArray(data, x.shape, x.dtype)


def roll(x: ListArray, /, shift: Any, *, axis: Axes = None) -> ListArray:
    """The entries moved along some axes; what falls off the end comes in at the start.

    Example:
        >>> from chainrule.arrays import asarray
        >>> roll(asarray([1, 2, 3, 4]), 1).tolist()
        [4, 1, 2, 3]
    """
    if axis is None:
        turn = -shift % len(x.data) if x.data else 0
        return ListArray(x.data[turn:] + x.data[:turn], x.shape, x.dtype)
    axes = (axis,) if isinstance(axis, int) else axis
    shifts = (shift,) * len(axes) if isinstance(shift, int) else shift
    ranges = [list(range(size)) for size in x.shape]
    for place, turns in zip(axes, shifts, strict=True):
        line = ranges[place]
        turn = -turns % len(line) if line else 0
        ranges[place] = line[turn:] + line[:turn]
    return ListArray([x.data[i] for i in offsets(ranges, strides(x.shape))], x.shape, x.dtype)


if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(functions_of(globals()))
