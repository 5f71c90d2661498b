"""Corners of a function: where they are, which unit stands on one, whose slope it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from chainrule import ops
from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor
from chainrule.explanations.checking.faulty_pulls import origin_of, plain
from chainrule.explanations.checking.noise import magnitude_pull
from chainrule.explanations.checking.subject import Flat, Subject, flat
from chainrule.nn import place_of


class Kink(NamedTuple):
    """An op of the recorded run, some of whose inputs stand on its corner.

    Attributes:
        op: The name of the op.
        at: What people call the input, `dense1.z`.
        entries: The places of those inputs: `(row, unit)`, or as many numbers as there are axes.
    """

    op: str
    at: str
    entries: list[tuple[int, ...]]

    @property
    def where(self) -> str:
        """The first of the places, in words."""
        first = self.entries[0]
        if not self.at.endswith((".z", ".a")) or len(first) != 2:
            return f"{self.at}[{','.join(map(str, first))}]" if first else self.at
        return f"{self.at.rpartition('.')[0]} unit {first[1]} in row {first[0]}"

    def __str__(self) -> str:
        others = len(self.entries) - 1
        return f"{self.where}{f' and {others} more' if others else ''} on the corner of {self.op}"


class Corners(NamedTuple):
    """The kinks at a point, and what they do to the slope of every entry of every array.

    Attributes:
        kinks: The kinks.
        touched: Whether one of them touches the slope.
        room: How far apart two slopes can lie of which each is right on some side of the kinks.
    """

    kinks: Sequence[Kink]
    touched: Mapping[str, Sequence[bool]]
    room: Flat


def find_kinks(subject: Subject, rounding: float) -> Corners:
    """Which inputs stand on a corner, to rounding, and which entries can move them off it.

    Args:
        subject: The function at its point.
        rounding: The relative error that rounding can make in a sum.
    """
    found: list[Kink] = []
    on: dict[int, Any] = {}
    touched = {name: [False] * len(numbers) for name, numbers in subject.numbers.items()}
    for tensor, distance in _distances(subject):
        xp = namespace_of(tensor.value)
        near = xp.abs(distance) <= rounding * _terms(xp, tensor)
        entries = _marked(near)
        if not entries:
            continue
        found.append(Kink(origin_of(tensor).primitive.name, _label(tensor), entries))
        on[id(tensor)] = near if id(tensor) not in on else on[id(tensor)] | near
        for x in origin_of(tensor).inputs:
            if type(x) is Tensor:
                same = x.shape == tuple(near.shape)
                seed = xp.where(near, 1.0, 0.0) if same else xp.ones_like(x.value)
                reach = subject.walk(magnitude_pull, start=x, seed=seed)
                for name, sizes in reach.items():
                    touched[name] = [t or s > 0 for t, s in zip(touched[name], sizes, strict=True)]
    return Corners(found, touched, _room(subject, on))


def _room(subject: Subject, on: Mapping[int, Any]) -> Flat:
    """Twice the sizes of all paths that lead through a corner: each may count from -1 to 1 times.

    Args:
        subject: The function at its point.
        on: Which inputs of a tensor's op stand on its corner, by the tensor's id.
    """
    if not on:
        return {name: [0.0] * len(numbers) for name, numbers in subject.numbers.items()}

    def walk(*, open_: bool) -> dict[str, list[float]]:
        def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
            size, near = magnitude_pull(tensor, index, g), on.get(id(tensor))
            if near is None:
                return size
            xp = namespace_of(size)
            if tuple(near.shape) != tuple(size.shape):
                return size + (inf if open_ else 0.0)  # stretched: no telling which entry it was
            options = origin_of(tensor).options
            steepest = origin_of(tensor).primitive.steepest(options) or 1.0
            to_each = g if len(g.shape) == len(size.shape) else xp.expand_dims(g, axis=-1)
            return xp.where(near, steepest * to_each if open_ else 0.0, size)

        return subject.walk(pull)

    through, around = walk(open_=True), walk(open_=False)
    return {
        name: [2 * (a - b) + 1e-9 * a for a, b in zip(sizes, around[name], strict=True)]
        for name, sizes in through.items()
    }


def crossed(subject: Subject, direction: Flat, h: float) -> str | None:
    """The first corner that lies between the two ends of a step of `±h`, in words."""
    ends = (subject.moved(direction, step) for step in (-h, h))
    for (tensor, below), (_, above) in zip(*map(_distances, ends), strict=True):
        if across := _marked(below * above < 0):
            kink = Kink(origin_of(tensor).primitive.name, _label(tensor), across)
            return f"{kink.where} crosses the corner of {kink.op}"
    return None


def _distances(subject: Subject) -> list[tuple[Tensor, Any]]:
    found = []
    for tensor in subject.tape:
        if (origin := tensor.origin) is not None:
            xp = namespace_of(tensor.value)
            distances = origin.primitive.corners(xp, origin.values, origin.options)
            found += [(tensor, distance) for distance in distances]
    return found


def _terms(xp: Any, tensor: Tensor) -> Any:
    """The sizes of everything that was added up for the op's inputs: what rounding acts on."""
    sizes = [_sizes(xp, x) for x in origin_of(tensor).inputs]
    return sizes[0] if len(sizes) == 1 else sizes[0] + sizes[1]


def _sizes(xp: Any, x: Any) -> Any:
    while type(x) is Tensor and x.origin and x.origin.primitive is ops.identity:
        x = x.origin.inputs[0]
    origin = x.origin if type(x) is Tensor else None
    if origin and origin.primitive is ops.weighted_sum:
        return ops.weighted_sum(*(xp.abs(plain(i)) for i in origin.inputs))
    if origin and origin.primitive in (ops.add, ops.subtract):
        first, second = (xp.abs(xp.asarray(plain(i))) for i in origin.inputs)
        return first + second
    return xp.abs(xp.asarray(plain(x)))


def _marked(mask: Any) -> list[tuple[int, ...]]:
    return [place_of(i, tuple(mask.shape)) for i, mark in enumerate(flat(mask)) if mark]


def _label(tensor: Tensor) -> str:
    origin = origin_of(tensor)
    names = [x.name for x in origin.inputs if type(x) is Tensor and x.name]
    return names[0] if names else f"the input of {origin.primitive.name}"
