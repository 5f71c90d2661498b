"""What can be asked of number kinds: limits, families, and which goes into which."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from chainrule.arrays.kinds import Kind, bool_, complex128, decimal, float64, fraction, int64
from chainrule.errors import KindError

_FAMILIES: dict[str, tuple[Kind, ...]] = {
    "bool": (bool_,),
    "signed integer": (int64,),
    "unsigned integer": (),
    "integral": (int64,),
    "real floating": (float64,),
    "complex floating": (complex128,),
    "numeric": (int64, float64, complex128, fraction, decimal),
}


class FloatLimits(NamedTuple):
    """The limits of a floating kind: its size in bits, the step after 1, and its range."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Kind


class IntegerLimits(NamedTuple):
    """The limits of an integer kind; Python's own integers go on where other libraries' end."""

    bits: int
    max: int
    min: int
    dtype: Kind


def finfo(type: Any, /) -> FloatLimits:
    """The limits of a floating kind, or of an array's.

    Raises:
        KindError: It is not a floating kind.

    Example:
        >>> finfo(float64).eps
        2.220446049250313e-16
    """
    kind = _kind_of(type)
    if kind not in (float64, complex128):
        raise KindError(f"finfo was asked of {kind}, which is not a floating kind: ask of float64")
    info = sys.float_info
    return FloatLimits(64, info.epsilon, info.max, -info.max, info.min, float64)


def iinfo(type: Any, /) -> IntegerLimits:
    """The limits of an integer kind, or of an array's.

    Raises:
        KindError: It is not an integer kind.

    Example:
        >>> iinfo(int64).max
        9223372036854775807
    """
    kind = _kind_of(type)
    if kind is not int64:
        raise KindError(f"iinfo was asked of {kind}, which is not an integer kind: ask of int64")
    return IntegerLimits(64, 2**63 - 1, -(2**63), int64)


def isdtype(dtype: Kind, kind: Any, /) -> bool:
    """Whether a kind is another one, of a family, or one of several.

    Args:
        dtype: The kind.
        kind: A kind, a family of the standard such as `"real floating"`, or a tuple of them.

    Example:
        >>> isdtype(float64, "real floating"), isdtype(int64, ("bool", float64))
        (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if isinstance(kind, Kind):
        return dtype is kind
    if kind not in _FAMILIES:
        raise KindError(
            f"isdtype was asked for the family {kind!r}; there are {', '.join(_FAMILIES)}"
        )
    return dtype in _FAMILIES[kind]


def can_cast(from_: Any, to: Kind, /) -> bool:
    """Whether numbers of one kind meet another without changing it.

    Example:
        >>> can_cast(int64, float64), can_cast(float64, int64)
        (True, False)
    """
    kind = _kind_of(from_)
    return kind is to or (kind.rank <= to.rank and {kind, to} != {decimal, complex128})


def holds_whole(x: Any) -> bool:
    """Whether an array of any library holds whole numbers or truth values."""
    return str(x.dtype).startswith(("bool", "int", "uint"))


def _kind_of(asked: Any) -> Kind:
    return asked if isinstance(asked, Kind) else asked.dtype
