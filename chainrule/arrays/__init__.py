"""The list array: n-dimensional arrays of any Python number, in pure Python.

This package is an array namespace of the Python array API standard (2024.12), so the code that
runs on NumPy or JAX runs on it too:

    >>> import chainrule.arrays as xp
    >>> x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> xp.sum(xp.exp(x - xp.max(x)), axis=0)
    ListArray([0.4176665095393063, 1.1353352832366128], dtype=float64)

An array is a flat list, a shape and the kind of its numbers. Floats run through Python's C-speed
builtins. Any other kind runs through the same code: a complex number carries a derivative, a
`Fraction` is exact, a `Decimal` has as many digits as one wants, and a `Symbol` writes the formula.

    >>> from fractions import Fraction
    >>> xp.mean(xp.asarray([Fraction(1, 3), 1])).item()
    Fraction(2, 3)
    >>> w, b = xp.Symbol("w"), xp.Symbol("b")
    >>> print(xp.maximum(xp.asarray(w) * 2 + b, 0).item())
    max(w * 2 + b, 0)

Arrays are never changed in place. Where the standard leaves a choice: whole numbers divide to
floats, a float divided by zero is infinite or NaN, the first of equals wins, NaN comes through.
"""

from math import e, inf, nan, pi

from chainrule.arrays import indexing
from chainrule.arrays.creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from chainrule.arrays.elementwise import (
    abs,
    ceil,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    imag,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    logical_not,
    negative,
    positive,
    real,
    round,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    trunc,
)
from chainrule.arrays.indexing import (
    take,
    take_along_axis,
)
from chainrule.arrays.kinds import Kind, complex128, decimal, float64, fraction, int64, symbol
from chainrule.arrays.kinds import bool_ as bool
from chainrule.arrays.linear_algebra import (
    matmul,
    tensordot,
    vecdot,
)
from chainrule.arrays.list_array import ListArray
from chainrule.arrays.manipulation import (
    astype,
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    permute_dims,
    reshape,
    result_type,
    squeeze,
    stack,
)
from chainrule.arrays.namespace import namespace_of
from chainrule.arrays.pairwise import (
    add,
    clip,
    divide,
    equal,
    floor_divide,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_or,
    maximum,
    minimum,
    multiply,
    not_equal,
    pow,
    remainder,
    subtract,
    where,
)
from chainrule.arrays.reductions import (
    all,
    any,
    argmax,
    argmin,
    argsort,
    cumulative_sum,
    max,
    mean,
    min,
    prod,
    sort,
    sum,
)
from chainrule.arrays.symbol import Symbol
from chainrule.arrays.types import Array, Namespace

newaxis = None

__all__ = [
    "Array",
    "Kind",
    "ListArray",
    "Namespace",
    "Symbol",
    "abs",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "astype",
    "bool",
    "broadcast_arrays",
    "broadcast_to",
    "ceil",
    "clip",
    "complex128",
    "concat",
    "cos",
    "cosh",
    "cumulative_sum",
    "decimal",
    "divide",
    "e",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "float64",
    "floor",
    "floor_divide",
    "fraction",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "imag",
    "indexing",
    "inf",
    "int64",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "namespace_of",
    "nan",
    "negative",
    "newaxis",
    "not_equal",
    "ones",
    "ones_like",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "prod",
    "real",
    "remainder",
    "reshape",
    "result_type",
    "round",
    "sign",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "symbol",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "trunc",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
]
