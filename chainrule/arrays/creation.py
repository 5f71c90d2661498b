"""Arrays out of Python numbers, nested lists, and other libraries' arrays."""

from __future__ import annotations

import math
from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING, Any

from chainrule.arrays.door import functions_of
from chainrule.arrays.kinds import Kind, bool_, float64, int64, kind_of, promote
from chainrule.arrays.list_array import ListArray, cast
from chainrule.arrays.manipulation import broadcast_arrays, reshape
from chainrule.arrays.shapes import Shape
from chainrule.errors import ChainruleError, KindError, ShapeError
from chainrule.words import a_or_an, shortened

_MOST_AXES = 64
"""As many as an array of NumPy can have."""


def asarray(
    obj: Any,
    /,
    *,
    dtype: Kind | None = None,
    copy: bool | None = None,  # noqa: ARG001  list arrays never change, so a copy is no other
) -> ListArray:
    """An array of a number, nested lists, or anything that has `.tolist()`.

    Args:
        obj: Numbers of any kinds; those of different kinds meet in their common one.
        dtype: The kind that the numbers shall have; found out when left out.
        copy: Makes no difference.

    Returns:
        The array; without axes for a single number. An empty list gives float64.

    Raises:
        ShapeError: If rows have different lengths.
        KindError: If an entry is not a number.

    Example:
        >>> asarray([[1, 2], [3, 4.5]])
        ListArray([[1.0, 2.0],
                   [3.0, 4.5]], dtype=float64)
    """
    if type(obj) is ListArray:
        return obj if dtype is None else cast(obj, dtype)
    data, shape = _flattened(obj)
    types = set(map(type, data))
    source = reduce(promote, map(_kind, types), bool_ if types else float64)
    kind = source if dtype is None else dtype
    if types != {kind.convert}:  # such as {float}, which needs no conversion
        data = kind.converted(data, source)
    return ListArray(data, shape, kind)


def zeros(shape: int | Shape, *, dtype: Kind | None = None) -> ListArray:
    """An array of zeros.

    Example:
        >>> zeros(2)
        ListArray([0.0, 0.0], dtype=float64)
    """
    return full(shape, 0, dtype=dtype or float64)


def ones(shape: int | Shape, *, dtype: Kind | None = None) -> ListArray:
    """An array of ones."""
    return full(shape, 1, dtype=dtype or float64)


def empty(shape: int | Shape, *, dtype: Kind | None = None) -> ListArray:
    """An array to be replaced; a list array cannot be filled later, so it holds zeros."""
    return zeros(shape, dtype=dtype)


def full(shape: int | Shape, fill_value: Any, *, dtype: Kind | None = None) -> ListArray:
    """An array with the same number everywhere.

    Example:
        >>> full((1, 2), 7)
        ListArray([[7, 7]], dtype=int64)
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    kind = _kind(type(fill_value)) if dtype is None else dtype
    return ListArray([kind.convert(fill_value)] * math.prod(sizes), sizes, kind)


def zeros_like(x: ListArray, /, *, dtype: Kind | None = None) -> ListArray:
    """Zeros in the shape and kind of an array."""
    return full(x.shape, 0, dtype=dtype or x.dtype)


def ones_like(x: ListArray, /, *, dtype: Kind | None = None) -> ListArray:
    """Ones in the shape and kind of an array."""
    return full(x.shape, 1, dtype=dtype or x.dtype)


def empty_like(x: ListArray, /, *, dtype: Kind | None = None) -> ListArray:
    """An array to be replaced, in the shape and kind of an array."""
    return zeros_like(x, dtype=dtype)


def full_like(x: ListArray, /, fill_value: Any, *, dtype: Kind | None = None) -> ListArray:
    """The same number everywhere, in the shape and kind of an array."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype)


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Kind | None = None
) -> ListArray:
    """The numbers from `start` (or 0) up to but without `stop`.

    Example:
        >>> arange(3).tolist(), arange(0.5, 2.0, 0.5).tolist()
        ([0, 1, 2], [0.5, 1.0, 1.5])
    """
    first, last = (0, start) if stop is None else (start, stop)
    count = max(0, math.ceil((last - first) / step))
    kind = dtype or (int64 if isinstance(first + last + step, int) else float64)
    return ListArray([kind.convert(first + i * step) for i in range(count)], (count,), kind)


