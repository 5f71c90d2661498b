"""What an op cannot be computed of, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Number
from typing import Any

from chainrule import arrays
from chainrule.errors import (
    THROUGH_TORCH,
    TOO_LARGE,
    ChainruleError,
    KindError,
    ShapeError,
    shown,
)
from chainrule.words import a_or_an, shortened

_LONGEST = 160
"""Characters of another library's words that a message repeats."""

_OF_A_LIBRARY = TypeError, ValueError, IndexError, ZeroDivisionError, NotImplementedError
"""How libraries refuse numbers and options that they cannot compute with."""


def require_fit(op: str, values: Sequence[Any], error: Exception, *, own: bool) -> None:
    """Say that a number is too large, that something is no array, or that it cannot be computed.

    An error that is none of a library's own words, such as a missing name, stays as it is, and so
    does a fault within an op that is none of our own.
    """
    if isinstance(error, ChainruleError):
        return
    if isinstance(error, OverflowError):
        raise KindError(TOO_LARGE) from error
    require_arrays(op, values, error)
    found = [x for x in values if hasattr(x, "__array_namespace__")]
    shapes = [tuple(x.shape) for x in found]
    if 0 < sum(type(x) is arrays.ListArray for x in found) < len(found):
        raise KindError(
            f"{op} was asked of a list array and an array of another library: make both "
            "arrays of one library, for example with asarray(x.tolist())"
        ) from error
    why = shortened(" ".join(str(error).split()).rstrip("."), most=_LONGEST)
    if len({*shapes}) > 1:
        raise ShapeError(
            f"{op} was asked of shapes {' and '.join(map(str, shapes))}, which do not fit: {why}"
        ) from error
    if own and isinstance(error, _OF_A_LIBRARY):
        kinds = " and ".join(f"an array of {x.dtype}, shape {tuple(x.shape)}" for x in found)
        raise (KindError if isinstance(error, TypeError) else ShapeError)(
            f"{op} cannot be computed of {kinds} ({why}): give numbers, and options that suit them"
        ) from error


def require_arrays(op: str, values: Sequence[Any], error: Exception | None = None) -> None:
    """Say what is neither an array nor a number, such as a tensor of PyTorch.

    Before an op has failed, a row of numbers such as a range may pass: NumPy reads it.
    """
    for value in values:
        if isinstance(value, Number) or hasattr(value, "__array_namespace__"):
            continue
        if error is None and isinstance(value, Sequence):
            continue
        kind, library = type(value).__name__, type(value).__module__.partition(".")[0]
        do = f", or wrap the function in {THROUGH_TORCH}" if library == "torch" else ""
        named = kind if library in ("builtins", "__main__", kind) else f"{library} {kind}"
        raise KindError(
            f"{op} was asked of {a_or_an(named)}, which is neither an array that ops "
            f"take nor a number: make an array of it first{do}"
        ) from error


def require_options(
    op: str, options: Mapping[str, Any], known: Mapping[str, Sequence[Any]], error: Exception
) -> None:
    """Say which option an op does not have, or has of another kind than it was given with.

    Args:
        op: The op's name.
        options: What it was given.
        known: Values that do for each of its options; none where any may.
        error: What came of it.
    """
    if isinstance(error, ChainruleError):
        return
    for name, value in options.items():
        if name not in known:
            takes = ", ".join(known) or "no options"
            raise KindError(f"{op} was given `{name}`; it takes {takes}") from error
        wrong = known[name] and not any(_alike(value, one) for one in known[name])
        if wrong and (isinstance(error, TypeError | RuntimeError) or isinstance(value, str)):
            each = {type(one): f"{name}={one!r}" for one in reversed(known[name])}
            do = " or ".join([*each.values()][::-1])
            raise KindError(f"{op} was given {name}={shown(value)}: give it as in {do}") from error


def _alike(value: Any, known: Any) -> bool:
    """Whether a value is of the kind of one that does."""
    value = value.tolist() if hasattr(value, "__array_namespace__") else value
    if isinstance(known, list | tuple):
        return isinstance(value, type(known)) and all(_alike(v, known[0]) for v in value)
    if callable(known):
        return callable(value)
    kinds = {int: Integral, float: Number}
    return isinstance(value, kinds.get(type(known), type(known)))
