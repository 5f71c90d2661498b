"""The examples that a function of its own holds: arrays of equally many rows beside its code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any


def row_counts(function: Callable[..., Any]) -> list[int]:
    """How many rows the arrays have that a function uses beside its argument."""
    return sorted({len(array) for array in _arrays(function).values()})


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
    rows_of = _arrays(function)
    if not rows_of or not isinstance(function, FunctionType):
        return None
    rows, _ = Counter(len(array) for array in rows_of.values()).most_common(1)[0]
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


def _arrays(function: Callable[..., Any]) -> dict[str, Any]:
    """The arrays of two rows and more that a function uses beside its argument, by name."""
    if not isinstance(function, FunctionType):
        return {}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    values = {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}
    for name in _names(function.__code__):
        if name in function.__globals__:
            values[name] = function.__globals__[name]
    return {name: value for name, value in values.items() if _has_rows(value)}


def _names(code: CodeType) -> Iterator[str]:
    """The outer names in some code, and in what is written inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that is given its value later
        return False


def _has_rows(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) > 1 and all(isinstance(v, int | float | list | tuple) for v in value)
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and len(shape) in (1, 2) and shape[0] > 1
