"""Products of matrices and vectors.

An entry of a product is one row times one column, its terms added from left to right. Which way
the loop is written depends only on how many terms there are: with one, the product of every entry
with every other; up to four, a sum spelled out; beyond that, a sum in C.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import mul
from typing import Any

from chainrule.arrays.kinds import Kind, bool_, float64, int64, promote
from chainrule.arrays.kinds.kind import Data
from chainrule.arrays.list_array import ListArray, cast, from_number
from chainrule.arrays.manipulation import permute_dims, reshape
from chainrule.arrays.shapes import broadcast_shapes, expand, normalize_axis
from chainrule.errors import ShapeError

# From Python 3.12 on there is a dot product in C, in extended precision, for floats.
_FLOAT_DOT: Callable[[Data, Data], float] | None = getattr(math, "sumprod", None)


def matmul(x1: ListArray, x2: ListArray, /) -> ListArray:
    """The matrix product over the last axis of x1 and the last but one of x2.

    z_ij = Σ_k x1_ik · x2_kj

    Args:
        x1: `(..., rows, inner)`, or `(inner,)`.
        x2: `(..., inner, columns)`, or `(inner,)`.

    Returns:
        `(..., rows, columns)`; the axis of a vector is left out.

    Raises:
        ShapeError: If the inner sizes differ.

    Example:
        >>> from chainrule.arrays import asarray
        >>> matmul(asarray([[1, 2], [3, 4]]), asarray([1, 10])).tolist()
        [21, 43]
    """
    if not type(x1) is type(x2) is ListArray:
        x1, x2 = (x if type(x) is ListArray else from_number(x, "matmul") for x in (x1, x2))
    a, b = x1.shape, x2.shape
    if not a or not b:
        raise ShapeError(f"matmul was asked of {a} and {b}: a single number has no rows, use *")
    rows, inner = a[-2:] if len(a) > 1 else (1, a[0])
    height, columns = b[-2:] if len(b) > 1 else (b[0], 1)
    if inner != height:
        raise ShapeError(
            f"cannot multiply {a} by {b}: the last size of the first is {inner} and must equal "
            f"{height}, the {'last but one' if len(b) > 1 else 'only'} size of the second"
        )
    kind = x1.dtype
    if x2.dtype is not kind or kind is bool_:
        kind = promote(promote(kind, x2.dtype), int64)
        x1, x2 = cast(x1, kind), cast(x2, kind)
    shape = a[-2:-1] + (b[-1:] if len(b) > 1 else ())
    if not inner:
        shape = broadcast_shapes(a[:-2], b[:-2]) + shape
        return ListArray([kind.convert(0)] * math.prod(shape), shape, kind)
    if len(a) <= 2 and len(b) <= 2:
        return ListArray(_product(x1.data, x2.data, inner, columns, kind), shape, kind)
    batch = broadcast_shapes(a[:-2], b[:-2])
    left = _matrices(x1.data, a[:-2], batch, rows * inner)
    right = _matrices(x2.data, b[:-2], batch, inner * columns)
    data: Data = []
    for first, second in zip(left, right, strict=True):
        data += _product(first, second, inner, columns, kind)
    return ListArray(data, batch + shape, kind)


def _product(a: Data, b: Data, inner: int, columns: int, kind: Kind) -> Data:
    """The entries of `(rows, inner)` times `(inner, columns)`."""
    if inner == 1:
        return [x * y for x in a for y in b]
    if inner == 2:
        right = list(zip(b[:columns], b[columns:], strict=True))
        left = zip(a[::2], a[1::2], strict=True)
        return [x0 * y0 + x1 * y1 for x0, x1 in left for y0, y1 in right]
    if inner <= 4:
        return _few_terms(a, b, inner, columns)
    starts = range(0, len(a), inner)
    dot = _FLOAT_DOT if kind is float64 else None
    if columns == 1:
        if dot is not None:
            return [dot(a[i : i + inner], b) for i in starts]
        return [sum(map(mul, a[i : i + inner], b)) for i in starts]
    rows = [a[i : i + inner] for i in starts]
    across = [b[j::columns] for j in range(columns)]
    if dot is not None:
        return [dot(row, column) for row in rows for column in across]
    return [sum(map(mul, row, column)) for row in rows for column in across]


def _few_terms(a: Data, b: Data, inner: int, columns: int) -> Data:
    """The product for three or four terms, which a sum spelled out adds up fastest."""
    left = zip(*(a[k::inner] for k in range(inner)), strict=True)
    right = list(zip(*(b[k * columns : (k + 1) * columns] for k in range(inner)), strict=True))
    if inner == 3:
        return [x0 * y0 + x1 * y1 + x2 * y2 for x0, x1, x2 in left for y0, y1, y2 in right]
    return [
        x0 * y0 + x1 * y1 + x2 * y2 + x3 * y3 for x0, x1, x2, x3 in left for y0, y1, y2, y3 in right
    ]


def _matrices(data: Data, lead: Any, batch: Any, size: int) -> list[Data]:
    """The matrices of a stack, repeated where the batch stretches it."""
    count = math.prod(lead)
    places = expand(list(range(count)), lead, batch)
    return [data[i * size : (i + 1) * size] for i in places]


def vecdot(x1: ListArray, x2: ListArray, /, *, axis: int = -1) -> ListArray:
    """The sum of products along one axis.

    Example:
        >>> from chainrule.arrays import asarray
        >>> vecdot(asarray([1, 2, 3]), asarray([4, 5, 6])).item()
        32
    """
    product = x1 * x2
    total: ListArray = product.sum(axis=normalize_axis(axis, product.ndim))
    return total


def tensordot(x1: ListArray, x2: ListArray, /, *, axes: Any = 2) -> ListArray:
    """The sum of products over several axes of each.

    Args:
        x1: Any array.
        x2: Any array.
        axes: How many last axes of x1 meet as many first axes of x2, or the axes of each.

    Example:
        >>> from chainrule.arrays import ones
        >>> tensordot(ones((2, 3, 4)), ones((3, 4, 5))).shape
        (2, 5)
    """
    if isinstance(axes, int):
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    first = [normalize_axis(axis, x1.ndim) for axis in axes[0]]
    second = [normalize_axis(axis, x2.ndim) for axis in axes[1]]
    met = [x1.shape[axis] for axis in first]
    if met != [x2.shape[axis] for axis in second]:
        raise ShapeError(
            f"cannot sum over axes {first} of {x1.shape} and {second} of {x2.shape}: "
            "their sizes must be the same"
        )
    kept1 = [axis for axis in range(x1.ndim) if axis not in first]
    kept2 = [axis for axis in range(x2.ndim) if axis not in second]
    shape1, shape2 = [x1.shape[axis] for axis in kept1], [x2.shape[axis] for axis in kept2]
    inner = math.prod(met)
    left = reshape(permute_dims(x1, (*kept1, *first)), (math.prod(shape1), inner))
    right = reshape(permute_dims(x2, (*second, *kept2)), (inner, math.prod(shape2)))
    return reshape(matmul(left, right), (*shape1, *shape2))