def linspace(
    start: float, stop: float, /, num: int, *, dtype: Kind | None = None, endpoint: bool = True
) -> ListArray:
    """`num` evenly spaced numbers from `start` to `stop`; floats unless a kind is named.

    Example:
        >>> linspace(0, 1, 5).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    parts = max(num - 1, 1) if endpoint else max(num, 1)
    data = [start + (stop - start) * (i / parts) for i in range(num)]
    if endpoint and num > 1:
        data[-1] = stop
    kind = dtype or kind_of(type(start + stop + 0.0)) or float64
    return ListArray(list(map(kind.convert, data)), (num,), kind)


def eye(rows: int, columns: int | None = None, /, *, k: int = 0, dtype: Kind | None = None) -> Any:
    """Ones on the k-th diagonal and zeros elsewhere.

    Example:
        >>> eye(2).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    width = rows if columns is None else columns
    kind = dtype or float64
    zero, one = kind.convert(0), kind.convert(1)
    data = [one if j - i == k else zero for i in range(rows) for j in range(width)]
    return ListArray(data, (rows, width), kind)


def meshgrid(*arrays: ListArray, indexing: str = "xy") -> list[ListArray]:
    """The coordinates of every point of a grid, one array for each axis.

    Args:
        *arrays: The coordinates along each axis, in one line each.
        indexing: `"xy"` counts the second axis first, as on a page; `"ij"` keeps their order.

    Example:
        >>> x, y = meshgrid(asarray([1, 2, 3]), asarray([10, 20]))
        >>> x.tolist(), y.tolist()
        ([[1, 2, 3], [1, 2, 3]], [[10, 10, 10], [20, 20, 20]])
    """
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = [1, 0]
    shapes = [tuple(-1 if place == i else 1 for place in order) for i in range(len(arrays))]
    return broadcast_arrays(*map(reshape, arrays, shapes))


def _kind(number_type: type) -> Kind:
    kind = kind_of(number_type)
    if kind is None:
        raise KindError(
            f"an array of numbers was asked for and {a_or_an(number_type.__name__)} was found in "
            "it: use Python numbers, or lists of them"
        )
    return kind


def _flattened(obj: Any) -> tuple[list[Any], Shape]:
    """The entries of nested lists in row-major order, and their shape."""
    level = _opened([obj])
    shape: list[int] = []
    while level and isinstance(level[0], list | tuple):
        lengths = {len(row) if isinstance(row, list | tuple) else None for row in level}
        if len(lengths) > 1:
            sizes = " and ".join(sorted("a number" if n is None else str(n) for n in lengths))
            raise ShapeError(
                f"an array was asked of lists whose lengths differ on axis {len(shape)} "
                f"(found {sizes}): make all of them equally long"
            )
        shape.append(len(level[0]))
        if len(shape) > _MOST_AXES:  # a list within itself would never end
            raise ShapeError(f"an array was asked of lists nested more than {_MOST_AXES} deep")
        level = _opened(list(chain.from_iterable(level)))
    if any(issubclass(one, list | tuple) for one in set(map(type, level))):
        raise ShapeError(
            f"an array was asked of lists that hold numbers and lists side by side on axis "
            f"{len(shape) - 1}: make all of them equally deep"
        )
    return level, tuple(shape)


def _opened(level: list[Any]) -> list[Any]:
    """The entries with arrays of any library and ranges as lists."""
    types = set(map(type, level))
    if all(one in (list, tuple) or kind_of(one) is not None for one in types):
        return level
    return [_as_list(entry) for entry in level]


def _as_list(entry: Any) -> Any:
    """An array or a range as a list; anything else as it is."""
    if isinstance(entry, range):
        return list(entry)
    if kind_of(type(entry)) is not None or not hasattr(type(entry), "tolist"):
        return entry
    space = getattr(entry, "__array_namespace__", None)
    if space is not None and not hasattr(space(), "asarray"):
        raise KindError(
            "a list that holds a tensor was given where an array is needed, and would lose its "
            "gradient: join tensors with cr.concat, numbers with cr.stack, or compute on each by "
            "itself"
        )
    try:
        return entry.tolist()
    except (RuntimeError, ValueError) as error:  # of PyTorch: sparse, or on no device
        if isinstance(error, ChainruleError):
            raise
        why = shortened(" ".join(str(error).split()))
        raise KindError(
            f"the numbers of {a_or_an(type(entry).__name__)} cannot be read ({why}): give an array "
            "that holds all of them"
        ) from error


if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(functions_of(globals()))
