"""complex128, as the complex-step derivative needs it.

Order, maximum and conditions read the real part, `abs` is `where(z < 0, -z, z)`, and nothing is
conjugated: a function that is written for real numbers takes the branches that it takes for the
real part, and its derivative travels along in the imaginary part.

Source: J. R. R. A. Martins, P. Sturdza, J. J. Alonso, "The Complex-Step Derivative Approximation",
ACM TOMS 29(3), 2003, section 4.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from math import inf, nan
from typing import Any

from chainrule.arrays.kinds import floats, shared
from chainrule.arrays.kinds.kind import Data, ListFunction, PairFunction, bool_, complex128, float64
from chainrule.arrays.kinds.shared import by_name, each, guarded, guarded_each, pair_function

_NOWHERE = complex(nan, nan)


def _divide(x: complex, y: complex) -> complex:
    try:
        return x / y
    except ZeroDivisionError:
        return complex(floats.divide(x.real, y.real), floats.divide(x.imag, y.real))


def _power(x: complex, y: complex) -> complex:
    try:
        return x**y
    except ZeroDivisionError:
        return complex(floats.power(x.real, y.real), nan)
    except OverflowError:
        return complex(floats.power(x.real, y.real), nan if x.imag or y.imag else 0.0)


def _turned(size: float, angle: float) -> complex:
    """`size · (cos angle + i sin angle)`; an angle of zero keeps an infinite size real."""
    return complex(size * math.cos(angle), size * math.sin(angle) if angle else angle)


def _log(z: complex) -> complex:
    return cmath.log(z) if z else complex(-inf, z.imag)


def _log1p(z: complex) -> complex:
    if z == -1:
        return complex(-inf, z.imag)
    x, y = z.real, z.imag
    if abs(x) > 1e150 or abs(y) > 1e150:
        return cmath.log(1 + z)
    return complex(0.5 * math.log1p(x * (2 + x) + y * y), math.atan2(y, 1 + x))


def _expm1(z: complex) -> complex:
    x, y = z.real, z.imag
    turn = -2 * math.sin(y / 2) ** 2
    return complex(math.expm1(x) * math.cos(y) + turn, math.exp(x) * math.sin(y))


def _far_exp(z: complex) -> complex:
    return _turned(inf, z.imag)


def _far_sinh(z: complex) -> complex:
    return _turned(math.copysign(inf, z.real), math.copysign(z.imag, z.imag * z.real))


def _far_cosh(z: complex) -> complex:
    return _turned(inf, math.copysign(z.imag, z.imag * z.real))


def _sign(z: complex) -> complex:
    if z.real > 0:
        return 1 + 0j
    return -1 + 0j if z.real < 0 else complex(z.real, 0.0)


def _by_real_part(name: str) -> PairFunction:
    compare: PairFunction = float64.pairs[name][0]
    return PairFunction(
        lambda a, b: compare.lists([x.real for x in a], [y.real for y in b]),
        lambda a, s: compare.right([x.real for x in a], s.real),
        lambda s, b: compare.left(s.real, [y.real for y in b]),
    )


def _line_by_real_part(name: str) -> Callable[[Data], Any]:
    return lambda line: float64.lines[name]([z.real for z in line])


def _entry_by_real_part(name: str) -> Callable[[Data], Any]:
    return lambda line: line[float64.lines[name]([z.real for z in line])]


def _defined_only(function: Callable[[complex], complex]) -> ListFunction:
    """The list form of `function`, with NaN where it overflows or is not defined."""
    return shared.rescued(function, lambda _: _NOWHERE, _NOWHERE)


complex128.define(
    {
        "positive": list,
        "negative": lambda data: [-z for z in data],
        "abs": lambda data: [-z if z.real < 0 else z for z in data],
        "square": lambda data: [z * z for z in data],
        "sign": each(_sign),
        "sqrt": each(cmath.sqrt),
        "exp": shared.rescued(cmath.exp, _far_exp, _NOWHERE),
        "expm1": shared.rescued(_expm1, _far_exp, _NOWHERE),
        "log": guarded_each(cmath.log, _log, OverflowError, ValueError),
        "log1p": each(_log1p),
        "sinh": shared.rescued(cmath.sinh, _far_sinh, _NOWHERE),
        "cosh": shared.rescued(cmath.cosh, _far_cosh, _NOWHERE),
        **by_name(_defined_only, cmath.sin, cmath.cos, cmath.tan, cmath.tanh, cmath.log10),
        **by_name(_defined_only, cmath.asin, cmath.acos, cmath.atan),
        **by_name(_defined_only, cmath.asinh, cmath.acosh, cmath.atanh),
        "log2": _defined_only(lambda z: cmath.log(z) / math.log(2)),
        "reciprocal": lambda data: [_divide(1, z) for z in data],
        "conj": lambda data: [z.conjugate() for z in data],
    },
    {
        **shared.RING,
        "divide": guarded(shared.DIVISION["divide"], _divide, ZeroDivisionError),
        "pow": guarded(pair_function(operator.pow), _power, OverflowError, ZeroDivisionError),
        "maximum": pair_function(lambda x, y: x if x.real >= y.real or x != x else y),
        "minimum": pair_function(lambda x, y: x if x.real <= y.real or x != x else y),
    },
)
complex128.define(
    {
        **by_name(each, cmath.isnan, cmath.isinf, cmath.isfinite),
        "logical_not": lambda data: [not z.real for z in data],
    },
    {**shared.LOGIC, **{name: _by_real_part(name) for name in shared.COMPARISONS}},
    result=bool_,
)
complex128.define(
    {"real": lambda data: [z.real for z in data], "imag": lambda data: [z.imag for z in data]},
    {},
    result=float64,
)
complex128.lines.update(
    {name: _line_by_real_part(name) for name in ("argmax", "argmin", "argsort")}
    | {"max": _entry_by_real_part("argmax"), "min": _entry_by_real_part("argmin")}
)
