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
# ruff: noqa: F403  which functions there are, their files say alone

from math import e, inf, nan, pi

from chainrule.arrays.creation import *
from chainrule.arrays.dtypes import can_cast, finfo, holds_whole, iinfo, isdtype
from chainrule.arrays.elementwise import *
from chainrule.arrays.indexing import take, take_along_axis
from chainrule.arrays.kinds import Kind, complex128, decimal, float64, fraction, int64, symbol
from chainrule.arrays.kinds import bool_ as bool
from chainrule.arrays.kinds.formulas import call
from chainrule.arrays.linear_algebra import matmul, tensordot, vecdot
from chainrule.arrays.list_array import ArrayMethods, ListArray, namespace_of
from chainrule.arrays.manipulation import *
from chainrule.arrays.random import Generator
from chainrule.arrays.reductions import *
from chainrule.arrays.searching import *
from chainrule.arrays.shapes import normalize_axes
from chainrule.arrays.symbol import ATOM, Symbol

newaxis = None
