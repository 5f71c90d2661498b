"""Which entries a key in square brackets picks, and the functions that pick by position.

A key is any mix of integers, slices, `...` and `None` (a new axis); or, alone, a list or array of
integers along the first axis, or a list or array of truth values, for it or for every entry.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from chainrule.arrays.creation import asarray
from chainrule.arrays.kinds import bool_, int64
from chainrule.arrays.list_array import ListArray
from chainrule.arrays.shapes import Shape, from_lines, lines, normalize_axis, offsets, strides
from chainrule.errors import KindError, ShapeError, shown
from chainrule.words import a_or_an


class PositionError(ShapeError, IndexError):
    """A position past the end of an axis."""


def pick(x: ListArray, key: Any) -> ListArray:
    """The entries that a key picks.

    Raises:
        ShapeError: An axis or position that the array does not have.
        KindError: A key that is not a position, such as a float.

    Example:
        >>> x = asarray([[1, 2, 3], [4, 5, 6]])
        >>> pick(x, (slice(None), 1)).tolist(), pick(x, [1, 0]).tolist()
        ([2, 5], [[4, 5, 6], [1, 2, 3]])
    """
    if type(key) is int:
        return _pick_one(x, (key,))
    if type(key) is tuple and set(map(type, key)) == {int} and len(key) <= len(x.shape):
        return _pick_one(x, key)
    if isinstance(key, list) or (type(key) is ListArray and (key.shape or key.dtype is bool_)):
        return _pick_along_first(x, asarray(key))
    if type(key) is slice and x.shape:
        start, stop, step = key.indices(x.shape[0])
        if step == 1 and start < stop:
            inner = len(x.data) // x.shape[0]
            shape = (stop - start, *x.shape[1:])
            return ListArray(x.data[start * inner : stop * inner], shape, x.dtype)
    return _pick_on_every_axis(x, key)


def _pick_one(x: ListArray, places: tuple[int, ...]) -> ListArray:
    """The entry at a position on each axis, or what lies there where there are more axes."""
    shape, start, inner = x.shape, 0, len(x.data)
    for axis, place in enumerate(places):
        size = shape[axis] if axis < len(shape) else 0
        place = _position(place, size, shape, axis)
        inner //= size
        start += place * inner
    return ListArray(x.data[start : start + inner], shape[len(places) :], x.dtype)


def _pick_on_every_axis(x: ListArray, key: Any) -> ListArray:
    keys = _spelled_out(key if isinstance(key, tuple) else (key,), x.shape)
    choices: list[range] = []
    shape: list[int] = []
    for one in keys:
        if one is None:
            shape.append(1)
            continue
        axis = len(choices)
        size = x.shape[axis]
        if isinstance(one, slice):
            positions = range(*one.indices(size))
            shape.append(len(positions))
        else:
            place = _position(_integer(one), size, x.shape, axis)
            positions = range(place, place + 1)
        choices.append(positions)
    return ListArray(_gather(x, choices), tuple(shape), x.dtype)


def take(x: ListArray, indices: Any, /, *, axis: int | None = None) -> ListArray:
    """The entries at some positions along one axis.

    Args:
        x: Any array.
        indices: A one-dimensional array or list of positions; negative ones count from the end.
        axis: The axis; may be left out for a one-dimensional array.

    Example:
        >>> take(asarray([[1, 2, 3], [4, 5, 6]]), [2, 0], axis=1).tolist()
        [[3, 1], [6, 4]]
    """
    if axis is None and x.ndim != 1:
        raise ShapeError(f"take from shape {x.shape} does not say along which axis: pass axis=")
    place = normalize_axis(axis or 0, x.ndim)
    wanted = asarray(indices)
    if wanted.ndim != 1:
        raise ShapeError(
            f"take was asked for positions of shape {wanted.shape}: pass a one-dimensional list"
        )
    positions = _positions(wanted, x.shape, place)
    choices: list[Iterable[int]] = [range(size) for size in x.shape]
    choices[place] = positions
    shape = (*x.shape[:place], len(positions), *x.shape[place + 1 :])
    return ListArray(_gather(x, choices), shape, x.dtype)


def take_along_axis(x: ListArray, indices: ListArray, /, *, axis: int = -1) -> ListArray:
    """From every line along an axis the entries at its own positions.

    Args:
        x: Any array.
        indices: Positions, with the shape of x but for the size of the axis.
        axis: The axis.

    Example:
        >>> take_along_axis(asarray([[1, 2, 3], [4, 5, 6]]), asarray([[2], [0]])).tolist()
        [[3], [4]]
    """
    place = normalize_axis(axis, x.ndim)
    others = x.shape[:place] + x.shape[place + 1 :]
    if indices.ndim != x.ndim or indices.shape[:place] + indices.shape[place + 1 :] != others:
        raise ShapeError(
            f"take_along_axis was asked for positions of shape {indices.shape} along axis {place} "
            f"of shape {x.shape}: the other sizes must be the same"
        )
    wanted = lines(_positions(indices, x.shape, place), indices.shape, place)
    rows = zip(lines(x.data, x.shape, place), wanted, strict=True)
    picked = [[line[i] for i in positions] for line, positions in rows]
    inner = math.prod(x.shape[place + 1 :])
    return ListArray(from_lines(picked, inner), indices.shape, x.dtype)


def _gather(x: ListArray, choices: list[Any]) -> list[Any]:
    """The entries that choices along each axis pick; axes without choice are kept whole."""
    depth = len(choices)
    while depth and choices[depth - 1] == range(x.shape[depth - 1]):
        depth -= 1
    inner = math.prod(x.shape[depth:])
    starts = offsets(choices[:depth], strides(x.shape)[:depth])
    if inner == 1:
        return [x.data[i] for i in starts]
    result: list[Any] = []
    for i in starts:
        result += x.data[i : i + inner]
    return result


def _pick_along_first(x: ListArray, key: ListArray) -> ListArray:
    if not x.shape:
        raise ShapeError("entries were asked of a single number, which has no axis")
    if key.dtype is bool_:
        if key.shape == x.shape:
            numbers = [v for v, keep in zip(x.data, key.data, strict=True) if keep]
            return ListArray(numbers, (len(numbers),), x.dtype)
        if key.shape != x.shape[:1]:
            raise ShapeError(
                f"a mask of shape {key.shape} was used on shape {x.shape}: "
                "give one truth value for each entry of the first axis, or for every entry"
            )
        positions = [i for i, keep in enumerate(key.data) if keep]
        shape: Shape = (len(positions),)
    else:
        positions, shape = _positions(key, x.shape, 0), key.shape
    return ListArray(_gather(x, [positions]), shape + x.shape[1:], x.dtype)


def _spelled_out(keys: tuple[Any, ...], shape: Shape) -> list[Any]:
    """One key for each axis, and None for each new one, with `...` replaced."""
    dots = [i for i, key in enumerate(keys) if key is Ellipsis]
    used = sum(key is not None and key is not Ellipsis for key in keys)
    if used > len(shape) or len(dots) > 1:
        raise ShapeError(
            f"{used} positions and {len(dots)} times ... were asked of shape {shape}: "
            f"give at most {len(shape)} positions and ... at most once"
        )
    at = dots[0] if dots else len(keys)
    return [*keys[:at], *[slice(None)] * (len(shape) - used), *keys[at + 1 :]]


def _integer(key: Any) -> int:
    if isinstance(key, ListArray) and key.dtype is int64 and not key.shape:
        return int(key)
    if not hasattr(type(key), "__index__") or isinstance(key, bool):
        raise KindError(
            f"an entry was asked for by {shown(key)}, {a_or_an(type(key).__name__)}: use integers, "
            "slices, ... or None, or one list of integers or truth values alone"
        )
    return int(key)


def _position(place: int, size: int, shape: Shape, axis: int) -> int:
    if not -size <= place < size:
        raise PositionError(
            f"position {place} was asked on axis {axis} of shape {shape}: "
            + (f"use {-size} to {size - 1}" if size else "there is nothing on that axis")
        )
    return place % size


def _positions(key: ListArray, shape: Shape, axis: int) -> list[int]:
    if key.dtype is not int64 and key.data:
        raise KindError(
            f"positions were given as {key.dtype} numbers: use integers, for example astype(i, "
            "int64)"
        )
    size = shape[axis]
    if key.data and (min(key.data) < -size or max(key.data) >= size):
        worst = next(place for place in key.data if not -size <= place < size)
        _position(worst, size, shape, axis)
    return [place % size for place in key.data]
