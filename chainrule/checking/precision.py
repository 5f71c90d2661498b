"""How precisely a gradient was given: rounded by hand, in float32, or as closely as asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import fsum, isfinite, log10
from numbers import Integral
from typing import Any, NamedTuple

from chainrule.checking.checked_function import Flat, of_largest
from chainrule.checking.verdict import FULL_DIGITS, Measured
from chainrule.errors import OptionError, require_above_zero, shown
from chainrule.words import plural

FEWEST, MOST = 3, 9
"""How many places a number is rounded to by hand; fewer are too easily met by chance."""

MOST_DIGITS = 14
"""Where numbers of more digits than these end after a few decimals, it is the float that ends."""

SHORT = 1024.0
"""Multiples of 1/1024 are short by themselves and tell nothing of how they were written down."""

FLOAT32 = 2.0**-24
"""The relative error of one rounding to float32."""

ROUNDINGS = 16
"""By how many such roundings a gradient computed in float32 may be off."""

UNSURE = 2.0**12
"""Up to so many a right gradient is off where large numbers cancel, as in the normalising of a
small batch: what is off by so little cannot be told from rounding, and is not proved by it."""

HALF = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
"""The same error in the kinds of two bytes, whose short numbers do not show what they are."""

HALF_ROUNDINGS = 8
"""By how many of those a gradient computed in such a kind may be off."""

EXACT = 1e-12
"""What is so near, relative to its size, was not rounded; of rounded numbers most are farther."""

LEAST_RATIOS = 3
"""So many numbers that are off by one factor look like a mistake; fewer are met by chance."""


class Precision(NamedTuple):
    """The precision of a given gradient.

    Attributes:
        words: What it agrees to, as in "the 4 decimals that it was given with".
        digits: How many digits that is.
        allowance: How far each entry may be off for it.
        asked: Whether the caller asked for it, so that what tells less does not answer.
        unsure: Up to so many times the allowance an entry is neither right nor wrong.
    """

    words: str
    digits: int
    allowance: Flat
    asked: bool = False
    unsure: float = 1.0


def asked_precision(right: Flat, digits: int | None, tolerance: float | None) -> Precision | None:
    """The precision that the caller asks for.

    Args:
        right: The right gradient.
        digits: To so many decimal digits of the largest number of its tensor.
        tolerance: To so much, in the unit of the gradient.

    Raises:
        OptionError: If both are given, or one that asks for nothing.
    """
    if digits is None and tolerance is None:
        return None
    if digits is not None and tolerance is not None:
        raise OptionError("digits and tolerance say the same in two ways; give one of them")
    if tolerance is not None:
        if type(tolerance) is bool:
            raise OptionError(f"tolerance is a number above 0; found {shown(tolerance)}")
        require_above_zero("tolerance", tolerance)
        allowance = {name: [float(tolerance)] * len(numbers) for name, numbers in right.items()}
        words = f"within the tolerance of {float(tolerance):g} asked for"
        return Precision(words, FULL_DIGITS + 1, allowance, asked=True)
    if type(digits) is bool or not isinstance(digits, Integral) or not 0 < digits <= FULL_DIGITS:
        raise OptionError(
            f"digits is a whole number above 0 and at most {FULL_DIGITS}, as many as a float "
            f"carries; found {shown(digits)}"
        )
    allowance = {
        name: [max(10.0**-digits * largest, _last_place(largest, int(digits)))] * len(ws)
        for name, ws in right.items()
        for largest in [max(map(abs, ws), default=0.0)]
    }
    return Precision(
        f"the {plural(int(digits), 'digit')} asked for", int(digits), allowance, asked=True
    )


def kind_precision(arrays: Mapping[str, Any], numbers: Flat) -> Precision | None:
    """The precision of a gradient some arrays of which say that they are of few bytes; else None.

    Args:
        arrays: The given arrays by name.
        numbers: Their numbers.
    """
    kinds = {n: str(getattr(array, "dtype", "")).rpartition(".")[2] for n, array in arrays.items()}
    error = {k: HALF_ROUNDINGS * u for k, u in HALF.items()} | {"float32": ROUNDINGS * FLOAT32}
    if not (short := sorted(error.keys() & {*kinds.values()}, key=list(error).index)):
        return None
    allowance = of_largest(numbers, {n: error.get(kinds[n], 0.0) for n in numbers})
    if short[0] not in HALF:
        return _of_float32(allowance)
    return Precision(f"the digits of {short[0]}, in which it was given", 3, allowance)


def float32_precision(numbers: Flat) -> Precision:
    """The precision of a gradient that was computed with arrays of float32, of all its numbers."""
    allowance = of_largest(numbers, dict.fromkeys(numbers, ROUNDINGS * FLOAT32))
    return _of_float32(allowance)._replace(words="the digits of float32, in which it was computed")


def _of_float32(allowance: Flat) -> Precision:
    words = "the digits of float32, in which it was given"
    return Precision(words, 8, allowance, unsure=UNSURE / ROUNDINGS)


def seen_precision(given: Flat, right: Flat) -> Precision | None:
    """The precision that given numbers show, if that is all that parts them from the right ones.

    Numbers that were rounded by hand end after a few decimals, or a few digits, every one of them;
    those of float32 are the same when rounded to float32.

    Example:
        >>> right = {"w": [0.123456789, -0.0087654321]}
        >>> seen_precision({"w": [0.1235, -0.0088]}, right).words
        'the 4 decimals that it was given with'
        >>> seen_precision({"w": [0.1235, -0.0080]}, right) is None
        True
    """
    numbers = [g for name in given for g in given[name]]
    if not all(map(isfinite, numbers)) or all((g * SHORT).is_integer() for g in numbers):
        return None
    for seen in _readings(given, right, numbers):
        parts = [
            (abs(g - r), room, abs(r))
            for name, gs in given.items()
            for g, r, room in zip(gs, right[name], seen.allowance[name], strict=True)
        ]
        rounded = sum(apart > EXACT * size for apart, _, size in parts)
        several = 2 * rounded >= sum(size > 0 for *_, size in parts)
        if several and all(apart <= room * seen.unsure for apart, room, _ in parts):
            return seen
    return None


def _readings(given: Flat, right: Flat, numbers: list[float]) -> Iterator[Precision]:
    largest = max(map(abs, numbers))
    lengths = range(FEWEST, MOST + 1)
    places = next((n for n in lengths if all(round(g, n) == g for g in numbers)), None)
    if places is not None and largest >= 10.0 ** (FEWEST - 1 - places):
        digits = places + int(log10(largest)) if largest >= 1 else places
        if digits <= MOST_DIGITS:
            room = 0.5 * 10.0**-places * (1 + 1e-9)
            same = {name: [room] * len(gs) for name, gs in given.items()}
            yield Precision(f"the {places} decimals that it was given with", digits, same)
    short = next((n for n in lengths if all(float(f"{g:.{n - 1}e}") == g for g in numbers)), None)
    if short is not None:
        each = {name: [_last_place(g, short) for g in gs] for name, gs in given.items()}
        yield Precision(f"the {short} digits that it was given with", short, each)
    if all(is_float32(g) for g in numbers):
        yield _of_float32(of_largest(right, dict.fromkeys(given, ROUNDINGS * FLOAT32)))


def _last_place(g: float, digits: int) -> float:
    """Half a unit in the last of so many digits."""
    exponent = int(f"{g:.{digits - 1}e}".partition("e")[2])
    return 0.5 * 10.0 ** (exponent - digits + 1) * (1 + 1e-9) if g else 0.0


def is_float32(g: float) -> bool:
    """Whether a number is one that a float32 can hold."""
    return array("f", [g])[0] == g


def common_factor(measured: Sequence[Measured]) -> float | None:
    """What all numbers of an array, three at least, are times the right ones in float32; or None.

    Example:
        >>> common_factor([Measured(2.0002 * s, 2 * s, 0.0) for s in (1.0, 0.3, -0.7)])
        1.0001
    """
    ratios = [m.given / m.slope for m in measured if m.slope]
    middle = fsum(ratios) / len(ratios) if len(ratios) >= LEAST_RATIOS else 1.0
    alike = all(abs(ratio - middle) <= ROUNDINGS * FLOAT32 for ratio in ratios)
    return middle if alike and abs(middle - 1) > ROUNDINGS * FLOAT32 else None
