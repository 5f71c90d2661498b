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

# mypy: implicit-reexport

from math import e, inf, nan, pi

from chainrule.arrays.creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from chainrule.arrays.dtypes import can_cast, finfo, iinfo, isdtype
from chainrule.arrays.elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
    where,
)
from chainrule.arrays.indexing import take, take_along_axis
from chainrule.arrays.kinds import Kind, complex128, decimal, float64, fraction, int64, symbol
from chainrule.arrays.kinds import bool_ as bool
from chainrule.arrays.kinds.formulas import call
from chainrule.arrays.linear_algebra import matmul, tensordot, vecdot
from chainrule.arrays.list_array import ArrayMethods, ListArray, namespace_of
from chainrule.arrays.manipulation import (
    astype,
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    result_type,
    squeeze,
    stack,
    tile,
    unstack,
)
from chainrule.arrays.random import Generator
from chainrule.arrays.reductions import (
    all,
    any,
    argmax,
    argmin,
    argsort,
    cumulative_prod,
    cumulative_sum,
    diff,
    max,
    mean,
    min,
    prod,
    sort,
    std,
    sum,
    var,
)
from chainrule.arrays.searching import (
    count_nonzero,
    nonzero,
    roll,
    searchsorted,
    tril,
    triu,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)
from chainrule.arrays.symbol import ATOM, Symbol

newaxis = None
