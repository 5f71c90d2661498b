"""Functions that move entries about and change none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from chainrule.arrays.door import functions_of
from chainrule.arrays.kinds import Kind, promote
from chainrule.arrays.list_array import ListArray, cast
from chainrule.arrays.shapes import (
    Axes,
    Shape,
    as_shape,
    broadcast_shapes,
    expand,
    normalize_axes,
    normalize_axis,
    offsets,
    strides,
)
from chainrule.errors import ShapeError


def reshape(x: ListArray, /, shape: Shape | int) -> ListArray:
    """The same entries in another shape; one size may be -1 and is then worked out.

    Raises:
        ShapeError: If the number of entries is another.

    Example:
        >>> from chainrule.arrays import arange
        >>> reshape(arange(6), (2, -1)).tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    sizes = [shape] if isinstance(shape, int) else list(as_shape(shape))
    count = len(x.data)
    if sizes.count(-1) == 1:
        known = -math.prod(sizes)
        sizes[sizes.index(-1)] = count // known if known else 0
    if math.prod(sizes) != count or min(sizes, default=0) < 0:
        raise ShapeError(
            f"cannot reshape {x.shape} with {count} entries to {shape}: "
            "the number of entries must stay the same"
        )
    return ListArray(x.data, tuple(sizes), x.dtype)


