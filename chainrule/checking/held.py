"""What a function holds beside its argument: arrays of float32, and rows that may be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from chainrule.checking.asking import is_float32_array

MOST_HELD, MOST_PARTS = 1000, 100
"""Among so many things one of float32 is looked for, and among so many parts of each."""


def holds_float32(*things: Any) -> bool:
    """Whether an array of float32 is among some things, or in what they hold, wherever they do."""
    waiting, seen = list(things), set[int]()
    for thing in waiting:  # which grows on the way
        if is_float32_array(thing):
            return True
        if id(thing) not in seen and len(waiting) < MOST_HELD:
            seen.add(id(thing))
            waiting += islice(_parts(thing), MOST_PARTS)
    return False


def _parts(thing: Any) -> Iterator[Any]:
    """What stands in a dict or a list, and what a function or an object holds."""
    if isinstance(thing, Mapping):
        yield from thing.values()
    elif isinstance(thing, list | tuple):
        yield from thing
    elif isinstance(thing, partial):
        yield from (thing.func, thing.args, thing.keywords)
    elif isinstance(thing, MethodType):
        yield from (thing.__func__, thing.__self__)
    elif isinstance(thing, FunctionType):
        yield from (thing.__defaults__, thing.__kwdefaults__, _outside(thing))
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        yield from (vars(thing), vars(type(thing)))


def with_rows(function: Callable[..., Any], keep: slice) -> tuple[Callable[..., Any], int] | None:
    """The same function, with some rows of its arrays.

    Args:
        function: A function written in Python, whose arrays stand outside its code.
        keep: Which rows stay.

    Returns:
        The function and how many rows there were; None if it holds no arrays of rows.

    Example:
        >>> ys = [1.0, 2.0, 4.0]
        >>> last, rows = with_rows(lambda w: sum(w * y for y in ys), slice(-1, None))
        >>> last(10.0), rows
        (40.0, 3)
    """
    if not isinstance(function, FunctionType):
        return None
    rows_of = {name: value for name, value in _outside(function).items() if _has_rows(value)}
    if not rows_of:
        return None
    rows, _ = Counter(map(len, rows_of.values())).most_common(1)[0]
    cut = {name: array[keep] for name, array in rows_of.items() if len(array) == rows}
    cells = tuple(
        CellType(cut[name]) if name in cut else cell
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        )
    )
    outside = {**function.__globals__, **cut}
    copied = FunctionType(
        function.__code__, outside, function.__name__, function.__defaults__, cells or None
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied, rows


def _outside(function: FunctionType) -> dict[str, Any]:
    """What a function uses from outside its code, by name."""
    outside = function.__globals__
    values = {name: outside[name] for name in _names(function.__code__) if name in outside}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # a name that is given its value later
            values[name] = cell.cell_contents
    return values


def _names(code: CodeType) -> Iterator[str]:
    """The outer names in some code, and in what is written inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _has_rows(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) > 1 and all(isinstance(v, int | float | list | tuple) for v in value)
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and len(shape) in (1, 2) and shape[0] > 1
