"""Functions that run along axes: sums, extremes, and what can be asked of all entries.

A sum starts from its first term, so the kind of the numbers is kept and no zero of another kind
takes part. A tie goes to the first entry, and NaN comes through.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from chainrule.arrays.door import functions_of, named
from chainrule.arrays.indexing import take_along_axis
from chainrule.arrays.kinds import Kind, bool_, float64, int64
from chainrule.arrays.list_array import ListArray, apply, cast
from chainrule.arrays.manipulation import permute_dims
from chainrule.arrays.shapes import (
    Axes,
    Shape,
    from_lines,
    lines,
    normalize_axes,
    normalize_axis,
    reduced_shape,
)
from chainrule.errors import ShapeError

_SHORT, _MANY = 4, 24
"""Where lines are at most so long and hold so many entries, it takes less time by columns."""


def sum(
    x: ListArray, /, *, axis: Axes = None, dtype: Kind | None = None, keepdims: bool = False
) -> ListArray:
    """The sum over some axes; truth values are counted.

    Example:
        >>> from chainrule.arrays import asarray
        >>> sum(asarray([[1.0, 2.0], [3.0, 4.0]]), axis=0).tolist()
        [4.0, 6.0]
    """
    counted = x if dtype is None and x.dtype is not bool_ else cast(x, dtype or int64)
    return _reduce(counted, axis, keepdims, _total(counted.dtype), of_two="add")


def mean(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """The sum over some axes divided by the number of its terms.

    Example:
        >>> from chainrule.arrays import asarray
        >>> mean(asarray([[1.0, 2.0], [3.0, 4.0]]), axis=1).tolist()
        [1.5, 3.5]
    """
    total = sum(x, axis=axis, keepdims=keepdims)
    return total / (len(x.data) // (len(total.data) or 1))


def var(
    x: ListArray, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
) -> ListArray:
    """The mean square distance from the mean: `Σ (x - mean)² / (n - correction)`.

    Example:
        >>> from chainrule.arrays import asarray
        >>> var(asarray([1.0, 2.0, 6.0])).item()
        4.666666666666667
    """
    away = x - mean(x, axis=axis, keepdims=True)
    squares = sum(away * away, axis=axis, keepdims=keepdims)
    count = len(x.data) // (len(squares.data) or 1)
    return squares / (count - correction if correction else count)


def std(
    x: ListArray, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
) -> ListArray:
    """The square root of the variance."""
    return apply("sqrt", var(x, axis=axis, correction=correction, keepdims=keepdims))


def prod(
    x: ListArray, /, *, axis: Axes = None, dtype: Kind | None = None, keepdims: bool = False
) -> ListArray:
    """The product over some axes."""
    counted = x if dtype is None and x.dtype is not bool_ else cast(x, dtype or int64)
    one = counted.dtype.convert(1)
    return _reduce(counted, axis, keepdims, lambda line: math.prod(line, start=one))


def max(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """The largest entry along some axes.

    Example:
        >>> from chainrule.arrays import asarray
        >>> max(asarray([[1.0, 5.0], [3.0, 4.0]]), axis=1).tolist()
        [5.0, 4.0]
    """
    return _reduce(x, axis, keepdims, _of_some(x, "max"), of_two="maximum")


def min(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """The smallest entry along some axes."""
    return _reduce(x, axis, keepdims, _of_some(x, "min"), of_two="minimum")


def any(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """Whether an entry along some axes is not zero."""
    return _reduce(cast(x, bool_), axis, keepdims, builtins.any)


def all(x: ListArray, /, *, axis: Axes = None, keepdims: bool = False) -> ListArray:
    """Whether no entry along some axes is zero."""
    return _reduce(cast(x, bool_), axis, keepdims, builtins.all)


def argmax(x: ListArray, /, *, axis: int | None = None, keepdims: bool = False) -> ListArray:
    """The position of the largest entry, the first of equals.

    Example:
        >>> from chainrule.arrays import asarray
        >>> argmax(asarray([[1.0, 5.0], [4.0, 4.0]]), axis=1).tolist()
        [1, 0]
    """
    return _reduce(x, axis, keepdims, _of_some(x, "argmax"), int64)


def argmin(x: ListArray, /, *, axis: int | None = None, keepdims: bool = False) -> ListArray:
    """The position of the smallest entry, the first of equals."""
    return _reduce(x, axis, keepdims, _of_some(x, "argmin"), int64)


def diff(x: ListArray, /, *, axis: int = -1, n: int = 1) -> ListArray:
    """By how much each entry along an axis exceeds the one before it, n times over.

    Example:
        >>> from chainrule.arrays import asarray
        >>> diff(asarray([1, 4, 9])).tolist()
        [3, 5]
    """
    before = (slice(None),) * normalize_axis(axis, x.ndim)
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def _running(
    name: str, function: Callable[[Any, Any], Any], start: int, text: str
) -> Callable[..., ListArray]:
    """The function that gathers entries along an axis one by one, and what it says of itself."""

    def running(
        x: ListArray,
        /,
        *,
        axis: int | None = None,
        dtype: Kind | None = None,
        include_initial: bool = False,
    ) -> ListArray:
        if axis is None and x.ndim != 1:
            raise ShapeError(f"{name} of shape {x.shape} does not say along which axis: pass axis=")
        place = normalize_axis(axis or 0, x.ndim)
        counted = x if dtype is None and x.dtype is not bool_ else cast(x, dtype or int64)
        first = [counted.dtype.convert(start)] if include_initial else []
        rows = lines(counted.data, x.shape, place)
        gathered = [list(accumulate([*first, *row], function)) for row in rows]
        longer = (*x.shape[:place], x.shape[place] + len(first), *x.shape[place + 1 :])
        data = from_lines(gathered, math.prod(x.shape[place + 1 :]))
        return ListArray(data, longer, counted.dtype)

    return named(running, name, text)


cumulative_sum = _running(
    "cumulative_sum",
    operator.add,
    0,
    """The running sums along an axis; with a 0 before them if asked for.

    Example:
        >>> from chainrule.arrays import asarray
        >>> cumulative_sum(asarray([1, 2, 3])).tolist()
        [1, 3, 6]
    """,
)
cumulative_prod = _running(
    "cumulative_prod",
    operator.mul,
    1,
    "The running products along an axis; with a 1 before them if asked for.",
)


def sort(
    x: ListArray, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> ListArray:
    """Every line along an axis in order, NaN last; equals always keep their order.

    Example:
        >>> from chainrule.arrays import asarray
        >>> sort(asarray([3, 1, 2])).tolist()
        [1, 2, 3]
    """
    order = argsort(x, axis=axis, descending=descending, stable=stable)
    return take_along_axis(x, order, axis=axis)


def argsort(
    x: ListArray,
    /,
    *,
    axis: int = -1,
    descending: bool = False,
    stable: bool = True,  # noqa: ARG001  always stable
) -> ListArray:
    """The positions that put every line along an axis in order.

    Example:
        >>> from chainrule.arrays import asarray
        >>> argsort(asarray([3, 1, 2])).tolist()
        [1, 2, 0]
    """
    place, order = normalize_axis(axis, x.ndim), x.dtype.lines["argsort"]

    def falling(line: list[Any]) -> list[int]:
        # Sorted from its end, then turned round: equals keep their order.
        last = len(line) - 1
        return [last - i for i in reversed(order(line[::-1]))]

    rows = list(map(falling if descending else order, lines(x.data, x.shape, place)))
    return ListArray(from_lines(rows, math.prod(x.shape[place + 1 :])), x.shape, int64)


def _total(kind: Kind) -> Callable[[Any], Any]:
    if kind is float64:  # -0.0 is what every float keeps its bits with, zeros of either sign too
        return lambda line: builtins.sum(line, -0.0) if line else 0.0
    return lambda line: builtins.sum(line[1:], line[0]) if line else kind.convert(0)


def _of_some(x: ListArray, name: str) -> Callable[[Any], Any]:
    """A line function that has no answer for nothing."""
    if x.data:  # one look at all entries for NaN, which no integer is, spares one at every line
        usual = x.dtype is float64 and not math.isnan(builtins.sum(x.data))
        function: Callable[[Any], Any] = (int64 if usual else x.dtype).lines[name]
        return function

    def refuse(_: Any) -> Any:
        raise ShapeError(
            f"{name} was asked of no entries at all, in an array of shape {x.shape}: "
            "it needs at least one"
        )

    return refuse


def _reduce(
    x: ListArray,
    axis: Axes,
    keepdims: bool,
    function: Callable[[Any], Any],
    kind: Kind | None = None,
    of_two: str = "",
) -> ListArray:
    """What a function makes of the entries along some axes.

    Args:
        x: The entries.
        axis: Along which axes.
        keepdims: Whether these stay, with one entry each.
        function: What becomes of a line of entries.
        kind: The kind of the results, where it is another.
        of_two: The function of two entries that it repeats, if there is one: many short lines are
            done at once by it, column after column.
    """
    result = x.dtype if kind is None else kind
    shape = x.shape
    if axis is None:
        return ListArray([function(x.data)], (1,) * len(shape) if keepdims else (), result)
    if type(axis) is int:
        place = normalize_axis(axis, len(shape))
        left = shape[:place] + ((1,) if keepdims else ()) + shape[place + 1 :]
        size = shape[place]
        if size == 1 and of_two:  # with no second entry, the first is the answer
            return ListArray(x.data, left, result)
        many_short = len(x.data) >= _MANY and 2 <= size <= _SHORT and place == len(shape) - 1
        if many_short and of_two and x.dtype is float64:
            first, *others = (x.data[column::size] for column in range(size))
            pairs = x.dtype.pairs[of_two][0].lists
            return ListArray(reduce(pairs, others, first), left, result)
        rows: Iterable[Any]
        if x.data and place == len(shape) - 1:  # tuples are cut faster than lists
            rows = zip(*[iter(x.data)] * size, strict=True)
        else:
            rows = lines(x.data, shape, place)
        return ListArray(list(map(function, rows)), left, result)
    axes = normalize_axes(axis, len(shape))
    rows = _blocks(x, axes) if axes else [[entry] for entry in x.data]
    return ListArray(list(map(function, rows)), reduced_shape(shape, axes, keepdims), result)


def _blocks(x: ListArray, axes: Shape) -> list[list[Any]]:
    """The entries along several axes, once for every position on the others."""
    other_axes = tuple(axis for axis in range(x.ndim) if axis not in axes)
    count = math.prod([x.shape[axis] for axis in other_axes])
    size = math.prod([x.shape[axis] for axis in axes])
    data = permute_dims(x, other_axes + axes).data
    return [data[i * size : (i + 1) * size] for i in range(count)]


if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(functions_of(globals()))