def permute_dims(x: ListArray, /, axes: Shape) -> ListArray:
    """The array with its axes in another order.

    Example:
        >>> from chainrule.arrays import zeros
        >>> permute_dims(zeros((2, 3, 4)), (2, 0, 1)).shape
        (4, 2, 3)
    """
    order = tuple(normalize_axis(axis, x.ndim) for axis in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(f"cannot order the axes of {x.shape} by {axes}: name each axis once")
    shape = tuple(x.shape[axis] for axis in order)
    if order == tuple(range(x.ndim)):
        return x
    if order == (1, 0):
        return ListArray(_transposed(x.data, x.shape[1]), shape, x.dtype)
    steps = strides(x.shape)
    places = offsets([range(size) for size in shape], [steps[axis] for axis in order])
    return ListArray([x.data[i] for i in places], shape, x.dtype)


def matrix_transpose(x: ListArray, /) -> ListArray:
    """The array with its last two axes exchanged.

    Example:
        >>> from chainrule.arrays import asarray
        >>> matrix_transpose(asarray([[1, 2], [3, 4]])).tolist()
        [[1, 3], [2, 4]]
    """
    if len(x.shape) < 2:
        raise ShapeError(f"a transpose was asked of shape {x.shape}: it needs two axes")
    if len(x.shape) == 2:  # the case of every layer
        return ListArray(_transposed(x.data, x.shape[1]), x.shape[::-1], x.dtype)
    return permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _transposed(data: list[Any], columns: int) -> list[Any]:
    if columns in (1, len(data)):
        return data
    result: list[Any] = []
    for j in range(columns):
        result += data[j::columns]
    return result


def concat(arrays: Sequence[ListArray], /, *, axis: int | None = 0) -> ListArray:
    """Arrays joined along an axis that exists; None joins all entries in one line.

    Example:
        >>> from chainrule.arrays import asarray
        >>> concat([asarray([[1], [2]]), asarray([[3], [4]])], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    if not arrays:
        raise ShapeError("concat was asked of no arrays: give at least one")
    if axis is None:
        return concat([reshape(x, (-1,)) for x in arrays])
    shape = arrays[0].shape
    place = normalize_axis(axis, len(shape))
    for x in arrays:
        if x.shape[:place] + x.shape[place + 1 :] != shape[:place] + shape[place + 1 :]:
            raise ShapeError(
                f"cannot join {shape} and {x.shape} along axis {place}: "
                "the other sizes must be the same"
            )
    kind = reduce(promote, (x.dtype for x in arrays))
    parts = [(cast(x, kind).data, math.prod(x.shape[place:])) for x in arrays]
    data: list[Any] = []
    for i in range(math.prod(shape[:place])):
        for entries, block in parts:
            data += entries[i * block : (i + 1) * block]
    joined = sum(x.shape[place] for x in arrays)
    return ListArray(data, (*shape[:place], joined, *shape[place + 1 :]), kind)


def stack(arrays: Sequence[ListArray], /, *, axis: int = 0) -> ListArray:
    """Arrays of one shape joined along a new axis.

    Example:
        >>> from chainrule.arrays import asarray
        >>> stack([asarray([1, 2]), asarray([3, 4])], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    shapes = {x.shape for x in arrays}
    if not shapes:
        raise ShapeError("stack was asked of no arrays: give at least one")
    if len(shapes) > 1:
        raise ShapeError(
            f"cannot stack {' and '.join(map(str, sorted(shapes)))}: the shapes must be the same"
        )
    return concat([expand_dims(x, axis=axis) for x in arrays], axis=axis)


def expand_dims(x: ListArray, /, *, axis: int = 0) -> ListArray:
    """The array with a new axis of size 1.

    Example:
        >>> from chainrule.arrays import zeros
        >>> expand_dims(zeros((2, 3)), axis=1).shape
        (2, 1, 3)
    """
    place = normalize_axis(axis, x.ndim + 1)
    return ListArray(x.data, (*x.shape[:place], 1, *x.shape[place:]), x.dtype)


def squeeze(x: ListArray, /, axis: Axes) -> ListArray:
    """The array without some axes of size 1.

    Example:
        >>> from chainrule.arrays import zeros
        >>> squeeze(zeros((2, 1, 3)), 1).shape
        (2, 3)
    """
    axes = normalize_axes(axis, x.ndim)
    for place in axes:
        if x.shape[place] != 1:
            raise ShapeError(
                f"axis {place} of {x.shape} cannot be squeezed: it has size {x.shape[place]}, not 1"
            )
    shape = tuple(size for place, size in enumerate(x.shape) if place not in axes)
    return ListArray(x.data, shape, x.dtype)


def broadcast_to(x: ListArray, /, shape: Shape) -> ListArray:
    """The array stretched to a shape.

    Example:
        >>> from chainrule.arrays import asarray
        >>> broadcast_to(asarray([1, 2]), (2, 2)).tolist()
        [[1, 2], [1, 2]]
    """
    shape = as_shape(shape)
    if broadcast_shapes(x.shape, shape) != shape:
        raise ShapeError(f"cannot stretch {x.shape} to {shape}: only sizes of 1 can be stretched")
    return ListArray(expand(x.data, x.shape, shape), shape, x.dtype)


def broadcast_arrays(*arrays: ListArray) -> list[ListArray]:
    """Arrays stretched to their common shape."""
    shape = broadcast_shapes(*(x.shape for x in arrays))
    return [broadcast_to(x, shape) for x in arrays]


def flip(x: ListArray, /, *, axis: Axes = None) -> ListArray:
    """The array with the entries along some axes in reverse order.

    Example:
        >>> from chainrule.arrays import asarray
        >>> flip(asarray([1, 2, 3])).tolist()
        [3, 2, 1]
    """
    axes = normalize_axes(axis, x.ndim)
    return x[tuple(slice(None, None, -1 if i in axes else 1) for i in range(x.ndim))]


def moveaxis(x: ListArray, source: Any, destination: Any, /) -> ListArray:
    """The array with some axes at other places and the rest in their order.

    Example:
        >>> from chainrule.arrays import zeros
        >>> moveaxis(zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    sources, places = (
        [normalize_axis(axis, x.ndim) for axis in ((axes,) if isinstance(axes, int) else axes)]
        for axes in (source, destination)
    )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, tuple(order))


def repeat(x: ListArray, repeats: int | ListArray, /, *, axis: int | None = None) -> ListArray:
    """Every entry along an axis several times in a row; all entries if no axis is named.

    Example:
        >>> from chainrule.arrays import asarray
        >>> repeat(asarray([1, 2]), 2).tolist()
        [1, 1, 2, 2]
    """
    if axis is None:
        return repeat(reshape(x, (-1,)), repeats, axis=0)
    place = normalize_axis(axis, x.ndim)
    size = x.shape[place]
    times = [repeats] * size if isinstance(repeats, int) else repeats.data
    counts = times * size if len(times) == 1 else times
    key = [i for i, count in zip(range(size), counts, strict=True) for _ in range(count)]
    front = permute_dims(x, (place, *(i for i in range(x.ndim) if i != place)))
    return moveaxis(front[key], 0, place)


def tile(x: ListArray, repetitions: Shape, /) -> ListArray:
    """The array laid side by side, so many times along each axis.

    Example:
        >>> from chainrule.arrays import asarray
        >>> tile(asarray([1, 2]), (2, 2)).tolist()
        [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    depth = max(x.ndim, len(repetitions))
    tiled = reshape(x, (1,) * (depth - x.ndim) + x.shape)
    for axis, count in enumerate((1,) * (depth - len(repetitions)) + tuple(repetitions)):
        copies = [tiled] * count or [tiled[(slice(None),) * axis + (slice(0, 0),)]]
        tiled = concat(copies, axis=axis)
    return tiled


def unstack(x: ListArray, /, *, axis: int = 0) -> tuple[ListArray, ...]:
    """The arrays that lie along an axis; the reverse of `stack`.

    Example:
        >>> from chainrule.arrays import asarray
        >>> [part.tolist() for part in unstack(asarray([[1, 2], [3, 4]]), axis=1)]
        [[1, 3], [2, 4]]
    """
    before = (slice(None),) * normalize_axis(axis, x.ndim)
    return tuple(x[(*before, i)] for i in range(x.shape[axis]))


def astype(x: ListArray, dtype: Kind, /) -> ListArray:
    """The array with its numbers in another kind.

    Example:
        >>> from chainrule.arrays import asarray, fraction
        >>> print(astype(asarray([0.5, 0.25]), fraction))
        ListArray([1/2, 1/4], dtype=fraction)
    """
    return cast(x, dtype)


def result_type(*arrays_and_dtypes: Any) -> Kind:
    """The kind in which arrays and kinds meet.

    Example:
        >>> from chainrule.arrays import float64, int64
        >>> result_type(int64, float64)
        float64
    """
    kinds = (one if isinstance(one, Kind) else one.dtype for one in arrays_and_dtypes)
    return reduce(promote, kinds)


if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(functions_of(globals()))
